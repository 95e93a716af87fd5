"""Sales in refer-a-friend programs: to whom, and what they earn who referred the buyer."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import (
    REFERRAL_API_KEY,
    add_friends,
    add_referral_customer,
    add_referral_sale,
    balance,
    bare_client,
    ids,
    keys,
)

pytestmark = pytest.mark.asyncio

_CREATE = {"create_customer": True}


async def test_a_sale_answers_201_with_referrer_buyer_and_reward(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    sale = {"customer": {"id": "bob"}, "key": "transaction_123", "amount": 99.99, "product_id": "prod_123"}
    response = await friends.post("/transactions", json=sale)
    record = response.json()["data"]
    shared = {
        "key": "transaction_123",
        "action": "sale",
        "customer": "alice",
        "referred_customer": "bob",
        "credit": False,
        "is_currency": True,
        "amount_units": "USD",
        "created_at": record["created_at"],
    }
    assert response.status_code == 201
    assert record == {
        **shared,
        "amount": 99.99,
        "rewards": [
            {**shared, "status": "ok", "amount": 10, "product_type_data": {"product_id": "prod_123"}}
        ],
    }
    assert (await friends.get("/transactions/transaction_123")).json()["data"] == record
    assert (await friends.get("/transactions")).json()["data"] == [record]
    assert await balance(friends) == {"USD": 10}


async def test_a_sale_to_whom_nobody_referred_is_recorded_and_earns_nothing(
    friends: httpx.AsyncClient,
) -> None:
    await add_friends(friends)
    record = await add_referral_sale(friends, "alice")
    assert (record["customer"], record["referred_customer"], record["rewards"]) == (None, "alice", [])
    assert keys(await friends.get("/customers/alice/transactions")) == [record["key"]]


@pytest.mark.parametrize(
    "customer",
    [{"id": "bob"}, {"key": "ref_bob"}, {"email": "bob@example.com"}, {"key": "ref_alice", "id": "bob"}],
)
async def test_the_buyer_is_named_by_id_key_or_email(
    friends: httpx.AsyncClient, customer: dict[str, str]
) -> None:
    await add_friends(friends)
    assert (await add_referral_sale(friends, customer=customer))["referred_customer"] == "bob"


@pytest.mark.parametrize(
    ("fields", "rewards"),
    [
        ({}, [(10, "USD")]),
        ({"amount": 0}, [(10, "USD")]),
        ({"amount_units": "EUR"}, [(10, "USD")]),
        ({"reward": "2.505"}, [(2.505, "USD")]),
        ({"reward": 3, "amount_units": "EUR"}, [(3, "EUR")]),
        ({"reward": 3, "amount": None}, [(3, "USD")]),
        ({"rewardable": False}, []),
        ({"rewarded": True, "reward": 3}, []),
    ],
)
async def test_a_reward_is_the_programs_unless_the_sale_says_otherwise(
    friends: httpx.AsyncClient, fields: dict[str, Any], rewards: list[tuple[float, str]]
) -> None:
    await add_friends(friends)
    record = await add_referral_sale(friends, **fields)
    assert [(reward["amount"], reward["amount_units"]) for reward in record["rewards"]] == rewards
    assert len(await balance(friends)) == len(rewards)


async def test_the_reward_of_a_program_is_the_sandboxs_to_set() -> None:
    sandbox = Sandbox(referral_reward=Decimal("2.50"))
    async with bare_client(sandbox, REFERRAL_API_KEY) as api:
        await add_friends(api)
        await add_referral_sale(api)
        assert (await api.get("/customers/alice/balance")).text.count('"amount":2.50,') == 1
    sandbox.close()


async def test_an_archived_referrer_earns_nothing(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await friends.post("/customers/alice/archive")
    record = await add_referral_sale(friends)
    assert (record["customer"], record["rewards"]) == ("alice", [])
    await friends.post("/customers/alice/revoke-archive")
    assert len((await add_referral_sale(friends))["rewards"]) == 1


async def test_the_same_sale_sent_twice_is_recorded_and_rewarded_twice(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    for _ in range(2):
        await add_referral_sale(friends, key="order_1")
    assert keys(await friends.get("/transactions?key=order_1")) == ["order_1", "order_1"]
    assert await balance(friends) == {"USD": 20}


@pytest.mark.parametrize("form", ["path", "body", "query"])
async def test_deleting_takes_the_reward_back_and_the_oldest_of_several(
    friends: httpx.AsyncClient, form: str
) -> None:
    await add_friends(friends)
    for reward in (1, 2):
        await add_referral_sale(friends, key="order_1", reward=reward)
    if form == "path":
        response = await friends.delete("/transactions/order_1")
    elif form == "body":
        response = await friends.request("DELETE", "/transactions", json={"key": "order_1"})
    else:
        response = await friends.delete("/transactions?key=order_1")
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert keys(await friends.get("/transactions")) == ["order_1"]
    assert await balance(friends) == {"USD": 2}


async def test_deleting_nothing_is_404_and_deleting_without_key_422(friends: httpx.AsyncClient) -> None:
    assert (await friends.delete("/transactions/nothing")).status_code == 404
    assert (await friends.request("DELETE", "/transactions", json={"key": "nothing"})).status_code == 404
    assert (await friends.request("DELETE", "/transactions", json={"key": ""})).status_code == 422
    assert (await friends.get("/transactions/nothing")).status_code == 404


async def test_several_sales_at_once_share_a_buyer(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    sales = [{"key": "order_1", "amount": 1, "action": "sale"}, {"key": "order_2", "amount": 2}]
    body = {"customer": {"key": "ref_bob"}, "options": {}, "transactions": sales}
    response = await friends.post("/transactions", json=body)
    assert response.status_code == 201
    assert [record["key"] for record in response.json()["data"]] == ["order_1", "order_2"]
    assert {record["referred_customer"] for record in response.json()["data"]} == {"bob"}
    assert await balance(friends) == {"USD": 20}


@pytest.mark.parametrize("beside", [True, False])
async def test_a_sale_can_bring_its_buyer_and_its_referrer_along(
    friends: httpx.AsyncClient, beside: bool
) -> None:
    await add_friends(friends)
    referring = {"referring_customer": {"id": "bob"}}
    buyer = {
        "id": "carla",
        "key": "ref_carla",
        "name": "Carla",
        "email": "carla@example.com",
        "tags": ["new"],
    }
    body = {
        "customer": buyer if beside else {**buyer, **referring},
        "options": {"create_customer": True},
        "amount": 5,
        **(referring if beside else {}),
    }
    record = (await friends.post("/transactions", json=body)).json()["data"]
    assert (record["customer"], record["referred_customer"]) == ("bob", "carla")
    created = (await friends.get("/customers/ref_carla")).json()["data"]
    assert (created["name"], created["referring_customer"]["id"]) == ("Carla", "bob")
    # A second sale finds the buyer there, and does not make another one.
    await friends.post("/transactions", json=body)
    assert ids(await friends.get("/customers")) == ["alice", "bob", "carla"]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"amount": None}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"reward": [1]}, "reward"),
        ({"key": 7}, "key"),
        ({"created_at": "soon"}, "created_at"),
        ({"rewardable": "perhaps"}, "rewardable"),
        ({"customer": None}, "customer"),
        ({"customer": "bob"}, "customer"),
        ({"customer": {"id": "nobody"}}, "customer"),
        ({"customer": {"id": "ref_bob"}}, "customer"),
        ({"customer": {"id": 7}}, "customer.id"),
        ({"transactions": []}, "transactions"),
        ({"transactions": [1]}, "transactions"),
        ({"transactions": [{"amount": 1}, {}]}, "transactions.1.amount"),
        ({"options": {"referral_url": "https://yourcompany.com?ref=ref_bob"}}, "options.referral_url"),
        (
            {
                "customer": {"id": "c", "referring_customer": {"id": "nobody"}},
                "options": {"create_customer": 1},
            },
            "customer.referring_customer.id",
        ),
        (
            {"customer": {"id": "c", "key": "ref_bob"}, "options": _CREATE},
            "customer.key",
        ),
        (
            {
                "customer": {"id": "c", "referring_customer": {"id": "c"}},
                "options": {"create_customer": True},
            },
            "customer.referring_customer.id",
        ),
    ],
)
async def test_an_ill_formed_sale_is_422_and_leaves_no_trace(
    friends: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    await add_friends(friends)
    response = await friends.post("/transactions", json={"customer": {"id": "bob"}, "amount": 1, **fields})
    assert response.status_code == 422
    assert complaint in response.json()["errors"]
    assert keys(await friends.get("/transactions")) == []
    assert ids(await friends.get("/customers")) == ["alice", "bob"]


async def test_a_referral_url_must_belong_to_who_referred_the_buyer(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    options = {"referral_url": "https://yourcompany.com?ref=ref_alice"}
    assert len((await add_referral_sale(friends, options=options))["rewards"]) == 1
    body = {"customer": {"id": "alice"}, "amount": 1, "options": options}
    assert (await friends.post("/transactions", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["order_1", "order_2", "order_3"]),
        ("key=order_2", ["order_2"]),
        ("customer_id=bob", ["order_1", "order_2"]),
        ("customer.key=ref_alice", ["order_3"]),
        ("customer[email]=bob@example.com&key=order_1", ["order_1"]),
        ("customer_id=nobody", []),
        ("sort=desc&limit=1", ["order_3"]),
    ],
)
async def test_transactions_are_filtered_by_key_and_buyer(
    friends: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await add_friends(friends)
    for key, buyer in (("order_1", "bob"), ("order_2", "bob"), ("order_3", "alice")):
        await add_referral_sale(friends, buyer, key=key)
    assert keys(await friends.get(f"/transactions?{query}")) == found


@pytest.mark.parametrize("name", ["bob", "ref_bob", "bob@example.com"])
async def test_what_one_customer_bought_is_a_list(friends: httpx.AsyncClient, name: str) -> None:
    await add_friends(friends)
    await add_referral_sale(friends, "bob", key="his")
    await add_referral_sale(friends, "alice", key="hers")
    assert keys(await friends.get(f"/customers/{name}/transactions")) == ["his"]


@pytest.mark.parametrize("action", ["archive", "revoke-archive"])
async def test_a_sale_cannot_be_archived_here(friends: httpx.AsyncClient, action: str) -> None:
    await add_friends(friends)
    await add_referral_sale(friends, key="order_1")
    assert (await friends.post(f"/transactions/order_1/{action}")).status_code == 404


async def test_a_new_customer_can_bring_a_first_sale_along(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    sale = {"key": "order_1", "amount": 20, "action": "sale"}
    referring = {"id": "alice"}
    record = await add_referral_customer(friends, "carla", referring_customer=referring, transaction=sale)
    assert record["referring_customer"]["id"] == "alice"
    assert keys(await friends.get("/customers/carla/transactions")) == ["order_1"]
    assert await balance(friends) == {"USD": 10}


async def test_back_dated_sales_are_listed_by_their_date(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await add_referral_sale(friends, key="now")
    await add_referral_sale(friends, key="then", created_at=1704067200)
    assert keys(await friends.get("/transactions")) == ["then", "now"]
