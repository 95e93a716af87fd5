"""What wakes a consumer: everybody who waits, once, and nobody who is gone."""

from __future__ import annotations

import anyio
import pytest
from anyio.lowlevel import checkpoint

from partnero_async.bulk._bell import Bell

pytestmark = pytest.mark.anyio


async def test_it_wakes_all_that_wait_and_each_only_once() -> None:
    bell, woken = Bell(), list[int]()

    async def wait_twice(number: int) -> None:
        for _ in range(2):
            await bell.wait()
            woken.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(3):
            tasks.start_soon(wait_twice, number)
        bell.ring()  # before anybody waits: that is past
        for rings in (1, 2):
            await anyio.wait_all_tasks_blocked()
            assert len(woken) == 3 * (rings - 1)
            bell.ring()
            bell.ring()
            await anyio.wait_all_tasks_blocked()
            assert sorted(woken[-3:]) == [0, 1, 2]
            assert len(woken) == 3 * rings


async def test_who_is_cancelled_keeps_nobody_else_from_being_woken() -> None:
    bell, woken = Bell(), list[str]()

    async def wait(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            await bell.wait()
            woken.append(name)

    async with anyio.create_task_group() as tasks:
        scopes = [anyio.CancelScope() for _ in range(3)]
        for name, scope in zip("abc", scopes, strict=True):
            tasks.start_soon(wait, name, scope)
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()
        await checkpoint()
        scopes[1].cancel()  # in the same step in which it rings
        bell.ring()
        with anyio.fail_after(5):
            await anyio.wait_all_tasks_blocked()
    assert woken == ["c"]


async def test_a_wait_that_is_given_up_leaves_nothing_behind() -> None:
    bell = Bell()
    for _ in range(100):
        with anyio.move_on_after(0.01):
            await bell.wait()
    assert bell._futures == []
    bell.ring()
