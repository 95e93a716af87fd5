"""How long a fetch takes for an agency with many programs: each program's quota beside what workers can do.

A simulation in a virtual time: programs of very different sizes (log-normal, as sizes of customer bases
are), each under a quota of its own; workers take one program after another, the largest first, and a quota
that is more than one worker can use is shared by several. What a worker can do is what was measured
(``--per-worker``).
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections.abc import Sequence
from typing import Final

__all__ = ["main", "makespan", "sizes_of"]

SPREAD: Final = 1.5
"""Of the logarithm of sizes: the largest of 10,000 programs has some 3 % of all customers of them."""

TRIPS: Final = 0.7
"""To Redis, for a request: see ``benchmarks.shared_pace``."""


def sizes_of(programs: int, customers: int, *, seed: int = 1) -> list[int]:
    """How many customers each program has."""
    chance = random.Random(seed)
    weights = [chance.lognormvariate(0.0, SPREAD) for _ in range(programs)]
    total = sum(weights)
    return sorted((max(1, round(customers * weight / total)) for weight in weights), reverse=True)


def makespan(
    sizes: Sequence[int], *, quota: float, workers: int, per_worker: float, keys_a_part: int
) -> float:
    """Seconds until all is fetched.

    Args:
        sizes: How many customers each program has, the largest first.
        quota: Requests a second that each program's key may make.
        workers: How many processes there are.
        per_worker: Requests a second that one process can make at most.
        keys_a_part: How many keys a part has.
    """
    free = [0.0] * workers
    heapq.heapify(free)
    end = 0.0
    for size in sizes:
        parts = -(-size // keys_a_part)
        # Parts of one program share its quota, however many workers are at them.
        together = min(parts, max(1, round(quota / per_worker)))
        pace = min(quota, per_worker * together)
        starts = [heapq.heappop(free) for _ in range(min(together, len(free)))]
        ended = max(starts) + size / pace
        for _ in starts:
            heapq.heappush(free, ended)
        end = max(end, ended)
    return end


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--workers", type=int, action="append")
    parser.add_argument("--at-a-time", type=int, action="append", help="parts that a worker does at a time")
    parser.add_argument("--per-worker", type=float, default=500.0, help="requests a second")
    parser.add_argument("--trip", type=float, default=64.0, help="microseconds of Redis for a trip")
    options = parser.parse_args()
    sizes = sizes_of(options.programs, options.customers)
    print(f"{options.programs:,} programs, {sum(sizes):,} customers; the largest has {sizes[0]:,}")
    for quota in (1.0, 5.0, 20.0, 100.0):
        alone = sizes[0] / quota / 3600
        print(f"{quota:g} a second for each key; the largest program alone takes {alone:.1f} h")
        for workers in options.workers or (50, 200):
            for at_a_time in options.at_a_time or (1, 10):
                pace = options.per_worker / at_a_time
                slots = workers * at_a_time
                took = makespan(sizes, quota=quota, workers=slots, per_worker=pace, keys_a_part=1000)
                rate = sum(sizes) / took
                redis = rate * TRIPS * options.trip / 1e6
                print(
                    f"  {workers:3} workers, {at_a_time:2} parts at a time: {took / 3600:6.1f} h, "
                    f"{rate:7,.0f} requests a second, {redis:4.0%} of one Redis"
                )


if __name__ == "__main__":
    main()
