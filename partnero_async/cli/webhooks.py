"""The ``partnero webhooks`` commands: what a local Partnero delivers, looked at and sent again."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urljoin

import anyio
import click
import httpx

from .._http.engines.origin import BASE_URL_VARIABLE
from ..client import AsyncPartnero
from .display import printable, warn
from .ending import end_with
from .exit_codes import ExitCode
from .settings import client, settings_of_one

__all__ = ["deliveries", "listen", "resend"]

SECRET_VARIABLE: Final = "PARTNERO_WEBHOOK_SECRET"
_EVERY: Final = 0.2
"""Seconds between two looks at what was delivered."""
_GRACE: Final = 5
_TYPES: Final = {"refer_a_friend": "referral"}
"""What the check of a key calls the types that the sandbox calls otherwise."""


def _of_sandbox(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--base-url",
        envvar=BASE_URL_VARIABLE,
        required=True,
        help=f"Of a sandbox, such as http://127.0.0.1:8200/v1; {BASE_URL_VARIABLE} unless given.",
    )(command)


@click.command()
@_of_sandbox
def deliveries(base_url: str) -> None:
    """List what was delivered, and what is still to be."""

    async def main() -> ExitCode:
        async with httpx.AsyncClient(trust_env=False) as client:
            for delivery in await _asked(client, base_url, "deliveries"):
                click.echo(_as_row(delivery))
        return ExitCode.OK

    _end_with(main)


@click.command()
@_of_sandbox
@click.argument("number", type=click.IntRange(min=1))
def resend(base_url: str, number: int) -> None:
    """Deliver NUMBER once more, with the same bytes, whatever became of it."""

    async def main() -> ExitCode:
        async with httpx.AsyncClient(trust_env=False) as client:
            await _asked(client, base_url, "deliveries")  # so that what is no sandbox is told apart
            click.echo(_as_row(await _asked(client, base_url, f"deliveries/{number}/resend", "POST")))
        return ExitCode.OK

    _end_with(main)


@settings_of_one
@click.command()
@_of_sandbox
@click.option("--forward-to", "url", required=True, help="Where your app receives webhooks.")
@click.option("--event", "events", multiple=True, help="Repeatable; all of the program if left out.")
def listen(base_url: str, url: str, events: tuple[str, ...]) -> None:
    """Subscribe a URL to events, and show each delivery, until interrupted.

    The subscription has a secret of its own, and is removed at the end.
    """
    _end_with(partial(_listen, base_url, url, events))


async def _listen(base_url: str, url: str, events: tuple[str, ...]) -> ExitCode:
    told = list[int]()

    async def end(tasks: anyio.abc.TaskGroup) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for number in signals:
                told.append(number)
                tasks.cancel_scope.cancel()

    async with (
        client(base_url=base_url) as partnero,
        httpx.AsyncClient(trust_env=False) as asking,
    ):
        await _asked(asking, base_url, "deliveries")
        chosen = events or await _all_events(partnero)
        webhook = await partnero.webhooks.create(name="partnero webhooks listen", url=url, events=chosen)
        try:
            async with anyio.create_task_group() as tasks:
                if sys.platform != "win32":  # where Ctrl-C alone is told, as a KeyboardInterrupt
                    tasks.start_soon(end, tasks)
                if webhook.signature is not None:
                    click.echo(f"export {SECRET_VARIABLE}={webhook.signature.reveal()}")
                warn(f"forwarding to {url} until interrupted")
                await _show_attempts(asking, base_url, webhook.key)
        finally:
            with anyio.move_on_after(_GRACE, shield=True):
                await partnero.webhooks.delete(webhook.key)
    if told[0] == signal.SIGTERM:
        return ExitCode.OK
    warn("interrupted")
    return ExitCode.INTERRUPTED


async def _all_events(partnero: AsyncPartnero) -> tuple[str, ...]:
    from ..sandbox.nouns.webhooks import EVENTS

    program = (await partnero.test()).program
    kind = str(program.type) if program is not None else ""
    known: dict[str, frozenset[str]] = {str(name): names for name, names in EVENTS.items()}
    return tuple(sorted(known[_TYPES.get(kind, kind)]))


async def _show_attempts(client: httpx.AsyncClient, base_url: str, key: str) -> None:
    """Shows each attempt to deliver to one subscription, as it is made, for ever."""
    shown = dict[int, int]()
    while True:
        for delivery in await _asked(client, base_url, "deliveries"):
            if delivery["webhook_key"] == key:
                attempts, number = delivery["attempts"], delivery["number"]
                for attempt in attempts[shown.get(number, 0) :]:
                    click.echo(printable(f"{number:>6}  {delivery['event']:<22}  {_outcome(attempt)}"))
                shown[number] = len(attempts)
        await anyio.sleep(_EVERY)


class _Refused(Exception):
    """The sandbox does not do what it was asked, or is none."""


async def _asked(client: httpx.AsyncClient, base_url: str, path: str, method: str = "GET") -> Any:
    """What a control endpoint answers."""
    try:
        response = await client.request(method, urljoin(base_url, f"/_sandbox/{path}"))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _Refused(f"the sandbox cannot be reached: {error}") from None
    try:
        answer = response.json()
        if method == "POST" and not response.is_success:
            raise _Refused(answer["message"])
        response.raise_for_status()
        return answer["data"]
    except (ValueError, KeyError, TypeError, httpx.HTTPStatusError):
        raise _Refused("the base URL is not that of a sandbox with control endpoints") from None


def _end_with(main: Callable[[], Any]) -> None:
    async def told() -> ExitCode:
        try:
            code: ExitCode = await main()
        except* _Refused as errors:
            warn(str(errors.exceptions[0]))
            code = ExitCode.FAILED
        return code

    end_with(told)


def _outcome(attempt: dict[str, Any]) -> str:
    said = attempt["status"] if attempt["status"] is not None else attempt["error"]
    return f"{said}  {attempt['milliseconds']} ms"


def _as_row(delivery: dict[str, Any]) -> str:
    attempts = delivery["attempts"]
    what = f"{delivery['number']:>6}  {delivery['event']:<22}  {delivery['state']:<9}  {len(attempts):>3}"
    return printable(f"{what}  {_outcome(attempts[-1])}" if attempts else what)
