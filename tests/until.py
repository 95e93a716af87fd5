"""Waiting for what other tasks, threads and the kernel do, however long a busy machine makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object]) -> None:
    """Goes on as soon as the condition holds; the time limit of the test ends what never does."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.001)
