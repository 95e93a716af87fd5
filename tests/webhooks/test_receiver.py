"""A receiver: what it takes for genuine, what it refuses, and what it reads."""

from __future__ import annotations

import json
import pickle
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from starlette.datastructures import Headers as StarletteHeaders

from partnero_async import ArgumentError, PartneroError
from partnero_async.records import (
    Customer,
    Lead,
    Partner,
    ReferralCustomer,
    ReferralTransaction,
    SigningSecret,
    Transaction,
)
from partnero_async.webhooks import (
    CustomerCreated,
    ExpiredDeliveryError,
    MalformedDeliveryError,
    PartnerCreated,
    Receiver,
    ReferralCustomerCreated,
    SignatureError,
    UnknownEvent,
    WebhookError,
    events,
)
from partnero_async.webhooks.reading import _KINDS

from .deliveries import SECRET, body_of, signature_of, signed

BODY = b'{"event":"partner.created","data":{"id":"partner_123"}}'
# Of the contract's section 8.
VECTOR = "2a6bcbdc0190c7a4bf297529a773763b7468c36890e45dd8d8e5b9dc638c69fc"


def received(body: bytes, **settings: Any) -> Any:
    return Receiver(SECRET, **settings).receive(body, signed(body))


class TestSignature:
    def test_the_contracts_vector_is_genuine(self) -> None:
        event = Receiver(SECRET).receive(BODY, {"Signature": VECTOR})
        assert isinstance(event, PartnerCreated)
        assert event.data == Partner(id="partner_123")
        assert (event.created_at, event.webhook_key, event.url) == (None, None, None)

    @pytest.mark.parametrize(
        "headers",
        [
            {"signature": VECTOR},
            {"SIGNATURE": VECTOR},
            {b"signature": VECTOR.encode()},
            [("content-type", "x"), ("Signature", VECTOR)],
            [(b"Signature", VECTOR.encode())],
            (pair for pair in [("signature", VECTOR)]),
            httpx.Headers({"signature": VECTOR}),
            StarletteHeaders({"signature": VECTOR}),
            CIMultiDict({"signature": VECTOR}),
        ],
        ids=lambda headers: type(headers).__name__,
    )
    def test_headers_come_in_many_forms(self, headers: Any) -> None:
        assert Receiver(SECRET).receive(BODY, headers).name == "partner.created"

    @pytest.mark.parametrize("bit", range(0, 8 * len(BODY), 7))
    def test_a_flipped_bit_in_the_body_is_refused(self, bit: int) -> None:
        body = bytearray(BODY)
        body[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureError):
            Receiver(SECRET).receive(bytes(body), {"Signature": VECTOR})

    @pytest.mark.parametrize("bit", range(0, 8 * 64, 5))
    def test_a_flipped_bit_in_the_signature_is_refused(self, bit: int) -> None:
        signature = bytearray(VECTOR.encode())
        signature[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureError):
            Receiver(SECRET).receive(BODY, [(b"signature", bytes(signature))])

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            [],
            {"X-Signature": VECTOR},
            {"Signature": ""},
            {"Signature": VECTOR.upper()},
            {"Signature": VECTOR + " "},
            {"Signature": " " + VECTOR},
            {"Signature": VECTOR + "\n"},
            {"Signature": VECTOR[:-1]},
            {"Signature": f"sha256={VECTOR}"},
            {"Signature": f"{VECTOR}, {VECTOR}"},
            {"Signature": "é" * 64},
            {"Signature": "\udcff" * 64},
            [("Signature", VECTOR), ("signature", VECTOR)],
            {"Signature": VECTOR, "signature": VECTOR},
            StarletteHeaders(raw=[(b"signature", VECTOR.encode())] * 2),
            CIMultiDict([("signature", VECTOR)] * 2),
            httpx.Headers([("signature", VECTOR)] * 2),
        ],
    )
    def test_every_other_signature_is_refused(self, headers: Any) -> None:
        with pytest.raises(SignatureError):
            Receiver(SECRET).receive(BODY, headers)

    def test_another_secret_is_refused(self) -> None:
        with pytest.raises(SignatureError) as caught:
            Receiver("another").receive(BODY, {"Signature": VECTOR})
        assert isinstance(caught.value, WebhookError)
        assert isinstance(caught.value, PartneroError)
        assert "another" not in str(caught.value)

    def test_older_secrets_hold_while_they_are_named(self) -> None:
        rotating = Receiver("new", SECRET, "oldest")
        for secret in ("new", SECRET, "oldest"):
            rotating.receive(BODY, signed(BODY, secret))
        with pytest.raises(SignatureError):
            Receiver("new").receive(BODY, signed(BODY))

    def test_the_secret_of_a_subscription_can_be_given_as_it_is(self) -> None:
        Receiver(SigningSecret(SECRET)).receive(BODY, {"Signature": VECTOR})

    @pytest.mark.parametrize(
        ("secrets", "error"),
        [
            (("",), ArgumentError),
            ((" ",), ArgumentError),
            ((SECRET, ""), ArgumentError),
            ((f"{SECRET}\n",), ArgumentError),
            ((None,), TypeError),
            ((SECRET.encode(),), TypeError),
        ],
    )
    def test_a_secret_that_protects_nothing_is_refused(self, secrets: Any, error: type[Exception]) -> None:
        with pytest.raises(error) as caught:
            Receiver(*secrets)
        assert SECRET not in str(caught.value)

    def test_nothing_shows_the_secret(self) -> None:
        receiver = Receiver(SECRET)
        assert SECRET not in repr(vars(receiver))

    @pytest.mark.parametrize("body", [{"event": "partner.created"}, BODY.decode(), None])
    def test_a_body_that_was_parsed_is_a_mistake_that_explains_itself(self, body: Any) -> None:
        with pytest.raises(TypeError, match="bytes of the request as they came"):
            Receiver(SECRET).receive(body, {"Signature": VECTOR})

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_other_bytes_are_bytes(self, kind: Any) -> None:
        Receiver(SECRET).receive(kind(BODY), {"Signature": VECTOR})


