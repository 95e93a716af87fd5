"""What runs beside a block, and ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, cast

import anyio
from anyio.abc import TaskGroup

__all__ = ["Crew"]


class Crew:
    """Runs something beside a block, until the block is left.

    On asyncio that is a task of its own. A task group would belong to the task that entered the block; but a
    generator that is given up half-way leaves its blocks in another task, and would cancel its consumer. trio
    has no such tasks, and refuses to end a block elsewhere.
    """

    def __init__(self) -> None:
        self._scope = anyio.CancelScope()
        self._task: asyncio.Task[None] | None = None
        self._group: TaskGroup | None = None

    async def start(self, work: Callable[[], Coroutine[Any, Any, None]], ended: Callable[[], None]) -> None:
        """Begins with the work.

        Args:
            work: What runs beside the block.
            ended: Called when it ended, also if its task was cancelled before it began.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._group = anyio.create_task_group()
            await self._group.__aenter__()
            self._group.start_soon(work)
        else:
            self._task = loop.create_task(self._within_scope(work))
            self._task.add_done_callback(lambda _: ended())

    async def stop(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the work. The exception of the block is left to leave as it is, in no group.

        From the work only what is no Exception may come, such as KeyboardInterrupt, and that goes first.
        """
        if self._group is not None:
            await _leave(self._group, kind, error, traceback)
        elif self._task is not None:
            self._scope.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([self._task])
            if not self._task.cancelled() and (failure := self._task.exception()) is not None:
                raise next(_leaves(failure)) from None

    async def _within_scope(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with self._scope:
            await work()


async def _leave(
    group: TaskGroup,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: TracebackType | None,
) -> None:
    group.cancel_scope.cancel()
    try:
        await group.__aexit__(kind, error, traceback)
    except BaseExceptionGroup as several:
        # trio re-raises a copy of the group: compare the exceptions inside, not the identity of the group.
        own = set(map(id, _leaves(error)))
        of_tasks = [leaf for leaf in _leaves(several) if id(leaf) not in own]
        if of_tasks:
            raise of_tasks[0] from None


def _leaves(error: BaseException | None) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(inner)
    elif error is not None:
        yield error
