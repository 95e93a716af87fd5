"""What becomes of many calls: an outcome for each key, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeAlias, TypeVar

import attrs

from ..errors import PartneroError

__all__ = ["Batch", "Done", "Failed", "Found", "Missing", "Outcome", "Progress"]

K = TypeVar("K")
T = TypeVar("T")
K_co = TypeVar("K_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)


@attrs.frozen
class Done(Generic[K_co, T_co]):
    """The call for this item of a ``bulk`` run succeeded."""

    item: K_co
    """The item."""

    value: T_co
    """What the call returned."""


@attrs.frozen
class Found(Generic[K_co, T_co]):
    """Partnero has a record for this key."""

    key: K_co
    """The key."""

    value: T_co
    """The record."""


@attrs.frozen
class Missing(Generic[K_co]):
    """Partnero has no record for this key (404): an answer, not an accident."""

    key: K_co
    """The key."""


@attrs.frozen
class Failed(Generic[K_co]):
    """The call for this key failed."""

    key: K_co
    """The key, or the item of a ``bulk`` run."""

    error: PartneroError
    """Why."""

    @property
    def item(self) -> K_co:
        """The item of a ``bulk`` run: ``key`` by the name that ``Done`` has for it."""
        return self.key


Outcome: TypeAlias = Found[K, T] | Missing[K] | Failed[K]
"""What becomes of one key."""


@attrs.frozen(kw_only=True)
class Progress:
    """How far a run is."""

    done: int
    """Outcomes so far."""

    found: int
    """Keys that have a record."""

    missing: int
    """Keys that Partnero does not know."""

    failed: int
    """Keys whose call failed."""

    total: int | None
    """How many keys there are, if that can be known beforehand."""


class Tally:
    """Counts outcomes, and tells of each.

    Args:
        on_progress: Who is told.
        total: How many keys there are, if that is known.
    """

    def __init__(self, on_progress: Callable[[Progress], None], total: int | None) -> None:
        self._on_progress = on_progress
        self._total = total
        self._found = self._missing = self._failed = 0

    def count(self, outcome: object) -> None:
        """Counts one outcome more."""
        match outcome:
            case Missing():
                self._missing += 1
            case Failed():
                self._failed += 1
            case _:
                self._found += 1
        self._on_progress(
            Progress(
                done=self._found + self._missing + self._failed,
                found=self._found,
                missing=self._missing,
                failed=self._failed,
                total=self._total,
            )
        )


@attrs.frozen(kw_only=True)
class Batch(Generic[K, T]):
    """What became of many keys."""

    found: Mapping[K, T]
    """Key -> record, in the order of the keys."""

    missing: tuple[K, ...]
    """The keys that Partnero does not know."""

    failed: Mapping[K, PartneroError]
    """Key -> error."""

    def raise_for_failures(self) -> None:
        """Raises the errors of all failed keys together.

        Raises:
            ExceptionGroup: At least one key failed; each error has a note that names its key.
        """
        if not self.failed:
            return
        errors = list[PartneroError]()
        for key, error in self.failed.items():
            note = f"for {key!r}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            errors.append(error)
        raise ExceptionGroup(f"{len(errors)} of {len(self)} keys failed", errors)

    def __len__(self) -> int:
        return len(self.found) + len(self.missing) + len(self.failed)
