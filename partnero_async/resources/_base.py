"""What all resources do: call an endpoint, or give the pager of one that lists."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from .._http.call import Caller
from .._http.endpoint import Endpoint, PageData
from .._http.wire import build
from ..errors import ArgumentError
from ..inputs._checks import check_count
from ..inputs.options import Options
from ..lists.pager import LARGEST_PAGE, Pager
from ..records._base import Record

__all__ = ["Resource"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Resource:
    """One noun of the API.

    Args:
        caller: What makes the calls.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._caller.session.url}>"

    def _call(
        self,
        endpoint: Endpoint[T],
        *segments: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        options: Options | None,
    ) -> Coroutine[Any, Any, T]:
        """Calls an endpoint, with one value for each placeholder of its path."""
        return self._caller.call(endpoint, build(endpoint, *segments, query=query, body=body), options)

    def _list(
        self,
        endpoint: Endpoint[PageData[R]],
        *segments: str,
        limit: int,
        page: int,
        sort: str | None = None,
        options: Options | None,
        **filters: str | None,
    ) -> Pager[R]:
        """The pager of an endpoint that lists.

        Our own parameters are sent with every page: of ``links.next`` only the page number is used, since
        nobody says whether it repeats limit and filters, and the API key must not follow a link elsewhere.

        Raises:
            ArgumentError: ``limit`` is not within 1..250, ``page`` is below 1, or ``sort`` is another word.
        """
        if sort not in (None, "asc", "desc"):
            raise ArgumentError(f'sort must be "asc" or "desc", not {sort!r:.40}')
        check_count("limit", limit, least=1, most=LARGEST_PAGE)
        check_count("page", page, least=1)
        # Built once before any I/O, so that a bad path or filter is refused here and not at the first page.
        build(endpoint, *segments, query=filters)

        async def fetch(number: int) -> PageData[R]:
            query = {"limit": limit, "page": number, "sort": sort, **filters}
            return await self._call(endpoint, *segments, query=query, options=options)

        return Pager(fetch, page, f"{endpoint.method} {endpoint.path}")
