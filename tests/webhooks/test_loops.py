"""One endpoint in several event loops, threads and processes, as test clients and prefork servers use it."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

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
