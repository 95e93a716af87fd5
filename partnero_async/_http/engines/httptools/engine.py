"""The engine on asyncio's own protocols and llhttp: no client library lies between a call and its socket."""

from __future__ import annotations

import asyncio
import math
import re
import sys
import weakref
from collections.abc import Callable
from typing import Final

import anyio
import httptools

from ...._secret import Secret
from ....errors import ArgumentError, PartneroError, RequestError
from ...headers import CONTENT_TYPE, request_headers
from ...wire import Answer, Request
from ..contract import (
    CLOSED,
    CONNECT_SECONDS,
    IDLE_SECONDS,
    Exchange,
    Facts,
    foreign_error,
    idle_limit,
    network_error,
)
from ..idle import Idle
from ..names import Names
from ..origin import Origin, Proxy, Tls
from ..sockets import is_readable
from .connection import Connection
from .dialing import credentials_line, dial, tunnel

__all__ = ["HttptoolsEngine"]

_VISIBLE: Final = re.compile(r"[!-~]+")
# RFC 9110, section 8.6: without content these tell that it is empty, and the others nothing.
_MEANT_TO_HAVE_CONTENT: Final = frozenset({"POST", "PUT", "PATCH"})
# Of less than a millisecond, uvloop makes a call before it reads.
_AFTER_READING: Final = 0.002
# More content than this is encrypted, and written, piece by piece.
_MOST_ENCRYPTED: Final = 64 * 1024
_MORE_THAN_A_READ: Final = 1024 * 1024


