"""Records and webhook deliveries, made up for tests."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import attrs

from .._secret import Secret
from .._values import timestamp
from ..errors import ArgumentError
from ..records import Record
from ..records._base import EMPTY
from ..records._json import dump
from ..webhooks.reading import Program, record_of

__all__ = ["SIGNING_SECRET", "SignedDelivery", "build", "signed_delivery"]

R = TypeVar("R", bound=Record)

SIGNING_SECRET: Final = "test_signing_secret"
"""What deliveries are signed with, unless another secret is given."""

MOMENT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

_TEXTS: Final = {
    "email": "ada@example.com",
    "name": "Ada",
    "surname": "Lovelace",
    "amount_units": "usd",
    "url": "https://example.com/",
    "action": "sale",
}


def build(record: type[R], /, **fields: Any) -> R:
    """A record with every field filled in, the same each time.

    Args:
        record: Which one, such as ``Customer``.
        fields: Fields that are to have a value of your own.

    Raises:
        TypeError: The record has no such field.
    """
    attrs.resolve_types(record, include_extras=True)
    known = {field.name: field for field in attrs.fields(record)}
    for name in fields.keys() - known.keys():
        near = get_close_matches(name, known, n=1)
        raise TypeError(f"{record.__name__} has no field {name!r}{f': is it {near[0]}?' if near else ''}")
    made = {name: _made_up(record, name, field.type) for name, field in known.items() if name not in fields}
    return record(**{**made, **fields})


def _made_up(record: type[Record], name: str, kind: Any) -> Any:
    if name == "extra":
        return EMPTY
    if name == "deleted_at":
        return None
    if hasattr(kind, "__metadata__"):  # a number or flag that may also come as text
        kind = get_args(kind)[0]
    members = [one for one in get_args(kind) if one is not NoneType]
    if get_origin(kind) in (Union, UnionType):
        return _made_up(record, name, members[0])
    if get_origin(kind) is tuple:
        return (_made_up(record, name, members[0]),)
    if get_origin(kind) is not None or kind is Any:
        return EMPTY if kind is not Any else None
    if issubclass(kind, Record):
        return build(kind)
    if issubclass(kind, Enum):
        return next(iter(kind))
    if issubclass(kind, Secret):
        return kind(SIGNING_SECRET)
    if issubclass(kind, str):
        return _text(record, name)
    return {bool: True, int: 1, Decimal: Decimal("9.99"), datetime: MOMENT, date: MOMENT.date()}[kind]


def _text(record: type[Record], name: str) -> str:
    noun = record.__name__.lower()
    if name in ("id", "key"):
        return f"{noun}_1"
    if name.endswith("url"):
        return f"https://example.com/{noun}"
    return _TEXTS.get(name, f"{name}_1")


@attrs.frozen(kw_only=True)
class SignedDelivery:
    """A webhook delivery as Partnero sends it."""

    body: bytes
    """The body of the request."""

    headers: Mapping[str, str]
    """Its headers, the ``Signature`` among them."""


def signed_delivery(
    event: str,
    data: Record | Mapping[str, Any] | None = None,
    *,
    secret: str | Secret = SIGNING_SECRET,
    program: Program = "affiliate",
    webhook_key: str | None = "wh_test",
    created_at: datetime | None = MOMENT,
    url: str = "https://example.com/webhooks/partnero",
) -> SignedDelivery:
    """A webhook delivery with its signature, to be posted to the application under test.

    Args:
        event: The event, such as ``customer.created``.
        data: What it is about; a made-up record of the event's if None.
        secret: What it is signed with.
        program: The type of program, which decides the record of customers and transactions.
        webhook_key: The key of the subscription.
        created_at: When it was created.
        url: Where it is sent.

    Raises:
        ArgumentError: The event is not known, and there is no data for it.
    """
    if data is None:
        record = record_of(event, program)
        if record is None:
            raise ArgumentError(f"the event {event!r:.60} is not known: give its data")
        data = build(record)
    body = dump(
        {
            "event": event,
            "url": url,
            "webhook_key": webhook_key,
            "created_at": None if created_at is None else timestamp(created_at),
            "data": data.to_dict() if isinstance(data, Record) else data,
        }
    ).encode()
    key = secret.reveal() if isinstance(secret, Secret) else secret
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return SignedDelivery(body=body, headers={"Content-Type": "application/json", "Signature": signature})
