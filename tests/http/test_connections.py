"""Connections that were idle, delivered in odd pieces, or answered a moment too late: on every engine."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from partnero_async import AsyncPartnero, ConnectionLostError, PartneroError, Ref, RequestTimeoutError
from partnero_async._http.engines.contract import IDLE_SECONDS, MOST_IDLE_SECONDS, idle_limit
from partnero_async._http.engines.idle import Idle
from partnero_async._http.engines.names import Names

from ..engines import ENGINES
from ..raw_server import Exchange, customer, raw_server, response
from ..sockets import partnero_at
from ..until import until

on_every_engine = pytest.mark.parametrize("engine", ENGINES)


# How long a connection may be idle.


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("", IDLE_SECONDS),
        ("max=100", IDLE_SECONDS),
        ("timeout=soon", IDLE_SECONDS),
        ("timeout=5", 4),
        ("timeout=2, max=100", 1),
        ("max=100, Timeout = 15", 14),
        ('timeout="15"', 14),
        ("timeout=1", 0),
        ("timeout=0", -1),
        ("timeout=75", MOST_IDLE_SECONDS),
        ("timeout=999999999", MOST_IDLE_SECONDS),
    ],
)
def test_a_connection_is_used_again_for_a_little_less_than_the_server_keeps_it(
    told: str, seconds: float
) -> None:
    assert idle_limit(told) == min(seconds, MOST_IDLE_SECONDS)


@on_every_engine
@pytest.mark.asyncio
async def test_a_server_that_keeps_no_connection_is_sent_each_request_over_a_new_one(engine: str) -> None:
    async def brief(exchange: Exchange) -> None:
        body = b'{"data":{"key":"%s"}}' % exchange.key.encode()
        await exchange.send(response(body, headers="Keep-Alive: timeout=1\r\n"))

    async with raw_server(brief) as server, partnero_at(server, engine=engine) as partnero:
        for key in ("a", "b", "c"):
            assert (await partnero.customers.get(key)).key == key
        assert server.connections == 3


# What died while it was idle.


def swallowing(silent: Callable[[Exchange], bool]) -> Callable[[Exchange], Any]:
    async def answer(exchange: Exchange) -> None:
        if silent(exchange):
            exchange.reset()
        else:
            await exchange.send(customer(exchange.key))

    return answer


@on_every_engine
@pytest.mark.asyncio
async def test_connections_that_died_together_cost_a_call_one_new_one_and_no_retry(engine: str) -> None:
    arrived = asyncio.Event()
    dead = set[asyncio.StreamWriter]()

    async def answer(exchange: Exchange) -> None:
        if server.in_flight == 5:
            arrived.set()
        if exchange._writer in dead:
            exchange.reset()
            return
        await arrived.wait()
        known.add(exchange._writer)
        await exchange.send(customer(exchange.key))

    known = set[asyncio.StreamWriter]()
    async with raw_server(answer) as server, partnero_at(server, engine=engine, retries=0) as partnero:
        await asyncio.gather(*(partnero.customers.get(f"c{n}") for n in range(5)))
        assert server.connections == 5
        dead |= known
        for key in ("after_1", "after_2", "after_3"):
            assert (await partnero.customers.get(key)).key == key
        assert server.connections <= (8 if engine == "aiohttp" else 6)


@on_every_engine
@pytest.mark.asyncio
async def test_a_change_that_left_over_a_dead_connection_is_in_doubt_and_not_sent_again(engine: str) -> None:
    answer = swallowing(lambda exchange: exchange.method == "POST")
    async with raw_server(answer) as server, partnero_at(server, engine=engine) as partnero:
        await partnero.customers.get("c")
        with pytest.raises(ConnectionLostError) as lost:
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    assert lost.value.in_doubt
    assert [method for method, _ in server.requests] == ["GET", "POST"]


@on_every_engine
@pytest.mark.asyncio
async def test_a_server_that_always_breaks_off_is_asked_no_more_often_than_allowed(engine: str) -> None:
    answer = swallowing(lambda exchange: exchange.key != "first")
    async with raw_server(answer) as server, partnero_at(server, engine=engine, retries=1) as partnero:
        await partnero.customers.get("first")
        with pytest.raises(ConnectionLostError) as lost:
            await partnero.customers.get("c")
    # The first try was over the connection that had been idle: one more than 1 + retries.
    assert lost.value.attempts == len(server.requests) - 1 == 3


@on_every_engine
@pytest.mark.asyncio
async def test_a_connection_that_the_server_ends_is_closed_although_nobody_calls(engine: str) -> None:
    async def once(exchange: Exchange) -> None:
        await exchange.send(customer(exchange.key))
        exchange.hang_up()

    async with raw_server(once) as server, partnero_at(server, engine=engine) as partnero:
        await partnero.customers.get("c")
        # The server sees the end of it only when the client closes its side, too.
        await until(lambda: server.open_connections == 0)


# However an event loop cuts what it receives.


def answer_of(size: int) -> bytes:
    """A whole answer of exactly so many bytes."""
    body = b'{"data":{"key":"big","pad":"%s"}}'
    for pad in range(size - 200, size):
        whole = response(body % (b"x" * pad))
        if len(whole) == size:
            return whole
    raise AssertionError


def factory_of(loop: str) -> Any:
    """What makes an event loop of a kind."""
    if loop == "asyncio":
        return asyncio.new_event_loop
    return pytest.importorskip("uvloop", reason="uvloop has no wheel for this Python").new_event_loop


@pytest.mark.parametrize("size", [64 * 1024, 256_000, 256 * 1024])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@on_every_engine
def test_a_surplus_that_begins_where_a_piece_ends_answers_nobody(engine: Any, loop: str, size: int) -> None:
    surplus = customer("SOMEBODY ELSE")
    sent = threading.Event()

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_000_000)
        head = b""
        with connection, suppress(OSError):
            while data := connection.recv(65536):
                head += data
                if not head.endswith(b"\r\n\r\n"):
                    continue
                key, head = head.split()[1].rsplit(b"/", 1)[-1].decode(), b""
                whole = answer_of(size) if key in ("big", "trap") else customer(key)
                connection.sendall(whole + (surplus if key == "trap" else b""))
                if key == "trap":
                    sent.set()

    async def calls(base_url: str) -> str:
        async with AsyncPartnero("key", base_url=base_url, engine=engine) as partnero:
            for _ in range(20):  # the kernel lets the receive window grow
                await partnero.customers.get("big")
            trap = asyncio.ensure_future(partnero.customers.get("trap"))
            await asyncio.sleep(0)
            # The loop is busy until all bytes are there, so that it receives them in one piece.
            asyncio.get_running_loop().call_later(0.02, sent.wait, 5)
            await asyncio.wait([trap])
            return (await partnero.customers.get("mine")).key

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with asyncio.Runner(loop_factory=factory_of(loop)) as runner:
            assert runner.run(calls(base_url)) == "mine"


# One turn of the event loop late.


@pytest.mark.parametrize(
    ("engine", "loop", "where"),
    [
        *((engine, loop, "timer") for engine in ENGINES for loop in ("asyncio", "uvloop")),
        # After what is called of a socket, uvloop looks at its timers first: the other engines are cancelled.
        *((engine, "asyncio", "socket") for engine in ENGINES),
        *((engine, "uvloop", "socket") for engine in ENGINES if engine == "httptools"),
    ],
)
def test_an_answer_that_is_there_when_the_time_is_up_is_used(engine: Any, loop: str, where: str) -> None:
    asked, answered = threading.Event(), threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            for _ in range(2):
                head = b""
                while b"\r\n\r\n" not in head or not (head.endswith(b"}") or head.startswith(b"GET")):
                    head += connection.recv(65536)
                if not head.startswith(b"GET"):
                    asked.wait(10)
                connection.sendall(response(b'{"data":{"key":"c"},"status":1}'))
            answered.set()
            connection.recv(1)

    def busy() -> None:
        asked.set()
        answered.wait(10)
        time.sleep(0.4)  # beyond the timeout, which nothing else brings about

    async def sale(base_url: str) -> str:
        async with AsyncPartnero("key", base_url=base_url, engine=engine, timeout=0.3, retries=0) as partnero:
            await partnero.customers.get("c")
            event_loop = asyncio.get_running_loop()
            event_loop.add_reader(loop_side, lambda: (loop_side.recv(1), busy()))
            event_loop.call_later(0.05, *((busy,) if where == "timer" else (other_side.send, b"x")))
            try:
                return str((await partnero.transactions.create(customer=Ref(key="c"), amount=1)).key)
            except PartneroError as error:
                return repr(error)
            finally:
                event_loop.remove_reader(loop_side)

    loop_side, other_side = socket.socketpair()
    with loop_side, other_side, socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with asyncio.Runner(loop_factory=factory_of(loop)) as runner:
            assert runner.run(sale(base_url)) == "c"


@pytest.mark.asyncio
@on_every_engine
async def test_a_change_whose_time_is_over_before_it_leaves_is_not_sent(engine: str) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send_customer()

    async with raw_server(answer) as server, partnero_at(server, engine=engine, retries=0) as partnero:
        await partnero.customers.get("c")
        hasty = partnero.with_options(timeout=0.2)
        sale = asyncio.create_task(hasty.transactions.create(customer=Ref(key="c"), amount=1))
        asyncio.get_running_loop().call_soon(time.sleep, 0.3)  # while the call lets others have a turn
        with pytest.raises(RequestTimeoutError) as caught:
            await sale
        assert not caught.value.in_doubt
        assert [method for method, _ in server.requests] == ["GET"]
        await partnero.customers.get("c")


@pytest.mark.asyncio
async def test_a_shorter_limit_is_kept_beside_a_longer_one() -> None:
    closed = list[str]()
    idle = Idle[Any](lambda connection: closed.append(connection.name))
    now = asyncio.get_running_loop().time()
    idle.put(SimpleNamespace(name="long"), now, 30)
    idle.put(SimpleNamespace(name="short"), now, 0.05)
    await until(lambda: closed)
    assert closed == ["short"]
    assert [connection.name for connection in idle.pop_all()] == ["long"]


# Addresses.


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("engine", ["httpx", "httptools"])
def test_who_is_cancelled_between_two_addresses_leaves_nothing_open(
    engine: Any, loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def addresses(host: str, port: int) -> tuple[str, ...]:
        return ("127.0.0.2", "127.0.0.1")  # of which the first refuses

    async def answer(exchange: Exchange) -> None:
        await exchange.send_customer()

    async def cancel_after_each_turn() -> None:
        clients = list[AsyncPartnero]()  # so that no garbage collector closes what they forget
        async with raw_server(answer) as server:
            for turns in range(60):
                partnero = AsyncPartnero(
                    "key", base_url=f"http://localhost:{server.port}/v1", engine=engine, retries=0
                )
                clients.append(partnero)
                call = asyncio.create_task(partnero.customers.get("c"))
                for _ in range(turns):
                    await asyncio.sleep(0)
                call.cancel()
                with suppress(asyncio.CancelledError):
                    await call
                await partnero.aclose()
            await until(lambda: server.open_connections == 0)

    monkeypatch.setattr("partnero_async._http.engines.names._look_up", addresses)
    with asyncio.Runner(loop_factory=factory_of(loop)) as runner:
        runner.run(cancel_after_each_turn())


# Name look-ups.


class Resolver:
    """Answers each look-up after a second, from the virtual clock; the first ones may fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failures: int = 0) -> None:
        self.asked = 0
        self._failures = failures
        monkeypatch.setattr("partnero_async._http.engines.names._look_up", self.look_up)

    async def look_up(self, host: str, port: int) -> tuple[str, ...]:
        self.asked += 1
        await anyio.sleep(1)
        if self.asked <= self._failures:
            raise OSError("no such name")
        return ("127.0.0.1",)


