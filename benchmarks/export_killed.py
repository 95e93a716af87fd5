"""What an export repeats that is killed, again and again: ``partnero customers fetch --resume``.

A fetch of 50,000 keys from a sandbox in a process of its own, once without interruption, and once killed ten
times with SIGKILL and resumed. What they wrote is compared, sorted, byte for byte; the sandbox counts.
``python -m benchmarks.export_killed`` takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from partnero_async.cli.demo import sandbox_process

COMMAND = [sys.executable, "-c", "from partnero_async.cli import main; main()", "customers", "fetch"]


def started(base_url: str, keys: Path, out: Path, concurrency: int) -> subprocess.Popen[bytes]:
    arguments = ["--resume", "--keys", str(keys), "--out", str(out), "--concurrency", str(concurrency)]
    environment = os.environ | {"PARTNERO_API_KEY": "sandbox_affiliate", "PARTNERO_BASE_URL": base_url}
    return subprocess.Popen([*COMMAND, *arguments], env=environment, stderr=subprocess.PIPE)


def counted(base_url: str) -> tuple[int, int]:
    """How many requests the sandbox got, and how many of them it has not answered yet."""
    with urlopen(f"{base_url.removesuffix('/v1')}/_sandbox/stats") as answer:
        stats = json.load(answer)["data"]
    return stats["requests"], stats["in_flight"]


def finished(process: subprocess.Popen[bytes]) -> str:
    """The summary of a fetch that comes to its end; some keys do not exist."""
    _, said = process.communicate()
    assert process.returncode == 3, said
    return said.decode().splitlines()[0]


def written(out: Path) -> Iterator[list[bytes]]:
    """The lines of both files, sorted."""
    for path in (out, out.with_name(f"{out.name}.rest.jsonl")):
        yield sorted(path.read_bytes().splitlines(keepends=True))


def measure(count: int, kills: int, concurrency: int) -> None:
    missing = count // 1000
    keys = [f"customer_{number:06d}" for number in range(1, count - missing + 1)]
    keys += [f"nobody_{number:04d}" for number in range(missing)]
    arguments = ["--customers", str(count), "--latency", "5-25"]
    with tempfile.TemporaryDirectory() as folder, sandbox_process(arguments) as base_url:
        listed, whole, resumed = (Path(folder, name) for name in ("keys.txt", "whole.jsonl", "resumed.jsonl"))
        listed.write_text("\n".join(keys))
        print(f"uninterrupted: {finished(started(base_url, listed, whole, concurrency))}")
        before = counted(base_url)[0]
        torn = 0
        for kill in range(1, kills + 1):
            enough = whole.stat().st_size * kill // (kills + 1)
            process = started(base_url, listed, resumed, concurrency)
            while not resumed.exists() or resumed.stat().st_size < enough:
                assert process.poll() is None, "it came to its end before it was killed"
                time.sleep(0.002)
            process.kill()
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            text = resumed.read_bytes()
            torn += not text.endswith(b"\n")
            print(f"kill {kill}: {len(text.splitlines()):,} lines on disk")
        print(f"at last: {finished(started(base_url, listed, resumed, concurrency))}")
        repeated = counted(base_url)[0] - before - count
        print(f"{count:,} keys, {kills} kills, {torn} torn lines found")
        print(f"{repeated} requests repeated, {kills * concurrency} at most under way at the kills")
        same = list(written(whole)) == list(written(resumed))
        print(f"sorted, the files are {'equal byte for byte' if same else 'NOT equal'}")
        if not same or not 0 <= repeated <= kills * concurrency:
            sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--concurrency", type=int, default=50)
    options = parser.parse_args()
    measure(options.keys, options.kills, options.concurrency)


if __name__ == "__main__":
    main()
