"""A job over Celery and Redis whose workers are killed on the way, and what comes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs

from partnero_async.bulk import jobs

from ..children import BEHIND_ALL_ELSE
from ..shared.redis_server import RedisServer
from .origin import origin

__all__ = ["Fetched", "fetch"]


@attrs.frozen(kw_only=True)
class Fetched:
    """What came of it."""

    seconds: float
    least: float
    """The seconds that the quota alone asks for."""

    lines: int
    keys: int
    """How many keys the merged file has."""

    requests: int
    status: jobs.JobStatus


def fetch(
    folder: Path,
    server: RedisServer,
    *,
    keys: int,
    parts: int,
    per_second: int,
    workers: int,
    kills: int,
    visibility_timeout: int,
    show: Callable[[str], None] = lambda line: None,
) -> Fetched:
    """Fetches keys with so many workers, of which some are killed with SIGKILL, evenly over the first half.

    Args:
        folder: Where job and logs are to be.
        server: The broker, and what keeps the quota.
        keys: How many.
        parts: In how many parts.
        per_second: The quota, over all workers.
        workers: How many processes.
        kills: How many of them are killed. They are not started again.
        visibility_timeout: Seconds after which Redis gives a task of Celery to another worker.
        show: Is told now and then how far it is.
    """
    job = jobs.plan(folder / "job", [f"customer_{number:07d}" for number in range(keys)], parts=parts)
    with origin() as partnero:
        environment = os.environ | {
            "JOB_BROKER": server.url,
            "JOB_PER_SECOND": str(per_second),
            "JOB_VISIBILITY_TIMEOUT": str(visibility_timeout),
            "PARTNERO_BASE_URL": partnero.url,
        }
        celery = f"{BEHIND_ALL_ELSE}from celery.__main__ import main; sys.exit(main())"
        command = [sys.executable, "-c", celery, "--app", "tests.jobs.worker", "worker", "--pool", "solo"]
        processes = list[subprocess.Popen[bytes]]()
        for number in range(workers):
            log = (folder / f"worker-{number}.log").open("wb")
            with log:
                one = [*command, "--hostname", f"worker{number}@test", "--loglevel", "info"]
                processes.append(subprocess.Popen(one, stdout=log, stderr=log, env=environment, cwd=folder))
        while any(b" ready." not in (folder / f"worker-{n}.log").read_bytes() for n in range(workers)):
            time.sleep(0.1)
        began = time.monotonic()
        send = f"{BEHIND_ALL_ELSE}from tests.jobs.worker import parts; "
        send += "from partnero_async.bulk.jobs import load; "
        subprocess.run(
            [sys.executable, "-c", f"{send}parts.send(load(sys.argv[1]))", str(job.folder)],
            env=environment,
            check=True,
            cwd=folder,
        )
        killed = 0
        try:
            while (status := job.status).done < parts:
                outcomes = status.found + status.missing + status.failed
                if killed < kills and outcomes >= keys * (killed + 1) / (2 * (kills + 1)):
                    processes[killed].send_signal(signal.SIGKILL)
                    killed += 1
                    show(f"killed one, after {outcomes} keys")
                show(str(status))
                time.sleep(0.5)
            seconds = time.monotonic() - began
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
        job.merge(folder / "all.jsonl")
    with (folder / "all.jsonl").open("rb") as lines:
        found = Counter(json.loads(line)["key"] for line in lines)
    return Fetched(
        seconds=seconds,
        least=keys / per_second,
        lines=found.total(),
        keys=len(found),
        requests=partnero.requests,
        status=job.status,
    )
