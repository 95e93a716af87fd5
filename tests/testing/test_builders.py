"""Records and deliveries that are made up: each filled in whole, and as genuine as Partnero's own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from partnero_async import ArgumentError, records
from partnero_async.records import Customer, Record, SigningSecret, Transaction
from partnero_async.records._structure import structure
from partnero_async.testing import SIGNING_SECRET, build, signed_delivery
from partnero_async.webhooks import CustomerCreated, Receiver, ReferralCustomerCreated, UnknownEvent
from partnero_async.webhooks.reading import _KINDS

RECORDS = [
    kind
    for name in records.__all__
    if isinstance(kind := getattr(records, name), type) and issubclass(kind, Record) and kind is not Record
]


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_is_built_as_partnero_would_send_it(record: Any) -> None:
    built = build(record)
    assert structure(record, built.to_dict()) == built
    assert built == build(record)
    empty = {field.name for field in attrs.fields(record) if getattr(built, field.name) is None}
    assert empty <= {"deleted_at", "value", "data", "answer", "default", "default_value"}, empty


def test_fields_of_ones_own_are_kept() -> None:
    sale = build(Transaction, key="order_1", amount=Decimal("1.23"))
    assert (sale.key, sale.amount) == ("order_1", Decimal("1.23"))
    assert sale.rewards


def test_a_field_that_is_not_there_is_named_with_one_like_it() -> None:
    with pytest.raises(TypeError, match="no field 'emial': is it email"):
        build(Customer, emial="ada@example.com")


@pytest.mark.parametrize("program", ["affiliate", "referral"])
@pytest.mark.parametrize("event", _KINDS["affiliate"])
def test_a_delivery_of_every_event_is_genuine(event: str, program: Any) -> None:
    sent = signed_delivery(event, program=program)
    received = Receiver(SIGNING_SECRET, program=program).receive(sent.body, sent.headers)
    assert type(received) is _KINDS[program][event]
    assert received.data == build(type(received.data))
    assert received.data.unread == ()


def test_a_delivery_says_what_it_is_told_to() -> None:
    secret, moment = SigningSecret("another"), datetime(2025, 1, 1, tzinfo=UTC)
    sent = signed_delivery(
        "customer.created", build(Customer, key="user_7"), secret=secret, webhook_key=None, created_at=moment
    )
    received = Receiver(secret).receive(sent.body, sent.headers)
    assert isinstance(received, CustomerCreated)
    assert (received.data.key, received.webhook_key, received.created_at) == ("user_7", None, moment)
    friend = signed_delivery("customer.created", {"key": "k", "id": "i"})
    assert isinstance(
        Receiver(SIGNING_SECRET, program="referral").receive(friend.body, friend.headers),
        ReferralCustomerCreated,
    )


def test_an_unknown_event_needs_its_data() -> None:
    with pytest.raises(ArgumentError, match=r"galaxy\.created"):
        signed_delivery("galaxy.created")
    sent = signed_delivery("galaxy.created", {"size": 1})
    assert isinstance(Receiver(SIGNING_SECRET).receive(sent.body, sent.headers), UnknownEvent)
