"""What the machinery of a stream costs for each key: CPU, with calls that return at once."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import anyio

from partnero_async.bulk.stream import Stream

KEYS = 200_000


async def machinery(**settings: Any) -> float:
    """CPU seconds of a run whose calls do nothing."""

    async def call(key: str) -> str:
        return key

    keys = (f"customer_{number}" for number in range(KEYS))
    began = time.process_time()
    async with Stream(call, keys, concurrency=20, **settings) as outcomes:
        async for _ in outcomes:
            pass
    return time.process_time() - began


def main() -> None:
    for name, settings in {
        "stream": {"share": True},
        "stream, ordered": {"share": True, "ordered": True},
        "bulk": {},
    }.items():
        seconds = anyio.run(partial(machinery, **settings))
        print(f"machinery of {name:16} {seconds / KEYS * 1e6:6.1f} us of CPU per key (budget 20)")


if __name__ == "__main__":
    main()
