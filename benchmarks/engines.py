"""What the SDK could send with: the candidates for an engine beside the engines that it has.

The numbers of docs/explanation/next-engine.md. Needs httptools, pyreqwest, curl_cffi, niquests
and uvloop. Some ten minutes.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
from pathlib import Path

from .charts import Bars, draw
from .origin import NEAR
from .rounds import Cell, Results, play_rounds
from .speed import machine, show_calls

OURS = ["SDK", "SDK, aiohttp engine", "SDK, prototype", "SDK over pyreqwest"]
BARE = ["aiohttp", "pyreqwest"]
UVLOOP = ["SDK, uvloop", "SDK, aiohttp engine, uvloop", "SDK, prototype, uvloop"]
OTHERS = ["curl_cffi", "niquests"]
PACKAGES = ("httptools", "pyreqwest", "curl_cffi", "niquests")
CELLS = [
    cell for tls in (False, True) for cell in (Cell(1, NEAR, tls), Cell(50, tls=tls), Cell(500, tls=tls))
]


def show_ratios(results: Results, names: list[str]) -> None:
    """CPU as a share of the default engine's in the same round."""
    print("\nCPU, medians of the ratios to SDK in the same round")
    for name in names:
        ratios = [results.ratio(cell, name, "SDK") for cell in CELLS]
        said = "".join("      —" if ratio is None else f"{ratio:7.2f}" for ratio in ratios)
        print(f"  {name:28}{said}")


def chart(results: Results, names: list[str]) -> str:
    """The bars of 50 in flight, plain and over TLS, as SVG."""
    cells = [Cell(50), Cell(50, tls=True)]
    return draw(
        "CPU of the client for one request, by engine",
        "microseconds, less is better",
        [
            Bars(str(cell), {name: results.median(cell, name, "cpu_us") or "fails" for name in names})
            for cell in cells
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each candidate plays")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write all that was measured")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="where to write the chart")
    options = parser.parse_args()
    names = [*OURS, *BARE, *UVLOOP]
    plan = [(cell, names + (OTHERS if cell.in_flight == 50 else [])) for cell in CELLS]
    results = play_rounds(plan, rounds=options.rounds, say=lambda text: print(text, file=sys.stderr))
    show_calls(results)
    show_ratios(results, [*names, *OTHERS])
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        engines = {package: importlib.metadata.version(package) for package in PACKAGES}
        measured = {"machine": machine(), "engines": engines, "calls": results.to_json()}
        options.json.write_text(json.dumps(measured, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(chart(results, [*names, *OTHERS]))


if __name__ == "__main__":
    main()
