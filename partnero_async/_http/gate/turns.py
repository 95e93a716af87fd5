"""Whose turn it is: slots, and a queue in which single calls go before those of bulk jobs."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from contextvars import ContextVar

import anyio

__all__ = ["Turns", "Waiter", "in_bulk_job"]

in_bulk_job: ContextVar[bool] = ContextVar("partnero_async_in_bulk_job", default=False)
"""Whether the calls of this task belong to a bulk job, which yields to single calls and outlasts pauses."""


class Waiter:
    """One caller in the queue. ``event`` is set whenever it should look again whether it may go."""

    __slots__ = ("event", "queue")

    def __init__(self, queue: deque[Waiter]) -> None:
        self.queue: deque[Waiter] = queue
        self.event: anyio.Event = anyio.Event()


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
        """Takes a turn, out of the queue, if one is free and it is this one's; whether it did."""
        if not self._semaphore.value or (self._single or self._bulk)[0] is not waiter:
            return False
        self._semaphore.acquire_nowait()
        waiter.queue.popleft()
        self._wake_first()
        return True

    def give_back(self) -> None:
        """Ends a turn, and lets the first in the queue look."""
        self._semaphore.release()
        if self._single or self._bulk:
            self._wake_first()

    def put_back(self, waiter: Waiter | None) -> None:
        """Gives back a turn that was not used. Who came from the queue is at its head again."""
        self._semaphore.release()
        if waiter is not None:
            waiter.queue.appendleft(waiter)
        if waiter is None or (self._single or self._bulk)[0] is not waiter:
            self._wake_first()

    def join(self, *, bulk: bool) -> Waiter:
        """A place at the end of the queue of one's kind; every join needs its ``quit``."""
        queue = self._bulk if bulk else self._single
        waiter = Waiter(queue)
        queue.append(waiter)
        return waiter

    def quit(self, waiter: Waiter) -> None:
        """Leaves the queue, where one has not left it with a turn, and lets whoever is first now look."""
        with suppress(ValueError):
            waiter.queue.remove(waiter)
        self._wake_first()

    def _wake_first(self) -> None:
        """Lets the first in the queue look again whether it may go."""
        queue = self._single or self._bulk
        if queue:
            queue[0].event.set()
