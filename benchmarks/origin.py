"""The server that the contestants ask: it answers every request with the same customer, and costs little.

An ``asyncio.Protocol`` that only counts the ends of requests, in a process and on a core of its own. It never
sleeps: to wake it would be charged to the ``send`` of the client, for each request or every other, as they
happen to be spaced, and a server elsewhere costs a client nothing like it. With a delay each answer waits for
a random time, the same sequence of times in every run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import ssl
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from .cores import on_core

__all__ = ["BODY", "FAR", "NEAR", "NO_DELAY", "Delay", "Origin", "serving"]

Delay = tuple[int, int]
"""The least and the most milliseconds before an answer."""

NO_DELAY: Delay = (0, 0)
"""A client with enough requests in flight never waits."""

NEAR: Delay = (1, 1)
"""For one request at a time. Without it who is slow enough finds the answer there, and only the others sleep
and are woken, which costs as much as a quarter of the call."""

FAR: Delay = (50, 150)
"""As over the Internet."""

BODY = (
    b'{"data":{"key":"customer_123","partner":"partner_123","deleted":false,"name":"Alice","surname":"Brown",'
    b'"email":"alice.brown@partnero.com","status":"active","created_at":"2025-05-02T16:12:39.000000Z",'
    b'"updated_at":"2025-05-02T16:12:39.000000Z","deleted_at":null,"tags":[{"value":"premium"},'
    b'{"value":"newsletter"},{"value":"spring-campaign"}]},"status":1}'
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Origin:
    """A running server.

    Attributes:
        kind: What it is.
        base_url: Where it is.
        ca: The file of the authority that signed its certificate; None without TLS.
    """

    kind: str
    base_url: str
    ca: Path | None


class _Connection(asyncio.Protocol):
    """Answers GETs: as many answers as there were ends of heads. All are alike, so their order is free."""

    def __init__(self, delays: Iterator[float] | None) -> None:
        self._delays = delays
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is one only by its methods.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        self._rest = data[data.rfind(_END) + len(_END) :] if _END in data else data
        for _ in range(data.count(_END)):
            if self._delays is None:
                self._transport.write(ANSWER)
            else:
                asyncio.get_running_loop().call_later(next(self._delays), self._transport.write, ANSWER)


def _seconds(delay: Delay) -> Iterator[float]:
    chosen = random.Random(1)
    while True:
        yield chosen.uniform(*delay) / 1000


async def _serve(certificate: Path | None, *, delay: Delay, awake: bool) -> None:
    delays = None if delay == NO_DELAY else _seconds(delay)
    tls = None
    if certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(delays), "127.0.0.1", 0, ssl=tls, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    if awake:
        _spin(loop)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


def _spin(loop: asyncio.AbstractEventLoop) -> None:
    """Keeps the loop asking for what is new, without ever waiting for it."""
    loop.call_soon(_spin, loop)


@contextmanager
def serving(*, tls: bool, delay: Delay = NO_DELAY, core: int | None) -> Generator[Origin]:
    """A server on loopback for as long as the block lasts.

    Args:
        tls: Whether it speaks TLS, with a certificate made now.
        delay: For how long each answer waits.
        core: The processor core that it has for itself; None where there is none, and it sleeps.
    """
    with TemporaryDirectory() as directory:
        home = Path(directory)
        if tls:
            _make_certificate(home)
        process, port = _start(home, tls, delay, core)
        scheme = "https" if tls else "http"
        ca = home / "ca.pem" if tls else None
        try:
            yield Origin(f"asyncio.Protocol on {_loop_name()}", f"{scheme}://127.0.0.1:{port}/v1", ca)
        finally:
            process.terminate()
            process.wait()


def _make_certificate(home: Path) -> None:
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(home / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(home / "cert.pem"))


def _start(home: Path, tls: bool, delay: Delay, core: int | None) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-m", "benchmarks.origin"]
    command += ["--certificate", str(home / "cert.pem")] if tls else []
    command += ["--delay", *map(str, delay)]
    command += ["--awake"] if core is not None else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=on_core(core))
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def _loop_name() -> str:
    try:
        import uvloop
    except ImportError:
        return "asyncio"
    return uvloop.__name__


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificate", type=Path, help="a file with the private key and the certificate")
    parser.add_argument("--delay", type=int, nargs=2, default=NO_DELAY, help="milliseconds before an answer")
    parser.add_argument("--awake", action="store_true", help="use the whole core, and never sleep")
    options = parser.parse_args()
    try:
        import uvloop
    except ImportError:
        run = asyncio.run
    else:
        run = uvloop.run
    run(_serve(options.certificate, delay=tuple(options.delay), awake=options.awake))


if __name__ == "__main__":
    main()
