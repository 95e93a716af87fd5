"""The two files of an export: one for what was found, and one beside it for what was not."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import ArgumentError, PartneroError
from ._growing import GrowingFile, naming
from ._lines import Key, Unfound, failed_line, found_line, key_of_found, key_of_unfound, missing_line

__all__ = ["Files", "rest_of"]


def rest_of(path: Path) -> Path:
    """The second file of an export, beside the first."""
    return path.with_name(f"{path.name}.rest.jsonl")


class Files:
    """What is on disk of an export, and what is added to it.

    Nothing of them is changed before both were read and recognised. A line is written by the time that the
    method for it returns, so that only the calls under way are repeated after an end without notice.

    Args:
        path: The file for what is found.
        resume: Whether there may be such a file already.

    Attributes:
        found: The keys that had a line in the first file when it was read.
        rest: The keys whose last word is in the second one, and that word.

    Raises:
        ArgumentError: A file is no regular one, or exists and is not to be resumed.
        OSError: It cannot be opened; the error names it.
        ExportBusyError: Another export writes to it.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._rest_path = rest_of(path)
        self.found = set[Key]()
        self.rest: dict[Key, Unfound] = {}
        # Lines of the second file that are not so any more.
        self._outdated = 0
        self._rest: GrowingFile | None = None
        if not resume:
            for existing in (path, self._rest_path):
                if os.path.lexists(existing):
                    raise ArgumentError(f"{existing} exists: name another file, or resume it")
        self._records = GrowingFile(path, keep_empty=os.path.lexists(path))
        try:
            self._records.lock()
            if os.path.lexists(self._rest_path):
                self._rest = GrowingFile(self._rest_path, keep_empty=False)
        except BaseException:
            self.abandon()
            raise

    def read(self) -> Iterator[None]:
        """Reads what is there, in pieces, and then makes it end with a whole line.

        Raises:
            ArgumentError: A file has a line that no export wrote.
        """
        keys: Iterator[Key] = self._records.lines(key_of_found)
        for key in keys:
            self.found.add(key)
            yield
        if self._rest is not None:
            for entry in self._rest.lines(key_of_unfound):
                if entry[0] in self.found:
                    self._outdated += 1
                else:
                    self._note(*entry)
                yield
        self._records.mend()
        if self._rest is not None:
            self._rest.mend()

    def write_found(self, key: Key, value: object) -> None:
        """Writes what was found.

        Raises:
            OSError: It cannot be written; the error names the file, which has whole lines all the same.
            TypeError, ValueError, RecursionError: JSON does not know the value.
        """
        self._records.append(found_line(key, value))
        if self.rest.pop(key, None) is not None:
            self._outdated += 1

    def write_missing(self, key: Key) -> None:
        """Writes that there is no record; raises what ``write_found`` does."""
        self._write_rest(missing_line(key))
        self._note(key, "missing")

    def write_failed(self, key: Key, error: PartneroError) -> None:
        """Writes that a call failed; raises what ``write_found`` does."""
        self._write_rest(failed_line(key, error))
        self._note(key, "failed")

    def close(self) -> None:
        """Brings both to the disk, and leaves in the second one the last word of each key.

        Raises:
            OSError: That did not succeed; what was written is there.
        """
        try:
            # First what was found: a line of the second file may go because of it.
            self._records.sync()
            if self._rest is not None:
                self._rest.sync()
                if self._outdated:
                    self._compact(self._rest)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Lets go of both as they are."""
        if self._rest is not None:
            self._rest.close()
        self._records.close()

    def _write_rest(self, line: bytes) -> None:
        if self._rest is None:
            self._records.check_open()
            self._rest = GrowingFile(self._rest_path, keep_empty=False)
        self._rest.append(line)

    def _note(self, key: Key, outcome: Unfound) -> None:
        if key in self.rest:
            self._outdated += 1
        self.rest[key] = outcome

    def _compact(self, rest: GrowingFile) -> None:
        """Leaves the last word of each key in the second file, which is replaced as a whole or not at all."""
        last = dict[Key, int]()
        for number, (key, _) in enumerate(rest.lines(key_of_unfound)):
            if key in self.rest:
                last[key] = number
        kept = set(last.values())
        new = self._rest_path.with_name(f"{self._rest_path.name}.new")
        with naming(new):
            try:
                with new.open("wb") as file:
                    file.writelines(line for number, line in enumerate(rest.raw_lines()) if number in kept)
                    file.flush()
                    os.fsync(file.fileno())
                shutil.copymode(self._rest_path, new)
                rest.close()  # Windows replaces no open file
                os.replace(new, self._rest_path)
            except BaseException:
                with contextlib.suppress(OSError):
                    new.unlink()
                raise
        if not kept:
            self._rest_path.unlink()
