"""Running what a command does, and ending with the code that tells how it went."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

import anyio

from ..errors import ArgumentError, PartneroError
from .display import warn
from .exit_codes import ExitCode

__all__ = ["code_of", "end_with", "ending_on_errors", "first_finishing", "in_options", "told"]


def code_of(main: Callable[[], Awaitable[ExitCode]]) -> ExitCode:
    """Runs a coroutine function; the code that it returns, or that of its error, which is told."""
    try:
        return anyio.run(main)
    except _TOLD as error:
        return told(error)


def end_with(main: Callable[[], Awaitable[ExitCode]]) -> NoReturn:
    """Runs a coroutine function, and exits with that code."""
    sys.exit(int(code_of(main)))


@contextmanager
def ending_on_errors() -> Generator[None]:
    """Exits where the block goes wrong, which is told."""
    try:
        yield
    except _TOLD as error:
        sys.exit(int(told(error)))


@contextmanager
def first_finishing() -> Generator[Callable[[], bool]]:
    """Lets a first SIGINT or SIGTERM of the block only be noted; a second one does what it did before.

    What is waited for is said on standard error. Gives a function that says whether there was a signal.
    """
    told = list[int]()
    loop = asyncio.get_running_loop()

    def note(number: int, frame: FrameType | None) -> None:
        if not told:
            # Not from here: a handler may interrupt whoever is writing there.
            loop.call_soon_threadsafe(
                warn, "interrupted: waiting for what is under way; once more cuts it off"
            )
        else:
            before = previous[signal.Signals(number)]
            # SIGTERM has a default that is no function: it ends what runs as SIGINT does.
            if not callable(before):
                before = previous[signal.SIGINT]
            if callable(before):
                before(number, frame)
        told.append(number)

    previous = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    caught = [one for one, before in previous.items() if before is not signal.SIG_IGN]
    for one in caught:
        signal.signal(one, note)
    try:
        yield lambda: bool(told)
    finally:
        for one in caught:
            signal.signal(one, previous[one])


@contextmanager
def in_options(names: Mapping[str, str]) -> Generator[None]:
    """Lets an ArgumentError of the block speak of options, and not of arguments of Python.

    Args:
        names: What an argument is called on the command line, or a part of it after a dot.

    Raises:
        ArgumentError: What the block raised, in other words.
    """
    try:
        yield
    except ArgumentError as error:
        error.message = _renamed(error.message, names)
        raise


def _renamed(said: str, names: Mapping[str, str]) -> str:
    def name(found: re.Match[str]) -> str:
        return names.get(found[0], found[0])

    begun = re.sub(r"^[\w.]+", name, said) if re.match(r"[\w.]+ (must|is|are|can|has)\b", said) else said
    return re.sub(r"(?<=exactly one of ).*", lambda rest: re.sub(r"[\w.]+", name, rest[0]), begun)


_TOLD: Final = (PartneroError, KeyboardInterrupt)


def told(error: BaseException) -> ExitCode:
    """Says in one line on standard error what went wrong; the code for it."""
    if isinstance(error, KeyboardInterrupt):
        warn("interrupted")
        return ExitCode.INTERRUPTED
    warn(str(error))
    return ExitCode.USAGE if isinstance(error, ArgumentError) else ExitCode.FAILED
