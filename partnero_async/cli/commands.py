"""The commands, their options, and what a script can tell from their exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn, TypeVar

import click

from .. import __version__
from ..bulk.outcomes import Failed, Found, Missing, Outcome
from ..client import AsyncPartnero
from ..errors import ArgumentError, AuthenticationError
from ..export import Export, export
from ..export._files import rest_of
from ..records.customer import Customer
from .display import Tally, progress_bar, show_customer, summarize, warn
from .ending import code_of, end_with
from .exit_codes import EXIT_CODES, ExitCode
from .outbox import outbox
from .webhooks import webhooks

__all__ = ["partnero"]

T = TypeVar("T")


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def partnero() -> None:
    """Partnero from the command line.

    The API key is read from PARTNERO_API_KEY, and PARTNERO_BASE_URL points to another server, such as a
    local sandbox.
    """


partnero.add_command(outbox)
partnero.add_command(webhooks)


@partnero.command()
@click.option("--customers", default=5000, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--concurrency", default=50, show_default=True, type=click.IntRange(1, 1000))
def demo(customers: int, concurrency: int) -> None:
    """Fetch thousands of customers from a local Partnero, over real sockets.

    A sandbox is started in a process of its own; some of the keys do not exist and some fail on purpose.
    """
    from .demo import run_demo

    end_with(partial(run_demo, customers, concurrency))


@partnero.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """Serve a local Partnero on 127.0.0.1 (--help lists its options)."""
    from ..sandbox.__main__ import main

    sys.exit(main(list(arguments), program="partnero sandbox"))


@partnero.command()
def test() -> None:
    """Test the API key, and show which program it belongs to."""

    async def ask() -> ExitCode:
        async with AsyncPartnero() as client:
            connection = await client.test()
        program = connection.program.pub_id if connection.program else "a program that was not named"
        click.echo(f"The API key works. It belongs to program {program}.")
        return ExitCode.OK

    end_with(ask)


@partnero.group()
def customers() -> None:
    """Customers of an affiliate program."""


@customers.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def get(keys: tuple[str, ...], as_json: bool) -> None:
    """Show the customers with these keys."""

    async def ask() -> ExitCode:
        tally = Tally(len(set(keys)))
        async with AsyncPartnero() as client:
            async with client.customers.stream(dict.fromkeys(keys), ordered=True) as outcomes:
                async for outcome in outcomes:
                    tally.count(outcome)
                    match outcome:
                        case Found(_, customer):
                            click.echo(json.dumps(customer.to_dict()) if as_json else show_customer(customer))
                        case Missing(key):
                            warn(f"{key}: there is no such customer")
                        case Failed(key, error):
                            warn(f"{key}: {error}")
        return _code(tally)

    end_with(ask)


@customers.command()
@click.option(
    "--keys",
    "source",
    type=click.File("r", encoding="utf-8-sig"),
    help="A file with one key a line, or - for standard input. Required without --retry-failed.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the outcomes, one JSON object a line.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@click.option("--resume", is_flag=True, help="Go on with the file, and ask for no key that is in it.")
@click.option("--retry-failed", is_flag=True, help="Go on, and ask for those keys alone that failed before.")
@click.option("--concurrency", default=20, show_default=True, type=click.IntRange(1, 1000))
def fetch(
    source: IO[str] | None, out: Path, overwrite: bool, resume: bool, retry_failed: bool, concurrency: int
) -> None:
    """Fetch many customers, and write what became of each key.

    Each line of the output has "key" and "outcome": "found" with "customer", "missing", or "failed" with
    "error" (type, status, message). Lines are written as they come, so what was fetched before an
    interruption is kept.

    With --resume, from the first time on, a line has "key" and "record", and those of keys that are missing
    or failed are in a file beside it, which has .rest.jsonl behind its name.
    """
    if source is None and not retry_failed:
        raise click.UsageError("Missing option '--keys'.")
    if resume or retry_failed:
        if overwrite:
            raise click.UsageError("--overwrite forgets what --resume and --retry-failed go on with")
        _fetch_on(source, out, retry_failed=retry_failed, concurrency=concurrency)
    assert source is not None
    existed = out.exists()
    if existed and not overwrite:
        raise click.UsageError(f"{out} exists: name another file, or give --overwrite")
    if existed and _is_same_file(source, out):
        raise click.UsageError(f"{out} is the file of the keys: name another file")
    keys = _distinct_keys(source)
    client = _client(concurrency)
    try:
        # To append, so that an old file is there until the first outcome replaces it.
        with out.open("a", encoding="utf-8") as target:
            code = code_of(partial(_fetch, client, keys, target, replace=out.is_file()))
        if not existed and out.stat().st_size == 0:
            out.unlink()
    except OSError as error:
        warn(f"cannot write {out}: {error.strerror}")
        code = ExitCode.FAILED
    sys.exit(int(code))


async def _fetch(client: AsyncPartnero, keys: list[str], target: IO[str], *, replace: bool) -> ExitCode:
    tally = Tally(len(keys), client)
    async with client:
        try:
            with progress_bar(tally) as show:
                async with client.customers.stream(keys) as outcomes:
                    async for outcome in outcomes:
                        if tally.progress.done == 0:
                            if isinstance(outcome, Failed) and isinstance(outcome.error, AuthenticationError):
                                continue  # refused from the start: nothing is worth writing over a file
                            if replace:
                                target.truncate(0)
                        tally.count(outcome)
                        target.write(json.dumps(_line(outcome)) + "\n")
                        show()
        finally:
            tally.summarize()
    return _code(tally)


def _fetch_on(source: IO[str] | None, out: Path, *, retry_failed: bool, concurrency: int) -> NoReturn:
    """Fetches what is not in a file yet, and adds it."""
    keys = None if source is None else _distinct_keys(source)
    client = _client(concurrency)

    async def run() -> ExitCode:
        async with client, AsyncExitStack() as at_the_end:
            async with export(client.customers.get, keys, out, retry_failed=retry_failed) as progress:
                at_the_end.callback(_summarize, progress, out)
                with progress_bar(progress) as show:
                    async for _ in progress:
                        show()
        if progress.failed or progress.failed_before:
            return ExitCode.FAILED
        return ExitCode.MISSING if progress.missing or progress.missing_before else ExitCode.OK

    try:
        code = code_of(run)
    except OSError as error:
        warn(f"cannot write {error.filename or out}: {error.strerror}")
        code = ExitCode.FAILED
    sys.exit(int(code))


def _summarize(progress: Export, out: Path) -> None:
    summarize(progress.progress, before=f", {progress.skipped} on disk already" if progress.skipped else "")
    rest = rest_of(out)
    if rest.exists():
        warn(f"what is missing or failed is in {rest}")


def _client(concurrency: int) -> AsyncPartnero:
    try:
        return AsyncPartnero(max_concurrency=concurrency)
    except ArgumentError as error:
        warn(str(error))
        sys.exit(int(ExitCode.USAGE))


def _is_same_file(source: IO[str], out: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(source.fileno()), out.stat())
    except OSError:  # standard input may have no file behind it
        return False


def _line(outcome: Outcome[str, Customer]) -> dict[str, Any]:
    match outcome:
        case Found(key, customer):
            return {"key": key, "outcome": "found", "customer": customer.to_dict()}
        case Missing(key):
            return {"key": key, "outcome": "missing"}
        case Failed(key, error):
            shown = {"type": type(error).__name__, "status": error.status, "message": str(error)}
            return {"key": key, "outcome": "failed", "error": shown}


def _distinct_keys(lines: Iterable[str]) -> list[str]:
    """The keys of a file, each once: one a line, blanks inside and around kept, empty lines left out."""
    try:
        keys = list(dict.fromkeys(_without_line_ends(lines)))
    except UnicodeDecodeError as error:
        raise click.UsageError(f"the keys are not UTF-8 text: {error.reason}") from None
    if not keys:
        raise click.UsageError("there are no keys")
    return keys


def _without_line_ends(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        key = line.rstrip("\r\n")
        if key:
            yield key


def _code(tally: Tally) -> ExitCode:
    ended = tally.progress
    if ended.failed:
        return ExitCode.FAILED
    return ExitCode.MISSING if ended.missing else ExitCode.OK
