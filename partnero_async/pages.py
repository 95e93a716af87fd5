"""Lists: a page when awaited, every item when iterated, and always an end."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from ._http.call import Caller
from ._http.wire import Endpoint, PageData, build
from .checks import check_count
from .errors import ArgumentError, ResponseError
from .inputs import Options
from .records.base import Record

if TYPE_CHECKING:
    from .prefetch import Prefetch

__all__ = ["Items", "Page", "Pager", "Pages", "paged"]

R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)

# D and V25 say 1 to 250, N says 10 to 100 for every list (partnero-api 2.4): beyond 100 is for users to try,
# and the default is valid according to both.
LARGEST_PAGE = 250


@attrs.frozen(kw_only=True)
class Page(Generic[R_co]):
    """One page of a list. Partnero tells no totals, only whether another page follows."""

    items: tuple[R_co, ...]
    """The records on this page."""

    number: int
    """Which page this is, counted from 1."""

    next_number: int | None
    """The number of the page that follows; None on the last."""

    def __iter__(self) -> Iterator[R_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Pager(Generic[R_co]):
    """A list that has not been asked for yet.

    ``await`` it for one page; ``async for`` over it for every item of this page and all that follow;
    ``async for`` over ``pages()`` for page after page. Each of these starts anew.
    """

    def __init__(self, fetch: Callable[[int], Awaitable[PageData[R_co]]], first: int) -> None:
        self._fetch = fetch
        self._first = first

    def __await__(self) -> Generator[Any, Any, Page[R_co]]:
        return self._page(self._first).__await__()

    def __aiter__(self) -> AsyncIterator[R_co]:
        return Items(self.pages())

    def pages(self) -> AsyncIterator[Page[R_co]]:
        """Page after page. The end is a page that names no next one, or one without items.

        Raises:
            ResponseError: A page names a next one that was there before: the list would never end.
        """
        return Pages(self._page, self._first)

    def prefetch(self, pages: int) -> Prefetch[R_co]:
        """The same list, with up to so many following pages fetched while one is consumed.

        ``async with partnero.customers.list().prefetch(3) as customers``, then ``async for`` over that. Calls
        are made with the manners of a bulk job: single calls go first, and a rate limit only slows it down.
        What was fetched beyond the end is thrown away, errors included.

        A record whose key or id was on the page before already, because the list changed in between, is left
        out. Transactions have no identity of their own, and none of them is ever left out.

        Args:
            pages: How many pages, at least 1. The first of them is known to follow; the others are guesses,
                so that at the end as many calls less one are made for nothing.

        Raises:
            ArgumentError: ``pages`` is below 1.
        """
        from .prefetch import Prefetch

        return Prefetch(self._page, self._first, check_count("pages", pages, least=1))

    async def _page(self, number: int) -> Page[R_co]:
        data = await self._fetch(number)
        return Page(items=data.items, number=number, next_number=data.next_number)


class Pages(AsyncIterator[Page[R_co]]):
    """Page after page, to the end, and never a page twice."""

    # Not an async generator: one that is left half-way would have to be finalized by the event loop.

    def __init__(self, fetch: Callable[[int], Awaitable[Page[R_co]]], first: int) -> None:
        self._fetch = fetch
        self._next: int | None = first
        self._seen: set[int] = set()

    async def __anext__(self) -> Page[R_co]:
        number = self._next
        if number is None:
            raise StopAsyncIteration
        if number in self._seen:
            self._next = None
            raise ResponseError(f"the list would never end: page {number} comes up a second time")
        page = await self._fetch(number)
        self._seen.add(number)
        self._next = page.next_number if page.items else None
        return page


class Items(AsyncIterator[R_co]):
    """Item after item of some pages."""

    def __init__(self, pages: AsyncIterator[Page[R_co]]) -> None:
        self._pages = pages
        self._ready: deque[R_co] = deque()

    async def __anext__(self) -> R_co:
        while not self._ready:
            self._ready.extend(await anext(self._pages))
        return self._ready.popleft()


def paged(
    caller: Caller,
    endpoint: Endpoint[R],
    *segments: str,
    limit: int,
    page: int,
    options: Options | None,
    **filters: str | None,
) -> Pager[R]:
    """The pager of a list endpoint.

    Our own parameters are sent with every page: of ``links.next`` only the page number is used, since
    nobody says whether it repeats limit and filters, and the API key must not follow a link elsewhere.

    Raises:
        ArgumentError: ``limit`` is not within 1..250, or ``page`` is below 1.
    """
    if filters.get("sort") not in (None, "asc", "desc"):
        raise ArgumentError(f'sort must be "asc" or "desc", not {filters["sort"]!r:.40}')
    check_count("limit", limit, least=1, most=LARGEST_PAGE)
    check_count("page", page, least=1)
    # Built once before any I/O, so that a bad path or filter is refused here and not at the first page.
    build(endpoint, *segments, query=filters)

    async def fetch(number: int) -> PageData[R]:
        query = {"limit": limit, "page": number, **filters}
        return await caller.page(endpoint, build(endpoint, *segments, query=query), options)

    return Pager(fetch, page)
