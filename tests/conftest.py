"""What all tests share: event loops with a virtual clock, the sandbox, and TLS."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from trio.testing import MockClock

from partnero_async.sandbox import Sandbox
from partnero_async.testing import VirtualLoop

from . import profiles
from .sockets import contexts

profiles.register()

# What does not stay in memory, by file or folder.
MARKS = {
    "browser": "sockets",
    "e2e": "sockets",
    "export/test_killed.py": "sockets",
    "frameworks": "docs",
    "hostile": "hostile",
    "outbox/test_killed.py": "sockets",
    "outbox/test_stores.py": "sockets",
    "testing/test_plugin.py": "sockets",
    "testing/test_served.py": "sockets",
    "webhooks/test_killed.py": "sockets",
    "webhooks/test_postgresql.py": "sockets",
    "webhooks/test_redis.py": "sockets",
    "http/test_connections.py": "sockets",
    "http/test_engines.py": "sockets",
    "http/test_httptools.py": "sockets",
    "http/test_slots.py": "sockets",
    "shared/test_permits.py": "sockets",
    "shared/test_redis.py": "sockets",
    "shared/test_sqlite.py": "sockets",
    "sandbox/test_command.py": "sockets",
    "sandbox/test_served_deliveries.py": "sockets",
    "sandbox/test_hostile_input.py": "hostile",
    "sandbox/test_server.py": "sockets",
    "test_blocking.py": "sockets",
    "test_walk.py": "sockets",
    "test_examples.py": "docs",
}


# What goes on for long, by file or by test.
ENDURANCE = {
    "contract/test_openapi.py::test_the_file_is_what_would_be_written",
    "e2e/test_bulk.py::test_every_outcome_of_twelve_thousand_keys_is_accounted_for",
    "e2e/test_command_line.py::test_the_demo_fetches_five_thousand_customers_and_gets_the_sum_right",
    "export/test_killed.py",
    "hostile/test_churn.py",
    "outbox/test_killed.py",
    "outbox/test_stores.py::test_each_sale_is_there_once_out_of_postgresql",
    "shared/test_redis.py::test_clocks_that_differ_by_seconds_change_nothing",
    "shared/test_redis.py::test_who_is_killed_with_permits_in_its_hands_stops_nobody",
    "shared/test_redis.py::test_a_redis_that_is_killed_and_comes_back_lets_nobody_have_more_than_the_margin",
    "shared/test_sqlite.py::test_who_is_killed_stops_nobody",
    "webhooks/test_killed.py",
    "webhooks/test_many.py",
}

# Between versions of Python and under a tracer one backend is enough: both run nearly the same lines.
BACKENDS = [name for name in ("asyncio", "trio") if name in os.environ.get("TEST_LOOPS", name)]


def pytest_configure() -> None:
    # A shell that starts the tests in the background lets them, and what they start, ignore SIGINT.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(Path(__file__).parent)
        for part in (path, *path.parents):
            if mark := MARKS.get(part.as_posix()):
                item.add_marker(mark)
        name = getattr(item, "originalname", None)
        if ENDURANCE & {path.as_posix(), f"{path.as_posix()}::{name}"}:
            item.add_marker("endurance")


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Tests marked anyio run on both backends, on a clock that jumps over waiting."""
    if request.param == "trio":
        return "trio", {"clock": MockClock(autojump_threshold=0)}
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PARTNERO_API_KEY", "PARTNERO_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def _no_sockets_without_a_mark(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not any(request.node.get_closest_marker(mark) for mark in set(MARKS.values())):
        for name in ("bind", "connect"):
            monkeypatch.setattr(socket.socket, name, _refuse)


def _refuse(*_: object) -> None:
    raise AssertionError("a test that opens sockets has its file among MARKS")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A local Partnero in memory, with 50 customers."""
    local = Sandbox(customers=50)
    yield local
    local.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Whoever signs the certificates of the test servers."""
    return trustme.CA()


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest, authority: trustme.CA) -> tuple[Any, Any]:
    """The TLS contexts of server and client, or neither."""
    return contexts(authority) if request.param == "tls" else (None, True)
