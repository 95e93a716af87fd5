"""Leads: what is refused before it is sent, and the older form of a decision."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, PartneroError, Ref

from .scripts import Call, Script, envelope, refuse

pytestmark = pytest.mark.asyncio

ME = Ref(key="ref_123")

BAD: list[tuple[str, Call, type[Exception], str]] = [
    *(
        (f"{name} of {id!r}", lambda api, call=call, id=id: call(api.leads, id), kind, "id")
        for name, call in (
            ("get", lambda leads, id: leads.get(id)),
            ("delete", lambda leads, id: leads.delete(id)),
            ("reject", lambda leads, id: leads.reject(id)),
            ("convert", lambda leads, id: leads.convert(id, commission_transaction_amount=1)),
        )
        for id, kind in (
            ("44", TypeError),
            (None, TypeError),
            (True, TypeError),
            (4.0, TypeError),
            (-1, ArgumentError),
        )
    ),
    *(
        (
            f"an amount of {amount!r}",
            lambda api, amount=amount: api.leads.convert(4, commission_transaction_amount=amount),
            kind,
            "commission_transaction_amount",
        )
        for amount, kind in (
            (9.99, TypeError),
            ("500", TypeError),
            (None, TypeError),
            (True, TypeError),
            (Decimal("NaN"), ArgumentError),
            (Decimal("1e999999"), ArgumentError),
        )
    ),
    ("an empty name", lambda api: api.leads.create(name="", email="e", partner=ME), ArgumentError, "name"),
    ("no text as name", lambda api: api.leads.create(name=None, email="e", partner=ME), TypeError, "name"),
    ("a blank e-mail", lambda api: api.leads.create(name="n", email=" ", partner=ME), ArgumentError, "email"),
    ("no text as e-mail", lambda api: api.leads.create(name="n", email=5, partner=ME), TypeError, "email"),
    (
        "a bare partner",
        lambda api: api.leads.create(name="n", email="e", partner="p"),
        TypeError,
        "partner must be a Ref",
    ),
    (
        "answers in a list",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields=["a"]),
        TypeError,
        "cfields",
    ),
    (
        "null for answers",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields={None: "a"}),
        TypeError,
        "cfields",
    ),
    (
        "null as all answers",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields=None),
        TypeError,
        "cfields",
    ),
    (
        "a number among answers",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields={91: ["a", 5]}),
        TypeError,
        r"cfields\[91\]",
    ),
    (
        "a number as answer",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields={91: 5}),
        TypeError,
        r"cfields\[91\]",
    ),
    (
        "bytes as answer",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields={91: b"a"}),
        TypeError,
        r"^cfields\[91\] must be a string, not bytes$",
    ),
    (
        "answers without an order",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields={91: {"a", "b"}}),
        TypeError,
        r"cfields\[91\]",
    ),
    (
        "null as answer",
        lambda api: api.leads.create(name="n", email="e", partner=ME, cfields={91: None}),
        TypeError,
        r"cfields\[91\]",
    ),
    ("no items", lambda api: api.leads.list(limit=0), ArgumentError, "limit"),
]


@pytest.mark.parametrize(("call", "error", "said"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.leads.get(10**5000),
        lambda api: api.leads.reject(10**5000),
        lambda api: api.payout_requests.approve(10**5000),
    ],
)
async def test_an_id_of_thousands_of_digits_is_refused_by_name(call: Call) -> None:
    await refuse(call, ArgumentError, "id")


@pytest.mark.parametrize("many", [["a", "b"], ("a", "b"), deque("ab")])
async def test_answers_are_sent_by_the_ids_of_their_fields_as_strings(many: Any) -> None:
    script = Script(envelope(id=1))
    async with script.client() as partnero:
        await partnero.leads.create(name="n", email="e", partner=ME, cfields={89: "", "91": many, 90: ()})
    assert script.last.body["cfields"] == {"89": "", "91": ["a", "b"], "90": []}


@pytest.mark.parametrize("what", ["convert", "reject"])
@pytest.mark.parametrize("method", ["GET", "get", "POST"])
@pytest.mark.parametrize("failure", [httpx.Response(500), httpx.ReadTimeout("late"), httpx.Response(502)])
async def test_a_decision_by_request_is_never_sent_again(what: str, method: str, failure: Any) -> None:
    script = Script(failure)
    async with script.client() as partnero:
        with pytest.raises(PartneroError) as failed:
            await partnero.request(method, ("leads", what), query={"id": 44})
    assert len(script.requests) == 1
    assert failed.value.in_doubt
    assert failed.value.path == f"/leads/{what}"


async def test_reading_a_lead_by_request_is_sent_again() -> None:
    script = Script(httpx.Response(500), envelope(id=44))
    async with script.client() as partnero:
        assert (await partnero.request("GET", ("leads", "44"))).json == envelope(id=44)
    assert len(script.requests) == 2
