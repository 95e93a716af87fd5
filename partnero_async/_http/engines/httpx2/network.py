# Made of ../httpx by .ci/httpx2.py: what is to be changed is changed there.
"""The network under a connection: what passes over it is counted, and what is opened gets closed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final, cast

import anyio
import httpcore2
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSAttribute, TLSStream

from ....errors import ResponseError
from ..contract import CLOSED, CONNECT_SECONDS, Exchange
from ..meter import MALFORMED, ResponseMeter
from ..names import Names
from ..sockets import is_readable
from .tcp import LoopStream, connect

__all__ = ["READ_SIZE", "Backend", "CountedStream", "Line", "close_shielded"]

_CLOSE_SECONDS: Final = 1.0
READ_SIZE: Final = 64 * 1024
# What every message to a SOCKS proxy begins with (RFC 1928, RFC 1929), and no method of HTTP.
_SOCKS_VERSIONS: Final = (1, 5)


class Line:
    """What the streams of one connection report: bytes written and received, and who is to be closed.

    Args:
        layers: How many layers of TLS the request goes through: one for the origin if it is encrypted, one
            for the proxy if that is. Fewer layers than that carry the CONNECT to a proxy or a TLS handshake.
        through_socks: Whether a SOCKS proxy is greeted first.
    """

    __slots__ = (
        "bottom",
        "closed",
        "connect_by",
        "exchange",
        "greeting",
        "layers",
        "meter",
        "method",
        "stream",
    )

    def __init__(self, layers: int, *, through_socks: bool = False) -> None:
        self.layers = layers
        # Whether what passes is still between this client and a SOCKS proxy.
        self.greeting = through_socks
        self.exchange: Exchange | None = None
        self.method = "GET"
        self.meter = ResponseMeter()
        self.stream: CountedStream | None = None
        # Below all TLS, where what was received waits to be read.
        self.bottom: ByteStream | None = None
        self.connect_by = 0.0
        self.closed = False

    def begin(self, exchange: Exchange, method: str) -> None:
        """Starts to count for a new request."""
        self.exchange = exchange
        self.method = method
        self.meter = ResponseMeter(method)

    def past_proxy(self) -> None:
        """Begins to count anew: until here it was a proxy that spoke."""
        self.greeting = False
        self.meter = ResponseMeter(self.method)

    def abort(self) -> None:
        """Closes the socket at once, on asyncio."""
        self.closed = True
        if isinstance(self.bottom, LoopStream):
            self.bottom.protocol.abort()

    async def close(self) -> None:
        """Closes what is open, and whatever a connection attempt under way still opens."""
        self.closed = True
        if self.stream is not None:
            await close_shielded(self.stream)


class CountedStream(httpcore2.AsyncNetworkStream):
    """A byte stream that tells its line what passes over it.

    Reads and writes have no timeout of their own: one cancel scope bounds the whole attempt.

    Args:
        stream: The anyio stream underneath.
        line: Where to report.
        layer: How many layers of TLS this stream has.
    """

    def __init__(self, stream: ByteStream, line: Line, layer: int) -> None:
        self._stream = stream
        self._line = line
        self._layer = layer
        self._socket = stream.extra(SocketAttribute.raw_socket, None)
        self._tls = stream.extra(TLSAttribute.ssl_object, None)
        line.stream = self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data = await self._stream.receive(READ_SIZE)
        except anyio.EndOfStream:
            if self._line.exchange is not None:
                self._line.exchange.facts.hung_up = True
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError) as error:
            raise httpcore2.ReadError(_cause(error)) from error
        self._line.meter.feed(data)
        exchange = self._line.exchange
        if exchange is not None and self._layer == self._line.layers and not self._line.greeting:
            exchange.facts.answered = True
            if self._line.meter.malformed:
                raise httpcore2.RemoteProtocolError(MALFORMED)
        if exchange is not None and self._line.meter.received > exchange.orders.most_received:
            # Raised here, at the bottom, it unwinds the generators of httpcore2's connections; raised above it
            # would leave them to the garbage collector.
            raise ResponseError("the answer is larger than max_body allows")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        line = self._line
        try:
            if line.greeting and buffer[0] not in _SOCKS_VERSIONS:
                line.past_proxy()
            if self._layer == line.layers and line.exchange is not None and not line.greeting:
                line.exchange.begin_writing()
            await self._stream.send(buffer)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError) as error:
            raise httpcore2.WriteError(_cause(error)) from error
        finally:
            del buffer  # in which error reporters would find the API key

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            with _as_connect_error(), anyio.fail_after(self._line.connect_by - anyio.current_time()):
                stream = await TLSStream.wrap(
                    self._stream,
                    # A certificate has names without the dot that says where a name ends (RFC 6066, 3).
                    hostname=server_hostname and server_hostname.removesuffix("."),
                    ssl_context=ssl_context,
                    standard_compatible=False,
                )
        except BaseException:
            await close_shielded(self)
            raise
        self._line.past_proxy()
        return await _counted(stream, self._line, self._layer + 1)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._tls
        if info == "is_readable":
            return self.is_readable()
        if info == "socket":
            return self._socket
        if info == "client_addr":
            return self._stream.extra(SocketAttribute.local_address, None)
        if info == "server_addr":
            return self._stream.extra(SocketAttribute.remote_address, None)
        return None

    def is_readable(self) -> bool:
        """Whether bytes, or the end of the connection, arrived since the last read."""
        bottom = self._line.bottom
        if (isinstance(bottom, LoopStream) and not bottom.is_quiet) or is_readable(self._socket):
            return True
        if self._tls is None:
            return False
        try:
            # Records that left the socket together with the last response wait in memory, undecrypted.
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            return True
        return True


class Backend(httpcore2.AsyncNetworkBackend):
    """Opens the connection of one line, on asyncio and on trio.

    Args:
        line: Where the connection reports.
        names: Gives the look-ups of a host that this connection shares with others.
    """

    def __init__(self, line: Line, names: Callable[[str, int], Names]) -> None:
        self._line = line
        self._names = names

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self._line.connect_by = anyio.current_time() + CONNECT_SECONDS
        with _as_connect_error(), anyio.fail_after(CONNECT_SECONDS):
            stream = await connect(self._names(host, port), port)
        self._line.bottom = stream
        return await _counted(stream, self._line, 0)

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


async def _counted(stream: ByteStream, line: Line, layer: int) -> CountedStream:
    counted = CountedStream(stream, line, layer)
    if line.closed:
        await close_shielded(counted)
        raise httpcore2.ConnectError(CLOSED)
    return counted


@contextmanager
def _as_connect_error() -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise httpcore2.ConnectTimeout(f"no connection within {CONNECT_SECONDS:g} s") from error
    except anyio.ClosedResourceError as error:
        raise httpcore2.ConnectError(CLOSED) from error
    except (OSError, anyio.BrokenResourceError, anyio.EndOfStream, ValueError) as error:
        # ValueError: a name that cannot be looked up or verified.
        raise httpcore2.ConnectError(_cause(error)) from error


def _cause(error: BaseException) -> str:
    """What the operating system or TLS said, from below anyio's own words."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, BaseExceptionGroup):
        causes = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return "; ".join(dict.fromkeys(map(_cause, causes)))
    if isinstance(error, anyio.EndOfStream):
        return "the server closed the connection"
    return str(error) or type(error).__name__


async def close_shielded(closable: Any) -> None:
    """Closes a connection or stream even while being cancelled, within a second, whatever it says."""
    with anyio.move_on_after(_CLOSE_SECONDS, shield=True):
        try:
            await closable.aclose()
        except Exception:  # httpcore2 and anyio raise many kinds; the socket is given up whatever they say
            return
