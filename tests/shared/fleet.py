"""Several processes under one quota, and a server that notes when their requests arrive."""

from __future__ import annotations

import asyncio
import logging
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Literal, TypeAlias

import attrs

from partnero_async import AsyncPartnero, PartneroError, RateLimit
from partnero_async.observing import Call, Observer
from partnero_async.shared import RedisRateLimit, SQLiteRateLimit

from ..children import Child, Parent

__all__ = ["Fleet", "Kind", "Noted", "Permits", "most_within"]

Kind: TypeAlias = Literal["redis", "sqlite", "none"]

_BODY: Final = b'{"data":{"key":"c"},"status":1}'
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most moments of a list in any window that is a microsecond shorter than so long."""
    ordered = sorted(times)
    window = seconds - 1e-6
    return max(
        (bisect_left(ordered, at + window, start) - start for start, at in enumerate(ordered)), default=0
    )


class Permits(logging.Handler):
    """Collects the times of permits, by the clock that counts, from what is logged of them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.times = list[float]()

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("partnero.shared now="):
            now, delays, *_ = (str(told) for told in record.args or ())
            self.times += [float(now) + float(delay) for delay in delays.split(",") if delay]

    def __enter__(self) -> Permits:
        logger = logging.getLogger("partnero_async")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logger = logging.getLogger("partnero_async")
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(self)


@attrs.frozen
class Noted:
    """What a process noted, in seconds since the epoch."""

    permits: list[float]
    let_go: list[float]
    """When its requests were sent."""


@attrs.define
class _Times(Observer):
    let_go: list[float] = attrs.Factory(list[float])

    def attempt_began(self, call: Call, number: int, queued: float) -> None:
        self.let_go.append(time.time())


def _limit(kind: Kind, where: str, quota: RateLimit) -> Any:
    if kind == "redis":
        return RedisRateLimit(where, quota.requests, quota.per_seconds)
    if kind == "sqlite":
        return SQLiteRateLimit(where, quota.requests, quota.per_seconds)
    return quota


def serve(told: Parent) -> None:
    """The server, until it is told to end; it says its port first, and when requests arrived at last."""
    arrivals = list[float]()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            for _ in range(data.count(b"\r\n\r\n")):
                arrivals.append(time.time())
                self.transport.write(_ANSWER % (len(_BODY), _BODY))

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0)
        async with server:
            told.send(server.sockets[0].getsockname()[1])
            await asyncio.to_thread(told.recv)

    asyncio.run(main())
    told.send(arrivals)


def _set_clock(skew: float) -> None:
    """Makes the clock of this process wrong, for all who ask it as a function of ``time``."""
    right = time.time
    time.time = lambda: right() + skew


def work(
    told: Parent,
    *,
    kind: Kind,
    where: str,
    base_url: str,
    requests: int,
    per_seconds: float,
    tasks: int,
    seconds: float,
    skew: float,
) -> None:
    """A process that calls without end; it says what it noted at last."""
    if skew:
        _set_clock(skew)
    times = _Times()
    limit = _limit(kind, where, RateLimit(requests, per_seconds))
    told.send("ready")
    began = told.recv() + skew
    time.sleep(max(0.0, began - time.time()))

    async def call(partnero: AsyncPartnero) -> None:
        while (left := began + seconds - time.time()) > 0:
            with suppress(PartneroError, TimeoutError):
                await asyncio.wait_for(partnero.customers.get("customer_000001"), left)

    async def main() -> None:
        async with AsyncPartnero(
            "key", base_url=base_url, rate_limit=limit, max_concurrency=tasks, observer=times
        ) as partnero:
            await asyncio.gather(*(call(partnero) for _ in range(tasks)))

    with Permits() as permits:
        asyncio.run(main())
    told.send([permits.times, [at - skew for at in times.let_go]])


@attrs.define
class Fleet:
    """Processes that call without end, each with a client of its own and some tasks, for some seconds.

    Attributes:
        skews: By how many seconds the clock of each is wrong.
        began: When they began, in seconds since the epoch.
        noted: What each of those noted that were not killed.
        arrivals: When requests arrived.
    """

    kind: Kind
    where: str
    processes: int
    tasks: int
    quota: RateLimit
    seconds: float
    skews: Sequence[float] = ()
    began: float = 0.0
    noted: list[Noted] = attrs.Factory(list[Noted])
    arrivals: list[float] = attrs.Factory(list[float])
    workers: list[Child] = attrs.Factory(list[Child])

    def run(self, disturb: Callable[[Fleet], None] = lambda fleet: None) -> Fleet:
        """Runs it to its end.

        Args:
            disturb: Called when all have begun.
        """
        origin = Child(__name__, "serve")
        base_url = f"http://127.0.0.1:{origin.recv()}/v1"
        self.workers = [
            Child(
                __name__,
                "work",
                kind=self.kind,
                where=self.where,
                base_url=base_url,
                requests=self.quota.requests,
                per_seconds=self.quota.per_seconds,
                tasks=self.tasks,
                seconds=self.seconds,
                skew=self.skews[number] if self.skews else 0.0,
            )
            for number in range(self.processes)
        ]
        for worker in self.workers:
            worker.recv()
        self.began = time.time() + 0.2
        for worker in self.workers:
            worker.send(self.began)
        disturb(self)
        for worker in self.workers:
            with suppress(EOFError):  # it was killed
                self.noted.append(Noted(*worker.recv()))
            worker.close()
        origin.send("end")
        self.arrivals = origin.recv()
        origin.close()
        return self

    @property
    def permits(self) -> list[float]:
        """The times of all permits."""
        return [at for noted in self.noted for at in noted.permits]

    @property
    def counts(self) -> list[int]:
        """How many requests each process sent after the first window."""
        began = self.began + self.quota.per_seconds
        return [sum(at >= began for at in noted.let_go) for noted in self.noted]

    @property
    def used(self) -> float:
        """The share of the quota that was used after the first window."""
        windows = (self.seconds - self.quota.per_seconds) / self.quota.per_seconds
        return sum(self.counts) / (self.quota.requests * windows)
