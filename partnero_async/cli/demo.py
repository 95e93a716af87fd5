"""The demo: a sandbox in a process of its own, and thousands of its customers fetched from it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import click

from ..bulk.outcomes import Found
from ..client import AsyncPartnero
from ..records.customer import Customer
from .display import Tally, progress_bar, show_customer, warn
from .exit_codes import ExitCode

__all__ = ["run_demo", "sandbox_process"]

MISSING = 40
FAILING = 9
_LATENCY = "5-25"


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
        click.echo(show_customer(sample))
    ended = tally.progress
    if (ended.found, ended.missing, ended.failed) != expected:
        warn("expected {} found, {} missing and {} failed".format(*expected))
        return ExitCode.FAILED
    return ExitCode.OK


@contextmanager
def sandbox_process(arguments: list[str]) -> Generator[str]:
    """The base URL of a sandbox that lives as long as the block, and no longer than this process."""
    command = [sys.executable, "-m", "partnero_async.sandbox", "--stop-with-stdin", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            line = process.stdout.readline()
            if "http" not in line:
                raise click.ClickException("the sandbox did not start; what it said is above")
            yield line.split()[-1]
        finally:
            process.stdin.close()
