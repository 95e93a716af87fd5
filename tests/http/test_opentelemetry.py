"""Spans and metrics as OpenTelemetry's own SDK collects them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio
import attrs
import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from partnero_async import AsyncPartnero, NotFoundError, Ref, RequestTimeoutError
from partnero_async.observing import OpenTelemetryObserver

pytestmark = pytest.mark.anyio


@attrs.frozen
class Collected:
    """What was exported."""

    observer: OpenTelemetryObserver
    tracers: TracerProvider
    _spans: InMemorySpanExporter
    _metrics: InMemoryMetricReader

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def points(self, name: str) -> list[Any]:
        data = self._metrics.get_metrics_data()
        assert data is not None
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def collected() -> Iterator[Collected]:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    yield Collected(
        OpenTelemetryObserver(tracer_provider=tracers, meter_provider=meters), tracers, exporter, reader
    )
    meters.shutdown()
    tracers.shutdown()


def client(collected: Collected, handler: Any, **settings: Any) -> AsyncPartnero:
    transport = httpx.MockTransport(handler)
    return AsyncPartnero("key", transport=transport, observer=collected.observer, **settings)


def customer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(
        200, headers={"X-Request-Id": "req_1"}, json={"data": {"key": "c", "email": "a@b.co"}, "status": 1}
    )


async def test_a_call_is_a_span_of_a_client_within_the_current_one(collected: Collected) -> None:
    async with client(collected, customer) as partnero:
        with collected.tracers.get_tracer("app").start_as_current_span("a request of the app"):
            await partnero.customers.get("customer_123")
    span, outer = collected.spans
    assert outer.context is not None
    assert span.parent is not None
    assert span.parent.span_id == outer.context.span_id
    assert (span.name, span.kind) == ("GET /customers/{key}", SpanKind.CLIENT)
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "url.template": "/customers/{key}",
        "server.address": "api.partnero.com",
        "server.port": 443,
        "http.response.status_code": 200,
        "partnero.request_id": "req_1",
    }
    assert span.status.status_code == StatusCode.UNSET
    (event,) = span.events
    assert event.name == "partnero.attempt"
    assert "customer_123" not in span.to_json()


async def test_attempts_and_waits_are_its_events(collected: Collected) -> None:
    statuses = iter([503, 503, 200])

    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(2)
        return httpx.Response(next(statuses), json={"data": {"key": "c"}, "status": 1})

    async with client(collected, answer) as partnero:
        await partnero.customers.get("c")
    (span,) = collected.spans
    names = [event.name for event in span.events]
    assert names == ["partnero.attempt", "partnero.retry"] * 2 + ["partnero.attempt"]
    assert (span.attributes or {})["http.request.resend_count"] == 2
    (retries,) = collected.points("partnero.client.retries")
    assert retries.value == 2
    by_status = {
        point.attributes["http.response.status_code"]: (point.count, point.sum)
        for point in collected.points("http.client.request.duration")
    }
    assert by_status == {503: (2, pytest.approx(4)), 200: (1, pytest.approx(2))}
    assert collected.points("partnero.client.queue.duration") == []


async def test_waits_for_a_turn_are_measured(collected: Collected) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(3)
        return customer(request)

    async with client(collected, answer, max_concurrency=1) as partnero, anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(partnero.customers.get, f"customer_{number}")
    (queue,) = collected.points("partnero.client.queue.duration")
    assert (queue.count, queue.sum) == (2, pytest.approx(9))


async def test_an_error_is_named_and_so_is_doubt(collected: Collected) -> None:
    async def stall(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(404, json={"message": "Customer a@b.co not found."})
        await anyio.sleep_forever()
        raise AssertionError

    async with client(collected, stall, timeout=1) as partnero:
        with pytest.raises(NotFoundError):
            await partnero.customers.get("c")
        with pytest.raises(RequestTimeoutError):
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
        with anyio.move_on_after(0.5):
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    found = [
        (
            (span.attributes or {})["error.type"],
            (span.attributes or {}).get("http.response.status_code"),
            (span.attributes or {})["partnero.in_doubt"],
            span.status.status_code,
        )
        for span in collected.spans
    ]
    assert found == [
        ("NotFoundError", 404, False, StatusCode.ERROR),
        ("RequestTimeoutError", None, True, StatusCode.ERROR),
        ("cancelled", None, True, StatusCode.ERROR),
    ]
    assert all("a@b.co" not in span.to_json() for span in collected.spans)
    kinds = {point.attributes["error.type"] for point in collected.points("http.client.request.duration")}
    assert kinds == {"404", "_OTHER"}


async def test_pauses_are_counted_and_measured(collected: Collected) -> None:
    answers = iter([429, 200])

    def answer(request: httpx.Request) -> httpx.Response:
        if next(answers) == 429:
            return httpx.Response(429, headers={"Retry-After": "5"}, json={})
        return customer(request)

    async with client(collected, answer) as partnero:
        await partnero.customers.get("c")
    (pauses,) = collected.points("partnero.client.pauses")
    (seconds,) = collected.points("partnero.client.pause.duration")
    assert (pauses.value, seconds.sum) == (1, pytest.approx(5))


async def test_of_many_calls_none_is_left_open(collected: Collected) -> None:
    async with client(collected, customer) as partnero:
        await partnero.customers.get_many([f"customer_{number}" for number in range(200)])
    assert len(collected.spans) == 200
    assert collected.observer._spans == {}


async def test_paths_of_ones_own_are_not_kept_without_end(
    collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partnero_async.observing.opentelemetry.MOST_KNOWN", 5)
    async with client(collected, customer) as partnero:
        for number in range(20):
            await partnero.request("GET", (f"own_{number}",))
    assert len(collected.observer._attributes) <= 5
    assert len(collected.observer._attributes_of_ends) <= 5
    assert len({span.name for span in collected.spans}) == 20
