"""Lists that fetch ahead: the same items in the same order, sooner, and nothing left running."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import (
    ArgumentError,
    AuthenticationError,
    DeadlineError,
    NotFoundError,
    Options,
    RateLimitError,
    ResponseError,
    ServerError,
    UsageError,
)

from ..servers import scripted

pytestmark = pytest.mark.anyio

LIMIT = 10


class Shelf:
    """A list of numbered customers on pages of ten, and what was asked of it.

    Attributes:
        asked: The pages that were asked for, in order.
        under_way: How many requests are being answered.
        most_under_way: How many were at once.
    """

    def __init__(self, count: int, seconds: Callable[[int], float] = lambda page: 1.0) -> None:
        self.count = count
        self.seconds = seconds
        self.asked = list[int]()
        self.under_way = self.most_under_way = 0
        self.instead: dict[int, Callable[[], Awaitable[httpx.Response]]] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        assert request.url.params["limit"] == str(LIMIT)
        self.asked.append(page)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await anyio.sleep(self.seconds(page))
        finally:
            self.under_way -= 1
        if page in self.instead:
            return await self.instead[page]()
        keys = range(self.count)[(page - 1) * LIMIT : page * LIMIT]
        return answer(keys, page + 1 if page * LIMIT < self.count else None)


def answer(keys: Any, following: int | None) -> httpx.Response:
    return found([{"key": str(key)} for key in keys], following)


def found(data: list[dict[str, Any]], following: int | None) -> httpx.Response:
    link = following and f"https://api.partnero.com/v1/any?page={following}"
    return httpx.Response(200, json={"data": data, "links": {"next": link}, "status": 1})


def refusing(status: int) -> Callable[[], Awaitable[httpx.Response]]:
    async def refuse() -> httpx.Response:
        return httpx.Response(status, json={"message": "No."})

    return refuse


async def keys_ahead(server: Any, ahead: int, **settings: Any) -> list[str]:
    async with scripted(server, **settings) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(ahead) as customers:
            return [customer.key async for customer in customers]


@pytest.mark.parametrize("ahead", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 95, 100])
async def test_the_items_are_those_of_the_list_in_its_order(count: int, ahead: int) -> None:
    pace = random.Random(count * 31 + ahead)
    shelf = Shelf(count, lambda page: pace.uniform(0.1, 3))
    assert await keys_ahead(shelf, ahead) == [str(number) for number in range(count)]


async def test_following_pages_are_fetched_while_one_is_consumed() -> None:
    shelf = Shelf(50)
    async with scripted(shelf) as partnero:
        began = anyio.current_time()
        async with partnero.customers.list(limit=LIMIT).prefetch(1) as customers:
            async for _ in customers:
                await anyio.sleep(0.1)
        # Ten items take as long as a page: one second for the first page, then five of consuming.
        assert anyio.current_time() - began == pytest.approx(6)


async def test_pages_come_at_once_where_the_server_is_slower_than_the_consumer() -> None:
    shelf = Shelf(90)
    async with scripted(shelf) as partnero:
        began = anyio.current_time()
        async with partnero.customers.list(limit=LIMIT).prefetch(4) as customers:
            assert len([customer async for customer in customers]) == 90
        assert anyio.current_time() - began == pytest.approx(3)


async def test_nothing_is_guessed_before_the_first_page_names_a_next_one() -> None:
    shelf = Shelf(7)
    await keys_ahead(shelf, 5)
    assert shelf.asked == [1]


async def test_no_more_pages_are_fetched_ahead_than_asked_for() -> None:
    shelf = Shelf(500, lambda page: 0.1)
    async with scripted(shelf) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(3) as customers:
            async for customer in customers:
                await anyio.sleep(1)
                assert max(shelf.asked) <= int(customer.key) // LIMIT + 1 + 3
                if customer.key == "99":
                    break
    assert shelf.most_under_way <= 3


async def test_pages_can_be_iterated_over_whole() -> None:
    async with scripted(Shelf(25)) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(2) as customers:
            pages = [(page.number, len(page), page.next_number) async for page in customers.pages()]
    assert pages == [(1, 10, 2), (2, 10, 3), (3, 5, None)]


async def test_what_was_guessed_beyond_the_end_is_thrown_away_with_its_errors() -> None:
    shelf = Shelf(25)
    shelf.instead = {page: refusing(status) for page, status in ((4, 500), (5, 404), (6, 401))}
    assert len(await keys_ahead(shelf, 5, retries=0)) == 25
    assert set(shelf.asked) > {1, 2, 3, 4}


async def test_an_empty_page_is_the_end_whatever_it_names_next() -> None:
    shelf = Shelf(100)

    async def empty() -> httpx.Response:
        return answer([], 4)

    shelf.instead = {3: empty}
    assert len(await keys_ahead(shelf, 3)) == 20


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotFoundError), (500, ServerError), (401, AuthenticationError)]
)
async def test_an_error_is_raised_when_its_page_is_reached(status: int, error: type[Exception]) -> None:
    shelf = Shelf(100, lambda page: 1 / page)
    shelf.instead = {3: refusing(status)}
    seen = list[str]()
    async with scripted(shelf, retries=0) as partnero:
        with pytest.raises(error):
            async with partnero.customers.list(limit=LIMIT).prefetch(4) as customers:
                async for customer in customers:
                    seen.append(customer.key)
    assert len(seen) == 20


async def test_a_list_that_skips_a_page_is_followed() -> None:
    shelf = Shelf(100)

    async def skip() -> httpx.Response:
        return answer(range(10), 5)

    shelf.instead = {1: skip}
    keys = await keys_ahead(shelf, 3)
    assert keys == [str(key) for key in (*range(10), *range(40, 100))]
    assert not {2, 3, 4} & set(shelf.asked)


async def test_a_guess_that_turns_out_wrong_is_given_up() -> None:
    shelf = Shelf(100)

    async def skip() -> httpx.Response:
        return answer(range(10, 20), 8)

    shelf.instead = {2: skip}
    keys = await keys_ahead(shelf, 3)
    assert keys == [str(key) for key in (*range(20), *range(70, 100))]


async def test_a_list_without_end_is_an_error() -> None:
    shelf = Shelf(100)

    async def back() -> httpx.Response:
        return answer(range(20, 30), 1)

    shelf.instead = {3: back}
    with pytest.raises(ResponseError, match="never end"):
        await keys_ahead(shelf, 2)


async def test_records_of_the_page_before_are_left_out_when_they_come_again() -> None:
    shelf = Shelf(30)

    async def moved() -> httpx.Response:
        # Three were added at the front since the first page was fetched.
        return answer([*range(7, 10), *range(10, 17)], 3)

    shelf.instead = {2: moved}
    keys = await keys_ahead(shelf, 2)
    assert keys == [str(key) for key in (*range(17), *range(20, 30))]


async def test_a_customer_that_was_changed_in_between_is_left_out_once() -> None:
    async def server(request: httpx.Request) -> httpx.Response:
        # Between the two pages, somebody was added at the front and the last of the first page renamed.
        first = request.url.params["page"] == "1"
        page = (
            [{"key": "a"}, {"key": "b", "name": "Ann"}]
            if first
            else [{"key": "b", "name": "Bea"}, {"key": "c"}]
        )
        return found(page, 2 if first else None)

    async with scripted(server) as partnero:
        async with partnero.customers.list().prefetch(1) as customers:
            seen = [(customer.key, customer.name) async for customer in customers]
    assert seen == [("a", None), ("b", "Ann"), ("c", None)]


async def test_of_sales_that_are_alike_in_every_field_none_is_left_out() -> None:
    twin = {"key": "order_1", "amount": 5, "created_at": "2025-05-07T05:32:48.000000Z"}

    async def server(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return found([twin, twin], page + 1 if page < 3 else None)

    async with scripted(server) as partnero:
        async with partnero.transactions.list().prefetch(2) as sales:
            seen = [sale async for sale in sales]
        async with partnero.transactions.list().prefetch(2) as sales:
            sizes = [len(page) async for page in sales.pages()]
    assert len(seen) == 6
    assert len(set(seen)) == 1
    assert sizes == [2, 2, 2]


async def test_payouts_without_an_id_are_not_taken_for_one() -> None:
    async def server(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return found([{"status": "requested"}, {"id": 7}], page + 1 if page < 3 else None)

    async with scripted(server) as partnero:
        async with partnero.payout_requests.list().prefetch(1) as payouts:
            assert [payout.id async for payout in payouts] == [None, 7, None, None]


async def test_a_page_of_nothing_new_is_not_the_end() -> None:
    shelf = Shelf(30)

    async def same_again() -> httpx.Response:
        return answer(range(10), 3)

    shelf.instead = {2: same_again}
    assert await keys_ahead(shelf, 1) == [str(key) for key in (*range(10), *range(20, 30))]


async def test_leaving_early_cancels_what_is_under_way() -> None:
    shelf = Shelf(1000, lambda page: 1 if page == 1 else 1000)
    async with scripted(shelf, timeout=None, deadline=None) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(4) as customers:
            async for _ in customers:
                await anyio.sleep(1)
                assert shelf.under_way == 4
                break
        assert shelf.under_way == 0
        assert partnero._caller.session.gate.in_flight == 0


async def test_the_consumers_own_exception_leaves_as_it_is() -> None:
    async with scripted(Shelf(100)) as partnero:
        with pytest.raises(ZeroDivisionError):
            async with partnero.customers.list(limit=LIMIT).prefetch(4) as customers:
                async for _ in customers:
                    raise ZeroDivisionError


async def test_a_group_of_the_consumers_own_leaves_whole() -> None:
    async with scripted(Shelf(100)) as partnero:
        with pytest.raises(ExceptionGroup) as caught:
            async with partnero.customers.list(limit=LIMIT).prefetch(4) as customers:
                async for _ in customers:
                    raise ExceptionGroup("ours", [ValueError("first"), KeyError("second")])
    assert caught.value.message == "ours"
    assert [type(error) for error in caught.value.exceptions] == [ValueError, KeyError]


async def test_whoever_gives_up_to_wait_finds_the_page_on_its_way() -> None:
    shelf = Shelf(30, lambda page: 5)
    keys = list[str]()
    async with scripted(shelf) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(2) as customers:
            while len(keys) < 30:
                with anyio.move_on_after(1):
                    keys.append((await anext(customers)).key)
    assert keys == [str(number) for number in range(30)]
    assert len(set(shelf.asked)) == len(shelf.asked)


async def test_who_waits_when_the_block_is_left_is_told_so() -> None:
    async with scripted(Shelf(100, lambda page: 1 if page == 1 else 1000), timeout=None) as partnero:
        told = list[BaseException]()

        async def consume(customers: Any) -> None:
            try:
                async for _ in customers:
                    pass
            except UsageError as error:
                told.append(error)

        async with anyio.create_task_group() as others:
            async with partnero.customers.list(limit=LIMIT).prefetch(2) as customers:
                others.start_soon(consume, customers)
                await anyio.sleep(10)
        assert [str(error) for error in told] == ["the block of the prefetching list was left before its end"]


async def test_two_tasks_that_share_it_get_each_item_once() -> None:
    seen = list[str]()
    async with scripted(Shelf(100)) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(2) as customers:

            async def take() -> None:
                async for customer in customers:
                    seen.append(customer.key)

            async with anyio.create_task_group() as group:
                group.start_soon(take)
                group.start_soon(take)
    assert sorted(seen, key=int) == [str(n) for n in range(100)]


async def test_two_tasks_cannot_share_its_pages() -> None:
    async with scripted(Shelf(100)) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(2) as customers:
            pages = customers.pages()
            async with anyio.create_task_group() as group:
                group.start_soon(pages.__anext__)
                await anyio.sleep(0.5)
                with pytest.raises(UsageError, match="one task at a time"):
                    await anext(pages)


async def test_a_page_has_a_deadline_like_any_call() -> None:
    async def server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "1"})

    async with scripted(server, deadline=3, retries=50) as partnero:
        began = anyio.current_time()
        async with partnero.customers.list(limit=LIMIT).prefetch(2) as customers:
            with pytest.raises((RateLimitError, DeadlineError)):
                await anext(customers)
        assert anyio.current_time() - began <= 3


@pytest.mark.parametrize("of_call", [True, False])
async def test_a_page_that_never_comes_ends_at_the_deadline_of_the_client_or_of_the_call(
    of_call: bool,
) -> None:
    shelf = Shelf(30, lambda page: 1 if page == 1 else 1000)
    settings = {"deadline": 60 if of_call else 3, "timeout": None, "retries": 0}
    async with scripted(shelf, **settings) as partnero:
        pager = partnero.customers.list(limit=LIMIT, options=Options(deadline=3 if of_call else 3.5))
        async with pager.prefetch(2) as customers:
            with pytest.raises(DeadlineError), anyio.fail_after(100):
                async for _ in customers:
                    pass


async def test_a_rate_limit_within_the_deadline_slows_it_down() -> None:
    shelf = Shelf(50)
    refused = set[int]()

    async def server(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        if page not in refused:
            refused.add(page)
            return httpx.Response(429, headers={"Retry-After": "45"})
        return await shelf(request)

    assert len(await keys_ahead(server, 3, retries=1, deadline=600)) == 50


async def test_single_calls_go_first() -> None:
    shelf = Shelf(100)
    async with scripted(shelf, max_concurrency=1) as partnero:
        async with partnero.customers.list(limit=LIMIT).prefetch(4) as customers:
            await anext(customers)
            await anyio.sleep(0.5)
            # One page is under way and three wait; the single page goes before those.
            await partnero.customers.list(limit=LIMIT, page=9)
            assert shelf.asked.index(9) == 2


async def test_without_a_block_it_says_what_is_missing() -> None:
    async with scripted(Shelf(1)) as partnero:
        with pytest.raises(TypeError, match="async with"):
            async for _ in partnero.customers.list().prefetch(2):
                pass


async def test_it_runs_once_and_only_in_its_block() -> None:
    async with scripted(Shelf(100)) as partnero:
        ahead = partnero.customers.list(limit=LIMIT).prefetch(2)
        async with ahead as customers:
            await anext(customers)
        with pytest.raises(UsageError, match="left before its end"):
            async for _ in customers:
                pass
        with pytest.raises(UsageError, match="runs once"):
            await ahead.__aenter__()


@pytest.mark.parametrize(("pages", "error"), [(0, ArgumentError), (-1, ArgumentError), ("2", TypeError)])
async def test_bad_numbers_are_refused(pages: Any, error: type[Exception]) -> None:
    async with scripted(Shelf(1)) as partnero:
        with pytest.raises(error, match="pages"):
            partnero.customers.list().prefetch(pages)
