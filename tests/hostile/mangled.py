"""Answers that were damaged at random, the same ones for the same seed."""

from __future__ import annotations

import gzip
from random import Random
from typing import Final

from ..raw_server import response

__all__ = ["mangled"]

_RECORD: Final = b'{"data":{"key":"c","name":"Jane"},"status":1}'
_CHUNKED: Final = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    b"10\r\n" + _RECORD[:16] + b"\r\n" + b"%x;a=b\r\n" % len(_RECORD[16:]) + _RECORD[16:] + b"\r\n0\r\n\r\n"
)
_GOOD: Final = (
    response(_RECORD, headers="Content-Type: application/json\r\nKeep-Alive: timeout=5\r\n"),
    _CHUNKED,
    response(gzip.compress(_RECORD), headers="Content-Encoding: gzip\r\n"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + response(_RECORD),
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + _RECORD,
    response(b'{"message":"Taken."}', status="422 Unprocessable Content"),
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(_RECORD) + _RECORD,
)
_PIECES: Final = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"0", b"9", b"\x00", b"\xff", b",", b";", b"\r\n\r\n",
    b"Content-Length: 5\r\n", b"Content-Length: 46\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n", b"Connection: close\r\n", b"Connection: upgrade\r\nUpgrade: x\r\n",
    b"HTTP/1.1 200 OK\r\n", b"+", b"-", b"0x", b"chunked",
)  # fmt: skip


def mangled(number: int) -> bytes:
    """The answer with this number."""
    chance = Random(number)
    answer = bytearray(chance.choice(_GOOD))
    for _ in range(chance.randint(1, 3)):
        # Where a parser has most to decide.
        most = len(answer) if chance.random() < 0.4 else min(len(answer), 90)
        at, until = sorted(chance.randint(0, most) for _ in range(2))
        match chance.randrange(6):
            case 0:
                answer[at:at] = chance.choice(_PIECES)
            case 1:
                del answer[at : at + chance.randint(1, 4)]
            case 2:
                answer[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                answer[at:at] = answer[at:until]
            case 4:
                del answer[until:]
            case _:
                answer[at:until] = answer[at:until].swapcase()
    return bytes(answer)
