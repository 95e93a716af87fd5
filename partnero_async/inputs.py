"""What users hand in: who is meant, what is left unsaid, and how patient a call is."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

import attrs

from .errors import ArgumentError

__all__ = ["UNSET", "Options", "RateLimit", "Ref", "Unset"]


class _UnsetType(enum.Enum):
    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = _UnsetType.UNSET
"""The default of every optional field of a request: not sent, whereas ``None`` is sent as null."""

Unset: TypeAlias = Literal[_UnsetType.UNSET]
"""The type of ``UNSET``, for signatures that pass it on."""


@attrs.frozen(kw_only=True)
class Ref:
    """Names a partner, customer or subscriber by exactly one of its identifiers.

    A partner's ``id`` and its referral ``key`` are two things (``partner_123`` and ``ref_123``).

    Raises:
        ArgumentError: None or several were given, or the one is empty or blank.
        TypeError: The one is not a string.
    """

    id: str | None = None
    """The id that Partnero keeps to itself."""

    key: str | None = None
    """A customer's key, or any referral key of a partner."""

    email: str | None = None
    """The e-mail address."""

    def __attrs_post_init__(self) -> None:
        given = [name for name in ("id", "key", "email") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ArgumentError(f"Ref takes exactly one of id, key and email; it was given {found}")
        check_text(f"Ref({given[0]}=...)", getattr(self, given[0]))

    @property
    def by(self) -> str:
        """Which identifier this is: ``"id"``, ``"key"`` or ``"email"``."""
        return "id" if self.id is not None else "key" if self.key is not None else "email"

    @property
    def value(self) -> str:
        """The identifier itself."""
        return self.id or self.key or self.email or ""

    def to_body(self) -> dict[str, str]:
        """The object that stands for this reference in a request body: ``{"key": "ref_123"}``."""
        return {self.by: self.value}


@attrs.frozen(kw_only=True)
class Options:
    """How patient one call is; what is left unset is taken from the client.

    Raises:
        ArgumentError: A value is not positive and finite, or ``retries`` is negative.
        TypeError: A value is not a number.
    """

    timeout: float | Unset | None = UNSET
    """Seconds for one whole attempt, reading the body included; None for unbounded."""

    deadline: float | Unset | None = UNSET
    """Seconds for the whole call with its retries and waits; None for unbounded."""

    retries: int | Unset = UNSET
    """How many times a failed attempt may be repeated, where repeating is safe."""

    def __attrs_post_init__(self) -> None:
        for name in ("timeout", "deadline"):
            value = getattr(self, name)
            if value is not UNSET and value is not None:
                check_seconds(name, value)
        if self.retries is not UNSET:
            check_count("retries", self.retries, least=0)


@attrs.frozen
class RateLimit:
    """A limit to keep by ourselves: at most ``requests`` within any ``per_seconds`` seconds."""

    requests: int
    """How many requests."""

    per_seconds: float = 60.0
    """Within how many seconds."""

    def __attrs_post_init__(self) -> None:
        check_count("requests", self.requests, least=1)
        check_seconds("per_seconds", self.per_seconds)


def check_text(name: str, value: object) -> str:
    """``value`` if it is a string that is neither empty nor blank."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    if not value.strip():
        raise ArgumentError(f"{name} must not be {'blank' if value else 'empty'}")
    return value


def check_ref(name: str, value: object) -> Ref:
    """``value`` if it is a Ref; a bare string does not say whether it is an id, a key or an e-mail."""
    if not isinstance(value, Ref):
        raise TypeError(f"{name} must be a Ref, such as Ref(key=...), not {type(value).__name__}")
    return value


def check_seconds(name: str, value: object) -> float:
    """``value`` if it is a positive and finite number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    # An int compares with infinity at any size, where math.isfinite would overflow.
    if not 0 < value < math.inf or oversized(int(value)):
        raise ArgumentError(f"{name} must be positive and finite, not {_shown(value)}")
    return float(value)


def check_count(name: str, value: object, *, least: int, most: int | None = None) -> int:
    """``value`` if it is a whole number within its bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ArgumentError(f"{name} must be {bounds}, not {_shown(value)}")
    return value


def check_amount(name: str, value: object) -> Decimal | int:
    """``value`` if it is an amount that JSON's numbers carry without change.

    A float is refused with the cure in the message; so is a Decimal that a double cannot hold, because
    whatever reads JSON on the other side is likely to make it a double.
    """
    if isinstance(value, float):
        raise TypeError(f"{name} must be a Decimal or an int, not a float: write Decimal(str({value!r}))")
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError(f"{name} must be a Decimal or an int, not {type(value).__name__}")
    # The size is looked at first: int(Decimal("1e999999")) would take half a minute.
    if oversized(value) or Decimal(repr(float(value))) != value:
        raise ArgumentError(f"{name} cannot be sent exactly as a JSON number: {_shown(value)}")
    return value


def check_tags(tags: Iterable[str] | None) -> list[str] | None:
    """Tags as the API takes them: a list of strings, empty to clear, None to leave them alone."""
    if tags is None:
        return None
    if isinstance(tags, str):
        raise TypeError(f"tags must be several strings, such as ({tags!r},), not one string")
    return [check_text("a tag", tag) for tag in tags]


def oversized(number: Decimal | int) -> bool:
    """Whether a number has more than 40 digits, an exponent beyond 30, or is none: no amount is so."""
    if isinstance(number, int):
        return abs(number) >= 10**40
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return True
    return len(digits) + max(0, exponent) > 40 or abs(exponent) > 30


def _shown(value: Decimal | float) -> str:
    """A number for an error text; one of thousands of digits cannot even be printed."""
    if isinstance(value, int) and oversized(value):
        return "a number of unreasonable size"
    return str(value)[:60]


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were given: everything but ``UNSET``."""
    return {name: value for name, value in fields.items() if value is not UNSET}
