"""What the engine over httptools does by itself: its connections, and what llhttp cannot be told."""

from __future__ import annotations

import asyncio
import socket
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme

from partnero_async import (
    AsyncPartnero,
    ConnectError,
    ConnectionLostError,
    NotFoundError,
    PartneroError,
    ProtocolError,
    Ref,
    ResponseError,
    StatusError,
    UsageError,
)

from ..frames import reported
from ..hostile.faults import for_ever
from ..raw_server import Exchange, customer, raw_server, response
from ..sockets import contexts, open_connections, partnero_at
from ..until import until

pytestmark = pytest.mark.asyncio

WORD = b64encode(b"user:word").decode()


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def tls(request: pytest.FixtureRequest, authority: trustme.CA) -> Any:
    """The contexts of server and client, or none."""
    return contexts(authority) if request.param else (None, True)


def at(server: Any, verify: Any = True, **settings: Any) -> Any:
    return partnero_at(server, verify, engine="httptools", **{"retries": 0, "timeout": 5} | settings)


async def well(exchange: Exchange) -> None:
    await exchange.send_customer()


@asynccontextmanager
async def talking(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], **settings: Any
) -> AsyncIterator[AsyncPartnero]:
    """A client of a server that has more to say than answers to whole requests, or is its proxy."""
    tasks = set[Any]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            await talk(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    here = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    if "proxy" in settings:
        settings["proxy"] = here.replace("//", "//user:word@").removesuffix("/v1")
    else:
        settings["base_url"] = here
    async with server, AsyncPartnero("key", engine="httptools", retries=0, **settings) as partnero:
        yield partnero
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_head_is_asked_for_over_a_connection_of_its_own(tls: Any) -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.method == "HEAD":
            await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX-Request-Id: 7\r\n\r\n")
        else:
            await exchange.send_customer()

    async with raw_server(answer, tls=tls[0]) as server, at(server, tls[1]) as partnero:
        reply = await partnero.request("HEAD", ("customers", "c"))
        assert (reply.status, reply.headers["x-request-id"], reply.json) == (200, "7", None)
        assert (await partnero.customers.get("c")).key == "c"
        await until(lambda: server.open_connections == 1)
    assert server.connections == 2


async def test_a_large_request_is_sent_as_fast_as_it_is_taken(tls: Any) -> None:
    received = list[int]()

    async def answer(exchange: Exchange) -> None:
        received.append(len(exchange.body))
        await exchange.send_customer()

    async with raw_server(answer, tls=tls[0]) as server, at(server, tls[1]) as partnero:
        body = {"name": "x" * 5_000_000}
        await partnero.request("POST", ("customers",), body=body)
        await partnero.request("POST", ("customers",), body=body)
    assert received == [5_000_011] * 2
    assert server.connections == 1


async def test_a_refusal_ends_a_large_request_in_the_middle() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response(b'{"message":"Too large."}', status="413 Content Too Large"))
        await for_ever()

    async with talking(refuse) as partnero:
        with pytest.raises(StatusError, match="Too large") as caught:
            await partnero.request("POST", ("customers",), body={"name": "x" * 20_000_000})
        assert caught.value.status == 413
        assert open_connections(partnero) == 0


async def test_a_refusal_that_comes_with_a_reset_is_read(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(connection: socket.socket) -> None:
        with connection:
            while b"\r\n\r\n" not in connection.recv(100, socket.MSG_PEEK):
                connection.recv(100)
            connection.sendall(response(b"{}", status="413 Content Too Large"))
            # Closed with what was not read, it is reset.

    def serve(listener: socket.socket) -> None:
        for _ in range(5):
            refuse(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        async with AsyncPartnero("key", base_url=base_url, engine="httptools", retries=0) as partnero:
            for _ in range(5):
                with pytest.raises(StatusError) as caught:
                    await partnero.request("POST", ("customers",), body={"name": "x" * 8_000_000})
                assert caught.value.status == 413
    assert "socket.send()" not in caplog.text


async def test_who_stops_reading_a_large_request_is_not_waited_for_beyond_the_timeout() -> None:
    async def stop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await for_ever()

    async with talking(stop, timeout=0.3) as partnero:
        with pytest.raises(PartneroError) as caught:
            await partnero.request("POST", ("transactions",), body={"x": "y" * 20_000_000})
        assert caught.value.in_doubt
        assert open_connections(partnero) == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"\r\n" + customer("c"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    ],
)
async def test_what_the_parser_takes_and_the_meter_does_not_is_refused(answer: bytes) -> None:
    async def lenient(exchange: Exchange) -> None:
        await exchange.send(answer)

    async with raw_server(lenient) as server, at(server) as partnero:
        with pytest.raises(ProtocolError):
            await partnero.customers.get("c")
        assert open_connections(partnero) == 0


@pytest.mark.parametrize(
    ("headers", "connections"), [("", 1), ("Connection: close\r\n", 2), ("Keep-Alive: timeout=0\r\n", 2)]
)
async def test_a_connection_is_used_again_where_both_sides_keep_it(headers: str, connections: int) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(response(b'{"data":{"key":"c"},"status":1}', headers=headers))

    async with raw_server(answer) as server, at(server) as partnero:
        for _ in range(2):
            await partnero.customers.get("c")
    assert server.connections == connections


async def test_a_body_without_a_length_ends_with_the_connection(tls: Any) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b'HTTP/1.1 200 OK\r\n\r\n{"data":{"key":"c"},')
        await asyncio.sleep(0.05)
        await exchange.send(b'"status":1}')
        exchange.hang_up()

    async with raw_server(answer, tls=tls[0]) as server, at(server, tls[1]) as partnero:
        assert (await partnero.customers.get("c")).key == "c"
        assert open_connections(partnero) == 0


