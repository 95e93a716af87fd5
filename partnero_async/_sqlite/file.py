"""A SQLite file of ours: durable at each commit, told from others, and clear about what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from ..errors import PartneroError, UsageError
from .filesystems import network_file_system
from .grouping import Grouped

__all__ = ["SQLiteFile"]

T = TypeVar("T")

BUSY_SECONDS: Final = 60.0
"""How long a commit waits for those of other processes."""

# What SQLite says (sqlite.org/rescode.html) in words that tell what to do.
_SAID: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: look at its folder and at the permissions",
    sqlite3.SQLITE_READONLY: "it may not be written: look at its permissions and those of its folder",
    sqlite3.SQLITE_PERM: "it may not be written: look at its permissions and those of its folder",
    sqlite3.SQLITE_CORRUPT: "it is damaged: keep a copy, and recover it with sqlite3's .recover",
    sqlite3.SQLITE_BUSY: "another process kept it locked for {seconds:g} s",
    sqlite3.SQLITE_IOERR: "the disk failed, or is full",
}


class _Held:
    """A connection that this process, or one that it was forked from, has open."""

    def __init__(self, connection: sqlite3.Connection, file: os.stat_result) -> None:
        self.connection = connection
        self.file = file
        self.process = os.getpid()


# Referred to for ever where a fork carried one along: SQLite would take its end for that of the last one.
_held: Final = list[_Held]()


class SQLiteFile:
    """A SQLite file in WAL mode.

    What several tasks ask for at a time is done in one transaction, in a thread.

    Attributes:
        path: The file.
        busy_seconds: How long a commit waits for those of other processes, from the next opening on.

    Args:
        path: The file, which is made where there is none; not on a network file system.
        noun: What errors call it, such as ``outbox``.
        application: What tells it from other SQLite files
            (sqlite.org/pragma.html#pragma_application_id).
        schema: The version of its tables.
        tables: The statements that make them, each ended by a semicolon.
        error: What is raised when it cannot be opened, read or written.
        busy_seconds: How long a commit waits for those of other processes; see ``busy_seconds``.
        durable: Whether a commit is on the disk when it returns (``synchronous=FULL``); else it outlives the
            end of the process alone.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        noun: str,
        application: int,
        schema: int,
        tables: str,
        error: type[PartneroError],
        busy_seconds: float = BUSY_SECONDS,
        durable: bool = True,
    ) -> None:
        # Absolute: the working directory may change, and SQLite keeps ":memory:" on no disk.
        self.path: Path = Path(path).absolute()
        self.busy_seconds = busy_seconds
        self._noun = noun
        self._application = application
        self._schema = schema
        self._tables = tables
        self._error = error
        self._synchronous = "FULL" if durable else "NORMAL"
        self._held: _Held | None = None
        self._grouped = self._new_group()

    @property
    def is_open(self) -> bool:
        """Whether it is open here."""
        return self._held is not None

    async def open(self, prepare: Callable[[sqlite3.Connection], None] | None = None) -> None:
        """Opens it, and makes its tables where there are none.

        Args:
            prepare: Is done in the same transaction.

        Raises:
            PartneroError: Of the given kind; then the file is as it was.
        """
        # What waits, and in which event loop, is of this opening.
        self._grouped = self._new_group()
        await self._grouped.alone(lambda: self._open(prepare))

    async def aclose(self) -> None:
        """Closes it, when what is being done has ended."""
        await self._grouped.alone(self.close)

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does something in a transaction, which is on the disk when this returns."""
        return await self._grouped.do(work)

    def _open(self, prepare: Callable[[sqlite3.Connection], None] | None) -> None:
        kind = network_file_system(self.path)
        if kind:
            raise self._error(
                f"the {self._noun} {self.path} is on a network file system ({kind}), on which SQLite cannot "
                "lock: put it on a local disk, or keep it in a database"
            )
        self._check_fork()
        give_up_at = time.monotonic() + self.busy_seconds
        try:
            while self._held is None:
                try:
                    self._held = self._connected(prepare)
                    _held.append(self._held)
                except sqlite3.OperationalError as error:
                    # The change to WAL does not wait for others who make it at the same time.
                    if _code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                        raise
                    time.sleep(0.02)
        except sqlite3.Error as error:
            raise self._failed(error) from error
        except OSError as error:
            raise self._error(f"the {self._noun} {self.path} cannot be opened: {error.strerror}") from error

    def _check_fork(self) -> None:
        """Refuses a file that was open when this process was forked.

        SQLite knows of the other connection, and takes its locks for those of this process, which has none
        (sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_): when the parent
        closes it, what is written here is lost.
        """
        try:
            file = os.stat(self.path)
        except OSError:  # there is none yet
            return
        if any(held.process != os.getpid() and os.path.samestat(held.file, file) for held in _held):
            raise self._error(
                f"the {self._noun} {self.path} was open when this process was forked: close it before, and "
                "open it in each process"
            )

    def _connected(self, prepare: Callable[[sqlite3.Connection], None] | None) -> _Held:
        connection = sqlite3.connect(
            self.path, timeout=self.busy_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            # Looked at before anything is changed: it may be somebody else's database.
            connection.execute("BEGIN")
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute("COMMIT")
            if tables and application != self._application:
                raise self._error(f"{self.path} is a SQLite database, but no {self._noun}")
            if version > self._schema:
                raise self._error(
                    f"the {self._noun} {self.path} was made by a newer version of partnero_async: "
                    "upgrade this one"
                )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("BEGIN IMMEDIATE")
            self._make_tables(connection)
            if prepare is not None:
                prepare(connection)
            connection.execute("COMMIT")
            return _Held(connection, os.stat(self.path))  # which somebody may have removed by now
        except BaseException:
            connection.close()
            raise

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        for statement in self._tables.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {self._application}")
        connection.execute(f"PRAGMA user_version = {self._schema}")

    def _new_group(self) -> Grouped[sqlite3.Connection]:
        return Grouped(self._commit)

    def _is_still_there(self) -> bool:
        try:
            return self._held is not None and os.path.samestat(self._held.file, os.stat(self.path))
        except OSError:
            return False

    def close(self) -> None:
        """Closes it at once: for the file of an event loop that has ended."""
        held, self._held = self._held, None
        if held is not None and held.process == os.getpid():
            held.connection.close()
            _held.remove(held)

    def _commit(self, work: Sequence[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        """Does all in one transaction, which is on the disk when this returns."""
        if self._held is None:
            raise UsageError(f"the {self._noun} {self.path} is closed")
        connection = self._held.connection
        if not self._is_still_there():
            # SQLite would go on writing into a file that nobody finds any more.
            raise self._error(f"the {self._noun} {self.path} was removed or replaced while it was open")
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                done = [one(connection) for one in work]
                connection.execute("COMMIT")
                return done
            except BaseException:
                # A full disk may have ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> PartneroError:
        code = _code_of(error)
        if code == sqlite3.SQLITE_NOTADB:
            said = f"it is no {self._noun}: it is not even a SQLite database"
        else:
            said = _SAID[code].format(seconds=self.busy_seconds) if code in _SAID else str(error)
        return self._error(f"the {self._noun} {self.path}: {said}")


def _code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
