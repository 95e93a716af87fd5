"""Proxies: a CONNECT proxy on this machine in front of a TLS server with a name that only it knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
import trustme

from partnero_async import AsyncPartnero, ConnectError, ConnectionLostError, Ref, RequestTimeoutError

from ..raw_server import Exchange, RawServer, raw_server
from ..sockets import contexts, open_connections
from .faults import good, stall

pytestmark = pytest.mark.asyncio

NAME = "partnero.test"


class Proxy:
    """Tunnels CONNECT requests to one server, whatever name they ask for, and notes what it was told."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.heads = list[bytes]()
        self.tunnelled = bytearray()
        self.answer = b"HTTP/1.1 200 Connection established\r\n\r\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answer)
                if b" 200 " not in self.answer:
                    return
                there, back = await asyncio.open_connection("127.0.0.1", self.target)
                try:
                    await asyncio.gather(self.pump(reader, back), self.pump(there, writer))
                finally:
                    back.close()
        finally:
            writer.close()

    async def pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                self.tunnelled += data
                target.write(data)
                await target.drain()
        target.close()


@asynccontextmanager
async def proxied(authority: trustme.CA) -> AsyncIterator[tuple[RawServer, Proxy, Any]]:
    """A server, the proxy in front of it, and the TLS context that trusts the server."""

    async def plainly(exchange: Exchange) -> None:
        await exchange.send(good(exchange))

    serving, verify = contexts(authority, NAME)
    async with raw_server(plainly, tls=serving) as server:
        proxy = Proxy(server.port)
        tasks = set[asyncio.Task[None]]()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            with suppress(asyncio.CancelledError):
                await proxy.serve(reader, writer)

        listening = await asyncio.start_server(accept, "127.0.0.1", 0)
        proxy.port = listening.sockets[0].getsockname()[1]
        try:
            yield server, proxy, verify
        finally:
            listening.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def client(verify: Any, engine: Any, **settings: Any) -> AsyncPartnero:
    settings = {"base_url": f"https://{NAME}/v1", **settings}
    return AsyncPartnero("sk_secret_key", verify=verify, engine=engine, **settings)


async def fetch(partnero: AsyncPartnero, count: int = 5) -> None:
    async with partnero:
        for number in range(count):
            assert (await partnero.customers.get(f"c{number}")).key == f"c{number}"


async def test_an_explicit_proxy_carries_the_calls(authority: trustme.CA, engine: Any) -> None:
    async with proxied(authority) as (server, proxy, verify):
        await fetch(client(verify, engine, proxy=f"http://127.0.0.1:{proxy.port}"))
        assert [head.split()[:2] for head in proxy.heads] == [[b"CONNECT", f"{NAME}:443".encode()]]
        assert len(server.requests) == 5


async def test_a_name_that_ends_in_a_dot_is_verified_without_it(authority: trustme.CA, engine: Any) -> None:
    async with proxied(authority) as (server, proxy, verify):
        through = f"http://127.0.0.1:{proxy.port}"
        await fetch(client(verify, engine, base_url=f"https://{NAME}./v1", proxy=through), count=1)
        assert len(server.requests) == 1


async def test_the_proxy_sees_neither_the_key_nor_the_calls(authority: trustme.CA, engine: Any) -> None:
    async with proxied(authority) as (_, proxy, verify):
        await fetch(client(verify, engine, proxy=f"http://127.0.0.1:{proxy.port}"))
        seen = b"".join(proxy.heads) + proxy.tunnelled
    assert b"sk_secret_key" not in seen
    assert b"customers" not in seen


async def test_the_credentials_of_a_proxy_go_to_the_proxy_only(authority: trustme.CA, engine: Any) -> None:
    async with proxied(authority) as (server, proxy, verify):
        await fetch(client(verify, engine, proxy=f"http://user:word@127.0.0.1:{proxy.port}"))
        assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk" in proxy.heads[0]
        assert not any(b"proxy-authorization" in head.lower() for head in server.heads)


async def test_many_calls_at_once_keep_each_its_own_connection(authority: trustme.CA, engine: Any) -> None:
    async with proxied(authority) as (server, proxy, verify):
        async with client(
            verify, engine, proxy=f"http://127.0.0.1:{proxy.port}", max_concurrency=8
        ) as partnero:
            keys = [f"c{number}" for number in range(200)]
            batch = await partnero.customers.get_many(keys)
            assert [customer.key for customer in batch.found.values()] == keys
            assert open_connections(partnero) <= 8
        assert server.most_connections <= 8


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_the_environment_names_the_proxy(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, variable: str, engine: Any
) -> None:
    async with proxied(authority) as (server, proxy, verify):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "other.test,10.0.0.0/8")
        await fetch(client(verify, engine))
        assert len(proxy.heads) == 1
        assert len(server.requests) == 5


