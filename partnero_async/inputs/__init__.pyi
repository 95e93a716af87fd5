from .options import Options as Options
from .options import RateLimit as RateLimit
from .payout import Crypto as Crypto
from .payout import Gateway as Gateway
from .payout import PayPal as PayPal
from .payout import Venmo as Venmo
from .payout import Wise as Wise
from .program import PortalSettingsUpdate as PortalSettingsUpdate
from .program import ProgramSettingsUpdate as ProgramSettingsUpdate
from .ref import By as By
from .ref import Ref as Ref
from .sale import NewCustomer as NewCustomer
from .sale import ProductRef as ProductRef
from .sale import Sale as Sale
from .unset import UNSET as UNSET
from .unset import Unset as Unset

__all__ = [
    "UNSET",
    "By",
    "Crypto",
    "Gateway",
    "NewCustomer",
    "Options",
    "PayPal",
    "PortalSettingsUpdate",
    "ProductRef",
    "ProgramSettingsUpdate",
    "RateLimit",
    "Ref",
    "Sale",
    "Unset",
    "Venmo",
    "Wise",
]
