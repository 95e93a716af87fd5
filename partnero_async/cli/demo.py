"""The demo: a sandbox in a process of its own, and thousands of its customers fetched from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial

import click

from ..bulk.outcomes import Found
from ..client import AsyncPartnero
from ..records.customer import Customer
from .display import Tally, progress_bar, warn
from .ending import end_with
from .exit_codes import ExitCode
from .output import record_lines

__all__ = ["demo", "run_demo", "sandbox_process"]

MISSING = 40
FAILING = 9
_LATENCY = "5-25"


@click.command()
@click.option("--customers", default=5000, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--concurrency", default=50, show_default=True, type=click.IntRange(1, 1000))
def demo(customers: int, concurrency: int) -> None:
    """Fetch thousands of customers from a local Partnero, over real sockets.

    A sandbox is started in a process of its own; some of the keys do not exist and some fail on purpose.
    """
    end_with(partial(run_demo, customers, concurrency))


async def run_demo(customers: int, concurrency: int) -> ExitCode:
    """Fetches all customers of a fresh sandbox, and keys that do not exist or fail on purpose."""
    keys = [f"customer_{number:06d}" for number in range(1, customers + 1)]
    keys += [f"nobody_{number:02d}" for number in range(1, MISSING + 1)]
    # customer_000001 to customer_000009 answer 500, retries or not.
    fault = {"do": "status", "status": 500, "path": "/v1/customers/customer_00000?"}
    arguments = ["--customers", str(customers), "--latency", _LATENCY, "--fault", json.dumps(fault)]
    expected = max(0, customers - FAILING), MISSING, min(customers, FAILING)
    with sandbox_process(arguments) as base_url:
        click.echo(f"A local Partnero with {customers} customers serves {base_url} ({_LATENCY} ms latency).")
        click.echo(f"Of the {len(keys)} keys, {MISSING} do not exist and {expected[2]} fail on purpose.")
        tally = Tally(len(keys))
        sample: Customer | None = None
        async with AsyncPartnero(
            "sandbox_affiliate", base_url=base_url, max_concurrency=concurrency
        ) as partnero:
            with progress_bar(tally) as show:
                async with partnero.customers.stream(keys) as outcomes:
                    async for outcome in outcomes:
                        tally.count(outcome)
                        show()
                        if isinstance(outcome, Found):
                            sample = outcome.value
    tally.summarize()
    if sample is not None:
        click.echo(record_lines(sample))
    ended = tally.progress
    if (ended.found, ended.missing, ended.failed) != expected:
        warn("expected {} found, {} missing and {} failed".format(*expected))
        return ExitCode.FAILED
    click.echo(
        f"That was: {len(keys)} keys over real sockets, {concurrency} at a time, each with one outcome."
    )
    return ExitCode.OK


@contextmanager
def sandbox_process(arguments: list[str]) -> Generator[str]:
    """The base URL of a sandbox that lives as long as the block, and no longer than this process."""
    command = [*_sandbox_command(), "--stop-with-stdin", *arguments]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            line = process.stdout.readline()
            if "http" not in line:
                raise click.ClickException("the sandbox did not start; what it said is above")
            yield line.split()[-1]
        finally:
            process.stdin.close()


def _sandbox_command() -> list[str]:
    """What serves a sandbox; in a bundle of PyInstaller, ``sys.executable`` is this command line itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "sandbox"]
    return [sys.executable, "-m", "partnero_async.sandbox"]
