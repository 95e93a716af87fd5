"""Observer: hears of calls, attempts, waits and pauses, and of nothing that is anybody's secret."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from ..inputs.options import RateLimit

__all__ = ["AttemptEnd", "Call", "CallEnd", "Observer", "Observers"]


@attrs.frozen(kw_only=True, eq=False)
class Call:
    """One call, which is the same object in all that is told of it."""

    method: str
    """The HTTP method."""

    path: str
    """The template of the path, such as ``/customers/{key}``."""

    host: str
    """The host that it goes to, such as ``api.partnero.com``."""

    port: int
    """The port there."""

    changes_state: bool
    """Whether it may change something at Partnero."""

    in_job: bool
    """Whether it is one of ``stream``, ``get_many``, ``bulk``, ``prefetch`` or an export."""

    @property
    def operation(self) -> str:
        """Method and path, of which there are as many as endpoints: ``GET /customers/{key}``."""
        return f"{self.method} {self.path}"


@attrs.frozen(kw_only=True)
class AttemptEnd:
    """How an attempt ended."""

    number: int
    """Which of the call's attempts, counted from 1."""

    status: int | None
    """The HTTP status; None where no head of an answer came."""

    seconds: float
    """How long it took, from the moment at which it was let go."""

    request_id: str | None
    """What Partnero or its proxy calls the request."""


@attrs.frozen(kw_only=True)
class CallEnd:
    """How a call ended."""

    outcome: Literal["done", "failed", "cancelled"]
    """Whether it returned, raised an error of ours, or was cancelled."""

    seconds: float
    """How long it took, with its attempts and all that was waited."""

    attempts: int
    """How many times it was sent."""

    status: int | None
    """The last HTTP status; None where there was none."""

    request_id: str | None
    """What Partnero or its proxy calls the last request."""

    error_type: str | None
    """The name of the error that was raised, such as ``NotFoundError``."""

    in_doubt: bool
    """Whether Partnero may have acted although nobody can say so."""


class Observer:
    """Hears of every call of a client: ``AsyncPartnero(observer=...)``. Override what you want to hear.

    Each method does nothing here. They are called in the task of the call, should take next to no time, and
    cannot wait; what they raise is logged and goes no further. No key, body, header or text of an answer is
    handed to them.
    """

    def call_began(self, call: Call) -> None:
        """A call was made; it may have to wait before it is sent."""

    def attempt_began(self, call: Call, number: int, queued: float) -> None:
        """A request is about to be sent.

        Args:
            call: Of which call.
            number: Which of its attempts, counted from 1.
            queued: Seconds that it waited for its turn, or for the end of a pause.
        """

    def attempt_ended(self, call: Call, end: AttemptEnd) -> None:
        """An attempt came to its end."""

    def retrying(self, call: Call, number: int, seconds: float) -> None:
        """An attempt failed, and the next one begins after so many seconds.

        After a 429 it is the gate that waits: ``paused`` tells of that, and this is not called.
        """

    def call_ended(self, call: Call, end: CallEnd) -> None:
        """A call came to its end."""

    def paused(self, seconds: float, in_a_row: int) -> None:
        """A 429 closed the gate to all calls.

        Args:
            seconds: For how long.
            in_a_row: 1 for the first since an answer that was none.
        """

    def paced(self, limit: RateLimit) -> None:
        """The server was found to have this limit, which is another than before."""


class Observers(Observer):
    """Several observers as one.

    Args:
        observers: Who hears of everything, in this order.
    """

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def call_began(self, call: Call) -> None:
        self._tell("call_began", call)

    def attempt_began(self, call: Call, number: int, queued: float) -> None:
        self._tell("attempt_began", call, number, queued)

    def attempt_ended(self, call: Call, end: AttemptEnd) -> None:
        self._tell("attempt_ended", call, end)

    def retrying(self, call: Call, number: int, seconds: float) -> None:
        self._tell("retrying", call, number, seconds)

    def call_ended(self, call: Call, end: CallEnd) -> None:
        self._tell("call_ended", call, end)

    def paused(self, seconds: float, in_a_row: int) -> None:
        self._tell("paused", seconds, in_a_row)

    def paced(self, limit: RateLimit) -> None:
        self._tell("paced", limit)

    def _tell(self, event: str, *told: Any) -> None:
        for observer in self._observers:
            getattr(observer, event)(*told)
