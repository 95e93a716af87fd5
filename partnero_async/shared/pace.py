"""The pace of a client whose permits come from where other processes get theirs, too."""

from __future__ import annotations

import logging
import math
from bisect import insort
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

import anyio
import attrs

from .._http.gate.pace import Later, LocalPace, Ticket
from .._http.telemetry import Log
from ..errors import ArgumentError
from ..inputs._checks import check_seconds
from ..inputs.options import RateLimit

__all__ = ["AwayError", "Granted", "Permits", "SharedPace", "check_quota", "share_of"]

_logger: Final = logging.getLogger("partnero_async")

ASK_AGAIN_SECONDS: Final = 1.0
"""How often it is looked whether what is away has come back."""

UNKNOWN_SHARE: Final = 0.1
"""The share of the quota that a process takes by itself if it never heard how many others there are."""

HORIZON: Final = 0.5
"""How many seconds ahead permits are given: so long a pause of another process may be overlooked.

Who gets none asks again when half of it has passed, so that all trips together are fewer than the permits.
"""

LATELY_SECONDS: Final = 5.0
"""Whoever asked within so long, or within twice the time of the quota, is one of those who share it."""

LONGEST_TRIP: Final = 3.0
"""Seconds after which no trip is waited for at the end."""

LOOK_SECONDS: Final = 0.05
"""For how long the caller waits who looks whether it has come back."""

DOUBTED_SECONDS: Final = 600.0
"""What a process learnt of the server's limit is kept for so long, unless it learns something else."""

SOON: Final = 0.002
"""Seconds after which it is asked again for more than a process gets at a time."""


class AwayError(Exception):
    """What gives the permits cannot be asked."""


@attrs.frozen(kw_only=True)
class Granted:
    """The answer to a request for permits."""

    now: float
    """When it was given, by the clock that all share, in seconds since the epoch."""

    delays: Sequence[float]
    """The permits that were given, each by the seconds after which it may be used."""

    wait: float
    """Seconds after which to ask for more; 0.0 for at once."""

    closed_for: float
    """Seconds of a pause that a 429 imposed on everybody; 0.0 for none."""

    workers: int
    """How many processes asked lately, this one included."""

    limit: RateLimit
    """What is kept to: the quota, or what one of them learnt of the server's limit."""


class Permits(Protocol):
    """What gives permits to several processes."""

    async def take(self, wanted: int, learnt: RateLimit | None) -> Granted:
        """Takes up to so many permits, and tells others what this process learnt of the server's limit.

        There may be more, of a trip whose caller was cancelled.

        Raises:
            AwayError: It cannot be asked.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Lets nobody have a permit for so long.

        Raises:
            AwayError: It cannot be told.
        """
        ...

    async def aclose(self) -> None:
        """Lets go of what is open; nothing happens if there is nothing."""
        ...


MOST_REQUESTS: Final = 1_000_000
SHORTEST: Final = 0.001
LONGEST: Final = 366 * 86_400.0
"""Bounds of a quota: where it is kept, every permit of one window is."""

_CLOSED: Final = Later(math.inf, surely=False)
"""What is told to whoever comes when the client is closed: at the gate it hears of that."""


@attrs.define(eq=False)
class _Place:
    """One caller who waits for a permit."""

    answer: Later | float | None = None


