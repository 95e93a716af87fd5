"""Counting what a sandbox was asked and what it answered."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stats:
    """A snapshot of the counters; requests to the control endpoints are not counted."""

    requests: int
    by_route: Mapping[str, int]
    """By method and path template, e.g. `GET /customers/{key}`; unknown paths are `GET *`."""
    by_status: Mapping[str, int]
    """By status of the answer, or `drop` and `cut` after the fault, or `unanswered` when none was made."""
    in_flight: int
    max_in_flight: int


class Counters:
    """The running counters behind `Stats`."""

    def __init__(self) -> None:
        self._by_route: Counter[str] = Counter()
        self._by_status: Counter[str] = Counter()
        self._in_flight = 0
        self._max_in_flight = 0

    def begin(self, method: str, template: str) -> None:
        """A request arrived."""
        self._by_route[f"{method} {template}"] += 1
        self._in_flight += 1
        self._max_in_flight = max(self._max_in_flight, self._in_flight)

    def end(self, outcome: str) -> None:
        """It was answered, with this status, or came to grief."""
        self._by_status[outcome] += 1
        self._in_flight -= 1

    def snapshot(self) -> Stats:
        """The counters as they are now."""
        by_route, by_status = dict(self._by_route), dict(self._by_status)
        return Stats(sum(by_route.values()), by_route, by_status, self._in_flight, self._max_in_flight)
