"""One worker of ``tests/frameworks/run_cut_off.py``: a part of the keys into a file, under a shared quota."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

from partnero_async import AsyncPartnero
from partnero_async.export import export
from partnero_async.shared import RedisRateLimit


async def fetch(redis: str, requests: int, keys: int, number: int, count: int, path: str) -> None:
    limit = RedisRateLimit(redis, requests, 1.0)
    async with AsyncPartnero("key", rate_limit=limit, allow_http=True) as partnero:
        names = [f"customer_{key:06d}" for key in range(keys)]
        async with export(partnero.customers.get, names, path, part=(number, count)):
            pass


def main() -> None:
    """Runs it on the command line, with its settings as JSON."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    asyncio.run(fetch(**json.loads(sys.argv[1])))
