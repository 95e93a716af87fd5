"""How long the command line takes to start: ``partnero --help`` and ``partnero customers get``.

Beside the least that each could take: a program of click with one empty command, and ``import httpx`` with
one request to the same sandbox. All are run in turns, so that a busy machine is busy for all; the medians
are compared. ``python -m benchmarks.start_up``
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

from partnero_async.cli.demo import sandbox_process

EMPTY = "import click\n@click.command()\ndef main(): pass\nmain()"
REQUEST = """
import os, httpx
headers = {"Authorization": "Bearer " + os.environ["PARTNERO_API_KEY"]}
with httpx.Client(base_url=os.environ["PARTNERO_BASE_URL"], headers=headers) as client:
    print(client.get("/customers/customer_000001").raise_for_status().json())
"""
OURS = "from partnero_async.cli import main; main()"
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "an empty program of click, --help": ("-c", EMPTY, "--help"),
    "partnero --help": ("-c", OURS, "--help"),
    "import httpx and a request": ("-c", REQUEST),
    "partnero customers get": ("-c", OURS, "customers", "get", "customer_000001"),
}
PAIRS = (
    ("partnero --help", "an empty program of click, --help"),
    ("partnero customers get", "import httpx and a request"),
)


def once(arguments: tuple[str, ...], environment: Mapping[str, str]) -> tuple[float, float]:
    """The seconds of a clock and of the processor that a process takes."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(rounds: int) -> None:
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    with sandbox_process(["--customers", "1"]) as base_url:
        ours = {"PARTNERO_API_KEY": "sandbox_affiliate", "PARTNERO_BASE_URL": base_url}
        environment = os.environ | ours | {"PYTHONDONTWRITEBYTECODE": ""}
        for number in range(rounds + 1):
            for name, arguments in PROGRAMS.items():
                seconds = once(arguments, environment)
                if number:  # the first compiles modules
                    took[name].append(seconds)
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in took.items()
    }
    for name, (wall, processor) in medians.items():
        print(f"{name:<36} {wall * 1000:6.0f} ms, {processor * 1000:6.0f} ms of processor")
    for name, least in PAIRS:
        ratios = [mine / theirs for mine, theirs in zip(medians[name], medians[least], strict=True)]
        print(f"{name} takes {ratios[0]:.2f} times of {least}, {ratios[1]:.2f} times of its processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    measure(parser.parse_args().rounds)


if __name__ == "__main__":
    main()
