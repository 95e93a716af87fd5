"""Bulk runs against servers whose limit nobody tells, on a virtual clock, beside what a user would write.

``python -m benchmarks.limits`` prints the table of docs/explanation/limits.md, ``--write`` draws the chart.
Each run takes a minute or more of the virtual clock, on which an answer takes 50 ms. With ``--sockets``,
three of them run in real time, against a sandbox in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from unittest import mock

import httpx
from aiometer import run_on_each

from partnero_async import AsyncPartnero
from partnero_async._http.gate.limits import LimitFinder
from partnero_async.cli.demo import sandbox_process
from partnero_async.testing import VirtualLoop
from tests.limited import Changing, Fixed, Limited, Limiter, Sliding, TokenBucket

from .charts import Bars, draw

__all__ = ["main"]

CHART: Final = Path(__file__).parent.parent / "docs" / "explanation" / "limits.svg"
AT_ONCE: Final = 50
RETRIES: Final = 3

CASES: Final[dict[str, tuple[Callable[[], Limiter], int, float | None]]] = {
    "20 in each second": (lambda: Fixed(20, 1), 1400, 20),
    "200 in each second": (lambda: Fixed(200, 1), 13_000, 200),
    "50 in any second": (lambda: Sliding(50, 1), 3200, 50),
    "100 a second, 10 at once": (lambda: TokenBucket(100, 10), 7000, 100),
    "60 in each minute": (lambda: Fixed(60, 60), 600, 1),
    "60 in each minute of the clock": (lambda: Fixed(60, 60, by_the_clock=40), 600, 1),
    "40 a second, 20 for a while": (lambda: Changing([(0, 40), (30, 20), (60, 40)]), 3000, None),
}
"""What the server allows, the number of keys, and what is right a second for whoever is told."""

Run = Callable[[Limited, int, "float | None"], Any]


async def with_the_sdk(server: Limited, keys: int, _: float | None) -> int:
    """All keys through a client of the SDK's; how many failed."""
    async with client(server) as partnero:
        return await fetched(partnero, keys)


async def without_learning(server: Limited, keys: int, _: float | None) -> int:
    """The same with a gate that pauses and learns nothing."""
    async with client(server) as partnero:
        with mock.patch.object(LimitFinder, "learn", return_value=False):
            return await fetched(partnero, keys)


async def two_clients(server: Limited, keys: int, _: float | None) -> int:
    """Half of the keys through each of two clients with one API key."""
    async with client(server) as one, client(server) as two:
        return sum(await asyncio.gather(fetched(one, keys // 2), fetched(two, keys // 2)))


async def each_on_its_own(server: Limited, keys: int, _: float | None) -> int:
    """A loop over httpx in which each request retries by itself, three times, after 0.5, 1 and 2 seconds."""
    chosen = random.Random(1)
    waiting = iter(range(keys))
    failed = 0

    async def work(http: httpx.AsyncClient) -> None:
        nonlocal failed
        for number in waiting:
            for attempt in range(RETRIES + 1):
                answer = await http.get(f"https://api.example/v1/customers/key_{number}")
                if answer.status_code == 200 or attempt == RETRIES:
                    break
                said = float(answer.headers.get("Retry-After", 0))
                await asyncio.sleep(max(said, 0.5 * 2**attempt * chosen.uniform(0.5, 1)))
            failed += answer.status_code != 200

    async with httpx.AsyncClient(transport=httpx.MockTransport(server)) as http:
        await asyncio.gather(*(work(http) for _ in range(AT_ONCE)))
    return failed


async def with_aiometer(server: Limited, keys: int, per_second: float | None) -> int:
    """aiometer at the right rate, which it has to be told; it retries nothing."""
    failed = 0

    async def get(number: int) -> None:
        nonlocal failed
        answer = await http.get(f"https://api.example/v1/customers/key_{number}")
        failed += answer.status_code != 200

    async with httpx.AsyncClient(transport=httpx.MockTransport(server)) as http:
        await run_on_each(get, range(keys), max_at_once=AT_ONCE, max_per_second=per_second)
    return failed


def client(server: Limited) -> AsyncPartnero:
    return AsyncPartnero("key", transport=httpx.MockTransport(server), max_concurrency=AT_ONCE)


async def fetched(partnero: AsyncPartnero, keys: int) -> int:
    batch = await partnero.customers.get_many(f"key_{number}" for number in range(keys))
    return keys - len(batch.found)


RUNS: Final[dict[str, Run]] = {
    "SDK": with_the_sdk,
    "SDK, two clients": two_clients,
    "gate without learning": without_learning,
    "each on its own": each_on_its_own,
    "aiometer, told the rate": with_aiometer,
}


def measured(
    run: Run, limiter: Limiter, headers: str, keys: int, rate: float | None
) -> tuple[float, float, int]:
    """How long a run took over the least possible time, the share of refusals, and how many keys failed."""
    server = Limited(limiter, headers)
    loop = VirtualLoop()
    try:
        failed = loop.run_until_complete(run(server, keys, rate))
        seconds = loop.time()
    finally:
        loop.close()
    return seconds / limiter.least_seconds(keys), server.refused_share(), failed


IN_REAL_TIME: Final = (("20/1", 600, 29.0), ("100/1", 3000, 29.0), ("60/30", 240, 90.0))
"""A limit of the sandbox, the number of keys, and the least possible seconds."""


async def in_real_time(base_url: str, keys: int) -> float:
    """Seconds that a run over sockets takes."""
    async with AsyncPartnero("sandbox_affiliate", base_url=base_url, max_concurrency=AT_ONCE) as partnero:
        began = time.perf_counter()
        batch = await partnero.customers.get_many(f"customer_{number:06d}" for number in range(1, keys + 1))
        seconds = time.perf_counter() - began
    assert len(batch.found) == keys
    return seconds


def over_sockets() -> None:
    print("| Limit | Headers | Time over the least possible |")
    print("| --- | --- | --- |")
    for limit, keys, least in IN_REAL_TIME:
        for headers, options in (("none", ["--no-rate-limit-headers"]), ("all", [])):
            with sandbox_process(["--customers", str(keys), "--rate-limit", limit, *options]) as base_url:
                seconds = asyncio.run(in_real_time(base_url, keys))
            print(f"| {limit} | {headers} | {seconds / least:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="draw the chart of the docs")
    parser.add_argument("--sockets", action="store_true", help="run in real time instead")
    options = parser.parse_args()
    if options.sockets:
        over_sockets()
        return
    bars = dict[str, dict[str, float | str]]()
    print("| Limit | Headers | " + " | ".join(RUNS) + " |")
    print("| --- | --- |" + " --- |" * len(RUNS))
    for name, (make, keys, rate) in CASES.items():
        for headers in ("none", "retry-after", "all"):
            cells = list[str]()
            for what, run in RUNS.items():
                if run is with_aiometer and rate is None:
                    cells.append("")
                    continue
                ratio, refused, failed = measured(run, make(), headers, keys, rate)
                cells.append(f"{ratio:.2f}, {refused:.1%}" + (f", {failed} failed" if failed else ""))
                if headers == "none":
                    bars.setdefault(name, {})[what] = ratio if not failed else f"{failed} of {keys} failed"
            print(f"| {name} | {headers} | " + " | ".join(cells) + " |", flush=True)
    if options.write:
        groups = [Bars(name, values, limit=1.0) for name, values in bars.items()]
        title = "Bulk runs under a limit that no header tells"
        CHART.write_text(draw(title, "time over the least possible", groups), encoding="utf-8")


if __name__ == "__main__":
    main()
