"""Deliveries to an application that is killed at random, by a sender that sends again as Partnero does."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

import attrs
import httpx

from .deliveries import body_of, signed

__all__ = ["Ended", "deliver"]

TAKER: Final = Path(__file__).with_name("taker.py")


@attrs.frozen(kw_only=True)
class Ended:
    """What became of the deliveries."""

    once: int
    """Those that were handled once."""

    twice: int
    """Those that were handled more than once."""

    never: int
    """Those that were not handled."""

    in_hand: int
    """How many had no answer yet at the kills, in all."""

    kills: int
    """How many times the application was killed."""

    seconds: float
    """How long it took."""


async def deliver(
    folder: Path,
    *,
    deliveries: int,
    kills: int,
    mode: str = "at once",
    concurrency: int = 50,
    lives: tuple[float, float] = (0.3, 1.0),
    seed: int = 1,
) -> Ended:
    """Sends deliveries, every third one twice, and kills the application meanwhile.

    Args:
        folder: Where its files are.
        deliveries: How many different ones.
        kills: How many times it is killed.
        mode: ``at once``, or ``background``.
        concurrency: How many are under way at a time.
        lives: How many seconds pass from one kill to the next.
        seed: What comes when.
    """
    chosen = random.Random(seed)
    log = folder / "handled.txt"
    log.touch()
    numbers = [*range(deliveries), *range(0, deliveries, 3)]
    chosen.shuffle(numbers)
    left = iter(numbers)
    began, killed, in_hand, under_way = time.monotonic(), 0, 0, 0
    # Handed on to each process: while it starts, connections wait in the queue of the socket.
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:

        def start() -> subprocess.Popen[bytes]:
            number = listener.fileno()
            command = (number, folder / "seen.db", log, mode)
            return subprocess.Popen([sys.executable, TAKER, *map(str, command)], pass_fds=[number])

        async def send(http: httpx.AsyncClient) -> None:
            nonlocal under_way
            for number in left:
                body = body_of(data={"key": f"customer_{number}"})
                under_way += 1
                while not await _is_taken(http, body):  # noqa: ASYNC110 - Partnero waits, too
                    await asyncio.sleep(0.1)
                under_way -= 1

        async def kill() -> None:
            nonlocal killed, in_hand, taker
            while killed < kills:
                await asyncio.sleep(chosen.uniform(*lives))
                taker.send_signal(signal.SIGKILL)
                taker.wait()
                killed, in_hand = killed + 1, in_hand + under_way
                taker = start()

        taker = start()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            limits = httpx.Limits(max_connections=concurrency)
            async with httpx.AsyncClient(base_url=url, timeout=5, limits=limits) as http:
                await asyncio.gather(kill(), *(send(http) for _ in range(concurrency)))
                while len(set(log.read_text().split())) < deliveries:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)
        finally:
            taker.kill()
            taker.wait()
    handled = Counter(log.read_text().split())
    counts = [handled[f"customer_{number}"] for number in range(deliveries)]
    return Ended(
        once=sum(count == 1 for count in counts),
        twice=sum(count > 1 for count in counts),
        never=sum(count == 0 for count in counts),
        in_hand=in_hand,
        kills=killed,
        seconds=time.monotonic() - began,
    )


async def _is_taken(http: httpx.AsyncClient, body: bytes) -> bool:
    try:
        return (await http.post("/", content=body, headers=signed(body))).is_success
    except httpx.TransportError:
        return False
