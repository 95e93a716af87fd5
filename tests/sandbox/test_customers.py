"""One customer: created, read, changed, archived, deleted."""

import re
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import add_customer, add_sale, bare_client, keys

pytestmark = pytest.mark.asyncio


async def test_creating_answers_201_with_the_whole_record(api: httpx.AsyncClient) -> None:
    response = await api.post(
        "/customers",
        json={
            "key": "customer_123",
            "partner": {"key": "ref_002"},
            "email": "alice.brown@example.com",
            "name": "Alice",
            "surname": "Brown",
            "tags": ["new"],
        },
    )
    record = response.json()["data"]
    created_at = record.pop("created_at")
    assert response.status_code == 201
    assert response.json()["status"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", created_at)
    assert record == {
        "key": "customer_123",
        "partner": "partner_002",
        "deleted": False,
        "name": "Alice",
        "surname": "Brown",
        "email": "alice.brown@example.com",
        "status": "active",
        "updated_at": created_at,
        "deleted_at": None,
        "tags": [{"value": "new"}],
    }


async def test_only_key_and_partner_are_required(api: httpx.AsyncClient) -> None:
    record = await add_customer(api)
    assert (record["name"], record["surname"], record["email"], record["tags"]) == (None, None, None, [])


@pytest.mark.parametrize(
    "partner", [{"id": "partner_002"}, {"key": "ref_002"}, {"email": "partner_002@example.com"}]
)
async def test_the_partner_is_answered_by_id_however_it_was_named(
    api: httpx.AsyncClient, partner: dict[str, str]
) -> None:
    record = await add_customer(api, partner=partner)
    assert record["partner"] == "partner_002"


@pytest.mark.parametrize(
    "partner", [{"key": "partner_001"}, {"id": "ref_001"}, {"email": "nobody@example.com"}]
)
async def test_an_invalid_partner_is_refused_with_400(
    api: httpx.AsyncClient, partner: dict[str, str]
) -> None:
    response = await api.post("/customers", json={"key": "customer_1", "partner": partner})
    assert response.status_code == 400
    assert response.json() == {"status": 0, "message": "Invalid partner key."}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"key": None}, "key"),
        ({"key": ""}, "key"),
        ({"key": 7}, "key"),
        ({"partner": None}, "partner.key"),
        ({"partner": "ref_001"}, "partner"),
        ({"email": "nobody"}, "email"),
        ({"tags": "new"}, "tags"),
        ({"tags": [{"value": "new"}]}, "tags"),
        ({"name": ["Alice"]}, "name"),
    ],
)
async def test_a_missing_or_ill_typed_field_is_named_in_a_422(
    api: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    body = {"key": "customer_1", "partner": {"key": "ref_001"}, **fields}
    response = await api.post("/customers", json=body)
    refusal = response.json()
    assert response.status_code == 422
    assert refusal["status"] == 0
    assert complaint in refusal["errors"]
    assert refusal["message"] == next(iter(refusal["errors"].values()))[0]


async def test_all_bad_fields_are_named_at_once(api: httpx.AsyncClient) -> None:
    response = await api.post("/customers", json={"email": "x", "tags": 1, "partner": {"key": "ref_001"}})
    assert response.json()["errors"].keys() == {"key", "email", "tags"}


async def test_a_key_that_is_taken_is_refused_with_422(api: httpx.AsyncClient) -> None:
    await add_customer(api, "taken")
    response = await api.post("/customers", json={"key": "taken", "partner": {"key": "ref_001"}})
    assert response.status_code == 422
    assert response.json()["errors"] == {"key": ["The key has already been taken."]}


async def test_several_customers_can_have_one_email_which_then_names_the_oldest(
    api: httpx.AsyncClient,
) -> None:
    for key in ("order_1", "order_2"):
        await add_customer(api, key, email="guest@example.com")
    await add_customer(api, "order_0", email="guest@example.com", created_at="2024-01-01T00:00:00Z")
    assert (await api.get("/customers/guest@example.com")).json()["data"]["key"] == "order_0"
    assert keys(await api.get("/customers:search?email=guest@example.com")) == [
        "order_0",
        "order_1",
        "order_2",
    ]
    sale = await api.post("/transactions", json={"customer": {"email": "guest@example.com"}, "amount": 1})
    assert sale.json()["data"]["customer"] == "order_0"


async def test_emails_are_unique_where_the_sandbox_is_told_so() -> None:
    sandbox = Sandbox(unique_emails=True)
    async with bare_client(sandbox) as api:
        await add_customer(api, "customer_1", email="taken@example.com")
        await add_customer(api, "customer_2")
        body = {"key": "other", "partner": {"key": "ref_001"}, "email": "taken@example.com"}
        responses = [
            await api.post("/customers", json=body),
            await api.put("/customers/customer_2", json={"email": "taken@example.com"}),
        ]
        for response in responses:
            assert response.status_code == 422
            assert response.json()["errors"] == {"email": ["The email has already been taken."]}
        own = await api.put("/customers/customer_1", json={"email": "taken@example.com"})
        assert own.status_code == 200
    sandbox.close()


async def test_a_customer_can_bring_a_first_sale_along(api: httpx.AsyncClient) -> None:
    sale = {"key": "order_1", "amount": 99.99, "action": "sale"}
    record = await add_customer(api, transaction=sale)
    assert (await api.get("/customers/customer_1")).json()["data"] == record
    recorded = (await api.get("/customers/customer_1/transactions")).json()["data"]
    assert [(one["key"], one["amount"], one["rewards"][0]["amount"]) for one in recorded] == [
        ("order_1", 99.99, 29.997)
    ]


@pytest.mark.parametrize("transaction", [None, {}, [], ""])
async def test_a_first_sale_that_is_empty_is_none(api: httpx.AsyncClient, transaction: object) -> None:
    await add_customer(api, transaction=transaction)
    assert (await api.get("/transactions")).json()["data"] == []


@pytest.mark.parametrize(
    ("transaction", "field"),
    [
        ({"key": "order_1"}, "transaction.amount"),
        ({"amount": "much"}, "transaction.amount"),
        ({"amount": 1, "key": 7}, "transaction.key"),
        ("order_1", "transaction"),
        ([{"amount": 1}], "transaction"),
    ],
)
async def test_an_ill_formed_first_sale_leaves_no_customer_behind(
    api: httpx.AsyncClient, transaction: object, field: str
) -> None:
    body = {"key": "customer_1", "partner": {"key": "ref_001"}, "transaction": transaction}
    response = await api.post("/customers", json=body)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}
    assert (await api.get("/customers/customer_1")).status_code == 404


