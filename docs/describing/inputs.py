"""What annotations say: the values that an argument takes, classes of inputs looked into."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import islice, product
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import attrs

from partnero_async import Ref
from partnero_async.errors import ArgumentError
from partnero_async.inputs.options import Options
from partnero_async.inputs.ref import By

from . import docstrings
from .nodes import (
    ITEM,
    Node,
    Place,
    annotated,
    common_place,
    differing_places,
    either,
    optional_at,
    overlay,
    places_of,
    relaxed,
    with_least,
)
from .spaces import (
    Anything,
    Attempt,
    Day,
    Either,
    Inner,
    Mapped,
    Marks,
    Moment,
    Number,
    Refused,
    Several,
    Space,
    Text,
    Unclear,
    Whole,
    Words,
    accepts,
)

__all__ = ["Call", "Param", "explore_call", "parameters_of", "refusing"]

Call = Callable[[Mapping[str, Any]], Node]

MOST_TRIES: Final = 5000


@attrs.frozen
class Param:
    """An argument: its name, its values, and what is said of it.

    Attributes:
        default: What is sent for it where it is not given; ``UNSET`` and None stand for nothing.
    """

    name: str
    space: Space
    description: str
    required: bool
    default: Any = None


@attrs.frozen
class Built(Space):
    """What a class of inputs makes of arguments."""

    make: Callable[..., Any]
    params: tuple[Param, ...]
    title: str
    description: str

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset().union(*(param.space.numbers for param in self.params))

    def candidates(self) -> Iterator[Any]:
        for arguments in starts(self.params):
            with suppress(Refused):
                yield refusing(self.make, **arguments)

    def explore(self, attempt: Attempt) -> Node:
        wrapped = Inner(attempt, lambda arguments: refusing(self.make, **arguments))
        node = explore_call(self.params, wrapped, leaving_out=True)
        places = list(places_of(node, self.numbers))
        if not places:
            first, *others = (wrapped(given) for given in starts(self.params) if accepts(wrapped, given))
            places = [place for other in others for place in differing_places(first, other)]
        within = common_place(places)
        # Of a single field, the object is around it.
        place = within[:-1] if within in places else within
        return annotated(node, place, title=self.title, description=self.description)


def refusing(function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
    """What a function returns; where it says that an argument is wrong, ``Refused``."""
    try:
        return function(*arguments, **named)
    except (ArgumentError, TypeError) as error:
        raise Refused(str(error)) from None


# Exploring


def starts(params: Sequence[Param]) -> Iterator[dict[str, Any]]:
    """The least arguments that may do: the required ones, and where these are not enough, one more."""
    required = [param for param in params if param.required]
    optional = [param for param in params if not param.required]
    for more in ([], *([param] for param in optional)):
        given = [*required, *more]
        for values in product(*(tuple(param.space.candidates()) for param in given)):
            yield dict(zip((param.name for param in given), values, strict=True))


@attrs.define
class Varying:
    """Attempts with one argument, with others beside it as they are needed."""

    call: Call
    name: str
    others: Mapping[str, Any]
    companions: Sequence[Param] = ()
    _beside: Param | None = attrs.field(default=None, init=False)
    _settled: bool = attrs.field(default=False, init=False)

    def __call__(self, value: Any, /) -> Node:
        arguments = {**self.others, self.name: value}
        if self._settled:
            return self._with(self._beside, arguments)
        reason = Refused()
        for beside in (None, *self.companions):
            try:
                node = self._with(beside, arguments)
            except Refused as refused:
                reason = reason if beside else refused
            else:
                self._beside, self._settled = beside, True
                return node
        raise reason

    def _with(self, beside: Param | None, arguments: Mapping[str, Any]) -> Node:
        if beside is None:
            return self.call(arguments)
        if beside.name in arguments:
            raise Refused
        attempt = Varying(self.call, beside.name, arguments)
        nodes = [attempt(other) for other in beside.space.candidates() if accepts(attempt, other)]
        if not nodes:
            raise Refused
        return either(nodes)

    def anew(self) -> Attempt:
        return Varying(self.call, self.name, self.others, self.companions)


def explore_call(params: Sequence[Param], call: Call, *, leaving_out: bool = False) -> Node:
    """What is sent for all arguments of a call.

    Args:
        leaving_out: Whether optional arguments that are never taken are no mistake: a field of a class of
            inputs need not make sense to every method that takes the class.
    """
    start = next(
        (arguments for arguments in islice(starts(params), MOST_TRIES) if taken(call, arguments)), None
    )
    if start is None:
        raise Unclear(f"no arguments that were tried are taken: {reason_of(params, call)}")
    required = {param.name: start[param.name] for param in params if param.required}
    optional = [param for param in params if not param.required]
    base = call(start)
    # Each of these is enough beside the required arguments, and one of them is needed.
    enough = [] if len(start) == len(required) else list(sufficient(optional, call, required))
    exclusive = len(enough) > 1 and not any(taken(call, start | required | one) for one in enough[1:])
    changes = dict[str, Node]()
    for param in params:
        is_enough = any(param.name in one for one in enough)
        fixed = required if is_enough and (exclusive or param.name in start) else start
        attempt = Varying(call, param.name, fixed, optional)
        if leaving_out and not param.required and not accepts_any(attempt, param.space):
            continue
        try:
            changes[param.name] = param.space.explore(attempt.anew())
        except Unclear as unclear:
            raise Unclear(f"{param.name}: {unclear}") from None
    params = [param for param in params if param.name in changes]
    notes = {param.name: list(said_where(param, changes[param.name], base)) for param in params}
    if exclusive:
        rivals = [changes.pop(name) for one in enough for name in one]
        node = overlay(base, [either(rivals), *changes.values()])
    else:
        node = overlay(base, changes.values())
    if len(enough) > 1 and not exclusive:
        requests = [call(required | one) for one in enough]
        node = with_least(relaxed(node, requests[1]), requests)
    for param in params:
        for place in notes[param.name]:
            overwriting = place[0] != "body"
            node = annotated(node, place, overwriting=overwriting, description=param.description)
            if param.default is not None:
                node = optional_at(node, place)
    return node


def accepts_any(attempt: Attempt, space: Space) -> bool:
    """Whether any value is taken that is worth a try."""
    return any(accepts(attempt, value) for value in space.candidates())


def sufficient(
    optional: Iterable[Param], call: Call, required: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The optional arguments that are enough each, with a value."""
    for param in optional:
        for value in param.space.candidates():
            if taken(call, {**required, param.name: value}):
                yield {param.name: value}
                break


