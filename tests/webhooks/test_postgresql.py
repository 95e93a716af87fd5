"""Deliveries that several machines take and keep, in a real PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from partnero_async import ArgumentError
from partnero_async.webhooks import Claim, Event, Receiver, SeenStoreError, WebhookEndpoint
from partnero_async.webhooks.sqlalchemy import SQLAlchemySeenStore

from ..outbox.stores import postgres
from .deliveries import SECRET, body_of, signed

pytestmark = pytest.mark.asyncio

RECEIVER = Receiver(SECRET)
(SIGNER,) = RECEIVER.signers
TABLES = (f"seen_{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest_asyncio.fixture
async def engine(server: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(server)
    yield engine
    await engine.dispose()


@pytest.fixture
def store(engine: AsyncEngine) -> SQLAlchemySeenStore:
    return SQLAlchemySeenStore(engine, table=next(TABLES))


async def test_a_delivery_is_claimed_once_until_it_is_handled_and_after(store: SQLAlchemySeenStore) -> None:
    assert await store.claim("f", "one", 10) == Claim.OURS
    assert await store.claim("f", "other", 10) == Claim.IN_HAND
    await store.release("f", "other")
    assert await store.claim("f", "other", 10) == Claim.IN_HAND
    await store.release("f", "one")
    assert await store.claim("f", "other", 10) == Claim.OURS
    await store.finish("f", "other")
    assert await store.claim("f", "one", 10) == Claim.DONE


async def test_of_many_that_ask_at_a_time_one_has_it(engine: AsyncEngine) -> None:
    table = next(TABLES)
    stores = [SQLAlchemySeenStore(engine, table=table) for _ in range(10)]
    claims = await asyncio.gather(*(store.claim("f", str(n), 10) for n, store in enumerate(stores)))
    assert claims.count(Claim.OURS) == 1
    assert claims.count(Claim.IN_HAND) == 9


async def test_who_is_gone_is_replaced(store: SQLAlchemySeenStore) -> None:
    assert await store.claim("f", "gone", 0.05) == Claim.OURS
    while await store.claim("f", "next", 10) != Claim.OURS:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_what_is_kept_is_taken_by_one_and_answered_for(store: SQLAlchemySeenStore) -> None:
    assert await store.keep("f", "one", 0.05, b"body", SIGNER) == Claim.OURS
    assert await store.claim("f", "other", 10) == Claim.DONE
    due = await store.due_in([SIGNER])
    assert due is not None
    assert due <= 0.05
    assert await store.due_in(["another"]) is None
    await asyncio.sleep(0.06)
    assert await store.claim("f", "other", 10) == Claim.DONE  # also when whoever had it is gone
    taken = await asyncio.gather(*(store.take(str(number), 10, [SIGNER]) for number in range(5)))
    (kept,) = [one for one in taken if one is not None]
    assert (kept.fingerprint, kept.body, kept.attempts) == ("f", b"body", 2)
    await store.postpone("f", kept.owner, 0.0)
    assert await store.overdue(-1, ["another"]) == 1
    assert await store.overdue(-1, [SIGNER]) == 0
    again = await store.take("last", 10, [SIGNER])
    assert again is not None
    assert again.attempts == 3
    await store.finish("f", "last")
    assert await store.take("last", 10, [SIGNER]) is None
    assert await store.claim("f", "other", 10) == Claim.DONE


async def test_what_was_handled_is_forgotten_after_its_time(engine: AsyncEngine) -> None:
    store = SQLAlchemySeenStore(engine, table=next(TABLES), max_age=0.05)
    await store.claim("f", "one", 10)
    await store.finish("f", "one")
    await asyncio.sleep(0.06)
    assert await store.claim("f", "other", 10) == Claim.OURS


async def test_machines_share_what_is_handled_in_the_background(engine: AsyncEngine) -> None:
    table, handled = next(TABLES), list[str]()
    is_done = asyncio.Event()

    async def handle(event: Event) -> None:
        handled.append(event.data.key)
        if len(handled) == 30:
            is_done.set()

    bodies = [body_of(data={"key": f"customer_{number}"}) for number in range(30)]
    gone = SQLAlchemySeenStore(engine, table=table)
    for body in bodies[:10]:  # as a machine leaves them that is gone after its answer
        event = RECEIVER.receive(body, signed(body))
        await gone.keep(event.fingerprint, "gone", 0.1, body, SIGNER)
    endpoints = [
        WebhookEndpoint(RECEIVER, handle, seen=SQLAlchemySeenStore(engine, table=table), background=True)
        for _ in range(3)
    ]
    running = [asyncio.create_task(endpoint.run()) for endpoint in endpoints]

    async def deliver(endpoint: WebhookEndpoint, body: bytes) -> None:
        answer = await endpoint.deliver(body, signed(body))
        assert answer.status == 200

    await asyncio.gather(*(deliver(endpoint, body) for body in bodies for endpoint in endpoints))
    await is_done.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert sorted(handled) == sorted(f"customer_{number}" for number in range(30))


async def test_an_error_of_the_database_shows_no_data(
    engine: AsyncEngine, store: SQLAlchemySeenStore
) -> None:
    await store.claim("f", "one", 10)
    async with engine.begin() as connection:
        await connection.execute(sa.text(f"DROP TABLE {store._seen.name}"))
    with pytest.raises(SeenStoreError, match=r"the database said \w+ \(42P01\)") as caught:
        await store.keep("secret_fingerprint", "one", 10, b"secret_body", SIGNER)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_another_database_is_refused() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(ArgumentError, match="in PostgreSQL, not in sqlite"):
        SQLAlchemySeenStore(engine)
    await engine.dispose()
