"""The latest requests and what became of them, for whoever watches a sandbox at work."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

_MOST = 200
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that was answered, or came to grief."""

    at: datetime
    method: str
    target: str
    """The path and the query as they were written, unless they are very long."""
    outcome: str
    """A status, or `drop`, `cut` or `unanswered` as in `Stats.by_status`."""
    milliseconds: float


class Journal:
    """Keeps the last two hundred requests, and tells of each to whoever asked for that."""

    def __init__(self, on_entry: Callable[[Entry], None] | None = None) -> None:
        self._entries: deque[Entry] = deque(maxlen=_MOST)
        self._on_entry = on_entry

    def add(self, method: str, target: str, outcome: str, seconds: float) -> None:
        """A request has just ended."""
        shown = target if len(target) <= _LONGEST else f"{target[:_LONGEST]}…"
        entry = Entry(datetime.now(UTC), method, shown, outcome, seconds * 1000)
        self._entries.append(entry)
        if self._on_entry is not None:
            self._on_entry(entry)

    def latest(self) -> tuple[Entry, ...]:
        """The newest first."""
        return tuple(reversed(self._entries.copy()))
