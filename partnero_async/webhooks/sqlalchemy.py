"""Which deliveries were handled, in the application's PostgreSQL, through SQLAlchemy's asyncio.

It needs the extra ``sqlalchemy``, a driver such as asyncpg, and asyncio.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Any, Final

try:
    import sqlalchemy as sa
    from sqlalchemy.dialects.postgresql import insert
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
    from sqlalchemy.schema import CreateIndex, CreateTable
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"seen deliveries in a database need {_missing.name}: pip install 'partnero-async[sqlalchemy]'",
        name=_missing.name,
    ) from None

from ..errors import ArgumentError
from ..inputs._checks import check_seconds
from .errors import SeenStoreError
from .seen import MAX_AGE, Claim, Kept

__all__ = ["SQLAlchemySeenStore"]

_FORGOTTEN_AT_A_TIME: Final = 100

# The clock of the database: those of the machines may differ.
_NOW: Final[sa.ColumnElement[float]] = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Double)


class SQLAlchemySeenStore:
    """Knows of deliveries in a table of the application's PostgreSQL, for all machines; on asyncio only.

    It keeps deliveries, too: endpoints of several machines with ``background=True`` share the work, and what
    a machine left that is gone is handled by another. The table is made at the first use, if it is not there:
    for Alembic it is in ``metadata``.

    Args:
        engine: The engine of the application, which stays open.
        table: The name of the table.
        max_age: For how many seconds it is known that a delivery was handled.

    Attributes:
        metadata: What has the table.

    Raises:
        ArgumentError: A number is out of its bounds, or the database is no PostgreSQL.
    """

    def __init__(
        self, engine: AsyncEngine, *, table: str = "partnero_seen", max_age: float = MAX_AGE
    ) -> None:
        if engine.dialect.name != "postgresql":
            raise ArgumentError(f"seen deliveries can be in PostgreSQL, not in {engine.dialect.name}")
        self._max_age = check_seconds("max_age", max_age)
        self._engine = engine.execution_options(isolation_level="READ COMMITTED")
        self.metadata: sa.MetaData = sa.MetaData()
        # until: when whoever has it is taken for gone, when it is due again, or when it was handled.
        self._seen = sa.Table(
            table,
            self.metadata,
            sa.Column("fingerprint", sa.Text, primary_key=True),
            sa.Column("owner", sa.Text),
            sa.Column("until", sa.Double, nullable=False),
            sa.Column("done", sa.Boolean, nullable=False),
            sa.Column("attempts", sa.Integer, nullable=False),
            sa.Column("body", sa.LargeBinary),
            sa.Column("signer", sa.Text),
        )
        columns = self._seen.c
        sa.Index(f"{table}_due", columns.until, postgresql_where=columns.body.is_not(None))
        sa.Index(f"{table}_known", columns.until, postgresql_where=columns.body.is_(None))
        self._is_made = False

    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim:
        """See ``SeenStore``."""
        return await self._claim(fingerprint, owner, lease, None, None)

    async def keep(self, fingerprint: str, owner: str, lease: float, body: bytes, signer: str) -> Claim:
        """See ``DurableSeenStore``."""
        return await self._claim(fingerprint, owner, lease, body, signer)

    async def finish(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        columns = self._seen.c
        handled = (
            sa.update(self._seen)
            .where(columns.fingerprint == fingerprint, sa.not_(columns.done))
            .values(done=True, until=_NOW, owner=None, body=None)
        )
        async with self._transaction() as connection:
            await connection.execute(handled)

    async def release(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        columns = self._seen.c
        async with self._transaction() as connection:
            await connection.execute(
                sa.delete(self._seen).where(columns.fingerprint == fingerprint, columns.owner == owner)
            )

    async def postpone(self, fingerprint: str, owner: str, seconds: float) -> None:
        """See ``DurableSeenStore``."""
        columns = self._seen.c
        async with self._transaction() as connection:
            await connection.execute(
                sa.update(self._seen)
                .where(columns.fingerprint == fingerprint, columns.owner == owner)
                .values(owner=None, until=_NOW + seconds)
            )

    async def take(self, owner: str, lease: float, signers: Collection[str]) -> Kept | None:
        """See ``DurableSeenStore``."""
        columns = self._seen.c
        due = (
            sa.select(columns.fingerprint)
            .where(columns.body.is_not(None), columns.until <= _NOW, columns.signer.in_(signers))
            .order_by(columns.until)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taken = (
            sa.update(self._seen)
            .where(columns.fingerprint == due.scalar_subquery())
            .values(owner=owner, until=_NOW + lease, attempts=columns.attempts + 1)
            .returning(columns.fingerprint, columns.body, columns.attempts)
        )
        async with self._transaction() as connection:
            row = (await connection.execute(taken)).first()
        if row is None:
            return None
        return Kept(fingerprint=row.fingerprint, owner=owner, body=bytes(row.body), attempts=row.attempts)

    async def due_in(self, signers: Collection[str]) -> float | None:
        """See ``DurableSeenStore``."""
        columns = self._seen.c
        first = sa.select(sa.func.min(columns.until) - _NOW).where(
            columns.body.is_not(None), columns.signer.in_(signers)
        )
        async with self._transaction() as connection:
            found: float | None = await connection.scalar(first)
        return found

    async def overdue(self, seconds: float, signers: Collection[str]) -> int:
        """See ``DurableSeenStore``."""
        columns = self._seen.c
        late = sa.select(sa.func.count()).where(
            columns.body.is_not(None), columns.until < _NOW - seconds, columns.signer.not_in(signers)
        )
        async with self._transaction() as connection:
            return await connection.scalar(late) or 0

    async def aclose(self) -> None:
        """See ``SeenStore``. The engine is the application's."""

    async def _claim(
        self, fingerprint: str, owner: str, lease: float, body: bytes | None, signer: str | None
    ) -> Claim:
        columns = self._seen.c
        values: dict[str, Any] = {"owner": owner, "until": _NOW + lease, "body": body, "signer": signer}
        ours = insert(self._seen).values(fingerprint=fingerprint, done=False, attempts=1, **values)
        # What is kept is answered for: it is handled from here, and nobody has to send it again.
        is_free = sa.and_(sa.not_(columns.done), columns.body.is_(None), columns.until <= _NOW)
        ours = ours.on_conflict_do_update(index_elements=["fingerprint"], set_=values, where=is_free)
        known = sa.select(sa.or_(columns.done, columns.body.is_not(None))).where(
            columns.fingerprint == fingerprint
        )
        async with self._transaction() as connection:
            await self._forget(connection)
            if (await connection.execute(ours.returning(columns.fingerprint))).first() is not None:
                return Claim.OURS
            # Between the two, whoever had it may have let it go; it is sent again.
            return Claim.DONE if await connection.scalar(known) else Claim.IN_HAND

    async def _forget(self, connection: AsyncConnection) -> None:
        """Forgets some of what was handled long ago, and of what nobody came back for."""
        columns = self._seen.c
        old = (
            sa.select(columns.fingerprint)
            .where(columns.body.is_(None), columns.until < _NOW - self._max_age)
            .limit(_FORGOTTEN_AT_A_TIME)
            .with_for_update(skip_locked=True)
        )
        await connection.execute(sa.delete(self._seen).where(columns.fingerprint.in_(old)))

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                if not self._is_made:
                    await self._make(connection)
                yield connection
                self._is_made = True
        except (SQLAlchemyError, OSError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            code = getattr(cause, "sqlstate", None)
            # In words that hold none of the data, which those of databases do.
            said = f"{type(cause).__name__}{f' ({code})' if code else ''}"
            raise SeenStoreError(f"{self._seen.name} cannot be used: the database said {said}") from None

    async def _make(self, connection: AsyncConnection) -> None:
        # Two processes that make the same table at the same time get in each other's way.
        lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(self._seen.name))
        await connection.execute(sa.select(lock))
        await connection.execute(CreateTable(self._seen, if_not_exists=True))
        for index in self._seen.indexes:
            await connection.execute(CreateIndex(index, if_not_exists=True))
