from typing import Any

from .builders import SIGNING_SECRET as SIGNING_SECRET
from .builders import SignedDelivery as SignedDelivery
from .builders import build as build
from .builders import signed_delivery as signed_delivery
from .clock import VirtualLoop as VirtualLoop
from .local import LocalPartnero as LocalPartnero
from .recording import Call as Call

def restore(kind: str | type, *parts: Any) -> Any: ...
