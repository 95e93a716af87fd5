"""The attempt loop: pass the gate, send, decide, wait."""

from __future__ import annotations

import math
import random
from collections import deque
from typing import Any, Final, TypeVar

import anyio
from anyio.lowlevel import checkpoint

from ..errors import (
    ArgumentError,
    Attempt,
    BusyError,
    DeadlineError,
    NetworkError,
    NotFoundError,
    PartneroError,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    UsageError,
)
from ..inputs.options import Options
from ..inputs.unset import UNSET
from ..records._base import Record
from .endpoint import Endpoint, Shape
from .engines.contract import Exchange, LateError
from .gate.gate import GateBusyError, GateClosedError, GateGoneError
from .gate.pace import Ticket
from .gate.turns import current_job
from .headers import allowed_requests, remaining_requests, request_id, retry_after
from .policy import Patience, verdict, wait_before_retry
from .session import CLOSED_DURING, Session
from .wire import Answer, Request, decipher

__all__ = ["Caller"]

T = TypeVar("T")


class Caller:
    """Makes calls with one patience over a shared session.

    Args:
        session: The engine and the gate.
        patience: The timeout, deadline and retries of calls that name none.
    """

    def __init__(self, session: Session, patience: Patience) -> None:
        self.session = session
        self.patience = patience

    async def call(self, endpoint: Endpoint[T], request: Request, options: Options | None) -> T:
        """Calls an endpoint and returns what it returns.

        Raises:
            PartneroError: The last attempt failed; it says what is known of the call.
        """
        session = self.session
        session.bind()
        patience = self.patience if options is None else self.patience.with_options(options)
        may_repeat = endpoint.safe_to_retry or (
            options is not None and _is_said_to_be_safe(endpoint, options)
        )
        call = _Call(session, patience, endpoint, request, may_repeat)
        session.calls += 1
        watch = call.watch
        try:
            while True:
                try:
                    answer = await call.attempt()
                    value = decipher(endpoint, answer, session.json_loads, strict=session.strict)
                    if watch is not None:
                        watch.done()
                    if endpoint.meant_for not in session.served and _tells_the_type(endpoint, value):
                        session.served.add(endpoint.meant_for)
                    return value
                except PartneroError as error:
                    failure = error
                if call.refused:
                    await call.tell()
                if isinstance(failure, RequestError) and (why := session.over_because):
                    failure = UsageError(why)
                wait = call.wait_after(failure) if call.explain(failure) else None
                if wait is None:
                    if watch is not None:
                        watch.failed(failure)
                    # Of the library underneath only what `cause_of` keeps; the rest quotes what it read.
                    failure.__context__ = None
                    try:
                        raise failure
                    finally:
                        del failure  # else it holds this frame, and this frame holds it
                if wait:
                    await call.back_off(wait)
        finally:
            session.calls -= 1
            if session.closed:
                session.tell_when_all_ended()
            if watch is not None:
                watch.over(in_doubt=call.may_have_acted)


MOST_HISTORY: Final = 20
"""How many attempts an error tells of: a call of a bulk job may be refused a thousand times."""

_CLOSED_BEFORE = "the client was closed before the call was sent"

_NOTHING_SENT = Exchange()
"""What is known of a call before its first attempt: ``written`` is False, and nobody changes it."""