class TestEvents:
    @pytest.mark.parametrize("program", ["affiliate", "referral"])
    @pytest.mark.parametrize("name", sorted(_KINDS["affiliate"]))
    def test_every_known_event_has_a_class_and_a_record(self, name: str, program: Any) -> None:
        event = received(body_of(name), program=program)
        assert type(event) is _KINDS[program][name]
        assert event.name == name
        assert event.created_at == datetime(2025, 5, 7, 10, 30, tzinfo=UTC)
        assert (event.webhook_key, event.url) == ("wh_abc123", "https://app.example/webhooks")
        assert pickle.loads(pickle.dumps(event)) == event
        assert hash(event) == hash(received(body_of(name), program=program))

    def test_every_class_of_an_event_is_used(self) -> None:
        used = {kind for kinds in _KINDS.values() for kind in kinds.values()}
        named = {getattr(events, name) for name in events.__all__}
        assert named - used == {kind for kind in named if kind.__subclasses__()} | {UnknownEvent}

    @pytest.mark.parametrize(
        ("name", "program", "record"),
        [
            ("customer.updated", "affiliate", Customer),
            ("customer.updated", "referral", ReferralCustomer),
            ("transaction.created", "affiliate", Transaction),
            ("transaction.created", "referral", ReferralTransaction),
            ("lead.submitted", "affiliate", Lead),
        ],
    )
    def test_the_type_of_program_decides_the_record(self, name: str, program: Any, record: type) -> None:
        assert type(received(body_of(name), program=program).data) is record

    def test_amounts_are_exact(self) -> None:
        body = b'{"event": "transaction.created", "data": {"key": "o", "amount": 29.997}}'
        assert received(body).data.amount == Decimal("29.997")

    @pytest.mark.parametrize("depth", [300, 500, 900, 3000])
    def test_what_is_deep_is_read_or_refused(self, depth: int) -> None:
        body = b'{"event":"customer.created","data":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        with suppress(MalformedDeliveryError):  # how deep is too deep is Python's matter
            assert received(body).name == "customer.created"

    def test_what_lacks_its_identity_is_no_error(self) -> None:
        event = received(body_of("customer.created", {"name": "Ada", "status": 7}))
        assert isinstance(event, CustomerCreated)
        assert (event.data.key, event.data.name, event.data.unread) == (None, "Ada", ("status",))

    @pytest.mark.parametrize("data", [None, []])
    def test_no_data_is_an_empty_record(self, data: Any) -> None:
        body = json.dumps({"event": "customer.created", "data": data}).encode()
        assert isinstance(received(body), CustomerCreated)
        without = b'{"event": "customer.created"}'
        assert isinstance(received(without, program="referral"), ReferralCustomerCreated)

    @pytest.mark.parametrize("data", [7, "text", [1, {"a": [2]}], True])
    def test_data_that_is_no_record_is_an_unknown_event(self, data: Any) -> None:
        event = received(body_of("customer.created", data))
        assert isinstance(event, UnknownEvent)
        assert event.name == "customer.created"
        hash(event)

    @pytest.mark.parametrize("data", [None, {"a": [{"b": 1.5}]}, "x"])
    def test_an_unknown_event_has_its_data(self, data: Any) -> None:
        event = received(json.dumps({"event": "galaxy.created", "data": data}).encode())
        assert isinstance(event, UnknownEvent)
        assert event.name == "galaxy.created"
        assert event.data == ({"a": ({"b": Decimal("1.5")},)} if isinstance(data, dict) else data)
        hash(event)

    def test_the_older_name_of_the_time_is_read(self) -> None:
        body = b'{"event": "x", "timestamp": "2024-01-02 03:04:05"}'
        assert received(body).created_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)

    @pytest.mark.parametrize("moment", [None, "yesterday", 1.5, {}, "9999-12-31T23:59:59-23:00", 10**30])
    def test_a_time_that_cannot_be_read_is_none(self, moment: Any) -> None:
        assert received(body_of(created_at=moment)).created_at is None

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b'"event"',
            b"{'event': 1}",
            b'{"event": null}',
            b'{"event": 7}',
            b'{"event": ""}',
            b'{"event": "x"',
            b'{"event": "x", "data": NaN}',
            b'{"event": "x", "data": 1e999999999}',
            b'\xff{"event": "x"}',
            b"[" * 100_000,
            b'{"event": "x", "data": ' + b"[" * 100_000,
            b'{"event": "x", "data": ' + b"9" * 5000 + b"}",
        ],
        ids=lambda body: body[:40].decode("latin-1"),
    )
    def test_what_is_no_delivery_is_refused_in_short(self, body: bytes) -> None:
        with pytest.raises(MalformedDeliveryError) as caught:
            received(body)
        assert len(str(caught.value)) < 300

    @given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()), st.text())
    def test_nothing_signed_raises_anything_else(self, envelope: dict[str, Any], name: str) -> None:
        for body in (json.dumps(envelope), json.dumps({**envelope, "event": name, "data": envelope})):
            try:
                event = received(body.encode())
            except MalformedDeliveryError:
                continue
            assert len(event.fingerprint) == 64


