"""The arguments of the SDK's methods, read from options of a command or from a line of a file."""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, Literal, cast, get_args, get_origin

import attrs

from ..errors import ArgumentError
from ..inputs.ref import By, Ref
from ..inputs.unset import Unset

__all__ = ["Argument", "Leaf", "arguments_of", "described", "members_of", "read", "result_of"]

Path = tuple[str, ...]
"""Where a value is: the name of the argument, and of what is in it."""

_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@attrs.frozen(kw_only=True)
class Leaf:
    """One value that an option can give."""

    path: Path
    metavar: str
    """What kind of value it is, as the help shows it."""

    choices: tuple[str, ...] = ()
    is_flag: bool = False
    is_several: bool = False


class Shape(ABC):
    """What values an argument takes."""

    @abstractmethod
    def read(self, value: Any, path: Path) -> Any:
        """The value for the SDK, of one from JSON or from text.

        Raises:
            ArgumentError: It is none; the error names it by its path.
        """

    @abstractmethod
    def leaves(self, path: Path) -> Iterator[Leaf]:
        """The options that it can be given by."""


@attrs.frozen
class Scalar(Shape):
    """One value."""

    metavar: str
    convert: Callable[[Any], Any]
    choices: tuple[str, ...] = ()

    def read(self, value: Any, path: Path) -> Any:
        try:
            return self.convert(value)
        except (ValueError, InvalidOperation, TypeError):
            raise _wrong(path, f"must be {self.metavar.lower()}, not {_shown(value)}") from None

    def leaves(self, path: Path) -> Iterator[Leaf]:
        yield Leaf(path=path, metavar=self.metavar, choices=self.choices)


@attrs.frozen
class Flag(Shape):
    """Whether something is so."""

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _WORDS:
            return _WORDS[value.lower()]
        raise _wrong(path, f"must be true or false, not {_shown(value)}")

    def leaves(self, path: Path) -> Iterator[Leaf]:
        yield Leaf(path=path, metavar="", is_flag=True)


@attrs.frozen
class Several(Shape):
    """Values of one kind."""

    item: Scalar

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):  # as of a cell
            is_json = value.startswith("[")
            value = (
                _parsed(value, path) if is_json else [one.strip() for one in value.split(";") if one.strip()]
            )
        if not isinstance(value, (list, tuple)):
            raise _wrong(path, f"must be several values, not {_shown(value)}")
        return [self.item.read(one, path) for one in cast("Sequence[Any]", value)]

    def leaves(self, path: Path) -> Iterator[Leaf]:
        yield Leaf(path=path, metavar=self.item.metavar, choices=self.item.choices, is_several=True)


@attrs.frozen
class Reference(Shape):
    """A ``Ref``, by one of some identifiers."""

    ways: tuple[By, ...]

    def read(self, value: Any, path: Path) -> Any:
        is_text = isinstance(value, str) and not value.lstrip().startswith("{")
        given: Mapping[str, Any] = {} if is_text else _object(value, path)
        if len(given) != 1 or not given.keys() <= set(self.ways):
            raise _wrong(path, f"is named by exactly one of {self.names(path)}")
        ((way, text),) = given.items()
        return Ref(**{way: _TEXT.read(text, (*path, way))})

    def names(self, path: Path) -> str:
        """What may be given, of which one is."""
        return ", ".join(_named((*path, way)) for way in self.ways)

    def leaves(self, path: Path) -> Iterator[Leaf]:
        for way in self.ways:
            yield from _TEXT.leaves((*path, way))


@attrs.frozen
class Compound(Shape):
    """An input class of the SDK, or a dict of known names."""

    make: Callable[..., Any]
    fields: Mapping[str, Argument]

    def read(self, value: Any, path: Path) -> Any:
        return self.make(**read(list(self.fields.values()), _object(value, path), path))

    def leaves(self, path: Path) -> Iterator[Leaf]:
        for name, field in self.fields.items():
            yield from field.shape.leaves((*path, name))


@attrs.frozen
class ReferenceOrNew(Shape):
    """Somebody who is there, or one who is made along with something else."""

    reference: Reference
    new: Compound

    def read(self, value: Any, path: Path) -> Any:
        given = _object(value, path)
        is_reference = len(given) == 1 and given.keys() <= set(self.reference.ways)
        return (self.reference if is_reference else self.new).read(given, path)

    def leaves(self, path: Path) -> Iterator[Leaf]:
        known = set[Path]()
        for leaf in (*self.reference.leaves(path), *self.new.leaves(path)):
            if leaf.path not in known:
                known.add(leaf.path)
                yield leaf


