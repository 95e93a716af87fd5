"""Where one response ends among the bytes of its connection: sans-IO, and strict, because it may say no.

Neither httpx nor httpcore notices when a server or proxy sends more bytes than one response: the surplus
stays in the parser and answers the next request, so that one customer gets another's record. The meter
counts the same bytes beside the parser. A connection goes back into use only when the meter says that the
bytes ended exactly with the response; whatever it does not understand, it answers with no.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, Final

from .answers import MOST_HEAD

__all__ = ["ResponseMeter"]

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.1 ([1-9][0-9]{2})(?: [^\r\n]*)?\r\n")
_FRAMING: Final = re.compile(
    rb"\r\n(content-length|transfer-encoding)[ \t]*:([^\r\n]*)(?=\r\n)", re.IGNORECASE
)
_FOLD: Final = re.compile(rb"\r\n[ \t]")
_CHUNK_SIZE: Final = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\r\n]*)?")

_HEAD, _LENGTH, _CHUNK_LINE, _CHUNK, _CHUNK_END, _TRAILER, _LOST = range(7)


class ResponseMeter:
    """Follows the bytes of one response as they arrive.

    Args:
        method: The method of the request, since the answer to HEAD has no body.
    """

    __slots__ = ("_left", "_method", "_pending", "_state", "received")

    def __init__(self, method: str = "GET") -> None:
        self._method = method
        self._state = _HEAD
        # Bytes that cannot be understood before more of them are there.
        self._pending = b""
        # Bytes of the body, or of the chunk, still to come; below zero for a surplus after the body.
        self._left = 0
        self.received: int = 0

    @property
    def exact(self) -> bool:
        """Whether the bytes so far are one whole response and nothing more."""
        return self._state == _LENGTH and self._left == 0

    def feed(self, data: bytes) -> None:
        """Takes the bytes that arrived next."""
        self.received += len(data)
        if self._state == _LENGTH:
            self._left -= len(data)
            return
        data, self._pending = self._pending + data, b""
        while data and (step := self._STEPS.get(self._state)):
            data = step(self, data)
        if len(self._pending) > MOST_HEAD:
            self._state, self._pending = _LOST, b""

    # Each step takes what it understands and returns the rest; it keeps what is not whole yet as pending.

    def _read_head(self, data: bytes) -> bytes:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._pending = data
            return b""
        head = data[: end + 2]
        line = _STATUS_LINE.match(head)
        # To h11 a lone newline ends a line too, and a line that begins with a blank continues the one
        # before: in either a second response could hide.
        if not line or _has_lone_line_end(head) or _FOLD.search(head) or line[1] == b"101":
            self._state = _LOST
            return b""
        if not line[1].startswith(b"1"):  # else an interim answer: the final one follows
            self._frame(line[1], [(name.lower(), value.strip()) for name, value in _FRAMING.findall(head)])
        return self._counted(data[end + 4 :])

    def _frame(self, status: bytes, fields: list[tuple[bytes, bytes]]) -> None:
        """Decides how the end of the body is found."""
        if self._method == "HEAD" or status in (b"204", b"304"):
            self._state, self._left = _LENGTH, 0
            return
        # None: the body ends with the connection. Several: parsers differ in which they obey (RFC 9112, 6.3).
        name, value = fields[0] if len(fields) == 1 else (b"", b"")
        if name == b"transfer-encoding" and value.lower() == b"chunked":
            self._state = _CHUNK_LINE
        elif name == b"content-length" and value.isdigit() and len(value) < 19:
            self._state, self._left = _LENGTH, int(value)
        else:
            self._state = _LOST

    def _read_chunk_line(self, data: bytes) -> bytes:
        end = data.find(b"\r\n")
        if end < 0:
            self._pending = data
            return b""
        size = _CHUNK_SIZE.fullmatch(data, 0, end)
        if not size:
            self._state = _LOST
            return b""
        self._left = int(size[1], 16)
        self._state = _CHUNK if self._left else _TRAILER
        return data[end + 2 :]

    def _read_chunk(self, data: bytes) -> bytes:
        skipped = min(self._left, len(data))
        self._left -= skipped
        if self._left == 0:
            self._state = _CHUNK_END
        return data[skipped:]

    def _read_chunk_end(self, data: bytes) -> bytes:
        if len(data) < 2:
            self._pending = data
            return b""
        self._state = _CHUNK_LINE if data.startswith(b"\r\n") else _LOST
        return data[2:]

    def _read_trailer(self, data: bytes) -> bytes:
        # Before the trailer's lines goes the line end of the last chunk, so that an empty one looks the same.
        lines = b"\r\n" + data
        end = lines.find(b"\r\n\r\n")
        if end < 0:
            self._pending = data
            return b""
        if _has_lone_line_end(lines[: end + 2]):
            self._state = _LOST
            return b""
        self._state, self._left = _LENGTH, 0
        return self._counted(lines[end + 4 :])

    def _counted(self, data: bytes) -> bytes:
        if self._state != _LENGTH:
            return data
        self._left -= len(data)
        return b""

    _STEPS: ClassVar[dict[int, Callable[[ResponseMeter, bytes], bytes]]] = {
        _HEAD: _read_head,
        _CHUNK_LINE: _read_chunk_line,
        _CHUNK: _read_chunk,
        _CHUNK_END: _read_chunk_end,
        _TRAILER: _read_trailer,
    }


def _has_lone_line_end(lines: bytes) -> bool:
    return not lines.count(b"\n") == lines.count(b"\r") == lines.count(b"\r\n")
