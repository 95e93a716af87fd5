"""A webhook subscription: where Partnero sends which events."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from .._secret import Secret
from . import restore
from ._base import Record, Word, name_of

__all__ = ["SigningSecret", "WebhookEventName", "WebhookSubscription"]


class SigningSecret(Secret):
    """The secret that webhook deliveries are signed with.

    It is part of a record, which can be pickled and copied, so it can be too.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, (name_of(type(self)), self.reveal())


class WebhookEventName(Word):
    """The events that the vendor's n8n node knows (sources.md#webhook-events); others stay strings.

    A subscription to events that the type of the program does not have is refused.
    """

    PARTNER_CREATED = "partner.created"
    """Affiliate: a partner was created."""

    PARTNER_UPDATED = "partner.updated"
    """Affiliate: a partner was changed."""

    PARTNER_DELETED = "partner.deleted"
    """Affiliate: a partner was deleted."""

    PARTNER_APPROVED = "partner.approved"
    """Affiliate: a partner was let into the program."""

    PARTNER_REJECTED = "partner.rejected"
    """Affiliate: a partner was turned down."""

    PARTNER_ARCHIVED = "partner.archived"
    """Affiliate: a partner was archived."""

    CUSTOMER_CREATED = "customer.created"
    """Affiliate, refer-a-friend: a customer was created."""

    CUSTOMER_UPDATED = "customer.updated"
    """Affiliate, refer-a-friend: a customer was changed."""

    CUSTOMER_DELETED = "customer.deleted"
    """Affiliate, refer-a-friend: a customer was deleted."""

    CUSTOMER_CREDITED = "customer.credited"
    """A customer's balance was credited."""

    CUSTOMER_REWARDED = "customer.rewarded"
    """A customer was rewarded."""

    TRANSACTION_CREATED = "transaction.created"
    """Affiliate, refer-a-friend: a transaction was recorded."""

    TRANSACTION_DELETED = "transaction.deleted"
    """Affiliate, refer-a-friend: a transaction was deleted."""

    LEAD_SUBMITTED = "lead.submitted"
    """Affiliate: a partner submitted a lead."""

    LEAD_CONVERTED = "lead.converted"
    """Affiliate: a lead became a customer."""

    LEAD_REJECTED = "lead.rejected"
    """Affiliate: a lead was turned down."""

    SUBSCRIBER_CREATED = "subscriber.created"
    """Newsletter: a subscriber was created."""

    SUBSCRIBER_UPDATED = "subscriber.updated"
    """Newsletter: a subscriber was changed."""

    SUBSCRIBER_DELETED = "subscriber.deleted"
    """Newsletter: a subscriber was deleted."""

    SUBSCRIBER_REWARDED = "subscriber.rewarded"
    """Newsletter: a subscriber reached a milestone."""


@attrs.frozen(kw_only=True)
class WebhookSubscription(Record):
    """A subscription: Partnero posts the events to the URL."""

    identified_by: ClassVar[str | None] = "key"

    key: str
    """The identifier, which every delivery repeats as ``webhook_key``."""

    name: str | None = None
    """What it is called."""

    url: str | None = None
    """Where deliveries go."""

    is_active: bool | None = None
    """Whether anything is delivered."""

    signature: SigningSecret | None = None
    """The secret that deliveries are signed with: ``signature.reveal()``; no repr shows it."""

    events: tuple[WebhookEventName | str, ...] = ()
    """The events that are delivered."""
