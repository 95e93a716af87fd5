"""Whose turn it is: slots, and a queue in which single calls go before those of bulk jobs."""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar

import anyio

__all__ = ["Turns", "Waiter", "in_bulk_job"]

in_bulk_job: ContextVar[bool] = ContextVar("partnero_async_in_bulk_job", default=False)
"""Whether the calls of this task belong to a bulk job, which yields to single calls and outlasts pauses."""


class Waiter:
    """One caller in the queue. ``event`` is set whenever it should look again whether it may go."""

    __slots__ = ("event",)

    def __init__(self) -> None:
        self.event = anyio.Event()


class Turns:
    """At most ``slots`` turns at a time; local to the process, and without a single await.

    A job with full hands makes a web request wait for one slot and not for the job.

    Args:
        slots: The most turns at a time, which is the most connections checked out.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._semaphore = anyio.Semaphore(slots)
        self._single: deque[Waiter] = deque()
        self._bulk: deque[Waiter] = deque()

    @property
    def taken(self) -> int:
        """How many turns are taken."""
        return self.slots - self._semaphore.value

    def take_unqueued(self) -> bool:
        """Takes a turn if one is free and nobody waits for it; whether it did."""
        if self._single or self._bulk or not self._semaphore.value:
            return False
        self._semaphore.acquire_nowait()
        return True

    def take_as(self, waiter: Waiter) -> bool:
        """Takes a turn if one is free and it is this one's; whether it did."""
        if not self._semaphore.value or not self._is_first(waiter):
            return False
        self._semaphore.acquire_nowait()
        return True

    def give_back(self) -> None:
        """Ends a turn, and lets the first in the queue look."""
        self._semaphore.release()
        if self._single or self._bulk:
            self._wake_first()

    def put_back(self, waiter: Waiter | None) -> None:
        """Gives back a turn that was not used. Whoever tried need not be told that it is free again."""
        self._semaphore.release()
        if waiter is None or not self._is_first(waiter):
            self._wake_first()

    def join(self, *, bulk: bool) -> Waiter:
        """A place at the end of the queue of one's kind; every join needs its ``quit``."""
        waiter = Waiter()
        (self._bulk if bulk else self._single).append(waiter)
        self._wake_first()
        return waiter

    def quit(self, waiter: Waiter, *, bulk: bool) -> None:
        """Leaves the queue, and lets whoever is first now look."""
        (self._bulk if bulk else self._single).remove(waiter)
        self._wake_first()

    def _is_first(self, waiter: Waiter) -> bool:
        """Whether nobody goes before this one."""
        return (self._single or self._bulk)[0] is waiter

    def _wake_first(self) -> None:
        """Lets the first in the queue look again whether it may go."""
        queue = self._single or self._bulk
        if queue:
            queue[0].event.set()
