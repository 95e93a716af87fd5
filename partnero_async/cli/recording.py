"""Recording what ``partnero outbox record`` is told of: one sale, or a file of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import anyio
import click

from ..errors import ArgumentError, PartneroError
from ..outbox.content import Program
from ..outbox.entry import Entry
from ..outbox.errors import ConflictingSaleError
from ..outbox.outbox import SalesOutbox
from .display import printable, warn
from .exit_codes import ExitCode
from .place import Place
from .sales import NewSale, read_sale, read_sales

__all__ = ["checked_sales", "record_all", "record_one", "show_state"]

GROUP: Final = 500
"""How many are recorded at a time, in one commit."""

COMPLAINTS: Final = 10
"""How many wrong lines are told of."""


async def record_one(place: Place, told: dict[str, Any]) -> ExitCode:
    """Records one sale, of which the options tell."""
    new = read_sale(told, place.program)
    async with place.opened() as (opened, _):
        show_state(await opened.record(new.sale, referral_url=new.referral_url))
    return ExitCode.OK


def checked_sales(source: Iterable[str], program: Program) -> list[tuple[int, NewSale]]:
    """The sales of a file with the numbers of their lines.

    Raises:
        ArgumentError: Lines are wrong, of which the first were told of; or there are no sales.
    """
    sales = list[tuple[int, NewSale]]()
    wrong = 0
    try:
        for number, read in read_sales(source, program):
            if isinstance(read, NewSale):
                sales.append((number, read))
                continue
            wrong += 1
            if wrong <= COMPLAINTS:
                warn(f"line {number}: {read}")
    except UnicodeDecodeError as error:
        raise ArgumentError(f"the sales are not UTF-8 text: {error.reason}") from None
    if wrong or not sales:
        why = f"wrong lines: {wrong}" if wrong else "there are no sales"
        raise ArgumentError(f"nothing was recorded: {why}")
    return sales


async def record_all(place: Place, sales: Sequence[tuple[int, NewSale]]) -> ExitCode:
    """Records the sales of a file, and shows afterwards what became of each: nobody may be reading any more.

    Raises:
        PartneroError: The outbox cannot be written; what was recorded before is told.
    """
    became = list[Entry | PartneroError]()
    async with place.opened() as (opened, _):
        for start in range(0, len(sales), GROUP):
            became += await _recorded(opened, [new for _, new in sales[start : start + GROUP]])
            if any(map(_ends_all, became[start:])):
                break
    kept = sum(isinstance(each, Entry) for each in became)
    for (number, _), each in zip(sales, became, strict=False):
        if isinstance(each, Entry):
            show_state(each)
        elif not _ends_all(each):
            warn(f"line {number}: {each}")
    for each in became:
        if isinstance(each, PartneroError) and _ends_all(each):
            warn(f"recorded: {kept} of {len(sales)}")
            raise each
    return ExitCode.OK if kept == len(sales) else ExitCode.FAILED


def _ends_all(became: Entry | PartneroError) -> bool:
    return isinstance(became, PartneroError) and not isinstance(became, ConflictingSaleError)


async def _recorded(opened: SalesOutbox, group: Sequence[NewSale]) -> list[Entry | PartneroError]:
    """What became of sales that are recorded together, in their order."""
    became = dict[int, Entry | PartneroError]()

    async def record(number: int, new: NewSale) -> None:
        try:
            became[number] = await opened.record(new.sale, referral_url=new.referral_url)
        except PartneroError as error:
            became[number] = error

    async with anyio.create_task_group() as tasks:
        for number, new in enumerate(group):
            tasks.start_soon(record, number, new)
    return [became[number] for number in range(len(group))]


def show_state(entry: Entry) -> None:
    """Where an entry stands, on standard output; the state first: it has no blanks, and a key may."""
    click.echo(printable(f"{entry.state} {entry.key}"))
