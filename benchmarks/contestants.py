"""Who fetches the customers: the SDK on each of its engines, and what a user would write without it.

``python -m benchmarks.contestants NAME ...`` is one round of one contestant: a warm-up, then the requests
that count. Without a name it says why some contestants cannot take part. Both print JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

__all__ = ["CANDIDATES", "CONTESTANTS", "ENGINES", "peak_mib"]

ENGINES = ("SDK", "SDK, aiohttp engine", "SDK, httptools engine")
"""The SDK on each of its engines; with ``, stream`` behind it, a stream of it."""

HEADERS = {"Authorization": "Bearer key", "Accept": "application/json"}

Run = Callable[[Iterable[str]], Awaitable[list[float]]]
"""Fetches all keys; gives the time at which each of them was there."""


@dataclass(frozen=True)
class Target:
    """What there is to fetch from, and how."""

    base_url: str
    in_flight: int
    tls: ssl.SSLContext | None


def gathered(fetch: Callable[[str], Awaitable[object]], in_flight: int) -> Run:
    """The loop that most people write: everything gathered, a semaphore in front."""

    async def run(keys: Iterable[str]) -> list[float]:
        turns = asyncio.Semaphore(in_flight)
        done = list[float]()

        async def one(key: str) -> None:
            async with turns:
                await fetch(key)
            done.append(time.perf_counter())

        await asyncio.gather(*(one(key) for key in keys))
        return done

    return run


@asynccontextmanager
async def over_httpx(target: Target, open_client: Callable[..., Any]) -> AsyncGenerator[Run]:
    """The loop over a client with httpx's interface."""
    async with open_client(target.in_flight, headers=HEADERS, verify=target.tls or True) as client:

        async def fetch(key: str) -> Any:
            response = await client.get(f"{target.base_url}/customers/{key}")
            response.raise_for_status()
            return response.json()

        yield gathered(fetch, target.in_flight)


def raised(in_flight: int) -> Any:
    """Limits that let every request have a connection, and keep it."""
    import httpx

    return httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)


def httpx_client(in_flight: int, **settings: Any) -> Any:
    import httpx

    return httpx.AsyncClient(**settings)


def httpx_client_raised(in_flight: int, **settings: Any) -> Any:
    import httpx

    return httpx.AsyncClient(limits=raised(in_flight), **settings)


def httpx2_client(in_flight: int, **settings: Any) -> Any:
    import httpx2

    return httpx2.AsyncClient(**settings)


def httpx_aiohttp_client(in_flight: int, **settings: Any) -> Any:
    import httpx_aiohttp

    # Its default of 100 connections would answer another question at 500 in flight.
    return httpx_aiohttp.HttpxAiohttpClient(limits=raised(in_flight), **settings)


@asynccontextmanager
async def aiohttp_loop(target: Target) -> AsyncGenerator[Run]:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=target.in_flight, ssl=target.tls or True)
    async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:

        async def fetch(key: str) -> Any:
            async with session.get(f"{target.base_url}/customers/{key}") as response:
                response.raise_for_status()
                return await response.json()

        yield gathered(fetch, target.in_flight)


@asynccontextmanager
async def openai_sdk(target: Target) -> AsyncGenerator[Run]:
    """The call path of a generated SDK, with models of its own kind for our customer."""
    import openai

    class Tag(openai.BaseModel):
        value: str

    class Customer(openai.BaseModel):
        key: str
        partner: str | None = None
        deleted: bool | None = None
        name: str | None = None
        surname: str | None = None
        email: str | None = None
        status: str | None = None
        tags: list[Tag] | None = None
        created_at: str | None = None
        updated_at: str | None = None
        deleted_at: str | None = None

    class Answer(openai.BaseModel):
        data: Customer

    http_client = openai.DefaultAsyncHttpxClient(verify=target.tls) if target.tls else None
    async with openai.AsyncOpenAI(api_key="key", base_url=target.base_url, http_client=http_client) as client:

        async def fetch(key: str) -> Customer:
            answer = await client.get(f"/customers/{key}", cast_to=Answer)
            return answer.data

        yield gathered(fetch, target.in_flight)


