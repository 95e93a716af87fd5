"""What an engine promises, and what is said between it and the attempt loop.

An engine sends one request and brings its whole answer. Whatever it is built on, it keeps four promises:

1. **Never another's answer.** What it returns was sent for this request. A connection on which anything else
   may have arrived is not used again: not after an exchange that was cancelled, failed, timed out or was
   answered with more bytes than one response, not once it was idle for too long, and not in another process.
2. **It knows whether a byte was written.** ``Facts.written`` is False only while no byte of the request can
   have left this process: on that alone rests whether a call that changes state is sent again.
3. **It can be cancelled anywhere**, at each of its awaits, and leaves nothing half-done that another request
   could meet, no socket open and no task running.
4. **It takes no more than the limit.** An answer of more bytes than ``Orders.most_received``, or whose body
   inflates to more than ``max_body``, is a ``ResponseError``; what was sent beyond is not kept.

Of a refusal the status counts: where the status is not 2xx, a body that cannot be read is an empty one. What
goes wrong is raised as one of our errors, in words that hold no header and no body; the exception of the
library underneath may be its context.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final, Protocol

import attrs

from ...errors import ConnectError, ConnectionLostError, NetworkError
from ..wire import Answer, Request

__all__ = [
    "CLOSED",
    "CONNECT_SECONDS",
    "IDLE_SECONDS",
    "MOST_IDLE_SECONDS",
    "Engine",
    "Exchange",
    "Facts",
    "Orders",
    "idle_limit",
    "network_error",
]

CONNECT_SECONDS: Final = 5.0
"""The longest that making one connection may take."""

IDLE_SECONDS: Final = 4.0
"""For how long a connection may be idle and be used again, unless the server says otherwise: uvicorn, Node
and Apache close theirs after 5 seconds."""

MOST_IDLE_SECONDS: Final = 60.0
"""The same, where the server says that it keeps connections for longer: firewalls forget quiet ones."""

CLOSED: Final = "the client was closed"
"""What an engine says of a request that it can no longer send."""

_KEPT_FOR: Final = re.compile(r"(?:^|,)\s*timeout\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)


@attrs.frozen
class Orders:
    """What the attempt loop asks of one exchange."""

    fresh: bool = False
    """Whether the request goes over a connection that was never used before."""

    most_received: float = math.inf
    """The most bytes that may be received for it, head and encoded body together."""


class Facts:
    """What the engine tells of one exchange, while it is under way and after.

    Attributes:
        written: True from just before the first byte of the request is handed to the network; False while
            none was; None while something that cannot tell has the request.
        reused: Whether the request went over a connection that had been used before.
        answered: Whether a byte came back for it.
        hung_up: Whether the other side closed the connection while an answer was awaited.
        status: The status of the answer, once its head is there.
        body: The body as it was received, encoded, where the engine's connections read it whole.
        connection: What the engine itself knows the connection by; nobody else looks at it.
    """

    __slots__ = ("answered", "body", "connection", "hung_up", "reused", "status", "written")

    def __init__(self) -> None:
        self.written: bool | None = False
        self.reused: bool = False
        self.answered: bool = False
        self.hung_up: bool = False
        self.status: int | None = None
        self.body: bytes | None = None
        self.connection: Any = None


@attrs.define(eq=False)
class Exchange:
    """One attempt at a request: what is ordered, and what becomes of it."""

    orders: Orders = attrs.Factory(Orders)
    facts: Facts = attrs.Factory(Facts)


def idle_limit(keep_alive: str) -> float:
    """For how many seconds a connection may be idle, by the ``Keep-Alive`` header of its last answer."""
    told = _KEPT_FOR.search(keep_alive)
    # A little less than the server keeps it, for what is under way to it when it closes.
    return IDLE_SECONDS if told is None else min(MOST_IDLE_SECONDS, float(told[1]) - 1)


class Engine(Protocol):
    """What sends a request and brings its whole answer; what it promises stands at the top of this module."""

    asyncio_only: bool
    """Whether it needs asyncio's event loop."""

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
            ArgumentError: The library underneath refuses the URL.
            UsageError: What the user handed in to send through is closed.
        """
        ...

    async def aclose(self) -> None:
        """Closes all connections that the engine opened; requests under way fail."""
        ...


def network_error(facts: Facts, said: str) -> NetworkError:
    """The error for a connection that failed, by what is known to have been written of the request."""
    if facts.written is False:
        return ConnectError(f"could not connect: {said}")
    return ConnectionLostError(f"the connection was lost: {said}")
