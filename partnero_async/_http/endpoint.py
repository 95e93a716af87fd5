"""What an action of the API is, as data: what is asked where, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum, auto
from typing import Any, Final, Generic, TypeVar, cast

import attrs

from ..records._base import Record

__all__ = [
    "Endpoint",
    "PageData",
    "Reply",
    "Returns",
    "Shape",
    "nothing",
    "one",
    "one_in_envelope",
    "page_of",
    "reply",
    "several",
    "undocumented",
]

R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@attrs.frozen
class PageData(Generic[R_co]):
    """The items of one page, and the number of the page that follows it, if there is word of it."""

    items: tuple[R_co, ...]
    next_number: int | None
    tells_next: bool = True


@attrs.frozen
class Reply:
    """An answer as it came, with its JSON parsed."""

    status: int
    """The HTTP status, 200 to 299."""

    headers: Mapping[str, str]
    """The headers, their names in lower case."""

    json: Any
    """The JSON value, envelope included; None for an empty body."""


_PLACEHOLDER: Final = re.compile(r"\{([^}]*)\}")
_PROGRAMS: Final = {"A": "affiliate", "R": "refer-a-friend", "L": "newsletter"}


def _types_in(programs: str) -> str:
    """Types of programs by their letters: ``affiliate and newsletter programs``."""
    types = [name for letter, name in _PROGRAMS.items() if letter in programs]
    return "" if len(types) in (0, len(_PROGRAMS)) else f"{' and '.join(types)} programs"


class Shape(IntEnum):  # hashes as an int does: Enum's own hash is a call of a Python function
    """The kinds of answer that ``wire.decipher`` can read."""

    ONE = auto()
    ONE_IN_ENVELOPE = auto()
    PAGE = auto()
    SEVERAL = auto()
    UNDOCUMENTED = auto()
    NOTHING = auto()
    REPLY = auto()


@attrs.frozen
class Returns(Generic[T_co]):
    """What an endpoint returns: ``T_co`` for the type checker, shape and record for the reader."""

    shape: Shape
    record: type[Record] | None = None


def one(record: type[R]) -> Returns[R]:
    """The record in ``data``."""
    return Returns(Shape.ONE, record)


def one_in_envelope(record: type[R]) -> Returns[R]:
    """The record in ``data``, and in the field that it names ``envelope`` what is said beside ``data``."""
    return Returns(Shape.ONE_IN_ENVELOPE, record)


def page_of(record: type[R]) -> Returns[PageData[R]]:
    """The records in ``data``, and the number of the next page in ``links.next``."""
    return Returns(Shape.PAGE, record)


def several(record: type[R]) -> Returns[tuple[R, ...]]:
    """Whatever records an answer holds that nobody documents, but whose ``data`` is likely an array."""
    return Returns(Shape.SEVERAL, record)


def undocumented(record: type[R]) -> Returns[R]:
    """A record of an answer that nobody documents: what is not known of it is in ``extra``."""
    return Returns(Shape.UNDOCUMENTED, record)


nothing: Final[Returns[None]] = Returns(Shape.NOTHING)
"""Nothing: the answer says no more than that the action was done."""

reply: Final[Returns[Reply]] = Returns(Shape.REPLY)
"""The answer as it is, for ``request()``."""


@attrs.frozen
class Endpoint(Generic[T_co]):
    """One action of the API, as data: what is sent where, and what comes back.

    Attributes:
        method: The HTTP method.
        path: The path template below the base URL, such as ``/customers/{key}``.
        returns: What the answer is read as.
        safe_to_retry: Whether repeating the request changes nothing. Where False, a failed call may be
            in doubt, and it is repeated only if no byte of it was written or it was refused with 429.
        programs: The types of programs that have it: A(ffiliate), R(efer-a-friend), (news)L(etter).
        sources: Who tells of it, as the table of endpoints in the docs abbreviates them, best first.
        confidence: How much that is worth: ``documented``, ``official client`` and so on.
        not_found: What a 404 may mean beside the obvious; added to the error's message.
        meant_for: The types of programs in words; nothing where all of them have it, or nobody knows.
        literals: What stands before, between and after the placeholders of the path.
        names: Those of the placeholders.
    """

    method: str
    path: str
    returns: Returns[T_co]
    safe_to_retry: bool = attrs.field(
        default=attrs.Factory(lambda endpoint: endpoint.method == "GET", takes_self=True), kw_only=True
    )
    programs: str = attrs.field(default="", kw_only=True)
    sources: str = attrs.field(default="", kw_only=True)
    confidence: str = attrs.field(default="documented", kw_only=True)
    not_found: str = attrs.field(default="", kw_only=True)
    meant_for: str = attrs.field(
        default=attrs.Factory(lambda endpoint: _types_in(endpoint.programs), takes_self=True),
        init=False,
        repr=False,
        eq=False,
    )

    literals: tuple[str, ...] = attrs.field(
        default=attrs.Factory(
            lambda endpoint: tuple(_PLACEHOLDER.split(endpoint.path)[::2]), takes_self=True
        ),
        init=False,
        repr=False,
        eq=False,
    )
    names: tuple[str, ...] = attrs.field(
        default=attrs.Factory(
            lambda endpoint: tuple(_PLACEHOLDER.split(endpoint.path)[1::2]), takes_self=True
        ),
        init=False,
        repr=False,
        eq=False,
    )

    def returning(self, other: Returns[T]) -> Endpoint[T]:
        """The same action where another form of its request is answered with something else."""
        return attrs.evolve(cast("Endpoint[Any]", self), returns=other)
