"""One quota in a file: several processes of one machine, on either event loop."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    DeadlineError,
    Options,
    RateLimit,
    RateLimitError,
)
from partnero_async.shared import SQLiteRateLimit

from ..servers import scripted
from .fleet import Fleet, Permits, most_within

QUOTA = RateLimit(40, 1.0)
FOUND = {"data": {"key": "c"}, "status": 1}


@attrs.define
class Clock:
    """A clock that goes with the event loop's, until it is set."""

    offset: float = 1_000_000.0

    def __call__(self) -> float:
        return time.monotonic() + self.offset


async def found(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=FOUND)


def under(path: Path, handler: Any = found, **settings: Any) -> AsyncPartnero:
    limit = SQLiteRateLimit(path, QUOTA.requests, QUOTA.per_seconds)
    return scripted(handler, **{"rate_limit": limit} | settings)


class TestProcesses:
    def test_no_more_than_the_quota_is_given_out_and_all_have_some(self, tmp_path: Path) -> None:
        fleet = Fleet("sqlite", str(tmp_path / "quota.db"), 4, 10, QUOTA, 4.0).run()
        assert most_within(fleet.permits, 1.0) == QUOTA.requests
        assert all(fleet.counts)

    def test_who_is_killed_stops_nobody(self, tmp_path: Path) -> None:
        def kill_two(fleet: Fleet) -> None:
            time.sleep(2.0)
            for worker in fleet.workers[:2]:
                worker.process.kill()

        fleet = Fleet("sqlite", str(tmp_path / "quota.db"), 4, 10, QUOTA, 5.0).run(kill_two)
        assert len(fleet.noted) == 2
        assert most_within(fleet.permits, 1.0) <= QUOTA.requests
        assert len([at for at in fleet.permits if at > fleet.began + 4.0]) > QUOTA.requests / 2


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
class TestClients:
    async def test_two_clients_keep_one_limit(self, tmp_path: Path) -> None:
        path = tmp_path / "quota.db"

        async def call(partnero: AsyncPartnero) -> None:
            for _ in range(30):
                await partnero.customers.get("c")

        async with under(path) as one, under(path) as other:
            with Permits() as permits:
                async with anyio.create_task_group() as group:
                    group.start_soon(call, one)
                    group.start_soon(call, other)
        assert len(permits.times) == 60
        assert most_within(permits.times, 1.0) <= QUOTA.requests

    async def test_a_429_of_one_pauses_the_other(self, tmp_path: Path) -> None:
        async def refuse(_: httpx.Request) -> httpx.Response:
            return httpx.Response(429, headers={"Retry-After": "20"}, json={"message": "Slow down."})

        path = tmp_path / "quota.db"
        async with under(path, refuse, retries=0) as refused, under(path, max_pause=5) as other:
            await other.customers.get("c")
            with pytest.raises(RateLimitError):
                await refused.customers.get("c")
            with pytest.raises(RateLimitError) as caught:
                await other.customers.get("c")
        assert caught.value.attempts == 0

    async def test_a_clock_that_was_set_back_stops_nobody(self, tmp_path: Path) -> None:
        async def refuse_once(_: httpx.Request) -> httpx.Response:
            return next(answers)

        answers = iter(
            [httpx.Response(429, headers={"Retry-After": "1"}), *[httpx.Response(200, json=FOUND)] * 3]
        )
        clock = Clock()
        limit = SQLiteRateLimit(tmp_path / "quota.db", 40, 1.0, clock=clock)
        async with under(tmp_path, refuse_once, rate_limit=limit) as partnero:
            await partnero.customers.get("c")
            clock.offset -= 3600
            await partnero.customers.get("c", options=Options(deadline=5))
            await partnero.customers.get("c", options=Options(deadline=5))

    async def test_a_file_that_cannot_be_used_is_told_and_calls_go_on(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        path = tmp_path / "other.db"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE somebodys (x)")
        connection.close()
        before = path.read_bytes()
        async with under(path) as partnero:
            await partnero.customers.get("c")
        assert "is a SQLite database, but no shared rate limit" in caplog.text
        assert path.read_bytes() == before

    async def test_calls_with_short_deadlines_go_on_while_it_is_locked(self, tmp_path: Path) -> None:
        path, soon = tmp_path / "quota.db", Options(deadline=0.4)
        async with under(path) as partnero:
            await partnero.customers.get("c")
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            with pytest.raises(DeadlineError):
                await partnero.customers.get("c", options=soon)
            for _ in range(15):
                await partnero.customers.get("c", options=soon)
                await anyio.sleep(0.1)
            connection.close()
            with Permits() as permits:
                while not permits.times:
                    await partnero.customers.get("c")
                    await anyio.sleep(0.1)

    async def test_many_that_come_first_open_it_once(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with under(tmp_path / "quota.db") as partnero, anyio.create_task_group() as group:
            partnero._caller.session.gate._pace.pause(0, 0.1)  # type: ignore[attr-defined]
            for number in range(10):
                group.start_soon(partnero.customers.get, f"c{number}")
                group.start_soon(partnero._caller.session.gate._pace.tell)  # type: ignore[attr-defined]
        assert "away" not in caplog.text

    async def test_it_knows_no_api_key(self, tmp_path: Path) -> None:
        path = tmp_path / "quota.db"
        async with under(path) as partnero:
            await partnero.customers.get("c")
        files = [*tmp_path.iterdir()]  # noqa: ASYNC240 - nothing else runs
        assert b"test_key" not in b"".join(map(Path.read_bytes, files))


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    for arguments in ((0, 1.0), (1, 0.0), (1, float("inf"))):
        with pytest.raises(ArgumentError):
            SQLiteRateLimit(tmp_path / "quota.db", *arguments)
    with pytest.raises(ArgumentError, match="share must be"):
        SQLiteRateLimit(tmp_path / "quota.db", 1, 1.0, share=2)
    assert list(tmp_path.iterdir()) == []
    assert repr(SQLiteRateLimit("/tmp/quota.db", 5, 2.0)) == "SQLiteRateLimit('/tmp/quota.db', 5, 2)"
