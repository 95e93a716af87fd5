"""What of our frames would be seen by others."""

from __future__ import annotations

import traceback


def reported(error: BaseException) -> str:
    """What an error reporter that prints locals shows of the SDK's frames."""
    shown, chain, seen = list[str](), [error], set[int]()
    while chain:
        link = chain.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        chain += [inner for inner in (link.__cause__, link.__context__) if inner is not None]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "/partnero_async/" in frame.f_code.co_filename:
                shown += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
    return "\n".join(shown)
