"""10,000 deliveries, every third one sent twice, to an application that is killed twenty times."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.webhooks.killing import deliver

__all__ = ["main"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    print("| Handled | once | more than once | never | under way at the kills | SIGKILLs | Seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for mode in ("at once", "background"):
        with tempfile.TemporaryDirectory() as folder:
            ended = asyncio.run(
                deliver(Path(folder), deliveries=options.deliveries, kills=options.kills, mode=mode)
            )
        counts = f"{ended.once:,} | {ended.twice:,} | {ended.never:,} | {ended.in_hand:,} | {ended.kills}"
        print(f"| {mode} | {counts} | {ended.seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
