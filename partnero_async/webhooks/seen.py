"""Which deliveries were handled, and which are in hand: so that each is handled once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from enum import Enum, auto
from typing import Final, Protocol

import attrs

from ..inputs._checks import check_count, check_seconds

__all__ = ["MAX_AGE", "MAX_COUNT", "Claim", "DurableSeenStore", "Kept", "MemorySeenStore", "SeenStore"]

MAX_AGE: Final = 7 * 86_400.0
"""For how many seconds it is known that a delivery was handled."""

MAX_COUNT: Final = 100_000
"""Of how many deliveries it is known, at most."""


class Claim(Enum):
    """What became of asking for a delivery."""

    OURS = auto()
    """Whoever asked has it in hand from now on."""

    IN_HAND = auto()
    """Somebody else has it in hand."""

    DONE = auto()
    """It was handled before."""


@attrs.frozen(kw_only=True)
class Kept:
    """A delivery that was answered before it was handled."""

    fingerprint: str
    """What it is known by."""

    owner: str
    """Who has it in hand."""

    body: bytes
    """Its body, whose signature was checked."""

    attempts: int
    """How many times it was begun, this time included."""


class SeenStore(Protocol):
    """Where it is known of deliveries, by their fingerprints, that they are in hand or were handled.

    Any method may raise a ``SeenStoreError``.
    """

    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim:
        """Takes a delivery in hand, unless it is or was in somebody's hand.

        Args:
            fingerprint: What it is known by.
            owner: Who asks: a text of their own.
            lease: Seconds after which whoever has it and does not say what became of it is taken for gone.
        """
        ...

    async def finish(self, fingerprint: str, owner: str) -> None:
        """It was handled."""
        ...

    async def release(self, fingerprint: str, owner: str) -> None:
        """It was not handled: another may claim it; nothing happens if the owner has it no more."""
        ...

    async def aclose(self) -> None:
        """Lets go of what it holds open; it may be used again."""
        ...


class DurableSeenStore(SeenStore, Protocol):
    """One that outlives the process, and keeps deliveries that are handled after they were answered.

    Several endpoints may share it: what is kept is known by the secret that signs for its receiver, of which
    a hash is the ``signer``.
    """

    async def keep(self, fingerprint: str, owner: str, lease: float, body: bytes, signer: str) -> Claim:
        """Takes a delivery in hand as ``claim`` does, and keeps its body until it was handled."""
        ...

    async def postpone(self, fingerprint: str, owner: str, seconds: float) -> None:
        """A kept delivery was not handled: it is due again after so many seconds."""
        ...

    async def take(self, owner: str, lease: float, signers: Collection[str]) -> Kept | None:
        """Takes a kept delivery of these signers in hand that is due, or whose owner is gone."""
        ...

    async def due_in(self, signers: Collection[str]) -> float | None:
        """Seconds until a kept delivery of these signers is due, 0 or less if one is; None without any."""
        ...

    async def overdue(self, seconds: float, signers: Collection[str]) -> int:
        """How many kept deliveries of all other signers are due for longer than so many seconds."""
        ...


class MemorySeenStore:
    """Knows of deliveries as long as the process lives: for one process, and for tests.

    After a restart, a delivery that Partnero sends again is handled again; so is one that another worker
    handled before.

    Args:
        max_age: For how many seconds it is known that a delivery was handled.
        max_count: Of how many it is known, at most; those in hand are not counted.
        clock: Gives a time in seconds that nobody sets.
    """

    def __init__(
        self,
        *,
        max_age: float = MAX_AGE,
        max_count: int = MAX_COUNT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_age = check_seconds("max_age", max_age)
        self._max_count = check_count("max_count", max_count, least=1)
        self._clock = clock
        self._owners: dict[str, str] = {}
        self._done: OrderedDict[str, float] = OrderedDict()

    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim:
        """See ``SeenStore``; who is gone is gone with the process."""
        self._forget()
        if fingerprint in self._done:
            return Claim.DONE
        if fingerprint in self._owners:
            return Claim.IN_HAND
        self._owners[fingerprint] = owner
        return Claim.OURS

    async def finish(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        self._owners.pop(fingerprint, None)
        self._done[fingerprint] = self._clock()
        self._done.move_to_end(fingerprint)
        self._forget()

    async def release(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        if self._owners.get(fingerprint) == owner:
            del self._owners[fingerprint]

    async def aclose(self) -> None:
        """See ``SeenStore``; what is known stays."""

    def _forget(self) -> None:
        oldest = self._clock() - self._max_age
        while self._done:
            fingerprint, done_at = next(iter(self._done.items()))
            if len(self._done) <= self._max_count and done_at > oldest:
                break
            del self._done[fingerprint]