def taken(call: Call, arguments: Mapping[str, Any]) -> bool:
    """Whether the SDK sends a request for these."""
    try:
        call(arguments)
    except Refused:
        return False
    return True


def reason_of(params: Sequence[Param], call: Call) -> str:
    """Why the first arguments were refused."""
    try:
        call(next(starts(params), {}))
    except Refused as refused:
        return str(refused)
    return "none was refused"


def said_where(param: Param, node: Node, base: Node) -> Iterator[Place]:
    """Where what is said of an argument belongs."""
    places = list(places_of(node, param.space.numbers)) or list(differing_places(base, node))
    around = common_place(places)
    while around[-1:] == (ITEM,):
        around = around[:-1]
    if len(around) > 1:
        yield around
    else:
        yield from (place for place in places if place[0] != "body")


# Annotations


def parameters_of(function: Callable[..., Any], marks: Marks) -> Iterator[Param]:
    """The arguments of a method, without those that are not sent."""
    hints = get_type_hints(function, include_extras=True)
    said = docstrings.arguments(function)
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self" or Options in get_args(hints[name]):
            continue
        required = parameter.default is parameter.empty
        yield parameter_of(name, hints[name], said.get(name, ""), required, parameter.default, marks)


def parameter_of(name: str, hint: Any, said: str, required: bool, default: Any, marks: Marks) -> Param:
    sent = default if not required and not isinstance(default, Enum) else None
    try:
        # None as a default stands for an argument that is not given; elsewhere it is sent as null.
        return Param(name, space_of(hint, marks, null=required or default is not None), said, required, sent)
    except Unclear as unclear:
        raise Unclear(f"{name}: {unclear}") from None


