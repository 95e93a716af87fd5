"""Customers of affiliate programs (sources.md#customers, sources.md#customer-e-mail-addresses)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from .._http.endpoint import Endpoint, nothing, one, page_of
from ..bulk.many import ManyByKey
from ..inputs._checks import check_tags, check_text
from ..inputs._fields import changes, check_ref, filter_by, one_of, strings, when_given, without_unset
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.customer import Customer
from ..records.transaction import Transaction
from ._base import Resource

__all__ = ["Customers"]

LIST: Final = Endpoint("GET", "/customers", page_of(Customer), programs="A", sources="D V P N S")
CREATE: Final = Endpoint("POST", "/customers", one(Customer), programs="A", sources="D V P N W S T")
GET: Final = Endpoint("GET", "/customers/{key}", one(Customer), programs="A", sources="D P N W T")
SEARCH: Final = Endpoint(
    "GET",
    "/customers:search",
    page_of(Customer),
    programs="A",
    sources="P N S",
    confidence="official client",
)
# Both forms have the new values under "update", as documented; others send them flat (sources.md#updates).
UPDATE: Final = Endpoint("PUT", "/customers/{key}", one(Customer), programs="A", sources="D N S")
UPDATE_BY_BODY: Final = Endpoint("PUT", "/customers", one(Customer), programs="A", sources="D P")
DELETE: Final = Endpoint("DELETE", "/customers/{key}", nothing, programs="A", sources="D P N W S")
DELETE_BY_BODY: Final = Endpoint("DELETE", "/customers", nothing, programs="A", sources="D")
TRANSACTIONS: Final = Endpoint(
    "GET", "/customers/{key}/transactions", page_of(Transaction), programs="A", sources="D N S"
)
ARCHIVE: Final = Endpoint(
    "POST", "/customers/{key}/archive", nothing, programs="A", sources="N", confidence="official client"
)
UNARCHIVE: Final = Endpoint(
    "POST",
    "/customers/{key}/revoke-archive",
    nothing,
    programs="A",
    sources="N",
    confidence="official client",
)


class Customers(Resource, ManyByKey[str, Customer]):
    """The customers of an affiliate program; ``partnero.customers``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, key: str, /, *, options: Options | None = None) -> Customer:
        """One customer. ``GET /customers/{key}`` (documented).

        Args:
            key: The customer's key; Partnero's own n8n node also passes an e-mail address here.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The key is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, key, options=options)

    def list(
        self,
        *,
        partner: Ref[Literal["key", "email"]] | None = None,
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Customer]:
        """Customers, page by page. ``GET /customers`` (documented).

        The items come without ``status`` and ``tags``, which are None therefore.

        Args:
            partner: Only the customers of this partner, by referral key or e-mail.
            sort: Oldest first (``asc``) or newest first (``desc``); only the n8n node documents it.
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds, or the partner is named by id.
        """
        return self._list(
            LIST,
            limit=limit,
            page=page,
            options=options,
            sort=sort,
            **filter_by("partner", partner, "key", "email"),
        )

    def search(
        self,
        *,
        email: str | None = None,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Customer]:
        """Customers that match. ``GET /customers:search`` (official clients).

        Args:
            email: Those with this e-mail address. One of ``email``, ``id`` and ``key`` is needed.
            id: Those with this id.
            key: Those with this key; according to the n8n node, in refer-a-friend programs only.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: None or several of the three were given, or a number is out of its bounds.
        """
        wanted = one_of(email=email, id=id, key=key)
        return self._list(SEARCH, limit=limit, page=page, options=options, **wanted)

    async def create(
        self,
        *,
        key: str,
        partner: Ref,
        email: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        tags: Iterable[str] | Unset = UNSET,
        referral_url: str | Unset = UNSET,
        options: Options | None = None,
    ) -> Customer:
        """Adds a customer whom a partner brought. ``POST /customers`` (documented).

        Args:
            key: Your own identifier of the customer, unique in the program.
            partner: Who brought the customer.
            email: E-mail address. Older documentation wants it unique, the vendor's shop plugins send it anew
                with each order of a guest.
            name: First name.
            surname: Last name.
            tags: Labels.
            referral_url: The referral URL that was followed; it must belong to the partner.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: The key or e-mail is taken (some clients meet ConflictError instead).
            BadRequestError: There is no such partner (some clients meet ValidationError instead).
            ArgumentError: The key is empty or blank.
        """
        body = without_unset(
            key=check_text("key", key),
            partner=check_ref("partner", partner).to_body(),
            **strings(email=email, name=name, surname=surname),
            tags=when_given(check_tags, "tags", tags),
            options=UNSET
            if referral_url is UNSET
            else {"referral_url": check_text("referral_url", referral_url)},
        )
        return await self._call(CREATE, body=body, options=options)

    async def update(
        self,
        customer: str | Ref[Literal["key"]],
        /,
        *,
        email: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        new_key: str | Unset = UNSET,
        tags: Iterable[str] | Unset | None = UNSET,
        options: Options | None = None,
    ) -> Customer:
        """Changes a customer. ``PUT /customers/{key}``, or ``PUT /customers`` for a Ref (documented).

        Args:
            customer: The key, or ``Ref(key=...)`` to name the customer in the body.
            email: New e-mail address.
            name: New first name.
            surname: New last name.
            new_key: A new key, unique in the program.
            tags: The new labels; ``()`` removes all, None leaves them.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            ValidationError: A value is malformed or taken.
            ArgumentError: There is nothing to change, or the Ref is not by key.
        """
        update = changes(
            **strings(email=email, name=name, surname=surname),
            key=when_given(check_text, "new_key", new_key),
            tags=when_given(check_tags, "tags", tags),
        )
        if isinstance(customer, Ref):
            body = {**check_ref("customer", customer, "key").to_body(), "update": update}
            return await self._call(UPDATE_BY_BODY, body=body, options=options)
        return await self._call(UPDATE, customer, body={"update": update}, options=options)

    async def delete(self, customer: str | Ref[Literal["key"]], /, *, options: Options | None = None) -> None:
        """Deletes a customer for good, with its transactions; commissions change.

        ``DELETE /customers/{key}``, or ``DELETE /customers`` for a Ref (documented). ``archive`` is the
        deletion that can be undone.

        Args:
            customer: The key, or ``Ref(key=...)`` to name the customer in the body.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The key is empty, blank, ``.`` or ``..``, or the Ref is not by key.
        """
        if isinstance(customer, Ref):
            await self._call(
                DELETE_BY_BODY, body=check_ref("customer", customer, "key").to_body(), options=options
            )
        else:
            await self._call(DELETE, customer, options=options)

    async def archive(self, key: str, /, *, options: Options | None = None) -> None:
        """Archives a customer: a deletion that can be undone. ``POST /customers/{key}/archive`` (n8n node).

        Args:
            key: The customer's key.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            BadRequestError: It is archived already.
        """
        await self._call(ARCHIVE, key, options=options)

    async def unarchive(self, key: str, /, *, options: Options | None = None) -> None:
        """Undoes ``archive``. ``POST /customers/{key}/revoke-archive`` (n8n node).

        Args:
            key: The customer's key.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            BadRequestError: It is not archived.
        """
        await self._call(UNARCHIVE, key, options=options)

    def transactions(
        self, key: str, /, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[Transaction]:
        """The transactions of a customer. ``GET /customers/{key}/transactions`` (documented).

        Args:
            key: The customer's key.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The key is empty, blank, ``.`` or ``..``, or a number is out of its bounds.
        """
        return self._list(TRANSACTIONS, key, limit=limit, page=page, options=options)
