"""Lists: a page when awaited, every item when iterated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

from .._http.endpoint import PageData
from ..inputs._checks import check_count
from ..records._base import Record
from .pages import Items, Page, Pages
from .prefetch import Prefetch

__all__ = ["LARGEST_PAGE", "Pager"]

R_co = TypeVar("R_co", bound=Record, covariant=True)

# The documentation has 1 to 250, the n8n node 10 to 100 (sources.md#lists): the default of 100 is valid by
# both, and more is for users to try.
LARGEST_PAGE = 250


class Pager(Generic[R_co]):
    """A list that has not been asked for yet.

    ``await`` it for one page; ``async for`` over it for every item of this page and all that follow;
    ``async for`` over ``pages()`` for page after page. Each of these starts anew.
    """

    def __init__(
        self, fetch: Callable[[int], Awaitable[PageData[R_co]]], first: int, of: str = "a list"
    ) -> None:
        self._fetch = fetch
        self._first = first
        self._of = of

    def __repr__(self) -> str:
        use = f"await it for page {self._first}, or iterate by async for"
        return f"<Pager of {self._of}, not asked yet: {use}>"

    def __await__(self) -> Generator[Any, Any, Page[R_co]]:
        return self._page(self._first).__await__()

    def __aiter__(self) -> AsyncIterator[R_co]:
        return Items(self.pages())

    def pages(self) -> AsyncIterator[Page[R_co]]:
        """Page after page. The end is a page that says there is no next one, or one without items.

        Where a page does not say whether another follows, that is asked for: until one is empty, or has what
        the one before had, as of a server that knows no pages.

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
        return Prefetch(self._page, self._first, check_count("pages", pages, least=1))

    async def _page(self, number: int) -> Page[R_co]:
        data = await self._fetch(number)
        following = data.next_number
        if not data.tells_next and data.items:
            following = number + 1
        return Page(items=data.items, number=number, next_number=following, next_is_guess=not data.tells_next)
