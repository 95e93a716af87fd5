"""Transactions of affiliate programs (sources.md#transactions)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from .._http.endpoint import Endpoint, nothing, one, page_of, several
from ..bulk.many import ManyByKey
from ..inputs._checks import check_text
from ..inputs._fields import check_ref, filter_by
from ..inputs._sales import several_sales, who_bought
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.sale import NewCustomer, ProductRef, Sale
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.transaction import Transaction
from ._base import Resource

__all__ = ["Transactions"]

LIST: Final = Endpoint("GET", "/transactions", page_of(Transaction), programs="A", sources="D V22 N S")
# Never repeated: keys are not unique, so the same sale sent twice pays twice (sources.md#transaction-keys).
CREATE: Final = Endpoint("POST", "/transactions", one(Transaction), programs="A", sources="D V P N W S T")
# No source shows the answer to several sales in one request (sources.md#transactions).
CREATE_TOGETHER: Final = CREATE.returning(several(Transaction))
GET: Final = Endpoint("GET", "/transactions/{key}", one(Transaction), programs="A", sources="D N W")
DELETE: Final = Endpoint("DELETE", "/transactions/{key}", nothing, programs="A", sources="D P N S")
DELETE_BY_BODY: Final = Endpoint("DELETE", "/transactions", nothing, programs="A", sources="D V22 W")
ARCHIVE: Final = Endpoint("POST", "/transactions/{key}/archive", nothing, programs="A", sources="D P N")
UNARCHIVE: Final = Endpoint(
    "POST", "/transactions/{key}/revoke-archive", nothing, programs="A", sources="D P N"
)


class Transactions(Resource, ManyByKey[str, Transaction]):
    """The transactions of an affiliate program; ``partnero.transactions``.

    Keys are not unique: several transactions may share one, and which of them an action by key touches is
    not documented. ``list(key=...)`` shows all of them. Every method may raise any ``PartneroError``; what
    is listed with each is what it adds to them.
    """

    async def get(self, key: str, /, *, options: Options | None = None) -> Transaction:
        """One transaction. ``GET /transactions/{key}`` (documented).

        Args:
            key: Your own identifier of the sale.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such transaction.
            ArgumentError: The key is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, key, options=options)

    def list(
        self,
        *,
        key: str | None = None,
        partner: Ref[Literal["key", "email"]] | None = None,
        customer: Ref[Literal["key"]] | None = None,
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Transaction]:
        """Transactions, page by page. ``GET /transactions`` (documented).

        After a sale whose outcome is in doubt, ``list(key=...)`` tells whether, and how often, it is there.

        Args:
            key: Only those with this key.
            partner: Only those of this partner, by referral key or e-mail (n8n node).
            customer: Only those of this customer, by key (older documentation).
            sort: Oldest first (``asc``) or newest first (``desc``); only the n8n node documents it.
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds, or a Ref is by another identifier.
        """
        return self._list(
            LIST,
            limit=limit,
            page=page,
            options=options,
            key=key if key is None else check_text("key", key),
            sort=sort,
            **filter_by("partner", partner, "key", "email"),
            **filter_by("customer", customer, "key"),
        )

    async def create(
        self,
        *,
        customer: Ref | NewCustomer,
        key: str | Unset = UNSET,
        amount: Decimal | int | Unset = UNSET,
        reward: Decimal | int | Unset = UNSET,
        amount_units: str | Unset = UNSET,
        action: str | Unset = UNSET,
        product_id: ProductRef | Unset = UNSET,
        product_type: ProductRef | Unset = UNSET,
        rewarded: bool | Unset = UNSET,
        rewardable: bool | Unset = UNSET,
        status: str | Unset = UNSET,
        created_at: datetime | int | Unset = UNSET,
        discount_amount: Decimal | int | Unset = UNSET,
        gross_amount: Decimal | int | Unset = UNSET,
        discount_code: str | Unset = UNSET,
        referral_url: str | Unset = UNSET,
        options: Options | None = None,
    ) -> Transaction:
        """Records one sale, **which pays a commission**. ``POST /transactions`` (documented).

        Partnero does not keep keys unique: the same sale sent twice is paid twice. Therefore this call is
        repeated only if no byte of it was written or it was refused with 429; after any other failure the
        error's ``in_doubt`` is True, and the sale is to be looked up before it is sent again.

        Args:
            customer: Who bought, by key or e-mail (the n8n node adds id); a ``NewCustomer`` is created in
                the same call.
            key: Your own identifier of the sale, needed for refunds.
            amount: The amount in major units (``Decimal("99.99")``); the commission is computed from it.
            reward: The commission itself in major units, in place of or beside an amount.
            amount_units: The currency code; the program's currency if left out.
            action: What happened, ``sale`` by preference.
            product_id: The product, or several of them, for product commissions.
            product_type: The kind of product, or several of them, for product commissions.
            rewarded: Whether the sale has been rewarded elsewhere already.
            rewardable: Whether the sale earns a commission.
            status: A status; only the official PHP client knows of it.
            created_at: When the sale happened: a datetime with a time zone is sent as a timestamp (n8n node),
                an integer as the Unix time in seconds that the older documentation asks for.
            discount_amount: The discount in major units (n8n node).
            gross_amount: The amount before the discount in major units (n8n node).
            discount_code: The code that gave the discount (n8n node).
            referral_url: The referral URL that was followed.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: A field is malformed. Some clients also meet it for an unknown customer, whose
                sale is recorded for nobody according to the n8n node.
            ArgumentError: Neither amount nor reward is given, or one cannot be sent exactly.
            TypeError: An amount is a float.
        """
        sale = Sale(
            key=key,
            amount=amount,
            reward=reward,
            amount_units=amount_units,
            action=action,
            product_id=product_id,
            product_type=product_type,
            rewarded=rewarded,
            rewardable=rewardable,
            status=status,
            created_at=created_at,
            discount_amount=discount_amount,
            gross_amount=gross_amount,
            discount_code=discount_code,
        )
        body = who_bought(customer, NewCustomer, referral_url) | sale.to_body()
        return await self._call(CREATE, body=body, options=options)

    async def create_together(
        self,
        sales: Iterable[Sale],
        /,
        *,
        customer: Ref | NewCustomer,
        referral_url: str | Unset = UNSET,
        options: Options | None = None,
    ) -> tuple[Transaction, ...]:
        """Records several sales of one customer, **each of which pays a commission**, in one request.

        ``POST /transactions`` with ``transactions`` (documented in 2025). Like ``create`` it is never sent
        again when its outcome is not known; the error's ``in_doubt`` then is True for all of the sales.

        Args:
            sales: The sales, at least one.
            customer: Who bought, as with ``create``.
            referral_url: The referral URL that was followed.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The transactions that can be read from the answer. No source shows it: there may be none, and
            ``list(key=...)`` tells what was recorded.

        Raises:
            ValidationError: A field is malformed. Some clients also meet it for an unknown customer, whose
                sale is recorded for nobody according to the n8n node.
            ArgumentError: There are no sales, or one of them names a customer of its own.
            TypeError: An item is not a Sale.
        """
        body = several_sales(sales, customer, NewCustomer, referral_url)
        return await self._call(CREATE_TOGETHER, body=body, options=options)

    async def delete(
        self, transaction: str | Ref[Literal["key"]], /, *, options: Options | None = None
    ) -> None:
        """Deletes a transaction for good and takes its commission back: a refund.

        ``DELETE /transactions/{key}``, or ``DELETE /transactions`` for a Ref (documented). ``archive`` is the
        deletion that can be undone.

        Args:
            transaction: The key, or ``Ref(key=...)`` to name the transaction in the body, which the vendor's
                own WordPress plugin does because the path form once did not work.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such transaction.
            ArgumentError: The key is empty, blank, ``.`` or ``..``, or the Ref is not by key.
        """
        if isinstance(transaction, Ref):
            await self._call(
                DELETE_BY_BODY, body=check_ref("transaction", transaction, "key").to_body(), options=options
            )
        else:
            await self._call(DELETE, transaction, options=options)

    async def archive(self, key: str, /, *, options: Options | None = None) -> None:
        """Archives a transaction and its rewards. ``POST /transactions/{key}/archive`` (documented).

        Args:
            key: Your own identifier of the sale.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such transaction.
            BadRequestError: It is archived already.
        """
        await self._call(ARCHIVE, key, options=options)

    async def unarchive(self, key: str, /, *, options: Options | None = None) -> None:
        """Undoes ``archive``. ``POST /transactions/{key}/revoke-archive`` (documented).

        Args:
            key: Your own identifier of the sale.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such transaction.
            BadRequestError: It is not archived.
        """
        await self._call(UNARCHIVE, key, options=options)
