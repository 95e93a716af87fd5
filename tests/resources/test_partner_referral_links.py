"""Referral links: what is refused before it is sent, and what is sent otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from partnero_async import ArgumentError, Ref
from partnero_async.records import LinkDomain

from .scripts import Call, Script, envelope, refuse

pytestmark = pytest.mark.asyncio

ME = Ref(id="partner_123")

BAD: list[tuple[str, Call, type[Exception], str]] = [
    *(
        (f"{name} of {id!r}", lambda api, call=call, id=id: call(api.partner_referral_links, id), kind, "id")
        for name, call in (
            ("get", lambda links, id: links.get(id)),
            ("update", lambda links, id: links.update(id, new_key="k")),
            ("delete", lambda links, id: links.delete(id)),
        )
        for id, kind in (("", ArgumentError), ("..", ArgumentError), (None, TypeError), (5, TypeError))
    ),
    ("an empty key", lambda api: api.partner_referral_links.create(key="", partner=ME), ArgumentError, "key"),
    ("no text as key", lambda api: api.partner_referral_links.create(key=5, partner=ME), TypeError, "key"),
    (
        "a bare partner",
        lambda api: api.partner_referral_links.create(key="k", partner="p"),
        TypeError,
        "must be a Ref",
    ),
    (
        "a domain of no kind",
        lambda api: api.partner_referral_links.create(key="k", partner=ME, domain_id=8),
        ArgumentError,
        "is_additional",
    ),
    (
        "a domain of null kind",
        lambda api: api.partner_referral_links.create(key="k", partner=ME, domain_id=8, is_additional=None),
        ArgumentError,
        "is_additional",
    ),
    *(
        (
            f"a new domain of {domain!r}",
            lambda api, domain=domain: api.partner_referral_links.update("r", domain_id=domain),
            kind,
            "domain_id",
        )
        for domain, kind in (("8", TypeError), (True, TypeError), (8.0, TypeError), (-1, ArgumentError))
    ),
    (
        "a domain by name",
        lambda api: api.partner_referral_links.create(key="k", partner=ME, domain_id="8", is_additional=True),
        TypeError,
        "domain_id",
    ),
    (
        "a domain below 0",
        lambda api: api.partner_referral_links.create(key="k", partner=ME, domain_id=-1, is_additional=True),
        ArgumentError,
        "domain_id",
    ),
    (
        "a number as flag",
        lambda api: api.partner_referral_links.create(key="k", partner=ME, is_additional=1),
        TypeError,
        "is_additional",
    ),
    (
        "null as flag",
        lambda api: api.partner_referral_links.update("r", is_additional=None),
        TypeError,
        "is_additional",
    ),
    (
        "a word as flag",
        lambda api: api.partner_referral_links.update("r", direct_tracking="yes"),
        TypeError,
        "direct_tracking",
    ),
    (
        "a number as redirect",
        lambda api: api.partner_referral_links.update("r", direct_tracking_redirect=0),
        TypeError,
        "direct_tracking_redirect",
    ),
    (
        "no text as address",
        lambda api: api.partner_referral_links.update("r", direct_tracking_redirect_url=5),
        TypeError,
        "direct_tracking_redirect_url",
    ),
    (
        "a blank new key",
        lambda api: api.partner_referral_links.update("r", new_key=" "),
        ArgumentError,
        "new_key",
    ),
    (
        "nothing to update",
        lambda api: api.partner_referral_links.update("r"),
        ArgumentError,
        "nothing to update",
    ),
    *(
        (f"a search for {who}", lambda api, who=who: api.partner_referral_links.search(**who), error, said)
        for who, error, said in (
            ({}, ArgumentError, "exactly one of id and key; it was given none of them"),
            ({"id": "a", "key": "b"}, ArgumentError, "it was given id and key"),
            ({"key": ""}, ArgumentError, "key must not be empty"),
            ({"id": {"key": "ref_123"}}, TypeError, "id must be a string"),
        )
    ),
    (
        "a search of no items",
        lambda api: api.partner_referral_links.search(id="a", limit=0),
        ArgumentError,
        "limit",
    ),
    ("too many domains", lambda api: api.partner_referral_links.domains(limit=251), ArgumentError, "limit"),
]


@pytest.mark.parametrize(("call", "error", "said"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


async def test_changes_are_sent_flat_and_in_snake_case() -> None:
    script = Script(envelope(key="r"))
    async with script.client() as partnero:
        await partnero.partner_referral_links.update("r", direct_tracking=False, new_key="s")
    assert script.last.body == {"key": "s", "direct_tracking": False}


async def test_the_kind_of_the_domain_can_be_said_without_a_domain() -> None:
    script = Script(envelope(key="r"))
    async with script.client() as partnero:
        await partnero.partner_referral_links.create(key="r", partner=ME, is_additional=False)
    assert script.last.body == {"partner": {"id": "partner_123"}, "key": "r", "is_additional": False}


@pytest.mark.parametrize("kind", [{}, {"is_additional": None}])
async def test_the_default_domain_is_null_and_needs_no_kind(kind: Any) -> None:
    script = Script(envelope(key="r"))
    async with script.client() as partnero:
        await partnero.partner_referral_links.create(key="r", partner=ME, domain_id=None, **kind)
    assert script.last.body == {"partner": {"id": "partner_123"}, "key": "r", "domain_id": None}


async def test_what_a_domain_is_listed_with_makes_a_link_on_it() -> None:
    for domain in (
        LinkDomain(id=None, domain="a.b", is_additional=False),
        LinkDomain(id=0, domain="c.d", is_additional=True),
        LinkDomain(id=8, domain="e.f", is_additional=True),
    ):
        script = Script(envelope(key="r"))
        async with script.client() as partnero:
            await partnero.partner_referral_links.create(
                key="r", partner=ME, domain_id=domain.id, is_additional=domain.is_additional
            )
        sent = script.last.body
        assert (sent["domain_id"], sent["is_additional"]) == (domain.id, domain.is_additional)


@pytest.mark.parametrize("where", [{"domain_id": None}, {"domain_id": 8, "is_additional": True}])
async def test_a_link_is_moved_to_another_domain_by_its_id(where: Any) -> None:
    script = Script(envelope(key="r"))
    async with script.client() as partnero:
        await partnero.partner_referral_links.update("r", **where)
        with pytest.raises(ArgumentError, match="needs is_additional"):
            await partnero.partner_referral_links.update("r", domain_id=8)
    assert script.last.body == where
