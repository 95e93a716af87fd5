"""When anybody may send: the pause after a 429, the limit that the server has, and a limit of our own."""

from __future__ import annotations

import math
from collections import deque
from typing import Final, Protocol, runtime_checkable

import anyio
import attrs

from ...inputs.options import RateLimit
from ..telemetry import Log
from .limits import LimitFinder

__all__ = ["Later", "LocalPace", "Pace", "SharedRateLimit", "Ticket"]

PROBE_SECONDS: Final = 1.0
"""For how long the answer to one exchange is awaited before the next leaves, where they leave one by one."""

KNOWN_SECONDS: Final = 60.0
"""For how long it counts what the server said was left in its window."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0

Ticket = int
"""What an exchange is let out with. It tells whether the exchange began before or after the last pause."""


@attrs.frozen
class Later:
    """Nobody may send now."""

    seconds: float
    """When to ask again; infinite where only the end of another exchange of this client can change that."""

    surely: bool = True
    """Whether nobody may send before then; else the end of another exchange may change that earlier."""


class Pace(Protocol):
    """Limits and pauses that several callers keep together.

    ``admit`` is awaited, since it may ask a server that several processes share; it counts an exchange in the
    same step in which it allows it, so that no two processes are given the same place. ``pause`` and
    ``settle`` only tell: they are called while a call is being cancelled, and never wait.
    """

    @property
    def limit(self) -> RateLimit | None:
        """The limit that is kept to, if one is known."""
        ...

    @property
    def paused_until(self) -> float:
        """When the last pause after a 429 ends, on the event loop's clock; ``-inf`` before the first."""
        ...

    async def admit(self, give_up_at: float, *, bulk: bool = False) -> Ticket | Later:
        """A ticket for one exchange, which is counted from now on; or else when to ask again.

        Several callers may wait for it at a time. One that is cancelled may have been counted all the same.

        Args:
            give_up_at: The time on the event loop's clock until which the caller can wait for the answer.
            bulk: Whether the caller works for a bulk job, which leaves room for single calls.

        Raises:
            TimeoutError: There was no answer until then.
        """
        ...

    def closed_for(self, now: float) -> float:
        """Seconds, as is known here, in which surely nobody may send; 0.0 where there are none."""
        ...

    def pause(self, ticket: Ticket, seconds: float | None, *, sent_at: float | None = None) -> float:
        """Notes a 429 and what its Retry-After asked for, and returns the seconds until anybody may send.

        Args:
            ticket: What ``admit`` gave.
            seconds: What the server asked for; None where it named no time.
            sent_at: When the exchange began, on the event loop's clock; None where it was not refused for
                coming too fast.
        """
        ...

    def settle(
        self,
        ticket: Ticket,
        *,
        answered: bool,
        remaining: int | None,
        limit: int | None = None,
        sent_at: float | None = None,
    ) -> None:
        """Notes the end of an exchange.

        Args:
            ticket: What ``admit`` gave.
            answered: Whether the server answered, with anything but 429.
            remaining: The requests that are left in the server's window less those under way, if it said so.
            limit: The requests that the server says it takes in a window, if it does.
            sent_at: When the exchange began, on the event loop's clock.
        """
        ...

    async def tell(self) -> None:
        """Tells whoever shares it of what ``pause`` noted, if it was not told yet."""
        ...

    async def aclose(self) -> None:
        """Lets go of what is open; it may be called more than once."""
        ...


@runtime_checkable
class SharedRateLimit(Protocol):
    """A limit that several processes keep together: what ``rate_limit=`` takes beside a ``RateLimit``."""

    @property
    def limit(self) -> RateLimit:
        """The quota."""
        ...

    def pace(self, identity: str, local: LocalPace, log: Log) -> Pace:
        """The pace of one client.

        Args:
            identity: The hash of its API key and base URL.
            local: Its pace by itself.
            log: Who is told of pauses.
        """
        ...


