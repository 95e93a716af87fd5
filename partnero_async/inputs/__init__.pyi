from .coupon import *
from .options import *
from .payout import *
from .program import *
from .ref import *
from .referred import *
from .sale import *
from .unset import *
