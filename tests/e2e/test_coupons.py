"""Coupons and promotion codes in every type of program, through the SDK against the sandbox over sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from partnero_async import AsyncPartnero, NewCustomer, NotFoundError, Ref, ValidationError
from partnero_async.inputs import CodeHolder, NewPromotionCode, NewReferredCustomer
from partnero_async.records import Coupon, CouponDiscountType, CouponDurationType
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

pytestmark = pytest.mark.asyncio

PROGRAMS = {
    f"{kind}_{number}": kind for kind in ("affiliate", "referral", "newsletter") for number in range(16)
}


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A sandbox with programs enough that every test has its own."""
    sandbox = Sandbox(api_keys=PROGRAMS, partners=1, providers=["stripe"])
    with running(sandbox) as url:
        yield url
    sandbox.close()


@pytest.fixture(scope="module")
def unused() -> dict[str, Iterator[str]]:
    """The API keys of the programs that no test has had yet, by type."""
    return {kind: iter([key for key in PROGRAMS if PROGRAMS[key] == kind]) for kind in PROGRAMS.values()}


@pytest_asyncio.fixture(params=["affiliate", "referral", "newsletter"])
async def partnero(
    request: pytest.FixtureRequest, base_url: str, unused: dict[str, Iterator[str]]
) -> AsyncIterator[AsyncPartnero]:
    async with AsyncPartnero(next(unused[request.param]), base_url=base_url, strict=True) as client:
        yield client


async def everything(pager: Any) -> list[Any]:
    return [record async for record in pager]


async def summer(partnero: AsyncPartnero, **more: Any) -> Coupon:
    return await partnero.coupons.create(
        uuid_code="summer",
        name="Summer",
        coupon_discount_type="percent",
        coupon_discount_amount=Decimal("12.5"),
        coupon_duration_type="months",
        coupon_duration_value=3,
        **more,
    )


async def sale(partnero: AsyncPartnero, key: str) -> None:
    """A sale, where there are any."""
    if (await partnero.test()).program.type == "affiliate":
        buyer = NewCustomer(key="buyer", partner=Ref(key="ref_001"))
        await partnero.transactions.create(key=key, amount=5, customer=buyer)
    else:
        await partnero.referral_transactions.create(
            key=key, amount=5, customer=NewReferredCustomer(id="buyer")
        )


async def test_a_coupon_is_made_read_changed_and_deleted(partnero: AsyncPartnero) -> None:
    made = await summer(partnero, redemption_times_value=5, redemption_specific_date_value=date(2030, 1, 31))
    assert (made.uuid_code, made.coupon_discount_amount) == ("summer", Decimal("12.5"))
    assert made.coupon_discount_type is CouponDiscountType.PERCENT
    assert made.coupon_duration_type is CouponDurationType.MONTHS
    assert (made.redemption_times_status, made.redemption_times_value) == (True, 5)
    assert made.redemption_specific_date_value == date(2030, 1, 31)
    assert made.synchronization is not None
    assert made.synchronization.synchronization_enabled is False
    assert "created" in (made.synchronization.message or "")
    changed = await partnero.coupons.update("summer", name="Autumn", metadata={"season": "autumn"})
    assert (changed.name, changed.metadata) == ("Autumn", {"season": "autumn"})
    assert (await partnero.coupons.get("summer")).name == "Autumn"
    await partnero.coupons.delete("summer")
    with pytest.raises(NotFoundError):
        await partnero.coupons.get("summer")


async def test_a_coupon_of_a_connected_provider_is_synchronised(partnero: AsyncPartnero) -> None:
    made = await summer(partnero, sync_provider="stripe")
    assert made.synchronization is not None
    assert made.synchronization.synchronization_enabled is True
    assert made.synchronization.synchronization_successful is True
    with pytest.raises(ValidationError):
        await partnero.coupons.create(
            coupon_discount_type="static",
            coupon_discount_amount=5,
            coupon_duration_type="once",
            sync_provider="paddle",
        )


async def test_the_codes_of_a_coupon_are_in_the_list(partnero: AsyncPartnero) -> None:
    await summer(partnero, promotion_codes=[NewPromotionCode(code="SUN"), NewPromotionCode(code="SEA")])
    (listed,) = await everything(partnero.coupons.list())
    assert listed.promotion_codes is not None
    assert {code.code for code in listed.promotion_codes.data} == {"SUN", "SEA"}
    assert {code.code for code in await everything(partnero.promotion_codes.list())} == {"SUN", "SEA"}
    assert len((await partnero.coupons.get_many(["summer", "winter"])).found) == 1


@pytest.mark.parametrize("older_path", [False, True])
async def test_a_code_is_made_read_changed_and_deleted(partnero: AsyncPartnero, older_path: bool) -> None:
    await summer(partnero)
    made = await partnero.promotion_codes.create(
        coupon="summer",
        code="SUN",
        first_time_order=True,
        minimum_order_value=20,
        expiration_date_value=date(2030, 1, 31),
        redemption_times_value=5,
        older_path=older_path,
    )
    assert (made.code, made.first_time_order, made.minimum_order_value) == ("SUN", True, 20)
    assert (made.expiration_date_value, made.redemption_times_value) == (date(2030, 1, 31), 5)
    found = await partnero.promotion_codes.get("SUN")
    assert found.coupon is not None
    assert (found.coupon.uuid_code, found.coupon.name) == ("summer", "Summer")
    holder = CodeHolder(id="partner_001", full_name="Ann")
    owned = await partnero.promotion_codes.update("SUN", partner=holder, metadata={"a": 1})
    assert owned.limit_to_specific_partner is True
    assert owned.coupon_specific_partners == {"id": "partner_001", "full_name": "Ann"}
    merged = await partnero.promotion_codes.update("SUN", partner=None, metadata={"b": 2})
    assert (merged.limit_to_specific_partner, merged.metadata) == (False, {"a": 1, "b": 2})
    with pytest.raises(NotFoundError):
        await partnero.promotion_codes.delete("SUN", coupon="winter")
    await partnero.promotion_codes.delete("SUN", coupon="summer")
    with pytest.raises(NotFoundError):
        await partnero.promotion_codes.get("SUN")


async def test_each_redemption_without_a_sale_counts(partnero: AsyncPartnero) -> None:
    await summer(partnero, promotion_codes=[NewPromotionCode(code="SUN")])
    redeemed = [await partnero.promotion_codes.redeem("SUN") for _ in range(2)]
    assert [one.recorded for one in redeemed] == [True, True]
    assert [one.promotion_code.times_redeemed for one in redeemed] == [1, 2]


@pytest.mark.parametrize("partnero", ["affiliate", "referral"], indirect=True)
async def test_a_sale_is_redeemed_once_and_an_unknown_one_not_at_all(partnero: AsyncPartnero) -> None:
    await summer(partnero, promotion_codes=[NewPromotionCode(code="SUN")])
    await sale(partnero, "order_1")
    first = await partnero.promotion_codes.redeem("SUN", transaction_key="order_1")
    assert first.recorded is True
    assert first.entry is not None
    assert first.entry.transaction_key == "order_1"
    second = await partnero.promotion_codes.redeem("SUN", transaction_key="order_1")
    assert (second.recorded, second.entry) == (False, first.entry)
    unknown = await partnero.promotion_codes.redeem("SUN", transaction_key="order_2")
    assert (unknown.recorded, unknown.entry) == (False, None)
    assert unknown.promotion_code.times_redeemed == 1
