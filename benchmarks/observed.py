"""What an observer costs: CPU of a call without one, with one that does nothing, and with OpenTelemetry's.

One process, one origin in another; slices of calls in alternation, of which the medians are compared. The
SDK of OpenTelemetry exports in batches to nowhere, as an application's own exporter would send them. Beside
ours is what any observer needs at the least, a span and one record of a duration; and ours where a sampler
keeps one trace of ten.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median
from typing import Any, Final

import anyio
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio, Sampler
from opentelemetry.trace import Span

from partnero_async import AsyncPartnero
from partnero_async.cli.demo import sandbox_process
from partnero_async.observing import AttemptEnd, Call, CallEnd, Observer, OpenTelemetryObserver

__all__ = ["main"]

IN_FLIGHT: Final = (1, 50)
SLICE: Final = 400


class Nowhere(SpanExporter):
    """Takes spans, and sends them nowhere."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


class Least(Observer):
    """A span of a call and the duration of its attempt, without anything that only some calls have."""

    def __init__(self, tracers: TracerProvider, meters: MeterProvider) -> None:
        self._tracer = tracers.get_tracer("least")
        self._durations = meters.get_meter("least").create_histogram("duration", unit="s")
        self._spans = dict[Call, Span]()
        self._attributes: dict[str, str | int] = {
            "http.request.method": "GET",
            "url.template": "/customers/{key}",
            "server.address": "127.0.0.1",
            "server.port": 80,
        }

    def call_began(self, call: Call) -> None:
        self._spans[call] = self._tracer.start_span(call.operation, attributes=self._attributes)

    def attempt_ended(self, call: Call, end: AttemptEnd) -> None:
        self._durations.record(end.seconds, self._attributes)

    def call_ended(self, call: Call, end: CallEnd) -> None:
        self._spans.pop(call).end()


def tracers_to_nowhere(sampler: Sampler | None = None) -> TracerProvider:
    """Tracers whose spans are exported in batches, to nowhere."""
    tracers = TracerProvider(sampler)
    tracers.add_span_processor(BatchSpanProcessor(Nowhere()))
    return tracers


def observers() -> dict[str, Observer | None]:
    """By name; None for none."""
    tracers, meters = tracers_to_nowhere(), MeterProvider([InMemoryMetricReader()])
    tenth = tracers_to_nowhere(ParentBasedTraceIdRatio(0.1))
    return {
        "none": None,
        "nothing": Observer(),
        "least": Least(tracers, meters),
        "OpenTelemetry": OpenTelemetryObserver(tracer_provider=tracers, meter_provider=meters),
        "one of ten": OpenTelemetryObserver(tracer_provider=tenth, meter_provider=meters),
    }


async def cpu_of(partnero: AsyncPartnero, in_flight: int) -> float:
    """Microseconds of CPU for each call of a slice."""
    left = SLICE

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await partnero.customers.get("customer_000001")

    began = time.process_time()
    async with anyio.create_task_group() as group:
        for _ in range(in_flight):
            group.start_soon(work)
    return (time.process_time() - began) / SLICE * 1e6


async def measure(base_url: str, engine: Any, rounds: int) -> None:
    """Prints a table."""
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(
                AsyncPartnero(
                    "sandbox_affiliate",
                    base_url=base_url,
                    engine=engine,
                    max_concurrency=50,
                    observer=observer,
                )
            )
            for name, observer in observers().items()
        }
        for in_flight in IN_FLIGHT:
            found: dict[str, list[float]] = {name: [] for name in clients}
            for number in range(rounds + 1):
                for name, partnero in clients.items():
                    spent = await cpu_of(partnero, in_flight)
                    if number:  # the first warms up
                        found[name].append(spent)
            least = median(found["none"])
            for name, values in found.items():
                ratio = median(value / none for value, none in zip(values, found["none"], strict=True))
                print(
                    f"{engine:8} {in_flight:3} in flight  {name:14} {median(values):6.0f} µs of CPU a call, "
                    f"{ratio:.2f} of none (+{median(values) - least:.0f} µs)"
                )


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--engine", action="append", choices=("httpx", "aiohttp"))
    options = parser.parse_args()
    with sandbox_process(["--customers", "10"]) as base_url:
        for engine in options.engine or ("httpx", "aiohttp"):
            asyncio.run(measure(base_url, engine, options.rounds))


if __name__ == "__main__":
    main()
