"""RedisRateLimit: one quota for all processes that reach a Redis."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any, Final

from .._http.gate.pace import LocalPace
from .._http.telemetry import Log
from .._redis import FAILURES, check_prefix, check_url, connect
from ..errors import ArgumentError
from ..inputs._checks import check_seconds
from ..inputs.options import RateLimit
from .pace import HORIZON, LATELY_SECONDS, AwayError, Granted, SharedPace

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["RedisRateLimit"]

KEPT_SECONDS: Final = 86_400
"""For how long it is known what nobody asks for."""

# All by the clock of Redis, in microseconds: those of the processes may differ. A permit is a moment in a
# list, at which it may be used; no more than the quota are within any time of the quota's length. They are
# given up to HORIZON ahead, to who asks first. Where nothing is known of the time before, as after the loss
# of all data or when the clock was set back, it is taken for used up evenly. One process gets at a time no
# more than its part.
_TAKE: Final = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local wanted, requests, period = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local learnt, within = tonumber(ARGV[5]), tonumber(ARGV[6])
local kept, horizon, lately = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
if learnt > 0 then redis.call('HSET', KEYS[2], 'requests', learnt, 'period', within) end
local state = redis.call('HMGET', KEYS[2], 'born', 'closed', 'closed_at', 'requests', 'period')
local found, span = tonumber(state[4] or 0), tonumber(state[5] or 0)
if found > 0 and found / span < requests / period then requests, period = found, span end
redis.call('ZADD', KEYS[3], now, ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - math.max(2 * period, lately))
redis.call('ZREMRANGEBYSCORE', KEYS[3], string.format('(%.0f', now), '+inf')
local workers = redis.call('ZCARD', KEYS[3])
local closed, closed_at = tonumber(state[2] or 0), tonumber(state[3] or 0)
if closed_at > now then
  closed = now + closed - closed_at
  local times = {string.format('%.0f', closed), string.format('%.0f', now)}
  redis.call('HSET', KEYS[2], 'closed', times[1], 'closed_at', times[2])
end
local closed_for = math.max(0, closed - now)
local last = tonumber(redis.call('LINDEX', KEYS[1], -1) or 0)
local born = tonumber(state[1] or now)
if last > now + horizon or born > now then
  redis.call('DEL', KEYS[1])
  born, last, state[1] = now, 0, nil
end
if not state[1] then redis.call('HSET', KEYS[2], 'born', string.format('%.0f', now)) end
local answer = {now, workers, requests, period, closed_for, 0}
local function kept_for_a_while()
  for i = 1, 3 do redis.call('EXPIRE', KEYS[i], math.max(kept, math.ceil(2 * period / 1000000))) end
  return answer
end
if closed_for > 0 then return kept_for_a_while() end
local count = redis.call('LLEN', KEYS[1])
while count > requests do redis.call('LPOP', KEYS[1]); count = count - 1 end
local given = math.min(wanted, math.max(1, math.ceil(requests / workers)))
for i = 1, given do
  local at = math.max(now, last)
  if count >= requests then
    at = math.max(at, tonumber(redis.call('LINDEX', KEYS[1], 0)) + period)
  elseif now - born < period then
    at = math.max(at, born + math.floor(count * period / requests))
  end
  if at > now + horizon then
    answer[6] = at - now - math.floor(horizon / 2)
    break
  end
  if count >= requests then redis.call('LPOP', KEYS[1]) else count = count + 1 end
  redis.call('RPUSH', KEYS[1], string.format('%.0f', at))
  last = at
  answer[#answer + 1] = at - now
end
return kept_for_a_while()
"""

_PAUSE: Final = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local closed = now + tonumber(ARGV[1])
if closed > tonumber(redis.call('HGET', KEYS[1], 'closed') or 0) then
  local times = {string.format('%.0f', closed), string.format('%.0f', now)}
  redis.call('HSET', KEYS[1], 'closed', times[1], 'closed_at', times[2])
end
redis.call('EXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), math.ceil(tonumber(ARGV[1]) / 1000000)))
"""


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
        ArgumentError: A number is out of its bounds, or the URL is none of Redis.
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
        self._limit = RateLimit(requests, per_seconds)
        if share is not None and not 0 < check_seconds("share", share) <= 1:
            raise ArgumentError(f"share must be above 0 and at most 1, not {share}")
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
        self._take: Any = None
        self._pause: Any = None

    async def take(self, wanted: int, learnt: RateLimit | None) -> Granted:
        found = (0, 0) if learnt is None else (learnt.requests, round(learnt.per_seconds * 1e6))
        quota = (self._quota.requests, round(self._quota.per_seconds * 1e6))
        client = self._connected()
        ahead, lately = round(HORIZON * 1e6), round(LATELY_SECONDS * 1e6)
        arguments = [wanted, *quota, self._me, *found, KEPT_SECONDS, ahead, lately]
        try:
            answer = await self._take(keys=self._keys, args=arguments, client=client)
        except FAILURES as error:
            raise AwayError(type(error).__name__) from None
        now, workers, requests, period, closed, wait, *delays = (int(value) for value in answer)
        return Granted(
            now=now / 1e6,
            delays=[delay / 1e6 for delay in delays],
            wait=wait / 1e6,
            closed_for=closed / 1e6,
            workers=workers,
            limit=RateLimit(requests, period / 1e6),
        )

    async def pause(self, seconds: float) -> None:
        client = self._connected()
        try:
            arguments = [round(seconds * 1e6), KEPT_SECONDS]
            await self._pause(keys=self._keys[1:2], args=arguments, client=client)
        except FAILURES as error:
            raise AwayError(type(error).__name__) from None

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _connected(self) -> Redis:
        if self._client is None:
            self._client = connect(self._url, instead="SQLiteRateLimit")
            self._me = f"{os.getpid()}:{secrets.token_hex(4)}"
            self._take = self._client.register_script(_TAKE)
            self._pause = self._client.register_script(_PAUSE)
        return self._client
