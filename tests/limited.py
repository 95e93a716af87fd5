"""Servers that limit how many requests they take, each in a way of its own, on the event loop's clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import anyio
import httpx

from .servers import customer_json, key_of

__all__ = ["Changing", "Fixed", "Limited", "Limiter", "Sliding", "TokenBucket"]


class Limiter(Protocol):
    """Whether a request is taken."""

    def ask(self, now: float) -> tuple[bool, int, float]:
        """Whether one is taken now, how many are left, and seconds until the next is taken."""
        ...

    def allowed(self, now: float) -> int:
        """How many are taken in a window."""
        ...

    def least_seconds(self, count: int) -> float:
        """How long so many take at least, for whoever knows the limit."""
        ...


class Fixed:
    """So many in a window, which begins with its first request, or by the clock."""

    def __init__(self, requests: int, seconds: float, *, by_the_clock: float | None = None) -> None:
        self.requests, self.seconds, self._shift = requests, seconds, by_the_clock
        self._began: float | None = None
        self._used = 0

    def ask(self, now: float) -> tuple[bool, int, float]:
        if self._shift is not None:
            began = (now + self._shift) // self.seconds * self.seconds - self._shift
        else:
            is_over = self._began is None or now >= self._began + self.seconds
            began = now if is_over or self._began is None else self._began
        if began != self._began:
            self._began, self._used = began, 0
        is_taken = self._used < self.requests
        self._used += is_taken
        return is_taken, self.requests - self._used, began + self.seconds - now

    def allowed(self, now: float) -> int:
        return self.requests

    def least_seconds(self, count: int) -> float:
        whole = (math.ceil(count / self.requests) - 1) * self.seconds
        # The first window of a clock is shorter.
        return whole if self._shift is None else whole - self._shift % self.seconds


class Sliding:
    """So many in any time of this length."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.requests, self.seconds = requests, seconds
        self._taken: list[float] = []

    def ask(self, now: float) -> tuple[bool, int, float]:
        self._taken = [at for at in self._taken if at > now - self.seconds]
        is_taken = len(self._taken) < self.requests
        if is_taken:
            self._taken.append(now)
        return is_taken, self.requests - len(self._taken), self._taken[0] + self.seconds - now

    def allowed(self, now: float) -> int:
        return self.requests

    def least_seconds(self, count: int) -> float:
        return (math.ceil(count / self.requests) - 1) * self.seconds


class TokenBucket:
    """So many a second, and a number at once after a rest."""

    def __init__(self, per_second: float, burst: int) -> None:
        self.per_second, self.burst = per_second, burst
        self._tokens, self._at = float(burst), 0.0

    def ask(self, now: float) -> tuple[bool, int, float]:
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.per_second)
        self._at = now
        is_taken = self._tokens >= 1
        self._tokens -= is_taken
        return is_taken, int(self._tokens), (1 - self._tokens) / self.per_second

    def allowed(self, now: float) -> int:
        return self.burst

    def least_seconds(self, count: int) -> float:
        return max(0.0, (count - self.burst) / self.per_second)


class Changing:
    """A fixed window of a second whose number is another from some moments on."""

    def __init__(self, steps: Sequence[tuple[float, int]]) -> None:
        self._steps = steps
        self._began = -math.inf
        self._used = 0

    def allowed(self, now: float) -> int:
        return [requests for at, requests in self._steps if at <= now][-1]

    def ask(self, now: float) -> tuple[bool, int, float]:
        if now >= self._began + 1:
            self._began, self._used = now, 0
        is_taken = self._used < self.allowed(now)
        self._used += is_taken
        return is_taken, max(0, self.allowed(now) - self._used), self._began + 1 - now

    def least_seconds(self, count: int) -> float:
        now = 0.0
        while count > self.allowed(now):
            count -= self.allowed(now)
            now += 1
        return now


class Limited:
    """A transport that answers after a while, and refuses what is too much.

    Args:
        limiter: What is too much.
        headers: ``none``, ``retry-after``, or ``all`` for ``X-RateLimit-*`` as well.
        latency: Seconds that an answer takes.
    """

    def __init__(self, limiter: Limiter, headers: str = "none", *, latency: float = 0.05) -> None:
        self.limiter, self._headers, self._latency = limiter, headers, latency
        self.began: float | None = None
        self.asked: list[tuple[float, bool]] = []
        self._number = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        # Some are faster than others, the same ones each time.
        self._number += 1
        way = self._latency * (0.4 + 0.2 * (self._number * 7919 % 101) / 100)
        await anyio.sleep(way)
        now = anyio.current_time()
        if self.began is None:
            self.began = now
        is_taken, left, opens_in = self.limiter.ask(now - self.began)
        self.asked.append((now - self.began, is_taken))
        headers = dict[str, str]()
        if self._headers == "all":
            headers["X-RateLimit-Limit"] = str(self.limiter.allowed(now - self.began))
            headers["X-RateLimit-Remaining"] = str(left)
        if not is_taken and self._headers != "none":
            headers["Retry-After"] = str(max(1, math.ceil(opens_in)))
        await anyio.sleep(self._latency - way)
        if is_taken:
            return httpx.Response(200, headers=headers, json=customer_json(key_of(request)))
        return httpx.Response(429, headers=headers, json={"message": "Too Many Attempts."})

    def refused_share(self, from_share: float = 0.2) -> float:
        """How much of what was asked was refused, after the first fifth of the time."""
        after = from_share * self.asked[-1][0]
        late = [is_taken for at, is_taken in self.asked if at > after]
        return late.count(False) / len(late)
