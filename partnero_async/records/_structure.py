"""JSON values <-> records: the one place for cattrs, strict about every value that it knows.

There is one fast way, which gives a record up at its first odd field, and a careful one for what was given
up: it reads field by field, and says where the first odd one is, or leaves each in ``extra`` as it came.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, auto
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, cast, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from .._secret import Secret
from .._values import oversized
from ..errors import ResponseError, one_line
from ._base import (
    EMPTY,
    FrozenMapping,
    OrText,
    Record,
    Word,
    freeze,
    frozen_without,
    is_array,
    is_object,
    json_name,
)

__all__ = ["Reading", "compile_hooks", "structure", "structure_all"]

R = TypeVar("R", bound=Record)
Hook = Callable[[Any, Any], Any]

_logger = logging.getLogger("partnero_async")


class Reading(Enum):
    """What becomes of a record with a field of another type than the documented one."""

    STRICT = auto()
    """It is refused."""

    LENIENT = auto()
    """The field is left in ``extra``; what identifies the record must be right."""

    WHATEVER = auto()
    """As lenient, also where what identifies the record is odd: the call is done, and nobody may doubt it."""


class _Unexpected(ValueError):
    """A value is not of the kind that the contract names."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found


def structure(record: type[R], value: Any, reading: Reading = Reading.STRICT) -> R:
    """The record of a JSON value.

    Raises:
        ResponseError: The value does not fit; the message names the record, the field and what was found.
    """
    structured: R
    try:
        structured = _structurer(record)(value, record)
        return structured
    except _FAULTS:
        pass
    try:
        structured = _read_fields(record, value, reading)
        return structured
    except _FAULTS as error:
        where, fault = _first_fault(error, record.__name__)
    # Raised out here, without what was found: error reporters print locals, of the context too.
    del value
    refused = ResponseError(f"{where} {fault}")
    # Not of a record within: what lacks there says nothing of the type of program.
    refused.lacks_identity = fault == _MISSING and where.count(".") == 1
    raise refused


def structure_all(
    record: type[R], values: Iterable[Any], records: list[R], reading: Reading = Reading.STRICT
) -> None:
    """Appends the record of each JSON value to a list.

    Raises:
        ResponseError: The next value does not fit.
    """
    hook = _structurer(record)
    for value in values:
        try:
            structured = hook(value, record)
        except _FAULTS:
            structured = None
        # Out here: what was found is in no context of an error.
        records.append(structure(record, value, reading) if structured is None else structured)


def compile_hooks(records: Iterable[type[Record]]) -> None:
    """Compiles now what ``structure`` would compile at the first use of each record."""
    for record in records:
        _structurer(record)


def _structurer(record: type[Record]) -> Hook:
    return _compiled.get(record) or _compiled.setdefault(record, _fast.get_structure_hook(record))


def _record_hook(record: Any, converter: Converter) -> Hook:
    """Structures a record, and keeps in ``extra`` what it does not know."""
    names: dict[str, str] = {field.name: json_name(field) for field in attrs.fields(record)}
    known = {*names.values()} - {"extra"}
    overrides: Any = {name: override(rename=other) for name, other in names.items() if name != other}
    inner: Hook = make_dict_structure_fn(record, converter, extra=override(omit=True), **overrides)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _Unexpected("an object", value)
        fields: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        structured = inner(fields, record)
        if not fields.keys() <= known:
            # As attrs sets the fields of a frozen class: before anybody has the record.
            object.__setattr__(structured, "extra", frozen_without(fields, known))
        return structured

    return hook


def _careful_record_hook(reading: Reading, record: Any, _: Converter) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        return _read_fields(record, value, reading)

    return hook


def _read_fields(record: type[R], value: Any, reading: Reading) -> R:
    """The record of an object, each field for itself.

    Raises:
        _Fault: A field has another type: any field of a strict reading, or one that no record is without.
    """
    if not is_object(value):
        raise _Unexpected("an object", value)
    found, extra = dict[str, Any](), dict[str, Any]()
    fields: dict[str, _Field] = _fields_of(cast("Any", record), reading)
    for name, item in value.items():
        if name not in fields:
            extra[name] = item
            continue
        attribute, hook, kind, is_needed, _ = fields[name]
        try:
            found[attribute] = hook(item, kind)
        except _FAULTS as error:
            if reading is Reading.STRICT or (is_needed and reading is Reading.LENIENT):
                raise _Fault(f".{name}", error) from None
            # A secret that is no string is one all the same.
            extra[name] = kind(str(item)) if _is_secret(kind) else item
            _warn_of(record.__name__, name)
    for name, (attribute, _, _, is_needed, has_default) in fields.items():
        if attribute not in found and not has_default:
            if is_needed and reading is not Reading.WHATEVER:
                raise _Fault(f".{name}", KeyError(name))
            found[attribute] = None
    return record(**found, extra=FrozenMapping(extra))


class _Field(NamedTuple):
    """What the careful way knows of a field."""

    attribute: str
    hook: Hook
    kind: Any
    is_needed: bool
    """Whether no record is without it."""
    has_default: bool


