"""A server in memory that answers as it is told, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import httpx
import pytest

from partnero_async import AsyncPartnero

from ..conftest import scripted
from ..frames import reported

__all__ = ["DONE", "Call", "Said", "Script", "asked", "envelope", "refuse", "reported"]

Call = Callable[[AsyncPartnero], Any]

DONE = {"status": 1}


class Said(NamedTuple):
    """What was asked: query values and body as they were sent, amounts exact."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


class Script:
    """Goes through its answers and repeats the last one for ever; an exception is raised."""

    def __init__(self, *answers: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._answers = list(answers)
        self._status = status
        self._headers = headers
        self.requests = list[httpx.Request]()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
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


def envelope(**fields: Any) -> dict[str, Any]:
    """The answer with one record."""
    return {"data": fields, "status": 1}


async def refuse(call: Call, error: type[Exception], said: str) -> None:
    """Checks that a call, awaited or giving a pager, is refused with these words, and nothing is sent."""
    script = Script(DONE)
    async with script.client() as partnero:
        with pytest.raises(error, match=said):
            answer = call(partnero)
            if isinstance(answer, Awaitable):
                await answer
    assert script.requests == []
