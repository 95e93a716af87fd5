"""How patient a call is, and how fast calls may follow each other."""

from __future__ import annotations

from typing import Literal

import attrs

from ._checks import check_count, check_seconds
from .unset import UNSET, Unset

__all__ = ["Options", "RateLimit"]


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

    safe_to_retry: Literal[True] | Unset = UNSET
    """True for a PUT or DELETE that does no harm if it is sent twice: it is repeated like a read.

    That is for you to know: a second ``DELETE`` of a sale may delete another sale with the same key.
    """

    def __attrs_post_init__(self) -> None:
        for name in ("timeout", "deadline"):
            value = getattr(self, name)
            if value is not UNSET and value is not None:
                check_seconds(name, value)
        if self.retries is not UNSET:
            check_count("retries", self.retries, least=0)
        if self.safe_to_retry is not UNSET and self.safe_to_retry is not True:
            raise TypeError(f"safe_to_retry must be True or left out, not {self.safe_to_retry!r:.40}")


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
