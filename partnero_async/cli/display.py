"""What a person sees: a progress bar on a terminal, plain lines otherwise, and a record to read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..bulk.outcomes import Failed, Found, Outcome
from ..client import AsyncPartnero
from ..records.customer import Customer

__all__ = ["Tally", "progress_bar", "show_customer", "warn"]


class Tally:
    """Counts outcomes, and how long they took.

    Args:
        total: How many there will be.
        client: Whose rate limit is told, if it finds one.
    """

    def __init__(self, total: int, client: AsyncPartnero | None = None) -> None:
        self.total = total
        self._client = client
        self.found: int = 0
        self.missing: int = 0
        self.failed: int = 0
        self._first_error = ""
        self._began = anyio.current_time()

    @property
    def done(self) -> int:
        """How many outcomes there are so far."""
        return self.found + self.missing + self.failed

    @property
    def limit(self) -> str:
        """The rate limit that was found, in words; nothing where none was."""
        pace = self._client.pace if self._client else None
        if pace is None or pace.per_second is None:
            return ""
        return f"rate limited to about {pace.per_second:.3g} a second"

    def count(self, outcome: Outcome[Any, Any]) -> None:
        """Takes one outcome."""
        match outcome:
            case Found():
                self.found += 1
            case Failed(_, error):
                self.failed += 1
                self._first_error = self._first_error or str(error)
            case _:
                self.missing += 1

    def summarize(self) -> None:
        """Says how it went, on standard error."""
        seconds = anyio.current_time() - self._began
        left = f", {self.total - self.done} not asked for" if self.done < self.total else ""
        rate = f" ({self.done / seconds:,.0f} a second)" if self.done and seconds > 0 else ""
        click.echo(
            f"{self.found} found, {self.missing} missing, {self.failed} failed{left} "
            f"in {seconds:.1f} s{rate}{', ' if self.limit else ''}{self.limit}",
            err=True,
        )
        if self._first_error:
            warn(f"the first failure: {self._first_error}")


@contextmanager
def progress_bar(tally: Tally) -> Generator[Callable[[], None]]:
    """Gives a function that shows the tally as it stands; it does nothing where no terminal would show it."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[missing]} missing, {task.fields[failed]} failed"),
        TextColumn("{task.fields[limit]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=tally.total, missing=0, failed=0, limit="")

        def show() -> None:
            progress.update(
                task,
                completed=tally.done,
                missing=tally.missing,
                failed=tally.failed,
                limit=tally.limit,
            )

        yield show


def show_customer(customer: Customer) -> str:
    """A customer as indented lines, one a field."""
    fields = customer.to_dict()
    tags = ", ".join(tag.value for tag in customer.tags or ())
    shown = {name: tags if name == "tags" else value for name, value in fields.items()}
    width = max(map(len, shown))
    lines = [f"  {name:<{width}}  {'' if value is None else value}" for name, value in shown.items()]
    return "\n".join(map(_printable, [f"{type(customer).__name__} {customer.key}", *lines]))


def warn(text: str) -> None:
    """One line on standard error."""
    click.echo(_printable(f"partnero: {text}"), err=True)


def _printable(line: str) -> str:
    """A line without control characters: names and keys are other people's data, terminals obey them."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
