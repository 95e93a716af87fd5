"""What every store of an outbox does on real databases, and what one in the application's own adds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from partnero_async import ArgumentError, AsyncPartnero, Ref, Sale, UsageError
from partnero_async.outbox import ConflictingSaleError, Entry, Outlook, SalesOutbox, State, StorageError
from partnero_async.outbox.sqlalchemy import SQLAlchemyStore

from ..servers import scripted
from .killing import sell
from .stores import KINDS, engine_of, opened_store, postgres

pytestmark = pytest.mark.anyio

# Databases are asked over real sockets, and in threads: no virtual clock waits for them.
on_a_real_clock = pytest.mark.parametrize("anyio_backend", [("asyncio", {})], ids=["asyncio"])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(params=KINDS[1:])
def database(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


async def place_of(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """A path, or the URL of an empty database."""
    if kind == "file":
        return str(folder / "outbox.db")
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{folder / 'app.db'}"
    url: str = request.getfixturevalue("server")
    name = f"test_{abs(hash(folder))}"
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture
async def place(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    return await place_of(kind, tmp_path, request)


@pytest.fixture
async def url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    return await place_of(database, tmp_path, request)


def entry(key: str = "order_1", *, due_at: float = 100.0, **fields: Any) -> Entry:
    made: dict[str, Any] = {"kind": "sale", "content": "{}", "digest": "d", "due_at": due_at}
    return Entry(key=key, recorded_at=datetime(2026, 1, 2, 3, 4, 5, 678900, UTC), **(made | fields))


def sending(was: Entry) -> Entry:
    return attrs.evolve(was, state=State.SENDING, due_at=was.due_at + 1000, version=was.version + 1)


@on_a_real_clock
class TestEveryStore:
    async def test_an_entry_comes_back_as_it_was(self, kind: str, place: str) -> None:
        odd = entry("Ünïcödé '\"\\ \u2028", content='{"a":"\\u0000"}', error="línea", attempts=3)
        async with opened_store(kind, place) as store:
            stored = await store.add(odd)
            assert stored == attrs.evolve(odd, number=1)
            assert await store.find("sale", odd.key) == stored
            assert await store.find("refund", odd.key) is None

    async def test_a_key_has_one_sale_and_one_refund(self, kind: str, place: str) -> None:
        async with opened_store(kind, place) as store:
            first = await store.add(entry())
            assert await store.add(entry(digest="other")) == first
            refund = await store.add(entry(kind="refund"))
            assert [await store.find("sale", "order_1"), await store.find("refund", "order_1")] == [
                first,
                refund,
            ]

    async def test_what_is_due_is_claimed_once_and_earliest_first(self, kind: str, place: str) -> None:
        async with opened_store(kind, place) as store:
            for number, due_at in enumerate((90, 80, 101, 70)):
                await store.add(entry(f"order_{number}", due_at=due_at, state=State.IN_DOUBT))
            first = await store.claim(100, 2, sending)
            assert [was.key for was, _ in first] == ["order_3", "order_1"]
            assert all(now == sending(was) for was, now in first)
            assert [was.key for was, _ in await store.claim(100, 9, sending)] == ["order_0"]
            assert await store.claim(100, 9, sending) == []
            assert await store.outlook() == Outlook(unsettled=4, next_at=101.0)

    async def test_an_accepted_one_is_due_whatever_the_time(self, kind: str, place: str) -> None:
        async with opened_store(kind, place) as store:
            await store.add(entry(due_at=200))
            assert [was.key for was, _ in await store.claim(100, 9, sending)] == ["order_1"]

    async def test_two_processes_claim_nothing_twice(self, kind: str, place: str) -> None:
        claimed = list[str]()
        async with opened_store(kind, place) as one, opened_store(kind, place) as two:
            for number in range(40):
                await one.add(entry(f"order_{number}"))

            async def claim(store: Any) -> None:
                while got := await store.claim(100, 3, sending):
                    claimed.extend(was.key for was, _ in got)

            async with anyio.create_task_group() as group:
                for store in (one, two, one, two):
                    group.start_soon(claim, store)
        assert sorted(claimed) == sorted(f"order_{number}" for number in range(40))

    async def test_a_refund_waits_for_its_sale(self, kind: str, place: str) -> None:
        async with opened_store(kind, place) as store:
            sale = await store.add(entry(due_at=200, state=State.IN_DOUBT))
            await store.add(entry(kind="refund", due_at=50))
            await store.add(entry("order_2", kind="refund", due_at=60))
            assert [was.key for was, _ in await store.claim(100, 9, sending)] == ["order_2"]
            assert (await store.outlook()).next_at == 200
            done = attrs.evolve(sale, state=State.DELIVERED, version=1)
            assert await store.replace(done)
            assert [was.kind for was, _ in await store.claim(100, 9, sending)] == ["refund"]

    async def test_only_who_saw_the_last_version_changes_an_entry(self, kind: str, place: str) -> None:
        async with opened_store(kind, place) as one, opened_store(kind, place) as two:
            stored = await one.add(entry())
            assert await two.replace(attrs.evolve(stored, state=State.DELIVERED, version=1))
            assert not await one.replace(attrs.evolve(stored, state=State.ACCEPTED, version=1))
            assert (await one.find("sale", "order_1")) == attrs.evolve(
                stored, state=State.DELIVERED, version=1
            )

    async def test_pages_go_on_after_a_number_and_by_state(self, kind: str, place: str) -> None:
        async with opened_store(kind, place) as store:
            for number in range(5):
                await store.add(entry(f"order_{number}", state=State(["accepted", "refused"][number % 2])))
            assert [e.number for e in await store.page(2, 2, None)] == [3, 4]
            assert [e.number for e in await store.page(0, 9, State.REFUSED)] == [2, 4]

    async def test_it_belongs_to_one_program(self, kind: str, place: str) -> None:
        async with opened_store(kind, place, "one") as store:
            await store.add(entry())
        with pytest.raises(StorageError, match="another API key, base URL or type of program"):
            async with opened_store(kind, place, "two"):
                pass
        async with opened_store(kind, place, "two", adopt=True):
            pass
        async with opened_store(kind, place, "two") as store:
            assert await store.find("sale", "order_1")

    async def test_several_open_it_at_once(self, kind: str, place: str) -> None:
        async def use(number: int) -> None:
            async with opened_store(kind, place) as store:
                await store.add(entry(f"order_{number}"))

        async with anyio.create_task_group() as group:
            for number in range(6):
                group.start_soon(use, number)
        async with opened_store(kind, place) as store:
            assert (await store.outlook()).unsettled == 6


ORDERS = sa.Table("orders", sa.MetaData(), sa.Column("number", sa.Text, primary_key=True))


async def taken(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"data": {"key": "k"}, "status": 1})


def order(number: str, amount: int = 10) -> Sale:
    return Sale(key=number, amount=Decimal(amount), customer=Ref(key="c"))


@on_a_real_clock
class TestInTheApplicationsDatabase:
    async def test_an_order_and_its_sale_commit_together(self, url: str) -> None:
        async with engine_of(url) as engine, scripted(taken) as partnero:
            async with engine.begin() as connection:
                await connection.run_sync(ORDERS.metadata.create_all)
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)) as outbox:
                async with AsyncSession(engine) as session, session.begin():
                    await session.execute(sa.insert(ORDERS).values(number="order_1"))
                    stored = await outbox.record(order("order_1"), within=session)
                    assert stored.state is State.ACCEPTED
                with pytest.raises(ZeroDivisionError):
                    async with engine.begin() as connection:
                        await connection.execute(sa.insert(ORDERS).values(number="order_2"))
                        await outbox.record(order("order_2"), within=connection)
                        raise ZeroDivisionError
                assert await outbox.find("order_2") is None
                async with engine.connect() as connection:
                    assert (await connection.execute(sa.select(ORDERS))).all() == [("order_1",)]
                await outbox.drain()
                found = await outbox.find("order_1")
                assert found is not None
                assert found.state is State.DELIVERED

    # In SQLite, a transaction that writes keeps all others from writing.
    @pytest.mark.parametrize("database", ["postgresql"], indirect=True)
    async def test_nothing_is_sent_before_the_transaction_commits(self, url: str) -> None:
        async with engine_of(url) as engine, scripted(taken) as partnero:
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)) as outbox:
                async with engine.begin() as connection:
                    await outbox.record(order("order_1"), within=connection)
                    await outbox.drain()
                    assert await outbox.find("order_1") is None
                await outbox.drain()
                found = await outbox.find("order_1")
                assert found is not None
                assert found.state is State.DELIVERED

    async def test_a_conflict_is_seen_in_the_transaction(self, url: str) -> None:
        async with engine_of(url) as engine, scripted(taken) as partnero:
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)) as outbox:
                await outbox.record(order("order_1"))
                async with AsyncSession(engine) as session, session.begin():
                    await outbox.record(order("order_1"), within=session)
                    with pytest.raises(ConflictingSaleError):
                        await outbox.record(order("order_1", 11), within=session)

    async def test_what_else_the_session_holds_is_not_written_before_its_time(self, url: str) -> None:
        class Base(DeclarativeBase):
            pass

        class Buyer(Base):
            __tablename__ = "buyers"
            name: Mapped[str] = mapped_column(primary_key=True)
            email: Mapped[str]

        async with engine_of(url) as engine, scripted(taken) as partnero:
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)) as outbox:
                async with AsyncSession(engine) as session, session.begin():
                    buyer = Buyer(name="Ada")
                    session.add(buyer)  # has no e-mail address yet
                    await outbox.record(order("order_1"), within=session)
                    buyer.email = "ada@b.co"
                assert await outbox.find("order_1")

    async def test_the_engines_own_isolation_does_not_get_in_the_way(self, url: str) -> None:
        async with engine_of(url, isolation_level="SERIALIZABLE") as engine, scripted(taken) as partnero:
            first, second = SQLAlchemyStore(engine), SQLAlchemyStore(engine)
            async with SalesOutbox(partnero, first) as one, SalesOutbox(partnero, second) as two:
                async with anyio.create_task_group() as group:
                    for number in range(40):
                        group.start_soon((one, two)[number % 2].record, order(f"order_{number // 2}"))
                    group.start_soon(one.drain)
                    group.start_soon(two.drain)
                await one.drain()
                assert [e.state async for e in two.entries()] == [State.DELIVERED] * 20

    async def test_a_newer_table_is_refused(self, url: str) -> None:
        async with engine_of(url) as engine:
            store = SQLAlchemyStore(engine)
            await store.open("one", adopt=False)
            async with engine.begin() as connection:
                await connection.execute(sa.text("UPDATE partnero_outbox_owner SET schema = 2"))
            with pytest.raises(StorageError, match="newer version"):
                await store.open("one", adopt=False)

    async def test_errors_hold_no_data(self, url: str) -> None:
        async with engine_of(url) as engine, scripted(taken) as partnero:
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)) as outbox:
                async with engine.begin() as connection:
                    await connection.execute(sa.text("DROP TABLE partnero_outbox"))
                for use in (outbox.record(order("order_1")), outbox.drain(), outbox.find("order_1")):
                    with pytest.raises(StorageError) as caught:
                        await use
                    assert "order_1" not in str(caught.value)
                    assert caught.value.__cause__ is None

    async def test_a_transaction_of_something_else_is_refused(self, url: str) -> None:
        async with engine_of(url) as engine, scripted(taken) as partnero:
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)) as outbox:
                with pytest.raises(TypeError, match="AsyncSession"):
                    await outbox.record(order("order_1"), within=engine)


@on_a_real_clock
async def test_a_database_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://outbox@/postgres?host={tmp_path}"
    async with engine_of(url) as engine, scripted(taken) as partnero:
        with pytest.raises(StorageError, match="FileNotFoundError"):
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)):
                pass


@on_a_real_clock
async def test_other_databases_are_refused() -> None:
    class OfMySQL:
        class dialect:
            name = "mysql"

    with pytest.raises(ArgumentError, match="mysql"):
        SQLAlchemyStore(OfMySQL())  # type: ignore[arg-type]


@pytest.mark.parametrize("anyio_backend", [("trio", {})], ids=["trio"])
async def test_under_trio_it_says_that_it_needs_asyncio(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'app.db'}")
    async with AsyncPartnero("key", transport=httpx.MockTransport(taken)) as partnero:
        with pytest.raises(UsageError, match="asyncio"):
            async with SalesOutbox(partnero, SQLAlchemyStore(engine)):
                pass


def test_each_sale_is_there_once_out_of_postgresql(tmp_path: Path, server: str) -> None:
    ended = sell("outbox", tmp_path, at=server, sales=120, kills=5, settle_after=2.0, lives=(0.4, 1.4))
    assert (ended.once, ended.twice, ended.never) == (120, 0, 0)
