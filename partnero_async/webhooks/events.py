"""What Partnero tells in a webhook delivery: an event of a known kind with its record, or an unknown one.

The names are those of sources.md#webhook-events; what comes with each is hardly published, so that records
are read as leniently as they can be: ``record.unread`` names what came in another form.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from ..records import (
    Customer,
    Lead,
    Partner,
    ReferralCustomer,
    ReferralTransaction,
    Subscriber,
    Transaction,
    TransactionReward,
    WebhookEventName,
)

# fmt: off
__all__ = [
    "CustomerCreated", "CustomerCredited", "CustomerDeleted", "CustomerEvent", "CustomerRewarded",
    "CustomerUpdated", "Event", "LeadConverted", "LeadEvent", "LeadRejected", "LeadSubmitted",
    "PartnerApproved", "PartnerArchived", "PartnerCreated", "PartnerDeleted", "PartnerEvent",
    "PartnerRejected", "PartnerUpdated", "ReferralCustomerCreated", "ReferralCustomerCredited",
    "ReferralCustomerDeleted", "ReferralCustomerEvent", "ReferralCustomerRewarded",
    "ReferralCustomerUpdated", "ReferralTransactionCreated", "ReferralTransactionDeleted",
    "ReferralTransactionEvent", "ReferralTransactionUpdated", "RewardApproved", "RewardCreated",
    "RewardEvent", "RewardPaid", "SubscriberCreated", "SubscriberDeleted", "SubscriberEvent",
    "SubscriberRewarded", "SubscriberUpdated", "TransactionCreated", "TransactionDeleted",
    "TransactionEvent", "TransactionUpdated", "UnknownEvent",
]
# fmt: on


@attrs.frozen(kw_only=True)
class Event:
    """What happened at Partnero."""

    name: WebhookEventName | str
    """What happened, such as ``customer.created``."""

    data: Any
    """What it happened to."""

    created_at: datetime | None
    """When, by Partnero's clock (UTC); None where the delivery does not say it in a form that can be read."""

    webhook_key: str | None
    """The key of the subscription that it was delivered for."""

    url: str | None
    """Where it was delivered to."""

    fingerprint: str
    """What a redelivery is known by: SHA-256 of event, webhook key, ``created_at`` and data, as 64 hex
    digits. Deliveries have no identifier."""


@attrs.frozen(kw_only=True)
class UnknownEvent(Event):
    """An event that this version does not know, or whose data is no record: as it came, read-only."""


@attrs.frozen(kw_only=True)
class PartnerEvent(Event):
    """Something happened to a partner."""

    data: Partner


class PartnerCreated(PartnerEvent):
    """``partner.created``: a partner was created."""

    __slots__ = ()


class PartnerUpdated(PartnerEvent):
    """``partner.updated``: a partner was changed."""

    __slots__ = ()


class PartnerDeleted(PartnerEvent):
    """``partner.deleted``: a partner was deleted."""

    __slots__ = ()


class PartnerApproved(PartnerEvent):
    """``partner.approved``: a partner was let into the program."""

    __slots__ = ()


class PartnerRejected(PartnerEvent):
    """``partner.rejected``: a partner was turned down."""

    __slots__ = ()


class PartnerArchived(PartnerEvent):
    """``partner.archived``: a partner was archived."""

    __slots__ = ()


@attrs.frozen(kw_only=True)
class CustomerEvent(Event):
    """Something happened to a customer of an affiliate program."""

    data: Customer


class CustomerCreated(CustomerEvent):
    """``customer.created`` of an affiliate program."""

    __slots__ = ()


class CustomerUpdated(CustomerEvent):
    """``customer.updated`` of an affiliate program."""

    __slots__ = ()


class CustomerDeleted(CustomerEvent):
    """``customer.deleted`` of an affiliate program."""

    __slots__ = ()


class CustomerCredited(CustomerEvent):
    """``customer.credited`` of an affiliate program; it is not known whether those have it."""

    __slots__ = ()


