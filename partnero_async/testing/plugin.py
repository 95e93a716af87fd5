"""Fixtures for pytest: a local Partnero and a client of it.

pytest finds this module by its entry point, in every run: whatever it needs is imported by the fixtures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..client import AsyncPartnero
    from .local import LocalPartnero

__all__ = ["partnero", "partnero_sandbox", "partnero_server"]


@pytest.fixture
def partnero_sandbox() -> Iterator[LocalPartnero]:
    """A local Partnero in memory, with 50 customers in each program; no socket is opened."""
    from .local import LocalPartnero

    local = LocalPartnero()
    yield local
    local.close()


@pytest.fixture
def partnero(partnero_sandbox: LocalPartnero) -> Iterator[AsyncPartnero]:
    """A client of ``partnero_sandbox``, not entered, which does not wait before it tries again."""
    client = partnero_sandbox.client()
    yield client
    # In memory there is nothing to close; but a client that is left open warns.
    client._caller.session.closed = True  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def partnero_server(
    partnero_sandbox: LocalPartnero, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalPartnero]:
    """``partnero_sandbox`` on a free port of this machine, and the environment variables that lead there.

    For code that makes a client of its own: ``AsyncPartnero()`` finds the sandbox.
    """
    with partnero_sandbox.served() as base_url:
        monkeypatch.setenv("PARTNERO_BASE_URL", base_url)
        monkeypatch.setenv("PARTNERO_API_KEY", "sandbox_affiliate")
        yield partnero_sandbox
