"""Whose turn it is: slots, and a queue in which single calls go before those of bulk jobs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

import anyio

__all__ = ["BulkJob", "Turns", "Waiter", "current_job"]

BULK_SHARE: Final = 8
"""While single calls and bulk jobs both wait, one slot in so many is a job's."""

_job: ContextVar[BulkJob | None] = ContextVar("partnero_async_bulk_job", default=None)


class BulkJob:
    """A ``with`` block whose calls belong to a bulk job: they yield to single calls and outlast pauses.

    So do those of tasks that are started within it, until the block is left: what lives on after that, such
    as a task that refreshes something, is no job any more.

    Args:
        patient: Whether its calls wait at the gate for as long as it takes; else their deadlines hold there.
        guard: Called before a request of its calls leaves; what it raises keeps that from leaving.

    Attributes:
        began: Whether the block was entered.
        may_have_acted: Whether one of its calls changed something, or may have.
    """

    __slots__ = ("_outer", "began", "guard", "may_have_acted", "over", "patient")

    def __init__(self, *, patient: bool = True, guard: Callable[[], None] | None = None) -> None:
        self.patient = patient
        self.guard = guard
        self.began = False
        self.over = False
        self.may_have_acted = False
        self._outer: BulkJob | None = None

    def note_that_it_may_have_acted(self) -> None:
        """Notes it of this job, and of those that it is part of."""
        job: BulkJob | None = self
        while job is not None:
            job.may_have_acted = True
            job = job._outer

    def __enter__(self) -> None:
        self.began = True
        self._outer = _job.get()
        _job.set(self)

    def __exit__(self, *_: object) -> None:
        self.over = True
        _job.set(self._outer)


def current_job() -> BulkJob | None:
    """The bulk job that the calls of this task belong to, if any."""
    job = _job.get()
    return None if job is None or job.over else job


class Waiter:
    """One caller in the queue. ``event`` is set whenever it should look again whether it may go."""

    __slots__ = ("before", "bulk", "event")

    def __init__(self, bulk: bool) -> None:
        self.bulk: bool = bulk
        self.event: anyio.Event = anyio.Event()
        # How many single calls had passed a waiting job when this one took its turn.
        self.before: int = 0


class Turns:
    """At most ``slots`` turns at a time; local to the process, and without a single await.

    A job with full hands makes a web request wait for one slot and not for the job. Single calls without end,
    in turn, leave the job every eighth slot.

    Args:
        slots: The most turns at a time, which is the most connections checked out.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._free = slots
        # Linked lists: whoever is cancelled leaves from the middle, and thousands may at once.
        self._single: OrderedDict[Waiter, None] = OrderedDict()
        self._bulk: OrderedDict[Waiter, None] = OrderedDict()
        # Single calls that took a turn from the queue, since a job did, while one waited.
        self._passed = 0

    @property
    def taken(self) -> int:
        """How many turns are taken."""
        return self.slots - self._free

    @property
    def waiting(self) -> int:
        """How many single calls wait."""
        return len(self._single)

    @property
    def waiting_in_jobs(self) -> int:
        """How many calls of bulk jobs wait."""
        return len(self._bulk)

    def take_unqueued(self) -> bool:
        """Takes a turn if one is free and nobody waits for it; whether it did."""
        if not self._free or self._single or self._bulk:
            return False
        self._free -= 1
        return True

    def take_as(self, waiter: Waiter) -> bool:
        """Takes a turn, out of the queue, if one is free and it is this one's; whether it did."""
        if not self._free or self._first() is not waiter:
            return False
        self._free -= 1
        del self._queue_of(waiter)[waiter]
        waiter.before = self._passed
        self._passed = 0 if waiter.bulk or not self._bulk else self._passed + 1
        self._wake_first()
        return True

    def give_back(self) -> None:
        """Ends a turn, and lets the first in the queue look."""
        self._free += 1
        if self._single or self._bulk:
            self._wake_first()

    def put_back(self, waiter: Waiter | None) -> None:
        """Gives back a turn that was not used. Who came from the queue is at its head again."""
        self._free += 1
        if waiter is not None:
            queue = self._queue_of(waiter)
            queue[waiter] = None
            queue.move_to_end(waiter, last=False)
            self._passed = waiter.before
        if waiter is None or self._first() is not waiter:
            self._wake_first()

    def join(self, *, bulk: bool) -> Waiter:
        """A place at the end of the queue of one's kind; every join needs its ``quit``."""
        waiter = Waiter(bulk)
        self._queue_of(waiter)[waiter] = None
        return waiter

    def quit(self, waiter: Waiter) -> None:
        """Leaves the queue, where one has not left it with a turn, and lets whoever is first now look."""
        self._queue_of(waiter).pop(waiter, None)
        self._wake_first()

    def wake_all(self) -> None:
        """Lets everybody in the queue look: something is new that concerns all."""
        for waiter in (*self._single, *self._bulk):
            waiter.event.set()

    def _queue_of(self, waiter: Waiter) -> OrderedDict[Waiter, None]:
        return self._bulk if waiter.bulk else self._single

    def _first(self) -> Waiter | None:
        if self._single and not (self._bulk and self._passed >= BULK_SHARE - 1):
            return next(iter(self._single))
        return next(iter(self._bulk), None)

    def _wake_first(self) -> None:
        """Lets the first in the queue look again whether it may go."""
        first = self._first()
        if first is not None:
            first.event.set()
