"""What Partnero returns: one file per noun, frozen attrs classes, no I/O. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, restore = lazy(
    __name__,
    {
        "coupon": ("Coupon CouponDiscountType CouponDurationType CouponPromotionCodes CouponSynchronization"),
        "customer": "Customer CustomerStatus Tag",
        "free_form_settings": "FreeFormSettings",
        "key_check": "ConnectedProgram ConnectedProgramType KeyCheck",
        "lead": (
            "Lead LeadAnswer LeadCommission LeadContact LeadCustomer LeadField LeadFieldType LeadForm "
            "LeadStatus LeadSubmitter"
        ),
        "partner": (
            "CurrencyAmount Partner PartnerCommissions PartnerReferrals PartnerReward PartnerStatus SignInUrl"
        ),
        "payout_request": "PayoutRequest PayoutStatus",
        "program": (
            "PortalSettings Program ProgramDeletion ProgramDetails ProgramSettings ProgramStats ProgramType"
        ),
        "promotion_code": (
            "PromotionCode PromotionCodeCoupon PromotionCodeInfo PromotionCodeRedemption Redemption"
        ),
        "referral_customer": (
            "Balance BalanceAmount CustomerBalance ReferralCustomer ReferralCustomerStats "
            "ReferralCustomerStatus ReferringCustomer"
        ),
        "referral_link": "LinkDomain ReferralLink",
        "referral_transaction": "ReferralTransaction",
        "reward": "Reward RewardFulfillment RewardStatus",
        "subscriber": "Subscriber SubscriberStatus",
        "transaction": "TransactionReward TransactionRewardStatus Transaction",
        "webhook": "SigningSecret WebhookEventName WebhookSubscription",
        "_base": "FrozenMapping Record",
    },
)
