"""What a sale says: as it was handed in, to know it again, and as it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, cast

from ..errors import ArgumentError
from ..inputs._checks import check_text
from ..inputs._fields import moment
from ..inputs._sales import who_bought
from ..inputs.referred import NewReferredCustomer
from ..inputs.sale import NewCustomer, Sale
from ..inputs.unset import UNSET, Unset
from ..records._json import dump, loads

__all__ = ["Program", "check_key", "digest_of", "sale_body", "sent_body"]

Program: TypeAlias = Literal["affiliate", "referral"]
"""The types of programs that have sales."""

_NEW_CUSTOMER: Final[dict[Program, Any]] = {"affiliate": NewCustomer, "referral": NewReferredCustomer}


def check_key(key: str) -> str:
    """The key of a sale, as it has to be for the sale to be looked up.

    Raises:
        ArgumentError: It is empty, ``.`` or ``..``, has blanks around it, a NUL, or has no UTF-8 form.
    """
    # The text itself: a member of an Enum would give its name where it is made a string.
    key = str.__str__(check_text("key", key))
    try:
        key.encode()
    except UnicodeEncodeError:
        raise ArgumentError("key has no UTF-8 form") from None
    if key != key.strip():
        raise ArgumentError(
            "key has blanks around it, which servers like to take off: no look-up would find it"
        )
    if "\0" in key:
        raise ArgumentError("key has a NUL character, which not every database keeps")
    if key in (".", ".."):
        raise ArgumentError(f"key must not be {key!r}: it would change the path of a refund")
    return key


def sale_body(sale: Sale, program: Program, referral_url: str | Unset) -> dict[str, Any]:
    """The body of the request that records a sale, as it was handed in.

    Raises:
        ArgumentError: The sale has no key, or no customer.
        TypeError: It is no ``Sale``, or its customer is of another type of program.
    """
    if not isinstance(sale, Sale):
        raise TypeError(f"sale must be a Sale, not {type(sale).__name__}")
    if sale.key is UNSET:
        raise ArgumentError("a sale in an outbox needs a key: it is looked up by it when its answer was lost")
    check_key(sale.key)
    if sale.customer is UNSET:
        raise ArgumentError("a sale in an outbox needs a customer: Sale(customer=Ref(...))")
    customer: Any = sale.customer  # of which kind it may be, `who_bought` checks
    return who_bought(customer, _NEW_CUSTOMER[program], referral_url) | sale.to_body()


def sent_body(body: dict[str, Any], recorded_at: datetime) -> str:
    """What is sent, as JSON: the body with the time of recording, unless it has one of its own."""
    return dump({**body, "created_at": body.get("created_at", moment("created_at", recorded_at))})


def digest_of(body: dict[str, Any]) -> str:
    """A hash of a body by what it says: neither the order of fields nor zeros at an amount's end count."""
    canonical = json.dumps(_canonical(loads(dump(body))), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    match value:
        case dict():
            return {name: _canonical(item) for name, item in cast("dict[str, Any]", value).items()}
        case list():
            return [_canonical(item) for item in cast("Sequence[Any]", value)]
        case bool() | None | str():
            return value
        case _:
            return _number(Decimal(value))


def _number(number: Decimal) -> list[Any]:
    """What a number is, whatever zeros are at its end and whatever the context's precision is."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # of a finite number, which JSON's are
    text = "".join(map(str, digits)).lstrip("0")
    shortest = text.rstrip("0")
    return [sign, shortest, exponent + len(text) - len(shortest)] if shortest else ["number", 0]
