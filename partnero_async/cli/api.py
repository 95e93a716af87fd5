"""``partnero api``: any endpoint, also one that no other command is for."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import click

from ..records._base import is_object
from ..records._json import dump
from .changes import ask
from .display import printable
from .ending import end_with
from .exit_codes import ExitCode
from .output import json_number
from .rows import text_of
from .settings import client, settings_of_one
from .streams import is_unicode

__all__ = ["api"]


class _Method(click.Choice):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A choice whose names stand on one line where none was made."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"One of {', '.join(METHODS)}."


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@settings_of_one
@click.command()
@click.argument("method", type=_Method(METHODS, case_sensitive=False), metavar="METHOD")
@click.argument("path")
@click.option(
    "--data", metavar="JSON", help="The body: JSON, or @FILE to read it from there; @- for standard input."
)
@click.option("--yes", is_flag=True, help="Do not ask before a call that is no GET.")
def api(method: str, path: str, data: str | None, yes: bool) -> None:
    """Call any endpoint, and show the JSON of its answer.

    PATH is below the base URL, with its query: /customers?limit=10. What is no part of a segment is
    percent-encoded as in any URL: a/b is a%2Fb.
    """
    try:
        parts = urlsplit(path)
    except ValueError:  # of what might be an address
        parts = None
    if parts is None or parts.scheme or parts.netloc or parts.fragment:
        raise click.UsageError(f"PATH begins with a slash, such as /customers: not {printable(path)}")
    segments = tuple(unquote(segment) for segment in parts.path.removeprefix("/").split("/"))
    query: dict[str, Any] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in query:
            raise click.UsageError(f"the query has {printable(name)} twice")
        query[name] = value
    body = None if data is None else _body(data)
    if method != "GET":
        ask(printable(f"{method} {path}{'' if body is None else f' {dump(body)}'}"), yes=yes)

    async def call() -> ExitCode:
        async with client() as partnero:
            reply = await partnero.request(method, segments, query=query, body=body)
        if reply.json is not None:
            click.echo(_shown(reply.json))
        return ExitCode.OK

    end_with(call)


def _body(data: str) -> Any:
    text = text_of(data[1:]) if data.startswith("@") else data
    try:
        value = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--data is no JSON: {getattr(error, 'msg', 'it is too deep')}") from None
    if not is_object(value):
        raise click.UsageError("--data must be a JSON object")
    return value


def _shown(value: Any) -> str:
    """JSON text for people, letters as they are where standard output has them."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=json_number)
    return text if is_unicode(text, sys.stdout) else json.dumps(value, indent=2, default=json_number)
