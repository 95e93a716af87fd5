"""What the pytest plugin adds to a run that does not use it: CPU time, and the modules that it loads."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

__all__ = ["main"]

# As pytest loads a plugin by its entry point, in a process that has loaded pytest and nothing else.
SCRIPT = """
import sys, time
from importlib.metadata import entry_points
import pytest
from _pytest.config import PytestPluginManager

manager = PytestPluginManager()
(entry,) = [one for one in entry_points(group="pytest11") if one.name == "partnero_async"]
before = set(sys.modules)
began = time.process_time()
manager.register(entry.load(), entry.name)
print((time.process_time() - began) * 1000, len(set(sys.modules) - before))
"""


def main() -> None:
    milliseconds = list[float]()
    modules = set[str]()
    for _ in range(20):
        ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
        took, loaded = ran.stdout.split()
        milliseconds.append(float(took))
        modules.add(loaded)
    print(f"{median(milliseconds):.1f} ms of CPU (median of 20, {min(milliseconds):.1f} at least)")
    print(f"{' or '.join(sorted(modules))} modules loaded")


if __name__ == "__main__":
    main()
