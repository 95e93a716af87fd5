"""RedisRateLimit: one quota for all processes that reach a Redis."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs

from .._http.gate.pace import LocalPace
from .._http.telemetry import Log
from .._redis import FAILURES, Script, check_prefix, check_url, connect
from ..inputs.options import RateLimit
from .pace import DOUBTED_SECONDS, HORIZON, LATELY_SECONDS, SOON, AwayError, Granted, SharedPace, check_quota

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")

__all__ = ["RedisRateLimit"]

KEPT_SECONDS: Final = 86_400
"""For how long it is known what nobody asks for."""

# All by the clock of Redis, in microseconds: those of the processes may differ. A permit is a moment in a
# list, at which it may be used; no more than the quota are within any time of the quota's length, nor more
# than the limit that one of them found within that of its own. They are given up to HORIZON ahead, to who
# asks first. Where nothing is known of the time before, as after the loss of the data or when the clock was
# set back, it is taken for used up evenly. One process gets at a time no more than its part.
_TAKE: Final = Script("""
local function number(value) return tonumber(value or 0) or 0 end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local wanted, requests, period = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local learnt, within, doubted = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[10])
local kept, horizon, lately = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local moment = string.format('%.0f', now)
if learnt > 0 then
  redis.call('HSET', KEYS[2], 'requests', learnt, 'period', within, 'learnt_at', moment)
end
local state = redis.call(
  'HMGET', KEYS[2], 'born', 'closed', 'closed_at', 'requests', 'period', 'learnt_at')
local limits, most, least = {{requests, period}}, requests, {requests, period}
local found, span = math.floor(number(state[4])), math.floor(number(state[5]))
local since = now - number(state[6])
if found >= 1 and span >= 1 and since >= 0 and since < doubted then
  limits[2] = {found, span}
  most = math.max(most, math.min(found, requests * (math.ceil(span / period) + 1)))
  if found / span < requests / period then least = limits[2] end
end
redis.call('ZADD', KEYS[3], now, ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - math.max(2 * least[2], lately))
redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. moment, '+inf')
local workers = redis.call('ZCARD', KEYS[3])
local closed, closed_at = number(state[2]), number(state[3])
if closed_at > now then
  closed = now + closed - closed_at
  redis.call('HSET', KEYS[2], 'closed', string.format('%.0f', closed), 'closed_at', moment)
end
local closed_for = math.max(0, closed - now)
redis.call('LTRIM', KEYS[1], -most, -1)
local last, born = number(redis.call('LINDEX', KEYS[1], -1)), number(state[1])
if last > now + horizon or last == 0 or born == 0 or born > now then
  if last > now + horizon then redis.call('DEL', KEYS[1]) end
  born, last = now, math.min(last, now)
  redis.call('HSET', KEYS[2], 'born', moment)
end
local answer = {now, workers, least[1], least[2], closed_for, 0}
local count, given = redis.call('LLEN', KEYS[1]), math.min(wanted, math.ceil(least[1] / workers))
for i = 1, closed_for > 0 and 0 or given do
  local at = math.max(now, last)
  for _, limit in ipairs(limits) do
    if count >= limit[1] then
      at = math.max(at, number(redis.call('LINDEX', KEYS[1], -limit[1])) + limit[2])
    end
  end
  if count < requests and now - born < period then
    at = math.max(at, born + math.floor(count * period / requests))
  end
  if at > now + horizon then
    answer[6] = at - now - math.floor(horizon / 2)
    break
  end
  redis.call('RPUSH', KEYS[1], string.format('%.0f', at))
  last, count = at, count + 1
  answer[#answer + 1] = at - now
end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], math.max(kept, math.ceil(2 * period / 1000000))) end
return answer
""")

_PAUSE: Final = Script("""
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local closed = now + tonumber(ARGV[1])
if closed > (tonumber(redis.call('HGET', KEYS[1], 'closed') or 0) or 0) then
  local times = {string.format('%.0f', closed), string.format('%.0f', now)}
  redis.call('HSET', KEYS[1], 'closed', times[1], 'closed_at', times[2])
