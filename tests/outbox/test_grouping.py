"""Work that many tasks have done together, some of whom are cancelled meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from partnero_async.outbox.grouping import Grouped


def commit(work: Sequence[Callable[[None], Any]]) -> list[Any]:
    return [one(None) for one in work]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("steps", range(12))
def test_who_is_cancelled_at_whatever_step_holds_up_nobody(backend: str, steps: int) -> None:
    async def main() -> None:
        grouped = Grouped[None](commit)
        async with anyio.create_task_group() as others:
            others.start_soon(grouped.do, lambda _: None)
            async with anyio.create_task_group() as cancelled:
                for _ in range(5):
                    cancelled.start_soon(grouped.do, lambda _: None)
                for _ in range(steps):
                    await checkpoint()
                cancelled.cancel_scope.cancel()
        with anyio.fail_after(10):
            assert await grouped.do(lambda _: "done") == "done"

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_who_is_cancelled_while_the_leader_does_its_work_just_ends(backend: str) -> None:
    async def main() -> None:
        begun, go_on = anyio.Event(), anyio.Event()

        def waiting(_: None) -> str:
            anyio.from_thread.run_sync(begun.set)
            anyio.from_thread.run(go_on.wait)
            return "done"

        grouped = Grouped[None](commit)
        kept = list[str]()

        async def lead() -> None:
            kept.append(await grouped.do(waiting))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(grouped.do, lambda _: None)
            tasks.start_soon(lead)
            async with anyio.create_task_group() as cancelled:
                cancelled.start_soon(grouped.do, lambda _: None)
                await begun.wait()
                cancelled.cancel_scope.cancel()
            go_on.set()
        assert kept == ["done"]
        assert await grouped.do(lambda _: "more") == "more"

    anyio.run(main, backend=backend)


def test_a_task_that_is_cancelled_waits_for_its_thread() -> None:
    running = 0
    most = 0
    begun, may_end = threading.Event(), threading.Event()

    def commit(work: Sequence[Callable[[None], Any]]) -> list[Any]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        begun.set()
        may_end.wait(10)
        running -= 1
        return [one(None) for one in work]

    async def main() -> None:
        grouped = Grouped[None](commit)
        leader = asyncio.create_task(grouped.do(lambda _: "a"))
        while not begun.is_set():  # noqa: ASYNC110 - it is set in a thread
            await asyncio.sleep(0.001)
        leader.cancel()  # as asyncio.wait_for does, which anyio's shields do not keep off
        other = asyncio.create_task(grouped.do(lambda _: "b"))
        await asyncio.sleep(0.05)
        may_end.set()
        assert await other == "b"
        assert most == 1
        with pytest.raises(asyncio.CancelledError):
            await leader

    asyncio.run(main())
