"""Payout requests: what is refused before it is sent, what comes of any answer, and what no repr shows."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, Ref, ResponseError
from partnero_async.inputs import Crypto, PayPal, Venmo, Wise
from partnero_async.records import PayoutRequest, PayoutStatus

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
        "a bare gateway",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", gateway="paypal"),
        TypeError,
        "gateway must be .*, not str",
    ),
    (
        "a gateway's class",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", gateway=Wise),
        TypeError,
        "gateway must be",
    ),
    (
        "null as gateway",
        lambda api: api.payout_requests.create(partner=ME, amount_units="usd", gateway=None),
        TypeError,
        "gateway must be",
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
    *(
        (
            f"{ids!r} as rewards",
            lambda api, ids=ids: api.payout_requests.create(partner=ME, amount_units="usd", reward_ids=ids),
            TypeError,
            f"^reward_ids must be several values, such as a list, not {type(ids).__name__}$",
        )
        for ids in ("12", b"12", 12, None)
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

BAD_GATEWAYS: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
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


@pytest.mark.parametrize(("gateway", "details", "error", "said"), BAD_GATEWAYS)
async def test_a_gateway_without_what_it_needs_cannot_even_be_made(
    gateway: Any, details: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        gateway(**details)


@pytest.mark.parametrize(
    ("gateway", "shown"),
    [
        (PayPal(username="pii-1", name="pii-2", address="pii-3", tax_id="pii-4"), "PayPal()"),
        (Crypto(wallet_address="pii-1", name="pii-2", type="USDT"), "Crypto(type='USDT')"),
        (Venmo(name="pii-1", user_handle="pii-2"), "Venmo()"),
        (Venmo(name="pii-1", email="pii-2"), "Venmo()"),
        (Venmo(name="pii-1", phone="pii-2"), "Venmo()"),
    ],
)
async def test_what_a_gateway_says_of_a_person_is_sent_and_in_no_repr(gateway: Any, shown: str) -> None:
    assert (repr(gateway), str(gateway), f"{gateway}") == (shown, shown, shown)
    script = Script(envelope(id=7))
    async with script.client() as partnero:
        await partnero.payout_requests.create(partner=ME, amount_units="usd", gateway=gateway)
    assert {"pii-1", "pii-2"} <= set(script.last.body["payout_settings"].values())


async def test_rewards_may_come_from_any_iterable() -> None:
    script = Script(envelope(id=7))
    async with script.client() as partnero:
        await partnero.payout_requests.create(
            partner=ME, amount_units="usd", reward_ids=(id for id in (1, 2))
        )
    assert script.last.body["reward_ids"] == [1, 2]


async def test_a_member_and_its_word_search_alike() -> None:
    script = Script({"data": [], "status": 1})
    async with script.client() as partnero:
        await partnero.payout_requests.search(status=PayoutStatus.RESUBMIT_REQUESTED)
    assert script.last.query["status"] == "resubmit_requested"


ACTIONS: dict[str, Call] = {
    "create": lambda api: api.payout_requests.create(partner=ME, amount_units="usd"),
    "approve": lambda api: api.payout_requests.approve(7),
    "mark_as_paid": lambda api: api.payout_requests.mark_as_paid(7),
}
NOBODY_KNOWS = pytest.mark.parametrize("call", ACTIONS.values(), ids=ACTIONS)


@NOBODY_KNOWS
@pytest.mark.parametrize(
    ("answer", "id", "status", "extra"),
    [
        (envelope(id=7, status="approved"), 7, PayoutStatus.APPROVED, {}),
        (envelope(id="7", amount=5), 7, None, {"amount": 5}),
        (envelope(id=None, status="on its way"), None, "on its way", {}),
        (envelope(payout_request={"id": 7}), None, None, {"payout_request": {"id": 7}}),
        ({"id": 7, "message": "done", "status": 1}, 7, None, {"message": "done"}),
        ({"data": [{"id": 7}], "status": 1}, None, None, {"data": ({"id": 7},)}),
        ({"data": {}, "status": 1}, None, None, {"data": {}}),
        ({"data": None, "status": 1}, None, None, {"data": None}),
        ({"status": 1}, None, None, {}),
        ([7], None, None, {"data": (7,)}),
        ('"done"', None, None, {"data": "done"}),
        ("7", None, None, {"data": 7}),
        ("null", None, None, {}),
        ("", None, None, {}),
        (httpx.Response(204), None, None, {}),
        (httpx.Response(202, json={"status": 1}), None, None, {}),
    ],
)
async def test_an_action_that_was_taken_is_no_failure_whatever_is_answered(
    call: Call, answer: Any, id: int | None, status: str | None, extra: Any
) -> None:
    script = Script(answer)
    async with script.client() as partnero:
        made = await call(partnero)
    assert made == PayoutRequest(id=id, status=status)
    assert made.extra == extra
    assert len(script.requests) == 1


@NOBODY_KNOWS
@pytest.mark.parametrize("fields", [{"id": "seven"}, {"id": [7]}, {"id": 7, "status": 5}])
async def test_neither_is_one_whose_answer_has_fields_of_another_kind(call: Call, fields: Any) -> None:
    async with Script(envelope(**fields)).client() as partnero:
        made = await call(partnero)
    assert (made.id, made.status) == (None, None)
    assert made.to_dict() == {"id": None, "status": None} | fields


async def test_a_payout_request_that_is_read_must_fit() -> None:
    async with Script(envelope(id="seven")).client() as partnero:
        with pytest.raises(ResponseError, match=r"PayoutRequest\.id should be an integer, but is 'seven'"):
            await partnero.payout_requests.get(7)


async def test_the_id_of_a_payout_request_may_be_a_text() -> None:
    async with Script(envelope(id="7", status="approved")).client() as partnero:
        found = await partnero.payout_requests.get(7)
    assert (found.id, type(found.id)) == (7, int)
