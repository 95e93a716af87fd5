"""Subscribers of newsletters: what is refused before it is sent, and what becomes of a status."""

from __future__ import annotations

from enum import Enum
from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, Found, Missing, Ref
from partnero_async.records import Subscriber, SubscriberStatus

from ..servers import key_of, scripted
from .scripts import (
    DONE,
    Bad,
    Call,
    Script,
    bad_fields,
    bad_keys,
    bad_pages,
    bad_segments,
    each,
    envelope,
    page,
    refuse,
    refuse_at_once,
)

pytestmark = pytest.mark.asyncio

ME = Ref(id="s")

LISTS: list[Bad] = [
    *bad_pages(
        list=lambda api, **page: api.subscribers.list(**page),
        search=lambda api, **page: api.subscribers.search(id="s", **page),
    ),
    *bad_fields(
        "list",
        lambda api, **fields: api.subscribers.list(**fields),
        *(
            (
                {"refer_status": word},
                ArgumentError,
                '^refer_status must be "referred" or "non_referred", not ',
            )
            for word in ("", "REFERRED", "non referred", "active", False, 0, b"referred")
        ),
    ),
    *bad_fields(
        "search",
        lambda api, **fields: api.subscribers.search(**fields),
        ({}, ArgumentError, "exactly one of email and id; it was given none of them"),
        ({"email": "e", "id": "s"}, ArgumentError, "it was given email and id"),
        ({"email": " "}, ArgumentError, "^email must not be blank"),
        ({"id": ""}, ArgumentError, "^id must not be empty"),
        ({"id": 5}, TypeError, "^id must be a string, not int"),
    ),
]

FIELDS: list[tuple[Any, type[Exception], str]] = [
    ({"name": 5}, TypeError, "^name must be a string, not int"),
    ({"tos": 1}, TypeError, "^tos must be True or False, not int"),
    ({"tos": None}, TypeError, "^tos must be True or False, not NoneType"),
    ({"marketing_consent": "yes"}, TypeError, "^marketing_consent must be True or False, not str"),
    ({"approved": 0}, TypeError, "^approved must be True or False, not int"),
    ({"status": 1}, TypeError, "^status must be a string, not int"),
    ({"status": None}, TypeError, "^status must be a string, not NoneType"),
    ({"status": True}, TypeError, "^status must be a string, not bool"),
]

WHO: list[tuple[Any, type[Exception], str]] = [
    ({"subscriber": "s"}, TypeError, "^subscriber must be a Ref, .* not str$"),
    ({"subscriber": None}, TypeError, "^subscriber must be a Ref, .* not NoneType$"),
    ({"subscriber": {"id": "s"}}, TypeError, "^subscriber must be a Ref, .* not dict$"),
    ({"subscriber": Ref(key="s")}, ArgumentError, "^subscriber is named here by id or email, not by key$"),
]

BAD: list[Bad] = [
    *bad_segments("id", get=lambda api, id: api.subscribers.get(id)),
    *bad_fields(
        "create",
        lambda api, **fields: api.subscribers.create(**{"email": "a@b.co"} | fields),
        *FIELDS,
        ({"email": ""}, ArgumentError, "^email must not be empty"),
        ({"email": " "}, ArgumentError, "^email must not be blank"),
        ({"email": None}, TypeError, "^email must be a string"),
        ({"id": ""}, ArgumentError, "^id must not be empty"),
        ({"id": None}, TypeError, "^id must be a string"),
        ({"referral": "s"}, TypeError, "^referral must be a Ref, .* not str$"),
        ({"referral": None}, TypeError, "^referral must be a Ref, .* not NoneType$"),
        ({"referral": Ref(key="s")}, ArgumentError, "^referral is named here by id or email, not by key$"),
    ),
    *bad_fields(
        "update",
        lambda api, subscriber=ME, **fields: api.subscribers.update(
            subscriber, **{"approved": True} | fields
        ),
        *WHO,
        *FIELDS,
        ({"new_email": ""}, ArgumentError, "^new_email must not be empty"),
        ({"new_email": None}, TypeError, "^new_email must be a string"),
        ({"new_id": " "}, ArgumentError, "^new_id must not be blank"),
    ),
    ("update nothing", lambda api: api.subscribers.update(Ref(id="s")), ArgumentError, "nothing to update"),
    *bad_fields("delete", lambda api, subscriber: api.subscribers.delete(subscriber), *WHO),
]


