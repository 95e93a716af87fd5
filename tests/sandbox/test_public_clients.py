"""Requests as public clients really send them, however odd: PHP merges what a request says where it can."""

from typing import Any

import httpx
import pytest

from .clients import add_customer, add_link, add_sale, keys

pytestmark = pytest.mark.asyncio

_WRAPPINGS = [True, False]


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("/partners", {"limit": 1, "page": 2}, ["partner_002"]),
        ("/partners", {"sort": "desc"}, ["partner_003", "partner_002", "partner_001"]),
        ("/partners:search", {"key": "ref_003"}, ["partner_003"]),
        ("/partners:search", {"email": "partner_003@example.com", "limit": "10"}, ["partner_003"]),
        ("/partner_referral_links:search", {"key": "ref_002"}, ["ref_002"]),
        ("/partners/partner_002/referral_links", {"limit": 100}, ["ref_002"]),
        ("/transactions", {"key": "order_1"}, ["order_1"]),
        ("/transactions", {"partner": {"key": "ref_001"}, "limit": 1}, ["order_1"]),
        ("/transactions", {"partner_key": "ref_002"}, []),
        ("/customers:search", {"email": "one@example.com"}, ["customer_1"]),
        ("/customers/customer_1/transactions", {"limit": 1, "page": 2}, ["order_2"]),
    ],
)
async def test_a_get_says_its_parameters_in_a_json_body(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], names: list[str]
) -> None:
    await add_customer(api, email="one@example.com")
    for key in ("order_1", "order_2"):
        await add_sale(api, key=key)
    records = (await api.request("GET", path, json=body)).json()["data"]
    assert [record.get("key", record.get("id")) for record in records] == names


@pytest.mark.parametrize("body", [{"key": "ref_002"}, {"email": "partner_002@example.com"}])
async def test_the_deprecated_read_of_a_partner_names_it_in_a_json_body(
    api: httpx.AsyncClient, body: dict[str, str]
) -> None:
    response = await api.request("GET", "/partner", json=body)
    assert response.json()["data"]["id"] == "partner_002"


@pytest.mark.parametrize(
    "query",
    [
        "partner.key=summer",
        "partner[key]=summer",
        "partner%5Bkey%5D=summer",
        "partner_key=summer",
        "partner.email=partner_002@example.com",
        "partner[email]=partner_002@example.com",
        "partner[id]=partner_002",
        "customer.key=customer_2",
        "customer[key]=customer_2",
        "customer[email]=two@example.com",
        "customer.id=customer_2",
    ],
)
async def test_filters_are_dotted_bracketed_or_underscored(api: httpx.AsyncClient, query: str) -> None:
    await add_link(api, "summer", partner={"id": "partner_002"})
    await add_customer(api, "customer_1")
    await add_customer(api, "customer_2", partner={"key": "ref_002"}, email="two@example.com")
    await add_sale(api, "customer_1", key="order_1")
    await add_sale(api, "customer_2", key="order_2")
    assert keys(await api.get(f"/transactions?{query}")) == ["order_2"]


@pytest.mark.parametrize(
    ("path", "body", "gone"),
    [
        ("/partners", {"key": "ref_001"}, "/partners/partner_001"),
        ("/partners", {"email": "partner_001@example.com"}, "/partners/partner_001"),
        ("/customers", {"key": "customer_1"}, "/customers/customer_1"),
        ("/transactions", {"key": "order_1"}, "/transactions/order_1"),
        ("/transactions/order_1", {"key": "order_1"}, "/transactions/order_1"),
        ("/partner_referral_links/summer", {"id": "summer"}, "/partner_referral_links/summer"),
    ],
)
async def test_a_delete_says_what_in_a_json_body(
    api: httpx.AsyncClient, path: str, body: dict[str, str], gone: str
) -> None:
    await add_link(api, "summer")
    await add_customer(api)
    await add_sale(api, key="order_1")
    assert (await api.get(gone)).status_code == 200
    response = await api.request("DELETE", path, json=body)
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert (await api.get(gone)).status_code == 404


@pytest.mark.parametrize(
    ("record", "body"),
    [
        ("/transactions/order_1", {"key": "order_1"}),
        ("/customers/customer_1", {"key": "customer_1"}),
        ("/partners/partner_001", {"key": "partner_001"}),
    ],
)
async def test_the_body_of_an_archive_repeats_the_path(
    api: httpx.AsyncClient, record: str, body: dict[str, str]
) -> None:
    await add_customer(api)
    await add_sale(api, key="order_1")
    for action in ("archive", "revoke-archive"):
        assert (await api.post(f"{record}/{action}", json=body)).json() == {"status": 1}


