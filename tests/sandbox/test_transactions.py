"""Sales: what they record, what they pay, and that sending one twice pays twice."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.nouns import rewards
from partnero_async.sandbox.replies import Refusal

from .clients import add_customer, add_sale, bare_client, keys

pytestmark = pytest.mark.asyncio


async def test_a_sale_answers_201_with_its_reward_unrounded(api: httpx.AsyncClient) -> None:
    await add_customer(api, "customer_123")
    response = await api.post(
        "/transactions",
        json={
            "customer": {"key": "customer_123"},
            "key": "transaction_123",
            "amount": 99.99,
            "product_id": "prod_123",
            "product_type": "monthly",
            "action": "sale",
        },
    )
    record = response.json(parse_float=Decimal)["data"]
    assert response.status_code == 201
    created_at = record.pop("created_at")
    shared = {
        "key": "transaction_123",
        "action": "sale",
        "partner": "partner_001",
        "customer": "customer_123",
        "credit": False,
        "is_currency": True,
        "amount_units": "USD",
        "deleted_at": None,
    }
    assert record == {
        **shared,
        "amount": Decimal("99.99"),
        "rewards": [
            {
                **shared,
                "status": "ok",
                "created_at": created_at,
                "amount": Decimal("29.997"),
                "product_type_data": {"product_id": "prod_123", "product_type": "monthly"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("amount", "commission"),
    [
        ("0.1", "0.03"),
        ("10", "3"),
        ("1000", "300"),
        ("0.3333333333333333333333333333", "0.09999999999999999999999999999"),
        ("123456789012345678901234567890.12", "37037036703703703670370370367.036"),
        ("0", "0"),
    ],
)
async def test_amounts_are_written_digit_for_digit(
    api: httpx.AsyncClient, amount: str, commission: str
) -> None:
    await add_customer(api)
    body = f'{{"customer": {{"key": "customer_1"}}, "key": "order_1", "amount": {amount}}}'
    await api.post("/transactions", content=body)
    text = (await api.get("/transactions/order_1")).text
    assert f'"amount":{amount},' in text
    assert f'"amount":{commission},' in text


async def test_the_commission_can_be_another_percentage() -> None:
    sandbox = Sandbox(commission_percent=Decimal("12.5"))
    async with bare_client(sandbox) as api:
        await add_customer(api)
        record = await add_sale(api, amount=100)
    sandbox.close()
    assert record["rewards"][0]["amount"] == 12.5


async def test_the_same_sale_sent_twice_is_recorded_and_paid_twice(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for _ in range(2):
        await add_sale(api, key="order_1", amount=10)
    assert keys(await api.get("/transactions", params={"key": "order_1"})) == ["order_1", "order_1"]
    partner = (await api.get("/partners/partner_001")).json()["data"]
    assert partner["commissions"]["not_paid"] == [{"currency": "USD", "amount": 6}]


@pytest.mark.parametrize("form", ["path", "body", "query"])
async def test_deleting_takes_one_of_several_with_the_key_the_oldest_first(
    api: httpx.AsyncClient, form: str
) -> None:
    await add_customer(api)
    for amount in (1, 2):
        await add_sale(api, key="order_1", amount=amount)
    if form == "path":
        response = await api.delete("/transactions/order_1")
    elif form == "body":
        response = await api.request("DELETE", "/transactions", json={"key": "order_1"})
    else:
        response = await api.delete("/transactions", params={"key": "order_1"})
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert (await api.get("/transactions/order_1")).json()["data"]["amount"] == 2
    assert keys(await api.get("/transactions")) == ["order_1"]


async def test_deleting_nothing_is_404_and_deleting_without_key_422(api: httpx.AsyncClient) -> None:
    assert (await api.delete("/transactions/nothing")).status_code == 404
    assert (await api.request("DELETE", "/transactions", json={"key": "nothing"})).status_code == 404
    assert (await api.delete("/transactions")).status_code == 422
    assert (await api.get("/transactions/nothing")).status_code == 404


@pytest.mark.parametrize(
    "customer", [{"key": "customer_1"}, {"email": "one@example.com"}, {"id": "customer_1"}]
)
async def test_the_customer_is_named_by_key_email_or_id(
    api: httpx.AsyncClient, customer: dict[str, str]
) -> None:
    await add_customer(api, email="one@example.com")
    assert (await add_sale(api, customer=customer))["customer"] == "customer_1"


@pytest.mark.parametrize("customer", [None, {}, "customer_1", {"key": "nobody"}, {"email": "customer_1"}])
async def test_a_missing_or_unknown_customer_is_422(api: httpx.AsyncClient, customer: object) -> None:
    await add_customer(api)
    response = await api.post("/transactions", json={"customer": customer, "amount": 1})
    assert response.status_code == 422
    assert "customer" in response.json()["errors"]


@pytest.mark.parametrize("place", ["in the customer", "beside the customer"])
async def test_a_sale_can_bring_its_customer_along(api: httpx.AsyncClient, place: str) -> None:
    partner = {"partner": {"key": "ref_002"}}
    customer: dict[str, Any] = {"key": "customer_9", "name": "Robert", "tags": ["new"]}
    body: dict[str, Any] = {"key": "order_1", "amount": 50.99, "options": {"create_customer": True}}
    if place == "in the customer":
        body["customer"] = {**customer, **partner}
    else:
        body |= {"customer": customer, **partner}
    response = await api.post("/transactions", json=body)
    assert response.status_code == 201
    assert response.json()["data"]["partner"] == "partner_002"
    record = (await api.get("/customers/customer_9")).json()["data"]
    assert (record["name"], record["partner"]) == ("Robert", "partner_002")
    assert record["tags"] == [{"value": "new"}]


async def test_create_customer_leaves_a_customer_that_exists_alone(api: httpx.AsyncClient) -> None:
    before = await add_customer(api, name="Alice")
    customer = {"key": "customer_1", "name": "Somebody else", "partner": {"key": "ref_002"}}
    record = await add_sale(api, customer=customer, options={"create_customer": True})
    assert record["partner"] == "partner_001"
    assert (await api.get("/customers/customer_1")).json()["data"] == before


async def test_a_refused_sale_does_not_leave_its_customer_behind(api: httpx.AsyncClient) -> None:
    customer = {"key": "customer_9", "partner": {"key": "ref_001"}}
    body = {"customer": customer, "options": {"create_customer": True}, "amount": "a lot"}
    assert (await api.post("/transactions", json=body)).status_code == 422
    assert (await api.get("/customers/customer_9")).status_code == 404


async def test_create_customer_with_an_unknown_partner_is_400_and_without_one_422(
    api: httpx.AsyncClient,
) -> None:
    body: dict[str, Any] = {
        "amount": 1,
        "options": {"create_customer": True},
        "customer": {"key": "customer_9"},
    }
    assert (await api.post("/transactions", json=body)).status_code == 422
    body["partner"] = {"key": "nobody"}
    assert (await api.post("/transactions", json=body)).status_code == 400


async def test_amount_or_reward_is_required_and_a_reward_sets_the_commission(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    neither = await api.post("/transactions", json={"customer": {"key": "customer_1"}})
    assert neither.status_code == 422
    record = await add_sale(api, amount=None, reward=4.5)
    assert record["rewards"][0]["amount"] == 4.5


async def test_an_amount_may_be_a_numeric_string(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    assert (await add_sale(api, amount="99.90"))["amount"] == 99.9


@pytest.mark.parametrize("fields", [{"rewardable": False}, {"rewarded": True}])
async def test_a_sale_that_earns_nothing_has_no_rewards(
    api: httpx.AsyncClient, fields: dict[str, Any]
) -> None:
    await add_customer(api)
    assert (await add_sale(api, **fields))["rewards"] == []


async def test_a_sale_without_key_gets_one_and_its_defaults(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    record = await add_sale(api)
    assert record["key"]
    assert (record["action"], record["amount_units"]) == ("sale", "USD")
    assert record["rewards"][0]["product_type_data"] == {}
    assert (await api.get(f"/transactions/{record['key']}")).json()["data"] == record


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [
        (1746595968, "2025-05-07T05:32:48.000000Z"),
        ("2025-05-07T05:32:48Z", "2025-05-07T05:32:48.000000Z"),
        ("2025-05-07T07:32:48.5+02:00", "2025-05-07T05:32:48.500000Z"),
        ("2025-05-07 05:32:48", "2025-05-07T05:32:48.000000Z"),
        ("0099-05-07", "0099-05-07T00:00:00.000000Z"),
    ],
)
async def test_a_sale_is_back_dated_by_unix_time_or_by_date(
    api: httpx.AsyncClient, sent: int | str, recorded: str
) -> None:
    await add_customer(api)
    record = await add_sale(api, created_at=sent)
    assert record["created_at"] == record["rewards"][0]["created_at"] == recorded


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "a lot"),
        ("amount", True),
        ("amount", [1]),
        ("amount", "1e31"),
        ("amount", "NaN"),
        ("amount", "1_000"),
        ("amount", "1e99999999999999999999"),
        ("amount", "9" * 41),
        ("key", 7),
        ("created_at", "yesterday"),
        ("created_at", True),
        ("created_at", 10**20),
        ("created_at", "9999-12-31T23:59:59-01:00"),
        ("rewardable", "perhaps"),
        ("product_id", {"id": 1}),
        ("product_id", [True]),
        ("customer", "customer_1"),
        ("options", "create_customer"),
    ],
)
async def test_an_ill_typed_field_is_named_in_a_422(
    api: httpx.AsyncClient, field: str, value: object
) -> None:
    await add_customer(api)
    body = {"customer": {"key": "customer_1"}, "amount": 1, field: value}
    response = await api.post("/transactions", json=body)
    assert response.status_code == 422
    assert field in response.json()["errors"]


async def test_products_may_be_numbers_or_lists_as_shops_send_them(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    record = await add_sale(api, product_id=[7, "eight"], product_type=3)
    assert record["rewards"][0]["product_type_data"] == {"product_id": [7, "eight"], "product_type": 3}


def _bulk(*sales: object, **fields: Any) -> dict[str, Any]:
    return {"customer": {"key": "customer_1"}, "transactions": list(sales), **fields}


async def test_several_sales_of_one_customer_are_recorded_at_once(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    body = _bulk({"key": "one", "amount": 50.99, "action": "sale"}, {"key": "two", "amount": 100}, options={})
    response = await api.post("/transactions", json=body)
    records = response.json()["data"]
    assert response.status_code == 201
    assert [(record["key"], record["rewards"][0]["amount"]) for record in records] == [
        ("one", 15.297),
        ("two", 30),
    ]
    assert [(await api.get(f"/transactions/{key}")).json()["data"] for key in ("one", "two")] == records


async def test_sales_at_once_bring_one_customer_along(api: httpx.AsyncClient) -> None:
    customer = {"key": "customer_9", "partner": {"id": "partner_002"}}
    body = _bulk({"amount": 1}, {"amount": 2}, customer=customer, options={"create_customer": True})
    response = await api.post("/transactions", json=body)
    assert {record["customer"] for record in response.json()["data"]} == {"customer_9"}
    assert (await api.get("/customers/customer_9")).json()["data"]["partner"] == "partner_002"


async def test_the_same_sale_twice_in_one_request_pays_twice(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await api.post("/transactions", json=_bulk(*[{"key": "order_1", "amount": 10}] * 2))
    partner = (await api.get("/partners/partner_001")).json()["data"]
    assert partner["commissions"]["not_paid"] == [{"currency": "USD", "amount": 6}]


@pytest.mark.parametrize(
    ("second", "field"),
    [
        ({"amount": "a lot"}, "transactions.1.amount"),
        ({}, "transactions.1.amount"),
        ({"amount": 1, "created_at": "soon"}, "transactions.1.created_at"),
        ("a sale", "transactions"),
        (None, "transactions"),
    ],
)
async def test_of_sales_at_once_all_are_recorded_or_none(
    api: httpx.AsyncClient, second: object, field: str
) -> None:
    customer = {"key": "customer_9", "partner": {"key": "ref_001"}}
    body = _bulk({"amount": 1}, second, customer=customer, options={"create_customer": True})
    response = await api.post("/transactions", json=body)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}
    assert keys(await api.get("/transactions")) == keys(await api.get("/customers")) == []


@pytest.mark.parametrize("sales", [[], {}, "a sale", 7, {"amount": 1}])
async def test_sales_at_once_are_an_array_of_objects(api: httpx.AsyncClient, sales: object) -> None:
    await add_customer(api)
    body = {"customer": {"key": "customer_1"}, "transactions": sales}
    response = await api.post("/transactions", json=body)
    assert response.status_code == 422
    assert "transactions" in response.json()["errors"]


async def test_archiving_a_sale_archives_its_reward_and_restoring_brings_it_back(
    api: httpx.AsyncClient,
) -> None:
    await add_customer(api)
    before = await add_sale(api, key="order_1", amount=100)
    archived = await api.post("/transactions/order_1/archive")
    assert (archived.status_code, archived.json()) == (200, {"status": 1})
    record = (await api.get("/transactions/order_1")).json()["data"]
    assert record["deleted_at"].endswith(".000000Z")
    assert record["rewards"][0]["deleted_at"] == record["deleted_at"]
    partner = (await api.get("/partners/partner_001")).json()["data"]
    assert partner["commissions"]["not_paid"] == partner["referrals"]["revenue"] == []
    assert keys(await api.get("/transactions")) == ["order_1"]
    restored = await api.post("/transactions/order_1/revoke-archive")
    assert (restored.status_code, restored.json()) == (200, {"status": 1})
    assert (await api.get("/transactions/order_1")).json()["data"] == before
    partner = (await api.get("/partners/partner_001")).json()["data"]
    assert partner["commissions"]["not_paid"] == [{"currency": "USD", "amount": 30}]


async def test_archiving_twice_and_restoring_what_is_not_archived_are_400(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await add_sale(api, key="order_1")
    early = await api.post("/transactions/order_1/revoke-archive")
    await api.post("/transactions/order_1/archive")
    again = await api.post("/transactions/order_1/archive")
    assert (early.status_code, again.status_code) == (400, 400)
    assert early.json()["message"].startswith("Action failed")


@pytest.mark.parametrize("action", ["archive", "revoke-archive"])
async def test_archiving_nothing_is_404(api: httpx.AsyncClient, action: str) -> None:
    assert (await api.post(f"/transactions/nothing/{action}")).status_code == 404


async def test_archiving_takes_the_oldest_of_several_with_the_key(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for amount in (1, 2):
        await add_sale(api, key="order_1", amount=amount)
    await api.post("/transactions/order_1/archive")
    records = (await api.get("/transactions")).json()["data"]
    assert [(record["amount"], bool(record["deleted_at"])) for record in records] == [(1, True), (2, False)]


async def test_an_archived_sale_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sandbox = Sandbox(path)
    async with bare_client(sandbox) as api:
        await add_customer(api)
        await add_sale(api, key="order_1")
        await api.post("/transactions/order_1/archive")
        before = (await api.get("/transactions/order_1")).json()
    sandbox.close()
    again = Sandbox(path)
    async with bare_client(again) as api:
        assert (await api.get("/transactions/order_1")).json() == before
        assert (await api.post("/transactions/order_1/archive")).status_code == 400
    again.close()


async def test_deleting_a_sale_reverses_its_commission(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for key in ("order_1", "order_2"):
        await add_sale(api, key=key, amount=10)
    await api.delete("/transactions/order_1")
    partner = (await api.get("/partners/partner_001")).json()["data"]
    assert partner["commissions"]["not_paid"] == [{"currency": "USD", "amount": 3}]
    assert partner["referrals"]["sales_count"] == 1


async def test_a_sale_may_say_its_status_and_discount(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    fields: dict[str, Any] = {
        "status": "approved",
        "discount_amount": 5,
        "gross_amount": "15.00",
        "discount_code": "SUMMER",
    }
    record = await add_sale(api, amount=10, **fields)
    assert (record["amount"], record["rewards"][0]["status"]) == (10, "ok")


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", 1), ("discount_amount", "much"), ("gross_amount", True), ("discount_code", ["SUMMER"])],
)
async def test_an_ill_typed_status_or_discount_is_refused(
    api: httpx.AsyncClient, field: str, value: object
) -> None:
    await add_customer(api)
    body = {"customer": {"key": "customer_1"}, "amount": 1, field: value}
    assert (await api.post("/transactions", json=body)).json()["errors"].keys() == {field}


async def test_sales_of_different_currencies_stay_apart(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for units in ("usd", "USD", "EUR"):
        await add_sale(api, amount=10, amount_units=units)
    partner = (await api.get("/partners/partner_001")).json()["data"]
    assert partner["commissions"]["not_paid"] == [
        {"currency": "USD", "amount": 6},
        {"currency": "EUR", "amount": 3},
    ]


async def test_sales_without_a_currency_are_in_the_programs(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    response = await api.put("/program", json={"program_settings": {"currency": "EUR"}})
    assert response.status_code == 200
    record = await add_sale(api)
    assert record["amount_units"] == record["rewards"][0]["amount_units"] == "EUR"
    bonus = await api.post("/partners/partner_001/reward", json={"amount": 1})
    assert bonus.json()["data"]["amount_units"] == "EUR"


async def test_sort_turns_the_list_of_sales_around(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for key in ("order_1", "order_2"):
        await add_sale(api, key=key)
    assert keys(await api.get("/transactions?sort=desc")) == ["order_2", "order_1"]


async def test_what_goes_wrong_half_way_leaves_no_trace(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **fields: object) -> None:
        raise Refusal(500, "Server Error.")

    monkeypatch.setattr(rewards, "add", refuse)
    customer = {"key": "customer_9", "partner": {"key": "ref_001"}}
    body = _bulk({"amount": 1, "rewardable": False}, {"amount": 2}, customer=customer)
    response = await api.post("/transactions", json={**body, "options": {"create_customer": True}})
    assert response.status_code == 500
    assert keys(await api.get("/transactions")) == keys(await api.get("/customers")) == []
