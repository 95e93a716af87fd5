"""How fast the SDK is beside what a user would write without it: tables, charts, and what is demanded.

Twenty to fifty minutes: everybody for the charts, then what is demanded, more often. With ``--short`` only
the latter and twice, within three minutes, and an exit code of 1 if a ratio is worse than twice its demand.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .charts import Bars, draw
from .contestants import CONTESTANTS, ENGINES
from .cores import two_cores
from .demands import (
    Demand,
    allowed_by_delay,
    demands_on_calls,
    demands_on_many_keys,
    demands_on_records,
    demands_on_streams,
)
from .many_keys import measure
from .origin import FAR, NEAR, NO_DELAY, serving
from .rounds import Cell, Results, alone, play_rounds

Plan = list[tuple[Cell, Sequence[str]]]

EVERYBODY = list(CONTESTANTS)
BARE = ("aiohttp", "pyreqwest", "floor: a record")
DEMANDED: Plan = [
    (Cell(50), ["httpx", "httpx-aiohttp", *ENGINES, *BARE]),
    (Cell(500), [*ENGINES, "aiohttp", "floor: a record"]),
    *((Cell(in_flight, tls=True), ["SDK, httptools engine", "aiohttp"]) for in_flight in (50, 500)),
    *((Cell(1, NEAR, tls), ["SDK, httptools engine", "aiohttp"]) for tls in (False, True)),
    *((Cell(in_flight, FAR), ["SDK, httptools engine"]) for in_flight in (200, 2000)),
]
CHARTED: Plan = [
    *((Cell(in_flight), EVERYBODY) for in_flight in (50, 500)),
    (Cell(1, NEAR), EVERYBODY),
    (Cell(1, NEAR, tls=True), ["httpx", *ENGINES, *BARE]),
    (Cell(50, tls=True), ["httpx", *ENGINES, *BARE]),
    (Cell(500, tls=True), EVERYBODY),
    *((Cell(in_flight, FAR), EVERYBODY) for in_flight in (50, 200, 500)),
    (Cell(2000, FAR), [*ENGINES, "aiohttp"]),
]
CHART_ROUNDS = 2
PACKAGES = (
    *("partnero-async", "anyio", "attrs", "cattrs", "httpcore", "httpx"),
    *("httpx2", "httpx-aiohttp", "aiohttp", "httptools", "pyreqwest", "openai", "uvloop"),
)


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "pinned": two_cores() != (None, None),
        "packages": dict(filter(None, map(_version, PACKAGES))),
    }


def _version(package: str) -> tuple[str, str] | None:
    try:
        return package, importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def show_calls(results: Results) -> None:
    print(f"Origin: {', '.join(sorted(results.origins))}.", end=" ")
    print("Medians; CPU and memory are the client's; busy is its share of a core.")
    for cell, rounds in results.rounds.items():
        print(f"\n{cell}")
        print(f"  {'':28} {'CPU us/request':>15} {'requests/s':>11} {'busy':>5} {'peak MiB':>9}")
        for name in rounds:
            cpu, rate, busy, peak = (
                results.median(cell, name, what) or 0.0 for what in ("cpu_us", "rate", "busy", "peak_mib")
            )
            print(f"  {name:28} {cpu:15.0f} {rate:11,.0f} {busy:5.0%} {peak:9.1f}")
        for name, reason in results.failures.get(cell, {}).items():
            print(f"  {name:28} failed: {reason}")
    for name, reason in results.missing.items():
        print(f"{name}: {reason}")
    if _disturbed(results):
        print("Without a delay the client should be busy all the time, and was not: something else used its")
        print("core, or the origin was too slow. Believe the ratios of CPU, not the requests a second.")


def _disturbed(results: Results) -> bool:
    return any(
        (results.median(cell, name, "busy") or 1.0) < 0.8
        for cell, rounds in results.rounds.items()
        if cell.delay == NO_DELAY
        for name in rounds
    )


def measure_streams() -> dict[str, dict[str, dict[str, float]]]:
    """A stream beside single calls, on each engine, where answers come in heaps and where one by one."""
    measured = dict[str, dict[str, dict[str, float]]]()
    for cell, turns in ((Cell(50), 20), (Cell(200, FAR), 6)):
        with serving(tls=False, delay=cell.delay, core=two_cores()[0]) as origin:
            asked = ("--base-url", origin.base_url, "--in-flight", cell.in_flight, "--turns", turns)
            measured[str(cell)] = alone("streams", *asked)
    return measured


def show_streams(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    print("\nA stream beside single calls, by turns in one process")
    for cell, engines in measured.items():
        print(f"{cell}, microseconds of CPU")
        for engine, ways in engines.items():
            print(f"  {engine:28} {ways['single']:5.0f} for a call, {ways['stream']:5.0f} for a key")


def show_many_keys(measured: Mapping[int, Mapping[str, float]]) -> None:
    print("\nA stream of whole calls, transport in memory")
    for count, of_count in measured.items():
        print(
            f"  {count:9,} keys: {of_count['cpu_us']:6.1f} us of CPU per key, first result after "
            f"{of_count['first_ms']:5.2f} ms, peak {of_count['peak_mib']:5.1f} MiB"
        )


def show_records(measured: Mapping[str, Mapping[str, float]]) -> None:
    print("\nA page of 100 customers, bytes to records")
    for page, ways in measured.items():
        said = ", ".join(f"{name} {microseconds:.0f} us" for name, microseconds in ways.items())
        print(f"  {page}: {said}")


def charts(results: Results, records: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """File name -> SVG."""

    def bars(cell: Cell, what: str, limit: float | None = None) -> Bars:
        values: dict[str, float | str] = {}
        for name in CONTESTANTS:
            median = results.median(cell, name, what)
            if median is not None:
                values[name] = median
            elif failure := results.failures.get(cell, {}).get(name):
                values[name] = f"fails: {failure.split(':')[0]}"
        return Bars(str(cell), values, limit)

    return {
        "speed-cpu.svg": draw(
            "CPU of the client for one request",
            "microseconds, less is better",
            [bars(cell, "cpu_us") for cell in (Cell(1, NEAR), Cell(50), Cell(500))],
        ),
        "speed-rate.svg": draw(
            "Requests against a server that answers after 50 to 150 ms",
            "a second, more is better; the line is what the delay allows",
            [bars(Cell(in_flight, FAR), "rate", allowed_by_delay(in_flight)) for in_flight in (50, 200, 500)],
        ),
        "speed-memory.svg": draw(
            "Peak memory of the client's process",
            "MiB, less is better",
            [bars(Cell(500), "peak_mib"), bars(Cell(500, tls=True), "peak_mib")],
        ),
        "speed-records.svg": draw(
            "A page of 100 customers, from bytes to records",
            "microseconds of CPU, less is better",
            [Bars(page, ways) for page, ways in records.items()],
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="three minutes; fail on ratios that are far off")
    parser.add_argument("--rounds", type=int, help="how often what is demanded is played; 9, or 2 if short")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write all that was measured")
    parser.add_argument("--svg", type=Path, metavar="DIR", help="where to write the charts")
    options = parser.parse_args()
    if options.short and options.svg:
        parser.error("--svg draws everybody, and with --short not everybody plays")
    rounds = options.rounds or (2 if options.short else 9)
    counts = {1_000: 3, 20_000: 1} if options.short else {1_000: 9, 10_000: 5, 100_000: 3, 1_000_000: 1}

    everybody = None if options.short else play_rounds(CHARTED, rounds=CHART_ROUNDS, say=_say)
    if everybody is not None:
        show_calls(everybody)
        print("\nWhat is demanded, in more rounds")
    results = play_rounds(DEMANDED, rounds=rounds, say=_say)
    show_calls(results)
    _say("streams")
    streams = measure_streams()
    show_streams(streams)
    _say("many keys")
    many_keys = measure(counts)
    show_many_keys(many_keys)
    records = alone("records")
    show_records(records)
    demands = [
        *demands_on_calls(results),
        *demands_on_streams(streams),
        *demands_on_many_keys(many_keys),
        *demands_on_records(records),
    ]
    print("\nDemanded")
    for demand in demands:
        print(f"  {demand}")

    if options.json:
        measured = {
            "machine": machine(),
            "everybody": None if everybody is None else everybody.to_json(),
            "calls": results.to_json(),
            "streams": streams,
            "many_keys": many_keys,
            "records": records,
            "demands": [{"what": d.what, "limit": d.limit, "reached": d.reached} for d in demands],
        }
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(measured, indent=1) + "\n")
    if options.svg and everybody is not None:
        options.svg.mkdir(parents=True, exist_ok=True)
        for name, svg in charts(everybody, records).items():
            (options.svg / name).write_text(svg)
    if options.short:
        sys.exit(_far_off(results, demands))


def _far_off(results: Results, demands: Sequence[Demand]) -> str | None:
    """What is wrong beyond all noise; None if nothing is."""
    wrong = [f"worse than twice the demand: {demand.what}" for demand in demands if demand.far_off]
    for cell, failures in results.failures.items():
        wrong += [f"{name} failed, {cell}: {failures[name]}" for name in failures if name.startswith("SDK")]
    return "\n".join(wrong) or None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
