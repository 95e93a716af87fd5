"""A job: many keys in parts, each of which is an export that goes on where it stopped.

A folder has all of it: ``manifest.json`` (how many parts, of which programs, with how many keys), ``keys/``
(those of each part), and ``parts/`` (the results of each, and how far it is). Nothing in it is secret but the
records. Whoever has the folder may do any part; a part that two do at a time is done by one of them.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

import anyio
import attrs

from ...errors import ArgumentError, UsageError
from ...export._files import rest_of
from ...export._lines import Key, key_of_found, key_of_unfound
from ...export.run import Export, export
from ...inputs._checks import check_count
from ...lists.whole import MOST_IN_A_LIST
from ._manifest import MANIFEST, Keys, divide, manifest_in, without_time
from ._state import PartState, read_state, replace_file, write_state
from .status import JobStatus, status_of

__all__ = ["Job", "Part", "load", "plan"]

_SAID_EVERY: Final = 2.0
"""Seconds after which it is said again how far a part is."""


@attrs.frozen
class Part:
    """A part of a job."""

    number: int
    """Counted from 0."""

    program: str | None
    """The name of the program, as it was given to ``plan``; None where there is one alone."""

    keys: int
    """How many keys it has."""


def plan(folder: str | os.PathLike[str], keys: Keys | Mapping[str, Keys], *, parts: int) -> Job:
    """Divides keys into parts, and writes what whoever does them needs.

    It is the same part for the same key, on every machine. The same call again, with the same keys, finds
    what it wrote; so it may be repeated after an interruption.

    Args:
        folder: Where the job is to be; made if it is not there. Those who do the parts must all have it.
        keys: Strings or whole numbers; or those of several programs, by names of yours. A name is no API key:
            it is in the manifest.
        parts: Into how many parts the keys are divided; of several programs, those of each.

    Raises:
        ArgumentError: A number is out of its bounds, there is no key, or another job is in the folder.
        TypeError: A key is neither a string nor a whole number.
        OSError: A file cannot be written; the error names it.
    """
    check_count("parts", parts, least=1)
    if isinstance(keys, (str, bytes)):
        raise TypeError("keys must be several: a list of strings, not one string")
    programs = cast("Mapping[str | None, Keys]", keys if isinstance(keys, Mapping) else {None: keys})
    at = Path(folder).resolve()
    at.mkdir(parents=True, exist_ok=True)
    new = at / f".keys.{os.getpid()}.{time.monotonic_ns()}"
    try:
        manifest = divide(new, programs, parts)
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        existing = at / MANIFEST
        if existing.exists():
            if without_time(manifest_in(at)) != without_time(manifest):
                raise ArgumentError(f"another job is in {at}: plan this one elsewhere")
            return load(at)
        if (at / "parts").exists() and any((at / "parts").iterdir()):
            raise ArgumentError(
                f"results of a job without its {MANIFEST} are in {at}: plan this one elsewhere"
            )
        with suppress(FileNotFoundError):
            shutil.rmtree(at / "keys")  # of a plan that came to no end
        new.rename(at / "keys")
        (at / "parts").mkdir(exist_ok=True)
        replace_file(existing, text.encode())
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return load(at)


def load(folder: str | os.PathLike[str]) -> Job:
    """The job that is in a folder.

    Raises:
        ArgumentError: There is none, or one of a newer version.
    """
    at = Path(folder).resolve()
    manifest = manifest_in(at)
    try:
        parts = tuple(
            Part(number, part["program"], part["keys"]) for number, part in enumerate(manifest["parts"])
        )
    except (KeyError, TypeError) as error:
        raise ArgumentError(f"{at / MANIFEST} is not the manifest of a job: {error!r}") from None
    return Job(at, parts)


class Job:
    """A job in parts; made by ``plan`` and ``load``.

    Attributes:
        folder: Where it is.
        parts: Its parts, by their numbers.
    """

    def __init__(self, folder: Path, parts: tuple[Part, ...]) -> None:
        self.folder = folder
        self.parts = parts

    def __repr__(self) -> str:
        return f"Job({str(self.folder)!r}, parts={len(self.parts)})"

    @property
    def left(self) -> list[Part]:
        """The parts that are not done."""
        return [part for part in self.parts if not self.state(part.number).done]

    def keys(self, number: int) -> Iterator[Key]:
        """The keys of a part."""
        self._check(number)
        try:
            with self._path("keys", number).open(encoding="utf-8") as lines:
                for line in lines:
                    yield json.loads(line)
        except FileNotFoundError:
            if self.parts[number].keys:
                raise

    def state(self, number: int) -> PartState:
        """How far a part is."""
        self._check(number)
        return read_state(self._path("parts", number, ".state.json")) or PartState(at=0.0)

    @property
    def status(self) -> JobStatus:
        """How far the job is."""
        return status_of(
            (part.program, part.keys, read_state(self._path("parts", part.number, ".state.json")))
            for part in self.parts
        )

    async def run(
        self,
        number: int,
        call: Callable[[Any], Awaitable[Any]],
        *,
        concurrency: int | None = None,
        retry_failed: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        most: int | None = MOST_IN_A_LIST,
        on_progress: Callable[[Export], None] | None = None,
    ) -> PartState:
        """Does a part, or what is left of it. One that is done is not done again.

        Args:
            number: Which, counted from 0.
            call: What is awaited for each key, such as ``partnero.customers.get``.
            concurrency: Calls under way at a time; see ``export``.
            retry_failed: Whether to ask again for the keys that failed, once all others have an outcome.
            stop_after: End after so many failures in a row of the network or of Partnero; None for never.
            deadline: Seconds for the whole run; None for unbounded.
            most: The most records of one list; see ``export``.
            on_progress: Called with the export after each key.

        Raises:
            ExportBusyError: Somebody else does it.
            UsageError: Keys or results of the part are not all there.
            PartneroError: What ended the run early; it goes on from there.
            OSError: A file cannot be written.
        """
        before = self.state(number)
        if before.done and not (retry_failed and before.failed):
            return before
        expected: list[Any] = list(self.keys(number))
        if len(expected) != self.parts[number].keys:
            raise UsageError(
                f"the keys of part {number} are not all there: was {self.folder} copied as a whole?"
            )
        said = _Said(self._path("parts", number, ".state.json"))

        def tell(_: object) -> None:
            said.progress(progress)
            if on_progress is not None:
                on_progress(progress)

        refused = 0
        # What failed before is asked for when all else has an outcome.
        for of_failed in (*([] if before.done else [False]), *([True] if retry_failed else [])):
            async with export(
                call,
                None if of_failed else expected,
                self._path("parts", number),
                concurrency=concurrency,
                retry_failed=of_failed,
                stop_after=stop_after,
                deadline=deadline,
                most=most,
                on_progress=tell,
            ) as progress:
                said.progress(progress)
            refused += progress.refused
        counts = self._counts(number)
        if sum(counts.values()) != len(set(expected)):
            raise UsageError(f"the results of part {number} are not all there: was a file of it removed?")
        state = PartState(done=True, **counts, refused=refused)
        write_state(self._path("parts", number, ".state.json"), state)
        return state

    @property
    def programs(self) -> list[str]:
        """The names of the programs, as they were given to ``plan``; none where there is one alone."""
        return list(dict.fromkeys(part.program for part in self.parts if part.program is not None))

    def merge(self, path: str | os.PathLike[str], *, program: str | None = None) -> PartState:
        """Writes the results of all parts into one file: each key once, in the order of the parts.

        Lines are those of ``export``; what was not found is in a second file, ``<path>.rest.jsonl``, as
        there. Both are replaced as a whole or not at all.

        Args:
            path: The file.
            program: The program whose results are written, where the job has several: their lines do not say
                of which they are.

        Returns:
            How many keys were found, missing and failed.

        Raises:
            ArgumentError: The file would be one of the job's own, there is no such program, or none is named
                where there are several.
            UsageError: A part is not done.
            OSError: A file cannot be read or written.
        """
        own = {self.folder / name for name in (MANIFEST, "keys", "parts")}
        if own & {resolved := Path(path).resolve(), *resolved.parents}:
            raise ArgumentError(f"{path} is one of the job's own: name another file")
        programs = self.programs
        if program is None and len(programs) > 1:
            raise ArgumentError(f"the job has several programs: name one of {', '.join(programs)}")
        if program is not None and program not in programs:
            raise ArgumentError(
                f"the job has no program {program!r}, but {', '.join(programs) or 'one alone'}"
            )
        parts = [part for part in self.parts if program is None or part.program == program]
        left = [part for part in self.left if part in parts]
        if left:
            raise UsageError(f"{len(left)} of {len(parts)} parts are not done, such as {left[0].number}")
        target = Path(path)
        counts = {"found": 0, "missing": 0, "failed": 0}
        own_name = f".{target.name}.{os.getpid()}.{time.monotonic_ns()}"
        files = {kind: target.with_name(f"{own_name}.{kind}") for kind in ("found", "rest")}
        try:
            with files["found"].open("wb") as found, files["rest"].open("wb") as rest:
                for part in parts:
                    for kind, line in self._lines(part.number):
                        counts[kind] += 1
                        (found if kind == "found" else rest).write(line)
                for file in (found, rest):
                    file.flush()
                    os.fsync(file.fileno())
            files["found"].replace(target)
            if counts["missing"] or counts["failed"]:
                files["rest"].replace(rest_of(target))
            else:
                rest_of(target).unlink(missing_ok=True)
        finally:
            for file_path in files.values():
                file_path.unlink(missing_ok=True)
        return PartState(done=True, **counts)

    def _lines(self, number: int) -> Iterator[tuple[str, bytes]]:
        """The last word on each key of a part: what kind it is, and its line."""
        seen = set[Key]()
        path = self._path("parts", number)
        with suppress(FileNotFoundError), path.open("rb") as lines:
            for line in lines:
                key = key_of_found(line)
                # Where the file system has no locks, two may have written to it.
                if key is not None and key not in seen:
                    seen.add(key)
                    yield "found", line if line.endswith(b"\n") else line + b"\n"
        last = dict[Key, tuple[str, bytes]]()
        with suppress(FileNotFoundError), rest_of(path).open("rb") as lines:
            for line in lines:
                entry = key_of_unfound(line)
                if entry is not None and entry[0] not in seen:
                    last[entry[0]] = (entry[1], line if line.endswith(b"\n") else line + b"\n")
        yield from last.values()

    def _counts(self, number: int) -> dict[str, int]:
        counts = {"found": 0, "missing": 0, "failed": 0}
        for kind, _ in self._lines(number):
            counts[kind] += 1
        return counts

    def _check(self, number: int) -> None:
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"number must be a whole number, not {type(number).__name__}")
        if not 0 <= number < len(self.parts):
            raise ArgumentError(f"there is no part {number}: they are 0 to {len(self.parts) - 1}")

    def _path(self, kind: str, number: int, ending: str = ".jsonl") -> Path:
        return self.folder / kind / f"{number:06d}{ending}"


class _Said:
    """Says from time to time how far a part is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: tuple[float, int] | None = None
        self._per_second: float | None = None

    def progress(self, now: Export) -> None:
        at, done = anyio.current_time(), now.done
        if self._last is not None:
            since, before = self._last
            if at - since < _SAID_EVERY:
                return
            self._per_second = (done - before) / (at - since)
        self._last = (at, done)
        limit = now.limit
        state = PartState(
            found=now.found + now.skipped - now.missing_before - now.failed_before,
            missing=now.missing + now.missing_before,
            failed=now.failed + now.failed_before,
            refused=now.refused,
            per_second=self._per_second,
            limit=None if limit is None else limit.requests / limit.per_seconds,
        )
        # It is no reason to stop that nobody can be told.
        with suppress(OSError):
            write_state(self._path, state)
