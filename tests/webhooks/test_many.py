"""Ten thousand deliveries at once, forged, oversized and repeated ones among them."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from partnero_async.webhooks import Event, MemorySeenStore, Receiver, WebhookEndpoint

from .deliveries import SECRET, body_of, signature_of
from .test_endpoint import sqlite_store

pytestmark = pytest.mark.anyio

GENUINE, REPEATED, FORGED, OVERSIZED = 6000, 1500, 1500, 1000
PART = 64 * 1024
"""As much as servers hand to an application at a time."""


async def deliver(endpoint: WebhookEndpoint, body: bytes, signature: str, parts: int = 1) -> int:
    """The status that a delivery is answered with, whose body comes in so many parts."""
    status = 0
    left = parts

    async def receive() -> Any:
        nonlocal left
        left -= 1
        await anyio.lowlevel.checkpoint()
        return {"type": "http.request", "body": body, "more_body": left > 0}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    headers = [(b"signature", signature.encode())]
    await endpoint({"type": "http", "method": "POST", "headers": headers}, receive, send)
    return status


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
async def test_exactly_the_genuine_ones_are_handled_once_each(kind: str, tmp_path: Path) -> None:
    rng = random.Random(1)
    handled = Counter[str]()
    statuses = dict[str, Counter[int]]()

    async def handle(event: Event) -> None:
        await anyio.sleep(rng.random())
        handled[event.data.key] += 1

    seen = MemorySeenStore() if kind == "memory" else sqlite_store(tmp_path / "seen.db")
    endpoint = WebhookEndpoint(Receiver(SECRET), handle, seen=seen)

    async def send(what: str, number: int) -> None:
        body = body_of(data={"key": f"customer_{number}"})
        signature = signature_of(body, "forged" if what == "forged" else SECRET)
        counted = statuses.setdefault(what, Counter())
        while True:
            if what == "oversized":
                status = await deliver(endpoint, b" " * PART, signature, parts=10**6)
            else:
                status = await deliver(endpoint, body, signature)
            counted[status] += 1
            if status != 503:  # in hand, or too many at a time: Partnero sends those again
                return
            await anyio.sleep(1 + rng.random())

    sent = [("genuine", number) for number in range(GENUINE)]
    sent += [("repeated", rng.randrange(GENUINE)) for _ in range(REPEATED)]
    sent += [("forged", GENUINE + number) for number in range(FORGED)]
    sent += [("oversized", number) for number in range(OVERSIZED)]
    rng.shuffle(sent)
    if kind == "memory":
        tracemalloc.start()
    try:
        async with anyio.create_task_group() as group:
            for what, number in sent:
                group.start_soon(send, what, number)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    await endpoint.aclose()
    assert handled == Counter({f"customer_{number}": 1 for number in range(GENUINE)})
    assert set(statuses["genuine"]) | set(statuses["repeated"]) == {200, 503}
    assert set(statuses["forged"]) == {400}
    assert statuses["oversized"][413] == OVERSIZED
    # 1,000 bodies of a megabyte, of which no more than 64 are in memory at a time, and 10,000 tasks.
    assert peak < 300 * 2**20
