"""What a call through a ``BlockingPartnero`` costs beside awaiting it, and beside a client for each call.

Each way in a fresh interpreter, some rounds in alternation, of which the least counts; the server is a
process of its own. CPU is that of the whole client process, the thread of the portal included.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from partnero_async.cli.demo import sandbox_process

from .origin import serving

__all__ = ["main"]

MEASURE = """
import asyncio, os, sys, time
from concurrent.futures import ThreadPoolExecutor
from partnero_async import AsyncPartnero, BlockingPartnero
count = int(sys.argv[1])

def make():
    return AsyncPartnero("sandbox_affiliate", preload=True)

def measured(calls, done=count):
    calls(20)
    wall, cpu = time.perf_counter(), time.process_time()
    calls(count)
    print((time.process_time() - cpu) / done * 1e6, (time.perf_counter() - wall) / done * 1e6)

def get(partnero):
    return partnero.customers.get("customer_123")
"""

CALLS = {
    "awaited": """
def awaited(calls):
    async def run():
        for _ in range(calls):
            await get(partnero)
    loop.run_until_complete(run())
loop, partnero = asyncio.new_event_loop(), make()
measured(awaited)
loop.run_until_complete(partnero.aclose())
""",
    "portal.call": """
with BlockingPartnero(make) as portal:
    measured(lambda calls: [portal.call(get) for _ in range(calls)])
""",
    "portal.call, from 8 threads": """
with BlockingPartnero(make) as portal, ThreadPoolExecutor(8) as threads:
    measured(lambda calls: [*threads.map(lambda _: portal.call(get), range(calls))])
""",
    "asyncio.run with a client for each call": """
async def once():
    async with AsyncPartnero("sandbox_affiliate") as partnero:
        await get(partnero)
measured(lambda calls: [asyncio.run(once()) for _ in range(calls)])
""",
}

NOTHING = {
    "awaited": """
async def nothing(partnero): pass
async def run(calls):
    for _ in range(calls):
        await nothing(None)
measured(lambda calls: asyncio.run(run(calls)))
""",
    "portal.call": """
async def nothing(partnero): pass
with BlockingPartnero(make) as portal:
    measured(lambda calls: [portal.call(nothing) for _ in range(calls)])
""",
    "anyio's portal.call": """
from anyio.from_thread import start_blocking_portal
async def nothing(): pass
with start_blocking_portal() as portal:
    measured(lambda calls: [portal.call(nothing) for _ in range(calls)])
""",
}

# Of a list of 2,000 customers, in pages of 250.
ITEMS = {
    "awaited": """
async def run():
    async with make() as partnero:
        async for _ in partnero.customers.list(limit=250):
            pass
measured(lambda calls: asyncio.run(run()), 2000)
""",
    "portal.iterate, item by item": """
with BlockingPartnero(make) as portal:
    measured(lambda _: [*portal.iterate(lambda partnero: partnero.customers.list(limit=250))], 2000)
""",
    "portal.iterate, page by page": """
with BlockingPartnero(make) as portal:
    measured(lambda _: [*portal.iterate(lambda partnero: partnero.customers.list(limit=250).pages())], 2000)
""",
}


def play(ways: dict[str, str], base_url: str, count: int, rounds: int) -> dict[str, tuple[float, float]]:
    """The least microseconds of CPU and of wall clock: what else the machine does, adds to them."""
    seen: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, code in ways.items():
            command = [sys.executable, "-c", MEASURE + code, str(count)]
            environment = {**os.environ, "PARTNERO_BASE_URL": base_url}
            out = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
            cpu, wall = map(float, out.split())
            seen[way].append((cpu, wall))
    return {
        way: (min(cpu for cpu, _ in figures), min(wall for _, wall in figures))
        for way, figures in seen.items()
    }


def show(what: str, least: dict[str, tuple[float, float]]) -> None:
    print(f"| {what} | CPU, us | time, us | CPU beside awaiting |")
    print("| --- | --- | --- | --- |")
    for way, (cpu, wall) in least.items():
        print(f"| {way} | {cpu:,.0f} | {wall:,.0f} | {cpu / least['awaited'][0]:,.2f} |", flush=True)
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with serving(tls=False, core=None) as origin:
        show("one call", play(CALLS, origin.base_url, options.calls, options.rounds))
        show("a call that does nothing", play(NOTHING, origin.base_url, options.calls, options.rounds))
    with sandbox_process(["--customers", "2000"]) as base_url:
        show("one customer of a list", play(ITEMS, base_url, 1, options.rounds))


if __name__ == "__main__":
    main()
