"""SQLiteRateLimit: one quota for the processes of one machine, in a file."""

from __future__ import annotations

import math
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import anyio
import attrs

from .._http.gate.pace import LocalPace
from .._http.telemetry import Log
from .._sqlite.file import SQLiteFile
from ..errors import PartneroError
from ..inputs.options import RateLimit
from .pace import DOUBTED_SECONDS, HORIZON, LATELY_SECONDS, AwayError, Granted, SharedPace, check_quota

__all__ = ["SQLiteRateLimit"]

T = TypeVar("T")

SCHEMA: Final = 1
APPLICATION: Final = 0x504E524C
"""``PNRL``: what tells it from other SQLite files (sqlite.org/pragma.html#pragma_application_id)."""

BUSY_SECONDS: Final = 0.5
"""How long a file that another process keeps locked is waited for."""

SLOW_SECONDS: Final = 0.1
"""A file that gave no answer for so long to who was cancelled is taken to be away."""

AWAY_BUSY_SECONDS: Final = 0.02
"""The same, by who looks whether it is free again."""

_TABLES: Final = """
CREATE TABLE permit (
  program TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (program, number)
) WITHOUT ROWID;
CREATE TABLE state (
  program TEXT PRIMARY KEY, born REAL NOT NULL,
  closed_at REAL NOT NULL DEFAULT 0, closed_for REAL NOT NULL DEFAULT 0,
  requests INTEGER, per_seconds REAL, learnt_at REAL
);
CREATE TABLE worker (
  program TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (program, name)
);
"""


class RateLimitFileError(PartneroError):
    """The file of a shared rate limit cannot be used."""


