"""An API key of another type of program: whatever comes of it says for which type a method is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from partnero_async import Missing, NotFoundError, PartneroError, Ref, ResponseError, StatusError
from partnero_async._http.endpoint import Endpoint
from partnero_async.records import Customer, ReferralCustomer
from partnero_async.resources._registry import all_endpoints

from .scripts import Call, Script, envelope, page

pytestmark = pytest.mark.asyncio

AFFILIATE, REFERRAL, NEWSLETTER = "affiliate", "refer-a-friend", "newsletter"

# A method of each noun that not all types of programs have, which gives a record.
LIMITED: dict[str, tuple[str, Call]] = {
    "partners.get": (AFFILIATE, lambda api: api.partners.get("x")),
    "partner_referral_links.get": (AFFILIATE, lambda api: api.partner_referral_links.get("x")),
    "customers.get": (AFFILIATE, lambda api: api.customers.get("x")),
    "customers.list": (AFFILIATE, lambda api: api.customers.list()),
    "customers.update": (AFFILIATE, lambda api: api.customers.update("x", name="n")),
    "transactions.get": (AFFILIATE, lambda api: api.transactions.get("x")),
    "leads.get": (AFFILIATE, lambda api: api.leads.get(1)),
    "referral_customers.get": (REFERRAL, lambda api: api.referral_customers.get("x")),
    "referral_customers.list": (REFERRAL, lambda api: api.referral_customers.list()),
    "referral_customers.referrals": (REFERRAL, lambda api: api.referral_customers.referrals("x")),
    "referral_customers.create": (REFERRAL, lambda api: api.referral_customers.create(email="e")),
    "referral_customers.update": (REFERRAL, lambda api: api.referral_customers.update(Ref(id="x"), name="n")),
    "referral_customers.transactions": (REFERRAL, lambda api: api.referral_customers.transactions("x")),
    "customer_referral_links.get": (REFERRAL, lambda api: api.customer_referral_links.get("x")),
    "customer_referral_links.search": (REFERRAL, lambda api: api.customer_referral_links.search(id="x")),
    "referral_transactions.get": (REFERRAL, lambda api: api.referral_transactions.get("x")),
    "referral_transactions.create": (
        REFERRAL,
        lambda api: api.referral_transactions.create(customer=Ref(id="c"), amount=1),
    ),
    "subscribers.get": (NEWSLETTER, lambda api: api.subscribers.get("x")),
    "subscribers.list": (NEWSLETTER, lambda api: api.subscribers.list()),
    "subscribers.create": (NEWSLETTER, lambda api: api.subscribers.create(email="e")),
    "rewards.get": (NEWSLETTER, lambda api: api.rewards.get(1)),
    "rewards.create": (NEWSLETTER, lambda api: api.rewards.create(name="n")),
}
# Those whose answer holds no record that could lack anything.
WITHOUT_RECORD: dict[str, tuple[str, Call]] = {
    "customers.delete": (AFFILIATE, lambda api: api.customers.delete("x")),
    "referral_customers.archive": (REFERRAL, lambda api: api.referral_customers.archive("x")),
    "referral_customers.invite": (REFERRAL, lambda api: api.referral_customers.invite(email="e")),
    "referral_customers.stats": (REFERRAL, lambda api: api.referral_customers.stats("x")),
    "subscribers.delete": (NEWSLETTER, lambda api: api.subscribers.delete(Ref(id="x"))),
}
OF_ALL_TYPES: dict[str, Call] = {
    "coupons.get": lambda api: api.coupons.get("x"),
    "coupons.update": lambda api: api.coupons.update("x", name="n"),
    "coupons.list": lambda api: api.coupons.list(),
    "promotion_codes.get": lambda api: api.promotion_codes.get("x"),
    "promotion_codes.redeem": lambda api: api.promotion_codes.redeem("x"),
    "promotion_codes.list": lambda api: api.promotion_codes.list(),
    "webhooks.get": lambda api: api.webhooks.get("x"),
}

limited = pytest.mark.parametrize(
    ("program", "call"), [*LIMITED.values(), *WITHOUT_RECORD.values()], ids=[*LIMITED, *WITHOUT_RECORD]
)
with_record = pytest.mark.parametrize(("program", "call"), LIMITED.values(), ids=LIMITED)
of_all_types = pytest.mark.parametrize("call", OF_ALL_TYPES.values(), ids=OF_ALL_TYPES)

PARTNEROS_404 = {"message": "Not found."}
NO_ROUTE = {"message": "The route api/v1/customers/x could not be found."}


async def error_of(call: Call, *answers: Any, status: int = 200, **settings: Any) -> PartneroError:
    script = Script(*answers, status=status)
    async with script.client(**{"retries": 0} | settings) as partnero:
        with pytest.raises(PartneroError) as failed:
            await call(partnero)
    return failed.value


@limited
async def test_a_404_of_partneros_says_for_which_programs_the_method_is(program: str, call: Call) -> None:
    error = await error_of(call, PARTNEROS_404, status=404)
    assert type(error) is NotFoundError
    assert error.message.startswith("Not found; ")
    assert f"this method is for {program} programs" in str(error)


@limited
@pytest.mark.parametrize(
    "answer", [NO_ROUTE, "<title>404 Not Found</title>", ""], ids=["no route", "page", ""]
)
async def test_a_404_of_somebody_else_says_so_too(program: str, call: Call, answer: Any) -> None:
    error = await error_of(call, answer, status=404)
    assert type(error) is StatusError
    assert "no answer of Partnero's" in str(error)
    assert str(error).count(f"this method is for {program} programs") == 1


def stranger(name: str) -> Any:
    """An answer with a record of another type of program, alone or in a list."""
    one = {"colour": "red"}
    listed = name.rpartition(".")[2] in ("list", "search", "referrals", "transactions")
    return page(one) if listed else envelope(**one)


@pytest.mark.parametrize("name", LIMITED)
async def test_a_record_without_its_identity_says_so_too(name: str) -> None:
    program, call = LIMITED[name]
    error = await error_of(call, stranger(name))
    assert type(error) is ResponseError
    assert error.lacks_identity
    assert " is missing; " in str(error)
    assert f"this method is for {program} programs" in str(error)


async def test_the_customers_of_the_two_types_are_told_apart_by_what_identifies_them() -> None:
    of_affiliate, of_referral = envelope(key="k"), envelope(id="i", referrals_count=0)
    async with Script(of_affiliate).client() as partnero:
        assert await partnero.customers.get("k") == Customer(key="k")
        with pytest.raises(ResponseError, match=r"ReferralCustomer\.id is missing; .* refer-a-friend"):
            await partnero.referral_customers.get("k")
    async with Script(of_referral).client() as partnero:
        assert await partnero.referral_customers.get("i") == ReferralCustomer(id="i", referrals_count=0)
        with pytest.raises(ResponseError, match=r"Customer\.key is missing; .* affiliate programs"):
            await partnero.customers.get("i")


@pytest.mark.parametrize("answer", [envelope(id=5), envelope(id=None), {"data": []}, {"status": 1}, "text"])
async def test_an_answer_that_is_odd_in_another_way_says_nothing_of_programs(answer: Any) -> None:
    error = await error_of(lambda api: api.referral_customers.get("x"), answer)
    assert type(error) is ResponseError
    assert not error.lacks_identity
    assert "programs" not in str(error)


async def test_what_lacks_within_a_record_says_nothing_of_programs() -> None:
    error = await error_of(lambda api: api.customers.get("x"), envelope(key="k", tags=[{"colour": "red"}]))
    assert isinstance(error, ResponseError)
    assert "Customer.tags[0].value is missing" in str(error)
    assert not error.lacks_identity
    assert "programs" not in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 422, 500])
async def test_no_other_status_says_anything_of_programs(status: int) -> None:
    error = await error_of(lambda api: api.referral_customers.get("x"), {"message": "No."}, status=status)
    assert "programs" not in str(error)


@of_all_types
async def test_a_method_of_all_types_says_nothing_of_programs(call: Call) -> None:
    for answer in (PARTNEROS_404, NO_ROUTE, ""):
        assert "programs" not in str(await error_of(call, answer, status=404))
    for answer in (envelope(colour="red"), page({"colour": "red"})):
        assert "programs" not in str(await error_of(call, answer))


@pytest.mark.parametrize(
    "path", [("customers", "x"), ("subscribers", "x"), ("rewards",), ("unheard",)], ids=str
)
async def test_a_request_of_any_path_says_nothing_of_programs(path: tuple[str, ...]) -> None:
    for answer in (PARTNEROS_404, NO_ROUTE, ""):
        error = await error_of(lambda api: api.request("GET", path), answer, status=404)
        assert "programs" not in str(error)


async def test_a_hint_survives_a_message_of_any_length() -> None:
    error = await error_of(lambda api: api.subscribers.get("x"), {"message": "a" * 5000}, status=404)
    assert str(error).count("this method is for newsletter programs") == 1
    assert len(str(error)) < 400


async def test_a_missing_key_of_many_stays_missing() -> None:
    async with Script(PARTNEROS_404, status=404).client() as partnero:
        batch = await partnero.referral_customers.get_many(["a", "b"])
        async with partnero.subscribers.stream(["a"]) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert (dict(batch.found), batch.missing, dict(batch.failed)) == ({}, ("a", "b"), {})
    assert streamed == [Missing("a")]


async def test_a_key_of_many_whose_404_is_nobodys_failed_and_says_so() -> None:
    async with Script(NO_ROUTE, status=404).client() as partnero:
        batch = await partnero.rewards.get_many([1])
    assert batch.missing == ()
    assert "this method is for newsletter programs" in str(batch.failed[1])


async def test_a_change_that_gave_a_record_of_another_type_is_in_doubt() -> None:
    error = await error_of(
        lambda api: api.referral_transactions.create(customer=Ref(id="c"), amount=1), envelope()
    )
    assert error.in_doubt is True
    assert "this method is for refer-a-friend programs" in str(error)


@pytest.mark.parametrize("programs", ["", "A R L", "A R? L?", "A R L?", "?"])
async def test_all_types_and_none_known_are_no_type(programs: str) -> None:
    assert Endpoint("GET", "/x", all_endpoints()[0].returns, programs=programs).meant_for == ""


@pytest.mark.parametrize(
    ("programs", "said"),
    [
        ("A", "affiliate programs"),
        ("R?", "refer-a-friend programs"),
        ("L", "newsletter programs"),
        ("A R?", "affiliate and refer-a-friend programs"),
        ("R L", "refer-a-friend and newsletter programs"),
    ],
)
async def test_types_are_said_in_words(programs: str, said: str) -> None:
    assert Endpoint("GET", "/x", all_endpoints()[0].returns, programs=programs).meant_for == said


# What shows of which type the API key is.
SILENT: dict[str, tuple[Call, Any]] = {
    "a sale": (
        lambda api: api.transactions.create(key="k", amount=1, customer=Ref(key="c")),
        envelope(key="k", customer="a", referred_customer="c"),
    ),
    "an empty page": (lambda api: api.customers.list(), page()),
    "a record without identity": (
        lambda api: api.customers.update("x", name="n"),
        envelope(id="x", name="n"),
    ),
    "an archived customer": (lambda api: api.customers.archive("x"), {"status": 1}),
}
TELLING: dict[str, tuple[Call, Any]] = {
    "a customer": (lambda api: api.customers.get("k"), envelope(key="k")),
    "a page of customers": (lambda api: api.customers.list(), page({"key": "k"})),
    "a path of one type alone": (lambda api: api.leads.list(), page()),
}


async def message_after(call: Call, answer: Any, then: Call) -> str:
    """What a 404 says after a call that succeeded."""
    script = Script(answer, httpx.Response(404, json=PARTNEROS_404))
    async with script.client(strict=False, retries=0) as partnero:
        await call(partnero)
        with pytest.raises(NotFoundError) as failed:
            await then(partnero)
    return failed.value.message


@pytest.mark.parametrize("name", SILENT)
async def test_what_another_type_answers_too_does_not_silence_the_hint(name: str) -> None:
    call, answer = SILENT[name]
    said = await message_after(call, answer, lambda api: api.leads.list())
    assert said == "Not found; this method is for affiliate programs"


@pytest.mark.parametrize("name", TELLING)
async def test_what_only_one_type_answers_silences_the_hint(name: str) -> None:
    call, answer = TELLING[name]
    assert await message_after(call, answer, lambda api: api.leads.get(1)) == "Not found"


async def test_an_endpoint_that_is_likely_of_a_type_is_of_that_type_for_the_hint() -> None:
    said = await message_after(
        lambda api: api.referral_customers.get("i"),
        envelope(id="i"),
        lambda api: api.referral_customers.archive("x"),
    )
    assert said == "Not found"


async def test_a_change_that_gave_a_record_of_another_type_returns_it_without_its_identity() -> None:
    async with Script(envelope(id="i")).client(strict=False) as partnero:
        created = await partnero.customers.create(key="k", partner=Ref(key="p"))
    assert getattr(created, "key") is None  # noqa: B009 -- its type says that it is never None
    assert created.extra == {"id": "i"}
