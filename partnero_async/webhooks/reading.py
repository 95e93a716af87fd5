"""A delivery's body -> an event; whether it is genuine is looked at elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, TypeAlias, cast, get_type_hints

from ..errors import ResponseError
from ..records import Record, WebhookEventName
from ..records._base import freeze, is_object
from ..records._json import loads
from ..records._structure import Reading, structure
from . import events
from .errors import MalformedDeliveryError
from .events import Event, UnknownEvent

__all__ = ["Program", "event_of", "record_of"]

Program: TypeAlias = Literal["affiliate", "referral"]
"""The types of programs that call different records by the same event."""

_NAMES: Final[Mapping[str, str]] = WebhookEventName.spellings()
_ALONE: Final[Mapping[str, type[Event]]] = {
    "partner.created": events.PartnerCreated,
    "partner.updated": events.PartnerUpdated,
    "partner.deleted": events.PartnerDeleted,
    "partner.approved": events.PartnerApproved,
    "partner.rejected": events.PartnerRejected,
    "partner.archived": events.PartnerArchived,
    "lead.submitted": events.LeadSubmitted,
    "lead.converted": events.LeadConverted,
    "lead.rejected": events.LeadRejected,
    "subscriber.created": events.SubscriberCreated,
    "subscriber.updated": events.SubscriberUpdated,
    "subscriber.deleted": events.SubscriberDeleted,
    "subscriber.rewarded": events.SubscriberRewarded,
    "reward.created": events.RewardCreated,
    "reward.approved": events.RewardApproved,
    "reward.paid": events.RewardPaid,
}
_KINDS: Final[Mapping[Program, Mapping[str, Any]]] = {
    "affiliate": {
        **_ALONE,
        "customer.created": events.CustomerCreated,
        "customer.updated": events.CustomerUpdated,
        "customer.deleted": events.CustomerDeleted,
        "customer.credited": events.CustomerCredited,
        "customer.rewarded": events.CustomerRewarded,
        "transaction.created": events.TransactionCreated,
        "transaction.updated": events.TransactionUpdated,
        "transaction.deleted": events.TransactionDeleted,
    },
    "referral": {
        **_ALONE,
        "customer.created": events.ReferralCustomerCreated,
        "customer.updated": events.ReferralCustomerUpdated,
        "customer.deleted": events.ReferralCustomerDeleted,
        "customer.credited": events.ReferralCustomerCredited,
        "customer.rewarded": events.ReferralCustomerRewarded,
        "transaction.created": events.ReferralTransactionCreated,
        "transaction.updated": events.ReferralTransactionUpdated,
        "transaction.deleted": events.ReferralTransactionDeleted,
    },
}


def event_of(body: bytes, program: Program) -> Event:
    """The event of a delivery.

    Args:
        body: The body as it came.
        program: The type of program, for events that affiliate and refer-a-friend programs both have.

    Raises:
        MalformedDeliveryError: It is not a JSON object with a name in ``event``.
    """
    envelope = _envelope(body)
    try:
        return _event(envelope, program)
    except RecursionError:
        raise MalformedDeliveryError("the delivery is nested too deeply") from None


def _event(envelope: dict[str, Any], program: Program) -> Event:
    name = envelope.get("event")
    if not isinstance(name, str) or not name:
        raise MalformedDeliveryError("the delivery does not say in event what happened")
    # Older pages of the vendor's call it timestamp (sources.md#webhook-deliveries).
    created_at = envelope.get("created_at", envelope.get("timestamp"))
    data = envelope.get("data")
    shared: dict[str, Any] = {
        "name": _NAMES.get(name, name),
        "created_at": _moment(created_at),
        "webhook_key": _text(envelope.get("webhook_key")),
        "url": _text(envelope.get("url")),
        "fingerprint": _fingerprint([name, envelope.get("webhook_key"), created_at, data]),
    }
    kind = _KINDS[program].get(name)
    record_type = record_of(name, program)
    if kind is None or record_type is None or not (data is None or data == [] or is_object(data)):
        return UnknownEvent(data=freeze(data), **shared)
    try:
        # A genuine event is not sent back for what it lacks: it would be sent the same again.
        record = structure(record_type, data or {}, Reading.WHATEVER)
    except ResponseError as error:
        raise MalformedDeliveryError(f"the data of {name} cannot be read: {error}") from None
    event: Event = kind(data=record, **shared)
    return event


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        envelope = loads(body.decode())
    except (ValueError, RecursionError):  # without what was found, which may be anybody's data
        envelope = None
    if not is_object(envelope):
        raise MalformedDeliveryError("the delivery is not a JSON object")
    return envelope


@cache
def record_of(name: str, program: Program) -> type[Record] | None:
    """The record that an event is about; None for an event that is not known."""
    kind = _KINDS[program].get(name)
    return None if kind is None else cast("type[Record]", get_type_hints(kind)["data"])


def _moment(value: Any) -> datetime | None:
    """The time of a text, UTC where it names no zone, or of a Unix time; None where it is no time."""
    try:
        if type(value) is int:
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _fingerprint(parts: list[Any]) -> str:
    """A hash of values whatever the order of their fields and the blanks between them."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=_written)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _written(number: Decimal) -> dict[str, str]:
    """A number with a fraction, which JSON's writer does not know; in no form that a text could have."""
    return {"number": format(number, "f")}
