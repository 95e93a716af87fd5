"""What gives permits, over Redis and over a file: whatever limits there are, and whatever is lost of it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partnero_async import RateLimit
from partnero_async._redis import Script
from partnero_async.shared.pace import DOUBTED_SECONDS, AwayError, Granted, Permits
from partnero_async.shared.redis import _RedisPermits
from partnero_async.shared.sqlite import _FilePermits

from ..until import until
from .fleet import most_within
from .redis_server import RedisServer, redis_server

pytestmark = pytest.mark.asyncio

NAME = "{test:program}"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture(params=["redis", "sqlite"])
def permits_of(
    request: pytest.FixtureRequest, server: RedisServer, tmp_path: Path
) -> Callable[[RateLimit], Permits]:
    """Makes what gives the permits of a quota to one process, by the kind that is tested."""
    if request.param == "sqlite":
        return lambda quota: _FilePermits(str(tmp_path / "quota.db"), "program", quota, time.time)
    with server.client() as client:
        client.flushall()
    return lambda quota: _RedisPermits(server.url, NAME, quota)


async def taken_for(
    seconds: float, permits: Permits, learnt: dict[float, RateLimit] | None = None
) -> list[float]:
    """The moments of all permits that are to be had, while limits are learnt after so many seconds."""
    began = time.monotonic()
    to_learn = dict(learnt or {})
    times = list[float]()
    while (passed := time.monotonic() - began) < seconds:
        due = min((at for at in to_learn if at <= passed), default=None)
        granted = await permits.take(20, None if due is None else to_learn.pop(due))
        times += [granted.now + delay for delay in granted.delays]
        await asyncio.sleep(max(granted.wait, 0.002))
    return times


@pytest.mark.parametrize(
    ("quota", "learnt"),
    [
        (RateLimit(10, 1.0), RateLimit(100, 12.0)),  # less, but more than the quota at a time
        (RateLimit(20, 2.0), RateLimit(5, 1.0)),
        (RateLimit(20, 2.0), RateLimit(11, 1.0)),  # more, and less than the quota at a time
    ],
)
async def test_the_quota_and_what_is_learnt_are_both_kept(
    permits_of: Callable[[RateLimit], Permits], quota: RateLimit, learnt: RateLimit
) -> None:
    permits = permits_of(quota)
    times = await taken_for(3.2, permits, {0.0: learnt})
    await permits.aclose()
    for limit in (quota, learnt):
        assert most_within(times, limit.per_seconds) <= limit.requests
    assert (
        len(times)
        >= 0.8 * min(quota.requests / quota.per_seconds, learnt.requests / learnt.per_seconds) * 3.2
    )


async def test_a_learnt_limit_that_rises_again_gives_no_more_than_the_quota(
    permits_of: Callable[[RateLimit], Permits],
) -> None:
    permits = permits_of(quota := RateLimit(20, 2.0))
    times = await taken_for(4.6, permits, {2.2: RateLimit(2, 1.0), 3.0: RateLimit(100, 1.0)})
    await permits.aclose()
    assert most_within(times, quota.per_seconds) == quota.requests


async def test_what_was_learnt_is_doubted_after_a_while(server: RedisServer, tmp_path: Path) -> None:
    quota, learnt = RateLimit(100, 1.0), RateLimit(5, 1.0)
    with server.client() as client:
        client.flushall()
        over_redis = _RedisPermits(server.url, NAME, quota)
        assert (await over_redis.take(1, learnt)).limit == learnt
        assert (await over_redis.take(1, None)).limit == learnt
        long_ago = (time.time() - DOUBTED_SECONDS) * 1e6
        client.hset(f"{NAME}:state", "learnt_at", f"{long_ago:.0f}")
        assert (await over_redis.take(1, None)).limit == quota
        await over_redis.aclose()
    now = time.time()
    in_file = _FilePermits(str(tmp_path / "quota.db"), "program", quota, lambda: now)
    assert (await in_file.take(1, learnt)).limit == learnt
    now += DOUBTED_SECONDS - 1
    assert (await in_file.take(1, None)).limit == learnt
    now += 1
    assert (await in_file.take(1, None)).limit == quota
    await in_file.aclose()


async def test_what_is_not_known_any_more_is_taken_for_used(server: RedisServer, tmp_path: Path) -> None:
    async def after_the_loss(permits: Permits, lose: Callable[[], object]) -> Granted:
        await permits.take(20, None)
        await asyncio.sleep(1.0)
        lose()
        return await permits.take(20, None)

    quota = RateLimit(20, 2.0)
    with server.client() as client:  # as Redis does that may forget what nobody asked for lately
        client.flushall()
        over_redis = _RedisPermits(server.url, NAME, quota)
        granted = await after_the_loss(over_redis, lambda: client.delete(f"{NAME}:permits"))
        await over_redis.aclose()
        assert granted.delays == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], abs=0.02)
    in_file = _FilePermits(str(tmp_path / "quota.db"), "program", quota, time.time)
    with sqlite3.connect(tmp_path / "quota.db", isolation_level=None) as connection:
        granted = await after_the_loss(in_file, lambda: connection.execute("DELETE FROM permit"))
    connection.close()
    await in_file.aclose()
    assert granted.delays == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], abs=0.02)


async def test_it_is_found_out_that_a_file_is_locked_though_nobody_waits(tmp_path: Path) -> None:
    permits = _FilePermits(str(tmp_path / "quota.db"), "program", RateLimit(10, 1.0), time.time)
    await permits.take(1, None)
    connection = sqlite3.connect(tmp_path / "quota.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(permits.take(1, None), 0.2)
    with pytest.raises(AwayError, match="no answer"):
        await permits.take(1, None)
    with pytest.raises(AwayError, match=r"locked for 0\.02 s"):
        await permits.take(1, None)
    connection.close()
    assert (await permits.take(1, None)).delays
    await permits.aclose()


@pytest.mark.parametrize("key", ["permits", "state", "workers"])
async def test_keys_of_another_kind_are_an_absence(server: RedisServer, key: str) -> None:
    permits = _RedisPermits(server.url, NAME, RateLimit(10, 1.0))
    with server.client() as client:
        client.flushall()
        client.set(f"{NAME}:{key}", "x")
        with pytest.raises(AwayError, match="ResponseError"):
            await permits.take(1, None)
        client.delete(f"{NAME}:{key}")
    assert (await permits.take(1, None)).delays
    await permits.aclose()


@pytest.mark.parametrize("field", ["born", "closed_at", "requests", "period", "learnt_at"])
@pytest.mark.parametrize("value", ["", "abc", "0.5", "-3", "nan", "inf", "1e300"])
async def test_junk_in_the_state_fails_no_call(server: RedisServer, field: str, value: str) -> None:
    permits = _RedisPermits(server.url, NAME, RateLimit(10, 1.0))
    with server.client() as client:
        client.flushall()
        await permits.take(1, RateLimit(5, 1.0))
        client.hset(f"{NAME}:state", field, value)
    try:
        granted = await permits.take(1, None)
    except AwayError:
        pass
    else:
        assert granted.limit.requests >= 1
    await permits.aclose()


class TestTrips:
    async def test_the_answer_to_who_was_cancelled_is_for_the_next(self, server: RedisServer) -> None:
        with server.client() as client:
            client.flushall()
        permits = _RedisPermits(server.url, NAME, RateLimit(100, 1.0))
        await permits.take(1, None)
        before = server.trips()
        with server.hanging():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(permits.take(3, None), 0.1)
        assert len((await permits.take(1, None)).delays) == 3
        assert len((await permits.take(1, None)).delays) == 1
        assert server.trips() == before + 2
        await permits.aclose()

    async def test_what_is_learnt_is_told_by_a_trip_of_its_own(self, server: RedisServer) -> None:
        with server.client() as client:
            client.flushall()
        permits = _RedisPermits(server.url, NAME, RateLimit(100, 1.0))
        await permits.take(1, None)
        with server.hanging():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(permits.take(3, None), 0.1)
        assert (await permits.take(1, RateLimit(5, 1.0))).limit == RateLimit(5, 1.0)
        await permits.aclose()

    async def test_permits_that_nobody_took_in_time_are_none(self, server: RedisServer) -> None:
        with server.client() as client:
            client.flushall()
        permits = _RedisPermits(server.url, NAME, RateLimit(100, 1.0))
        await permits.take(1, None)
        with server.hanging():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(permits.take(3, None), 0.1)
        await asyncio.sleep(1.0)
        granted = await permits.take(1, None)
        assert (granted.delays, granted.wait > 0) == ([], True)
        await permits.aclose()

    async def test_it_is_found_out_that_redis_hangs_though_nobody_waits(self, server: RedisServer) -> None:
        permits = _RedisPermits(server.url, NAME, RateLimit(100, 1.0))
        await permits.take(1, None)
        with server.hanging():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(permits.take(1, None), 0.1)
            await asyncio.sleep(1.2)
            with pytest.raises(AwayError):
                await asyncio.wait_for(permits.take(1, None), 0.1)
        assert (await permits.take(1, None)).delays
        await permits.aclose()

    async def test_a_longer_pause_is_told_after_a_shorter_one(self, server: RedisServer) -> None:
        with server.client() as client:
            client.flushall()
        permits = _RedisPermits(server.url, NAME, RateLimit(100, 1.0))
        await permits.take(1, None)
        with server.hanging():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(permits.pause(5.0), 0.1)
        await permits.pause(30.0)
        assert (await permits.take(1, None)).closed_for == pytest.approx(30.0, abs=1)
        await permits.aclose()

    @pytest.mark.parametrize(
        "ask", [lambda permits: permits.take(1, None), lambda permits: permits.pause(9.0)]
    )
    async def test_nothing_is_open_after_one_that_nobody_waited_for(
        self, server: RedisServer, ask: Callable[[Any], Awaitable[Any]]
    ) -> None:
        with server.client() as client:
            before = len(client.client_list())
            permits = _RedisPermits(server.url, NAME, RateLimit(100, 1.0))
            with server.hanging():
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(ask(permits), 0.1)
                await permits.aclose()
            assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            await until(lambda: len(client.client_list()) == before)

    async def test_a_script_is_sent_once_and_again_where_redis_lost_it(self, server: RedisServer) -> None:
        script = Script(f"return {time.monotonic_ns()}")
        from redis.asyncio import Redis

        client: Any = Redis.from_url(server.url)
        with server.client() as watching:
            watching.config_resetstat()
            first = await script(client, [], [])
            assert await script(client, [], []) == first
            watching.script_flush()
            assert await script(client, [], []) == first
            commands: Any = watching.info("commandstats")
        assert commands["cmdstat_eval"]["calls"] == 2
        assert commands["cmdstat_evalsha"]["calls"] == 2
        await client.aclose()
