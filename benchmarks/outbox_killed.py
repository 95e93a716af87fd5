"""10,000 sales from four processes that are killed a hundred times, by an outbox and by who retries naively.

The server is a sandbox in a process of its own which at random loses requests and answers, fails before and
after acting, stalls past the timeout, and acts late.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.outbox.killing import sell

__all__ = ["main"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sales", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=100)
    options = parser.parse_args()
    print("| Client | Sales there once | more than once | never | SIGKILLs | Seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind, name in (("outbox", "SalesOutbox"), ("naive", "retrying until it is answered 2xx")):
        with tempfile.TemporaryDirectory() as folder:
            ended = sell(kind, Path(folder), sales=options.sales, kills=options.kills, lives=(0.3, 1.2))
        counts = f"{ended.once:,} | {ended.twice:,} | {ended.never:,} | {ended.kills}"
        print(f"| {name} | {counts} | {ended.seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
