"""Many calls at a time: an outcome for every key, in constant memory, and nothing left running."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sized,
)
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Generic, TypeAlias, TypeVar, cast

import anyio
import attrs
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from ._http.call import in_bulk_job
from .errors import (
    ArgumentError,
    AuthenticationError,
    DeadlineError,
    NotFoundError,
    PartneroError,
    PermissionDeniedError,
    RequestError,
    UsageError,
)
from .inputs import check_count, check_seconds

__all__ = [
    "Batch",
    "Failed",
    "Found",
    "Missing",
    "Outcome",
    "Outcomes",
    "Progress",
    "Stream",
    "collect",
    "run",
]

K = TypeVar("K")
T = TypeVar("T")
K_co = TypeVar("K_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)


@attrs.frozen
class Found(Generic[K_co, T_co]):
    """The call for this key succeeded."""

    key: K_co
    """The key, or the item of a ``bulk`` run."""

    value: T_co
    """What the call returned."""


@attrs.frozen
class Missing(Generic[K_co]):
    """Partnero has no record for this key (404): an answer, not an accident."""

    key: K_co
    """The key, or the item of a ``bulk`` run."""


@attrs.frozen
class Failed(Generic[K_co]):
    """The call for this key failed."""

    key: K_co
    """The key, or the item of a ``bulk`` run."""

    error: PartneroError
    """Why."""


Outcome: TypeAlias = Found[K, T] | Missing[K] | Failed[K]


@attrs.frozen(kw_only=True)
class Progress:
    """How far a ``get_many`` is."""

    done: int
    """Outcomes so far."""

    found: int
    """Keys that have a record."""

    missing: int
    """Keys that Partnero does not know."""

    failed: int
    """Keys whose call failed."""

    total: int | None
    """How many keys there are, if that can be known beforehand."""


@attrs.frozen(kw_only=True)
class Batch(Generic[K, T]):
    """What became of many keys."""

    found: Mapping[K, T]
    """Key -> record, in the order of the keys."""

    missing: tuple[K, ...]
    """The keys that Partnero does not know."""

    failed: Mapping[K, PartneroError]
    """Key -> error."""

    def raise_for_failures(self) -> None:
        """Raises the errors of all failed keys together.

        Raises:
            ExceptionGroup: At least one key failed; each error has a note that names its key.
        """
        if not self.failed:
            return
        errors = list[PartneroError]()
        for key, error in self.failed.items():
            note = f"for {key!r}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            errors.append(error)
        raise ExceptionGroup(f"{len(errors)} of {len(self)} keys failed", errors)

    def __len__(self) -> int:
        return len(self.found) + len(self.missing) + len(self.failed)


class Outcomes(AsyncIterator[Outcome[K, T]]):
    """The outcomes of a run, as they come. Made by entering a ``Stream``."""

    def __init__(self, run: _Run[K, T]) -> None:
        self._run = run

    async def __anext__(self) -> Outcome[K, T]:
        return await self._run.next_outcome()


class Stream(AbstractAsyncContextManager[Outcomes[K, T]]):
    """A run that has not begun: ``async with`` it, and iterate over what that gives.

    Args:
        call: What is awaited for each item.
        items: The items, pulled one by one as workers get free.
        concurrency: How many calls are under way at a time.
        ordered: Whether outcomes come in the order of the items.
        share: Whether equal items that are under way at the same time share one call.
        stop_after: How many failures to reach the server in a row end the run; None for never.
        deadline: Seconds for the whole run; None for unbounded.
    """

    def __init__(
        self,
        call: Callable[[K], Awaitable[T]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int,
        ordered: bool = False,
        share: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
    ) -> None:
        if stop_after is not None:
            check_count("stop_after", stop_after, least=1)
        if deadline is not None:
            check_seconds("deadline", deadline)
        _check_items(items)
        self._new_run: Callable[[], _Run[K, T]] = partial(
            _Run,
            call,
            items,
            concurrency=concurrency,
            ordered=ordered,
            share=share,
            stop_after=stop_after,
            deadline=math.inf if deadline is None else deadline,
        )
        self._run: _Run[K, T] | None = None

    async def __aenter__(self) -> Outcomes[K, T]:
        if self._run is not None:
            raise UsageError("a stream runs once: make a new one")
        self._run = self._new_run()
        await self._run.start()
        return Outcomes(self._run)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._run is not None
        await self._run.stop(kind, error, traceback)


class _Run(Generic[K, T]):
    """Workers that pull items and leave outcomes.

    At most ``2 x concurrency`` items are pulled and not yet delivered, whatever their order: that bounds the
    memory, makes workers wait for a slow consumer, and bounds what ``ordered`` has to hold back.

    When something ends the run, no more items are pulled, but the calls under way are awaited and their
    outcomes delivered: of a call that changes state nobody should have to guess what became of it. Only
    leaving the block, and the run's own deadline, cancel calls.
    """

    def __init__(
        self,
        call: Callable[[K], Awaitable[T]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int,
        ordered: bool,
        share: bool,
        stop_after: int | None,
        deadline: float,
    ) -> None:
        self._call = call
        self._items = items
        self._concurrency = concurrency
        self._ordered = ordered
        self._share = share
        self._stop_after = stop_after
        self._deadline = deadline
        self._window = anyio.Semaphore(2 * concurrency, fast_acquire=True)
        self._delivered = 0
        self._exhausted = False
        self._finished = False
        self._ready: deque[Outcome[K, T]] = deque()
        self._held_back: dict[int, Outcome[K, T]] = {}
        self._under_way: dict[K, _Shared[K, T]] = {}
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
        """Ends all that runs. The consumer's own exception is left to leave as it is, in no group."""
        self._group.cancel_scope.cancel()
        try:
            await self._group.__aexit__(kind, error, traceback)
        except BaseExceptionGroup as group:
            # What came from the block goes on by itself. From a worker only what is no Exception can come,
            # such as KeyboardInterrupt, and that goes first.
            of_workers = [leaf for leaf in _leaves(group) if leaf is not error]
            if of_workers:
                raise of_workers[0] from None

    async def next_outcome(self) -> Outcome[K, T]:
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
        # An item that ended the run leaves a gap in the order: what follows it is finished all the same.
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
                    # The stream has room wherever the window has.
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
            self._window.release()  # for the next worker that waits to be told the same
            return False
        return True

    async def _work(self, pull: Callable[[], Awaitable[tuple[int, K] | None]]) -> None:
        in_bulk_job.set(True)
        while (pulled := await pull()) is not None:
            number, item = pulled
            outcome = await (self._ask_once(item) if self._share else self._ask(item))
            if outcome is not None:
                self._deliver(number, outcome)

    async def _ask_once(self, item: K) -> Outcome[K, T] | None:
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

    async def _ask(self, item: K) -> Outcome[K, T] | None:
        """What became of an item; None if it ended the run."""
        try:
            value = await self._call(item)
        except NotFoundError:
            self._unreachable = 0
            return Missing(item)
        except (AuthenticationError, PermissionDeniedError, UsageError) as error:
            self._end(error)
            return None
        except PartneroError as error:
            return self._failed(item, error)
        except Exception as error:
            # No answer of Partnero's but a mistake in the call or its argument.
            self._end(error)
            return None
        except anyio.get_cancelled_exc_class():
            if _is_cancelled():
                raise
            # The call awaited something that somebody else cancelled: the worker itself is to go on.
            self._end(UsageError("a call of the run was cancelled from within"))
            return None
        self._unreachable = 0
        return Found(item, value)

    def _failed(self, item: K, error: PartneroError) -> Failed[K]:
        if isinstance(error, RequestError):
            self._unreachable += 1
        elif not isinstance(error, ArgumentError):  # which was refused before anybody was asked
            self._unreachable = 0
        if self._stop_after is not None and self._unreachable >= self._stop_after:
            self._end(error)
        return Failed(item, error)

    def _deliver(self, number: int, outcome: Outcome[K, T]) -> None:
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


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(cast("BaseExceptionGroup[BaseException]", error))
        else:
            yield error


