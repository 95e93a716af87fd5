"""Referral links of refer-a-friend customers: what is theirs; the rest is as for partners."""

from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import add_friends, add_referral_customer, bare_client, keys

pytestmark = pytest.mark.asyncio


async def _add(api: httpx.AsyncClient, key: str, **fields: Any) -> Any:
    body = {"key": key, "customer": {"id": "alice"}, **fields}
    response = await api.post("/customer_referral_links", json=body)
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def test_a_link_is_created_with_200_and_its_id_is_its_key(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    # As the vendor's PHP client sends it.
    record = await _add(friends, "summer", domain_id=None, is_additional=False)
    assert record == {
        "id": "summer",
        "key": "summer",
        "url": "https://yourcompany.com?ref=summer",
        "default": False,
        "is_additional": False,
        "direct_tracking": False,
        "direct_tracking_redirect": False,
        "direct_tracking_redirect_url": None,
    }
    assert (await friends.get("/customer_referral_links/summer")).json()["data"] == record


@pytest.mark.parametrize(
    "customer", [{"id": "bob"}, {"key": "ref_bob"}, {"email": "bob@example.com"}, {"id": "bob", "key": "x"}]
)
async def test_the_customer_of_a_link_is_named_by_id_key_or_email(
    friends: httpx.AsyncClient, customer: dict[str, str]
) -> None:
    await add_friends(friends)
    await _add(friends, "summer", customer=customer)
    assert keys(await friends.get("/customers/bob/referral_links")) == ["ref_bob", "summer"]
    assert keys(await friends.get("/customers/alice/referral_links")) == ["ref_alice"]


async def test_every_customer_has_one_default_link_and_all_are_in_its_record(
    friends: httpx.AsyncClient,
) -> None:
    await add_friends(friends)
    await _add(friends, "summer", domain_id=8, is_additional=True)
    links = (await friends.get("/customers/ref_alice/referral_links")).json()["data"]
    assert [(link["key"], link["default"]) for link in links] == [("ref_alice", True), ("summer", False)]
    record = (await friends.get("/customers/alice")).json()["data"]
    assert record["referral_link"] == links[0]["url"] == "https://yourcompany.com?ref=ref_alice"
    assert record["referral_links"] == [
        "https://yourcompany.com?ref=ref_alice",
        "https://yourcompany.test/profile?ref=summer",
    ]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"key": None}, "key"),
        ({"key": 7}, "key"),
        ({"key": "ref_alice"}, "key"),
        ({"key": "ref_bob"}, "key"),
        ({"key": "bob"}, "key"),
        ({"customer": None}, "customer"),
        ({"customer": {}}, "customer"),
        ({"customer": "alice"}, "customer"),
        ({"customer": {"id": "nobody"}}, "customer"),
        ({"customer": {"id": "ref_alice"}}, "customer"),
        ({"domain_id": 9, "is_additional": True}, "domain_id"),
        ({"domain_id": 8}, "is_additional"),
    ],
)
async def test_a_link_that_cannot_be_is_422(
    friends: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    await add_friends(friends)
    body = {"key": "summer", "customer": {"id": "alice"}, **fields}
    response = await friends.post("/customer_referral_links", json=body)
    assert response.status_code == 422
    assert complaint in response.json()["errors"]
    assert keys(await friends.get("/customers/alice/referral_links")) == ["ref_alice"]


async def test_ones_own_id_can_be_a_key_of_ones_links(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    assert (await _add(friends, "alice"))["key"] == "alice"


async def test_a_link_is_changed_by_flat_fields_and_its_key_names_its_customer(
    friends: httpx.AsyncClient,
) -> None:
    await add_friends(friends)
    await _add(friends, "summer")
    response = await friends.put("/customer_referral_links/summer", json={"key": "winter"})
    assert (response.status_code, response.json()["data"]["id"]) == (200, "winter")
    record = await add_referral_customer(friends, "carla", referring_customer={"key": "winter"})
    assert record["referring_customer"]["id"] == "alice"
    for taken in ("ref_bob", "bob", "ref_alice"):
        response = await friends.put("/customer_referral_links/winter", json={"key": taken})
        assert response.json()["errors"].keys() == {"key"}
    assert (await friends.get("/customer_referral_links/summer")).status_code == 404


async def test_the_default_link_cannot_be_deleted_and_others_can(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    await _add(friends, "summer")
    assert (await friends.delete("/customer_referral_links/ref_alice")).status_code == 400
    assert (await friends.delete("/customer_referral_links/summer")).json() == {"status": 1}
    assert (await friends.delete("/customer_referral_links/summer")).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id=summer", ["summer"]),
        ("key=summer", ["summer"]),
        ("key=winter", []),
        ("key=summer&customer[id]=alice", ["summer"]),
        ("key=summer&customer%5Bid%5D=bob", []),
        ("key=summer&customer.key=ref_alice", ["summer"]),
        ("id=summer&customer_id=nobody", []),
    ],
)
async def test_a_search_is_by_id_or_key_and_perhaps_of_one_customer(
    friends: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    await add_friends(friends)
    await _add(friends, "summer")
    assert keys(await friends.get(f"/customer_referral_links:search?{query}")) == found


async def test_a_search_for_no_key_is_422(friends: httpx.AsyncClient) -> None:
    await add_friends(friends)
    assert (await friends.get("/customer_referral_links:search?customer_id=alice")).status_code == 422


async def test_keys_of_partners_and_of_customers_do_not_meet() -> None:
    sandbox = Sandbox(api_keys={"one": "referral", "two": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await add_referral_customer(one, "alice", key="ref_001")
        assert (await one.get("/partner_referral_links/ref_001")).status_code == 404
        assert (await two.get("/customer_referral_links/ref_001")).status_code == 404
        assert (await two.get("/partner?key=ref_001")).json()["data"]["id"] == "partner_001"
    sandbox.close()
