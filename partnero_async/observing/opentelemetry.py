"""Spans and metrics of OpenTelemetry, as its conventions for HTTP clients have them."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from ..inputs.options import RateLimit
from .observer import AttemptEnd, Call, CallEnd, Observer

try:
    from opentelemetry import metrics, trace
    from opentelemetry.trace import Span, SpanKind, StatusCode
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        f"the observer for OpenTelemetry needs {_missing.name}: pip install 'partnero-async[otel]'",
        name=_missing.name,
    ) from None

__all__ = ["OpenTelemetryObserver"]

K = TypeVar("K")

SCHEMA: Final = "https://opentelemetry.io/schemas/1.37.0"

MOST_KNOWN: Final = 1000

LEAST_QUEUED: Final = 0.001
"""Seconds; whoever passes the gate at once takes microseconds for it, which is no wait."""

# What the conventions advise for http.client.request.duration
# (opentelemetry.io/docs/specs/semconv/http/http-metrics).
_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


class OpenTelemetryObserver(Observer):
    """Makes a span of each call, with its attempts as events, and metrics of attempts and waits.

    The span is one of a client (``GET /customers/{key}``), with the attributes ``http.request.method``,
    ``url.template``, ``server.address``, ``server.port``, ``http.response.status_code``,
    ``http.request.resend_count`` and ``error.type``; ``partnero.request_id`` and ``partnero.in_doubt``
    are ours. ``url.full`` is left out: it would have keys of customers in it.

    Metrics: ``http.client.request.duration`` of each attempt, ``partnero.client.queue.duration`` of each that
    waited for its turn, ``partnero.client.retries``, ``partnero.client.pauses`` and
    ``partnero.client.pause.duration``.

    Args:
        tracer_provider: Where spans go; the global one if None.
        meter_provider: Where metrics go; the global one if None.
    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        from .. import __version__

        self._tracer = trace.get_tracer("partnero_async", __version__, tracer_provider, SCHEMA)
        meter = metrics.get_meter("partnero_async", __version__, meter_provider, SCHEMA)
        self._requests = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._queue = meter.create_histogram(
            "partnero.client.queue.duration",
            unit="s",
            description="How long attempts waited for their turn, of those that had to.",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._retries = meter.create_counter(
            "partnero.client.retries", unit="{attempt}", description="Attempts after the first of a call."
        )
        self._pauses = meter.create_counter(
            "partnero.client.pauses", unit="{pause}", description="Pauses after an answer of 429."
        )
        self._pause_seconds = meter.create_histogram(
            "partnero.client.pause.duration", unit="s", description="How long the pauses are."
        )
        self._spans = dict[Call, Span]()
        # The attributes that all calls of an endpoint have, and all attempts that ended with the same status.
        self._attributes = dict[tuple[str, str, str, int], dict[str, Any]]()
        self._attributes_of_ends = dict[tuple[str, str, str, int, int | None], dict[str, Any]]()

    def call_began(self, call: Call) -> None:
        """Starts a span, in the one that is current."""
        self._spans[call] = self._tracer.start_span(
            call.operation, kind=SpanKind.CLIENT, attributes=self._of_call(call)
        )

    def attempt_began(self, call: Call, number: int, queued: float) -> None:
        """Measures the wait, and counts what is repeated."""
        if queued >= LEAST_QUEUED:
            self._queue.record(queued, self._of_call(call))
        if number > 1:
            self._retries.add(1, self._of_call(call))

    def attempt_ended(self, call: Call, end: AttemptEnd) -> None:
        """Measures the attempt, and adds it to the span."""
        self._requests.record(end.seconds, self._of_attempt(call, end.status))
        span = self._spans.get(call)
        if span is not None and span.is_recording():
            told: dict[str, Any] = {"partnero.duration": end.seconds}
            if end.status is not None:
                told["http.response.status_code"] = end.status
            span.add_event("partnero.attempt", told)

    def retrying(self, call: Call, number: int, seconds: float) -> None:
        """Adds the wait to the span."""
        span = self._spans.get(call)
        if span is not None:
            span.add_event("partnero.retry", {"partnero.wait": seconds})

    def call_ended(self, call: Call, end: CallEnd) -> None:
        """Ends the span."""
        span = self._spans.pop(call, None)
        if span is None:
            return
        if span.is_recording():
            told: dict[str, Any] = {}
            if end.status is not None:
                told["http.response.status_code"] = end.status
            if end.attempts > 1:
                told["http.request.resend_count"] = end.attempts - 1
            if end.request_id is not None:
                told["partnero.request_id"] = end.request_id
            if end.outcome != "done":
                told["error.type"] = end.error_type or end.outcome
                told["partnero.in_doubt"] = end.in_doubt
                span.set_status(StatusCode.ERROR)
            span.set_attributes(told)
        span.end()

    def paused(self, seconds: float, in_a_row: int) -> None:
        """Counts a pause."""
        self._pauses.add(1)
        self._pause_seconds.record(seconds)

    def paced(self, limit: RateLimit) -> None:
        """Nothing: the limit is in the log, and in ``partnero.pace``."""

    def _of_call(self, call: Call) -> dict[str, Any]:
        key = (call.method, call.path, call.host, call.port)
        found = self._attributes.get(key)
        if found is None:
            found = {
                "http.request.method": call.method,
                "url.template": call.path,
                "server.address": call.host,
                "server.port": call.port,
            }
            _keep(self._attributes, key, found)
        return found

    def _of_attempt(self, call: Call, status: int | None) -> dict[str, Any]:
        key = (call.method, call.path, call.host, call.port, status)
        found = self._attributes_of_ends.get(key)
        if found is None:
            found = dict(self._of_call(call))
            if status is None:
                found["error.type"] = "_OTHER"
            else:
                found["http.response.status_code"] = status
                if status >= 400:
                    found["error.type"] = str(status)
            _keep(self._attributes_of_ends, key, found)
        return found


def _keep(known: dict[K, dict[str, Any]], key: K, attributes: dict[str, Any]) -> None:
    """Remembers attributes; there are as many as endpoints, but for request(), which takes any path."""
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[key] = attributes
