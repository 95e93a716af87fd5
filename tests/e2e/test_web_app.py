"""A web app that awaits one call per request, while a third of its browsers hang up."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from partnero_async import AsyncPartnero, NotFoundError
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

from ..until import until

REQUESTS = 2_000
CUSTOMERS = 500


class Watched:
    """The app, and what is left over in it, told from inside its own event loop."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.partnero: AsyncPartnero
        self.cancelled = 0
        self.app = Starlette(
            routes=[Route("/customers/{key}", self.show), Route("/left", self.left)],
            lifespan=self.lifespan,
        )

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        # Browser, app and sandbox share one interpreter: under a tracer, an answer may take its time.
        patient: dict[str, Any] = {"timeout": 100, "deadline": None}
        async with AsyncPartnero(
            "sandbox_affiliate", base_url=self.base_url, max_concurrency=20, preload=True, **patient
        ) as self.partnero:
            yield

    async def show(self, request: Request) -> JSONResponse:
        # uvicorn does not cancel a handler whose browser hung up: the app does it, as web apps do.
        call = asyncio.ensure_future(self.partnero.customers.get(request.path_params["key"]))
        gone = asyncio.ensure_future(until_disconnected(request))
        await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not call.done():
            self.cancelled += 1
            call.cancel()
            return JSONResponse(None)
        try:
            return JSONResponse(call.result().to_dict())
        except NotFoundError:
            return JSONResponse(None, status_code=404)

    async def left(self, request: Request) -> JSONResponse:
        transport: Any = self.partnero._caller.session.engine._client._transport  # type: ignore[attr-defined]
        return JSONResponse(
            {
                "in_flight": self.partnero._caller.session.gate.in_flight,
                "busy": len(transport._busy),
                "connections": transport.open_connections,
                "tasks": len(asyncio.all_tasks()),
                "cancelled": self.cancelled,
            }
        )


async def until_disconnected(request: Request) -> None:
    while not await request.is_disconnected():  # noqa: ASYNC110 - ASGI has no event for it
        await asyncio.sleep(0.001)


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", access_log=False, timeout_keep_alive=300)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            threading.Event().wait(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.asyncio
async def test_browsers_that_hang_up_harm_nobody_else() -> None:
    choices = random.Random(6)
    local = Sandbox(customers=CUSTOMERS, latency=(0.01, 0.02))
    with running(local) as sandbox_url, serving(Watched(sandbox_url).app) as app_url:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=app_url, limits=limits, timeout=120) as browser:
            right = asyncio.Semaphore(40)
            answered = 0

            async def browse(number: int) -> None:
                nonlocal answered
                key = f"customer_{number % CUSTOMERS + 1:06d}"
                async with right:
                    if number % 3 == 0:
                        await hang_up_on(app_url, key, choices.random() * 0.01)
                        return
                    got = await browser.get(f"/customers/{key}")
                assert got.json()["key"] == key
                answered += 1

            await asyncio.gather(*map(browse, range(REQUESTS)))
            assert answered == REQUESTS - len(range(0, REQUESTS, 3))

            for number in range(20):
                key = f"customer_{number + 1:06d}"
                assert (await browser.get(f"/customers/{key}")).json()["key"] == key

            for _ in range(1_000):
                left = (await browser.get("/left")).json()
                if not left["in_flight"]:
                    break
        assert left["in_flight"] == 0
        assert left["cancelled"] > 20
        assert left["busy"] == 0
        assert left["connections"] <= 20
        # uvicorn's own tasks: its main one, the lifespan's, and the request that asks.
        assert left["tasks"] <= 6
    local.close()


@pytest.mark.asyncio
async def test_an_app_that_stops_leaves_no_descriptor_open() -> None:
    local = Sandbox(customers=10)
    with running(local) as sandbox_url:
        gc.collect()
        descriptors = len(os.listdir("/proc/self/fd"))
        with serving(Watched(sandbox_url).app) as app_url:
            async with httpx.AsyncClient(base_url=app_url) as browser:
                await asyncio.gather(*(hang_up_on(app_url, "customer_000001", 0.002) for _ in range(50)))
                assert (await browser.get("/customers/customer_000001")).status_code == 200
        gc.collect()
        await until(lambda: len(os.listdir("/proc/self/fd")) <= descriptors)
    local.close()


async def hang_up_on(app_url: str, key: str, seconds: float) -> None:
    """Asks for a customer and closes the connection after a while, whatever came."""
    url = httpx.URL(app_url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET /customers/{key} HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
    await asyncio.sleep(seconds)
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()
