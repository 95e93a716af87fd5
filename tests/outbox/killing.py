"""Sales from several processes that are killed at random, against a server that misbehaves at random."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

import attrs
import httpx

from partnero_async.cli.demo import sandbox_process

__all__ = ["Ended", "sell"]

SELLER: Final = Path(__file__).with_name("seller.py")


def faults(settle_after: float) -> list[dict[str, object]]:
    """A server that loses requests and answers, fails before and after acting, stalls, and acts late."""
    to_sales = {"method": "POST", "path": "/v1/transactions"}
    each = [
        {"do": "drop"},
        {"do": "drop", "after": True},
        {"do": "status", "status": 500},
        {"do": "status", "status": 500, "after": True},
        {"do": "drop", "delay": 1.0},
        {"do": "delay", "delay": settle_after / 2},
    ]
    return [{**to_sales, "rate": 0.04, **fault} for fault in each] + [
        {"do": "status", "status": 500, "method": "GET", "path": "/v1/transactions", "rate": 0.05}
    ]


@attrs.frozen(kw_only=True)
class Ended:
    """What is at the server in the end."""

    once: int
    """Sales that are there once."""

    twice: int
    """Sales that are there more than once: paid more than once."""

    never: int
    """Sales that are not there."""

    kills: int
    """How many times a process was killed."""

    seconds: float
    """How long it took."""


def sell(
    kind: str,
    folder: Path,
    *,
    at: str | None = None,
    sales: int,
    processes: int = 4,
    kills: int,
    settle_after: float = 3.0,
    lives: tuple[float, float] = (0.3, 2.0),
    seed: int = 1,
) -> Ended:
    """Lets processes sell, kills one after the other and starts it again, and counts what the server has.

    Args:
        kind: ``outbox`` or ``naive``.
        folder: Where the outbox is.
        at: The URL of the database that it is in; a file of its own if None.
        sales: How many sales there are, shared by the processes.
        processes: How many processes.
        kills: How many times one is killed.
        settle_after: Seconds, as of the outbox; the server acts late by half of it.
        lives: How many seconds pass from one kill to the next.
        seed: What is killed, and when.
    """
    chosen = random.Random(seed)
    options = [option for fault in faults(settle_after) for option in ("--fault", json.dumps(fault))]
    began = time.monotonic()
    killed = 0
    with sandbox_process(["--customers", "1", *options]) as base_url:

        def start(number: int) -> subprocess.Popen[bytes]:
            command = (
                kind,
                at or folder / "outbox.db",
                base_url,
                settle_after,
                f"p{number}",
                sales // processes,
            )
            return subprocess.Popen([sys.executable, SELLER, *map(str, command)])

        running = {number: start(number) for number in range(processes)}
        try:
            while running:
                if killed < kills:
                    time.sleep(chosen.uniform(*lives))
                    number = chosen.choice(sorted(running))
                    running[number].send_signal(signal.SIGKILL)
                    # Who had ended by itself has nothing to be started again for.
                    if running[number].wait() == -signal.SIGKILL:
                        killed += 1
                        running[number] = start(number)
                        continue
                for number, process in [*running.items()]:
                    if killed >= kills or process.poll() is not None:
                        assert process.wait() == 0
                        del running[number]
        finally:
            for process in running.values():
                process.kill()
                process.wait()
        there = _counted(base_url)
    expected = [
        f"p{number}_{sale}" for number in range(processes) for sale in range(1, sales // processes + 1)
    ]
    return Ended(
        once=sum(there[key] == 1 for key in expected),
        twice=sum(there[key] > 1 for key in expected),
        never=sum(there[key] == 0 for key in expected),
        kills=killed,
        seconds=time.monotonic() - began,
    )


def _counted(base_url: str) -> Counter[str]:
    """How often each key is among the sales of the server."""
    keys = Counter[str]()
    with httpx.Client(base_url=base_url, headers={"Authorization": "Bearer sandbox_affiliate"}) as http:
        page = 1
        while True:
            answer = http.get("/transactions", params={"limit": 250, "page": page})
            if answer.status_code != 200:
                continue  # it misbehaves towards us, too
            sales = answer.json()["data"]
            if not sales:
                return keys
            keys.update(sale["key"] for sale in sales)
            page += 1
