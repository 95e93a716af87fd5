"""Calls that pay or change something: never sent twice, and in doubt when Partnero may have acted.

What follows from a failure is decided by ``policy`` from the endpoint alone (tests/http/test_policy.py), the
attempt loop acts on it (tests/http/test_call.py, with every failure), and which endpoints are safe is
compared with the contract (tests/contract/test_rows.py). Here each call meets one failure of each kind, to
see how it is wired.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from partnero_async import (
    ConnectionLostError,
    Done,
    Failed,
    Options,
    PartneroError,
    RateLimitError,
    Ref,
    ResponseError,
    Sale,
    StatusError,
)

from ..servers import scripted
from .scripts import Call, Script, envelope

pytestmark = pytest.mark.anyio

ME = Ref(key="ref_123")
PAYS: dict[str, Call] = {
    "transactions.create": lambda api: api.transactions.create(customer=ME, amount=1),
    "transactions.create_together": lambda api: api.transactions.create_together(
        [Sale(amount=1)], customer=ME
    ),
    "partners.reward": lambda api: api.partners.reward("p", amount=1),
    "leads.convert": lambda api: api.leads.convert(4, commission_transaction_amount=1),
    "payout_requests.create": lambda api: api.payout_requests.create(partner=ME, amount_units="usd"),
    "payout_requests.approve": lambda api: api.payout_requests.approve(7),
    "payout_requests.mark_as_paid": lambda api: api.payout_requests.mark_as_paid(7),
    "referral_transactions.create": lambda api: api.referral_transactions.create(customer=ME, amount=1),
    "referral_transactions.create_together": lambda api: api.referral_transactions.create_together(
        [Sale(amount=1)], customer=ME
    ),
    "referral_customers.credit": lambda api: api.referral_customers.credit("c", amount=1, amount_units="usd"),
    "referral_customers.invite": lambda api: api.referral_customers.invite(email="e"),
    "promotion_codes.redeem": lambda api: api.promotion_codes.redeem("p"),
}
CHANGES: dict[str, Call] = {
    "transactions.delete": lambda api: api.transactions.delete("t"),
    "transactions.delete by key": lambda api: api.transactions.delete(Ref(key="t")),
    "transactions.archive": lambda api: api.transactions.archive("t"),
    "transactions.unarchive": lambda api: api.transactions.unarchive("t"),
    "customers.create": lambda api: api.customers.create(key="c", partner=ME),
    "customers.update": lambda api: api.customers.update("c", name="n"),
    "partners.create": lambda api: api.partners.create(email="e"),
    "partners.update": lambda api: api.partners.update("p", name="n"),
    "partners.update by key": lambda api: api.partners.update(ME, name="n"),
    "partners.delete": lambda api: api.partners.delete("p"),
    "partners.delete by key": lambda api: api.partners.delete(ME),
    "partners.archive": lambda api: api.partners.archive("p"),
    "partners.unarchive": lambda api: api.partners.unarchive("p"),
    "partners.sign_in_url": lambda api: api.partners.sign_in_url(ME),
    "links.create": lambda api: api.partner_referral_links.create(key="k", partner=ME),
    "links.update": lambda api: api.partner_referral_links.update("k", new_key="l"),
    "links.delete": lambda api: api.partner_referral_links.delete("k"),
    "leads.create": lambda api: api.leads.create(name="n", email="e", partner=ME),
    "leads.reject": lambda api: api.leads.reject(4),
    "leads.delete": lambda api: api.leads.delete(4),
    "program.update": lambda api: api.program.update(name="n"),
    "free_form_settings.update": lambda api: api.free_form_settings.update({"a": 1}),
    "webhooks.create": lambda api: api.webhooks.create(name="n", url="https://a.b", events=["e"]),
    "webhooks.update": lambda api: api.webhooks.update("w", name="n"),
    "webhooks.delete": lambda api: api.webhooks.delete("w"),
    "referral_customers.create": lambda api: api.referral_customers.create(email="e"),
    "referral_customers.update": lambda api: api.referral_customers.update("c", name="n"),
    "referral_customers.delete": lambda api: api.referral_customers.delete("c"),
    "referral_customers.archive": lambda api: api.referral_customers.archive("c"),
    "referral_customers.unarchive": lambda api: api.referral_customers.unarchive("c"),
    "customer_referral_links.create": lambda api: api.customer_referral_links.create(key="k", customer=ME),
    "customer_referral_links.update": lambda api: api.customer_referral_links.update("k", new_key="l"),
    "customer_referral_links.delete": lambda api: api.customer_referral_links.delete("k"),
    "referral_transactions.delete": lambda api: api.referral_transactions.delete("t"),
    "subscribers.create": lambda api: api.subscribers.create(email="e"),
    "subscribers.update": lambda api: api.subscribers.update(Ref(id="s"), name="n"),
    "subscribers.delete": lambda api: api.subscribers.delete(Ref(id="s")),
    "rewards.create": lambda api: api.rewards.create(name="n"),
    "coupons.create": lambda api: api.coupons.create(
        coupon_discount_type="static", coupon_discount_amount=5, coupon_duration_type="once"
    ),
    "coupons.update": lambda api: api.coupons.update("c", name="n"),
    "coupons.delete": lambda api: api.coupons.delete("c"),
    "promotion_codes.create": lambda api: api.promotion_codes.create(coupon="c"),
    "promotion_codes.update": lambda api: api.promotion_codes.update("p", metadata={}),
    "promotion_codes.delete": lambda api: api.promotion_codes.delete("p", coupon="c"),
}
READS: dict[str, Call] = {
    "partners.get": lambda api: api.partners.get("p"),
    "partners.find": lambda api: api.partners.find(ME),
    "links.get": lambda api: api.partner_referral_links.get("k"),
    "transactions.get": lambda api: api.transactions.get("t"),
    "leads.get": lambda api: api.leads.get(4),
    "leads.form": lambda api: api.leads.form(),
    "payout_requests.get": lambda api: api.payout_requests.get(7),
    "program.get": lambda api: api.program.get(),
    "webhooks.get": lambda api: api.webhooks.get("w"),
    "referral_customers.get": lambda api: api.referral_customers.get("c"),
    "referral_customers.stats": lambda api: api.referral_customers.stats("c"),
    "referral_customers.balance": lambda api: api.referral_customers.balance("c"),
    "referral_transactions.get": lambda api: api.referral_transactions.get("t"),
    "subscribers.get": lambda api: api.subscribers.get("s"),
    "rewards.get": lambda api: api.rewards.get(255),
    "coupons.get": lambda api: api.coupons.get("c"),
    "promotion_codes.get": lambda api: api.promotion_codes.get("p"),
}
EVERY_CHANGE = PAYS | CHANGES
ANY: Any = envelope(id=7, key="k")

changes = pytest.mark.parametrize("call", EVERY_CHANGE.values(), ids=EVERY_CHANGE)
# Of those whose answer is a record that somebody published; the others take any JSON.
WITH_A_RECORD = (
    "transactions.create",
    "leads.convert",
    "customers.create",
    "customers.update",
    "partners.create",
    "partners.update",
    "partners.update by key",
    "links.create",
    "links.update",
    "leads.create",
    "leads.reject",
    "webhooks.create",
    "webhooks.update",
    "referral_transactions.create",
    "promotion_codes.redeem",
    "referral_customers.create",
    "referral_customers.update",
    "customer_referral_links.create",
    "customer_referral_links.update",
    "subscribers.create",
    "subscribers.update",
    "rewards.create",
    "coupons.create",
    "coupons.update",
    "promotion_codes.create",
    "promotion_codes.update",
)


def fitting(name: str) -> Any:
    """An answer that the call of this name can read."""
    if name == "program.get":
        return envelope()
    # The ids of leads, payout requests, rewards, coupons and codes are numbers.
    texts = ("partners.", "links.", "customer_referral_links.", "referral_customers.", "subscribers.")
    if name.startswith(texts):
        return envelope(id="p", key="k", email="e")
    return envelope(id=7, key="k", uuid_code="c", code="p")


@changes
async def test_what_may_have_been_done_is_in_doubt_and_is_not_sent_again(call: Call) -> None:
    script = Script(httpx.ReadError("gone"))
    async with script.client(retries=9) as partnero:
        with pytest.raises(ConnectionLostError, match="look it up before sending it again") as failed:
            await call(partnero)
    assert failed.value.in_doubt is True
    assert len(script.requests) == 1


EMPTY = [{"status": 1}, {"data": None}, {"data": []}, {"data": {}}, "", [1]]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *((name, {"data": None}) for name in WITH_A_RECORD),
        *(("transactions.create", empty) for empty in EMPTY),
    ],
)
async def test_a_change_without_the_record_that_it_should_give_is_in_doubt(name: str, answer: Any) -> None:
    script = Script(answer)
    async with script.client() as partnero:
        with pytest.raises(ResponseError) as failed:
            await EVERY_CHANGE[name](partnero)
    assert failed.value.in_doubt is True
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *((name, {"data": None}) for name in sorted(EVERY_CHANGE.keys() - WITH_A_RECORD)),
        *(("partners.reward", any_json) for any_json in [*EMPTY, "7"]),
    ],
)
async def test_a_change_whose_answer_nobody_published_is_done_by_any_json(name: str, answer: Any) -> None:
    script = Script(answer)
    async with script.client() as partnero:
        await EVERY_CHANGE[name](partnero)
    assert len(script.requests) == 1


@changes
async def test_what_was_refused_was_not_done(call: Call) -> None:
    script = Script({"message": "no"}, status=422)
    async with script.client() as partnero:
        with pytest.raises(StatusError, match="no") as failed:
            await call(partnero)
    assert failed.value.in_doubt is False
    assert len(script.requests) == 1


@pytest.mark.parametrize("name", EVERY_CHANGE)
async def test_a_change_is_sent_again_after_429_and_after_no_connection(name: str) -> None:
    for refusal in (httpx.Response(429, headers={"Retry-After": "2"}), httpx.ConnectError("no")):
        script = Script(refusal, fitting(name))
        async with script.client() as partnero:
            await EVERY_CHANGE[name](partnero)
        assert len(script.requests) == 2
        assert script.requests[0].content == script.requests[1].content


@pytest.mark.parametrize("name", READS)
async def test_a_read_is_sent_again_and_never_in_doubt(name: str) -> None:
    failure = httpx.ReadError("gone")
    script = Script(failure, fitting(name))
    async with script.client() as partnero:
        await READS[name](partnero)
    assert len(script.requests) == 2
    script = Script(failure)
    async with script.client(retries=0) as partnero:
        with pytest.raises(PartneroError) as failed:
            await READS[name](partnero)
    assert failed.value.in_doubt is False


async def test_options_of_a_call_reach_a_call_that_pays() -> None:
    script = Script(httpx.Response(429), ANY)
    async with script.client() as partnero:
        with pytest.raises(RateLimitError):
            await partnero.leads.convert(4, commission_transaction_amount=1, options=Options(retries=0))
    assert len(script.requests) == 1


async def test_a_bulk_of_rewards_tells_the_doubtful_ones_from_the_others() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if "/p2/" in request.url.path:
            return httpx.Response(500)
        return httpx.Response(422 if "/p3/" in request.url.path else 201, json={"status": 1})

    async with scripted(answer) as partnero:

        async def reward(id: str) -> None:
            await partnero.partners.reward(id, amount=5)

        async with partnero.bulk(reward, ["p1", "p2", "p3"], ordered=True) as outcomes:
            seen = [outcome async for outcome in outcomes]
    assert [type(outcome) for outcome in seen] == [Done, Failed, Failed]
    assert [outcome.error.in_doubt for outcome in seen if isinstance(outcome, Failed)] == [True, False]


@pytest.mark.parametrize("depth", [650, 900, 100_000])
async def test_an_answer_that_is_nested_too_deeply_is_a_typed_error_in_doubt(depth: int) -> None:
    deep = '{"data":{"id":"x","a":' + "[" * depth + "]" * depth + "}}"
    async with Script(deep).client() as partnero:
        for call in (
            partnero.payout_requests.approve(7),
            partnero.partners.reward("p", amount=1),
        ):
            try:
                assert "a" in (await call).extra
            except ResponseError as error:
                assert error.in_doubt  # noqa: PT017  either is right, by the depth of the stack
