from typing import Any

from .entry import Entry as Entry
from .entry import State as State
from .errors import ConflictingSaleError as ConflictingSaleError
from .errors import OutboxError as OutboxError
from .errors import StorageError as StorageError
from .outbox import SalesOutbox as SalesOutbox
from .store import Outlook as Outlook
from .store import Store as Store

def restore(kind: str | type, *parts: Any) -> Any: ...