@cache
def _fields_of(record: Any, reading: Reading) -> dict[str, _Field]:
    """The fields of a record by the names that Partnero gives them."""
    attrs.resolve_types(record, include_extras=True)
    # Of what is within a record, nothing is so needed that the call would be in doubt without it.
    converter = _careful[Reading.STRICT if reading is Reading.STRICT else Reading.LENIENT]
    fields = dict[str, _Field]()
    for field in attrs.fields(record):
        if field.name != "extra":
            kind: Any = field.type
            has_default = field.default is not attrs.NOTHING
            may_be_none = NoneType in get_args(kind) and reading is not Reading.STRICT
            members = [member for member in get_args(kind) if member is not NoneType]
            secret = next(filter(_is_secret, members), kind)
            fields[json_name(field)] = _Field(
                field.name,
                converter.get_structure_hook(kind),
                secret,
                not (has_default or may_be_none),
                has_default,
            )
    return fields


@cache
def _warn_of(record: str, field: str) -> None:
    """Says once of a field that it could not be read."""
    _logger.warning("partnero.unread record=%s field=%s", record, field)


def _union_hook(union: Any, converter: Converter) -> Hook:
    """``X | None``, the open ``SomeStatus | str`` and ``Decimal | str``, and PHP's object or array."""
    members = [member for member in get_args(union) if member is not NoneType]
    match members:
        case [only]:
            inner: Hook = converter.get_structure_hook(only)
        case [first, second] if second is str:
            inner = _open_number if first is Decimal else _open_enum_hook(first)
        case [first, second] if (get_origin(first), get_origin(second)) == (Mapping, tuple):
            return _collection
        case _:
            raise TypeError(f"a record cannot have a field of type {union}")
    if NoneType not in get_args(union):
        return inner
    if inner in _OR_NONE:
        return _OR_NONE[inner]
    if _is_word(members[0]):
        return _open_enum_hook(cast("type[Word]", members[0]), may_be_none=True)

    def optional(value: Any, _: Any) -> Any:
        return None if value is None else inner(value, None)

    def optional_record(value: Any, _: Any) -> Any:
        # PHP sends an empty object as [] (sources.md#empty-objects).
        return None if value is None or value == [] else inner(value, None)

    return optional_record if _is_record(members[0]) else optional


def _open_enum_hook(enum: type[Word], *, may_be_none: bool = False) -> Hook:
    """A known word is a member, an unknown one stays a string."""
    words = enum.spellings()

    def hook(value: Any, _: Any) -> str | None:
        if isinstance(value, str):
            return words.get(value, value)
        if value is None and may_be_none:
            return None
        raise _Unexpected("a string", value)

    return hook


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    """``tuple[X, ...]`` from an array, or null for none: a string is not a sequence of strings."""
    item_kind: Any = get_args(kind)[0]
    inner: Hook = converter.get_structure_hook(item_kind)

    def hook(value: Any, _: Any) -> Any:
        if value is None:
            return ()
        if not is_array(value):
            raise _Unexpected("an array", value)
        items: list[Any] = []
        try:
            for item in value:
                items.append(inner(item, item_kind))
        except _FAULTS as error:
            raise _Fault(f"[{len(items)}]", error) from None
        return tuple(items)

    return hook


def _text(value: Any, _: Any) -> str:
    if isinstance(value, str):
        return value
    raise _Unexpected("a string", value)


def _text_or_none(value: Any, _: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _Unexpected("a string", value)


def _flag(value: Any, _: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise _Unexpected("true or false", value)


def _flag_or_none(value: Any, _: Any) -> bool | None:
    if value is True or value is False or value is None:
        return value
    raise _Unexpected("true or false", value)


def _integer(value: Any, _: Any) -> int:
    if type(value) is int and not oversized(value):
        return value
    raise _Unexpected("an integer", value)


def _amount(value: Any, _: Any) -> Decimal:
    """Money. A float comes only from a user's own ``json_loads``; its repr is what was on the wire."""
    if type(value) is float and math.isfinite(value):
        value = Decimal(repr(value))
    if type(value) is int or type(value) is Decimal:
        amount = Decimal(value)
        if amount.is_finite() and not oversized(amount):
            return amount
    raise _Unexpected("a number", value)


def _or_text_hook(kind: Any) -> Hook:
    """A number or boolean that Partnero also sends as a string."""
    strict, expected, from_text = _OR_TEXT[get_args(kind)[0]]

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, str):
            return strict(value, None)
        try:
            return strict(from_text(value), None)
        except (KeyError, ValueError, ArithmeticError):
            raise _Unexpected(expected, value) from None

    return hook


def _number(text: str) -> Decimal:
    # Only plain digits: Decimal would also take "1_000", " 5 ", "NaN" and digits of other scripts.
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError
    return Decimal(text.replace(",", ""))


def _whole(text: str) -> int:
    number = _number(text)
    if number != number.to_integral_value():
        raise ValueError
    return int(number)


def _open_number(value: Any, _: Any) -> Decimal | str:
    """A number, also as text; a text that is none stays a string, as an unknown word of an enum does."""
    if not isinstance(value, str):
        return _amount(value, None)
    try:
        return _amount(_number(value), None)
    except ValueError:
        return value


def _secret_hook(kind: Any) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, str):
            raise _Unexpected("a string", Secret(""))
        return kind(value)

    return hook


