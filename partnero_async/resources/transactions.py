"""Transactions of affiliate programs (partnero-api 3.8)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from .._http.call import Caller
from .._http.jsontext import sendable_timestamp
from .._http.wire import Endpoint, build
from ..errors import ArgumentError
from ..inputs import UNSET, Options, Ref, Unset, check_amount, check_ref, check_text, given
from ..records.transaction import Transaction

__all__ = ["Transactions"]

CREATE: Final = Endpoint("POST", "/transactions", Transaction)


class Transactions:
    """The transactions of an affiliate program; ``partnero.transactions``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(
        self,
        *,
        customer: Ref,
        key: str | Unset = UNSET,
        amount: Decimal | int | Unset = UNSET,
        reward: Decimal | int | Unset = UNSET,
        amount_units: str | Unset = UNSET,
        action: str | Unset = UNSET,
        product_id: str | Unset = UNSET,
        product_type: str | Unset = UNSET,
        rewarded: bool | Unset = UNSET,
        rewardable: bool | Unset = UNSET,
        created_at: datetime | Unset = UNSET,
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
            customer: Who bought, by key or e-mail (the n8n node adds id).
            key: Your own identifier of the sale, needed for refunds.
            amount: The amount in major units (``Decimal("99.99")``); the commission is computed from it.
            reward: The commission itself in major units, in place of or beside an amount.
            amount_units: The currency code; the program's currency if left out.
            action: What happened, ``sale`` by preference.
            product_id: The product, for product commissions.
            product_type: The kind of product, for product commissions.
            rewarded: Whether the sale has been rewarded elsewhere already.
            rewardable: Whether the sale earns a commission.
            created_at: When the sale happened, with a time zone; sent as a timestamp (the older
                documentation asks for a Unix time, which ``partnero.request`` can send).
            discount_amount: The discount in major units (n8n node).
            gross_amount: The amount before the discount in major units (n8n node).
            discount_code: The code that gave the discount (n8n node).
            referral_url: The referral URL that was followed.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: There is no such customer, or a field is malformed.
            ArgumentError: Neither amount nor reward is given, or one cannot be sent exactly.
            TypeError: An amount is a float.
        """
        amounts: dict[str, Any] = given(
            amount=amount,
            reward=reward,
            discount_amount=discount_amount,
            gross_amount=gross_amount,
        )
        for name, value in amounts.items():
            check_amount(name, value)
        if amount is UNSET and reward is UNSET:
            raise ArgumentError("a sale needs an amount or a reward")
        body = amounts | given(
            customer=check_ref("customer", customer).to_body(),
            key=key if key is UNSET else check_text("key", key),
            amount_units=amount_units,
            action=action,
            product_id=product_id,
            product_type=product_type,
            rewarded=rewarded,
            rewardable=rewardable,
            created_at=created_at if created_at is UNSET else sendable_timestamp(created_at),
            discount_code=discount_code,
            options=referral_url if referral_url is UNSET else {"referral_url": referral_url},
        )
        return await self._caller.record(CREATE, build(CREATE, body=body), options)
