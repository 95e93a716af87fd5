"""Bulk runs against the sandbox and a counting server, over real sockets."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from partnero_async import (
    AsyncPartnero,
    AuthenticationError,
    Done,
    Failed,
    Found,
    Missing,
    NetworkError,
    Ref,
    RequestTimeoutError,
)
from partnero_async.sandbox import Fault, Sandbox
from partnero_async.sandbox.server import running

from ..raw_server import Exchange, raw_server
from ..until import until

pytestmark = pytest.mark.asyncio

KEY = "sandbox_affiliate"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, str]]:
    """A sandbox with 10,000 customers, on a real socket."""
    local = Sandbox(customers=10_000)
    with running(local) as base_url:
        yield local, base_url
    local.close()


def customer_keys(count: int) -> list[str]:
    return [f"customer_{number:06d}" for number in range(1, count + 1)]


async def test_every_outcome_of_twelve_thousand_keys_is_accounted_for(served: tuple[Sandbox, str]) -> None:
    local, base_url = served
    local.faults = (Fault("status", status=500, path="/v1/customers/customer_00001*"),)
    keys = customer_keys(9_950) + [f"nobody_{n}" for n in range(50)]
    keys += random.Random(3).sample(keys, 2_000)
    random.Random(4).shuffle(keys)
    seen = Counter[tuple[type[Any], str]]()
    try:
        async with AsyncPartnero(KEY, base_url=base_url, retries=1, strict=True) as partnero:
            async with partnero.customers.stream(keys) as outcomes:
                async for outcome in outcomes:
                    seen[type(outcome), outcome.key] += 1
                    if isinstance(outcome, Found):
                        assert outcome.value.key == outcome.key
    finally:
        local.faults = ()
    expected = Counter[tuple[type[Any], str]]()
    for key in keys:
        broken = key.startswith("customer_00001")
        expected[Missing if key.startswith("nobody") else Failed if broken else Found, key] += 1
    assert seen == expected
    assert seen.total() == 12_000


async def test_get_many_over_sockets_asks_for_each_distinct_key_once(served: tuple[Sandbox, str]) -> None:
    local, base_url = served
    asked = local.stats.requests
    keys = customer_keys(1_000) * 3
    async with AsyncPartnero(KEY, base_url=base_url) as partnero:
        batch = await partnero.customers.get_many(keys)
    assert list(batch.found) == customer_keys(1_000)
    assert local.stats.requests - asked == 1_000


async def test_the_gate_holds_over_several_batches_and_single_calls_together() -> None:
    async def slowly(exchange: Exchange) -> None:
        await asyncio.sleep(0.002)
        await exchange.send_customer()

    async with raw_server(slowly) as server:
        base_url = f"http://127.0.0.1:{server.port}"
        async with AsyncPartnero(KEY, base_url=base_url, max_concurrency=20) as partnero:
            batches = [partnero.customers.get_many(f"{name}{n}" for n in range(300)) for name in "abcd"]
            singles = [partnero.customers.get(f"single{n}") for n in range(200)]
            await asyncio.gather(*batches, *singles)
        assert server.most_in_flight == 20
        assert server.most_connections <= 20
        assert len(server.requests) == 1_400


async def test_with_timeouts_no_more_than_the_slots_are_checked_out() -> None:
    choices = random.Random(5)

    async def sometimes(exchange: Exchange) -> None:
        await asyncio.sleep(choices.choice([0.001, 0.001, 0.06]))
        await exchange.send_customer()

    async with raw_server(sometimes) as server:
        base_url = f"http://127.0.0.1:{server.port}"
        settings: dict[str, Any] = {"timeout": 0.03, "retries": 0, "max_concurrency": 20}
        async with AsyncPartnero(KEY, base_url=base_url, **settings) as partnero:
            transport = partnero._caller.session.engine._client._transport  # type: ignore[attr-defined]
            most, timed_out = 0, 0
            async with partnero.customers.stream((f"c{n}" for n in range(600)), stop_after=None) as outcomes:
                async for outcome in outcomes:
                    most = max(most, transport.open_connections)
                    if isinstance(outcome, Failed):
                        assert isinstance(outcome.error, RequestTimeoutError)
                        timed_out += 1
            assert timed_out > 50
            assert most <= 20


async def test_single_calls_beside_a_full_batch_wait_for_a_slot_and_not_for_the_batch() -> None:
    async def slowly(exchange: Exchange) -> None:
        await asyncio.sleep(0.02)
        await exchange.send_customer()

    async with raw_server(slowly) as server:
        base_url = f"http://127.0.0.1:{server.port}"
        async with AsyncPartnero(KEY, base_url=base_url, max_concurrency=5) as partnero:
            # Two batches of five workers each: five of them always wait at the gate.
            batches = [
                asyncio.create_task(partnero.customers.get_many([f"{name}{n}" for n in range(100)]))
                for name in "ab"
            ]
            await until(lambda: server.in_flight == 5)
            for number in range(5):
                before = len(server.requests)
                await partnero.customers.get(f"single{number}")
                # The slots' own exchanges under way, and those that began while this one was answered.
                assert len(server.requests) - before <= 3 * 5
            assert not any(batch.done() for batch in batches)
            await asyncio.gather(*batches)


async def test_leaving_early_gives_every_connection_back(served: tuple[Sandbox, str]) -> None:
    _, base_url = served
    async with AsyncPartnero(KEY, base_url=base_url) as partnero:
        for leave in (False, True):
            with pytest.raises(ZeroDivisionError):
                async with partnero.customers.stream(customer_keys(5_000)) as outcomes:
                    async for _ in outcomes:
                        if leave:
                            break
                        raise ZeroDivisionError
                    raise ZeroDivisionError
            assert partnero._caller.session.gate.in_flight == 0
        assert len(asyncio.all_tasks()) == 1
        batch = await partnero.customers.get_many(customer_keys(100))
    assert len(batch.found) == 100


async def test_an_api_key_revoked_in_the_middle_ends_the_run(served: tuple[Sandbox, str]) -> None:
    local, base_url = served
    seen = 0
    async with AsyncPartnero(KEY, base_url=base_url) as partnero:
        with pytest.raises(AuthenticationError):
            async with partnero.customers.stream(customer_keys(5_000)) as outcomes:
                async for _ in outcomes:
                    seen += 1
                    if seen == 1_000:
                        local.faults = (Fault("status", status=401),)
        assert partnero._caller.session.gate.in_flight == 0
    local.faults = ()
    assert 1_000 <= seen < 1_100
    assert len(asyncio.all_tasks()) == 1


async def test_a_server_that_goes_away_ends_the_run() -> None:
    local = Sandbox(customers=1_000)
    seen = Counter[type[Any]]()
    with running(local) as base_url:
        partnero = AsyncPartnero(KEY, base_url=base_url, retries=0)
        stream = partnero.customers.stream(customer_keys(1_000), stop_after=30)
        outcomes = await stream.__aenter__()
        for _ in range(100):
            seen[type(await anext(outcomes))] += 1
    local.close()
    with pytest.raises(NetworkError):
        async for outcome in outcomes:
            seen[type(outcome)] += 1
    await stream.__aexit__(None, None, None)
    await partnero.aclose()
    assert 30 <= seen[Failed] <= 60
    assert len(asyncio.all_tasks()) == 1


async def test_bulk_changes_many_records(served: tuple[Sandbox, str]) -> None:
    _, base_url = served
    async with AsyncPartnero(KEY, base_url=base_url) as partnero:

        async def create(number: int) -> str:
            made = await partnero.customers.create(key=f"bulk_{number}", partner=Ref(key="ref_001"))
            return made.key

        async with partnero.bulk(create, range(200), concurrency=10) as outcomes:
            made = [outcome.value async for outcome in outcomes if isinstance(outcome, Done)]
        assert sorted(made) == sorted(f"bulk_{n}" for n in range(200))
        async with partnero.bulk(partnero.customers.delete, [*made, "nobody"]) as outcomes:
            kinds = Counter([type(outcome) async for outcome in outcomes])
        assert kinds == {Done: 200, Failed: 1}


async def test_a_rate_limit_of_the_sandbox_slows_a_run_and_fails_nothing() -> None:
    for headers in (True, False):
        local = Sandbox(customers=100, rate_limit=(40, 1, headers))
        with running(local) as base_url:
            async with AsyncPartnero(KEY, base_url=base_url, retries=0) as partnero:
                batch = await partnero.customers.get_many(customer_keys(100))
        local.close()
        assert len(batch.found) == 100


async def test_dropped_connections_are_asked_again(served: tuple[Sandbox, str]) -> None:
    local, base_url = served
    local.faults = (Fault("drop", rate=0.1), Fault("cut", rate=0.1))
    try:
        async with AsyncPartnero(KEY, base_url=base_url, retries=8) as partnero:
            batch = await partnero.customers.get_many(customer_keys(300))
    finally:
        local.faults = ()
    assert len(batch.found) == 300


async def test_the_sandbox_in_memory_serves_a_run_too() -> None:
    local = Sandbox(customers=500)
    transport = httpx.ASGITransport(app=local.app)
    async with AsyncPartnero(KEY, transport=transport) as partnero:
        batch = await partnero.customers.get_many(customer_keys(510))
    local.close()
    assert (len(batch.found), len(batch.missing)) == (500, 10)