class SQLiteRateLimit:
    """A limit that the processes of one machine keep together which have the same API key.

    ``AsyncPartnero(rate_limit=SQLiteRateLimit("quota.db", 100, 1.0))``: as ``RedisRateLimit``, without a
    server, on asyncio and on trio. Each group of permits is a commit.

    Args:
        path: The file, which is made where there is none; not on a network file system.
        requests: The quota: so many requests,
        per_seconds: within so many seconds.
        share: The share of the quota, above 0 and up to 1, of this process while the file cannot be used; if
            None, that of one among those that were there last, or a tenth where it never heard of any.
        clock: Gives the Unix time, to all processes the same.

    Raises:
        ArgumentError: A number is out of its bounds (of requests a million, of seconds 0.001 to a year).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        requests: int,
        per_seconds: float,
        *,
        share: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._limit = check_quota(requests, per_seconds, share)
        self._path = os.path.abspath(path)
        self._share = share
        self._clock = clock

    @property
    def limit(self) -> RateLimit:
        """The quota."""
        return self._limit

    def __repr__(self) -> str:
        limit = self.limit
        return f"SQLiteRateLimit({self._path!r}, {limit.requests}, {limit.per_seconds:g})"

    def pace(self, identity: str, local: LocalPace, log: Log) -> SharedPace:
        """The pace of one client; see ``RedisRateLimit.pace``."""
        permits = _FilePermits(self._path, identity[:32], self.limit, self._clock)
        return SharedPace(permits, self.limit, local, share=self._share, name="the file", log=log)


@attrs.define
class _State:
    """What is known of a program."""

    born: float
    closed_at: float
    closed_for: float
    learnt: RateLimit | None


class _FilePermits:
    """See ``Permits``; it reckons as the script of ``RedisRateLimit`` does."""

    def __init__(self, path: str, program: str, quota: RateLimit, clock: Callable[[], float]) -> None:
        self._program = program
        self._quota = quota
        self._clock = clock
        self._me = ""  # not known before the file is open: the process may fork until then
        self._opening = anyio.Lock()
        self._is_slow = False
        self._file = SQLiteFile(
            path,
            noun="shared rate limit",
            application=APPLICATION,
            schema=SCHEMA,
            tables=_TABLES,
            error=RateLimitFileError,
            busy_seconds=BUSY_SECONDS,
            durable=False,
        )

    async def take(self, wanted: int, learnt: RateLimit | None) -> Granted:
        return await self._do(lambda connection: self._take(connection, wanted, learnt))

    async def pause(self, seconds: float) -> None:
        def work(connection: sqlite3.Connection) -> None:
            state = self._state(connection, now := self._clock())
            if now + seconds > state.closed_at + state.closed_for:
                connection.execute(
                    "UPDATE state SET closed_at = ?, closed_for = ? WHERE program = ?",
                    (now, seconds, self._program),
                )

        await self._do(work)

    async def aclose(self) -> None:
        async with self._opening:
            if self._file.is_open:
                await self._file.aclose()

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does something in a transaction, in a file that is opened where it is not."""
        began = anyio.current_time()
        try:
            if self._is_slow:
                self._is_slow = False
                raise RateLimitFileError(f"no answer within {SLOW_SECONDS:g} s")
            async with self._opening:
                if not self._file.is_open:
                    await self._file.open()
                    self._me = f"{os.getpid()}:{secrets.token_hex(4)}"
            done = await self._file.do(work)
        except RateLimitFileError as error:
            self._file.busy_seconds = AWAY_BUSY_SECONDS
            with anyio.CancelScope(shield=True):
                await self.aclose()  # it may have been removed: it is opened, and made, anew
            raise AwayError(str(error)) from None
        except BaseException:
            # None of the callers may be able to wait until SQLite gives up.
            self._is_slow = anyio.current_time() - began > SLOW_SECONDS
            raise
        if self._file.busy_seconds != BUSY_SECONDS:
            self._file.busy_seconds = BUSY_SECONDS
            await self.aclose()
        return done

    def _take(self, connection: sqlite3.Connection, wanted: int, learnt: RateLimit | None) -> Granted:
        now = self._clock()
        if learnt is not None:
            self._state(connection, now)
            connection.execute(
                "UPDATE state SET requests = ?, per_seconds = ?, learnt_at = ? WHERE program = ?",
                (learnt.requests, learnt.per_seconds, now, self._program),
            )
        state = self._state(connection, now)
        limits = [self._quota] if state.learnt is None else [self._quota, state.learnt]
        least = min(limits, key=lambda limit: limit.requests / limit.per_seconds)
        workers = self._workers(connection, now, least)
        granted = partial(Granted, now=now, workers=workers, limit=least)
        if state.closed_at + state.closed_for > now:
            return granted(delays=(), wait=0.0, closed_for=state.closed_at + state.closed_for - now)
        self._forget(connection, limits)
        first, last, last_at = self._ends(connection)
        if last_at > now + HORIZON or not last or state.born > now:
            # Nothing is known of the time before, or the clock was set back.
            if last_at > now + HORIZON:
                connection.execute("DELETE FROM permit WHERE program = ?", (self._program,))
                first, last, last_at = 1, 0, now
            state.born = now
            connection.execute("UPDATE state SET born = ? WHERE program = ?", (now, self._program))
        requests, per_seconds = self._quota.requests, self._quota.per_seconds
        delays, wait = list[float](), 0.0
        for _ in range(min(wanted, math.ceil(least.requests / workers))):
            at, count = max(now, last_at), last - first + 1
            for limit in limits:
                if count >= limit.requests:
                    at = max(at, self._at(connection, last - limit.requests + 1) + limit.per_seconds)
            if count < requests and now - state.born < per_seconds:
                at = max(at, state.born + count * per_seconds / requests)
            if at > now + HORIZON:
                wait = at - now - HORIZON / 2
                break
            last, last_at = last + 1, at
            connection.execute("INSERT INTO permit VALUES (?, ?, ?)", (self._program, last, at))
            delays.append(at - now)
        return granted(delays=delays, wait=wait, closed_for=0.0)

    def _forget(self, connection: sqlite3.Connection, limits: list[RateLimit]) -> None:
        """Removes the permits that no limit is concerned with any more."""
        quota, longest = self._quota, limits[-1]
        # So many may be given within the longer time of the two.
        most = max(
            quota.requests,
            min(longest.requests, quota.requests * (math.ceil(longest.per_seconds / quota.per_seconds) + 1)),
        )
        connection.execute(
            "DELETE FROM permit WHERE program = ?1"
            " AND number <= (SELECT max(number) FROM permit WHERE program = ?1) - ?2",
            (self._program, most),
        )

    def _ends(self, connection: sqlite3.Connection) -> tuple[int, int, float]:
        """The numbers of the first permit and of the last, and when that may be used; 1 and 0 for none."""
        first, last = connection.execute(
            "SELECT (SELECT min(number) FROM permit WHERE program = ?1),"
            " (SELECT max(number) FROM permit WHERE program = ?1)",
            (self._program,),
        ).fetchone()
        return (1, 0, 0.0) if last is None else (first, last, self._at(connection, last))

    def _at(self, connection: sqlite3.Connection, number: int) -> float:
        (at,) = connection.execute(
            "SELECT at FROM permit WHERE program = ? AND number = ?", (self._program, number)
        ).fetchone()
        return float(at)

    def _workers(self, connection: sqlite3.Connection, now: float, limit: RateLimit) -> int:
        """How many processes asked lately, with this one."""
        connection.execute(
            "INSERT OR REPLACE INTO worker (program, name, at) VALUES (?, ?, ?)",
            (self._program, self._me, now),
        )
        lately = now - max(2 * limit.per_seconds, LATELY_SECONDS)
        connection.execute(
            "DELETE FROM worker WHERE program = ? AND (at < ? OR at > ?)", (self._program, lately, now)
        )
        (count,) = connection.execute(
            "SELECT count(*) FROM worker WHERE program = ?", (self._program,)
        ).fetchone()
        return int(count)

    def _state(self, connection: sqlite3.Connection, now: float) -> _State:
        connection.execute("INSERT OR IGNORE INTO state (program, born) VALUES (?, ?)", (self._program, now))
        born, closed_at, closed_for, requests, per_seconds, learnt_at = connection.execute(
            "SELECT born, closed_at, closed_for, requests, per_seconds, learnt_at FROM state"
            " WHERE program = ?",
            (self._program,),
        ).fetchone()
        is_known = learnt_at is not None and 0 <= now - learnt_at < DOUBTED_SECONDS
        if closed_at > now:  # the clock was set back
            closed_at = now
            connection.execute("UPDATE state SET closed_at = ? WHERE program = ?", (now, self._program))
        return _State(born, closed_at, closed_for, RateLimit(requests, per_seconds) if is_known else None)
