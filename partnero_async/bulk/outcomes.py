"""What becomes of many calls: an outcome for each key, and all of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Generic, TypeAlias, TypeVar

import anyio
import attrs

from ..errors import PartneroError
from ..inputs.options import RateLimit

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
    """How far a run is; as text, a line that can be shown as it is."""

    done: int
    """Outcomes so far."""

    found: int
    """Keys that have a record, or items of a ``bulk`` run whose call succeeded."""

    missing: int
    """Keys that Partnero does not know."""

    failed: int
    """Keys whose call failed."""

    total: int | None
    """How many keys there are, if that can be known beforehand."""

    seconds: float
    """Seconds since the run began."""

    per_second: float | None
    """How many requests a second the rate limit allows, about; None where none is known."""

    @property
    def seconds_left(self) -> float | None:
        """About how many seconds the run still takes, at the mean pace so far, or at the limit's if that is
        slower; None where there is nothing to reckon with."""
        if self.total is None or not self.done:
            return None
        pace = self.done / self.seconds if self.seconds > 0 else math.inf
        return (self.total - self.done) / min(pace, self.per_second or math.inf)

    @property
    def limited(self) -> str:
        """The rate limit in words; nothing where none is known."""
        return f"rate limited to about {self.per_second:.3g} a second" if self.per_second else ""

    @property
    def left(self) -> str:
        """How long the run still takes, in words; nothing where nobody can tell."""
        return "" if self.seconds_left is None else f"about {in_words(self.seconds_left)} left"

    def __str__(self) -> str:
        of = "" if self.total is None else f" of {self.total}"
        parts = (f"{self.done}{of}", f"{self.missing} missing", f"{self.failed} failed", self.limited)
        return ", ".join(filter(None, (*parts, self.left)))


def in_words(seconds: float) -> str:
    """A time in its two largest units: ``45 s``, ``3 min 20 s``, ``5 h 12 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    units = ((hours, "h"), (minutes, "min"), (rest, "s"))
    first = next((number for number, (count, _) in enumerate(units) if count), len(units) - 1)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2])


class Tally:
    """Counts the outcomes of a run, which begins when this is made.

    Args:
        total: How many keys there are, if that is known.
        limit: Gives the rate limit, if one is known.
    """

    def __init__(self, total: int | None, limit: Callable[[], RateLimit | None]) -> None:
        self._total = total
        self._limit = limit
        self._found = self._missing = self._failed = 0
        self._began = anyio.current_time()

    def count(self, outcome: object) -> None:
        """Counts one outcome more."""
        match outcome:
            case Missing():
                self._missing += 1
            case Failed():
                self._failed += 1
            case _:
                self._found += 1

    @property
    def progress(self) -> Progress:
        """How far the run is now."""
        limit = self._limit()
        return Progress(
            done=self._found + self._missing + self._failed,
            found=self._found,
            missing=self._missing,
            failed=self._failed,
            total=self._total,
            seconds=anyio.current_time() - self._began,
            per_second=None if limit is None else limit.requests / limit.per_seconds,
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
