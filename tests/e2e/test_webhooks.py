"""A webhook's way round, on real sockets: from a call, by the sandbox, to an application under uvicorn."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
import pytest_asyncio
import uvicorn

from partnero_async import AsyncPartnero, Ref
from partnero_async.inputs import NewReferredCustomer
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running
from partnero_async.webhooks import Event, MemorySeenStore, Receiver, SQLiteSeenStore, WebhookEndpoint

from ..until import until

pytestmark = pytest.mark.asyncio


class App:
    """Takes deliveries as soon as it has a secret, and notes what it handled."""

    def __init__(self, seen: Any, **settings: Any) -> None:
        self.seen = seen
        self.settings = settings
        self.endpoint: WebhookEndpoint | None = None
        self.handled = list[Event]()
        # The names of events of which the next one fails.
        self.fails = set[str]()

    def know(self, secret: Any, program: Any = "affiliate") -> None:
        self.endpoint = WebhookEndpoint(
            Receiver(secret, program=program), self.handle, seen=self.seen, **self.settings
        )

    async def handle(self, event: Event) -> None:
        if event.name in self.fails:
            self.fails.remove(event.name)
            raise ZeroDivisionError
        await anyio.sleep(0.01)
        self.handled.append(event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            assert self.endpoint is not None
            await self.endpoint(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.seen.aclose()
        await send({"type": "lifespan.shutdown.complete"})


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An application under uvicorn, in a thread of its own."""
    config = uvicorn.Config(app, port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/webhooks"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    local = Sandbox(customers=5, webhook_retries=(0.05,) * 6)
    yield local
    local.close()


@pytest_asyncio.fixture
async def partnero(sandbox: Sandbox) -> AsyncIterator[Callable[..., AsyncPartnero]]:
    """Makes clients of the served sandbox."""
    clients = list[AsyncPartnero]()
    with running(sandbox) as base_url:

        def client(api_key: str) -> AsyncPartnero:
            clients.append(AsyncPartnero(api_key, base_url=base_url, strict=True))
            return clients[-1]

        yield client
        for one in clients:
            await one.aclose()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "background"])
async def test_each_event_is_handled_once_and_has_the_records_that_get_returns(
    sandbox: Sandbox, partnero: Callable[..., AsyncPartnero], kind: str, tmp_path: Path
) -> None:
    store = MemorySeenStore() if kind == "memory" else SQLiteSeenStore(tmp_path / "seen.db")
    app = App(store, background=kind == "background")
    client = partnero("sandbox_affiliate")
    with served(app) as url:
        names = ["customer.created", "transaction.created"]
        subscription = await client.webhooks.create(name="App", url=url, events=names)
        app.know(subscription.signature)
        app.fails = set(names) if kind != "background" else set()

        await client.customers.create(key="user_7", email="ada@b.co", partner=Ref(key="ref_001"))
        await client.transactions.create(
            key="order_1", amount=Decimal("29.997"), customer=Ref(key="user_7"), action="sale"
        )
        await until(lambda: all(one.state == "delivered" for one in sandbox.deliveries))
        for delivery in sandbox.deliveries:
            sandbox.resend(delivery.number)
        await until(lambda: all(one.state == "delivered" for one in sandbox.deliveries))
        await until(lambda: len(app.handled) == 2)
        assert Counter(event.name for event in app.handled) == Counter(names)
        attempts = [len(one.attempts) for one in sandbox.deliveries]
        # The first attempt failed where it was to, and each came again although it had been handled.
        assert attempts == ([2, 2] if kind == "background" else [3, 3])

        by_name = {event.name: event for event in app.handled}
        assert by_name["customer.created"].data == await client.customers.get("user_7")
        assert by_name["transaction.created"].data == await client.transactions.get("order_1")
        assert {event.webhook_key for event in app.handled} == {subscription.key}
        assert {event.data.unread for event in app.handled} == {()}


async def test_refer_a_friend_programs_have_records_of_their_own(
    sandbox: Sandbox, partnero: Callable[..., AsyncPartnero]
) -> None:
    app = App(MemorySeenStore())
    client = partnero("sandbox_referral")
    with served(app) as url:
        subscription = await client.webhooks.create(
            name="App", url=url, events=["customer.created", "transaction.created"]
        )
        app.know(subscription.signature, "referral")
        friend = (await client.referral_customers.list(limit=1)).items[0]
        buyer = NewReferredCustomer(id="buyer", email="b@b.co", referring_customer=Ref(id=friend.id))
        await client.referral_transactions.create(key="order_1", amount=10, customer=buyer)
        await until(lambda: len(app.handled) == 2)
        by_name = {event.name: event for event in app.handled}
        assert by_name["customer.created"].data == await client.referral_customers.get("buyer")
        assert by_name["transaction.created"].data.key == "order_1"


async def test_an_application_that_is_away_hears_of_it_later(
    sandbox: Sandbox, partnero: Callable[..., AsyncPartnero]
) -> None:
    client = partnero("sandbox_affiliate")
    app = App(MemorySeenStore())
    with served(app) as url:
        subscription = await client.webhooks.create(name="App", url=url, events=["customer.created"])
    app.know(subscription.signature)
    await client.customers.create(key="user_7", partner=Ref(key="ref_001"))
    await until(lambda: sandbox.deliveries[0].state == "failed")
    with served(app) as url:
        await client.webhooks.update(subscription.key, url=url)
        await client.customers.create(key="user_8", partner=Ref(key="ref_001"))
        await until(lambda: len(app.handled) == 1)
        assert app.handled[0].data.key == "user_8"
