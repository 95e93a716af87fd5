"""Transactions of refer-a-friend programs (sources.md#refer-a-friend-transactions)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from .._http.endpoint import Endpoint, nothing, one, page_of, several
from ..bulk.many import ManyByKey
from ..inputs._checks import check_text
from ..inputs._fields import check_ref
from ..inputs._sales import several_sales, who_bought
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.referred import NewReferredCustomer
from ..inputs.sale import ProductRef, Sale
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.referral_transaction import ReferralTransaction
from ._base import Resource

__all__ = ["ReferralTransactions"]

LIST: Final = Endpoint(
    "GET", "/transactions", page_of(ReferralTransaction), programs="R", sources="D V22 N S"
)
# Never repeated: keys are not unique, so the same sale sent twice pays twice (sources.md#transaction-keys).
CREATE: Final = Endpoint(
    "POST", "/transactions", one(ReferralTransaction), programs="R", sources="D V P N W Q S T"
)
# No source shows the answer to several sales in one request (sources.md#transactions).
CREATE_TOGETHER: Final = CREATE.returning(several(ReferralTransaction))
GET: Final = Endpoint("GET", "/transactions/{key}", one(ReferralTransaction), programs="R", sources="D N W Q")
DELETE: Final = Endpoint("DELETE", "/transactions/{key}", nothing, programs="R", sources="D P N S")
DELETE_BY_BODY: Final = Endpoint(
    "DELETE", "/transactions", nothing, programs="R", sources="Q", confidence="official client"
)


class ReferralTransactions(Resource, ManyByKey[str, ReferralTransaction]):
    """The transactions of a refer-a-friend program; ``partnero.referral_transactions``.

    Who bought is ``customer`` in a request and ``referred`` in a record; who referred the buyer is
    ``referrer``. Keys are not unique: several transactions may share one, and which of them an action by key
    touches is not documented. ``list(key=...)`` shows all of them. Every method may raise any
    ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, key: str, /, *, options: Options | None = None) -> ReferralTransaction:
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
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralTransaction]:
        """Transactions, page by page. ``GET /transactions`` (documented).

        After a sale whose outcome is in doubt, ``list(key=...)`` tells whether, and how often, it is there.

        Args:
            key: Only those with this key.
            sort: Oldest first (``asc``) or newest first (``desc``); only the n8n node documents it.
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        wanted = key if key is None else check_text("key", key)
        return self._list(LIST, limit=limit, page=page, options=options, sort=sort, key=wanted)

    async def create(
        self,
        *,
        customer: Ref | NewReferredCustomer,
        key: str | Unset = UNSET,
        amount: Decimal | int | Unset = UNSET,
        reward: Decimal | int | Unset = UNSET,
        amount_units: str | Unset = UNSET,
        action: str | Unset = UNSET,
        product_id: ProductRef | Unset = UNSET,
        product_type: ProductRef | Unset = UNSET,
        rewarded: bool | Unset = UNSET,
        rewardable: bool | Unset = UNSET,
        created_at: datetime | int | Unset = UNSET,
        options: Options | None = None,
    ) -> ReferralTransaction:
        """Records one sale, **which pays the referrer**. ``POST /transactions`` (documented).

        Partnero does not keep keys unique: the same sale sent twice is paid twice. Therefore this call is
        repeated only if no byte of it was written or it was refused with 429; after any other failure the
        error's ``in_doubt`` is True, and the sale is to be looked up before it is sent again.

        Args:
            customer: Who bought, not who referred the buyer: by id, key or e-mail; a ``NewReferredCustomer``
                is created in the same call. A buyer whom nobody referred earns nobody a reward.
            key: Your own identifier of the sale, needed for refunds.
            amount: The amount in major units (``Decimal("99.99")``); the reward is computed from it.
            reward: The reward itself in major units, in place of or beside an amount.
            amount_units: The currency code; the program's currency if left out.
            action: What happened, ``sale`` by preference.
            product_id: The product, or several of them, for product rewards.
            product_type: The kind of product, or several of them, for product rewards.
            rewarded: Whether the sale has been rewarded elsewhere already.
            rewardable: Whether the sale earns a reward.
            created_at: When the sale happened: a datetime with a time zone, or a Unix time in seconds.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: A field is malformed, or there is no such customer.
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
            created_at=created_at,
        )
        body = who_bought(customer, NewReferredCustomer) | sale.to_body()
        return await self._call(CREATE, body=body, options=options)

    async def create_together(
        self,
        sales: Iterable[Sale],
        /,
        *,
        customer: Ref | NewReferredCustomer,
        options: Options | None = None,
    ) -> tuple[ReferralTransaction, ...]:
        """Records several sales of one customer, **each of which pays the referrer**, in one request.

        ``POST /transactions`` with ``transactions`` (documented in 2025). Like ``create`` it is never sent
        again when its outcome is not known; the error's ``in_doubt`` then is True for all of the sales.

        Args:
            sales: The sales, at least one.
            customer: Who bought, as with ``create``.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The transactions that can be read from the answer. No source shows it: there may be none, and
            ``list(key=...)`` tells what was recorded.

        Raises:
            ValidationError: A field is malformed, or there is no such customer.
            ArgumentError: There are no sales, or one of them names a customer of its own.
            TypeError: An item is not a Sale.
        """
        body = several_sales(sales, customer, NewReferredCustomer)
        return await self._call(CREATE_TOGETHER, body=body, options=options)

    async def delete(
        self, transaction: str | Ref[Literal["key"]], /, *, options: Options | None = None
    ) -> None:
        """Deletes a transaction for good and takes its reward back: a refund.

        ``DELETE /transactions/{key}`` (documented), or ``DELETE /transactions`` for a Ref (WordPress plugin).

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
