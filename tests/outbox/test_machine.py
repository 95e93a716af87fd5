"""Every interleaving of crashes, lost answers, late deeds and second processes ends in exactly once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from partnero_async import AsyncPartnero, Ref, Sale
from partnero_async.outbox import Entry, SalesOutbox, State
from partnero_async.outbox.sqlite import SQLiteStore
from partnero_async.testing import VirtualLoop

from ..inline import without_thread
from ..profiles import examples

# Half of it is more than a lease of 47 s.
SETTLE_AFTER = 120.0
TIMEOUT = 10.0
EITHER = st.integers(0, 1)


class Request:
    """A sale on its way: when the server acts on it, and what it answers, is decided while it is."""

    def __init__(self, key: str, arrived_at: float) -> None:
        self.key = key
        self.arrived_at = arrived_at
        self.acted = False
        self.answer: asyncio.Future[httpx.Response] = asyncio.get_running_loop().create_future()


class Server:
    """Keeps sales, and requests that it has not answered."""

    def __init__(self) -> None:
        self.sales = Counter[str]()
        self.open = list[Request]()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            count = self.sales[request.url.params["key"]]
            data = [{"key": request.url.params["key"]}] * count
            return httpx.Response(200, json={"data": data, "links": {"next": None}, "status": 1})
        loop = asyncio.get_running_loop()
        body: Any = httpx.Response(200, content=request.content).json()
        sale = Request(body["key"], loop.time())
        self.open.append(sale)
        # Who loses interest does not take back what was sent.
        return await asyncio.shield(sale.answer)


class StoppableStore(SQLiteStore):
    """What a process that is stopped (SIGSTOP) finds out is stored when it goes on, if it ever does."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        without_thread(self._file)
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def replace(self, entry: Entry) -> bool:
        await self.goes_on.wait()
        return await super().replace(entry)

    async def claim(self, *arguments: Any) -> Any:
        await self.goes_on.wait()
        return await super().claim(*arguments)


class Process:
    """One process with the outbox open and a delivery under way."""

    def __init__(self, server: Server, folder: Path) -> None:
        loop = asyncio.get_running_loop()
        transport = httpx.MockTransport(server)
        self.partnero = AsyncPartnero("key", transport=transport, timeout=TIMEOUT, deadline=30, retries=1)
        self.store = StoppableStore(folder / "outbox.db")
        self.outbox = SalesOutbox(
            self.partnero, self.store, settle_after=SETTLE_AFTER, concurrency=2, clock=loop.time
        )
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.outbox.__aenter__()
        self.task = asyncio.create_task(self.outbox.run())

    async def kill(self) -> None:
        """Ends it as SIGKILL does: whatever its tasks do on their way out, nothing of it is stored."""

        async def gone(*_: Any, **__: Any) -> Any:
            await asyncio.sleep(0)
            return False

        store: Any = self.store
        store.replace = gone
        self.store.goes_on.set()
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.outbox.__aexit__(None, None, None)
        await self.partnero.aclose()


