"""What a local Partnero was asked, for assertions."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
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
    """The HTTP status of the answer; None where it was lost, as after a fault that drops it, or is late."""


class Recorded:
    """An ASGI application that notes what it is asked below ``/v1``.

    A call is noted before anything is done about it, and its status before the last of its answer is sent:
    whoever has the answer, or waits for none any more, may ask what was called.

    Args:
        app: The application, which reads the whole body of what it is asked.
        calls: Where to note it, each below a key of its own.
    """

    def __init__(self, app: ASGIApp, calls: MutableMapping[object, Call]) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        parts = list[bytes]()
        status: int | None = None
        noted = object()

        async def read() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    self._calls[noted] = _call(scope, b"".join(parts))
            return message

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body", False) and noted in self._calls:
                self._calls[noted] = attrs.evolve(self._calls[noted], status=status)
            await send(message)

        await self._app(scope, read, answer)


def _call(scope: Scope, body: bytes) -> Call:
    return Call(
        method=scope["method"],
        path=joined((split(scope["raw_path"]) or [])[1:]),
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        body=_json(body),
        status=None,
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal) if body else None
    except ValueError:  # a sandbox refuses it
        return body
