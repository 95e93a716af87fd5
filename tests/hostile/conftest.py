"""Everything hostile is tried on every engine, and on the event loops that servers run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping

import pytest

from ..engines import ENGINES

try:
    import uvloop
except ModuleNotFoundError:  # it knows no Windows
    LOOPS: Mapping[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
else:
    LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
# Under a tracer one event loop is enough: both run the same lines.
LOOPS = {name: LOOPS[name] for name in os.environ.get("TEST_LOOPS", " ".join(LOOPS)).split()}


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loops; pytest-asyncio runs each test on each of them."""
    return LOOPS


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """What the client under test sends with."""
    return str(request.param)
