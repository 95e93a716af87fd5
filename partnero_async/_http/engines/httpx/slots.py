"""The connection transport: each request has one connection alone, and only a clean one is used again.

httpcore's pool scans all connections and all waiters at every arrival and completion, and a request that
is cancelled while connecting leaves a connection that no clean-up ever matches (encode/httpcore#1093).
Here there is no pool: a list of slots, last in first out, each with one connection. A slot comes back only
if its response was read exactly to its end; otherwise it is closed and thrown away.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import anyio
import httpcore
import httpx

from ....errors import ResponseError
from ..answers import body_of_refusal
from ..contract import CLOSED, COLD_SECONDS, Exchange
from ..origin import Origin, Proxy, Tls
from .network import Backend, Line, close_shielded

__all__ = ["EXTENSION", "SlotTransport"]

EXTENSION: Final = "partnero_async.exchange"
"""The key under which a request carries its exchange past httpx, among the extensions."""

_TWINS: Final[dict[type[Exception], type[httpx.TransportError]]] = {
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ConnectionNotAvailable: httpx.ConnectError,
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadError: httpx.ReadError,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteError: httpx.WriteError,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}


class _Slot:
    """One connection and what is known of it."""

    __slots__ = ("connection", "idle_since", "line")

    def __init__(self, connection: Any, line: Line) -> None:
        self.connection = connection
        self.line = line
        self.idle_since = 0.0

    def is_clean(self) -> bool:
        """Whether the last response ended exactly with the bytes that arrived, and the socket stays open."""
        # Through a proxy, httpcore has a pool of one connection; else it is the connection itself.
        pooled = getattr(self.connection, "connections", None)
        connection = self.connection if pooled is None else pooled[0] if pooled else None
        return connection is not None and connection.is_idle() and self.line.meter.exact

    def is_alive(self) -> bool:
        """Whether nothing arrived since, neither bytes nor the end of the connection."""
        return self.line.stream is not None and not self.line.stream.is_readable()

    async def close(self) -> None:
        """Closes the connection, also one that is still being made."""
        self.line.closed = True
        await close_shielded(self.connection)
        await self.line.close()


class SlotTransport(httpx.AsyncBaseTransport):
    """Connections to one origin.

    Args:
        origin: Where to.
        tls: How encrypted connections are checked.
        proxy: The proxy to go through, if any.
        clock: Tells the seconds by which idle connections get cold.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        tls: Tls,
        proxy: Proxy | None = None,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._base = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=b"/")
        self._origin = self._base.origin
        self._encrypted = origin.encrypted
        self._tls = tls
        self._proxy = proxy
        self._clock = clock
        self._idle: deque[_Slot] = deque()
        self._busy: set[_Slot] = set()
        self._closed = False

    @property
    def open_connections(self) -> int:
        """How many connections are held: in use and idle."""
        return len(self._idle) + len(self._busy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request over a connection of its own, and reads the whole response, still encoded."""
        exchange = request.extensions.get(EXTENSION) or Exchange()
        facts = exchange.facts
        base = self._base
        facts.written = False
        slot = await self._check_out(exchange.orders.longest_idle)
        slot.line.begin(exchange, request.method)
        try:
            response = await slot.connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=base.scheme,
                        host=base.host,
                        port=base.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
            facts.status = response.status
            facts.body = await _read_whole(response)
        except BaseException as error:
            await self._discard(slot)
            _raise_as_httpx(error)
            raise
        await self._check_in(slot)
        return httpx.Response(response.status, headers=response.headers, stream=_Whole(facts.body))

    async def aclose(self) -> None:
        """Closes all connections; requests under way fail."""
        self._closed = True
        slots = [*self._idle, *self._busy]
        self._idle.clear()
        for slot in slots:
            await slot.close()

    async def _check_out(self, longest_idle: float) -> _Slot:
        # The newest is looked at first: if that has been idle for too long, all others have.
        while self._idle and self._clock() - self._idle[-1].idle_since <= longest_idle:
            slot = self._idle.pop()
            self._busy.add(slot)
            if slot.is_alive():
                return slot
            await self._discard(slot)
        if self._closed:
            raise httpx.ConnectError(CLOSED)
        slot = self._open()
        self._busy.add(slot)
        return slot

    async def _check_in(self, slot: _Slot) -> None:
        """Takes back a slot whose response was read to its end, and closes at most two of the coldest."""
        if self._closed or not slot.is_clean():
            await self._discard(slot)
            return
        self._busy.discard(slot)
        slot.line.exchange = None
        slot.idle_since = now = self._clock()
        self._idle.append(slot)
        for _ in range(2):
            # While one was closed, other requests may have taken the rest.
            if not self._idle or now - self._idle[0].idle_since <= COLD_SECONDS:
                break
            cold = self._idle.popleft()
            self._busy.add(cold)
            await self._discard(cold)

    async def _discard(self, slot: _Slot) -> None:
        """Closes a slot that may not be used again."""
        try:
            await slot.close()
        finally:
            self._busy.discard(slot)

    def _open(self) -> _Slot:
        proxy = self._proxy
        line = Line(layers=self._encrypted + (proxy is not None and proxy.encrypted))
        context = self._tls.context() if self._encrypted else None
        if proxy is None:
            connection: Any = httpcore.AsyncHTTPConnection(
                self._origin, ssl_context=context, network_backend=Backend(line)
            )
        else:
            to_proxy = self._tls.context() if proxy.encrypted else None
            connection = _proxy_connection(proxy, context, to_proxy, Backend(line))
        return _Slot(connection, line)


class _Whole(httpx.AsyncByteStream):
    """A body that was read already, for event hooks that ask for it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


async def _read_whole(response: httpcore.Response) -> bytes:
    """The body as it was sent."""
    stream: Any = response.stream
    try:
        parts = [part async for part in stream]
        await stream.aclose()
        return b"".join(parts)
    except (httpcore.NetworkError, httpcore.ProtocolError, ResponseError) as error:
        return body_of_refusal(response.status, error)


def _proxy_connection(
    proxy: Proxy,
    context: ssl.SSLContext | None,
    to_proxy: ssl.SSLContext | None,
    backend: httpcore.AsyncNetworkBackend,
) -> Any:
    """A proxy's pool with room for one connection, which is how httpcore offers proxies in public."""
    url = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target=b"/")
    auth = (proxy.username.encode(), proxy.password.reveal().encode()) if proxy.has_credentials else None
    if proxy.scheme in ("socks5", "socks5h"):
        return httpcore.AsyncSOCKSProxy(
            url, proxy_auth=auth, ssl_context=context, max_connections=1, network_backend=backend
        )
    return httpcore.AsyncHTTPProxy(
        url,
        proxy_auth=auth,
        ssl_context=context,
        proxy_ssl_context=to_proxy,
        max_connections=1,
        network_backend=backend,
    )


def _raise_as_httpx(error: BaseException) -> None:
    twin = _TWINS.get(type(error)) if isinstance(error, Exception) else None
    if twin is not None:
        raise twin(str(error)) from error
