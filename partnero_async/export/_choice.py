"""Which keys an export asks for: each once, and none whose outcome is on disk."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from .._values import oversized
from ..errors import ArgumentError
from ._lines import Key, Unfound

__all__ = ["Choice", "ChosenAsync", "Part", "check_key", "check_part", "part_of"]

Part: TypeAlias = tuple[int, int]
"""Which part of how many: ``(0, 8)`` to ``(7, 8)``."""


def check_key(key: object) -> Key:
    """A key.

    Raises:
        TypeError: It is neither a string nor a whole number.
        ArgumentError: It is a number that nobody could write.
    """
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(f"a key must be a string or a whole number, not {type(key).__name__}")
    if isinstance(key, int) and oversized(key):
        raise ArgumentError("a key is a number of more digits than Python writes")
    return key


def check_part(part: object) -> Part:
    """A part, such as ``(0, 8)``.

    Raises:
        TypeError: It is no pair of whole numbers.
        ArgumentError: There is no such part.
    """
    match part:
        case (int(number), int(count)) if not isinstance(number, bool) and not isinstance(count, bool):
            if count < 1 or not 0 <= number < count:
                raise ArgumentError(
                    f"part must be one from (0, {count}) to ({count - 1}, {count}), not {part}"
                )
            return number, count
        case _:
            raise TypeError(f"part must be a pair of whole numbers such as (0, 8), not {part!r}")


def part_of(key: Key, count: int) -> int:
    """The number of the part that a key belongs to: the same on every machine, whatever keys there are."""
    return zlib.crc32(str(key).encode("utf-8", "surrogatepass")) % count


class Choice:
    """Takes keys or leaves them out, and counts those that are left out.

    Args:
        found: The keys whose record is on disk.
        rest: The others that are on disk, and what became of them.
        retry_failed: Whether the failed ones are taken, and no others.
        part: The part whose keys are taken; None for all.

    Attributes:
        skipped: How many keys were left out because their outcome is on disk.
        missing: How many of these are missing.
        failed: How many of these failed.
    """

    def __init__(
        self,
        found: AbstractSet[Key],
        rest: Mapping[Key, Unfound],
        *,
        retry_failed: bool,
        part: Part | None = None,
    ) -> None:
        self._found = found
        self._rest = rest
        self._retry_failed = retry_failed
        self._part = part
        self._seen = set[Key]()
        self.skipped = self.missing = self.failed = 0

    def takes(self, key: Key) -> bool:
        """Whether a key is to be asked for; of equal keys the first decides.

        Raises:
            TypeError: It is neither a string nor a whole number.
        """
        check_key(key)
        if self._part is not None and part_of(key, self._part[1]) != self._part[0]:
            return False
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
