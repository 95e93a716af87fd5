"""The parts of a job as tasks of Celery, which hands them to its workers and hands over what they lose.

Nothing of Celery is imported: what is needed of it is the application, which is handed in.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from ...client import AsyncPartnero
from ...errors import NetworkError, PartneroError, RateLimitError, ServerError
from ...export._growing import ExportBusyError
from ...lists.whole import MOST_IN_A_LIST
from ._state import LIVE_SECONDS
from .job import Job, load

if TYPE_CHECKING:
    from ._state import PartState

__all__ = ["PartTasks"]

RETRY_SECONDS: Final = 10.0
"""After how long a part is tried again that somebody else does, or whose run could not go on."""


def _get(partnero: AsyncPartnero) -> Callable[[Any], Awaitable[Any]]:
    return partnero.customers.get


class PartTasks:
    """A task for each part of a job.

    ``parts = PartTasks(app, client)`` where the tasks are defined; ``parts.send(job)`` where a job begins. A
    task is acknowledged when its part is done, so that Celery gives it to another worker where one was
    killed: what was fetched by then stays, and nothing of it is fetched again. A part that Celery hands out
    twice is done once; the second worker tries again later, and finds it done.

    Args:
        app: The application, a ``celery.Celery``. Its workers must all have the folder of the job.
        client: Makes the client for a program, by the name that it has in the job; None where there is one
            alone. It is called for each part, in the worker. Give it a ``RedisRateLimit`` that all share.
        call: Gives what is awaited for each key; ``partnero.customers.get`` unless given.
        name: The name of the task.
        concurrency: Calls under way at a time, in each worker; the client's ``max_concurrency`` if None.
        most: The most records of one list; see ``export``.
        retry_after: Seconds after which a part is tried again that somebody else does, or whose run ended
            because Partnero could not be reached. Any other error ends the task, and ``send`` sends it again.
    """

    def __init__(
        self,
        app: Any,
        client: Callable[[str | None], AsyncPartnero],
        *,
        call: Callable[[AsyncPartnero], Callable[[Any], Awaitable[Any]]] = _get,
        name: str = "partnero_async.part",
        concurrency: int | None = None,
        most: int | None = MOST_IN_A_LIST,
        retry_after: float = RETRY_SECONDS,
    ) -> None:
        self._client = client
        self._call = call
        self._concurrency = concurrency
        self._most = most
        self._looked_at = -math.inf
        # When each part was heard of last, as it says itself, and since when that is known here.
        self._heard = dict[tuple[str, int], tuple[float, float]]()

        def run_part(task: Any, folder: str, number: int) -> None:
            job = load(folder)
            try:
                asyncio.run(self._run(job, number))
                self._send_lost(job)
            except (ExportBusyError, NetworkError, RateLimitError, ServerError) as error:
                raise task.retry(exc=_told(error), countdown=retry_after) from None

        self._task: Any = app.task(
            run_part,
            name=name,
            bind=True,
            acks_late=True,
            reject_on_worker_lost=True,
            max_retries=None,
            ignore_result=True,
        )

    def send(self, job: Job) -> int:
        """Sends a task for each part that is not done.

        It may be repeated, as after an outage in which the broker lost its messages: a part that two tasks
        are for is done once.

        Args:
            job: What ``plan`` made, in a folder that the workers have by the same path.

        Returns:
            How many were sent.
        """
        left = job.left
        for part in left:
            self._task.delay(str(job.folder), part.number)
        return len(left)

    def _send_lost(self, job: Job) -> None:
        """Sends again what somebody began who is not heard of any more.

        Celery does that, too, but over Redis only after ``visibility_timeout`` and up to 100 seconds more
        (``kombu.transport.redis``: every tenth look, one in ten seconds).
        """
        now = time.monotonic()
        if now - self._looked_at >= LIVE_SECONDS / 3:
            self._looked_at = now
            for part in job.left:
                place, said_at = (str(job.folder), part.number), job.state(part.number).at
                # By the clock of this process: those of the machines may differ.
                heard_at, since = self._heard.get(place, (None, now))
                if said_at != heard_at:
                    self._heard[place] = (said_at, now)
                elif said_at and now - since >= LIVE_SECONDS:
                    self._heard[place] = (said_at, now)
                    self._task.delay(*place)

    async def _run(self, job: Job, number: int) -> PartState:
        async with self._client(job.parts[number].program) as partnero:
            return await job.run(number, self._call(partnero), concurrency=self._concurrency, most=self._most)


def _told(error: PartneroError) -> RuntimeError:
    """The error for Celery's log, which has the traceback of any other, and all that it holds."""
    return RuntimeError(f"{type(error).__name__}: {error}")
