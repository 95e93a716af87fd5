"""The fields of a request, from the arguments of a method: those that were given, and of the right type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from .._values import check_moment
from ..errors import ArgumentError
from ._checks import check_count, check_flag, check_string, check_text
from .ref import By, Ref
from .unset import UNSET, Unset

__all__ = [
    "changes",
    "check_ref",
    "check_refer_status",
    "filter_by",
    "flags",
    "moment",
    "one_of",
    "strings",
    "when_given",
    "without_unset",
]

T = TypeVar("T")


def without_unset(**fields: Any) -> dict[str, Any]:
    """The fields that were given: everything but ``UNSET``."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def when_given(check: Callable[[str, Any], T], name: str, value: Any) -> T | Unset:
    """What ``check`` makes of an argument that was given; one that was not stays ``UNSET``."""
    return UNSET if value is UNSET else check(name, value)


def strings(**fields: str | Unset | None) -> dict[str, Any]:
    """The fields that were given; each is a string, or None to be sent as null.

    Raises:
        TypeError: One is something else.
    """
    sent = without_unset(**fields)
    for name, value in sent.items():
        if value is not None:
            check_string(name, value)
    return sent


def flags(**fields: bool | Unset) -> dict[str, Any]:
    """The fields that were given; each is True or False.

    Raises:
        TypeError: One is something else.
    """
    return {name: check_flag(name, value) for name, value in without_unset(**fields).items()}


def changes(**fields: Any) -> dict[str, Any]:
    """The fields of an update that were given.

    Raises:
        ArgumentError: There are none.
    """
    sent = without_unset(**fields)
    if not sent:
        raise ArgumentError("there is nothing to update: no field was given")
    return sent


def check_ref(name: str, value: object, *ways: By) -> Ref:
    """``value`` if it is a Ref by one of these ways; a bare string does not say what it is.

    Raises:
        TypeError: It is not a Ref.
        ArgumentError: It names by another identifier than the endpoint takes.
    """
    if not isinstance(value, Ref):
        raise TypeError(f"{name} must be a Ref, such as Ref(key=...), not {type(value).__name__}")
    ref = cast("Ref", value)
    if ways and ref.by not in ways:
        raise ArgumentError(f"{name} is named here by {' or '.join(ways)}, not by {ref.by}")
    return ref


def check_refer_status(refer_status: str | None) -> str | None:
    """The filter of lists of customers and subscribers, if it is one of its two words.

    Raises:
        ArgumentError: It is another.
    """
    if refer_status not in (None, "referred", "non_referred"):
        raise ArgumentError(f'refer_status must be "referred" or "non_referred", not {refer_status!r:.40}')
    return refer_status


def filter_by(name: str, ref: Ref | None, *ways: By) -> dict[str, str]:
    """The query parameter that filters a list by a Ref: ``{"partner_key": "ref_123"}``; none without one."""
    # Documented with dots (partner.key), of which PHP makes underscores (sources.md#filters).
    return {} if ref is None else {f"{name}_{check_ref(name, ref, *ways).by}": ref.value}


def one_of(**wanted: str | None) -> dict[str, str]:
    """The one thing that is searched by: ``{"email": "ada@example.com"}``.

    Raises:
        ArgumentError: None or several were given, or the one is empty or blank.
        TypeError: It is not a string.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    if len(given) != 1:
        *others, last = wanted
        found = " and ".join(given) or "none of them"
        raise ArgumentError(
            f"search takes exactly one of {', '.join(others)} and {last}; it was given {found}"
        )
    return {name: check_text(name, value) for name, value in given.items()}


def moment(name: str, value: object) -> str | int:
    """A moment as a request has it: a timestamp, or a Unix time in seconds."""
    return check_count(name, value, least=0) if isinstance(value, int) else check_moment(name, value)
