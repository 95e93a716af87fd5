"""The one gate of a client, which every exchange passes: a turn first, then the pace."""

from __future__ import annotations

import math

import anyio

from ...inputs.options import RateLimit
from .pace import Later, LocalPace, Pace, Ticket
from .turns import Turns, Waiter

__all__ = ["Gate", "GateBusyError", "GateClosedError", "GateGoneError"]


class GateClosedError(Exception):
    """The gate stays shut for longer than the caller can wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class GateBusyError(Exception):
    """As many single calls wait as may."""


class GateGoneError(Exception):
    """The gate opens for nobody any more."""


class Gate:
    """Lets exchanges through in their turn and at the pace.

    Args:
        turns: Who goes first.
        pace: When anybody may go.
        max_waiting: The most single calls that may wait; None for any number.
        max_pause: The longest pause in seconds that anybody waits for.

    Attributes:
        max_pause: The same.
        refusals: How many exchanges were refused for coming too fast.
    """

    def __init__(
        self, turns: Turns, pace: Pace, max_waiting: int | None = None, max_pause: float = math.inf
    ) -> None:
        self._turns = turns
        self._pace = pace
        # Where nobody else is to be asked.
        self._local = pace if isinstance(pace, LocalPace) else None
        self._max_waiting = max_waiting
        self.max_pause = max_pause
        self.refusals: int = 0
        self._gone = False

    @property
    def slots(self) -> int:
        """The most exchanges under way at a time."""
        return self._turns.slots

    @property
    def in_flight(self) -> int:
        """How many exchanges are under way."""
        return self._turns.taken

    @property
    def waiting(self) -> int:
        """How many single calls wait."""
        return self._turns.waiting

    @property
    def waiting_in_jobs(self) -> int:
        """How many calls of bulk jobs wait."""
        return self._turns.waiting_in_jobs

    @property
    def limit(self) -> RateLimit | None:
        """The rate limit that is kept to, if one is known."""
        return self._pace.limit

    def paused_for(self, now: float) -> float:
        """Seconds until a pause, or a limit that is reached, lets anybody send; 0.0 where there is none."""
        return self._pace.closed_for(now)

    def close(self) -> None:
        """Lets nobody through any more, those that wait included."""
        self._gone = True
        self._turns.wake_all()

    async def tell(self) -> None:
        """Tells whoever shares the pace of a pause."""
        await self._pace.tell()

    async def aclose(self) -> None:
        """Lets go of what the pace holds open."""
        await self._pace.aclose()

    def enter_at_once(self, *, bulk: bool = False) -> Ticket | None:
        """A ticket as ``enter`` returns it, where there is nothing to wait for; else None."""
        if self._local is None or self._gone or not self._turns.take_unqueued():
            return None
        admitted = self._local.admit_at_once(bulk=bulk)
        if isinstance(admitted, Later):
            self._turns.put_back(None)
            return None
        return admitted

    async def enter(self, *, bulk: bool = False, give_up_at: float = math.inf, again: bool = False) -> Ticket:
        """Waits for a turn; every enter needs its leave.

        Args:
            bulk: Whether the caller works for a bulk job.
            give_up_at: The time on the event loop's clock at which the caller stops to wait.
            again: Whether the caller was let in before, so that it may wait however many do.

        Returns:
            The ticket to hand to ``leave``.

        Raises:
            GateClosedError: The pace is paused beyond ``give_up_at``, or for longer than ``max_pause``.
            GateBusyError: Too many single calls wait already.
            GateGoneError: The gate was closed for good.
            TimeoutError: The wait for a slot reached ``give_up_at``.
        """
        told: Later | None = None
        if self._gone:
            raise GateGoneError
        if self._turns.take_unqueued():
            admitted = await self._admit(None, give_up_at, bulk)
            if not isinstance(admitted, Later):
                return admitted
            told = admitted
        most = math.inf if self._max_waiting is None or bulk or again else self._max_waiting
        if self._turns.waiting >= most:
            raise GateBusyError
        waiter = self._turns.join(bulk=bulk)
        try:
            return await self._wait(waiter, give_up_at, told)
        finally:
            self._turns.quit(waiter)

    def leave(
        self,
        ticket: Ticket,
        *,
        answered: bool = False,
        remaining: int | None = None,
        limit: int | None = None,
        sent_at: float | None = None,
    ) -> None:
        """Gives a turn back.

        Args:
            ticket: What ``enter`` returned.
            answered: Whether the server answered, with anything but 429.
            remaining: The requests that are left in the server's window, if it said so.
            limit: The requests that the server says it takes in a window, if it does.
            sent_at: When the exchange began, on the event loop's clock.
        """
        if remaining is not None:
            # The server may not have counted those that are still under way.
            remaining -= self._turns.taken - 1
        try:
            self._pace.settle(ticket, answered=answered, remaining=remaining, limit=limit, sent_at=sent_at)
        finally:
            self._turns.give_back()

    def pause(self, ticket: Ticket, seconds: float | None, *, sent_at: float | None = None) -> float:
        """Closes the gate for all callers after a 429.

        Args:
            ticket: The ticket of the exchange that was refused.
            seconds: What the server asked for; None where it named no time.
            sent_at: When the exchange began; None where it was not refused for coming too fast.

        Returns:
            Seconds until the gate opens.
        """
        if sent_at is not None:
            self.refusals += 1
        try:
            return self._pace.pause(ticket, seconds, sent_at=sent_at)
        finally:
            # Who cannot wait for so long is told now, wherever it is in the queue.
            self._turns.wake_all()

    async def _admit(self, waiter: Waiter | None, give_up_at: float, bulk: bool) -> Ticket | Later:
        """The answer of the pace to a caller that has a turn, which is put back where the answer is no.

        The turn comes first, since a pace that asks others takes its time.
        """
        admitted: Ticket | Later | None = None
        try:
            admitted = await self._pace.admit(give_up_at, bulk=bulk)
            if self._gone and not isinstance(admitted, Later):
                self._pace.settle(admitted, answered=False, remaining=None)
                admitted = None
                raise GateGoneError
            return admitted
        finally:
            if admitted is None or isinstance(admitted, Later):
                self._turns.put_back(waiter)

    async def _wait(self, waiter: Waiter, give_up_at: float, told: Later | None) -> Ticket:
        while True:
            self._check(give_up_at)
            if told is None and self._turns.take_as(waiter):
                waiter.event = anyio.Event()
                admitted = await self._admit(waiter, give_up_at, waiter.bulk)
                if not isinstance(admitted, Later):
                    return admitted
                # What happened meanwhile, it was not in the queue to hear of.
                self._check(give_up_at)
                told = admitted
            now = anyio.current_time()
            if now >= give_up_at:
                raise TimeoutError
            wait = math.inf if told is None else told.seconds
            if told is not None and told.surely and give_up_at - now < wait < math.inf:
                raise GateClosedError(wait)
            told = None
            with anyio.CancelScope(deadline=min(now + wait, give_up_at)):
                await waiter.event.wait()
            waiter.event = anyio.Event()

    def _check(self, give_up_at: float) -> None:
        """Raises what is known to keep a caller out for longer than it can wait."""
        if self._gone:
            raise GateGoneError
        now = anyio.current_time()
        closed_for = self._pace.closed_for(now)
        if closed_for and now + closed_for > give_up_at:
            raise GateClosedError(closed_for)
        paused_for = self._pace.paused_until - now
        if paused_for > self.max_pause:
            raise GateClosedError(paused_for)
