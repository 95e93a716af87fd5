# Made of ../httpx by .ci/httpx2.py: what is to be changed is changed there.
"""TCP connections, of which nothing that was received is out of sight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import anyio
import anyio.lowlevel
from anyio.abc import ByteStream, SocketAttribute

from ..names import Names
from ..racing import first_connected
from ..sockets import connected, guarded

__all__ = ["LoopStream", "connect"]

# Beyond this, nothing more is taken from the socket until somebody reads.
_MOST_UNREAD: Final = 1024 * 1024


async def connect(names: Names, port: int) -> ByteStream:
    """A connection to the first address that takes one.

    Raises:
        OSError: The name cannot be resolved, or no address takes a connection.
    """
    return await first_connected(
        names, lambda address: _connect_to(address, port), lambda stream: stream.aclose()
    )


async def _connect_to(address: str, port: int) -> ByteStream:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # trio, whose streams read straight from the socket and keep nothing back
        stream_of_trio = await anyio.connect_tcp(address, port)
        guarded(stream_of_trio.extra(SocketAttribute.raw_socket))
        return stream_of_trio
    stream = LoopStream()
    sock = await connected(address, port)
    try:
        # From here on the socket is the event loop's to close.
        await loop.create_connection(lambda: stream.protocol, sock=sock)
    except BaseException:
        stream.protocol.abort()
        raise
    return stream


class _Protocol(asyncio.Protocol):
    """What the event loop calls. However it cuts what it receives into pieces, they are put together here."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self.may_write: asyncio.Future[None] | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > _MOST_UNREAD and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        _settle(self._news)

    def eof_received(self) -> bool:
        self.ended = True
        _settle(self._news)
        return False  # the transport closes: there is nothing more to say to whom does not listen

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = exc
        _settle(self._news)
        _settle(self.may_write)

    def pause_writing(self) -> None:
        self.may_write = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        _settle(self.may_write)
        self.may_write = None

    async def wait_for_news(self) -> None:
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        finally:
            self._news = None

    def take(self) -> bytes:
        data = bytes(self.received)
        self.received.clear()
        if self._paused and self.transport is not None:
            self._paused = False
            self.transport.resume_reading()
        return data

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def _settle(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


class LoopStream(ByteStream):
    """A connection on asyncio or uvloop. A read takes all that was received, in however many pieces it came.

    anyio's own stream hands the pieces out one by one: a rest of them would be seen neither by who reads nor
    in the socket, and would answer the next request.
    """

    def __init__(self) -> None:
        self.protocol = _Protocol()

    @property
    def is_quiet(self) -> bool:
        """Whether the connection is open, and nothing was received that nobody has read."""
        return not self.protocol.received and not self.protocol.ended

    async def receive(self, max_bytes: int = 65536) -> bytes:
        protocol = self.protocol
        while not protocol.received:
            if protocol.error is not None:
                raise anyio.BrokenResourceError from protocol.error
            if protocol.ended:
                raise anyio.EndOfStream
            await protocol.wait_for_news()
        return protocol.take()

    async def send(self, item: bytes) -> None:
        transport = self.protocol.transport
        if transport is None or transport.is_closing():
            raise anyio.BrokenResourceError from self.protocol.error
        transport.write(item)
        if self.protocol.may_write is not None:
            # Shielded: resume_writing() settles the future also when the caller was cancelled.
            await asyncio.shield(self.protocol.may_write)

    async def send_eof(self) -> None:
        if self.protocol.transport is not None:
            self.protocol.transport.write_eof()

    async def aclose(self) -> None:
        transport = self.protocol.transport
        if transport is not None:
            transport.close()
            # What cannot be sent at once is not worth waiting for; the socket is closed in the next turn.
            transport.abort()
        await anyio.lowlevel.checkpoint()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        transport = self.protocol.transport
        if transport is None:
            return {}
        return {
            SocketAttribute.raw_socket: lambda: transport.get_extra_info("socket"),
            SocketAttribute.local_address: lambda: transport.get_extra_info("sockname"),
            SocketAttribute.remote_address: lambda: transport.get_extra_info("peername"),
        }
