from typing import Any

from .endpoint import WebhookEndpoint as WebhookEndpoint
from .errors import *
from .events import *
from .handling import Answer as Answer
from .receiver import Receiver as Receiver
from .redis import RedisSeenStore as RedisSeenStore
from .seen import Claim as Claim
from .seen import DurableSeenStore as DurableSeenStore
from .seen import Kept as Kept
from .seen import MemorySeenStore as MemorySeenStore
from .seen import SeenStore as SeenStore
from .sqlite import SQLiteSeenStore as SQLiteSeenStore

def restore(kind: str | type, *parts: Any) -> Any: ...
