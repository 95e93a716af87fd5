# Made of ../httpx by .ci/httpx2.py: what is to be changed is changed there.
"""What sends a request over the connection of a slot and reads the whole answer: h11 itself, or httpcore2.

A slot has one request at a time. The connection of the library below httpx2 expects several: its locks, cancel
scopes and trace points (its ``_async/http11.py``) cost more for each than h11 and the socket together. It is
left to do what it does besides: proxies, what mocks and watchers put into it, and the extensions of httpx2.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, Callable, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

import anyio
import attrs
import h11
import httpcore2

from ....errors import ResponseError
from ..answers import body_of_refusal
from ..contract import Facts
from .network import READ_SIZE, Backend

__all__ = ["Connection", "Direct", "Outgoing", "Reply", "Through", "gets_with"]

# As httpcore2 has it.
_MOST_HEAD: Final = 100 * 1024
_UNREADABLE: Final = (httpcore2.NetworkError, httpcore2.ProtocolError, ResponseError)


@attrs.frozen(eq=False)
class Outgoing:
    """A request on its way."""

    head: h11.Request = attrs.field(repr=False)  # which has the API key in it: error reporters show reprs
    content: AsyncIterable[bytes] | None
    extensions: MutableMapping[str, Any]


def gets_with(
    headers: Sequence[tuple[bytes, bytes]], extensions: MutableMapping[str, Any]
) -> Callable[[str], Outgoing]:
    """What makes GETs of their targets.

    All have the same headers, which h11 checks once. A closure keeps them, since h11 shows them in its reprs.
    """
    checked = h11.Request(method=b"GET", target=b"/", headers=list(headers)).headers

    def get(target: str) -> Outgoing:
        head = h11.Request(method=b"GET", target=target, headers=checked)
        return Outgoing(head, content=None, extensions=extensions)

    return get


class Reply(NamedTuple):
    """A whole answer, its body still encoded."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Connection(Protocol):
    """A connection that is made by its first request."""

    async def fetch(self, outgoing: Outgoing, facts: Facts) -> Reply:
        """The answer to a request.

        Raises:
            Exception: One of httpcore2's, or one of ours out of the streams below.
        """
        ...

    def is_idle(self) -> bool:
        """Whether another request may follow."""
        ...


class Direct:
    """A connection to the origin, on which h11 says what is sent and what an answer means.

    Its line closes it.

    Args:
        backend: Opens it.
        origin: Where to.
        context: How it is encrypted, if it is.
    """

    def __init__(self, backend: Backend, origin: httpcore2.Origin, context: ssl.SSLContext | None) -> None:
        self._backend = backend
        self._origin = origin
        self._context = context
        self._stream: httpcore2.AsyncNetworkStream | None = None
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)

    async def fetch(self, outgoing: Outgoing, facts: Facts) -> Reply:
        stream = self._stream or await self._connect()
        # The origin may have answered before it had read all. None follows: h11 waits for the rest of it.
        with suppress(httpcore2.WriteError):
            await self._send(stream, outgoing)
        event = await self._next(stream)
        while isinstance(event, h11.InformationalResponse) and event.status_code != 101:
            event = await self._next(stream)
        facts.status = status = event.status_code
        headers = event.headers.raw_items()
        parts = list[bytes]()
        try:
            while isinstance(event := await self._next(stream), h11.Data):
                parts.append(event.data)
        except _UNREADABLE as error:
            return Reply(status, headers, body_of_refusal(status, error))
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
        return Reply(status, headers, b"".join(parts))

    def is_idle(self) -> bool:
        return self._h11.their_state is h11.IDLE

    async def _connect(self) -> httpcore2.AsyncNetworkStream:
        origin = self._origin
        host = origin.host.decode("ascii")
        stream = await self._backend.connect_tcp(host, origin.port)
        if self._context is not None:
            stream = await stream.start_tls(self._context, host)
        self._stream = stream
        return stream

    async def _send(self, stream: httpcore2.AsyncNetworkStream, outgoing: Outgoing) -> None:
        await stream.write(self._h11.send(outgoing.head) or b"")
        if outgoing.content is not None:
            async for part in outgoing.content:
                await stream.write(self._h11.send(h11.Data(data=part)) or b"")
        await stream.write(self._h11.send(h11.EndOfMessage()) or b"")

    async def _next(self, stream: httpcore2.AsyncNetworkStream) -> Any:
        """The next event of h11."""
        while True:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore2.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            data = await stream.read(READ_SIZE)
            if not data and self._h11.their_state is h11.SEND_RESPONSE:
                raise httpcore2.RemoteProtocolError("the connection ended before the answer")
            self._h11.receive_data(data)


class Through:
    """A connection of httpcore2's, or one of its pools with room for one.

    Args:
        connection: That.
        base: What targets belong to.
    """

    def __init__(self, connection: Any, base: httpcore2.URL) -> None:
        self._connection = connection
        self._base = base

    async def fetch(self, outgoing: Outgoing, facts: Facts) -> Reply:
        base, target = self._base, outgoing.head.target
        request = httpcore2.Request(
            outgoing.head.method,
            httpcore2.URL(scheme=base.scheme, host=base.host, port=base.port, target=target),
            headers=outgoing.head.headers.raw_items(),
            content=outgoing.content,
            extensions=outgoing.extensions,
        )
        response: httpcore2.Response = await self._connection.handle_async_request(request)
        facts.status = response.status
        stream: Any = response.stream
        try:
            parts = [part async for part in stream]
            # The answer is whole: when its time is up meanwhile, it is used all the same.
            with anyio.CancelScope(shield=True):
                await response.aclose()
        except _UNREADABLE as error:
            return Reply(response.status, response.headers, body_of_refusal(response.status, error))
        return Reply(response.status, response.headers, b"".join(parts))

    def is_idle(self) -> bool:
        pooled = getattr(self._connection, "connections", None)
        connection = self._connection if pooled is None else pooled[0] if pooled else None
        return connection is not None and connection.is_idle()

    async def aclose(self) -> None:
        """Closes it, also while it is being made."""
        await self._connection.aclose()
