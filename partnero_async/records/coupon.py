"""A coupon: a discount, the codes for which are its promotion codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

import attrs

from ._base import EMPTY, DecimalOrText, IntOrText, Record, Word, frozen_collection
from .promotion_code import PromotionCode

__all__ = [
    "Coupon",
    "CouponDiscountType",
    "CouponDurationType",
    "CouponPromotionCodes",
    "CouponSynchronization",
]


class CouponDiscountType(Word):
    """The kinds of discount that are known; others stay strings."""

    PERCENT = "percent"
    """A share of the price."""

    STATIC = "static"
    """A fixed amount."""


class CouponDurationType(Word):
    """The units of a discount's duration that are known; others stay strings."""

    ONCE = "once"
    """For one order."""

    HOURS = "hours"
    """For so many hours."""

    DAYS = "days"
    """For so many days."""

    MONTHS = "months"
    """For so many months."""

    YEARS = "years"
    """For so many years."""

    LIFETIME = "lifetime"
    """For ever."""


@attrs.frozen(kw_only=True)
class CouponSynchronization(Record):
    """What an answer says beside the coupon: whether a connected shop or payment provider has it too."""

    message: str | None = None
    """What was done, in Partnero's words."""

    synchronization_enabled: bool | None = None
    """Whether the coupon is synchronised with a provider."""

    synchronization_successful: bool | None = None
    """Whether that worked this time. The coupon exists in Partnero even if it did not."""

    synchronization_message: str | None = None
    """What the provider said; empty if nothing."""


@attrs.frozen(kw_only=True)
class CouponPromotionCodes(Record):
    """The promotion codes of a coupon, in an envelope of their own."""

    data: tuple[PromotionCode, ...] = ()
    """The codes."""


@attrs.frozen(kw_only=True)
class Coupon(Record):
    """A discount that customers get with one of its promotion codes."""

    identified_by: ClassVar[str | None] = "uuid_code"
    envelope: ClassVar[str | None] = "synchronization"

    uuid_code: str
    """The identifier: the one that you chose, or that Partnero generated."""

    id: IntOrText | None = None
    """The number of the coupon, which the official PHP client knows; not in the published examples."""

    name: str | None = None
    """The name."""

    active: bool | None = None
    """Whether the coupon is in use."""

    coupon_discount_type: CouponDiscountType | str | None = None
    """What the amount of the discount means."""

    coupon_discount_amount: DecimalOrText | None = None
    """The discount: percent of the price, or major units."""

    coupon_duration_type: CouponDurationType | str | None = None
    """The unit in which the duration is counted."""

    coupon_duration_value: IntOrText | None = None
    """For how many of these units the discount is given; None for once and for ever."""

    redemption_specific_date_status: bool | None = None
    """Whether the coupon can be redeemed up to a date only."""

    redemption_specific_date_value: date | None = None
    """That date."""

    redemption_times_status: bool | None = None
    """Whether the coupon can be redeemed so many times only."""

    redemption_times_value: IntOrText | None = None
    """How many times."""

    metadata: Mapping[str, Any] | tuple[Any, ...] = attrs.field(default=EMPTY, converter=frozen_collection)
    """Your own data."""

    additional_info: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """What else Partnero keeps; the published examples are empty."""

    times_redeemed: IntOrText | None = None
    """How often it was redeemed."""

    promotion_codes: CouponPromotionCodes | None = None
    """Its promotion codes; only in the items of lists."""

    created_at: datetime | None = None
    """When the coupon was created (UTC)."""

    updated_at: datetime | None = None
    """When the coupon was last changed (UTC)."""

    deleted_at: datetime | None = None
    """When the coupon was deleted (UTC), if so."""

    synchronization: CouponSynchronization | None = None
    """What the answer to ``create`` or ``update`` says beside the coupon; None in lists."""
