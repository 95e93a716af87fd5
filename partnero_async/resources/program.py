"""The program itself: what it is, how it is set up, and its end (partnero-api 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from .._http.call import Caller
from .._http.wire import Endpoint, build
from ..checks import check_count, check_flag, check_text, check_url
from ..errors import ArgumentError
from ..inputs import UNSET, Options, Unset, given
from ..records.program import ProgramDeletion, ProgramDetails, ProgramOverview

__all__ = ["PortalSettingsUpdate", "ProgramResource", "ProgramSettingsUpdate"]

GET: Final = Endpoint("GET", "/program", ProgramDetails, programs="A R L", sources="D V25")
OVERVIEW: Final = Endpoint(
    "GET",
    "/program/overview",
    ProgramOverview,
    programs="A R",
    sources="V22 V25 W",
    confidence="documented as deprecated",
)
UPDATE: Final = Endpoint[Any]("PUT", "/program", programs="A R", sources="D V25")
DELETE: Final = Endpoint("DELETE", "/program", ProgramDeletion, programs="A R L", sources="D")


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


_SWITCHES: Final = frozenset(ProgramSettingsUpdate.__annotations__ | PortalSettingsUpdate.__annotations__) - {
    "currency",
    "cookie_lifetime",
}


class ProgramResource:
    """The program that the API key belongs to; ``partnero.program``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def get(self, *, options: Options | None = None) -> ProgramDetails:
        """What the program is, how it does and how it is set up. ``GET /program`` (documented).

        Args:
            options: Timeout, deadline (seconds) and retries of this call.
        """
        return await self._caller.record(GET, build(GET), options)

    async def overview(self, *, options: Options | None = None) -> ProgramOverview:
        """The overview that ``get`` replaces. ``GET /program/overview`` (documented as deprecated).

        Args:
            options: Timeout, deadline (seconds) and retries of this call.
        """
        return await self._caller.record(OVERVIEW, build(OVERVIEW), options)

    async def update(
        self,
        *,
        name: str | Unset = UNSET,
        website: str | Unset = UNSET,
        program_settings: ProgramSettingsUpdate | Unset = UNSET,
        portal_settings: PortalSettingsUpdate | Unset = UNSET,
        options: Options | None = None,
    ) -> None:
        """Changes the program. ``PUT /program`` (documented).

        Args:
            name: What it is called, 255 characters at most.
            website: The URL of its site, 250 characters at most.
            program_settings: How it is set up; what is left out stays as it is.
            portal_settings: How its portal is set up; what is left out stays as it is.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: A value is malformed.
            ArgumentError: There is nothing to change, or a value is out of its bounds.
        """
        changes = given(
            name=name if name is UNSET else _no_longer_than(255, "name", check_text("name", name)),
            website=website
            if website is UNSET
            else _no_longer_than(250, "website", check_url("website", website)),
            program_settings=_settings("program_settings", program_settings),
            portal_settings=_settings("portal_settings", portal_settings),
        )
        if not changes:
            raise ArgumentError("there is nothing to update: no field was given")
        await self._caller.nothing(UPDATE, build(UPDATE, body=changes), options)

    async def request_deletion(self, *, options: Options | None = None) -> ProgramDeletion:
        """Asks for the code that deletes the program. ``DELETE /program`` (documented).

        **For newsletter programs the vendor's documentation shows a deletion in this one step.** Affiliate
        and refer-a-friend programs are left as they are until the code is sent.

        Args:
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The code, eight characters, which ``confirm_deletion`` takes within 20 seconds.

        Raises:
            ResponseError: There is no code in the answer: the program may have been deleted at once.
        """
        return await self._caller.record(DELETE, build(DELETE), options)

    async def confirm_deletion(self, confirmation_code: str, *, options: Options | None = None) -> None:
        """**Deletes the program for good**, with partners, customers, transactions, rewards and settings.

        The second step of ``DELETE /program`` (documented); there is no way back.

        Args:
            confirmation_code: The code of ``request_deletion``, not older than 20 seconds.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            StatusError: The code is wrong or expired; which status says so is not documented.
            ArgumentError: The code is empty or blank.
        """
        body = {"confirmation_code": check_text("confirmation_code", confirmation_code)}
        await self._caller.nothing(DELETE, build(DELETE, body=body), options)


def _settings(name: str, settings: Mapping[str, Any] | Unset) -> Any:
    """The settings if their values can be right; which of them there are is left to the server."""
    if settings is UNSET:
        return settings
    if not isinstance(settings, Mapping):
        raise TypeError(f"{name} must be a mapping, not {type(settings).__name__}")
    if not settings:
        raise ArgumentError(f"{name} is empty: there is nothing to change")
    for setting in settings.keys() & _SWITCHES:
        check_flag(setting, settings[setting])
    if "cookie_lifetime" in settings:
        check_count("cookie_lifetime", settings["cookie_lifetime"], least=1, most=9_999_999)
    if "currency" in settings:
        currency = check_text("currency", settings["currency"])
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ArgumentError(f"currency must be three letters, not {currency!r:.40}")
    return dict(settings)


def _no_longer_than(most: int, name: str, text: str) -> str:
    if len(text) > most:
        raise ArgumentError(f"{name} must have {most} characters at most, not {len(text)}")
    return text
