"""Closing over sockets, cut short at each of its steps: nothing stays open, and no sale is lost."""

from __future__ import annotations

import asyncio
import ssl
from itertools import count
from typing import Any

import pytest

from partnero_async import AsyncPartnero, Ref, UsageError

from ..raw_server import Exchange, customer, raw_server
from ..sockets import open_connections, partnero_at
from ..until import until

pytestmark = pytest.mark.asyncio

CALLS = 4


async def together(exchange: Exchange) -> None:
    """Answers when all calls are there, so that each has a connection of its own."""
    await until(lambda: exchange.server.connections >= CALLS)
    await exchange.send(customer(exchange.key))


async def with_connections(partnero: AsyncPartnero) -> None:
    await asyncio.gather(*(partnero.customers.get(f"c{number}") for number in range(CALLS)))
    assert open_connections(partnero) == CALLS


async def cut_short(coroutine: Any, steps: int) -> bool:
    """Cancels something after so many steps of the event loop; whether it was still at it."""
    task = asyncio.ensure_future(coroutine)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def test_closing_again_after_a_cancellation_closes_every_connection(
    engine: str, tls: tuple[ssl.SSLContext | None, Any]
) -> None:
    serving, verify = tls
    async with raw_server(together, tls=serving) as server:
        for steps in count(1):
            server.connections = 0
            async with partnero_at(server, verify, engine=engine) as partnero:
                await with_connections(partnero)
                was_cut_short = await cut_short(partnero.aclose(), steps)
                await partnero.aclose()
            await until(lambda: server.open_connections == 0)
            if not was_cut_short:
                break


async def test_closing_from_another_loop_is_refused_and_changes_nothing(engine: str) -> None:
    async with raw_server(together) as server, partnero_at(server, engine=engine) as partnero:
        await with_connections(partnero)
        with pytest.raises(UsageError, match="another event loop"):
            await asyncio.to_thread(asyncio.run, partnero.aclose())
        await partnero.customers.get("c")
        assert server.connections == CALLS
        await partnero.aclose()
        await until(lambda: server.open_connections == 0)


async def test_a_deployment_with_grace_puts_no_sale_in_doubt(engine: str) -> None:
    answer = asyncio.Event()

    async def when_told(exchange: Exchange) -> None:
        await answer.wait()
        await exchange.send(customer("sale"))

    async with raw_server(when_told) as server, partnero_at(server, engine=engine) as partnero:
        sales = [
            asyncio.create_task(partnero.transactions.create(customer=Ref(key="c"), amount=number + 1))
            for number in range(CALLS)
        ]
        await until(lambda: server.in_flight == CALLS)
        closing = asyncio.create_task(partnero.aclose(grace=60))
        await asyncio.sleep(0)
        answer.set()
        assert [sale.key for sale in await asyncio.gather(*sales)] == ["sale"] * CALLS
        await closing
        await until(lambda: server.open_connections == 0)
