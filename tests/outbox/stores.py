"""The stores of outboxes, and a PostgreSQL server that lives as long as the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from partnero_async.outbox import Store
from partnero_async.outbox.sqlalchemy import SQLAlchemyStore
from partnero_async.outbox.sqlite import SQLiteStore

__all__ = ["KINDS", "engine_of", "opened_store", "postgres"]

KINDS: Final = ["file", "sqlite", "postgresql"]
"""A file of its own, and SQLAlchemy over both databases."""


def programs() -> Path:
    """The folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    at = found[-1] if found else shutil.which("initdb")
    if at is None:
        why = "PostgreSQL is not here: apt-get install postgresql, or put its initdb on PATH"
        # What CI installs must not be skipped there unseen.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    return Path(at).resolve().parent


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of its own, on a Unix socket; it refuses to be run by root."""
    tools = programs()
    as_user: dict[str, Any] = {"user": "nobody"} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    try:
        if as_user:
            shutil.chown(folder, "nobody")
        data = folder / "data"
        initdb = [tools / "initdb", "--pgdata", data, "--auth=trust", "--username=outbox", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **as_user)
        command = [tools / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
        log = (folder / "log").open("wb")
        with log, subprocess.Popen(command, stderr=log, cwd=folder, **as_user) as server:
            try:
                ready = [tools / "pg_isready", "--host", folder, "--quiet"]
                while subprocess.run(ready).returncode:
                    assert server.poll() is None, (folder / "log").read_text()
                    time.sleep(0.05)
                yield f"postgresql+asyncpg://outbox@/postgres?host={folder}"
            finally:
                server.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def engine_of(url: str, **settings: Any) -> AsyncIterator[AsyncEngine]:
    """An engine that is closed afterwards."""
    engine = create_async_engine(url, **settings)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def wait_for_others(connection: Any, _: object) -> None:
            connection.execute("PRAGMA busy_timeout = 30000")

    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def opened_store(
    kind: str, place: str, identity: str = "one", *, adopt: bool = False
) -> AsyncIterator[Store]:
    """A store of this kind at a path or URL, opened."""
    if kind == "file":
        store: Store = SQLiteStore(place)
        await store.open(identity, adopt=adopt)
        try:
            yield store
        finally:
            await store.aclose()
    else:
        async with engine_of(place) as engine:
            store = SQLAlchemyStore(engine)
            await store.open(identity, adopt=adopt)
            yield store
