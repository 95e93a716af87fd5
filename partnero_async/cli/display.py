"""What a person sees of long work: a progress bar on a terminal, and a line at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..bulk.outcomes import Done, Outcome, Progress
    from ..client import AsyncPartnero
    from ..export import Export

__all__ = ["Tally", "printable", "progress_bar", "say", "summarize", "warn"]


class Tally:
    """Counts outcomes, and how long they took.

    Args:
        total: How many there will be; None if nobody knows.
        client: Whose rate limit is told, if it finds one.
    """

    def __init__(self, total: int | None, client: AsyncPartnero | None = None) -> None:
        from ..bulk.outcomes import Tally as CountedOutcomes

        self.total = total
        self._counts = CountedOutcomes(total, lambda: client.pace.limit if client else None)
        self._first_error = ""

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._counts.progress

    def __str__(self) -> str:
        return str(self.progress)

    def count(self, outcome: Outcome[Any, Any] | Done[Any, Any]) -> None:
        """Takes one outcome."""
        from ..bulk.outcomes import Failed

        self._counts.count(outcome)
        if isinstance(outcome, Failed):
            self._first_error = self._first_error or str(outcome.error)

    def found(self) -> None:
        """Takes one record that was found without being asked for by itself."""
        self._counts.count(None)

    def summarize(self) -> None:
        """Says how it went, on standard error."""
        summarize(self.progress)
        if self._first_error:
            warn(f"the first failure: {self._first_error}")


def summarize(now: Progress, *, before: str = "") -> None:
    """Says how a run went, on standard error.

    Args:
        now: How far it came.
        before: What there was before it, in words.
    """
    left = f", {now.total - now.done} not asked for" if now.total and now.done < now.total else ""
    rate = f" ({now.done / now.seconds:,.0f} a second)" if now.done and now.seconds > 0 else ""
    say(
        f"{now.found} found, {now.missing} missing, {now.failed} failed{left}{before} "
        f"in {now.seconds:.1f} s{rate}{', ' if now.limited else ''}{now.limited}"
    )


@contextmanager
def progress_bar(run: Tally | Export) -> Generator[Callable[[], None]]:
    """Gives a function that shows how far a run is; it does nothing where no terminal would show it."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (BarColumn(), TextColumn("{task.description}"))
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("", total=run.total)

        def show() -> None:
            bars.update(task, completed=run.progress.done, description=str(run))

        yield show


def warn(text: str) -> None:
    """One line on standard error."""
    say(printable(f"partnero: {text}"))


def say(text: str) -> None:
    """Something on standard error; where that cannot be written, the exit code has to do."""
    with suppress(OSError):
        click.echo(text, err=True)


def printable(line: str) -> str:
    """A line without control characters: names and keys are other people's data, terminals obey them."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
