"""A TCP server in the test's own event loop that answers exactly the bytes it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from anyio.from_thread import start_blocking_portal

Answer = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One request that was read, and the connection to answer it on."""

    def __init__(self, server: RawServer, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.head = head
        self.body = body
        self._writer = writer

    @property
    def method(self) -> str:
        return self.head.split()[0].decode()

    @property
    def key(self) -> str:
        """The last segment of the path."""
        return self.head.split()[1].rsplit(b"/", 1)[-1].decode()

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send_customer(self, *, surplus: bytes = b"") -> None:
        """The customer that was asked for, in one piece."""
        await self.send(customer(self.key) + surplus)

    def hang_up(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        self._writer.transport.abort()


class RawServer:
    """Counts what it saw; answers through ``answer``, which tests replace."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        # For TLS that is late: the handshake begins after the delay.
        self.handshake: ssl.SSLContext | None = None
        self.handshake_delay: Callable[[], float] = float
        self.on_connect: Callable[[asyncio.StreamWriter], object] = lambda _: None
        self.port = 0
        self.heads = list[bytes]()
        self.requests = list[tuple[str, str]]()
        self.connections = 0
        self.open_connections = 0
        self.most_connections = 0
        self.in_flight = 0
        self.most_in_flight = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        self.most_connections = max(self.most_connections, self.open_connections)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                self.on_connect(writer)
                if self.handshake is not None:
                    # What is read before the handshake begins would be lost to it.
                    writer.transport.pause_reading()  # type: ignore[attr-defined]
                    await asyncio.sleep(self.handshake_delay())
                    await writer.start_tls(self.handshake)
                while not writer.is_closing():
                    await self._exchange(reader, writer)
        finally:
            self.open_connections -= 1
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        exchange = Exchange(self, head, await reader.readexactly(length), writer)
        self.heads.append(head)
        self.requests.append((exchange.method, exchange.key))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.answer(exchange)
        finally:
            self.in_flight -= 1


def response(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole HTTP response."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def customer(key: str) -> bytes:
    """The whole response for a customer."""
    return response(b'{"data":{"key":"%s"},"status":1}' % key.encode())


@asynccontextmanager
async def raw_server(answer: Answer, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """A running RawServer; leaving the block closes all its connections."""
    raw = RawServer(answer)
    tasks = set[asyncio.Task[None]]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await raw.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    raw.port = server.sockets[0].getsockname()[1]
    try:
        yield raw
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def raw_server_elsewhere(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """A RawServer in a thread of its own: it goes on while the event loop of the test does not."""
    with start_blocking_portal() as portal:
        with portal.wrap_async_context_manager(raw_server(answer, tls=tls)) as server:
            yield server
