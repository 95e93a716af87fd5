"""Lists whose following pages are fetched while the current one is consumed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, NoReturn, TypeVar

import anyio
import attrs
from anyio.abc import TaskGroup

from .._http.gate.turns import BulkJob
from ..bulk._groups import Crew
from ..errors import UsageError
from ..records._base import Record
from .pages import Items, Page, Pages

__all__ = ["Prefetch", "Prefetched"]

R = TypeVar("R", bound=Record)

Fetch = Callable[[int], Awaitable[Page[R]]]


class Prefetched(AsyncIterator[R]):
    """The items of a list, while its following pages are on their way. Made by entering a ``Prefetch``."""

    def __init__(self, pages: AsyncIterator[Page[R]]) -> None:
        self._pages = pages
        self._items = Items(pages)

    async def __anext__(self) -> R:
        return await anext(self._items)

    def pages(self) -> AsyncIterator[Page[R]]:
        """Page after page, instead of item after item."""
        return self._pages


class Prefetch(AbstractAsyncContextManager[Prefetched[R]]):
    """A list that fetches ahead and has not begun: ``async with`` it, and iterate over what that gives.

    Items come in the order, and up to the end, of the list without prefetching. Leaving the block cancels
    the calls that are under way.

    Args:
        fetch: Fetches one page.
        first: The page to begin with.
        ahead: How many pages are fetched while one is consumed.
    """

    def __init__(self, fetch: Fetch[R], first: int, ahead: int) -> None:
        self._fetch = fetch
        self._first = first
        self._ahead = ahead
        self._run: _Ahead[R] | None = None

    def __aiter__(self) -> NoReturn:
        raise TypeError("prefetching needs a block: async with ….prefetch(n) as items")

    async def __aenter__(self) -> Prefetched[R]:
        if self._run is not None:
            raise UsageError("a prefetching list runs once: make a new one")
        self._run = _Ahead(self._fetch, self._ahead)
        await self._run.start()
        return Prefetched(_WithoutRepeats(Pages(self._run.page, self._first)))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._run is not None
        await self._run.stop(kind, error, traceback)


class _Ahead(Generic[R]):
    """Fetches the pages that are likely to follow, by their numbers."""

    def __init__(self, fetch: Fetch[R], ahead: int) -> None:
        self._fetch = fetch
        self._ahead = ahead
        self._guesses: dict[int, _Guess[R]] = {}
        self._crew = Crew()
        self._group: TaskGroup | None = None
        self._ready = anyio.Event()
        self._left = False
        self._over = False

    async def start(self) -> None:
        """Makes room for calls beside the block."""
        await self._crew.start(self._host, self._end)
        try:
            await self._ready.wait()
        except BaseException as error:
            # It was cancelled, and of a block that is not entered nobody ends the work.
            await self._crew.stop(type(error), error, error.__traceback__)
            raise

    async def stop(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the calls that are under way."""
        self._left = True
        await self._crew.stop(kind, error, traceback)

    async def _host(self) -> None:
        try:
            async with anyio.create_task_group() as self._group:
                self._ready.set()
                await anyio.sleep_forever()
        finally:
            self._end()

    def _end(self) -> None:
        """Lets nobody wait any more."""
        self._over = True
        self._ready.set()
        for guess in self._guesses.values():
            guess.done.set()

    async def page(self, number: int) -> Page[R]:
        """The page with this number. Guesses that turn out to be none are given up, errors included."""
        if number not in self._guesses and not self._over:
            self._begin(number)
        guess = self._guesses.get(number)
        if guess is not None:
            await guess.done.wait()
        if self._left:
            raise UsageError("the block of the prefetching list was left before its end")
        if guess is None or (guess.page is None and guess.error is None):
            raise UsageError("the calls of the prefetching list were cancelled, but not by whoever iterates")
        # Not before the wait: a caller that was cancelled in it and comes again finds the same request.
        self._guesses.pop(number, None)
        if guess.error is not None:
            raise guess.error.with_traceback(None)
        assert guess.page is not None
        following = guess.page.next_number
        # Only what a page names is sure to be there; what comes after that is a guess.
        likely = range(0) if following is None else range(following, following + self._ahead)
        for unlikely in [number for number in self._guesses if number not in likely]:
            self._guesses.pop(unlikely).scope.cancel()
        for number in likely:
            if number not in self._guesses:
                self._begin(number)
        return guess.page

    def _begin(self, number: int) -> None:
        guess = self._guesses[number] = _Guess[R]()
        assert self._group is not None
        self._group.start_soon(self._ask, number, guess)

    async def _ask(self, number: int, guess: _Guess[R]) -> None:
        try:
            with guess.scope, BulkJob(patient=False):
                guess.page = await self._fetch(number)
        except Exception as error:
            guess.error = error
        finally:
            guess.done.set()


class _Guess(Generic[R]):
    """A page that was asked for before it was known to be needed."""

    __slots__ = ("done", "error", "page", "scope")

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.scope = anyio.CancelScope()
        self.page: Page[R] | None = None
        self.error: Exception | None = None


class _WithoutRepeats(AsyncIterator[Page[R]]):
    """Pages without the records that the page before had already.

    Between two calls a list may move: what was last on one page is then first on the next, too.
    """

    def __init__(self, pages: AsyncIterator[Page[R]]) -> None:
        self._pages = pages
        self._before: frozenset[object] = frozenset()
        self._waiting = False

    async def __anext__(self) -> Page[R]:
        if self._waiting:
            raise UsageError("one task at a time may iterate over a prefetching list")
        self._waiting = True
        try:
            page = await anext(self._pages)
        finally:
            self._waiting = False
        before, self._before = self._before, frozenset(map(_identity, page.items)) - {None}
        return attrs.evolve(page, items=tuple([i for i in page.items if _identity(i) not in before]))


def _identity(record: Record) -> object:
    # Two sales may be alike in every field and still be two: nothing that has no identity is a repetition.
    return None if record.identified_by is None else getattr(record, record.identified_by)
