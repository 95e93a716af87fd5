"""An asyncio event loop whose time jumps to the next timer when nothing else is left to do."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

__all__ = ["VirtualLoop"]


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs hours of waiting in no time: for tests that stay in memory.

    With AnyIO's plugin, a fixture ``anyio_backend`` returns ``("asyncio", {"loop_factory": VirtualLoop})``;
    with pytest-asyncio, the hook ``pytest_asyncio_loop_factories`` returns ``{"virtual": VirtualLoop}``. What
    a socket, a thread or another process has to do is not waited for: the time jumps on without it.
    """

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self))
        # What asyncio takes for now; less than that is lost in a time of more than half a year.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Seconds on the clock of this loop, from 0."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Sets the clock forward."""
        self._now += seconds


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError(
                "deadlock: nothing is ready and nothing is due; a socket, a thread or another process, for "
                "which a test may wait, has no part in this loop's time"
            )
        if not ready and timeout:
            self._loop.jump(timeout)
        return ready
