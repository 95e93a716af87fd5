"""Observers: who hears of calls, attempts, waits and pauses, and passes it on. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, _ = lazy(
    __name__,
    {
        "debugging": "DebugLog",
        "observer": "AttemptEnd Call CallEnd Observer Observers",
        "opentelemetry": "OpenTelemetryObserver",
    },
)
