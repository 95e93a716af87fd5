"""Tools that watch or mock httpx by changing its classes are heard, and what they mock never leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpcore
import httpx
import pytest

from partnero_async import AsyncPartnero, NotFoundError, ProtocolError, Ref, StatusError
from partnero_async._http.engines.httpx.engine import _STEPS
from partnero_async._http.engines.httpx.watched import is_changed

from ..raw_server import Exchange, raw_server, response
from ..sockets import partnero_at

Method = Callable[[Any, Any], Any]

BODY = b'{"data":{"key":"real"},"status":1}'
TRANSPORT, POOL = httpx.AsyncHTTPTransport, httpcore.AsyncConnectionPool


async def answer(exchange: Exchange) -> None:
    await exchange.send(response(BODY))


async def mock(_: object, request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"data": {"key": "mocked"}}, request=request)


async def replay(_: object, request: httpcore.Request) -> httpcore.Response:
    return httpcore.Response(200, content=b'{"data":{"key":"mocked"}}')


@pytest.mark.sockets
@pytest.mark.asyncio
@pytest.mark.parametrize(("owner", "method"), [(TRANSPORT, mock), (POOL, replay)])
async def test_a_mock_of_httpx_answers_and_nothing_leaves(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: Method
) -> None:
    monkeypatch.setattr(owner, "handle_async_request", method)
    async with raw_server(answer) as server, partnero_at(server) as partnero:
        for _ in range(3):
            assert (await partnero.customers.get("c")).key == "mocked"
        assert server.connections == 0


@pytest.mark.sockets
@pytest.mark.asyncio
async def test_what_mocks_the_connections_of_httpcore_is_heard_whenever_that_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def key_of(partnero: AsyncPartnero) -> str | None:
        return (await partnero.customers.get("c")).key

    async with raw_server(answer) as server, partnero_at(server) as partnero:
        assert await key_of(partnero) == "real"
        # As respx.mock(using="httpcore") does.
        monkeypatch.setattr(httpcore.AsyncHTTPConnection, "handle_async_request", replay)
        assert [await key_of(partnero) for _ in range(2)] == ["mocked", "mocked"]
        monkeypatch.undo()
        assert await key_of(partnero) == "real"
        assert len(server.requests) == 2


@pytest.mark.sockets
@pytest.mark.asyncio
async def test_a_trace_that_a_tool_puts_into_a_request_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told, original = list[str](), httpx.AsyncClient.send

    async def trace(event: str, _: Any) -> None:
        told.append(event)

    async def send(self: httpx.AsyncClient, request: httpx.Request, **settings: Any) -> httpx.Response:
        request.extensions["trace"] = trace
        return await original(self, request, **settings)

    monkeypatch.setattr(httpx.AsyncClient, "send", send)
    async with raw_server(answer) as server, partnero_at(server) as partnero:
        await partnero.customers.get("c")
    assert "http11.receive_response_headers.complete" in told


@pytest.mark.sockets
@pytest.mark.asyncio
async def test_a_header_of_a_tool_that_cannot_be_sent_leaves_no_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = TRANSPORT.handle_async_request

    async def add(self: Any, request: httpx.Request) -> httpx.Response:
        request.headers["tracestate"] = "a=b "
        return await original(self, request)

    monkeypatch.setattr(TRANSPORT, "handle_async_request", add)
    async with raw_server(answer) as server, partnero_at(server) as partnero:
        with pytest.raises(ProtocolError) as caught:
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
        assert server.requests == []
    assert not caught.value.in_doubt


@pytest.mark.sockets
@pytest.mark.asyncio
@pytest.mark.parametrize("owner", [TRANSPORT, POOL])
async def test_what_watches_sees_each_call_which_goes_over_our_connections(
    monkeypatch: pytest.MonkeyPatch, owner: type
) -> None:
    seen, original = list[Any](), vars(owner)["handle_async_request"]

    async def watch(self: Any, request: Any) -> Any:
        seen.append(request.method)
        return await original(self, request)

    monkeypatch.setattr(owner, "handle_async_request", watch)
    async with raw_server(answer) as server, partnero_at(server) as partnero:
        for _ in range(3):
            assert (await partnero.customers.get("c")).key == "real"
        assert server.connections == 1
    assert len(seen) == 3


@pytest.mark.sockets
@pytest.mark.asyncio
@pytest.mark.parametrize("step", _STEPS)
async def test_what_is_put_into_the_client_of_httpx_is_heard_whenever_that_is(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    seen, original = list[str](), getattr(httpx.AsyncClient, step)

    def watch(self: Any, *arguments: Any, **settings: Any) -> Any:
        seen.append(step)
        return original(self, *arguments, **settings)

    async with raw_server(answer) as server, partnero_at(server) as partnero:
        await partnero.customers.get("c")
        assert not seen
        monkeypatch.setattr(httpx.AsyncClient, step, watch)
        await partnero.customers.get("c")
        assert seen == [step]
        monkeypatch.undo()
        await partnero.customers.get("c")
        assert seen == [step]


@pytest.mark.sockets
@pytest.mark.asyncio
@pytest.mark.parametrize("owner", [TRANSPORT, POOL])
async def test_a_surplus_answers_nobody_where_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, owner: type
) -> None:
    original = vars(owner)["handle_async_request"]

    async def watch(self: Any, request: Any) -> Any:
        return await original(self, request)

    async def twice(exchange: Exchange) -> None:
        await exchange.send(response(b'{"data":{"key":"%s"}}' % exchange.key.encode()) * 2)

    monkeypatch.setattr(owner, "handle_async_request", watch)
    async with raw_server(twice) as server, partnero_at(server) as partnero:
        for key in ("a", "b", "c"):
            assert (await partnero.customers.get(key)).key == key


@pytest.mark.asyncio
async def test_refusals_redirects_and_failed_assertions_of_a_mock_come_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.Response(404, json={"message": "no"}),
        httpx.Response(302, headers={"Location": "https:no.test"}),
        AssertionError("no such request was expected"),
    ]

    async def script(_: object, request: httpx.Request) -> httpx.Response:
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        given.request = request
        return given

    monkeypatch.setattr(TRANSPORT, "handle_async_request", script)
    async with AsyncPartnero("key", strict=True) as partnero:
        with pytest.raises(NotFoundError):
            await partnero.customers.get("c")
        with pytest.raises(StatusError):
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
        with pytest.raises(AssertionError, match="expected"):
            await partnero.customers.get("c")


class Wrapper:
    """Says of itself that it is what it wraps, as wrapt's wrappers do."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped

    def __getattribute__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "wrapped"), name)


@pytest.mark.parametrize("owner", [TRANSPORT, POOL])
def test_a_wrapper_that_passes_for_a_function_is_found_out(
    monkeypatch: pytest.MonkeyPatch, owner: type
) -> None:
    assert not is_changed(owner)
    monkeypatch.setattr(owner, "handle_async_request", Wrapper(vars(owner)["handle_async_request"]))
    assert is_changed(owner)


@pytest.mark.asyncio
async def test_where_nobody_watches_nothing_is_in_between() -> None:
    async with AsyncPartnero("key") as partnero:
        engine: Any = partnero._caller.session.engine
        assert type(engine._client._transport).__name__ == "SlotTransport"
