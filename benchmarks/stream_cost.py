"""What streaming costs however many keys there are: CPU per key, and peak memory.

The machinery alone is measured with a call that returns at once; memory with whole calls through a
transport in memory, each number of keys in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import httpx

from partnero_async import AsyncPartnero
from partnero_async.batch import run

BODY = (
    b'{"data":{"key":"customer_123","partner":"partner_123","deleted":false,"name":"Alice","surname":"Brown",'
    b'"email":"alice.brown@partnero.com","status":"active","created_at":"2025-05-02T16:12:39.000000Z",'
    b'"updated_at":"2025-05-02T16:12:39.000000Z","deleted_at":null,"tags":[{"value":"premium"}]},"status":1}'
)


def keys(count: int) -> Iterator[str]:
    return (f"customer_{number}" for number in range(count))


async def machinery(count: int, **settings: Any) -> float:
    """CPU seconds of a run whose calls do nothing."""

    async def call(key: str) -> str:
        return key

    began = time.process_time()
    async with run(
        20, call, keys(count), concurrency=None, stop_after=50, deadline=None, **settings
    ) as outcomes:
        async for _ in outcomes:
            pass
    return time.process_time() - began


async def whole(count: int) -> float:
    """CPU seconds of a run of whole calls through a transport in memory."""

    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=BODY)

    async with AsyncPartnero("key", transport=httpx.MockTransport(answer)) as partnero:
        began = time.process_time()
        async with partnero.customers.stream(keys(count)) as outcomes:
            async for _ in outcomes:
                pass
        return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, nargs=2, default=(10_000, 1_000_000), metavar=("FEW", "MANY"))
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone is not None:
        seconds = anyio.run(whole, options.alone)
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return

    for name, settings in {
        "stream": {"share": True},
        "stream, ordered": {"share": True, "ordered": True},
        "bulk": {},
    }.items():
        seconds = anyio.run(partial(machinery, 200_000, **settings))
        print(f"machinery of {name:16} {seconds / 200_000 * 1e6:6.1f} us of CPU per key (budget 20)")

    peaks = list[float]()
    for count in options.keys:
        command = [sys.executable, "-m", "benchmarks.stream_cost", "--alone", str(count)]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds, peak = map(float, out.split())
        peaks.append(peak)
        print(f"{count:9,} keys: {seconds / count * 1e6:6.1f} us of CPU per key, peak {peak:6.1f} MiB")
    print(f"difference of the peaks: {peaks[1] - peaks[0]:.1f} MiB (budget 20)")


if __name__ == "__main__":
    main()
