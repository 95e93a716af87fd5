"""Running what a command does, and ending with the code that tells how it went."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import NoReturn

import anyio

from ..errors import ArgumentError, PartneroError
from .display import warn
from .exit_codes import ExitCode

__all__ = ["end_with", "ending_on_errors"]


def end_with(main: Callable[[], Awaitable[ExitCode]]) -> NoReturn:
    """Runs a coroutine function, and exits with its code or with that of its error."""
    with ending_on_errors():
        code = anyio.run(main)
    sys.exit(int(code))


@contextmanager
def ending_on_errors() -> Generator[None]:
    """Exits where the block goes wrong; why is one line on standard error."""
    try:
        yield
        return
    except ArgumentError as error:
        said, code = str(error), ExitCode.USAGE
    except PartneroError as error:
        said, code = str(error), ExitCode.FAILED
    except KeyboardInterrupt:
        said, code = "interrupted", ExitCode.INTERRUPTED
    warn(said)
    sys.exit(int(code))
