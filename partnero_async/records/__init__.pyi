from typing import Any

from ._base import FrozenMapping as FrozenMapping
from ._base import Record as Record
from .coupon import *
from .customer import *
from .free_form_settings import *
from .key_check import *
from .lead import *
from .partner import *
from .payout_request import *
from .program import *
from .promotion_code import *
from .referral_customer import *
from .referral_link import *
from .referral_transaction import *
from .reward import *
from .subscriber import *
from .transaction import *
from .webhook import *

def restore(kind: str | type, *parts: Any) -> Any: ...
