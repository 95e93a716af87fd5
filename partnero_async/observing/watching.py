"""What tells an observer of calls, so that nothing that it raises disturbs them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from ..errors import PartneroError
from .observer import AttemptEnd, Call, CallEnd, Observer, Observers

__all__ = ["Guarded", "Watch"]

Outcome: TypeAlias = Literal["done", "failed", "cancelled"]

_logger: Final = logging.getLogger("partnero_async")


class Guarded(Observers):
    """Observers whose exceptions are logged and go no further."""

    def _tell(self, event: str, *told: Any) -> None:
        for observer in self._observers:
            try:
                getattr(observer, event)(*told)
            except Exception:
                _logger.exception("partnero.observer %s of %s failed", event, type(observer).__name__)


class Watch:
    """Tells an observer of one call.

    Args:
        observer: Whom.
        call: Of which.
        clock: Gives a time in seconds.
    """

    def __init__(
        self,
        observer: Observer,
        call: Call,
        clock: Callable[[], float],
    ) -> None:
        self._observer = observer
        self._call = call
        self._clock = clock
        self._began = clock()
        self._attempts = 0
        self._last = AttemptEnd(number=0, status=None, seconds=0.0, request_id=None)
        self._is_over = False
        observer.call_began(self._call)

    def attempt_began(self, queued: float) -> None:
        """A request is about to be sent, after it waited for so long."""
        self._attempts += 1
        self._observer.attempt_began(self._call, self._attempts, queued)

    def attempt_ended(self, status: int | None, seconds: float, request_id: str | None) -> None:
        """It came to its end."""
        self._last = AttemptEnd(number=self._attempts, status=status, seconds=seconds, request_id=request_id)
        self._observer.attempt_ended(self._call, self._last)

    def retrying(self, seconds: float) -> None:
        """It failed, and the next one begins after so many seconds."""
        self._observer.retrying(self._call, self._attempts, seconds)

    def done(self) -> None:
        """The call returns."""
        self._ended("done", None, in_doubt=False)

    def failed(self, error: PartneroError) -> None:
        """The call raises an error of ours."""
        self._ended("failed", type(error).__name__, in_doubt=error.in_doubt)

    def over(self, in_doubt: bool) -> None:
        """The call is left by what is no error of ours, if it was not told before how it ended."""
        if not self._is_over:
            left_by = sys.exc_info()[1]
            # A cancellation is no Exception, on asyncio or trio; what parses JSON for a user may raise one.
            if isinstance(left_by, Exception):
                self._ended("failed", type(left_by).__name__, in_doubt=in_doubt)
            else:
                self._ended("cancelled", None, in_doubt=in_doubt)

    def _ended(self, outcome: Outcome, error_type: str | None, *, in_doubt: bool) -> None:
        self._is_over = True
        end = CallEnd(
            outcome=outcome,
            seconds=self._clock() - self._began,
            attempts=self._attempts,
            status=self._last.status,
            request_id=self._last.request_id,
            error_type=error_type,
            in_doubt=in_doubt,
        )
        self._observer.call_ended(self._call, end)
