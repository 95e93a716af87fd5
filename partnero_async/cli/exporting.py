"""``export``: every record of a noun into a file, which goes on where it stopped."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import click

from ..bulk.many import ManyByKey
from ..errors import ArgumentError, PartneroError
from ..export._files import rest_of
from ..export._growing import GrowingFile
from ..export._lines import Key, found_line, key_of_found
from ..resources._base import Resource
from .action import Action, given_by_options, option_names, options_of
from .arguments import read
from .display import Tally, progress_bar, summarize, warn
from .ending import code_of, in_options
from .exit_codes import ExitCode
from .fetch import run_export
from .output import Cells
from .settings import client, settings_of_one

__all__ = ["export_command"]

_SUFFIXES: Final = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}

SYNC_EVERY: Final = 5000
"""After so many records the file is brought to the disk."""


def export_command(attribute: str, kind: type[Resource]) -> click.Command:
    """The command that exports a noun which can be listed."""
    action = Action(attribute, "list", kind.list, kind)  # type: ignore[attr-defined]
    fields = [name for name in ("key", "id", "uuid_code", "code", "email") if _has(action, name)]
    identity = fields[0]
    has_details = issubclass(kind, ManyByKey)

    def called(
        out: Path,
        format: str | None,
        overwrite: bool,
        formulas: Cells,
        concurrency: int,
        details: bool = False,
        **told: Any,
    ) -> None:
        chosen = format or _SUFFIXES.get(out.suffix)
        if chosen is None:
            raise click.UsageError(f"--format is needed: {out} ends with none of {', '.join(_SUFFIXES)}")
        with in_options(option_names(action)):
            values = read(action.arguments, given_by_options(action, told))
        if chosen == "parquet":
            from .conversions import check_parquet

            check_parquet()
        lines = out if chosen == "jsonl" else out.with_name(f"{out.name}.part.jsonl")
        if overwrite:
            for file in (out, lines, rest_of(lines)):
                file.unlink(missing_ok=True)
        elif chosen != "jsonl" and out.exists():
            raise click.UsageError(f"{out} exists: name another file, or give --overwrite")
        partnero = client(concurrency=concurrency)
        resource = getattr(partnero, attribute)
        pager = action.call(resource, {**values, "limit": 250})
        if details:
            code = run_export(partnero, resource.get, partial(_identities, pager, identity), lines)
        else:
            code = code_of(lambda: _listed(partnero, pager, identity, lines))
        if code in (ExitCode.OK, ExitCode.MISSING) and chosen != "jsonl":
            from .conversions import convert

            convert(lines, out, chosen, action.returned, formulas)
            lines.unlink(missing_ok=True)
        raise SystemExit(int(code))

    command = click.Command("export", callback=called, help=_HELP)
    command.params += options_of(action)
    options = [
        click.option(
            "--concurrency",
            type=click.IntRange(1, 1000),
            default=20,
            show_default=True,
            help="Calls at a time.",
        ),
        click.option(
            "--formulas",
            type=click.Choice(("escaped", "kept")),
            default="escaped",
            show_default=True,
            help="In CSV, cells of text that a spreadsheet takes for a formula get a ' in front.",
        ),
        click.option("--overwrite", is_flag=True, help="Begin anew if the file exists."),
        click.option(
            "--format", type=click.Choice(("jsonl", "csv", "parquet")), help="As the name ends, unless given."
        ),
        click.option(
            "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file."
        ),
    ]
    if has_details:
        options.append(
            click.option(
                "--details", is_flag=True, help="Ask for each record by itself: lists leave some fields out."
            )
        )
    for option in options:
        command = option(command)
    return settings_of_one(command)


_HELP: Final = """Export all of them into a file, which goes on where it stopped.

A JSONL file has a line with "key" and "record" for each. CSV and Parquet are written when all is there; until
then it is in a file beside it, which has .part.jsonl behind its name. The same command again goes on: with
--details no record is asked for twice; without, the list is gone through again and what is new is added.
"""


def _has(action: Action, name: str) -> bool:
    import attrs

    return name in {field.name for field in attrs.fields(action.returned)}


async def _identities(pager: Any, identity: str) -> list[Key]:
    """All keys of a list, before any record is asked for: then it is known how much is left."""
    async with pager.prefetch(3) as records:
        return [getattr(record, identity) async for record in records]


async def _listed(partnero: Any, pager: Any, identity: str, path: Path) -> ExitCode:
    """Goes through a list, and writes those of its records that a file does not have."""
    try:
        file = GrowingFile(path, keep_empty=True)
    except OSError as error:
        warn(f"cannot write {path}: {error.strerror}")
        return ExitCode.FAILED
    tally = Tally(None, partnero)
    before = 0
    try:
        file.lock()
        there = set[Any](await anyio.to_thread.run_sync(lambda: list(file.lines(key_of_found))))
        file.mend()
        before = len(there)
        nameless = 0
        async with partnero, pager.prefetch(3) as records:
            with progress_bar(tally) as show:
                async for record in records:
                    key = getattr(record, identity)
                    if key is None:
                        # Of a sale without a key nobody can say whether it is the same.
                        nameless += 1
                        key = f"without {identity}: {nameless}"
                    if key in there:
                        continue
                    there.add(key)
                    file.append(found_line(key, record))
                    tally.found()
                    if tally.progress.done % SYNC_EVERY == 0:
                        file.sync()
                    show()
        file.sync()
    except (PartneroError, KeyboardInterrupt) as error:
        if isinstance(error, ArgumentError):
            raise
        warn(f"{path} keeps what came: the same command goes on")
        raise
    except OSError as error:
        warn(f"cannot write {path}: {error.strerror}")
        return ExitCode.FAILED
    finally:
        summarize(tally.progress, before=f", {before} on disk already" if before else "")
        file.close()
    return ExitCode.OK
