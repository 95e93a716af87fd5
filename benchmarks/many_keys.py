"""What a stream costs however many keys there are: CPU per key, peak memory, time to the first result.

Whole calls through a transport in memory. ``python -m benchmarks.many_keys COUNT`` prints JSON for one
number of keys, to be run in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Iterator

import httpx

from partnero_async import AsyncPartnero

from .contestants import peak_mib
from .origin import BODY
from .rounds import alone

__all__ = ["measure"]

FIRST_RESULTS = 50


def measure(counts: dict[int, int]) -> dict[int, dict[str, float]]:
    """The medians for each number of keys, measured as often as it says, in turn."""
    rounds = dict[int, list[dict[str, float]]]()
    for number in range(max(counts.values())):
        for count, repeats in counts.items():
            if number < repeats:
                rounds.setdefault(count, []).append(alone("many_keys", count))
    return {
        count: {what: statistics.median(measured[what] for measured in of_count) for what in of_count[0]}
        for count, of_count in rounds.items()
    }


def numbered(count: int) -> Iterator[str]:
    return (f"customer_{number}" for number in range(count))


async def _whole(partnero: AsyncPartnero, count: int) -> float:
    """CPU seconds of fetching all."""
    began = time.process_time()
    async with partnero.customers.stream(numbered(count)) as outcomes:
        async for _ in outcomes:
            pass
    return time.process_time() - began


async def _first(partnero: AsyncPartnero, count: int) -> float:
    """Seconds from asking for all until the first is there."""
    began = time.perf_counter()
    async with partnero.customers.stream(numbered(count)) as outcomes:
        async for _ in outcomes:
            return time.perf_counter() - began
    raise AssertionError("there are keys")


async def _measure(count: int) -> dict[str, float]:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=BODY)

    async with AsyncPartnero("key", transport=httpx.MockTransport(answer)) as partnero:
        await _whole(partnero, 500)
        first = statistics.median([await _first(partnero, count) for _ in range(FIRST_RESULTS)])
        return {
            "cpu_us": await _whole(partnero, count) / count * 1e6,
            "first_ms": first * 1000,
            "peak_mib": peak_mib(),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    print(json.dumps(asyncio.run(_measure(parser.parse_args().count))))


if __name__ == "__main__":
    main()