def _is_cancelled() -> bool:
    """Whether the running task is being cancelled, and did not merely meet the cancellation of another."""
    if anyio.current_effective_deadline() == -math.inf:
        return True
    try:
        task = asyncio.current_task()
    except RuntimeError:  # trio, where a cancellation is always one's own
        return True
    return task is None or task.cancelling() > 0


def run(
    slots: int,
    call: Callable[[K], Awaitable[T]],
    items: Iterable[K] | AsyncIterable[K],
    *,
    concurrency: int | None,
    ordered: bool = False,
    share: bool = False,
    stop_after: int | None,
    deadline: float | None,
) -> Stream[K, T]:
    """A stream whose concurrency fits the slots of the client; None takes them all.

    Raises:
        ArgumentError: A number is out of its bounds; ``concurrency`` may not exceed ``max_concurrency``.
        TypeError: ``items`` is not iterable, or is a single string.
    """
    if concurrency is None:
        concurrency = slots
    check_count("concurrency", concurrency, least=1)
    if concurrency > slots:
        raise ArgumentError(
            f"concurrency {concurrency} is above max_concurrency {slots}: "
            "the workers beyond it would only wait"
        )
    return Stream(
        call,
        items,
        concurrency=concurrency,
        ordered=ordered,
        share=share,
        stop_after=stop_after,
        deadline=deadline,
    )


