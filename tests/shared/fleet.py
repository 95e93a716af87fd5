"""Several processes under one quota, and a server that notes when their requests arrive."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import socket
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final, Literal, TypeAlias

import attrs

from partnero_async import AsyncPartnero, PartneroError, RateLimit
from partnero_async.observing import Call, Observer
from partnero_async.shared import RedisRateLimit, SQLiteRateLimit

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


def _serve(port: int, told: Connection) -> None:
    arrivals = list[float]()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            for _ in range(data.count(b"\r\n\r\n")):
                arrivals.append(time.time())
                self.transport.write(_ANSWER % (len(_BODY), _BODY))

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port)
        async with server:
            told.send("ready")
            await asyncio.to_thread(told.recv)

    asyncio.run(main())
    told.send(arrivals)


def _set_clock(skew: float) -> None:
    """Makes the clock of this process wrong, for all who ask it as a function of ``time``."""
    right = time.time
    time.time = lambda: right() + skew


def _work(
    kind: Kind,
    where: str,
    base_url: str,
    quota: RateLimit,
    tasks: int,
    seconds: float,
    skew: float,
    told: Connection,
) -> None:
    if skew:
        _set_clock(skew)
    times = _Times()
    limit = _limit(kind, where, quota)
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
    told.send(Noted(permits.times, [at - skew for at in times.let_go]))


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
    workers: list[BaseProcess] = attrs.Factory(list[BaseProcess])

    def run(self, disturb: Callable[[Fleet], None] = lambda fleet: None) -> Fleet:
        """Runs it to its end.

        Args:
            disturb: Called when all have begun.
        """
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        context = multiprocessing.get_context("spawn")
        origin_pipe, far_end = context.Pipe()
        origin = context.Process(target=_serve, args=(port, far_end), daemon=True)
        origin.start()
        origin_pipe.recv()
        pipes = list[Connection]()
        for number in range(self.processes):
            skew = self.skews[number] if self.skews else 0.0
            pipe, far_end = context.Pipe()
            settings = (self.kind, self.where, f"http://127.0.0.1:{port}/v1", self.quota, self.tasks)
            arguments = (*settings, self.seconds, skew, far_end)
            self.workers.append(context.Process(target=_work, args=arguments, daemon=True))
            self.workers[-1].start()
            far_end.close()
            pipes.append(pipe)
        for pipe in pipes:
            pipe.recv()
        self.began = time.time() + 0.2
        for pipe in pipes:
            pipe.send(self.began)
        disturb(self)
        for pipe in pipes:
            with suppress(EOFError):  # it was killed
                self.noted.append(pipe.recv())
        for worker in self.workers:
            worker.join()
        origin_pipe.send("end")
        self.arrivals = origin_pipe.recv()
        origin.join()
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
