"""What happens in the attempt loop and at the gate, for the log and for the observer of a client."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from ..inputs.options import RateLimit
from .endpoint import Endpoint

if TYPE_CHECKING:
    from ..observing.observer import Observer

__all__ = ["Log"]

_logger: Final = logging.getLogger("partnero_async")
# Else Python itself writes warnings of a logger that nobody configured to stderr.
_logger.addHandler(logging.NullHandler())


class Log:
    """Writes log records: method, path template and numbers, never a header, a body, a key or an e-mail.

    Args:
        observer: Who hears of what is about no single call, too, and raises nothing.
    """

    def __init__(self, observer: Observer | None = None) -> None:
        self._observer = observer

    def attempt_ended(
        self, endpoint: Endpoint[Any], attempt: int, status: int | None, seconds: float
    ) -> None:
        """An attempt came to its end; ``status`` is None where no head of an answer came."""
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
        """The ``attempt``-th failed, and the next begins after so many seconds."""
        _logger.info(
            "partnero.retry method=%s path=%s attempt=%d wait_ms=%.0f",
            endpoint.method,
            endpoint.path,
            attempt,
            seconds * 1000,
        )

    def cancelled_in_doubt(self, endpoint: Endpoint[Any]) -> None:
        """A call that changes state was cancelled when Partnero may have acted on it: no error can say so."""
        _logger.warning(
            "partnero.cancelled method=%s path=%s: Partnero may have acted on it",
            endpoint.method,
            endpoint.path,
        )

    def paused(self, seconds: float, in_a_row: int) -> None:
        """A 429 closed the gate for so many seconds; ``in_a_row`` is 1 for the first since an answer."""
        _logger.warning("partnero.pause wait_ms=%.0f in_a_row=%d", seconds * 1000, in_a_row)
        if self._observer is not None:
            self._observer.paused(seconds, in_a_row)

    def paced(self, limit: RateLimit) -> None:
        """The server was found to have this limit, which is another than before."""
        _logger.info("partnero.pace requests=%d per_seconds=%g", limit.requests, limit.per_seconds)
        if self._observer is not None:
            self._observer.paced(limit)
