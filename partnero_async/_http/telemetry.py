"""What happens in the attempt loop and at the gate, for the log and for the observer of a client."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..inputs.options import RateLimit
from .endpoint import Endpoint

if TYPE_CHECKING:
    from ..observing.observer import Observer
    from ..observing.watching import Guarded, Watch

__all__ = ["Log", "guarded", "watch"]

DEBUG_VARIABLE: Final = "PARTNERO_DEBUG"
"""Where it is set, standard error is told of every call: see ``DebugLog``."""

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


# What follows imports what it needs: without an observer, that is not loaded.


def guarded(observer: Observer | None) -> Guarded | None:
    """The observers that a client has, as one that raises nothing; None where there is none.

    Raises:
        TypeError: It is no Observer.
    """
    is_debugged = bool(os.environ.get(DEBUG_VARIABLE))
    if observer is None and not is_debugged:
        return None
    from ..observing.debugging import DebugLog
    from ..observing.observer import Observer
    from ..observing.watching import Guarded

    if observer is not None and not isinstance(observer, Observer):
        raise TypeError(f"observer must be an Observer, not {type(observer).__name__}")
    return Guarded(*([observer] if observer is not None else []), *([DebugLog()] if is_debugged else []))


def watch(
    observer: Guarded,
    host: str,
    port: int,
    endpoint: Endpoint[Any],
    in_job: bool,
    clock: Callable[[], float],
) -> Watch:
    """What an observer is told a call with."""
    from ..observing.observer import Call
    from ..observing.watching import Watch

    call = Call(
        method=endpoint.method,
        path=endpoint.path,
        host=host,
        port=port,
        changes_state=not endpoint.safe_to_retry,
        in_job=in_job,
    )
    return Watch(observer, call, clock)
