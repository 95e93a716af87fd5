"""Which deliveries were handled, in a SQLite file that the processes of one machine share."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection
from typing import Any, Final, TypeVar

import anyio
from anyio.lowlevel import current_token

from .._sqlite.file import SQLiteFile
from ..errors import UsageError
from ..inputs._checks import check_count, check_seconds
from .errors import SeenStoreError
from .seen import MAX_AGE, MAX_COUNT, Claim, Kept

__all__ = ["SQLiteSeenStore"]

T = TypeVar("T")

SCHEMA: Final = 1
APPLICATION: Final = 0x504E5748
"""``PNWH``: what tells it from other SQLite files (sqlite.org/pragma.html#pragma_application_id)."""

BUSY_SECONDS: Final = 5.0
"""How long a delivery waits for other processes to write: Partnero waits no longer for its answer."""

# until: the Unix time at which whoever has it is taken for gone, at which it is due again, or at which it was
# handled. done: its place in the order in which they were handled, without gaps; NULL until then.
_TABLES: Final = """
CREATE TABLE seen (
  number INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  owner TEXT,
  until REAL NOT NULL,
  done INTEGER UNIQUE,
  attempts INTEGER NOT NULL,
  body BLOB,
  signer TEXT
);
CREATE INDEX due ON seen (until) WHERE body IS NOT NULL;
CREATE INDEX known ON seen (until) WHERE body IS NULL;
"""


class _Opened:
    """The file in one event loop: what waits for another cannot be woken from there."""

    def __init__(self, file: SQLiteFile) -> None:
        self.file = file
        self.is_open = False
        self.is_closed = False
        self.turn = anyio.Lock()


class SQLiteSeenStore:
    """Knows of deliveries in a SQLite file, across restarts and for all processes of a machine.

    It is opened when it is first used, in each event loop and in each process for itself. Where a server
    forks its workers, use it in the workers only: one that was open at a fork is refused there.

    Args:
        path: The file, which is made where there is none; not on a network file system.
        max_age: For how many seconds it is known that a delivery was handled.
        max_count: Of how many it is known, at most; those in hand are not counted.
        clock: Gives the Unix time, to all processes that share the file the same; it is called in threads.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_age: float = MAX_AGE,
        max_count: int = MAX_COUNT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = os.path.abspath(path)
        self._max_age = check_seconds("max_age", max_age)
        self._max_count = check_count("max_count", max_count, least=1)
        self._clock = clock
        self._opened: dict[Any, _Opened] = {}
        self._process = os.getpid()

    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim:
        """See ``SeenStore``."""
        return await self._claim(fingerprint, owner, lease, None, None)

    async def keep(self, fingerprint: str, owner: str, lease: float, body: bytes, signer: str) -> Claim:
        """See ``DurableSeenStore``."""
        return await self._claim(fingerprint, owner, lease, body, signer)

    async def finish(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        await self._do(
            lambda connection: connection.execute(
                "UPDATE seen SET done = (SELECT ifnull(max(done), 0) + 1 FROM seen), until = ?, "
                "owner = NULL, body = NULL WHERE fingerprint = ? AND done IS NULL",
                (self._clock(), fingerprint),
            )
        )

    async def release(self, fingerprint: str, owner: str) -> None:
        """See ``SeenStore``."""
        await self._do(
            lambda connection: connection.execute(
                "DELETE FROM seen WHERE fingerprint = ? AND owner = ?", (fingerprint, owner)
            )
        )

    async def postpone(self, fingerprint: str, owner: str, seconds: float) -> None:
        """See ``DurableSeenStore``."""
        await self._do(
            lambda connection: connection.execute(
                "UPDATE seen SET owner = NULL, until = ? WHERE fingerprint = ? AND owner = ?",
                (self._clock() + seconds, fingerprint, owner),
            )
        )

    async def take(self, owner: str, lease: float, signers: Collection[str]) -> Kept | None:
        """See ``DurableSeenStore``."""
        return await self._do(lambda connection: _take(connection, owner, self._clock(), lease, signers))

    async def due_in(self, signers: Collection[str]) -> float | None:
        """See ``DurableSeenStore``."""
        (due_at,) = await self._do(
            lambda connection: connection.execute(
                f"SELECT min(until) FROM seen WHERE body IS NOT NULL AND {_one_of(signers)}", (*signers,)
            ).fetchone()
        )
        return None if due_at is None else due_at - self._clock()

    async def overdue(self, seconds: float, signers: Collection[str]) -> int:
        """See ``DurableSeenStore``."""
        (count,) = await self._do(
            lambda connection: connection.execute(
                f"SELECT count(*) FROM seen WHERE body IS NOT NULL AND until < ? AND NOT {_one_of(signers)}",
                (self._clock() - seconds, *signers),
            ).fetchone()
        )
        return int(count)

    async def aclose(self) -> None:
        """Closes the file in this event loop; it is opened again when it is used again."""
        loop = current_token().native_token
        opened = self._opened.get(loop)
        if opened is None:
            return
        async with opened.turn:
            try:
                await opened.file.aclose()
            finally:  # it may be closed although whoever closed it was cancelled
                if not opened.file.is_open:
                    opened.is_closed = True
                    if self._opened.get(loop) is opened:
                        del self._opened[loop]

    async def _claim(
        self, fingerprint: str, owner: str, lease: float, body: bytes | None, signer: str | None
    ) -> Claim:
        def claim(connection: sqlite3.Connection) -> Claim:
            # Not before it is our turn to write: by then, a lease might be over before it begins.
            now = self._clock()
            _forget(connection, now - self._max_age, self._max_count)
            return _claim(connection, fingerprint, owner, now, now + lease, body, signer)

        return await self._do(claim)

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        while True:
            opened = self._of_this_loop()
            try:
                if not opened.is_open:
                    await self._open(opened)
                return await opened.file.do(work)
            except UsageError:
                # Another task closed it before it was our turn; whoever closes it has the turn until it has.
                async with opened.turn:
                    if not opened.is_closed:
                        raise

    def _of_this_loop(self) -> _Opened:
        if self._process != os.getpid():
            # A connection does not survive a fork (sqlite.org/howtocorrupt.html#_carrying_an_open_database).
            self._process, self._opened = os.getpid(), {}
        loop = current_token().native_token
        opened = self._opened.get(loop)
        if opened is None:
            self._close_those_of_ended_loops()
            opened = self._opened[loop] = _Opened(self._new_file())
        return opened

    async def _open(self, opened: _Opened) -> None:
        async with opened.turn:
            if not opened.is_open and not opened.is_closed:
                await opened.file.open()
                opened.is_open = True

    def _new_file(self) -> SQLiteFile:
        return SQLiteFile(
            self._path,
            noun="store of seen deliveries",
            application=APPLICATION,
            schema=SCHEMA,
            tables=_TABLES,
            error=SeenStoreError,
            busy_seconds=BUSY_SECONDS,
        )

    def _close_those_of_ended_loops(self) -> None:
        for loop in list(self._opened):
            if _has_ended(loop):
                # Another thread may be doing the same.
                opened = self._opened.pop(loop, None)
                if opened is not None:
                    opened.file.close()


def _has_ended(loop: Any) -> bool:
    """Whether an event loop of asyncio, or a run of trio, whose token this is, has come to its end."""
    if hasattr(loop, "is_closed"):
        return bool(loop.is_closed())
    try:
        loop.run_sync_soon(_nothing, idempotent=True)
    except RuntimeError:  # trio.RunFinishedError
        return True
    return False


def _nothing() -> None:
    """What a run of trio is given to do, to see whether it still does anything."""


def _one_of(signers: Collection[str]) -> str:
    return f"signer IN ({', '.join('?' * len(signers))})"


def _claim(
    connection: sqlite3.Connection,
    fingerprint: str,
    owner: str,
    now: float,
    until: float,
    body: bytes | None,
    signer: str | None,
) -> Claim:
    row = connection.execute(
        "SELECT done IS NOT NULL, until, body IS NOT NULL FROM seen WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    if row is None:
        connection.execute(
            "INSERT INTO seen (fingerprint, owner, until, attempts, body, signer) VALUES (?, ?, ?, 1, ?, ?)",
            (fingerprint, owner, until, body, signer),
        )
        return Claim.OURS
    is_done, was_until, is_kept = row
    if is_done or is_kept:
        # What is kept is answered for: it is handled from here, and nobody has to send it again.
        return Claim.DONE
    if was_until > now:
        return Claim.IN_HAND
    connection.execute(
        "UPDATE seen SET owner = ?, until = ?, body = ?, signer = ? WHERE fingerprint = ?",
        (owner, until, body, signer, fingerprint),
    )
    return Claim.OURS


def _take(
    connection: sqlite3.Connection, owner: str, now: float, lease: float, signers: Collection[str]
) -> Kept | None:
    row = connection.execute(
        "SELECT number, fingerprint, body, attempts FROM seen WHERE body IS NOT NULL AND until <= ? "
        f"AND {_one_of(signers)} ORDER BY until LIMIT 1",
        (now, *signers),
    ).fetchone()
    if row is None:
        return None
    number, fingerprint, body, attempts = row
    connection.execute(
        "UPDATE seen SET owner = ?, until = ?, attempts = attempts + 1 WHERE number = ?",
        (owner, now + lease, number),
    )
    return Kept(fingerprint=fingerprint, owner=owner, body=body, attempts=attempts + 1)


def _forget(connection: sqlite3.Connection, oldest: float, most: int) -> None:
    """Forgets what was handled long ago, and so much of the rest that no more than ``most`` are left."""
    # What nobody came back for after its process was killed, too.
    connection.execute("DELETE FROM seen WHERE body IS NULL AND until < ?", (oldest,))
    connection.execute("DELETE FROM seen WHERE done <= (SELECT max(done) FROM seen) - ?", (most,))