@each(BAD)
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@each(LISTS)
async def test_a_bad_list_is_refused_where_it_is_asked_for(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse_at_once(call, error, said)


# The status.


@pytest.mark.parametrize("status", SubscriberStatus, ids=str)
@pytest.mark.parametrize("spelt", [str, str.capitalize], ids=["lower case", "capitalised"])
@pytest.mark.parametrize("strict", [True, False])
async def test_a_known_status_is_a_member_in_both_spellings(
    status: SubscriberStatus, spelt: Any, strict: bool
) -> None:
    async with Script(envelope(email="e", status=spelt(status.value))).client(strict=strict) as partnero:
        assert (await partnero.subscribers.get("e")).status is status


@pytest.mark.parametrize("word", ["ACTIVE", "aCTIVE", "Active ", "Unsubscribed", "bounced", ""])
async def test_an_unknown_status_stays_as_it_came(word: str) -> None:
    async with Script(envelope(email="e", status=word)).client() as partnero:
        found = (await partnero.subscribers.get("e")).status
    assert (found, type(found)) == (word, str)


class Mine(str, Enum):  # noqa: UP042  whose str() is its name
    OURS = "Suspended"


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (SubscriberStatus.ACTIVE, "active"),
        ("Active", "active"),
        ("REJECTED", "rejected"),
        ("suspended", "suspended"),
        ("Bounced", "bounced"),
        (Mine.OURS, "suspended"),
    ],
)
async def test_a_status_is_sent_in_lower_case(status: Any, sent: str) -> None:
    script = Script(envelope(email="e"))
    async with script.client() as partnero:
        await partnero.subscribers.update(Ref(email="e"), status=status)
        assert script.last.body == {"email": "e", "update": {"status": sent}}
        await partnero.subscribers.create(email="e", status=status)
        assert script.last.body == {"email": "e", "status": sent}


@pytest.mark.parametrize("word", ["Active", "Bounced"])
async def test_the_status_of_a_record_can_be_sent_back(word: str) -> None:
    script = Script(envelope(email="e", status=word))
    async with script.client() as partnero:
        found = await partnero.subscribers.get("e")
        assert found.status is not None
        await partnero.subscribers.update(Ref(email="e"), status=found.status)
    assert script.last.body["update"] == {"status": word.lower()}


# Who it is.


@pytest.mark.parametrize("id", [None, "a@b.co", "113965815471015338"])
async def test_the_id_may_be_null_and_the_address_identifies(id: str | None) -> None:
    async with Script(envelope(id=id, email="a@b.co")).client() as partnero:
        subscriber = await partnero.subscribers.get("a@b.co")
    assert (subscriber.id, subscriber.email) == (id, "a@b.co")


async def test_an_id_that_was_left_out_is_none_too() -> None:
    async with Script(envelope(email="a@b.co")).client() as partnero:
        assert (await partnero.subscribers.get("a@b.co")).id is None


@pytest.mark.parametrize("ref", [Ref(id="s"), Ref(email="s")], ids=lambda ref: ref.by)
async def test_a_subscriber_is_changed_and_deleted_by_what_the_body_says(ref: Any) -> None:
    script = Script(envelope(email="e"))
    async with script.client() as partnero:
        await partnero.subscribers.update(ref, new_email="f", name=None, tos=False)
        assert script.last == (
            "PUT",
            "/subscribers",
            {},
            {ref.by: "s", "update": {"email": "f", "name": None, "tos": False}},
        )
        await partnero.subscribers.delete(ref)
        assert script.last == ("DELETE", "/subscribers", {}, {ref.by: "s"})
        await partnero.subscribers.create(email="e", referral=ref)
        assert script.last.body == {"email": "e", "referral": {ref.by: "s"}}


@pytest.mark.parametrize("who", [{"email": "a@b.co"}, {"id": "s"}], ids=str)
async def test_a_search_asks_by_the_one_identifier(who: Any) -> None:
    script = Script(page({"email": "a@b.co"}))
    async with script.client() as partnero:
        (found,) = await partnero.subscribers.search(**who, limit=10)
    assert found == Subscriber(email="a@b.co")
    assert script.last.query == {"limit": "10", "page": "1", **who}


@pytest.mark.parametrize("word", ["referred", "non_referred", None])
async def test_the_status_of_referral_is_sent_with_every_page(word: Any) -> None:
    script = Script(page({"email": "a"}, following="?page=2"), page({"email": "b"}))
    async with script.client() as partnero:
        found = [s.email async for s in partnero.subscribers.list(refer_status=word)]
    assert found == ["a", "b"]
    assert [request.url.params.get("refer_status") for request in script.requests] == [word, word]


async def test_many_subscribers_are_found_or_missing() -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        id = key_of(request)
        if id == "x@y.z":
            return httpx.Response(404, json={"message": "Subscriber not found."})
        return httpx.Response(200, json=envelope(email=id))

    async with scripted(serve) as partnero:
        batch = await partnero.subscribers.get_many(["a@b.co", "x@y.z"])
        async with partnero.subscribers.stream(["x@y.z", "a@b.co"], ordered=True) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert (dict(batch.found), batch.missing) == ({"a@b.co": Subscriber(email="a@b.co")}, ("x@y.z",))
    assert streamed == [Missing("x@y.z"), Found("a@b.co", Subscriber(email="a@b.co"))]


@bad_keys([5], [None])
async def test_what_are_no_ids_are_refused(keys: Any, said: str) -> None:
    await refuse(lambda api: api.subscribers.get_many(keys), TypeError, said)


async def test_a_deletion_is_done_whatever_the_answer_holds() -> None:
    script = Script(DONE)
    async with script.client() as partnero:
        deleted: Any = await partnero.subscribers.delete(Ref(id="s"))
    assert deleted is None