end
redis.call('EXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), math.ceil(tonumber(ARGV[1]) / 1000000)))
""")


class RedisRateLimit:
    """A limit that all processes keep together which have the same API key and the same Redis.

    ``AsyncPartnero(rate_limit=RedisRateLimit("redis://...", 100, 1.0))``. Permits are counted by the clock of
    Redis, in one trip for all calls that wait at a time. A 429 in one process pauses all of them, and the
    limit that one of them finds is kept by all. Runs on asyncio only.

    While Redis is away, each process keeps to its share of the quota by itself, says so once in the log, and
    asks again every second. A process that alone is cut off may then use its share beside the whole quota of
    the others.

    Args:
        url: Where Redis is: ``redis://``, ``rediss://`` or ``unix://``.
        requests: The quota: so many requests,
        per_seconds: within so many seconds.
        share: The share of the quota, above 0 and up to 1, of this process while Redis is away; if None, that
            of one among those that were there last, or a tenth where it never heard of any.
        prefix: What the names of the keys in Redis begin with. They go on with a hash of API key and base
            URL, never with the key.

    Raises:
        ArgumentError: A number is out of its bounds (of requests a million, of seconds 0.001 to a year), or
            the URL is none of Redis.
    """

    def __init__(
        self,
        url: str,
        requests: int,
        per_seconds: float,
        *,
        share: float | None = None,
        prefix: str = "partnero",
    ) -> None:
        self._limit = check_quota(requests, per_seconds, share)
        self._share = share
        self._prefix = check_prefix(prefix)
        self._url = check_url(url)

    @property
    def limit(self) -> RateLimit:
        """The quota."""
        return self._limit

    def __repr__(self) -> str:
        # The URL may have a password.
        return f"RedisRateLimit(requests={self.limit.requests}, per_seconds={self.limit.per_seconds:g})"

    def pace(self, identity: str, local: LocalPace, log: Log) -> SharedPace:
        """The pace of one client.

        Args:
            identity: The hash of its API key and base URL.
            local: Its pace by itself.
            log: Who is told of pauses.
        """
        permits = _RedisPermits(self._url, f"{{{self._prefix}:{identity[:32]}}}", self.limit)
        return SharedPace(permits, self.limit, local, share=self._share, name="Redis", log=log)


class _RedisPermits:
    """See ``Permits``."""

    def __init__(self, url: str, name: str, quota: RateLimit) -> None:
        self._url = url
        self._keys = [f"{name}:permits", f"{name}:state", f"{name}:workers"]
        self._quota = quota
        self._me = ""  # not known before the first trip: the process may fork until then
        self._client: Redis | None = None
        self._taking = _Trip[Granted]()
        self._pausing = _Trip[None]()

    async def take(self, wanted: int, learnt: RateLimit | None) -> Granted:
        client = self._connected()
        if learnt is not None and self._taking.is_begun:  # which does not tell of it
            await self._taking.answer(lambda: self._take(client, 0, learnt))
        granted, age = await self._taking.answer(lambda: self._take(client, wanted, learnt))
        if not age:
            return granted
        # It was given to who was cancelled.
        return attrs.evolve(
            granted,
            delays=[max(0.0, delay - age) for delay in granted.delays if delay - age > -HORIZON],
            wait=max(SOON, granted.wait - age),
            closed_for=max(0.0, granted.closed_for - age),
        )

    async def pause(self, seconds: float) -> None:
        client = self._connected()
        if self._pausing.is_begun:  # it may be a shorter one, of who was cancelled
            await self._pausing.answer(lambda: self._pause(client, seconds))
        await self._pausing.answer(lambda: self._pause(client, seconds))

    async def aclose(self) -> None:
        client, self._client = self._client, None
        await self._taking.aclose()
        await self._pausing.aclose()
        if client is not None:
            await client.aclose()

    def _connected(self) -> Redis:
        if self._client is None:
            self._client = connect(self._url, instead="SQLiteRateLimit")
            self._me = f"{os.getpid()}:{secrets.token_hex(4)}"
        return self._client

    async def _take(self, client: Redis, wanted: int, learnt: RateLimit | None) -> Granted:
        found = (0, 0) if learnt is None else (learnt.requests, _microseconds(learnt.per_seconds))
        quota = (self._quota.requests, _microseconds(self._quota.per_seconds))
        spans = [HORIZON, LATELY_SECONDS, DOUBTED_SECONDS]
        arguments = [wanted, *quota, self._me, *found, KEPT_SECONDS, *map(_microseconds, spans)]
        try:
            answer: list[Any] = await _TAKE(client, self._keys, arguments)
            now, workers, requests, period, closed, wait, *delays = (int(value) for value in answer)
            limit = RateLimit(requests, period / 1e6)
        except FAILURES as error:
            raise AwayError(type(error).__name__) from None
        except (ValueError, TypeError) as error:  # somebody else wrote to its keys
            raise AwayError(f"an answer that makes no sense: {error}") from None
        return Granted(
            now=now / 1e6,
            delays=[delay / 1e6 for delay in delays],
            wait=wait / 1e6,
            closed_for=closed / 1e6,
            workers=workers,
            limit=limit,
        )

    async def _pause(self, client: Redis, seconds: float) -> None:
        try:
            await _PAUSE(client, self._keys[1:2], [_microseconds(seconds), KEPT_SECONDS])
        except FAILURES as error:
            raise AwayError(type(error).__name__) from None


class _Trip(Generic[T]):
    """Something that is asked of Redis. It goes on when who asked is cancelled: the answer is for the next.

    So it is found out that Redis hangs, though none of the callers can wait for as long as that takes.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[tuple[T, float]] | None = None

    @property
    def is_begun(self) -> bool:
        """Whether it was begun for somebody who did not wait for the answer."""
        return self._task is not None

    async def answer(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> tuple[T, float]:
        """What came of it, and how many seconds ago if nobody waited for it; else 0.0.

        Raises:
            AwayError: It was not answered.
        """
        if self._task is None:
            self._task = asyncio.create_task(_timed(ask()))
            self._task.add_done_callback(_look_at)
        task = self._task
        waited = not task.done()
        try:
            answer, at = await asyncio.shield(task)
        except AwayError:
            self._task = None
            raise
        self._task = None
        return answer, 0.0 if waited else max(SOON, asyncio.get_running_loop().time() - at)

    async def aclose(self) -> None:
        """Ends it."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, AwayError):
                await task


async def _timed(asking: Coroutine[Any, Any, T]) -> tuple[T, float]:
    return await asking, asyncio.get_running_loop().time()


def _look_at(task: asyncio.Task[Any]) -> None:
    """Keeps asyncio from complaining of an error that nobody waited for."""
    if not task.cancelled():
        task.exception()


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)
