"""Serving a sandbox over a real socket, in this thread or beside it."""

import asyncio
import logging
import os
import signal
import socket
import threading
from asyncio import BaseTransport, Transport
from collections.abc import Callable, Generator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType
from typing import cast

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"serving a sandbox needs {_missing.name}: pip install 'partnero-async[sandbox]'", name=_missing.name
    ) from None

from .bending import TRANSPORT
from .sandbox import Sandbox

_GRACE = 1

_logger = logging.getLogger("partnero_async.sandbox")


def serve(
    sandbox: Sandbox,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one, `on_ready` is told the base URL.

    Raises OSError when the address cannot be had.
    """
    with _listening(host, port) as listener:
        _Server(sandbox, listener, on_ready).run([listener])


@contextmanager
def running(sandbox: Sandbox, *, port: int = 0) -> Generator[str, None, None]:
    """Serve from a background thread with its own event loop, and give the base URL."""
    ready: SimpleQueue[str | None] = SimpleQueue()
    with _listening("127.0.0.1", port) as listener:
        server = _Server(sandbox, listener, ready.put)

        def run() -> None:
            try:
                server.run([listener])
            finally:
                ready.put(None)

        thread = threading.Thread(target=run, name="partnero-sandbox", daemon=True)
        thread.start()
        try:
            base_url = ready.get()
            if base_url is None:
                raise RuntimeError("the sandbox's server did not start")
            yield base_url
        finally:
            server.should_exit = True
            thread.join()


class _Protocol(H11Protocol):
    """HTTP by h11, which lets the app reach its connection: a fault may have to close it."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast("Transport", transport))
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    """A quiet server that says when it listens, and ends without an exception when it is told to stop."""

    def __init__(
        self, sandbox: Sandbox, listener: socket.socket, on_ready: Callable[[str], None] | None
    ) -> None:
        config = uvicorn.Config(
            sandbox.app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE,
        )
        super().__init__(config)
        self._sandbox = sandbox
        self._delivering: asyncio.Task[None] | None = None
        self._base_url = _base_url(listener)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._delivering = asyncio.create_task(self._deliver())
        if self._on_ready is not None:
            self._on_ready(self._base_url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What was being sent is still due, and is sent when this state is served again.
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.wait([self._delivering])
        await super().shutdown(sockets)

    async def _deliver(self) -> None:
        try:
            await self._sandbox.run_deliveries()
        except Exception:
            _logger.exception("the sandbox stopped to deliver webhooks")

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn raises the signals again once it has stopped: a traceback, or death by signal.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only where it is: without, the body of every
    # answer waits 40 ms for the client to acknowledge the head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except BaseException:
        listener.close()
        raise
    return listener


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"
