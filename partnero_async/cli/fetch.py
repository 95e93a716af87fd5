"""``partnero customers fetch``: many customers into a file, and what became of each key."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import click

from ..bulk.outcomes import Failed, Found, Missing, Outcome
from ..client import AsyncPartnero
from ..errors import AuthenticationError
from ..export import Export, export
from ..export._files import rest_of
from ..records.customer import Customer
from .display import Tally, progress_bar, summarize, warn
from .ending import code_of
from .exit_codes import ExitCode
from .many import code_of_tally
from .rows import keys_of
from .settings import client, settings_of_one

__all__ = ["fetch", "run_export"]


@settings_of_one
@click.command()
@click.option(
    "--keys",
    "source",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="A file with one key a line, or - for standard input. Required without --retry-failed.",
)
@click.option("--column", metavar="NAME", help="The file of keys is CSV: take those of this column.")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Where to write the outcomes, one JSON object a line; - for standard output.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@click.option("--resume", is_flag=True, help="Go on with the file, and ask for no key that is in it.")
@click.option("--retry-failed", is_flag=True, help="Go on, and ask for those keys alone that failed before.")
@click.option(
    "--concurrency",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Requests under way at a time.",
)
def fetch(
    source: str | None,
    column: str | None,
    out: Path,
    overwrite: bool,
    resume: bool,
    retry_failed: bool,
    concurrency: int,
) -> None:
    """Fetch many customers, and write what became of each key.

    Each line of the output has "key" and "outcome": "found" with "customer", "missing", or "failed" with
    "error" (type, status, message). Each line is in the file when its answer has come.

    With --resume, from the first time on, a line has "key" and "record", and those of keys that are missing
    or failed are in a file beside it, which has .rest.jsonl behind its name.
    """
    if source is None and not retry_failed:
        raise click.UsageError("Missing option '--keys'.")
    if resume or retry_failed:
        if overwrite:
            raise click.UsageError("--overwrite forgets what --resume and --retry-failed go on with")
        if str(out) == "-":
            raise click.UsageError("--resume and --retry-failed need a file to go on with")
        keys = None if source is None else keys_of(source, column)
        partnero = client(concurrency=concurrency)
        sys.exit(int(run_export(partnero, partnero.customers.get, keys, out, retry_failed=retry_failed)))
    assert source is not None
    is_there = str(out) != "-" and out.exists()
    if is_there and not overwrite:
        raise click.UsageError(f"{out} exists: name another file, or give --overwrite")
    if is_there and _is_same_file(source, out):
        raise click.UsageError(f"{out} is the file of the keys: name another file")
    keys = keys_of(source, column)
    partnero = client(concurrency=concurrency)
    try:
        with _lines_to(out, replace=is_there and out.is_file()) as write:
            code = code_of(partial(_fetch, partnero, keys, write))
    except OSError as error:
        if error.filename is None:
            raise
        warn(f"cannot write {out}: {error.strerror}")
        code = ExitCode.FAILED
    sys.exit(int(code))


async def _fetch(partnero: AsyncPartnero, keys: list[str], write: Callable[[bytes], None]) -> ExitCode:
    tally = Tally(len(keys), partnero)
    async with partnero:
        try:
            with progress_bar(tally) as show:
                async with partnero.customers.stream(keys) as outcomes:
                    async for outcome in outcomes:
                        if (
                            tally.progress.done == 0
                            and isinstance(outcome, Failed)
                            and isinstance(outcome.error, AuthenticationError)
                        ):
                            continue  # refused from the start: nothing is worth writing over a file
                        write(_line(outcome))
                        tally.count(outcome)
                        show()
        finally:
            tally.summarize()
    return code_of_tally(tally)


@contextmanager
def _lines_to(out: Path, *, replace: bool) -> Generator[Callable[[bytes], None]]:
    """What writes whole lines, each at once: nothing is held back that a signal or a full disk would lose."""
    if str(out) == "-":

        def say(line: bytes) -> None:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

        yield say
        return
    existed = out.exists()
    try:
        # To append, so that an old file is there until the first outcome replaces it.
        number = os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        error.filename = str(out)
        raise
    is_begun = False

    def write(line: bytes) -> None:
        nonlocal is_begun
        try:
            if replace and not is_begun:
                os.ftruncate(number, 0)
            is_begun = True
            before = os.fstat(number).st_size
            written = 0
            try:
                while written < len(line):
                    written += os.write(number, line[written:])
            except BaseException:
                if written:
                    os.ftruncate(number, before)
                raise
        except OSError as error:
            error.filename = str(out)
            raise

    try:
        yield write
    finally:
        is_empty = out.is_file() and os.fstat(number).st_size == 0
        os.close(number)
        if not existed and is_empty:
            out.unlink()


def run_export(
    partnero: AsyncPartnero, call: Callable[[Any], Any], keys: Any, out: Path, *, retry_failed: bool = False
) -> ExitCode:
    """Fetches what is not in a file yet, and adds it; keys may come of a coroutine function."""

    async def run() -> ExitCode:
        async with partnero, AsyncExitStack() as at_the_end:
            chosen: Any = keys
            if callable(keys):
                chosen = await cast("Callable[[], Awaitable[Any]]", keys)()
            async with export(call, chosen, out, retry_failed=retry_failed) as progress:
                at_the_end.callback(_summarize, progress, out)
                with progress_bar(progress) as show:
                    async for _ in progress:
                        show()
        if progress.failed or progress.failed_before:
            return ExitCode.FAILED
        return ExitCode.MISSING if progress.missing or progress.missing_before else ExitCode.OK

    try:
        return code_of(run)
    except OSError as error:
        warn(f"cannot write {error.filename or out}: {error.strerror}")
        return ExitCode.FAILED


def _summarize(progress: Export, out: Path) -> None:
    summarize(progress.progress, before=f", {progress.skipped} on disk already" if progress.skipped else "")
    rest = rest_of(out)
    if rest.exists():
        warn(f"what is missing or failed is in {rest}")


def _is_same_file(source: str, out: Path) -> bool:
    try:
        found = os.fstat(0) if source == "-" else os.stat(source)
        return os.path.samestat(found, out.stat())
    except OSError:  # standard input may have no file behind it
        return False


def _line(outcome: Outcome[str, Customer]) -> bytes:
    told: dict[str, Any]
    match outcome:
        case Found(key, customer):
            told = {"key": key, "outcome": "found", "customer": customer.to_dict()}
        case Missing(key):
            told = {"key": key, "outcome": "missing"}
        case Failed(key, error):
            shown = {"type": type(error).__name__, "status": error.status, "message": str(error)}
            told = {"key": key, "outcome": "failed", "error": shown}
    try:
        return json.dumps(told, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(told).encode() + b"\n"
