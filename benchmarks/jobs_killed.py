"""A job of many keys over Celery and Redis, with workers that are killed on the way: is each key there once?

What is printed: the time beside the least that the quota allows, how many lines and how many keys the merged
file has, and how many requests were made for them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.jobs.killing import fetch
from tests.shared.redis_server import redis_server

__all__ = ["main"]


def main() -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=200_000)
    parser.add_argument("--parts", type=int, default=100)
    parser.add_argument("--per-second", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--visibility-timeout", type=int, default=15)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    with redis_server() as server, tempfile.TemporaryDirectory() as folder:
        fetched = fetch(
            Path(folder),
            server,
            keys=options.keys,
            parts=options.parts,
            per_second=options.per_second,
            workers=options.workers,
            kills=options.kills,
            visibility_timeout=options.visibility_timeout,
            show=print if options.show else lambda line: None,
        )
    print(
        f"{options.keys} keys in {options.parts} parts, {options.workers} workers of which {options.kills} "
        f"were killed: {fetched.seconds:.0f} s, {fetched.seconds / fetched.least:.2f} of the "
        f"{fetched.least:.0f} s that {options.per_second} a second allow; "
        f"{fetched.lines} lines of {fetched.keys} keys, {fetched.requests} requests"
    )
    return 0 if fetched.lines == fetched.keys == options.keys else 1


if __name__ == "__main__":
    sys.exit(main())
