"""Deliveries that several machines take, with their marks in a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
import trio

from partnero_async import ArgumentError, UsageError
from partnero_async.webhooks import Claim, Event, Receiver, RedisSeenStore, SeenStoreError, WebhookEndpoint

from ..shared.redis_server import RedisServer, redis_server
from .deliveries import SECRET, body_of, signed


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture
def fresh(server: RedisServer) -> RedisServer:
    with server.client() as client:
        client.flushall()
    return server


@pytest.mark.asyncio
class TestStore:
    async def test_a_delivery_is_claimed_once_until_it_is_handled_and_after(self, fresh: RedisServer) -> None:
        one, other = RedisSeenStore(fresh.url), RedisSeenStore(fresh.url)
        assert await one.claim("f", "one", 10) == Claim.OURS
        assert await other.claim("f", "other", 10) == Claim.IN_HAND
        await one.finish("f", "one")
        assert await other.claim("f", "other", 10) == Claim.DONE
        await one.aclose()
        await other.aclose()

    async def test_what_is_let_go_may_be_claimed_by_another_and_only_its_owner_lets_go(
        self, fresh: RedisServer
    ) -> None:
        store = RedisSeenStore(fresh.url)
        assert await store.claim("f", "one", 10) == Claim.OURS
        await store.release("f", "other")
        assert await store.claim("f", "other", 10) == Claim.IN_HAND
        await store.release("f", "one")
        assert await store.claim("f", "other", 10) == Claim.OURS
        await store.aclose()

    async def test_who_is_gone_is_replaced(self, fresh: RedisServer) -> None:
        store = RedisSeenStore(fresh.url)
        assert await store.claim("f", "gone", 0.05) == Claim.OURS
        while await store.claim("f", "next", 10) != Claim.OURS:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await store.aclose()

    async def test_what_was_handled_is_forgotten_after_its_time(self, fresh: RedisServer) -> None:
        store = RedisSeenStore(fresh.url, max_age=3600)
        await store.claim("f", "one", 10)
        await store.finish("f", "one")
        with fresh.client() as client:
            (name,) = client.scan_iter()
            assert 3590 < int(str(client.ttl(name))) <= 3600
        await store.aclose()

    async def test_of_many_that_ask_at_a_time_one_has_it(self, fresh: RedisServer) -> None:
        stores = [RedisSeenStore(fresh.url) for _ in range(20)]
        claims = await asyncio.gather(*(store.claim("f", str(n), 10) for n, store in enumerate(stores)))
        assert claims.count(Claim.OURS) == 1
        for store in stores:
            await store.aclose()

    async def test_a_redis_that_is_away_is_an_error_of_the_store(self) -> None:
        store = RedisSeenStore("redis://:secret_word@127.0.0.1:9")
        with pytest.raises(SeenStoreError, match="Redis cannot be asked: ConnectionError") as caught:
            await store.claim("f", "one", 10)
        assert "secret_word" not in f"{caught.value!r} {store!r}"
        await store.aclose()


def test_endpoints_of_several_machines_handle_each_delivery_once(fresh: RedisServer) -> None:
    handled = list[str]()

    async def handle(event: Event) -> None:
        handled.append(event.data.key)
        await anyio.sleep(0.01)

    async def main() -> None:
        endpoints = [
            WebhookEndpoint(Receiver(SECRET), handle, seen=RedisSeenStore(fresh.url)) for _ in range(3)
        ]
        bodies = [body_of(data={"key": f"customer_{number}"}) for number in range(30)]

        async def deliver(endpoint: WebhookEndpoint, body: bytes) -> None:
            while (await endpoint.deliver(body, signed(body))).status != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        await asyncio.gather(*(deliver(endpoint, body) for body in bodies for endpoint in endpoints))
        for endpoint in endpoints:
            await endpoint.aclose()

    asyncio.run(main())
    asyncio.run(main())  # another loop of the same process
    assert sorted(handled) == sorted(f"customer_{number}" for number in range(30))


def test_under_trio_it_says_what_to_take(server: RedisServer) -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="take a SQLiteSeenStore"):
            await RedisSeenStore(server.url).claim("f", "one", 10)

    trio.run(main)


@pytest.mark.parametrize(
    ("url", "settings", "said"),
    [
        ("http://127.0.0.1", {}, "url is not that of a Redis"),
        ("redis://127.0.0.1", {"max_age": 0}, "max_age must be"),
        ("redis://127.0.0.1", {"prefix": ""}, "prefix must be"),
    ],
)
def test_what_makes_no_sense_is_refused(url: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        RedisSeenStore(url, **settings)


def test_it_keeps_nothing_for_the_background(server: RedisServer) -> None:
    async def handle(event: Event) -> None: ...

    with pytest.raises(ArgumentError, match="give seen=SQLiteSeenStore"):
        WebhookEndpoint(
            Receiver(SECRET),
            handle,
            seen=RedisSeenStore(server.url),
            background=True,
        )
