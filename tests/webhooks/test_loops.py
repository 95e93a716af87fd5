"""One endpoint in several event loops, threads and processes, as test clients and prefork servers use it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from partnero_async.webhooks import Event, Receiver, SQLiteSeenStore, WebhookEndpoint

from .deliveries import SECRET, body_of, signed


class App:
    """An application that was made when its module was imported."""

    def __init__(self, folder: Path) -> None:
        self.handled = list[str]()
        self.store = SQLiteSeenStore(folder / "seen.db")
        self.endpoint = WebhookEndpoint(Receiver(SECRET), self.handle, seen=self.store)

    async def handle(self, event: Event) -> None:
        self.handled.append(event.data.key)

    async def status_of(self, key: str) -> int:
        body = body_of(data={"key": key})
        return (await self.endpoint.deliver(body, signed(body))).status

    async def deliver(self, *keys: str) -> None:
        for key in keys:
            assert await self.status_of(key) == 200


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path)


def test_each_request_may_have_a_loop_of_its_own(app: App) -> None:
    for key in ("a", "b", "a"):
        asyncio.run(app.deliver(key))
    assert app.handled == ["a", "b"]
    assert len(app.store._opened) == 1  # those of ended loops were closed
    asyncio.run(app.deliver("c"))
    app.store._close_those_of_ended_loops()


def test_so_may_each_run_of_trio(app: App) -> None:
    for key in ("a", "b", "a"):
        anyio.run(app.deliver, key, backend="trio")
    assert app.handled == ["a", "b"]
    assert len(app.store._opened) == 1  # those of ended runs were closed
    app.store._close_those_of_ended_loops()
    assert app.store._opened == {}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_closes_it_while_it_is_used_disturbs_nobody(app: App, backend: str) -> None:
    keys = [f"customer_{number}" for number in range(60)]

    async def main() -> None:
        async with anyio.create_task_group() as meanwhile:

            async def close() -> None:
                while True:
                    with anyio.move_on_after(0.0005):  # it may be cancelled in the middle, too
                        await app.endpoint.aclose()
                    await app.endpoint.aclose()
                    await anyio.lowlevel.checkpoint()

            meanwhile.start_soon(close)
            async with anyio.create_task_group() as group:
                for key in keys:
                    group.start_soon(app.deliver, key)
            meanwhile.cancel_scope.cancel()
        await app.endpoint.aclose()

    anyio.run(main, backend=backend)
    assert sorted(app.handled) == sorted(keys)
    assert app.store._opened == {}


def test_a_file_that_is_locked_keeps_a_delivery_no_longer_than_partnero_waits(
    app: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("partnero_async.webhooks.sqlite.BUSY_SECONDS", 0.2)
    asyncio.run(app.deliver("before"))
    with closing(sqlite3.connect(app.store._path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert asyncio.run(app.status_of("meanwhile")) == 500
        assert "another process kept it locked for 0.2 s" in caplog.text
        other.execute("ROLLBACK")
    asyncio.run(app.deliver("meanwhile"))
    assert app.handled == ["before", "meanwhile"]


def test_loops_in_several_threads_share_it(app: App) -> None:
    keys = [[f"{thread}_{number}" for number in range(20)] for thread in range(4)]
    errors = list[BaseException]()

    def run(thread: int) -> None:
        async def main() -> None:
            await app.deliver(*keys[thread])
            await app.endpoint.aclose()

        try:
            asyncio.run(main())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(app.handled) == sorted(key for some in keys for key in some)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("is_closed", [True, False])
def test_what_was_open_at_a_fork_is_refused_and_what_was_not_is_opened(app: App, is_closed: bool) -> None:
    asyncio.run(app.deliver("parent"))
    if is_closed:
        app.store._close_those_of_ended_loops()
    child = os.fork()
    if child == 0:
        try:
            # A store of its own is on the same file.
            fresh = App(Path(app.store._path).parent)
            statuses = [asyncio.run(one.status_of("parent")) for one in (app, fresh)]
            os._exit(0 if statuses == ([200, 200] if is_closed else [500, 500]) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    app.store._close_those_of_ended_loops()
