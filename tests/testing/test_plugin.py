"""The plugin as users have it: pytest runs of their own, with each plugin for async tests, in each mode."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WITH_ANYIO = """
import pytest
from partnero_async import Ref

pytestmark = pytest.mark.anyio


async def test_in_memory(partnero, partnero_sandbox):
    customer = await partnero.customers.get("customer_000001")
    assert customer.key == "customer_000001"
    partnero_sandbox.assert_called("GET /customers/{key}", times=1)


async def test_entered(partnero):
    async with partnero:
        await partnero.customers.create(key="user_7", partner=Ref(key="ref_001"))


async def test_on_a_port(partnero_server):
    from partnero_async import AsyncPartnero

    async with AsyncPartnero() as partnero:
        await partnero.customers.get("customer_000001")
    async with partnero_server.client() as partnero:
        assert partnero.base_url == partnero_server.base_url
        await partnero.customers.get("customer_000001")
    partnero_server.assert_called(times=2)


def test_nothing_async(partnero):
    assert "open" in repr(partnero)
"""
WITH_ASYNCIO = WITH_ANYIO.replace("pytest.mark.anyio", "pytest.mark.asyncio").replace(
    "def test_nothing_async(partnero):", "async def test_nothing_async(partnero):"
)
IN_AUTO_MODE = WITH_ASYNCIO.replace("pytestmark = pytest.mark.asyncio", "")
AN_HOUR = """
import asyncio

async def test_an_hour():
    await asyncio.sleep(3600)
    assert asyncio.get_running_loop().time() == 3600
"""
ANYIO_HOUR = """
import pytest
from partnero_async.testing import VirtualLoop

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio", {"loop_factory": VirtualLoop}
"""
HOOK = """
from partnero_async.testing import VirtualLoop

def pytest_asyncio_loop_factories(config, item):
    return {"virtual": VirtualLoop}
"""


# Unset, pytest-asyncio warns.
SCOPE = ("-o", "asyncio_default_fixture_loop_scope=function")


def run(folder: Path, *options: str, **files: str) -> str:
    """What pytest prints in a folder of these files; any warning is an error there."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    return f"{ran.stdout}{ran.stderr}rc {ran.returncode}"


@pytest.mark.parametrize(
    ("options", "code", "passed"),
    [
        (("-p", "no:asyncio"), WITH_ANYIO, 7),  # on asyncio and on trio
        ((*SCOPE, "-o", "asyncio_mode=strict"), WITH_ASYNCIO, 4),
        ((*SCOPE, "-o", "asyncio_mode=auto"), IN_AUTO_MODE, 4),
    ],
    ids=["anyio", "pytest-asyncio strict", "pytest-asyncio auto"],
)
def test_the_fixtures_work_under(tmp_path: Path, options: tuple[str, ...], code: str, passed: int) -> None:
    out = run(tmp_path, *options, test_app=code)
    assert f"{passed} passed" in out
    assert out.endswith("rc 0")


def test_the_clock_is_virtual_under_anyio(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, "-p", "no:asyncio", test_hour=ANYIO_HOUR + AN_HOUR)


def test_the_clock_is_virtual_under_pytest_asyncio(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, *SCOPE, "-o", "asyncio_mode=auto", conftest=HOOK, test_hour=AN_HOUR)


def test_a_run_that_does_not_use_it_loads_and_opens_next_to_nothing(tmp_path: Path) -> None:
    test = """
import sys

def test_what_is_loaded(pytestconfig):
    assert pytestconfig.pluginmanager.has_plugin("partnero_async.testing.plugin") or any(
        "partnero_async.testing.plugin" in str(plugin) for plugin in pytestconfig.pluginmanager.get_plugins()
    )
    ours = sorted(name for name in sys.modules if name.startswith("partnero_async"))
    assert ours == [
        "partnero_async", "partnero_async._lazy", "partnero_async.testing", "partnero_async.testing.plugin"
    ], ours
    assert not {"httpx", "attrs", "cattrs", "starlette", "uvicorn"} & sys.modules.keys()
"""
    # The plugins of the other packages, which load what they like, are left out.
    only = ("-p", "no:anyio", "-p", "no:asyncio", "-p", "no:respx", "-p", "no:hypothesispytest")
    assert "1 passed" in run(tmp_path, *only, test_loaded=test)


def test_in_memory_no_socket_is_opened(tmp_path: Path) -> None:
    conftest = """
import socket
import pytest

@pytest.fixture(autouse=True)
def no_sockets(monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
"""
    out = run(tmp_path, "-p", "no:asyncio", "-k", "memory or entered", conftest=conftest, test_app=WITH_ANYIO)
    assert "4 passed" in out
