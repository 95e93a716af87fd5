"""Customers of affiliate programs: what is sent for each action, and what comes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx

from partnero_async import ArgumentError, AsyncPartnero, BadRequestError, NotFoundError, Ref, ValidationError
from partnero_async.sandbox import Sandbox

from ..servers import partnero_of

BASE = "https://api.partnero.com/v1"

pytestmark = pytest.mark.asyncio


def body_of(route: respx.Route) -> Any:
    return json.loads(route.calls.last.request.content, parse_float=Decimal)


@pytest.fixture
def api() -> Any:
    with respx.mock(base_url=BASE) as router:
        yield router


CUSTOMER = {"data": {"key": "customer_123"}, "status": 1}


async def test_what_is_unset_is_not_sent_and_none_is_sent_as_null(api: respx.Router) -> None:
    route = api.post("/customers").respond(201, json=CUSTOMER)
    async with AsyncPartnero("key") as partnero:
        await partnero.customers.create(key="a", partner=Ref(id="p"), name=None, tags=())
    assert body_of(route) == {"key": "a", "partner": {"id": "p"}, "name": None, "tags": []}


async def test_a_referral_url_goes_into_the_options(api: respx.Router) -> None:
    route = api.post("/customers").respond(201, json=CUSTOMER)
    async with AsyncPartnero("key") as partnero:
        await partnero.customers.create(
            key="a", partner=Ref(email="p@q.co"), referral_url="https://x.y?aff=z"
        )
    assert body_of(route)["options"] == {"referral_url": "https://x.y?aff=z"}
    assert body_of(route)["partner"] == {"email": "p@q.co"}


async def test_update_by_ref_names_the_customer_in_the_body(api: respx.Router) -> None:
    route = api.put("/customers").respond(json=CUSTOMER)
    async with AsyncPartnero("key") as partnero:
        await partnero.customers.update(Ref(key="a"), new_key="b", tags=None)
    assert body_of(route) == {"key": "a", "update": {"key": "b", "tags": None}}


@pytest.mark.parametrize("answer", [httpx.Response(204), httpx.Response(202, json={"status": 1})])
async def test_any_2xx_is_success_where_nothing_is_returned(
    api: respx.Router, answer: httpx.Response
) -> None:
    api.post("/customers/a/archive").mock(return_value=answer)
    async with AsyncPartnero("key") as partnero:
        await partnero.customers.archive("a")


async def test_search_asks_by_one_identifier(api: respx.Router) -> None:
    route = api.get("/customers:search").respond(json={"data": [], "status": 1})
    async with AsyncPartnero("key") as partnero:
        assert len(await partnero.customers.search(email="a@b.co", limit=10)) == 0
    assert dict(route.calls.last.request.url.params) == {"limit": "10", "page": "1", "email": "a@b.co"}


async def test_bad_arguments_are_refused_before_anything_is_sent(api: respx.Router) -> None:
    async with AsyncPartnero("key") as partnero:
        customers = partnero.customers
        for key in ("", " \t", ".", "..", "\ud800"):
            for call in (customers.get, customers.delete, customers.archive, customers.unarchive):
                with pytest.raises(ArgumentError):
                    await call(key)
        for key in (None, 5, b"a"):
            with pytest.raises(TypeError):
                await customers.get(key)  # type: ignore[arg-type]
        with pytest.raises(ArgumentError):
            await customers.create(key="", partner=Ref(key="r"))
        with pytest.raises(TypeError):
            await customers.create(key="a", partner=Ref(key="r"), tags="new")
        for not_a_ref in ("ref_001", None, {"key": "r"}):
            with pytest.raises(TypeError, match="must be a Ref"):
                await customers.create(key="a", partner=not_a_ref)  # type: ignore[arg-type]
        for who in ({}, {"email": "a@b.co", "key": "a"}, {"id": " "}):
            with pytest.raises(ArgumentError):
                customers.search(**who)
        with pytest.raises(TypeError, match="Options"):
            await customers.get("a", options={"timeout": 3})  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match="nothing to update"):
            await customers.update("a")
        with pytest.raises(ArgumentError, match="by key"):
            await customers.update(Ref(email="a@b.co"), name="x")
        with pytest.raises(ArgumentError, match="by key"):
            await customers.delete(Ref(id="a"))
    assert not api.calls


# Against the sandbox: the life of a customer.


async def test_the_life_of_a_customer(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        made = await partnero.customers.create(
            key="user_7", email="a@b.co", partner=Ref(key="ref_001"), tags=["new", "vip"]
        )
        assert made.partner == "partner_001"
        assert {tag.value for tag in made.tags or ()} == {"new", "vip"}
        assert await partnero.customers.get("user_7") == made

        changed = await partnero.customers.update("user_7", name="Ann", tags=())
        assert (changed.name, changed.tags, changed.email) == ("Ann", (), "a@b.co")
        renamed = await partnero.customers.update(Ref(key="user_7"), new_key="user_8")
        assert renamed.key == "user_8"

        await partnero.customers.archive("user_8")
        assert (await partnero.customers.get("user_8")).deleted is True
        with pytest.raises(BadRequestError, match="already archived"):
            await partnero.customers.archive("user_8")
        await partnero.customers.unarchive("user_8")
        with pytest.raises(BadRequestError):
            await partnero.customers.unarchive("user_8")

        await partnero.customers.delete("user_8")
        for call in (partnero.customers.get, partnero.customers.delete, partnero.customers.archive):
            with pytest.raises(NotFoundError):
                await call("user_8")


async def test_list_items_lack_status_and_tags(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        (listed, *_) = await partnero.customers.list(limit=10)
        got = await partnero.customers.get(listed.key)
    assert listed.status is None
    assert listed.tags is None
    assert got.status is not None
    assert got.tags is not None
    assert listed.email == got.email


async def test_all_pages_of_one_partner_are_listed(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        everybody = [customer async for customer in partnero.customers.list(limit=7)]
        theirs = [c.key async for c in partnero.customers.list(partner=Ref(key="ref_001"), limit=2)]
        newest = await partnero.customers.list(sort="desc", limit=1)
    assert len({customer.key for customer in everybody}) == 50
    assert theirs == [customer.key for customer in everybody if customer.partner == "partner_001"]
    assert newest.items[0].key == "customer_000050"


async def test_search_finds_by_email(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        (found,) = await partnero.customers.search(email="customer_000003@example.com")
    assert found.key == "customer_000003"


async def test_a_taken_key_and_an_unknown_partner_are_told_apart(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        with pytest.raises(ValidationError) as taken:
            await partnero.customers.create(key="customer_000001", partner=Ref(key="ref_001"))
        assert "key" in taken.value.errors
        with pytest.raises(BadRequestError):
            await partnero.customers.create(key="new", partner=Ref(key="nobody"))


AWKWARD = [
    "a/b", "a?b#c", "%2F", "100%25", "in side", "emoji 😀", "x" * 2000, "a@b.co", "a:b", "a+b", "a&b=c",
    "...", "~", "ключ", "a\\b", "semi;colon", "quote'\"", "tab\there", "customers:search",
]  # fmt: skip


@pytest.mark.parametrize("key", AWKWARD)
async def test_awkward_keys_reach_exactly_their_record(sandbox: Sandbox, key: str) -> None:
    async with partnero_of(sandbox) as partnero:
        await partnero.customers.create(key=key, partner=Ref(key="ref_001"), name="it")
        await partnero.customers.update(key, surname="me")
        got = await partnero.customers.get(key)
        assert (got.key, got.name, got.surname) == (key, "it", "me")
        await partnero.customers.delete(key)
        with pytest.raises(NotFoundError):
            await partnero.customers.get(key)


async def test_a_sale_shows_among_the_customers_transactions(sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        await partnero.customers.create(key="buyer", partner=Ref(key="ref_001"))
        before = datetime.now(UTC).replace(microsecond=0)
        sold = await partnero.transactions.create(
            key="order_1", amount=Decimal("99.99"), customer=Ref(key="buyer")
        )
        sales = [sale async for sale in partnero.customers.transactions("buyer", limit=10)]
    assert sales == [sold]
    assert sold.amount == Decimal("99.99")
    assert sold.rewards[0].amount == Decimal("29.997")
    assert sold.created_at is not None
    assert sold.created_at.tzinfo is UTC
    assert before <= sold.created_at <= datetime.now(UTC)
