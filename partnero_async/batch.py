"""Many calls at a time: a stream of outcomes that leaves nothing running, and all of them collected."""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sized
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import TypeVar

from .checks import check_count, check_seconds
from .errors import ArgumentError, PartneroError, UsageError
from .outcomes import Batch, Failed, Found, Missing, Outcome, Progress
from .runs import Run

__all__ = ["Outcomes", "Stream", "collect", "run"]

K = TypeVar("K")
T = TypeVar("T")


class Outcomes(AsyncIterator[Outcome[K, T]]):
    """The outcomes of a run, as they come. Made by entering a ``Stream``."""

    def __init__(self, run: Run[K, T]) -> None:
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
        self._new_run: Callable[[], Run[K, T]] = partial(
            Run,
            call,
            items,
            concurrency=concurrency,
            ordered=ordered,
            share=share,
            stop_after=stop_after,
            deadline=math.inf if deadline is None else deadline,
        )
        self._run: Run[K, T] | None = None

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