@attrs.frozen
class OneOf(Shape):
    """One of several input classes, which is named by a word: the class of ``gateway``."""

    kinds: Mapping[str, Compound]
    word: str

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            value = {self.word: value} if value in self.kinds else _parsed(value, path)
        given = dict(_object(value, path))
        kind = self.kinds.get(str(given.pop(self.word, None)))
        if kind is None:
            raise _wrong(path, f'must have "{self.word}": one of {", ".join(self.kinds)}')
        return kind.read(given, path)

    def leaves(self, path: Path) -> Iterator[Leaf]:
        yield Leaf(path=path, metavar="JSON")


@attrs.frozen
class AnyJson(Shape):
    """Whatever JSON there is."""

    item: Shape | None = None
    """What each item of an array is."""

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            value = _parsed(value, path)
        if self.item is None:
            return _object(value, path)
        if not isinstance(value, list):
            raise _wrong(path, "must be a JSON array")
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [self.item.read(one, (*path, str(number))) for number, one in enumerate(items)]

    def leaves(self, path: Path) -> Iterator[Leaf]:
        yield Leaf(path=path, metavar="JSON")


@attrs.frozen(kw_only=True)
class Argument:
    """One argument of a method, or one field of an input class."""

    name: str
    shape: Shape
    is_required: bool
    is_nullable: bool
    is_positional: bool = False
    ways: tuple[str, ...] = ()
    """For a positional argument that a ``Ref`` may be: by which identifiers."""

    help: str = ""


def arguments_of(method: Callable[..., Any]) -> list[Argument]:
    """The arguments of a method of a resource, but for ``options`` and those of pages."""
    hints = typing.get_type_hints(method)
    helps = described(method)[1]
    found = list[Argument]()
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        if parameter.name in ("options", "limit", "page"):
            continue
        is_positional = parameter.kind is not parameter.KEYWORD_ONLY
        argument = _argument(parameter.name, hints[parameter.name], parameter.default is parameter.empty)
        argument = attrs.evolve(argument, is_positional=is_positional, help=helps.get(parameter.name, ""))
        if is_positional and isinstance(argument.shape, Reference):
            members = members_of(hints[parameter.name])[0]
            plain = ("",) if str in members else ()
            argument = attrs.evolve(argument, ways=(*plain, *argument.shape.ways))
        found.append(argument)
    return found


def result_of(method: Callable[..., Any]) -> tuple[Any, bool]:
    """What a method returns, or what the items of its list are; and whether it lists."""
    hint = typing.get_type_hints(method)["return"]
    is_list = getattr(get_origin(hint), "__name__", "") == "Pager"
    return (get_args(hint)[0] if is_list else hint), is_list


