"""A prototype: an engine of our own, on ``asyncio.Protocol`` and llhttp (httptools). Measured, not shipped.

It keeps what the default engine promises: a request has its connection alone, a connection comes back only
if its answer ended exactly with the bytes that arrived, everything else is closed. It leaves out: proxies,
trio, HEAD (httptools cannot be told that an answer has no body), happy eyeballs, backpressure for large
request bodies, a closing handshake of TLS, and every hook that httpx has for tests and tracing.
"""

from __future__ import annotations

import asyncio
import re
import select
from collections import deque
from typing import Any, Final, cast

import httptools

from partnero_async import (
    ArgumentError,
    ConnectError,
    PartneroError,
    ProtocolError,
    ResponseError,
    UsageError,
)
from partnero_async._http.engines.answers import MOST_HEAD, BodyReader, body_of_refusal
from partnero_async._http.engines.contract import (
    CLOSED,
    CONNECT_SECONDS,
    IDLE_SECONDS,
    Exchange,
    network_error,
)
from partnero_async._http.engines.origin import Origin, Tls
from partnero_async._http.headers import CONTENT_TYPE, request_headers
from partnero_async._http.wire import Answer, Request
from partnero_async._secret import Secret

__all__ = ["ProtocolEngine"]

_VISIBLE: Final = re.compile(r"[!-~]+")
_BODYLESS: Final = (204, 304)


