"""Verified deliveries a second, beside a bare ASGI handler that only reads the body.

In one process, without sockets: the CPU of an application per delivery, several rounds in alternation. Then
under uvicorn in a process of its own, over kept-alive connections of a client in this one: deliveries a
second.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import socket
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvicorn

from partnero_async.testing import SIGNING_SECRET, signed_delivery
from partnero_async.webhooks import Event, MemorySeenStore, Receiver, SQLiteSeenStore, WebhookEndpoint

__all__ = ["main"]

CONNECTIONS: Final = 50


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body of a request and says that it is well."""
    if scope["type"] != "http":
        raise NotImplementedError
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def nothing(event: Event) -> None:
    """Handles an event."""


def application(kind: str, folder: str) -> Any:
    """The application of a kind: ``bare``, or an endpoint with a store in ``memory`` or in ``sqlite``."""
    if kind == "bare":
        return bare
    seen: Any = MemorySeenStore() if kind == "memory" else SQLiteSeenStore(Path(folder, "seen.db"))
    return WebhookEndpoint(Receiver(SIGNING_SECRET), nothing, seen=seen)


def deliveries(first: int, count: int) -> Sequence[tuple[bytes, bytes]]:
    """Bodies and signatures of deliveries that all differ."""
    made = list[tuple[bytes, bytes]]()
    for number in range(first, first + count):
        sent = signed_delivery("customer.created", {"key": f"customer_{number}", "email": "ada@example.com"})
        made.append((sent.body, sent.headers["Signature"].encode()))
    return made


async def cpu_of(app: Any, sent: Sequence[tuple[bytes, bytes]]) -> float:
    """Microseconds of CPU for each delivery, without a server."""

    async def answer(_: Any) -> None:
        pass

    began = time.process_time()
    for body, signature in sent:

        async def receive(body: bytes = body) -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [(b"content-type", b"application/json"), (b"signature", signature)]
        await app({"type": "http", "method": "POST", "headers": headers}, receive, answer)
    return (time.process_time() - began) / len(sent) * 1e6


def serve(kind: str, folder: str, listener: socket.socket) -> None:
    """Serves an application until the process is ended."""
    config = uvicorn.Config(application(kind, folder), log_level="error", access_log=False)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run([listener])


async def rate_of(port: int, sent: Sequence[tuple[bytes, bytes]]) -> float:
    """Deliveries a second over kept-alive connections."""
    left = iter(sent)

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body, signature in left:
            head = (
                b"POST / HTTP/1.1\r\nHost: app\r\nContent-Type: application/json\r\n"
                b"Signature: %b\r\nContent-Length: %d\r\n\r\n" % (signature, len(body))
            )
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            length = answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return len(sent) / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    kinds = ("bare", "memory", "sqlite")
    cpu: dict[str, list[float]] = {kind: [] for kind in kinds}
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    first = 0
    for _ in range(options.rounds):
        for kind in kinds:
            sent = deliveries(first, options.deliveries)
            first += options.deliveries
            with tempfile.TemporaryDirectory() as folder:
                if kind != "sqlite":
                    cpu[kind].append(asyncio.run(cpu_of(application(kind, folder), sent)))
                with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
                    server = multiprocessing.Process(target=serve, args=(kind, folder, listener))
                    server.start()
                    rates[kind].append(asyncio.run(rate_of(listener.getsockname()[1], sent)))
                    server.terminate()
                    server.join()
    print("| Application | CPU per delivery, without a server | deliveries a second, under uvicorn |")
    print("| --- | --- | --- |")
    names = {
        "bare": "reads the body",
        "memory": "WebhookEndpoint, MemorySeenStore",
        "sqlite": "WebhookEndpoint, SQLiteSeenStore",
    }
    for kind in kinds:
        micro = f"{median(cpu[kind]):.0f} us" if cpu[kind] else ""
        share = median(rates[kind]) / median(rates["bare"])
        print(f"| {names[kind]} | {micro} | {median(rates[kind]):,.0f} ({share:.2f} of the first) |")


if __name__ == "__main__":
    main()
