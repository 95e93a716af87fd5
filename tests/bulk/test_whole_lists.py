"""Lists of many items: each whole, or failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    DeadlineError,
    Done,
    Failed,
    ResponseError,
    ServerError,
)
from partnero_async.lists import Pager
from partnero_async.records import Transaction

from ..servers import scripted

pytestmark = pytest.mark.anyio

PAGES = {"none": 0, "one": 1, "three": 3, "breaks": 3, "breaks_at_once": 3, "slow": 3}


async def serve(request: httpx.Request) -> httpx.Response:
    """So many pages of the customer, as its key says, with two sales on each."""
    key, page = request.url.path.split("/")[-2], int(request.url.params["page"])
    await anyio.sleep(4 if key == "slow" else 0.1)
    if (key, page) in (("breaks", 2), ("breaks_at_once", 1)):
        return httpx.Response(500)
    data = [{"key": f"{key}_{page}_{n}", "amount": 1} for n in range(2 if PAGES[key] else 0)]
    link = f"https://api.partnero.com/v1/any?page={page + 1}" if page < PAGES[key] else None
    return httpx.Response(200, json={"data": data, "links": {"next": link}})


def plainly(partnero: AsyncPartnero) -> Callable[[str], Any]:
    return partnero.customers.transactions


def within_a_function(partnero: AsyncPartnero) -> Callable[[str], Any]:
    async def call(key: str) -> Pager[Transaction]:
        await anyio.sleep(0.1)
        return partnero.customers.transactions(key)

    return call


async def whole(
    *keys: str, how: Callable[[AsyncPartnero], Any] = plainly, most: Any = 10_000, **settings: Any
) -> list[Any]:
    async with scripted(serve, retries=0, **settings) as partnero:
        async with partnero.bulk(how(partnero), keys, ordered=True, most=most) as outcomes:
            return [outcome async for outcome in outcomes]


@pytest.mark.parametrize("how", [plainly, within_a_function])
async def test_a_call_that_lists_gives_the_whole_list_of_each_item(how: Any) -> None:
    outcomes = await whole("three", "none", "one", how=how)
    assert [type(outcome) for outcome in outcomes] == [Done] * 3
    assert [type(outcome.value) for outcome in outcomes] == [tuple] * 3
    assert [[sale.key for sale in outcome.value] for outcome in outcomes] == [
        [f"three_{page}_{n}" for page in (1, 2, 3) for n in range(2)],
        [],
        ["one_1_0", "one_1_1"],
    ]


@pytest.mark.parametrize("how", [plainly, within_a_function])
async def test_a_list_of_which_a_page_fails_is_failed(how: Any) -> None:
    outcomes = await whole("breaks", "one", "breaks_at_once", how=how)
    assert [type(outcome) for outcome in outcomes] == [Failed, Done, Failed]
    assert [type(outcomes[n].error) for n in (0, 2)] == [ServerError] * 2


@pytest.mark.parametrize(("most", "kind"), [(1, Failed), (5, Failed), (6, Done), (None, Done)])
async def test_a_list_with_more_than_most_records_is_failed_and_never_cut(most: Any, kind: Any) -> None:
    (outcome,) = await whole("three", most=most)
    assert type(outcome) is kind
    if kind is Failed:
        assert type(outcome.error) is ResponseError
        assert f"most={most}" in str(outcome.error)


async def test_each_page_has_a_deadline_of_its_own() -> None:
    (outcome,) = await whole("slow", deadline=5)
    assert len(outcome.value) == 6
    (outcome,) = await whole("slow", deadline=3)
    assert type(outcome.error) is DeadlineError


@pytest.mark.parametrize(("most", "error"), [(0, ArgumentError), ("5", TypeError)])
async def test_bad_numbers_of_most_are_refused(most: Any, error: type[Exception]) -> None:
    async with scripted(serve) as partnero:
        with pytest.raises(error, match="most"):
            partnero.bulk(partnero.customers.transactions, ["one"], most=most)