async def test_the_body_of_2022_with_a_nested_customer_still_works(api: httpx.AsyncClient) -> None:
    body = {"partner": {"key": "ref_001"}, "customer": {"key": "customer_1", "name": "Alice"}}
    response = await api.post("/customers", json=body)
    assert response.status_code == 201
    assert response.json()["data"]["name"] == "Alice"


@pytest.mark.parametrize(
    ("url", "status"),
    [("https://yourcompany.com?aff=ref_001", 201), ("https://yourcompany.com?aff=ref_002", 422)],
)
async def test_a_referral_url_must_belong_to_the_partner(
    api: httpx.AsyncClient, url: str, status: int
) -> None:
    body = {"key": "customer_1", "partner": {"key": "ref_001"}, "options": {"referral_url": url}}
    assert (await api.post("/customers", json=body)).status_code == status


async def test_a_customer_is_read_by_key_and_by_email(api: httpx.AsyncClient) -> None:
    record = await add_customer(api, email="alice@example.com")
    by_key = await api.get("/customers/customer_1")
    by_email = await api.get("/customers/alice%40example.com")
    assert by_key.json()["data"] == by_email.json()["data"] == record
    assert by_key.status_code == 200


async def test_a_key_goes_before_an_equal_email_of_somebody_else(api: httpx.AsyncClient) -> None:
    await add_customer(api, "first", email="alice@example.com")
    await add_customer(api, "alice@example.com")
    assert (await api.get("/customers/alice@example.com")).json()["data"]["key"] == "alice@example.com"


