"""The ``partnero`` command. Without its extra it says what to install."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Runs the command line; the entry point of the ``partnero`` script."""
    from .streams import prepared

    try:
        with prepared():
            try:
                from .commands import run

                run()
            except ModuleNotFoundError as error:
                needed = (error.name or "partnero_async").partition(".")[0]
                if needed == "partnero_async":
                    raise
                said = f"the command line needs {needed}: pip install 'partnero-async[cli]'"
                print(f"partnero: {said}", file=sys.stderr)
                sys.exit(2)
    except KeyboardInterrupt:
        # The commands tell it themselves; this is for what comes before and after them.
        sys.exit(130)
