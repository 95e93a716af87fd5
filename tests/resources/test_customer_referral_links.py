"""The links of customers who refer others: what is refused before it is sent, and what is sent otherwise."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, Found, Missing, Ref
from partnero_async.records import ReferralLink

from ..servers import key_of, scripted
from .scripts import (
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

SEARCHES: list[Bad] = [
    *bad_pages(search=lambda api, **page: api.customer_referral_links.search(id="a", **page)),
    *bad_fields(
        "search",
        lambda api, **fields: api.customer_referral_links.search(**fields),
        ({}, ArgumentError, "exactly one of id and key; it was given none of them"),
        ({"id": "a", "key": "b"}, ArgumentError, "it was given id and key"),
        ({"key": ""}, ArgumentError, "^key must not be empty"),
        ({"id": "\t"}, ArgumentError, "^id must not be blank"),
        ({"id": Ref(id="a")}, TypeError, "^id must be a string, not Ref"),
        ({"key": 5}, TypeError, "^key must be a string, not int"),
    ),
]

BAD: list[Bad] = [
    *bad_segments(
        "id",
        get=lambda api, id: api.customer_referral_links.get(id),
        update=lambda api, id: api.customer_referral_links.update(id, new_key="k"),
        delete=lambda api, id: api.customer_referral_links.delete(id),
    ),
    *bad_fields(
        "create",
        lambda api, **fields: api.customer_referral_links.create(
            **{"key": "k", "customer": Ref(id="c")} | fields
        ),
        ({"key": ""}, ArgumentError, "^key must not be empty"),
        ({"key": " "}, ArgumentError, "^key must not be blank"),
        ({"key": None}, TypeError, "^key must be a string"),
        ({"customer": "c"}, TypeError, "^customer must be a Ref, .* not str"),
        ({"customer": None}, TypeError, "^customer must be a Ref, .* not NoneType"),
        ({"domain_id": 8}, ArgumentError, "^domain_id needs is_additional"),
        ({"domain_id": 8, "is_additional": None}, ArgumentError, "^domain_id needs is_additional"),
        (
            {"domain_id": "8", "is_additional": True},
            TypeError,
            "^domain_id must be a whole number, not str",
        ),
        ({"domain_id": True, "is_additional": True}, TypeError, "^domain_id .* not bool"),
        ({"domain_id": 8.0, "is_additional": True}, TypeError, "^domain_id .* not float"),
        ({"domain_id": -1, "is_additional": True}, ArgumentError, "^domain_id must be from 0 to "),
        ({"domain_id": 2**63, "is_additional": True}, ArgumentError, "^domain_id must be from 0 to "),
        ({"domain_id": 10**5000, "is_additional": True}, ArgumentError, "^domain_id must be from 0 to "),
        ({"is_additional": 1}, TypeError, "^is_additional must be True or False"),
    ),
    *bad_fields(
        "update",
        lambda api, **fields: api.customer_referral_links.update("r", **fields),
        ({}, ArgumentError, "nothing to update"),
        ({"new_key": ""}, ArgumentError, "^new_key must not be empty"),
        ({"new_key": None}, TypeError, "^new_key must be a string"),
        ({"domain_id": 8}, ArgumentError, "^domain_id needs is_additional"),
        ({"domain_id": "8", "is_additional": True}, TypeError, "^domain_id must be a whole number"),
        ({"is_additional": None}, TypeError, "^is_additional must be True or False"),
        ({"direct_tracking": "yes"}, TypeError, "^direct_tracking must be True or False"),
        ({"direct_tracking_redirect": 0}, TypeError, "^direct_tracking_redirect must be True or False"),
        (
            {"direct_tracking_redirect_url": 5},
            TypeError,
            "^direct_tracking_redirect_url must be a string",
        ),
    ),
]


@each(BAD)
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@each(SEARCHES)
async def test_a_bad_search_is_refused_where_it_is_asked_for(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse_at_once(call, error, said)


@pytest.mark.parametrize("ref", [Ref(id="c"), Ref(key="c"), Ref(email="c")], ids=lambda ref: ref.by)
async def test_the_customer_of_a_link_is_named_by_any_identifier(ref: Ref) -> None:
    script = Script(envelope(key="k"))
    async with script.client() as partnero:
        await partnero.customer_referral_links.create(key="k", customer=ref)
    assert script.last.body == {"customer": {ref.by: "c"}, "key": "k"}


@pytest.mark.parametrize(
    "where",
    [{}, {"domain_id": None}, {"domain_id": 0, "is_additional": True}, {"is_additional": False}],
    ids=str,
)
async def test_a_domain_is_sent_as_it_was_given(where: Any) -> None:
    script = Script(envelope(key="k"))
    async with script.client() as partnero:
        await partnero.customer_referral_links.create(key="k", customer=Ref(id="c"), **where)
        assert script.last.body == {"customer": {"id": "c"}, "key": "k", **where}
        if where:
            await partnero.customer_referral_links.update("k", **where)
            assert script.last.body == where


async def test_changes_are_sent_flat_and_null_stays_null() -> None:
    script = Script(envelope(key="s"))
    async with script.client() as partnero:
        changed = await partnero.customer_referral_links.update(
            "a/b", new_key="s", direct_tracking=False, direct_tracking_redirect_url=None
        )
    assert changed == ReferralLink(key="s")
    assert script.last.path == "/customer_referral_links/a%2Fb"
    assert script.last.body == {"key": "s", "direct_tracking": False, "direct_tracking_redirect_url": None}


@pytest.mark.parametrize("who", [{"id": "c"}, {"key": "k"}], ids=str)
async def test_a_search_asks_by_the_one_identifier_on_every_page(who: Any) -> None:
    script = Script(page({"key": "k"}, following="?page=3"), page({"key": "l"}))
    async with script.client() as partnero:
        found = [link.key async for link in partnero.customer_referral_links.search(**who, limit=1, page=2)]
    assert found == ["k", "l"]
    assert [dict(request.url.params) for request in script.requests] == [
        {"limit": "1", "page": number, **who} for number in ("2", "3")
    ]


async def test_many_links_are_found_or_missing() -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        id = key_of(request)
        if id == "none":
            return httpx.Response(404, json={"message": "Not found."})
        return httpx.Response(200, json=envelope(key=id))

    async with scripted(serve) as partnero:
        batch = await partnero.customer_referral_links.get_many(["a", "none"])
        async with partnero.customer_referral_links.stream(iter(["none", "a"]), ordered=True) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert (dict(batch.found), batch.missing) == ({"a": ReferralLink(key="a")}, ("none",))
    assert streamed == [Missing("none"), Found("a", ReferralLink(key="a"))]


@bad_keys([5], [None])
async def test_what_are_no_ids_are_refused(keys: Any, said: str) -> None:
    await refuse(lambda api: api.customer_referral_links.get_many(keys), TypeError, said)
