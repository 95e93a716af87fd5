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

__all__ = ["MALFORMED", "ResponseMeter"]

MALFORMED: Final = "its status line, its line ends, or what tells where its body ends"
"""What is said of an answer that parsers read in different ways."""

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*)?\r\n")
_BODYLESS: Final = (b"204", b"304")
_CONTENT_LENGTH: Final = b"\r\ncontent-length"
_TRANSFER_ENCODING: Final = b"\r\ntransfer-encoding"
_CONNECTION: Final = b"\r\nconnection"
_LENGTH_LINE: Final = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r\n")
# All that may stand in a line, so that of a head line ends alone are left.
_IN_LINES: Final = bytes({*range(0x20, 0x100)} - {0x7F} | {*b"\t"})
_TOKEN: Final = rb"[!#-'*+.0-9A-Z^-z|~-]+"  # RFC 9110, section 5.6.2
_QUOTED: Final = rb'"[\t !#-\[\]-~]*"'
_CHUNK_SIZE: Final = re.compile(
    rb"([0-9a-fA-F]{1,16})[ \t]*(?:;%s(?:=(?:%s|%s))?)*" % (_TOKEN, _TOKEN, _QUOTED)
)

_MORE: Final = -1
_HEAD, _LENGTH, _CHUNK_LINE, _CHUNK, _CHUNK_END, _TRAILER, _LOST = range(7)


class ResponseMeter:
    """Follows the bytes of one response as they arrive.

    Args:
        method: The method of the request, since the answer to HEAD has no body.

    Attributes:
        received: The bytes so far.
        malformed: Whether the head is none, though a lenient parser may read it.
    """

    __slots__ = ("_left", "_method", "_pending", "_searched", "_state", "malformed", "received")

    def __init__(self, method: str = "GET") -> None:
        self._method = method
        self._state = _HEAD
        # Bytes that cannot be understood before more of them are there, and how many were searched in vain.
        self._pending = bytearray()
        self._searched = 0
        # Bytes of the body, or of the chunk, still to come; below zero for a surplus after the body.
        self._left = 0
        self.received: int = 0
        self.malformed: bool = False

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
        searched = at + max(0, self._searched - 2)
        end = whole.find(b"\n\r\n", searched)
        if end < 0 and whole.find(b"\n\n", searched) < 0:
            return _MORE
        head = bytes(whole[at : end + 1] if end >= 0 else whole[at:])
        line = _STATUS_LINE.match(head)
        # To h11 a lone newline ends a line too, and a line that begins with a blank continues the one
        # before: in either a second response could hide.
        if not line or _is_odd(head) or b"\r\n " in head or b"\r\n\t" in head:
            self.malformed = True
        if line is None or self.malformed or line[2] == b"101":
            self._state = _LOST
            return len(whole)
        head = head.lower()
        if line[2] < b"200":  # an interim answer, which says nothing of a body: the final one follows
            self.malformed = bool(_framing_of(head)) or _CONNECTION in head
            return end + 3
        length = head.find(_CONTENT_LENGTH)
        told = _LENGTH_LINE.match(head, length) if length >= 0 else None
        if (
            told is not None
            and line[1] == b"1"
            and line[2] not in _BODYLESS
            and self._method != "HEAD"
            and _TRANSFER_ENCODING not in head
            and head.find(_CONTENT_LENGTH, length + 1) < 0
        ):
            # As nearly all are: what `_frame` would come to.
            self._state, self._left = _LENGTH, int(told[1])
        else:
            self._frame(line[2], _framing_of(head))
            if line[1] == b"0":
                self._state = _LOST
        return self._counted(whole, end + 3)

    def _frame(self, status: bytes, fields: list[tuple[bytes, bytes]]) -> None:
        """Decides how the end of the body is found."""
        # Parsers differ in which of several they obey (RFC 9112, section 6.3).
        self.malformed = len(fields) > 1 or (
            b"transfer-encoding" in dict(fields) and fields[0][1] != b"chunked"
        )
        # None: the body ends with the connection.
        name, value = fields[0] if len(fields) == 1 else (b"", b"")
        if self._method == "HEAD" or status in _BODYLESS:
            self._state, self._left = _LENGTH, 0
        elif name == b"transfer-encoding" and value == b"chunked":
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
            self.malformed = whole.find(b";", at, end) >= 0
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
            if _is_odd(bytes(whole[at : end + 2])):
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


def _framing_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of a head, in lower case, that tell where the body ends."""
    fields = list[tuple[bytes, bytes]]()
    for begin in (_CONTENT_LENGTH, _TRANSFER_ENCODING):
        at = head.find(begin)
        while at >= 0:
            after = at + len(begin)
            rest, colon, value = head[after : head.find(b"\r\n", after)].partition(b":")
            if colon and not rest.strip(b" \t"):
                # A tab behind ``chunked`` is a blank to h11, and part of it to llhttp and aiohttp.
                behind = b" " if begin == _TRANSFER_ENCODING else b" \t"
                fields.append((begin[2:], value.lstrip(b" \t").rstrip(behind)))
            at = head.find(begin, after)
    return fields


def _is_odd(lines: bytes) -> bool:
    """Whether a line ends in something else than CR and LF, or has a control character in it."""
    left = lines.translate(None, _IN_LINES)
    return left != b"\r\n" * (len(left) // 2)
