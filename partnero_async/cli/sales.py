"""Sales as a command line or a line of JSON tells of them: each is checked before any is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

import attrs

from ..errors import ArgumentError
from ..inputs.ref import Ref
from ..inputs.sale import Sale
from ..inputs.unset import UNSET, Unset
from ..outbox.content import Program, digest_of, sale_body
from ..records._json import loads

__all__ = ["NewSale", "amount_of", "read_sale", "read_sales"]

_FIELDS: Final = {field.name for field in attrs.fields(Sale)} | {"referral_url"}
_AMOUNTS: Final = ("amount", "reward", "discount_amount", "gross_amount")


@attrs.frozen(kw_only=True)
class NewSale:
    """A sale that is fit to be recorded."""

    sale: Sale
    """The sale, with its key and its customer."""

    referral_url: str | Unset
    """The referral URL that was followed."""

    digest: str
    """A hash of what it says."""


def amount_of(text: str) -> Decimal:
    """An amount as it is typed; stricter than ``Decimal``, which takes ``1_0``, ``1e3`` and ``nan``.

    Raises:
        ArgumentError: It is none.
    """
    if not re.fullmatch(r"-?\d{1,40}(\.\d{1,30})?", text, re.ASCII):
        raise ArgumentError(f"{text!r:.40} is no amount such as 99.99")
    return Decimal(text)


def read_sale(told: object, program: Program) -> NewSale:
    """A sale from the fields of a JSON object: those of ``Sale``, and ``referral_url``.

    A field that is null is as if it were left out.

    Raises:
        ArgumentError: It has other fields, or cannot be recorded in a program of this type.
    """
    if not isinstance(told, dict):
        raise ArgumentError("a sale is a JSON object")
    fields = cast("dict[str, Any]", told)
    if unknown := fields.keys() - _FIELDS:
        raise ArgumentError(f"a sale has no field {', '.join(sorted(unknown)):.80}")
    given = {name: value for name, value in fields.items() if value is not None}
    referral_url: str | Unset = given.pop("referral_url", UNSET)
    for name in _AMOUNTS:
        if name in given and (isinstance(given[name], bool) or not isinstance(given[name], (Decimal, int))):
            raise ArgumentError(f"{name} must be a number")
    if "created_at" in given:
        given["created_at"] = _moment_of(given["created_at"])
    try:
        if "customer" in given:
            given["customer"] = _customer_of(given["customer"])
        sale = Sale(**given)
        digest = digest_of(sale_body(sale, program, referral_url))
    except TypeError as error:
        raise ArgumentError(str(error)) from None
    return NewSale(sale=sale, referral_url=referral_url, digest=digest)


def _moment_of(value: object) -> datetime | int:
    """A moment from its ISO form, or from Unix seconds as a number or as text.

    Raises:
        ArgumentError: It is neither. Of numbers, 20250401 is rather a date, and 1743465600000 milliseconds.
    """
    if not isinstance(value, bool) and re.fullmatch(r"\d{9,11}", str(value), re.ASCII):
        return int(str(value))
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise ArgumentError(
        f"created_at must be a time such as 2025-04-01T12:00:00Z, or Unix seconds, not {str(value)!r:.40}"
    )


def _customer_of(told: object) -> Ref:
    if not isinstance(told, dict):
        raise ArgumentError('customer must be an object such as {"key": "customer_123"}')
    fields = cast("dict[str, Any]", told)
    if unknown := fields.keys() - {"id", "key", "email"}:
        raise ArgumentError(f"customer is named by id, key or email, not by {', '.join(sorted(unknown)):.80}")
    named: Any = Ref  # which of the three is given, it checks
    return cast("Ref", named(**fields))


def read_sales(lines: Iterable[str], program: Program) -> Iterator[tuple[int, NewSale | ArgumentError]]:
    """The sales of a file, one a line, with the numbers of their lines; what is wrong with one in its place.

    Empty lines are left out.
    """
    seen = dict[str, tuple[int, str]]()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            read = read_sale(_parsed(line), program)
            key = str(read.sale.key)
            first, digest = seen.setdefault(key, (number, read.digest))
            if digest != read.digest:
                raise ArgumentError(f"line {first} has another sale with the key {key!r:.80}")
        except ArgumentError as error:
            yield number, error
        else:
            yield number, read


def _parsed(line: str) -> Any:
    try:
        return loads(line)
    except RecursionError:
        raise ArgumentError("it is no JSON that a sale could be: too deep") from None
    except ValueError as error:
        raise ArgumentError(f"it is no JSON: {error}") from None