def described(method: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The first sentence of a docstring, and what it says of each argument."""
    text = inspect.getdoc(method) or ""
    summary = re.sub(r"``[A-Z]+ /\S*``.*", "", text.split("\n\n")[0].replace("\n", " ")).strip()
    summary = re.sub(r"``|\*\*", "", summary)
    _, _, rest = text.partition("\nArgs:\n")
    section = re.split(r"\n(?=\S)", rest, maxsplit=1)[0]
    helps = dict[str, str]()
    for name, said in re.findall(r"^    (\w+): (.*(?:\n     +.*)*)", section, re.MULTILINE):
        helps[name] = re.sub(r"\s+", " ", said).replace("``", "")
    return summary, helps


def read(arguments: Sequence[Argument], given: Mapping[str, Any], path: Path = ()) -> dict[str, Any]:
    """The values of arguments, from what JSON, a cell or an option says of them.

    Raises:
        ArgumentError: One is missing, unknown or of another kind.
    """
    known = {argument.name: argument for argument in arguments}
    if strange := [name for name in given if name not in known]:
        raise ArgumentError(
            f"there is no field {_named((*path, strange[0]))}; there are {', '.join(known) or 'none'}"
        )
    values = dict[str, Any]()
    for name, argument in known.items():
        if name not in given:
            if argument.is_required:
                shape = (
                    argument.shape.reference if isinstance(argument.shape, ReferenceOrNew) else argument.shape
                )
                if isinstance(shape, Reference):
                    raise _wrong(
                        (*path, name), f"is missing: give exactly one of {shape.names((*path, name))}"
                    )
                raise _wrong((*path, name), "is missing")
            continue
        value = given[name]
        if value is None:
            if not argument.is_nullable:
                raise _wrong((*path, name), "cannot be null")
            values[name] = None
        elif argument.ways and isinstance(value, str):
            values[name] = value
        else:
            values[name] = argument.shape.read(value, (*path, name))
    return values


def _argument(name: str, hint: Any, is_required: bool) -> Argument:
    members, is_nullable = members_of(hint)
    return Argument(name=name, shape=_shape(members), is_required=is_required, is_nullable=is_nullable)


def members_of(hint: Any) -> tuple[list[Any], bool]:
    """The members of a union, without what says that nothing was given; and whether null is one."""
    flat = [hint]
    while any(get_origin(one) in (typing.Union, types.UnionType) for one in flat):
        flat = [
            inner
            for one in flat
            for inner in (get_args(one) if get_origin(one) in (typing.Union, types.UnionType) else (one,))
        ]
    is_nullable = type(None) in flat
    return [one for one in dict.fromkeys(flat) if one not in (Unset, type(None))], is_nullable


def _shape(members: list[Any]) -> Shape:
    classes = [one for one in members if isinstance(one, type)]
    inputs: list[Any] = [one for one in classes if attrs.has(one) and one is not Ref]
    refs = [one for one in members if one is Ref or get_origin(one) is Ref]
    words = tuple(word for one in members if get_origin(one) is Literal for word in get_args(one))
    several = [one for one in members if get_origin(one) is not None and _is_several(get_origin(one))]
    if refs:
        reference = Reference(_ways(refs[0]))
        return ReferenceOrNew(reference, _compound(inputs[0])) if inputs else reference
    if len(inputs) > 1:
        return OneOf({one.gateway: _compound(one) for one in inputs}, "gateway")
    if inputs:
        return _compound(inputs[0])
    if several:
        item = _shape(members_of(get_args(several[0])[0])[0])
        return Several(item) if isinstance(item, Scalar) else AnyJson(item)
    if words:
        return Scalar(f"one of {', '.join(words)}", _one_of(words), words)
    if any(typing.is_typeddict(one) for one in members):
        return _compound(next(one for one in members if typing.is_typeddict(one)))
    for kind, shape in _SHAPES.items():
        if kind in classes:
            return shape
    return _TEXT if any(issubclass(one, Enum) for one in classes) else AnyJson()


def _is_several(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping)


def _ways(hint: Any) -> tuple[By, ...]:
    ways = [get_args(one) for one in get_args(hint) if get_origin(one) is Literal]
    return cast("tuple[By, ...]", ways[0]) if ways else get_args(By)


def _compound(kind: Any) -> Compound:
    hints = typing.get_type_hints(kind)
    if typing.is_typeddict(kind):
        return Compound(dict, {name: _argument(name, hint, False) for name, hint in hints.items()})
    fields = {
        field.name: _argument(field.name, hints[field.name], field.default is attrs.NOTHING)
        for field in attrs.fields(kind)
    }
    return Compound(kind, fields)


def _plain_text(value: Any) -> str:
    # Keys of spreadsheets and databases often are numbers.
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise TypeError
    text = str(value)
    text.encode()  # bytes that are no text come in as halves of surrogate pairs: a ValueError
    return text


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,40}", value.strip()):
        return int(value)
    raise ValueError


def _amount(value: Any) -> Decimal:
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        return Decimal(str(value).strip())
    raise ValueError


def _moment(value: Any) -> datetime:
    found = (
        datetime.fromisoformat(value)
        if isinstance(value, str)
        else datetime.fromtimestamp(_whole(value), UTC)
    )
    if found.tzinfo is None:
        raise ValueError
    return found


def _day(value: Any) -> date:
    return date.fromisoformat(value)


def _one_of(words: tuple[str, ...]) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return convert


_TEXT: Final = Scalar("TEXT", _plain_text)

_SHAPES: Final[dict[type, Shape]] = {
    bool: Flag(),
    Decimal: Scalar("AMOUNT", _amount),
    datetime: Scalar("TIME with its zone, such as 2026-05-07T10:30:00Z", _moment),
    date: Scalar("DAY, such as 2026-05-07", _day),
    str: _TEXT,
    int: Scalar("NUMBER", _whole),
}


def _object(value: Any, path: Path) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = _parsed(value, path)
    if not isinstance(value, Mapping):
        raise _wrong(path, f"must be a JSON object, not {_shown(value)}")
    return cast("Mapping[str, Any]", value)


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise _wrong(path, f"must be JSON, not {_shown(text)}") from None


def _wrong(path: Path, why: str) -> ArgumentError:
    return ArgumentError(f"{_named(path)} {why}")


def _named(path: Path) -> str:
    return ".".join(path)


def _shown(value: Any) -> str:
    return repr(value)[:60]
