"""Jobs over the real Celery and Redis, whose workers are killed: ``nox -s frameworks`` runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..jobs.killing import fetch
from ..shared.redis_server import RedisServer, redis_server


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


def test_each_key_is_there_once_though_workers_are_killed(tmp_path: Path, server: RedisServer) -> None:
    fetched = fetch(
        tmp_path, server, keys=6000, parts=30, per_second=300, workers=3, kills=1, visibility_timeout=10
    )
    assert fetched.lines == fetched.keys == 6000
    assert fetched.status.done == 30
    assert fetched.requests < 6000 + 50  # those under way in the one that was killed
