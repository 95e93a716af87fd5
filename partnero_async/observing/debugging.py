"""DebugLog: a line for each thing that happens, for whoever sits in front of it."""

from __future__ import annotations

import sys
from typing import TextIO

from ..inputs.options import RateLimit
from .observer import AttemptEnd, Call, CallEnd, Observer

__all__ = ["DebugLog"]


class DebugLog(Observer):
    """Writes a line when an attempt ends, when something is waited for, and when a call ends otherwise.

    For development: ``AsyncPartnero(observer=DebugLog())``, or ``PARTNERO_DEBUG=1`` in the environment.

    Args:
        stream: Where to write; standard error, as it is then, if None.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def attempt_ended(self, call: Call, end: AttemptEnd) -> None:
        """One line."""
        status = "no answer" if end.status is None else end.status
        again = f", attempt {end.number}" if end.number > 1 else ""
        name = f" ({end.request_id})" if end.request_id else ""
        self._say(f"{call.operation}: {status} in {end.seconds * 1000:.1f} ms{again}{name}")

    def retrying(self, call: Call, number: int, seconds: float) -> None:
        """One line."""
        self._say(f"{call.operation}: attempt {number + 1} in {seconds:.2f} s")

    def call_ended(self, call: Call, end: CallEnd) -> None:
        """One line, unless it is done."""
        if end.outcome != "done":
            doubt = ", in doubt" if end.in_doubt else ""
            why = f": {end.error_type}" if end.error_type else ""
            self._say(f"{call.operation}: {end.outcome} after {end.seconds:.2f} s{why}{doubt}")

    def paused(self, seconds: float, in_a_row: int) -> None:
        """One line."""
        self._say(f"rate limit: all calls wait {seconds:.2f} s")

    def paced(self, limit: RateLimit) -> None:
        """One line."""
        self._say(f"rate limit found: {limit.requests} requests in {limit.per_seconds:g} s")

    def _say(self, line: str) -> None:
        stream = sys.stderr if self._stream is None else self._stream
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison] - as under pythonw
            print(f"partnero: {line}", file=stream)
