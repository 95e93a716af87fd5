"""Checking that a call is refused; and what else the tests of resources ask of a scripted server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from partnero_async import AsyncPartnero

from ..frames import reported
from ..servers import DONE, Said, Script, asked, envelope

__all__ = ["DONE", "Call", "Said", "Script", "asked", "envelope", "refuse", "reported"]

Call = Callable[[AsyncPartnero], Any]


async def refuse(call: Call, error: type[Exception], said: str) -> None:
    """Checks that a call, awaited or giving a pager, is refused with these words, and nothing is sent."""
    script = Script(DONE)
    async with script.client() as partnero:
        with pytest.raises(error, match=said):
            answer = call(partnero)
            if isinstance(answer, Awaitable):
                await answer
    assert script.requests == []
