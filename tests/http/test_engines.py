"""Which engine sends, and what each refuses to be given."""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import traceback
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import httpx
import pytest
import trio
import trustme
from multidict import CIMultiDict

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    ConnectError,
    ConnectionLostError,
    NetworkError,
    Ref,
    RequestError,
    UsageError,
)
from partnero_async._http.engines import contract
from partnero_async._http.engines.aiohttp import _translate

from ..engines import ENGINES, OTHERS, TRIO_ENGINES
from ..frames import reported
from ..hostile.faults import for_ever, good, stall
from ..raw_server import Exchange, raw_server, raw_server_elsewhere, response
from ..sockets import contexts, partnero_at
from ..until import until


async def well(exchange: Exchange) -> None:
    await exchange.send(good(exchange))


class Renaming(httpx.AsyncHTTPTransport):
    """Raises errors of another library as httpx's, as transports over other HTTP clients do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except httpx.ConnectError as error:
            raise httpx.ConnectError("connection error") from OSError(str(error))


@pytest.mark.sockets
@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_no_server_chooses_another_protocol_than_is_spoken(authority: trustme.CA, engine: str) -> None:
    chosen = list[str | None]()
    server_tls, tls = contexts(authority)
    for context in (server_tls, tls):
        context.set_alpn_protocols(["h2", "http/1.1"])
    async with raw_server(well, tls=server_tls) as server:
        server.on_connect = lambda writer: chosen.append(
            writer.get_extra_info("ssl_object").selected_alpn_protocol()
        )
        async with partnero_at(server, tls, engine=engine) as partnero:
            await partnero.customers.get("c")
    assert chosen == ["http/1.1"]


@pytest.mark.parametrize("engine", ["", "requests", "HTTPX", None, 5])
def test_an_unknown_engine_is_refused(engine: Any) -> None:
    with pytest.raises(ArgumentError, match='engine must be "httpx", "httpx2", "aiohttp" or "httptools"'):
        AsyncPartnero("key", engine=engine)


@pytest.mark.parametrize(
    "setting", [{"http_client": httpx.AsyncClient()}, {"transport": httpx.MockTransport(lambda _: None)}]
)
@pytest.mark.parametrize("engine", OTHERS)
def test_no_other_engine_takes_anything_of_httpx(engine: Any, setting: Any) -> None:
    with pytest.raises(ArgumentError, match="settings of engine="):
        AsyncPartnero("key", engine=engine, **setting)


def test_aiohttp_knows_no_socks(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the package were installed that httpx needs for it.
    monkeypatch.setattr("partnero_async._http.engines.httpx.engine.find_spec", lambda name: object())
    with pytest.raises(ArgumentError, match="SOCKS"):
        AsyncPartnero("key", engine="aiohttp", proxy="socks5://127.0.0.1:1080")


@pytest.mark.parametrize("scheme", ["https", "socks5", "socks5h"])
def test_httptools_knows_http_proxies_alone(scheme: str) -> None:
    with pytest.raises(
        ArgumentError, match=f'engine="httptools" knows HTTP proxies alone, and none of {scheme}'
    ):
        AsyncPartnero("key", engine="httptools", proxy=f"{scheme}://127.0.0.1:1080")


@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize("proxy", ["ftp://proxy", "://", "http://user:word@[::1"])
def test_a_bad_proxy_is_refused_without_being_shown(engine: Any, proxy: str) -> None:
    with pytest.raises(ArgumentError, match="not the URL of a proxy") as caught:
        AsyncPartnero("key", engine=engine, proxy=proxy)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize("engine", OTHERS)
def test_without_the_package_it_says_what_to_install(engine: str) -> None:
    code = (
        f"import sys; sys.modules['{engine}'] = None\n"
        "from partnero_async import AsyncPartnero, ArgumentError\n"
        f"try: AsyncPartnero('key', engine='{engine}')\n"
        "except ArgumentError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"pip install 'partnero-async[{engine}]'" in said


@pytest.mark.parametrize("engine", OTHERS)
def test_no_other_engine_is_loaded_for_httpx(engine: str) -> None:
    code = (
        "import sys, httpx, attrs, cattrs, anyio; from partnero_async import AsyncPartnero\n"
        f"AsyncPartnero('key'); print('{engine}' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "False"


def test_the_engine_over_httpx2_is_made_of_the_one_over_httpx() -> None:
    subprocess.run([sys.executable, ".ci/httpx2.py", "--check"], cwd=Path(__file__).parents[2], check=True)


@pytest.fixture
def httpx2() -> Any:
    """The package, which brings a newer idna than the lowest one."""
    return pytest.importorskip("httpx2", reason="httpx2 is not there beside the lowest versions")


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ["httpx", "httpx2"])
async def test_a_client_of_httpx2_is_sent_through(engine: Any, httpx2: Any) -> None:
    agents = list[str]()

    def answer(request: Any) -> Any:
        agents.append(request.headers["user-agent"])
        return httpx2.Response(200, json={"data": {"key": "c"}, "status": 1})

    transport = httpx2.MockTransport(answer)
    async with httpx2.AsyncClient(transport=transport) as given:
        for setting in ({"http_client": given}, {"transport": transport}):
            async with AsyncPartnero("key", engine=engine, **setting) as partnero:
                assert (await partnero.customers.get("c")).key == "c"
    assert all(agent.endswith(f"httpx2/{httpx2.__version__}") for agent in agents)
    assert len(agents) == 2


@pytest.mark.usefixtures("httpx2")
def test_over_httpx2_a_client_of_httpx_is_refused() -> None:
    with pytest.raises(TypeError, match=r"http_client must be httpx2\.AsyncClient, not httpx\.AsyncClient"):
        AsyncPartnero("key", engine="httpx2", http_client=httpx.AsyncClient())


class Played:
    """What a tool for tests hands out in the place of aiohttp's own response, as vcrpy's player does."""

    def __init__(self, status: int, body: bytes | Exception) -> None:
        self.status = status
        self.raw_headers = ((b"Content-Type", b"application/json"), (b"Keep-Alive", b"timeout=5"))
        self.headers = CIMultiDict((name.decode(), value.decode()) for name, value in self.raw_headers)
        self.content = self
        self._body = body

    async def iter_any(self) -> AsyncIterator[bytes]:
        if isinstance(self._body, Exception):
            raise self._body
        yield self._body

    async def __aenter__(self) -> Played:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.mark.asyncio
async def test_what_answers_in_the_place_of_aiohttp_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = (b'{"data": {"key": "c"}, "status": 1}', aiohttp.ClientPayloadError())
    played = iter([Played(200, body) for body in bodies])

    async def play(*_: Any, **__: Any) -> Played:
        return next(played)

    monkeypatch.setattr(aiohttp.ClientSession, "_request", play)
    async with AsyncPartnero("key", engine="aiohttp", retries=0) as partnero:
        assert (await partnero.customers.get("c")).key == "c"
        with pytest.raises(ConnectionLostError) as caught:
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    assert caught.value.in_doubt


@pytest.mark.parametrize("engine", OTHERS)
def test_under_trio_the_others_are_a_clear_error(engine: Any) -> None:
    async def ask() -> None:
        async with AsyncPartnero("key", base_url="http://127.0.0.1:9", engine=engine) as partnero:
            await partnero.customers.get("c")

    with pytest.raises(UsageError, match="asyncio only"):
        trio.run(ask)


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_sent_is_the_same_on_every_engine(engine: str) -> None:
    async with raw_server(well) as server, partnero_at(server, engine=engine) as partnero:
        for key in ("a b", "ä/ö", "x%2Fy", "q?r#s", "k;v=1+2", "e@mail.example", "a:b"):
            await partnero.request("GET", ("customers", key), query={"a b": "c&d=e", "n": 5})
        await partnero.request("POST", ("customers", "c", "archive"))
        await partnero.request("PUT", ("customers", "c"), body={"update": {"name": "Zoë"}})
        await partnero.request("DELETE", ("customers",), body={"key": "c"})
        await partnero.request("GET", ("customers",), body={"key": "c"})
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            await partnero.request(method, ("customers", "c"))
    lines = [head.split(b"\r\n")[0].decode() for head in server.heads]
    query = "?a%20b=c%26d%3De&n=5"
    lengths, types = list[bytes | None](), list[bytes | None]()
    assert lines == [
        f"GET /v1/customers/a%20b{query} HTTP/1.1",
        f"GET /v1/customers/%C3%A4%2F%C3%B6{query} HTTP/1.1",
        f"GET /v1/customers/x%252Fy{query} HTTP/1.1",
        f"GET /v1/customers/q%3Fr%23s{query} HTTP/1.1",
        f"GET /v1/customers/k%3Bv%3D1%2B2{query} HTTP/1.1",
        f"GET /v1/customers/e%40mail.example{query} HTTP/1.1",
        f"GET /v1/customers/a:b{query} HTTP/1.1",
        "POST /v1/customers/c/archive HTTP/1.1",
        "PUT /v1/customers/c HTTP/1.1",
        "DELETE /v1/customers HTTP/1.1",
        "GET /v1/customers HTTP/1.1",
        *(f"{method} /v1/customers/c HTTP/1.1" for method in ("PUT", "PATCH", "DELETE", "OPTIONS")),
    ]
    for head in server.heads:
        fields = dict(line.split(b": ", 1) for line in head.lower().rstrip().split(b"\r\n")[1:])
        assert fields[b"host"] == f"127.0.0.1:{server.port}".encode()
        assert fields[b"accept"] == b"application/json"
        assert fields[b"accept-encoding"] == b"gzip"
        assert fields[b"authorization"] == b"bearer sk_secret_key"
        assert fields[b"user-agent"].startswith(b"partnero-async/")
        assert not fields.keys() & {b"cookie", b"transfer-encoding", b"expect"}
        lengths.append(fields.get(b"content-length"))
        types.append(fields.get(b"content-type"))
    # Of a DELETE without content aiohttp tells that it is empty.
    of_delete = b"0" if engine == "aiohttp" else None
    assert lengths == [None] * 7 + [b"0", b"30", b"11", b"11", b"0", b"0", of_delete, None]
    assert types == [b"application/json" if length and length > b"0" else None for length in lengths]


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["CONNECT", "connect"])
async def test_no_tunnel_can_be_asked_for(method: str) -> None:
    async with AsyncPartnero("key", base_url="http://127.0.0.1:9/v1") as partnero:
        with pytest.raises(ArgumentError, match="CONNECT is no method of an endpoint"):
            await partnero.request(method, ("customers",))


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_blanks_around_a_value_are_no_part_of_it(engine: str) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(response(b"{}", headers="X-Request-Id: \t abc \t\r\nX-RateLimit-Limit:60 \r\n"))

    async with raw_server(answer) as server, partnero_at(server, engine=engine) as partnero:
        headers = (await partnero.request("GET", ("customers",))).headers
    assert (headers["x-request-id"], headers["x-ratelimit-limit"]) == ("abc", "60")


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("trailer", ["Connection: close", "Proxy-Connection: close", "X-Sum: 1"])
async def test_the_trailer_of_an_answer_harms_no_call_after_it(engine: str, trailer: str) -> None:
    async def answer(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        await exchange.send(head + b"2\r\n{}\r\n0\r\n%s\r\n\r\n" % trailer.encode())

    async with raw_server(answer) as server, partnero_at(server, engine=engine) as partnero:
        for method in ("GET", "POST", "POST"):
            assert (await partnero.request(method, ("customers", "c"))).status == 200
    assert len(server.requests) == 3


def test_a_reset_that_uvloop_has_no_words_for_is_a_lost_connection() -> None:
    facts = contract.Facts()
    facts.written = True
    error = _translate(aiohttp.ClientOSError(None), facts)
    assert type(error) is ConnectionLostError
    assert str(error) == "the connection was lost: it was reset"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("transport", "error"),
    [(httpx.AsyncHTTPTransport, ConnectError), (Renaming, ConnectionLostError)],
    ids=["httpx", "another"],
)
async def test_a_refused_connection_of_a_users_transport_is_in_doubt_unless_httpx_says_so(
    transport: type[httpx.AsyncHTTPTransport], error: type[NetworkError]
) -> None:
    async with AsyncPartnero(
        "key", base_url="http://127.0.0.1:9", transport=transport(), retries=0
    ) as partnero:
        with pytest.raises(error) as failed:
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    assert failed.value.in_doubt is (error is ConnectionLostError)


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_a_client_can_be_closed_twice_and_not_be_used_again(engine: str) -> None:
    async with raw_server(well) as server, partnero_at(server, engine=engine) as partnero:
        await partnero.customers.get("c")
        await partnero.aclose()
        await partnero.aclose()
        with pytest.raises(UsageError, match="closed"):
            await partnero.customers.get("c")


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_a_call_under_way_ends_when_the_client_is_closed(engine: str) -> None:
    async with raw_server(stall) as server, partnero_at(server, engine=engine) as partnero:
        call = asyncio.create_task(partnero.customers.get("c"))
        await until(lambda: server.in_flight)
        await partnero.aclose()
        with pytest.raises(UsageError, match="closed during the call"):
            await call


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_closing_ends_a_call_in_the_middle_of_its_answer(engine: str) -> None:
    begun = asyncio.Event()

    async def stall_in_the_body(exchange: Exchange) -> None:
        await exchange.send(good(exchange)[:60])
        begun.set()
        await for_ever()

    async with raw_server(stall_in_the_body) as server:
        async with partnero_at(server, engine=engine, timeout=None, deadline=None) as partnero:
            sale = partnero.transactions.create(customer=Ref(key="c"), amount=1)
            call = asyncio.create_task(sale)
            await begun.wait()
            await partnero.aclose()
            with pytest.raises(UsageError, match="closed during the call") as caught:
                await call
            assert caught.value.in_doubt
            assert partnero._caller.session.gate.in_flight == 0


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_closing_ends_a_connection_attempt_and_nothing_is_in_doubt(
    engine: str, authority: trustme.CA
) -> None:
    serving, verify = contexts(authority)
    async with raw_server(well) as server:
        server.handshake, server.handshake_delay = serving, lambda: 10_000
        async with partnero_at(server, verify, engine=engine) as partnero:
            call = asyncio.create_task(partnero.transactions.create(customer=Ref(key="c"), amount=1))
            await until(lambda: server.connections)
            await partnero.aclose()
            with pytest.raises(UsageError, match="closed during the call") as caught:
                await call
            assert not caught.value.in_doubt


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_a_restarted_server_that_refuses_leaves_no_doubt(engine: str) -> None:
    with raw_server_elsewhere(well) as server:
        port = server.port
        partnero = AsyncPartnero("key", base_url=f"http://127.0.0.1:{port}", engine=engine, retries=1)
        await partnero.customers.get("c")
    with pytest.raises(ConnectError) as caught:
        await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    assert not caught.value.in_doubt
    await partnero.aclose()


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_an_error_of_connecting_names_no_path(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partnero_async._http.engines.httpx.network.CONNECT_SECONDS", 0.2)
    timeout = aiohttp.ClientTimeout(total=None, connect=0.2)
    monkeypatch.setattr("partnero_async._http.engines.aiohttp._TIMEOUT", timeout)
    monkeypatch.setattr("partnero_async._http.engines.httptools.engine.CONNECT_SECONDS", 0.2)
    listener = socket.create_server(("127.0.0.1", 0))
    # Nobody answers the TLS handshake.
    base_url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    with listener:
        async with AsyncPartnero("key", base_url=base_url, engine=engine, retries=0) as partnero:
            with pytest.raises(ConnectError, match="no connection within") as caught:
                await partnero.customers.get("jane@mail.example")
    assert "jane" not in str(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_no_header_is_shown_in_any_frame_of_a_cancelled_call(engine: str) -> None:
    async with raw_server(stall) as server, partnero_at(server, engine=engine) as partnero:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1):
                await partnero.customers.get("c")
        chain: list[BaseException | None] = [caught.value, caught.value.__cause__, caught.value.__context__]
        for link in filter(None, chain):
            shown = traceback.TracebackException.from_exception(link, capture_locals=True)
            assert "sk_secret_key" not in "".join(shown.format())


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_nor_in_any_of_ours_behind_a_proxy(engine: str) -> None:
    async with raw_server(stall) as server:
        proxy = f"http://127.0.0.1:{server.port}"
        settings: dict[str, Any] = {"base_url": "http://origin.test/v1", "allow_http": True}
        async with AsyncPartnero("sk_secret_key", proxy=proxy, engine=engine, **settings) as partnero:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.2):
                    await partnero.customers.get("c")
        assert len(server.heads) == 1
    assert "sk_secret_key" not in reported(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_nor_where_a_request_is_held_back_at_its_first_byte(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: contract.Exchange) -> None:
        raise RequestError("it is somebody else's")

    monkeypatch.setattr(contract.Exchange, "begin_writing", refuse)
    async with raw_server(well) as server, partnero_at(server, engine=engine, retries=0) as partnero:
        with pytest.raises(RequestError, match="somebody else's") as caught:
            await partnero.customers.create(key="c", partner=Ref(key="r"))
        assert server.heads == []
    assert not caught.value.in_doubt
    assert "sk_secret_key" not in reported(caught.value)


@pytest.mark.parametrize(
    ("engine", "backend"),
    [*((engine, "asyncio") for engine in ENGINES), *((engine, "trio") for engine in TRIO_ENGINES)],
)
def test_a_change_that_is_cancelled_before_it_is_made_is_not_sent(
    engine: Any, backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def change(base_url: str) -> None:
        async with AsyncPartnero("key", base_url=base_url, engine=engine) as partnero:
            await partnero.customers.get("c")  # so that there is a connection which only waits for it
            with anyio.CancelScope() as scope:
                scope.cancel()
                await partnero.transactions.create(customer=Ref(key="c"), amount=1)
            assert scope.cancelled_caught
            if backend == "asyncio":
                current = asyncio.current_task()
                assert current is not None
                current.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await partnero.transactions.create(customer=Ref(key="c"), amount=1)
                current.uncancel()
            await partnero.customers.get("d")

    with raw_server_elsewhere(well) as server:
        anyio.run(change, f"http://127.0.0.1:{server.port}", backend=backend)
        assert [method for method, _ in server.requests] == ["GET", "GET"]
    assert "may have acted" not in caplog.text


@pytest.mark.asyncio
@pytest.mark.parametrize("engine", ENGINES)
async def test_a_large_request_is_sent_whole(engine: str) -> None:
    async with raw_server(well) as server, partnero_at(server, engine=engine, timeout=60) as partnero:
        await partnero.request("PUT", ("settings",), body={"settings": {"text": "x" * 3_000_000}})
        assert b"content-length: 3000024" in server.heads[0].lower()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_client_that_is_thrown_away_only_warns(engine: Any) -> None:
    said = list[Any]()

    async def forget() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        async with raw_server(well) as server:
            partnero = AsyncPartnero("key", base_url=f"http://127.0.0.1:{server.port}", engine=engine)
            await partnero.customers.get("c")
            del partnero
            gc.collect()

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        asyncio.run(forget())
        gc.collect()
    assert said == []
    ours = [str(warning.message) for warning in warned if "AsyncPartnero" in str(warning.message)]
    assert len(ours) == 1
    assert not [warning for warning in warned if "client session" in str(warning.message)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_client_made_before_there_is_a_loop_belongs_to_the_first_one(engine: Any) -> None:
    early = AsyncPartnero("key", base_url="http://127.0.0.1:9", engine=engine, retries=0, timeout=1)

    async def ask() -> None:
        await early.customers.get("c")

    with asyncio.Runner() as first, asyncio.Runner() as second:
        with pytest.raises(ConnectError, match="could not connect"):
            first.run(ask())
        with pytest.raises(UsageError, match="another event loop"):
            second.run(ask())
        first.run(early.aclose())
