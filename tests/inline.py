"""SQLite files without a thread: a virtual clock does not wait for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from partnero_async._sqlite.file import SQLiteFile


def without_thread(file: SQLiteFile) -> None:
    """Lets a file that is not open yet do its work in the event loop itself."""
    new_group = file._new_group

    async def at_once(work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    def inline() -> Any:
        group = new_group()
        group._in_thread = at_once  # type: ignore[method-assign]
        return group

    file._new_group = inline  # type: ignore[method-assign]
