"""Every fault: a typed error, a clean connection afterwards, and no change made twice."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from decimal import Decimal
from typing import Any

import pytest
import trustme

from partnero_async import (
    AsyncPartnero,
    ConnectError,
    ConnectionLostError,
    PartneroError,
    Ref,
    RequestTimeoutError,
    StatusError,
)

from ..profiles import at_length
from ..raw_server import Exchange, raw_server, raw_server_elsewhere
from ..sockets import contexts, open_connections, partnero_at
from ..until import until
from .faults import FAULTS, MIB, SURPLUS, Fault, endless_interims, good, reset, stall

pytestmark = pytest.mark.asyncio

PATIENCE: dict[str, Any] = {"timeout": 0.4, "retries": 0, "max_body": MIB}
# The large ones take longer to refuse than stalls should take to time out.
LARGE: dict[str, Any] = PATIENCE | {"timeout": 20}


def patience_for(fault: Fault) -> dict[str, Any]:
    return PATIENCE if fault.error is RequestTimeoutError else LARGE


def serving(fault: Fault) -> Any:
    """Misbehaves for the key ``c``, and answers well for any other."""

    async def answer(exchange: Exchange) -> None:
        if exchange.key == "c" or exchange.method == "POST":
            await fault.answer(exchange)
        else:
            await exchange.send(good(exchange))

    return answer


async def create(partnero: AsyncPartnero) -> Any:
    return await partnero.customers.create(key="c", partner=Ref(key="ref_001"))


async def sell(partnero: AsyncPartnero) -> Any:
    return await partnero.transactions.create(customer=Ref(key="c"), amount=Decimal("9.99"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_read_ends_in_its_typed_error_and_the_next_one_is_right(
    fault: Fault, tls: Any, engine: Any
) -> None:
    fault = fault.on(engine)
    async with raw_server(serving(fault), tls=tls[0]) as server:
        async with partnero_at(server, tls[1], engine=engine, **patience_for(fault)) as partnero:
            if fault.error is None:
                assert (await partnero.customers.get("c")).key == "c"
            else:
                with pytest.raises(fault.error) as caught:
                    await partnero.customers.get("c")
                assert type(caught.value) is fault.error
                assert str(caught.value).startswith("GET /customers/{key}")
                assert str(caught.value).isprintable()
                assert not caught.value.in_doubt
            unhurried = partnero.with_options(timeout=60)
            for key in ("a", "b", "c2"):
                assert (await unhurried.customers.get(key)).key == key
            assert open_connections(partnero) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_call_that_changes_state_is_sent_once_and_in_doubt(fault: Fault, engine: Any) -> None:
    fault = fault.on(engine)
    async with raw_server(serving(fault)) as server:
        async with partnero_at(server, engine=engine, **patience_for(fault) | {"retries": 5}) as partnero:
            if fault.error is None:
                await create(partnero)
            else:
                with pytest.raises(fault.error) as caught:
                    await create(partnero)
                assert caught.value.in_doubt
        # Not its attempts: one that could not connect in time on a busy machine was not sent.
        assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.error is not None], ids=lambda fault: fault.name)
async def test_a_read_is_asked_again_exactly_if_that_may_help(fault: Fault, engine: Any) -> None:
    fault = fault.on(engine)
    async with raw_server(serving(fault)) as server:
        async with partnero_at(server, engine=engine, **patience_for(fault) | {"retries": 1}) as partnero:
            with pytest.raises(PartneroError) as caught:
                await partnero.customers.get("c")
        assert len(server.requests) == caught.value.attempts == (2 if fault.again else 1)


@pytest.mark.parametrize("name", ["a body of 400 MB", "400 MB in chunks", "a gzip bomb of 40 MB"])
async def test_a_body_without_measure_costs_no_more_memory_than_allowed(name: str, engine: Any) -> None:
    (fault,) = [fault for fault in FAULTS if fault.name == name]
    async with raw_server(serving(fault)) as server:
        async with partnero_at(server, engine=engine, **LARGE | {"max_body": 16 * MIB}) as partnero:
            await partnero.customers.get("a")
            tracemalloc.start()
            try:
                with pytest.raises(PartneroError, match="max_body"):
                    await partnero.customers.get("c")
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    # The server of the test is in the same process, and holds a few pieces itself.
    assert peak < 16 * MIB + 8 * MIB


async def test_nobody_listens(engine: Any) -> None:
    async with raw_server(reset) as server:
        pass
    async with partnero_at(server, engine=engine, retries=2) as partnero:
        with pytest.raises(ConnectError) as caught:
            await sell(partnero)
    assert not caught.value.in_doubt
    assert caught.value.attempts == 3


async def test_a_connection_reset_on_arrival_is_in_doubt_once_bytes_were_written(engine: Any) -> None:
    async def never(exchange: Exchange) -> None:
        raise AssertionError

    async with raw_server(never) as server:
        server.on_connect = lambda writer: writer.transport.abort()
        async with partnero_at(server, engine=engine, retries=1) as partnero:
            with pytest.raises(ConnectionLostError):
                await partnero.customers.get("c")
        assert server.connections == 2


async def test_a_kept_connection_closed_just_as_it_is_used_again_is_asked_anew(engine: Any) -> None:
    async def close_when_used_again(exchange: Exchange) -> None:
        if len(server.requests) == 2:
            exchange.reset()
        else:
            await exchange.send(good(exchange))

    async with raw_server(close_when_used_again) as server, partnero_at(server, engine=engine) as partnero:
        assert (await partnero.customers.get("a")).key == "a"
        assert (await partnero.customers.get("b")).key == "b"
        assert server.connections == 2


async def test_a_sale_on_a_kept_connection_closed_just_as_it_is_used_is_in_doubt(engine: Any) -> None:
    async def close_when_used_again(exchange: Exchange) -> None:
        if exchange.method == "POST":
            exchange.reset()
        else:
            await exchange.send(good(exchange))

    async with raw_server(close_when_used_again) as server, partnero_at(server, engine=engine) as partnero:
        await partnero.customers.get("a")
        with pytest.raises(ConnectionLostError) as caught:
            await sell(partnero)
    assert caught.value.in_doubt
    assert server.requests == [("GET", "a"), ("POST", "transactions")]


async def test_a_handshake_that_stalls_times_out_and_the_sale_is_not_in_doubt(
    authority: trustme.CA, engine: Any
) -> None:
    serving, verify = contexts(authority)
    async with raw_server(stall) as server:
        server.handshake = serving
        server.handshake_delay = lambda: 60
        async with partnero_at(server, verify, engine=engine, timeout=0.1, retries=1) as partnero:
            with pytest.raises(RequestTimeoutError) as caught:
                await sell(partnero)
    assert not caught.value.in_doubt
    assert caught.value.attempts == 2
    assert server.requests == []


async def test_a_429_is_the_one_answer_after_which_a_sale_is_sent_again(engine: Any) -> None:
    async def refuse_once(exchange: Exchange) -> None:
        if len(server.requests) == 1:
            await exchange.send(b"HTTP/1.1 429 Too Many\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
        else:
            await exchange.send(good(exchange))

    async with raw_server(refuse_once) as server, partnero_at(server, engine=engine) as partnero:
        await sell(partnero)
    assert len(server.requests) == 2


async def test_the_key_never_goes_to_another_host(engine: Any) -> None:
    async def steal(exchange: Exchange) -> None:
        await exchange.send(good(exchange))

    async with raw_server(steal) as thief:
        location = f"http://localhost:{thief.port}/v1/customers/c"

        async def redirect(exchange: Exchange) -> None:
            head = f"HTTP/1.1 307 Temporary\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
            await exchange.send(head.encode())

        async with raw_server(redirect) as server, partnero_at(server, engine=engine) as partnero:
            with pytest.raises(StatusError, match="redirect to localhost"):
                await partnero.customers.get("c")
        assert thief.connections == 0


async def test_hundreds_of_calls_answered_twice_each_get_their_own_answer(tls: Any, engine: Any) -> None:
    async def twice(exchange: Exchange) -> None:
        await exchange.send(good(exchange) * 2)

    async with raw_server(twice, tls=tls[0]) as server:
        async with partnero_at(server, tls[1], engine=engine) as partnero:
            keys = [f"c{number}" for number in range(at_length(1_000))]
            batch = await partnero.customers.get_many(keys)
    assert [customer.key for customer in batch.found.values()] == keys


async def test_an_endless_stream_of_interim_answers_ends_at_the_timeout(engine: Any) -> None:
    async with (
        raw_server(endless_interims) as server,
        partnero_at(server, engine=engine, **PATIENCE) as partnero,
    ):
        with pytest.raises(PartneroError):
            await partnero.customers.get("c")
        assert len(asyncio.all_tasks()) <= 3


@pytest.mark.parametrize("busy", [False, True], ids=["loop idle", "loop busy"])
async def test_an_answer_that_comes_late_is_nobody_elses(tls: Any, engine: Any, busy: bool) -> None:
    read, late = threading.Event(), threading.Event()

    async def answer_twice(exchange: Exchange) -> None:
        await exchange.send(good(exchange))
        if exchange.key == "first":
            await until(read.is_set)
            await exchange.send(SURPLUS)
            late.set()

    with raw_server_elsewhere(answer_twice, tls=tls[0]) as server:
        async with partnero_at(server, tls[1], engine=engine) as partnero:
            for _ in range(3):
                assert (await partnero.customers.get("first")).key == "first"
                read.set()
                if busy:
                    # The second answer waits in the socket, unseen by this loop.
                    late.wait()
                else:
                    await until(late.is_set)
                assert (await partnero.customers.get("second")).key == "second"
                read.clear()
                late.clear()