async def test_an_unknown_customer_is_404(api: httpx.AsyncClient) -> None:
    response = await api.get("/customers/nobody")
    assert response.status_code == 404
    assert response.json() == {"status": 0, "message": "Customer not found."}


@pytest.mark.parametrize("wrapped", [True, False])
async def test_an_update_by_path_takes_fields_flat_and_wrapped(api: httpx.AsyncClient, wrapped: bool) -> None:
    await add_customer(api, email="old@example.com", tags=["new"])
    fields = {"key": "renamed", "email": "new@example.com", "name": "Amanda", "tags": ["premium", "vip"]}
    response = await api.put("/customers/customer_1", json={"update": fields} if wrapped else fields)
    record = response.json()["data"]
    assert response.status_code == 200
    assert record["tags"] == [{"value": "premium"}, {"value": "vip"}]
    assert {name: record[name] for name in ("key", "email", "name")} == {
        "key": "renamed",
        "email": "new@example.com",
        "name": "Amanda",
    }
    assert (await api.get("/customers/customer_1")).status_code == 404
    assert (await api.get("/customers/renamed")).json()["data"] == record


@pytest.mark.parametrize(
    "body", [{"key": "customer_1", "update": {"name": "Amanda"}}, {"key": "customer_1", "name": "Amanda"}]
)
async def test_an_update_by_body_finds_the_customer_by_key(
    api: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    await add_customer(api)
    response = await api.put("/customers", json=body)
    assert response.status_code == 200
    assert response.json()["data"]["name"] == "Amanda"
    assert response.json()["data"]["key"] == "customer_1"


async def test_an_update_by_body_can_rename_under_update(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    response = await api.put("/customers", json={"key": "customer_1", "update": {"key": "renamed"}})
    assert response.json()["data"]["key"] == "renamed"


async def test_an_update_by_body_needs_a_key_that_exists(api: httpx.AsyncClient) -> None:
    assert (await api.put("/customers", json={"update": {"name": "Amanda"}})).status_code == 422
    assert (await api.put("/customers", json={"key": "nobody", "name": "Amanda"})).status_code == 404


async def test_an_update_leaves_alone_what_is_not_sent(api: httpx.AsyncClient) -> None:
    before = await add_customer(api, name="Alice", surname="Brown", email="a@example.com", tags=["new"])
    after = (await api.put("/customers/customer_1", json={"update": {"name": "Amanda"}})).json()["data"]
    assert {**before, "name": "Amanda"} == {**after, "updated_at": before["updated_at"]}


async def test_null_clears_a_name_but_skips_tags_which_an_empty_list_clears(api: httpx.AsyncClient) -> None:
    await add_customer(api, name="Alice", tags=["new"])
    nulls = await api.put("/customers/customer_1", json={"update": {"name": None, "tags": None}})
    assert (nulls.json()["data"]["name"], nulls.json()["data"]["tags"]) == (None, [{"value": "new"}])
    empty = await api.put("/customers/customer_1", json={"update": {"tags": []}})
    assert empty.json()["data"]["tags"] == []


async def test_a_key_alone_is_no_update(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    response = await api.put("/customers", json={"key": "customer_1"})
    assert response.json()["errors"].keys() == {"update"}


async def test_an_empty_php_array_is_an_empty_object(api: httpx.AsyncClient) -> None:
    assert (await add_customer(api, options=[]))["key"] == "customer_1"
    response = await api.request("POST", "/customers/customer_1/archive", content=b"[]")
    assert response.status_code == 200


@pytest.mark.parametrize("body", [{}, {"update": {}}, {"update": []}, {"update": "name"}, {"unknown": 1}])
async def test_an_update_of_nothing_is_refused(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    await add_customer(api)
    response = await api.put("/customers/customer_1", json=body)
    assert response.status_code == 422
    assert "update" in response.json()["errors"]


async def test_an_update_cannot_take_somebody_elses_key_but_keep_its_own(api: httpx.AsyncClient) -> None:
    await add_customer(api, "customer_1")
    await add_customer(api, "customer_2")
    taken = await api.put("/customers/customer_2", json={"key": "customer_1"})
    assert taken.json()["errors"].keys() == {"key"}
    own = await api.put("/customers/customer_1", json={"key": "customer_1"})
    assert own.status_code == 200


async def test_an_empty_string_is_null_whatever_the_field_is(api: httpx.AsyncClient) -> None:
    empty = dict.fromkeys(("email", "name", "surname", "tags", "created_at", "options", "transaction"), "")
    record = await add_customer(api, **empty)
    assert (record["email"], record["name"], record["tags"]) == (None, None, [])
    fields = ("action", "rewardable", "rewarded", "created_at", "product_id", "discount_amount", "options")
    sale = await add_sale(api, **dict.fromkeys((*fields, "transactions"), ""))
    assert (sale["action"], len(sale["rewards"])) == ("sale", 1)
    changed = await api.put("/customers/customer_1", json={"name": "Alice", "tags": "", "update": ""})
    assert changed.status_code == 422


async def test_archiving_marks_the_customer_and_restoring_unmarks_it(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    archived = await api.post("/customers/customer_1/archive")
    assert (archived.status_code, archived.json()) == (200, {"status": 1})
    record = (await api.get("/customers/customer_1")).json()["data"]
    assert record["deleted"] is True
    assert record["deleted_at"].endswith(".000000Z")
    restored = await api.post("/customers/customer_1/revoke-archive")
    assert (restored.status_code, restored.json()) == (200, {"status": 1})
    record = (await api.get("/customers/customer_1")).json()["data"]
    assert (record["deleted"], record["deleted_at"], record["status"]) == (False, None, "active")


async def test_archiving_twice_and_restoring_what_is_not_archived_are_400(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    early = await api.post("/customers/customer_1/revoke-archive")
    await api.post("/customers/customer_1/archive")
    again = await api.post("/customers/customer_1/archive")
    assert (early.status_code, again.status_code) == (400, 400)
    assert early.json().keys() == again.json().keys() == {"status", "message"}


@pytest.mark.parametrize("action", ["archive", "revoke-archive"])
async def test_archiving_nobody_is_404(api: httpx.AsyncClient, action: str) -> None:
    assert (await api.post(f"/customers/nobody/{action}")).status_code == 404


@pytest.mark.parametrize("form", ["path", "body", "query"])
async def test_deleting_is_for_good_in_every_form(api: httpx.AsyncClient, form: str) -> None:
    await add_customer(api)
    if form == "path":
        response = await api.delete("/customers/customer_1")
    elif form == "body":
        response = await api.request("DELETE", "/customers", json={"key": "customer_1"})
    else:
        response = await api.delete("/customers", params={"key": "customer_1"})
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert (await api.get("/customers/customer_1")).status_code == 404


async def test_deleting_nobody_is_404_and_deleting_without_key_422(api: httpx.AsyncClient) -> None:
    assert (await api.delete("/customers/nobody")).status_code == 404
    assert (await api.request("DELETE", "/customers", json={"key": "nobody"})).status_code == 404
    assert (await api.delete("/customers")).status_code == 422


async def test_deleting_takes_the_transactions_along(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await add_sale(api, key="order_1")
    await api.delete("/customers/customer_1")
    assert (await api.get("/transactions/order_1")).status_code == 404
    partner = (await api.get("/partners/partner_001")).json()["data"]
    assert partner["commissions"]["not_paid"] == []
