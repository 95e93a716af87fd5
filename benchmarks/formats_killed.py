"""Exports of all customers to JSONL, CSV and Parquet, killed twice with SIGKILL and resumed.

Each is compared with an export that nobody interrupted, and the most memory that one of them took is shown
for a tenth of the customers, and for all. ``python -m benchmarks.formats_killed`` takes some minutes; Parquet
needs the extra ``parquet``.
"""

from __future__ import annotations

import argparse
import csv
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from partnero_async.cli.demo import sandbox_process

COMMAND = [sys.executable, "-c", "from partnero_async.cli import main; main()", "customers", "export"]
FORMATS = ("jsonl", "csv", "parquet")
KILLS = 2


def started(base_url: str, out: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PARTNERO_API_KEY": "sandbox_affiliate", "PARTNERO_BASE_URL": base_url}
    return subprocess.Popen([*COMMAND, "--out", str(out)], env=environment, stderr=subprocess.PIPE)


def finished(process: subprocess.Popen[bytes]) -> tuple[str, float]:
    """The summary of an export that comes to its end, and the most memory that it took, in MiB."""
    assert process.stderr is not None
    said = list[bytes]()
    assert process.stderr is not None
    reader = threading.Thread(target=lambda pipe: said.append(pipe.read()), args=(process.stderr,))
    reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    reader.join()
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    return said[0].decode().splitlines()[0], usage.ru_maxrss / 1024


def records(out: Path) -> list[Any]:
    """What an export wrote, in some order."""
    match out.suffix:
        case ".jsonl":
            return sorted(out.read_bytes().splitlines())
        case ".csv":
            with out.open(newline="", encoding="utf-8") as file:
                return sorted(csv.reader(file))
        case _:
            from pyarrow import parquet

            table = parquet.read_table(out)
            return sorted(map(str, zip(*(column.to_pylist() for column in table.columns), strict=True)))


def are_equal(one: Path, other: Path, count: int) -> bool:
    """Whether two exports have the same so many records."""
    # In a process of its own: what this one takes counts as taken by those that it starts.
    code = "import sys; from benchmarks.formats_killed import compare; compare(*sys.argv[1:])"
    return subprocess.run([sys.executable, "-c", code, one, other, str(count)], check=False).returncode == 0


def compare(one: str, other: str, count: str) -> None:
    first = records(Path(one))
    has_all = len(first) == int(count) + one.endswith(".csv")  # which has a line of names
    sys.exit(0 if has_all and first == records(Path(other)) else 1)


def measure(base_url: str, folder: Path, count: int, *, kill: bool) -> bool:
    all_same = True
    for form in FORMATS:
        whole, killed = folder / f"whole_{count}.{form}", folder / f"killed_{count}.{form}"
        said, memory = finished(started(base_url, whole))
        print(f"{count:>6,} to {form:<7}: {memory:5.0f} MiB at most; {said}")
        if not kill:
            continue
        growing = killed if form == "jsonl" else killed.with_name(f"{killed.name}.part.jsonl")
        enough = count * 300 // (KILLS + 1)  # a line has some 300 bytes
        for number in range(1, KILLS + 1):
            process = started(base_url, killed)
            while not growing.exists() or growing.stat().st_size < enough * number:
                assert process.poll() is None, "it came to its end before it was killed"
                time.sleep(0.002)
            process.kill()
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            print(f"       kill {number}: {growing.read_bytes().count(bytes([10])):,} lines on disk")
        said, memory = finished(started(base_url, killed))
        same = are_equal(whole, killed, count)
        print(f"       at last: {memory:5.0f} MiB; {said}; {'equal' if same else 'NOT equal'}", flush=True)
        all_same = all_same and same
    return all_same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=50_000)
    count = parser.parse_args().customers
    all_same = True
    with tempfile.TemporaryDirectory() as folder:
        for size in (count // 10, count):
            with sandbox_process(["--customers", str(size)]) as base_url:
                all_same &= measure(base_url, Path(folder), size, kill=size == count)
    sys.exit(0 if all_same else 1)


if __name__ == "__main__":
    main()
