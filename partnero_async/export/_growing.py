"""A file that grows by whole lines, whatever ends the process or fills the disk."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from ..errors import ArgumentError, UsageError
from ._lines import START

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["ExportBusyError", "GrowingFile", "naming"]

T = TypeVar("T")

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


class ExportBusyError(UsageError):
    """Another export writes to the file."""


@contextmanager
def naming(path: Path) -> Generator[None]:
    """Lets an OSError of the block name the file that it is about, which one of a descriptor does not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


class GrowingFile:
    """A file of lines, open to be read and to be added to; made if it is not there.

    Args:
        path: Where it is.
        keep_empty: Whether it stays if there is nothing in it when it is closed.

    Raises:
        ArgumentError: It is something else than a regular file.
        OSError: It cannot be opened; the error names it.
    """

    def __init__(self, path: Path, *, keep_empty: bool) -> None:
        self._path = path
        self._keep_empty = keep_empty
        self._closed = False
        # Whether it ends with a part of a line that could not be taken back.
        self._torn = False
        # What ``lines`` found at the end: where a torn line begins, or one that lacks its line end alone.
        self._torn_from: int | None = None
        self._lacks_end = False
        self._open()

    def _open(self) -> None:
        self._fd = os.open(self._path, _FLAGS, 0o666)
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            os.close(self._fd)
            self._closed = True
            raise ArgumentError(f"{self._path} is no regular file")

    def lock(self) -> None:
        """Lets no other export write to it until it is closed.

        Raises:
            ExportBusyError: Another one does.
        """
        while True:
            if fcntl is not None:
                try:
                    fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise ExportBusyError(f"another export writes to {self._path}") from None
                except OSError:  # a file system that has no locks
                    return
            if self._is_still_there():
                return
            # It was removed, empty, by the export that had the lock.
            os.close(self._fd)
            self._open()

    def lines(self, understand: Callable[[bytes], T | None]) -> Iterator[T]:
        """What is said by each line. Afterwards ``mend`` knows what is to be done about the end.

        Args:
            understand: Gives what a line says; None if it is no line of an export.

        Raises:
            ArgumentError: It is none; nothing was changed.
        """
        size = 0
        for number, line in enumerate(self.raw_lines(), start=1):
            said = understand(line)
            if said is not None:
                size += len(line)
                self._lacks_end = not line.endswith(b"\n")
                yield said
            elif _is_torn(line):
                self._torn_from = size
            else:
                raise ArgumentError(f"{self._path} is not the file of an export: see line {number}")

    def raw_lines(self) -> Iterator[bytes]:
        """The lines as they are; the last may lack its end.

        Raises:
            ArgumentError: The first does not begin as one of an export does. Nothing more is read then: a
                file that is something else may have one line of gigabytes.
        """
        with naming(self._path), os.fdopen(self._fd, "rb", closefd=False) as file:
            file.seek(0)
            head = file.read(len(START))
            if not START.startswith(head):
                raise ArgumentError(f"{self._path} is not the file of an export: see line 1")
            file.seek(0)
            yield from file

    def mend(self) -> None:
        """Makes it end with a whole line, if a process was killed while it wrote one."""
        with naming(self._path):
            if self._torn_from is not None:
                os.ftruncate(self._fd, self._torn_from)
        if self._lacks_end:
            self.append(b"\n")
        self._torn_from, self._lacks_end = None, False

    def append(self, line: bytes) -> None:
        """Adds a line, or nothing.

        Raises:
            OSError: It cannot be written; the error names the file.
            UsageError: The file is closed.
        """
        self.check_open()
        with naming(self._path):
            before = os.fstat(self._fd).st_size
            written = 0
            try:
                # Of a disk that is nearly full, a first write takes a part and the next one says why.
                while written < len(line):
                    written += os.write(self._fd, line[written:])
            except BaseException as error:  # a KeyboardInterrupt, too
                self._cut_to(before)
                error.add_note(f"{self._path} keeps its whole lines: an export to it goes on from there")
                raise

    def check_open(self) -> None:
        """Raises UsageError if it is closed: its descriptor may be that of another file by now."""
        if self._closed or self._torn:
            raise UsageError(f"{self._path} takes no more lines")

    def sync(self) -> None:
        """Brings what was written to the disk."""
        with naming(self._path):
            os.fsync(self._fd)

    def close(self) -> None:
        """Closes it, and removes it if it is empty and not to be kept. It may be closed more than once."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            if not self._keep_empty and os.fstat(self._fd).st_size == 0 and self._is_still_there():
                self._path.unlink()
        with contextlib.suppress(OSError):
            os.close(self._fd)

    def _is_still_there(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._fd), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _cut_to(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            self._torn = True  # no line may be joined to it; whoever resumes cuts it off


def _is_torn(line: bytes) -> bool:
    """Whether a line without an end is the beginning of one of ours."""
    if line.endswith(b"\n") or not (line.startswith(START) or START.startswith(line)):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False  # a whole value, which is something else
