"""Where an outbox keeps its entries: what a place has to be able to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs

from .entry import Entry, Kind, State

__all__ = ["Outlook", "Store"]


@attrs.frozen(kw_only=True)
class Outlook:
    """What is left to do."""

    unsettled: int
    """How many entries are accepted, sending or in doubt."""

    next_at: float | None
    """The Unix time at which the first of them is due; None where none is, whatever the time."""


class Store(Protocol):
    """A durable table of entries, which several processes may share.

    Each method is one transaction, but for ``add`` within another's. When it returns, what it changed
    outlasts a crash of the machine. Entries are unique by kind and key.

    Any method may raise a ``StorageError``: then nothing was changed.
    """

    async def open(self, identity: str, *, adopt: bool) -> None:
        """Gets ready, and makes the table where there is none.

        Args:
            identity: What API key, base URL and type of program are hashed to. A table that was made with
                another one is refused.
            adopt: Whether the table is to belong to this identity from now on.

        Raises:
            StorageError: It belongs to another program, or was made by a newer version of this package.
        """
        ...

    async def aclose(self) -> None:
        """Lets go of what ``open`` took."""
        ...

    async def add(self, entry: Entry, within: Any = None) -> Entry:
        """Stores an entry under the next number, unless there is one of its kind and key.

        Args:
            entry: The entry.
            within: A transaction of the application's that the entry becomes part of, where the store knows
                of such.

        Returns:
            The one that is there now: this one with its number, or that of before.
        """
        ...

    async def claim(
        self, now: float, most: int, begun: Callable[[Entry], Entry]
    ) -> Sequence[tuple[Entry, Entry]]:
        """Takes open entries that are due, and stores what ``begun`` makes of each.

        Accepted ones are due at any time, others from their ``due_at`` on; but a refund not before the sale
        of its key is settled, if there is one. No two callers are given the same entry.

        Args:
            now: The Unix time.
            most: The most entries to take, earliest due first.
            begun: A pure function.

        Returns:
            Each entry as it was, and as ``begun`` made it.
        """
        ...

    async def replace(self, entry: Entry) -> bool:
        """Stores the next version of an entry, unless somebody else did; whether it was stored."""
        ...

    async def find(self, kind: Kind, key: str) -> Entry | None:
        """The entry of this kind and key."""
        ...

    async def page(self, after: int, most: int, state: State | None) -> Sequence[Entry]:
        """So many entries with numbers above ``after``, in order; of all states, or of one."""
        ...

    async def outlook(self) -> Outlook:
        """What is left to do."""
        ...
