"""A bulk run finds the limit of a server out and keeps to it: nearly the least time, and hardly a refusal."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest

from partnero_async import AsyncPartnero, RateLimit, RateLimitError
from partnero_async.client import Pace
from partnero_async.testing import VirtualLoop

from ..limited import Changing, Fixed, Limited, Limiter, Sliding, TokenBucket
from ..servers import scripted

pytestmark = pytest.mark.anyio

# What asks tens of thousands of times does so on one event loop.
many = pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": VirtualLoop})], ids=["asyncio"])


async def fetched(server: Limited, keys: int, **settings: Any) -> float:
    """The seconds that a run takes in which no key fails."""
    settings = {"max_concurrency": 50, **settings}
    async with scripted(server, **settings) as partnero:
        return await fetch(partnero, keys)


async def fetch(partnero: AsyncPartnero, keys: int, prefix: str = "key") -> float:
    began = anyio.current_time()
    batch = await partnero.customers.get_many(f"{prefix}_{number}" for number in range(keys))
    assert len(batch.found) == keys
    return anyio.current_time() - began


# How much of the least possible time each run may take. Its first second is spent on finding the limit.
@many
@pytest.mark.parametrize(
    ("limiter", "headers", "keys", "most"),
    [
        pytest.param(lambda: Fixed(20, 1), "none", 500, 1.06, id="20 in each second"),
        pytest.param(lambda: Fixed(20, 1), "all", 500, 1.06, id="20 in each second, told"),
        pytest.param(lambda: Fixed(50, 1, by_the_clock=0.3), "none", 900, 1.06, id="50 by the clock"),
        pytest.param(lambda: Sliding(50, 1), "none", 900, 1.06, id="50 in any second"),
        pytest.param(lambda: Fixed(60, 60), "none", 300, 1.02, id="60 in each minute"),
        pytest.param(lambda: Sliding(60, 60), "all", 300, 1.02, id="60 in any minute, told"),
        pytest.param(lambda: TokenBucket(20, 40), "none", 500, 1.06, id="20 a second, 40 at once"),
    ],
)
async def test_a_run_takes_nearly_the_least_time_and_is_hardly_refused(
    limiter: Any, headers: str, keys: int, most: float
) -> None:
    server = Limited(limiter(), headers)
    assert await fetched(server, keys) <= most * server.limiter.least_seconds(keys) + 1
    assert server.refused_share() <= 0.02


@many
async def test_a_server_that_only_says_when_to_come_back_is_met_as_well() -> None:
    server = Limited(Fixed(60, 60), "retry-after")
    assert await fetched(server, 600) <= 1.01 * 540
    assert server.refused_share() < 0.01


@many
async def test_a_limit_of_a_minute_by_the_clock_is_found_though_the_first_window_is_short() -> None:
    server = Limited(Fixed(60, 60, by_the_clock=40))
    assert await fetched(server, 600) <= 1.06 * server.limiter.least_seconds(600) + 60
    assert server.refused_share() < 0.01


@many
async def test_a_limit_that_halves_and_recovers_is_followed_both_ways() -> None:
    server = Limited(Changing([(0, 40), (15, 20), (30, 40)]), "all")
    assert await fetched(server, 1500) <= 1.06 * server.limiter.least_seconds(1500) + 1
    assert server.refused_share() < 0.01


@many
async def test_without_headers_a_limit_that_recovers_is_found_by_trying() -> None:
    server = Limited(Changing([(0, 40), (15, 20), (30, 40)]))
    assert await fetched(server, 1800) <= 1.25 * server.limiter.least_seconds(1800)
    assert server.refused_share() < 0.05


# A pause of a whole second, though less was needed, must not be taken for a window of two.
@many
@pytest.mark.parametrize(
    ("limiter", "headers", "keys", "most"),
    [
        pytest.param(lambda: Fixed(40, 1), "none", 900, 1.1, id="40 in each second"),
        pytest.param(lambda: Sliding(50, 1), "retry-after", 900, 1.35, id="50 in any second, told"),
        # Its header has the size of the bucket, which is not what it takes in a second.
        pytest.param(lambda: TokenBucket(100, 10), "all", 900, 1.8, id="100 a second, 10 at once"),
        # Who was left 9 of 60 at first must not be content with them when the other one has ended.
        pytest.param(lambda: Fixed(60, 60, by_the_clock=40), "all", 300, 1.5, id="60 a minute, by the clock"),
    ],
)
async def test_two_clients_of_one_key_share_its_limit(
    limiter: Any, headers: str, keys: int, most: float
) -> None:
    server = Limited(limiter(), headers)
    async with scripted(server, max_concurrency=50) as one, scripted(server, max_concurrency=50) as two:
        took = list[float]()

        async def run(partnero: AsyncPartnero, prefix: str) -> None:
            took.append(await fetch(partnero, keys, prefix))

        async with anyio.create_task_group() as group:
            group.start_soon(run, one, "a")
            group.start_soon(run, two, "b")
    assert max(took) <= most * server.limiter.least_seconds(2 * keys)
    assert server.refused_share() < 0.02


@many
async def test_four_batches_share_the_pace_fairly() -> None:
    server = Limited(Fixed(40, 1))
    async with scripted(server, max_concurrency=50) as partnero:
        done = dict.fromkeys("abcd", 0)

        async def run(prefix: str) -> None:
            keys = (f"{prefix}_{number}" for number in range(10_000))
            async with partnero.customers.stream(keys, concurrency=12) as outcomes:
                async for _ in outcomes:
                    done[prefix] += 1

        with anyio.move_on_after(30):
            async with anyio.create_task_group() as group:
                for prefix in done:
                    group.start_soon(run, prefix)
    assert min(done.values()) >= 0.8 * sum(done.values()) / 4


async def test_single_calls_beside_a_run_wait_a_few_turns_of_the_pace() -> None:
    server = Limited(Fixed(20, 1))
    waits = list[float]()
    async with scripted(server, max_concurrency=20) as partnero:

        async def visit() -> None:
            for _ in range(50):
                await anyio.sleep(0.61)
                began = anyio.current_time()
                await partnero.customers.get("visitor")
                waits.append(anyio.current_time() - began)

        async with anyio.create_task_group() as group:
            group.start_soon(visit)
            await fetch(partnero, 700)
    # A turn is a twentieth of a second, and so is the answer; now and then somebody is refused.
    assert sorted(waits)[len(waits) * 8 // 10] <= 0.2
    assert max(waits) <= 1.2


@many
async def test_600_keys_under_60_a_minute_are_found_with_the_default_deadline() -> None:
    server = Limited(Fixed(60, 60), "retry-after")
    async with scripted(server) as partnero:
        await fetch(partnero, 600)


async def test_a_single_call_behind_a_pause_beyond_its_deadline_says_how_long_it_is() -> None:
    server = Limited(Fixed(60, 60), "retry-after")
    async with scripted(server) as partnero, anyio.create_task_group() as group:
        group.start_soon(fetch, partnero, 120)
        await anyio.sleep(5)
        with pytest.raises(RateLimitError) as refused:
            await partnero.customers.get("visitor")
        assert refused.value.attempts == 0
        assert 50 < (refused.value.retry_after or 0) <= 60
        began = anyio.current_time()
        await partnero.with_options(deadline=120).customers.get("visitor")
        assert anyio.current_time() - began > 50


async def test_what_was_learnt_is_shown() -> None:
    server = Limited(Fixed(40, 1))
    async with scripted(server, max_concurrency=50) as partnero:
        assert partnero.pace == Pace(limit=None, known_from="nothing", paused_for=0.0)
        assert partnero.pace.per_second is None
        await fetch(partnero, 200)
        assert partnero.pace.known_from == "refusals"
        assert partnero.pace.per_second == pytest.approx(40, rel=0.05)
        assert partnero.with_options(timeout=3).pace == partnero.pace


async def test_headers_are_known_from_headers() -> None:
    server = Limited(Fixed(40, 1), "all")
    async with scripted(server, max_concurrency=50) as partnero:
        await fetch(partnero, 200)
        assert partnero.pace.known_from == "headers"
        assert partnero.pace.limit == RateLimit(40, 1.0)


async def test_what_one_client_learnt_another_begins_with() -> None:
    limiter = Fixed(40, 1)
    first, second = Limited(limiter), Limited(limiter)
    async with scripted(first, max_concurrency=50) as partnero:
        await fetch(partnero, 400)
        learnt = partnero.pace
    async with scripted(second, max_concurrency=50, pace=learnt) as partnero:
        assert partnero.pace.known_from == "another client"
        await anyio.sleep(2)
        await fetch(partnero, 400)
    assert second.refused_share(0.0) < 0.04


async def test_a_limit_that_the_user_knows_is_shown_as_such() -> None:
    async with scripted(Limited(Fixed(40, 1)), rate_limit=RateLimit(30, 2.0)) as partnero:
        assert partnero.pace.known_from == "rate_limit"
        assert partnero.pace.per_second == 15


async def test_refusals_of_single_calls_teach_nothing() -> None:
    server = Limited(Fixed(5, 10))
    async with scripted(server, retries=9, deadline=None) as partnero:
        for _ in range(12):
            await partnero.customers.get("visitor")
        assert partnero.pace.limit is None


@many
async def test_a_change_of_the_pace_is_logged_once_and_not_each_refusal(caplog: Any) -> None:
    caplog.set_level(logging.INFO, "partnero_async")
    server = Limited(Fixed(40, 1), "all")
    await fetched(server, 800)
    told = [record.getMessage() for record in caplog.records if "partnero.pace" in record.getMessage()]
    assert told == ["partnero.pace requests=40 per_seconds=1"]


@pytest.mark.parametrize("pace", [5, "fast", RateLimit(5)])
async def test_a_pace_is_that_of_a_client(pace: Any) -> None:
    with pytest.raises(TypeError, match=r"^pace must be the pace of a client, not "):
        AsyncPartnero("key", pace=pace)


def test_the_least_time_is_that_of_whoever_knows_the_limit() -> None:
    limiters: list[tuple[Limiter, int, float]] = [
        (Fixed(20, 1), 100, 4),
        (Fixed(60, 60, by_the_clock=40), 120, 20),
        (Sliding(60, 60), 60, 0),
        (TokenBucket(20, 40), 100, 3),
        (Changing([(0, 40), (1, 20)]), 100, 3),
    ]
    for limiter, count, least in limiters:
        assert limiter.least_seconds(count) == least
