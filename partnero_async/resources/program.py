"""The program itself: what it is, how it is set up, and its end (sources.md#program)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from .._http.endpoint import Endpoint, nothing, one
from ..errors import ArgumentError
from ..inputs._checks import check_count, check_flag, check_text, check_url
from ..inputs._fields import changes, when_given
from ..inputs.options import Options
from ..inputs.program import PortalSettingsUpdate, ProgramSettingsUpdate
from ..inputs.unset import UNSET, Unset
from ..records.program import ProgramDeletion, ProgramDetails
from ._base import Resource

__all__ = ["ProgramResource"]

GET: Final = Endpoint("GET", "/program", one(ProgramDetails), programs="A R L", sources="D V25")
UPDATE: Final = Endpoint("PUT", "/program", nothing, programs="A R", sources="D V25")
DELETE: Final = Endpoint("DELETE", "/program", one(ProgramDeletion), programs="A R L", sources="D")
CONFIRM_DELETION: Final = DELETE.returning(nothing)


_SWITCHES: Final = frozenset(ProgramSettingsUpdate.__annotations__ | PortalSettingsUpdate.__annotations__) - {
    "currency",
    "cookie_lifetime",
}


class ProgramResource(Resource):
    """The program that the API key belongs to; ``partnero.program``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, *, options: Options | None = None) -> ProgramDetails:
        """What the program is, how it does and how it is set up. ``GET /program`` (documented).

        Args:
            options: Timeout, deadline (seconds) and retries of this call.
        """
        return await self._call(GET, options=options)

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
        body = changes(
            name=when_given(_check_name, "name", name),
            website=when_given(_check_website, "website", website),
            program_settings=when_given(_check_settings, "program_settings", program_settings),
            portal_settings=when_given(_check_settings, "portal_settings", portal_settings),
        )
        await self._call(UPDATE, body=body, options=options)

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
        return await self._call(DELETE, options=options)

    async def confirm_deletion(self, confirmation_code: str, /, *, options: Options | None = None) -> None:
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
        await self._call(CONFIRM_DELETION, body=body, options=options)


def _check_name(name: str, value: object) -> str:
    return _no_longer_than(255, name, check_text(name, value))


def _check_website(name: str, value: object) -> str:
    return _no_longer_than(250, name, check_url(name, value))


def _check_settings(name: str, settings: object) -> dict[str, Any]:
    """The settings if their values can be right; which of them there are is left to the server."""
    if not isinstance(settings, Mapping):
        raise TypeError(f"{name} must be a mapping, not {type(settings).__name__}")
    settings = cast("Mapping[str, Any]", settings)
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