class HttptoolsEngine:
    """Sends requests over connections to one origin, the one that came back last first.

    Args:
        origin: What targets continue.
        api_key: The API key.
        max_body: The most bytes of a body, inflated.
        tls: How encrypted connections are checked.
        proxy: The proxy to go through.

    Raises:
        ArgumentError: The proxy is of a kind that this engine has no code for.
    """

    asyncio_only = True
    keeps_time = True

    def __init__(
        self, *, origin: Origin, api_key: Secret, max_body: int, tls: Tls, proxy: Proxy | None
    ) -> None:
        if proxy is not None and proxy.scheme != "http":
            raise ArgumentError(f'engine="httptools" knows HTTP proxies alone, and none of {proxy.scheme}')
        self._origin = origin
        self._proxy = proxy
        self._max_body = max_body
        self._tls = tls
        # Of one host: the origin's, or the proxy's where there is one.
        self._names: Names | None = None
        # Where there is no tunnel, the request itself is what the proxy reads (RFC 9112, section 3.2.2).
        is_forwarded = proxy is not None and not origin.encrypted
        self._path = origin.url if is_forwarded else origin.path
        headers = request_headers(api_key, library=f"httptools/{httptools.__version__}")
        lines = [f"Host: {origin.authority}"]
        lines += [f"{name}: {v.reveal() if isinstance(v, Secret) else v}" for name, v in headers]
        lines += credentials_line(proxy) if proxy is not None and is_forwarded else []
        # Secret: frames of ours are shown by error reporters.
        self._head = Secret("\r\n".join([" HTTP/1.1", *lines, ""]))
        # A write on a connection that was reset loses what was not read yet, such as a refusal. The event
        # loop, which sends what one write left over, reads first; to encrypt all at once would keep it busy.
        self._most_at_once = _MOST_ENCRYPTED if origin.encrypted else sys.maxsize
        self._idle = Idle[Connection](Connection.abort)
        self._busy: set[Connection] = set()
        self._closed = False
        self._clock: Callable[[], float] = anyio.current_time
        # When it is looked next whose time is over: one timer for all requests.
        self._next_look = math.inf
        self._looking: asyncio.TimerHandle | None = None
        # Connections that are being made.
        self._opening: set[anyio.CancelScope] = set()

    @property
    def open_connections(self) -> int:
        """How many connections are held: in use and idle."""
        return len(self._idle) + len(self._busy)

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
            ArgumentError: The target cannot be put on a line of its own.
        """
        self._check(request)
        facts = exchange.facts
        connection = None if exchange.orders.fresh else self._take()
        if connection is None:
            connection = await self._open(exchange)
        self._busy.add(connection)
        facts.reused = connection.idle_since != -math.inf
        limit = 0.0
        try:
            answering = connection.ask(request, self._said, exchange)
            if exchange.give_up_at < self._next_look:
                self._look_at(exchange.give_up_at)
            if request.content is not None and len(request.content) > self._most_at_once:
                await connection.write(memoryview(request.content))
            answer = await answering
            told = answer.headers.get("keep-alive")
            limit = IDLE_SECONDS if told is None else idle_limit(told)
        except RequestError:
            if facts.reused and not facts.answered:
                for suspect in self._idle.pop_suspects(connection.idle_since):
                    suspect.abort()
            raise
        finally:
            # Anything but a clean end, cancellation included, aborts: there is nothing to await here.
            connection.end()
            self._busy.discard(connection)
            is_written = request.content is None or connection.has_written_all
            if connection.reusable and is_written and limit > 0 and not self._closed:
                self._idle.put(connection, self._clock(), limit)
            else:
                connection.abort()
        return answer

    async def aclose(self) -> None:
        """Closes all connections; requests under way fail."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        for scope in [*self._opening]:
            scope.cancel()
        for connection in [*self._idle.pop_all(), *self._busy]:
            connection.abort(network_error(connection.exchange.facts, CLOSED))
        await asyncio.sleep(0)  # in which the event loop closes the sockets

    def _check(self, request: Request) -> None:
        if not _VISIBLE.fullmatch(self._path + request.target) or not request.method.isalpha():
            raise ArgumentError("no request line can be made of it")

    def _said(self, request: Request) -> bytes:
        """The bytes of a request: its head, and its content unless that is written piece by piece.

        They are in no local of a frame that may be shown.
        """
        content = request.content
        if content is None:
            framing = "Content-Length: 0\r\n\r\n" if request.method in _MEANT_TO_HAVE_CONTENT else "\r\n"
        else:
            framing = f"{': '.join(CONTENT_TYPE)}\r\nContent-Length: {len(content)}\r\n\r\n"
        head = f"{request.method} {self._path}{request.target}{self._head.reveal()}{framing}".encode("ascii")
        return head if content is None or len(content) > self._most_at_once else head + content

    def _take(self) -> Connection | None:
        """The connection that came back last, if it may be used again."""
        while self._idle:
            connection = self._idle.pop()
            if self._clock() < connection.stale_at and connection.is_quiet:
                return connection
            connection.abort()
        return None

    def _look_at(self, when: float) -> None:
        """Sees to it that requests are given up whose time is over."""
        if self._looking is not None:
            self._looking.cancel()
        this: weakref.ref[HttptoolsEngine] = weakref.ref(self)
        self._next_look = when
        self._looking = asyncio.get_running_loop().call_at(when, _look, this)

    def look(self) -> None:
        """Gives up the requests whose time is over."""
        self._looking, self._next_look = None, math.inf
        now, again = self._clock(), math.inf
        for connection in self._busy:
            exchange = connection.exchange
            if exchange.give_up_at <= now:
                # What has arrived by now is read first: uvloop looks at its timers before.
                if connection.is_overdue or not is_readable(connection.socket):
                    connection.time_out()
                    continue
                connection.is_overdue = True
            again = min(again, max(exchange.give_up_at, now + _AFTER_READING))
        if again < math.inf:
            self._look_at(again)

    async def _open(self, exchange: Exchange) -> Connection:
        facts = exchange.facts
        if self._clock is anyio.current_time:
            self._clock = asyncio.get_running_loop().time
            # asyncio has 256 KiB allocated for each read. glibc maps and unmaps such a block each time, at
            # 10 to 40 us, until a larger one was freed: this one (mallopt(3), M_MMAP_THRESHOLD).
            _ = bytes(_MORE_THAN_A_READ)
        connection = Connection(self._max_body)
        connect_by = self._clock() + CONNECT_SECONDS
        failure: RequestError | None = None
        opened = False
        with anyio.CancelScope(deadline=min(connect_by, exchange.give_up_at)) as scope:
            self._opening.add(scope)
            try:
                if not self._closed:
                    await self._connect(connection, facts)
                opened = not self._closed
            except PartneroError:
                raise
            except Exception as error:
                failure = foreign_error(facts, error)
            finally:
                self._opening.discard(scope)
                if not opened:
                    connection.abort()
        if opened:
            return connection
        if self._closed:
            failure = network_error(facts, CLOSED)
        elif failure is None and self._clock() < connect_by:
            raise TimeoutError
        raise failure or network_error(facts, f"no connection within {CONNECT_SECONDS:g} s")

    async def _connect(self, connection: Connection, facts: Facts) -> None:
        origin, proxy = self._origin, self._proxy
        tls = self._tls.context() if origin.encrypted else None
        host, port = (proxy.host, proxy.port or 80) if proxy is not None else (origin.host, origin.port)
        port = port or (443 if origin.encrypted else 80)
        self._names = self._names or Names(host, port)
        sock = await dial(self._names, port)
        try:
            if proxy is not None and origin.encrypted:
                await tunnel(sock, origin, proxy, facts)
        except BaseException:
            sock.close()
            raise
        # From here on the socket is the event loop's to close.
        await asyncio.get_running_loop().create_connection(
            lambda: connection,
            sock=sock,
            ssl=tls,
            # A certificate has names without the dot that says where a name ends (RFC 6066, 3).
            server_hostname=origin.host.removesuffix(".") if origin.encrypted else None,
        )


def _look(engine: weakref.ref[HttptoolsEngine]) -> None:
    # A timer must not keep an engine alive that nobody holds any more.
    alive = engine()
    if alive is not None:
        alive.look()