class ExactlyOnce(RuleBasedStateMachine):
    """Two processes share an outbox, and a server acts when it likes, within half of the settling time."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.folder = Path(tempfile.mkdtemp())
        self.server = Server()
        self.processes = list[Process]()
        self.recorded = set[str]()

    def run(self, awaitable: Any) -> Any:
        async def go() -> Any:
            result = await awaitable
            await asyncio.sleep(0.01)
            return result

        return self.loop.run_until_complete(go())

    @initialize()
    def one_process(self) -> None:
        self.start()

    @precondition(lambda self: len(self.processes) < 2)
    @rule()
    def start(self) -> None:
        async def start() -> None:
            self.processes.append(Process(self.server, self.folder))
            await self.processes[-1].start()

        self.run(start())

    @precondition(lambda self: self.processes)
    @rule(which=EITHER)
    def kill(self, which: int) -> None:
        self.run(self.processes.pop(which % len(self.processes)).kill())

    @precondition(lambda self: self.processes)
    @rule(which=EITHER)
    def stop_or_go_on(self, which: int) -> None:
        goes_on = self.processes[which % len(self.processes)].store.goes_on
        goes_on.clear() if goes_on.is_set() else goes_on.set()
        self.run(asyncio.sleep(0))

    @precondition(lambda self: self.processes)
    @rule(which=EITHER, again=st.booleans())
    def record(self, which: int, again: bool) -> None:
        key = f"order_{max(1, len(self.recorded) + (not again))}"
        sale = Sale(key=key, amount=Decimal(1), customer=Ref(key="c"))
        self.run(self.processes[which % len(self.processes)].outbox.record(sale))
        self.recorded.add(key)

    @rule(seconds=st.sampled_from([1.0, TIMEOUT, 50.0, SETTLE_AFTER]))
    def wait(self, seconds: float) -> None:
        # What would come too late for it is acted on first.
        self.act_on_what_is_late(by=self.loop.time() + seconds)
        self.run(asyncio.sleep(seconds))

    @precondition(lambda self: self.server.open)
    @rule(which=EITHER, answers=st.sampled_from(["ok", 500, 422, 429, "lost", "nothing"]))
    def act(self, which: int, answers: Any) -> None:
        """The server acts on a request, and answers, loses its answer, or says nothing at all."""
        request = self.server.open[which % len(self.server.open)]
        self.act_on(request, answers, acts=answers not in (422, 429))

    @precondition(lambda self: self.server.open)
    @rule(which=EITHER, answers=st.sampled_from([500, "lost"]))
    def forget(self, which: int, answers: Any) -> None:
        """The server loses a request, and says so or not."""
        self.act_on(self.server.open[which % len(self.server.open)], answers, acts=False)

    def act_on(self, request: Request, answers: Any, *, acts: bool) -> None:
        if acts and not request.acted:
            self.server.sales[request.key] += 1
        request.acted = True
        self.server.open.remove(request)

        async def answer() -> None:
            if request.answer.done() or answers == "nothing":
                return
            if answers == "lost":
                request.answer.set_exception(httpx.ReadError("reset"))
                request.answer.exception()
            elif answers == "ok":
                sale = {"data": {"key": request.key}, "status": 1}
                request.answer.set_result(httpx.Response(200, json=sale))
            else:
                request.answer.set_result(httpx.Response(answers, json={"message": "No."}))

        self.run(answer())

    def act_on_what_is_late(self, by: float) -> None:
        for request in [*self.server.open]:
            if request.arrived_at + SETTLE_AFTER / 2 <= by:
                self.act_on(request, "nothing", acts=True)

    @invariant()
    def nothing_is_there_twice(self) -> None:
        assert max(self.server.sales.values(), default=0) <= 1, self.server.sales

    def teardown(self) -> None:
        self.run(self.end())
        self.loop.close()
        shutil.rmtree(self.folder)

    async def end(self) -> None:
        """Lets one process deliver what is left, with a server that answers at once."""
        for process in self.processes:
            await process.kill()
        last = Process(self.server, self.folder)
        await last.start()

        async def answer_all() -> None:
            while True:
                for request in [*self.server.open]:
                    self.server.sales[request.key] += 1
                    self.server.open.remove(request)
                    if not request.answer.done():
                        sale = {"data": {"key": request.key}, "status": 1}
                        request.answer.set_result(httpx.Response(200, json=sale))
                await asyncio.sleep(0.1)

        answering = asyncio.create_task(answer_all())
        await last.outbox.drain()
        states = {entry.key: entry.state async for entry in last.outbox.entries()}
        answering.cancel()
        await last.kill()
        assert set(states) == self.recorded
        for key, state in states.items():
            assert self.server.sales[key] == (state is State.DELIVERED), (key, state, self.server.sales)


TestExactlyOnce = ExactlyOnce.TestCase
TestExactlyOnce.settings = settings(examples(60), stateful_step_count=40)
