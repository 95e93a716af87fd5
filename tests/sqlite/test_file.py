"""The SQLite file under outbox, seen deliveries, state of exports and shared rate limits."""

from __future__ import annotations

import gc
import sqlite3
from pathlib import Path

import anyio
import pytest

from partnero_async._sqlite.file import SQLiteFile
from partnero_async.outbox import StorageError


def test_a_file_that_is_removed_while_it_is_opened_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    file = SQLiteFile(
        path,
        noun="outbox",
        application=1,
        schema=1,
        tables="CREATE TABLE one (n INTEGER)",
        error=StorageError,
    )

    def remove(_: sqlite3.Connection) -> None:
        path.unlink()

    with pytest.raises(StorageError, match=r"outbox\.db cannot be opened: No such file"):
        anyio.run(file.open, remove)
    assert not file.is_open
    gc.collect()  # a connection that was left open would fail the test from here, on Python 3.13 and later
