"""How Redis is reached: with a short time limit, and nothing of it loaded before."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha1
from typing import TYPE_CHECKING, Any, Final

from .errors import ArgumentError, UsageError

try:
    from redis import asyncio as redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as LostError
    from redis.exceptions import NoScriptError, RedisError
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"what is kept in Redis needs {_missing.name}: pip install 'partnero-async[redis]'",
        name=_missing.name,
    ) from None

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["FAILURES", "Script", "check_prefix", "check_url", "connect"]

TIMEOUT: Final = 1.0
"""Seconds after which a Redis that does not answer is taken for one that is away."""

FAILURES: Final = (RedisError, OSError)
"""What is raised where Redis cannot be asked."""


def check_url(url: str) -> str:
    """The URL of a Redis; it connects to nothing.

    Raises:
        ArgumentError: It is none.
    """
    try:
        pool: Any = redis.ConnectionPool.from_url(url)  # pyright: ignore[reportUnknownMemberType]
        settings: dict[str, Any] = pool.connection_kwargs
        pool.connection_class(**settings)  # an option that there is not fails here
        codecs.lookup(str(settings.get("encoding", "utf-8")))
    except (ValueError, TypeError, LookupError, RedisError) as error:
        raise ArgumentError(f"url is not that of a Redis: {error}") from None
    return url


def check_prefix(prefix: str) -> str:
    """What names of keys begin with; braces in it would say on which node of a cluster they are.

    Raises:
        ArgumentError: It is empty, has braces, or is not printable.
    """
    if not prefix or not prefix.isprintable() or set(prefix) & set("{}"):
        raise ArgumentError("prefix must be printable text without braces")
    return prefix


def connect(url: str, *, instead: str) -> Redis:
    """A client of a Redis, which connects when it is used.

    Args:
        url: Where it is.
        instead: What to take under trio.

    Raises:
        UsageError: No event loop of asyncio runs.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise UsageError(f"Redis is reached on asyncio only: under trio take a {instead}") from None
    return redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        # Redis, or what is between, may have closed what was idle. redis-py 5 heeds the second line alone.
        retry=Retry(NoBackoff(), 1, supported_errors=(LostError,)),
        retry_on_error=[LostError],
        health_check_interval=0,
    )


class Script:
    """A Lua script, run by its hash where Redis knows it (redis.io/docs/latest/commands/evalsha)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._hash = sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._is_loaded = False

    async def __call__(self, client: Redis, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Runs it, in one second with all that is needed for it.

        Raises:
            RedisError: One of ``FAILURES``.
            OSError: One of ``FAILURES``.
        """
        given: Any = (len(keys), *keys, *arguments)
        async with asyncio.timeout(TIMEOUT):
            if self._is_loaded:
                with suppress(NoScriptError):
                    return await client.evalsha(self._hash, *given)  # pyright: ignore
            answer = await client.eval(self._text, *given)  # pyright: ignore
            self._is_loaded = True
            return answer
