"""What ``import partnero_async`` adds to importing its dependencies: CPU and memory.

Pairs of fresh interpreters, interleaved; the medians are printed. Budget: 15 ms of CPU and 2 MiB.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

PAIRS = 15
DEPENDENCIES = "import httpx, attrs, cattrs, anyio"
STATEMENTS = {
    "import partnero_async": f"{DEPENDENCIES}, partnero_async",
    "from partnero_async import AsyncPartnero": f"{DEPENDENCIES}; from partnero_async import AsyncPartnero",
    "every public name": f"{DEPENDENCIES}; from partnero_async import *",
}
MEASURE = (
    "import resource; used = resource.getrusage(resource.RUSAGE_SELF);"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
)


def cost(statement: str) -> tuple[float, float]:
    """CPU in milliseconds and peak memory in MiB of a fresh interpreter that executes a statement."""
    code = f"{statement}; {MEASURE}"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    seconds, kibibytes = out.split()
    return float(seconds) * 1000, float(kibibytes) / 1024


def main() -> None:
    for name, statement in STATEMENTS.items():
        pairs = [(cost(DEPENDENCIES), cost(statement)) for _ in range(PAIRS)]
        cpu = statistics.median(with_us[0] - without[0] for without, with_us in pairs)
        memory = statistics.median(with_us[1] - without[1] for without, with_us in pairs)
        print(f"{name:45} adds {cpu:6.1f} ms of CPU and {memory:5.2f} MiB (median of {PAIRS} pairs)")


if __name__ == "__main__":
    main()