def space_of(hint: Any, marks: Marks, *, null: bool = True) -> Space:
    """The values of an annotation."""
    kinds = list(kinds_of(hint))
    if Decimal in kinds and int in kinds:
        kinds.remove(int)
    words = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    if words and str in kinds:
        kinds = [kind for kind in kinds if kind not in words]
    spaces = list[Space]()
    for kind in kinds:
        if kind is str and words:
            spaces.append(Text(marks, marks.new(), known_values(words)))
        elif kind is not NoneType or null:
            spaces += spaces_of(kind, marks)
    return spaces[0] if len(spaces) == 1 else Either(tuple(spaces))


def kinds_of(hint: Any) -> Iterator[Any]:
    """The members of a union, aliases and unions in it taken apart; not what stands for nothing given."""
    if get_origin(hint) is Annotated:
        yield from kinds_of(get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        for member in get_args(hint):
            yield from kinds_of(member)
    elif not (get_origin(hint) is Literal and isinstance(get_args(hint)[0], Enum)):
        yield hint


def spaces_of(kind: Any, marks: Marks) -> Iterator[Space]:
    """The values of an annotation that is no union; those of a ``Ref`` apart for each identifier."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind in SINGLE:
        yield SINGLE[kind](marks, marks.new())
    elif kind is bool:
        yield Words((True, False))
    elif kind is NoneType:
        yield Words((None,))
    elif origin is Literal:
        yield Words(inner)
    elif kind is Ref or origin is Ref:
        yield from refs(get_args(inner[0]) if inner else get_args(By), marks)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield Words(tuple(kind))
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield Mapped(space_of(inner[0], marks), space_of(inner[1], marks))
    elif isinstance(origin, type) and issubclass(origin, Iterable):
        yield Several(space_of(inner[0], marks))
    elif is_typeddict(kind) or (isinstance(kind, type) and attrs.has(kind)):
        yield built(kind, marks)
    else:
        raise Unclear(f"no values are known of {kind}")


SINGLE: Final[Mapping[Any, Callable[[Marks, int], Space]]] = {
    str: Text,
    int: Whole,
    Decimal: Number,
    datetime: Moment,
    date: Day,
    Any: Anything,
}


def refs(ways: Iterable[By], marks: Marks) -> Iterator[Space]:
    """A ``Ref`` by each of some identifiers."""
    said = docstrings.fields(Ref)
    for way in ways:
        param = Param(way, Text(marks, marks.new()), said[way], True)
        yield Built(Ref, (param,), f"Ref by {way}", "")


def built(kind: Any, marks: Marks) -> Built:
    """The values of a class of inputs, and of a TypedDict."""
    hints = get_type_hints(kind, include_extras=True)
    said = docstrings.fields(kind)
    if is_typeddict(kind):
        params = [
            parameter_of(name, hint, said.get(name, ""), name in kind.__required_keys__, UNGIVEN, marks)
            for name, hint in hints.items()
        ]
    else:
        params = [
            parameter_of(
                field.alias or field.name,
                hints[field.name],
                said.get(field.name, ""),
                field.default is attrs.NOTHING,
                UNGIVEN if isinstance(field.default, Enum) else field.default,
                marks,
            )
            for field in attrs.fields(kind)
            if field.init
        ]
    return Built(kind, tuple(params), kind.__name__, docstrings.about(kind))


class Ungiven(Enum):
    """The default of what is not there unless it is given."""

    UNGIVEN = 1


UNGIVEN: Final = Ungiven.UNGIVEN


def known_values(words: Iterable[type[Enum]]) -> dict[str, str]:
    """Word -> what is said of it."""
    return {word.value: docstrings.fields(kind).get(word.name, "") for kind in words for word in kind}
