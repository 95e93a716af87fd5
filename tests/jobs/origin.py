"""A Partnero that knows every customer, in a process of its own, and counts what it is asked.

``main HOST PORT FILE`` serves until SIGTERM, and then writes what it counted.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from ..children import Child, Parent

__all__ = ["Origin", "origin"]

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_PATH: Final = re.compile(rb"GET \S*/([^/ ]+) HTTP")


class Counted:
    """What was asked."""

    def __init__(self) -> None:
        self.asked = Counter[bytes]()
        self.times = list[float]()

    async def serve(
        self, host: str, port: int, begun: Callable[[], object], ended: Awaitable[object]
    ) -> None:
        """Serves until something has ended."""
        counted = self

        class Protocol(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                self.transport = transport

            def data_received(self, data: bytes) -> None:
                now = time.time()
                for key in _PATH.findall(data):
                    counted.asked[key] += 1
                    counted.times.append(now)
                    body = b'{"data":{"key":"%s"},"status":1}' % key
                    self.transport.write(_HEAD % len(body) + body)

        server = await asyncio.get_running_loop().create_server(Protocol, host, port)
        async with server:
            begun()
            await ended


def serve(told: Parent, *, host: str) -> None:
    """Serves until it is told to end; it says its port first, and what it counted at last."""
    counted = Counted()

    async def main() -> None:
        with socket.socket() as free:
            free.bind((host, 0))
            port = free.getsockname()[1]
        await counted.serve(host, port, lambda: told.send(port), asyncio.to_thread(told.recv))

    asyncio.run(main())
    told.send([len(counted.asked), counted.asked.total(), counted.times])


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
    child = Child(__name__, "serve", host=host)
    server = Origin(f"http://{host}:{child.recv()}/v1")
    try:
        yield server
    finally:
        child.send("end")
        server.keys, server.requests, server.times = child.recv()
        child.close()


async def _until_sigterm(host: str, port: int) -> Counted:
    counted, ended = Counted(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await counted.serve(host, port, lambda: None, ended.wait())
    return counted


def main() -> None:
    """Serves on the command line: HOST PORT FILE."""
    found = asyncio.run(_until_sigterm(sys.argv[1], int(sys.argv[2])))
    said = {"keys": len(found.asked), "requests": found.asked.total(), "times": found.times}
    Path(sys.argv[3]).write_text(json.dumps(said))
