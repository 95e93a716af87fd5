"""What a client and its views share: the engine, the gate, and the event loop that they belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import anyio

from ..errors import UsageError
from .exchange import Exchange
from .gate import Gate
from .jsontext import JsonLoads
from .wire import Answer, Request

__all__ = ["Engine", "Session"]


class Engine(Protocol):
    """What sends a request and brings its whole answer."""

    asyncio_only: bool

    async def send(self, request: Request, exchange: Exchange) -> Answer: ...

    async def aclose(self) -> None: ...


class Session:
    """An engine behind a gate, bound to the first event loop that uses it.

    Args:
        engine: What sends.
        gate: Who may send now.
        json_loads: What parses JSON text.

    Attributes:
        closed: Whether it was closed.
        under_way: The attempts that closing ends.
        now: The clock of the event loop, in seconds; asked directly where that is known to be possible,
            because a call asks six times, and finding the loop takes longer than its answer.
    """

    def __init__(self, engine: Engine, gate: Gate, json_loads: JsonLoads) -> None:
        self.engine = engine
        self.gate = gate
        self.json_loads = json_loads
        self.closed: bool = False
        self.under_way: set[anyio.CancelScope] = set()
        self.now: Callable[[], float] = anyio.current_time
        self._loop: Any = None

    @property
    def used(self) -> bool:
        """Whether a call was ever made."""
        return self._loop is not None

    def bind(self) -> None:
        """Checks that the session is open and that this is its event loop; the first use decides which.

        Raises:
            UsageError: It is closed, or belongs to another event loop.
        """
        if self.closed:
            raise UsageError("the client is closed")
        loop = _running_loop()
        if self._loop is None:
            if self.engine.asyncio_only and not isinstance(loop, asyncio.AbstractEventLoop):
                raise UsageError('engine="aiohttp" runs on asyncio only: leave it out under trio')
            self._loop = loop
            if isinstance(loop, asyncio.AbstractEventLoop):
                self.now = loop.time
        elif self._loop is not loop:
            raise UsageError(
                "the client belongs to another event loop: its connections cannot move; make one client "
                "for each event loop"
            )

    async def aclose(self) -> None:
        """Closes the engine; a second time does nothing.

        Raises:
            UsageError: It belongs to another event loop, on which alone its connections can be closed.
        """
        if self.closed:
            return
        self.closed = True
        if self._loop is not None and self._loop is not _running_loop():
            raise UsageError("the client belongs to another event loop: only there it can be closed")
        for scope in [*self.under_way]:
            scope.cancel()
        await self.engine.aclose()


def _running_loop() -> Any:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from anyio.lowlevel import current_token

        return current_token().native_token
