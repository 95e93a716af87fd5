"""Where one response ends among the bytes of its connection: sans-IO, and strict, because it may say no.

Neither httpx nor httpcore notices when a server or proxy sends more bytes than one response: the surplus
stays in the parser and answers the next request, so that one customer gets another's record. The meter
counts the same bytes beside the parser. A connection goes back into use only when the meter says that the
bytes ended exactly with the response; whatever it does not understand, it answers with no.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ResponseMeter"]

_FRAMING: Final = re.compile(
    rb"\r\n(content-length|transfer-encoding)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)", re.IGNORECASE
)
_CHUNK_SIZE: Final = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;.*)?", re.DOTALL)
_MOST_HEAD: Final = 256 * 1024

_HEAD, _LENGTH, _CHUNKS, _TRAILER, _LOST = range(5)


class ResponseMeter:
    """Follows the bytes of one response as they arrive.

    Args:
        method: The method of the request, since the answer to HEAD has no body.
    """

    __slots__ = ("_left", "_method", "_pending", "_state", "received")

    def __init__(self, method: str = "GET") -> None:
        self._method = method
        self._state = _HEAD
        self._pending = b""
        # In _LENGTH: bytes of the body still to come, below zero for a surplus. In _CHUNKS: bytes of the
        # current chunk and its line end still to come.
        self._left = 0
        self.received = 0

    @property
    def exact(self) -> bool:
        """Whether the bytes so far are one whole response and nothing more."""
        return self._state == _LENGTH and self._left == 0

    def feed(self, data: bytes) -> None:
        """Takes the bytes that arrived next."""
        self.received += len(data)
        if self._state == _LENGTH:
            self._left -= len(data)
        elif self._state == _HEAD:
            self._read_head(self._pending + data)
        elif self._state == _CHUNKS:
            self._read_chunks(self._pending + data)
        elif self._state == _TRAILER:
            self._read_trailer(self._pending + data)

    def _read_head(self, data: bytes) -> None:
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head, data = data[: end + 2], data[end + 4 :]
            self._pending = b""
            status = head[9:12]
            if not head.startswith(b"HTTP/1.1 ") or status == b"101":
                self._lose()
                return
            if not status.startswith(b"1"):
                self._frame(status, _FRAMING.findall(head), data)
                return
            # An interim answer: the final one follows.
        self._pending = data
        if len(data) > _MOST_HEAD:
            self._lose()

    def _frame(self, status: bytes, fields: list[tuple[bytes, bytes]], rest: bytes) -> None:
        values = {name.lower(): value for name, value in fields}
        if self._method == "HEAD" or status in (b"204", b"304"):
            self._count(0, rest)
        elif len(fields) != 1:
            # None: the body ends with the connection. Several: which one holds is anybody's guess.
            self._lose()
        elif values.get(b"transfer-encoding", b"").lower() == b"chunked":
            self._state = _CHUNKS
            self._read_chunks(rest)
        elif values.get(b"content-length", b"").isdigit() and len(values[b"content-length"]) < 19:
            self._count(int(values[b"content-length"]), rest)
        else:
            self._lose()

    def _read_chunks(self, data: bytes) -> None:
        position = 0
        while True:
            skipped = min(self._left, len(data) - position)
            position += skipped
            self._left -= skipped
            end = data.find(b"\r\n", position)
            if self._left or end < 0:
                self._pending = data[position:]
                if len(self._pending) > _MOST_HEAD:
                    self._lose()
                return
            size = _CHUNK_SIZE.fullmatch(data, position, end)
            if not size:
                self._lose()
                return
            position = end + 2
            self._left = int(size[1], 16)
            if self._left == 0:
                self._state = _TRAILER
                self._read_trailer(data[position:])
                return
            self._left += 2  # the line end after the chunk

    def _read_trailer(self, data: bytes) -> None:
        if data.startswith(b"\r\n"):
            self._count(0, data[2:])
        elif (end := data.find(b"\r\n\r\n")) >= 0:
            self._count(0, data[end + 4 :])
        else:
            self._pending = data
            if len(data) > _MOST_HEAD:
                self._lose()

    def _count(self, length: int, rest: bytes) -> None:
        self._pending = b""
        self._state = _LENGTH
        self._left = length - len(rest)

    def _lose(self) -> None:
        self._pending = b""
        self._state = _LOST
