"""What every engine reads of an answer: its headers, and its body, inflated and never beyond the limit."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from ...errors import ResponseError

__all__ = ["MOST_HEAD", "BodyReader", "body_of_refusal", "headers_of", "most_encoded"]

MOST_HEAD: Final = 256 * 1024
"""The most bytes of the head of an answer."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_GZIP_BEGINS: Final = b"\x1f"
_PIECE: Final = 1024 * 1024
# A member takes some microseconds to begin, however little is in it.
_MOST_MEMBERS: Final = 10_000
# Written into the header by servers that mean none: aiohttp and httpx read such bodies as they are, too.
_NO_ENCODINGS: Final = frozenset({"", "identity", "none", "utf-8", "utf8"})


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of an answer, their names in lower case; of one that comes twice the last counts."""
    # llhttp and old versions of aiohttp leave the blanks behind a value (RFC 9112, section 5.1).
    return {_name_of(name): str(value, "latin-1").rstrip(" \t") for name, value in raw}


@lru_cache(maxsize=256)
def _name_of(raw: bytes) -> str:
    """The name of a header: a server sends the same ones again and again."""
    return sys.intern(str(raw, "latin-1").lower())


def _is_success(status: int) -> bool:
    """Whether a status is 2xx."""
    return 200 <= status <= 299


def most_encoded(limit: int) -> float:
    """The most bytes that a body may have on the wire to be within the limit when it is inflated."""
    # Gzip makes what does not compress a little longer.
    return limit * 1.001 + 1024


def body_of_refusal(status: int, unreadable: Exception) -> bytes:
    """The body of an answer that could not be read: empty where the status is not 2xx, which says enough.

    Raises:
        Exception: ``unreadable`` itself, where the status is 2xx.
    """
    if _is_success(status):
        raise unreadable
    return b""


class BodyReader:
    """Collects one body.

    Args:
        encoding: The Content-Encoding of the answer, several joined by commas.
        limit: The most bytes that the inflated body may have.

    Raises:
        ResponseError: The encoding is not one that was asked for.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._received = 0
        self._limit = limit
        self._members = 0
        self._inflater = None
        if not encoding:
            return
        match [name for part in encoding.lower().split(",") if (name := part.strip()) not in _NO_ENCODINGS]:
            case []:
                pass
            case ["gzip" | "x-gzip"]:
                self._inflater = self._next_member()
            case others:
                said = ", ".join(others)
                raise ResponseError(f"the body came in an encoding that was not asked for: {said!r:.60}")

    def feed(self, data: bytes) -> None:
        """Takes the bytes that arrived next.

        Raises:
            ResponseError: The body is larger than the limit, or it is not gzip as announced.
        """
        if self._inflater is None:
            self._keep(data)
            return
        self._received += len(data)  # bytes that inflate to nothing count too
        self._check(self._received, most_encoded(self._limit))
        while data:
            if self._inflater.eof:
                # Several members are one body (RFC 1952, section 2.2); what is no member is padding.
                if not data.startswith(_GZIP_BEGINS):
                    return
                self._inflater = self._next_member()
            try:
                # In pieces: zlib builds what it returns at once in twice its memory.
                self._keep(self._inflater.decompress(data, _PIECE))
            except zlib.error as error:
                raise ResponseError(f"the body is not gzip as announced: {error}") from None
            data = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail

    def _next_member(self) -> Any:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise ResponseError(f"the body is gzip of more than {_MOST_MEMBERS} members")
        return zlib.decompressobj(_GZIP)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        self._check(self._size, self._limit)
        self._parts.append(data)

    def _check(self, size: int, most: float) -> None:
        if size > most:
            raise ResponseError(f"the body is larger than max_body ({self._limit} bytes)")

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            ResponseError: It is gzip that ends too early.
        """
        if self._inflater is not None and not self._inflater.eof and self._received:
            raise ResponseError("the body is gzip that ends too early")
        return b"".join(self._parts)
