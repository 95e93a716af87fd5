"""Rounds: each contestant's in a process of its own, one contestant after the other, again and again.

What another program does to the machine meanwhile then hits all of them alike, and the medians least.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from .cores import on_core, two_cores
from .origin import NO_DELAY, Delay, serving

__all__ = ["Cell", "Results", "alone", "play_rounds"]


Measured = dict[str, float]

LONGEST_SECONDS = 900


@dataclass(frozen=True)
class Cell:
    """The circumstances of a measurement."""

    in_flight: int
    delay: Delay = NO_DELAY
    tls: bool = False

    def __str__(self) -> str:
        least, most = self.delay
        delay = "no delay" if not most else f"{least} ms" if least == most else f"{least}-{most} ms"
        return f"{self.in_flight} in flight, {delay}{', TLS' if self.tls else ''}"

    @property
    def requests(self) -> int:
        """How many requests make a round: enough for a steady middle.

        At 50 in flight as many as at 500, which are compared: each of them is a task of the loop that gathers
        them, and the more tasks there are, the dearer is each.
        """
        return max(3000 if self.delay == NO_DELAY else 1000, 6 * self.in_flight)


@dataclass
class Results:
    """What was measured: the rounds of each contestant in each cell, and who failed or was not there."""

    missing: dict[str, str]
    rounds: dict[Cell, dict[str, list[Measured]]] = field(default_factory=dict[Cell, Any])
    failures: dict[Cell, dict[str, str]] = field(default_factory=dict[Cell, Any])
    origins: set[str] = field(default_factory=set[str])

    def values(self, cell: Cell, contestant: str, what: str) -> list[float]:
        return [measured[what] for measured in self.rounds.get(cell, {}).get(contestant, [])]

    def median(self, cell: Cell, contestant: str, what: str) -> float | None:
        """The median over the rounds; None if there is none."""
        values = self.values(cell, contestant, what)
        return statistics.median(values) if values else None

    def ratio(self, cell: Cell, contestant: str, to: str, what: str = "cpu_us") -> float | None:
        """The median of the ratios of two contestants in the same round."""
        pairs = list(zip(self.values(cell, contestant, what), self.values(cell, to, what), strict=False))
        return statistics.median([ours / theirs for ours, theirs in pairs]) if pairs else None

    def to_json(self) -> dict[str, Any]:
        return {
            "origins": sorted(self.origins),
            "missing": self.missing,
            "cells": [
                {**asdict(cell), "rounds": rounds, "failures": self.failures.get(cell, {})}
                for cell, rounds in self.rounds.items()
            ],
        }


def alone(module: str, *arguments: object) -> Any:
    """The JSON that a module prints, run in a process of its own on the client's core.

    Raises:
        RuntimeError: It failed; the text is the last line that it wrote.
    """
    # A proxy of the environment would be asked for the origin on loopback.
    environment = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    try:
        finished = subprocess.run(
            # Warnings about what an error left behind would hide the error.
            [sys.executable, "-W", "ignore", "-m", f"benchmarks.{module}", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            preexec_fn=on_core(two_cores()[1]),
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"not done within {LONGEST_SECONDS} s") from None
    if finished.returncode:
        raise RuntimeError((finished.stderr.strip().splitlines() or ["no message"])[-1])
    return json.loads(finished.stdout)


def play_rounds(
    plan: Iterable[tuple[Cell, Sequence[str]]], *, rounds: int, say: Callable[[str], None]
) -> Results:
    """Plays all cells with their contestants.

    Args:
        plan: The cells and who plays in each. Those that need the same origin stand together.
        rounds: How often each contestant plays in each cell.
        say: Told what is played now.
    """
    missing = {name: reason for name, reason in alone("contestants").items() if reason}
    results = Results(missing=missing)
    for (delay, tls), group in groupby(plan, key=lambda item: (item[0].delay, item[0].tls)):
        cells = list(group)
        with serving(tls=tls, delay=delay, core=two_cores()[0]) as origin:
            results.origins.add(origin.kind)
            for number in range(rounds):
                for cell, names in cells:
                    say(f"round {number + 1} of {rounds}: {cell}")
                    for name in names:
                        if name not in missing:
                            _play(results, cell, name, origin.base_url, origin.ca)
    return results


def _play(results: Results, cell: Cell, name: str, base_url: str, ca: object) -> None:
    arguments = [name, "--base-url", base_url, "--in-flight", cell.in_flight, "--requests", cell.requests]
    arguments += [] if ca is None else ["--ca", ca]
    try:
        measured = alone("contestants", *arguments)
    except RuntimeError as error:
        results.failures.setdefault(cell, {})[name] = str(error)
    else:
        results.rounds.setdefault(cell, {}).setdefault(name, []).append(measured)
