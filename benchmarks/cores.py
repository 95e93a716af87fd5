"""Which processor core does what: the origin and the client never share one, where there are two."""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["on_core", "two_cores"]


def two_cores() -> tuple[int | None, int | None]:
    """The core of the origin and that of the client; None where the system cannot pin, or has but one."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[-1]) if len(cores) > 1 else (None, None)


def on_core(core: int | None) -> Callable[[], None] | None:
    """What a new process calls first in order to stay on a core."""
    return None if core is None else lambda: os.sched_setaffinity(0, {core})
