"""Many calls at a time: a stream of outcomes that leaves nothing running, and all of them collected."""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sized
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from .._http.gate.gate import Gate
from ..errors import ArgumentError, UsageError
from ..inputs._checks import check_count, check_seconds
from ..inputs.options import RateLimit
from ._run import Run
from .outcomes import Progress, Tally

__all__ = ["Outcomes", "Stream", "check_items", "open_stream"]

K = TypeVar("K")
OutcomeT = TypeVar("OutcomeT")


class Outcomes(AsyncIterator[OutcomeT]):
    """The outcomes of a run, as they come. Made by entering a ``Stream``."""

    def __init__(self, run: Run[Any, OutcomeT], tell: Callable[[OutcomeT], None] | None = None) -> None:
        self._run = run
        self._tell = tell

    async def __anext__(self) -> OutcomeT:
        outcome = await self._run.next_outcome()
        if self._tell is not None:
            try:
                self._tell(outcome)
            except StopAsyncIteration as error:
                # Raised as it is, it would end the iteration as if all were done.
                raise RuntimeError("on_progress raised StopAsyncIteration") from error
        return outcome


class Stream(AbstractAsyncContextManager[Outcomes[OutcomeT]]):
    """A run that has not begun: ``async with`` it, and iterate over what that gives.

    Args:
        call: What is awaited for each item.
        items: The items, pulled one by one as workers get free.
        reads: Whether a value is ``Found`` and a 404 ``Missing``; else they are ``Done`` and ``Failed``.
        concurrency: How many calls are under way at a time.
        ordered: Whether outcomes come in the order of the items.
        share: Whether equal items that are under way at the same time share one call.
        stop_after: How many failures to reach the server in a row end the run; None for never.
        deadline: Seconds for the whole run; None for unbounded.
        on_progress: Called with a ``Progress`` for each outcome that is taken.
        limit: Gives the rate limit, if one is known.
    """

    def __init__(
        self,
        call: Callable[[K], Awaitable[Any]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        reads: bool = False,
        concurrency: int,
        ordered: bool = False,
        share: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        limit: Callable[[], RateLimit | None] = lambda: None,
    ) -> None:
        if stop_after is not None:
            check_count("stop_after", stop_after, least=1)
        if deadline is not None:
            check_seconds("deadline", deadline)
        check_items(items)
        self._new_run: Callable[[], Run[Any, OutcomeT]] = partial(
            Run,
            call,
            items,
            reads=reads,
            concurrency=concurrency,
            ordered=ordered,
            share=share,
            stop_after=stop_after,
            deadline=math.inf if deadline is None else deadline,
        )
        if on_progress is not None and not callable(on_progress):
            raise TypeError(f"on_progress must be callable, not {type(on_progress).__name__}")
        self._on_progress = on_progress
        self._new_tally = partial(Tally, len(items) if isinstance(items, Sized) else None, limit)
        self._run: Run[Any, OutcomeT] | None = None
        self._count = f"{len(items)} items" if isinstance(items, Sized) else "items"

    def __repr__(self) -> str:
        begun = "begun" if self._run is not None else "not begun: async with it"
        return f"<{type(self).__name__} over {self._count}, {begun}>"

    def __aiter__(self) -> NoReturn:
        raise TypeError("a stream needs a block: async with ….stream(…) as outcomes")

    async def __aenter__(self) -> Outcomes[OutcomeT]:
        if self._run is not None:
            raise UsageError("a stream runs once: make a new one")
        self._run = self._new_run()
        await self._run.start()
        if self._on_progress is None:
            return Outcomes(self._run)
        return Outcomes(self._run, partial(_tell, self._on_progress, self._new_tally()))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._run is not None
        await self._run.stop(kind, error, traceback)


def _tell(on_progress: Callable[[Progress], None], tally: Tally, outcome: object) -> None:
    tally.count(outcome)
    on_progress(tally.progress)


def open_stream(
    gate: Gate,
    call: Callable[[K], Awaitable[Any]],
    items: Iterable[K] | AsyncIterable[K],
    *,
    reads: bool = False,
    concurrency: int | None,
    ordered: bool = False,
    share: bool = False,
    stop_after: int | None,
    deadline: float | None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Stream[Any]:
    """A stream whose concurrency fits the slots of the client's gate; None takes them all.

    Raises:
        ArgumentError: A number is out of its bounds; ``concurrency`` may not exceed ``max_concurrency``.
        TypeError: ``items`` is not iterable, or is a single string.
    """
    if concurrency is None:
        concurrency = gate.slots
    check_count("concurrency", concurrency, least=1)
    if concurrency > gate.slots:
        raise ArgumentError(
            f"concurrency {concurrency} is above max_concurrency {gate.slots}: "
            "the workers beyond it would only wait"
        )
    return Stream(
        call,
        items,
        reads=reads,
        concurrency=concurrency,
        ordered=ordered,
        share=share,
        stop_after=stop_after,
        deadline=deadline,
        on_progress=on_progress,
        limit=lambda: gate.limit,
    )


def check_items(items: object) -> None:
    if isinstance(items, (str, bytes)):
        raise TypeError("several items are expected, such as a list of keys, not one string")
    if not isinstance(items, (Iterable, AsyncIterable)):
        raise TypeError(f"the items must be iterable, which {type(items).__name__} is not")
