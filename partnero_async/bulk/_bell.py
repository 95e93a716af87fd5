"""What wakes the consumer of a run."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import anyio

__all__ = ["Bell"]


class Bell:
    """Wakes all that wait for it when it rings. Made where an event loop runs, it stays with that one.

    On asyncio that takes a future for each wait. ``anyio.Event``, which cannot be cleared, and the
    ``asyncio.Event`` within it would be made anew each time: 6.4 us for a wait in place of 3.7.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None  # as it is under trio
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        self._futures = list[asyncio.Future[None]]()
        self._event: anyio.Event | None = None

    def ring(self) -> None:
        """Wakes all that wait now."""
        if self._futures:
            futures, self._futures = self._futures, []
            for future in futures:
                if not future.done():
                    future.set_result(None)
        if self._event is not None:
            self._event.set()
            self._event = None

    async def wait(self) -> None:
        """Waits until it rings the next time."""
        if self._loop is None:
            self._event = self._event or anyio.Event()
            await self._event.wait()
            return
        future = self._loop.create_future()
        self._futures.append(future)
        try:
            await future
        finally:
            if future in self._futures:  # cancelled before it rang
                self._futures.remove(future)
