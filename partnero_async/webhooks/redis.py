"""Which deliveries were handled, in a Redis that several machines share."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from .._redis import FAILURES, check_prefix, check_url, connect
from ..inputs._checks import check_seconds
from .errors import SeenStoreError
from .seen import MAX_AGE, Claim

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["RedisSeenStore"]

_DONE: Final = "done"

_CLAIM: Final = """
local found = redis.call('GET', KEYS[1])
if found then return found end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
"""

_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class RedisSeenStore:
    """Knows of deliveries in a Redis, for all processes and machines that reach it; on asyncio only.

    It keeps marks and no deliveries, so that it does not serve ``in_background``. What Redis loses, as at a
    restart without persistence, is handled again if it is sent again; while it is away, deliveries are
    answered with 503, and Partnero sends them again.

    Args:
        url: Where Redis is: ``redis://``, ``rediss://`` or ``unix://``.
        max_age: For how many seconds it is known that a delivery was handled.
        prefix: What the names of the keys in Redis begin with.

    Raises:
        ArgumentError: A number is out of its bounds, or the URL is none of Redis.
    """

    def __init__(self, url: str, *, max_age: float = MAX_AGE, prefix: str = "partnero") -> None:
        self._max_age = check_seconds("max_age", max_age)
        self._prefix = check_prefix(prefix)
        self._url = check_url(url)
        self._clients = WeakKeyDictionary[asyncio.AbstractEventLoop, "Redis"]()
        self._process = os.getpid()

    def __repr__(self) -> str:
        # The URL may have a password.
        return f"RedisSeenStore(max_age={self._max_age:g})"

    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim:
        """See ``SeenStore``."""
        key, client = self._key(fingerprint), self._client()
        found = await _asked(client.eval(_CLAIM, 1, key, _held(owner), _milliseconds(lease)))
        if found is None:
            return Claim.OURS
        return Claim.DONE if found in (_DONE, _DONE.encode()) else Claim.IN_HAND

    async def finish(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        client = self._client()
        await _asked(client.set(self._key(fingerprint), _DONE, px=_milliseconds(self._max_age)))

    async def release(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        await _asked(self._client().eval(_RELEASE, 1, self._key(fingerprint), _held(owner)))

    async def aclose(self) -> None:
        """Closes the connections of this event loop; they are opened again when they are needed."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def _client(self) -> Redis:
        if self._process != os.getpid():  # a connection is not to be shared with the process that was forked
            self._process = os.getpid()
            self._clients = WeakKeyDictionary[asyncio.AbstractEventLoop, "Redis"]()
        client = connect(self._url, instead="SQLiteSeenStore")
        return self._clients.setdefault(asyncio.get_running_loop(), client)

    def _key(self, fingerprint: str) -> str:
        return f"{self._prefix}:seen:{fingerprint}"


def _held(owner: str) -> str:
    return f"by {owner}"


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))


async def _asked(answer: Awaitable[Any] | Any) -> Any:
    try:
        return await answer
    except FAILURES as error:
        raise SeenStoreError(f"Redis cannot be asked: {type(error).__name__}") from None
