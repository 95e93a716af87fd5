"""What Partnero can be asked: one file per noun, one method per action. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, _ = lazy(
    __name__,
    {
        "coupons": "Coupons",
        "customer_referral_links": "CustomerReferralLinks",
        "customers": "Customers",
        "free_form_settings": "FreeFormSettingsResource",
        "leads": "Leads",
        "partner_referral_links": "PartnerReferralLinks",
        "partners": "Partners",
        "payout_requests": "PayoutRequests",
        "program": "ProgramResource",
        "promotion_codes": "PromotionCodes",
        "referral_customers": "ReferralCustomers",
        "referral_transactions": "ReferralTransactions",
        "rewards": "Rewards",
        "subscribers": "Subscribers",
        "transactions": "Transactions",
        "webhooks": "WebhookSubscriptions",
    },
)
