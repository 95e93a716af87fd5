"""One quota over a real Redis: several processes, a Redis that goes and comes, and what its keys tell."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import trio

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    DeadlineError,
    Options,
    RateLimit,
    RateLimitError,
    Ref,
    UsageError,
)
from partnero_async.shared import RedisRateLimit

from ..servers import scripted
from ..until import until
from .fleet import Fleet, Permits, most_within
from .redis_server import RedisServer, redis_server

QUOTA = RateLimit(40, 1.0)
FOUND = {"data": {"key": "c"}, "status": 1}


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture
def fresh(server: RedisServer) -> RedisServer:
    """The server, without anything in it."""
    with server.client() as client:
        client.flushall()
    return server


async def found(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=FOUND)


def under(server: RedisServer, handler: Any = found, **settings: Any) -> AsyncPartnero:
    limit = RedisRateLimit(server.url, QUOTA.requests, QUOTA.per_seconds)
    return scripted(handler, **{"rate_limit": limit} | settings)


class TestProcesses:
    def test_no_more_than_the_quota_is_given_out_and_all_have_some(self, fresh: RedisServer) -> None:
        fleet = Fleet("redis", fresh.url, 4, 10, QUOTA, 4.0).run()
        assert most_within(fleet.permits, 1.0) == QUOTA.requests
        assert all(fleet.counts)
        assert fresh.trips() < len(fleet.permits)

    def test_clocks_that_differ_by_seconds_change_nothing(self, fresh: RedisServer) -> None:
        fleet = Fleet("redis", fresh.url, 4, 10, QUOTA, 4.0, skews=(-5.0, 0.0, 3.0, 3600.0)).run()
        assert most_within(fleet.permits, 1.0) == QUOTA.requests
        assert all(fleet.counts)

    def test_who_is_killed_with_permits_in_its_hands_stops_nobody(self, fresh: RedisServer) -> None:
        def kill_two(fleet: Fleet) -> None:
            time.sleep(2.0)
            for worker in fleet.workers[:2]:
                worker.process.kill()

        fleet = Fleet("redis", fresh.url, 4, 10, QUOTA, 5.0).run(kill_two)
        assert len(fleet.noted) == 2
        assert most_within(fleet.permits, 1.0) <= QUOTA.requests
        late = [at for at in fleet.permits if at > fleet.began + 4.0]
        assert len(late) > QUOTA.requests / 2  # more than the two had before

    def test_a_redis_that_is_killed_and_comes_back_lets_nobody_have_more_than_the_margin(
        self, fresh: RedisServer
    ) -> None:
        def restart(fleet: Fleet) -> None:
            time.sleep(2.0)
            fresh.kill()
            time.sleep(1.5)
            fresh.start()

        fleet = Fleet("redis", fresh.url, 4, 10, QUOTA, 7.0).run(restart)
        let_go = [at for noted in fleet.noted for at in noted.let_go]
        # What was given ahead and what each took by itself, in the second in which it went.
        assert most_within(let_go, 1.0) <= 2 * QUOTA.requests
        for noted in fleet.noted:
            assert any(fleet.began + 2.5 < at < fleet.began + 3.5 for at in noted.let_go)  # by itself
            assert any(at > fleet.began + 5.0 for at in noted.permits)


@pytest.mark.asyncio
class TestClients:
    async def test_a_429_of_one_pauses_the_other(self, fresh: RedisServer) -> None:
        async def refuse(_: httpx.Request) -> httpx.Response:
            return httpx.Response(429, headers={"Retry-After": "20"}, json={"message": "Slow down."})

        async with under(fresh, refuse, retries=0) as refused, under(fresh, max_pause=5) as other:
            await other.customers.get("c")
            with pytest.raises(RateLimitError):
                await refused.customers.get("c")
            with pytest.raises(RateLimitError) as caught:
                await other.customers.get("c")
        assert caught.value.attempts == 0
        assert caught.value.retry_after is not None
        assert 10 < caught.value.retry_after <= 20

    async def test_a_refused_sale_is_in_no_doubt_while_redis_hangs(
        self, fresh: RedisServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def refuse(_: httpx.Request) -> httpx.Response:
            fresh.stop()
            return httpx.Response(429, headers={"Retry-After": "20"}, json={"message": "Slow down."})

        async with under(fresh, refuse, retries=0) as partnero:
            call = asyncio.create_task(partnero.transactions.create(customer=Ref(key="c"), amount=1))
            try:
                await asyncio.sleep(0.3)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            finally:
                fresh.go_on()
        assert "may have acted" not in caplog.text

    async def test_many_that_are_refused_at_once_wait_once_for_a_redis_that_hangs(
        self, fresh: RedisServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        arrived = 0

        async def refuse(_: httpx.Request) -> httpx.Response:
            nonlocal arrived
            arrived += 1
            if arrived == 5:
                fresh.stop()
            while arrived < 5:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            return httpx.Response(429, headers={"Retry-After": "20"}, json={"message": "Slow down."})

        async with under(fresh, refuse, retries=0) as partnero:
            try:
                calls = [partnero.customers.get(f"c{number}") for number in range(5)]
                outcomes = await asyncio.gather(*calls, return_exceptions=True)
            finally:
                fresh.go_on()
        assert [type(outcome) for outcome in outcomes] == [RateLimitError] * 5
        assert caplog.text.count("Redis is away") == 1

    async def test_calls_with_short_deadlines_go_on_while_redis_hangs(
        self, fresh: RedisServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        soon, outcomes = Options(deadline=0.4), list[str]()
        async with under(fresh) as partnero:
            await partnero.customers.get("c")
            with fresh.hanging():
                for _ in range(30):
                    try:
                        await partnero.customers.get("c", options=soon)
                    except DeadlineError:
                        outcomes.append("failed")
                    else:
                        outcomes.append("ok")
                    await asyncio.sleep(0.1)
            # The first ones find out that Redis hangs; the others do not wait for it any more.
            assert outcomes[:4].count("failed") <= 3
            assert outcomes[4:] == ["ok"] * 26
            async with asyncio.timeout(10):
                while "Redis is back" not in caplog.text:
                    await partnero.customers.get("c")
        assert caplog.text.count("Redis is away") == 1

    async def test_keys_of_other_programs_have_quotas_of_their_own(self, fresh: RedisServer) -> None:
        async with under(fresh) as one, under(fresh, base_url="https://api.partnero.com/v2") as other:
            with Permits() as permits:
                await one.customers.get("c")
                await other.customers.get("c")
        assert len(permits.times) == 2
        with fresh.client() as client:
            names = [str(name) for name in client.scan_iter()]
            said = str([client.object("encoding", name) for name in names]) + str(names)
        assert len({name.split("}")[0] for name in names}) == 2
        assert "test_key" not in said
        assert all(name.startswith("{partnero:") for name in names)

    async def test_what_it_keeps_goes_after_a_day(self, fresh: RedisServer) -> None:
        async with under(fresh) as partnero:
            await partnero.customers.get("c")
        with fresh.client() as client:
            assert all(0 < int(str(client.ttl(name))) <= 86_400 for name in client.scan_iter())

    async def test_a_clock_of_redis_that_was_set_back_stops_nobody(self, fresh: RedisServer) -> None:
        async with under(fresh) as partnero:
            await partnero.customers.get("c")
            with fresh.client() as client:  # as if that had been an hour later, in which there was a pause
                (permits,) = client.scan_iter("*:permits")
                (state,) = client.scan_iter("*:state")
                later = (time.time() + 3600) * 1e6
                client.lset(permits, 0, f"{later:.0f}")
                times = {"closed_at": f"{later:.0f}", "closed": f"{later + 100_000:.0f}"}
                client.hset(state, mapping={"born": f"{later:.0f}", **times})
            await partnero.customers.get("c", options=Options(deadline=5))

    async def test_a_limit_that_one_finds_is_kept_by_the_other(self, fresh: RedisServer) -> None:
        pace = RedisRateLimit(fresh.url, QUOTA.requests, QUOTA.per_seconds)
        async with under(fresh) as one, under(fresh, rate_limit=pace) as other:
            await one.customers.get("c")
            finder = one._caller.session.gate._pace._local.finder  # type: ignore[attr-defined]
            finder.limit, finder.known_from = RateLimit(3, 2.0), "headers"
            await one.customers.get("c")
            await other.customers.get("c")
            assert other.pace is not None
            assert other.pace.limit == RateLimit(3, 2.0)

    async def test_a_wrong_password_is_told_and_calls_go_on(
        self, fresh: RedisServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        url = fresh.url.replace("redis://", "redis://nobody:secret_word@")
        async with under(fresh, rate_limit=RedisRateLimit(url, 40, 1.0)) as partnero:
            await partnero.customers.get("c")
        assert "Redis is away (AuthenticationError)" in caplog.text
        assert "secret_word" not in caplog.text

    async def test_a_connection_that_redis_closed_is_no_absence(
        self, fresh: RedisServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with under(fresh) as partnero:
            await partnero.customers.get("c")
            with fresh.client() as client:
                client.client_kill_filter(_type="normal", skipme=True)
            await partnero.customers.get("c")
        assert "away" not in caplog.text

    async def test_nothing_is_open_when_the_client_is_closed(self, fresh: RedisServer) -> None:
        with fresh.client() as watching:
            before = len(watching.client_list())
            async with under(fresh) as partnero:
                await partnero.customers.get("c")
                assert len(watching.client_list()) == before + 1
            await until(lambda: len(watching.client_list()) == before)


@pytest.mark.asyncio
async def test_nothing_is_left_open_by_a_client_that_is_closed_while_it_asks(fresh: RedisServer) -> None:
    with fresh.client() as watching:
        before = len(watching.client_list())
        for milliseconds in range(5):
            async with under(fresh) as partnero:
                await partnero.customers.get("c")
                calls = [asyncio.create_task(partnero.customers.get("c")) for _ in range(50)]
                await asyncio.sleep(milliseconds / 1000)
            await asyncio.gather(*calls, return_exceptions=True)
        await until(lambda: len(watching.client_list()) == before)


def test_under_trio_it_says_what_to_take(server: RedisServer) -> None:
    async def main() -> None:
        async with under(server) as partnero:
            with pytest.raises(UsageError, match="take a SQLiteRateLimit"):
                await partnero.customers.get("c")

    trio.run(main)


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (("http://127.0.0.1", 1, 1.0), {}, "url is not that of a Redis"),
        (("", 1, 1.0), {}, "url is not that of a Redis"),
        (("redis://127.0.0.1?encoding=klingon", 1, 1.0), {}, "url is not that of a Redis"),
        (("redis://127.0.0.1?foo=bar", 1, 1.0), {}, "url is not that of a Redis"),
        (("redis://127.0.0.1", 10**20, 1.0), {}, "requests must be at most 1000000"),
        (("redis://127.0.0.1", 1, 1e-7), {}, "per_seconds must be from 0.001"),
        (("redis://127.0.0.1", 1, 1e12), {}, "per_seconds must be from 0.001"),
        (("redis://127.0.0.1", 0, 1.0), {}, "requests must be"),
        (("redis://127.0.0.1", 1, 0.0), {}, "per_seconds must be"),
        (("redis://127.0.0.1", 1, 1.0), {"share": 0.0}, "share must be"),
        (("redis://127.0.0.1", 1, 1.0), {"share": 1.5}, "share must be"),
        (("redis://127.0.0.1", 1, 1.0), {"prefix": ""}, "prefix must"),
        (("redis://127.0.0.1", 1, 1.0), {"prefix": "a}b"}, "prefix must"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[Any, ...], settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ArgumentError, match=said):
        RedisRateLimit(*arguments, **settings)


def test_a_password_is_not_shown() -> None:
    limit = RedisRateLimit("redis://:secret_word@127.0.0.1", 5, 2.0)
    assert repr(limit) == "RedisRateLimit(requests=5, per_seconds=2)"
    with pytest.raises(ArgumentError) as caught:
        RedisRateLimit("http://:secret_word@127.0.0.1", 5, 2.0)
    assert "secret_word" not in str(caught.value)


def test_a_class_is_no_limit() -> None:
    with pytest.raises(TypeError, match="rate_limit must be a RateLimit"):
        AsyncPartnero("key", rate_limit=RedisRateLimit)  # type: ignore[arg-type]
