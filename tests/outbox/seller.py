"""Run in processes that are killed: records its sales and delivers all, with an outbox or as many do it.

``python seller.py outbox PATH|URL BASE_URL SETTLE_AFTER PREFIX COUNT`` ends when nothing is unsettled in the
file; ``python seller.py naive PATH ...`` sends each sale until it is answered 2xx, and notes which were.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import anyio
from sqlalchemy.ext.asyncio import create_async_engine

from partnero_async import AsyncPartnero, PartneroError, Ref, Sale
from partnero_async.outbox import SalesOutbox
from partnero_async.outbox.sqlalchemy import SQLAlchemyStore

TIMEOUT = 0.5
DEADLINE = 1.0
AT_ONCE = 10


def sales(prefix: str, count: int) -> list[Sale]:
    return [
        Sale(key=f"{prefix}_{number}", amount=Decimal(number), customer=Ref(key="customer_000001"))
        for number in range(1, count + 1)
    ]


async def with_outbox(
    path: str, partnero: AsyncPartnero, settle_after: float, prefix: str, count: int
) -> None:
    place: Any = SQLAlchemyStore(create_async_engine(path)) if "://" in path else path
    async with SalesOutbox(
        partnero, place, settle_after=settle_after, concurrency=AT_ONCE, deadline=DEADLINE
    ) as outbox:

        async def record() -> None:
            async with anyio.create_task_group() as group:
                for sale in sales(prefix, count):
                    group.start_soon(outbox.record, sale)

        async with anyio.create_task_group() as group:
            group.start_soon(record)
            group.start_soon(outbox.drain)


async def naively(notes: IO[str], partnero: AsyncPartnero, left: Iterator[Sale]) -> None:
    async def work() -> None:
        for sale in left:
            while True:
                try:
                    await partnero.transactions.create(
                        key=sale.key, amount=sale.amount, customer=Ref(key="customer_000001")
                    )
                except PartneroError:
                    continue
                notes.write(f"{sale.key}\n")
                notes.flush()
                break

    async with anyio.create_task_group() as group:
        for _ in range(AT_ONCE):
            group.start_soon(work)


async def main(kind: str, path: str, base_url: str, settle_after: str, prefix: str, count: str) -> None:
    settings: Any = {"base_url": base_url, "timeout": TIMEOUT, "deadline": DEADLINE}
    async with AsyncPartnero("sandbox_affiliate", **settings) as partnero:
        if kind == "outbox":
            await with_outbox(path, partnero, float(settle_after), prefix, int(count))
            return
        with Path(f"{path}.{prefix}").open("a+") as notes:  # noqa: ASYNC230
            notes.seek(0)
            done = set(notes.read().split())
            left = (sale for sale in sales(prefix, int(count)) if sale.key not in done)
            await naively(notes, partnero, left)


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
