"""Refer-a-friend customers: who they are, who referred them, and what that earned."""

import re
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
)

pytestmark = pytest.mark.asyncio


async def _customer(api: httpx.AsyncClient, name: str) -> Any:
    response = await api.get(f"/customers/{name}")
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def test_creating_answers_201_with_the_whole_record(friends: httpx.AsyncClient) -> None:
    body = {
        "id": "customer_123",
        "key": "ref_123",
        "email": "alice.brown@example.com",
        "name": "Alice",
        "surname": "Brown",
        "metadata": {"date_of_birth": "1990-02-28"},
    }
    response = await friends.post("/customers", json=body)
    record = response.json()["data"]
    created_at = record.pop("created_at")
    assert response.status_code == 201
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", created_at)
    assert record == {
        "email": "alice.brown@example.com",
        "updated_at": created_at,
        "id": "customer_123",
        "name": "Alice",
        "surname": "Brown",
        "approved": True,
        "status": "active",
        "referring_customer": None,
        "referrals_count": 0,
        "metadata": {"date_of_birth": "1990-02-28"},
        "referral_link": "https://yourcompany.com?ref=ref_123",
        "referral_links": ["https://yourcompany.com?ref=ref_123"],
        "custom_fields": {},
    }


async def test_nothing_is_required_and_id_and_key_are_made_up_apart(friends: httpx.AsyncClient) -> None:
    records = [(await friends.post("/customers", json={})).json()["data"] for _ in range(2)]
    links = [record["referral_link"].partition("?ref=")[2] for record in records]
    names = [*(record["id"] for record in records), *links]
    assert all(names)
    assert len(set(names)) == 4
    assert records[0]["metadata"] == {"date_of_birth": None}
    assert records[0]["email"] is None


@pytest.mark.parametrize("referring", [{"id": "alice"}, {"key": "ref_alice"}, {"email": "alice@example.com"}])
async def test_who_referred_is_named_by_id_key_or_email_and_answered_whole(
    friends: httpx.AsyncClient, referring: dict[str, str]
) -> None:
    await add_referral_customer(friends, "alice", email="alice@example.com", name="Alice", surname="Brown")
    record = await add_referral_customer(friends, "bob", referring_customer=referring)
    assert record["referring_customer"] == {
        "id": "alice",
        "key": "ref_alice",
        "email": "alice@example.com",
        "name": "Alice",
        "surname": "Brown",
    }
    assert (await _customer(friends, "alice"))["referrals_count"] == 1


async def test_of_an_id_and_a_key_the_id_wins(friends: httpx.AsyncClient) -> None:
    for name in ("alice", "carla"):
        await add_referral_customer(friends, name)
    both = {"key": "ref_carla", "id": "alice"}
    record = await add_referral_customer(friends, "bob", referring_customer=both)
    assert record["referring_customer"]["id"] == "alice"


