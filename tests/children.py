"""Processes that run a function of the tests, and are spoken with in lines of JSON.

The tests are not on the path of Python, so that what is installed is tested and not the tree; a child finds
them behind all else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

__all__ = ["BEHIND_ALL_ELSE", "Child", "Parent"]

ROOT: Final = Path(__file__).parent.parent

BEHIND_ALL_ELSE: Final = f"import sys; sys.path.append({str(ROOT)!r}); "
"""What ``python -c`` needs so that it finds the tests."""


class Parent:
    """What a child speaks with."""

    def send(self, said: Any) -> None:
        """Says something to the parent."""
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    def recv(self) -> Any:
        """What the parent says next."""
        return json.loads(sys.stdin.readline())


class Child:
    """A process that calls ``function(parent, **settings)`` of a module.

    Args:
        module: Its full name.
        function: The name of the function.
        settings: What it is called with, which JSON must know.
    """

    def __init__(self, module: str, function: str, **settings: Any) -> None:
        told = json.dumps([module, function, settings])
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{BEHIND_ALL_ELSE}from tests.children import main; main()", told],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )

    def send(self, said: Any) -> None:
        """Says something to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()

    def recv(self) -> Any:
        """What it says next.

        Raises:
            EOFError: It has ended.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise EOFError
        return json.loads(line)

    def close(self) -> None:
        """Waits for its end."""
        with self.process:  # closes both pipes
            pass


def main() -> None:
    """What a child runs."""
    module, function, settings = json.loads(sys.argv[1])
    getattr(import_module(module), function)(Parent(), **settings)
