"""Whatever goes wrong below an engine is one of our errors, says where, and quotes nothing that was read."""

from __future__ import annotations

import asyncio
import errno
import gzip
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
import trio
import trustme
from anyio.from_thread import start_blocking_portal

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    ConnectError,
    ConnectionLostError,
    NotFoundError,
    PartneroError,
    Ref,
    StatusError,
    ValidationError,
)
from partnero_async._http.engines.origin import Tls, _default_context

from ..engines import ENGINES, TRIO_ENGINES
from ..raw_server import Answer, Exchange, RawServer, customer, raw_server_elsewhere, response
from ..sockets import KEY, contexts
from .conftest import LOOPS

RECORD = b'{"data":{"key":"c"},"status":1}'


@pytest.fixture(autouse=True)
def _no_certificates_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)


class World(NamedTuple):
    """An engine on an event loop that it runs on."""

    engine: Any
    loop: str

    def run(self, call: Callable[[AsyncPartnero], Awaitable[Any]], **settings: Any) -> Any:
        """What a call returns, or the error that it raises."""

        async def once() -> Any:
            async with AsyncPartnero(KEY, engine=self.engine, **{"timeout": 5, **settings}) as partnero:
                try:
                    return await call(partnero)
                except Exception as error:
                    return error

        if self.loop == "trio":
            return trio.run(once)
        with asyncio.Runner(loop_factory=LOOPS[self.loop]) as runner:
            return runner.run(once())


WORLDS = [
    *(World(engine, "trio") for engine in TRIO_ENGINES),
    *(World(engine, loop) for engine in ENGINES for loop in LOOPS),
]
in_every_world = pytest.mark.parametrize("world", WORLDS, ids="-".join)
in_every_world_with_socks = pytest.mark.parametrize(
    "world", [world for world in WORLDS if world.engine in TRIO_ENGINES], ids="-".join
)


async def get(partnero: AsyncPartnero) -> Any:
    return await partnero.customers.get("c")


async def sell(partnero: AsyncPartnero) -> Any:
    return await partnero.transactions.create(customer=Ref(key="c"), amount=1)


def sending(data: bytes) -> Answer:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(data)
        exchange.hang_up()

    return answer


def url_of(server: RawServer, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.port}/v1"


def after(data: bytes, world: World, call: Callable[[AsyncPartnero], Awaitable[Any]] = get) -> Any:
    """What becomes of a call that is answered with these bytes."""
    with raw_server_elsewhere(sending(data)) as server:
        return world.run(call, base_url=url_of(server), retries=0)


# Redirects, which lead nowhere.

LOCATIONS = [
    "https:partnero.test/login",
    "mailto:support@partnero.test",
    "data:,x",
    "https://xn--.test/",
    "https://partnero.test:port/",
    "https://partnero.test:99999/",
    "http://partnero.test:80:80/",
    "https://[::1",
    "https://a..b/",
    f"https://{'a' * 64}.test/",
    f"/{'a' * 70_000}"[:60_000],
    "::",
    "\xff\xfe",
]


@in_every_world
def test_a_redirect_is_a_status_wherever_it_leads(world: World) -> None:
    location = ""

    async def answer(exchange: Exchange) -> None:
        headers = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        await exchange.send(headers.encode("latin-1"))

    with raw_server_elsewhere(answer) as server:
        for location in LOCATIONS:
            for call in (get, sell):
                before = len(server.requests)
                failed = world.run(call, base_url=url_of(server), retries=1)
                assert type(failed) is StatusError, (location, failed)
                assert (failed.status, failed.in_doubt) == (302, call is sell)
                assert len(server.requests) == before + 1


# SOCKS proxies.

REFUSED = b"\x05\x05\x00\x01" + bytes(6)
ACCEPTED = b"\x05\x00\x00\x01" + bytes(6)


