"""The walk of one call, from a resource's method to the socket: frames that stand, calls that are made."""

from __future__ import annotations

import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any

import attrs

import partnero_async

__all__ = ["Walk", "walk"]

_PACKAGE = str(Path(partnero_async.__file__).parent)


@attrs.frozen
class Walk:
    """What was seen of one call."""

    frames: tuple[str, ...]
    """Our functions on the stack when the request was handed to the socket, the outermost first."""

    calls: Counter[str]
    """How often each of our functions was called; a coroutine that goes on counts once more."""


def _name(frame: FrameType) -> str:
    module = frame.f_code.co_filename.removeprefix(_PACKAGE).strip("/\\")
    return f"{module}:{frame.f_code.co_qualname}"


async def walk(call: Callable[[], Awaitable[Any]]) -> Walk:
    """Makes a call and looks at it."""
    standing = list[tuple[str, ...]]()
    calls = Counter[str]()

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(_PACKAGE):
            calls[_name(frame)] += 1
        elif event == "c_call" and getattr(argument, "__self__", None).__class__ is socket.socket:
            if argument.__name__ != "send":
                return
            stack = list[str]()
            below: FrameType | None = frame
            while below is not None:
                if below.f_code.co_filename.startswith(_PACKAGE):
                    stack.append(_name(below))
                below = below.f_back
            if stack:  # a server in the same process sends too
                standing.append(tuple(reversed(stack)))

    sys.setprofile(look)
    try:
        await call()
    finally:
        sys.setprofile(None)
    (frames,) = standing
    return Walk(frames, calls)
