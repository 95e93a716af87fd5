"""The application of Celery whose workers are killed by ``killing.py``, which sets the environment."""

from __future__ import annotations

import os

from celery import Celery  # type: ignore[import-untyped]

from partnero_async import AsyncPartnero
from partnero_async.bulk.jobs.celery import PartTasks
from partnero_async.shared import RedisRateLimit

BROKER = os.environ["JOB_BROKER"]
PER_SECOND = int(os.environ["JOB_PER_SECOND"])

app = Celery("jobs", broker=BROKER)
app.conf.update(
    broker_transport_options={"visibility_timeout": int(os.environ["JOB_VISIBILITY_TIMEOUT"])},
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
)


def client(program: str | None) -> AsyncPartnero:
    assert program is None
    return AsyncPartnero("key", engine="aiohttp", rate_limit=RedisRateLimit(BROKER, PER_SECOND, 1.0))


parts = PartTasks(app, client, retry_after=3.0)
