"""Customers of affiliate programs (partnero-api 3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from .._http.wire import Endpoint, build
from ..checks import check_tags, check_text
from ..errors import ArgumentError
from ..inputs import UNSET, Options, Ref, Unset, check_ref, filter_by, given, texts
from ..pages import Pager, paged
from ..records.customer import Customer
from ..records.transaction import Transaction
from .many import ManyByKey

__all__ = ["Customers"]

LIST: Final = Endpoint("GET", "/customers", Customer, programs="A R", sources="D V P N S")
CREATE: Final = Endpoint("POST", "/customers", Customer, programs="A R", sources="D V P N W S T")
GET: Final = Endpoint("GET", "/customers/{key}", Customer, programs="A R", sources="D P N W T")
SEARCH: Final = Endpoint(
    "GET", "/customers:search", Customer, programs="A R", sources="P N S", confidence="official client"
)
# Fields go under "update" with both forms: D and P document that; N and S send them flat (partnero-api 6).
UPDATE: Final = Endpoint("PUT", "/customers/{key}", Customer, programs="A R", sources="D N S")
UPDATE_BY_BODY: Final = Endpoint("PUT", "/customers", Customer, programs="A R", sources="D P")
DELETE: Final = Endpoint[Any]("DELETE", "/customers/{key}", programs="A R", sources="D P N W S")
DELETE_BY_BODY: Final = Endpoint[Any]("DELETE", "/customers", programs="A", sources="D")
TRANSACTIONS: Final = Endpoint(
    "GET", "/customers/{key}/transactions", Transaction, programs="A R?", sources="D N S"
)
ARCHIVE: Final = Endpoint[Any](
    "POST", "/customers/{key}/archive", programs="A R?", sources="N", confidence="official client"
)
UNARCHIVE: Final = Endpoint[Any](
    "POST", "/customers/{key}/revoke-archive", programs="A R?", sources="N", confidence="official client"
)


class Customers(ManyByKey[str, Customer]):
    """The customers of an affiliate program; ``partnero.customers``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, key: str, *, options: Options | None = None) -> Customer:
        """One customer. ``GET /customers/{key}`` (documented).

        Args:
            key: The customer's key; Partnero's own n8n node also passes an e-mail address here.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The key is empty, blank, ``.`` or ``..``.
        """
        return await self._caller.record(GET, build(GET, key), options)

    def list(
        self,
        *,
        partner: Ref | None = None,
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
        return paged(
            self._caller,
            LIST,
            limit=limit,
            page=page,
            options=options,
            sort=sort,
            **filter_by("partner", partner, "key", "email"),
        )

    def search(
        self, who: Ref, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[Customer]:
        """Customers that match. ``GET /customers:search`` (official clients).

        Args:
            who: By e-mail, id or key. According to the n8n node, key works in refer-a-friend programs only.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return paged(
            self._caller, SEARCH, limit=limit, page=page, options=options, **check_ref("who", who).to_body()
        )

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
            email: E-mail address, unique in the program.
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
        body = given(
            key=check_text("key", key),
            partner=check_ref("partner", partner).to_body(),
            **texts(email=email, name=name, surname=surname),
            tags=tags if tags is UNSET else check_tags(tags),
            options=UNSET
            if referral_url is UNSET
            else {"referral_url": check_text("referral_url", referral_url)},
        )
        return await self._caller.record(CREATE, build(CREATE, body=body), options)

    async def update(
        self,
        customer: str | Ref,
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
        changes = given(
            **texts(email=email, name=name, surname=surname),
            key=new_key if new_key is UNSET else check_text("new_key", new_key),
            tags=tags if tags is UNSET else check_tags(tags),
        )
        if not changes:
            raise ArgumentError("there is nothing to update: no field was given")
        if isinstance(customer, Ref):
            body = {**check_ref("customer", customer, "key").to_body(), "update": changes}
            return await self._caller.record(UPDATE_BY_BODY, build(UPDATE_BY_BODY, body=body), options)
        request = build(UPDATE, customer, body={"update": changes})
        return await self._caller.record(UPDATE, request, options)

    async def delete(self, customer: str | Ref, *, options: Options | None = None) -> None:
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
            request = build(DELETE_BY_BODY, body=check_ref("customer", customer, "key").to_body())
            await self._caller.nothing(DELETE_BY_BODY, request, options)
        else:
            await self._caller.nothing(DELETE, build(DELETE, customer), options)

    async def archive(self, key: str, *, options: Options | None = None) -> None:
        """Archives a customer: a deletion that can be undone. ``POST /customers/{key}/archive`` (n8n node).

        Args:
            key: The customer's key.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            BadRequestError: It is archived already.
        """
        await self._caller.nothing(ARCHIVE, build(ARCHIVE, key), options)

    async def unarchive(self, key: str, *, options: Options | None = None) -> None:
        """Undoes ``archive``. ``POST /customers/{key}/revoke-archive`` (n8n node).

        Args:
            key: The customer's key.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            BadRequestError: It is not archived.
        """
        await self._caller.nothing(UNARCHIVE, build(UNARCHIVE, key), options)

    def transactions(
        self, key: str, *, limit: int = 100, page: int = 1, options: Options | None = None
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
        return paged(self._caller, TRANSACTIONS, key, limit=limit, page=page, options=options)
