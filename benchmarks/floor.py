"""The least that a call on asyncio can cost: a protocol that only counts answers, and what is done beside."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlsplit

__all__ = ["over_floor"]

REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n"
    "Authorization: Bearer key\r\nUser-Agent: floor\r\n\r\n"
)


class _Counting(asyncio.Protocol):
    """Takes whatever arrives for the answer: it knows neither where one ends nor whether there are two."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.answer is not None:
            self.answer.set_result(data)


def _record() -> Callable[[str], Any]:
    """What makes a record of the text of a body."""
    from partnero_async._http.wire import Answer, decipher
    from partnero_async.records._json import loads
    from partnero_async.resources.customers import GET

    return lambda text: decipher(GET, Answer(200, {}, text.encode()), loads)


@asynccontextmanager
async def over_floor(base_url: str, tls: ssl.SSLContext | None, made: str) -> AsyncGenerator[Any]:
    """What fetches one key.

    Args:
        base_url: Where from.
        tls: The context, for TLS.
        made: What is made of a body: ``bytes``, ``dict`` or ``record``.
    """
    parts = urlsplit(base_url)
    loop = asyncio.get_running_loop()
    # As our engines do: else glibc may map and unmap 256 KiB for each read (mallopt(3), M_MMAP_THRESHOLD).
    large = bytes(1024 * 1024)
    del large
    idle = list[_Counting]()
    everything = list[_Counting]()
    make: Callable[[str], Any] = {"bytes": str, "dict": json.loads, "record": _record()}[made]

    async def fetch(key: str) -> Any:
        if idle:
            connection = idle.pop()
        else:
            _, connection = await loop.create_connection(_Counting, parts.hostname, parts.port, ssl=tls)
            everything.append(connection)
        connection.answer = loop.create_future()
        said = REQUEST.format(path=f"{parts.path}/customers/{key}", host=parts.netloc)
        connection.transport.write(said.encode())
        answer = await connection.answer
        idle.append(connection)
        return make(answer[answer.find(b"\r\n\r\n") + 4 :].decode())

    try:
        yield fetch
    finally:
        for connection in everything:
            connection.transport.abort()
