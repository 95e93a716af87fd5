"""A local Partnero on a port: what it tells of calls to a test in another thread."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from partnero_async import ConnectionLostError, Ref, RequestTimeoutError
from partnero_async.sandbox import bending
from partnero_async.testing import LocalPartnero

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """A real clock."""
    return "asyncio", {}


async def test_a_call_that_nobody_waits_for_any_more_is_seen(partnero_server: LocalPartnero) -> None:
    partnero_server.fail("POST /transactions", "delay", delay=1)
    async with partnero_server.client(timeout=0.2) as partnero:
        with pytest.raises(RequestTimeoutError):
            await partnero.transactions.create(
                key="order_1", amount=Decimal(5), customer=Ref(key="customer_000001")
            )
    assert [call.status for call in partnero_server.calls] == [None]
    partnero_server.assert_called("POST /transactions", times=1, key="order_1")


@pytest.mark.parametrize("deed", ["drop", "cut"])
async def test_a_call_is_noted_before_its_connection_is_closed(
    partnero_server: LocalPartnero, monkeypatch: pytest.MonkeyPatch, deed: Any
) -> None:
    noted = list[int]()
    hang_up = bending._hang_up

    async def watched(scope: Scope, receive: Receive, send: Send, *, flush: bool) -> None:
        noted.append(len(partnero_server.calls))
        await hang_up(scope, receive, send, flush=flush)

    monkeypatch.setattr(bending, "_hang_up", watched)
    partnero_server.fail("GET /customers/{key}", deed)
    async with partnero_server.client() as partnero:
        with pytest.raises(ConnectionLostError):
            await partnero.customers.get("customer_000001")
    assert noted == [1, 2, 3]
