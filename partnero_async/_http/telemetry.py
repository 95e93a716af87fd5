"""What happens in the attempt loop and at the gate, told to one observer, such as the logger."""

from __future__ import annotations

import logging
from typing import Any, Final

from ..inputs.options import RateLimit
from .endpoint import Endpoint

__all__ = ["LogObserver", "Observer"]

_logger: Final = logging.getLogger("partnero_async")
# Else Python itself writes warnings of a logger that nobody configured to stderr.
_logger.addHandler(logging.NullHandler())


class Observer:
    """Hears of every attempt. Each method does nothing here: a listener overrides those that it is for.

    They are called in the task of the call, neither wait nor raise, and are given no header, body or key.
    """

    def attempt_began(self, endpoint: Endpoint[Any], attempt: int) -> None:
        """A request is about to be sent, for the ``attempt``-th time, counted from 1."""

    def attempt_ended(
        self, endpoint: Endpoint[Any], attempt: int, status: int | None, seconds: float
    ) -> None:
        """An attempt came to its end; ``status`` is None where no head of an answer came."""

    def retrying(self, endpoint: Endpoint[Any], attempt: int, seconds: float) -> None:
        """The ``attempt``-th failed, and the next begins after so many seconds."""

    def cancelled_in_doubt(self, endpoint: Endpoint[Any]) -> None:
        """A call that changes state was cancelled when Partnero may have acted on it: no error can say so."""

    def paused(self, seconds: float, in_a_row: int) -> None:
        """A 429 closed the gate for so many seconds; ``in_a_row`` is 1 for the first since an answer."""

    def paced(self, limit: RateLimit) -> None:
        """The server was found to have this limit, which is another than before."""


class LogObserver(Observer):
    """Writes log records: method, path template and numbers, never a header, a body, a key or an e-mail."""

    def attempt_ended(
        self, endpoint: Endpoint[Any], attempt: int, status: int | None, seconds: float
    ) -> None:
        if _logger.isEnabledFor(logging.DEBUG):
            _logger.debug(
                "partnero.attempt method=%s path=%s status=%s ms=%.1f attempt=%d",
                endpoint.method,
                endpoint.path,
                status or "none",
                seconds * 1000,
                attempt,
            )

    def retrying(self, endpoint: Endpoint[Any], attempt: int, seconds: float) -> None:
        _logger.info(
            "partnero.retry method=%s path=%s attempt=%d wait_ms=%.0f",
            endpoint.method,
            endpoint.path,
            attempt,
            seconds * 1000,
        )

    def cancelled_in_doubt(self, endpoint: Endpoint[Any]) -> None:
        _logger.warning(
            "partnero.cancelled method=%s path=%s: Partnero may have acted on it",
            endpoint.method,
            endpoint.path,
        )

    def paused(self, seconds: float, in_a_row: int) -> None:
        _logger.warning("partnero.pause wait_ms=%.0f in_a_row=%d", seconds * 1000, in_a_row)

    def paced(self, limit: RateLimit) -> None:
        _logger.info("partnero.pace requests=%d per_seconds=%g", limit.requests, limit.per_seconds)
