"""What recording a sale costs, durable on disk, and for how long delivery keeps the event loop.

Beside aiosqlite, an insert and a commit for each sale, with the same ``synchronous=FULL``. Deliveries go to a
sandbox in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import aiosqlite

from partnero_async import AsyncPartnero, Ref, Sale
from partnero_async.cli.demo import sandbox_process
from partnero_async.outbox import SalesOutbox

__all__ = ["main"]

SALES = 2000


async def recorded(record: Callable[[int], Awaitable[object]], callers: int) -> tuple[float, list[float]]:
    """Seconds that so many callers take for all sales together, and those of each sale."""
    numbers = iter(range(SALES))
    took = list[float]()

    async def call() -> None:
        for number in numbers:
            began = time.perf_counter()
            await record(number)
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return time.perf_counter() - began, took


async def by_outbox(folder: Path, callers: int) -> tuple[float, list[float]]:
    async with AsyncPartnero("key") as partnero:
        async with SalesOutbox(partnero, folder / f"outbox_{callers}.db") as outbox:

            async def record(number: int) -> None:
                await outbox.record(
                    Sale(key=f"order_{number}", amount=Decimal("9.99"), customer=Ref(key="c"))
                )

            return await recorded(record, callers)


async def by_aiosqlite(folder: Path, callers: int) -> tuple[float, list[float]]:
    async with aiosqlite.connect(folder / f"plain_{callers}.db") as database:
        await database.execute("PRAGMA journal_mode = WAL")
        await database.execute("PRAGMA synchronous = FULL")
        await database.execute("CREATE TABLE sales (key TEXT PRIMARY KEY, content TEXT)")

        async def record(number: int) -> None:
            await database.execute("INSERT INTO sales VALUES (?, ?)", (f"order_{number}", '{"amount": 9.99}'))
            await database.commit()

        return await recorded(record, callers)


class Longest:
    """How long callbacks keep the event loop, by the CPU of its thread, and by the clock.

    What other processes take is in the clock alone, and so is waiting for the interpreter's lock. The garbage
    collector is kept from what was there before: a full collection is the program's and not the outbox's.
    """

    def __init__(self) -> None:
        self.cpu = list[float]()
        self.clock = list[float]()

    def __enter__(self) -> Longest:
        gc.collect()
        gc.freeze()
        run = asyncio.Handle._run

        def timed(handle: Any) -> None:
            began, cpu = time.perf_counter(), time.thread_time()
            run(handle)
            self.cpu.append(time.thread_time() - cpu)
            self.clock.append(time.perf_counter() - began)

        self._patch = mock.patch.object(asyncio.Handle, "_run", timed)
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()
        gc.unfreeze()


async def delivered(base_url: str, folder: Path) -> tuple[Longest, float]:
    """How long callbacks take while sales are delivered, and how many sales a second that were."""
    async with AsyncPartnero("sandbox_affiliate", base_url=base_url, preload=True) as partnero:
        async with SalesOutbox(partnero, folder / "delivered.db", concurrency=10) as outbox:
            buyer = Ref(key="customer_000001")
            # The first one loads what is loaded on first use.
            await outbox.record(Sale(key="first", amount=1, customer=buyer))
            await outbox.drain()
            for number in range(SALES):
                await outbox.record(Sale(key=f"order_{number}", amount=Decimal("9.99"), customer=buyer))
            began = time.perf_counter()
            with Longest() as longest:
                await outbox.drain()
            return longest, SALES / (time.perf_counter() - began)


async def sent(base_url: str) -> tuple[Longest, float]:
    """The same for sales that are sent without an outbox."""
    async with AsyncPartnero("sandbox_affiliate", base_url=base_url, preload=True) as partnero:

        async def send(number: int) -> None:
            await partnero.transactions.create(
                key=f"sent_{number}", amount=Decimal("9.99"), customer=Ref(key="customer_000001")
            )

        await send(-1)
        began = time.perf_counter()
        with Longest() as longest:
            async with partnero.bulk(send, range(SALES), concurrency=10) as outcomes:
                async for _ in outcomes:
                    pass
        return longest, SALES / (time.perf_counter() - began)


def shown(took: list[float]) -> str:
    return f"{sorted(took)[int(0.999 * len(took))] * 1e3:.1f} | {max(took) * 1e3:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="on which disk; that of temporary files if left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        print("| Recording | Callers | Sales a second | Median, ms | 99th percentile, ms |")
        print("| --- | --- | --- | --- | --- |")
        for what, run in (("SalesOutbox", by_outbox), ("aiosqlite, a commit each", by_aiosqlite)):
            for callers in (1, 100):
                seconds, took = asyncio.run(run(folder, callers))
                late = statistics.quantiles(took, n=100)[98] * 1e3
                rate = f"{SALES / seconds:,.0f}"
                print(f"| {what} | {callers} | {rate} | {statistics.median(took) * 1e3:.2f} | {late:.2f} |")
        with sandbox_process(["--customers", "1"]) as base_url:
            columns = "CPU of a callback, 99.9th percentile, ms | longest | by the clock | longest"
            print(f"\n| Ten at a time | Sales a second | {columns} |")
            print("| --- | --- | --- | --- | --- | --- |")
            for what, measured in (
                ("delivered by an outbox", asyncio.run(delivered(base_url, folder))),
                ("sent without one", asyncio.run(sent(base_url))),
            ):
                longest, rate_of_sales = measured
                took = f"{shown(longest.cpu)} | {shown(longest.clock)}"
                print(f"| {what} | {rate_of_sales:,.0f} | {took} |")


if __name__ == "__main__":
    main()
