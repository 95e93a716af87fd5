"""Rewards of newsletters: what they are, and who reaches them when."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from partnero_async.sandbox import Sandbox

from .clients import bare_client

pytestmark = pytest.mark.asyncio

_REFERRER = "referrer@example.com"


@pytest_asyncio.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a newsletter with one subscriber."""
    sandbox = Sandbox(api_keys={"newsletter": "newsletter"})
    async with bare_client(sandbox, "newsletter") as client:
        assert (await client.post("/subscribers", json={"email": _REFERRER})).status_code == 201
        yield client
    sandbox.close()


async def _add(api: httpx.AsyncClient, count: int | None = None, **fields: Any) -> Any:
    response = await api.post("/rewards", json={"name": "Reward", "subscribers_count": count, **fields})
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def _refer(api: httpx.AsyncClient, *names: str) -> None:
    for name in names:
        body = {"email": f"{name}@example.com", "referral": {"email": _REFERRER}}
        assert (await api.post("/subscribers", json=body)).status_code == 201


async def _remove(api: httpx.AsyncClient, email: str) -> None:
    response = await api.request("DELETE", "/subscribers", json={"email": email})
    assert response.status_code == 200


async def _given(api: httpx.AsyncClient, email: str = _REFERRER) -> list[int]:
    """The ids of the rewards of a subscriber."""
    subscriber = (await api.get(f"/subscribers/{email}")).json()["data"]
    return [reward["id"] for reward in subscriber["reward"]]


async def _times(api: httpx.AsyncClient) -> list[int]:
    return [reward["times_triggered"] for reward in (await api.get("/rewards")).json()["data"]]


async def test_a_reward_comes_as_it_is_printed(api: httpx.AsyncClient) -> None:
    record = await _add(
        api,
        1,
        name="Generic coupon reward",
        description="Reward description",
        fulfillment_type="generic_coupon",
        fulfillment_value="REWARD10",
    )
    response = await api.get(f"/rewards/{record['id']}")
    assert (response.status_code, response.json()) == (200, {"data": record, "status": 1})
    assert (await api.get("/rewards")).json()["data"] == [record]
    assert record.pop("created_at") == record.pop("updated_at")
    assert record == {
        "id": 1,
        "name": "Generic coupon reward",
        "description": "Reward description",
        "status": "active",
        "type": "default",
        "fulfillment_type": "generic_coupon",
        "fulfillment_type_name": "Coupon code",
        "fulfillment_value": "REWARD10",
        "subscriber_count": 1,
        "times_triggered": 0,
    }


async def test_a_name_is_enough_and_one_referral_too(api: httpx.AsyncClient) -> None:
    record = await _add(api)
    empty = ("description", "fulfillment_type", "fulfillment_type_name", "fulfillment_value")
    assert [record[name] for name in empty] == [None] * 4
    assert record["subscriber_count"] == 1


async def test_the_number_is_not_taken_under_the_name_that_it_is_answered_with(
    api: httpx.AsyncClient,
) -> None:
    assert (await _add(api, subscriber_count=5))["subscriber_count"] == 1


@pytest.mark.parametrize("kind", ["url_link", "generic_coupon", "amazon_gift_card"])
async def test_every_kind_of_fulfillment_has_a_name(api: httpx.AsyncClient, kind: str) -> None:
    record = await _add(api, fulfillment_type=kind)
    assert record["fulfillment_type"] == kind
    assert record["fulfillment_type_name"][0].isupper()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": None}, "name"),
        ({"name": 1}, "name"),
        ({"description": []}, "description"),
        ({"subscribers_count": 0}, "subscribers_count"),
        ({"subscribers_count": -1}, "subscribers_count"),
        ({"subscribers_count": 1.5}, "subscribers_count"),
        ({"subscribers_count": "many"}, "subscribers_count"),
        ({"subscribers_count": 2**63}, "subscribers_count"),
        ({"subscribers_count": True}, "subscribers_count"),
        ({"fulfillment_type": "paypal"}, "fulfillment_type"),
        ({"fulfillment_value": 10}, "fulfillment_value"),
    ],
)
async def test_an_ill_formed_reward_is_422_and_leaves_no_trace(
    api: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    response = await api.post("/rewards", json={"name": "Reward", **fields})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}
    assert await _times(api) == []


@pytest.mark.parametrize("number", ["0", "2", "-1", "abc", "1.0", "9" * 30])
async def test_what_is_no_id_of_a_reward_is_404(api: httpx.AsyncClient, number: str) -> None:
    await _add(api)
    assert (await api.get(f"/rewards/{number}")).status_code == 404


