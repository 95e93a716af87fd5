"""One run of many calls: workers that pull items and leave outcomes, in constant memory."""

from __future__ import annotations

import asyncio
import copy
import math
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, TypeVar, cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from .._http.gate.turns import BulkJob
from ..errors import (
    ArgumentError,
    AuthenticationError,
    DeadlineError,
    NotFoundError,
    PartneroError,
    PermissionDeniedError,
    RateLimitError,
    RequestError,
    ServerError,
    UsageError,
)
from ._bell import Bell
from ._groups import Crew
from .outcomes import Done, Failed, Found, Missing

__all__ = ["Run"]

K = TypeVar("K")
OutcomeT = TypeVar("OutcomeT")

# How long an async generator of items may take to clean up.
_CLOSE_SECONDS: Final = 5.0


class _Pulled(BulkJob, Generic[K]):
    """An item and its number, and as the job that it is, what its calls belong to."""

    __slots__ = ("item", "number")

    def __init__(self, number: int, item: K) -> None:
        super().__init__()
        self.number = number
        self.item = item


class Run(Generic[K, OutcomeT]):
    """Workers that pull items and leave outcomes.

    At most ``2 x concurrency`` items are pulled and not yet delivered, whatever their order: that bounds the
    memory, makes workers wait for a slow consumer, and bounds what ``ordered`` has to hold back.

    When something ends the run, no more items are pulled, but the calls under way are awaited. Only leaving
    the block, and the run's own deadline, cancel calls. However it ends, there is an outcome for every item
    that was pulled: what was cut off is ``Failed``, and in doubt where it may have changed something.

    Args:
        call: What is awaited for each item.
        items: The items.
        reads: Whether a value is ``Found`` and a 404 ``Missing``; else they are ``Done`` and ``Failed``.
        concurrency: How many calls are under way at a time.
        ordered: Whether outcomes come in the order of the items.
        share: Whether equal items that are under way at the same time share one call.
        stop_after: How many failures in a row, of the network or of the server (5xx), end the run; None for
            never.
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
        # Which of them there are follows from ``reads``, as ``Stream`` promises; no type checker sees that.
        self._done = cast("Callable[[K, Any], OutcomeT]", Found if reads else Done)
        self._missing = cast("Callable[[K], OutcomeT]", Missing)
        self._failed = cast("Callable[[K, PartneroError], OutcomeT]", Failed)
        self._concurrency = concurrency
        self._ordered = ordered
        self._share = share
        self._stop_after = stop_after
        self._deadline = deadline
        self._window = anyio.Semaphore(2 * concurrency)
        self._delivered = 0
        self._exhausted = False
        self._finished = False
        self._workers_ended = False
        self._ready: deque[OutcomeT] = deque()
        self._held_back: dict[int, OutcomeT] = {}
        # What others wait for with the item's call: None as long as nobody does.
        self._under_way: dict[K, _Shared[OutcomeT] | None] = {}
        # What was pulled and has no outcome yet.
        self._open: dict[int, _Pulled[K]] = {}
        self._unreachable = 0
        self._ending: Exception | None = None
        self._ending_at: TracebackType | None = None
        self._news = Bell()
        self._feeding = anyio.CancelScope()
        self._crew = Crew()

    async def start(self) -> None:
        await self._crew.start(self._supervise, self._over)

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
            self._news.ring()
        await self._crew.stop(kind, error, traceback)

    async def next_outcome(self) -> OutcomeT:
        """The next outcome; after the last, what ended the run, at this and every later call."""
        while not self._ready:
            if self._finished:
                if self._ending is not None:
                    # Else each time it is raised would add to its traceback.
                    raise self._ending.with_traceback(self._ending_at)
                raise StopAsyncIteration
            await self._news.wait()
        self._delivered += 1
        self._window.release()
        return self._ready.popleft()

    async def _supervise(self) -> None:
        try:
            await self._run_workers()
        finally:
            # Also after what is no Exception, which whoever leaves the block is told.
            self._over()

    def _over(self) -> None:
        if not self._finished:
            self._cut_off_the_rest()
        self._finished = True
        self._news.ring()

    async def _run_workers(self) -> None:
        feed, fed = anyio.create_memory_object_stream[_Pulled[K]](2 * self._concurrency)
        with feed, fed, anyio.move_on_after(self._deadline) as scope:
            async with anyio.create_task_group() as workers:
                try:
                    if isinstance(self._items, Iterable):
                        pull = partial(self._pull, enumerate(self._items))
                    else:
                        workers.start_soon(self._feed, aiter(self._items), feed)
                        pull = partial(self._pull_fed, fed)
                except Exception as error:  # of the iterable of the user's
                    self._end(error)
                else:
                    for _ in range(self._concurrency):
                        workers.start_soon(self._work, pull)
            self._workers_ended = not workers.cancel_scope.cancel_called
        if scope.cancelled_caught and not self._finished:
            self._end(DeadlineError(f"the run took longer than its deadline of {self._deadline:g} s"))

    def _cut_off_the_rest(self) -> None:
        """Gives an outcome to what was pulled and has none, and says if something is in doubt."""
        if not self._workers_ended:
            self._end(UsageError("the tasks of the run were cancelled, but not by whoever iterates over it"))
        in_doubt = False
        for _, pulled in sorted(self._open.items()):
            self._deliver(pulled, self._failed(pulled.item, self._cut_off(pulled)))
            in_doubt |= pulled.may_have_acted
        if in_doubt and isinstance(self._ending, PartneroError):
            # What ended the run may be the error of an item, too, which has doubts of its own.
            self._ending = _copy(self._ending)
            self._ending.in_doubt = True

    def _cut_off(self, job: BulkJob) -> PartneroError:
        """The error of an item that was pulled, and whose call did not come to its end."""
        ending = self._ending
        error = _copy(ending) if isinstance(ending, PartneroError) else UsageError()
        why = error.message or f"{type(ending).__name__} was raised"
        error.message = f"{'cut off' if job.began else 'not asked'}, because the run ended: {why}"
        error.in_doubt = job.may_have_acted
        error.partial = None
        error.attempts, error.history = 0, ()  # those of the call that ended the run
        return error

    async def _pull(self, numbered: Iterator[tuple[int, K]]) -> _Pulled[K] | None:
        """The next item and its number; None when there is none any more."""
        if not await self._has_room():
            return None
        try:
            number, item = next(numbered)
        except StopIteration:
            self._exhausted = True
            self._window.release()
        except Exception as error:
            self._end(error)
        else:
            pulled = self._open[number] = _Pulled(number, item)
            return pulled
        return None

    async def _feed(self, items: AsyncIterator[K], feed: MemoryObjectSendStream[_Pulled[K]]) -> None:
        """Pulls an async iterator, always in the same task: an async generator may hold a cancel scope."""
        number = 0
        # Both are entered before the scopes of an async generator and left after them, as scopes have to be.
        with self._feeding, anyio.CancelScope() as closing:
            try:
                with BulkJob():
                    while await self._has_room():
                        item = await anext(items)
                        pulled = self._open[number] = _Pulled(number, item)
                        # Never WouldBlock: `_window` admits no more items than the stream buffers.
                        feed.send_nowait(pulled)
                        number += 1
            except StopAsyncIteration:
                pass
            except Exception as error:
                self._end(error)
            finally:
                feed.close()
                closing.shield = True
                closing.deadline = anyio.current_time() + _CLOSE_SECONDS
                await self._close(items)

    async def _close(self, items: AsyncIterator[K]) -> None:
        """Closes an async generator, which would else be finalized in another task than it ran in."""
        aclose = getattr(items, "aclose", None)
        if aclose is None:
            return
        try:
            await aclose()
        except Exception as error:
            self._end(error)

    async def _pull_fed(self, fed: MemoryObjectReceiveStream[_Pulled[K]]) -> _Pulled[K] | None:
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
        try:
            # `acquire` would ask every scope around the worker whether it is cancelled, for each item.
            self._window.acquire_nowait()
        except anyio.WouldBlock:
            await self._window.acquire()
        if self._exhausted or self._ending is not None:
            self._window.release()  # so that the next worker in `_has_room` is told the same
            return False
        return True

    async def _work(self, pull: Callable[[], Awaitable[_Pulled[K] | None]]) -> None:
        while (pulled := await pull()) is not None:
            try:
                equal = self._join(pulled.item) if self._share else None
            except TypeError as error:
                outcome = self._ended_by(pulled, error)
            else:
                outcome = await (self._ask(pulled) if equal is None else equal.wait())
            del self._open[pulled.number]
            self._deliver(pulled, outcome)

    def _join(self, item: K) -> _Shared[OutcomeT] | None:
        """The call under way for an equal item; None where there is none, which is then this one's."""
        if item not in self._under_way:
            self._under_way[item] = None
            return None
        joined = self._under_way[item] = self._under_way[item] or _Shared()
        return joined

    async def _ask(self, pulled: _Pulled[K]) -> OutcomeT:
        """What became of an item, which those that are equal are told."""
        item = pulled.item
        try:
            with pulled:
                value = await self._call(item)
        except PartneroError as error:
            # An outcome is kept, perhaps a hundred thousand times: without the frames of its call.
            _strip(error)
            outcome = self._outcome_of(item, error)
        except Exception as error:
            # A mistake in the user's call or in the item.
            outcome = self._ended_by(pulled, error)
        except anyio.get_cancelled_exc_class():
            if _is_cancelled():
                raise
            # The call awaited something that somebody else cancelled: the worker itself is to go on.
            outcome = self._ended_by(pulled, UsageError("a call of the run was cancelled from within"))
        else:
            self._unreachable = 0
            outcome = self._done(item, value)
        if self._share and (shared := self._under_way.pop(item)) is not None:
            shared.tell(outcome)
        return outcome

    def _ended_by(self, pulled: _Pulled[K], error: Exception) -> OutcomeT:
        """Ends the run over an item, and gives its outcome."""
        self._end(error)
        if not isinstance(error, UsageError):
            error = UsageError(f"{type(error).__name__} was raised: the run ended with it")
        error.in_doubt = pulled.may_have_acted
        return self._failed(pulled.item, error)

    def _outcome_of(self, item: K, error: PartneroError) -> OutcomeT:
        match error:
            case NotFoundError() if self._reads:
                self._unreachable = 0
                return self._missing(item)
            case RequestError() | ServerError():
                self._unreachable += 1
            case ArgumentError():  # refused before anybody was asked
                pass
            case _:
                self._unreachable = 0
        # A 429 reaches a run only where the pause is longer than ``max_pause``.
        if isinstance(error, (AuthenticationError, RateLimitError, UsageError)) or (
            isinstance(error, PermissionDeniedError) and error.from_partnero
        ):
            self._end(error)
        elif self._stop_after is not None and self._unreachable >= self._stop_after:
            stopped = _copy(error)
            stopped.message = (
                f"the run stopped after {self._unreachable} failures in a row, the last of them a "
                f"{type(error).__name__}: {error.message or 'no message'}"
            )
            self._end(stopped)
        return self._failed(item, error)

    def _deliver(self, pulled: _Pulled[K], outcome: OutcomeT) -> None:
        if self._ordered:
            self._held_back[pulled.number] = outcome
            while (due := self._delivered + len(self._ready)) in self._held_back:
                self._ready.append(self._held_back.pop(due))
        else:
            self._ready.append(outcome)
        self._news.ring()

    def _end(self, error: Exception) -> None:
        """Lets nothing new begin. The first reason to end is the one that the consumer is told."""
        if isinstance(error, (StopAsyncIteration, StopIteration)):
            # Raised as it is, it would end the iteration over the outcomes as if all were done.
            told = RuntimeError(f"a run met {type(error).__name__}")
            told.__cause__ = error
            error = told
        if self._ending is None:
            self._ending = error
            self._ending_at = error.__traceback__
            self._window.release()  # whoever waits for room is told that there is nothing to pull
            self._feeding.cancel()