class CustomerRewarded(CustomerEvent):
    """``customer.rewarded`` of an affiliate program; it is not known whether those have it."""

    __slots__ = ()


@attrs.frozen(kw_only=True)
class ReferralCustomerEvent(Event):
    """Something happened to a customer of a refer-a-friend program."""

    data: ReferralCustomer


class ReferralCustomerCreated(ReferralCustomerEvent):
    """``customer.created`` of a refer-a-friend program."""

    __slots__ = ()


class ReferralCustomerUpdated(ReferralCustomerEvent):
    """``customer.updated`` of a refer-a-friend program."""

    __slots__ = ()


class ReferralCustomerDeleted(ReferralCustomerEvent):
    """``customer.deleted`` of a refer-a-friend program."""

    __slots__ = ()


class ReferralCustomerCredited(ReferralCustomerEvent):
    """``customer.credited``: a customer's balance was credited."""

    __slots__ = ()


class ReferralCustomerRewarded(ReferralCustomerEvent):
    """``customer.rewarded``: a customer was rewarded."""

    __slots__ = ()


@attrs.frozen(kw_only=True)
class TransactionEvent(Event):
    """Something happened to a transaction of an affiliate program."""

    data: Transaction


class TransactionCreated(TransactionEvent):
    """``transaction.created`` of an affiliate program: a sale was recorded."""

    __slots__ = ()


class TransactionUpdated(TransactionEvent):
    """``transaction.updated`` of an affiliate program; only the vendor's guide has it."""

    __slots__ = ()


class TransactionDeleted(TransactionEvent):
    """``transaction.deleted`` of an affiliate program."""

    __slots__ = ()


@attrs.frozen(kw_only=True)
class ReferralTransactionEvent(Event):
    """Something happened to a transaction of a refer-a-friend program."""

    data: ReferralTransaction


class ReferralTransactionCreated(ReferralTransactionEvent):
    """``transaction.created`` of a refer-a-friend program: a sale was recorded."""

    __slots__ = ()


class ReferralTransactionUpdated(ReferralTransactionEvent):
    """``transaction.updated`` of a refer-a-friend program; only the vendor's guide has it."""

    __slots__ = ()


class ReferralTransactionDeleted(ReferralTransactionEvent):
    """``transaction.deleted`` of a refer-a-friend program."""

    __slots__ = ()


@attrs.frozen(kw_only=True)
class LeadEvent(Event):
    """Something happened to a lead."""

    data: Lead


class LeadSubmitted(LeadEvent):
    """``lead.submitted``: a partner submitted a lead."""

    __slots__ = ()


class LeadConverted(LeadEvent):
    """``lead.converted``: a lead became a customer."""

    __slots__ = ()


class LeadRejected(LeadEvent):
    """``lead.rejected``: a lead was turned down."""

    __slots__ = ()


@attrs.frozen(kw_only=True)
class SubscriberEvent(Event):
    """Something happened to a subscriber of a newsletter."""

    data: Subscriber


class SubscriberCreated(SubscriberEvent):
    """``subscriber.created``: somebody subscribed."""

    __slots__ = ()


class SubscriberUpdated(SubscriberEvent):
    """``subscriber.updated``: a subscriber was changed."""

    __slots__ = ()


class SubscriberDeleted(SubscriberEvent):
    """``subscriber.deleted``: a subscriber was deleted."""

    __slots__ = ()


class SubscriberRewarded(SubscriberEvent):
    """``subscriber.rewarded``: a subscriber reached a milestone."""

    __slots__ = ()


@attrs.frozen(kw_only=True)
class RewardEvent(Event):
    """Something happened to the reward of a sale; only the vendor's guide has these events."""

    data: TransactionReward


class RewardCreated(RewardEvent):
    """``reward.created``: a sale earned a reward."""

    __slots__ = ()


class RewardApproved(RewardEvent):
    """``reward.approved``: a reward was approved."""

    __slots__ = ()


class RewardPaid(RewardEvent):
    """``reward.paid``: a reward was paid."""

    __slots__ = ()
