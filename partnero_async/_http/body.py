"""The bytes of a body: inflated as they arrive, and never more of them than the limit."""

from __future__ import annotations

import zlib
from typing import Final

from ..errors import ResponseError

__all__ = ["BodyReader"]

_GZIP: Final = 16 + zlib.MAX_WBITS
_PIECE: Final = 1024 * 1024


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
        # Gzip makes what does not compress a little longer; bytes that inflate to nothing count too.
        self._received += len(data)
        self._check(self._received, self._limit * 1.001 + 1024)
        if self._inflater is None:
            self._keep(data)
            return
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
