"""Referral links: every key of a partner's links names the partner."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import add_customer, add_link, add_sale, bare_client, keys

pytestmark = pytest.mark.asyncio

_ADDITIONAL = {"domain_id": 8, "is_additional": True}


async def test_a_link_is_created_with_200_and_its_id_is_its_key(api: httpx.AsyncClient) -> None:
    body = {"partner": {"id": "partner_001"}, "key": "ref_456"}
    response = await api.post("/partner_referral_links", json=body)
    assert response.status_code == 200
    assert response.json() == {
        "data": {
            "id": "ref_456",
            "key": "ref_456",
            "url": "https://yourcompany.com?aff=ref_456",
            "default": False,
            "is_additional": False,
            "direct_tracking": False,
            "direct_tracking_redirect": False,
            "direct_tracking_redirect_url": None,
        },
        "status": 1,
    }
    assert (await api.get("/partner_referral_links/ref_456")).json() == response.json()


@pytest.mark.parametrize(
    "partner", [{"id": "partner_002"}, {"key": "ref_002"}, {"email": "partner_002@example.com"}]
)
async def test_the_partner_of_a_link_is_named_by_id_key_or_email(
    api: httpx.AsyncClient, partner: dict[str, str]
) -> None:
    await add_link(api, "summer", partner=partner)
    assert keys(await api.get("/partners/partner_002/referral_links")) == ["ref_002", "summer"]
    assert keys(await api.get("/partners/partner_001/referral_links")) == ["ref_001"]


async def test_exactly_one_link_of_a_partner_is_the_default_one(api: httpx.AsyncClient) -> None:
    for key in ("summer", "winter"):
        await add_link(api, key)
    links = (await api.get("/partners/partner_001/referral_links")).json()["data"]
    assert [(link["key"], link["default"]) for link in links] == [
        ("ref_001", True),
        ("summer", False),
        ("winter", False),
    ]


async def test_the_links_of_a_partner_have_pages(api: httpx.AsyncClient) -> None:
    await add_link(api, "summer")
    response = await api.get("/partners/partner_001/referral_links", params={"limit": 1})
    assert keys(response) == ["ref_001"]
    assert response.json()["links"]["next"].endswith("/partners/partner_001/referral_links?page=2")


async def test_a_partner_shows_all_its_links_the_default_one_first(api: httpx.AsyncClient) -> None:
    await add_link(api, "a b&c")
    record = (await api.get("/partners/partner_001")).json()["data"]
    assert record["referral_link"] == "https://yourcompany.com?aff=ref_001"
    assert record["referral_links"] == [
        "https://yourcompany.com?aff=ref_001",
        "https://yourcompany.com?aff=a%20b%26c",
    ]


@pytest.mark.parametrize("key", ["summer", "ref_001"])
async def test_every_key_of_a_partner_names_it(api: httpx.AsyncClient, key: str) -> None:
    await add_link(api, "summer")
    record = await add_customer(api, partner={"key": key})
    assert record["partner"] == "partner_001"
    assert keys(await api.get("/customers", params={"partner_key": key})) == ["customer_1"]
    found = (await api.get("/partners:search", params={"key": key})).json()["data"]
    assert [partner["id"] for partner in found] == ["partner_001"]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"key": None}, "key"),
        ({"key": "ref_002"}, "key"),
        ({"key": "ref_001"}, "key"),
        ({"key": "summer"}, "key"),
        ({"key": 7}, "key"),
        ({"partner": None}, "partner"),
        ({"partner": {}}, "partner"),
        ({"domain_id": 8}, "is_additional"),
        ({"domain_id": 8, "is_additional": False}, "domain_id"),
        ({"domain_id": 9, "is_additional": True}, "domain_id"),
        ({"domain_id": True, "is_additional": True}, "domain_id"),
        ({"direct_tracking": "perhaps"}, "direct_tracking"),
        ({"direct_tracking_redirect_url": "nowhere"}, "direct_tracking_redirect_url"),
    ],
)
async def test_a_link_that_lacks_something_or_takes_what_is_taken_is_422(
    api: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    await add_link(api, "summer")
    body = {"key": "winter", "partner": {"id": "partner_001"}, **fields}
    response = await api.post("/partner_referral_links", json=body)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}
    assert len((await api.get("/partners/partner_001/referral_links")).json()["data"]) == 2


async def test_a_link_for_an_unknown_partner_is_400(api: httpx.AsyncClient) -> None:
    body = {"key": "winter", "partner": {"key": "partner_001"}}
    assert (await api.post("/partner_referral_links", json=body)).status_code == 400


async def test_a_new_partner_cannot_take_the_key_of_a_link(api: httpx.AsyncClient) -> None:
    await add_link(api, "summer")
    response = await api.post("/partners", json={"email": "john@example.com", "key": "summer"})
    assert response.json()["errors"].keys() == {"key"}


async def test_the_domains_are_the_default_one_without_id_and_an_additional_one(
    api: httpx.AsyncClient,
) -> None:
    response = (await api.get("/partner_referral_links:domains")).json()
    assert response["meta"]["per_page"] == 10
    default, additional = response["data"]
    assert default == {
        "id": None,
        "domain": "yourcompany.com",
        "url": "https://yourcompany.com?aff=",
        "is_additional": False,
    }
    assert (additional["id"], additional["is_additional"]) == (8, True)
    second = (await api.get("/partner_referral_links:domains", params={"limit": 1, "page": 2})).json()
    assert second["data"] == [additional]


@pytest.mark.parametrize("domain_id", [8, "8"])
async def test_a_link_on_the_additional_domain(api: httpx.AsyncClient, domain_id: object) -> None:
    record = await add_link(api, "summer", domain_id=domain_id, is_additional=True)
    prefix = (await api.get("/partner_referral_links:domains")).json()["data"][1]["url"]
    assert (record["url"], record["is_additional"]) == (f"{prefix}summer", True)


async def test_an_update_changes_what_is_sent_and_the_id_with_the_key(api: httpx.AsyncClient) -> None:
    await add_link(api, "summer", direct_tracking=True)
    fields = {
        "key": "winter",
        "direct_tracking_redirect": True,
        "direct_tracking_redirect_url": "https://x.test/a",
    }
    response = await api.put("/partner_referral_links/summer", json=fields)
    assert response.status_code == 200
    assert response.json()["data"] == {
        "id": "winter",
        "key": "winter",
        "url": "https://yourcompany.com?aff=winter",
        "default": False,
        "is_additional": False,
        "direct_tracking": True,
        "direct_tracking_redirect": True,
        "direct_tracking_redirect_url": "https://x.test/a",
    }
    assert (await api.get("/partner_referral_links/summer")).status_code == 404


async def test_an_update_moves_a_link_to_another_domain_and_back(api: httpx.AsyncClient) -> None:
    there = await api.put("/partner_referral_links/ref_001", json=_ADDITIONAL)
    assert there.json()["data"]["is_additional"] is True
    kept = await api.put("/partner_referral_links/ref_001", json={"direct_tracking": True})
    assert kept.json()["data"]["is_additional"] is True
    back = await api.put("/partner_referral_links/ref_001", json={"domain_id": None})
    assert back.json()["data"]["url"] == "https://yourcompany.com?aff=ref_001"


async def test_a_default_link_can_be_renamed(api: httpx.AsyncClient) -> None:
    record = (await api.put("/partner_referral_links/ref_001", json={"key": "first"})).json()["data"]
    assert (record["key"], record["default"]) == ("first", True)
    partner = (await api.get("/partner", params={"key": "first"})).json()["data"]
    assert (partner["id"], partner["referral_link"]) == ("partner_001", record["url"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"unknown": 1}, 422),
        ({"key": "ref_002"}, 422),
        ({"key": None}, 422),
        ({"key": "ref_001"}, 200),
    ],
)
async def test_an_update_of_nothing_or_to_a_taken_key_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    assert (await api.put("/partner_referral_links/ref_001", json=body)).status_code == status
    assert (await api.get("/partner_referral_links/ref_001")).status_code == 200


async def test_a_deleted_link_names_nobody_any_more(api: httpx.AsyncClient) -> None:
    await add_link(api, "summer")
    response = await api.delete("/partner_referral_links/summer")
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert (await api.get("/partner", params={"key": "summer"})).status_code == 404
    await add_link(api, "summer", partner={"id": "partner_002"})


async def test_the_default_link_cannot_be_deleted(api: httpx.AsyncClient) -> None:
    response = await api.delete("/partner_referral_links/ref_001")
    assert response.status_code == 400
    assert "default" in response.json()["message"]
    assert (await api.get("/partner", params={"key": "ref_001"})).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_an_unknown_link_is_404(api: httpx.AsyncClient, method: str) -> None:
    response = await api.request(method, "/partner_referral_links/partner_001", json={"key": "x"})
    assert response.status_code == 404
    assert response.json()["message"] == "Referral link not found."


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"id": "summer"}, ["summer"]),
        ({"key": "ref_002"}, ["ref_002"]),
        ({"key": "summ"}, []),
        ({"id": "%"}, []),
    ],
)
async def test_search_lists_the_link_with_the_id_or_key(
    api: httpx.AsyncClient, params: dict[str, str], found: list[str]
) -> None:
    await add_link(api, "summer")
    assert keys(await api.get("/partner_referral_links:search", params=params)) == found


async def test_search_needs_an_id_or_key(api: httpx.AsyncClient) -> None:
    assert (await api.get("/partner_referral_links:search")).status_code == 422


@pytest.mark.parametrize("url", ["https://yourcompany.com?aff=summer", "https://yourcompany.com?aff=ref_001"])
async def test_sign_ups_and_sales_are_attributed_to_any_link_of_the_partner(
    api: httpx.AsyncClient, url: str
) -> None:
    await add_link(api, "summer")
    await add_customer(api, options={"referral_url": url})
    await add_sale(api, options={"referral_url": url})


async def test_another_partners_link_attributes_nothing(api: httpx.AsyncClient) -> None:
    options = {"referral_url": "https://yourcompany.com?aff=ref_002"}
    customer = {"key": "customer_1", "partner": {"key": "ref_001"}}
    signed_up = await api.post("/customers", json={**customer, "options": options})
    await add_customer(api)
    sale = await api.post("/transactions", json={"customer": customer, "amount": 1, "options": options})
    for response in (signed_up, sale):
        assert response.status_code == 422
        assert response.json()["errors"].keys() == {"options.referral_url"}


async def test_links_belong_to_one_program() -> None:
    sandbox = Sandbox(api_keys={"one": "affiliate", "two": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await add_link(one, "summer")
        assert (await two.get("/partner_referral_links/summer")).status_code == 404
        await add_link(two, "summer")
    sandbox.close()


async def test_links_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sandbox = Sandbox(path)
    async with bare_client(sandbox) as api:
        before = await add_link(api, "summer", direct_tracking=True, **_ADDITIONAL)
    sandbox.close()
    again = Sandbox(path)
    async with bare_client(again) as api:
        assert (await api.get("/partner_referral_links/summer")).json()["data"] == before
    again.close()
