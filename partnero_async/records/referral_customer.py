"""A customer of a refer-a-friend program: who refers others, who was referred, or both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import attrs

from ._base import EMPTY, DecimalOrText, IntOrText, Record, Word, frozen_collection

__all__ = [
    "Balance",
    "BalanceAmount",
    "CustomerBalance",
    "ReferralCustomer",
    "ReferralCustomerStats",
    "ReferralCustomerStatus",
    "ReferringCustomer",
]


class ReferralCustomerStatus(Word):
    """The statuses that are known; others stay strings."""

    ACTIVE = "active"
    """A customer in good standing."""

    DELETED = "deleted"
    """Was deleted softly."""


@attrs.frozen(kw_only=True)
class ReferringCustomer(Record):
    """Who referred a customer. No source shows it filled, so none of it is certain to be there."""

    id: str | None = None
    """The private identifier."""

    key: str | None = None
    """The public identifier, which the referral link carries."""

    email: str | None = None
    """E-mail address."""

    name: str | None = None
    """First name."""

    surname: str | None = None
    """Last name."""


@attrs.frozen(kw_only=True)
class ReferralCustomer(Record):
    """A customer of a refer-a-friend program."""

    identified_by: ClassVar[str | None] = "id"

    id: str
    """The private identifier: the one that you chose, or that Partnero generated."""

    email: str | None = None
    """E-mail address."""

    name: str | None = None
    """First name."""

    surname: str | None = None
    """Last name."""

    status: ReferralCustomerStatus | str | None = None
    """The status."""

    approved: bool | None = None
    """Whether the customer is approved."""

    tos: bool | None = None
    """Whether the terms of service were accepted; only older sources show it."""

    referring_customer: ReferringCustomer | None = None
    """Who referred the customer; None if nobody did."""

    referrals_count: int | None = None
    """How many customers this one referred."""

    metadata: Mapping[str, Any] | tuple[Any, ...] = attrs.field(default=EMPTY, converter=frozen_collection)
    """More about the customer: ``date_of_birth`` in all published examples, None where it is not known."""

    custom_fields: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """The custom fields."""

    referral_link: str | None = None
    """The default referral link; it carries the customer's ``key``, which is not returned by itself."""

    referral_links: tuple[str, ...] = ()
    """All referral links."""

    created_at: datetime | None = None
    """When the customer was created (UTC)."""

    updated_at: datetime | None = None
    """When the customer was last changed (UTC)."""


@attrs.frozen(kw_only=True)
class ReferralCustomerStats(Record):
    """How a customer's referrals do. No source shows the answer: what else there is, is in ``extra``."""

    clicks: IntOrText | None = None
    """Visits through the customer's links."""

    referrals_count: IntOrText | None = None
    """How many customers this one referred."""


@attrs.frozen(kw_only=True)
class BalanceAmount(Record):
    """What a customer has earned and not been credited yet, in one unit."""

    amount: DecimalOrText | None = None
    """The amount in major units."""

    amount_units: str | None = None
    """The unit, usually a currency code such as ``USD``."""

    is_currency: bool | None = None
    """Whether the unit is a currency."""


@attrs.frozen(kw_only=True)
class Balance(Record):
    """What a customer has earned, by kind; kinds that no source shows are in ``extra``."""

    currency: tuple[BalanceAmount, ...] = ()
    """The amounts of money, one for each currency."""


@attrs.frozen(kw_only=True)
class CustomerBalance(Record):
    """A customer, and what it has earned and not been credited yet."""

    customer: ReferralCustomer | None = None
    """The customer."""

    balance: Balance | None = None
    """What there is, by kind; None if there is nothing."""

    @property
    def amounts(self) -> tuple[BalanceAmount, ...]:
        """The amounts of money, one for each currency; none if there is nothing."""
        return self.balance.currency if self.balance else ()
