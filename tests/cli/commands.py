"""Commands run in this process, against a sandbox in memory."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import httpx
import pytest

import partnero_async.client
from partnero_async import AsyncPartnero
from partnero_async.cli.commands import run
from partnero_async.sandbox import Sandbox

__all__ = ["Command", "Ran", "command_for"]

Command = Callable[..., "Ran"]


class Ran(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


class Stream(io.TextIOWrapper):
    """A standard stream in memory, which may be that of a terminal."""

    is_terminal = False

    def isatty(self) -> bool:
        return self.is_terminal


def command_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Command:
    """What runs a command with its arguments, and with what is given on standard input."""
    monkeypatch.setenv("PARTNERO_API_KEY", "sandbox_affiliate")

    def made(**settings: Any) -> AsyncPartnero:
        return AsyncPartnero(transport=httpx.ASGITransport(app=sandbox.app), **settings)

    def ran(
        *arguments: str,
        given: str | bytes = "",
        terminal: int | None = None,
        encoding: str = "utf-8",
    ) -> Ran:
        with monkeypatch.context() as patched:
            patched.setattr(partnero_async.client, "AsyncPartnero", made)
            content = given if isinstance(given, bytes) else given.encode()
            stdin = Stream(io.BytesIO(content), "utf-8")
            stdout = Stream(io.BytesIO(), encoding, errors="backslashreplace", newline="")
            stderr = Stream(io.BytesIO(), "utf-8", errors="backslashreplace")
            if terminal is not None:
                stdin.is_terminal = stdout.is_terminal = True
                patched.setenv("COLUMNS", str(terminal))
            for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
                patched.setattr(sys, name, stream)
            patched.setattr(sys, "argv", ["partnero", *arguments])
            with pytest.raises(SystemExit) as ended:
                run()
            said = [partial(_text, stream)() for stream in (stdout, stderr)]
        return Ran(int(ended.value.code or 0), *said)

    return ran


def _text(stream: Stream) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
