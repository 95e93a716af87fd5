"""Webhook subscriptions: addresses, events, and a secret that never changes."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import bare_client, keys

pytestmark = pytest.mark.asyncio

_URL = "https://yourcompany.com/webhooks/partnero"
EVENTS = {
    "affiliate": [
        "partner.created",
        "partner.updated",
        "partner.deleted",
        "partner.approved",
        "partner.rejected",
        "partner.archived",
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "transaction.created",
        "transaction.deleted",
        "lead.submitted",
        "lead.converted",
        "lead.rejected",
    ],
    "referral": [
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.credited",
        "customer.rewarded",
        "transaction.created",
        "transaction.deleted",
    ],
    "newsletter": [
        "subscriber.created",
        "subscriber.updated",
        "subscriber.deleted",
        "subscriber.rewarded",
    ],
}
_ALL_EVENTS = {event for events in EVENTS.values() for event in events}


def _subscription(**fields: Any) -> dict[str, Any]:
    return {"name": "Partner Notifications", "url": _URL, "events": ["partner.created"], **fields}


async def _subscribe(api: httpx.AsyncClient, **fields: Any) -> Any:
    response = await api.post("/webhooks", json=_subscription(**fields))
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def test_a_subscription_answers_201_with_key_and_secret_made_up(api: httpx.AsyncClient) -> None:
    record = await _subscribe(api, events=["partner.created", "transaction.created", "partner.created"])
    key, signature = record.pop("key"), record.pop("signature")
    assert (len(key), len(signature)) == (12, 16)
    assert record == {
        "name": "Partner Notifications",
        "url": _URL,
        "is_active": True,
        "events": ["partner.created", "transaction.created"],
    }


async def test_two_subscriptions_have_different_keys_and_secrets(api: httpx.AsyncClient) -> None:
    one, two = await _subscribe(api), await _subscribe(api)
    assert one["key"] != two["key"]
    assert one["signature"] != two["signature"]


async def test_key_and_activity_can_be_chosen(api: httpx.AsyncClient) -> None:
    record = await _subscribe(api, key="mine", is_active=False)
    assert (record["key"], record["is_active"]) == ("mine", False)
    response = await api.get("/webhooks/mine")
    assert (response.status_code, response.json()) == (200, {"data": record, "status": 1})


async def test_a_key_that_is_taken_is_422(api: httpx.AsyncClient) -> None:
    await _subscribe(api, key="mine")
    response = await api.post("/webhooks", json=_subscription(key="mine"))
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"key"}


@pytest.mark.parametrize("field", ["name", "url", "events"])
async def test_name_url_and_events_are_required(api: httpx.AsyncClient, field: str) -> None:
    response = await api.post("/webhooks", json=_subscription(**{field: None}))
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 7),
        ("url", "yourcompany.com"),
        ("url", "ftp://yourcompany.com"),
        ("url", "https://"),
        ("url", "https:///path"),
        ("events", []),
        ("events", "partner.created"),
        ("events", {"0": "partner.created"}),
        ("events", ["partner.created", 1]),
        ("events", [["partner.created"]]),
        ("events", ["partner.created", "partner.exploded"]),
        ("events", ["reward.paid"]),
        ("is_active", "perhaps"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_an_ill_formed_field_is_422_and_changes_nothing(
    api: httpx.AsyncClient, method: str, field: str, value: object
) -> None:
    record = await _subscribe(api, key="mine")
    path = "/webhooks" if method == "POST" else "/webhooks/mine"
    body = _subscription(**{field: value}) if method == "POST" else {"name": "Other", field: value}
    response = await api.request(method, path, json=body)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}
    assert (await api.get("/webhooks")).json()["data"] == [record]


@pytest.mark.parametrize("kind", EVENTS)
async def test_each_type_of_program_has_its_own_events(kind: Any) -> None:
    sandbox = Sandbox(api_keys={"key": kind})
    async with bare_client(sandbox, "key") as api:
        assert (await _subscribe(api, events=EVENTS[kind]))["events"] == EVENTS[kind]
        for foreign in _ALL_EVENTS.difference(EVENTS[kind]):
            response = await api.post("/webhooks", json=_subscription(events=[foreign]))
            assert (foreign, response.status_code) == (foreign, 422)
        assert len((await api.get("/webhooks")).json()["data"]) == 1
    sandbox.close()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Other"),
        ("url", "http://127.0.0.1:8000"),
        ("events", ["lead.submitted"]),
        ("is_active", False),
    ],
)
async def test_one_field_is_changed_and_the_rest_stays(
    api: httpx.AsyncClient, field: str, value: object
) -> None:
    record = await _subscribe(api, key="mine")
    response = await api.put("/webhooks/mine", json={field: value})
    assert (response.status_code, response.json()["data"]) == (200, {**record, field: value})
    assert (await api.get("/webhooks/mine")).json()["data"] == {**record, field: value}


async def test_an_inactive_subscription_stays_so_when_something_else_changes(api: httpx.AsyncClient) -> None:
    await _subscribe(api, key="mine", is_active=False)
    assert (await api.put("/webhooks/mine", json={"name": "Other"})).json()["data"]["is_active"] is False


async def test_neither_the_secret_nor_the_key_can_be_changed(api: httpx.AsyncClient) -> None:
    record = await _subscribe(api, key="mine", signature="chosen")
    assert record["signature"] != "chosen"
    changed = await api.put("/webhooks/mine", json={"signature": "chosen", "key": "other"})
    assert changed.json()["data"] == record


async def test_a_deleted_subscription_is_gone(api: httpx.AsyncClient) -> None:
    await _subscribe(api, key="mine")
    await _subscribe(api, key="other")
    response = await api.delete("/webhooks/mine")
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert keys(await api.get("/webhooks")) == ["other"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_an_unknown_key_is_404(api: httpx.AsyncClient, method: str) -> None:
    assert (await api.request(method, "/webhooks/nothing")).status_code == 404


async def test_a_page_has_ten_unless_told_otherwise(api: httpx.AsyncClient) -> None:
    for number in range(12):
        await _subscribe(api, key=f"key_{number:02}")
    page = (await api.get("/webhooks")).json()
    assert (len(page["data"]), page["meta"]["per_page"]) == (10, 10)
    assert page["links"]["next"] == "http://sandbox.test/v1/webhooks?page=2"
    assert keys(await api.get("/webhooks?page=2")) == ["key_10", "key_11"]
    assert len(keys(await api.get("/webhooks?limit=100"))) == 12


async def test_programs_do_not_see_each_others_subscriptions() -> None:
    sandbox = Sandbox(api_keys={"one": "affiliate", "two": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await _subscribe(one, key="mine")
        assert (await two.get("/webhooks/mine")).status_code == 404
        assert (await two.delete("/webhooks/mine")).status_code == 404
        await _subscribe(two, key="mine", name="Another's")
        assert (await one.get("/webhooks/mine")).json()["data"]["name"] == "Partner Notifications"
    sandbox.close()


async def test_a_file_keeps_subscriptions_with_their_secrets(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state.db")
    async with bare_client(sandbox) as api:
        record = await _subscribe(api)
    sandbox.close()
    again = Sandbox(tmp_path / "state.db")
    async with bare_client(again) as api:
        assert (await api.get("/webhooks")).json()["data"] == [record]
    again.close()
