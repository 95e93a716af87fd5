"""What a script can tell from how a command ended."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["EXIT_CODES", "ExitCode"]


class ExitCode(IntEnum):
    """What a script can tell from a run."""

    OK = 0
    FAILED = 1
    USAGE = 2
    MISSING = 3
    INTERRUPTED = 130


EXIT_CODES = (
    "Exit codes: 0 all is well, 1 something failed, 2 wrong usage or settings, "
    "3 nothing failed but some keys are missing, 130 interrupted."
)
