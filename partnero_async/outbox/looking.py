"""Whether a sale is among those that Partnero shows, when not knowing it would pay it twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from .errors import OutboxError

__all__ = ["is_among"]


def is_among(key: str, sales: Iterable[Any]) -> bool:
    """Whether one of the sales of a page has this key.

    Raises:
        OutboxError: That cannot be told: there is one whose key is nearly this one, or whose key cannot be
            read in an answer that has no readable one.
    """
    keys = [_key_of(sale) for sale in sales]
    if key in keys:
        return True
    readable = [other for other in keys if other is not None]
    if keys and not readable:
        raise OutboxError("a sale was found whose key cannot be read: look for yourself, then resolve it")
    if any(_folded(other) == _folded(key) for other in readable):
        raise OutboxError(
            "a sale was found whose key differs in case or form alone: look for yourself, then resolve it"
        )
    return False


def _key_of(sale: Any) -> str | None:
    """The key of a record; of one that has a number for it, that number as text."""
    key = sale.key if sale.key is not None else sale.extra.get("key")
    if isinstance(key, str):
        return key
    return str(key) if isinstance(key, int) and not isinstance(key, bool) else None


def _folded(key: str) -> str:
    return unicodedata.normalize("NFKC", key).strip().casefold()
