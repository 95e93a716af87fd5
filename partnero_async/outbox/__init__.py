"""Sales exactly once: kept on disk before they are sent, looked up before they are ever sent again."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, restore = lazy(
    __name__,
    {
        "entry": "Entry State",
        "errors": "ConflictingSaleError OutboxError StorageError",
        "outbox": "SalesOutbox",
        "store": "Outlook Store",
    },
)
