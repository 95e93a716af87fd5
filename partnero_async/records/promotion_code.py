"""A promotion code: what a customer enters to get a coupon's discount."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

import attrs

from ._base import EMPTY, DecimalOrText, IntOrText, Record, frozen_collection

__all__ = [
    "PromotionCode",
    "PromotionCodeCoupon",
    "PromotionCodeInfo",
    "PromotionCodeRedemption",
    "Redemption",
]


@attrs.frozen(kw_only=True)
class PromotionCodeCoupon(Record):
    """The coupon that a promotion code is for, in short."""

    uuid_code: str | None = None
    """The identifier of the coupon."""

    name: str | None = None
    """The name of the coupon."""

    active: bool | None = None
    """Whether the coupon is in use."""

    coupon_discount_type: str | None = None
    """What the amount of the discount means: ``percent`` or ``static``."""

    coupon_discount_amount: DecimalOrText | None = None
    """The discount: percent of the price, or major units."""

    coupon_duration_type: str | None = None
    """The unit in which the duration is counted."""

    coupon_duration_value: IntOrText | None = None
    """For how many of these units the discount is given."""

    created_at: datetime | None = None
    """When the coupon was created (UTC)."""

    updated_at: datetime | None = None
    """When the coupon was last changed (UTC)."""


@attrs.frozen(kw_only=True)
class PromotionCodeRedemption(Record):
    """An entry of the log of a code's redemptions."""

    redeemed_at: datetime | None = None
    """When the code was redeemed (UTC)."""

    transaction_key: str | None = None
    """The key of the sale that it was redeemed for."""


@attrs.frozen(kw_only=True)
class PromotionCodeInfo(Record):
    """What Partnero keeps of a promotion code beside its settings."""

    redemptions: tuple[PromotionCodeRedemption, ...] = ()
    """The redemptions that are logged: those with a transaction, according to the published example."""


@attrs.frozen(kw_only=True)
class PromotionCode(Record):
    """A code that gives a coupon's discount."""

    identified_by: ClassVar[str | None] = "code"

    code: str
    """The code itself."""

    id: IntOrText | None = None
    """The number of the code, which the official PHP client knows; not in the published examples."""

    first_time_order: bool | None = None
    """Whether it is for a customer's first order only."""

    limit_to_specific_partner: bool | None = None
    """Whether it belongs to one partner."""

    coupon_specific_partners: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """That partner: ``id`` and ``full_name``, or empty."""

    limit_to_specific_customer: bool | None = None
    """Whether it is for one customer."""

    coupon_specific_customers: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """That customer: ``id`` and ``customer_full_name``, or empty."""

    limit_to_specific_subscriber: bool | None = None
    """Whether it is for one subscriber."""

    coupon_specific_subscribers: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """That subscriber: ``id`` and ``subscriber_full_name``, or empty."""

    minimum_order_status: bool | None = None
    """Whether the order must have a minimum value."""

    minimum_order_value: DecimalOrText | None = None
    """That value in major units."""

    expiration_date_status: bool | None = None
    """Whether the code expires."""

    expiration_date_value: date | None = None
    """When."""

    redemption_times_status: bool | None = None
    """Whether the code can be redeemed so many times only."""

    redemption_times_value: IntOrText | None = None
    """How many times."""

    metadata: Mapping[str, Any] | tuple[Any, ...] = attrs.field(default=EMPTY, converter=frozen_collection)
    """Your own data."""

    additional_info: PromotionCodeInfo | None = None
    """What else Partnero keeps, above all the log of redemptions; None where it is empty."""

    times_redeemed: IntOrText | None = None
    """How often the code was redeemed."""

    coupon: PromotionCodeCoupon | None = None
    """The coupon that it is for; only in the answer to ``get``."""

    created_at: datetime | None = None
    """When the code was created (UTC); not in the published examples."""

    updated_at: datetime | None = None
    """When the code was last changed (UTC); not in the published examples."""

    def redemption_of(self, transaction_key: str) -> PromotionCodeRedemption | None:
        """The entry of the log for the sale with this key, if there is one."""
        logged = self.additional_info.redemptions if self.additional_info else ()
        return next((entry for entry in logged if entry.transaction_key == transaction_key), None)


@attrs.frozen(kw_only=True)
class Redemption:
    """What became of a redemption, which the answer alone does not say."""

    promotion_code: PromotionCode
    """The code as it is now."""

    recorded: bool | None
    """Whether this call was counted.

    False: Partnero did nothing, since it knows no sale with this key (``entry`` is None), or since the code
    was redeemed for it before (``entry`` is that redemption). None: the answers do not tell.
    """

    entry: PromotionCodeRedemption | None = None
    """The entry of the log for the sale, new or old; None if there is none."""
