"""Payout requests: what is refused before it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from partnero_async import ArgumentError, Crypto, PayoutStatus, PayPal, Ref, Venmo, Wise

from .scripts import Call, Script, envelope, refuse

pytestmark = pytest.mark.asyncio

ME = Ref(key="ref_123")

BAD: list[tuple[str, Call, type[Exception], str]] = [
    *(
        (f"{name} of {id!r}", lambda api, call=call, id=id: call(api.payout_requests, id), kind, "id")
        for name, call in (
            ("get", lambda payouts, id: payouts.get(id)),
            ("approve", lambda payouts, id: payouts.approve(id)),
            ("mark_as_paid", lambda payouts, id: payouts.mark_as_paid(id)),
        )
        for id, kind in (
            ("7", TypeError),
            (None, TypeError),
            (True, TypeError),
            (7.0, TypeError),
            (-1, ArgumentError),
        )
    ),
    (
        "a bare partner",
        lambda api: api.payout_requests.create(partner="p", amount_units="usd"),
        TypeError,
        "partner must be a Ref",
    ),
    (
        "no currency",
        lambda api: api.payout_requests.create(partner=ME, amount_units=""),
        ArgumentError,
        "amount_units",
    ),
    (
        "null as currency",
        lambda api: api.payout_requests.create(partner=ME, amount_units=None),
        TypeError,
        "amount_units",
    ),
    (
        "a bare method",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", method="paypal"),
        TypeError,
        "method must be",
    ),
    (
        "a method's class",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", method=Wise),
        TypeError,
        "method must be",
    ),
    (
        "null as method",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", method=None),
        TypeError,
        "method must be",
    ),
    (
        "no rewards",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", reward_ids=()),
        ArgumentError,
        "reward_ids is empty",
    ),
    (
        "a text among rewards",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", reward_ids=[1, "2"]),
        TypeError,
        "reward id",
    ),
    (
        "one string of rewards",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", reward_ids="12"),
        TypeError,
        "reward id",
    ),
    (
        "a reward below 0",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", reward_ids=[-1]),
        ArgumentError,
        "reward id",
    ),
    (
        "a search of nothing",
        lambda api: api.payout_requests.search(),
        ArgumentError,
        "needs a partner, a status or amount_units",
    ),
    (
        "a search of a bare partner",
        lambda api: api.payout_requests.search(partner="p"),
        TypeError,
        "partner must be a Ref",
    ),
    (
        "a search of an empty status",
        lambda api: api.payout_requests.search(status=""),
        ArgumentError,
        "status",
    ),
    ("a search of a number", lambda api: api.payout_requests.search(status=5), TypeError, "status"),
    (
        "a search of a blank currency",
        lambda api: api.payout_requests.search(amount_units=" "),
        ArgumentError,
        "amount_units",
    ),
    (
        "too many items of a search",
        lambda api: api.payout_requests.search(partner=ME, limit=251),
        ArgumentError,
        "limit",
    ),
    ("no items", lambda api: api.payout_requests.list(limit=0), ArgumentError, "limit"),
]

BAD_METHODS: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (PayPal, {"username": ""}, ArgumentError, "username"),
    (PayPal, {"username": None}, TypeError, "username"),
    (PayPal, {"username": "a@b.co", "tax_id": 5}, TypeError, "tax_id"),
    (PayPal, {"username": "a@b.co", "address": b"x"}, TypeError, "address"),
    (Crypto, {"wallet_address": " "}, ArgumentError, "wallet_address"),
    (Crypto, {"wallet_address": "0x", "type": 5}, TypeError, "type"),
    (Venmo, {"name": "A"}, ArgumentError, "exactly one of user_handle, email and phone"),
    (Venmo, {"name": "A", "email": "e", "phone": "1"}, ArgumentError, "not email and phone"),
    (Venmo, {"name": "", "email": "e"}, ArgumentError, "name"),
    (Venmo, {"name": "A", "email": ""}, ArgumentError, "email"),
    (Venmo, {"name": "A", "phone": 49123}, TypeError, "phone"),
    (Venmo, {"name": "A", "user_handle": None}, TypeError, "user_handle"),
]


@pytest.mark.parametrize(("call", "error", "said"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@pytest.mark.parametrize(("method", "details", "error", "said"), BAD_METHODS)
async def test_a_method_without_what_it_needs_cannot_even_be_made(
    method: Any, details: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        method(**details)


async def test_a_member_and_its_word_search_alike() -> None:
    script = Script({"data": [], "status": 1})
    async with script.client() as partnero:
        await partnero.payout_requests.search(status=PayoutStatus.RESUBMIT_REQUESTED)
    assert script.last.query["status"] == "resubmit_requested"


@pytest.mark.parametrize(
    "answer", [envelope(id=7, status="approved"), envelope(id="seven"), {"status": 1}, [], ""]
)
async def test_a_decision_that_was_taken_is_no_failure_whatever_is_answered(answer: Any) -> None:
    async with Script(answer).client() as partnero:
        assert await partnero.payout_requests.approve(7) is None
        assert await partnero.payout_requests.mark_as_paid(7) is None
