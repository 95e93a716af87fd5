"""Standard input, output and error as they may be: closed, full, or unable to write a name."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, TextIO

__all__ = ["is_unicode", "prepared"]

# The reader is gone: `partnero customers list | head`. On Windows it may be told as EINVAL.
_GONE: Final = (errno.EPIPE, errno.EINVAL) if os.name == "nt" else (errno.EPIPE,)


@contextmanager
def prepared() -> Generator[None]:
    """Lets the block write whatever it likes, and exits without a traceback where nothing can be written."""
    _occupy()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code: object = 0
    try:
        try:
            yield
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
    except OSError as error:
        # Of another file, whoever writes it says so.
        if error.filename is not None:
            raise
        code = 1
        if error.errno not in _GONE:
            _complain(f"partnero: cannot write to standard output: {error.strerror}")
    finally:
        _silence(sys.stdout)
        _silence(sys.stderr)
    sys.exit(code)  # type: ignore[arg-type]


def is_unicode(text: str, stream: TextIO) -> bool:
    """Whether a stream takes a text as it is, and as UTF-8 or its like, which JSON is."""
    try:
        name = codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name
        text.encode(name)
    except (UnicodeEncodeError, LookupError):
        return False
    return name.startswith("utf")


def _occupy() -> None:
    """Opens nothing in place of what is closed: a file or a socket would get its number, and its text."""
    with contextlib.suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
    # Python has None for those that were closed when it began.
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end


def _complain(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _silence(stream: TextIO) -> None:
    """Brings what is left to its place, or drops it: else Python complains of it when it ends."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, stream.fileno())
            os.close(nothing)