def our_client(target: Target, engine: str | None) -> Any:
    from partnero_async import AsyncPartnero

    # An SDK without the keyword has one engine only.
    settings: dict[str, Any] = {} if engine is None else {"engine": engine}
    if target.tls is not None:
        settings["verify"] = target.tls
    return AsyncPartnero("key", base_url=target.base_url, max_concurrency=target.in_flight, **settings)


@asynccontextmanager
async def our_calls(target: Target, engine: str | None = None) -> AsyncGenerator[Run]:
    async with our_client(target, engine) as partnero:
        yield gathered(partnero.customers.get, target.in_flight)


@asynccontextmanager
async def our_stream(target: Target, engine: str | None = None) -> AsyncGenerator[Run]:
    from partnero_async import Found

    async with our_client(target, engine) as partnero:

        async def run(keys: Iterable[str]) -> list[float]:
            done = list[float]()
            async with partnero.customers.stream(keys) as outcomes:
                async for outcome in outcomes:
                    if not isinstance(outcome, Found):
                        raise RuntimeError(f"not found: {outcome}")
                    done.append(time.perf_counter())
            return done

        yield run


@asynccontextmanager
async def floor(target: Target, made: str) -> AsyncGenerator[Run]:
    from .floor import over_floor

    async with over_floor(target.base_url, target.tls, made) as fetch:
        yield gathered(fetch, target.in_flight)


def pyreqwest_client(target: Target) -> Any:
    from pyreqwest.client import ClientBuilder

    builder = ClientBuilder().no_proxy().pool_max_idle_per_host(target.in_flight)
    # It has TLS of its own, and takes authorities one by one.
    for authority in target.tls.get_ca_certs(binary_form=True) if target.tls else ():
        builder = builder.add_root_certificate_der(authority)
    return builder.build()


@asynccontextmanager
async def pyreqwest_loop(target: Target) -> AsyncGenerator[Run]:
    async with pyreqwest_client(target) as client:

        async def fetch(key: str) -> Any:
            request = client.get(f"{target.base_url}/customers/{key}").headers(HEADERS)
            response = await request.error_for_status(True).build().send()
            return await response.json()

        yield gathered(fetch, target.in_flight)


CONTESTANTS: dict[str, Callable[[Target], AbstractAsyncContextManager[Run]]] = {
    "SDK": our_calls,
    "SDK, stream": our_stream,
    "SDK, aiohttp engine": partial(our_calls, engine="aiohttp"),
    "SDK, aiohttp engine, stream": partial(our_stream, engine="aiohttp"),
    "SDK, httptools engine": partial(our_calls, engine="httptools"),
    "SDK, httptools engine, stream": partial(our_stream, engine="httptools"),
    "SDK, httpx2 engine": partial(our_calls, engine="httpx2"),
    "httpx": partial(over_httpx, open_client=httpx_client),
    "httpx, raised limits": partial(over_httpx, open_client=httpx_client_raised),
    "httpx2": partial(over_httpx, open_client=httpx2_client),
    "httpx-aiohttp": partial(over_httpx, open_client=httpx_aiohttp_client),
    "aiohttp": aiohttp_loop,
    "pyreqwest": pyreqwest_loop,
    "openai": openai_sdk,
    "floor: counted": partial(floor, made="bytes"),
    "floor: a dict": partial(floor, made="dict"),
    "floor: a record": partial(floor, made="record"),
}


@asynccontextmanager
async def our_prototype(target: Target) -> AsyncGenerator[Run]:
    """The SDK over an engine of its own, which is not part of it."""
    from partnero_async._http.engines.origin import Origin, Tls
    from partnero_async._secret import Secret

    from .protocol_engine import ProtocolEngine

    async with our_client(target, None) as partnero:
        partnero._caller.session.engine = ProtocolEngine(
            origin=Origin.of(target.base_url),
            api_key=Secret("key"),
            max_body=16 * 1024 * 1024,
            tls=Tls(target.tls or True),
        )
        yield gathered(partnero.customers.get, target.in_flight)


@asynccontextmanager
async def our_calls_over_pyreqwest(target: Target) -> AsyncGenerator[Run]:
    """The SDK over pyreqwest's transport for httpx."""
    from pyreqwest.compatibility.httpx import HttpxTransport

    from partnero_async import AsyncPartnero

    transport = HttpxTransport(pyreqwest_client(target))
    settings: dict[str, Any] = {"max_concurrency": target.in_flight, "transport": transport}
    # The transport that was given is ours to close.
    async with transport, AsyncPartnero("key", base_url=target.base_url, **settings) as partnero:
        yield gathered(partnero.customers.get, target.in_flight)


