"""A partner of an affiliate program, and what the partner brought and earned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import attrs

from ._base import EMPTY, DecimalOrText, Record, Word, frozen_collection, is_array, is_object
from .customer import Tag

__all__ = [
    "CurrencyAmount",
    "Partner",
    "PartnerCommissions",
    "PartnerReferrals",
    "PartnerReward",
    "PartnerStatus",
    "SignInUrl",
]


class PartnerStatus(Word):
    """The statuses of a partner that are documented; others stay strings."""

    ACTIVE = "active"
    """May sign in, and earns."""

    PENDING = "pending"
    """Waits for approval."""

    ARCHIVED = "archived"
    """Deleted in a way that can be undone: no portal, no earnings."""

    DELETED = "deleted"
    """Deleted for good."""


@attrs.frozen(kw_only=True)
class CurrencyAmount(Record):
    """A sum in one currency."""

    currency: str | None = None
    """The currency code, such as ``USD``."""

    amount: DecimalOrText | None = None
    """The sum in major units."""


@attrs.frozen(kw_only=True)
class PartnerReferrals(Record):
    """What a partner brought."""

    clicks: int | None = None
    """Visits through the partner's links."""

    signups: int | None = None
    """Customers who signed up."""

    revenue: tuple[CurrencyAmount, ...] = ()
    """What they paid, by currency."""

    sales_count: int | None = None
    """How many sales they made."""

    paid_accounts: int | None = None
    """How many of them bought."""


@attrs.frozen(kw_only=True)
class PartnerCommissions(Record):
    """What a partner earned."""

    paid: DecimalOrText | None = None
    """What was paid out, a plain number in major units."""

    pending: tuple[CurrencyAmount, ...] = ()
    """What is in review, by currency."""

    not_paid: tuple[CurrencyAmount, ...] = ()
    """What is owed, by currency."""


@attrs.frozen(kw_only=True)
class Partner(Record):
    """Somebody who brings customers to an affiliate program and earns commissions."""

    identified_by: ClassVar[str | None] = "id"

    id: str
    """The identifier that the paths ``/partners/{id}`` take; it is not a referral key."""

    key: str | None = None
    """The referral key; only answers of 2022 had it, newer ones show it in ``referral_link`` alone."""

    email: str | None = None
    """E-mail address, with which the partner signs in to the portal."""

    name: str | None = None
    """First name."""

    surname: str | None = None
    """Last name."""

    approved: bool | None = None
    """Whether the partner was let into the program."""

    status: PartnerStatus | str | None = None
    """The status."""

    custom_fields: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """The custom fields of the program: an object or an array, whichever Partnero sends."""

    created_at: datetime | None = None
    """When the partner was created (UTC)."""

    updated_at: datetime | None = None
    """When the partner was last changed (UTC)."""

    tos: bool | None = None
    """Whether the terms of service were accepted; None in lists."""

    referrals_count: int | None = None
    """How many customers the partner brought; None in lists."""

    tags: tuple[Tag, ...] | None = None
    """The tags, in no particular order; None in lists."""

    referral_link: str | None = None
    """The URL of the default referral link; None in lists."""

    referral_links: tuple[str, ...] | None = None
    """The URLs of all referral links; None in lists."""

    custom_field_values: Mapping[str, Any] | tuple[Any, ...] = attrs.field(
        default=EMPTY, converter=frozen_collection
    )
    """Raw values of the custom fields; only in the answer for one partner."""

    referrals: PartnerReferrals | None = None
    """What the partner brought; only in the answer for one partner."""

    commissions: PartnerCommissions | None = None
    """What the partner earned; only in the answer for one partner."""


@attrs.frozen(kw_only=True)
class PartnerReward(Record):
    """A bonus that was given to a partner. Partnero publishes none of its fields: all are in ``extra``."""


@attrs.frozen(kw_only=True)
class SignInUrl(Record):
    """A one-time address that signs a partner in. Partnero publishes no field of it: all are in ``extra``."""

    @property
    def url(self) -> str | None:
        """The one http(s) URL among the fields; None if there is none, or more than one."""
        urls = [text for text in _texts_in(self.to_dict()) if _is_url(text)]
        return urls[0] if len(urls) == 1 else None


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value) or is_array(value):
        for item in value.values() if is_object(value) else value:
            yield from _texts_in(item)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc)
