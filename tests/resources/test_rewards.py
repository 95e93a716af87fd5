"""The milestones of newsletters: what is refused before it is sent, and what is sent otherwise."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, Found, Missing, Ref
from partnero_async.records import Reward, RewardFulfillment, RewardStatus

from ..servers import key_of, scripted
from .scripts import (
    Bad,
    Call,
    Script,
    bad_fields,
    bad_keys,
    bad_pages,
    each,
    envelope,
    page,
    refuse,
    refuse_at_once,
)

pytestmark = pytest.mark.asyncio

BAD: list[Bad] = [
    *bad_fields(
        "get",
        lambda api, id: api.rewards.get(id),
        ({"id": "255"}, TypeError, "^id must be a whole number, not str$"),
        ({"id": ""}, TypeError, "^id must be a whole number, not str$"),
        ({"id": ".."}, TypeError, "^id must be a whole number, not str$"),
        ({"id": None}, TypeError, "^id must be a whole number, not NoneType$"),
        ({"id": True}, TypeError, "^id must be a whole number, not bool$"),
        ({"id": 255.0}, TypeError, "^id must be a whole number, not float$"),
        ({"id": Ref(id="255")}, TypeError, "^id must be a whole number, not Ref$"),
        ({"id": -1}, ArgumentError, "^id must be from 0 to 9223372036854775807, not -1$"),
        ({"id": 2**63}, ArgumentError, "^id must be from 0 to 9223372036854775807, not 9223372036854775808$"),
        (
            {"id": 10**5000},
            ArgumentError,
            "^id must be from 0 to 9223372036854775807, not a number of ",
        ),
    ),
    *bad_fields(
        "create",
        lambda api, **fields: api.rewards.create(**{"name": "n"} | fields),
        ({"name": ""}, ArgumentError, "^name must not be empty"),
        ({"name": " "}, ArgumentError, "^name must not be blank"),
        ({"name": None}, TypeError, "^name must be a string, not NoneType"),
        ({"description": 5}, TypeError, "^description must be a string, not int"),
        ({"subscribers_count": 0}, ArgumentError, "^subscribers_count must be at least 1, not 0$"),
        ({"subscribers_count": -1}, ArgumentError, "^subscribers_count must be at least 1, not -1$"),
        ({"subscribers_count": 10**5000}, ArgumentError, "^subscribers_count must be .* unreasonable size$"),
        ({"subscribers_count": True}, TypeError, "^subscribers_count must be a whole number, not bool$"),
        ({"subscribers_count": "5"}, TypeError, "^subscribers_count must be a whole number, not str$"),
        ({"subscribers_count": 5.0}, TypeError, "^subscribers_count must be a whole number, not float$"),
        ({"subscribers_count": None}, TypeError, "^subscribers_count must be a whole number, not NoneType$"),
        ({"fulfillment_type": ""}, ArgumentError, "^fulfillment_type must not be empty"),
        ({"fulfillment_type": 1}, TypeError, "^fulfillment_type must be a string, not int"),
        ({"fulfillment_type": None}, TypeError, "^fulfillment_type must be a string, not NoneType"),
        ({"fulfillment_value": 10}, TypeError, "^fulfillment_value must be a string, not int"),
    ),
]


@each(BAD)
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@each(bad_pages(list=lambda api, **page: api.rewards.list(**page)))
async def test_a_bad_list_is_refused_where_it_is_asked_for(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse_at_once(call, error, said)


async def test_a_member_is_sent_as_its_word_and_null_stays_null() -> None:
    script = Script(envelope(id=1))
    async with script.client() as partnero:
        await partnero.rewards.create(
            name="n",
            description=None,
            subscribers_count=1,
            fulfillment_type=RewardFulfillment.URL_LINK,
            fulfillment_value=None,
        )
    assert script.last.body == {
        "name": "n",
        "description": None,
        "subscribers_count": 1,
        "fulfillment_type": "url_link",
        "fulfillment_value": None,
    }


@pytest.mark.parametrize("id", [0, 255, 2**63 - 1])
async def test_an_id_is_written_out_in_the_path(id: int) -> None:
    script = Script(envelope(id=id))
    async with script.client() as partnero:
        assert (await partnero.rewards.get(id)).id == id
    assert script.last.path == f"/rewards/{id}"


async def test_the_count_of_the_answer_has_another_name_than_that_of_the_request() -> None:
    script = Script(envelope(id=1, subscriber_count=3, status="paused", fulfillment_type="swag"))
    async with script.client() as partnero:
        reward = await partnero.rewards.create(name="n", subscribers_count=3)
    assert (reward.subscriber_count, script.last.body["subscribers_count"]) == (3, 3)
    assert (reward.status, reward.fulfillment_type) == ("paused", "swag")
    assert not isinstance(reward.status, RewardStatus)


async def test_a_list_goes_on_over_all_pages() -> None:
    script = Script(page({"id": 1}, following="?page=2"), page({"id": 2}))
    async with script.client() as partnero:
        assert [reward.id async for reward in partnero.rewards.list(limit=1)] == [1, 2]


async def test_many_rewards_are_found_or_missing_by_their_numbers() -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        id = key_of(request)
        if id == "404":
            return httpx.Response(404, json={"message": "Reward not found."})
        return httpx.Response(200, json=envelope(id=int(id)))

    async with scripted(serve) as partnero:
        batch = await partnero.rewards.get_many(id for id in (255, 404, 256))
        async with partnero.rewards.stream(range(404, 406), ordered=True) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert (list(batch.found), batch.missing) == ([255, 256], (404,))
    assert streamed == [Missing(404), Found(405, Reward(id=405))]


@bad_keys(["255"], [None], [True], [1.0])
async def test_what_are_no_ids_are_refused(keys: Any, said: str) -> None:
    await refuse(lambda api: api.rewards.get_many(keys), TypeError, said)
