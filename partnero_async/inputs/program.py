"""The settings of a program and of its portal that can be changed (sources.md#program)."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["PortalSettingsUpdate", "ProgramSettingsUpdate"]


class ProgramSettingsUpdate(TypedDict, total=False):
    """The settings of a program that can be changed; all may be left out."""

    currency: str
    """The currency code, three letters."""

    cookie_lifetime: int
    """Days for which a visitor is remembered, 1 to 9,999,999."""

    welcome_email_enabled: bool
    """Whether new partners are greeted by e-mail."""

    onboarding_enabled: bool
    """Whether new partners are led through a set-up."""

    partner_email_notifications_enabled: bool
    """Whether partners are notified by e-mail."""

    referral_portal_enabled: bool
    """Refer-a-friend: whether there is a portal."""

    rewards_notification_enabled: bool
    """Refer-a-friend: whether customers are told of rewards."""


class PortalSettingsUpdate(TypedDict, total=False):
    """The settings of a program's portal that can be changed; all may be left out."""

    program_page_enabled: bool
    """Whether the program has a page."""

    leads_page_enabled: bool
    """Whether partners can submit leads there."""

    registration_disabled: bool
    """Whether nobody can sign up there."""

    google_login_enabled: bool
    """Whether one can sign in with Google."""

    passwordless_login_enabled: bool
    """Whether one can sign in without a password."""

    sub_accounts_enabled: bool
    """Whether partners can have sub-accounts."""

    widget_enabled: bool
    """Whether the widget is shown."""

    signup_popup_enabled: bool
    """Whether the sign-up pop-up is shown."""

    embeddable_form_enabled: bool
    """Whether the form can be embedded."""

    popup_form_enabled: bool
    """Refer-a-friend: whether the form pops up."""
