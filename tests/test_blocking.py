"""Calls from code that cannot await: from threads, forked processes, loops left half-way, and at exit."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio

from partnero_async import AsyncPartnero, BlockingPartnero, Found, Missing, NotFoundError, UsageError
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

from .sockets import open_connections

KEY = "customer_000001"
can_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this operating system cannot fork")
has_signals = pytest.mark.skipif(
    not hasattr(signal, "SIGUSR1"), reason="this operating system has no signals"
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    local = Sandbox(customers=300)
    with running(local) as base_url:
        yield base_url
    local.close()


@pytest.fixture
def portal(url: str) -> Iterator[BlockingPartnero]:
    with BlockingPartnero(
        lambda: AsyncPartnero("sandbox_affiliate", base_url=url, max_concurrency=3)
    ) as portal:
        yield portal


async def nothing(partnero: AsyncPartnero) -> str:
    return "done"


class Watched:
    """Something to await or to iterate over that knows whether it began and how it ended."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.ended = threading.Event()
        self.given = 0

    async def wait(self, partnero: AsyncPartnero) -> None:
        try:
            self.began.set()
            await anyio.sleep_forever()
        finally:
            self.ended.set()

    async def count(self, partnero: AsyncPartnero) -> AsyncIterator[int]:
        try:
            while True:
                self.given += 1
                yield self.given
        finally:
            await anyio.lowlevel.checkpoint()
            self.ended.set()


