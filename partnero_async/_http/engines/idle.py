"""Connections that wait to be used again, and how long they may: the same rules for every engine of ours."""

from __future__ import annotations

import asyncio
import math
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from .contract import IDLE_SECONDS

__all__ = ["Idle"]


class Kept(Protocol):
    """A connection that may be used again."""

    idle_since: float
    """When it came back last, on the event loop's clock."""

    stale_at: float
    """When it is not to be used any more."""


T = TypeVar("T", bound=Kept)


class Idle(Generic[T]):
    """The idle connections of one engine, of which the one that came back last goes first.

    Args:
        abort: Closes one at once.
    """

    def __init__(self, abort: Callable[[T], object]) -> None:
        self._abort = abort
        self._kept: deque[T] = deque()
        self._sweeping: asyncio.TimerHandle | None = None
        self._sweeps_at = math.inf

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[T]:
        return iter(self._kept)

    def put(self, connection: T, now: float, limit: float, *, swept: bool = True) -> None:
        """Keeps a connection.

        Args:
            connection: It.
            now: The time.
            limit: For how many seconds it may be used again.
            swept: Whether it is closed after that by a timer, on asyncio.
        """
        connection.idle_since = now
        connection.stale_at = now + limit
        self._kept.append(connection)
        if swept and connection.stale_at < self._sweeps_at:
            self._sweep_after(connection.stale_at)

    def pop(self) -> T:
        """Takes the one that came back last."""
        return self._kept.pop()

    def pop_stale(self, now: float) -> T | None:
        """Takes the one that waits for longest, if it waits for too long."""
        return self._kept.popleft() if self._kept and now >= self._kept[0].stale_at else None

    def pop_suspects(self, idle_since: float) -> list[T]:
        """Takes what has been idle for about as long as a connection that turned out to be dead."""
        suspects = [kept for kept in self._kept if kept.idle_since <= idle_since + IDLE_SECONDS]
        for suspect in suspects:
            self._kept.remove(suspect)
        return suspects

    def pop_all(self) -> list[T]:
        """Takes all, for good."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._sweeps_at = math.inf
        kept = list(self._kept)
        self._kept.clear()
        return kept

    def sweep(self, now: float) -> None:
        """Closes the stale ones."""
        self._sweeping, self._sweeps_at = None, math.inf
        for stale in [kept for kept in self._kept if now >= kept.stale_at]:
            self._kept.remove(stale)
            self._abort(stale)
        if self._kept:
            self._sweep_after(min(kept.stale_at for kept in self._kept))

    def _sweep_after(self, stale_at: float) -> None:
        """Sees to it that stale connections are closed although no call comes along to do it."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # trio has no timers outside of tasks: there the next call does it
            return
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._sweeps_at = stale_at
        this: weakref.ref[Idle[T]] = weakref.ref(self)
        self._sweeping = loop.call_at(stale_at + 0.1, _sweep, this, loop.time)


def _sweep(idle: weakref.ref[Idle[T]], clock: Callable[[], float]) -> None:
    # A timer must not keep connections alive that nobody holds any more.
    alive = idle()
    if alive is not None:
        alive.sweep(clock())
