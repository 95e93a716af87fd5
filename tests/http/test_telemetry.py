"""One observer hears of every attempt, and of nothing that is a secret."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from partnero_async import AsyncPartnero, PartneroError, Ref
from partnero_async._http.endpoint import Endpoint
from partnero_async._http.telemetry import Observer

pytestmark = pytest.mark.anyio


class Heard(Observer):
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.events = list[tuple[Any, ...]]()

    def attempt_began(self, endpoint: Endpoint[Any], attempt: int) -> None:
        self.events.append(("began", endpoint.path, attempt))

    def attempt_ended(
        self, endpoint: Endpoint[Any], attempt: int, status: int | None, seconds: float
    ) -> None:
        self.events.append(("ended", attempt, status, round(seconds, 6)))

    def retrying(self, endpoint: Endpoint[Any], attempt: int, seconds: float) -> None:
        self.events.append(("retrying", attempt, seconds > 0))

    def cancelled_in_doubt(self, endpoint: Endpoint[Any]) -> None:
        self.events.append(("cancelled", endpoint.path))


def observed(handler: Any, **settings: Any) -> tuple[AsyncPartnero, Heard]:
    partnero = AsyncPartnero("key", transport=httpx.MockTransport(handler), **settings)
    heard = partnero._caller.session.observer = Heard()
    return partnero, heard


async def test_a_call_that_is_repeated_is_heard_attempt_by_attempt() -> None:
    statuses = iter([503, 200])

    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(2)
        return httpx.Response(next(statuses), json={"data": {"key": "c"}, "status": 1})

    partnero, heard = observed(answer)
    async with partnero:
        await partnero.customers.get("c")
    assert heard.events == [
        ("began", "/customers/{key}", 1),
        ("ended", 1, 503, 2.0),
        ("retrying", 1, True),
        ("began", "/customers/{key}", 2),
        ("ended", 2, 200, 2.0),
    ]


async def test_an_attempt_without_an_answer_ends_without_a_status() -> None:
    async def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    partnero, heard = observed(fail, retries=0)
    async with partnero:
        with pytest.raises(PartneroError):
            await partnero.customers.get("c")
    assert [event[:3] for event in heard.events] == [("began", "/customers/{key}", 1), ("ended", 1, None)]


async def test_a_cancelled_change_is_heard_of_and_ends() -> None:
    async def stall(request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    partnero, heard = observed(stall)
    async with partnero:
        with anyio.move_on_after(3):
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
        with anyio.move_on_after(3):
            await partnero.customers.get("c")
    assert [event[0] for event in heard.events] == ["began", "cancelled", "ended", "began", "ended"]


async def test_an_observer_that_overrides_nothing_hears_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": {"key": "c"}, "status": 1})

    caplog.set_level("DEBUG", "partnero_async")
    partnero, _ = observed(answer)
    partnero._caller.session.observer = Observer()
    async with partnero:
        await partnero.customers.get("c")
    assert [record for record in caplog.records if record.name == "partnero_async"] == []
