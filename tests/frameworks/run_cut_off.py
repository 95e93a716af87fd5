"""Workers in network namespaces of their own, of which one is cut off from Redis for ten seconds.

``nox -s frameworks`` runs it; it needs the right to make namespaces (root) and iproute2.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from ..children import BEHIND_ALL_ELSE
from ..shared.fleet import most_within

QUOTA: Final = 60
KEYS: Final = 2000
WORKERS: Final = 3
REDIS: Final = "10.77.0.1"
PARTNERO: Final = "10.77.0.2"
CUT_SECONDS: Final = 10

pytestmark = pytest.mark.skipif(
    shutil.which("ip") is None or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="network namespaces need root, and ip of iproute2",
)


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def net() -> Iterator[str]:
    """The beginning of the names of some namespaces: a hub with two addresses, and one for each worker."""
    name = f"pa{os.getpid()}"
    hub = f"{name}hub"
    with ExitStack() as undo:

        def add(namespace: str) -> None:
            ip("netns", "add", namespace)
            undo.callback(ip, "netns", "del", namespace)
            ip("-n", namespace, "link", "set", "lo", "up")

        add(hub)
        ip("-n", hub, "link", "add", "br0", "type", "bridge")
        ip("-n", hub, "link", "set", "br0", "up")
        for address in (REDIS, PARTNERO):
            ip("-n", hub, "address", "add", f"{address}/24", "dev", "br0")
        for number in range(WORKERS):
            worker = f"{name}w{number}"
            add(worker)
            ip(
                "-n",
                hub,
                "link",
                "add",
                f"v{number}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                worker,
            )
            ip("-n", hub, "link", "set", f"v{number}", "master", "br0", "up")
            ip("-n", worker, "address", "add", f"10.77.0.{10 + number}/24", "dev", "eth0")
            ip("-n", worker, "link", "set", "eth0", "up")
        yield name


def inside(namespace: str, *command: str, **settings: object) -> subprocess.Popen[bytes]:
    """A process in a namespace."""
    return subprocess.Popen(["ip", "netns", "exec", namespace, *command], **settings)  # type: ignore[call-overload, no-any-return]


def main_of(module: str) -> list[str]:
    """What runs the ``main`` of a module of the tests."""
    return [sys.executable, "-c", f"{BEHIND_ALL_ELSE}from {module} import main; main()"]


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_who_is_cut_off_from_redis_loses_nothing_and_fetches_nothing_twice(net: str, tmp_path: Path) -> None:
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("Redis is not here: apt-get install redis-server")
    environment = os.environ | {"PARTNERO_BASE_URL": f"http://{PARTNERO}:8000/v1"}
    settings = {"redis": f"redis://{REDIS}:6379/0", "requests": QUOTA, "keys": KEYS, "count": WORKERS}
    told = tmp_path / "told.json"
    bare = ["--bind", REDIS, "--protected-mode", "no", "--save", "", "--appendonly", "no"]
    redis = inside(f"{net}hub", program, *bare, stdout=subprocess.DEVNULL)
    partnero = inside(f"{net}hub", *main_of("tests.jobs.origin"), PARTNERO, "8000", str(told))
    paths = [tmp_path / f"part-{number}.jsonl" for number in range(WORKERS)]
    logs = [tmp_path / f"log-{number}.txt" for number in range(WORKERS)]
    workers = list[subprocess.Popen[bytes]]()
    try:
        # Both are in the hub's namespace, where they are looked for.
        both = f"[socket.create_connection(at).close() for at in {[(REDIS, 6379), (PARTNERO, 8000)]}]"
        look = [sys.executable, "-c", f"import socket; {both}"]
        while inside(f"{net}hub", *look, stderr=subprocess.DEVNULL).wait():
            assert redis.poll() is None
            assert partnero.poll() is None
            time.sleep(0.1)
        for number in range(WORKERS):
            own = json.dumps(settings | {"number": number, "path": str(paths[number])})
            command = [*main_of("tests.jobs.cut_off_worker"), own]
            with logs[number].open("wb") as log:
                workers.append(inside(f"{net}w{number}", *command, env=environment, stderr=log))
        while lines_in(paths[0]) < 100:
            assert workers[0].poll() is None, logs[0].read_text()
            time.sleep(0.1)
        # What is sent to Redis goes nowhere from now on; the way to Partnero stays as it is.
        ip("-n", f"{net}w0", "route", "add", f"{REDIS}/32", "dev", "lo")
        before = lines_in(paths[0])
        time.sleep(CUT_SECONDS)
        meanwhile = lines_in(paths[0]) - before
        ip("-n", f"{net}w0", "route", "del", f"{REDIS}/32", "dev", "lo")
        for worker, path in zip(workers, logs, strict=True):
            assert worker.wait(timeout=120) == 0, path.read_text()
    finally:
        for process in (*workers, redis, partnero):
            process.terminate()
            process.wait()
    keys = [json.loads(line)["key"] for path in paths for line in path.read_bytes().splitlines()]
    asked = json.loads(told.read_text())
    assert sorted(keys) == [f"customer_{key:06d}" for key in range(KEYS)]
    assert (asked["keys"], asked["requests"]) == (KEYS, KEYS)
    said = [log.read_text().splitlines() for log in logs]
    assert [len(lines) for lines in said] == [2, 0, 0], said
    assert "Redis is away (TimeoutError)" in said[0][0]
    assert said[0][1] == "partnero.shared Redis is back"
    assert meanwhile > 0  # it went on by itself
    # The others may use the whole quota beside the share of the one that is cut off.
    assert most_within(asked["times"], 1.0) <= QUOTA * (1 + 1 / WORKERS) * 1.1
