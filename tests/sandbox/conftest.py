"""An empty sandbox with partners, and clients of it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from partnero_async.sandbox import Sandbox

from .clients import REFERRAL_API_KEY, bare_client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(partners=3)
    yield sandbox
    sandbox.close()


@pytest_asyncio.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with bare_client(sandbox) as client:
        yield client


@pytest_asyncio.fixture
async def friends(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the refer-a-friend program."""
    async with bare_client(sandbox, REFERRAL_API_KEY) as client:
        yield client