async def test_rewards_are_listed_page_by_page(api: httpx.AsyncClient) -> None:
    for count in (3, 1, 2):
        await _add(api, count)
    page = (await api.get("/rewards?limit=2")).json()
    assert [reward["subscriber_count"] for reward in page["data"]] == [3, 1]
    assert page["links"]["next"] == "http://sandbox.test/v1/rewards?page=2"


async def test_a_reward_comes_with_the_referral_that_reaches_it_and_only_once(
    api: httpx.AsyncClient,
) -> None:
    first, second = [(await _add(api, count))["id"] for count in (1, 3)]
    steps = []
    for name in "abcd":
        await _refer(api, name)
        steps.append(await _given(api))
    assert steps == [[first], [first], [first, second], [first, second]]
    assert await _times(api) == [1, 1]
    assert await _given(api, "a@example.com") == []


async def test_a_subscriber_sees_what_was_given(api: httpx.AsyncClient) -> None:
    reward = await _add(api, fulfillment_type="url_link", fulfillment_value="https://example.com/gift")
    await _refer(api, "a")
    (given,) = (await api.get(f"/subscribers/{_REFERRER}")).json()["data"]["reward"]
    assert given.pop("created_at")
    assert given == {
        name: reward[name]
        for name in (
            "id",
            "name",
            "description",
            "fulfillment_type",
            "fulfillment_type_name",
            "fulfillment_value",
            "subscriber_count",
        )
    }
    (listed,) = (await api.get("/subscribers:search", params={"email": _REFERRER})).json()["data"]
    assert len(listed["reward"]) == 1


async def test_every_subscriber_reaches_it_once(api: httpx.AsyncClient) -> None:
    await _add(api, 1)
    await _refer(api, "a", "b")
    body = {"email": "c@example.com", "referral": {"email": "a@example.com"}}
    assert (await api.post("/subscribers", json=body)).status_code == 201
    assert await _times(api) == [2]


async def test_a_reward_that_was_reached_before_it_was_made_comes_with_the_next_referral(
    api: httpx.AsyncClient,
) -> None:
    await _refer(api, "a", "b", "c")
    reward = (await _add(api, 2))["id"]
    assert await _given(api) == []
    await _refer(api, "d")
    assert await _given(api) == [reward]


async def test_a_count_that_falls_and_rises_gives_nothing_twice(api: httpx.AsyncClient) -> None:
    reward = (await _add(api, 2))["id"]
    await _refer(api, "a", "b")
    await _remove(api, "b@example.com")
    assert await _given(api) == [reward]
    await _refer(api, "b")
    assert (await _given(api), await _times(api)) == ([reward], [1])


async def test_a_reward_was_given_even_if_its_subscriber_left(api: httpx.AsyncClient) -> None:
    await _add(api)
    await _refer(api, "a")
    await _remove(api, _REFERRER)
    assert await _times(api) == [1]
    await api.post("/subscribers", json={"email": _REFERRER})
    assert await _given(api) == []


async def test_a_subscriber_who_is_refused_gives_nobody_a_reward(api: httpx.AsyncClient) -> None:
    await _add(api)
    body = {"email": "a@example.com", "status": "odd", "referral": {"email": _REFERRER}}
    assert (await api.post("/subscribers", json=body)).status_code == 422
    assert await _given(api) == []


async def test_only_a_newsletter_has_rewards_and_sees_its_own() -> None:
    sandbox = Sandbox(api_keys={"one": "newsletter", "two": "newsletter", "three": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        number = (await _add(one))["id"]
        await two.post("/subscribers", json={"email": _REFERRER})
        await _refer(two, "a")
        assert await _given(two) == []
        assert (await two.get(f"/rewards/{number}")).status_code == 404
        assert await _times(two) == []
        async with bare_client(sandbox, "three") as three:
            assert (await three.get("/rewards")).status_code == 404
    sandbox.close()


async def test_a_file_keeps_rewards_and_who_has_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sandbox = Sandbox(path, api_keys={"one": "newsletter"})
    async with bare_client(sandbox, "one") as api:
        await api.post("/subscribers", json={"email": _REFERRER})
        number = (await _add(api))["id"]
        await _refer(api, "a")
    sandbox.close()
    again = Sandbox(path, api_keys={"one": "newsletter"})
    async with bare_client(again, "one") as api:
        assert (await _given(api), await _times(api)) == ([number], [1])
        await _refer(api, "b")
        assert await _times(api) == [1]
    again.close()