class _Shared(Generic[K, T]):
    """A call under way that equal items wait for."""

    __slots__ = ("done", "outcome")

    def __init__(self) -> None:
        self.outcome: Outcome[K, T] | None = None
        self.done: anyio.Event | None = None


async def collect(
    open_stream: Callable[[Iterable[K] | AsyncIterable[K]], Stream[K, T]],
    keys: Iterable[K] | AsyncIterable[K],
    on_progress: Callable[[Progress], None] | None,
) -> Batch[K, T]:
    """Runs a stream to its end and keeps what comes; each distinct key is asked for once.

    Raises:
        PartneroError: The run ended early; ``partial`` has what it had collected.
    """
    _check_items(keys)
    order: dict[K, None] = {}
    total = None
    if isinstance(keys, Sized) and isinstance(keys, Iterable):
        order = dict.fromkeys(keys)
        total = len(order)
        distinct: Iterable[K] | AsyncIterable[K] = list(order)
    elif isinstance(keys, AsyncIterable):
        distinct = _DistinctAsync(keys, order)
    else:
        distinct = _distinct(keys, order)
    found = dict[K, T]()
    missing = dict[K, None]()
    failed = dict[K, PartneroError]()

    def batch() -> Batch[K, T]:
        return Batch(
            found={key: found[key] for key in order if key in found},
            missing=tuple(key for key in order if key in missing),
            failed={key: failed[key] for key in order if key in failed},
        )

    try:
        async with open_stream(distinct) as outcomes:
            async for outcome in outcomes:
                match outcome:
                    case Found(key, value):
                        found[key] = value
                    case Missing(key):
                        missing[key] = None
                    case Failed(key, error):
                        failed[key] = error
                if on_progress is not None:
                    counts = len(found), len(missing), len(failed)
                    on_progress(
                        Progress(
                            done=sum(counts),
                            found=counts[0],
                            missing=counts[1],
                            failed=counts[2],
                            total=total,
                        )
                    )
    except PartneroError as error:
        error.partial = batch()
        raise
    return batch()


def _check_items(items: object) -> None:
    if isinstance(items, (str, bytes)):
        raise TypeError("several items are expected, such as a list of keys, not one string")
    if not isinstance(items, (Iterable, AsyncIterable)):
        raise TypeError(f"the items must be iterable, which {type(items).__name__} is not")


def _distinct(keys: Iterable[K], seen: dict[K, None]) -> Iterator[K]:
    for key in keys:
        if key not in seen:
            seen[key] = None
            yield key


class _DistinctAsync(AsyncIterator[K]):
    # Not an async generator: one that a run leaves half-way would be finalized by the event loop.

    def __init__(self, keys: AsyncIterable[K], seen: dict[K, None]) -> None:
        self._keys = aiter(keys)
        self._seen = seen

    async def __anext__(self) -> K:
        while (key := await anext(self._keys)) in self._seen:
            pass
        self._seen[key] = None
        return key
