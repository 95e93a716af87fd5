"""What users hand in: who is meant, what is left unsaid, and how patient a call is."""

from __future__ import annotations

import enum
from typing import Any, Final, Literal, TypeAlias

import attrs

from .checks import check_count, check_flag, check_seconds, check_string, check_text
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


def check_ref(name: str, value: object, *ways: str) -> Ref:
    """``value`` if it is a Ref by one of these ways; a bare string does not say what it is.

    Raises:
        TypeError: It is not a Ref.
        ArgumentError: It names by another identifier than the endpoint takes.
    """
    if not isinstance(value, Ref):
        raise TypeError(f"{name} must be a Ref, such as Ref(key=...), not {type(value).__name__}")
    if ways and value.by not in ways:
        raise ArgumentError(f"{name} is named here by {' or '.join(ways)}, not by {value.by}")
    return value


def filter_by(name: str, ref: Ref | None, *ways: str) -> dict[str, str]:
    """The query parameter that filters a list by a Ref: ``{"partner_key": "ref_123"}``; none without one."""
    # N sends underscores, D documents dots; PHP turns dots into underscores (partnero-api 3.5).
    return {} if ref is None else {f"{name}_{check_ref(name, ref, *ways).by}": ref.value}


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were given: everything but ``UNSET``."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def texts(**fields: str | Unset | None) -> dict[str, Any]:
    """The fields that were given; each is a string, or None to be sent as null.

    Raises:
        TypeError: One is something else.
    """
    sent = given(**fields)
    for name, value in sent.items():
        if value is not None:
            check_string(name, value)
    return sent


def flags(**fields: bool | Unset) -> dict[str, Any]:
    """The fields that were given; each is True or False.

    Raises:
        TypeError: One is something else.
    """
    return {name: check_flag(name, value) for name, value in given(**fields).items()}