@pytest.mark.anyio
async def test_a_burst_of_connections_asks_the_resolver_once(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch)
    names = Names("partnero.test", 443)
    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(names.addresses)
    assert resolver.asked == 1
    assert await names.addresses() == ("127.0.0.1",)
    assert resolver.asked == 1


@pytest.mark.anyio
async def test_addresses_are_asked_for_anew_after_a_while_and_when_none_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolver = Resolver(monkeypatch)
    names = Names("partnero.test", 443)
    await names.addresses()
    await anyio.sleep(11)
    await names.addresses()
    assert resolver.asked == 2
    names.forget()
    await names.addresses()
    assert resolver.asked == 3


@pytest.mark.anyio
async def test_whoever_waits_for_a_look_up_that_fails_or_is_cancelled_asks_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolver = Resolver(monkeypatch, failures=1)
    names = Names("partnero.test", 443)
    failed = list[str]()

    async def ask() -> None:
        try:
            await names.addresses()
        except OSError as error:
            failed.append(str(error))

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(ask)
    assert failed == ["no such name"]
    assert resolver.asked == 2
    names.forget()
    async with anyio.create_task_group() as group:
        with anyio.move_on_after(0.5):
            await names.addresses()
        group.start_soon(ask)
    assert failed == ["no such name"]
