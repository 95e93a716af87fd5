"""Half of all calls cancelled at random points: afterwards all is as before."""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections import Counter
from typing import Any

import pytest

from partnero_async import PartneroError, RequestTimeoutError

from ..profiles import at_length
from ..raw_server import Exchange, raw_server
from ..sockets import open_connections, partnero_at
from ..until import until
from .faults import good

pytestmark = pytest.mark.asyncio

CALLS = at_length(5_000)
READS = at_length(20_000)
CONNECTIONS = 10


@pytest.mark.timeout(300)
async def test_half_of_thousands_of_calls_cancelled_leaves_nothing_behind(tls: Any, engine: Any) -> None:
    choices = random.Random(7)

    async def slowly(exchange: Exchange) -> None:
        whole = good(exchange)
        await asyncio.sleep(choices.random() * 0.004)
        await exchange.send(whole[:20])
        await asyncio.sleep(choices.random() * 0.002)
        await exchange.send(whole[20:])

    # TLS that begins late is for asyncio: uvloop's start_tls loses what the client said meanwhile.
    late = type(asyncio.get_running_loop()).__module__.startswith("asyncio")
    async with raw_server(slowly, tls=None if late else tls[0]) as server:
        server.handshake = tls[0] if late else None
        server.handshake_delay = lambda: choices.uniform(0.005, 0.05)
        gc.collect()
        descriptors = len(os.listdir("/proc/self/fd"))
        async with partnero_at(
            server, tls[1], engine=engine, max_concurrency=CONNECTIONS, retries=0
        ) as partnero:
            ended = Counter[str]()

            async def call(number: int) -> None:
                timeout = choices.random() * 0.01 if number % 4 == 1 else 30
                view = partnero.with_options(timeout=timeout + 1e-6)
                task = asyncio.create_task(view.customers.get(f"c{number}"))
                # Half of the calls are left alone; the others end by their timeout or by their caller.
                if number % 4 == 3:
                    for _ in range(choices.choice([0, 1, 2, 3, 5, 8])):
                        await asyncio.sleep(0)
                    await asyncio.sleep(choices.choice([0, choices.random() * 0.03]))
                    task.cancel()
                try:
                    assert (await task).key == f"c{number}"
                except (asyncio.CancelledError, RequestTimeoutError) as error:
                    ended[type(error).__name__] += 1
                else:
                    ended["answered"] += 1

            for start in range(0, CALLS, 50):
                await asyncio.gather(*map(call, range(start, start + 50)))
            assert ended.total() == CALLS
            assert min(ended["CancelledError"], ended["RequestTimeoutError"], ended["answered"]) > CALLS // 25

            for number in range(20):
                assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"
            assert partnero._caller.session.gate.in_flight == 0
            assert open_connections(partnero) <= CONNECTIONS
        await until(lambda: server.open_connections == 0)
        await until(lambda: len(os.listdir("/proc/self/fd")) == descriptors)
        assert len(asyncio.all_tasks()) == 1


@pytest.mark.timeout(300)
async def test_thousands_of_reads_among_faults_have_one_right_outcome_each(engine: Any) -> None:
    from .faults import HARMLESS, LOST, NOT_HTTP, STATUSES, UNREADABLE, stall

    heavy = {"a body of 400 MB", "400 MB in chunks", "a gzip bomb of 40 MB", "endless headers"}
    faults = [f for f in LOST + NOT_HTTP + STATUSES + UNREADABLE + HARMLESS if f.name not in heavy]
    choices = random.Random(8)
    stalled = set[str]()

    async def mostly(exchange: Exchange) -> None:
        lot = choices.random()
        if exchange.key == "last":
            await exchange.send(good(exchange))
        elif lot < 0.005:
            stalled.add(exchange.key)
            await stall(exchange)
        elif lot < 0.2:
            await choices.choice(faults).answer(exchange)
        else:
            await exchange.send(good(exchange))

    retries = 4
    outcomes = Counter[str]()
    async with raw_server(mostly) as server:
        settings: dict[str, Any] = {"timeout": 1, "retries": retries, "max_concurrency": 50}
        async with partnero_at(server, engine=engine, **settings) as partnero:

            async def read(number: int) -> str:
                # The faults with a readable body answer for the key "c", and for no other.
                return (await partnero.customers.get(f"key{number}")).key

            async with partnero.bulk(read, range(READS), stop_after=None) as run:
                async for outcome in run:
                    outcomes[type(outcome).__name__] += 1
                    if value := getattr(outcome, "value", None):
                        assert value == f"key{outcome.item}"
                    else:
                        assert isinstance(outcome.error, PartneroError)  # type: ignore[union-attr]
            assert partnero._caller.session.gate.in_flight == 0
            assert (await partnero.customers.get("last")).key == "last"
    assert outcomes.total() == READS
    assert outcomes["Done"] > READS * 3 // 4
    # A stall never ends by itself: that all reads ended is the work of their timeouts.
    assert len(stalled) > READS // 400
    times_asked = Counter(key for _, key in server.requests)
    assert times_asked.keys() == {"last", *(f"key{number}" for number in range(READS))}
    # One more over a connection that had died while it was idle is not counted.
    assert max(times_asked.values()) <= 1 + retries + 1
