"""Which outbox a command means: its file, and the options by which it is opened and delivered from."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any, get_args

import attrs
import click

from ..client import AsyncPartnero
from ..outbox.content import Program
from ..outbox.outbox import SalesOutbox
from .settings import client

__all__ = ["Place", "delivering", "place_of"]

Command = Callable[..., None]


@attrs.frozen(kw_only=True)
class Place:
    """Which outbox is meant."""

    file: Path
    """Its file."""

    program: Program
    """The type of its program."""

    adopt: bool
    """Whether it is to belong to this API key from now on."""

    @asynccontextmanager
    async def opened(
        self, *, concurrency: int = 5, **settings: Any
    ) -> AsyncGenerator[tuple[SalesOutbox, AsyncPartnero]]:
        """The outbox, and the client that delivers for it."""
        async with client(concurrency=concurrency) as partnero:
            opened = SalesOutbox(
                partnero,
                self.file,
                program=self.program,
                adopt=self.adopt,
                concurrency=concurrency,
                **settings,
            )
            async with opened:
                yield opened, partnero


def place_of(*, exists: bool) -> Callable[[Command], Command]:
    """Gives a command the file and the options by which an outbox is opened, as its first argument."""
    file = click.Path(exists=exists, dir_okay=False, path_type=Path)

    def decorate(command: Command) -> Command:
        @wraps(command)
        def called(*, file: Path, program: Program, adopt: bool, **others: Any) -> None:
            command(Place(file=file, program=program, adopt=adopt), **others)

        called = click.option(
            "--adopt", is_flag=True, help="Take over a file of another API key of the same program."
        )(called)
        called = click.option(
            "--program",
            type=click.Choice(get_args(Program)),
            default="affiliate",
            show_default=True,
            help="The type of the program that the API key belongs to.",
        )(called)
        return click.argument("file", type=file, callback=_regular)(called)

    return decorate


def _regular(_: click.Context, __: click.Parameter, file: Path) -> Path:
    # /dev/null would keep nothing, and SQLite knows a name, :memory:, that is no file.
    if os.path.exists(file) and not os.path.isfile(file):
        raise click.BadParameter(f"{file} is no file that can hold an outbox")
    return file.absolute()


def delivering(command: Command) -> Command:
    """Gives a command the options of delivery."""
    command = click.option(
        "--concurrency",
        default=5,
        show_default=True,
        type=click.IntRange(1, 1000),
        help="Deliveries at a time.",
    )(command)
    return click.option(
        "--settle-after",
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="When a sale whose answer was lost is looked up: the same for all who share the file.",
    )(command)
