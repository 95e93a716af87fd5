"""Everything hostile is tried on every engine."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["httpx", "aiohttp"])
def engine(request: pytest.FixtureRequest) -> str:
    """What the client under test sends with."""
    return str(request.param)
