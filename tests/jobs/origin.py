"""A Partnero that knows every customer, in a process of its own, and counts what it is asked."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final

import attrs

__all__ = ["Origin", "origin"]

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_PATH: Final = re.compile(rb"GET \S*/([^/ ]+) HTTP")


def _serve(host: str, port: int, told: Connection) -> None:
    asked = Counter[bytes]()
    times = list[float]()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            now = time.time()
            for key in _PATH.findall(data):
                asked[key] += 1
                times.append(now)
                body = b'{"data":{"key":"%s"},"status":1}' % key
                self.transport.write(_HEAD % len(body) + body)

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Protocol, host, port)
        async with server:
            told.send("ready")
            await asyncio.to_thread(told.recv)

    asyncio.run(main())
    told.send((len(asked), sum(asked.values()), times))


@attrs.define
class Origin:
    """The server.

    Attributes:
        url: The base URL.
        keys: How many keys were asked for, after the end.
        requests: How many requests there were, after the end.
        times: When they arrived, after the end, in seconds since the epoch.
    """

    url: str
    keys: int = 0
    requests: int = 0
    times: list[float] = attrs.Factory(list[float])


@contextmanager
def origin(host: str = "127.0.0.1") -> Iterator[Origin]:
    """A running one."""
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    pipe, far_end = context.Pipe()
    process = context.Process(target=_serve, args=(host, port, far_end), daemon=True)
    process.start()
    pipe.recv()
    server = Origin(f"http://{host}:{port}/v1")
    try:
        yield server
    finally:
        pipe.send("end")
        server.keys, server.requests, server.times = pipe.recv()
        process.join()