class ProtocolEngine:
    """Sends requests over connections to one origin, the one that came back last first.

    Args:
        origin: What targets continue.
        api_key: The API key.
        max_body: The most bytes of a body, inflated.
        tls: How encrypted connections are checked.
    """

    asyncio_only = True

    def __init__(self, *, origin: Origin, api_key: Secret, max_body: int, tls: Tls) -> None:
        self._origin = origin
        headers = request_headers(api_key, library=f"httptools/{httptools.__version__}")
        lines = [f"Host: {origin.authority}"]
        lines += [f"{name}: {v.reveal() if isinstance(v, Secret) else v}" for name, v in headers]
        self._head = "\r\n".join([" HTTP/1.1", *lines, ""]).encode("ascii")
        self._max_body = max_body
        self._tls = tls
        self._idle: deque[_Connection] = deque()
        self._busy: set[_Connection] = set()
        self._closed = False

    @property
    def open_connections(self) -> int:
        """How many connections are held: in use and idle."""
        return len(self._idle) + len(self._busy)

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
            ArgumentError: The target cannot be put on a line of its own, or the method is HEAD.
        """
        said = self._said(request)
        exchange.facts.written = False
        connection = (None if exchange.orders.fresh else self._take(IDLE_SECONDS)) or await self._open()
        self._busy.add(connection)
        try:
            answer = await connection.ask(said, exchange, self._max_body)
        finally:
            # Anything but a clean end, cancellation included, aborts: there is nothing to await here.
            self._busy.discard(connection)
            if connection.reusable and not self._closed:
                self._put(connection)
            else:
                connection.abort()
        return answer

    async def aclose(self) -> None:
        """Closes all connections; requests under way fail."""
        self._closed = True
        for connection in [*self._idle, *self._busy]:
            connection.abort()
        self._idle.clear()
        await asyncio.sleep(0)

    def _said(self, request: Request) -> bytes:
        target = self._origin.path + request.target
        if request.method == "HEAD" or not _VISIBLE.fullmatch(target) or not request.method.isalpha():
            raise ArgumentError("no request line can be made of it")
        line = f"{request.method} {target}".encode("ascii")
        if request.content is None:
            end = b"\r\n" if request.method == "GET" else b"Content-Length: 0\r\n\r\n"
            return line + self._head + end
        framing = f"{': '.join(CONTENT_TYPE)}\r\nContent-Length: {len(request.content)}\r\n\r\n".encode()
        return line + self._head + framing + request.content

    def _take(self, longest_idle: float) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle and now - self._idle[-1].idle_since <= longest_idle:
            connection = self._idle.pop()
            if connection.quiet:
                return connection
            connection.abort()
        return None

    def _put(self, connection: _Connection) -> None:
        now = connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)
        for _ in range(2):
            if now - self._idle[0].idle_since <= IDLE_SECONDS:
                break
            self._idle.popleft().abort()

    async def _open(self) -> _Connection:
        if self._closed:
            raise UsageError("the client was closed")
        connection = _Connection()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection,
                    self._origin.host,
                    self._origin.port or (443 if self._origin.encrypted else 80),
                    ssl=self._tls.context() if self._origin.encrypted else None,
                    server_hostname=self._origin.host if self._origin.encrypted else None,
                )
        except TimeoutError:
            connection.abort()
            raise ConnectError(f"could not connect: no connection within {CONNECT_SECONDS:g} s") from None
        except OSError as error:
            connection.abort()
            raise ConnectError(f"could not connect: {error}") from None
        except BaseException:
            connection.abort()
            raise
        return connection


class _Connection(asyncio.Protocol):
    """One connection: the parser's events, and one future at a time that awaits an answer."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.reusable = False
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._exchange = Exchange()
        self._readable = select.poll() if hasattr(select, "poll") else None

    async def ask(self, said: bytes, exchange: Exchange, max_body: int) -> Answer:
        """Writes a request and awaits its answer."""
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ConnectError("the connection was lost before the request was sent")
        self.reusable = False
        self._exchange, self._max_body = exchange, max_body
        self._complete = self._until_close = False
        self._status = self._of_head = 0
        self._headers: dict[str, str] = {}
        self._body: BodyReader | None = None
        self._unreadable: ResponseError | None = None
        self._answer = asyncio.get_running_loop().create_future()
        exchange.facts.written = True
        transport.write(said)
        try:
            return await self._answer
        finally:
            self._answer = None

    @property
    def quiet(self) -> bool:
        """Whether the connection is open, and nothing waits in its socket that the loop has not seen yet."""
        if not self.reusable:
            return False
        return self._readable is None or not self._readable.poll(0)

    def abort(self) -> None:
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()
        self._fail(self._lost(CLOSED))

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._readable is not None:
            self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._complete:
            # Nobody asked: what comes now would answer the next request.
            self.abort()
            return
        try:
            # The answer ends exactly with these bytes if, and only if, the last one completes it: httptools
            # does not say where a message ended, and passes over line ends that follow one.
            view = memoryview(data)
            self._parser.feed_data(view[:-1])
            exact = not self._complete
            self._parser.feed_data(view[-1:])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            exact = False
            if not self._complete:
                said = "it switched protocols" if self._status == 101 else str(error) or type(error).__name__
                self._fail(ProtocolError(f"not HTTP as it should be: {said}"))
                return
        if self._complete:
            self.reusable = exact and self._keep
            self._finish()
        elif self._unreadable is not None:
            self._finish()
        elif self._body is None:
            self._of_head += len(data)
            if self._of_head > MOST_HEAD:
                self._fail(ProtocolError("not HTTP as it should be: the head does not end"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if self._answer is not None and self._until_close and exc is None:
            self._finish()
        elif self._answer is not None and self._status >= 300 and self._body is not None:
            self._finish()  # of a refusal the status counts
        elif exc is None:
            self._fail(self._lost("the server closed it before its answer was complete"))
        else:
            self._fail(self._lost(str(exc)))

    # What the parser calls. It swallows the type of what is raised here, so nothing is.

    def on_message_begin(self) -> None:
        if not self._complete:
            self._status, self._headers = 0, {}

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers arrive here too.
        if not self._complete and self._body is None:
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._complete:
            return
        self._status = status = self._parser.get_status_code()
        if status < 200:
            return
        self._exchange.facts.status = status
        self._keep = self._parser.should_keep_alive()
        framed = "content-length" in self._headers or "transfer-encoding" in self._headers
        self._until_close = not framed and status not in _BODYLESS
        try:
            self._body = BodyReader(self._headers.get("content-encoding", ""), self._max_body)
        except ResponseError as error:
            self._body, self._unreadable = BodyReader("", 0), error

    def on_body(self, body: bytes) -> None:
        if self._complete or self._unreadable is not None or self._body is None:
            return
        try:
            self._body.feed(body)
        except ResponseError as error:
            self._unreadable = error

    def on_message_complete(self) -> None:
        if self._status >= 200:
            self._complete = True

    # How an exchange ends.

    def _finish(self) -> None:
        assert self._body is not None
        try:
            try:
                if self._unreadable is not None:
                    raise self._unreadable
                body = self._body.finish()
            except ResponseError as error:
                body = body_of_refusal(self._status, error)
        except ResponseError as error:
            self._fail(error)
            return
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._status, self._headers, body))

    def _lost(self, said: str) -> PartneroError:
        return network_error(self._exchange.facts, said)

    def _fail(self, error: PartneroError) -> None:
        answer: asyncio.Future[Any] | None = self._answer
        if answer is not None and not answer.done():
            answer.set_exception(error)
