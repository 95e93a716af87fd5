"""One iterator that several tasks share: each item once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import AsyncPartnero

from ..servers import scripted

pytestmark = pytest.mark.anyio


class Shelf:
    """Five pages of ten customers each, of which some come late and one fails at first."""

    def __init__(self) -> None:
        self.asked = list[int]()
        self.failing: set[int] = set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        self.asked.append(page)
        await anyio.sleep(1)
        if page in self.failing:
            self.failing.remove(page)
            return httpx.Response(500)
        data = [{"key": f"c{page * 10 + n}"} for n in range(10)]
        link = f"https://api.partnero.com/v1/any?page={page + 1}" if page < 5 else None
        return httpx.Response(200, json={"data": data, "links": {"next": link}})


async def items(partnero: AsyncPartnero) -> Any:
    return aiter(partnero.customers.list())


async def items_of_pages(partnero: AsyncPartnero) -> Any:
    return partnero.customers.list().pages()


@pytest.mark.parametrize("shared", [items, items_of_pages])
@pytest.mark.parametrize("tasks", [2, 7])
async def test_tasks_that_share_an_iterator_get_each_item_once(shared: Any, tasks: int) -> None:
    shelf, seen = Shelf(), list[str]()

    async def take(iterator: AsyncIterator[Any]) -> None:
        async for got in iterator:
            seen.extend([got.key] if hasattr(got, "key") else [customer.key for customer in got])
            await anyio.sleep(0.3)

    async with scripted(shelf) as partnero:
        iterator = await shared(partnero)
        async with anyio.create_task_group() as group:
            for _ in range(tasks):
                group.start_soon(take, iterator)
    assert sorted(seen) == sorted(f"c{n}" for n in range(10, 60))
    assert shelf.asked == [1, 2, 3, 4, 5]


async def test_of_tasks_that_share_an_iterator_one_may_be_cancelled() -> None:
    shelf, seen = Shelf(), list[str]()

    async def take(iterator: AsyncIterator[Any], seconds: float) -> None:
        with anyio.move_on_after(seconds):
            async for customer in iterator:
                seen.append(customer.key)

    async with scripted(shelf) as partnero:
        iterator = aiter(partnero.customers.list())
        async with anyio.create_task_group() as group:
            for seconds in (0.5, 1.5, 2.5, 1000):
                group.start_soon(take, iterator, seconds)
    assert sorted(seen) == sorted(f"c{n}" for n in range(10, 60))


async def test_a_page_that_failed_for_one_task_is_asked_for_by_the_next() -> None:
    shelf, seen, failures = Shelf(), list[str](), list[Exception]()
    shelf.failing = {3}

    async def take(iterator: AsyncIterator[Any]) -> None:
        try:
            async for customer in iterator:
                seen.append(customer.key)
        except Exception as error:
            failures.append(error)

    async with scripted(shelf, retries=0) as partnero:
        iterator = aiter(partnero.customers.list())
        async with anyio.create_task_group() as group:
            group.start_soon(take, iterator)
            group.start_soon(take, iterator)
    assert len(failures) == 1
    assert sorted(seen) == sorted(f"c{n}" for n in range(10, 60))


async def test_two_iterators_of_one_list_know_nothing_of_each_other() -> None:
    async with scripted(Shelf()) as partnero:
        pager = partnero.customers.list()
        first, second = aiter(pager), aiter(pager)
        assert [(await anext(i)).key for i in (first, second, first)] == ["c10", "c10", "c11"]
