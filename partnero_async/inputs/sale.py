"""A sale as it is handed in, alone or among many, and the customer that it may bring along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from ..errors import ArgumentError
from ._checks import check_amount, check_string, check_tags, check_text, is_several
from ._fields import check_ref, flags, moment, strings, when_given, without_unset
from .ref import Ref
from .referred import NewReferredCustomer
from .unset import UNSET, Unset

__all__ = ["NewCustomer", "ProductRef", "Sale"]

ProductRef: TypeAlias = str | int | Sequence[str | int]
"""What names a product or a kind of product: one, or several for an order of several products."""


def _as_tuple(value: Any) -> Any:
    """Several values as a tuple: a generator gives them only once, and a list can be changed."""
    return tuple(value) if is_several(value) else value


@attrs.frozen(kw_only=True)
class NewCustomer:
    """A customer that is created together with its first sale, unless there is one with this key.

    Raises:
        ArgumentError: The key is empty or blank.
        TypeError: A value is of another type.
    """

    key: str
    """Your own identifier of the customer."""

    partner: Ref | Unset = UNSET
    """Who brought the customer."""

    email: str | Unset | None = UNSET
    """E-mail address."""

    name: str | Unset | None = UNSET
    """First name."""

    surname: str | Unset | None = UNSET
    """Last name."""

    tags: Iterable[str] | Unset = attrs.field(default=UNSET, converter=_as_tuple)
    """Labels."""

    created_at: datetime | int | Unset = UNSET
    """When the customer signed up: a datetime with a time zone, or a Unix time in seconds."""

    def __attrs_post_init__(self) -> None:
        self.to_body()

    def to_body(self) -> dict[str, Any]:
        """The object that stands for this customer in a request."""
        return {
            "key": check_text("key", self.key),
            **strings(name=self.name, surname=self.surname, email=self.email),
            **without_unset(
                tags=when_given(check_tags, "tags", self.tags),
                created_at=when_given(moment, "created_at", self.created_at),
                partner=UNSET if self.partner is UNSET else check_ref("partner", self.partner).to_body(),
            ),
        }


def _product(name: str, value: ProductRef | Unset) -> Any:
    if value is UNSET:
        return value
    if isinstance(value, tuple):
        return [_one_product(f"an item of {name}", item) for item in value]
    return _one_product(name, value)


def _one_product(name: str, value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return check_string(name, value)


@attrs.frozen(kw_only=True)
class Sale:
    """A sale, or another action worth a commission; it has an ``amount`` or a ``reward`` or both.

    Raises:
        ArgumentError: Neither amount nor reward is given, or one cannot be sent exactly.
        TypeError: A value is of another type; an amount is a float.
    """

    key: str | Unset = UNSET
    """Your own identifier of the sale, needed for refunds. Partnero does not keep it unique."""

    amount: Decimal | int | Unset = UNSET
    """The amount in major units (``Decimal("99.99")``); the commission is computed from it."""

    reward: Decimal | int | Unset = UNSET
    """The commission itself in major units."""

    amount_units: str | Unset = UNSET
    """The currency code; the program's currency if left out."""

    action: str | Unset = UNSET
    """What happened, ``sale`` by preference."""

    product_id: ProductRef | Unset = attrs.field(default=UNSET, converter=_as_tuple)
    """The product, or several of them, for product commissions."""

    product_type: ProductRef | Unset = attrs.field(default=UNSET, converter=_as_tuple)
    """The kind of product, or several of them, for product commissions."""

    rewarded: bool | Unset = UNSET
    """Whether the sale has been rewarded elsewhere already."""

    rewardable: bool | Unset = UNSET
    """Whether the sale earns a commission."""

    status: str | Unset = UNSET
    """A status; only the official PHP client knows of it."""

    created_at: datetime | int | Unset = UNSET
    """When the sale happened: a datetime with a time zone is sent as a timestamp, as the n8n node does; an
    integer is sent as the Unix time in seconds that the older documentation asks for."""

    discount_amount: Decimal | int | Unset = UNSET
    """The discount in major units (n8n node)."""

    gross_amount: Decimal | int | Unset = UNSET
    """The amount before the discount in major units (n8n node)."""

    discount_code: str | Unset = UNSET
    """The code that gave the discount (n8n node)."""

    customer: Ref | NewCustomer | NewReferredCustomer | Unset = UNSET
    """Who bought, for whoever keeps or hands on sales one by one. ``transactions.create`` and
    ``create_together`` take the customer beside the sale."""

    def __attrs_post_init__(self) -> None:
        self.to_body()

    def to_body(self) -> dict[str, Any]:
        """The fields of the request that stand for this sale; the customer stands beside them there."""
        if self.amount is UNSET and self.reward is UNSET:
            raise ArgumentError("a sale needs an amount or a reward")
        if self.customer is not UNSET and not isinstance(self.customer, (NewCustomer, NewReferredCustomer)):
            check_ref("customer", self.customer)
        amounts = without_unset(
            amount=self.amount,
            reward=self.reward,
            discount_amount=self.discount_amount,
            gross_amount=self.gross_amount,
        )
        for name, value in amounts.items():
            check_amount(name, value)
        if self.key is not UNSET:
            check_text("key", self.key)
        return (
            strings(key=self.key)
            | amounts
            | strings(
                amount_units=self.amount_units,
                action=self.action,
                status=self.status,
                discount_code=self.discount_code,
            )
            | flags(rewarded=self.rewarded, rewardable=self.rewardable)
            | without_unset(
                product_id=_product("product_id", self.product_id),
                product_type=_product("product_type", self.product_type),
                created_at=when_given(moment, "created_at", self.created_at),
            )
        )
