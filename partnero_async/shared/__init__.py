"""A rate limit that several processes keep together, over Redis or over a file. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, _ = lazy(
    __name__,
    {
        "redis": "RedisRateLimit",
        "sqlite": "SQLiteRateLimit",
    },
)