def _moment(value: Any, _: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _Unexpected("a timestamp with a time zone", value)


def _moment_or_none(value: Any, _: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Unexpected("a timestamp with a time zone", value) from None
    return moment if moment.tzinfo is UTC else _moment(value, None)


def _day(value: Any, _: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    try:
        return _moment(value, None).date()
    except _Unexpected:
        raise _Unexpected("a date", value) from None


def _object(value: Any, _: Any) -> FrozenMapping:
    """An object; null and, as PHP sends it, ``[]`` are an empty one (sources.md#empty-objects)."""
    if is_object(value):
        return FrozenMapping(value)
    if value is None or value == []:
        return EMPTY
    raise _Unexpected("an object", value)


def _collection(value: Any, _: Any) -> Any:
    if is_array(value) and value:
        return freeze(value)
    return _object(value, None)


def _anything(value: Any, _: Any) -> Any:
    return freeze(value)


class _Fault(ValueError):
    """There is something wrong further within."""

    def __init__(self, place: str, cause: Exception) -> None:
        super().__init__(place, cause)
        self.place = place
        self.cause = cause


_MISSING = "is missing"
# KeyError: what cattrs raises where a field is missing.
_FAULTS = (_Unexpected, _Fault, KeyError, RecursionError)


def _first_fault(error: Exception, where: str) -> tuple[str, str]:
    """Where the first mistake is (``Transaction.rewards[0].amount``) and what it is."""
    while isinstance(error, _Fault):
        where, error = where + error.place, error.cause
    match error:
        case _Unexpected():
            return where, f"should be {error.expected}, but is {_shown(error.found)}"
        case KeyError():
            return where, _MISSING
        case _:
            return where, "is nested too deeply"


def _shown(value: Any) -> str:
    """What was found, short: containers by their kind, so that no stranger's data fills a log."""
    match value:
        case None:
            return "null"
        case Secret():
            return "something else"
        case dict():
            return "an object"
        case list():
            return "an array"
        case bool():
            return str(value).lower()
        case int() | Decimal() if oversized(value):
            return "a number of unreasonable size"
        case str() if "@" in value:  # whose address it may be
            return f"a string of {len(value)} characters"
        case str() if len(value) > 40:
            return f"{one_line(repr(value[:40]))}…"
        case Decimal():
            return str(value)
        case _:
            return one_line(repr(value))


def _make_converter(record_hook: Callable[[Any, Converter], Hook]) -> Converter:
    # Detailed validation would go on after the first mistake, at 100 us for each.
    converter = Converter(detailed_validation=False)

    def with_converter(factory: Callable[[Any, Converter], Hook]) -> Callable[[Any], Hook]:
        return lambda kind: factory(kind, converter)

    for kind, hook in (
        (str, _text),
        (bool, _flag),
        (int, _integer),
        (Decimal, _amount),
        (datetime, _moment),
        (date, _day),
    ):
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_factory(_is_record, with_converter(record_hook))
    converter.register_structure_hook_factory(_is_secret, _secret_hook)
    converter.register_structure_hook_factory(_is_or_text, _or_text_hook)
    converter.register_structure_hook_factory(_has_origin(Union, UnionType), with_converter(_union_hook))
    converter.register_structure_hook_factory(_has_origin(tuple), with_converter(_tuple_hook))
    converter.register_structure_hook_func(_has_origin(Mapping), _object)
    converter.register_structure_hook_func(lambda kind: kind is Any, _anything)
    return converter


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


def _is_word(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Word)


def _is_secret(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Secret)


def _is_or_text(kind: Any) -> bool:
    return get_origin(kind) is Annotated and OrText in get_args(kind)


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) in origins


# Most fields may be null: of the frequent ones, that is one call for a field and not two.
_OR_NONE: dict[Any, Hook] = {_text: _text_or_none, _flag: _flag_or_none, _moment: _moment_or_none}
_PLAIN_NUMBER = re.compile(r"-?([0-9]{1,40}|[0-9]{1,3}(,[0-9]{3}){1,12})(\.[0-9]{1,30})?")
_OR_TEXT: dict[Any, tuple[Hook, str, Callable[[str], Any]]] = {
    int: (_integer, "an integer", _whole),
    Decimal: (_amount, "a number", _number),
    bool: (_flag, "true or false", {"true": True, "false": False}.__getitem__),
}
_fast = _make_converter(_record_hook)
_careful = {
    reading: _make_converter(partial(_careful_record_hook, reading))
    for reading in (Reading.STRICT, Reading.LENIENT)
}
_compiled: dict[type[Record], Hook] = {}
