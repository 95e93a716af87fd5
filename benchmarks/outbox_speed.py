"""What recording a sale costs, durable on disk, and for how long delivery keeps the event loop.

Beside aiosqlite, an insert and a commit for each sale, with the same ``synchronous=FULL``. Deliveries go to a
sandbox in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

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


async def gaps(work: Callable[[], Awaitable[object]]) -> list[float]:
    """For how long a task that asks for every millisecond did not get its turn, while work is done."""
    late = list[float]()

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - began - 0.001)

    ticking = asyncio.create_task(tick())
    await work()
    ticking.cancel()
    return late


async def delivered(base_url: str, folder: Path) -> tuple[list[float], list[float], float]:
    """The gaps without any work, those while sales are delivered, and how many sales a second that were."""
    async with AsyncPartnero("sandbox_affiliate", base_url=base_url) as partnero:
        async with SalesOutbox(partnero, folder / "delivered.db", concurrency=10) as outbox:
            for number in range(SALES):
                sale = Sale(
                    key=f"order_{number}", amount=Decimal("9.99"), customer=Ref(key="customer_000001")
                )
                await outbox.record(sale)
            idle = await gaps(lambda: asyncio.sleep(2))
            began = time.perf_counter()
            busy = await gaps(outbox.drain)
            return idle, busy, SALES / (time.perf_counter() - began)


def shown(late: list[float]) -> str:
    ordered = sorted(late)
    share = sum(gap > 0.005 for gap in ordered) / len(ordered)
    return f"{ordered[int(0.999 * len(ordered))] * 1e3:.1f} | {ordered[-1] * 1e3:.1f} | {share:.2%}"


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
            idle, busy, rate_of_delivery = asyncio.run(delivered(base_url, folder))
        print(f"\nDelivered {rate_of_delivery:,.0f} sales a second, ten at a time.\n")
        print(
            "| A task that wakes up each millisecond | 99.9th percentile late, ms | most, ms | beyond 5 ms |"
        )
        print("| --- | --- | --- | --- |")
        print(f"| nothing else to do | {shown(idle)} |")
        print(f"| while sales are delivered | {shown(busy)} |")


if __name__ == "__main__":
    main()
