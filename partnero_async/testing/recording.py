"""What a local Partnero was asked, for assertions."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableSequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import attrs

from ..sandbox.routing import joined, split

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Call", "Recorded"]


@attrs.frozen(kw_only=True)
class Call:
    """One request to a local Partnero."""

    method: str
    """The HTTP method."""

    path: str
    """The path below the base URL, such as ``/customers/customer_123``: decoded, but for ``%2F`` in a key."""

    query: Mapping[str, str]
    """The query parameters."""

    body: Any
    """The JSON that was sent, amounts as ``Decimal``; None where there was none."""

    status: int | None
    """The HTTP status of the answer; None where there was no whole answer, as after a fault that drops it."""


class Recorded:
    """An ASGI application that notes what it is asked below ``/v1``.

    Args:
        app: The application.
        calls: Where to note it, when it is answered.
    """

    def __init__(self, app: ASGIApp, calls: MutableSequence[Call]) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        parts = list[bytes]()
        status: int | None = None
        is_noted = False

        def note(status: int | None) -> None:
            nonlocal is_noted
            is_noted = True
            self._calls.append(_call(scope, b"".join(parts), status))

        async def read() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body", False):
                # Before the last of it is sent: whoever has the answer may ask what was called.
                note(status)
            await send(message)

        try:
            await self._app(scope, read, answer)
        finally:
            if not is_noted:
                note(None)


def _call(scope: Scope, body: bytes, status: int | None) -> Call:
    return Call(
        method=scope["method"],
        path=joined((split(scope["raw_path"]) or [])[1:]),
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        body=_json(body),
        status=status,
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal) if body else None
    except ValueError:  # a sandbox refuses it
        return body
