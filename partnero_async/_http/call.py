"""The attempt loop: pass the gate, send, decide, wait."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import anyio

from ..errors import (
    ArgumentError,
    DeadlineError,
    NotFoundError,
    PartneroError,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    StatusError,
    UsageError,
)
from ..inputs import Options
from ..policy import Patience, wait_before_retry
from ..records.base import Record
from .exchange import COLD_SECONDS, Exchange
from .gate import GateClosedError
from .headers import remaining_requests, request_id, retry_after
from .jsontext import JsonLoads
from .session import Session
from .wire import (
    Answer,
    Endpoint,
    PageData,
    Request,
    read_nothing,
    read_page,
    read_record,
    read_records,
    read_undocumented,
    read_value,
)

__all__ = ["Caller", "in_bulk_job"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Reader = Callable[[Endpoint[Any], Answer, JsonLoads], T]

logger = logging.getLogger("partnero_async")

in_bulk_job: ContextVar[bool] = ContextVar("partnero_async_in_bulk_job", default=False)
"""Whether the calls of this task belong to a bulk job, which yields to single calls and outlasts pauses."""


class Caller:
    """Makes calls with one patience over a shared session.

    Args:
        session: The engine and the gate.
        patience: The timeout, deadline and retries of calls that name none.
    """

    def __init__(self, session: Session, patience: Patience) -> None:
        self.session = session
        self.patience = patience

    async def record(self, endpoint: Endpoint[R], request: Request, options: Options | None) -> R:
        """Calls an endpoint that answers with one record."""
        return await self._call(endpoint, request, read_record, options)

    async def records(
        self, endpoint: Endpoint[R], request: Request, options: Options | None
    ) -> tuple[R, ...]:
        """Calls an endpoint that answers with several records, by all that is known."""
        return await self._call(endpoint, request, read_records, options)

    async def undocumented(self, endpoint: Endpoint[R], request: Request, options: Options | None) -> R:
        """Calls an endpoint whose answer nobody documents: the record keeps all of it in ``extra``."""
        return await self._call(endpoint, request, read_undocumented, options)

    async def page(self, endpoint: Endpoint[R], request: Request, options: Options | None) -> PageData[R]:
        """Calls an endpoint that answers with a page of records."""
        return await self._call(endpoint, request, read_page, options)

    async def nothing(self, endpoint: Endpoint[Any], request: Request, options: Options | None) -> None:
        """Calls an endpoint whose answer says nothing but that it was done."""
        await self._call(endpoint, request, read_nothing, options)

    async def value(self, endpoint: Endpoint[Any], request: Request, options: Options | None) -> Any:
        """Calls an endpoint and returns the JSON of its answer as it is."""
        return await self._call(endpoint, request, read_value, options)

    async def _call(
        self, endpoint: Endpoint[Any], request: Request, read: Reader[T], options: Options | None
    ) -> T:
        self.session.bind()
        call = _Call(self.session, self.patience.with_options(options), endpoint, request)
        while True:
            try:
                answer = await call.attempt()
                return read(endpoint, answer, self.session.json_loads)
            except PartneroError as error:
                if self.session.closed and isinstance(error, RequestError):
                    error = UsageError("the client was closed during the call")
                call.explain(error)
                wait = call.wait_after(error)
                if wait is None:
                    raise error from None
            if wait:
                await call.back_off(wait)


class _Call:
    """One call: how often it was tried, how long it took, what is known of its last exchange.

    A single call's clock runs from its start. That of a call in a bulk job stands still while it waits at
    the gate: a job may wait there for hours, for its turn or for a limit of 60 a minute.
    """

    def __init__(
        self, session: Session, patience: Patience, endpoint: Endpoint[Any], request: Request
    ) -> None:
        self._session = session
        self._patience = patience
        self._endpoint = endpoint
        self._request = request
        self._bulk = in_bulk_job.get()
        self._attempts = 0
        self._refused = 0
        self._answer: Answer | None = None
        self._exchange = Exchange()
        self._opens_in = 0.0
        self._deadline = math.inf if patience.deadline is None else patience.deadline
        self._now = session.now
        self._give_up_at = self._now() + self._deadline

    async def attempt(self) -> Answer:
        """Sends the request once and returns its answer, whatever its status."""
        self._answer = None
        self._exchange = exchange = Exchange(math.inf if self._endpoint.safe_to_retry else COLD_SECONDS)
        ticket = await self._enter_gate()
        self._attempts += 1
        gate = self._session.gate
        began = self._now()
        timeout = math.inf if self._patience.timeout is None else self._patience.timeout
        answer: Answer | None = None
        under_way = self._session.under_way
        scope = anyio.CancelScope(deadline=min(began + timeout, self._give_up_at))
        under_way.add(scope)
        try:
            with scope:
                answer = await self._session.engine.send(self._request, exchange)
            if answer is None:
                raise self._too_late(began + timeout)
            if answer.status == 429:
                self._opens_in = gate.pause(ticket, retry_after(answer.headers))
            self._answer = answer
            return answer
        except anyio.get_cancelled_exc_class():
            self._warn_if_in_doubt()
            raise
        finally:
            under_way.discard(scope)
            gate.leave(
                ticket,
                answered=exchange.status not in (None, 429),
                remaining=None if answer is None else remaining_requests(answer.headers),
            )
            self._log(began)

    def explain(self, error: PartneroError) -> None:
        """Adds to an error what the call knows."""
        error.method = self._endpoint.method
        error.path = self._endpoint.path
        error.attempts = self._attempts
        if self._exchange.status is not None:
            error.status = self._exchange.status
        if self._answer is not None:
            error.request_id = request_id(self._answer.headers)
        if isinstance(error, NotFoundError) and self._endpoint.not_found:
            said = error.message.rstrip(".")[:150]  # or nothing would be left of ours
            error.message = "; ".join(filter(None, (said, self._endpoint.not_found)))
        error.in_doubt = not self._endpoint.safe_to_retry and self._is_in_doubt(error)

    def wait_after(self, error: PartneroError) -> float | None:
        """Seconds to wait before the next attempt; None to give up. After a 429 it is the gate that waits."""
        refused = isinstance(error, RateLimitError) and self._answer is not None
        if refused and self._bulk:
            self._refused += 1
            return 0.0
        left = self._give_up_at - self._now()
        if refused and self._opens_in >= left:
            return None
        wait = wait_before_retry(
            error,
            attempt=self._attempts - self._refused,
            safe=self._endpoint.safe_to_retry,
            written=self._exchange.written is not False,
            retries=self._patience.retries,
            left=left,
            jitter=random.random(),
        )
        return 0.0 if refused and wait is not None else wait

    async def back_off(self, seconds: float) -> None:
        """Waits before the next attempt, outside the gate."""
        logger.info(
            "partnero.retry method=%s path=%s attempt=%d wait_ms=%.0f",
            self._endpoint.method,
            self._endpoint.path,
            self._attempts,
            seconds * 1000,
        )
        await anyio.sleep(seconds)

    async def _enter_gate(self) -> int:
        arrived = self._now()
        give_up_at = math.inf if self._bulk else self._give_up_at
        try:
            ticket = await self._session.gate.enter(bulk=self._bulk, give_up_at=give_up_at)
        except GateClosedError as closed:
            raise RateLimitError(
                "not sent, because under the rate limit its turn comes later than the deadline allows",
                status=429,
                retry_after=closed.seconds,
            ) from None
        except TimeoutError:
            raise DeadlineError(
                f"not sent, because no turn came within {self._patience.deadline:g} s"
            ) from None
        if self._bulk:
            self._give_up_at += self._now() - arrived
        if self._session.closed:
            self._session.gate.leave(ticket)
            raise UsageError("the client was closed before the call was sent")
        return ticket

    def _too_late(self, timed_out_at: float) -> PartneroError:
        if self._session.closed:
            return UsageError("the client was closed during the call")
        if timed_out_at <= self._give_up_at:
            return RequestTimeoutError(f"no whole answer within {self._patience.timeout:g} s")
        return DeadlineError(f"no whole answer within the deadline of {self._patience.deadline:g} s")

    def _is_in_doubt(self, error: PartneroError) -> bool:
        if isinstance(error, StatusError) and error.status is not None:
            return not 400 <= error.status <= 499
        if isinstance(error, ArgumentError):
            return False
        return isinstance(error, ResponseError) or self._exchange.written is not False

    def _warn_if_in_doubt(self) -> None:
        """A cancelled call raises no error of ours that could say so."""
        if not self._endpoint.safe_to_retry and self._exchange.written is not False:
            logger.warning(
                "partnero.cancelled method=%s path=%s: Partnero may have acted on it",
                self._endpoint.method,
                self._endpoint.path,
            )

    def _log(self, began: float) -> None:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "partnero.attempt method=%s path=%s status=%s ms=%.1f attempt=%d",
                self._endpoint.method,
                self._endpoint.path,
                self._exchange.status or "none",
                (self._now() - began) * 1000,
                self._attempts,
            )
