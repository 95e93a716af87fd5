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

from .exchange import COLD_SECONDS, EXTENSION, Exchange
from .network import Backend, Wire, close_shielded

__all__ = ["SlotTransport"]


_TWINS: Final[dict[type[Exception], type[httpx.TransportError]]] = {
    httpcore.ConnectError: httpx.ConnectError,
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

    __slots__ = ("connection", "idle_since", "wire")

    def __init__(self, connection: Any, wire: Wire) -> None:
        self.connection = connection
        self.wire = wire
        self.idle_since = 0.0

    def is_clean(self) -> bool:
        """Whether the last response ended exactly with the bytes that arrived, and the socket stays open."""
        # A proxy's pool of one shows its connection; a lone connection is its own.
        pooled = getattr(self.connection, "connections", None)
        connection = self.connection if pooled is None else pooled[0] if pooled else None
        return connection is not None and connection.is_idle() and self.wire.meter.exact

    def is_alive(self) -> bool:
        return self.wire.stream is not None and not self.wire.stream.is_readable()

    async def close(self) -> None:
        await close_shielded(self.connection)
        if self.wire.stream is not None:
            await close_shielded(self.wire.stream)


class SlotTransport(httpx.AsyncBaseTransport):
    """Connections to one origin.

    Args:
        url: The base URL; its scheme, host and port are the origin.
        tls: Makes the TLS context, when the first encrypted connection is opened.
        proxy: The proxy to go through, if any.
    """

    def __init__(
        self, url: httpx.URL, *, tls: Callable[[], ssl.SSLContext], proxy: httpx.Proxy | None = None
    ) -> None:
        self._origin = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"
        ).origin
        self._tls = tls
        self._proxy = proxy
        self._idle: deque[_Slot] = deque()
        self._busy: set[_Slot] = set()
        self._closed = False

    @property
    def open_connections(self) -> int:
        """How many connections are held: in use and idle."""
        return len(self._idle) + len(self._busy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request over a connection of its own; the response gives it back when it is closed."""
        exchange = request.extensions.get(EXTENSION) or Exchange()
        slot = await self._check_out(exchange.longest_idle)
        slot.wire.begin(exchange, request.method)
        try:
            response = await slot.connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException as error:
            await self.discard(slot)
            _raise_as_httpx(error)
            raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(self, slot, response.stream),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Closes all connections; requests under way fail."""
        self._closed = True
        slots = [*self._idle, *self._busy]
        self._idle.clear()
        for slot in slots:
            await slot.close()

    async def _check_out(self, longest_idle: float) -> _Slot:
        slot = None
        while self._idle and slot is None:
            slot = self._idle.pop()
            if anyio.current_time() - slot.idle_since > longest_idle or not slot.is_alive():
                # Busy while it closes, so that a cancellation here cannot lose it.
                self._busy.add(slot)
                await self.discard(slot)
                slot = None
        if slot is None:
            slot = self._open()
        self._busy.add(slot)
        return slot

    async def check_in(self, slot: _Slot) -> None:
        """Takes back a slot whose response was read to its end, and closes at most two of the coldest."""
        if self._closed or not slot.is_clean():
            await self.discard(slot)
            return
        self._busy.discard(slot)
        slot.wire.exchange = None
        slot.idle_since = now = anyio.current_time()
        self._idle.append(slot)
        for _ in range(2):
            # While one was closed, other requests may have taken the rest.
            if not self._idle or now - self._idle[0].idle_since <= COLD_SECONDS:
                break
            cold = self._idle.popleft()
            self._busy.add(cold)
            await self.discard(cold)

    async def discard(self, slot: _Slot) -> None:
        """Closes a slot that may not be used again."""
        try:
            await slot.close()
        finally:
            self._busy.discard(slot)

    def _open(self) -> _Slot:
        wire = Wire()
        encrypted = self._origin.scheme == b"https"
        backend = Backend(wire, encrypted=encrypted)
        context = self._tls() if encrypted else None
        if self._proxy is None:
            connection: Any = httpcore.AsyncHTTPConnection(
                self._origin, ssl_context=context, network_backend=backend
            )
        else:
            connection = _proxy_connection(self._proxy, context, backend)
        return _Slot(connection, wire)


class _Body(httpx.AsyncByteStream):
    """The body of a response; closing it gives the slot back, or throws it away if bytes are left."""

    def __init__(self, transport: SlotTransport, slot: _Slot, parts: Any) -> None:
        self._transport = transport
        self._slot: _Slot | None = slot
        self._parts = parts
        self._complete = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._parts:
                yield part
            self._complete = True
        except Exception as error:
            _raise_as_httpx(error)
            raise

    async def aclose(self) -> None:
        slot, self._slot = self._slot, None
        if slot is None:
            return
        try:
            if self._complete:
                await self._parts.aclose()
        except BaseException:
            await self._transport.discard(slot)
            raise
        if self._complete:
            await self._transport.check_in(slot)
        else:
            await self._transport.discard(slot)


def _proxy_connection(
    proxy: httpx.Proxy, context: ssl.SSLContext | None, backend: httpcore.AsyncNetworkBackend
) -> Any:
    """A proxy's pool with room for one connection, which is how httpcore offers proxies in public."""
    url = httpcore.URL(
        scheme=proxy.url.raw_scheme,
        host=proxy.url.raw_host,
        port=proxy.url.port,
        target=proxy.url.raw_path,
    )
    if proxy.url.scheme in ("socks5", "socks5h"):
        return httpcore.AsyncSOCKSProxy(
            url, proxy_auth=proxy.raw_auth, ssl_context=context, max_connections=1, network_backend=backend
        )
    return httpcore.AsyncHTTPProxy(
        url,
        proxy_auth=proxy.raw_auth,
        proxy_headers=proxy.headers.raw,
        ssl_context=context,
        proxy_ssl_context=proxy.ssl_context,
        max_connections=1,
        network_backend=backend,
    )


def _raise_as_httpx(error: BaseException) -> None:
    twin = _TWINS.get(type(error)) if isinstance(error, Exception) else None
    if twin is not None:
        raise twin(str(error)) from error
