"""Requests to pay partners what they are owed (sources.md#payout-requests)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, get_args

from .._http.endpoint import Endpoint, one, page_of, undocumented
from ..bulk.many import ManyByKey
from ..errors import ArgumentError
from ..inputs._checks import check_id, check_several, check_text
from ..inputs._fields import check_ref, filter_by
from ..inputs.options import Options
from ..inputs.payout import Gateway
from ..inputs.ref import Ref
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.payout_request import PayoutRequest, PayoutStatus
from ._base import Resource

__all__ = ["PayoutRequests"]

LIST: Final = Endpoint(
    "GET", "/payout_requests", page_of(PayoutRequest), programs="A", sources="N", confidence="official client"
)
CREATE: Final = Endpoint(
    "POST",
    "/payout_requests",
    undocumented(PayoutRequest),
    programs="A",
    sources="N",
    confidence="official client",
)
GET: Final = Endpoint(
    "GET",
    "/payout_requests/{id}",
    one(PayoutRequest),
    programs="A",
    sources="N",
    confidence="official client",
)
SEARCH: Final = Endpoint(
    "GET",
    "/payout_requests:search",
    page_of(PayoutRequest),
    programs="A",
    sources="N",
    confidence="official client",
)
# What these and CREATE answer is not published (sources.md#payout-requests). Nothing is demanded of it, or a
# payout that was approved would end in a ResponseError whose in_doubt is True.
APPROVE: Final = Endpoint(
    "POST",
    "/payout_requests/{id}/approve",
    undocumented(PayoutRequest),
    programs="A",
    sources="N",
    confidence="official client",
)
MARK_AS_PAID: Final = Endpoint(
    "POST",
    "/payout_requests/{id}/mark_as_paid",
    undocumented(PayoutRequest),
    programs="A",
    sources="N",
    confidence="official client",
)


class PayoutRequests(Resource, ManyByKey[int, PayoutRequest]):
    """The payout requests of an affiliate program; ``partnero.payout_requests``.

    No call moves money: a request says that it is to be moved, and is marked as paid once it was. Every
    method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, id: int, /, *, options: Options | None = None) -> PayoutRequest:
        """One payout request. ``GET /payout_requests/{id}`` (n8n node).

        Args:
            id: The id of the payout request.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such payout request.
            TypeError: The id is not an integer.
        """
        return await self._call(GET, str(check_id("id", id)), options=options)

    def list(
        self,
        *,
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[PayoutRequest]:
        """Payout requests, page by page. ``GET /payout_requests`` (n8n node).

        Args:
            sort: Oldest first (``asc``) or newest first (``desc``).
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to the source.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return self._list(LIST, limit=limit, page=page, options=options, sort=sort)

    def search(
        self,
        *,
        partner: Ref | None = None,
        status: PayoutStatus | str | None = None,
        amount_units: str | None = None,
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[PayoutRequest]:
        """Payout requests that meet all conditions. ``GET /payout_requests:search`` (n8n node).

        Args:
            partner: Only those of this partner.
            status: Only those with this status.
            amount_units: Only those in this currency, such as ``usd``.
            sort: Oldest first (``asc``) or newest first (``desc``).
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to the source.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: There is no condition, or a number is out of its bounds.
        """
        conditions = {
            **filter_by("partner", partner),
            **({} if status is None else {"status": check_text("status", status)}),
            **({} if amount_units is None else {"amount_units": check_text("amount_units", amount_units)}),
        }
        if not conditions:
            raise ArgumentError("a search needs a partner, a status or amount_units; list() takes none")
        return self._list(SEARCH, limit=limit, page=page, options=options, sort=sort, **conditions)

    async def create(
        self,
        *,
        partner: Ref,
        amount_units: str,
        gateway: Gateway | Unset = UNSET,
        reward_ids: Iterable[int] | Unset = UNSET,
        options: Options | None = None,
    ) -> PayoutRequest:
        """Requests that a partner be paid, **with the whole unpaid balance in one currency**.

        ``POST /payout_requests`` (n8n node). It is repeated only if no byte of it was written or it was
        refused with 429; after any other failure the error's ``in_doubt`` is True.

        Args:
            partner: Who is to be paid; must be active.
            amount_units: The currency, such as ``usd``.
            gateway: How, with the details that it needs: ``PayPal``, ``Crypto``, ``Venmo`` or ``Wise``; what
                the partner saved in the portal if left out.
            reward_ids: Only these rewards, in programs that let partners choose.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            What Partnero answers, which no source describes: likely the ``id``, and the rest in ``extra``.

        Raises:
            StatusError: The partner is unknown or not active, there is nothing to pay, or there are no
                details; which status says so is not published.
            ArgumentError: The currency is empty or blank, or there are no ids.
        """
        body: dict[str, Any] = {
            "partner": check_ref("partner", partner).to_body(),
            "amount_units": check_text("amount_units", amount_units),
        }
        if gateway is not UNSET:
            body |= _gateway(gateway)
        if reward_ids is not UNSET:
            body["reward_ids"] = [
                check_id("a reward id", id) for id in check_several("reward_ids", reward_ids)
            ]
            if not body["reward_ids"]:
                raise ArgumentError("reward_ids is empty; leave it out to pay the whole balance")
        return await self._call(CREATE, body=body, options=options)

    async def approve(self, id: int, /, *, options: Options | None = None) -> PayoutRequest:
        """Approves a payout, **so that it is paid**. ``POST /payout_requests/{id}/approve`` (n8n node).

        It is repeated only if no byte of it was written or it was refused with 429; after any other failure
        the error's ``in_doubt`` is True, and ``get`` tells its status.

        Args:
            id: The id of a payout request that waits for a decision.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            What Partnero answers, which no source describes; ``get`` tells the new status for sure.

        Raises:
            NotFoundError: There is no such payout request.
            StatusError: Its status forbids it, which the message names; the HTTP status is not published.
        """
        return await self._call(APPROVE, str(check_id("id", id)), options=options)

    async def mark_as_paid(self, id: int, /, *, options: Options | None = None) -> PayoutRequest:
        """Closes a payout request that was paid, **and clears the partner's balance**.

        ``POST /payout_requests/{id}/mark_as_paid`` (n8n node). It is repeated only if no byte of it was
        written or it was refused with 429; after any other failure the error's ``in_doubt`` is True, and
        ``get`` tells its status.

        Args:
            id: The id of a payout request that is approved.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            What Partnero answers, which no source describes; ``get`` tells the new status for sure.

        Raises:
            NotFoundError: There is no such payout request.
            StatusError: It is not approved; the message names its status, the HTTP status is not published.
        """
        return await self._call(MARK_AS_PAID, str(check_id("id", id)), options=options)


def _gateway(gateway: Gateway) -> dict[str, Any]:
    if not isinstance(gateway, get_args(Gateway)):
        raise TypeError(f"gateway must be PayPal, Crypto, Venmo or Wise, not {type(gateway).__name__}")
    settings = gateway.to_settings()
    return {"gateway": gateway.gateway} | ({"payout_settings": settings} if settings else {})
