"""Lists: a page when awaited, every item when iterated, and always an end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, NotFoundError, Ref, ResponseError
from partnero_async.lists import Page

from ..servers import scripted

pytestmark = pytest.mark.anyio


class Pages:
    """A list of numbered customers, as Partnero serves lists."""

    def __init__(self, count: int, *, host: str = "https://api.partnero.com") -> None:
        self.count = count
        self.host = host
        self.requests = list[httpx.Request]()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        query = request.url.params
        limit, page = int(query["limit"]), int(query["page"])
        keys = range(self.count)[(page - 1) * limit : page * limit]
        more = page * limit < self.count
        following = f"{self.host}/v1/customers?page={page + 1}" if more else None
        links = {"first": None, "last": None, "prev": None, "next": following}
        return httpx.Response(
            200, json={"data": [{"key": str(k)} for k in keys], "links": links, "status": 1}
        )


async def keys_of(pager: Any) -> list[str]:
    return [item.key async for item in pager]


async def test_awaiting_a_list_gives_one_page() -> None:
    server = Pages(25)
    async with scripted(server) as partnero:
        page = await partnero.customers.list(limit=10)
    assert isinstance(page, Page)
    assert [customer.key for customer in page] == [str(n) for n in range(10)]
    assert (len(page), page.number, page.next_number) == (10, 1, 2)
    assert len(server.requests) == 1


async def test_iterating_over_a_list_gives_every_item() -> None:
    async with scripted(Pages(25)) as partnero:
        assert await keys_of(partnero.customers.list(limit=10)) == [str(n) for n in range(25)]


async def test_pages_come_one_after_the_other() -> None:
    async with scripted(Pages(25)) as partnero:
        pages = [page async for page in partnero.customers.list(limit=10).pages()]
    assert [(len(page), page.next_number) for page in pages] == [(10, 2), (10, 3), (5, None)]


async def test_a_list_may_begin_at_a_later_page() -> None:
    async with scripted(Pages(25)) as partnero:
        assert await keys_of(partnero.customers.list(limit=10, page=3)) == ["20", "21", "22", "23", "24"]


async def test_a_pager_can_be_used_again() -> None:
    async with scripted(Pages(3)) as partnero:
        pager = partnero.customers.list()
        assert await keys_of(pager) == await keys_of(pager)


async def test_nothing_is_asked_before_it_is_wanted() -> None:
    server = Pages(25)
    async with scripted(server) as partnero:
        pager = partnero.customers.list(limit=10)
        assert len(server.requests) == 0
        async for customer in pager:
            if customer.key == "9":
                break
        assert len(server.requests) == 1


async def test_our_own_parameters_are_sent_with_every_page() -> None:
    server = Pages(25)
    async with scripted(server) as partnero:
        await keys_of(partnero.customers.list(partner=Ref(email="a@b.co"), sort="desc", limit=10))
    queries = [dict(request.url.params) for request in server.requests]
    same = {"limit": "10", "partner_email": "a@b.co", "sort": "desc"}
    assert queries == [same | {"page": str(n)} for n in (1, 2, 3)]


async def test_a_next_link_to_another_host_is_not_followed() -> None:
    server = Pages(25, host="https://evil.example")
    async with scripted(server) as partnero:
        assert len(await keys_of(partnero.customers.list(limit=10))) == 25
    assert {request.url.host for request in server.requests} == {"api.partnero.com"}


async def test_a_list_without_links_is_one_page() -> None:
    async def old(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [{"key": "a"}], "status": 1})

    async with scripted(old) as partnero:
        assert await keys_of(partnero.customers.list()) == ["a"]


def endless(page: int | str, items: list[Any]) -> Any:
    async def serve(request: httpx.Request) -> httpx.Response:
        links = {"next": f"https://api.partnero.com/v1/customers?page={page}"}
        return httpx.Response(200, json={"data": items, "links": links, "status": 1})

    return serve


async def test_a_page_that_names_itself_as_the_next_is_an_error() -> None:
    async with scripted(endless(1, [{"key": "a"}])) as partnero:
        with pytest.raises(ResponseError, match="never end"):
            await keys_of(partnero.customers.list())


async def test_an_empty_page_is_the_end_whatever_it_names_next() -> None:
    async with scripted(endless(7, [])) as partnero:
        assert await keys_of(partnero.customers.list()) == []


@pytest.mark.parametrize("page", ["", "x", "-1", "1.5", "99999999999999999999"])
async def test_a_next_link_without_a_page_number_is_an_error(page: str) -> None:
    async with scripted(endless(page, [{"key": "a"}])) as partnero:
        with pytest.raises(ResponseError, match="names no page"):
            await keys_of(partnero.customers.list())


async def test_data_that_is_no_array_is_an_error() -> None:
    async def wrong(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": {"key": "a"}, "status": 1})

    async with scripted(wrong) as partnero:
        with pytest.raises(ResponseError, match="array"):
            await partnero.customers.list()


async def test_an_item_that_is_no_record_is_an_error() -> None:
    async with scripted(endless(2, [{"key": "a"}, {"key": None}])) as partnero:
        with pytest.raises(ResponseError, match=r"Customer\.key"):
            await partnero.customers.list()


async def test_errors_of_a_later_page_are_raised_when_it_is_reached() -> None:
    pages = Pages(25)

    async def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={}) if request.url.params["page"] == "2" else await pages(request)

    seen = list[str]()
    async with scripted(serve) as partnero:
        with pytest.raises(NotFoundError):
            async for customer in partnero.customers.list(limit=10):
                seen.append(customer.key)
    assert len(seen) == 10


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": 0}, ArgumentError),
        ({"limit": -1}, ArgumentError),
        ({"limit": 251}, ArgumentError),
        ({"limit": "10"}, TypeError),
        ({"limit": True}, TypeError),
        ({"page": 0}, ArgumentError),
        ({"partner": Ref(id="partner_1")}, ArgumentError),
    ],
)
async def test_bad_arguments_are_refused_before_anything_is_sent(
    arguments: Any, error: type[Exception]
) -> None:
    async with scripted(Pages(1)) as partnero:
        with pytest.raises(error):
            partnero.customers.list(**arguments)


async def test_a_bad_key_is_refused_before_anything_is_sent() -> None:
    async with scripted(Pages(1)) as partnero:
        for key in ("", " ", ".", ".."):
            with pytest.raises(ArgumentError):
                partnero.customers.transactions(key)
