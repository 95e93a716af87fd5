"""The commands that are one call: what they ask, and what they show of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import click

from ..records._base import Record
from .action import Action, given_by_options, option_names, options_of
from .arguments import read
from .changes import ask_first, changes_from, is_change
from .display import printable, say
from .ending import end_with, in_options
from .exit_codes import ExitCode
from .output import as_json, record_lines
from .settings import client, settings_of_one

__all__ = ["action_command"]


def action_command(action: Action) -> click.Command:
    """The command of a method that answers with one record, or none."""
    changes = is_change(action)

    def called(
        is_json: bool = False,
        yes: bool = False,
        source: str | None = None,
        dry_run: bool = False,
        concurrency: int = 1,
        **told: Any,
    ) -> None:
        if source is not None:
            if any(value not in (None, ()) for name, value in told.items() if name != "by"):
                raise click.UsageError("--from says everything: give no other values")
            changes_from(action, source, dry_run=dry_run, yes=yes, concurrency=concurrency)
        with in_options(option_names(action)):
            values = read(action.arguments, given_by_options(action, told))
            if changes:
                ask_first(action, values, yes=yes, dry_run=dry_run)

        async def ask() -> ExitCode:
            async with client() as partnero:
                with in_options(option_names(action)):
                    answer = await action.call(getattr(partnero, action.attribute), values)
            named = [
                str(values[one.name]) for one in action.arguments if one.is_positional and one.name in values
            ]
            _show(
                answer,
                is_json=is_json,
                said=printable(" ".join((action.name.replace("_", " "), *named, "done"))),
            )
            return ExitCode.OK

        end_with(ask)

    command = click.Command(action.name.replace("_", "-"), callback=called, help=action.help)
    command.params += options_of(action, optional=changes and _takes_files(action))
    if action.returned is not type(None):
        command.params.append(click.Option(["--json", "is_json"], is_flag=True, help="JSON, for programs."))
    if changes:
        command.params += _options_of_changes(action)
    return settings_of_one(command)


def _takes_files(action: Action) -> bool:
    # A file of sales that is sent twice pays them twice: the outbox sends each once.
    return not (action.name == "create" and action.attribute in ("transactions", "referral_transactions"))


def _options_of_changes(action: Action) -> list[click.Parameter]:
    params: list[click.Parameter] = [
        click.Option(["--yes"], is_flag=True, help="Do not ask."),
        click.Option(["--dry-run"], is_flag=True, help="Check what would be sent, and send nothing."),
    ]
    if _takes_files(action):
        fields = ", ".join(_columns_of(action))
        params += [
            click.Option(
                ["--from", "source"],
                type=click.Path(dir_okay=False, allow_dash=True),
                metavar="FILE",
                help=f"One for each line of JSON, or of CSV with columns of {fields}; - for standard input.",
            ),
            click.Option(
                ["--concurrency"],
                type=click.IntRange(1, 1000),
                default=5,
                show_default=True,
                help="Of the lines of a file, how many at a time.",
            ),
        ]
    return params


def _columns_of(action: Action) -> Iterator[str]:
    """What a file may say of a change, as the names of its columns."""
    for argument in action.arguments:
        if argument.is_positional:
            yield argument.name
            continue
        for leaf in argument.shape.leaves((argument.name,)):
            yield ".".join(leaf.path) + (" (several: a;b)" if leaf.is_several else "")


def _show(answer: Any, *, is_json: bool, said: str) -> None:
    if answer is None:
        say(said)
        return
    for record in cast("Sequence[Record]", answer if isinstance(answer, tuple) else (answer,)):
        click.echo(as_json(record.to_dict()) if is_json else record_lines(record))