@pytest.mark.parametrize("exempt", [NAME, ".test", "*.test", "test", "*"])
async def test_an_exempt_host_is_not_asked_through_the_proxy(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, exempt: str, engine: Any
) -> None:
    async with proxied(authority) as (_, proxy, verify):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", exempt)
        async with client(verify, engine, retries=0) as partnero:
            # Nobody but the proxy knows the name.
            with pytest.raises(ConnectError):
                await partnero.customers.get("c")
        assert proxy.heads == []


async def test_loopback_never_goes_through_a_proxy_of_the_environment(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    async with proxied(authority) as (_, proxy, _verify):
        for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")

        async def plainly(exchange: Exchange) -> None:
            await exchange.send(good(exchange))

        async with raw_server(plainly) as direct:
            await fetch(AsyncPartnero("key", base_url=f"http://127.0.0.1:{direct.port}", engine=engine))
            assert len(direct.requests) == 5
        assert proxy.heads == []


async def test_plain_http_is_forwarded_by_an_explicit_proxy(engine: Any) -> None:
    async def plainly(exchange: Exchange) -> None:
        await exchange.send(good(exchange))

    async with raw_server(plainly) as forwarding:
        proxy = f"http://127.0.0.1:{forwarding.port}"
        settings: dict[str, Any] = {"base_url": f"http://{NAME}/v1", "allow_http": True, "proxy": proxy}
        await fetch(AsyncPartnero("key", engine=engine, **settings))
        assert forwarding.heads[0].startswith(f"GET http://{NAME}/v1/customers/c0 HTTP/1.1".encode())
        assert forwarding.connections == 1


async def test_a_proxy_that_refuses_is_a_connect_error_that_says_so(
    authority: trustme.CA, engine: Any
) -> None:
    async with proxied(authority) as (server, proxy, verify):
        proxy.answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        async with client(verify, engine, proxy=f"http://127.0.0.1:{proxy.port}", retries=1) as partnero:
            with pytest.raises(ConnectError, match="407") as caught:
                await partnero.transactions.create(customer=Ref(key="c"), amount=1)
            assert open_connections(partnero) == 0
        assert not caught.value.in_doubt
        assert caught.value.attempts == 2
        assert server.requests == []


@pytest.mark.parametrize("given", [False, True], ids=["ours", "http_client"])
async def test_of_a_proxy_that_refuses_the_status_alone_is_kept(
    authority: trustme.CA, engine: Any, given: bool
) -> None:
    async with proxied(authority) as (_, proxy, verify):
        proxy.answer = b"HTTP/1.1 407 ann@example.com \xff\r\nContent-Length: 0\r\n\r\n"
        through = f"http://127.0.0.1:{proxy.port}"
        async with AsyncExitStack() as stack:
            settings: dict[str, Any] = {"proxy": through, "verify": verify, "engine": engine}
            if given:
                http = await stack.enter_async_context(httpx.AsyncClient(proxy=through, verify=verify))
                settings = {"http_client": http}
            base_url = f"https://{NAME}/v1"
            partnero = AsyncPartnero("key", base_url=base_url, retries=0, **settings)
            await stack.enter_async_context(partnero)
            with pytest.raises(ConnectError) as caught:
                await partnero.transactions.create(customer=Ref(key="c"), amount=1)
        said = "could not connect: the proxy answered 407 Proxy Authentication Required"
        assert (caught.value.message, caught.value.in_doubt) == (said, False)


async def test_a_sale_lost_behind_the_proxy_is_in_doubt(authority: trustme.CA, engine: Any) -> None:
    async with proxied(authority) as (server, proxy, verify):

        async def lose(exchange: Exchange) -> None:
            exchange.reset()

        server.answer = lose
        async with client(verify, engine, proxy=f"http://127.0.0.1:{proxy.port}", retries=3) as partnero:
            with pytest.raises(ConnectionLostError) as caught:
                await partnero.transactions.create(customer=Ref(key="c"), amount=1)
        assert caught.value.in_doubt
        assert len(server.requests) == 1


async def test_a_cancelled_call_takes_its_tunnel_with_it(authority: trustme.CA, engine: Any) -> None:
    async with proxied(authority) as (server, proxy, verify):
        async with client(verify, engine, proxy=f"http://127.0.0.1:{proxy.port}", retries=0) as partnero:
            plainly, server.answer = server.answer, stall
            with pytest.raises(RequestTimeoutError):
                await partnero.with_options(timeout=0.3).customers.get("c")
            assert open_connections(partnero) == 0
            server.answer = plainly
            assert (await partnero.customers.get("c")).key == "c"
