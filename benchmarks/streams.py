"""A stream beside single calls, on each engine: CPU, by turns within one process.

Each in a process of its own would differ by more than what is asked for: what else runs on a machine changes
what a request costs by as much as a half, from one second to the next. Prints JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import time

from .contestants import CONTESTANTS, ENGINES, Target, numbered


async def measure(engine: str, base_url: str, in_flight: int, turns: int) -> dict[str, float]:
    """Microseconds of CPU for a single call and for a key of a stream, and the median of their ratios."""
    target = Target(base_url, in_flight, None)
    keys = max(1000, 6 * in_flight)
    async with CONTESTANTS[engine](target) as single, CONTESTANTS[f"{engine}, stream"](target) as stream:
        ways = (single, stream)
        taken = ([0.0] * turns, [0.0] * turns)
        for way in ways:
            await way(numbered(in_flight + 250))
        for turn in range(turns):
            # Each goes first as often as the other.
            for which in (0, 1) if turn % 2 else (1, 0):
                gc.collect()
                began = time.process_time()
                await ways[which](numbered(keys))
                taken[which][turn] = (time.process_time() - began) / keys * 1e6
    return {
        "single": statistics.median(taken[0]),
        "stream": statistics.median(taken[1]),
        "ratio": statistics.median(
            [of_stream / of_single for of_single, of_stream in zip(*taken, strict=True)]
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--turns", type=int, required=True)
    options = parser.parse_args()
    asked = (options.base_url, options.in_flight, options.turns)
    print(json.dumps({engine: asyncio.run(measure(engine, *asked)) for engine in ENGINES}))


if __name__ == "__main__":
    main()
