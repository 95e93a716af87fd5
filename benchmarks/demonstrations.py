"""What a plain httpx client does where this SDK's connections hold: printed, not asserted.

Two answers to one request: the surplus of one answer becomes the answer to another request. Calls that are
cancelled while connecting: connections that are never freed, until every request dies of PoolTimeout.
Should httpx mend either, this prints so.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import httpx

from partnero_async import AsyncPartnero, PartneroError

CALLS = 1_000
CONNECTIONS = 10

Get = Callable[[str], Awaitable[str]]
Client = Callable[[str], AbstractAsyncContextManager[Get]]
Answer = Callable[[str], bytes]


def customer(key: str) -> bytes:
    body = b'{"data":{"key":"%s"},"status":1}' % key.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncGenerator[int]:
    """A server on loopback; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(answer(head.split()[1].rsplit(b"/", 1)[-1].decode()))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def plain(base_url: str) -> AsyncGenerator[Get]:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(limits=limits, timeout=2) as client:

        async def get(key: str) -> str:
            response = await client.get(f"{base_url}/customers/{key}")
            return str(response.raise_for_status().json()["data"]["key"])

        yield get


@asynccontextmanager
async def sdk(base_url: str) -> AsyncGenerator[Get]:
    async with AsyncPartnero(
        "key", base_url=base_url, max_concurrency=CONNECTIONS, timeout=2, retries=0
    ) as partnero:

        async def get(key: str) -> str:
            return (await partnero.customers.get(key)).key

        yield get


async def count_wrong_answers(client: Client) -> str:
    async with serving(lambda key: customer(key) + customer("somebody-else")) as port:
        async with client(f"http://127.0.0.1:{port}") as get:
            wrong = failed = 0
            for number in range(CALLS):
                try:
                    wrong += await get(f"c{number}") != f"c{number}"
                except (httpx.HTTPError, PartneroError):
                    failed += 1
    return f"{wrong} of {CALLS} answers were somebody else's, {failed} calls failed"


async def cancel_while_connecting(client: Client) -> str:
    choices = random.Random(1)
    async with serving(customer) as port, client(f"http://127.0.0.1:{port}") as get:

        async def browse() -> None:
            # Twice as many callers as connections, each giving up after 0 to 5 ms: many do so just as the
            # pool has promised them a connection that is not made yet.
            for number in range(250):
                with suppress(TimeoutError, httpx.HTTPError, PartneroError):
                    async with asyncio.timeout(choices.random() * 0.005):
                        await get(f"c{number}")

        await asyncio.gather(*(browse() for _ in range(2 * CONNECTIONS)))
        outcomes = list[str]()
        for number in range(20):
            try:
                await get(f"c{number}")
                outcomes.append("right")
            except (httpx.HTTPError, PartneroError) as error:
                outcomes.append(type(error).__name__)
    return "20 plain calls afterwards: " + ", ".join(
        f"{outcomes.count(name)} {name}" for name in dict.fromkeys(outcomes)
    )


async def main() -> None:
    for title, demonstration in {
        "Two answers to each request": count_wrong_answers,
        "5,000 calls, given up after 0 to 5 ms": cancel_while_connecting,
    }.items():
        print(title)
        for name, client in {"plain httpx": plain, "partnero_async": sdk}.items():
            print(f"  {name:15} {await demonstration(client)}")


if __name__ == "__main__":
    asyncio.run(main())