@pytest.mark.parametrize("referring", [None, {}, [], "", {"id": None}, {"id": ""}])
async def test_a_referrer_that_is_empty_is_nobody(friends: httpx.AsyncClient, referring: object) -> None:
    assert (await add_referral_customer(friends, "bob", referring_customer=referring))[
        "referring_customer"
    ] is None


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"id": 7}, "id"),
        ({"key": ["x"]}, "key"),
        ({"email": "nobody"}, "email"),
        ({"name": {"first": "Bob"}}, "name"),
        ({"surname": True}, "surname"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"metadata": "1990-02-28"}, "metadata"),
        ({"metadata": {"date_of_birth": "1990-02-30"}}, "metadata.date_of_birth"),
        ({"metadata": {"date_of_birth": 636163200}}, "metadata.date_of_birth"),
        ({"referring_customer": "alice"}, "referring_customer"),
        ({"referring_customer": ["alice"]}, "referring_customer"),
        ({"referring_customer": {"id": 7}}, "referring_customer.id"),
        ({"referring_customer": {"id": "nobody"}}, "referring_customer.id"),
        ({"referring_customer": {"id": "ref_alice"}}, "referring_customer.id"),
        ({"referring_customer": {"key": "alice"}}, "referring_customer.key"),
        ({"referring_customer": {"email": "nobody@example.com"}}, "referring_customer.email"),
        ({"referring_customer": {"id": "nobody", "key": "ref_alice"}}, "referring_customer.id"),
        # Nobody refers themselves: when they are looked for, they are not there yet.
        ({"id": "bob", "referring_customer": {"id": "bob"}}, "referring_customer.id"),
        ({"key": "ref_bob", "referring_customer": {"key": "ref_bob"}}, "referring_customer.key"),
        ({"id": "alice"}, "id"),
        ({"key": "ref_alice"}, "key"),
        ({"id": "ref_alice"}, "id"),
        ({"key": "alice"}, "key"),
        ({"transaction": {"amount": "much"}}, "transaction.amount"),
    ],
)
async def test_an_ill_formed_or_taken_field_is_named_in_a_422_and_nobody_is_added(
    friends: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    await add_referral_customer(friends, "alice")
    response = await friends.post("/customers", json=fields)
    assert response.status_code == 422
    assert complaint in response.json()["errors"]
    assert ids(await friends.get("/customers")) == ["alice"]


async def test_ones_own_id_can_be_ones_key(friends: httpx.AsyncClient) -> None:
    record = await add_referral_customer(friends, "alice", key="alice")
    assert record["referral_link"].endswith("?ref=alice")
    response = await friends.put("/customers/alice", json={"key": "alice", "name": "Alice"})
    assert response.status_code == 200


async def test_a_path_takes_the_id_else_the_key_else_the_email(friends: httpx.AsyncClient) -> None:
    await add_referral_customer(friends, "alice", email="bob@example.com")
    record = await add_referral_customer(friends, "bob@example.com", email="bob@example.org")
    for name in ("bob@example.com", "ref_bob@example.com", "bob%40example.org"):
        assert await _customer(friends, name) == record
    assert (await friends.get("/customers/nobody")).json() == {"status": 0, "message": "Customer not found."}


async def test_any_key_of_a_customer_names_it(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await friends.post("/customer_referral_links", json={"key": "summer", "customer": {"id": "alice"}})
    assert (await _customer(friends, "summer"))["id"] == "alice"
    record = await add_referral_customer(friends, "carla", referring_customer={"key": "summer"})
    # Which of several keys was used is not remembered.
    assert record["referring_customer"]["key"] == "ref_alice"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["alice", "bob", "carla"]),
        ("refer_status=", ["alice", "bob", "carla"]),
        ("refer_status=referred", ["bob", "carla"]),
        ("refer_status=non_referred", ["alice"]),
        ("refer_status=referred&sort=desc&limit=1", ["carla"]),
    ],
)
async def test_a_list_is_narrowed_to_who_was_referred_or_was_not(
    friends: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await add_friends(friends)
    await add_referral_customer(friends, "carla", referring_customer={"id": "bob"})
    response = await friends.get(f"/customers?{query}")
    assert ids(response) == found
    assert response.json()["data"][0].keys() == (await _customer(friends, "alice")).keys()


@pytest.mark.parametrize("status", ["perhaps", 1, ["referred"]])
async def test_another_refer_status_is_422(friends: httpx.AsyncClient, status: object) -> None:
    response = await friends.request("GET", "/customers", json={"refer_status": status})
    assert response.json()["errors"].keys() == {"refer_status"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id=bob", ["bob"]),
        ("key=ref_bob", ["bob"]),
        ("email=bob@example.com", ["bob"]),
        ("key=bob", []),
        ("id=ref_bob", []),
        ("email=&id=alice", ["alice"]),
    ],
)
async def test_a_search_is_by_email_id_or_key(
    friends: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await add_friends(friends)
    assert ids(await friends.get(f"/customers:search?{query}")) == found


async def test_a_search_for_nothing_is_422(friends: httpx.AsyncClient) -> None:
    assert (await friends.get("/customers:search?name=bob")).status_code == 422


@pytest.mark.parametrize("name", ["alice", "ref_alice", "alice@example.com"])
@pytest.mark.parametrize("wrapped", [True, False])
async def test_an_update_by_path_takes_fields_flat_and_wrapped(
    friends: httpx.AsyncClient, name: str, wrapped: bool
) -> None:
    await add_friends(friends)
    fields = {"email": "amanda@example.com", "name": "Amanda", "metadata": {"date_of_birth": "1990-02-28"}}
    response = await friends.put(f"/customers/{name}", json={"update": fields} if wrapped else fields)
    record = response.json()["data"]
    assert response.status_code == 200
    assert {field: record[field] for field in fields} == fields
    assert record["surname"] == "Brown"
    assert await _customer(friends, "alice") == record


@pytest.mark.parametrize(
    "body",
    [
        {"id": "alice", "update": {"name": "Amanda"}},
        {"key": "ref_alice", "update": {"name": "Amanda"}},
        {"email": "alice@example.com", "name": "Amanda"},
        {"id": "alice", "name": "Amanda", "key": "amanda", "email": "amanda@example.com"},
    ],
)
async def test_an_update_by_body_finds_the_customer_by_id_key_or_email(
    friends: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    await add_friends(friends)
    response = await friends.put("/customers", json=body)
    assert response.status_code == 200
    assert (await _customer(friends, "alice"))["name"] == "Amanda"


async def test_a_new_key_is_the_one_of_the_default_link(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    record = (await friends.put("/customers/alice", json={"key": "amanda"})).json()["data"]
    assert record["referral_links"] == ["https://yourcompany.com?ref=amanda"]
    assert (await friends.get("/customers/ref_alice")).status_code == 404
    assert (await _customer(friends, "bob"))["referring_customer"]["key"] == "amanda"


async def test_null_clears_a_field_and_what_is_not_sent_stays(friends: httpx.AsyncClient) -> None:
    born = {"date_of_birth": "1990-02-28"}
    await add_referral_customer(friends, "alice", name="Alice", email="a@example.com", metadata=born)
    kept = (await friends.put("/customers/alice", json={"name": "", "metadata": {}})).json()["data"]
    assert (kept["name"], kept["email"], kept["metadata"]) == (None, "a@example.com", born)
    cleared = await friends.put("/customers/alice", json={"email": None, "metadata": {"date_of_birth": ""}})
    assert cleared.json()["data"]["email"] is None
    assert cleared.json()["data"]["metadata"] == {"date_of_birth": None}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "update"),
        ({"update": {}}, "update"),
        ({"update": "name"}, "update"),
        ({"referring_customer": {"id": "alice"}}, "update"),
        ({"key": None}, "key"),
        ({"key": "ref_bob"}, "key"),
        ({"key": "bob"}, "key"),
        ({"email": "nobody"}, "email"),
        ({"metadata": {"date_of_birth": "soon"}}, "metadata.date_of_birth"),
    ],
)
async def test_an_update_that_cannot_be_is_422_and_changes_nothing(
    friends: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    await add_friends(friends)
    before = await _customer(friends, "alice")
    response = await friends.put("/customers/alice", json=fields)
    assert response.status_code == 422
    assert complaint in response.json()["errors"]
    assert await _customer(friends, "alice") == before


async def test_an_update_by_body_needs_somebody_who_exists(friends: httpx.AsyncClient) -> None:
    assert (await friends.put("/customers", json={"name": "Amanda"})).status_code == 422
    assert (await friends.put("/customers", json={"id": "nobody", "name": "Amanda"})).status_code == 404
    assert (await friends.put("/customers/nobody", json={"name": "Amanda"})).status_code == 404


async def test_archiving_and_restoring_show_in_the_status_and_fail_twice(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    assert (await friends.post("/customers/ref_alice/revoke-archive")).status_code == 400
    archived = await friends.post("/customers/ref_alice/archive")
    assert (archived.status_code, archived.json()) == (200, {"status": 1})
    assert (await _customer(friends, "alice"))["status"] == "deleted"
    assert (await friends.post("/customers/alice/archive")).status_code == 400
    assert (await friends.post("/customers/alice/revoke-archive")).json() == {"status": 1}
    assert (await _customer(friends, "alice"))["status"] == "active"
    assert ids(await friends.get("/customers")) == ["alice", "bob"]


@pytest.mark.parametrize("name", ["alice", "ref_alice", "alice@example.com"])
async def test_deleting_removes_what_hangs_on_a_customer_and_keeps_whom_it_referred(
    friends: httpx.AsyncClient, name: str
) -> None:
    await add_friends(friends)
    await add_referral_sale(friends, "alice", key="hers")
    await add_referral_sale(friends, "bob", key="his")
    response = await friends.delete(f"/customers/{name}")
    assert (response.status_code, response.json()) == (200, {"status": 1})
    for path in ("/customers/alice", "/customers/ref_alice", "/customer_referral_links/ref_alice"):
        assert (await friends.get(path)).status_code == 404
    assert (await _customer(friends, "bob"))["referring_customer"] is None
    sales = (await friends.get("/transactions")).json()["data"]
    assert [(sale["key"], sale["customer"], sale["rewards"]) for sale in sales] == [("his", None, [])]
    assert (await friends.delete("/customers/alice")).status_code == 404
    again = await add_referral_customer(friends, "alice")
    assert again["referrals_count"] == 0
    assert await balance(friends) == {}


async def test_deleting_a_referred_customer_takes_its_rewards_back(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await add_referral_sale(friends)
    await friends.delete("/customers/bob")
    assert await balance(friends) == {}
    assert (await _customer(friends, "alice"))["referrals_count"] == 0


async def test_referrals_are_a_list_of_customers(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await add_referral_customer(friends, "carla", referring_customer={"id": "alice"})
    await add_referral_customer(friends, "dmitri", referring_customer={"id": "carla"})
    page = await friends.get("/customers/ref_alice/referrals?limit=1")
    assert page.json()["data"] == [await _customer(friends, "bob")]
    assert page.json()["links"]["next"].endswith("/customers/ref_alice/referrals?page=2")
    assert ids(await friends.get("/customers/alice/referrals")) == ["bob", "carla"]
    assert ids(await friends.get("/customers/bob/referrals")) == []


async def test_stats_count_what_the_referred_bought(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await add_referral_customer(friends, "carla", referring_customer={"id": "alice"})
    await add_referral_sale(friends, "alice", amount=1)
    for amount in (20, 30):
        await add_referral_sale(friends, amount=amount)
    await add_referral_sale(friends, amount=5, amount_units="eur", reward=2)
    await friends.post("/customers/alice/balance/credit", json={"amount": 15})
    response = await friends.get("/customers/alice/stats")
    assert response.json() == {
        "data": {
            "clicks": 0,
            "referrals_count": 2,
            "revenue": [{"currency": "USD", "amount": 50}, {"currency": "EUR", "amount": 5}],
            "sales_count": 3,
            "paid_accounts": 1,
            "rewards": [{"currency": "USD", "amount": 20}, {"currency": "EUR", "amount": 2}],
        },
        "status": 1,
    }


async def test_a_balance_comes_with_its_customer_by_kind_and_currency(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    for _ in range(2):
        await add_referral_sale(friends)
    await add_referral_sale(friends, amount_units="eur", reward="0.5")
    response = await friends.get("/customers/alice/balance")
    assert response.json() == {
        "data": {
            "customer": await _customer(friends, "alice"),
            "balance": {
                "currency": [
                    {"amount": 20, "amount_units": "USD", "is_currency": True},
                    {"amount": 0.5, "amount_units": "EUR", "is_currency": True},
                ]
            },
        },
        "status": 1,
    }


async def test_a_balance_in_which_nothing_ever_was_is_an_empty_array(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    assert (await friends.get("/customers/alice/balance")).json()["data"]["balance"] == []


async def test_credits_lower_the_balance_of_their_currency_down_to_nothing(
    friends: httpx.AsyncClient,
) -> None:
    await add_friends(friends)
    await add_referral_sale(friends)
    await add_referral_sale(friends, amount_units="EUR", reward=3)
    credit = {"amount": "2.5", "is_currency": True, "amount_units": "usd"}
    response = await friends.post("/customers/alice/balance/credit", json=credit)
    assert response.status_code == 200
    assert response.json() == (await friends.get("/customers/alice/balance")).json()
    assert await balance(friends) == {"USD": Decimal("7.5"), "EUR": 3}
    await friends.post("/customers/alice/balance/credit", json={"amount": "7.5"})
    assert await balance(friends) == {"USD": 0, "EUR": 3}


@pytest.mark.parametrize(
    ("credit", "complaint"),
    [
        ({}, "amount"),
        ({"amount": ""}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": "10.01"}, "amount"),
        ({"amount": "1e31"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "Infinity"}, "amount"),
        ({"amount": "ten"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": [1]}, "amount"),
        ({"amount": {"usd": 1}}, "amount"),
        ({"amount": 1, "amount_units": "eur"}, "amount"),
        ({"amount": 1, "amount_units": 7}, "amount_units"),
        ({"amount": 1, "is_currency": False}, "amount"),
        ({"amount": 1, "is_currency": "perhaps"}, "is_currency"),
    ],
)
async def test_a_credit_of_more_than_there_is_or_of_no_amount_is_422(
    friends: httpx.AsyncClient, credit: dict[str, Any], complaint: str
) -> None:
    await add_friends(friends)
    await add_referral_sale(friends)
    response = await friends.post("/customers/alice/balance/credit", json=credit)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}
    assert await balance(friends) == {"USD": 10}


async def test_a_number_that_json_does_not_have_is_no_credit(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    response = await friends.post("/customers/alice/balance/credit", content=b'{"amount": NaN}')
    assert response.status_code == 400


async def test_a_refund_of_what_was_credited_leaves_a_debt(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await add_referral_sale(friends, key="order_1")
    await friends.post("/customers/alice/balance/credit", json={"amount": 10})
    await friends.delete("/transactions/order_1")
    assert await balance(friends) == {"USD": -10}
    assert (await friends.post("/customers/alice/balance/credit", json={"amount": 1})).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "referrals"),
        ("GET", "stats"),
        ("GET", "balance"),
        ("GET", "transactions"),
        ("GET", "referral_links"),
        ("POST", "balance/credit"),
        ("POST", "archive"),
        ("POST", "revoke-archive"),
    ],
)
async def test_of_nobody_everything_is_404(friends: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await friends.request(method, f"/customers/nobody/{path}")).status_code == 404


async def test_an_invitation_makes_a_customer_once(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    body = {"email": "carla@example.com", "name": "Carla", "personalization": {"greeting": "Hello"}}
    response = await friends.post("/customers:invite", json=body)
    assert response.status_code == 201
    record = response.json()["data"]
    assert (record["name"], record["referring_customer"]) == ("Carla", None)
    again = await friends.post("/customers:invite", json=body)
    assert (again.status_code, again.json()["data"]) == (200, record)
    assert len(ids(await friends.get("/customers"))) == 3


async def test_who_is_invited_can_be_referred(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    body = {"email": "carla@example.com", "id": "carla", "referring_customer": {"id": "bob"}}
    record = (await friends.post("/customers:invite", json=body)).json()["data"]
    assert (record["id"], record["referring_customer"]["id"]) == ("carla", "bob")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"id": "alice"}, "id"),
        ({"personalization": "Hello"}, "personalization"),
        ({"personalization": {"greeting": 7}}, "personalization.greeting"),
        ({"referring_customer": {"id": "nobody"}}, "referring_customer.id"),
    ],
)
async def test_an_ill_formed_invitation_is_422(
    friends: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    await add_friends(friends)
    response = await friends.post("/customers:invite", json={"email": "carla@example.com", **fields})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}


async def test_several_customers_can_have_one_email_which_then_names_the_oldest(
    friends: httpx.AsyncClient,
) -> None:
    for order in ("order_1", "order_2"):
        await add_referral_customer(friends, order, email="guest@example.com")
    assert (await _customer(friends, "guest@example.com"))["id"] == "order_1"
    assert ids(await friends.get("/customers:search?email=guest@example.com")) == ["order_1", "order_2"]


async def test_emails_are_unique_where_the_sandbox_is_told_so() -> None:
    sandbox = Sandbox(unique_emails=True)
    async with bare_client(sandbox, REFERRAL_API_KEY) as api:
        await add_friends(api)
        for method, path in (("POST", "/customers"), ("PUT", "/customers/bob")):
            response = await api.request(method, path, json={"email": "alice@example.com"})
            assert response.status_code == 422
            assert response.json()["errors"].keys() == {"email"}
        own = await api.put("/customers/bob", json={"email": "bob@example.com"})
        assert own.status_code == 200
    sandbox.close()


async def test_programs_do_not_see_each_others_customers() -> None:
    sandbox = Sandbox(api_keys={"one": "referral", "two": "referral", "three": "affiliate"})
    async with (
        bare_client(sandbox, "one") as one,
        bare_client(sandbox, "two") as two,
        bare_client(sandbox, "three") as three,
    ):
        await add_friends(one)
        assert ids(await two.get("/customers")) == []
        assert (await two.get("/customers/alice")).status_code == 404
        referring = {"referring_customer": {"id": "alice"}}
        assert (await two.post("/customers", json=referring)).status_code == 422
        await add_friends(two)
        assert (await three.get("/customers/alice")).status_code == 404
        assert (await three.get("/customers/alice/balance")).status_code == 404
    sandbox.close()
