"""Calls that change state: checked before they are sent, asked about, and told one by one when in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import takewhile
from typing import Any, Final, NoReturn

import attrs
import click

from .._http.endpoint import Endpoint
from .._http.wire import Request
from ..bulk.outcomes import Done, Failed
from ..errors import ArgumentError, PartneroError
from ..records._base import Record
from .action import Action
from .arguments import read
from .display import Tally, printable, progress_bar, say, warn
from .ending import code_of, first_finishing
from .exit_codes import ExitCode
from .many import code_of_tally
from .output import as_json
from .rows import rows_of
from .settings import client

__all__ = ["ask", "ask_first", "changes_from", "is_change"]

# Whatever else answers with one record changes something.
_READS: Final = {"get", "find", "form", "stats", "balance", "sign_in_url"}

COMPLAINTS: Final = 20
"""How many wrong lines of a file are told."""


class _Stopped(Exception):
    """A request that is not sent."""

    def __init__(self, endpoint: Endpoint[Any], request: Request) -> None:
        self.endpoint = endpoint
        self.request = request


class _NobodyCalls:
    """Stands for what makes calls, and makes none: all that is checked before a change is checked."""

    async def call(self, endpoint: Endpoint[Any], request: Request, options: object) -> None:
        # What is read first, such as a promotion code before it is redeemed, is not what is asked about.
        if request.method != "GET":
            raise _Stopped(endpoint, request)


@attrs.frozen
class Change:
    """One line of a file that was checked."""

    line: int
    values: Mapping[str, Any] = attrs.field(repr=False)
    sends: str
    content: str = attrs.field(repr=False)


def is_change(action: Action) -> bool:
    """Whether a method changes something at Partnero."""
    return not action.is_list and action.name not in _READS


def ask_first(action: Action, values: Mapping[str, Any], *, yes: bool, dry_run: bool) -> None:
    """Checks a change, shows what would be sent, and asks whether to.

    Raises:
        ArgumentError: It cannot be sent.
        UsageError: Nobody can be asked, and ``--yes`` was not given.
        Exit: It is not to be sent.
    """
    sends, content = _rehearsed(action, values)
    shown = printable(f"{sends}{f' {content}' if content else ''}")
    if dry_run:
        click.echo(shown)
        click.get_current_context().exit(0)
    ask(shown, yes=yes)


def ask(shown: str, *, yes: bool) -> None:
    """Asks whether to send what is shown.

    Raises:
        UsageError: Nobody can be asked, and ``yes`` does not say so.
        Exit: It is not to be sent.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("this changes something at Partnero: give --yes where nobody can be asked")
    click.echo(shown, err=True)
    click.echo("Send it? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        warn("nothing was sent")
        click.get_current_context().exit(int(ExitCode.FAILED))


def changes_from(action: Action, source: str, *, dry_run: bool, yes: bool, concurrency: int) -> NoReturn:
    """Sends the changes of a file, when all its lines are right, and tells on a line what became of each."""
    changes = list[Change]()
    wrong = 0
    for line, told in rows_of(source, {argument.name for argument in action.arguments}):
        try:
            if isinstance(told, ArgumentError):
                raise told
            values = read(action.arguments, told)
            changes.append(Change(line, values, *_rehearsed(action, values)))
        except (ArgumentError, TypeError) as error:
            wrong += 1
            if wrong <= COMPLAINTS:
                warn(f"line {line}: {error}")
    if wrong:
        raise click.UsageError(f"nothing was sent: {wrong} wrong {'line' if wrong == 1 else 'lines'}")
    if not changes:
        raise click.UsageError("there are no lines")
    if dry_run:
        for change in changes:
            body = {"body": json.loads(change.content)} if change.content else {}
            click.echo(as_json({"line": change.line, "outcome": "valid", "sends": change.sends} | body))
        sys.exit(int(ExitCode.OK))
    first = changes[0].sends
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    ask(printable(f"{first}{more}"), yes=yes)
    sys.exit(int(code_of(partial(_send, action, changes, concurrency))))


async def _send(action: Action, changes: Sequence[Change], concurrency: int) -> ExitCode:
    under_way = dict[int, Change]()

    async def send(change: Change) -> Any:
        under_way[change.line] = change
        return await action.call(getattr(partnero, action.attribute), change.values)

    def tell(change: Change, became: Mapping[str, Any]) -> None:
        under_way.pop(change.line, None)
        _tell(change, became)

    async with client(concurrency=concurrency) as partnero:
        tally = Tally(len(changes), partnero)
        # Outcomes that are shown are progress enough.
        bar = nullcontext(_nothing) if sys.stdout.isatty() else progress_bar(tally)
        try:
            with bar as show, first_finishing() as interrupted:
                # After an interrupt, those under way end first: else nobody could say what became of them.
                going_on = takewhile(lambda _: not interrupted(), changes)
                async with partnero.bulk(send, going_on, concurrency=concurrency) as outcomes:
                    async for outcome in outcomes:
                        tally.count(outcome)
                        show()
                        match outcome:
                            case Done(change, answer):
                                tell(change, {"outcome": "done"} | _answered(answer))
                            case Failed(change, error):
                                tell(change, {"outcome": "failed"} | _failure(error))
        finally:
            ended, cut_off = tally.progress, len(under_way)
            for change in list(under_way.values()):
                tell(change, {"outcome": "unknown", "in_doubt": True})
            unsent = len(changes) - ended.done - cut_off
            doubt = f", {cut_off} may have happened" if cut_off else ""
            left = f", {unsent} not sent" if unsent else ""
            say(f"{ended.found} done, {ended.failed} failed{doubt}{left}")
    if interrupted():
        raise KeyboardInterrupt
    return code_of_tally(tally)


def _nothing() -> None:
    """Shows no progress."""


def _tell(change: Change, became: Mapping[str, Any]) -> None:
    click.echo(as_json({"line": change.line, **became}))
    # Whoever stops the command is to know what was sent.
    sys.stdout.flush()


def _answered(answer: Any) -> dict[str, Any]:
    return {"record": answer.to_dict()} if isinstance(answer, Record) else {}


def _failure(error: PartneroError) -> dict[str, Any]:
    told = {"type": type(error).__name__, "status": error.status, "message": str(error)}
    return {"error": told, "in_doubt": error.in_doubt}


def _rehearsed(action: Action, values: Mapping[str, Any]) -> tuple[str, str]:
    """Method and path of the change that would be sent, and its body.

    Raises:
        ArgumentError: It would not be sent.
    """
    resource = action.kind(_NobodyCalls())  # type: ignore[arg-type]
    coroutine = action.call(resource, values)
    try:
        coroutine.send(None)
    except _Stopped as stopped:
        content = stopped.request.content or b""
        shown = content.decode()
        if b'"password"' in content:
            shown = json.dumps({**json.loads(content), "password": "**********"})
        return f"{stopped.request.method} {stopped.request.target}", shown
    except StopIteration:
        return "nothing", ""
    finally:
        coroutine.close()
    raise AssertionError("it waits for something else than a call")
