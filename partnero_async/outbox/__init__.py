"""Sales exactly once: kept on disk before they are sent, looked up before they are ever sent again."""

from __future__ import annotations

from .entry import Entry, State
from .errors import ConflictingSaleError, OutboxError, StorageError
from .outbox import SalesOutbox
from .store import Outlook, Store

__all__ = [
    "ConflictingSaleError",
    "Entry",
    "OutboxError",
    "Outlook",
    "SalesOutbox",
    "State",
    "StorageError",
    "Store",
]
