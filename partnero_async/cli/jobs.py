"""The ``partnero jobs`` commands: bulk runs in parts, which several machines do."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import click

from ..bulk.jobs.job import Job, load, plan
from ..export import ExportBusyError
from ..export._files import rest_of
from .display import say, warn
from .ending import code_of, ending_on_errors
from .exit_codes import ExitCode
from .rows import keys_of
from .settings import client, settings_of_one

__all__ = ["jobs"]

_EVERY: Final = 2.0
"""Seconds between two looks at how far a job is."""

_FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@click.group()
def jobs() -> None:
    """Bulk runs in parts, which several machines do that have one folder.

    plan divides keys into parts; run does one of them, in whichever process, and goes on where another was
    killed; status shows how far all are; merge makes one file of the results.
    """


@jobs.command(name="plan")
@click.argument("folder", type=_FOLDER)
@click.option(
    "--keys",
    "source",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="A file with one key a line, or - for standard input.",
)
@click.option("--column", metavar="NAME", help="The file of keys is CSV: take those of this column.")
@click.option("--parts", required=True, type=click.IntRange(1, 1_000_000), help="Into how many parts.")
def plan_command(folder: Path, source: str, column: str | None, parts: int) -> None:
    """Divide keys into parts, and write to FOLDER what whoever does them needs."""
    with ending_on_errors(), _naming_files():
        job = plan(folder, keys_of(source, column), parts=parts)
    click.echo(f"{sum(part.keys for part in job.parts)} keys in {len(job.parts)} parts")


@settings_of_one
@jobs.command()
@click.argument("folder", type=_FOLDER)
@click.option("--part", "number", required=True, type=click.IntRange(0), help="Which, counted from 0.")
@click.option("--retry-failed", is_flag=True, help="Ask again for the keys that failed, too.")
@click.option(
    "--concurrency",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Requests under way at a time.",
)
def run(folder: Path, number: int, retry_failed: bool, concurrency: int) -> None:
    """Fetch the customers of one part, or what is left of it.

    A part that is done is not done again. One that somebody else does is left to them, with exit code 1.
    """
    with ending_on_errors(), _naming_files():
        job = load(folder)
        job.state(number)  # there is such a part

    async def work() -> ExitCode:
        async with client(concurrency=concurrency) as partnero:
            return await _run(job, number, partnero.customers.get, retry_failed=retry_failed)

    with _naming_files():
        sys.exit(int(code_of(work)))


async def _run(job: Job, number: int, call: Any, *, retry_failed: bool) -> ExitCode:
    try:
        state = await job.run(number, call, retry_failed=retry_failed)
    except ExportBusyError:
        warn(f"somebody else does part {number}")
        return ExitCode.FAILED
    say(f"part {number}: {state.found} found, {state.missing} missing, {state.failed} failed")
    return ExitCode.FAILED if state.failed else ExitCode.OK


@jobs.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "is_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--watch", is_flag=True, help="Show it again every two seconds, until all is done.")
def status(folder: Path, is_json: bool, watch: bool) -> None:
    """Show how far a job is: parts, keys, the pace beside the limit, refusals, and when it ends."""
    with ending_on_errors(), _naming_files():
        job = load(folder)
        while True:
            now = job.status
            if is_json:
                told: Mapping[str, Any] = attrs.asdict(now) | {"seconds_left": now.seconds_left}
                click.echo(json.dumps(told))
            else:
                click.echo(str(now))
            sys.stdout.flush()
            if not watch or now.done == now.parts:
                return
            time.sleep(_EVERY)
            if not is_json:
                click.echo()


@jobs.command()
@click.argument("folder", type=_FOLDER)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file.")
@click.option("--program", metavar="NAME", help="Which, if the job has several.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
def merge(folder: Path, out: Path, program: str | None, overwrite: bool) -> None:
    """Write the results of all parts into one file of JSON lines, each key once."""
    with ending_on_errors(), _naming_files():
        job = load(folder)
        for file in (out, rest_of(out)):
            if file.exists() and not overwrite:
                raise click.UsageError(f"{file} exists: name another file, or give --overwrite")
        counts = job.merge(out, program=program)
    say(f"{counts.found} found, {counts.missing} missing, {counts.failed} failed")


@contextmanager
def _naming_files() -> Generator[None]:
    """Says which file could not be read or written."""
    try:
        yield
    except OSError as error:
        warn(f"{error.filename or 'a file'}: {error.strerror or error}")
        sys.exit(int(ExitCode.FAILED))
