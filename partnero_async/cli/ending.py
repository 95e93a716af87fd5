"""Running what a command does, and ending with the code that tells how it went."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Final, NoReturn

import anyio

from ..errors import ArgumentError, PartneroError
from .display import warn
from .exit_codes import ExitCode

__all__ = ["code_of", "end_with", "ending_on_errors"]


def code_of(main: Callable[[], Awaitable[ExitCode]]) -> ExitCode:
    """Runs a coroutine function; the code that it returns, or that of its error, which is told."""
    try:
        return anyio.run(main)
    except _TOLD as error:
        return _tell(error)


def end_with(main: Callable[[], Awaitable[ExitCode]]) -> NoReturn:
    """Runs a coroutine function, and exits with that code."""
    sys.exit(int(code_of(main)))


@contextmanager
def ending_on_errors() -> Generator[None]:
    """Exits where the block goes wrong, which is told."""
    try:
        yield
    except _TOLD as error:
        sys.exit(int(_tell(error)))


_TOLD: Final = (PartneroError, KeyboardInterrupt)


def _tell(error: BaseException) -> ExitCode:
    """Says in one line on standard error what went wrong; the code for it."""
    if isinstance(error, KeyboardInterrupt):
        warn("interrupted")
        return ExitCode.INTERRUPTED
    warn(str(error))
    return ExitCode.USAGE if isinstance(error, ArgumentError) else ExitCode.FAILED
