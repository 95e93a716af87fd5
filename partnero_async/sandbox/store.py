"""The SQLite database behind a sandbox: opening, checking and asking it."""

import hashlib
import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import cast

# Marks a file as ours ("Prtn"), so that pointing the sandbox at somebody's own database is noticed.
_APPLICATION_ID = 0x5072746E

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
        """Create the tables and indexes that are missing, and say whether the database was empty."""
        existing = self.all("SELECT name, sql FROM sqlite_master")
        if existing and self._pragma("application_id") != _APPLICATION_ID:
            raise StateError(f"{path} is not a sandbox's state file")
        wanted = [_definition(text) for table in schema for text in table.split(";") if text.strip()]
        version = _version(wanted)
        is_current = bool(existing) and self._pragma("user_version") == version
        missing = [] if is_current else _missing(wanted, existing, path)
        # Nothing here has to outlive a power cut, so no write waits for the disk.
        for setting in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = ON"):
            self.run(f"PRAGMA {setting}")
        if not is_current:
            with self.transaction():
                for statement in missing:
                    self.run(statement)
                self.run(f"PRAGMA application_id = {_APPLICATION_ID}")
                self.run(f"PRAGMA user_version = {version}")
        return not existing

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
        """Change something; the number of the row that was inserted last, now or before."""
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


def _definition(statement: str) -> str:
    """A CREATE statement as it compares: how it is laid out does not count."""
    return " ".join(statement.split())


def _version(definitions: Iterable[str]) -> int:
    """A number for these definitions in any order; SQLite has 32 bits for it, one of them the sign."""
    digest = hashlib.sha256(";".join(sorted(definitions)).encode()).digest()
    return int.from_bytes(digest[:4], signed=True)


def _missing(wanted: Sequence[str], existing: Iterable[sqlite3.Row], path: str) -> list[str]:
    """The definitions that a file lacks, in their order; a file that has others is refused.

    Tables that only another version has are among those others: their records would be hidden, and their
    foreign keys could forbid to delete what is not.
    """
    # sqlite_sequence and the like are SQLite's own.
    found = {
        _definition(row["sql"]): row["name"] for row in existing if not row["name"].startswith("sqlite_")
    }
    others = sorted(name for definition, name in found.items() if definition not in wanted)
    if others:
        raise StateError(
            f"{path} was written by another version of the sandbox, with definitions that this one does not"
            f" have ({', '.join(others)}): delete the file or give another path"
        )
    return [definition for definition in wanted if definition not in found]
