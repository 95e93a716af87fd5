"""What a request about sales has beside the sales themselves (sources.md#transactions)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from ..errors import ArgumentError
from ._checks import check_several, check_text
from ._fields import check_ref
from .ref import Ref
from .referred import NewReferredCustomer
from .sale import NewCustomer, Sale
from .unset import UNSET, Unset

__all__ = ["several_sales", "who_bought"]

N = TypeVar("N", NewCustomer, NewReferredCustomer)


def who_bought(customer: Ref | N, new_customer: type[N], referral_url: str | Unset = UNSET) -> dict[str, Any]:
    """The ``customer`` and ``options`` of the request; ``new_customer`` is who may come along with a sale.

    Raises:
        TypeError: The customer is neither that nor a Ref: of one of another type of program, Partnero would
            not see who brought it, and pay nobody.
    """
    is_new = isinstance(customer, new_customer)
    options: dict[str, Any] = {"create_customer": True} if is_new else {}
    if referral_url is not UNSET:
        options["referral_url"] = check_text("referral_url", referral_url)
    if isinstance(customer, (NewCustomer, NewReferredCustomer)) and not is_new:
        raise TypeError(
            f"customer must be a Ref or a {new_customer.__name__}, not a {type(customer).__name__}"
        )
    who = customer if isinstance(customer, new_customer) else check_ref("customer", customer)
    return {"customer": who.to_body()} | ({"options": options} if options else {})


def several_sales(
    sales: Iterable[Sale], customer: Ref | N, new_customer: type[N], referral_url: str | Unset = UNSET
) -> dict[str, Any]:
    """The body that records several sales of one customer.

    Raises:
        ArgumentError: There are no sales, or one of them names a customer of its own.
        TypeError: An item is not a Sale, or the customer is of another type of program.
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
    body: dict[str, Any] = {"options": {}, **who_bought(customer, new_customer, referral_url)}
    body["transactions"] = [item.to_body() for item in items]
    return body
