"""Which keys an export asks for: each once, and none whose outcome is on disk."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from collections.abc import Set as AbstractSet

from ._lines import Key, Unfound

__all__ = ["Choice", "ChosenAsync"]


class Choice:
    """Takes keys or leaves them out, and counts those that are left out.

    Args:
        found: The keys whose record is on disk.
        rest: The others that are on disk, and what became of them.
        retry_failed: Whether the failed ones are taken, and no others.

    Attributes:
        skipped: How many keys were left out because their outcome is on disk.
        missing: How many of these are missing.
        failed: How many of these failed.
    """

    def __init__(self, found: AbstractSet[Key], rest: Mapping[Key, Unfound], *, retry_failed: bool) -> None:
        self._found = found
        self._rest = rest
        self._retry_failed = retry_failed
        self._seen = set[Key]()
        self.skipped = self.missing = self.failed = 0

    def takes(self, key: Key) -> bool:
        """Whether a key is to be asked for; of equal keys the first decides.

        Raises:
            TypeError: It is neither a string nor a whole number.
        """
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            raise TypeError(f"a key must be a string or a whole number, not {type(key).__name__}")
        if key in self._seen:
            return False
        self._seen.add(key)
        outcome = "found" if key in self._found else self._rest.get(key)
        if outcome is None:
            return not self._retry_failed
        if outcome == "failed" and self._retry_failed:
            return True
        self.skipped += 1
        self.missing += outcome == "missing"
        self.failed += outcome == "failed"
        return False


class ChosenAsync(AsyncIterator[Key]):
    """The keys of an async iterable that are taken."""

    # Not an async generator: one that a run leaves half-way would be finalized by the event loop.

    def __init__(self, keys: AsyncIterable[Key], takes: Callable[[Key], bool]) -> None:
        self._keys = keys
        self._takes = takes
        self._source: AsyncIterator[Key] | None = None

    async def __anext__(self) -> Key:
        if self._source is None:
            self._source = aiter(self._keys)
        while not self._takes(key := await anext(self._source)):
            pass
        return key

    async def aclose(self) -> None:
        """Closes the source, if it can be closed."""
        aclose = getattr(self._source, "aclose", None)
        if aclose is not None:
            await aclose()
