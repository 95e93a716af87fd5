"""The ``partnero`` command. Without its extra it says what to install."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Runs the command line; the entry point of the ``partnero`` script."""
    try:
        from .commands import partnero
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "partnero_async":
            raise
        print(
            f"partnero: the command line needs {error.name}: pip install 'partnero-async[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    partnero(prog_name="partnero")
