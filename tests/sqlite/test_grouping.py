"""Work that many tasks have done together, some of whom are cancelled meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from partnero_async._sqlite.grouping import Grouped
from partnero_async.outbox import StorageError


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


async def outcomes_of(grouped: Grouped[None], works: Sequence[Callable[[None], Any]]) -> list[Any]:
    """What each of several callers is given who come while a thread is busy."""
    outcomes: list[Any] = [None] * len(works)

    async def call(number: int) -> None:
        try:
            outcomes[number] = await grouped.do(works[number])
        except Exception as error:
            outcomes[number] = error

    async with anyio.create_task_group() as group:
        group.start_soon(grouped.do, lambda _: None)
        await checkpoint()
        for number in range(len(works)):
            group.start_soon(call, number)
    return outcomes


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_disk_that_fails_is_tried_once_for_all_who_came_together(backend: str) -> None:
    sizes = list[int]()

    def fail(work: Sequence[Callable[[None], Any]]) -> list[Any]:
        sizes.append(len(work))
        if len(work) > 1:
            raise StorageError("another process kept it locked")
        return [one(None) for one in work]

    errors = anyio.run(outcomes_of, Grouped[None](fail), [lambda _: 1] * 5, backend=backend)
    assert sizes == [1, 5]
    assert [type(error) for error in errors] == [StorageError] * 5
    assert len(set(map(id, errors))) == 5


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_of_a_mistake_in_one_the_others_do_not_fail(backend: str) -> None:
    grouped = Grouped[None](commit)
    one, wrong, three = anyio.run(
        outcomes_of, grouped, [lambda _: 1, lambda _: 1 / 0, lambda _: 3], backend=backend
    )
    assert (one, three) == (1, 3)
    assert isinstance(wrong, ZeroDivisionError)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closing_comes_before_all_that_wait(backend: str) -> None:
    order = list[str]()

    async def main() -> None:
        grouped = Grouped[None](lambda work: [one(None) for one in work])

        async def go_on(rounds: int) -> None:
            for _ in range(rounds):
                await grouped.do(lambda _: order.append("work"))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(go_on, 20)
            await checkpoint()
            await grouped.alone(lambda: order.append("closed"))

    anyio.run(main, backend=backend)
    assert len(order) == 61
    # One round was under way, of whoever had come first.
    assert order.index("closed") <= 3


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
