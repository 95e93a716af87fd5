"""What users hand in: one file per subject, checked before any I/O. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, _ = lazy(
    __name__,
    {
        "coupon": "CodeHolder NewPromotionCode",
        "options": "Options RateLimit",
        "payout": "Crypto Gateway PayPal Venmo Wise",
        "program": "PortalSettingsUpdate ProgramSettingsUpdate",
        "ref": "By Ref",
        "referred": "NewReferredCustomer",
        "sale": "NewCustomer ProductRef Sale",
        "unset": "UNSET Unset",
    },
)
