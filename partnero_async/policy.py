"""Whether to try again, and when: pure functions of what happened."""

from __future__ import annotations

import math

import attrs

from .checks import check_count, check_seconds
from .errors import (
    ConnectError,
    PartneroError,
    ProtocolError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StatusError,
)
from .inputs import UNSET, Options

__all__ = ["Patience", "backoff", "wait_before_retry"]

FIRST_BACKOFF = 0.25
LONGEST_BACKOFF = 8.0


@attrs.frozen(kw_only=True)
class Patience:
    """How long a call may take and how often it may be tried, all settled."""

    timeout: float | None = 10.0
    """Seconds for one attempt; None for unbounded."""

    deadline: float | None = 30.0
    """Seconds for the whole call; None for unbounded."""

    retries: int = 2
    """How many times a failed attempt may be repeated."""

    def __attrs_post_init__(self) -> None:
        for name in ("timeout", "deadline"):
            seconds = getattr(self, name)
            if seconds is not None:
                check_seconds(name, seconds)
        check_count("retries", self.retries, least=0)

    def with_options(self, options: Options | None) -> Patience:
        """This patience with what the options name changed."""
        if options is None:
            return self
        if not isinstance(options, Options):
            raise TypeError(f"options must be Options(...), not {type(options).__name__}")
        changes = {
            name: value
            for name in ("timeout", "deadline", "retries")
            if (value := getattr(options, name)) is not UNSET
        }
        return attrs.evolve(self, **changes)


def backoff(attempt: int, jitter: float) -> float:
    """Seconds to wait after a failed attempt, counted from 1: doubling from 0.25 up to 8.

    ``jitter`` from 0 to 1 places the wait in the upper half of that time, so that clients which failed
    together do not come back together.
    """
    full: float = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempt - 1, 30))
    return full * (0.5 + jitter / 2)


def wait_before_retry(
    error: PartneroError,
    *,
    attempt: int,
    safe: bool,
    written: bool,
    retries: int,
    left: float = math.inf,
    jitter: float,
) -> float | None:
    """Seconds to wait before the next attempt, or None to give up.

    Args:
        error: How the attempt failed.
        attempt: Which attempt it was, counted from 1.
        safe: Whether the endpoint may be asked again when nobody knows what became of the first request.
        written: Whether a byte of the request may have left.
        retries: How many repeats are allowed.
        left: Seconds that are left of the call's deadline.
        jitter: A number from 0 to 1, drawn for this decision.
    """
    if attempt > retries or not _may_repeat(error, safe=safe, written=written):
        return None
    # Never shorter than was asked for, and never without a wait of our own.
    wait = max(error.retry_after or 0.0, backoff(attempt, jitter))
    return wait if wait < left else None


def _may_repeat(error: PartneroError, *, safe: bool, written: bool) -> bool:
    """429 refused the request and an unwritten one never left: those are safe for every call."""
    if isinstance(error, RateLimitError):
        return True
    if isinstance(error, (ConnectError, RequestTimeoutError, ProtocolError)):
        return safe or not written
    if isinstance(error, ServerError):
        return safe
    return safe and isinstance(error, StatusError) and error.status == 408
