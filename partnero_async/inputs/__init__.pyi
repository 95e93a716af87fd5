from .options import *
from .payout import *
from .program import *
from .ref import *
from .sale import *
from .unset import *
