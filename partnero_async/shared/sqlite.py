"""SQLiteRateLimit: one quota for the processes of one machine, in a file."""

from __future__ import annotations

import math
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import attrs

from .._http.gate.pace import LocalPace
from .._http.telemetry import Log
from .._sqlite.file import SQLiteFile
from ..errors import ArgumentError, PartneroError
from ..inputs._checks import check_seconds
from ..inputs.options import RateLimit
from .pace import HORIZON, LATELY_SECONDS, AwayError, Granted, SharedPace

__all__ = ["SQLiteRateLimit"]

SCHEMA: Final = 1
APPLICATION: Final = 0x504E524C
"""``PNRL``: what tells it from other SQLite files (sqlite.org/pragma.html#pragma_application_id)."""

BUSY_SECONDS: Final = 2.0
"""How long a file that another process keeps locked is waited for."""

_TABLES: Final = """
CREATE TABLE permit (program TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX permits ON permit (program, at);
CREATE TABLE state (
  program TEXT PRIMARY KEY, born REAL NOT NULL,
  closed_at REAL NOT NULL DEFAULT 0, closed_for REAL NOT NULL DEFAULT 0,
  requests INTEGER, per_seconds REAL
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
        ArgumentError: A number is out of its bounds.
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
        self._limit = RateLimit(requests, per_seconds)
        if share is not None and not 0 < check_seconds("share", share) <= 1:
            raise ArgumentError(f"share must be above 0 and at most 1, not {share}")
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
    limit: RateLimit


class _FilePermits:
    """See ``Permits``."""

    def __init__(self, path: str, program: str, quota: RateLimit, clock: Callable[[], float]) -> None:
        self._program = program
        self._quota = quota
        self._clock = clock
        self._me = ""  # not known before the file is open: the process may fork until then
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
        await self._open()
        try:
            return await self._file.do(lambda connection: self._take(connection, wanted, learnt))
        except RateLimitFileError as error:
            await self._file.aclose()  # it may have been removed: it is opened, and made, anew
            raise AwayError(str(error)) from None

    async def pause(self, seconds: float) -> None:
        await self._open()

        def work(connection: sqlite3.Connection) -> None:
            state = self._state(connection, now := self._clock())
            if now + seconds > state.closed_at + state.closed_for:
                connection.execute(
                    "UPDATE state SET closed_at = ?, closed_for = ? WHERE program = ?",
                    (now, seconds, self._program),
                )

        try:
            await self._file.do(work)
        except RateLimitFileError as error:
            raise AwayError(str(error)) from None

    async def aclose(self) -> None:
        if self._file.is_open:
            await self._file.aclose()

    async def _open(self) -> None:
        if not self._file.is_open:
            try:
                await self._file.open()
                self._me = f"{os.getpid()}:{secrets.token_hex(4)}"
            except RateLimitFileError as error:
                raise AwayError(str(error)) from None

    def _take(self, connection: sqlite3.Connection, wanted: int, learnt: RateLimit | None) -> Granted:
        now = self._clock()
        state = self._state(connection, now)
        if learnt is not None:
            state.limit = self._lesser(learnt)
            connection.execute(
                "UPDATE state SET requests = ?, per_seconds = ? WHERE program = ?",
                (learnt.requests, learnt.per_seconds, self._program),
            )
        workers = self._workers(connection, now, state.limit)
        granted = partial(Granted, now=now, workers=workers, limit=state.limit)
        if state.closed_at + state.closed_for > now:
            return granted(delays=(), wait=0.0, closed_for=state.closed_at + state.closed_for - now)
        times = self._times(connection, now, state.limit)
        known = len(times)
        requests, per_seconds = state.limit.requests, state.limit.per_seconds
        wait = 0.0
        for _ in range(min(wanted, max(1, math.ceil(requests / workers)))):
            at = max(now, times[-1]) if times else now
            if len(times) >= requests:
                at = max(at, times[-requests] + per_seconds)
            elif now - state.born < per_seconds:
                at = max(at, state.born + len(times) * per_seconds / requests)
            if at > now + HORIZON:
                wait = at - now - HORIZON / 2
                break
            times.append(at)
        given = times[known:]
        connection.executemany(
            "INSERT INTO permit (program, at) VALUES (?, ?)", [(self._program, at) for at in given]
        )
        return granted(delays=[at - now for at in given], wait=wait, closed_for=0.0)

    def _times(self, connection: sqlite3.Connection, now: float, limit: RateLimit) -> list[float]:
        """When the permits may be used that count, in order."""
        # Where the clock was set back, what seems to come is due by now.
        connection.execute(
            "UPDATE permit SET at = ? WHERE program = ? AND at > ?",
            (now + HORIZON, self._program, now + HORIZON),
        )
        connection.execute(
            "DELETE FROM permit WHERE program = ? AND at <= ?", (self._program, now - limit.per_seconds)
        )
        rows = connection.execute("SELECT at FROM permit WHERE program = ? ORDER BY at", (self._program,))
        return [at for (at,) in rows]

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
        born, closed_at, closed_for, requests, per_seconds = connection.execute(
            "SELECT born, closed_at, closed_for, requests, per_seconds FROM state WHERE program = ?",
            (self._program,),
        ).fetchone()
        limit = self._quota if requests is None else self._lesser(RateLimit(requests, per_seconds))
        if max(born, closed_at) > now:  # the clock was set back
            born, closed_at = min(born, now), min(closed_at, now)
            connection.execute(
                "UPDATE state SET born = ?, closed_at = ? WHERE program = ?", (born, closed_at, self._program)
            )
        return _State(born, closed_at, closed_for, limit)

    def _lesser(self, learnt: RateLimit) -> RateLimit:
        quota = self._quota
        return learnt if learnt.requests / learnt.per_seconds < quota.requests / quota.per_seconds else quota
