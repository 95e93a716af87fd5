"""The conditions under which a sandbox answers: latency, rate limit, faults. All can change while it runs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from .faults import Fault, FaultPlan


class RateLimit(NamedTuple):
    """So many requests in each fixed window of so many seconds, per API key."""

    requests: int
    per_seconds: float
    headers: bool = True


@dataclass(slots=True)
class _Window:
    began: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request may pass, and what its answer says about the limit."""

    passes: bool
    headers: Mapping[str, str]


_UNLIMITED = Allowance(True, {})


class Conditions:
    """Mutable on purpose, and validated at every change."""

    def __init__(
        self,
        *,
        seed: int,
        latency: tuple[float, float],
        rate_limit: tuple[int, float, bool] | None,
        faults: Iterable[Fault],
    ) -> None:
        # Two sources, so that adding a latency does not change which requests a fault strikes.
        self._latency_random = Random(f"{seed} latency")
        self._fault_random = Random(f"{seed} faults")
        self._windows: dict[str, _Window] = {}
        self.latency = latency
        self.rate_limit = rate_limit
        self.faults = tuple(faults)

    @property
    def latency(self) -> tuple[float, float]:
        """The shortest and the longest time that a request takes, in seconds."""
        return self._latency

    @latency.setter
    def latency(self, latency: tuple[float, float]) -> None:
        shortest, longest = latency
        if not 0 <= shortest <= longest < math.inf:
            raise ValueError(f"latency must be (min, max) in seconds, not {latency!r}")
        self._latency = (float(shortest), float(longest))

    @property
    def rate_limit(self) -> RateLimit | None:
        """The limit in force; setting it opens a new window for every key."""
        return self._rate_limit

    @rate_limit.setter
    def rate_limit(self, rate_limit: tuple[int, float, bool] | None) -> None:
        limit = None if rate_limit is None else RateLimit(*rate_limit)
        if limit is not None and not (limit.requests >= 1 and 0 < limit.per_seconds < math.inf):
            raise ValueError(f"rate_limit must be (requests, per_seconds, headers), not {rate_limit!r}")
        self._rate_limit = limit
        self._windows.clear()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The rules in force; setting them forgets how often each has struck."""
        return self._plan.rules

    @faults.setter
    def faults(self, faults: Iterable[Fault]) -> None:
        self._plan = FaultPlan(faults, self._fault_random)

    @property
    def faults_left(self) -> tuple[float, ...]:
        """How often each of these rules can still strike."""
        return self._plan.left

    def add_fault(self, fault: Fault) -> None:
        """Put a rule behind those in force, which do not forget how often they have struck."""
        self._plan.add(fault)

    def meet(self, method: str, path: str) -> tuple[float, Fault | None]:
        """How long a request waits, and the fault that bends its answer."""
        delay, fault = self._plan.strike(method, path)
        return delay + self._latency_random.uniform(*self._latency), fault

    def allow(self, api_key: str, now: float) -> Allowance:
        """Count a request against its key's window; `now` is the event loop's time, which tests can turn."""
        limit = self._rate_limit
        if limit is None:
            return _UNLIMITED
        window = self._windows.get(api_key)
        # Another event loop may have an earlier clock: a window that has not begun is not this loop's.
        if window is None or not window.began <= now < window.began + limit.per_seconds:
            window = self._windows[api_key] = _Window(now)
        passes = window.used < limit.requests
        window.used += passes
        if not limit.headers:
            return Allowance(passes, {})
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(limit.requests - window.used),
        }
        if not passes:
            headers["Retry-After"] = str(max(1, math.ceil(window.began + limit.per_seconds - now)))
        return Allowance(passes, headers)
