"""What follows from a failure: may the call be repeated, and when, and is it in doubt. Pure functions."""

from __future__ import annotations

import math
from enum import Enum
from typing import Final

import attrs

from ..errors import (
    ArgumentError,
    BusyError,
    DeadlineError,
    NetworkError,
    PartneroError,
    ProtocolError,
    RateLimitError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StatusError,
)
from ..inputs._checks import check_count, check_seconds
from ..inputs.options import Options
from ..inputs.unset import UNSET

__all__ = ["RULES", "Patience", "Rule", "Verdict", "When", "backoff", "verdict", "wait_before_retry"]

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

    def with_options(self, options: Options) -> Patience:
        """This patience with what the options name changed."""
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


class When(Enum):
    """On what an answer rests; the value is how the docs write it."""

    NEVER = "no"
    ALWAYS = "yes"
    SAFE = "if it changes nothing"
    SAFE_OR_UNSENT = "if it changes nothing, or no byte of it was written"
    SENT = "if a byte of it may have been written"

    def holds(self, *, safe: bool, written: bool) -> bool:
        """Whether the condition is met.

        Args:
            safe: Whether repeating the call changes nothing.
            written: Whether a byte of the request may have left.
        """
        match self:
            case When.SAFE:
                return safe
            case When.SAFE_OR_UNSENT:
                return safe or not written
            case When.SENT:
                return written
            case _:
                return self is When.ALWAYS


@attrs.frozen
class Rule:
    """What follows from one kind of failure."""

    failure: str
    """The kind in words, for the docs."""

    kinds: tuple[type[PartneroError], ...]
    """Its classes of errors."""

    repeat: When
    """Whether the call may be repeated."""

    in_doubt: When
    """Whether Partnero may have acted on it; asked only of calls that change something."""

    statuses: range | None = None
    """The HTTP statuses that it is for; None for any, and for errors without one."""

    def fits(self, error: PartneroError) -> bool:
        """Whether the rule is for this error."""
        return isinstance(error, self.kinds) and (self.statuses is None or error.status in self.statuses)


RULES: Final = (
    Rule("429", (RateLimitError,), When.ALWAYS, When.NEVER),
    Rule("5xx", (ServerError,), When.SAFE, When.ALWAYS),
    # The server gave up waiting for the rest of the request (RFC 9110, section 15.5.9).
    Rule("408", (StatusError,), When.SAFE, When.NEVER, range(408, 409)),
    Rule("any other 4xx", (StatusError,), When.NEVER, When.NEVER, range(400, 500)),
    Rule("a redirect, or another status that is not 2xx", (StatusError,), When.NEVER, When.ALWAYS),
    Rule("a 2xx that cannot be read", (ResponseError,), When.NEVER, When.ALWAYS),
    Rule("no connection, or a lost one", (NetworkError,), When.SAFE_OR_UNSENT, When.SENT),
    Rule("a `timeout` that passed", (RequestTimeoutError,), When.SAFE_OR_UNSENT, When.SENT),
    Rule("an answer that is not HTTP", (ProtocolError,), When.SAFE_OR_UNSENT, When.SENT),
    Rule("a call that was not let in", (BusyError,), When.NEVER, When.NEVER),
    Rule("a `deadline` that passed", (DeadlineError,), When.NEVER, When.SENT),
    Rule("an argument that was refused", (ArgumentError,), When.NEVER, When.NEVER),
    Rule("a client that was closed meanwhile", (PartneroError,), When.NEVER, When.SENT),
)
"""The first rule that fits a failure holds; the last fits all."""


@attrs.frozen
class Verdict:
    """What follows from a failure."""

    may_repeat: bool
    """Whether the call may be repeated, for all that is known of the first time."""

    in_doubt: bool
    """Whether Partnero may have acted on it: never of a call that changes nothing."""


def verdict(error: PartneroError, *, safe: bool, written: bool) -> Verdict:
    """What follows from a failure, by ``RULES``.

    Args:
        error: How the attempt failed.
        safe: Whether the endpoint may be asked again when nobody knows what became of the first request.
        written: Whether a byte of the request may have left.
    """
    rule = next(rule for rule in RULES if rule.fits(error))
    return Verdict(
        may_repeat=rule.repeat.holds(safe=safe, written=written),
        in_doubt=not safe and rule.in_doubt.holds(safe=safe, written=written),
    )


def wait_before_retry(
    error: PartneroError,
    *,
    attempt: int,
    retries: int,
    left: float = math.inf,
    jitter: float,
) -> float | None:
    """Seconds to wait before a call that may be repeated is repeated, or None to give up.

    Args:
        error: How the attempt failed.
        attempt: Which attempt it was, counted from 1.
        retries: How many repeats are allowed.
        left: Seconds that are left of the call's deadline.
        jitter: A number from 0 to 1, drawn for this decision.
    """
    if attempt > retries:
        return None
    # Not shorter than Retry-After, nor than backoff() where that asks for 0 seconds.
    wait = max(error.retry_after or 0.0, backoff(attempt, jitter))
    return wait if wait < left else None
