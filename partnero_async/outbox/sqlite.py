"""An outbox in a SQLite file: durable at each commit, and shared by the processes of one machine."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from .._sqlite.file import SQLiteFile
from .entry import COLUMNS, Entry, Kind, State, entry_of, row_of
from .errors import StorageError
from .store import Outlook

__all__ = ["SQLiteStore"]

SCHEMA: Final = 1
APPLICATION: Final = 0x504E4F42
"""``PNOB``: what tells an outbox from other SQLite files (sqlite.org/pragma.html#pragma_application_id)."""

_TABLES: Final = """
CREATE TABLE outbox (identity TEXT NOT NULL);
CREATE TABLE entries (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  content TEXT NOT NULL,
  digest TEXT NOT NULL,
  recorded_at REAL NOT NULL,
  due_at REAL NOT NULL,
  attempts INTEGER NOT NULL,
  error TEXT,
  version INTEGER NOT NULL,
  UNIQUE (kind, key)
);
CREATE INDEX due ON entries (due_at) WHERE state IN ('accepted', 'sending', 'in_doubt');
"""
# The index holds for queries that say the same words.
_OPEN: Final = "state IN ('accepted', 'sending', 'in_doubt')"
# An accepted one waits for nothing, whatever the clock was when it was recorded.
_DUE: Final = "(state = 'accepted' OR due_at <= ?)"
_UNBLOCKED: Final = f"""NOT (kind = 'refund' AND EXISTS (
  SELECT 1 FROM entries AS sale WHERE sale.kind = 'sale' AND sale.key = entries.key AND sale.{_OPEN}))"""
_ALL: Final = ", ".join(COLUMNS)


class SQLiteStore:
    """Entries in a SQLite file, in WAL mode with ``synchronous=FULL``.

    What several tasks ask for at a time is done in one transaction, in a thread.

    Args:
        path: The file, which is made where there is none; not on a network file system.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = SQLiteFile(
            path,
            noun="outbox",
            application=APPLICATION,
            schema=SCHEMA,
            tables=_TABLES,
            error=StorageError,
        )

    @property
    def path(self) -> Path:
        """The file, absolute."""
        return self._file.path

    async def open(self, identity: str, *, adopt: bool) -> None:
        """See ``Store``."""
        await self._file.open(lambda connection: self._belong(connection, identity, adopt))

    async def aclose(self) -> None:
        """See ``Store``."""
        await self._file.aclose()

    async def add(self, entry: Entry, within: Any = None) -> Entry:
        """See ``Store``."""
        if within is not None:
            raise TypeError(
                "an outbox in a file of its own takes part in no transaction of the application's"
            )
        return await self._file.do(lambda connection: _add(connection, entry))

    async def claim(
        self, now: float, most: int, begun: Callable[[Entry], Entry]
    ) -> Sequence[tuple[Entry, Entry]]:
        """See ``Store``."""
        return await self._file.do(lambda connection: _claim(connection, now, most, begun))

    async def replace(self, entry: Entry) -> bool:
        """See ``Store``."""
        return await self._file.do(lambda connection: _replace(connection, entry))

    async def find(self, kind: Kind, key: str) -> Entry | None:
        """See ``Store``."""
        return await self._file.do(lambda connection: _find(connection, kind, key))

    async def page(self, after: int, most: int, state: State | None) -> Sequence[Entry]:
        """See ``Store``."""
        return await self._file.do(lambda connection: _page(connection, after, most, state))

    async def outlook(self) -> Outlook:
        """See ``Store``."""
        return await self._file.do(_outlook)

    def _belong(self, connection: sqlite3.Connection, identity: str, adopt: bool) -> None:
        (owner,) = connection.execute("SELECT identity FROM outbox").fetchone() or (None,)
        if owner is None:
            connection.execute("INSERT INTO outbox VALUES (?)", (identity,))
        elif owner != identity and adopt:
            connection.execute("UPDATE outbox SET identity = ?", (identity,))
        elif owner != identity:
            raise StorageError(
                f"the outbox {self.path} belongs to another API key, base URL or type of program; if it "
                "is a new key of the same program, open it with adopt=True (--adopt)"
            )


def _add(connection: sqlite3.Connection, entry: Entry) -> Entry:
    row = row_of(entry)
    names = COLUMNS[1:]
    connection.execute(
        f"INSERT INTO entries ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
        "ON CONFLICT (kind, key) DO NOTHING",
        [row[name] for name in names],
    )
    stored = _find(connection, entry.kind, entry.key)
    assert stored is not None
    return stored


def _claim(
    connection: sqlite3.Connection, now: float, most: int, begun: Callable[[Entry], Entry]
) -> list[tuple[Entry, Entry]]:
    due = _entries(
        connection,
        f"WHERE {_OPEN} AND {_DUE} AND {_UNBLOCKED} ORDER BY due_at, number LIMIT ?",
        (now, most),
    )
    taken = [(entry, begun(entry)) for entry in due]
    for _, entry in taken:
        _replace(connection, entry)
    return taken


def _replace(connection: sqlite3.Connection, entry: Entry) -> bool:
    changed = connection.execute(
        "UPDATE entries SET state = ?, due_at = ?, attempts = ?, error = ?, version = ? "
        "WHERE number = ? AND version = ?",
        (
            entry.state,
            entry.due_at,
            entry.attempts,
            entry.error,
            entry.version,
            entry.number,
            entry.version - 1,
        ),
    )
    return changed.rowcount == 1


def _find(connection: sqlite3.Connection, kind: Kind, key: str) -> Entry | None:
    return next(iter(_entries(connection, "WHERE kind = ? AND key = ?", (kind, key))), None)


def _page(connection: sqlite3.Connection, after: int, most: int, state: State | None) -> list[Entry]:
    if state is None:
        return _entries(connection, "WHERE number > ? ORDER BY number LIMIT ?", (after, most))
    return _entries(
        connection, "WHERE number > ? AND state = ? ORDER BY number LIMIT ?", (after, state, most)
    )


def _outlook(connection: sqlite3.Connection) -> Outlook:
    (unsettled,) = connection.execute(f"SELECT count(*) FROM entries WHERE {_OPEN}").fetchone()
    (next_at,) = connection.execute(
        f"SELECT min(due_at) FROM entries WHERE {_OPEN} AND {_UNBLOCKED}"
    ).fetchone()
    return Outlook(unsettled=unsettled, next_at=next_at)


def _entries(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[Entry]:
    with closing(connection.execute(f"SELECT {_ALL} FROM entries {where}", values)) as rows:
        return [entry_of(dict(zip(COLUMNS, row, strict=True))) for row in rows]
