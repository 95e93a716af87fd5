"""What can go wrong with an outbox itself; what Partnero says to a sale is kept with its entry."""

from __future__ import annotations

from ..errors import PartneroError

__all__ = ["ConflictingSaleError", "OutboxError", "StorageError"]


class OutboxError(PartneroError):
    """The outbox refused what it was asked for; what it holds is as it was."""


class ConflictingSaleError(OutboxError):
    """A sale, or a refund, with this key was recorded before, with other content."""


class StorageError(OutboxError):
    """The outbox cannot be opened, read or written: what was being recorded is not in it."""
