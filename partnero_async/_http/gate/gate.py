"""The one gate of a client, which every exchange passes: a turn first, then the pace."""

from __future__ import annotations

import math

import anyio

from .pace import Later, Pace, Ticket
from .turns import Turns, Waiter

__all__ = ["Gate", "GateClosedError"]


class GateClosedError(Exception):
    """The gate stays shut for longer than the caller can wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Gate:
    """Lets exchanges through in their turn and at the pace.

    Args:
        turns: Who goes first.
        pace: When anybody may go.
    """

    def __init__(self, turns: Turns, pace: Pace) -> None:
        self._turns = turns
        self._pace = pace

    @property
    def slots(self) -> int:
        """The most exchanges under way at a time."""
        return self._turns.slots

    @property
    def in_flight(self) -> int:
        """How many exchanges are under way."""
        return self._turns.taken

    async def enter(self, *, bulk: bool = False, give_up_at: float = math.inf) -> Ticket:
        """Waits for a turn; every enter needs its leave.

        Args:
            bulk: Whether the caller works for a bulk job.
            give_up_at: The time on the event loop's clock at which the caller stops to wait.

        Returns:
            The ticket to hand to ``leave``.

        Raises:
            GateClosedError: The pace is paused beyond ``give_up_at``.
            TimeoutError: The wait for a slot reached ``give_up_at``.
        """
        told: Later | None = None
        if self._turns.take_unqueued():
            admitted = await self._admit(None, give_up_at)
            if not isinstance(admitted, Later):
                return admitted
            told = admitted
        waiter = self._turns.join(bulk=bulk)
        try:
            return await self._wait(waiter, give_up_at, told)
        finally:
            self._turns.quit(waiter)

    def leave(self, ticket: Ticket, *, answered: bool = False, remaining: int | None = None) -> None:
        """Gives a turn back.

        Args:
            ticket: What ``enter`` returned.
            answered: Whether the server answered, with anything but 429.
            remaining: The requests that are left in the server's window, if it said so.
        """
        if remaining is not None:
            # The server may not have counted those that are still under way.
            remaining -= self._turns.taken - 1
        try:
            self._pace.settle(ticket, answered=answered, remaining=remaining)
        finally:
            self._turns.give_back()

    def pause(self, ticket: Ticket, seconds: float | None) -> float:
        """Closes the gate for all callers after a 429.

        Args:
            ticket: The ticket of the exchange that was refused.
            seconds: What the server asked for; None where it named no time.

        Returns:
            Seconds until the gate opens.
        """
        return self._pace.pause(ticket, seconds)

    async def _admit(self, waiter: Waiter | None, give_up_at: float) -> Ticket | Later:
        """The answer of the pace to a caller that has a turn, which is put back where the answer is no.

        The turn comes first, since a pace that asks others takes its time.
        """
        admitted: Ticket | Later | None = None
        try:
            admitted = await self._pace.admit(give_up_at)
            return admitted
        finally:
            if admitted is None or isinstance(admitted, Later):
                self._turns.put_back(waiter)

    async def _wait(self, waiter: Waiter, give_up_at: float, told: Later | None) -> Ticket:
        while True:
            closed_for = self._pace.closed_for()
            if closed_for and anyio.current_time() + closed_for > give_up_at:
                raise GateClosedError(closed_for)
            if told is None and self._turns.take_as(waiter):
                waiter.event = anyio.Event()
                admitted = await self._admit(waiter, give_up_at)
                if not isinstance(admitted, Later):
                    return admitted
                told = admitted
            now = anyio.current_time()
            if now >= give_up_at:
                raise TimeoutError
            wait = math.inf if told is None else told.seconds
            if give_up_at - now < wait < math.inf:
                raise GateClosedError(wait)
            told = None
            with anyio.CancelScope(deadline=min(now + wait, give_up_at)):
                await waiter.event.wait()
            waiter.event = anyio.Event()
