"""Sales of refer-a-friend programs: who is who in them, and what is refused before it is sent."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_type_hints

import attrs
import httpx
import pytest

from partnero_async import (
    ArgumentError,
    ConnectionLostError,
    Found,
    Missing,
    NewCustomer,
    Ref,
    ResponseError,
    Sale,
    ServerError,
)
from partnero_async.inputs import NewReferredCustomer
from partnero_async.records import ReferralTransaction
from partnero_async.resources import ReferralTransactions

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

BUYER = Ref(id="customer_456")
SALES = [Sale(key="a", amount=1), Sale(key="b", amount=Decimal("2.50"))]

LISTS: list[Bad] = [
    *bad_pages(list=lambda api, **page: api.referral_transactions.list(**page)),
    *bad_fields(
        "list",
        lambda api, **fields: api.referral_transactions.list(**fields),
        ({"key": ""}, ArgumentError, "^key must not be empty"),
        ({"key": " "}, ArgumentError, "^key must not be blank"),
        ({"key": 5}, TypeError, "^key must be a string, not int"),
        ({"key": Ref(key="k")}, TypeError, "^key must be a string, not Ref"),
    ),
]

WHOM: list[tuple[Any, type[Exception], str]] = [
    ({"customer": "customer_456"}, TypeError, "^customer must be a Ref, .* not str$"),
    ({"customer": None}, TypeError, "^customer must be a Ref, .* not NoneType$"),
    ({"customer": {"id": "c"}}, TypeError, "^customer must be a Ref, .* not dict$"),
    (
        {"customer": NewCustomer(key="c", partner=Ref(key="ref_123"))},
        TypeError,
        "^customer must be a Ref or a NewReferredCustomer, not a NewCustomer$",
    ),
]

BAD: list[Bad] = [
    *bad_segments(
        "key",
        get=lambda api, key: api.referral_transactions.get(key),
        delete=lambda api, key: api.referral_transactions.delete(key),
    ),
    *(
        (
            f"delete by {ref.by}",
            lambda api, ref=ref: api.referral_transactions.delete(ref),
            ArgumentError,
            f"^transaction is named here by key, not by {ref.by}$",
        )
        for ref in (Ref(id="t"), Ref(email="t"))
    ),
    *bad_fields(
        "create",
        lambda api, **fields: api.referral_transactions.create(
            **{"amount": 1, "customer": BUYER} | fields,
        ),
        *WHOM,
        ({"amount": 9.99}, TypeError, r"^amount .* not a float: write Decimal\(str\(9\.99\)\)"),
        ({"amount": "9.99"}, TypeError, "^amount must be a Decimal or an int, not str"),
        ({"amount": True}, TypeError, "^amount must be a Decimal or an int, not bool"),
        ({"amount": None}, TypeError, "^amount must be a Decimal or an int, not NoneType"),
        ({"amount": Decimal("NaN")}, ArgumentError, "^amount cannot be sent exactly"),
        ({"amount": Decimal("-Infinity")}, ArgumentError, "^amount cannot be sent exactly"),
        ({"amount": Decimal("1e999999")}, ArgumentError, "^amount cannot be sent exactly"),
        ({"amount": 10**5000}, ArgumentError, "^amount cannot be sent exactly"),
        ({"reward": 0.5}, TypeError, "^reward must be a Decimal or an int, not a float"),
        ({"reward": False}, TypeError, "^reward must be a Decimal or an int, not bool"),
        ({"key": ""}, ArgumentError, "^key must not be empty"),
        ({"key": None}, TypeError, "^key must be a string"),
        ({"amount_units": 5}, TypeError, "^amount_units must be a string, not int"),
        ({"action": b"sale"}, TypeError, "^action must be a string, not bytes"),
        ({"product_id": 1.5}, TypeError, "^product_id must be a string, not float"),
        ({"product_id": True}, TypeError, "^product_id must be a string, not bool"),
        ({"product_type": ["a", None]}, TypeError, "^an item of product_type must be a string"),
        ({"rewarded": 1}, TypeError, "^rewarded must be True or False, not int"),
        ({"rewardable": "no"}, TypeError, "^rewardable must be True or False, not str"),
        ({"created_at": datetime(2025, 1, 1)}, ArgumentError, "^created_at needs a time zone"),
        ({"created_at": "2025-01-01"}, TypeError, "^created_at must be a datetime, not str"),
        ({"created_at": True}, TypeError, "^created_at must be a whole number, not bool"),
        ({"created_at": -1}, ArgumentError, "^created_at must be at least 0, not -1"),
        ({"created_at": 10**5000}, ArgumentError, "^created_at must be at least 0, not a number of unreason"),
    ),
    (
        "a sale of nothing",
        lambda api: api.referral_transactions.create(customer=BUYER),
        ArgumentError,
        "amount or a reward",
    ),
    *bad_fields(
        "create_together",
        lambda api, sales=SALES, customer=BUYER: api.referral_transactions.create_together(
            sales, customer=customer
        ),
        *WHOM,
        ({"sales": []}, ArgumentError, "no sales"),
        ({"sales": iter(())}, ArgumentError, "no sales"),
        ({"sales": SALES[0]}, TypeError, "^sales must be several values, .* not Sale$"),
        ({"sales": "ab"}, TypeError, "^sales must be several values, .* not str$"),
        ({"sales": {"a": 1}}, TypeError, "^sales must be several values, .* not dict$"),
        ({"sales": [*SALES, {"amount": 1}]}, TypeError, "^sales must hold Sale items, not dict$"),
        (
            {"sales": [Sale(amount=1, customer=BUYER)]},
            ArgumentError,
            r"one customer: leave Sale\(customer=\.\.\.\) out",
        ),
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


async def test_a_referred_customer_cannot_come_along_with_a_sale_of_an_affiliate_program() -> None:
    stranger: Any = NewReferredCustomer(id="c", referring_customer=Ref(id="r"))
    for call in (
        lambda api: api.transactions.create(customer=stranger, amount=1),
        lambda api: api.transactions.create_together(SALES, customer=stranger),
    ):
        await refuse(call, TypeError, "^customer must be a Ref or a NewCustomer, not a NewReferredCustomer$")


# Who is who.


@pytest.mark.parametrize("ref", [Ref(id="c"), Ref(key="c"), Ref(email="c")], ids=lambda ref: ref.by)
async def test_the_customer_of_a_request_is_who_bought_and_goes_as_it_is(ref: Ref) -> None:
    script = Script(envelope(key="t"))
    async with script.client() as partnero:
        await partnero.referral_transactions.create(customer=ref, amount=Decimal("99.99"))
    assert script.last.body == {"customer": {ref.by: "c"}, "amount": Decimal("99.99")}


async def test_what_is_answered_tells_the_referrer_from_the_buyer_and_has_no_customer() -> None:
    sold = envelope(key="t", customer="customer_123", referred_customer="customer_456")
    async with Script(sold).client() as partnero:
        sale = await partnero.referral_transactions.create(customer=BUYER, amount=1)
    assert (sale.referrer, sale.referred) == ("customer_123", "customer_456")
    assert not hasattr(sale, "customer")
    assert not hasattr(sale, "referred_customer")
    assert sale.extra == {}


async def test_no_word_of_a_record_names_another_person_in_a_request() -> None:
    # ``referrer`` and ``referred`` are of records alone, ``customer`` of requests alone.
    fields = {field.name for field in attrs.fields(ReferralTransaction)}
    parameters = inspect.signature(ReferralTransactions.create).parameters.keys()
    assert {"referrer", "referred"} <= fields
    assert {"referrer", "referred", "partner", "referring_customer"} & parameters == set()
    assert "customer" not in fields


async def test_a_new_customer_is_created_with_its_first_sale_and_names_who_referred_it() -> None:
    buyer = NewReferredCustomer(
        id="c",
        email="a@b.co",
        surname=None,
        referring_customer=Ref(key="r"),
        created_at=datetime(2025, 5, 7, 5, 32, 48, tzinfo=UTC),
    )
    script = Script(envelope(key="t"), {"data": [], "status": 1})
    sent = {
        "id": "c",
        "email": "a@b.co",
        "surname": None,
        "created_at": "2025-05-07T05:32:48.000000Z",
        "referring_customer": {"key": "r"},
    }
    async with script.client() as partnero:
        await partnero.referral_transactions.create(customer=buyer, reward=5)
        assert script.last.body == {"customer": sent, "options": {"create_customer": True}, "reward": 5}
        await partnero.referral_transactions.create_together(iter(SALES), customer=buyer)
    assert script.last.body == {
        "customer": sent,
        "options": {"create_customer": True},
        "transactions": [{"key": "a", "amount": 1}, {"key": "b", "amount": Decimal("2.50")}],
    }


async def test_several_sales_of_somebody_known_have_empty_options() -> None:
    script = Script(DONE)
    async with script.client() as partnero:
        assert await partnero.referral_transactions.create_together(SALES[:1], customer=BUYER) == ()
    assert script.last.body == {
        "customer": {"id": "customer_456"},
        "options": {},
        "transactions": [{"key": "a", "amount": 1}],
    }


async def test_a_sale_and_the_call_that_sends_one_share_their_fields() -> None:
    of_sale = get_type_hints(Sale)
    hints = get_type_hints(ReferralTransactions.create)
    shared = hints.keys() & of_sale.keys() - {"customer"}
    assert hints.keys() - shared == {"customer", "options", "return"}
    assert {name: hints[name] for name in shared} == {name: of_sale[name] for name in shared}


# What is in doubt.


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ReadError("gone"), ConnectionLostError),
        (httpx.Response(500), ServerError),
        (httpx.Response(200, text="accepted"), ResponseError),
        (httpx.Response(200, json={"data": {"amount": 1}, "status": 1}), ResponseError),
        (httpx.Response(200, json={"data": {"key": "t"}, "status": 0}), ResponseError),
    ],
)
async def test_a_sale_whose_outcome_is_open_is_in_doubt_and_sent_once(
    failure: Any, error: type[Exception]
) -> None:
    script = Script(failure)
    async with script.client(retries=5) as partnero:
        with pytest.raises(error, match="look it up") as failed:
            await partnero.referral_transactions.create(customer=BUYER, amount=1)
    assert failed.value.in_doubt is True  # type: ignore[attr-defined]
    assert len(script.requests) == 1


async def test_after_a_doubt_the_list_by_key_shows_every_sale_that_has_it() -> None:
    script = Script(page({"key": "t"}, following="?page=2"), page({"key": "t", "amount": 1}))
    async with script.client() as partnero:
        found = [sale async for sale in partnero.referral_transactions.list(key="t", sort="asc")]
    assert len(found) == 2
    assert [request.url.params["key"] for request in script.requests] == ["t", "t"]


async def test_a_sale_is_deleted_by_path_or_by_body() -> None:
    script = Script(DONE)
    async with script.client() as partnero:
        await partnero.referral_transactions.delete("a/b")
        assert (script.last.path, script.last.body) == ("/transactions/a%2Fb", None)
        await partnero.referral_transactions.delete(Ref(key=".."))
        assert (script.last.path, script.last.body) == ("/transactions", {"key": ".."})


async def test_many_sales_are_found_or_missing() -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        key = key_of(request)
        if key == "none":
            return httpx.Response(404, json={"message": "Transaction not found."})
        return httpx.Response(200, json=envelope(key=key))

    async with scripted(serve) as partnero:
        batch = await partnero.referral_transactions.get_many(["a", "none"])
        async with partnero.referral_transactions.stream(["none", "a"], ordered=True) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert (dict(batch.found), batch.missing) == ({"a": ReferralTransaction(key="a")}, ("none",))
    assert streamed == [Missing("none"), Found("a", ReferralTransaction(key="a"))]


@bad_keys([5], [None])
async def test_what_are_no_keys_are_refused(keys: Any, said: str) -> None:
    await refuse(lambda api: api.referral_transactions.get_many(keys), TypeError, said)