class TestFingerprint:
    def test_a_redelivery_has_the_same_whatever_its_layout(self) -> None:
        body = body_of("transaction.created", {"key": "o", "amount": 1.5, "rewards": [{"a": 1, "b": 2}]})
        again = json.dumps(dict(reversed(json.loads(body).items())), indent=1).encode()
        assert received(body).fingerprint == received(again).fingerprint

    @pytest.mark.parametrize(
        "other",
        [
            body_of("customer.updated"),
            body_of(data={"key": "customer_2"}),
            body_of(webhook_key="wh_2"),
            body_of(webhook_key=None),
            body_of(created_at="2025-05-07T10:30:00.000001Z"),
        ],
    )
    def test_another_event_has_another(self, other: bytes) -> None:
        assert received(body_of()).fingerprint != received(other).fingerprint

    def test_where_it_was_sent_to_does_not_count(self) -> None:
        assert received(body_of()).fingerprint == received(body_of(url="https://b.example")).fingerprint


class TestAge:
    @pytest.mark.parametrize("seconds", [0, 299, -299])
    def test_young_enough(self, seconds: float) -> None:
        created = datetime(2025, 5, 7, 10, 30, tzinfo=UTC).timestamp()
        received(body_of(), max_age=300, clock=lambda: created + seconds)

    @pytest.mark.parametrize(("seconds", "said"), [(301, "301 s ago"), (-301, "301 s from now")])
    def test_too_old_or_from_the_future(self, seconds: float, said: str) -> None:
        created = datetime(2025, 5, 7, 10, 30, tzinfo=UTC).timestamp()
        with pytest.raises(ExpiredDeliveryError, match=said):
            received(body_of(), max_age=300, clock=lambda: created + seconds)

    def test_one_that_does_not_say_is_refused_too(self) -> None:
        with pytest.raises(ExpiredDeliveryError, match="does not say"):
            received(body_of(created_at=None), max_age=300)

    @pytest.mark.parametrize("max_age", [0, -1, float("nan")])
    def test_an_age_that_is_none_is_refused(self, max_age: float) -> None:
        with pytest.raises(ArgumentError):
            Receiver(SECRET, max_age=max_age)

    def test_a_program_without_such_events_is_refused(self) -> None:
        with pytest.raises(ArgumentError, match="referral"):
            Receiver(SECRET, program="newsletter")  # type: ignore[arg-type]


def test_a_signature_is_over_the_bytes_that_came() -> None:
    body = body_of().replace(b", ", b" ,  ")
    assert Receiver(SECRET).receive(body, {"Signature": signature_of(body)})