def run_script(code: str, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a script in which every warning is an error, of those that nobody can catch, too."""
    head = "import os, sys, threading, time\nfrom partnero_async import *\n"
    environment = {**os.environ, "PARTNERO_API_KEY": "sandbox_affiliate", "PARTNERO_BASE_URL": url}
    # Not of forking with threads, which is what is tried.
    options = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
    command = [sys.executable, *options, "-c", head + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


# What a call gives


def test_a_call_returns_what_awaiting_it_returns(portal: BlockingPartnero) -> None:
    assert portal.call(lambda partnero: partnero.customers.get(KEY)).email == f"{KEY}@example.com"
    assert len(portal.call(lambda partnero: partnero.customers.list(limit=7))) == 7


def test_an_error_comes_with_the_frames_of_the_caller_and_of_the_call(portal: BlockingPartnero) -> None:
    with pytest.raises(NotFoundError) as caught:
        portal.call(lambda partnero: partnero.customers.get("nobody"))
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[0] == "test_an_error_comes_with_the_frames_of_the_caller_and_of_the_call"
    assert frames.index("call") < frames.index("get")


def test_a_coroutine_function_makes_many_calls_in_one(portal: BlockingPartnero) -> None:
    async def both(partnero: AsyncPartnero) -> list[str]:
        batch = await partnero.customers.get_many([KEY, "customer_000002"])
        return [*batch.found]

    assert portal.call(both) == [KEY, "customer_000002"]


def test_the_client_is_made_at_the_first_call_and_once(url: str) -> None:
    made = list[AsyncPartnero]()

    def make() -> AsyncPartnero:
        made.append(AsyncPartnero("sandbox_affiliate", base_url=url))
        return made[-1]

    with BlockingPartnero(make) as portal:
        assert repr(portal) == "<BlockingPartnero, not used yet>"
        assert not made
        with ThreadPoolExecutor(8) as threads:
            assert [*threads.map(lambda _: portal.call(nothing), range(100))] == ["done"] * 100
        assert repr(portal) == "<BlockingPartnero, open>"
    assert len(made) == 1
    assert repr(made[0]) == f"<AsyncPartnero {url} closed>"
    assert repr(portal) == "<BlockingPartnero, closed>"


def test_threads_share_one_gate_and_its_connections(portal: BlockingPartnero) -> None:
    busy = list[int]()

    async def get(partnero: AsyncPartnero) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partnero.customers.get, KEY)
            await anyio.lowlevel.checkpoint()
            busy.append(partnero.load.in_flight)

    with ThreadPoolExecutor(8) as threads:
        for _ in threads.map(lambda _: portal.call(get), range(200)):
            pass
    assert max(busy) <= 3
    assert portal.call(connections) <= 3


async def connections(partnero: AsyncPartnero) -> int:
    return open_connections(partnero)


def test_context_variables_of_the_caller_are_those_of_the_call(portal: BlockingPartnero) -> None:
    variable = ContextVar[str]("variable")
    variable.set("of the caller")

    async def look(partnero: AsyncPartnero) -> str:
        return variable.get()

    assert portal.call(look) == "of the caller"


# What ends a call


def test_what_making_the_client_raises_comes_from_each_call_until_it_succeeds(url: str) -> None:
    makes: list[Callable[[], AsyncPartnero]] = [
        lambda: AsyncPartnero(base_url=url),
        lambda: AsyncPartnero("sandbox_affiliate", base_url="http://example.com"),
        lambda: AsyncPartnero("sandbox_affiliate", base_url=url),
    ]
    with BlockingPartnero(lambda: makes.pop(0)()) as portal:
        with pytest.raises(ValueError, match="PARTNERO_API_KEY"):
            portal.call(nothing)
        with pytest.raises(ValueError, match="https"):
            portal.call(nothing)
        assert portal.call(nothing) == "done"


def test_what_makes_no_client_is_refused() -> None:
    given: Any = AsyncPartnero("key")
    with pytest.raises(TypeError, match="function that makes the client"):
        BlockingPartnero(given)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr)
def test_what_would_end_an_event_loop_ends_one_call(portal: BlockingPartnero, error: BaseException) -> None:
    async def raises(partnero: AsyncPartnero) -> None:
        raise error

    watched = Watched()
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(portal.call, watched.wait)
        watched.began.wait()
        with pytest.raises(type(error)) as caught:
            portal.call(raises)
        assert caught.value is error
        assert portal.call(nothing) == "done"
        assert not other.done()
        portal.close()
        assert other.exception() is not None


class TimeUp(Exception):
    """What a signal handler raises in the thread that waits, as Celery does at a soft time limit."""


@pytest.fixture
def _time_up() -> Iterator[None]:
    def handle(number: int, frame: FrameType | None) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGUSR1, handle)
    yield
    signal.signal(signal.SIGUSR1, before)


def main_thread_waits() -> bool:
    """Whether the main thread waits for what another one does."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    return frame is not None and frame.f_code.co_name in ("wait", "iterate")


def signal_when_it_waits() -> None:
    while not main_thread_waits():
        os.sched_yield()
    os.kill(os.getpid(), signal.SIGUSR1)


@has_signals
@pytest.mark.usefixtures("_time_up")
def test_a_signal_that_ends_the_waiting_cancels_the_call(portal: BlockingPartnero) -> None:
    watched = Watched()

    async def wait(partnero: AsyncPartnero) -> None:
        threading.Thread(target=signal_when_it_waits).start()
        await watched.wait(partnero)

    with pytest.raises(TimeUp):
        portal.call(wait)
    watched.ended.wait()
    assert portal.call(nothing) == "done"


@has_signals
@pytest.mark.usefixtures("_time_up")
def test_a_signal_that_ends_the_waiting_for_an_item_cancels_the_iteration(portal: BlockingPartnero) -> None:
    watched = Watched()

    async def one_item(partnero: AsyncPartnero) -> AsyncIterator[int]:
        yield 1
        threading.Thread(target=signal_when_it_waits).start()
        await watched.wait(partnero)

    items = portal.iterate(one_item)
    assert next(items) == 1
    with pytest.raises(TimeUp):
        next(items)
    watched.ended.wait()


@has_signals
def test_ctrl_c_cancels_the_call_and_is_a_keyboard_interrupt(url: str) -> None:
    code = """
import asyncio, signal
portal = BlockingPartnero()
cancelled = threading.Event()
async def wait(partnero):
    try:
        await partnero.test()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        await asyncio.sleep(1e6)
    finally:
        cancelled.set()
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    portal.call(wait)
except KeyboardInterrupt:
    cancelled.wait()
    print("cancelled")
    raise
"""
    ran = run_script(code, url)
    assert ran.stdout == "cancelled\n"
    assert ran.returncode == -signal.SIGINT
    assert ran.stderr.splitlines()[-1] == "KeyboardInterrupt"


# Iterating


def test_lists_pages_streams_and_generators_are_iterated_over(portal: BlockingPartnero) -> None:
    customers = [*portal.iterate(lambda partnero: partnero.customers.list())]
    assert [customer.key for customer in customers] == [f"customer_{n:06d}" for n in range(1, 301)]
    pages = [*portal.iterate(lambda partnero: partnero.customers.list(limit=150).pages())]
    assert [len(page) for page in pages] == [150, 150]
    outcomes = [*portal.iterate(lambda partnero: partnero.customers.stream([KEY, "nobody"], ordered=True))]
    assert [type(outcome) for outcome in outcomes] == [Found, Missing]
    assert [*portal.iterate(lambda partnero: partnero.customers.list().prefetch(2))] == customers

    async def keys(partnero: AsyncPartnero) -> AsyncIterator[str]:
        async with partnero.customers.list().prefetch(2) as prefetched:
            async for customer in prefetched:
                yield customer.key

    assert [*portal.iterate(keys)] == [customer.key for customer in customers]


def test_an_item_is_asked_for_when_the_one_before_was_used(portal: BlockingPartnero) -> None:
    watched = Watched()
    for item in portal.iterate(watched.count):
        portal.call(nothing)  # whatever the event loop has to do is done before
        assert watched.given == item
        if item == 5:
            break


def test_what_is_iterated_over_is_closed_when_the_loop_is_left(portal: BlockingPartnero) -> None:
    watched = Watched()
    for _ in portal.iterate(watched.count):
        break
    assert watched.ended.is_set()

    with pytest.raises(ZeroDivisionError):
        for _ in portal.iterate(lambda partnero: partnero.customers.list(limit=1).prefetch(3)):
            raise ZeroDivisionError

    async def under_way(partnero: AsyncPartnero) -> tuple[int, int]:
        return partnero.load.in_flight, partnero.load.waiting_in_jobs

    assert portal.call(under_way) == (0, 0)


def test_an_error_comes_after_the_items_before_it(portal: BlockingPartnero) -> None:
    async def two_items(partnero: AsyncPartnero) -> AsyncIterator[int]:
        yield 1
        yield 2
        await partnero.customers.get("nobody")

    items = list[int]()
    with pytest.raises(NotFoundError):
        items.extend(portal.iterate(two_items))
    assert items == [1, 2]


def test_an_error_of_closing_is_raised_where_the_loop_is_left(portal: BlockingPartnero) -> None:
    async def not_to_be_left(partnero: AsyncPartnero) -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            raise ZeroDivisionError

    items = portal.iterate(not_to_be_left)
    assert next(items) == 1
    with pytest.raises(ZeroDivisionError):
        items.close()


def test_an_iteration_that_is_dropped_on_the_event_loop_is_closed_without_a_wait(
    portal: BlockingPartnero,
) -> None:
    watched = Watched()
    items = deque([portal.iterate(watched.count)])
    assert next(items[0]) == 1

    async def drop(partnero: AsyncPartnero) -> None:
        items.clear()

    portal.call(drop)
    watched.ended.wait()


def test_a_portal_is_used_while_an_iteration_that_is_collected_has_its_lock(portal: BlockingPartnero) -> None:
    watched = Watched()
    items = portal.iterate(watched.count)
    assert next(items) == 1
    with portal._place._lock:  # as where the collector comes in the middle of a call
        items.close()
    assert watched.ended.is_set()


# Where there is an event loop


def test_in_a_thread_with_an_event_loop_it_is_refused(portal: BlockingPartnero) -> None:
    async def call() -> None:
        with pytest.raises(UsageError, match="await the calls of an AsyncPartnero"):
            portal.call(nothing)
        with pytest.raises(UsageError, match="await the calls of an AsyncPartnero"):
            next(portal.iterate(lambda partnero: partnero.customers.list()))

    asyncio.run(call())
    trio.run(call)
    assert repr(portal) == "<BlockingPartnero, not used yet>"


def test_in_a_call_it_is_refused_but_in_a_thread_of_that_it_is_not(portal: BlockingPartnero) -> None:
    async def inside(partnero: AsyncPartnero) -> str:
        with pytest.raises(UsageError, match="runs in this thread"):
            portal.call(nothing)
        with pytest.raises(UsageError, match="cannot close the portal"):
            portal.close()
        return await anyio.to_thread.run_sync(portal.call, nothing)

    assert portal.call(inside) == "done"


# The end


def test_after_closing_calls_are_refused(portal: BlockingPartnero) -> None:
    half_way = portal.iterate(lambda partnero: partnero.customers.list())
    next(half_way)
    portal.close()
    portal.close()
    with pytest.raises(UsageError, match="the portal is closed"):
        portal.call(nothing)
    with pytest.raises(UsageError, match="the portal is closed"):
        next(portal.iterate(lambda partnero: partnero.customers.list()))
    with pytest.raises(UsageError, match="during the iteration"):
        next(half_way)


def test_a_portal_that_was_not_used_has_nothing_to_close() -> None:
    portal = BlockingPartnero()
    portal.close()
    with pytest.raises(UsageError, match="the portal is closed"):
        portal.call(nothing)


def test_closing_ends_what_is_under_way(portal: BlockingPartnero) -> None:
    calls = Watched(), Watched()
    asking = threading.Event()

    async def ask(partnero: AsyncPartnero) -> None:
        asking.set()
        while True:
            await partnero.test()

    with ThreadPoolExecutor(4) as threads:
        ends = [threads.submit(portal.call, watched.wait) for watched in calls]
        ends.append(threads.submit(portal.call, ask))
        for began in (asking, *(watched.began for watched in calls)):
            began.wait()
        portal.close()
        for end in ends:
            assert isinstance(end.exception(), UsageError)
    assert all(watched.ended.is_set() for watched in calls)


def test_closing_ends_the_thread(portal: BlockingPartnero) -> None:
    thread = portal.call(this_thread)
    assert thread.daemon
    portal.close()
    assert not thread.is_alive()


async def this_thread(partnero: AsyncPartnero) -> threading.Thread:
    return threading.current_thread()


def test_a_portal_that_nobody_has_any_more_warns_and_ends_its_thread(url: str) -> None:
    portal = BlockingPartnero(lambda: AsyncPartnero("sandbox_affiliate", base_url=url))
    thread = portal.call(this_thread)
    with pytest.warns(ResourceWarning, match="unclosed <BlockingPartnero, open>"):
        del portal
        gc.collect()
    thread.join()


AT_EXIT = {
    "used": "portal.call(lambda partnero: partnero.test())",
    "by a thread": "portal.call(lambda partnero: partnero.test())\n"
    "threading.Thread(target=portal.call, args=[forever], daemon=True).start()\nbegan.wait()",
    "half-way": "items = portal.iterate(lambda partnero: partnero.customers.list())\nnext(items)",
    "deaf": "threading.Thread(target=portal.call, args=[deaf], daemon=True).start()\nbegan.wait()",
    "in an exit handler": "import atexit\n"
    "atexit.register(lambda: portal.call(lambda partnero: partnero.test()))\n"
    "portal.call(lambda partnero: partnero.test())",
    "by a thread that goes on": "def go_on():\n    main.join()\n"
    "    portal.call(lambda partnero: partnero.test())\n"
    "main = threading.current_thread()\nthreading.Thread(target=go_on).start()",
}


@pytest.mark.parametrize("use", AT_EXIT.values(), ids=AT_EXIT)
def test_a_process_ends_without_a_word_though_nobody_closed_the_portal(use: str, url: str) -> None:
    code = """
import asyncio
portal = BlockingPartnero()
began = threading.Event()
async def forever(partnero):
    began.set()
    await asyncio.sleep(1e6)
async def deaf(partnero):
    began.set()
    time.sleep(1e6)
threading.excepthook = lambda _: None  # a daemon's call that was ended
"""
    ran = run_script(code + use, url)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_at_exit_a_call_under_way_is_cancelled_before_the_process_ends(url: str) -> None:
    code = """
import asyncio
began = threading.Event()
async def forever(partnero):
    try:
        began.set()
        await asyncio.sleep(1e6)
    finally:
        print(partnero)
portal = BlockingPartnero()
threading.excepthook = lambda _: None
threading.Thread(target=portal.call, args=[forever], daemon=True).start()
began.wait()
"""
    ran = run_script(code, url)
    # It is closed before what is left is cancelled.
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"<AsyncPartnero {url} closed>\n", "")