@asynccontextmanager
async def niquests_loop(target: Target) -> AsyncGenerator[Run]:
    import niquests

    async with niquests.AsyncSession(pool_maxsize=target.in_flight) as session:

        async def fetch(key: str) -> Any:
            response = await session.get(
                f"{target.base_url}/customers/{key}", headers=HEADERS, verify=target.tls is None
            )
            return response.raise_for_status().json()

        yield gathered(fetch, target.in_flight)


@asynccontextmanager
async def curl_cffi_loop(target: Target) -> AsyncGenerator[Run]:
    from curl_cffi import AsyncSession

    # It takes the file of an authority only, so its TLS goes unverified here.
    async with AsyncSession[Any](max_clients=target.in_flight, verify=target.tls is None) as session:

        async def fetch(key: str) -> Any:
            response = await session.get(f"{target.base_url}/customers/{key}", headers=HEADERS)
            response.raise_for_status()
            return response.json()

        yield gathered(fetch, target.in_flight)


CANDIDATES: dict[str, Callable[[Target], AbstractAsyncContextManager[Run]]] = {
    "SDK, prototype": our_prototype,
    "SDK over pyreqwest": our_calls_over_pyreqwest,
    "curl_cffi": curl_cffi_loop,
    "niquests": niquests_loop,
    "SDK, uvloop": our_calls,
    "SDK, aiohttp engine, uvloop": partial(our_calls, engine="aiohttp"),
    "SDK, prototype, uvloop": our_prototype,
    "SDK, httptools engine, uvloop": partial(our_calls, engine="httptools"),
}
"""Who takes part only in the study of engines, ``python -m benchmarks.engines``."""


async def reason_to_miss(name: str) -> str | None:
    """Why a contestant cannot take part here; None if it can."""
    try:
        async with CONTESTANTS[name](Target("http://127.0.0.1:9/v1", 1, None)):
            return None
    except ImportError as error:
        return f"not installed: {error.name}"
    except ValueError as error:  # an engine whose package is not there
        return str(error)
    except TypeError as error:
        if "engine" in str(error):
            return "not offered"
        raise


def numbered(count: int) -> list[str]:
    return [f"customer_{number}" for number in range(count)]


async def play(name: str, target: Target, requests: int) -> dict[str, float]:
    """One round: what a request cost, and how many there were in a second."""
    async with (CONTESTANTS | CANDIDATES)[name](target) as run:
        await run(numbered(target.in_flight + 100))
        gc.collect()
        cpu, began = cpu_seconds(), time.perf_counter()
        done = await run(numbered(requests))
        cpu, seconds = cpu_seconds() - cpu, time.perf_counter() - began
    # While the first answers are awaited and the last ones trickle in, fewer are in flight.
    edge = min(target.in_flight, requests // 4)
    middle = done[requests - edge - 1] - done[edge]
    return {
        "cpu_us": cpu / requests * 1e6,
        "rate": (requests - 2 * edge - 1) / middle,
        "busy": cpu / seconds,
        "peak_mib": peak_mib(),
    }


def loop_of(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop of a contestant; None for asyncio's own."""
    if not name.endswith(", uvloop"):
        return None
    import uvloop

    return uvloop.new_event_loop


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mib() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*CONTESTANTS, *CANDIDATES])
    parser.add_argument("--base-url")
    parser.add_argument("--in-flight", type=int)
    parser.add_argument("--requests", type=int)
    parser.add_argument("--ca")
    options = parser.parse_args()
    if options.name is None:
        print(json.dumps({name: asyncio.run(reason_to_miss(name)) for name in CONTESTANTS}))
        return
    tls = ssl.create_default_context(cafile=options.ca) if options.ca else None
    target = Target(options.base_url, options.in_flight, tls)
    with asyncio.Runner(loop_factory=loop_of(options.name)) as runner:
        print(json.dumps(runner.run(play(options.name, target, options.requests))), flush=True)
        if "pyreqwest" in options.name:
            # Its threads outlive the interpreter: now and then one aborts the process at its regular end.
            os._exit(0)


if __name__ == "__main__":
    main()
