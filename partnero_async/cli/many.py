"""``get``: the records with these keys, at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import click

from ..bulk.outcomes import Failed, Found, Missing, Outcome
from ..errors import ArgumentError
from ..records._base import Record
from .action import Action, option_names
from .display import Tally, warn
from .ending import end_with, ending_on_errors, in_options
from .exit_codes import ExitCode
from .output import as_json, record_lines
from .settings import client, settings_of_one

__all__ = ["code_of_tally", "get_command"]


def get_command(action: Action) -> click.Command:
    """The command that gets records by their keys or ids, in their order."""
    (argument,) = action.arguments
    name = argument.name.upper()
    keys = click.Argument(["keys"], nargs=-1, required=True, metavar=f"{name}...")

    def called(keys: Sequence[str], is_json: bool) -> None:
        with ending_on_errors(), in_options(option_names(action)):
            if any(not key.strip() for key in keys):
                raise ArgumentError(f"{argument.name} must not be empty")
            wanted = dict.fromkeys(argument.shape.read(key, (argument.name,)) for key in keys)

        async def ask() -> ExitCode:
            tally = Tally(None)
            async with client() as partnero:
                resource = getattr(partnero, action.attribute)
                async with resource.stream(wanted, ordered=True) as outcomes:
                    async for outcome in outcomes:
                        tally.count(outcome)
                        match cast("Outcome[Any, Record]", outcome):
                            case Found(_, record):
                                click.echo(as_json(record.to_dict()) if is_json else record_lines(record))
                            case Missing(key):
                                warn(f"{key}: there is no such {_noun(action.attribute)}")
                            case Failed(key, error):
                                warn(f"{key}: {error}")
            return code_of_tally(tally)

        end_with(ask)

    command = click.Command(
        "get", callback=called, help=f"Show those with these {argument.name}s.", params=[keys]
    )
    command = click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")(command)
    return settings_of_one(command)


def code_of_tally(tally: Tally) -> ExitCode:
    """How it went with many keys."""
    ended = tally.progress
    if ended.failed:
        return ExitCode.FAILED
    return ExitCode.MISSING if ended.missing else ExitCode.OK


def _noun(attribute: str) -> str:
    return attribute.removesuffix("s").replace("_", " ")
