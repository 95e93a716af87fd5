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
        of_tasks = list(_leaves_but(error, several))
        if of_tasks:
            raise of_tasks[0] from None


def _leaves_but(
    own: BaseException | None, group: BaseExceptionGroup[BaseException]
) -> Iterator[BaseException]:
    for error in group.exceptions:
        if error is own:  # also a group of the block's own, which is not ours to take apart
            continue
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves_but(own, cast("BaseExceptionGroup[BaseException]", error))
        else:
            yield error
