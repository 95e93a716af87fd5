"""The ``partnero outbox`` commands: sales kept in a file, and delivered from there exactly once."""

from __future__ import annotations

import json
import logging
import signal
import sys
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from shlex import quote
from typing import IO, Any, Final

import anyio
import click

from .._values import timestamp
from ..errors import ArgumentError, PartneroError
from ..outbox.content import check_key
from ..outbox.entry import OPEN, Entry, Kind, State
from ..outbox.errors import StorageError
from ..outbox.outbox import SalesOutbox
from .display import printable, warn
from .ending import end_with, ending_on_errors
from .exit_codes import ExitCode
from .place import Place, delivering, place_of
from .recording import checked_sales, record_all, record_one, show_state
from .sales import amount_of

__all__ = ["outbox"]

GRACE: Final = 10.0
"""Seconds that calls under way have to end when ``run`` is told to."""


@click.group()
def outbox() -> None:
    """Sales kept in a file, and delivered from there exactly once.

    A sale is recorded in FILE first. It is delivered by drain or run, in any process that has the file, and
    is looked up by its key before it is ever sent again.
    """


def _amount(_: click.Context, __: click.Parameter, text: str | None) -> Decimal | None:
    try:
        return None if text is None else amount_of(text)
    except ArgumentError as error:
        raise click.BadParameter(str(error)) from None


@outbox.command()
@place_of(exists=False)
@click.option(
    "--from",
    "source",
    type=click.File("r", encoding="utf-8-sig"),
    help='A file with a sale a line, {"key": ..., "amount": ..., "customer": {"key": ...}}, or - for '
    "standard input.",
)
@click.option("--key", help="Your own identifier of the sale.")
@click.option("--amount", callback=_amount, help="Such as 99.99.")
@click.option("--reward", callback=_amount, help="The commission itself.")
@click.option("--currency", help="Its code; the program's if left out.")
@click.option("--customer-key", help="Who bought.")
@click.option("--customer-id", help="Who bought, by another identifier.")
@click.option("--customer-email", help="Who bought, by another identifier.")
@click.option("--action", help="What happened.")
@click.option("--product-id", multiple=True, help="Repeatable.")
@click.option("--created-at", help="When, such as 2025-04-01T12:00:00Z, or in Unix seconds; now if left out.")
@click.option("--referral-url", help="The referral URL that was followed.")
def record(
    place: Place,
    *,
    source: IO[str] | None,
    key: str | None,
    amount: Decimal | None,
    reward: Decimal | None,
    currency: str | None,
    customer_key: str | None,
    customer_id: str | None,
    customer_email: str | None,
    action: str | None,
    product_id: tuple[str, ...],
    created_at: str | None,
    referral_url: str | None,
) -> None:
    """Record a sale in FILE, or all of a file of sales.

    Each is shown with its state: it is accepted unless it was recorded before. Of a file, every line is
    looked at before any sale is recorded.
    """
    customer = {
        name: value
        for name, value in (("key", customer_key), ("id", customer_id), ("email", customer_email))
        if value is not None
    }
    told = {
        "key": key,
        "amount": amount,
        "reward": reward,
        "amount_units": currency,
        "customer": customer or None,
        "action": action,
        "product_id": product_id[0] if len(product_id) == 1 else list(product_id) or None,
        "created_at": created_at,
        "referral_url": referral_url,
    }
    if source is not None:
        if any(value is not None for value in told.values()):
            raise click.UsageError("--from tells of all sales: leave the options of a single one out")
        with ending_on_errors():
            sales = checked_sales(source, place.program)
        end_with(partial(record_all, place, sales))
    if key is None or len(customer) != 1:
        raise click.UsageError("give --key, and one of --customer-key, --customer-id and --customer-email")
    end_with(partial(record_one, place, told))


@outbox.command()
@place_of(exists=False)
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
def refund(place: Place, *, keys: tuple[str, ...]) -> None:
    """Record refunds of the sales with these keys.

    Each is delivered after its sale: the sale is deleted at Partnero.
    """

    async def main() -> ExitCode:
        for key in keys:
            check_key(key)
        async with place.opened() as (opened, _):
            entries = [await opened.refund(key) for key in keys]
        for entry in entries:
            show_state(entry)
        return ExitCode.OK

    end_with(main)


@outbox.command("list")
@place_of(exists=True)
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only those in one state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_entries(place: Place, *, state: str | None, as_json: bool) -> None:
    """List what FILE holds, in the order in which it was recorded."""

    async def main() -> ExitCode:
        async with place.opened() as (opened, _):
            has_head = as_json
            async for entry in opened.entries(state=state):
                if not has_head:
                    click.echo(_row("number", "kind", "key", "state", "attempts", "recorded at", "error"))
                    has_head = True
                click.echo(json.dumps(_as_json(entry)) if as_json else _as_row(entry))
        return ExitCode.OK

    end_with(main)


