"""The SQLite database behind a sandbox: opening, checking and asking it."""

import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import cast

# Marks a file as ours ("Prtn"), so that pointing the sandbox at somebody's own database is noticed.
_APPLICATION_ID = 0x5072746E
_VERSION = 2

Value = str | int | None


class StateError(Exception):
    """The state file cannot be used."""


class Store:
    """A connection that any thread may use, one request at a time."""

    def __init__(self, path: str, schema: Iterable[str]) -> None:
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StateError(f"cannot open {path}: {error}") from None
        self._connection.row_factory = sqlite3.Row
        try:
            self.is_new: bool = self._prepare(path, schema)
        except sqlite3.Error as error:
            self._connection.close()
            raise StateError(f"cannot use {path}: {error}") from None
        except StateError:
            self._connection.close()
            raise

    def _prepare(self, path: str, schema: Iterable[str]) -> bool:
        """Create the tables in an empty database and say whether it was empty."""
        is_new = self.one("SELECT 1 FROM sqlite_master") is None
        if not is_new and self._pragma("application_id") != _APPLICATION_ID:
            raise StateError(f"{path} is not a sandbox's state file")
        if not is_new and self._pragma("user_version") != _VERSION:
            raise StateError(f"{path} was written by another version of the sandbox")
        # Nothing here has to outlive a power cut, so no write waits for the disk.
        for setting in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = ON"):
            self.run(f"PRAGMA {setting}")
        if is_new:
            with self.transaction():
                for table in schema:
                    for statement in filter(str.strip, table.split(";")):
                        self.run(statement)
                self.run(f"PRAGMA application_id = {_APPLICATION_ID}")
                self.run(f"PRAGMA user_version = {_VERSION}")
        return is_new

    def _pragma(self, name: str) -> int:
        return cast("int", self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """All or nothing; a request that is refused half-way leaves no trace."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def one(self, sql: str, *values: Value) -> sqlite3.Row | None:
        """The first row, if any."""
        with self._lock:
            return cast("sqlite3.Row | None", self._connection.execute(sql, values).fetchone())

    def all(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """Every row."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Value) -> int:
        """Change something; the number of the row that was inserted, if one was."""
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def insert(self, table: str, row: dict[str, Value]) -> int:
        """Add a row and return its number."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        return self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *row.values())

    def insert_many(self, table: str, names: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
        """Add many rows of the same columns."""
        marks = ", ".join("?" * len(names))
        with self._lock:
            self._connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)

    def update(self, table: str, number: int, row: dict[str, Value]) -> None:
        """Change columns of one row."""
        changes = ", ".join(f"{name} = ?" for name in row)
        self.run(f"UPDATE {table} SET {changes} WHERE number = ?", *row.values(), number)

    def close(self) -> None:
        """Close the database; closing twice is fine."""
        with self._lock:
            self._connection.close()
