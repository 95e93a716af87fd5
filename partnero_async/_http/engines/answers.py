"""What every engine reads of an answer: its headers, and its body, inflated and never beyond the limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

from ...errors import ResponseError

__all__ = ["MOST_HEAD", "BodyReader", "body_of_refusal", "headers_of", "most_encoded"]

MOST_HEAD: Final = 256 * 1024
"""The most bytes of the head of an answer."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 1024 * 1024


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of an answer, their names in lower case; of one that comes twice the last counts."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


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
        encoding: The Content-Encoding of the answer.
        limit: The most bytes that the inflated body may have.

    Raises:
        ResponseError: The encoding is not one that was asked for.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._received = 0
        self._limit = limit
        self._inflater = None
        match encoding.strip().lower():
            case "" | "identity":
                pass
            case "gzip" | "x-gzip":
                self._inflater = zlib.decompressobj(_GZIP)
            case other:
                raise ResponseError(f"the body came in an encoding that was not asked for: {other!r:.60}")

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
        while data and not self._inflater.eof:
            try:
                # In pieces: zlib builds what it returns at once in twice its memory.
                self._keep(self._inflater.decompress(data, _PIECE))
            except zlib.error as error:
                raise ResponseError(f"the body is not gzip as announced: {error}") from None
            data = self._inflater.unconsumed_tail

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
