"""Who may send now: slots, the shared pause after a 429, and the pace. One gate for all calls of a client."""

from __future__ import annotations

import logging
import math
from collections import deque
from typing import Final

import anyio

from ..inputs import RateLimit

__all__ = ["Gate", "GateClosedError"]

logger = logging.getLogger("partnero_async")

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


class GateClosedError(Exception):
    """The gate stays shut for longer than the caller can wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class _Waiter:
    """One caller in the queue. ``event`` is set whenever it should look again whether it may go."""

    __slots__ = ("event",)

    def __init__(self) -> None:
        self.event = anyio.Event()


class Gate:
    """Lets at most ``slots`` exchanges through at a time.

    Single calls go before those of bulk jobs, so that a job with full hands makes a web request wait for one
    slot and not for the job. A 429 closes the gate for everybody; when it opens, callers leave one by one
    until an answer shows that the server is willing again.

    Args:
        slots: The most exchanges under way at a time, which is the most connections checked out.
        rate_limit: A pace to keep by ourselves.
    """

    def __init__(self, slots: int, rate_limit: RateLimit | None = None) -> None:
        self.slots = slots
        self._semaphore = anyio.Semaphore(slots)
        self._single: deque[_Waiter] = deque()
        self._bulk: deque[_Waiter] = deque()
        self._closed_until = -math.inf
        # Pauses so far. An exchange let out before a pause says nothing about the time after it.
        self._epoch = 0
        self._pauses_in_a_row = 0
        self._one_by_one = False
        # Exchanges under way that were let out since the last pause: older ones say nothing about it.
        self._out_since_pause = 0
        # What the server said is left in its window, less what was sent since; None where it does not say.
        self._remaining: int | None = None
        self._rate_limit = rate_limit
        self._sent_at: deque[float] = deque(maxlen=rate_limit.requests if rate_limit else 0)

    @property
    def in_flight(self) -> int:
        """How many exchanges are under way."""
        return self.slots - self._semaphore.value

    async def enter(self, *, bulk: bool = False, give_up_at: float = math.inf) -> int:
        """Waits for a turn; every enter needs its leave.

        Args:
            bulk: Whether the caller works for a bulk job.
            give_up_at: The time on the event loop's clock at which the caller stops to wait.

        Returns:
            The ticket to hand to ``leave``.

        Raises:
            GateClosedError: The gate is paused beyond ``give_up_at``.
            TimeoutError: The wait for a slot reached ``give_up_at``.
        """
        if not self._single and not self._bulk and self._seconds_to_wait() == 0:
            self._take()
            return self._epoch
        queue = self._bulk if bulk else self._single
        waiter = _Waiter()
        queue.append(waiter)
        self._wake_first()
        try:
            await self._wait(waiter, give_up_at)
            self._take()
        finally:
            queue.remove(waiter)
            self._wake_first()
        return self._epoch

    def leave(self, ticket: int, *, answered: bool = False, remaining: int | None = None) -> None:
        """Gives a turn back.

        Args:
            ticket: What ``enter`` returned.
            answered: Whether the server answered, with anything but 429.
            remaining: The requests that are left in the server's window, if it said so.
        """
        self._semaphore.release()
        if ticket == self._epoch:
            self._out_since_pause -= 1
        if answered and ticket == self._epoch:
            self._one_by_one = False
            self._pauses_in_a_row = 0
            if remaining is not None:
                # Those still under way may not be counted yet.
                self._remaining = remaining - self.in_flight
        self._wake_first()

    def pause(self, ticket: int, seconds: float | None) -> float:
        """Closes the gate for all callers after a 429.

        Args:
            ticket: The ticket of the exchange that was refused.
            seconds: What the server asked for, which is kept to; None where it named no time. After a pause
                that did not help, the next is at least as long as ours would be, or a server that asks for
                no time at all would be asked again without end.

        Returns:
            Seconds until the gate opens.
        """
        now = anyio.current_time()
        if ticket == self._epoch:
            self._epoch += 1
            self._pauses_in_a_row += 1
            self._one_by_one = True
            self._out_since_pause = 0
            self._remaining = None
            ours = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._pauses_in_a_row - 1, 30))
            if seconds is None or self._pauses_in_a_row > 1:
                seconds = max(seconds or 0.0, ours)
            logger.warning("partnero.pause wait_ms=%.0f in_a_row=%d", seconds * 1000, self._pauses_in_a_row)
        if self._one_by_one:
            self._closed_until = max(self._closed_until, now + (seconds or 0.0))
        return max(0.0, self._closed_until - now)

    def _take(self) -> None:
        self._semaphore.acquire_nowait()
        self._out_since_pause += 1
        if self._remaining is not None:
            self._remaining -= 1
        if self._rate_limit is not None:
            self._sent_at.append(anyio.current_time())

    async def _wait(self, waiter: _Waiter, give_up_at: float) -> None:
        while True:
            now = anyio.current_time()
            if self._closed_until > give_up_at:
                raise GateClosedError(self._closed_until - now)
            first = self._single[0] if self._single else self._bulk[0]
            wait = self._seconds_to_wait() if first is waiter else math.inf
            if wait == 0:
                return
            if now >= give_up_at:
                raise TimeoutError
            if give_up_at - now < wait < math.inf:
                raise GateClosedError(wait)
            waiter.event = anyio.Event()
            with anyio.CancelScope(deadline=min(now + wait, give_up_at)):
                await waiter.event.wait()

    def _seconds_to_wait(self) -> float:
        """Zero if the first in the queue may go; infinity if only somebody's leave can change that."""
        if self.in_flight >= self.slots:
            return math.inf
        careful = self._one_by_one or (self._remaining is not None and self._remaining <= 0)
        if careful and self._out_since_pause:
            return math.inf
        if not (self._sent_at or self._one_by_one):
            return 0
        opens_at = self._closed_until
        if self._rate_limit is not None and len(self._sent_at) == self._rate_limit.requests:
            opens_at = max(opens_at, self._sent_at[0] + self._rate_limit.per_seconds)
        return max(0.0, opens_at - anyio.current_time())

    def _wake_first(self) -> None:
        queue = self._single or self._bulk
        if queue:
            queue[0].event.set()
