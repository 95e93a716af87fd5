"""``export``: every record of a noun into a file, which goes on where it stopped."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import click

from ..bulk.many import ManyByKey
from ..client import AsyncPartnero
from ..errors import ArgumentError, PartneroError, UsageError
from ..export._files import rest_of
from ..export._growing import GrowingFile
from ..export._lines import Key, found_line, key_of_found, key_of_unfound
from ..lists.pager import LARGEST_PAGE
from ..records._base import Record
from ..resources._base import Resource
from .action import Action, given_by_options, option_names, options_of
from .arguments import read
from .display import Tally, progress_bar, summarize, warn
from .ending import code_of, ending_on_errors, in_options
from .exit_codes import ExitCode
from .fetch import run_export
from .output import Cells, formulas_option
from .settings import client, settings_of_one

__all__ = ["export_command"]

_SUFFIXES: Final = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}

SYNC_EVERY: Final = 5000
"""After so many records the file is brought to the disk."""


def export_command(attribute: str, kind: type[Resource]) -> click.Command:
    """The command that exports a noun which can be listed."""
    action = Action(attribute, "list", kind.list, kind)  # type: ignore[attr-defined]
    # Several sales may have one key, of which only one could be asked for.
    has_details = issubclass(kind, ManyByKey) and action.returned.identified_by is not None

    def called(
        out: Path,
        format: str | None,
        overwrite: bool,
        formulas: Cells,
        concurrency: int,
        details: bool = False,
        **told: Any,
    ) -> None:
        if str(out) == "-":
            raise click.UsageError("an export goes on from its file: list --jsonl writes to standard output")
        chosen = format or _SUFFIXES.get(out.suffix.lower())
        if chosen is None:
            raise click.UsageError(f"--format is needed: {out} ends with none of {', '.join(_SUFFIXES)}")
        with in_options(option_names(action)):
            values = read(action.arguments, given_by_options(action, told))
        if chosen == "parquet":
            from .conversions import check_parquet

            check_parquet()
        lines = out if chosen == "jsonl" else out.with_name(f"{out.name}.part.jsonl")
        if chosen != "jsonl" and out.exists() and not overwrite:
            raise click.UsageError(f"{out} exists: name another file, or give --overwrite")

        def asked() -> tuple[AsyncPartnero, Any, Any]:
            """A client, its resource, and the list."""
            partnero = client(concurrency=concurrency)
            resource = getattr(partnero, attribute)
            return partnero, resource, action.call(resource, {**values, "limit": LARGEST_PAGE})

        if overwrite:
            partnero, _, pager = asked()
            # Whoever has a wrong key, or a wrong filter, keeps what there is.
            if code := code_of(lambda: _first_page(partnero, pager)):
                raise SystemExit(int(code))
            for file in (lines, rest_of(lines)):
                file.unlink(missing_ok=True)

        def export() -> ExitCode:
            partnero, resource, pager = asked()
            if not details:
                return code_of(lambda: _listed(partnero, pager, lines))
            if _has_failed(rest_of(lines)):
                run_export(partnero, resource.get, None, lines, retry_failed=True)
                partnero, resource, pager = asked()
            return run_export(partnero, resource.get, partial(_identities, pager), lines)

        try:
            if chosen == "jsonl":
                raise SystemExit(int(export()))
            with ending_on_errors(), _alone(out, overwrite=overwrite) as part:
                code = export()
                if code in (ExitCode.OK, ExitCode.MISSING):
                    from .conversions import convert

                    convert(lines, part, chosen, action.returned, formulas)
                    os.replace(part, out)
                    lines.unlink(missing_ok=True)
        except OSError as error:
            warn(f"cannot write {out}: {error.strerror or error}")
            code = ExitCode.FAILED
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
        formulas_option,
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
                "--details",
                is_flag=True,
                help="Ask for each record by itself: lists leave some fields out. Records that a file has "
                "stay as they are: begin anew with --overwrite if it was begun without.",
            )
        )
    for option in options:
        command = option(command)
    return settings_of_one(command)


_HELP: Final = """Export all of them into a file, and go on where an earlier run stopped.

A JSONL file has a line with "key" and "record" for each. CSV and Parquet are written when all is there; until
then it is in a file beside it, which has .part.jsonl behind its name. The same command again goes on, that
for CSV and Parquet if it did not come to its end: with --details no record is asked for twice; without, the
list is gone through again and what is new is added.
"""


def _name_of(record: Record) -> Key:
    """What tells a record from the others of its list."""
    if record.identified_by is not None:
        found: Key | None = getattr(record, record.identified_by)
        if found is not None:
            return found
    # Sales have none: one that is sent twice is there twice, with the same key.
    told = record.to_dict()
    parts = (told.get(name) for name in ("key", "created_at", "amount", "email"))
    return " ".join(str(part) for part in parts if part is not None)


class _Names:
    """Names for the records of a list, in which one that a moving list shows again is not another."""

    def __init__(self) -> None:
        self._seen: Counter[Key] = Counter()
        self._count = 0

    def of(self, record: Record) -> Key:
        """The name of the next record. Those of a page that are alike are several, such as doubled sales."""
        if self._count % LARGEST_PAGE == 0:
            self._seen.clear()
        self._count += 1
        name = _name_of(record)
        self._seen[name] += 1
        is_unique = record.identified_by is not None or self._seen[name] == 1
        return name if is_unique else f"{name} ({self._seen[name]})"


async def _identities(pager: Any) -> list[Key]:
    """All keys of a list, before any record is asked for: then it is known how much is left."""
    async with pager.prefetch(3) as records:
        return [_name_of(record) async for record in records]


async def _first_page(partnero: AsyncPartnero, pager: Any) -> ExitCode:
    async with partnero:
        await pager
    return ExitCode.OK


def _has_failed(rest: Path) -> bool:
    """Whether keys are left that failed before."""
    try:
        with rest.open("rb") as file:
            return any((told := key_of_unfound(line)) is not None and told[1] == "failed" for line in file)
    except FileNotFoundError:
        return False


@contextmanager
def _alone(out: Path, *, overwrite: bool) -> Generator[Path]:
    """A file beside another, to be written and put in its place, which nobody else has at the same time.

    Raises:
        UsageError: Somebody else has it, or was there before.
    """
    part = out.with_name(f"{out.name}.part")
    lock = GrowingFile(part, keep_empty=False)
    try:
        lock.lock()
        if out.exists() and not overwrite:
            raise UsageError(f"{out} was written by another export")
        yield part
    finally:
        with suppress(OSError):
            os.truncate(part, 0)
        lock.close()


async def _listed(partnero: AsyncPartnero, pager: Any, path: Path) -> ExitCode:
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
        names = _Names()
        async with partnero, pager.prefetch(3) as records:
            with progress_bar(tally) as show:
                async for record in records:
                    key = names.of(record)
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
