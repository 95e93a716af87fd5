"""A process that is killed, again and again, against a Partnero that counts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from partnero_async.cli.demo import sandbox_process

from .files import lines_of, rest_in, rest_of

COUNT = 1500
MISSING = 30
CONCURRENCY = 20
KILLS = 3

CHILD = """
import sys, anyio
from partnero_async import AsyncPartnero
from partnero_async.export import export

async def main(base_url, path, count, missing, concurrency):
    keys = [f"customer_{n:06d}" for n in range(1, count + 1)]
    for n in range(missing):
        keys.insert(n * count // missing, f"nobody_{n:03d}")
    async with AsyncPartnero("sandbox_affiliate", base_url=base_url, max_concurrency=concurrency) as partnero:
        async with export(partnero.customers.get, keys, path):
            pass

anyio.run(main, *sys.argv[1:3], *map(int, sys.argv[3:6]))
"""


def started(base_url: str, path: Path) -> subprocess.Popen[bytes]:
    numbers = map(str, (COUNT, MISSING, CONCURRENCY))
    return subprocess.Popen([sys.executable, "-c", CHILD, base_url, str(path), *numbers])


def requests_at(base_url: str) -> int:
    """How many requests the server has counted."""
    with urlopen(f"{base_url.removesuffix('/v1')}/_sandbox/stats") as answer:
        stats: Any = json.load(answer)
    return int(stats["data"]["by_route"].get("GET /customers/{key}", 0))


def sorted_lines(path: Path) -> bytes:
    return b"".join(sorted(path.read_bytes().splitlines(keepends=True)))


def test_killed_and_resumed_is_byte_for_byte_uninterrupted(tmp_path: Path) -> None:
    whole, resumed = tmp_path / "whole.jsonl", tmp_path / "resumed.jsonl"
    with sandbox_process(["--customers", str(COUNT), "--latency", "5-15"]) as base_url:
        assert started(base_url, whole).wait(60) == 0
        assert requests_at(base_url) == COUNT + MISSING
        for kill in range(1, KILLS + 1):
            # At a place within a line as often as not.
            enough = whole.stat().st_size * kill // (KILLS + 1)
            with started(base_url, resumed) as process:
                while not resumed.exists() or resumed.stat().st_size < enough:
                    assert process.poll() is None
                    time.sleep(0.002)
                process.kill()
            assert process.returncode == -signal.SIGKILL
        assert started(base_url, resumed).wait(60) == 0
        asked = requests_at(base_url) - COUNT - MISSING
    assert sorted_lines(resumed) == sorted_lines(whole)
    assert sorted_lines(rest_of(resumed)) == sorted_lines(rest_of(whole))
    assert len(lines_of(resumed)) == COUNT
    assert list(rest_in(resumed).values()) == ["missing"] * MISSING
    assert COUNT + MISSING <= asked <= COUNT + MISSING + KILLS * CONCURRENCY
