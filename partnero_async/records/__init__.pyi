from typing import Any

from ._base import FrozenMapping as FrozenMapping
from ._base import Record as Record
from .customer import Customer as Customer
from .customer import CustomerStatus as CustomerStatus
from .customer import Tag as Tag
from .free_form_settings import FreeFormSettings as FreeFormSettings
from .key_check import ConnectedProgram as ConnectedProgram
from .key_check import KeyCheck as KeyCheck
from .lead import Lead as Lead
from .lead import LeadAnswer as LeadAnswer
from .lead import LeadCommission as LeadCommission
from .lead import LeadContact as LeadContact
from .lead import LeadCustomer as LeadCustomer
from .lead import LeadField as LeadField
from .lead import LeadFieldType as LeadFieldType
from .lead import LeadForm as LeadForm
from .lead import LeadStatus as LeadStatus
from .lead import LeadSubmitter as LeadSubmitter
from .partner import CurrencyAmount as CurrencyAmount
from .partner import Partner as Partner
from .partner import PartnerCommissions as PartnerCommissions
from .partner import PartnerReferrals as PartnerReferrals
from .partner import PartnerReward as PartnerReward
from .partner import PartnerStatus as PartnerStatus
from .partner import SignInUrl as SignInUrl
from .payout_request import PayoutRequest as PayoutRequest
from .payout_request import PayoutStatus as PayoutStatus
from .program import PortalSettings as PortalSettings
from .program import Program as Program
from .program import ProgramDeletion as ProgramDeletion
from .program import ProgramDetails as ProgramDetails
from .program import ProgramSettings as ProgramSettings
from .program import ProgramStats as ProgramStats
from .program import ProgramType as ProgramType
from .referral_link import LinkDomain as LinkDomain
from .referral_link import ReferralLink as ReferralLink
from .transaction import Transaction as Transaction
from .transaction import TransactionReward as TransactionReward
from .transaction import TransactionRewardStatus as TransactionRewardStatus
from .webhook import SigningSecret as SigningSecret
from .webhook import WebhookEventName as WebhookEventName
from .webhook import WebhookSubscription as WebhookSubscription

__all__ = [
    "ConnectedProgram",
    "CurrencyAmount",
    "Customer",
    "CustomerStatus",
    "FreeFormSettings",
    "FrozenMapping",
    "KeyCheck",
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
    "Partner",
    "PartnerCommissions",
    "PartnerReferrals",
    "PartnerReward",
    "PartnerStatus",
    "PayoutRequest",
    "PayoutStatus",
    "PortalSettings",
    "Program",
    "ProgramDeletion",
    "ProgramDetails",
    "ProgramSettings",
    "ProgramStats",
    "ProgramType",
    "Record",
    "ReferralLink",
    "SignInUrl",
    "SigningSecret",
    "Tag",
    "Transaction",
    "TransactionReward",
    "TransactionRewardStatus",
    "WebhookEventName",
    "WebhookSubscription",
]

def restore(kind: str | type, *parts: Any) -> Any: ...
