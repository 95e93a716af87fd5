"""Jobs on the engines of docs/how-to/many-machines.md: Celery over Redis, whose workers are killed, and Ray.

``nox -s frameworks`` runs it; pytest does not find it by itself.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from partnero_async.bulk.jobs import Job, plan

from ..jobs.killing import fetch
from ..shared.redis_server import RedisServer, redis_server
from ..test_examples import (
    PYTHON,
    ROOT,
    base_url,  # noqa: F401 - a fixture
    empty_folder,  # noqa: F401 - a fixture
)

PAGE = ROOT / "docs" / "how-to" / "many-machines.md"
KEYS = [f"customer_{number:06d}" for number in range(1, 101)]


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


def save(engine: str) -> str:
    """Writes the file of a recipe, and gives the name of the module."""
    (block,) = [block for block in PYTHON if block.page == PAGE and block.framework == engine]
    Path(block.title).write_text(block.code, encoding="utf-8")
    return Path(block.title).stem


def planned() -> Job:
    return plan(Path("job").absolute(), KEYS, parts=5)


def test_each_key_is_there_once_though_workers_are_killed(tmp_path: Path, server: RedisServer) -> None:
    fetched = fetch(
        tmp_path, server, keys=6000, parts=30, per_second=300, workers=3, kills=1, visibility_timeout=10
    )
    assert fetched.lines == fetched.keys == 6000
    assert fetched.status.done == 30
    assert fetched.requests < 6000 + 50  # those under way in the one that was killed


@pytest.mark.usefixtures("empty_folder")
def test_the_recipe_for_celery(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", server.url)
    module = save("celery")
    command = [sys.executable, "-m", "celery", "--app", module, "worker", "--concurrency", "2"]
    with Path("said.txt").open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as worker:
        try:
            job = planned()
            send = f"import sys, {module}; from partnero_async.bulk.jobs import load; "
            code = f"{send}print({module}.parts.send(load(sys.argv[1])))"
            sent = subprocess.run(
                [sys.executable, "-c", code, str(job.folder)], capture_output=True, text=True, check=True
            )
            assert sent.stdout == "5\n"
            while job.left:
                assert worker.poll() is None, Path("said.txt").read_text()
                time.sleep(0.1)
        finally:
            worker.terminate()
    assert job.merge("all.jsonl").found == len(KEYS)


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray has no wheel for this Python")
@pytest.mark.usefixtures("empty_folder")
def test_the_recipe_for_ray() -> None:
    module = save("ray")
    job = planned()
    code = f"""
import sys, ray, {module}
from partnero_async.bulk.jobs import load
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
print({module}.fetch(load(sys.argv[1])))
"""
    ran = subprocess.run([sys.executable, "-c", code, str(job.folder)], capture_output=True, text=True)
    assert ran.stdout == f"{len(KEYS)}\n", ran.stderr
    assert job.merge("all.jsonl").found == len(KEYS)
