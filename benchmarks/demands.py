"""What is demanded of the SDK's speed: ratios within one run, which hold on any machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .contestants import ENGINES
from .origin import FAR, NEAR
from .rounds import Cell, Results

__all__ = [
    "Demand",
    "allowed_by_delay",
    "demands_on_calls",
    "demands_on_many_keys",
    "demands_on_records",
    "demands_on_streams",
]

Medians = Mapping[str, float]
FASTEST = "SDK, httptools engine"


@dataclass(frozen=True)
class Demand:
    """One ratio, what it must be, and what it is.

    Attributes:
        what: What is compared.
        limit: The most it may be, or the least where ``at_least``; infinite where it is only told.
        reached: What it is; None where it could not be measured.
        at_least: Whether more is better.
        aim: What is aimed for beyond the limit.
    """

    what: str
    limit: float
    reached: float | None
    at_least: bool = False
    aim: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is as demanded; None where it could not be measured."""
        if self.reached is None:
            return None
        return self.reached >= self.limit if self.at_least else self.reached <= self.limit

    @property
    def far_off(self) -> bool:
        """Whether it is worse than twice the demand, which no noise explains."""
        if self.reached is None:
            return False
        return self.reached < self.limit / 2 if self.at_least else self.reached > self.limit * 2

    def __str__(self) -> str:
        reached = "  —  " if self.reached is None else f"{self.reached:5.2f}"
        if math.isinf(self.limit):
            return f"{reached}  {'':12}  {self.what}"
        limit = f"{'at least' if self.at_least else 'at most'} {self.limit:g}"
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        said = {True: "met", False: "MISSED", None: "not measured"}[self.met]
        return f"{reached}  {said:12}  {self.what} ({limit}{aim})"


def allowed_by_delay(in_flight: int) -> float:
    """Requests a second if nothing but the delay took any time."""
    return in_flight / (sum(FAR) / 2 / 1000)


def demands_on_calls(results: Results) -> list[Demand]:
    """CPU per request, and requests a second against a server that takes its time."""
    usual, many = Cell(50), Cell(500)

    def cpu(limit: float, name: str, to: str, cell: Cell = usual, aim: float | None = None) -> Demand:
        return Demand(f"CPU, {cell}: {name} / {to}", limit, results.ratio(cell, name, to), aim=aim)

    found = [
        cpu(0.16, "SDK", "httpx"),
        cpu(1.2, "SDK, aiohttp engine", "httpx-aiohttp"),
        *(
            cpu(limit, FASTEST, "aiohttp", cell)
            for tls in (False, True)
            for limit, cell in (
                (0.8, Cell(1, NEAR, tls)),
                (0.75, Cell(50, tls=tls)),
                (0.8, Cell(500, tls=tls)),
            )
        ),
        cpu(1.6, FASTEST, "pyreqwest"),
        cpu(math.inf, FASTEST, "floor: a record"),
    ]
    # What the processor's caches do not hold costs everybody more: of those below ours it is only told.
    for name in (*ENGINES, "aiohttp", "floor: a record"):
        found.append(
            Demand(
                f"CPU, 500 in flight / 50 in flight: {name}",
                1.3 if name in ENGINES else math.inf,
                _quotient(results.median(many, name, "cpu_us"), results.median(usual, name, "cpu_us")),
            )
        )
    for in_flight, least in ((200, 0.9), (2000, 0.9)):
        # Where there are many, a core may have less to give than the delay allows.
        allowed = allowed_by_delay(in_flight)
        cpu_us = results.median(many, FASTEST, "cpu_us") if in_flight > 200 else None
        possible = allowed if cpu_us is None else min(allowed, 1e6 / cpu_us)
        rate = results.median(Cell(in_flight, FAR), FASTEST, "rate")
        bound = "the delay" if in_flight == 200 else "delay and a core"
        found.append(
            Demand(
                f"requests a second, {in_flight} in flight, 50-150 ms: {FASTEST} / what {bound} would allow",
                least,
                _quotient(rate, possible),
                at_least=True,
            )
        )
    return found


def demands_on_streams(measured: Mapping[str, Mapping[str, Medians]]) -> list[Demand]:
    """That a stream costs little more than what it calls."""
    return [
        Demand(f"CPU, {cell}: {engine}, stream / {engine}", 1.1, ways["ratio"])
        for cell, engines in measured.items()
        for engine, ways in engines.items()
    ]


def demands_on_many_keys(measured: Mapping[int, Medians]) -> list[Demand]:
    """That a stream does not notice how many keys there are."""
    few, many = measured[min(measured)], measured[max(measured)]
    span = f"{max(measured):,} keys / {min(measured):,}"
    return [
        Demand(f"CPU per key of a stream: {span}", 1.2, _quotient(many["cpu_us"], few["cpu_us"])),
        Demand(f"time to the first result: {span}", 1.5, _quotient(many["first_ms"], few["first_ms"])),
        Demand(f"peak memory: {span}", 1.5, _quotient(many["peak_mib"], few["peak_mib"])),
    ]


def demands_on_records(measured: Mapping[str, Medians]) -> list[Demand]:
    """That records cost little more than the same work written by hand."""
    return [
        Demand(
            f"a page of 100 customers, {page}: SDK / by hand", 1.25, _quotient(ways["SDK"], ways["by hand"])
        )
        for page, ways in measured.items()
    ]


def _quotient(numerator: float | None, denominator: float | None) -> float | None:
    return None if numerator is None or denominator is None else numerator / denominator