# Forks


FORKED = """
import asyncio, json
made = []
def make():
    made.append(os.getpid())
    return AsyncPartnero(retries=0, max_concurrency=1, preload=True)
portal = BlockingPartnero(make)
def get(number):
    return portal.call(lambda partnero: partnero.customers.get(f"customer_{number:06d}")).key
def in_child(function):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, json.dumps(function()).encode())
        sys.exit(0)
    status = os.waitpid(child, 0)[1]
    os.close(write)
    with open(read) as told:
        return [status, *json.load(told)]
"""


@can_fork
def test_a_forked_process_makes_a_client_of_its_own_and_leaves_that_of_its_parent(url: str) -> None:
    code = """
def grandchild():
    return [get(4), len(made)]
def child():
    return [get(3), len(made), in_child(grandchild), get(5)]
print(json.dumps([get(1), in_child(child), get(2), len(made)]))
portal.close()
"""
    ran = run_script(FORKED + code, url)
    assert (ran.returncode, ran.stderr) == (0, "")
    told = '["customer_000001", [0, "customer_000003", 2, [0, "customer_000004", 3], "customer_000005"], '
    assert ran.stdout == f'{told}"customer_000002", 1]\n'


@can_fork
def test_a_process_that_is_forked_amid_calls_makes_calls_and_ends(url: str) -> None:
    # The first call is over: to fork while another thread imports is no good idea in any Python.
    code = """
get(1)
over = threading.Event()
def hammer(number):
    while not over.is_set():
        assert get(number) == f"customer_{number:06d}"
threads = [threading.Thread(target=hammer, args=[number]) for number in (1, 2, 3)]
for thread in threads:
    thread.start()
children = [in_child(lambda: [get(7), get(8)]) for _ in range(8)]
over.set()
for thread in threads:
    thread.join()
assert children == [[0, "customer_000007", "customer_000008"]] * 8, children
"""
    ran = run_script(FORKED + code, url)
    assert (ran.returncode, ran.stderr) == (0, "")