async def test_the_body_of_a_read_repeats_the_path(api: httpx.AsyncClient) -> None:
    response = await api.request("GET", "/partners/partner_001", json={"key": "partner_001"})
    assert response.json()["data"]["id"] == "partner_001"
    by_key = await api.request("GET", "/partners/ref_001", json={"key": "ref_001"})
    assert by_key.status_code == 404


@pytest.mark.parametrize("wrapped", _WRAPPINGS)
async def test_the_body_of_an_update_repeats_the_id_of_the_path(
    api: httpx.AsyncClient, wrapped: bool
) -> None:
    fields: dict[str, Any] = {"name": "James"}
    body = {"id": "partner_001", "update": fields} if wrapped else {"id": "partner_001", **fields}
    record = (await api.put("/partners/partner_001", json=body)).json()["data"]
    assert (record["id"], record["name"]) == ("partner_001", "James")


@pytest.mark.parametrize("wrapped", _WRAPPINGS)
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/partners/partner_001", {}),
        ("/partners", {"key": "ref_001"}),
        ("/partners", {"email": "partner_001@example.com"}),
        ("/customers/customer_1", {}),
        ("/customers", {"key": "customer_1"}),
    ],
)
async def test_an_update_is_flat_or_wrapped(
    api: httpx.AsyncClient, path: str, names: dict[str, str], wrapped: bool
) -> None:
    await add_customer(api)
    fields = {"name": "James", "surname": "Wilson", "tags": ["premium"]}
    response = await api.put(path, json={**names, "update": fields} if wrapped else {**names, **fields})
    record = response.json()["data"]
    assert (record["name"], record["surname"], record["tags"]) == ("James", "Wilson", [{"value": "premium"}])


_CAMEL_CASE = {
    "directTracking": True,
    "directTrackingRedirect": True,
    "directTrackingRedirectUrl": "https://x.test/",
}


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_the_fields_of_a_link_come_in_camel_case(api: httpx.AsyncClient, method: str) -> None:
    body: dict[str, Any] = {"key": "summer", "domain_id": 8, "isAdditional": True, **_CAMEL_CASE}
    path = "/partner_referral_links/ref_001" if method == "PUT" else "/partner_referral_links"
    response = await api.request(method, path, json={"partner": {"id": "partner_001"}, **body})
    record = response.json()["data"]
    assert record["is_additional"] is record["direct_tracking"] is record["direct_tracking_redirect"] is True
    assert record["direct_tracking_redirect_url"] == "https://x.test/"
    assert "directTracking" not in record


async def test_of_both_spellings_of_a_field_the_documented_one_counts(api: httpx.AsyncClient) -> None:
    record = await add_link(api, "summer", directTracking=True, direct_tracking=False)
    assert record["direct_tracking"] is False


async def test_the_whole_link_of_the_php_client_is_an_update(api: httpx.AsyncClient) -> None:
    link = (await api.get("/partner_referral_links/ref_001")).json()["data"]
    sent = {**link, "isAdditional": False, "directTracking": True, "directTrackingRedirectUrl": None}
    del sent["direct_tracking"]
    record = (await api.put("/partner_referral_links/ref_001", json=sent)).json()["data"]
    assert record == {**link, "direct_tracking": True}


async def test_a_customer_of_2022_stands_beside_its_partner(api: httpx.AsyncClient) -> None:
    customer = {"key": "customer_1", "email": "one@example.com", "name": "Alice", "surname": "Brown"}
    body = {"partner": {"key": "ref_002"}, "customer": customer}
    response = await api.post("/customers", json=body)
    record = response.json()["data"]
    assert response.status_code == 201
    assert record["partner"] == "partner_002"
    assert {name: record[name] for name in customer} == customer


async def test_a_sale_of_2022_has_its_partner_beside_the_customer(api: httpx.AsyncClient) -> None:
    body = {
        "customer": {"key": "customer_1"},
        "partner": {"key": "ref_002"},
        "options": {"create_customer": True},
        "key": "order_1",
        "amount": "99.90",
        "action": "sale",
        "product_id": [7, 8],
    }
    record = (await api.post("/transactions", json=body)).json()["data"]
    assert (record["partner"], record["amount"]) == ("partner_002", 99.9)


@pytest.mark.parametrize("path", ["/partners/partner_001", "/transactions/order_1", "/customers/customer_1"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}"])
async def test_an_archive_has_no_body_or_an_empty_php_array(
    api: httpx.AsyncClient, path: str, content: bytes
) -> None:
    await add_customer(api)
    await add_sale(api, key="order_1")
    assert (await api.post(f"{path}/archive", content=content)).status_code == 200