class LocalPace:
    """The pace of one client, in memory.

    A 429 closes it for everybody; when it opens, callers leave one by one until an answer shows that the
    server is willing again. From then on the limit is kept that was found.

    Args:
        rate_limit: A limit to keep by ourselves.
        observer: Who is told of pauses, and of what is found.
        finder: What finds the server's limit.
    """

    def __init__(
        self, rate_limit: RateLimit | None, observer: Log, finder: LimitFinder | None = None
    ) -> None:
        self.finder: LimitFinder = finder or LimitFinder()
        self._rate_limit = rate_limit
        self._observer = observer
        self._sent_at: deque[float] = deque(maxlen=rate_limit.requests if rate_limit else 0)
        self._closed_until = -math.inf
        # Pauses so far. An exchange let out before a pause says nothing about the time after it.
        self._epoch: Ticket = 0
        self._pauses_in_a_row = 0
        self._one_by_one = False
        # Whether the server refused what came too fast, and took nothing since.
        self._is_refusing = False
        # Exchanges under way that were let out since the last pause: older ones say nothing about it.
        self._out_since_pause = 0
        # Until when the answer to the last of them is awaited, where they leave one by one.
        self._probe_until = -math.inf
        # What the server said is left in its window, less what was sent since; None where it does not say.
        self._remaining: int | None = None
        self._known_until = -math.inf

    async def admit(self, give_up_at: float, *, bulk: bool = False) -> Ticket | Later:
        """See ``Pace``. Nothing is awaited here: who is first when it is called is first when it returns."""
        return self.admit_at_once(bulk=bulk)

    def admit_at_once(self, *, bulk: bool = False) -> Ticket | Later:
        """The answer of ``admit``."""
        if bulk:
            self.finder.in_bulk = True
        if self._is_limited:
            now = anyio.current_time()
            later = self.later(now, bulk=bulk)
            if later is not None:
                return later
            if self._is_careful(now):
                self._probe_until = now + PROBE_SECONDS
            else:
                self.finder.sent(now, bulk=bulk)
            if self._rate_limit is not None:
                self._sent_at.append(now)
            if self._remaining is not None:
                self._remaining -= 1
        self._out_since_pause += 1
        return self._epoch

    def later(self, now: float, *, bulk: bool) -> Later | None:
        """When to ask again, if ``admit`` would say so now; nothing is counted."""
        if not self._is_limited:
            return None
        closed_for = self.closed_for(now)
        if closed_for > 0:
            return Later(closed_for)
        if self._is_careful(now):
            if self._out_since_pause and now < self._probe_until:
                return Later(self._probe_until - now, surely=False)
        else:
            wait, surely = self.finder.wait(now, bulk=bulk)
            if wait > 0:
                return Later(wait, surely)
        return None

    @property
    def _is_limited(self) -> bool:
        """Whether there is anything that may hold up a caller."""
        return (
            self._one_by_one
            or self.finder.limit is not None
            or self._remaining is not None
            or self._rate_limit is not None
        )

    @property
    def limit(self) -> RateLimit | None:
        """See ``Pace``: the server's limit, or the one to keep by ourselves."""
        return self.finder.limit or self._rate_limit

    @property
    def paused_until(self) -> float:
        """See ``Pace``."""
        return self._closed_until

    def closed_for(self, now: float) -> float:
        """See ``Pace``."""
        opens_at = self._closed_until
        if self._rate_limit is not None and len(self._sent_at) == self._rate_limit.requests:
            opens_at = max(opens_at, self._sent_at[0] + self._rate_limit.per_seconds)
        return max(0.0, opens_at - now)

    def pause(self, ticket: Ticket, seconds: float | None, *, sent_at: float | None = None) -> float:
        """See ``Pace``.

        What the server asked for is kept to, also by way of an exchange that is older than the last pause.
        After a pause that did not help, one of less than a second is as long as ours would be, or a server
        that asks for no time at all would be asked again without end.
        """
        now = anyio.current_time()
        is_news = ticket == self._epoch
        if is_news:
            self._pauses_in_a_row += 1
            ours = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._pauses_in_a_row - 1, 30))
            if sent_at is not None:
                self.finder.refused(sent_at, first=not self._is_refusing, told=seconds is not None)
                self._is_refusing = True
                if seconds is None:
                    ours = self.finder.pause(now, self._pauses_in_a_row, ours)
            if seconds is None or (self._pauses_in_a_row > 1 and seconds < FIRST_PAUSE):
                seconds = max(seconds or 0.0, ours)
        opens_at = now + (seconds or 0.0)
        if is_news or opens_at > self._closed_until or not self._one_by_one:
            # Where the limit is known, a short pause is the end of a trial.
            is_worth_telling = self.finder.limit is None or opens_at - now >= FIRST_PAUSE
            if is_worth_telling and (is_news or (seconds and now >= self._closed_until)):
                self._observer.paused(opens_at - now, max(1, self._pauses_in_a_row))
            # Whatever is under way began before this was known: its answer opens nothing.
            self._epoch += 1
            self._one_by_one = True
            self._out_since_pause = 0
            self._remaining = None
            self._closed_until = max(self._closed_until, opens_at)
        return max(0.0, self._closed_until - now)

    def settle(
        self,
        ticket: Ticket,
        *,
        answered: bool,
        remaining: int | None,
        limit: int | None = None,
        sent_at: float | None = None,
    ) -> None:
        """See ``Pace``."""
        if limit is not None:
            self.finder.said(limit)
        if remaining is not None:
            self.finder.left(remaining)
        if answered and sent_at is not None:
            self.finder.taken(sent_at)
        if ticket != self._epoch:
            return
        self._out_since_pause -= 1
        if answered:
            if self._is_refusing and sent_at is not None:
                self._is_refusing = False
                if self.finder.learn(sent_at) and self.finder.limit is not None:
                    self._observer.paced(self.finder.limit)
            self._one_by_one = False
            self._pauses_in_a_row = 0
            # A server that stops to say what is left says nothing any more. Where the limit is known, what is
            # left is no surprise: it comes to nothing at the end of each window.
            self._remaining = remaining if self.finder.limit is None else None
            if remaining is not None:
                self._known_until = anyio.current_time() + KNOWN_SECONDS

    async def tell(self) -> None:
        """See ``Pace``: nobody shares it."""

    async def aclose(self) -> None:
        """See ``Pace``: nothing is open."""

    def _is_careful(self, now: float) -> bool:
        """Whether exchanges leave one by one."""
        if self._remaining is not None and now >= self._known_until:
            self._remaining = None
        return self._one_by_one or (self._remaining is not None and self._remaining <= 0)
