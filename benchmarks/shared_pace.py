"""Many processes under one quota: permits over Redis or a file, and the same processes without sharing.

Each process has one client and some tasks that call without end. A server in a process of its own notes when
each request arrives. Printed are the most in any window of the quota's time, by the permits' own times, by
when requests were let go and by when they arrived; how much of the quota was used, and the slowest process
beside the mean.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Final

from partnero_async import RateLimit
from tests.shared.fleet import Fleet, Kind, most_within
from tests.shared.redis_server import RedisServer, redis_server

__all__ = ["main"]

KINDS: Final[tuple[Kind, ...]] = ("redis", "sqlite", "none")


def told(fleet: Fleet, server: RedisServer) -> str:
    """A line of what was measured."""
    per_seconds = fleet.quota.per_seconds
    let_go = [at for noted in fleet.noted for at in noted.let_go]
    counts = fleet.counts
    trips = f", {server.trips() / max(1, len(let_go)):.2f} trips a request" if fleet.kind == "redis" else ""
    by_permits = most_within(fleet.permits, per_seconds) or "-"
    let_go_most, arrived_most = (most_within(times, per_seconds) for times in (let_go, fleet.arrivals))
    return (
        f"{fleet.kind:6} most in {per_seconds:g} s: {by_permits} by permits, {let_go_most} let go, "
        f"{arrived_most} arrived, of {fleet.quota.requests}; {fleet.used:.1%} used; "
        f"slowest {min(counts) / (sum(counts) / len(counts)):.2f} of the mean{trips}"
    )


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=25)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--per-seconds", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--kind", action="append", choices=KINDS)
    options = parser.parse_args()
    quota = RateLimit(options.requests, options.per_seconds)
    print(f"{options.processes} processes x {options.tasks} tasks, for {options.seconds:g} s")
    with redis_server() as server, tempfile.TemporaryDirectory() as folder:
        for kind in options.kind or KINDS:
            where = server.url if kind == "redis" else str(Path(folder, "quota.db"))
            fleet = Fleet(kind, where, options.processes, options.tasks, quota, options.seconds)
            print(told(fleet.run(), server), flush=True)


if __name__ == "__main__":
    main()