@outbox.command()
@place_of(exists=True)
@delivering
def drain(place: Place, *, settle_after: float, concurrency: int) -> None:
    """Deliver until nothing in FILE is open any more.

    It waits as long as Partnero cannot be reached. It fails if something stops delivery, and while the file
    holds what Partnero refused.
    """

    async def main() -> ExitCode:
        async with place.opened(settle_after=settle_after, concurrency=concurrency) as (opened, _):
            try:
                await opened.drain()
            except PartneroError:
                with suppress(StorageError):
                    warn(f"left: {await _left(opened)}")
                raise
            refused = await _count(opened, State.REFUSED)
        if refused:
            warn(
                f"{refused} refused: partnero outbox list {quote(str(place.file))} --state refused tells why"
            )
        return ExitCode.FAILED if refused else ExitCode.OK

    _show_warnings()
    end_with(main)


@outbox.command()
@place_of(exists=False)
@delivering
def run(place: Place, *, settle_after: float, concurrency: int) -> None:
    """Deliver what is and will be in FILE, until SIGTERM (exit code 0) or SIGINT (130).

    Calls under way then have 10 seconds to end; a second signal cuts them off.
    """

    async def main() -> ExitCode:
        async with place.opened(settle_after=settle_after, concurrency=concurrency) as (opened, _):
            told = await _run_until_told(opened, place.file)
        if told == signal.SIGTERM:
            return ExitCode.OK
        warn("interrupted")
        return ExitCode.INTERRUPTED

    _show_warnings()
    end_with(main)


async def _run_until_told(opened: SalesOutbox, file: Path) -> int:
    """Runs an outbox until a signal tells to end; which one it was."""
    told = list[int]()

    async def end() -> None:
        # What is under way ends, and nothing new leaves: so a deployment puts no sale in doubt.
        opened.stop()
        await anyio.sleep(GRACE)
        tasks.cancel_scope.cancel()

    async def listen() -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            warn(f"delivering from {file} until SIGTERM or SIGINT")
            async for number in signals:
                told.append(number)
                if len(told) > 1:
                    tasks.cancel_scope.cancel()
                tasks.start_soon(end)

    async with anyio.create_task_group() as tasks:
        if sys.platform != "win32":  # where Ctrl-C alone is told, as a KeyboardInterrupt
            tasks.start_soon(listen)
        await opened.run()
        tasks.cancel_scope.cancel()
    return told[0]


@outbox.command()
@place_of(exists=True)
@click.argument("key")
@click.option(
    "--delivered/--not-delivered",
    required=True,
    help="Whether Partnero has the sale (for a refund: has it no more).",
)
@click.option("--refund", "is_refund", is_flag=True, help="The refund of the sale is meant.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def resolve(place: Place, *, key: str, delivered: bool, is_refund: bool, yes: bool) -> None:
    """Settle by hand a sale that you have looked into.

    What is not delivered is sent again, without being looked up: you are asked whether you are sure.
    """
    kind: Kind = "refund" if is_refund else "sale"
    if not delivered and not yes:
        if not _is_somebody_there():
            raise click.UsageError("--not-delivered needs --yes where nobody can be asked")
        question = printable(f"The {kind} {key!r} is sent again without being looked up. Are you sure?")
        if not click.confirm(question, err=True):
            sys.exit(int(ExitCode.FAILED))

    async def main() -> ExitCode:
        async with place.opened() as (opened, _):
            show_state(await opened.resolve(key, delivered=delivered, kind=kind))
        return ExitCode.OK

    end_with(main)


def _is_somebody_there() -> bool:
    return bool(sys.stdin) and sys.stdin.isatty()


async def _left(opened: SalesOutbox) -> str:
    counts = [(await _count(opened, state), state) for state in OPEN]
    return ", ".join(f"{count} {state}" for count, state in counts if count) or "nothing"


async def _count(opened: SalesOutbox, state: State) -> int:
    count = 0
    async for _ in opened.entries(state=state):
        count += 1
    return count


def _show_warnings() -> None:
    """Shows what the SDK logs as a warning: pauses while Partnero fails, and refusals."""
    logging.basicConfig(level=logging.WARNING, format="partnero: %(asctime)s %(message)s")


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind": entry.kind,
        "key": entry.key,
        "state": entry.state.value,
        "attempts": entry.attempts,
        "recorded_at": timestamp(entry.recorded_at),
        "error": entry.error,
    }


def _as_row(entry: Entry) -> str:
    recorded_at = f"{entry.recorded_at:%Y-%m-%dT%H:%M:%SZ}"
    return _row(
        entry.number, entry.kind, entry.key, entry.state, entry.attempts, recorded_at, entry.error or ""
    )


def _row(number: object, kind: str, key: str, state: str, attempts: object, recorded: str, error: str) -> str:
    shown = f"{number:>6}  {kind:<6}  {printable(key):<20}  {state:<9}  {attempts:>8}  {recorded:<20}  "
    return (shown + printable(error)).rstrip()