class _Shared(Generic[OutcomeT]):
    """A call under way that equal items wait for."""

    __slots__ = ("_outcome", "_told")

    def __init__(self) -> None:
        self._outcome: OutcomeT | None = None
        self._told = anyio.Event()

    def tell(self, outcome: OutcomeT) -> None:
        self._outcome = outcome
        self._told.set()

    async def wait(self) -> OutcomeT:
        await self._told.wait()
        assert self._outcome is not None
        return self._outcome


def _copy(error: PartneroError) -> PartneroError:
    """The same error once more, to say something else of it."""
    copied = copy.copy(error)
    copied.__cause__ = error.__cause__
    if hasattr(error, "__notes__"):
        copied.__notes__ = [*error.__notes__]
    return copied


def _strip(error: BaseException) -> None:
    """Takes the frames from an error and from what caused it."""
    link: BaseException | None = error
    seen = set[int]()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = link.__context__ = None
        link = link.__cause__


def _is_cancelled() -> bool:
    """Whether the running task is being cancelled, and did not merely meet the cancellation of another."""
    if anyio.current_effective_deadline() == -math.inf:
        return True
    try:
        task = asyncio.current_task()
    except RuntimeError:  # trio, where a cancellation is always one's own
        return True
    return task is None or task.cancelling() > 0
