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

_MORE: Final = -1
_HEAD, _LENGTH, _CHUNK_LINE, _CHUNK, _CHUNK_END, _TRAILER, _LOST = range(7)


class ResponseMeter:
    """Follows the bytes of one response as they arrive.

    Args:
        method: The method of the request, since the answer to HEAD has no body.
    """

    __slots__ = ("_left", "_method", "_pending", "_searched", "_state", "received")

    def __init__(self, method: str = "GET") -> None:
        self._method = method
        self._state = _HEAD
        # Bytes that cannot be understood before more of them are there, and how many were searched in vain.
        self._pending = bytearray()
        self._searched = 0
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
        # Linear in what arrives, however it is cut: nothing is copied for each chunk, or searched twice.
        whole: bytes | bytearray = data
        if self._pending:
            self._pending += data
            whole = self._pending
        at = 0
        while at < len(whole) and (step := self._STEPS.get(self._state)):
            after = step(self, whole, at)
            if after == _MORE:
                self._searched = len(whole) - at
                if at or whole is data:
                    self._pending = bytearray(memoryview(whole)[at:])
                if len(self._pending) > MOST_HEAD:
                    self._state, self._pending = _LOST, bytearray()
                return
            at, self._searched = after, 0
        self._pending = bytearray()

    # Each step takes what it understands from a place on, and returns the place behind it, or _MORE.

    def _read_head(self, whole: bytes | bytearray, at: int) -> int:
        end = whole.find(b"\r\n\r\n", at + max(0, self._searched - 3))
        if end < 0:
            return _MORE
        head = bytes(whole[at : end + 2])
        line = _STATUS_LINE.match(head)
        # To h11 a lone newline ends a line too, and a line that begins with a blank continues the one
        # before: in either a second response could hide.
        if not line or _has_lone_line_end(head) or _FOLD.search(head) or line[1] == b"101":
            self._state = _LOST
            return len(whole)
        if not line[1].startswith(b"1"):  # else an interim answer: the final one follows
            self._frame(line[1], [(name.lower(), value.strip()) for name, value in _FRAMING.findall(head)])
        return self._counted(whole, end + 4)

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

    def _read_chunk_line(self, whole: bytes | bytearray, at: int) -> int:
        end = whole.find(b"\r\n", at + max(0, self._searched - 1))
        if end < 0:
            return _MORE
        size = _CHUNK_SIZE.fullmatch(whole, at, end)
        if not size:
            self._state = _LOST
            return len(whole)
        self._left = int(size[1], 16)
        self._state = _CHUNK if self._left else _TRAILER
        return end + 2

    def _read_chunk(self, whole: bytes | bytearray, at: int) -> int:
        skipped = min(self._left, len(whole) - at)
        self._left -= skipped
        if self._left == 0:
            self._state = _CHUNK_END
        return at + skipped

    def _read_chunk_end(self, whole: bytes | bytearray, at: int) -> int:
        if len(whole) - at < 2:
            return _MORE
        self._state = _CHUNK_LINE if whole[at : at + 2] == b"\r\n" else _LOST
        return at + 2

    def _read_trailer(self, whole: bytes | bytearray, at: int) -> int:
        if len(whole) - at < 2:
            return _MORE
        end = at - 2  # where nothing stands between the last chunk's line end and this one
        if whole[at : at + 2] != b"\r\n":
            end = whole.find(b"\r\n\r\n", at + max(0, self._searched - 3))
            if end < 0:
                return _MORE
            if _has_lone_line_end(bytes(whole[at : end + 2])):
                self._state = _LOST
                return len(whole)
        self._state, self._left = _LENGTH, 0
        return self._counted(whole, end + 4)

    def _counted(self, whole: bytes | bytearray, at: int) -> int:
        if self._state != _LENGTH:
            return at
        self._left -= len(whole) - at
        return len(whole)

    _STEPS: ClassVar[dict[int, Callable[[ResponseMeter, bytes | bytearray, int], int]]] = {
        _HEAD: _read_head,
        _CHUNK_LINE: _read_chunk_line,
        _CHUNK: _read_chunk,
        _CHUNK_END: _read_chunk_end,
        _TRAILER: _read_trailer,
    }


def _has_lone_line_end(lines: bytes) -> bool:
    return not lines.count(b"\n") == lines.count(b"\r") == lines.count(b"\r\n")