async def test_a_connection_on_which_anything_comes_while_it_is_idle_is_closed(tls: Any) -> None:
    late = list[Callable[[], Awaitable[None]]]()

    async def answer(exchange: Exchange) -> None:
        await exchange.send_customer()
        late.append(lambda: exchange.send(customer("another")))

    async with raw_server(answer, tls=tls[0]) as server, at(server, tls[1]) as partnero:
        await partnero.customers.get("c")
        assert open_connections(partnero) == 1
        await late[0]()
        await until(lambda: server.open_connections == 0)
        assert (await partnero.customers.get("c")).key == "c"
    assert server.connections == 2


async def test_the_parser_and_the_meter_start_anew_with_each_answer() -> None:
    """Interim answers, trailers, refusals and bodies in pieces, one after the other on one connection."""
    body = b'{"data":{"key":"c"},"status":1}'
    answers = [
        b"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" + response(body),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n" + body + b"\r\n0\r\nX-Late: 1\r\n\r\n",
        response(b'{"message":"No."}', status="404 Not Found"),
        response(body),
    ]

    async def answer(exchange: Exchange) -> None:
        for byte in answers[len(server.requests) - 1]:
            await exchange.send(bytes([byte]))

    async with raw_server(answer) as server, at(server) as partnero:
        for said in answers:
            if b"404" in said:
                with pytest.raises(NotFoundError):
                    await partnero.customers.get("c")
            else:
                reply = await partnero.request("GET", ("customers", "c"))
                assert reply.json["data"] == {"key": "c"}
                assert not {"x-early", "x-late"} & set(reply.headers)
    assert server.connections == 1


async def test_the_head_of_an_answer_has_a_limit_however_it_comes() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(300):
            await exchange.send(b"y" * 1024)

    async with raw_server(answer) as server, at(server) as partnero:
        with pytest.raises(ProtocolError, match="the head does not end"):
            await partnero.customers.get("c")


async def test_a_reset_in_the_body_of_a_refusal_is_still_that_refusal() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 50\r\n\r\n{")
        await asyncio.sleep(0.05)
        exchange.reset()

    async with raw_server(answer) as server, at(server) as partnero:
        with pytest.raises(StatusError) as caught:
            await partnero.customers.get("c")
    assert caught.value.status == 404


async def test_a_second_address_is_tried_beside_one_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[str]()

    async def look_up(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("192.0.2.1", "127.0.0.1")  # the first leads nowhere (RFC 5737)

    monkeypatch.setattr("partnero_async._http.engines.names._look_up", look_up)
    async with raw_server(well) as server:
        base_url = f"http://partnero.test:{server.port}/v1"
        async with AsyncPartnero(
            "key", base_url=base_url, engine="httptools", allow_http=True, retries=0, max_concurrency=30
        ) as partnero:
            calls = [partnero.customers.get(f"c{number}") for number in range(30)]
            records = await asyncio.gather(*calls)
            assert [record.key for record in records] == [f"c{number}" for number in range(30)]
    assert asked == ["partnero.test"]


async def test_nobody_listens_on_either_address(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(host: str, port: int) -> tuple[str, ...]:
        return ("::1", "127.0.0.1")

    monkeypatch.setattr("partnero_async._http.engines.names._look_up", look_up)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        base_url = f"http://localhost:{silent.getsockname()[1]}/v1"
        async with AsyncPartnero("key", base_url=base_url, engine="httptools", retries=0) as partnero:
            with pytest.raises(ConnectError, match=r"could not connect: \[Errno"):
                await partnero.customers.get("c")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n", "sent more than its answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n\r\n\r\n", "sent more than its answer"),
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "the proxy answered 407 Proxy Authentication",
        ),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "is not HTTP"),
        (b"HTTP/1.1 200", "closed the connection"),
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, "did not end its answer"),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_told(said: bytes, error: str) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async with talking(proxy, proxy=True) as partnero:
        with pytest.raises(ConnectError, match=error) as caught:
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    assert not caught.value.in_doubt
    assert WORD not in reported(caught.value)


async def test_a_call_that_is_cancelled_at_a_proxy_shows_no_password() -> None:
    asked = asyncio.Event()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await for_ever()

    async with talking(proxy, proxy=True) as partnero:
        call = asyncio.create_task(partnero.customers.get("c"))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await call
    assert WORD not in reported(caught.value)


async def test_an_answer_in_the_middle_of_which_the_client_is_too_slow_leaves_nothing_open(tls: Any) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(customer("c")[:50])
        await for_ever()

    async with raw_server(answer, tls=tls[0]) as server, at(server, tls[1], timeout=0.2) as partnero:
        with pytest.raises(PartneroError):
            await partnero.customers.get("c")
        assert open_connections(partnero) == 0


async def test_too_much_is_refused_before_it_is_read() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b" " * 300_000)
        await for_ever()

    async with raw_server(answer) as server, at(server, max_body=100_000) as partnero:
        with pytest.raises(ResponseError, match="max_body"):
            await partnero.customers.get("c")
        assert open_connections(partnero) == 0


async def test_a_connection_that_dies_while_an_answer_is_awaited_is_told() -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.hang_up()

    async with raw_server(answer) as server, at(server) as partnero:
        with pytest.raises(ConnectionLostError, match="the server closed it before its answer was complete"):
            await partnero.customers.get("c")


async def test_closing_ends_a_call_that_waits_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled = asyncio.Event()

    async def dial(*_: object) -> socket.socket:
        dialled.set()
        await for_ever()
        raise AssertionError

    monkeypatch.setattr("partnero_async._http.engines.httptools.engine.dial", dial)
    monkeypatch.setattr("partnero_async._http.engines.httptools.engine.CONNECT_SECONDS", 3600.0)
    async with AsyncPartnero("key", engine="httptools", timeout=None, deadline=None) as partnero:
        call = asyncio.create_task(partnero.customers.get("c"))
        await dialled.wait()
    with pytest.raises(UsageError, match="closed during the call"):
        await call


async def test_what_was_idle_as_long_as_a_dead_connection_is_closed_with_it() -> None:
    together, is_dead = asyncio.Event(), False

    async def answer(exchange: Exchange) -> None:
        if server.in_flight == 5:
            together.set()
        await together.wait()
        if is_dead and exchange.key != "after":
            exchange.reset()
        else:
            await exchange.send_customer()

    async with raw_server(answer) as server, at(server) as partnero:
        await asyncio.gather(*(partnero.customers.get(f"c{n}") for n in range(5)))
        assert open_connections(partnero) == 5
        is_dead = True
        with pytest.raises(ConnectionLostError):
            await partnero.customers.get("c")
        assert open_connections(partnero) == 0


async def test_a_connection_that_was_idle_for_too_long_is_closed_although_nobody_calls() -> None:
    async def answer(exchange: Exchange) -> None:
        body = b'{"data":{"key":"c"},"status":1}'
        await exchange.send(response(body, headers="Keep-Alive: timeout=2\r\n"))

    async with raw_server(answer) as server, at(server) as partnero:
        await partnero.customers.get("c")
        assert open_connections(partnero) == 1
        await until(lambda: open_connections(partnero) == 0)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_an_error_of_a_body_shows_nothing_of_it_in_its_frames(encoding: str) -> None:
    async def answer(exchange: Exchange) -> None:
        body = b"jane@example.com is a customer"
        await exchange.send(response(body, headers=f"Content-Encoding: {encoding}\r\n"))

    async with raw_server(answer) as server, at(server) as partnero:
        with pytest.raises(ResponseError) as caught:
            await partnero.customers.get("c")
    assert "jane@example.com" not in reported(caught.value)
