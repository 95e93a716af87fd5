"""A Redis of a test's own, which can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

__all__ = ["RedisServer", "redis_server"]


class RedisServer:
    """redis-server on a port of its own; it keeps nothing on the disk."""

    def __init__(self, program: str, port: int) -> None:
        self._command = [
            program,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        with self.client() as client:
            while True:
                assert self._process.poll() is None, "redis-server ended"
                try:
                    client.ping()  # pyright: ignore[reportUnknownMemberType]
                    return
                except RedisError:
                    time.sleep(0.02)

    def kill(self) -> None:
        """Ends it without notice; all that it knew is lost."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Lets it hang: it accepts connections, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Ends that."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def hanging(self) -> Generator[None]:
        """Lets it hang for as long as the block lasts."""
        self.stop()
        try:
            yield
        finally:
            self.go_on()

    def client(self) -> Redis:
        """Another client of it."""
        return Redis(host="127.0.0.1", port=self.port, decode_responses=True)

    def trips(self) -> int:
        """How many times permits were asked for."""
        with self.client() as client:
            commands: Any = client.info("commandstats")  # pyright: ignore[reportUnknownMemberType]
        return sum(int(commands.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("eval", "evalsha"))


@contextmanager
def redis_server() -> Generator[RedisServer]:
    """A running one."""
    program = shutil.which("redis-server")
    if program is None:
        why = "Redis is not here: apt-get install redis-server"
        # What CI installs must not be skipped there unseen.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = RedisServer(program, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()
