"""What all records share: unknown fields are kept, and everything is immutable to the bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from types import NoneType
from typing import Annotated, Any, ClassVar, Final, Self, TypeGuard, cast, get_type_hints

import attrs

from .._secret import Secret
from .._values import timestamp
from . import restore

__all__ = [
    "EMPTY",
    "BoolOrText",
    "DecimalOrText",
    "FrozenMapping",
    "IntOrText",
    "OrText",
    "Record",
    "Word",
    "freeze",
    "frozen_collection",
    "frozen_mapping",
    "frozen_without",
    "is_array",
    "is_object",
    "json_name",
    "name_of",
    "named_in_json",
]


def name_of(kind: type) -> str | type:
    """What a pickle says of a class: its public name, and of a user's own class the class itself.

    Pickles outlive versions: they must not depend on the module in which a record happens to be.
    """
    return kind.__name__ if kind.__module__.startswith("partnero_async.") else kind


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


_SCALARS: Final = frozenset({str, int, bool, NoneType, Decimal, float})


class FrozenMapping(Mapping[str, Any]):
    """A read-only mapping that can be hashed, pickled and copied, which no mapping of Python's can."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any] | None = None) -> None:
        self._items = {name: freeze(value) for name, value in items.items()} if items else {}

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, (name_of(type(self)), dict(self._items))


EMPTY: Final[FrozenMapping] = FrozenMapping()


def frozen_without(items: Mapping[str, Any], known: AbstractSet[str]) -> FrozenMapping:
    """What is in a mapping under other names than these, frozen."""
    mapping = FrozenMapping.__new__(FrozenMapping)
    # Nearly all values are scalars, for which a call would be most of the work.
    mapping._items = {  # pyright: ignore[reportPrivateUsage]
        name: value if type(value) in _SCALARS else freeze(value)
        for name, value in items.items()
        if name not in known
    }
    return mapping


class Word(StrEnum):
    """The known words of a field; others stay strings."""

    @classmethod
    def spellings(cls) -> Mapping[str, Self]:
        """The known words as Partnero writes them."""
        return {member.value: member for member in cls}

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return restore, (name_of(type(self)), self.value)

    @classmethod
    def _restore(cls, value: str) -> str:
        """The word of a pickle; one that this version does not know stays a string."""
        try:
            return cls(value)
        except ValueError:
            return value


class OrText:
    """Marks the fields that Partnero also sends as a string (sources.md#values-sent-as-text)."""


IntOrText = Annotated[int, OrText]
"""An integer, also sent as ``"12"``."""

DecimalOrText = Annotated[Decimal, OrText]
"""A number, also sent as ``"19.5"``."""

BoolOrText = Annotated[bool, OrText]
"""A boolean, also sent as ``"true"`` or ``"false"``."""


def frozen_mapping(items: Mapping[str, Any]) -> FrozenMapping:
    """The mapping itself if it is frozen, else a frozen copy of it."""
    return items if isinstance(items, FrozenMapping) else FrozenMapping(items)


def frozen_collection(items: Mapping[str, Any] | Sequence[Any]) -> FrozenMapping | tuple[Any, ...]:
    """A frozen mapping or a tuple, for what PHP sends as an object or as an array."""
    if isinstance(items, Mapping):
        return frozen_mapping(items)
    return tuple([freeze(item) for item in items])


_JSON_NAME: Final = "json"


def named_in_json(name: str) -> Any:
    """An optional field that Partnero calls by a name that would mislead."""
    return attrs.field(default=None, metadata={_JSON_NAME: name})


def json_name(field: attrs.Attribute[Any]) -> str:
    """What Partnero calls a field of a record."""
    return cast("str", field.metadata.get(_JSON_NAME, field.name))


for _converter in (frozen_mapping, frozen_collection):
    # attrs copies what a converter takes into the __init__ of records, whose modules do not know these names.
    _converter.__annotations__ = get_type_hints(_converter)


def freeze(value: Any) -> Any:
    """A JSON value with every object made a FrozenMapping and every array a tuple."""
    if is_object(value):
        return FrozenMapping(value)
    if is_array(value):
        return tuple([freeze(item) for item in value])
    return value


@attrs.frozen(kw_only=True)
class Record:
    """The root of all records."""

    identified_by: ClassVar[str | None] = None
    """The field that tells one record from all others of its list; None where there is no such field."""

    envelope: ClassVar[str | None] = None
    """The field for what an answer says beside the record; None where it says nothing."""

    extra: Mapping[str, Any] = attrs.field(default=EMPTY, converter=frozen_mapping, repr=False, eq=False)
    """Fields that Partnero sent and this version of the SDK does not know, and those that are ``unread``."""

    @property
    def unread(self) -> tuple[str, ...]:
        """The fields that came in another form than the documented one, by Partnero's names of them.

        Each is None here, or empty where it is never None, and is in ``extra`` as it came.
        """
        if not self.extra:
            return ()
        known = {json_name(field) for field in attrs.fields(type(self))} - {"extra"}
        return tuple(name for name in self.extra if name in known)

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        return restore, (name_of(type(self)), fields)

    @classmethod
    def _restore(cls, fields: dict[str, Any]) -> Self:
        """The record of a pickle; fields that this version does not have are among the unknown ones."""
        known = {field.name for field in attrs.fields(cls)}
        unknown = {name: value for name, value in fields.items() if name not in known}
        kept = {name: value for name, value in fields.items() if name in known}
        return cls(**kept | {"extra": {**kept.get("extra", EMPTY), **unknown}})

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON values, ready for ``json.dumps``: field names and forms are Partnero's.

        Unknown fields are included, and so is the text of a secret. An amount that no double holds exactly
        becomes a string.
        """
        known = {
            json_name(field): _plain(getattr(self, field.name))
            for field in attrs.fields(type(self))
            if field.name != "extra"
        }
        return known | {name: _plain(value) for name, value in self.extra.items()}


def _plain(value: Any) -> Any:
    match value:
        case Record():
            return value.to_dict()
        case FrozenMapping():
            return {name: _plain(value[name]) for name in value}
        case tuple():
            return [_plain(item) for item in cast("Sequence[Any]", value)]
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case Decimal():
            return _number(value)
        case Enum():
            return value.value
        case Secret():
            return value.reveal()
        case _:
            return value


def _number(amount: Decimal) -> int | float | str:
    near = float(amount)
    if Decimal(repr(near)) != amount:
        return format(amount, "f")
    return int(amount) if amount == amount.to_integral_value() else near