@can_fork
def test_a_lock_that_another_thread_held_at_the_fork_holds_nobody_up(url: str) -> None:
    code = """
get(1)
held, over = threading.Event(), threading.Event()
def hold():
    with portal._place._lock:
        held.set()
        over.wait()
thread = threading.Thread(target=hold)
thread.start()
held.wait()
print(in_child(lambda: [get(2)]))
over.set()
thread.join()
"""
    ran = run_script(FORKED + code, url)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "[0, 'customer_000002']\n", "")


@can_fork
def test_an_iteration_goes_on_in_the_process_that_began_it_and_in_no_other(url: str) -> None:
    code = """
items = portal.iterate(lambda partnero: partnero.customers.list(limit=10))
next(items)
def child():
    try:
        next(items)
    except UsageError as error:
        return [str(error), get(3)]
print(in_child(child))
print(len([*items]))
"""
    ran = run_script(FORKED + code, url)
    told = "the portal was closed, or this process forked, during the iteration"
    assert ran.stdout == f"[0, '{told}', 'customer_000003']\n299\n"
    assert ran.returncode == 0


@can_fork
def test_workers_that_are_forked_after_a_call_serve_and_are_stopped(url: str, tmp_path: Path) -> None:
    """As servers do that load the application before they fork."""
    code = """
import signal, socket
listener = socket.create_server(("127.0.0.1", 0))
get(1)
def serve():
    def stop(number, frame):
        listener.close()
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(f"{os.getpid()} {get(int(connection.recv(100)))}".encode())
workers = set()
for _ in range(2):
    child = os.fork()
    if child == 0:
        serve()
    workers.add(child)
seen = set()
while seen != workers:
    with socket.create_connection(listener.getsockname()) as browser:
        browser.sendall(b"9")
        worker, key = browser.recv(100).split()
        assert key == b"customer_000009"
        seen.add(int(worker))
for worker in workers:
    os.kill(worker, signal.SIGTERM)
    assert os.waitpid(worker, 0)[1] == 0
listener.close()
assert get(2) == "customer_000002"
assert made == [os.getpid()]
"""
    ran = run_script(FORKED + code, url)
    assert (ran.returncode, ran.stderr) == (0, "")