class SharedPace:
    """Asks for a permit for each exchange, all callers that wait together; pauses are everybody's.

    Args:
        permits: What gives them.
        limit: The quota.
        local: The pace of this client by itself: what it is refused, and what it learns.
        share: The share of the quota to take by itself while ``permits`` are away; if None, that of one
            process among those that were there last.
        name: What the log calls ``permits``.
        log: Who is told of pauses.
    """

    def __init__(
        self,
        permits: Permits,
        limit: RateLimit,
        local: LocalPace,
        *,
        share: float | None,
        name: str,
        log: Log,
    ) -> None:
        self._permits = permits
        self._quota = limit
        self._local = local
        self._share = share
        self._name = name
        self._log = log
        self._workers: int | None = None
        self._kept = limit
        self._places: list[_Place] = []
        # Permits that were not used, by the moments at which they might have been.
        self._spare = deque[float]()
        # When the permits may be used that were given ahead.
        self._due = deque[float]()
        self._asking: anyio.Event | None = None
        # How many callers ask for a permit, or wait for the moment of theirs.
        self._under_way = 0
        self._closed_until = -math.inf
        # Until then there is no permit to be had, as was said when one was asked for last.
        self._none_before = -math.inf
        # A pause that is still to be told: when it ends.
        self._to_tell: float | None = None
        self._told = anyio.Lock()
        self._told_limit: RateLimit | None = None
        self._is_closed = False
        self._is_away = False
        self._ask_at = -math.inf
        self._alone: LocalPace | None = None

    @property
    def limit(self) -> RateLimit | None:
        """See ``Pace``."""
        return self._kept

    @property
    def paused_until(self) -> float:
        """See ``Pace``."""
        return max(self._local.paused_until, self._closed_until)

    async def admit(self, give_up_at: float, *, bulk: bool = False) -> Ticket | Later:
        """See ``Pace``."""
        now = anyio.current_time()
        closed_for = self.closed_for(now)
        if closed_for > 0:
            return Later(closed_for)
        # No permit is asked for that this client itself would hold back.
        found = self._local.finder.limit
        if bulk and found is not None and self._under_way:
            return Later(found.per_seconds / found.requests, surely=False)
        later = self._local.later(now, bulk=bulk)
        if later is not None:
            return later
        while self._spare and self._spare[0] < now - HORIZON:
            self._spare.popleft()
        spare = self._spare.popleft() if self._spare else -math.inf
        if spare == -math.inf and now < self._none_before:
            return Later(self._none_before - now, surely=False)
        self._under_way += 1
        try:
            return await self._admit_with(spare, give_up_at, bulk)
        finally:
            self._under_way -= 1

    async def _admit_with(self, permit: float, give_up_at: float, bulk: bool) -> Ticket | Later:
        """Asks the pace of this client, too; a permit that it does not use is for the next who comes.

        Args:
            permit: When it may be used; ``-inf`` to take another.
            give_up_at: See ``admit``.
            bulk: See ``admit``.
        """
        admitted: Ticket | Later | None = None
        with anyio.CancelScope(deadline=give_up_at):
            if permit == -math.inf:
                answer = await self._permit()
                if isinstance(answer, Later):
                    return answer
                permit = anyio.current_time() + answer
            await anyio.sleep_until(permit)
            admitted = await self._local.admit(give_up_at, bulk=bulk)
        if admitted is None:
            raise TimeoutError
        if isinstance(admitted, Later):
            insort(self._spare, permit)
        return admitted

    def closed_for(self, now: float) -> float:
        """See ``Pace``."""
        return max(0.0, self._local.closed_for(now), self._closed_until - now)

    def pause(self, ticket: Ticket, seconds: float | None, *, sent_at: float | None = None) -> float:
        """See ``Pace``; the others are told by ``tell``."""
        opens_in = self._local.pause(ticket, seconds, sent_at=sent_at)
        until = anyio.current_time() + opens_in
        self._to_tell = max(until, self._to_tell or until)
        return opens_in

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
        self._local.settle(ticket, answered=answered, remaining=remaining, limit=limit, sent_at=sent_at)

    async def aclose(self) -> None:
        """See ``Pace``; a trip that is under way comes to its end first, or it would connect again."""
        self._is_closed = True
        for place in self._places:
            place.answer = _CLOSED
        with anyio.move_on_after(LONGEST_TRIP):
            if self._asking is not None:
                await self._asking.wait()
            async with self._told:  # whoever tells of a pause
                pass
        await self._permits.aclose()

    async def tell(self) -> None:
        """See ``Pace``; while nobody can be told, that is tried again with each request for permits."""
        async with self._told:
            until, now = self._to_tell, anyio.current_time()
            if until is None or self._is_closed or (self._is_away and now < self._ask_at):
                return
            try:
                if until > now:
                    await self._permits.pause(until - now)
            except AwayError as error:
                self._note_absence(error)
                return
            if self._to_tell == until:  # and not of a longer one, which was noted meanwhile
                self._to_tell = None

    async def _permit(self) -> Later | float:
        """The seconds after which a permit may be used; or when to ask again."""
        if self._is_closed:
            return _CLOSED
        place = _Place()
        self._places.append(place)
        try:
            while place.answer is None:
                if self._asking is not None:
                    if self._is_away:
                        await self._go_alone([place])  # whoever looks for it may wait for a second
                    else:
                        await self._asking.wait()
                    continue
                # Who comes first asks for all who have come.
                self._asking = asking = anyio.Event()
                try:
                    await self._ask()
                finally:
                    self._asking = None
                    asking.set()
        finally:
            if place in self._places:
                self._places.remove(place)
        return place.answer

    async def _ask(self) -> None:
        now = anyio.current_time()
        if self._is_away and now < self._ask_at:
            await self._go_alone(self._places)
            return
        if self._to_tell is not None:
            await self.tell()
        most = self._most_at_a_time(now)
        wanted = min(len(self._places), most)
        learnt = self._learnt()
        granted: Granted | None = None
        away = AwayError("no answer")
        try:
            with anyio.move_on_after(LOOK_SECONDS if self._is_away else math.inf):
                granted = await self._permits.take(wanted, learnt)
        except AwayError as error:
            away = error
        if granted is None:
            self._note_absence(away)
            await self._go_alone(self._places)
            return
        if self._is_away:
            self._is_away, self._alone = False, None
            _logger.warning("partnero.shared %s is back", self._name)
        if _logger.isEnabledFor(logging.DEBUG):
            _logger.debug(
                "partnero.shared now=%.6f permits=%s wait_ms=%.0f workers=%d",
                granted.now,
                ",".join(f"{delay:.6f}" for delay in granted.delays),
                granted.wait * 1000,
                granted.workers,
            )
        self._told_limit = learnt or self._told_limit
        self._workers = granted.workers
        self._kept = granted.limit
        if granted.closed_for > 0:
            self._closed_until = anyio.current_time() + granted.closed_for
        now = anyio.current_time()
        latest = max(granted.delays, default=0.0)
        wait = max(granted.wait, granted.closed_for, latest - HORIZON / 2, SOON)
        later = Later(wait, surely=granted.closed_for > 0)
        self._due.extend(now + delay for delay in granted.delays)
        is_more = wanted <= len(granted.delays) < most
        if not is_more or latest:
            self._none_before = now + wait
        for place, delay in zip(self._places, granted.delays, strict=False):
            place.answer = delay
        # Who asked may be gone.
        for delay in granted.delays[len(self._places) :]:
            insort(self._spare, now + delay)
        if not is_more:
            for place in self._places[len(granted.delays) :]:
                place.answer = later
        # Who came meanwhile asks next, where there may be more.
        self._places = [place for place in self._places if place.answer is None]

    def _most_at_a_time(self, now: float) -> int:
        """How many permits to ask for: no more than a part of those that are given ahead, if others ask."""
        while self._due and self._due[0] <= now:
            self._due.popleft()
        ahead = math.ceil(self._kept.requests * HORIZON / self._kept.per_seconds / (self._workers or 1))
        return max(1, ahead - len(self._due))

    def _note_absence(self, error: AwayError) -> None:
        self._ask_at = anyio.current_time() + ASK_AGAIN_SECONDS
        if not self._is_away:
            self._is_away = True
            share = share_of(self._quota, self._share, self._workers)
            self._alone = LocalPace(share, self._log)
            _logger.warning(
                "partnero.shared %s is away (%s): this process keeps to a request every %.3g s by itself",
                self._name,
                error,
                share.per_seconds,
            )

    async def _go_alone(self, places: Sequence[_Place]) -> None:
        """Answers some who wait from the share of this process."""
        assert self._alone is not None
        for place in places:
            admitted = await self._alone.admit(math.inf)
            if isinstance(admitted, Later):
                # Whoever waits looks for it again meanwhile.
                place.answer = Later(min(admitted.seconds, ASK_AGAIN_SECONDS), surely=False)
            else:
                place.answer = 0.0
        self._places = [place for place in self._places if place.answer is None]

    def _learnt(self) -> RateLimit | None:
        """What this client found of the server's limit, since it told the others last."""
        finder = self._local.finder
        found = finder.limit
        if found is not None and finder.known_from == "refusals":
            # It saw its own requests alone, which are one part of all.
            found = RateLimit(found.requests * (self._workers or 1), found.per_seconds)
        elif finder.known_from != "headers":
            found = None
        return None if found == self._told_limit else found


def share_of(quota: RateLimit, share: float | None, workers: int | None) -> RateLimit:
    """What one process may use of a quota by itself: evenly, since it cannot know what was used before."""
    part = share if share is not None else UNKNOWN_SHARE if workers is None else 1 / max(1, workers)
    return RateLimit(1, quota.per_seconds / (quota.requests * part))


def check_quota(requests: int, per_seconds: float, share: float | None) -> RateLimit:
    """A quota that can be shared, and the share of one process by itself.

    Raises:
        ArgumentError: A number is out of its bounds.
    """
    quota = RateLimit(requests, per_seconds)
    if requests > MOST_REQUESTS:
        raise ArgumentError(
            f"requests must be at most {MOST_REQUESTS}, not {requests}: take as many in a shorter time"
        )
    if not SHORTEST <= per_seconds <= LONGEST:
        raise ArgumentError(f"per_seconds must be from {SHORTEST} to {LONGEST:.0f}, not {per_seconds}")
    if share is not None and not 0 < check_seconds("share", share) <= 1:
        raise ArgumentError(f"share must be above 0 and at most 1, not {share}")
    return quota
