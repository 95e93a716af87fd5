"""Servers in memory, a sandbox or one that answers as it is told, and clients of them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import anyio
import httpx

from partnero_async import AsyncPartnero
from partnero_async.sandbox import Sandbox

Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]

DONE = {"status": 1}


def partnero_of(sandbox: Sandbox, **settings: Any) -> AsyncPartnero:
    """A client of a sandbox in memory."""
    transport = httpx.ASGITransport(app=sandbox.app)
    return AsyncPartnero("sandbox_affiliate", transport=transport, **{"strict": True} | settings)


def scripted(handler: Handler, **settings: Any) -> AsyncPartnero:
    """A client whose server is a function."""
    transport = httpx.MockTransport(handler)
    return AsyncPartnero("test_key", transport=transport, **{"strict": True} | settings)


class Said(NamedTuple):
    """What was asked: query values and body as they were sent, amounts exact."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


class Script:
    """A server that goes through its answers, and repeats the last one for ever.

    Args:
        answers: An exception is raised, a function is asked, a response is given as it is, a string is the
            text of a response and anything else its JSON.
        status: The status of responses that are made of text or JSON.
        headers: Their headers.
    """

    def __init__(self, *answers: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._answers = list(answers)
        self._status = status
        self._headers = headers
        self.requests = list[httpx.Request]()
        self.times = list[float]()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.times.append(anyio.current_time())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            # A response can be read once only.
            return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
        if callable(answer):
            made: httpx.Response = await answer(request)
            return made
        if isinstance(answer, str):
            return httpx.Response(self._status, text=answer, headers=self._headers)
        return httpx.Response(self._status, json=answer, headers=self._headers)

    def client(self, **settings: Any) -> AsyncPartnero:
        """A client of this server."""
        return scripted(self, **settings)

    @property
    def last(self) -> Said:
        """What was asked last."""
        return asked(self.requests[-1])


def asked(request: httpx.Request) -> Said:
    """What a request says."""
    raw_path = request.url.raw_path.decode("ascii").partition("?")[0]
    body = json.loads(request.content, parse_float=Decimal) if request.content else None
    return Said(request.method, raw_path.removeprefix("/v1"), dict(request.url.params), body)


def key_of(request: httpx.Request) -> str:
    """The customer key that a request names in its path."""
    return request.url.path.rsplit("/", 1)[-1]


def envelope(**fields: Any) -> dict[str, Any]:
    """The answer with one record."""
    return {"data": fields, "status": 1}


def customer_json(key: str, **fields: Any) -> dict[str, Any]:
    """The answer of Get customer."""
    return envelope(key=key, **fields)
