"""One run of many calls: workers that pull items and leave outcomes, in constant memory."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from .._http.gate.turns import in_bulk_job
from ..errors import (
    ArgumentError,
    AuthenticationError,
    DeadlineError,
    NotFoundError,
    PartneroError,
    PermissionDeniedError,
    RequestError,
    UsageError,
)
from ._groups import leave
from .outcomes import Done, Failed, Found, Missing

__all__ = ["Run"]

K = TypeVar("K")
OutcomeT = TypeVar("OutcomeT")


class Run(Generic[K, OutcomeT]):
    """Workers that pull items and leave outcomes.

    At most ``2 x concurrency`` items are pulled and not yet delivered, whatever their order: that bounds the
    memory, makes workers wait for a slow consumer, and bounds what ``ordered`` has to hold back.

    When something ends the run, no more items are pulled, but the calls under way are awaited and their
    outcomes delivered: of a call that changes state nobody should have to guess what became of it. Only
    leaving the block, and the run's own deadline, cancel calls.

    Args:
        call: What is awaited for each item.
        items: The items.
        reads: Whether a value is ``Found`` and a 404 ``Missing``; else they are ``Done`` and ``Failed``.
        concurrency: How many calls are under way at a time.
        ordered: Whether outcomes come in the order of the items.
        share: Whether equal items that are under way at the same time share one call.
        stop_after: How many failures to reach the server in a row end the run; None for never.
        deadline: Seconds for the whole run.
    """

    def __init__(
        self,
        call: Callable[[K], Awaitable[Any]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        reads: bool,
        concurrency: int,
        ordered: bool,
        share: bool,
        stop_after: int | None,
        deadline: float,
    ) -> None:
        self._call = call
        self._items = items
        self._reads = reads
        self._concurrency = concurrency
        self._ordered = ordered
        self._share = share
        self._stop_after = stop_after
        self._deadline = deadline
        self._window = anyio.Semaphore(2 * concurrency, fast_acquire=True)
        self._delivered = 0
        self._exhausted = False
        self._finished = False
        self._ready: deque[OutcomeT] = deque()
        self._held_back: dict[int, OutcomeT] = {}
        self._under_way: dict[K, _Shared[OutcomeT]] = {}
        self._unreachable = 0
        self._ending: Exception | None = None
        self._news = anyio.Event()
        self._feeding = anyio.CancelScope()
        self._group = anyio.create_task_group()

    async def start(self) -> None:
        await self._group.__aenter__()
        self._group.start_soon(self._supervise)

    async def stop(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends all that runs."""
        if not self._finished:
            # `next_outcome` raises this after the block; without it, it would wait for ever.
            self._ending = self._ending or UsageError("the block of the stream was left before its end")
            self._finished = True
            self._news.set()
        await leave(self._group, kind, error, traceback)

    async def next_outcome(self) -> OutcomeT:
        """The next outcome; after the last, what ended the run, at this and every later call."""
        while not self._ready:
            if self._finished:
                if self._ending is not None:
                    raise self._ending
                raise StopAsyncIteration
            if self._news.is_set():
                self._news = anyio.Event()
            await self._news.wait()
        self._delivered += 1
        self._window.release()
        return self._ready.popleft()

    async def _supervise(self) -> None:
        # Workers have a group of their own: cancelling the outer one would cancel the consumer with them.
        feed, fed = anyio.create_memory_object_stream[tuple[int, K]](2 * self._concurrency)
        with feed, fed, anyio.move_on_after(self._deadline) as scope:
            async with anyio.create_task_group() as workers:
                if isinstance(self._items, Iterable):
                    pull = partial(self._pull, enumerate(self._items))
                else:
                    workers.start_soon(self._feed, aiter(self._items), feed)
                    pull = partial(self._pull_fed, fed)
                for _ in range(self._concurrency):
                    workers.start_soon(self._work, pull)
        if scope.cancelled_caught:
            self._end(DeadlineError(f"the run took longer than its deadline of {self._deadline:g} s"))
        # With `ordered`, the item that ended the run has no outcome: deliver those that wait behind it.
        self._ready.extend(self._held_back.pop(number) for number in sorted(self._held_back))
        self._finished = True
        self._news.set()

    async def _pull(self, numbered: Iterator[tuple[int, K]]) -> tuple[int, K] | None:
        """The next item and its number; None when there is none any more."""
        if not await self._has_room():
            return None
        try:
            return next(numbered)
        except StopIteration:
            self._exhausted = True
            self._window.release()
        except Exception as error:
            self._end(error)
        return None

    async def _feed(self, items: AsyncIterator[K], feed: MemoryObjectSendStream[tuple[int, K]]) -> None:
        """Pulls an async iterator, always in the same task: an async generator may hold a cancel scope."""
        in_bulk_job.set(True)
        number = 0
        try:
            with self._feeding:
                while await self._has_room():
                    # Never WouldBlock: `_window` admits no more items than the stream buffers.
                    feed.send_nowait((number, await anext(items)))
                    number += 1
        except StopAsyncIteration:
            pass
        except Exception as error:
            self._end(error)
        finally:
            feed.close()

    async def _pull_fed(self, fed: MemoryObjectReceiveStream[tuple[int, K]]) -> tuple[int, K] | None:
        try:
            pulled = fed.receive_nowait()
        except anyio.WouldBlock:
            try:
                pulled = await fed.receive()
            except anyio.EndOfStream:
                return None
        except anyio.EndOfStream:
            return None
        return None if self._ending is not None else pulled

    async def _has_room(self) -> bool:
        """Waits until another item may be pulled; False if none will be any more."""
        await self._window.acquire()
        if self._exhausted or self._ending is not None:
            self._window.release()  # so that the next worker in `_has_room` is told the same
            return False
        return True

    async def _work(self, pull: Callable[[], Awaitable[tuple[int, K] | None]]) -> None:
        in_bulk_job.set(True)
        while (pulled := await pull()) is not None:
            number, item = pulled
            outcome = await (self._ask_once(item) if self._share else self._ask(item))
            if outcome is not None:
                self._deliver(number, outcome)

    async def _ask_once(self, item: K) -> OutcomeT | None:
        """Asks for an item, or waits for the same item's call that is under way."""
        try:
            shared = self._under_way.get(item)
        except TypeError as error:
            self._end(error)
            return None
        if shared is not None:
            shared.done = shared.done or anyio.Event()
            await shared.done.wait()
            return shared.outcome
        shared = self._under_way[item] = _Shared()
        shared.outcome = await self._ask(item)
        del self._under_way[item]
        if shared.done is not None:
            shared.done.set()
        return shared.outcome

    async def _ask(self, item: K) -> OutcomeT | None:
        """What became of an item; None if it ended the run."""
        try:
            value = await self._call(item)
        except NotFoundError as error:
            self._unreachable = 0
            return self._outcome(Missing(item) if self._reads else Failed(item, error))
        except (AuthenticationError, PermissionDeniedError, UsageError) as error:
            self._end(error)
            return None
        except PartneroError as error:
            return self._failed(item, error)
        except Exception as error:
            # Not a PartneroError: a mistake in the user's call or in the item.
            self._end(error)
            return None
        except anyio.get_cancelled_exc_class():
            if _is_cancelled():
                raise
            # The call awaited something that somebody else cancelled: the worker itself is to go on.
            self._end(UsageError("a call of the run was cancelled from within"))
            return None
        self._unreachable = 0
        return self._outcome(Found(item, value) if self._reads else Done(item, value))

    def _outcome(self, outcome: Done[K, Any] | Found[K, Any] | Missing[K] | Failed[K]) -> OutcomeT:
        # Which of them there are follows from ``reads``, as ``Stream`` promises; no type checker sees that.
        return cast("OutcomeT", outcome)

    def _failed(self, item: K, error: PartneroError) -> OutcomeT:
        if isinstance(error, RequestError):
            self._unreachable += 1
        elif not isinstance(error, ArgumentError):  # which was refused before anybody was asked
            self._unreachable = 0
        if self._stop_after is not None and self._unreachable >= self._stop_after:
            self._end(error)
        return self._outcome(Failed(item, error))

    def _deliver(self, number: int, outcome: OutcomeT) -> None:
        if self._ordered:
            self._held_back[number] = outcome
            while (due := self._delivered + len(self._ready)) in self._held_back:
                self._ready.append(self._held_back.pop(due))
        else:
            self._ready.append(outcome)
        self._news.set()

    def _end(self, error: Exception) -> None:
        """Lets nothing new begin. The first reason to end is the one that the consumer is told."""
        if self._ending is None:
            self._ending = error
            self._window.release()  # whoever waits for room is told that there is nothing to pull
            self._feeding.cancel()


class _Shared(Generic[OutcomeT]):
    """A call under way that equal items wait for."""

    __slots__ = ("done", "outcome")

    def __init__(self) -> None:
        self.outcome: OutcomeT | None = None
        self.done: anyio.Event | None = None


def _is_cancelled() -> bool:
    """Whether the running task is being cancelled, and did not merely meet the cancellation of another."""
    if anyio.current_effective_deadline() == -math.inf:
        return True
    try:
        task = asyncio.current_task()
    except RuntimeError:  # trio, where a cancellation is always one's own
        return True
    return task is None or task.cancelling() > 0
