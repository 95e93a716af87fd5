"""Partners, as far as customers need them."""

import httpx
import pytest

from .clients import add_customer, add_sale

pytestmark = pytest.mark.asyncio


async def test_a_partner_is_created_with_id_and_referral_key_apart(api: httpx.AsyncClient) -> None:
    response = await api.post(
        "/partners",
        json={
            "email": "john@example.com",
            "name": "John",
            "id": "partner_123",
            "key": "ref_123",
            "tags": ["new"],
        },
    )
    record = response.json()["data"]
    assert response.status_code == 201
    assert "key" not in record
    assert record["id"] == "partner_123"
    assert record["referral_link"] == "https://yourcompany.com?aff=ref_123"
    assert record["referral_links"] == [record["referral_link"]]
    assert record["custom_fields"] == []
    assert record["tags"] == [{"value": "new"}]
    assert (record["surname"], record["approved"], record["status"]) == (None, True, "active")


async def test_id_and_key_are_made_up_when_not_sent(api: httpx.AsyncClient) -> None:
    record = (await api.post("/partners", json={"email": "john@example.com"})).json()["data"]
    assert record["id"]
    assert not record["referral_link"].endswith(("aff=", record["id"]))


@pytest.mark.parametrize(
    ("field", "value"), [("email", "partner_001@example.com"), ("id", "partner_001"), ("key", "ref_001")]
)
async def test_what_is_taken_is_refused(api: httpx.AsyncClient, field: str, value: str) -> None:
    response = await api.post("/partners", json={"email": "john@example.com", field: value})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}


async def test_a_partner_needs_an_email(api: httpx.AsyncClient) -> None:
    assert (await api.post("/partners", json={"name": "John"})).json()["errors"].keys() == {"email"}


async def test_reading_a_partner_tells_what_it_brought_and_earned(api: httpx.AsyncClient) -> None:
    for key in ("customer_1", "customer_2"):
        await add_customer(api, key)
    for amount in (99.99, 0.01):
        await add_sale(api, amount=amount)
    await add_sale(api, amount=5, amount_units="EUR")
    record = (await api.get("/partners/partner_001")).json()["data"]
    assert record["referrals"] == {
        "clicks": 0,
        "signups": 2,
        "revenue": [{"currency": "USD", "amount": 100.0}, {"currency": "EUR", "amount": 5}],
        "sales_count": 3,
        "paid_accounts": 1,
    }
    assert record["commissions"] == {
        "paid": 0,
        "pending": [],
        "not_paid": [{"currency": "USD", "amount": 30.0}, {"currency": "EUR", "amount": 1.5}],
    }
    assert record["custom_field_values"] == []
    assert record["referrals_count"] == 2


async def test_the_list_has_fewer_fields_and_pages(api: httpx.AsyncClient) -> None:
    response = (await api.get("/partners?limit=2")).json()
    assert [partner["id"] for partner in response["data"]] == ["partner_001", "partner_002"]
    assert response["data"][0].keys() == {
        "id",
        "email",
        "name",
        "surname",
        "approved",
        "status",
        "custom_fields",
        "created_at",
        "updated_at",
    }
    assert response["links"]["next"] == "http://sandbox.test/v1/partners?page=2"
