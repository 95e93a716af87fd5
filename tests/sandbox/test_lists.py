"""Lists: what items lack, how pages are linked, and the many spellings of a filter."""

from typing import Any

import httpx
import pytest

from .clients import add_customer, add_sale, keys

pytestmark = pytest.mark.asyncio

_URL = "http://sandbox.test/v1/customers"


async def test_items_have_neither_status_nor_tags(api: httpx.AsyncClient) -> None:
    record = await add_customer(api, tags=["new"])
    item = (await api.get("/customers")).json()["data"][0]
    assert item == {name: value for name, value in record.items() if name not in ("status", "tags")}


async def test_archived_customers_are_listed_as_deleted(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await api.post("/customers/customer_1/archive")
    assert (await api.get("/customers")).json()["data"][0]["deleted"] is True


async def test_a_middle_page_links_by_page_number_alone(api: httpx.AsyncClient) -> None:
    for index in range(5):
        await add_customer(api, f"customer_{index}")
    response = await api.get("/customers", params={"limit": 2, "page": 2, "partner_key": "ref_001"})
    assert keys(response) == ["customer_2", "customer_3"]
    assert response.json()["links"] == {
        "first": f"{_URL}?page=1",
        "last": None,
        "prev": f"{_URL}?page=1",
        "next": f"{_URL}?page=3",
    }
    assert response.json()["meta"] == {"current_page": 2, "from": 3, "path": _URL, "per_page": 2, "to": 4}


async def test_the_last_full_page_has_no_next(api: httpx.AsyncClient) -> None:
    for index in range(4):
        await add_customer(api, f"customer_{index}")
    response = await api.get("/customers", params={"limit": 2, "page": 2})
    assert response.json()["links"]["next"] is None


@pytest.mark.parametrize("page", [2, 10**30])
async def test_an_empty_page_runs_from_null_to_null(api: httpx.AsyncClient, page: int) -> None:
    await add_customer(api)
    response = (await api.get("/customers", params={"page": page})).json()
    assert response["data"] == []
    assert (response["meta"]["from"], response["meta"]["to"]) == (None, None)
    assert response["links"]["next"] is None


async def test_fifteen_are_on_a_page_unless_asked_otherwise(api: httpx.AsyncClient) -> None:
    for index in range(16):
        await add_customer(api, f"customer_{index}")
    response = await api.get("/customers")
    assert len(response.json()["data"]) == response.json()["meta"]["per_page"] == 15


@pytest.mark.parametrize("limit", [1, 250])
async def test_limits_from_1_to_250_are_accepted(api: httpx.AsyncClient, limit: int) -> None:
    assert (await api.get("/customers", params={"limit": limit})).json()["meta"]["per_page"] == limit


@pytest.mark.parametrize("name", ["limit", "page"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "\u0661", "9" * 5000])
async def test_a_limit_or_page_that_is_no_positive_number_is_422(
    api: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await api.get("/customers", params={name: value})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {name}


async def test_a_limit_above_250_is_422(api: httpx.AsyncClient) -> None:
    assert (await api.get("/customers", params={"limit": 251})).status_code == 422


async def test_sort_turns_the_order_of_creation_around(api: httpx.AsyncClient) -> None:
    for index in range(3):
        await add_customer(api, f"customer_{index}")
    assert keys(await api.get("/customers?sort=asc")) == ["customer_0", "customer_1", "customer_2"]
    assert keys(await api.get("/customers?sort=desc")) == ["customer_2", "customer_1", "customer_0"]
    assert (await api.get("/customers?sort=name")).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "partner.key=ref_002",
        "partner_key=ref_002",
        "partner[key]=ref_002",
        "partner%5Bkey%5D=ref_002",
        "partner.email=partner_002%40example.com",
        "partner_email=partner_002@example.com",
        "partner_id=partner_002",
    ],
)
async def test_every_spelling_of_a_partner_filter_is_one_thing(api: httpx.AsyncClient, query: str) -> None:
    await add_customer(api, "of_one", partner={"key": "ref_001"})
    await add_customer(api, "of_two", partner={"key": "ref_002"})
    assert keys(await api.get(f"/customers?{query}")) == ["of_two"]


