"""The referral links of customers who refer others (sources.md#customer-referral-links)."""

from __future__ import annotations

from typing import Final

from .._http.endpoint import Endpoint, nothing, one, page_of
from ..bulk.many import ManyByKey
from ..inputs._fields import one_of
from ..inputs._link import link_changes, new_link
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.referral_link import ReferralLink
from ._base import Resource

__all__ = ["CustomerReferralLinks"]

CREATE: Final = Endpoint(
    "POST", "/customer_referral_links", one(ReferralLink), programs="R", sources="V P G T"
)
GET: Final = Endpoint(
    "GET",
    "/customer_referral_links/{id}",
    one(ReferralLink),
    programs="R",
    sources="V25 P",
)
UPDATE: Final = Endpoint(
    "PUT",
    "/customer_referral_links/{id}",
    one(ReferralLink),
    programs="R",
    sources="P",
    confidence="official client",
)
DELETE: Final = Endpoint(
    "DELETE",
    "/customer_referral_links/{id}",
    nothing,
    programs="R",
    sources="P",
    confidence="official client",
)
SEARCH: Final = Endpoint(
    "GET",
    "/customer_referral_links:search",
    page_of(ReferralLink),
    programs="R",
    sources="P T",
    confidence="official client",
)


class CustomerReferralLinks(Resource, ManyByKey[str, ReferralLink]):
    """The referral links of all customers of a refer-a-friend program; ``partnero.customer_referral_links``.

    The links of one customer are ``partnero.referral_customers.referral_links(id)``. Every method may raise
    any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, id: str, /, *, options: Options | None = None) -> ReferralLink:
        """One link. ``GET /customer_referral_links/{id}`` (documented).

        Args:
            id: The link's id, which equals its referral key in every published example.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such link.
            ArgumentError: The id is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, id, options=options)

    def search(
        self,
        *,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralLink]:
        """Links with this id or key. ``GET /customer_referral_links:search`` (PHP client).

        Args:
            id: The link with this id. One of ``id`` and ``key`` is needed.
            key: The link with this referral key.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: None or both of the two were given, or a number is out of its bounds.
        """
        wanted = one_of(id=id, key=key)
        return self._list(SEARCH, limit=limit, page=page, options=options, **wanted)

    async def create(
        self,
        *,
        key: str,
        customer: Ref,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink:
        """Adds a link to a customer. ``POST /customer_referral_links`` (documented).

        Args:
            key: The referral key that the link carries, unique.
            customer: Whose link it is.
            domain_id: The id of a domain, as for partners' links; the default domain if None or left out.
            is_additional: Whether that domain is an additional one; needed with an id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: The key is taken, or there is no such customer or domain.
            ArgumentError: The key is empty or blank, or ``domain_id`` is given without ``is_additional``.
        """
        body = new_link("customer", customer, key, domain_id, is_additional)
        return await self._call(CREATE, body=body, options=options)

    async def update(
        self,
        id: str,
        /,
        *,
        new_key: str | Unset = UNSET,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset = UNSET,
        direct_tracking: bool | Unset = UNSET,
        direct_tracking_redirect: bool | Unset = UNSET,
        direct_tracking_redirect_url: str | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink:
        """Changes a link. ``PUT /customer_referral_links/{id}`` (PHP client).

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
        body = link_changes(
            new_key=new_key,
            domain_id=domain_id,
            is_additional=is_additional,
            direct_tracking=direct_tracking,
            direct_tracking_redirect=direct_tracking_redirect,
            direct_tracking_redirect_url=direct_tracking_redirect_url,
        )
        return await self._call(UPDATE, id, body=body, options=options)

    async def delete(self, id: str, /, *, options: Options | None = None) -> None:
        """Deletes a link for good. ``DELETE /customer_referral_links/{id}`` (PHP client).

        Args:
            id: The link's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such link.
        """
        await self._call(DELETE, id, options=options)
