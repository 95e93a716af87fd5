# Made of ../httpx by .ci/httpx2.py: what is to be changed is changed there.
"""The connection transport: each request has one connection alone, and only a clean one is used again.

httpcore2's pool scans all connections and all waiters at every arrival and completion, and a request that
is cancelled while connecting leaves a connection that no clean-up ever matches (encode/httpcore2#1093).
Here there is no pool: a list of slots, last in first out, each with one connection. A slot comes back only
if its response was read exactly to its end; otherwise it is closed and thrown away.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

import anyio
import h11
import httpcore2
import httpx2

from ....errors import PartneroError
from ..contract import CLOSED, IDLE_SECONDS, Exchange, Facts, idle_limit
from ..idle import Idle
from ..names import Names
from ..origin import Origin, Proxy, Tls
from .http11 import Connection, Direct, Outgoing, Reply, Through
from .network import Backend, Line, close_shielded
from .watched import Unchanged, is_changed

__all__ = ["EXTENSION", "SlotTransport", "Unfollowed"]

EXTENSION: Final = "partnero_async.exchange"
"""The key under which a request carries its exchange past httpx2, among the extensions."""

_TWINS: Final[dict[type[Exception], type[httpx2.TransportError]]] = {
    httpcore2.ConnectError: httpx2.ConnectError,
    httpcore2.ConnectionNotAvailable: httpx2.ConnectError,
    httpcore2.ConnectTimeout: httpx2.ConnectTimeout,
    httpcore2.ReadError: httpx2.ReadError,
    httpcore2.ReadTimeout: httpx2.ReadTimeout,
    httpcore2.WriteError: httpx2.WriteError,
    httpcore2.WriteTimeout: httpx2.WriteTimeout,
    httpcore2.ProxyError: httpx2.ProxyError,
    httpcore2.UnsupportedProtocol: httpx2.UnsupportedProtocol,
    httpcore2.LocalProtocolError: httpx2.LocalProtocolError,
    httpcore2.RemoteProtocolError: httpx2.RemoteProtocolError,
}
_OURS: Final = frozenset({EXTENSION, "timeout"})

_connections_are_httpcores: Final = Unchanged(httpcore2.AsyncHTTPConnection, "handle_async_request")


class _Slot:
    """One connection and what is known of it."""

    __slots__ = ("connection", "idle_since", "line", "stale_at")

    def __init__(self, connection: Connection, line: Line) -> None:
        self.connection = connection
        self.line = line
        self.idle_since = -math.inf
        self.stale_at = math.inf

    def is_clean(self) -> bool:
        """Whether the last response ended exactly with the bytes that arrived, and the socket stays open."""
        return self.connection.is_idle() and self.line.meter.exact

    def is_alive(self) -> bool:
        """Whether nothing arrived since, neither bytes nor the end of the connection."""
        return self.line.stream is not None and not self.line.stream.is_readable()

    async def close(self) -> None:
        """Closes the connection, also one that is still being made."""
        self.line.closed = True
        if isinstance(self.connection, Through):
            await close_shielded(self.connection)
        await self.line.close()


class SlotTransport(httpx2.AsyncBaseTransport):
    """Connections to one origin.

    Args:
        origin: Where to.
        tls: How encrypted connections are checked.
        proxy: The proxy to go through, if any.
        clock: Tells the seconds by which idle connections get stale.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        tls: Tls,
        proxy: Proxy | None = None,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._base = httpcore2.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=b"/")
        self._origin = self._base.origin
        self._encrypted = origin.encrypted
        self._tls = tls
        self._proxy = proxy
        self._clock = clock
        # Of one host: the origin's, or the proxy's where there is one.
        self._names: Names | None = None
        # Then a slot is a pool with room for one connection, as it is behind a proxy.
        self._in_pools = is_changed(httpcore2.AsyncConnectionPool)
        self._idle = Idle[_Slot](lambda slot: slot.line.abort())
        self._busy: set[_Slot] = set()
        self._closed = False

    @property
    def open_connections(self) -> int:
        """How many connections are held: in use and idle."""
        return len(self._idle) + len(self._busy)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends a request over a connection of its own, and reads the whole response, still encoded."""
        exchange = request.extensions.get(EXTENSION) or Exchange()
        exchange.facts.written = False
        stream: Any = request.stream
        try:
            outgoing = Outgoing(
                h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw),
                content=stream,
                extensions=request.extensions,
            )
        except h11.LocalProtocolError as error:
            raise httpx2.LocalProtocolError(str(error)) from error
        reply = await self.fetch(outgoing, exchange)
        exchange.facts.body = reply.body
        return Unfollowed(reply.status, headers=reply.headers, stream=_Whole(reply.body))

    async def fetch(self, outgoing: Outgoing, exchange: Exchange) -> Reply:
        """The same without httpx2's own objects around it.

        Raises:
            httpx2.TransportError: As httpx2 itself would raise it.
        """
        facts = exchange.facts
        through_httpcore = (
            self._proxy is not None
            or self._in_pools
            or not _connections_are_httpcores()
            # As a trace, which somebody has put into the request.
            or not outgoing.extensions.keys() <= _OURS
        )
        slot = await self._check_out(through_httpcore, fresh=exchange.orders.fresh)
        facts.reused = slot.idle_since != -math.inf
        slot.line.begin(exchange, outgoing.head.method.decode("ascii"))
        try:
            reply = await slot.connection.fetch(outgoing, facts)
        except BaseException as error:
            await self._discard(slot)
            if facts.reused and not facts.answered and isinstance(error, Exception):
                await self._distrust(slot.idle_since)
            _raise_as_httpx(error, facts)
            raise
        await self._check_in(slot, _idle_limit_of(reply.headers))
        return reply

    async def aclose(self) -> None:
        """Closes all connections; requests under way fail."""
        self._closed = True
        self._busy.update(self._idle.pop_all())
        # Each leaves the list when it is closed: whoever was cancelled here may come again.
        for slot in list(self._busy):
            await self._discard(slot)

    async def _check_out(self, through_httpcore: bool, *, fresh: bool) -> _Slot:
        while self._idle and not fresh:
            slot = self._idle.pop()
            self._busy.add(slot)
            if (
                self._clock() < slot.stale_at
                and slot.is_alive()
                and not (through_httpcore and isinstance(slot.connection, Direct))
            ):
                return slot
            await self._discard(slot)
        if self._closed:
            raise httpx2.ConnectError(CLOSED)
        slot = self._open(through_httpcore)
        self._busy.add(slot)
        return slot

    async def _check_in(self, slot: _Slot, limit: float) -> None:
        """Takes back a slot whose response was read to its end, and closes at most two that are stale."""
        if self._closed or limit <= 0 or not slot.is_clean():
            await self._discard(slot)
            return
        self._busy.discard(slot)
        slot.line.exchange = None
        now = self._clock()
        self._idle.put(slot, now, limit, swept=self._clock is anyio.current_time)
        for _ in range(2):
            # While one was closed, other requests may have taken the rest.
            stale = self._idle.pop_stale(now)
            if stale is None:
                break
            self._busy.add(stale)
            await self._discard(stale)

    async def _distrust(self, idle_since: float) -> None:
        """Closes what has been idle for about as long as a connection that turned out to be dead."""
        suspects = self._idle.pop_suspects(idle_since)
        self._busy.update(suspects)
        for slot in suspects:
            await self._discard(slot)

    async def _discard(self, slot: _Slot) -> None:
        """Closes a slot that may not be used again."""
        try:
            await slot.close()
        finally:
            self._busy.discard(slot)

    def _names_of(self, host: str, port: int) -> Names:
        self._names = self._names or Names(host, port)
        return self._names

    def _open(self, through_httpcore: bool) -> _Slot:
        proxy = self._proxy
        line = Line(
            layers=self._encrypted + (proxy is not None and proxy.encrypted),
            through_socks=proxy is not None and proxy.scheme.startswith("socks"),
        )
        backend = Backend(line, self._names_of)
        context = self._tls.context() if self._encrypted else None
        if not through_httpcore:
            return _Slot(Direct(backend, self._origin, context), line)
        if proxy is not None:
            to_proxy = self._tls.context() if proxy.encrypted else None
            connection = _proxy_connection(proxy, context, to_proxy, backend)
        elif self._in_pools:
            connection = httpcore2.AsyncConnectionPool(
                ssl_context=context, max_connections=1, network_backend=backend
            )
        else:
            connection = httpcore2.AsyncHTTPConnection(
                self._origin, ssl_context=context, network_backend=backend
            )
        return _Slot(Through(connection, self._base), line)


class Unfollowed(httpx2.Response):
    """A response that leads nowhere: else httpx2 reads where a redirect goes, though nobody follows it."""

    @property
    def has_redirect_location(self) -> bool:
        return False


class _Whole(httpx2.AsyncByteStream):
    """A body that was read already, for event hooks that ask for it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def _idle_limit_of(headers: Iterable[tuple[bytes, bytes]]) -> float:
    for name, value in headers:
        if name.lower() == b"keep-alive":
            return idle_limit(value.decode("latin-1"))
    return IDLE_SECONDS