@contextmanager
def socks_proxy(*replies: bytes) -> Iterator[int]:
    """A proxy that answers each message with the next reply, and hangs up after the last one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            await reader.read(1000)
            writer.write(reply)
            await writer.drain()
        await reader.read(1000)
        writer.close()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", 0)

    with start_blocking_portal() as portal:
        server = portal.call(listen)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            portal.call(server.close)


@in_every_world_with_socks
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "replies",
    [
        pytest.param([], id="hangs up"),
        pytest.param([b"HTTP/1.1 400 Bad Request\r\n\r\n"], id="is an HTTP proxy"),
        pytest.param([b"\x05"], id="answers half"),
        pytest.param([b"\x04\x00"], id="another version"),
        pytest.param([b"\x05\xff"], id="no way to say who asks"),
        pytest.param([b"\x05\x00"], id="hangs up after the greeting"),
        pytest.param([b"\x05\x00", b"\x05"], id="answers half of the request"),
        pytest.param([b"\x05\x00", b"\x05\x00\x00\x09" + bytes(6)], id="another kind of address"),
        pytest.param([b"\x05\x00", REFUSED], id="refuses"),
    ],
)
def test_a_sale_that_a_socks_proxy_did_not_carry_was_never_sent(
    world: World, scheme: str, replies: list[bytes]
) -> None:
    with socks_proxy(*replies) as port:
        failed = world.run(
            sell,
            base_url=f"{scheme}://partnero.test/v1",
            allow_http=True,
            proxy=f"socks5://127.0.0.1:{port}",
            retries=0,
        )
    assert type(failed) is ConnectError
    assert (failed.in_doubt, failed.host) == (False, "partnero.test")


@in_every_world_with_socks
def test_a_sale_that_was_lost_behind_a_socks_proxy_is_in_doubt(world: World) -> None:
    with socks_proxy(b"\x05\x00", ACCEPTED) as port:
        failed = world.run(
            sell,
            base_url="http://partnero.test/v1",
            allow_http=True,
            proxy=f"socks5://127.0.0.1:{port}",
            retries=1,
        )
    assert type(failed) is ConnectionLostError
    assert (failed.attempts, failed.in_doubt) == (1, True)


# What an error says: where it was asked, and why it failed.


@in_every_world
def test_a_connection_that_is_refused_says_by_whom_and_keeps_the_errno(world: World) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        failed = world.run(get, base_url=f"http://127.0.0.1:{port}/v1", retries=0)
    assert type(failed) is ConnectError
    assert failed.host == f"127.0.0.1:{port}"
    assert f"(127.0.0.1:{port})" in str(failed)
    assert isinstance(failed.__cause__, ConnectionRefusedError)
    assert failed.__cause__.errno == errno.ECONNREFUSED
    assert failed.__cause__.__traceback__ is None
    assert failed.__context__ is None


@pytest.mark.parametrize("loop", [*LOOPS, "trio"])
def test_a_host_of_several_addresses_that_refuse_keeps_the_errno(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_up(host: str, port: int) -> tuple[str, ...]:
        return ("127.0.0.1", "127.0.0.2")

    monkeypatch.setattr("partnero_async._http.engines.names._look_up", look_up)
    with socket.socket() as silent:
        silent.bind(("", 0))
        port = silent.getsockname()[1]
        failed = World(TRIO_ENGINES[0], loop).run(get, base_url=f"https://partnero.test:{port}/v1", retries=0)
    assert isinstance(failed.__cause__, ConnectionRefusedError)
    assert failed.__cause__.errno == errno.ECONNREFUSED
    assert failed.message == f"could not connect: [Errno {errno.ECONNREFUSED}] Connection refused"


@in_every_world
def test_a_certificate_that_is_refused_says_why(world: World, authority: trustme.CA) -> None:
    serving, verify = contexts(authority, "another.test")
    with raw_server_elsewhere(sending(customer("c")), tls=serving) as server:
        failed = world.run(get, base_url=url_of(server, "https"), verify=verify, retries=0)
    assert type(failed) is ConnectError
    assert "certificate" in failed.message.lower()
    assert isinstance(failed.__cause__, ssl.SSLCertVerificationError)
    assert failed.__cause__.__traceback__ is None


@in_every_world
def test_certificates_that_are_missing_are_an_error_of_ours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("certifi.where", lambda: "/nowhere/cacert.pem")
    _default_context.cache_clear()
    failed = world.run(sell, base_url="https://127.0.0.1:9/v1")
    _default_context.cache_clear()
    assert type(failed) is ArgumentError
    assert "certifi names '/nowhere/cacert.pem'" in failed.message
    assert (failed.attempts, failed.in_doubt) == (1, False)


@in_every_world
def test_a_session_that_cannot_be_opened_is_an_error_of_ours(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Tls) -> ssl.SSLContext:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Tls, "context", refuse)
    failed = world.run(sell, base_url="https://127.0.0.1:9/v1", retries=0)
    assert type(failed) is ConnectError
    assert isinstance(failed.__cause__, OSError)


@in_every_world
def test_a_byte_order_mark_before_a_refusal_loses_nothing(world: World) -> None:
    body = b'\xef\xbb\xbf{"message":"The given data was invalid.","errors":{"email":["Taken."]}}'
    failed = after(response(body, status="422 Unprocessable"), world)
    assert type(failed) is ValidationError
    assert (failed.message, failed.errors) == ("The given data was invalid.", {"email": ("Taken.",)})


@in_every_world
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Encoding: gzip\r\n", gzip.compress(RECORD[:10]) + gzip.compress(RECORD[10:])),
        ("Content-Encoding: gzip\r\n", gzip.compress(b" ") + gzip.compress(RECORD) + gzip.compress(b"")),
        ("Content-Encoding: gzip, identity\r\n", gzip.compress(RECORD)),
        ("Content-Encoding: none\r\nContent-Encoding: gzip\r\n", gzip.compress(RECORD)),
        ("Content-Encoding: UTF-8\r\n", RECORD),
        ("Content-Encoding: none\r\n", RECORD),
    ],
    ids=["two members", "empty members", "gzip and identity", "none and gzip", "UTF-8", "none"],
)
def test_a_body_that_can_be_read_is_read(world: World, headers: str, body: bytes) -> None:
    assert getattr(after(response(body, headers=headers), world), "key", None) == "c"


@in_every_world
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"message":"Customer not found."}', NotFoundError),
        (b'{"message":"The route v1/customers/c could not be found."}', StatusError),
        (b"<html><title>404 Not Found</title></html>", StatusError),
        (b"404 page not found", StatusError),
        (b"", StatusError),
        (b"[]", StatusError),
    ],
)
def test_nobody_but_partnero_says_that_there_is_no_such_record(
    world: World, body: bytes, kind: type[StatusError]
) -> None:
    failed = after(response(body, status="404 Not Found"), world)
    assert type(failed) is kind
    assert failed.from_partnero == (kind is NotFoundError)


# What an error does not say.

PRIVATE = "ann@example.com"
SHOWN = b'{"data":{"key":"c","email":"ann@example.com"}}'


@in_every_world
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(SHOWN, id="a body without a head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" + SHOWN, id="too short a length"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + SHOWN + b"\r\n\r\n", id="a header without a colon"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + SHOWN, id="a chunk without a size"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: ann@example.com\r\n\r\n", id="a length in letters"),
        pytest.param(b"HTTP/1.1 ann@example.com OK\r\n\r\n", id="a status in letters"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + SHOWN, id="cut off"),
        pytest.param(response(SHOWN, status="502 Bad Gateway"), id="an odd refusal"),
        pytest.param(response(b"<title>ann@example.com</title>", status="403 No"), id="a title"),
        pytest.param(response(b"no ann@example.com", status="404 Not Found"), id="plain text"),
        pytest.param(response(SHOWN, headers="Content-Encoding: gzip\r\n"), id="no gzip"),
        pytest.param(response(b'{"data":' + SHOWN), id="JSON cut off"),
    ],
)
def test_no_error_or_log_record_quotes_what_was_read(
    world: World, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    failed = after(answer, world)
    assert isinstance(failed, PartneroError)
    assert failed.__context__ is None
    assert "partnero.attempt" in caplog.text
    shown = [repr(failed), repr(vars(failed)), repr(failed.__cause__), caplog.text]
    assert not any(PRIVATE in text or KEY in text for text in shown)


@in_every_world
def test_no_log_record_shows_the_headers_of_an_answer(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    headers = f"Set-Cookie: a b={PRIVATE}\r\nLink: </v1/customers/{PRIVATE}>\r\n"
    assert after(response(RECORD, headers=headers), world).key == "c"
    assert PRIVATE not in caplog.text


@in_every_world_with_socks
def test_no_log_record_shows_the_password_of_a_socks_proxy(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with socks_proxy(b"\x05\x02", b"\x01\x01") as port:
        failed = world.run(
            get,
            base_url="https://partnero.test/v1",
            proxy=f"socks5://user:pass_word@127.0.0.1:{port}",
            retries=0,
        )
    assert type(failed) is ConnectError
    assert "setup_socks5_connection" in caplog.text
    assert "pass_word" not in caplog.text + repr(failed)
