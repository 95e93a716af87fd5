"""An outbox in the application's own database, through SQLAlchemy's asyncio: PostgreSQL, or SQLite.

It needs the extra ``sqlalchemy``, a driver such as asyncpg or aiosqlite, and asyncio.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

try:
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
    from sqlalchemy.schema import CreateIndex, CreateTable
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"an outbox in a database needs {_missing.name}: pip install 'partnero-async[sqlalchemy]'",
        name=_missing.name,
    ) from None

from ..errors import ArgumentError, UsageError
from .entry import COLUMNS, OPEN, Entry, Kind, State, entry_of, row_of
from .errors import StorageError
from .store import Outlook

__all__ = ["SQLAlchemyStore"]

SCHEMA: Final = 1
_INSERT: Final[dict[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_CHANGING: Final = ("state", "due_at", "attempts", "error", "version")


class SQLAlchemyStore:
    """Entries in a table of the application's, so that an order and its sale commit together.

    ``record(sale, within=session)`` adds a sale to the transaction of an ``AsyncSession`` or
    ``AsyncConnection`` of the same database. The tables are made when the outbox is opened, if they are not
    there: for Alembic they are in ``metadata``.

    Args:
        engine: The engine of the application, which stays open. Several processes and machines may share it.
        table: The name of the table, and the beginning of the other one's.

    Attributes:
        metadata: What has both tables.

    Raises:
        ArgumentError: The database is neither PostgreSQL nor SQLite.
    """

    def __init__(self, engine: AsyncEngine, *, table: str = "partnero_outbox") -> None:
        if engine.dialect.name not in _INSERT:
            raise ArgumentError(f"an outbox can be in PostgreSQL or SQLite, not in {engine.dialect.name}")
        self.metadata: sa.MetaData = sa.MetaData()
        self._is_sqlite = engine.dialect.name == "sqlite"
        # The application may want another isolation, in which PostgreSQL refuses what comes together.
        self._engine = (
            engine if self._is_sqlite else engine.execution_options(isolation_level="READ COMMITTED")
        )
        self._owner = sa.Table(
            f"{table}_owner",
            self.metadata,
            sa.Column("identity", sa.Text, nullable=False),
            sa.Column("schema", sa.Integer, nullable=False),
        )
        self._entries = sa.Table(
            table,
            self.metadata,
            sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
            sa.Column("kind", sa.Text, nullable=False),
            sa.Column("key", sa.Text, nullable=False),
            sa.Column("state", sa.Text, nullable=False),
            sa.Column("content", sa.Text, nullable=False),
            sa.Column("digest", sa.Text, nullable=False),
            sa.Column("recorded_at", sa.Double, nullable=False),
            sa.Column("due_at", sa.Double, nullable=False),
            sa.Column("attempts", sa.Integer, nullable=False),
            sa.Column("error", sa.Text),
            sa.Column("version", sa.Integer, nullable=False),
            sa.UniqueConstraint("kind", "key"),
        )
        columns = self._entries.c
        # In words and not as parameters, so that the database sees that the index below is for it.
        self._is_open = columns.state.in_([sa.literal_column(f"'{state}'") for state in OPEN])
        sale = self._entries.alias("sale")
        open_sale = sa.select(sale.c.number).where(
            sale.c.kind == "sale", sale.c.key == columns.key, sale.c.state.in_(OPEN)
        )
        self._is_free = sa.not_(sa.and_(columns.kind == "refund", sa.exists(open_sale)))
        is_open = self._is_open
        sa.Index(f"{table}_due", columns.due_at, postgresql_where=is_open, sqlite_where=is_open)

    async def open(self, identity: str, *, adopt: bool) -> None:
        """See ``Store``."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise UsageError("SQLAlchemy runs on asyncio only") from None
        async with self._transaction() as connection:
            if not self._is_sqlite:
                # Two processes that make the same table at the same time get in each other's way.
                lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(self._owner.name))
                await connection.execute(sa.select(lock))
            for table in self.metadata.sorted_tables:
                await connection.execute(CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    await connection.execute(CreateIndex(index, if_not_exists=True))
            ours = sa.select(sa.literal(identity), sa.literal(SCHEMA))
            nobodys = ours.where(sa.not_(sa.exists(sa.select(self._owner.c.schema))))
            await connection.execute(sa.insert(self._owner).from_select(["identity", "schema"], nobodys))
            owner = (await connection.execute(sa.select(self._owner))).one()
            if owner.schema > SCHEMA:
                raise StorageError(
                    f"the outbox {self._entries.name} was made by a newer version of partnero_async: "
                    "upgrade this one"
                )
            if owner.identity != identity and adopt:
                await connection.execute(sa.update(self._owner).values(identity=identity))
            elif owner.identity != identity:
                raise StorageError(
                    f"the outbox {self._entries.name} belongs to another API key, base URL or type of "
                    "program; if it is a new key of the same program, open it with adopt=True (--adopt)"
                )

    async def aclose(self) -> None:
        """See ``Store``. The engine is the application's."""

    async def add(self, entry: Entry, within: AsyncSession | AsyncConnection | None = None) -> Entry:
        """See ``Store``."""
        if within is None:
            async with self._transaction() as connection:
                return await self._add(connection, entry)
        if not isinstance(within, (AsyncSession, AsyncConnection)):
            raise TypeError(f"within must be an AsyncSession or AsyncConnection, not {type(within).__name__}")
        try:
            if isinstance(within, AsyncSession):
                with within.no_autoflush:  # what else is in the session is not ours to fail over
                    return await self._add(within, entry)
            return await self._add(within, entry)
        except (SQLAlchemyError, OSError) as error:
            raise self._failed(error) from None

    async def claim(
        self, now: float, most: int, begun: Callable[[Entry], Entry]
    ) -> Sequence[tuple[Entry, Entry]]:
        """See ``Store``."""
        columns = self._entries.c
        due = (
            sa.select(self._entries)
            # An accepted one waits for nothing, whatever the clock was when it was recorded.
            .where(self._is_open, self._is_free, sa.or_(columns.state == "accepted", columns.due_at <= now))
            .order_by(columns.due_at, columns.number)
            .limit(most)
            .with_for_update(of=self._entries, skip_locked=True)
        )
        async with self._transaction() as connection:
            if self._is_sqlite:
                # Takes the lock for writing before anything is read: another may not read the same now.
                await connection.execute(sa.update(self._owner).values(schema=self._owner.c.schema))
            taken = [(entry, begun(entry)) for entry in map(_entry_in, await connection.execute(due))]
            return [pair for pair in taken if await self._replace(connection, pair[1])]

    async def replace(self, entry: Entry) -> bool:
        """See ``Store``."""
        async with self._transaction() as connection:
            return await self._replace(connection, entry)

    async def find(self, kind: Kind, key: str) -> Entry | None:
        """See ``Store``."""
        async with self._transaction() as connection:
            return await self._find(connection, kind, key)

    async def page(self, after: int, most: int, state: State | None) -> Sequence[Entry]:
        """See ``Store``."""
        columns = self._entries.c
        wanted = sa.select(self._entries).where(columns.number > after)
        if state is not None:
            wanted = wanted.where(columns.state == state.value)
        async with self._transaction() as connection:
            return [*map(_entry_in, await connection.execute(wanted.order_by(columns.number).limit(most)))]

    async def outlook(self) -> Outlook:
        """See ``Store``."""
        columns = self._entries.c
        unsettled = sa.select(sa.func.count()).select_from(self._entries).where(self._is_open)
        next_at = sa.select(sa.func.min(columns.due_at)).where(self._is_open, self._is_free)
        async with self._transaction() as connection:
            return Outlook(
                unsettled=await connection.scalar(unsettled) or 0, next_at=await connection.scalar(next_at)
            )

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise self._failed(error) from None

    def _failed(self, error: SQLAlchemyError | OSError) -> StorageError:
        """The error in words that hold none of the data, which those of databases do."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlstate", None)
        said = f"{type(cause).__name__}{f' ({code})' if code else ''}"
        return StorageError(f"the outbox {self._entries.name} cannot be used: the database said {said}")

    async def _add(self, connection: AsyncSession | AsyncConnection, entry: Entry) -> Entry:
        values = {name: value for name, value in row_of(entry).items() if name != "number"}
        insert = _INSERT[self._engine.dialect.name](self._entries).values(values)
        await connection.execute(insert.on_conflict_do_nothing(index_elements=["kind", "key"]))
        stored = await self._find(connection, entry.kind, entry.key)
        assert stored is not None
        return stored

    async def _replace(self, connection: AsyncConnection, entry: Entry) -> bool:
        columns, row = self._entries.c, row_of(entry)
        changed = await connection.execute(
            sa.update(self._entries)
            .where(columns.number == entry.number, columns.version == entry.version - 1)
            .values({name: row[name] for name in _CHANGING})
        )
        return changed.rowcount == 1

    async def _find(self, connection: AsyncSession | AsyncConnection, kind: Kind, key: str) -> Entry | None:
        columns = self._entries.c
        wanted = sa.select(self._entries).where(columns.kind == kind, columns.key == key)
        row = (await connection.execute(wanted)).first()
        return None if row is None else _entry_in(row)


def _entry_in(row: sa.Row[Any]) -> Entry:
    return entry_of(dict(zip(COLUMNS, row, strict=True)))
