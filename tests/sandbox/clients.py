"""Clients of a sandbox in memory, and what tests keep asking them."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

from partnero_async.sandbox import Sandbox

API_KEY = "sandbox_affiliate"
REFERRAL_API_KEY = "sandbox_referral"


def bare_client(sandbox: Sandbox, api_key: str = API_KEY) -> httpx.AsyncClient:
    """A client that calls the sandbox's app without a socket."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app),
        base_url="http://sandbox.test/v1",
        headers={"Authorization": f"Bearer {api_key}"},
    )


def customer_path(key: str) -> str:
    """The path of a customer, the key encoded as one segment."""
    return f"/customers/{quote(key, safe='')}"


async def add_customer(api: httpx.AsyncClient, key: str = "customer_1", **fields: Any) -> Any:
    """Create a customer of the first partner and return the record."""
    response = await api.post("/customers", json={"key": key, "partner": {"key": "ref_001"}, **fields})
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def add_sale(api: httpx.AsyncClient, buyer: str = "customer_1", **fields: Any) -> Any:
    """Record a sale and return the record."""
    sale = {"customer": {"key": buyer}, "amount": 10, **fields}
    response = await api.post("/transactions", json=sale)
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def add_link(api: httpx.AsyncClient, key: str, **fields: Any) -> Any:
    """Give the first partner another referral link and return the record."""
    body = {"key": key, "partner": {"id": "partner_001"}, **fields}
    response = await api.post("/partner_referral_links", json=body)
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def add_referral_customer(api: httpx.AsyncClient, customer_id: str, **fields: Any) -> Any:
    """Create a refer-a-friend customer, whose key is its id with `ref_` before it, and return the record."""
    body = {"id": customer_id, "key": f"ref_{customer_id}", **fields}
    response = await api.post("/customers", json=body)
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def add_friends(api: httpx.AsyncClient) -> None:
    """Create `alice`, and `bob` whom she referred."""
    await add_referral_customer(api, "alice", email="alice@example.com", name="Alice", surname="Brown")
    await add_referral_customer(api, "bob", email="bob@example.com", referring_customer={"key": "ref_alice"})


async def add_referral_sale(api: httpx.AsyncClient, buyer: str = "bob", **fields: Any) -> Any:
    """Record a sale to a refer-a-friend customer and return the record."""
    response = await api.post("/transactions", json={"customer": {"id": buyer}, "amount": 50, **fields})
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def balance(api: httpx.AsyncClient, customer_id: str = "alice") -> dict[str, Any]:
    """What a refer-a-friend customer has, by currency."""
    answer = (await api.get(f"/customers/{customer_id}/balance")).json(parse_float=Decimal)["data"]
    entries: list[Any] = answer["balance"]["currency"] if answer["balance"] else []
    return {entry["amount_units"]: entry["amount"] for entry in entries}


def ids(response: httpx.Response) -> list[str]:
    """The ids of the records on a page, in order."""
    assert response.status_code == 200, response.text
    return [record["id"] for record in response.json()["data"]]


def keys(response: httpx.Response) -> list[str]:
    """The keys of the records on a page, in order."""
    assert response.status_code == 200, response.text
    return [record["key"] for record in response.json()["data"]]
