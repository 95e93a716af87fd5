"""Customers of refer-a-friend programs: what is refused before it is sent, and what comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, AsyncPartnero, Found, Missing, Ref, StatusError
from partnero_async.records import ReferralCustomer, ReferralCustomerStatus, ReferringCustomer

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

LISTS: list[Bad] = [
    *bad_segments(
        "id",
        referrals=lambda api, id: api.referral_customers.referrals(id),
        transactions=lambda api, id: api.referral_customers.transactions(id),
        referral_links=lambda api, id: api.referral_customers.referral_links(id),
    ),
    *bad_pages(
        list=lambda api, **page: api.referral_customers.list(**page),
        search=lambda api, **page: api.referral_customers.search(id="c", **page),
        referrals=lambda api, **page: api.referral_customers.referrals("c", **page),
        transactions=lambda api, **page: api.referral_customers.transactions("c", **page),
        referral_links=lambda api, **page: api.referral_customers.referral_links("c", **page),
    ),
    *bad_fields(
        "list",
        lambda api, **fields: api.referral_customers.list(**fields),
        *(
            (
                {"refer_status": word},
                ArgumentError,
                '^refer_status must be "referred" or "non_referred", not ',
            )
            for word in ("", "Referred", "non-referred", "all", True, 1, ["referred"])
        ),
    ),
    *bad_fields(
        "search",
        lambda api, **fields: api.referral_customers.search(**fields),
        ({}, ArgumentError, "exactly one of email, id and key; it was given none of them"),
        ({"id": "c", "key": "k"}, ArgumentError, "it was given id and key"),
        ({"id": "c", "key": "k", "email": "e"}, ArgumentError, "it was given email and id and key"),
        ({"email": ""}, ArgumentError, "^email must not be empty"),
        ({"key": " "}, ArgumentError, "^key must not be blank"),
        ({"id": 5}, TypeError, "^id must be a string, not int"),
        ({"id": Ref(id="c")}, TypeError, "^id must be a string, not Ref"),
    ),
]

CREDIT: list[tuple[Any, type[Exception], str]] = [
    ({"amount": 0}, ArgumentError, "^amount must be positive, not 0$"),
    ({"amount": -10}, ArgumentError, "^amount must be positive, not -10$"),
    ({"amount": Decimal("-0.01")}, ArgumentError, "^amount must be positive"),
    ({"amount": Decimal("-0")}, ArgumentError, "^amount must be positive"),
    ({"amount": 9.99}, TypeError, r"^amount must be .* not a float: write Decimal\(str\(9\.99\)\)"),
    ({"amount": "10"}, TypeError, "^amount must be a Decimal or an int, not str"),
    ({"amount": True}, TypeError, "^amount must be a Decimal or an int, not bool"),
    ({"amount": None}, TypeError, "^amount must be a Decimal or an int, not NoneType"),
    ({"amount": Decimal("NaN")}, ArgumentError, "^amount cannot be sent exactly"),
    ({"amount": Decimal("Infinity")}, ArgumentError, "^amount cannot be sent exactly"),
    ({"amount": Decimal("1e999999")}, ArgumentError, "^amount cannot be sent exactly"),
    ({"amount": Decimal("0.1234567890123456789")}, ArgumentError, "^amount cannot be sent exactly"),
    ({"amount": 10**5000}, ArgumentError, "^amount cannot be sent exactly"),
    ({"amount": 2**53 + 1}, ArgumentError, "^amount cannot be sent exactly"),
    ({"amount_units": ""}, ArgumentError, "^amount_units must not be empty"),
    ({"amount_units": " "}, ArgumentError, "^amount_units must not be blank"),
    ({"amount_units": b"usd"}, TypeError, "^amount_units must be a string, not bytes"),
    ({"amount_units": None}, TypeError, "^amount_units must be a string"),
    ({"is_currency": 1}, TypeError, "^is_currency must be True or False, not int"),
    ({"is_currency": None}, TypeError, "^is_currency must be True or False, not NoneType"),
]

# What customers are made of and changed by, and invited with.
FIELDS: list[tuple[Any, type[Exception], str]] = [
    ({"name": 5}, TypeError, "^name must be a string, not int"),
    ({"surname": b"Brown"}, TypeError, "^surname must be a string, not bytes"),
]
DAYS: list[tuple[Any, type[Exception], str]] = [
    ({"date_of_birth": value}, TypeError, f"^date_of_birth must be a date, not {type(value).__name__}$")
    for value in (datetime(1990, 5, 2, tzinfo=UTC), datetime(1990, 5, 2), "1990-05-02", "", 0, 642556800, [])
]

BAD: list[Bad] = [
    *bad_segments(
        "id",
        get=lambda api, id: api.referral_customers.get(id),
        update=lambda api, id: api.referral_customers.update(id, name="n"),
        delete=lambda api, id: api.referral_customers.delete(id),
        archive=lambda api, id: api.referral_customers.archive(id),
        unarchive=lambda api, id: api.referral_customers.unarchive(id),
        stats=lambda api, id: api.referral_customers.stats(id),
        balance=lambda api, id: api.referral_customers.balance(id),
        credit=lambda api, id: api.referral_customers.credit(id, amount=1, amount_units="usd"),
    ),
    *bad_fields(
        "credit",
        lambda api, **fields: api.referral_customers.credit(
            "c", **{"amount": 1, "amount_units": "usd"} | fields
        ),
        *CREDIT,
    ),
    *bad_fields(
        "create",
        lambda api, **fields: api.referral_customers.create(**fields),
        *FIELDS,
        *DAYS,
        ({"id": ""}, ArgumentError, "^id must not be empty"),
        ({"id": None}, TypeError, "^id must be a string, not NoneType"),
        ({"key": " "}, ArgumentError, "^key must not be blank"),
        ({"key": 5}, TypeError, "^key must be a string, not int"),
        ({"email": ""}, ArgumentError, "^email must not be empty"),
        ({"email": None}, TypeError, "^email must be a string, not NoneType"),
        ({"referring_customer": "customer_123"}, TypeError, "^referring_customer must be a Ref, .* not str"),
        ({"referring_customer": {"id": "c"}}, TypeError, "^referring_customer must be a Ref, .* not dict"),
        ({"referring_customer": None}, TypeError, "^referring_customer must be a Ref, .* not NoneType"),
    ),
    *bad_fields(
        "update",
        lambda api, **fields: api.referral_customers.update("c", **fields),
        *FIELDS,
        *DAYS,
        ({}, ArgumentError, "nothing to update"),
        ({"email": 5}, TypeError, "^email must be a string, not int"),
        ({"new_key": "\n"}, ArgumentError, "^new_key must not be blank"),
    ),
    *(
        (
            f"update by {ref.by}",
            lambda api, ref=ref: api.referral_customers.update(ref, name="n"),
            ArgumentError,
            f"^customer is named here by id, not by {ref.by}$",
        )
        for ref in (Ref(key="k"), Ref(email="a@b.co"))
    ),
    # Nobody documents this one: Partnero might take the customer for one whom nobody referred.
    (
        "create referred by an e-mail",
        lambda api: api.referral_customers.create(referring_customer=Ref(email="a@b.co")),
        ArgumentError,
        "^referring_customer is named here by id or key, not by email$",
    ),
    (
        "update nothing by id",
        lambda api: api.referral_customers.update(Ref(id="c")),
        ArgumentError,
        "nothing to update",
    ),
    *bad_fields(
        "invite",
        lambda api, **fields: api.referral_customers.invite(**{"email": "a@b.co"} | fields),
        *FIELDS,
        ({"email": ""}, ArgumentError, "^email must not be empty"),
        ({"email": None}, TypeError, "^email must be a string, not NoneType"),
        ({"id": ""}, ArgumentError, "^id must not be empty"),
        ({"key": 5}, TypeError, "^key must be a string, not int"),
        ({"personalization": "Hello"}, TypeError, "^personalization must be a mapping, not str$"),
        ({"personalization": [("a", "b")]}, TypeError, "^personalization must be a mapping, not list$"),
        ({"personalization": None}, TypeError, "^personalization must be a mapping, not NoneType$"),
        ({"personalization": {5: "a"}}, TypeError, "^a name in personalization must be a string, not int$"),
        ({"personalization": {"a": 5}}, TypeError, r"^personalization\['a'\] must be a string, not int$"),
        ({"personalization": {"a": None}}, TypeError, r"^personalization\['a'\] must be a string"),
        ({"personalization": {"a": {"b": "c"}}}, TypeError, r"^personalization\['a'\] must be a string"),
    ),
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


@pytest.mark.parametrize("amount", [Decimal("0.01"), 1, Decimal("1E+2"), 10**9])
async def test_any_positive_amount_is_credited_as_it_is(amount: Decimal | int) -> None:
    script = Script("")
    async with script.client() as partnero:
        await partnero.referral_customers.credit("c", amount=amount, amount_units="points", is_currency=False)
    assert script.last.body == {"amount": amount, "is_currency": False, "amount_units": "points"}


async def test_a_birthday_is_a_day_and_none_removes_it() -> None:
    script = Script(envelope(id="c"))
    async with script.client() as partnero:
        await partnero.referral_customers.update("c", date_of_birth=date(1990, 5, 2))
        assert script.last.body == {"update": {"metadata": {"date_of_birth": "1990-05-02"}}}
        await partnero.referral_customers.update("c", date_of_birth=None)
        assert script.last.body == {"update": {"metadata": {"date_of_birth": None}}}
        await partnero.referral_customers.update("c", name=None)
        assert script.last.body == {"update": {"name": None}}


@pytest.mark.parametrize("ref", [Ref(id="a"), Ref(key="a")], ids=lambda ref: ref.by)
async def test_who_referred_a_customer_is_said_by_id_or_key(ref: Ref[Any]) -> None:
    script = Script(envelope(id="c"))
    async with script.client() as partnero:
        await partnero.referral_customers.create(referring_customer=ref)
    assert script.last.body == {"referring_customer": {ref.by: "a"}}


@pytest.mark.parametrize("word", ["referred", "non_referred"])
async def test_either_status_of_referral_is_sent_with_every_page(word: Any) -> None:
    script = Script(page({"id": "a"}, following="https://elsewhere.example/?page=2"), page({"id": "b"}))
    async with script.client() as partnero:
        found = [c.id async for c in partnero.referral_customers.list(refer_status=word, limit=1)]
    assert found == ["a", "b"]
    assert [dict(request.url.params) for request in script.requests] == [
        {"limit": "1", "page": number, "refer_status": word} for number in ("1", "2")
    ]
    assert {request.url.host for request in script.requests} == {"api.partnero.com"}


@pytest.mark.parametrize("who", [{"email": "a@b.co"}, {"id": "c"}, {"key": "k"}], ids=str)
async def test_a_search_asks_by_the_one_identifier(who: Any) -> None:
    script = Script(page({"id": "c"}))
    async with script.client() as partnero:
        (found,) = await partnero.referral_customers.search(**who)
    assert found == ReferralCustomer(id="c")
    assert script.last.query == {"limit": "100", "page": "1", **who}


@pytest.mark.parametrize("name", ["referrals", "transactions", "referral_links"])
async def test_the_lists_of_a_customer_go_on_over_all_pages(name: str) -> None:
    item = {"id": "a", "key": "k"}
    script = Script(page(item, following="?page=2"), page(item, item))
    async with script.client() as partnero:
        found = [record async for record in getattr(partnero.referral_customers, name)("a/b", limit=2)]
    assert len(found) == 3
    assert {request.url.raw_path.split(b"?")[0] for request in script.requests} == {
        f"/v1/customers/a%2Fb/{name}".encode()
    }


async def serve(request: httpx.Request) -> httpx.Response:
    id = key_of(request)
    if id == "nobody":
        return httpx.Response(404, json={"message": "Customer not found."})
    return httpx.Response(200, json=envelope(id=id))


async def test_many_customers_are_found_or_missing() -> None:
    async with scripted(serve) as partnero:
        batch = await partnero.referral_customers.get_many(id for id in ("a", "nobody", "b", "a"))
        async with partnero.referral_customers.stream(["a", "nobody"], ordered=True) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert batch.found == {"a": ReferralCustomer(id="a"), "b": ReferralCustomer(id="b")}
    assert (batch.missing, dict(batch.failed)) == (("nobody",), {})
    assert streamed == [Found("a", ReferralCustomer(id="a")), Missing("nobody")]


@bad_keys([5], [None])
async def test_what_are_no_ids_are_refused(keys: Any, said: str) -> None:
    await refuse(lambda api: api.referral_customers.get_many(keys), TypeError, said)


async def test_a_customer_that_somebody_referred_says_who() -> None:
    answer = envelope(id="c", referring_customer={"id": "r", "points": 5}, status="paused")
    async with Script(answer).client() as partnero:
        customer = await partnero.referral_customers.get("c")
    assert customer.referring_customer == ReferringCustomer(id="r")
    assert customer.referring_customer.extra == {"points": 5}
    assert (customer.status, type(customer.status)) == ("paused", str)


async def test_a_soft_deletion_and_a_known_status_are_told() -> None:
    async with Script(envelope(id="c", status="deleted")).client() as partnero:
        assert (await partnero.referral_customers.get("c")).status is ReferralCustomerStatus.DELETED


def stats(partnero: AsyncPartnero) -> Any:
    return partnero.referral_customers.stats("c")


@pytest.mark.parametrize(
    ("answer", "clicks", "extra"),
    [
        (envelope(clicks=5), 5, {}),
        (envelope(clicks="5", referrals=["a"]), 5, {"referrals": ("a",)}),
        ({"clicks": 5, "status": 1}, 5, {}),
        ({"data": [1], "status": 1}, None, {"data": (1,)}),
        (envelope(clicks="many"), None, {"clicks": "many"}),
        ("", None, {}),
    ],
)
async def test_statistics_are_what_is_known_of_any_answer(
    answer: Any, clicks: int | None, extra: Any
) -> None:
    async with Script(answer).client() as partnero:
        found = await stats(partnero)
    assert (found.clicks, found.extra) == (clicks, extra)


async def test_a_credit_of_which_the_answer_is_no_json_is_in_doubt() -> None:
    script = Script(httpx.Response(502, text="<html>"))
    async with script.client(retries=5) as partnero:
        with pytest.raises(StatusError) as failed:
            await partnero.referral_customers.credit("c", amount=1, amount_units="usd")
    assert failed.value.in_doubt is True
    assert len(script.requests) == 1
