"""What becomes of an entry: pure functions of the entry, of what happened to it, and of the time.

Times are Unix times in seconds, of the clock of whoever asks.
"""

from __future__ import annotations

from typing import Final

import attrs

from ..errors import (
    AuthenticationError,
    NotFoundError,
    PartneroError,
    PermissionDeniedError,
    RateLimitError,
    StatusError,
)
from .entry import Entry, State
from .errors import OutboxError, StorageError

__all__ = [
    "after_look_up",
    "after_send",
    "begun",
    "deferred",
    "is_for_a_person",
    "no_look_up_helps",
    "renewed",
    "resolved",
    "unneeded",
]

LOST: Final = "whoever sent it ended before its outcome was known"


def begun(entry: Entry, now: float, *, lease: float, settle_after: float) -> Entry:
    """The entry as whoever takes it has to store it before anything else.

    It is to be sent if it is ``sending`` then, and to be looked up if it still is in doubt. One that another
    process has been sending for too long is in doubt from now on: there is nothing else to do with it yet.

    Args:
        entry: An open entry that is due.
        now: The time.
        lease: Seconds that whoever takes it has for it.
        settle_after: Seconds after which what was sent is at Partnero or never will be.
    """
    match entry.state:
        case State.ACCEPTED:
            return _changed(entry, State.SENDING, now + lease, attempts=entry.attempts + 1)
        case State.SENDING:
            return _changed(entry, State.IN_DOUBT, max(now, entry.due_at) + settle_after, error=LOST)
        case _:
            return _changed(entry, State.IN_DOUBT, now + lease)


def after_send(entry: Entry, error: PartneroError | None, now: float, *, settle_after: float) -> Entry:
    """The entry after it was sent.

    Args:
        entry: The entry as it was being sent.
        error: What came of it; None for success.
        now: The time.
        settle_after: Seconds after which what was sent is at Partnero or never will be.
    """
    if error is None:
        return _changed(entry, State.DELIVERED, now, error=None)
    if error.in_doubt:
        return _changed(entry, State.IN_DOUBT, now + settle_after, error=str(error))
    if entry.kind == "refund" and isinstance(error, NotFoundError) and entry.attempts > 1:
        return _changed(entry, State.DELIVERED, now, error=None)  # an earlier attempt came through, late
    if _refuses(error):
        return _changed(entry, State.REFUSED, now, error=str(error))
    return _changed(entry, State.ACCEPTED, now, attempts=entry.attempts - 1, error=str(error))


def after_look_up(entry: Entry, found: bool | PartneroError, now: float, *, settle_after: float) -> Entry:
    """The entry after its sale was looked up.

    Args:
        entry: The entry, in doubt.
        found: Whether Partnero has the sale; an error where that could not be found out.
        now: The time.
        settle_after: Seconds until it is looked up again after an error.
    """
    if isinstance(found, PartneroError):
        return _changed(entry, State.IN_DOUBT, now + settle_after, error=str(found))
    if found == (entry.kind == "sale"):
        return _changed(entry, State.DELIVERED, now, error=None)
    return _changed(entry, State.ACCEPTED, now)


def no_look_up_helps(error: PartneroError) -> bool:
    """Whether a sale cannot be looked up before a person did something: nobody answers it another time."""
    if isinstance(error, OutboxError) and not isinstance(error, StorageError):
        return True
    passes = isinstance(error, RateLimitError) or error.status == 408
    return isinstance(error, StatusError) and 300 <= (error.status or 0) <= 499 and not passes


def deferred(entry: Entry, until: float) -> Entry:
    """The entry, in doubt, to be looked up no earlier than that."""
    return _changed(entry, State.IN_DOUBT, until)


def renewed(entry: Entry, now: float, *, lease: float) -> Entry:
    """The entry with a new lease, if half of the old one is over; whoever looks it up may take long."""
    return entry if now < entry.due_at - lease / 2 else _changed(entry, entry.state, now + lease)


def unneeded(entry: Entry, now: float) -> Entry:
    """The refund of a sale that Partnero refused."""
    return _changed(entry, State.REFUSED, now, error="its sale was refused: there is nothing to refund")


def resolved(entry: Entry, now: float, *, delivered: bool) -> Entry:
    """The entry as a person says that it stands: at Partnero, or to be sent again."""
    return _changed(entry, State.DELIVERED if delivered else State.ACCEPTED, now, error=None)


def is_for_a_person(error: PartneroError) -> bool:
    """Whether all entries would fare alike, and waiting does not help: it is the key, or the address."""
    if isinstance(error, (AuthenticationError, PermissionDeniedError)):
        return True
    return isinstance(error, StatusError) and error.status == 404 and not error.from_partnero


def _refuses(error: PartneroError) -> bool:
    """Whether Partnero says no to this very sale."""
    if not isinstance(error, StatusError) or error.status is None or not 400 <= error.status <= 499:
        return False
    if isinstance(error, (AuthenticationError, RateLimitError)) or error.status == 408:
        return False
    return error.status not in (403, 404) or error.from_partnero


def _changed(
    entry: Entry, state: State, due_at: float, *, attempts: int | None = None, error: str | None = ""
) -> Entry:
    """The entry in another state; its error stays unless another, or None, is named."""
    return attrs.evolve(
        entry,
        state=state,
        due_at=due_at,
        attempts=entry.attempts if attempts is None else attempts,
        error=entry.error if error == "" else error,
        version=entry.version + 1,
    )
