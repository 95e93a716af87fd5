"""The way of one call is short, and stays so."""

from __future__ import annotations

import pytest

from partnero_async import Customer

from .raw_server import Exchange, raw_server, response
from .sockets import partnero_at
from .walk import walk

BODY = (
    b'{"data":{"key":"customer_123","name":"Ada","tags":[{"value":"new"}],'
    b'"created_at":"2025-04-01T00:00:00.000000Z"},"status":1}'
)


async def answer(exchange: Exchange) -> None:
    await exchange.send(response(BODY))


# Before the house was rearranged, the same call had 7 and 6 frames, and made 119 and 70 calls. Since then the
# stream over asyncio is ours, where it was anyio's, the gate notes when each request was sent that was taken,
# and a GET goes past httpx's client, by a function of its own, and past httpcore's connections, whose frames
# are not counted here.
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("engine", "frames", "calls"), [("httpx", 10, 118), ("aiohttp", 5, 66), ("httptools", 5, 79)]
)
async def test_a_warm_call_goes_through_few_frames_and_functions(
    engine: str, frames: int, calls: int
) -> None:
    async with raw_server(answer) as server, partnero_at(server, engine=engine) as partnero:
        for _ in range(2):
            await partnero.customers.get("customer_123")
        got = list[Customer]()

        async def get() -> None:
            got.append(await partnero.customers.get("customer_123"))

        # A packet more or less is a call more or less: the shortest of some counts.
        seen = min([await walk(get) for _ in range(3)], key=lambda walked: walked.calls.total())
    assert got[0].name == "Ada"
    assert len(seen.frames) <= frames, seen.frames
    assert seen.frames[0].endswith("Customers.get")
    assert seen.calls.total() <= calls, seen.calls.most_common()
