"""A milestone of a newsletter's referral program, and what is given for it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from ._base import Record, Word

__all__ = ["Reward", "RewardFulfillment", "RewardStatus"]


class RewardFulfillment(Word):
    """The known ways to give a reward; others stay strings."""

    URL_LINK = "url_link"
    """A link."""

    GENERIC_COUPON = "generic_coupon"
    """A coupon code that is the same for all."""

    AMAZON_GIFT_CARD = "amazon_gift_card"
    """A gift card of Amazon's."""


class RewardStatus(Word):
    """The statuses that are known; others stay strings."""

    ACTIVE = "active"
    """Is given."""


@attrs.frozen(kw_only=True)
class Reward(Record):
    """What a subscriber of a newsletter gets for so many referrals: a milestone."""

    identified_by: ClassVar[str | None] = "id"

    id: int
    """The identifier."""

    name: str | None = None
    """The name."""

    description: str | None = None
    """The description."""

    status: RewardStatus | str | None = None
    """The status."""

    type: str | None = None
    """The type; only ``default`` is known."""

    fulfillment_type: RewardFulfillment | str | None = None
    """How it is given."""

    fulfillment_type_name: str | None = None
    """The same, to be read by people: ``Coupon code``."""

    fulfillment_value: str | None = None
    """What is given: the link, or the code of the coupon."""

    subscriber_count: int | None = None
    """How many referrals it takes; ``subscribers_count`` in requests."""

    times_triggered: int | None = None
    """How often it was reached; not in the items of older lists."""

    created_at: datetime | None = None
    """When the reward was created (UTC)."""

    updated_at: datetime | None = None
    """When the reward was last changed (UTC)."""
