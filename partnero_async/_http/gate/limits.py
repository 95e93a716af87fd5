"""Finding out how many requests a server takes in how many seconds, by what it answers and when."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from typing import Final, Literal, TypeAlias

from ...inputs.options import RateLimit

__all__ = ["KnownFrom", "LimitFinder"]

KnownFrom: TypeAlias = Literal["nothing", "refusals", "headers", "another client"]
"""What a limit is known from."""

WINDOWS: Final = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
"""The seconds for which servers count requests, as far as is known."""

MARGIN: Final = 1.005
JITTER: Final = 0.015
"""A window is taken to be longer than the server's by this share and so many seconds.

Not every request travels for equally long.
"""

LOG: Final = 10_000
"""The most requests that are remembered; a limit of more in its window is found to be that."""

TRIAL_REQUESTS: Final = 300
TRIAL_COST: Final = 40.0
"""A higher limit is tried after so many requests, and so many times what the last trial cost."""

LONG_WINDOW: Final = 10.0
"""From so many seconds on, evenness would cost a run much of a window at its end."""

FEWEST: Final = 3
"""Fewer requests than these say nothing of a limit."""

SPARE: Final = 0.25
"""What a server says is left is more than chance if it is more than this share of the limit."""

OLD_SECONDS: Final = 600.0
"""What is known of a limit is doubted when nobody sent for so long."""


class LimitFinder:
    """What a server is found to allow: so many requests in so many seconds, whatever it counts by.

    Fixed windows, sliding windows and token buckets all take a number of requests in a time, and then none
    for a while. That number and that time, up to the next request that is taken, are the limit. Bulk jobs
    keep to it, and from time to time try a little more. They send evenly, so that others who use the same API
    key have their share; only a long window that nobody else seems to use is used up at once.

    Single calls do not wait for it unless a bulk job uses it up: there are too few of them to find it out,
    and who is refused by mistake has no use for a limit.

    All times are on the event loop's clock, and handed in.
    """

    def __init__(self) -> None:
        self.limit: RateLimit | None = None
        self.known_from: KnownFrom = "nothing"
        # When the requests had been sent that were taken, in order.
        self._log: list[float] = []
        # Whether a bulk job sent any since the limit was looked for.
        self.in_bulk: bool = False
        # When requests were sent within the window of the limit, and when a bulk job may send the next.
        self._recent: deque[float] = deque()
        self._next_at = -math.inf
        # The first refusal and the last one since anything was taken, and whether the server named a time.
        self._refused_at = math.inf
        self._refused_last = -math.inf
        self._was_told = False
        # When the server last began to take requests again.
        self._opened_at = -math.inf
        # The limit before the one on trial, and when the trial ends or the next one begins.
        self._before_trial: RateLimit | None = None
        self._step = 1
        self._trial_at = math.inf
        # Until then, more is tried only if the server says that some are left.
        self._blindly_at = -math.inf
        # What the server says its limit is; and whether it took more, as if that were of another time.
        self._said: int | None = None
        self._is_misleading = False
        # The fewest that the server said it had left, since more was last thought of and before that; and
        # whether it ever refused some that it had left.
        self._left: int | None = None
        self._left_before: int | None = None
        self._is_left_true = True
        # When somebody sent last, and whether others seem to use the key, too.
        self._bulk_at = -math.inf
        self._single_at = -math.inf
        self._is_shared = False

    def know(self, limit: RateLimit) -> None:
        """Begins with a limit that another client found."""
        self.limit, self.known_from = limit, "another client"
        self._trial_at = -math.inf

    def taken(self, sent_at: float) -> None:
        """Notes a request that was answered."""
        log = self._log
        if log and sent_at < log[-1]:
            insort(log, sent_at)
        else:
            log.append(sent_at)
        if len(log) >= 2 * LOG:
            del log[:LOG]

    def said(self, requests: int) -> None:
        """Notes what the server says its limit is."""
        if requests == self._said or self._is_misleading:
            return
        self._said = requests
        if self.limit is not None:
            self._set(requests, self.limit.per_seconds)

    def left(self, requests: int) -> None:
        """Notes how many more requests the server says it takes in its window."""
        if self._left is None or requests < self._left:
            self._left = requests

    def refused(self, sent_at: float, *, first: bool, told: bool) -> None:
        """Notes a refusal: the first since a request was taken, or a further one."""
        if first:
            self._refused_at, self._was_told = sent_at, False
        self._refused_last = sent_at
        self._was_told |= told

    def wait(self, now: float, *, bulk: bool) -> tuple[float, bool]:
        """Seconds until the next place within the limit, and whether nobody has one earlier."""
        limit = self.limit
        if limit is None:
            return 0.0, True
        recent = self._recent
        if recent and now - recent[-1] > OLD_SECONDS:
            self._trial_at = -math.inf
        if now >= self._trial_at:
            limit = self._try_more(limit, now)
        window = _window_of(limit)
        while recent and recent[0] + window <= now:
            recent.popleft()
        if bulk or now - self._bulk_at < window:
            if len(recent) >= limit.requests:
                return recent[0] + window - now, True
            at_once = window >= LONG_WINDOW and not self._is_shared and now - self._single_at >= window
            if bulk and not at_once and now < self._next_at:
                return self._next_at - now, False
        return 0.0, True

    def sent(self, now: float, *, bulk: bool) -> None:
        """Counts a request that leaves."""
        limit = self.limit
        if limit is None:
            return
        if bulk:
            self._bulk_at = now
        else:
            self._single_at = now
        self._recent.append(now)
        # Timers are late: what that loses is made up for, but not what nobody asked for.
        window = _window_of(limit)
        self._next_at = max(self._next_at, now - 0.05 * window) + window / limit.requests

    def pause(self, now: float, in_a_row: int, ours: float) -> float:
        """Seconds to wait after a refusal that names no time.

        Args:
            now: The time.
            in_a_row: How many refusals there were since a request was taken.
            ours: What to wait where nothing is known.
        """
        if self.limit is not None:
            turn = self.limit.per_seconds / self.limit.requests
            opens = self._opening(self.limit.per_seconds) if in_a_row == 1 else -math.inf
            wait = max(opens - now, turn * 2.0 ** min(in_a_row - 1, 30) / 2)
            return min(wait, max(ours, self.limit.per_seconds))
        if not self._log:
            return ours
        # The server's window begins when the first request arrives, which may take longer than others do.
        tries = [
            self._opening(window) + late - now
            for window in WINDOWS
            for late in (0.02 * window + 0.03, _latest(window))
        ]
        nearest = min((wait for wait in tries if wait > 0.0), default=math.inf)
        return min(nearest, max(1.0, now - self._refused_at))

    def learn(self, taken_at: float) -> bool:
        """Finds the limit, when a request was taken after others were refused; whether it is another now."""
        known, trial = self.limit, self._before_trial
        self._before_trial = None
        if not self.in_bulk:
            return False
        self.in_bulk = False
        if self._left is not None and self._left > 0:
            # It refused though some were left: what it tells of is another limit.
            self._is_left_true = False
        requests, seconds, is_same = self._counted(taken_at, known)
        # An estimate may be of a window that was cut short, or of a bucket that was full.
        is_sure = is_same or seconds >= LONG_WINDOW
        if known is None:
            requests = self._reconciled(requests)
            if requests < FEWEST:
                return False
        elif is_same and trial is not None:
            requests = trial.requests
        elif is_same and requests >= 0.85 * known.requests:
            # Nearly as many as ever: they came a little too close to each other.
            requests = max(1, known.requests - max(1, known.requests // 100))
        elif is_same:
            is_sure, self._is_shared = seconds >= LONG_WINDOW, True
        found = self._set(requests, seconds)
        cost = TRIAL_COST * (taken_at - self._refused_at) if trial is not None else 0.0
        self._begin(found, taken_at, is_sure=is_sure, cost=cost)
        return found not in (known, trial)

    def _counted(self, taken_at: float, known: RateLimit | None) -> tuple[int, float, bool]:
        """How many requests the server took in which window, and whether that is the window that is known."""
        blocked = taken_at - self._refused_at
        # The server names whole seconds, rounded up: by that much a pause may be longer than was needed.
        rounded = 1.0 if self._was_told else 0.0
        is_same = known is not None and blocked <= 1.02 * known.per_seconds + rounded
        seconds = known.per_seconds if known is not None and is_same else self._window(taken_at)
        # In the window before a refusal it took so many, and so many since it last began to take any. Where
        # nothing was known, it was overrun and is blocked since; else it was met, and may just have changed.
        full_at = self._refused_at if known is None else self._refused_last
        end = bisect_left(self._log, taken_at)
        requests = max(1, end - bisect_left(self._log, full_at - seconds * 1.02))
        since_open = max(1, end - bisect_left(self._log, self._opened_at))
        cycle, self._opened_at = taken_at - self._opened_at - rounded, taken_at
        if known is not None and blocked > known.per_seconds / 2:
            requests = min(requests, since_open)
            is_full = 0.9 * known.requests <= since_open <= 1.1 * known.requests
            if is_full and 1.2 * known.per_seconds < cycle <= 2.5 * known.per_seconds:
                # What was taken for two windows was one.
                is_same, seconds = False, _least_window(0.95 * cycle)
        elif not is_same:
            requests = min(requests, since_open)
        return requests, seconds, is_same

    def _reconciled(self, requests: int) -> int:
        """The number that was counted or, if it is higher, the one that the server says."""
        if self._said is None:
            return requests
        said = self._said
        self._is_misleading = requests > said
        if self._is_misleading:
            self._said = None
        return max(requests, said)

    def _begin(self, found: RateLimit, taken_at: float, *, is_sure: bool, cost: float) -> None:
        """Begins to keep to a limit that was found, and settles when more is tried, and how much more."""
        window = _window_of(found)
        self._recent = deque(self._log[bisect_left(self._log, taken_at - window) :])
        self._next_at = taken_at + window / found.requests
        self._step = 1 if is_sure or self._was_told else max(1, found.requests // 4)
        rest = TRIAL_REQUESTS * found.per_seconds / found.requests if is_sure else 0.0
        soon = taken_at + 2 * found.per_seconds
        self._blindly_at = max(taken_at + max(rest, cost), soon)
        self._trial_at = soon if self._left is not None and self._is_left_true else self._blindly_at

    def _set(self, requests: int, seconds: float) -> RateLimit:
        self.known_from = "refusals" if self._said is None else "headers"
        # A header may say 0, and nothing of what a server says may fail a call.
        self.limit = limit = RateLimit(max(1, requests), seconds)
        return limit

    def _opening(self, window: float) -> float:
        """When a server that counts for so many seconds takes the next request after a refusal."""
        log = self._log
        first = bisect_right(log, self._refused_at - window)
        return log[first] + window if first < len(log) and log[first] <= self._refused_at else math.inf

    def _window(self, taken_at: float) -> float:
        """The seconds for which the server counts, by when it began to take requests again."""
        fits = [
            window
            for window in WINDOWS
            if self._refused_last - _latest(window) < self._opening(window) <= taken_at + 0.01
        ]
        if fits:
            # Where the server named the time, shorter windows were not tried.
            return fits[-1] if self._was_told else fits[0]
        return _least_window(taken_at - self._refused_at)

    def _try_more(self, limit: RateLimit, now: float) -> RateLimit:
        """The limit with a little more, to see whether the server takes it."""
        window = _window_of(limit)
        is_used = len(self._recent) >= 0.9 * limit.requests - 1
        left = self._left_over(limit)
        if self._before_trial is not None:
            # Nobody complained.
            self._step = 2 * self._step if is_used else 1
            self._before_trial = None
        if self._said is not None and limit.requests >= self._said and left > self._said // 2:
            # So many in so many seconds leave most of them unused: it counts for a shorter time.
            self._said, self._is_misleading = None, True
        is_at_most = self._said is not None and limit.requests >= self._said
        if not is_used or is_at_most or (left <= 0 and now < self._blindly_at):
            self._trial_at = now + window
            return limit
        self._before_trial = limit
        # Half of what is left: others who use the same API key may see it, too.
        self._step = max(self._step, limit.requests // 100, left // 2, 1)
        most = limit.requests + self._step
        more = RateLimit(most if self._said is None else min(most, self._said), limit.per_seconds)
        self.limit = more
        self._trial_at = now + 1.1 * window
        return more

    def _left_over(self, limit: RateLimit) -> int:
        """How many more the server would have taken, by what it says, if that is more than chance."""
        before, self._left_before, self._left = self._left_before, self._left, None
        # Twice in a row: while another client is paused, all that it does not use is left.
        if before is None or self._left_before is None or not self._is_left_true:
            return 0
        left = min(before, self._left_before)
        return left if left > SPARE * max(limit.requests, self._said or 0) else 0


def _least_window(seconds: float) -> float:
    """The shortest window of at least so many seconds, or the longest that there is."""
    return next((window for window in WINDOWS if window >= seconds), WINDOWS[-1])


def _latest(window: float) -> float:
    """By how many seconds a server may count later than it was asked first, at most."""
    return 0.1 * window + 0.1


def _window_of(limit: RateLimit) -> float:
    return limit.per_seconds * MARGIN + JITTER