def _proxy_connection(
    proxy: Proxy,
    context: ssl.SSLContext | None,
    to_proxy: ssl.SSLContext | None,
    backend: httpcore2.AsyncNetworkBackend,
) -> Any:
    """A proxy's pool with room for one connection, which is how httpcore2 offers proxies in public."""
    url = httpcore2.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target=b"/")
    auth = (proxy.username.encode(), proxy.password.reveal().encode()) if proxy.has_credentials else None
    if proxy.scheme in ("socks5", "socks5h"):
        return httpcore2.AsyncSOCKSProxy(
            url, proxy_auth=auth, ssl_context=context, max_connections=1, network_backend=backend
        )
    return httpcore2.AsyncHTTPProxy(
        url,
        proxy_auth=auth,
        ssl_context=context,
        proxy_ssl_context=to_proxy,
        max_connections=1,
        network_backend=backend,
    )


def _raise_as_httpx(error: BaseException, facts: Facts) -> None:
    """Raises an exception from below as what httpx2 itself would raise, if it is not ours."""
    if not isinstance(error, Exception) or isinstance(error, PartneroError):
        return
    twin = _TWINS.get(type(error))
    if twin is not None:
        raise twin(str(error)) from error
    # What httpcore2 documents nowhere, as the words of socksio on an answer that is not SOCKS.
    said = str(error) or type(error).__name__
    raise (httpx2.RemoteProtocolError if facts.written else httpx2.ConnectError)(said) from error
