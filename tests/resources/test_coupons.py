"""Coupons: what is refused before it is sent, and what an answer says beside the coupon."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from partnero_async import ArgumentError, AsyncPartnero, Found, Missing, ResponseError
from partnero_async.inputs import NewPromotionCode
from partnero_async.records import (
    Coupon,
    CouponDiscountType,
    CouponDurationType,
    CouponSynchronization,
    PromotionCode,
)

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

DISCOUNT: dict[str, Any] = {
    "coupon_discount_type": "percent",
    "coupon_discount_amount": 25,
    "coupon_duration_type": "once",
}


def create(partnero: AsyncPartnero, **fields: Any) -> Any:
    return partnero.coupons.create(**DISCOUNT | fields)


class Unit(str, Enum):  # noqa: UP042  whose str() is its name
    MONTHS = "months"


class Odd(Enum):
    SEVERAL = frozenset({1})


def circle() -> dict[str, Any]:
    """A mapping that holds itself."""
    held = dict[str, Any]()
    held["it"] = held
    return held


METADATA: list[tuple[Any, type[Exception], str]] = [
    ({"metadata": "summer"}, TypeError, "^metadata must be a mapping, not str$"),
    ({"metadata": None}, TypeError, "^metadata must be a mapping, not NoneType$"),
    ({"metadata": [("a", 1)]}, TypeError, "^metadata must be a mapping, not list$"),
    ({"metadata": {1: "a"}}, TypeError, "^a name in metadata must be a string, not int$"),
    ({"metadata": {"a": {1: "b"}}}, TypeError, r"^a name in metadata\['a'\] must be a string, not int$"),
    ({"metadata": {"a": {1, 2}}}, TypeError, r"^metadata\['a'\] must be a JSON value, not set$"),
    ({"metadata": {"a": [1j]}}, TypeError, r"^metadata\['a'\]\[0\] must be a JSON value, not complex$"),
    ({"metadata": {"a": b"b"}}, TypeError, r"^metadata\['a'\] must be a JSON value, not bytes$"),
    ({"metadata": {"a": date(2025, 5, 31)}}, TypeError, r"^metadata\['a'\] must be a JSON value, not date$"),
    ({"metadata": {"a": datetime(2025, 5, 31)}}, ArgumentError, r"^metadata\['a'\] needs a time zone"),
    ({"metadata": {"a": (x for x in "b")}}, TypeError, r"^metadata\['a'\] must be .*, not generator$"),
    ({"metadata": {"a": Odd.SEVERAL}}, TypeError, r"^metadata\['a'\] must be a JSON value, not frozenset$"),
    *(
        ({"metadata": {"a": number}}, ArgumentError, r"^metadata\['a'\] cannot be sent as a JSON number: ")
        for number in (
            *(
                float("nan"),
                float("inf"),
                float("-inf"),
                Decimal("NaN"),
                Decimal("sNaN"),
                Decimal("-Infinity"),
            ),
            *(Decimal("1e999999"), Decimal("1e-999999999999999999"), 10**5000, -(10**40)),
        )
    ),
    ({"metadata": circle()}, ArgumentError, "^metadata is nested too deeply$"),
]

BAD: list[Bad] = [
    *bad_segments(
        "uuid_code",
        get=lambda api, code: api.coupons.get(code),
        delete=lambda api, code: api.coupons.delete(code),
    ),
    *bad_fields(
        "create",
        create,
        *METADATA,
        ({"coupon_discount_amount": -1}, ArgumentError, "^coupon_discount_amount must not be negative"),
        (
            {"coupon_discount_amount": Decimal("-0.01")},
            ArgumentError,
            "^coupon_discount_amount must not be neg",
        ),
        (
            {"coupon_discount_amount": 101},
            ArgumentError,
            "^coupon_discount_amount .* 100 at most .* not 101$",
        ),
        (
            {"coupon_discount_amount": Decimal("100.01")},
            ArgumentError,
            "^coupon_discount_amount .* 100 at most",
        ),
        (
            {"coupon_discount_type": CouponDiscountType.PERCENT, "coupon_discount_amount": 101},
            ArgumentError,
            "^coupon_discount_amount .* 100 at most",
        ),
        (
            {"coupon_discount_type": "static", "coupon_discount_amount": -1},
            ArgumentError,
            "^coupon_discount_amount must not be negative",
        ),
        ({"coupon_discount_amount": 25.0}, TypeError, r"^coupon_discount_amount .*Decimal\(str\(25\.0\)\)"),
        ({"coupon_discount_amount": "25"}, TypeError, "^coupon_discount_amount must be .*, not str$"),
        ({"coupon_discount_amount": True}, TypeError, "^coupon_discount_amount must be .*, not bool$"),
        ({"coupon_discount_amount": None}, TypeError, "^coupon_discount_amount must be .*, not NoneType$"),
        ({"coupon_discount_amount": Decimal("NaN")}, ArgumentError, "^coupon_discount_amount cannot be sent"),
        ({"coupon_discount_amount": Decimal("Inf")}, ArgumentError, "^coupon_discount_amount cannot be sent"),
        ({"coupon_discount_amount": 10**5000}, ArgumentError, "^coupon_discount_amount cannot be sent"),
        ({"coupon_discount_type": ""}, ArgumentError, "^coupon_discount_type must not be empty"),
        ({"coupon_discount_type": None}, TypeError, "^coupon_discount_type must be a string"),
        ({"coupon_duration_type": " "}, ArgumentError, "^coupon_duration_type must not be blank"),
        ({"coupon_duration_type": ["once"]}, TypeError, "^coupon_duration_type must be a string, not list"),
        *(
            (
                {"coupon_duration_type": unit},
                ArgumentError,
                f"^coupon_duration_type '{unit}' needs coupon_duration_value$",
            )
            for unit in ("hours", "days", CouponDurationType.MONTHS, "years")
        ),
        *(
            ({name: value}, error, f"^{name} must be {said}")
            for name in ("coupon_duration_value", "redemption_times_value")
            for value, error, said in (
                (0, ArgumentError, "at least 1, not 0$"),
                (-1, ArgumentError, "at least 1, not -1$"),
                (10**5000, ArgumentError, "at least 1, not a number of unreasonable size$"),
                (True, TypeError, "a whole number, not bool$"),
                (1.0, TypeError, "a whole number, not float$"),
                (Decimal(1), TypeError, "a whole number, not Decimal$"),
                ("1", TypeError, "a whole number, not str$"),
                (None, TypeError, "a whole number, not NoneType$"),
            )
        ),
        *(
            (
                {"redemption_specific_date_value": value},
                TypeError,
                f"^redemption_specific_date_value must be a date, not {type(value).__name__}$",
            )
            for value in (datetime(2025, 5, 31, tzinfo=UTC), "2025-05-31", "", None, 0)
        ),
        ({"uuid_code": ""}, ArgumentError, "^uuid_code must not be empty"),
        ({"uuid_code": None}, TypeError, "^uuid_code must be a string"),
        *(
            (
                {"uuid_code": code},
                ArgumentError,
                "^uuid_code must be of letters, digits, - and _, 255 at most$",
            )
            for code in ("a" * 256, "a b", "a.b", "ü", "a/b", "a\n", "٣")
        ),
        ({"name": 5}, TypeError, "^name must be a string, not int"),
        ({"active": 1}, TypeError, "^active must be True or False, not int"),
        ({"active": None}, TypeError, "^active must be True or False, not NoneType"),
        ({"promotion_codes": "SUMMER"}, TypeError, "^promotion_codes must be several values, .*, not str$"),
        ({"promotion_codes": None}, TypeError, "^promotion_codes must be several values, .*, not NoneType$"),
        (
            {"promotion_codes": {"code": "P"}},
            TypeError,
            "^promotion_codes must be several values, .*, not dict$",
        ),
        (
            {"promotion_codes": NewPromotionCode(code="P")},
            TypeError,
            "^promotion_codes must be several values, .*, not NewPromotionCode$",
        ),
        (
            {"promotion_codes": ["SUMMER"]},
            TypeError,
            "^promotion_codes must hold NewPromotionCode items, not str$",
        ),
        (
            {"promotion_codes": (one for one in (NewPromotionCode(), {"code": "P"}))},
            TypeError,
            "^promotion_codes must hold NewPromotionCode items, not dict$",
        ),
        ({"sync_provider": ""}, ArgumentError, "^sync_provider must not be empty"),
        ({"sync_provider": None}, TypeError, "^sync_provider must be a string"),
        ({"sync_provider": {"provider": "stripe"}}, TypeError, "^sync_provider must be a string, not dict"),
    ),
    *bad_fields(
        "update",
        lambda api, uuid_code="c", **fields: api.coupons.update(uuid_code, **fields),
        *METADATA,
        ({}, ArgumentError, "nothing to update"),
        ({"uuid_code": "", "name": "n"}, ArgumentError, "^uuid_code must not be empty"),
        ({"uuid_code": " ", "name": "n"}, ArgumentError, "^uuid_code must not be blank"),
        ({"uuid_code": 5, "name": "n"}, TypeError, "^uuid_code must be a string, not int"),
        ({"name": 5}, TypeError, "^name must be a string, not int"),
        ({"active": "yes"}, TypeError, "^active must be True or False, not str"),
    ),
]


@each(BAD)
async def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@each(bad_pages(list=lambda api, **page: api.coupons.list(**page)))
async def test_a_bad_list_is_refused_where_it_is_asked_for(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse_at_once(call, error, said)


async def sent_for(**fields: Any) -> Any:
    """The body of a coupon with these fields, without those of its discount."""
    script = Script(envelope(uuid_code="c"))
    async with script.client() as partnero:
        await create(partnero, **fields)
    return {name: value for name, value in script.last.body.items() if DISCOUNT.get(name) != value}


# At the bounds.


@pytest.mark.parametrize("code", ["a", "-", "_", "0", "A-z_9", "a" * 255])
async def test_a_code_of_the_right_characters_is_taken_up_to_its_length(code: str) -> None:
    assert await sent_for(uuid_code=code) == {"uuid_code": code}


@pytest.mark.parametrize("amount", [0, 100, Decimal("0.5"), Decimal("1E+2"), Decimal("99.99")])
async def test_up_to_a_hundred_percent_are_taken(amount: Decimal | int) -> None:
    assert await sent_for(coupon_discount_amount=amount) == {"coupon_discount_amount": amount}


async def test_a_fixed_discount_may_be_above_a_hundred() -> None:
    sent = await sent_for(coupon_discount_type="static", coupon_discount_amount=Decimal("100.01"))
    assert sent == {"coupon_discount_type": "static", "coupon_discount_amount": Decimal("100.01")}


@pytest.mark.parametrize("unit", ["months", CouponDurationType.MONTHS, Unit.MONTHS])
async def test_a_duration_is_sent_with_its_value(unit: Any) -> None:
    sent = await sent_for(coupon_duration_type=unit, coupon_duration_value=1)
    assert sent == {"coupon_duration_type": "months", "coupon_duration_value": 1}
    await refuse(
        lambda api: create(api, coupon_duration_type=unit), ArgumentError, "needs coupon_duration_value"
    )


@pytest.mark.parametrize("unit", ["once", "lifetime", "fortnights"])
async def test_a_duration_that_is_not_counted_needs_no_value(unit: str) -> None:
    assert "coupon_duration_value" not in await sent_for(coupon_duration_type=unit)


async def test_every_limit_is_switched_on_with_its_value() -> None:
    assert await sent_for(
        redemption_specific_date_value=date(2025, 5, 31), redemption_times_value=1, sync_provider="stripe"
    ) == {
        "redemption_specific_date_status": True,
        "redemption_specific_date_value": "2025-05-31",
        "redemption_times_status": True,
        "redemption_times_value": 1,
        "sync": {"provider": "stripe"},
    }


@pytest.mark.parametrize("several", [list, tuple, iter, lambda codes: (code for code in codes)])
async def test_codes_come_along_however_they_are_given(several: Any) -> None:
    codes = [NewPromotionCode(code="A"), NewPromotionCode()]
    assert await sent_for(promotion_codes=several(codes)) == {"promotion_codes": [{"code": "A"}, {}]}


@pytest.mark.parametrize(
    ("metadata", "sent"),
    [
        ({}, {}),
        ({"a": None, "b": [1, {"c": "d"}], "ü": True}, {"a": None, "b": [1, {"c": "d"}], "ü": True}),
        (MappingProxyType({"a": (1, Decimal("0.10"))}), {"a": [1, Decimal("0.10")]}),
        ({"at": datetime(2025, 5, 31, tzinfo=UTC)}, {"at": "2025-05-31T00:00:00.000000Z"}),
        ({"unit": CouponDurationType.DAYS}, {"unit": "days"}),
    ],
)
async def test_metadata_is_sent_as_json_has_it(metadata: Any, sent: Any) -> None:
    assert await sent_for(metadata=metadata) == {"metadata": sent}


# What is said beside the coupon.

SAID = {
    "message": "Coupon created in the app successfully.",
    "synchronization_enabled": True,
    "synchronization_successful": False,
    "synchronization_message": "No such account.",
}
SYNCHRONIZATION = CouponSynchronization(
    message="Coupon created in the app successfully.",
    synchronization_enabled=True,
    synchronization_successful=False,
    synchronization_message="No such account.",
)

one_coupon = pytest.mark.parametrize(
    "call",
    [create, lambda api: api.coupons.update("c", name="n"), lambda api: api.coupons.get("c")],
    ids=["create", "update", "get"],
)


@one_coupon
@pytest.mark.parametrize("strict", [True, False])
async def test_what_is_said_beside_a_coupon_is_its_synchronization(call: Call, strict: bool) -> None:
    async with Script(envelope(uuid_code="c") | SAID).client(strict=strict) as partnero:
        coupon = await call(partnero)
    assert coupon == Coupon(uuid_code="c", synchronization=SYNCHRONIZATION)
    assert (coupon.extra, coupon.synchronization.extra) == ({}, {})


@one_coupon
@pytest.mark.parametrize("answer", [envelope(uuid_code="c"), {"data": {"uuid_code": "c"}}])
async def test_where_nothing_is_said_there_is_no_synchronization(call: Call, answer: Any) -> None:
    async with Script(answer).client() as partnero:
        coupon = await call(partnero)
    assert coupon == Coupon(uuid_code="c")
    assert coupon.synchronization is None


@one_coupon
async def test_what_nobody_knows_beside_a_coupon_is_kept(call: Call) -> None:
    answer = envelope(uuid_code="c") | {"message": "ok", "took": {"ms": 5}, "status": "ok"}
    async with Script(answer).client() as partnero:
        coupon = await call(partnero)
    assert coupon.synchronization == CouponSynchronization(message="ok")
    assert coupon.synchronization.extra == {"took": {"ms": 5}, "status": "ok"}
    assert coupon.to_dict()["synchronization"]["took"] == {"ms": 5}


async def test_coupons_of_a_list_have_no_synchronization_and_their_codes() -> None:
    item = {"uuid_code": "c", "promotion_codes": {"data": [{"code": "P"}]}}
    async with Script(page(item) | SAID).client() as partnero:
        (coupon,) = await partnero.coupons.list()
    assert coupon.synchronization is None
    assert coupon.promotion_codes is not None
    assert coupon.promotion_codes.data == (PromotionCode(code="P"),)


ODD = envelope(uuid_code="c", name="n") | {"synchronization_enabled": "maybe", "message": "ok"}


@one_coupon
async def test_an_odd_word_beside_a_coupon_is_refused_by_the_strict(call: Call) -> None:
    async with Script(ODD).client(strict=True) as partnero:
        with pytest.raises(
            ResponseError, match=r"Coupon\.synchronization\.synchronization_enabled should be"
        ):
            await call(partnero)


@one_coupon
async def test_an_odd_word_beside_a_coupon_costs_no_coupon_otherwise(call: Call) -> None:
    async with Script(ODD).client(strict=False) as partnero:
        coupon = await call(partnero)
    assert (coupon.uuid_code, coupon.name, coupon.unread) == ("c", "n", ())
    assert coupon.synchronization.message == "ok"
    assert coupon.synchronization.unread == ("synchronization_enabled",)


@one_coupon
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("answer", [{"data": [], "status": 1}, {"status": 1, "message": "ok"}, [1], "", "5"])
async def test_an_answer_without_a_coupon_is_a_response_error(call: Call, strict: bool, answer: Any) -> None:
    async with Script(answer).client(strict=strict) as partnero:
        with pytest.raises(ResponseError, match="there is no data in the body"):
            await call(partnero)


async def test_a_change_without_the_identity_is_a_coupon_all_the_same_unless_strict() -> None:
    answer = {"data": {"name": "n"}, "message": "ok", "status": 1}
    async with Script(answer).client(strict=False) as partnero:
        coupon = await create(partnero)
        assert (coupon.uuid_code, coupon.name, coupon.synchronization.message) == (None, "n", "ok")
        with pytest.raises(ResponseError, match=r"Coupon\.uuid_code is missing"):
            await partnero.coupons.get("c")
    async with Script(answer).client(strict=True) as partnero:
        with pytest.raises(ResponseError, match=r"Coupon\.uuid_code is missing") as failed:
            await create(partnero)
    assert failed.value.in_doubt is True


@one_coupon
@pytest.mark.parametrize("strict", [True, False])
async def test_a_status_of_zero_is_a_failure_with_its_message(call: Call, strict: bool) -> None:
    for answer in ({"status": 0}, envelope(uuid_code="c") | {"status": 0, "message": "Not connected."}):
        script = Script(answer)
        async with script.client(strict=strict) as partnero:
            with pytest.raises(ResponseError, match=r"status 0 in the body: (no message|Not connected)"):
                await call(partnero)
        assert len(script.requests) == 1


async def test_a_failed_creation_is_in_doubt_and_a_failed_read_is_not() -> None:
    async with Script({"status": 0}).client() as partnero:
        with pytest.raises(ResponseError) as failed:
            await create(partnero)
        assert failed.value.in_doubt is True
        with pytest.raises(ResponseError) as failed:
            await partnero.coupons.get("c")
        assert failed.value.in_doubt is False


# Many.


async def test_an_empty_list_is_no_error() -> None:
    async with Script(page()).client() as partnero:
        assert (await partnero.coupons.list()).items == ()


async def test_many_coupons_are_found_or_missing() -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        code = key_of(request)
        if code == "none":
            return httpx.Response(404, json={"message": "Coupon not found."})
        return httpx.Response(200, json=envelope(uuid_code=code))

    async with scripted(serve) as partnero:
        batch = await partnero.coupons.get_many(["a", "none"])
        async with partnero.coupons.stream(["none", "a"], ordered=True) as outcomes:
            streamed = [outcome async for outcome in outcomes]
    assert (dict(batch.found), batch.missing) == ({"a": Coupon(uuid_code="a")}, ("none",))
    assert streamed == [Missing("none"), Found("a", Coupon(uuid_code="a"))]


@bad_keys([5], [None])
async def test_what_are_no_codes_are_refused(keys: Any, said: str) -> None:
    await refuse(lambda api: api.coupons.get_many(keys), TypeError, said)
