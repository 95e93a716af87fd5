"""Customers of refer-a-friend programs (sources.md#refer-a-friend-customers)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from .._http.endpoint import Endpoint, nothing, one, page_of, undocumented
from ..bulk.many import ManyByKey
from ..errors import ArgumentError
from ..inputs._checks import check_amount, check_string, check_text
from ..inputs._fields import (
    changes,
    check_ref,
    check_refer_status,
    flags,
    one_of,
    strings,
    when_given,
    without_unset,
)
from ..inputs.coupon import check_day, check_mapping
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.referral_customer import CustomerBalance, ReferralCustomer, ReferralCustomerStats
from ..records.referral_link import ReferralLink
from ..records.referral_transaction import ReferralTransaction
from ._base import Resource

__all__ = ["ReferralCustomers"]

LIST: Final = Endpoint("GET", "/customers", page_of(ReferralCustomer), programs="R", sources="D V P N S")
CREATE: Final = Endpoint("POST", "/customers", one(ReferralCustomer), programs="R", sources="D V P N W Q S T")
GET: Final = Endpoint("GET", "/customers/{id}", one(ReferralCustomer), programs="R", sources="D P N W Q T")
SEARCH: Final = Endpoint(
    "GET",
    "/customers:search",
    page_of(ReferralCustomer),
    programs="R",
    sources="P N S",
    confidence="official client",
)
UPDATE: Final = Endpoint("PUT", "/customers/{id}", one(ReferralCustomer), programs="R", sources="D N S")
UPDATE_BY_BODY: Final = Endpoint("PUT", "/customers", one(ReferralCustomer), programs="R", sources="D P")
DELETE: Final = Endpoint("DELETE", "/customers/{id}", nothing, programs="R", sources="D P N W Q S")
TRANSACTIONS: Final = Endpoint(
    "GET", "/customers/{id}/transactions", page_of(ReferralTransaction), programs="R?", sources="D N S"
)
ARCHIVE: Final = Endpoint(
    "POST", "/customers/{id}/archive", nothing, programs="R?", sources="N", confidence="official client"
)
UNARCHIVE: Final = Endpoint(
    "POST",
    "/customers/{id}/revoke-archive",
    nothing,
    programs="R?",
    sources="N",
    confidence="official client",
)
REFERRALS: Final = Endpoint(
    "GET",
    "/customers/{id}/referrals",
    page_of(ReferralCustomer),
    programs="R",
    sources="P T",
    confidence="official client",
)
# No source shows what these three answer (sources.md#refer-a-friend-customers).
STATS: Final = Endpoint(
    "GET",
    "/customers/{id}/stats",
    undocumented(ReferralCustomerStats),
    programs="R",
    sources="P T",
    confidence="official client",
)
CREDIT: Final = Endpoint(
    "POST",
    "/customers/{id}/balance/credit",
    undocumented(CustomerBalance),
    programs="R",
    sources="V22 P",
    confidence="documented (old)",
)
INVITE: Final = Endpoint(
    "POST", "/customers:invite", nothing, programs="R", sources="P", confidence="official client"
)
BALANCE: Final = Endpoint(
    "GET",
    "/customers/{id}/balance",
    one(CustomerBalance),
    programs="R",
    sources="V22 P",
    confidence="documented (old)",
)
REFERRAL_LINKS: Final = Endpoint(
    "GET", "/customers/{id}/referral_links", page_of(ReferralLink), programs="R", sources="V P G T"
)


class ReferralCustomers(Resource, ManyByKey[str, ReferralCustomer]):
    """The customers of a refer-a-friend program; ``partnero.referral_customers``.

    A customer has a private ``id`` and a public key, which its referral link carries; paths take the id, and
    the n8n node also passes the key or the e-mail address there. Every method may raise any
    ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, id: str, /, *, options: Options | None = None) -> ReferralCustomer:
        """One customer. ``GET /customers/{id}`` (documented).

        Args:
            id: The customer's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The id is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, id, options=options)

    def list(
        self,
        *,
        refer_status: Literal["referred", "non_referred"] | None = None,
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralCustomer]:
        """Customers, page by page. ``GET /customers`` (documented).

        Args:
            refer_status: Only those who were referred by another, or who were not.
            sort: Oldest first (``asc``) or newest first (``desc``); only the n8n node documents it.
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds, or ``refer_status`` is another word.
        """
        return self._list(
            LIST,
            limit=limit,
            page=page,
            options=options,
            sort=sort,
            refer_status=check_refer_status(refer_status),
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
    ) -> Pager[ReferralCustomer]:
        """Customers that match. ``GET /customers:search`` (official clients).

        Args:
            email: Those with this e-mail address. One of ``email``, ``id`` and ``key`` is needed.
            id: The one with this id.
            key: The one with this key.
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
        id: str | Unset = UNSET,
        key: str | Unset = UNSET,
        email: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        date_of_birth: date | Unset | None = UNSET,
        referring_customer: Ref[Literal["id", "key"]] | Unset = UNSET,
        options: Options | None = None,
    ) -> ReferralCustomer:
        """Adds a customer, referred by another or by nobody. ``POST /customers`` (documented).

        Args:
            id: The private identifier, unique in the program; generated if left out.
            key: The public identifier, which the referral link carries, unique in the program; generated if
                left out.
            email: E-mail address; older documentation demands one.
            name: First name.
            surname: Last name.
            date_of_birth: The day of birth.
            referring_customer: Who referred the customer, by id or key; nobody did if left out.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: The id, key or e-mail is taken, or there is no such referring customer.
            ArgumentError: The id, key or e-mail is empty or blank, or the Ref is by e-mail.
        """
        body = without_unset(
            id=when_given(check_text, "id", id),
            key=when_given(check_text, "key", key),
            email=when_given(check_text, "email", email),
            **strings(name=name, surname=surname),
            metadata=_metadata(date_of_birth),
            referring_customer=UNSET
            if referring_customer is UNSET
            else check_ref("referring_customer", referring_customer, "id", "key").to_body(),
        )
        return await self._call(CREATE, body=body, options=options)

    async def update(
        self,
        customer: str | Ref[Literal["id"]],
        /,
        *,
        email: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        new_key: str | Unset = UNSET,
        date_of_birth: date | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralCustomer:
        """Changes a customer. ``PUT /customers/{id}``, or ``PUT /customers`` for a Ref (documented).

        The list of what can be changed was not wholly available: beside the e-mail address and the names, the
        fields are those of ``create``.

        Args:
            customer: The id, or ``Ref(id=...)`` to name the customer in the body, as the PHP client does.
            email: New e-mail address.
            name: New first name.
            surname: New last name.
            new_key: A new public identifier, unique in the program.
            date_of_birth: The day of birth; None removes it.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            ValidationError: A value is malformed or taken.
            ArgumentError: There is nothing to change, or the Ref is not by id.
        """
        update = changes(
            **strings(email=email, name=name, surname=surname),
            key=when_given(check_text, "new_key", new_key),
            metadata=_metadata(date_of_birth),
        )
        if isinstance(customer, Ref):
            body = {**check_ref("customer", customer, "id").to_body(), "update": update}
            return await self._call(UPDATE_BY_BODY, body=body, options=options)
        return await self._call(UPDATE, customer, body={"update": update}, options=options)

    async def delete(self, id: str, /, *, options: Options | None = None) -> None:
        """Deletes a customer for good. ``DELETE /customers/{id}`` (documented).

        Args:
            id: The customer's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The id is empty, blank, ``.`` or ``..``.
        """
        await self._call(DELETE, id, options=options)

    async def archive(self, id: str, /, *, options: Options | None = None) -> None:
        """Archives a customer: a deletion that can be undone. ``POST /customers/{id}/archive`` (n8n node).

        Args:
            id: The customer's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            BadRequestError: It is archived already.
        """
        await self._call(ARCHIVE, id, options=options)

    async def unarchive(self, id: str, /, *, options: Options | None = None) -> None:
        """Undoes ``archive``. ``POST /customers/{id}/revoke-archive`` (n8n node).

        Args:
            id: The customer's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
            BadRequestError: It is not archived.
        """
        await self._call(UNARCHIVE, id, options=options)

    async def invite(
        self,
        *,
        email: str,
        id: str | Unset = UNSET,
        key: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        personalization: Mapping[str, str] | Unset = UNSET,
        options: Options | None = None,
    ) -> None:
        """Invites somebody to the program, **which sends an e-mail**.

        ``POST /customers:invite`` (PHP client). Sent twice it writes twice, so this call is repeated only if
        no byte of it was written or it was refused with 429; after any other failure the error's ``in_doubt``
        is True.

        Args:
            email: Where the invitation goes.
            id: The private identifier of the customer to be; generated if left out.
            key: The public identifier of the customer to be; generated if left out.
            name: First name.
            surname: Last name.
            personalization: Texts that the invitation's template takes, by name.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: A value is malformed or taken.
            ArgumentError: The e-mail address is empty or blank.
        """
        body = without_unset(
            email=check_text("email", email),
            id=when_given(check_text, "id", id),
            key=when_given(check_text, "key", key),
            **strings(name=name, surname=surname),
            personalization=when_given(_texts, "personalization", personalization),
        )
        await self._call(INVITE, body=body, options=options)

    def referrals(
        self, id: str, /, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[ReferralCustomer]:
        """The customers whom this one referred. ``GET /customers/{id}/referrals`` (PHP client).

        Args:
            id: The customer's id.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The id is empty, blank, ``.`` or ``..``, or a number is out of its bounds.
        """
        return self._list(REFERRALS, id, limit=limit, page=page, options=options)

    async def stats(self, id: str, /, *, options: Options | None = None) -> ReferralCustomerStats:
        """How a customer's referrals do. ``GET /customers/{id}/stats`` (PHP client).

        Args:
            id: The customer's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            What Partnero answers, which no source describes: what is not known of it is in ``extra``.

        Raises:
            NotFoundError: There is no such customer.
        """
        return await self._call(STATS, id, options=options)

    async def balance(self, id: str, /, *, options: Options | None = None) -> CustomerBalance:
        """What a customer earned and was not credited yet. ``GET /customers/{id}/balance`` (documented in
        2022).

        Args:
            id: The customer's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such customer.
        """
        return await self._call(BALANCE, id, options=options)

    async def credit(
        self,
        id: str,
        /,
        *,
        amount: Decimal | int,
        amount_units: str,
        is_currency: bool = True,
        options: Options | None = None,
    ) -> CustomerBalance:
        """Takes what a customer was given off the balance, **which is money**.

        ``POST /customers/{id}/balance/credit`` (documented in 2022). Sent twice it is taken twice, so this
        call is repeated only if no byte of it was written or it was refused with 429; after any other failure
        the error's ``in_doubt`` is True.

        Args:
            id: The customer's id.
            amount: The amount in major units.
            amount_units: The unit, such as ``usd``; what there is depends on the program's rewards.
            is_currency: Whether the unit is a currency.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            What Partnero answers, which no source describes: what is not known of it is in ``extra``.

        Raises:
            NotFoundError: There is no such customer.
            ValidationError: The balance does not hold so much.
            ArgumentError: The amount is not positive, or cannot be sent exactly.
            TypeError: The amount is a float.
        """
        if check_amount("amount", amount) <= 0:
            raise ArgumentError(f"amount must be positive, not {amount}")
        body = {
            "amount": amount,
            **flags(is_currency=is_currency),
            "amount_units": check_text("amount_units", amount_units),
        }
        return await self._call(CREDIT, id, body=body, options=options)

    def transactions(
        self, id: str, /, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[ReferralTransaction]:
        """The transactions of a customer. ``GET /customers/{id}/transactions`` (documented).

        Args:
            id: The customer's id.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The id is empty, blank, ``.`` or ``..``, or a number is out of its bounds.
        """
        return self._list(TRANSACTIONS, id, limit=limit, page=page, options=options)

    def referral_links(
        self, id: str, /, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[ReferralLink]:
        """The referral links of a customer. ``GET /customers/{id}/referral_links`` (documented).

        Args:
            id: The customer's id.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            NotFoundError: There is no such customer.
            ArgumentError: The id is empty, blank, ``.`` or ``..``, or a number is out of its bounds.
        """
        return self._list(REFERRAL_LINKS, id, limit=limit, page=page, options=options)


def _metadata(date_of_birth: date | Unset | None) -> dict[str, Any] | Unset:
    if date_of_birth is UNSET:
        return UNSET
    return {"date_of_birth": None if date_of_birth is None else check_day("date_of_birth", date_of_birth)}


def _texts(name: str, value: object) -> dict[str, str]:
    return {key: check_string(f"{name}[{key!r}]", text) for key, text in check_mapping(name, value).items()}