class _Call:
    """One call: how often it was tried, how long it took, what is known of its last exchange.

    A single call's clock runs from its start. That of a call in a bulk job stands still while it waits at
    the gate: a job may wait there for hours, for its turn or for a limit of 60 a minute.
    """

    def __init__(
        self,
        session: Session,
        patience: Patience,
        endpoint: Endpoint[Any],
        request: Request,
        may_repeat: bool,
    ) -> None:
        self._session = session
        self._patience = patience
        self._endpoint = endpoint
        self._request = request
        self._may_repeat = may_repeat
        self._job = job = current_job()
        watch = session.watch
        self.watch = None if watch is None else watch(endpoint, job is not None, session.clock)
        # Whether the call waits at the gate for as long as it takes.
        self._patient = job is not None and job.patient
        self._attempts = 0
        # Attempts that do not count against the retries.
        self._uncounted = 0
        self._answer: Answer | None = None
        self._exchange = _NOTHING_SENT
        # Whether the last answer closed the gate, and for how many seconds.
        self._refused = False
        self._opens_in = 0.0
        self._fresh = False
        self._deadline = math.inf if patience.deadline is None else patience.deadline
        self._now = session.clock
        # When the last attempt ended, or the call began; how long it took, and what was waited before it.
        self._ended = self._now()
        self._took = self._waited = 0.0
        self._give_up_at = self._ended + self._deadline
        self._history: deque[Attempt] | None = None
        self._told = 0
        self.may_have_acted = False

    async def attempt(self) -> Answer:
        """Sends the request once and returns its answer, whatever its status."""
        self._answer = None
        self._refused = False
        guard = None if self._job is None else self._job.guard
        self._exchange = exchange = Exchange(self._session.orders[self._fresh], guard=guard)
        asked = 0.0 if self.watch is None else self._now()
        gate = self._session.gate
        ticket = gate.enter_at_once(bulk=self._job is not None)
        if ticket is None:
            ticket = await self._enter_gate()
        self._attempts += 1
        began = self._now()
        self._waited = began - self._ended
        timeout = math.inf if self._patience.timeout is None else self._patience.timeout
        give_up_at = min(began + timeout, self._give_up_at)
        answer: Answer | None = None
        engine, under_way = self._session.engine, self._session.under_way
        scope: anyio.CancelScope | None = None
        try:
            if self.watch is not None:
                self.watch.attempt_began(began - asked)
            if guard is not None:
                guard()  # and once more before the first byte, by the engine
            # Who is cancelled already hears of it when he waits, and over an open connection an engine writes
            # before it waits for anything: hence the checkpoint before a change.
            exchange.give_up_at = give_up_at
            try:
                if engine.keeps_time:
                    if not self._endpoint.safe_to_retry:
                        await checkpoint()
                    answer = await engine.send(self._request, exchange)
                else:
                    with anyio.CancelScope(deadline=give_up_at) as scope:
                        under_way.add(scope)
                        if not self._endpoint.safe_to_retry:
                            await checkpoint()
                        answer = await engine.send(self._request, exchange)
            except (TimeoutError, LateError):
                answer = None
            if answer is None:
                raise self._too_late(began + timeout)
            if answer.status in (429, 503):
                self._heed(answer, ticket, began)
            self._answer = answer
            if not self._endpoint.safe_to_retry and 200 <= answer.status <= 299:
                self._note_that_it_may_have_acted()
            return answer
        except anyio.get_cancelled_exc_class():
            if not self._endpoint.safe_to_retry and exchange.facts.written is not False:
                self._note_that_it_may_have_acted()
                self._session.log.cancelled_in_doubt(self._endpoint)
            raise
        finally:
            if scope is not None:
                under_way.discard(scope)
            headers = None if answer is None else answer.headers
            gate.leave(
                ticket,
                # Of a 429 that was cut off before its end, only the status is known.
                answered=exchange.facts.status not in (None, 429) and not self._refused,
                remaining=None if headers is None else remaining_requests(headers),
                limit=allowed_requests(headers) if headers and "x-ratelimit-limit" in headers else None,
                sent_at=began,
            )
            self._ended = self._now()
            self._took = self._ended - began
            self._session.log.attempt_ended(self._endpoint, self._attempts, exchange.facts.status, self._took)
            if self.watch is not None:
                name = None if headers is None else request_id(headers)
                self.watch.attempt_ended(exchange.facts.status, self._took, name)

    @property
    def refused(self) -> bool:
        """Whether the last answer closed the gate."""
        return self._refused

    async def tell(self) -> None:
        """Tells whoever shares the pace of the pause, while nothing is under way and the call has time."""
        with anyio.CancelScope(deadline=self._give_up_at):
            await self._session.gate.tell()

    def explain(self, error: PartneroError) -> bool:
        """Adds to an error what the call knows, and says whether the call may be repeated."""
        error.method = self._endpoint.method
        error.path = self._endpoint.path
        error.attempts = self._attempts
        error.history = self._history_with(error)
        error.host = self._session.host
        if self._exchange.facts.status is not None:
            error.status = self._exchange.facts.status
        if self._answer is not None:
            error.request_id = request_id(self._answer.headers)
        if error.status == 404 and not isinstance(error, NotFoundError):
            # The address may be wrong; of a record nothing was said.
            hint = "no answer of Partnero's" + self._session.address_hint
            error.message = "; ".join(filter(None, (error.message.rstrip("."), hint, self._meant_for())))
        elif isinstance(error, NotFoundError) or (isinstance(error, ResponseError) and error.lacks_identity):
            # An error's text is cut at 300 characters: half of them are for our hints.
            said = error.message.rstrip(".")[:150]
            missing = self._endpoint.not_found if isinstance(error, NotFoundError) else ""
            error.message = "; ".join(filter(None, (said, missing, self._meant_for())))
        written = self._exchange.facts.written is not False
        found = verdict(error, safe=self._endpoint.safe_to_retry, written=written)
        error.in_doubt = found.in_doubt
        if found.in_doubt:
            self._note_that_it_may_have_acted()
        return found.may_repeat or verdict(error, safe=self._may_repeat, written=written).may_repeat

    def wait_after(self, error: PartneroError) -> float | None:
        """Seconds to wait before the next attempt; None to give up. After a 429 it is the gate that waits."""
        facts = self._exchange.facts
        if isinstance(error, NetworkError) and facts.reused and not facts.answered and not self._fresh:
            # The connection had died while it was idle: that is no failure of the server's, and not counted.
            self._fresh = True
            self._uncounted += 1
            return 0.0
        pause = self._opens_in if self._refused else 0.0
        if isinstance(error, RateLimitError):  # also where the gate said so, and nothing was sent
            pause = max(pause, error.retry_after or 0.0)
        if pause > self._session.gate.max_pause:
            return None
        if self._refused and self._patient:
            self._uncounted += 1
            return 0.0
        left = self._give_up_at - self._now()
        if self._refused and self._opens_in >= left:
            return None
        wait = wait_before_retry(
            error,
            attempt=self._attempts - self._uncounted,
            retries=self._patience.retries,
            left=left,
            jitter=random.random(),
        )
        return 0.0 if self._refused and wait is not None else wait

    async def back_off(self, seconds: float) -> None:
        """Waits before the next attempt, outside the gate; closing the client ends that."""
        if self._session.ended:
            return  # at the gate it is told so
        self._session.log.retrying(self._endpoint, self._attempts, seconds)
        if self.watch is not None:
            self.watch.retrying(seconds)
        scopes = self._session.under_way
        with anyio.CancelScope() as scope:
            scopes.add(scope)
            try:
                await anyio.sleep(seconds if self._session.waits else 0.0)
            finally:
                scopes.discard(scope)

    def _history_with(self, error: PartneroError) -> tuple[Attempt, ...]:
        """What became of each attempt; the last failed so, unless the error is of a wait that followed."""
        if self._history is None:
            self._history = deque(maxlen=MOST_HISTORY)
        if self._attempts > self._told:
            self._told = self._attempts
            self._history.append(
                Attempt(
                    waited=self._waited,
                    seconds=self._took,
                    status=self._exchange.facts.status,
                    error=type(error).__name__,
                )
            )
        return tuple(self._history)

    def _meant_for(self) -> str:
        """A hint at another type of program, as long as no call has shown of which type the API key's is."""
        types = self._endpoint.meant_for
        return f"this method is for {types}" if types and types not in self._session.served else ""

    def _note_that_it_may_have_acted(self) -> None:
        self.may_have_acted = True
        if self._job is not None:
            self._job.note_that_it_may_have_acted()

    def _heed(self, answer: Answer, ticket: Ticket, began: float) -> None:
        """Closes the gate for all after a 429, and after a 503 that says for how long (maintenance)."""
        seconds = retry_after(answer.headers)
        if answer.status == 429 or seconds is not None:
            self._refused = True
            sent_at = began if answer.status == 429 else None
            if self._session.waits:
                self._opens_in = self._session.gate.pause(ticket, seconds, sent_at=sent_at)

    async def _enter_gate(self) -> Ticket:
        arrived = self._now() if self._patient else 0.0
        give_up_at = math.inf if self._patient else self._give_up_at
        try:
            ticket = await self._session.gate.enter(
                bulk=self._job is not None, give_up_at=give_up_at, again=self._attempts > 0
            )
        except GateClosedError as closed:
            raise RateLimitError(
                "not sent, because under the rate limit its turn comes later than the deadline"
                " or max_pause allows",
                status=429,
                retry_after=closed.seconds,
            ) from None
        except GateBusyError:
            raise BusyError("not sent, because as many calls wait as max_waiting allows") from None
        except GateGoneError:
            raise UsageError(CLOSED_DURING if self._attempts else _CLOSED_BEFORE) from None
        except TimeoutError:
            raise DeadlineError(
                f"not sent, because no turn came within {self._patience.deadline:g} s"
            ) from None
        if self._patient:
            self._give_up_at += self._now() - arrived
        return ticket

    def _too_late(self, timed_out_at: float) -> PartneroError:
        if self._session.ended:
            return UsageError(CLOSED_DURING)
        if timed_out_at <= self._give_up_at:
            return RequestTimeoutError(f"no whole answer within {self._patience.timeout:g} s")
        return DeadlineError(f"no whole answer within the deadline of {self._patience.deadline:g} s")


def _is_said_to_be_safe(endpoint: Endpoint[Any], options: Options) -> bool:
    """Whether the caller says that this call may be repeated when nobody knows what became of it."""
    if options.safe_to_retry is UNSET:
        return False
    if endpoint.method not in ("PUT", "DELETE"):
        raise ArgumentError(f"safe_to_retry is for PUT and DELETE, not for {endpoint.method} {endpoint.path}")
    return True


def _tells_the_type(endpoint: Endpoint[Any], value: Any) -> bool:
    """Whether a success shows that the API key is of a type of program that the endpoint is for.

    Under these paths programs of two types answer, so that only what identifies a record tells them apart: an
    empty page does not, nor does a sale, nor a record that was read without its identity.
    """
    if not endpoint.path.startswith(("/customers", "/transactions")):
        return True
    first = next(iter(value.items), None) if endpoint.returns.shape is Shape.PAGE else value
    if not isinstance(first, Record) or first.identified_by is None:
        return False
    return getattr(first, first.identified_by) is not None
