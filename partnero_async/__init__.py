"""The asyncio-native Python SDK for the Partnero REST API.

The public names are loaded on first use: importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .batch import Outcomes, Stream
    from .client import AsyncPartnero
    from .errors import (
        ArgumentError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        ConnectError,
        DeadlineError,
        NotFoundError,
        PartneroError,
        PermissionDeniedError,
        ProtocolError,
        RateLimitError,
        RequestError,
        RequestTimeoutError,
        ResponseError,
        ServerError,
        StatusError,
        UsageError,
        ValidationError,
    )
    from .gateways import Crypto, Gateway, PayPal, Venmo, Wise
    from .inputs import UNSET, Options, RateLimit, Ref, Unset
    from .outcomes import Batch, Failed, Found, Missing, Outcome, Progress
    from .pages import Page, Pager
    from .prefetch import Prefetch, Prefetched
    from .records.base import FrozenMapping, Record
    from .records.connection import ConnectedProgram, Connection
    from .records.customer import Customer, CustomerStatus, Tag
    from .records.lead import (
        Lead,
        LeadAnswer,
        LeadCommission,
        LeadContact,
        LeadCustomer,
        LeadField,
        LeadFieldType,
        LeadForm,
        LeadStatus,
        LeadSubmitter,
    )
    from .records.partner import (
        CurrencyAmount,
        Partner,
        PartnerCommissions,
        PartnerReferrals,
        PartnerReward,
        PartnerStatus,
        SignInUrl,
    )
    from .records.payout_request import PayoutRequest, PayoutStatus
    from .records.program import (
        PortalSettings,
        Program,
        ProgramDeletion,
        ProgramDetails,
        ProgramOverview,
        ProgramOverviewSettings,
        ProgramSettings,
        ProgramStats,
        ProgramType,
    )
    from .records.referral_link import LinkDomain, ReferralLink
    from .records.settings import Settings
    from .records.transaction import Reward, RewardStatus, Transaction
    from .records.webhook import WebhookEventName, WebhookSubscription
    from .resources.program import PortalSettingsUpdate, ProgramSettingsUpdate
    from .sales import NewCustomer, Product, Sale
    from .secret import SigningSecret

__all__ = [
    "UNSET",
    "ArgumentError",
    "AsyncPartnero",
    "AuthenticationError",
    "BadRequestError",
    "Batch",
    "ConflictError",
    "ConnectError",
    "ConnectedProgram",
    "Connection",
    "Crypto",
    "CurrencyAmount",
    "Customer",
    "CustomerStatus",
    "DeadlineError",
    "Failed",
    "Found",
    "FrozenMapping",
    "Gateway",
    "Lead",
    "LeadAnswer",
    "LeadCommission",
    "LeadContact",
    "LeadCustomer",
    "LeadField",
    "LeadFieldType",
    "LeadForm",
    "LeadStatus",
    "LeadSubmitter",
    "LinkDomain",
    "Missing",
    "NewCustomer",
    "NotFoundError",
    "Options",
    "Outcome",
    "Outcomes",
    "Page",
    "Pager",
    "Partner",
    "PartnerCommissions",
    "PartnerReferrals",
    "PartnerReward",
    "PartnerStatus",
    "PartneroError",
    "PayPal",
    "PayoutRequest",
    "PayoutStatus",
    "PermissionDeniedError",
    "PortalSettings",
    "PortalSettingsUpdate",
    "Prefetch",
    "Prefetched",
    "Product",
    "Program",
    "ProgramDeletion",
    "ProgramDetails",
    "ProgramOverview",
    "ProgramOverviewSettings",
    "ProgramSettings",
    "ProgramSettingsUpdate",
    "ProgramStats",
    "ProgramType",
    "Progress",
    "ProtocolError",
    "RateLimit",
    "RateLimitError",
    "Record",
    "Ref",
    "ReferralLink",
    "RequestError",
    "RequestTimeoutError",
    "ResponseError",
    "Reward",
    "RewardStatus",
    "Sale",
    "ServerError",
    "Settings",
    "SignInUrl",
    "SigningSecret",
    "StatusError",
    "Stream",
    "Tag",
    "Transaction",
    "Unset",
    "UsageError",
    "ValidationError",
    "Venmo",
    "WebhookEventName",
    "WebhookSubscription",
    "Wise",
    "__version__",
]

_HOMES = {
    "batch": "Outcomes Stream",
    "client": "AsyncPartnero",
    "errors": (
        "ArgumentError AuthenticationError BadRequestError ConflictError ConnectError DeadlineError "
        "NotFoundError PartneroError PermissionDeniedError ProtocolError RateLimitError RequestError "
        "RequestTimeoutError ResponseError ServerError StatusError UsageError ValidationError"
    ),
    "inputs": "UNSET Options RateLimit Ref Unset",
    "outcomes": "Batch Failed Found Missing Outcome Progress",
    "pages": "Page Pager",
    "prefetch": "Prefetch Prefetched",
    "records.base": "FrozenMapping Record",
    "records.connection": "ConnectedProgram Connection",
    "records.customer": "Customer CustomerStatus Tag",
    "records.transaction": "Reward RewardStatus Transaction",
    "records.lead": (
        "Lead LeadAnswer LeadCommission LeadContact LeadCustomer LeadField LeadFieldType LeadForm "
        "LeadStatus LeadSubmitter"
    ),
    "records.partner": (
        "CurrencyAmount Partner PartnerCommissions PartnerReferrals PartnerReward PartnerStatus SignInUrl"
    ),
    "records.payout_request": ("PayoutRequest PayoutStatus"),
    "records.program": (
        "PortalSettings Program ProgramDeletion ProgramDetails ProgramOverview "
        "ProgramOverviewSettings ProgramSettings ProgramStats ProgramType"
    ),
    "records.referral_link": ("LinkDomain ReferralLink"),
    "records.settings": ("Settings"),
    "records.webhook": ("WebhookEventName WebhookSubscription"),
    "gateways": ("Crypto PayPal Gateway Venmo Wise"),
    "resources.program": ("PortalSettingsUpdate ProgramSettingsUpdate"),
    "sales": ("NewCustomer Product Sale"),
    "secret": ("SigningSecret"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
