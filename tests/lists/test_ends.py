"""Where a list ends, in each way that a server may tell it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from partnero_async import AsyncPartnero

from ..servers import scripted

pytestmark = pytest.mark.anyio

NEXT = "https://api.partnero.com/v1/customers?page={}"

# What a page says beside its records, where more follow and where none do.
ASKED_ON: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing": ({}, {}),
    "links null": ({"links": None}, {"links": None}),
    "links without next": ({"links": {"prev": None}}, {"links": {"prev": None}}),
    "Laravel's paginator": (
        {"next_page_url": "?page=2", "links": [{"url": "?page=2", "label": "2"}]},
        {"next_page_url": None, "links": []},
    ),
    "meta alone": ({"meta": {"current_page": 1, "last_page": 3}}, {"meta": {"last_page": 3}}),
    "links a text": ({"links": "next"}, {"links": ""}),
}


class Shelf:
    """Three pages of two customers.

    Args:
        says: What each page says beside its records, by its number.
        repeats: Whether it gives the last page again where there are no more, and not an empty one.
    """

    def __init__(self, says: Any, *, repeats: bool = False, pages: int = 3) -> None:
        self.says = says
        self.repeats = repeats
        self.pages = pages
        self.asked = list[int]()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        self.asked.append(page)
        shown = min(page, self.pages) if self.repeats else page
        data = [{"key": f"c{shown}_{n}"} for n in range(2)] if shown <= self.pages else []
        return httpx.Response(200, json={"data": data, **self.says(page)})


async def plainly(partnero: AsyncPartnero) -> list[str]:
    return [customer.key async for customer in partnero.customers.list()]


async def fetched_ahead(partnero: AsyncPartnero) -> list[str]:
    async with partnero.customers.list().prefetch(2) as customers:
        return [customer.key async for customer in customers]


async def pages(partnero: AsyncPartnero) -> list[str]:
    return [customer.key async for page in partnero.customers.list().pages() for customer in page]


ALL = ["c1_0", "c1_1", "c2_0", "c2_1", "c3_0", "c3_1"]
on_every_way = pytest.mark.parametrize("keys", [plainly, fetched_ahead, pages])


@on_every_way
@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize("shape", ASKED_ON)
async def test_a_list_that_does_not_tell_is_asked_on_until_nothing_new_comes(
    shape: str, repeats: bool, keys: Any
) -> None:
    more, last = ASKED_ON[shape]
    shelf = Shelf(lambda page: more if page < 3 else last, repeats=repeats)
    async with scripted(shelf) as partnero:
        assert await keys(partnero) == ALL
    assert {1, 2, 3, 4} <= set(shelf.asked)


@on_every_way
async def test_a_list_whose_last_page_has_no_next_is_not_asked_on(keys: Any) -> None:
    shelf = Shelf(lambda page: {"links": {"next": NEXT.format(page + 1) if page < 3 else None}})
    async with scripted(shelf) as partnero:
        assert await keys(partnero) == ALL
    if keys is not fetched_ahead:
        assert shelf.asked == [1, 2, 3]


@on_every_way
async def test_a_list_that_names_a_next_page_without_end_ends_with_an_empty_one(keys: Any) -> None:
    shelf = Shelf(lambda page: {"links": {"next": NEXT.format(page + 1)}})
    async with scripted(shelf) as partnero:
        assert await keys(partnero) == ALL


async def test_pages_that_say_that_they_differ_may_be_alike() -> None:
    sale = {"key": "order", "amount": 1}

    async def serve(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        links = {"next": NEXT.format(page + 1) if page < 3 else None}
        return httpx.Response(200, json={"data": [sale, sale], "links": links})

    async with scripted(serve) as partnero:
        assert len([sale async for sale in partnero.transactions.list()]) == 6


@pytest.mark.parametrize(
    ("says", "next_number", "is_guess"),
    [
        ({}, 2, True),
        ({"links": {"next": None}}, None, False),
        ({"links": {"next": NEXT.format(7)}}, 7, False),
    ],
)
async def test_a_page_says_whether_its_next_one_is_a_guess(
    says: Any, next_number: int | None, is_guess: bool
) -> None:
    async with scripted(Shelf(lambda page: says)) as partnero:
        page = await partnero.customers.list()
    assert (page.next_number, page.next_is_guess) == (next_number, is_guess)
