"""The manifest of a job, and the files with the keys of its parts."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from ...errors import ArgumentError
from ...export._choice import check_key, part_of

__all__ = ["MANIFEST", "Keys", "divide", "manifest_in", "without_time"]

Keys: TypeAlias = Iterable[str] | Iterable[int]
"""The keys of one program."""

VERSION: Final = 1
MANIFEST: Final = "manifest.json"

_BUFFERED: Final = 50_000
"""Keys that are kept in memory before they are added to the files of their parts."""


def manifest_in(folder: Path) -> dict[str, Any]:
    """What the manifest of a folder says.

    Raises:
        ArgumentError: There is none, or one of a newer version.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        version = manifest["version"]
    except (FileNotFoundError, NotADirectoryError):
        raise ArgumentError(f"there is no job in {folder}: it has no {MANIFEST}") from None
    except (IsADirectoryError, ValueError, KeyError, TypeError) as error:
        raise ArgumentError(f"{path} is not the manifest of a job: {error!r}") from None
    if version > VERSION:
        raise ArgumentError(
            f"the job in {folder} was made by a newer version of partnero_async: upgrade this one"
        )
    return manifest


def divide(folder: Path, programs: Mapping[str | None, Keys], parts: int) -> dict[str, Any]:
    """Writes the keys of each part, and returns the manifest."""
    folder.mkdir()
    counts = [0] * (len(programs) * parts)
    digest = 0  # of keys in any order: sets, and databases, have another one each time
    for place, (program, keys) in enumerate(programs.items()):
        if program is not None and not isinstance(program, str):
            raise TypeError(f"the name of a program must be text, not {type(program).__name__}")
        if program is not None and not (program and program.isprintable()):
            raise ArgumentError(f"the name of a program must be printable text, not {program!r}")
        waiting = dict[int, list[bytes]]()
        held = 0
        for key in keys:
            line = json.dumps(check_key(key)).encode() + b"\n"
            number = place * parts + part_of(key, parts)
            digest += int.from_bytes(hashlib.sha256(b"%d %s" % (place, line)).digest())
            waiting.setdefault(number, []).append(line)
            counts[number] += 1
            held += 1
            if held >= _BUFFERED:
                _add(folder, waiting)
                held = 0
        _add(folder, waiting)
    if not any(counts):
        raise ArgumentError("there is no key")
    names = [program for program in programs for _ in range(parts)]
    return {
        "version": VERSION,
        "made_at": time.time(),
        "digest": f"{digest % 2**256:064x}",
        "parts": [{"program": name, "keys": count} for name, count in zip(names, counts, strict=True)],
    }


def _add(folder: Path, waiting: dict[int, list[bytes]]) -> None:
    for number, lines in waiting.items():
        with (folder / f"{number:06d}.jsonl").open("ab") as file:
            file.writelines(lines)
    waiting.clear()


def without_time(manifest: dict[str, Any]) -> dict[str, Any]:
    """What tells one plan from another."""
    return {name: value for name, value in manifest.items() if name != "made_at"}
