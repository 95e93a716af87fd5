"""The referral links of partners, and the domains that they can be on (partnero-api 3.4)."""

from __future__ import annotations

from typing import Any, Final

from .._http.wire import Endpoint, build
from ..checks import check_id, check_text
from ..errors import ArgumentError
from ..inputs import UNSET, Options, Ref, Unset, check_ref, flags, given, texts
from ..pages import Pager, paged
from ..records.referral_link import LinkDomain, ReferralLink
from .many import ManyByKey

__all__ = ["PartnerReferralLinks"]

DOMAINS: Final = Endpoint("GET", "/partner_referral_links:domains", LinkDomain, programs="A", sources="V")
CREATE: Final = Endpoint("POST", "/partner_referral_links", ReferralLink, programs="A", sources="V P")
GET: Final = Endpoint(
    "GET",
    "/partner_referral_links/{id}",
    ReferralLink,
    programs="A",
    sources="P V",
    confidence="official client",
)
# Flat and in snake_case: P's model sends camelCase, which is not what the API shows (partnero-api 3.4).
UPDATE: Final = Endpoint(
    "PUT",
    "/partner_referral_links/{id}",
    ReferralLink,
    programs="A",
    sources="P",
    confidence="official client",
)
DELETE: Final = Endpoint[Any](
    "DELETE", "/partner_referral_links/{id}", programs="A", sources="P", confidence="official client"
)
SEARCH: Final = Endpoint(
    "GET",
    "/partner_referral_links:search",
    ReferralLink,
    programs="A",
    sources="P",
    confidence="official client",
)


class PartnerReferralLinks(ManyByKey[str, ReferralLink]):
    """The referral links of all partners; ``partnero.partner_referral_links``.

    The links of one partner are ``partnero.partners.referral_links(id)``. Every method may raise any
    ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, id: str, *, options: Options | None = None) -> ReferralLink:
        """One link. ``GET /partner_referral_links/{id}`` (PHP client).

        Args:
            id: The link's id, which equals its referral key in every published example.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such link.
            ArgumentError: The id is empty, blank, ``.`` or ``..``.
        """
        return await self._caller.record(GET, build(GET, id), options)

    def search(
        self, link: Ref, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[ReferralLink]:
        """Links with this id or key. ``GET /partner_referral_links:search`` (PHP client).

        Args:
            link: By id or key.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: The Ref is by e-mail, or a number is out of its bounds.
        """
        wanted = check_ref("link", link, "id", "key").to_body()
        return paged(self._caller, SEARCH, limit=limit, page=page, options=options, **wanted)

    def domains(
        self, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[LinkDomain]:
        """The domains that links can be on. ``GET /partner_referral_links:domains`` (documented).

        Args:
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return paged(self._caller, DOMAINS, limit=limit, page=page, options=options)

    async def create(
        self,
        *,
        key: str,
        partner: Ref,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink:
        """Adds a link to a partner. ``POST /partner_referral_links`` (documented).

        Args:
            key: The referral key that the link carries, unique.
            partner: Whose link it is.
            domain_id: The ``id`` of one of ``domains()``; the default domain, whose id is None, if left out.
            is_additional: Whether that domain is an additional one; needed with an id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: The key is taken, or there is no such partner or domain.
            ArgumentError: The key is empty or blank, or ``domain_id`` is given without ``is_additional``.
        """
        body: dict[str, Any] = {
            "partner": check_ref("partner", partner).to_body(),
            "key": check_text("key", key),
            **flags(is_additional=UNSET if is_additional is None else is_additional),
            **_domain(domain_id, is_additional),
        }
        return await self._caller.record(CREATE, build(CREATE, body=body), options)

    async def update(
        self,
        id: str,
        *,
        new_key: str | Unset = UNSET,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset = UNSET,
        direct_tracking: bool | Unset = UNSET,
        direct_tracking_redirect: bool | Unset = UNSET,
        direct_tracking_redirect_url: str | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink:
        """Changes a link. ``PUT /partner_referral_links/{id}`` (PHP client).

        Args:
            id: The link's id.
            new_key: A new referral key, unique.
            domain_id: The ``id`` of the domain that it is to be on, None for the default one.
            is_additional: Whether that domain is an additional one; needed with an id.
            direct_tracking: Whether visits are tracked without the key in the URL.
            direct_tracking_redirect: Whether visitors are sent on.
            direct_tracking_redirect_url: Where visitors are sent on to.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such link.
            ValidationError: The key is taken, or a value is malformed.
            ArgumentError: There is nothing to change, or ``domain_id`` is given without ``is_additional``.
        """
        changes = (
            given(key=new_key if new_key is UNSET else check_text("new_key", new_key))
            | flags(
                is_additional=is_additional,
                direct_tracking=direct_tracking,
                direct_tracking_redirect=direct_tracking_redirect,
            )
            | texts(direct_tracking_redirect_url=direct_tracking_redirect_url)
            | _domain(domain_id, is_additional)
        )
        if not changes:
            raise ArgumentError("there is nothing to update: no field was given")
        return await self._caller.record(UPDATE, build(UPDATE, id, body=changes), options)

    async def delete(self, id: str, *, options: Options | None = None) -> None:
        """Deletes a link for good. ``DELETE /partner_referral_links/{id}`` (PHP client).

        Args:
            id: The link's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such link.
        """
        await self._caller.nothing(DELETE, build(DELETE, id), options)


def _domain(domain_id: int | Unset | None, is_additional: bool | Unset | None) -> dict[str, Any]:
    if domain_id is UNSET or domain_id is None:
        return given(domain_id=domain_id)
    named = {"domain_id": check_id("domain_id", domain_id)}
    if is_additional is UNSET or is_additional is None:
        raise ArgumentError("domain_id needs is_additional beside it")
    return named
