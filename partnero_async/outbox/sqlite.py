"""An outbox in a SQLite file: durable at each commit, and shared by the processes of one machine."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeVar

from ..errors import UsageError
from .entry import COLUMNS, Entry, Kind, State, entry_of, row_of
from .errors import StorageError
from .filesystems import network_file_system
from .grouping import Grouped
from .store import Outlook

__all__ = ["SQLiteStore"]

T = TypeVar("T")

SCHEMA: Final = 1
APPLICATION: Final = 0x504E4F42
"""``PNOB``: what tells an outbox from other SQLite files (sqlite.org/pragma.html#pragma_application_id)."""

BUSY_SECONDS: Final = 60.0
"""How long a commit waits for those of other processes."""

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

# What SQLite says (sqlite.org/rescode.html) in words that tell what to do.
_SAID: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: look at its folder and at the permissions",
    sqlite3.SQLITE_READONLY: "it may not be written: look at its permissions and those of its folder",
    sqlite3.SQLITE_PERM: "it may not be written: look at its permissions and those of its folder",
    sqlite3.SQLITE_NOTADB: "it is no outbox: it is not even a SQLite database",
    sqlite3.SQLITE_CORRUPT: "it is damaged: keep a copy, and recover it with sqlite3's .recover",
    sqlite3.SQLITE_BUSY: f"another process kept it locked for {BUSY_SECONDS:g} s",
    sqlite3.SQLITE_IOERR: "the disk failed, or is full",
}


class SQLiteStore:
    """Entries in a SQLite file, in WAL mode with ``synchronous=FULL``.

    What several tasks ask for at a time is done in one transaction, in a thread.

    Args:
        path: The file, which is made where there is none; not on a network file system.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # Absolute: the working directory may change, and SQLite keeps ":memory:" on no disk.
        self.path: Path = Path(path).absolute()
        self._connection: sqlite3.Connection | None = None
        self._file: os.stat_result | None = None
        self._grouped = self._new_group()

    async def open(self, identity: str, *, adopt: bool) -> None:
        """See ``Store``."""
        # What waits, and in which event loop, is of this opening.
        self._grouped = self._new_group()
        await self._grouped.alone(lambda: self._open(identity, adopt))

    async def aclose(self) -> None:
        """See ``Store``."""
        await self._grouped.alone(self._close)

    async def add(self, entry: Entry, within: Any = None) -> Entry:
        """See ``Store``."""
        if within is not None:
            raise TypeError(
                "an outbox in a file of its own takes part in no transaction of the application's"
            )
        return await self._grouped.do(lambda connection: _add(connection, entry))

    async def claim(
        self, now: float, most: int, begun: Callable[[Entry], Entry]
    ) -> Sequence[tuple[Entry, Entry]]:
        """See ``Store``."""
        return await self._grouped.do(lambda connection: _claim(connection, now, most, begun))

    async def replace(self, entry: Entry) -> bool:
        """See ``Store``."""
        return await self._grouped.do(lambda connection: _replace(connection, entry))

    async def find(self, kind: Kind, key: str) -> Entry | None:
        """See ``Store``."""
        return await self._grouped.do(lambda connection: _find(connection, kind, key))

    async def page(self, after: int, most: int, state: State | None) -> Sequence[Entry]:
        """See ``Store``."""
        return await self._grouped.do(lambda connection: _page(connection, after, most, state))

    async def outlook(self) -> Outlook:
        """See ``Store``."""
        return await self._grouped.do(_outlook)

    def _open(self, identity: str, adopt: bool) -> None:
        kind = network_file_system(self.path)
        if kind:
            raise StorageError(
                f"the outbox {self.path} is on a network file system ({kind}), on which SQLite cannot lock: "
                "put it on a local disk, or keep it in a database"
            )
        give_up_at = time.monotonic() + BUSY_SECONDS
        try:
            while self._connection is None:
                try:
                    self._connection = self._connected(identity, adopt)
                except sqlite3.OperationalError as error:
                    # The change to WAL does not wait for others who make it at the same time.
                    if _code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                        raise
                    time.sleep(0.02)
            self._file = os.stat(self.path)
        except sqlite3.Error as error:
            raise self._failed(error) from error
        except OSError as error:
            raise StorageError(f"the outbox {self.path} cannot be opened: {error.strerror}") from error

    def _connected(self, identity: str, adopt: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            # Looked at before anything is changed: it may be somebody else's database.
            connection.execute("BEGIN")
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute("COMMIT")
            if tables and application != APPLICATION:
                raise StorageError(f"{self.path} is a SQLite database, but no outbox")
            if version > SCHEMA:
                raise StorageError(
                    f"the outbox {self.path} was made by a newer version of partnero_async: upgrade this one"
                )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            _make_tables(connection)
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
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _new_group(self) -> Grouped[sqlite3.Connection]:
        return Grouped(self._commit)

    def _is_still_there(self) -> bool:
        try:
            return self._file is not None and os.path.samestat(self._file, os.stat(self.path))
        except OSError:
            return False

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, work: Sequence[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        """Does all in one transaction, which is on the disk when this returns."""
        if self._connection is None:
            raise UsageError(f"the outbox {self.path} is closed")
        if not self._is_still_there():
            # SQLite would go on writing into a file that nobody finds any more.
            raise StorageError(f"the outbox {self.path} was removed or replaced while it was open")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                done = [one(self._connection) for one in work]
                self._connection.execute("COMMIT")
                return done
            except BaseException:
                # A full disk may have ended the transaction already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> StorageError:
        return StorageError(f"the outbox {self.path}: {_SAID.get(_code_of(error), str(error))}")


def _code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _make_tables(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


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
