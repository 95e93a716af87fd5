"""Connections, over real sockets: each request has one alone, and only a clean one is used again."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import ssl
from typing import Any

import anyio
import httpx
import pytest
import trustme

from partnero_async import (
    AsyncPartnero,
    ConnectError,
    ConnectionLostError,
    Customer,
    Ref,
    RequestTimeoutError,
    StatusError,
    UsageError,
)
from partnero_async._http.engines.httpx.tcp import LoopStream
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

from ..raw_server import Exchange, customer, raw_server, response
from ..sockets import contexts, grow_cold, open_connections, partnero_at
from ..until import until

pytestmark = pytest.mark.asyncio


async def plainly(exchange: Exchange) -> None:
    await exchange.send_customer()


async def test_calls_one_after_the_other_share_one_connection(tls: Any) -> None:
    async with raw_server(plainly, tls=tls[0]) as server, partnero_at(server, tls[1]) as partnero:
        for number in range(20):
            assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"
        assert server.connections == 1


async def test_there_are_never_more_connections_than_the_client_may_have(tls: Any) -> None:
    async with (
        raw_server(plainly, tls=tls[0]) as server,
        partnero_at(server, tls[1], max_concurrency=7) as partnero,
    ):
        await asyncio.gather(*(partnero.customers.get(f"c{n}") for n in range(100)))
        assert server.most_connections <= 7


async def test_closing_the_client_closes_its_connections(tls: Any) -> None:
    async with raw_server(plainly, tls=tls[0]) as server:
        async with partnero_at(server, tls[1]) as partnero:
            await asyncio.gather(*(partnero.customers.get(f"c{n}") for n in range(10)))
            assert server.open_connections > 0
        await until(lambda: server.open_connections == 0)


SURPLUS = customer("somebody-else")


async def test_a_surplus_answer_never_answers_another_call(tls: Any) -> None:
    async def generously(exchange: Exchange) -> None:
        await exchange.send_customer(surplus=SURPLUS)

    async with raw_server(generously, tls=tls[0]) as server, partnero_at(server, tls[1]) as partnero:
        for number in range(50):
            assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"


async def test_a_surplus_that_comes_between_two_calls_answers_neither(tls: Any) -> None:
    read, sent = asyncio.Event(), asyncio.Event()

    async def belatedly(exchange: Exchange) -> None:
        await exchange.send_customer()
        await read.wait()
        read.clear()
        await exchange.send(SURPLUS)
        sent.set()

    async with raw_server(belatedly, tls=tls[0]) as server, partnero_at(server, tls[1]) as partnero:
        for number in range(10):
            assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"
            read.set()
            await sent.wait()
            sent.clear()


async def test_a_surplus_cut_off_by_the_reading_size_never_answers_another_call() -> None:
    # asyncio receives up to 256 KiB at once; what a smaller read leaves of them is in no socket any more.
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
    for total in (64 * 1024, 128 * 1024, 256 * 1024):

        async def exactly(exchange: Exchange, total: int = total) -> None:
            data = b'{"data":{"key":"%s"}}' % exchange.key.encode()
            size = total - len(head % total)
            await exchange.send(head % size + data.ljust(size) + SURPLUS)

        async with raw_server(exactly) as server, partnero_at(server) as partnero:
            for number in range(5):
                assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"


async def test_a_connection_that_the_server_closed_is_not_used_again(tls: Any) -> None:
    async def once(exchange: Exchange) -> None:
        await exchange.send_customer()
        exchange.hang_up()

    async with raw_server(once, tls=tls[0]) as server, partnero_at(server, tls[1], retries=0) as partnero:
        for number in range(10):
            assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"
            await until(lambda: server.open_connections == 0)
        assert server.connections == 10


async def test_a_connection_closed_by_announcement_is_not_used_again() -> None:
    async def once(exchange: Exchange) -> None:
        await exchange.send(response(b'{"data":{"key":"c"}}', headers="Connection: close\r\n"))

    async with raw_server(once) as server, partnero_at(server, retries=0) as partnero:
        await partnero.customers.get("c")
        await partnero.customers.get("c")
        assert server.connections == 2


async def test_a_request_that_timed_out_takes_its_connection_with_it(tls: Any) -> None:
    async def stall(exchange: Exchange) -> None:
        if exchange.key == "slow":
            await exchange.send(customer("slow")[:-5])
            await asyncio.sleep(60)
        await exchange.send_customer()

    async with raw_server(stall, tls=tls[0]) as server:
        async with partnero_at(server, tls[1], retries=0) as partnero:
            with pytest.raises(RequestTimeoutError):
                await partnero.with_options(timeout=0.05).customers.get("slow")
            assert open_connections(partnero) == 0
            assert (await partnero.customers.get("c")).key == "c"


async def test_an_answer_cut_short_is_a_lost_connection(tls: Any) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.send(customer("c")[:-5])
        exchange.hang_up()

    async with raw_server(cut, tls=tls[0]) as server, partnero_at(server, tls[1], retries=0) as partnero:
        with pytest.raises(ConnectionLostError, match="complete"):
            await partnero.customers.get("c")


async def test_nothing_is_sent_after_the_client_closed_while_it_connected(authority: trustme.CA) -> None:
    tls, verify = contexts(authority)
    async with raw_server(plainly) as server:
        server.handshake = tls
        server.handshake_delay = lambda: 0.1
        async with partnero_at(server, verify) as partnero:
            call = asyncio.create_task(partnero.customers.delete("a"))
            await until(lambda: server.connections)
        with pytest.raises(UsageError) as caught:
            await call
        await until(lambda: server.open_connections == 0)
    assert not caught.value.in_doubt
    assert server.requests == []


@pytest.mark.parametrize("status", ["404 Not Found", "422 Unprocessable", "429 Too Many"])
async def test_a_refusal_whose_body_is_cut_is_still_a_refusal(status: str) -> None:
    async def cut(exchange: Exchange) -> None:
        await exchange.send(f"HTTP/1.1 {status}\r\nContent-Length: 50\r\n\r\n{{".encode())
        exchange.hang_up()

    async with raw_server(cut) as server, partnero_at(server, retries=0) as partnero:
        with pytest.raises(StatusError) as caught:
            await partnero.customers.delete("a")
    assert caught.value.status == int(status[:3])
    assert not caught.value.in_doubt


async def test_nobody_listening_is_a_connect_error_that_names_the_cause() -> None:
    async with raw_server(plainly) as server:
        pass
    async with partnero_at(server, retries=0) as partnero:
        with pytest.raises(ConnectError, match=r"could not connect: .*Errno"):
            await partnero.customers.get("c")


async def test_a_certificate_that_is_not_trusted_is_a_connect_error(authority: trustme.CA) -> None:
    context, _ = contexts(authority)
    async with raw_server(plainly, tls=context) as server:
        async with partnero_at(server, ssl.create_default_context(), retries=0) as partnero:
            with pytest.raises(ConnectError, match="certificate"):
                await partnero.customers.get("c")


async def test_cold_connections_are_closed_by_later_calls() -> None:
    gate = asyncio.Event()

    async def together(exchange: Exchange) -> None:
        if exchange.server.in_flight == 10:
            gate.set()
        await gate.wait()
        await exchange.send_customer()

    async with raw_server(together) as server, partnero_at(server) as partnero:
        await asyncio.gather(*(partnero.customers.get(f"c{n}") for n in range(10)))
        assert open_connections(partnero) == 10
        grow_cold(partnero)
        for number in range(6):
            await partnero.customers.get(f"c{number}")
        assert open_connections(partnero) == 1
        await until(lambda: server.open_connections == 1)


async def test_after_a_burst_no_dead_socket_is_kept() -> None:
    arrived, writers = asyncio.Event(), list[asyncio.StreamWriter]()

    async def together(exchange: Exchange) -> None:
        if exchange.server.in_flight == 50:
            arrived.set()
        await arrived.wait()
        await exchange.send_customer()

    async with raw_server(together) as server, partnero_at(server, max_concurrency=50) as partnero:
        server.on_connect = writers.append
        await asyncio.gather(*(partnero.customers.get(f"c{n}") for n in range(50)))
        assert open_connections(partnero) == 50
        # The server closes what is idle, as servers do.
        for writer in writers:
            writer.close()
        grow_cold(partnero)
        for number in range(26):
            assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"
        assert open_connections(partnero) == 1
        await until(lambda: server.open_connections == 1)


async def test_calls_that_end_together_close_cold_connections_together() -> None:
    async with raw_server(plainly) as server, partnero_at(server) as partnero:
        for _ in range(20):
            await asyncio.gather(*(partnero.customers.get(f"c{n}") for n in range(60)))
            grow_cold(partnero)
        await until(lambda: server.open_connections == open_connections(partnero))


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_no_call_is_sent_on_a_connection_that_was_idle_for_too_long(method: str) -> None:
    async def done(exchange: Exchange) -> None:
        await exchange.send(response(b'{"status":1}'))

    async with raw_server(done) as server, partnero_at(server) as partnero:
        await partnero.request(method, ("customers", "a"))
        await partnero.request(method, ("customers", "b"))
        assert server.connections == 1
        grow_cold(partnero)
        await partnero.request(method, ("customers", "c"))
        assert server.connections == 2


async def test_a_delete_does_not_use_a_connection_that_the_server_closed() -> None:
    async def once(exchange: Exchange) -> None:
        await exchange.send(response(b'{"status":1}'))
        exchange.hang_up()

    async with raw_server(once) as server, partnero_at(server) as partnero:
        await partnero.customers.delete("a")
        await until(lambda: server.open_connections == 0)
        await partnero.customers.delete("b")
        assert server.connections == 2
    assert server.requests == [("DELETE", "a"), ("DELETE", "b")]


async def test_a_delete_whose_answer_is_lost_is_sent_once_and_in_doubt(tls: Any) -> None:
    async def lose(exchange: Exchange) -> None:
        exchange.reset()

    async with raw_server(lose, tls=tls[0]) as server, partnero_at(server, tls[1], retries=5) as partnero:
        with pytest.raises(ConnectionLostError) as caught:
            await partnero.customers.delete("a")
    assert caught.value.in_doubt
    assert len(server.requests) == 1


async def test_a_delete_that_timed_out_while_connecting_is_not_in_doubt() -> None:
    # A server that does not speak TLS never answers the handshake: no byte of the request is written.
    async with raw_server(plainly) as server:
        settings: dict[str, Any] = {"timeout": 0.05, "retries": 1}
        async with partnero_at(server, ssl.create_default_context(), **settings) as partnero:
            with pytest.raises(RequestTimeoutError) as caught:
                await partnero.customers.delete("a")
    assert not caught.value.in_doubt
    assert caught.value.attempts == 2


async def test_a_long_chain_of_mixed_answers_keeps_every_key_with_its_record() -> None:
    choices = random.Random(1)

    async def mixed(exchange: Exchange) -> None:
        body = b'{"data":{"key":"%s"}}' % exchange.key.encode()
        match choices.randrange(5):
            case 0:
                await exchange.send(response(body))
            case 1:
                chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
                await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            case 2:
                await exchange.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(body))
            case 3:
                await exchange.send(b"HTTP/1.1 200 OK\r\n\r\n" + body)
                exchange.hang_up()
            case _:
                await exchange.send(response(body) + SURPLUS)

    async with raw_server(mixed) as server, partnero_at(server, max_concurrency=5) as partnero:
        keys = [f"c{n}" for n in range(500)]
        batch = await partnero.customers.get_many(keys)
    assert [found.key for found in batch.found.values()] == list(batch.found) == keys


async def test_half_of_all_calls_cancelled_at_random_leaves_nothing_behind(tls: Any) -> None:
    choices = random.Random(2)

    async def slowly(exchange: Exchange) -> None:
        whole = customer(exchange.key)
        await asyncio.sleep(choices.random() * 0.004)
        await exchange.send(whole[:20])
        await asyncio.sleep(choices.random() * 0.002)
        await exchange.send(whole[20:])

    async with raw_server(slowly, tls=tls[0]) as server:
        gc.collect()
        descriptors = len(os.listdir("/proc/self/fd"))
        async with partnero_at(server, tls[1], max_concurrency=10) as partnero:

            async def call(number: int) -> None:
                task = asyncio.create_task(partnero.customers.get(f"c{number}"))
                if number % 2:
                    await asyncio.sleep(choices.choice([0, 0, choices.random() * 0.05]))
                    task.cancel()
                (got,) = await asyncio.gather(task, return_exceptions=True)
                assert isinstance(got, asyncio.CancelledError) or got.key == f"c{number}"  # type: ignore[union-attr]

            for start in range(0, 1000, 50):
                await asyncio.gather(*map(call, range(start, start + 50)))
            for number in range(20):
                assert isinstance(await partnero.customers.get(f"c{number}"), Customer)
            assert partnero._caller.session.gate.in_flight == 0
            assert open_connections(partnero) <= 10
        await until(lambda: server.open_connections == 0)
        await until(lambda: len(os.listdir("/proc/self/fd")) == descriptors)
        assert len(asyncio.all_tasks()) == 1


async def test_a_connection_over_which_a_request_did_not_leave_whole_takes_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = LoopStream.send

    async def send_no_body(self: LoopStream, item: bytes) -> None:
        if item.startswith(b"{"):
            raise anyio.BrokenResourceError
        await send(self, item)

    def refuse(writer: asyncio.StreamWriter) -> None:
        said = response(b"", status="413 Content Too Large")
        asyncio.get_running_loop().call_later(0.05, writer.write, said)

    monkeypatch.setattr(LoopStream, "send", send_no_body)
    async with raw_server(plainly) as server, partnero_at(server) as partnero:
        server.on_connect = refuse
        with pytest.raises(StatusError) as caught:
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
        assert caught.value.status == 413
        assert open_connections(partnero) == 0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
async def test_the_transport_runs_on_asyncio_and_trio(backend: str) -> None:
    async def main(base_url: str) -> None:
        async with AsyncPartnero("sandbox_affiliate", base_url=base_url, strict=True) as partnero:
            batch = await partnero.customers.get_many([f"customer_{n:06d}" for n in range(1, 101)])
            assert len(batch.found) == 100
            with anyio.move_on_after(0.0005):
                await partnero.customers.get("customer_000001")
            assert (await partnero.customers.get("customer_000001")).key == "customer_000001"

    local = Sandbox(customers=100)
    with running(local) as base_url:
        await asyncio.to_thread(anyio.run, main, base_url, backend=backend)
    local.close()


async def test_a_users_own_httpx_client_works_too() -> None:
    async with raw_server(plainly) as server, httpx.AsyncClient() as http_client:
        base_url = f"http://127.0.0.1:{server.port}"
        async with AsyncPartnero("key", base_url=base_url, http_client=http_client) as partnero:
            assert (await partnero.customers.get("c")).key == "c"
