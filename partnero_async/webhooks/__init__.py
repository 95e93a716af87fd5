"""Webhooks: deliveries that are checked, read as the records of the REST API, and handled once each."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, restore = lazy(
    __name__,
    {
        "endpoint": "WebhookEndpoint",
        "errors": ("ExpiredDeliveryError MalformedDeliveryError SeenStoreError SignatureError WebhookError"),
        "events": (
            "CustomerCreated CustomerCredited CustomerDeleted CustomerEvent CustomerRewarded CustomerUpdated "
            "Event LeadConverted LeadEvent LeadRejected LeadSubmitted PartnerApproved PartnerArchived "
            "PartnerCreated PartnerDeleted PartnerEvent PartnerRejected PartnerUpdated "
            "ReferralCustomerCreated ReferralCustomerCredited ReferralCustomerDeleted ReferralCustomerEvent "
            "ReferralCustomerRewarded ReferralCustomerUpdated ReferralTransactionCreated "
            "ReferralTransactionDeleted ReferralTransactionEvent ReferralTransactionUpdated RewardApproved "
            "RewardCreated RewardEvent RewardPaid SubscriberCreated SubscriberDeleted SubscriberEvent "
            "SubscriberRewarded SubscriberUpdated TransactionCreated TransactionDeleted TransactionEvent "
            "TransactionUpdated UnknownEvent"
        ),
        "handling": "Answer",
        "receiver": "Receiver",
        "redis": "RedisSeenStore",
        "seen": "Claim DurableSeenStore Kept MemorySeenStore SeenStore",
        "sqlite": "SQLiteSeenStore",
    },
)