@pytest.mark.parametrize(
    "body", [{"partner": {"key": "ref_002"}}, {"partner_key": "ref_002"}, {"partner.key": "ref_002"}]
)
async def test_the_parameters_of_a_get_may_come_as_json_body(
    api: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    await add_customer(api, "of_one", partner={"key": "ref_001"})
    await add_customer(api, "of_two", partner={"key": "ref_002"})
    response = await api.request("GET", "/customers", json={"limit": 10, **body})
    assert keys(response) == ["of_two"]
    assert response.json()["meta"]["per_page"] == 10


async def test_an_unknown_partner_has_no_customers(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    assert keys(await api.get("/customers?partner_key=nobody")) == []
    assert keys(await api.get("/customers?partner_key=partner_001")) == []


@pytest.mark.parametrize("name", ["partner_key", "limit", "page", "sort"])
async def test_an_empty_filter_is_no_filter(api: httpx.AsyncClient, name: str) -> None:
    await add_customer(api)
    assert keys(await api.get(f"/customers?{name}=")) == ["customer_1"]
    assert keys(await api.request("GET", "/customers", json={name: ""})) == ["customer_1"]


@pytest.mark.parametrize("query", ["email=b@example.com", "key=customer_b", "id=customer_b"])
async def test_search_finds_by_email_key_or_id(api: httpx.AsyncClient, query: str) -> None:
    await add_customer(api, "customer_a", email="a@example.com")
    await add_customer(api, "customer_b", email="b@example.com")
    response = await api.get(f"/customers:search?{query}")
    assert keys(response) == ["customer_b"]
    assert "tags" not in response.json()["data"][0]


async def test_search_needs_something_to_search_for(api: httpx.AsyncClient) -> None:
    assert (await api.get("/customers:search")).status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("key=order_2", ["order_2", "order_2"]),
        ("partner_key=ref_002", ["order_3"]),
        ("partner.email=partner_001%40example.com", ["order_1", "order_2", "order_2"]),
        ("customer_key=customer_2", ["order_3"]),
        ("customer[email]=two@example.com", ["order_3"]),
        ("customer_key=nobody", []),
        ("customer_key=customer_1&key=order_1", ["order_1"]),
        ("customer_key=customer_1&partner_key=ref_002", []),
    ],
)
async def test_transactions_are_filtered_by_key_partner_and_customer(
    api: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await add_customer(api, "customer_1", partner={"key": "ref_001"})
    await add_customer(api, "customer_2", partner={"key": "ref_002"}, email="two@example.com")
    for key, customer in (("order_1", 1), ("order_2", 1), ("order_2", 1), ("order_3", 2)):
        await add_sale(api, f"customer_{customer}", key=key)
    assert keys(await api.get(f"/transactions?{query}")) == found


async def test_transactions_of_one_customer_are_a_list_of_their_own(api: httpx.AsyncClient) -> None:
    await add_customer(api, "a/b", email="ab@example.com")
    await add_customer(api, "other")
    await add_sale(api, "a/b", key="order_1")
    await add_sale(api, "other", key="order_2")
    response = await api.get("/customers/a%2Fb/transactions?limit=10")
    assert keys(response) == keys(await api.get("/customers/ab@example.com/transactions")) == ["order_1"]
    assert response.json()["meta"]["path"] == "http://sandbox.test/v1/customers/a%2Fb/transactions"
    assert (await api.get("/customers/nobody/transactions")).status_code == 404


async def test_back_dated_transactions_are_listed_by_their_date(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await add_sale(api, key="now")
    await add_sale(api, key="then", created_at="2024-01-01T00:00:00Z")
    assert keys(await api.get("/transactions")) == ["then", "now"]
