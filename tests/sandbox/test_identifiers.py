"""Keys may be any text; an encoded path must reach exactly its record."""

import httpx
import pytest

from .clients import add_customer, add_sale, customer_path, keys

pytestmark = pytest.mark.asyncio

_KEYS = [
    "a/b",
    "a?b#c",
    "%2F",
    "100%25",
    "100%",
    "a+b",
    "a b",
    " padded ",
    "..a",
    "a//b/",
    "/",
    "customers:search",
    "archive",
    "🦊",
    "Ünïcödé",
    "é",
    "semi;colon&amp=1",
    "quote'\"--",
    "nul\x00inside",
    "line\nbreak",
    "alice.brown+tag@example.com",
    "k" * 2000,
]


@pytest.mark.parametrize("key", _KEYS)
async def test_a_key_reaches_exactly_its_record(api: httpx.AsyncClient, key: str) -> None:
    for other in _KEYS:
        await add_customer(api, other)
    assert (await api.get(customer_path(key))).json()["data"]["key"] == key
    assert (await api.put(customer_path(key), json={"name": "Alice"})).json()["data"]["key"] == key
    assert (await api.post(f"{customer_path(key)}/archive")).status_code == 200
    assert keys(await api.get("/customers:search", params={"key": key})) == [key]
    assert (await api.delete(customer_path(key))).status_code == 200
    assert (await api.get(customer_path(key))).status_code == 404
    left = (await api.get("/customers?limit=250")).json()["data"]
    assert {record["key"] for record in left} == set(_KEYS) - {key}
    assert not any(record["deleted"] for record in left)


@pytest.mark.parametrize("key", _KEYS)
async def test_a_transactions_key_reaches_exactly_its_record(api: httpx.AsyncClient, key: str) -> None:
    await add_customer(api)
    for other in _KEYS:
        await add_sale(api, key=other)
    path = customer_path(key).replace("/customers/", "/transactions/")
    assert (await api.get(path)).json()["data"]["key"] == key
    assert (await api.delete(path)).status_code == 200
    assert (await api.get(path)).status_code == 404
    assert len(keys(await api.get("/transactions?limit=250"))) == len(_KEYS) - 1


async def test_keys_are_told_apart_by_case_and_by_composition(api: httpx.AsyncClient) -> None:
    for key in ("Key", "key", "\u00e9", "e\u0301"):
        await add_customer(api, key)
    for key in ("Key", "key", "\u00e9", "e\u0301"):
        assert (await api.get(customer_path(key))).json()["data"]["key"] == key


async def test_a_path_is_decoded_once_and_not_twice(api: httpx.AsyncClient) -> None:
    await add_customer(api, "a/b")
    assert (await api.get("/customers/a%2Fb")).status_code == 200
    assert (await api.get("/customers/a%252Fb")).status_code == 404
    assert (await api.get("/customers/a/b")).status_code == 404


async def test_an_empty_key_is_the_list_as_with_any_trailing_slash(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    assert keys(await api.get("/customers/")) == ["customer_1"]


async def test_a_path_that_is_not_utf8_is_404(api: httpx.AsyncClient) -> None:
    assert (await api.get("/customers/%ff%fe")).status_code == 404


async def test_partners_are_found_by_id_and_never_by_referral_key(api: httpx.AsyncClient) -> None:
    assert (await api.get("/partners/partner_001")).status_code == 200
    assert (await api.get("/partners/ref_001")).status_code == 404
