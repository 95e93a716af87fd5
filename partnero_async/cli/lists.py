"""The commands that list: every item, page after page."""

from __future__ import annotations

from typing import Any

import click

from .action import Action, given_by_options, option_names, options_of
from .arguments import read
from .display import say
from .ending import end_with, in_options
from .exit_codes import ExitCode
from .output import formatted, writer_of
from .settings import client, settings_of_one

__all__ = ["list_command"]


def list_command(action: Action) -> click.Command:
    """The command of a method that lists."""

    def called(
        format: Any,
        columns: str | None,
        formulas: Any,
        most: int | None,
        page_size: int,
        page: int,
        **told: Any,
    ) -> None:
        with in_options({**option_names(action), "limit": "--page-size"}):
            values = read(action.arguments, given_by_options(action, told))
            take = writer_of(format, action.returned, columns, formulas)

        async def ask() -> ExitCode:
            left, count = most, 0
            async with client() as partnero:
                with in_options(option_names(action)):
                    pager = action.call(
                        getattr(partnero, action.attribute), {**values, "limit": page_size, "page": page}
                    )
                async for record in pager:
                    take(record.to_dict())
                    count += 1
                    if left is not None and (left := left - 1) == 0:
                        break
            take(None)
            if not count and format == "table":
                say(f"no {action.attribute.replace('_', ' ')}" if action.name == "list" else "none")
            return ExitCode.OK

        end_with(ask)

    command = click.Command(action.name.replace("_", "-"), callback=called, help=action.help)
    command.params += options_of(action)
    for option in (
        click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="To begin with."),
        click.option(
            "--page-size",
            type=click.IntRange(1, 250),
            default=100,
            show_default=True,
            help="Items of one call.",
        ),
        click.option("--limit", "most", type=click.IntRange(1), help="So many items; all unless given."),
    ):
        command = option(command)
    return settings_of_one(formatted(command))
