"""The program that an API key belongs to: what it is, how it does, how it is set up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from ._base import (
    EMPTY,
    BoolOrText,
    DecimalOrText,
    IntOrText,
    Record,
    Word,
    frozen_mapping,
)

__all__ = [
    "PortalSettings",
    "Program",
    "ProgramDeletion",
    "ProgramDetails",
    "ProgramSettings",
    "ProgramStats",
    "ProgramType",
]


class ProgramType(Word):
    """The three types of programs; others stay strings."""

    AFFILIATE = "Affiliate"
    """Partners refer customers."""

    REFERRAL = "Referral"
    """Customers refer customers (refer-a-friend)."""

    NEWSLETTER = "Newsletter"
    """Subscribers refer subscribers."""


@attrs.frozen(kw_only=True)
class Program(Record):
    """What a program is."""

    public_id: str
    """The public id, such as ``MOBTGEKX``."""

    id: int | None = None
    """The internal id."""

    website: str | None = None
    """The site that the program is for."""

    initial: str | None = None
    """The initials that stand for the program."""

    type: ProgramType | str | None = None
    """The type."""

    name: str | None = None
    """What it is called."""

    created_at: date | None = None
    """The day on which it was created."""

    last_edited: date | None = None
    """The day on which it was last changed."""


def _totals() -> Any:
    return attrs.field(default=EMPTY, converter=frozen_mapping)


@attrs.frozen(kw_only=True)
class ProgramStats(Record):
    """How an affiliate program does.

    Partnero sends most counts as strings; they are numbers here. Sums of money are formatted texts by
    currency, ``{"usd": "$337.47"}``, and stay so.
    """

    total_partners: IntOrText | None = None
    """Partners."""

    total_partners_growth: DecimalOrText | None = None
    """Growth of the number of partners."""

    total_purchases: IntOrText | None = None
    """Sales."""

    total_purchases_growth: DecimalOrText | None = None
    """Growth of the number of sales."""

    total_signups: IntOrText | None = None
    """Customers who signed up."""

    total_signups_growth: DecimalOrText | None = None
    """Growth of the number of sign-ups."""

    total_paid_accounts: IntOrText | None = None
    """Customers who bought."""

    total_paid_accounts_growth: DecimalOrText | None = None
    """Growth of the number of customers who bought."""

    total_reward: Mapping[str, Any] = _totals()
    """Commissions, by currency."""

    total_reward_growth: DecimalOrText | None = None
    """Growth of the commissions."""

    total_revenue: Mapping[str, Any] = _totals()
    """Revenue, by currency."""

    total_revenue_growth: DecimalOrText | None = None
    """Growth of the revenue."""

    affiliate_referred_visitors_clicks: IntOrText | None = None
    """Visits through partners' links."""

    affiliate_referred_visitors_clicks_growth: DecimalOrText | None = None
    """Growth of the number of visits."""

    click_to_signup_conversion: DecimalOrText | None = None
    """Visits that became sign-ups, in percent."""

    click_to_signup_conversion_growth: DecimalOrText | None = None
    """Growth of that conversion."""

    signup_to_sale_conversion: DecimalOrText | None = None
    """Sign-ups that became sales, in percent."""

    signup_to_sale_conversion_growth: DecimalOrText | None = None
    """Growth of that conversion."""

    total_paid: Mapping[str, Any] = _totals()
    """What was paid out, by currency."""

    total_pending: Mapping[str, Any] = _totals()
    """What waits to be paid out, by currency."""

    net_profit: DecimalOrText | None = None
    """Revenue less commissions."""

    net_profit_growth: DecimalOrText | None = None
    """Growth of the net profit."""

    net_profit_formatted: str | None = None
    """The net profit as a text."""

    average_order_value: Mapping[str, Any] = _totals()
    """What a sale brings on average, by currency."""

    rewards_breakdown: Mapping[str, Any] = _totals()
    """Commissions that are ``unclaimed``, ``in_review`` and ``paid``."""

    partner_activity: Mapping[str, Any] = _totals()
    """Partners by status."""

    payout_status_breakdown: Mapping[str, Any] = _totals()
    """Numbers and sums of payouts by status."""


@attrs.frozen(kw_only=True)
class ProgramSettings(Record):
    """How an affiliate program is set up."""

    currency: str | None = None
    """The currency code."""

    cookie_lifetime: IntOrText | None = None
    """Days for which a visitor is remembered; Partnero sends a string."""

    commission_description: str | None = None
    """The commission in words."""

    commission_value: Decimal | str | None = None
    """The commission: a number where the text that Partnero sends is one."""

    has_multiple_commissions: BoolOrText | None = None
    """Whether there is more than one commission."""

    payout_threshold: DecimalOrText | None = None
    """The least that is paid out."""

    welcome_email_enabled: BoolOrText | None = None
    """Whether new partners are greeted by e-mail."""

    onboarding_enabled: BoolOrText | None = None
    """Whether new partners are led through a set-up."""

    partner_email_notifications_enabled: BoolOrText | None = None
    """Whether partners are notified by e-mail."""

    referral_portal_enabled: BoolOrText | None = None
    """Refer-a-friend: whether there is a portal."""

    rewards_notification_enabled: BoolOrText | None = None
    """Refer-a-friend: whether customers are told of rewards."""


@attrs.frozen(kw_only=True)
class PortalSettings(Record):
    """How the portal of a program is set up."""

    program_page_enabled: BoolOrText | None = None
    """Whether the program has a page."""

    leads_page_enabled: BoolOrText | None = None
    """Whether partners can submit leads there."""

    registration_disabled: BoolOrText | None = None
    """Whether nobody can sign up there."""

    google_login_enabled: BoolOrText | None = None
    """Whether one can sign in with Google."""

    passwordless_login_enabled: BoolOrText | None = None
    """Whether one can sign in without a password."""

    sub_accounts_enabled: BoolOrText | None = None
    """Whether partners can have sub-accounts."""

    widget_enabled: BoolOrText | None = None
    """Whether the widget is shown."""

    signup_popup_enabled: BoolOrText | None = None
    """Whether the sign-up pop-up is shown."""

    embeddable_form_enabled: BoolOrText | None = None
    """Whether the form can be embedded."""

    popup_form_enabled: BoolOrText | None = None
    """Refer-a-friend: whether the form pops up."""


@attrs.frozen(kw_only=True)
class ProgramDetails(Record):
    """All that is told of an affiliate program.

    Other types of programs answer with other fields, some of them flat; those are in ``extra``.
    """

    program: Program | None = None
    """What the program is."""

    stats: ProgramStats | None = None
    """How it does."""

    program_settings: ProgramSettings | None = None
    """How it is set up."""

    portal_settings: PortalSettings | None = None
    """How its portal is set up."""


@attrs.frozen(kw_only=True)
class ProgramDeletion(Record):
    """The first step of deleting a program: the code that the second step takes."""

    confirmation_code: str = attrs.field(repr=False)
    """Eight characters, valid for 20 seconds; no repr shows what deletes a program."""
