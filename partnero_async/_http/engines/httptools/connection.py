"""One connection: what llhttp reads of an answer, and the meter that must agree with it on its end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, Final, cast

import httptools

from ....errors import ConnectError, PartneroError, RequestError, ResponseError
from ...wire import Answer, Request
from ..answers import MOST_HEAD, BodyReader, body_of_refusal, headers_of
from ..contract import Exchange, network_error, protocol_error, said_by_system
from ..meter import MALFORMED, ResponseMeter
from ..sockets import asking

__all__ = ["Connection"]

# So much is encrypted in some 0.5 ms.
_PIECE: Final = 1024 * 1024
_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})
_CUT_OFF: Final = "the server closed it before its answer was complete"


class Connection(asyncio.Protocol):
    """A connection on which one request at a time is answered.

    Args:
        max_body: The most bytes of a body, inflated.

    Attributes:
        exchange: What was asked of it last.
        reusable: Whether the last answer ended exactly with the bytes that arrived, and nothing came since.
        idle_since: When it was used last, on the event loop's clock; ``-inf`` before the first time.
        is_overdue: Whether the time of its exchange is over, but something had arrived by then.
        socket: What has its file descriptor; None before it is connected.
        stale_at: When it is not to be used any more.
    """

    __slots__ = (
        "_body",
        "_failure",
        "_future",
        "_headers",
        "_is_complete",
        "_is_readable",
        "_keep",
        "_max_body",
        "_meter",
        "_method",
        "_parser",
        "_raw",
        "_status",
        "_transport",
        "_writable",
        "exchange",
        "idle_since",
        "is_overdue",
        "reusable",
        "socket",
        "stale_at",
    )

    def __init__(self, max_body: int) -> None:
        self.idle_since = -math.inf
        self.stale_at = math.inf
        self.reusable = self.is_overdue = False
        self._max_body = max_body
        self._transport: asyncio.Transport | None = None
        self.socket: Any = None
        self._parser = httptools.HttpResponseParser(self)
        self._future: asyncio.Future[Answer] | None = None
        self._writable: asyncio.Future[None] | None = None
        self.exchange = Exchange()
        self._is_complete = False

    # What the engine asks.

    def ask(
        self, request: Request, said: Callable[[Request], bytes], exchange: Exchange
    ) -> asyncio.Future[Answer]:
        """Writes a request, or its head, and gives what its answer will be in.

        Args:
            request: What is asked.
            said: Gives the bytes to be written.
            exchange: What becomes of it.

        Raises:
            RequestError: It must not be sent any more, or the connection is lost.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ConnectError("could not connect: the connection was lost before the request was sent")
        exchange.begin_writing()
        self.reusable = self._is_complete = self.is_overdue = False
        self._method = request.method
        self.exchange = exchange
        self._meter = ResponseMeter(request.method)
        self._status = 0
        self._raw: list[tuple[bytes, bytes]] = []
        self._body: BodyReader | None = None
        self._failure: PartneroError | None = None
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._future = future
        transport.write(said(request))
        return future

    def end(self) -> None:
        """Ends an exchange: whatever comes from now on, nobody asked for."""
        future, self._future = self._future, None
        if future is not None and future.done() and not future.cancelled():
            future.exception()  # who is cancelled while it writes asks for no answer: asyncio would complain

    def time_out(self) -> None:
        """Tells who awaits an answer that the time is over."""
        if self._future is not None and not self._future.done():
            self._future.set_exception(TimeoutError())

    @property
    def is_quiet(self) -> bool:
        """Whether it is open, and nothing waits in its socket that the event loop has not seen yet."""
        return self.reusable and not self._is_readable()

    def abort(self, why: RequestError | None = None) -> None:
        """Closes it at once.

        Args:
            why: What is raised to who awaits an answer.
        """
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()
        self._fail(why or network_error(self.exchange.facts, _CUT_OFF))

    @property
    def has_written_all(self) -> bool:
        """Whether the system has taken all that was written."""
        return self._transport is not None and not self._transport.get_write_buffer_size()

    async def write(self, rest: memoryview) -> None:
        """Writes a content piece by piece, as fast as it is taken, and returns when the answer is there."""
        transport, future = self._transport, self._future
        assert transport is not None
        assert future is not None
        while rest:
            if self._is_readable():
                # What came is read first: after a write that fails, asyncio does not.
                await asyncio.sleep(0)
            # The answer may come before all is written, as a refusal does; or the connection is lost.
            if future.done() or transport.is_closing():
                break
            transport.write(rest[:_PIECE])
            rest = rest[_PIECE:]
            if self._writable is not None:
                waiting: set[asyncio.Future[Any]] = {future, self._writable}
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({future})
        if rest:
            self.reusable = False

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.socket = transport.get_extra_info("socket")
        self._is_readable = asking(self.socket)

    def data_received(self, data: bytes) -> None:
        if self._future is None or self._is_complete:
            # Nobody asked: what comes now would answer the next request.
            self.abort()
            return
        exchange, meter = self.exchange, self._meter
        exchange.facts.answered = True
        meter.feed(data)
        if meter.received > exchange.orders.most_received:
            self._failure = ResponseError("the answer is larger than max_body allows")
        else:
            try:
                self._parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                if not self._is_complete:
                    self._failure = self._failure or protocol_error(str(error))
            if meter.malformed:
                self._failure = protocol_error(MALFORMED)
            elif self._body is None and meter.received > MOST_HEAD:
                self._failure = protocol_error("the head does not end")
        if self._failure is not None:
            self._finish()
            self.abort()
        elif self._is_complete:
            self.reusable = meter.exact and self._keep
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if self._future is not None and not self._future.done():
            self.exchange.facts.hung_up = exc is None
            # A body of no told length ends with the connection (RFC 9112, section 6.3).
            if exc is not None or self._body is None or not _FRAMING.isdisjoint(self._headers):
                said = _CUT_OFF if exc is None else said_by_system(exc) or type(exc).__name__
                self._failure = network_error(self.exchange.facts, said, exc)
            self._finish()
        if self._writable is not None:
            self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # What the parser calls. It hides the type of what is raised here, so nothing is.

    def on_message_begin(self) -> None:
        if not self._is_complete:
            self._raw = []

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers arrive here, too.
        if self._body is None:
            self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._is_complete or status < 200:
            if status == 101:
                self._failure = protocol_error("it switched protocols")
            return
        self._status = self.exchange.facts.status = status
        self._keep = self._parser.should_keep_alive()
        self._headers = headers = headers_of(self._raw)
        encoding = headers.get("content-encoding", "")
        if encoding:  # it may come several times
            encoding = ",".join(v.decode("latin-1") for n, v in self._raw if n.lower() == b"content-encoding")
        try:
            self._body = BodyReader(encoding, self._max_body)
        except ResponseError as error:
            self._body, self._failure = BodyReader("", 0), error.with_traceback(None)
        if self._method == "HEAD":
            # llhttp cannot be told that no body follows (MagicStack/httptools#47): it is of no more use.
            self._is_complete, self._keep = True, False

    def on_body(self, body: bytes) -> None:
        if self._body is None or self._is_complete or self._failure is not None:
            return
        try:
            self._body.feed(body)
        except ResponseError as error:
            # The frames that it came through have the body among their locals.
            self._failure = error.with_traceback(None)

    def on_message_complete(self) -> None:
        if self._body is not None:
            self._is_complete = True
            # llhttp heeds a ``Connection: close`` among trailers, too, and refuses whatever comes after it.
            self._keep = self._keep and self._parser.should_keep_alive()

    # How an exchange ends.

    def _finish(self) -> None:
        """Hands over the answer, or what keeps it from being one."""
        future, failure = self._future, self._failure
        if future is None or future.done():
            return
        body = b""
        try:
            if self._body is None:
                raise failure or network_error(self.exchange.facts, _CUT_OFF)
            try:
                if failure is not None:
                    raise failure
                body = self._body.finish()
            except (ResponseError, RequestError) as error:
                body = body_of_refusal(self._status, error)
        except PartneroError as error:
            future.set_exception(error)
        else:
            future.set_result(Answer(self._status, self._headers, body))

    def _fail(self, error: PartneroError) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_exception(error)
