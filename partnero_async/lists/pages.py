"""Page after page, item after item, and always an end."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, SupportsIndex, TypeVar, overload

import anyio
import attrs

from ..errors import ResponseError
from ..records._base import Record

__all__ = ["Items", "Page", "Pages"]

R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)


@attrs.frozen(kw_only=True)
class Page(Generic[R_co]):
    """One page of a list. Partnero tells no totals, only whether another page follows."""

    items: tuple[R_co, ...]
    """The records on this page."""

    number: int
    """Which page this is, counted from 1."""

    next_number: int | None
    """The number of the page that follows; None on the last."""

    next_is_guess: bool = False
    """Whether the answer did not say if another page follows: then ``next_number`` is the one after this."""

    def __iter__(self) -> Iterator[R_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, place: SupportsIndex) -> R_co: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[R_co, ...]: ...
    def __getitem__(self, place: SupportsIndex | slice) -> R_co | tuple[R_co, ...]:
        return self.items[place]


class Pages(AsyncIterator[Page[R_co]]):
    """Page after page, to the end, and never a page twice."""

    # Not an async generator: one that is left half-way would have to be finalized by the event loop.

    def __init__(self, fetch: Callable[[int], Awaitable[Page[R_co]]], first: int) -> None:
        self._fetch = fetch
        self._next: int | None = first
        self._seen: set[int] = set()
        self._before: tuple[R_co, ...] | None = None
        self._turn = anyio.Lock()

    async def __anext__(self) -> Page[R_co]:
        # Several tasks may share one iterator: each page goes to one of them.
        async with self._turn:
            return await self._next_page()

    async def _next_page(self) -> Page[R_co]:
        number = self._next
        if number is None:
            raise StopAsyncIteration
        if number in self._seen:
            self._next = None
            raise ResponseError(f"the list would never end: page {number} comes up a second time")
        page = await self._fetch(number)
        self._seen.add(number)
        if self._before is not None and page.items == self._before:
            self._next = None
            raise StopAsyncIteration
        self._before = page.items if page.next_is_guess else None
        self._next = page.next_number if page.items else None
        return page


class Items(AsyncIterator[R_co]):
    """Item after item of some pages."""

    def __init__(self, pages: AsyncIterator[Page[R_co]]) -> None:
        self._pages = pages
        self._ready: deque[R_co] = deque()
        self._turn = anyio.Lock()

    async def __anext__(self) -> R_co:
        while not self._ready:
            # Another task that shares this iterator may fetch the page already.
            async with self._turn:
                if not self._ready:
                    self._ready.extend(await anext(self._pages))
        return self._ready.popleft()
