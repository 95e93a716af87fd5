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

Of a refusal the status counts: where the status is not 2xx, a body that cannot be read is an empty one.

Whatever goes wrong below is raised as one of our errors, made by ``network_error`` or ``foreign_error``: in
words that hold no header and no body, and with no more for its cause than what the operating system or TLS
said. Only what a user's own code raises, in an event hook or a transport, leaves as it is.
"""

from __future__ import annotations

import errno
import math
import os
import re
import ssl
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final, Protocol

import anyio
import attrs

from ...errors import ConnectError, ConnectionLostError, NetworkError, ProtocolError, RequestError
from ..wire import Answer, Request
from .sockets import process

__all__ = [
    "CLOSED",
    "CONNECT_SECONDS",
    "IDLE_SECONDS",
    "LIBRARIES",
    "MOST_IDLE_SECONDS",
    "Engine",
    "Exchange",
    "Facts",
    "LateError",
    "Orders",
    "cause_of",
    "foreign_error",
    "idle_limit",
    "network_error",
    "protocol_error",
    "proxy_error",
    "unquoted",
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

LIBRARIES: Final = frozenset(
    {"aiohttp", "anyio", "h11", "h2", "httpcore", "httpcore2", "httpx", "httpx2", "socksio", "ssl", "zlib"}
)
"""Whose exceptions may come out of what a user brings to send through."""

_OF_PYTHON: Final = ("builtins", "socket", "ssl")
# h11 and aiohttp quote what they read: "illegal status line: bytearray(b'...')", "Bad status line 'x'".
_QUOTATION: Final = re.compile(r"bytearray|(?<![A-Za-z])b?['\"]|\n|[a-z]+://")
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_KEPT_FOR: Final = re.compile(r"(?:^|,)\s*timeout\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)


class LateError(ConnectError):
    """The time of an exchange was over before it was sent; only the attempt loop sees this."""


@attrs.frozen
class Orders:
    """What the attempt loop asks of one exchange."""

    fresh: bool = False
    """Whether the request goes over a connection that was never used before."""

    most_received: float = math.inf
    """The most bytes that may be received for it, head and encoded body together."""

    clock: Callable[[], float] = anyio.current_time
    """The clock of the event loop, in seconds."""

    forks: int = attrs.Factory(lambda: process.forks)
    """The forks between the first process and the one that may send it."""


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
    """One attempt at a request: what is ordered, what becomes of it, and what may still hold it back."""

    orders: Orders = attrs.Factory(Orders)
    facts: Facts = attrs.Factory(Facts)
    guard: Callable[[], None] | None = None
    give_up_at: float = math.inf
    """When it is given up, on the event loop's clock: by the engine, if that keeps the time."""

    def begin_writing(self) -> None:
        """Told just before bytes of the request are handed to the network, or to who does not tell of that.

        Raises:
            LateError: Its time is over, though nobody had a turn to say so.
            RequestError: It must not be sent any more, and no byte of it was.
        """
        if self.facts.written is False:
            if self.orders.forks != process.forks:
                raise ConnectError("not sent: this process was forked")
            if self.give_up_at <= self.orders.clock():
                raise LateError("not sent: its time is over")
            if self.guard is not None:
                self.guard()
        self.facts.written = True


def idle_limit(keep_alive: str) -> float:
    """For how many seconds a connection may be idle, by the ``Keep-Alive`` header of its last answer."""
    told = _KEPT_FOR.search(keep_alive)
    # A little less than the server keeps it, for what is under way to it when it closes.
    return IDLE_SECONDS if told is None else min(MOST_IDLE_SECONDS, float(told[1]) - 1)


class Engine(Protocol):
    """What sends a request and brings its whole answer; what it promises stands at the top of this module."""

    asyncio_only: bool
    """Whether it needs asyncio's event loop."""

    keeps_time: bool
    """Whether it gives up by itself at ``Exchange.give_up_at``; else it is cancelled then."""

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
            ArgumentError: The library underneath refuses the URL.
            TimeoutError: It keeps the time, which is over.
            UsageError: What the user handed in to send through is closed.
        """
        ...

    async def aclose(self) -> None:
        """Closes all connections that the engine opened; requests under way fail."""
        ...


def network_error(facts: Facts, said: str, cause: BaseException | None = None) -> NetworkError:
    """The error for a connection that failed, by what is known to have been written of the request.

    Args:
        facts: What is known of the exchange.
        said: What happened, in words.
        cause: The exception of the library underneath: of it, ``cause_of`` is kept.
    """
    error: NetworkError
    if facts.written is False:
        error = ConnectError(f"could not connect: {said}")
    else:
        error = ConnectionLostError(f"the connection was lost: {said}")
    error.__cause__ = cause_of(cause)
    return error


def protocol_error(said: str) -> ProtocolError:
    """The error for an answer that is not HTTP.

    Args:
        said: What the library underneath says of it. Only what it says before it begins to quote is kept.
    """
    return ProtocolError(f"not HTTP as it should be: {unquoted(said) or 'it cannot be read'}")


def unquoted(said: str) -> str:
    """What a library says before it begins to quote what it read, or where it asked."""
    return _QUOTATION.split(said, maxsplit=1)[0].rstrip(" :,(=[<")


def foreign_error(facts: Facts, error: Exception) -> RequestError:
    """The error for an exception that no library documents, by its class alone: its text may quote."""
    said = type(error).__name__
    if facts.written is False or cause_of(error) is not None:
        return network_error(facts, said_by_system(error) or said, error)
    return protocol_error(said)


def cause_of(error: BaseException | None) -> OSError | None:
    """What the operating system or TLS said, at the bottom of an exception: without frames, and no more.

    What parsers and clients raise quotes what they read, or holds the request; it is never kept.
    """
    found: OSError | None = None
    for link in _chain(error):
        waiting = isinstance(link, (ssl.SSLWantReadError, ssl.SSLWantWriteError))
        if isinstance(link, OSError) and type(link).__module__ in _OF_PYTHON and not waiting:
            found = link
    if found is not None:
        found.__cause__ = found.__context__ = found.__traceback__ = None
    return found


def said_by_system(error: BaseException) -> str:
    """The same in words; empty where there are none."""
    cause = cause_of(error)
    if cause is None:
        return ""
    # asyncio's own words have the address in them, as "[Errno 111] Connect call failed ('::1', 443, 0, 0)".
    if type(cause).__module__ == "builtins" and cause.errno is not None and cause.errno in errno.errorcode:
        return f"[Errno {cause.errno}] {os.strerror(cause.errno)}"
    # What asyncio raises of itself may have no words: ConnectionResetError().
    return str(cause) or type(cause).__name__


def proxy_error(facts: Facts, status: int) -> NetworkError:
    """The error for a proxy that opened no tunnel; its own words are not kept."""
    return network_error(facts, f"the proxy answered {status} {_PHRASES.get(status, '')}".rstrip())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those that led to it, outermost first."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
