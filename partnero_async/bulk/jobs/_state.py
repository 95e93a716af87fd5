"""How far one part is: a small file beside its results, which is replaced as a whole."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

__all__ = ["PartState", "read_state", "replace_file", "write_state"]

LIVE_SECONDS: Final = 30.0
"""Whoever works on a part says so more often than that."""


@attrs.frozen(kw_only=True)
class PartState:
    """How far a part is, as whoever works on it last said."""

    done: bool = False
    """Whether every key of it has an outcome."""

    found: int = 0
    """Keys whose record is in its file."""

    missing: int = 0
    """Keys that Partnero does not know."""

    failed: int = 0
    """Keys whose call failed."""

    refused: int = 0
    """Requests that were refused with a 429, by the run that said this."""

    per_second: float | None = None
    """Keys a second lately; None before there is anything to reckon with."""

    limit: float | None = None
    """Requests a second that the rate limit allows, as is known to whoever works on it."""

    at: float = attrs.field(factory=time.time)
    """When this was said, in Unix seconds."""

    @property
    def outcomes(self) -> int:
        """Keys that have an outcome."""
        return self.found + self.missing + self.failed

    @property
    def is_live(self) -> bool:
        """Whether somebody works on it, by the clocks of the machines."""
        return not self.done and abs(time.time() - self.at) < LIVE_SECONDS


def read_state(path: Path) -> PartState | None:
    """What was said; None if there is nothing that can be read."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        told: dict[str, Any] = json.loads(path.read_bytes())
        for name in ("found", "missing", "failed", "refused", "at"):
            told[name] = float(told[name]) if name == "at" else int(told[name])
        for name in ("per_second", "limit"):
            told[name] = None if told[name] is None else float(told[name])
        return PartState(**told | {"done": told["done"] is True})
    return None


def write_state(path: Path, state: PartState) -> None:
    """Says it."""
    replace_file(path, json.dumps(attrs.asdict(state)).encode())


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file as a whole or not at all, and brings it to the disk."""
    new = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise
