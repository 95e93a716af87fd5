"""Leaving a task group that belongs to a block: its tasks end, the block's exception stays itself."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import cast

from anyio.abc import TaskGroup

__all__ = ["leave"]


async def leave(
    group: TaskGroup,
    kind: type[BaseException] | None,
    error: BaseException | None,
    traceback: TracebackType | None,
) -> None:
    """Ends all tasks of a group. The exception of the block is left to leave as it is, in no group.

    From the tasks only what is no Exception may come, such as KeyboardInterrupt, and that goes first.
    """
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
