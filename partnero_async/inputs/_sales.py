"""What a request about sales has beside the sales themselves (sources.md#transactions)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError
from ._checks import check_several, check_text
from ._fields import check_ref
from .ref import Ref
from .referred import NewReferredCustomer
from .sale import NewCustomer, Sale
from .unset import UNSET, Unset

__all__ = ["several_sales", "who_bought"]

Buyer = Ref | NewCustomer | NewReferredCustomer


def who_bought(customer: Buyer, referral_url: str | Unset = UNSET) -> dict[str, Any]:
    """The ``customer`` and ``options`` of the request."""
    is_new = isinstance(customer, (NewCustomer, NewReferredCustomer))
    options: dict[str, Any] = {"create_customer": True} if is_new else {}
    if referral_url is not UNSET:
        options["referral_url"] = check_text("referral_url", referral_url)
    who = customer if is_new else check_ref("customer", customer)
    return {"customer": who.to_body()} | ({"options": options} if options else {})


def several_sales(
    sales: Iterable[Sale], customer: Buyer, referral_url: str | Unset = UNSET
) -> dict[str, Any]:
    """The body that records several sales of one customer.

    Raises:
        ArgumentError: There are no sales, or one of them names a customer of its own.
        TypeError: An item is not a Sale.
    """
    items = list(check_several("sales", sales))
    for item in items:
        if not isinstance(item, Sale):
            raise TypeError(f"sales must hold Sale items, not {type(item).__name__}")
        if item.customer is not UNSET:
            raise ArgumentError("sales in one request have one customer: leave Sale(customer=...) out")
    if not items:
        raise ArgumentError("there are no sales to record")
    # V25 prints options even when they are empty (sources.md#transactions).
    body: dict[str, Any] = {"options": {}, **who_bought(customer, referral_url)}
    body["transactions"] = [item.to_body() for item in items]
    return body
