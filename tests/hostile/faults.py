"""What a hostile server does with a request, as data: each fault with what a client has to make of it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable

import attrs

from partnero_async import (
    ConnectionLostError,
    PartneroError,
    ProtocolError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StatusError,
)

from ..raw_server import Exchange, response

SURPLUS = response(b'{"data":{"key":"somebody-else"},"status":1}')
MIB = 1024 * 1024


@attrs.frozen
class Fault:
    """One way to misbehave.

    Attributes:
        name: What it does.
        answer: How.
        error: What a read raises for it; None where the answer is good after all.
        again: Whether a read may ask again.
        runs_on: Whether the answer goes on after its end. The default engine reads it all the same and
            throws the connection away; aiohttp refuses both, which a read may try to mend.
    """

    name: str
    answer: Callable[[Exchange], Awaitable[None]]
    error: type[PartneroError] | None
    again: bool = False
    runs_on: bool = False

    def on(self, engine: str) -> Fault:
        """The fault with what this engine makes of it."""
        if engine == "aiohttp" and self.runs_on:
            return attrs.evolve(self, error=ProtocolError, again=True)
        return self


def record(exchange: Exchange) -> bytes:
    return b'{"data":{"key":"%s"},"status":1}' % exchange.key.encode()


def good(exchange: Exchange) -> bytes:
    return response(record(exchange))


async def for_ever() -> None:
    """Whoever waits for this without a limit of his own is stopped by the test's."""
    await asyncio.Event().wait()


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def hang_up(exchange: Exchange) -> None:
    exchange.hang_up()


async def stall(exchange: Exchange) -> None:
    await for_ever()


def stall_after(count: int) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(good(exchange)[:count])
        await for_ever()

    return answer


def cut_after(count: int) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(good(exchange)[:count])
        exchange.hang_up()

    return answer


async def drip(exchange: Exchange) -> None:
    """A byte now and then, and never the last one."""
    for byte in good(exchange)[:-1]:
        await exchange.send(bytes([byte]))
        await asyncio.sleep(0.02)
    await for_ever()


async def drip_quickly(exchange: Exchange) -> None:
    for byte in good(exchange):
        await exchange.send(bytes([byte]))


def sending(data: bytes, *, then_close: bool = False) -> Callable[[Exchange], Awaitable[None]]:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(data)
        if then_close:
            exchange.hang_up()

    return answer


async def announce_too_much(exchange: Exchange) -> None:
    body = record(exchange)
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + 10) + body)
    exchange.hang_up()


async def announce_too_little(exchange: Exchange) -> None:
    body = record(exchange)
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) - 10) + body)


async def interim(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    await exchange.send(good(exchange))


async def two_answers(exchange: Exchange) -> None:
    await exchange.send(good(exchange) + SURPLUS)


async def endless_headers(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        await exchange.send(b"X-%d: %s\r\n" % (number, b"y" * 1000))


async def endless_interims(exchange: Exchange) -> None:
    for _ in range(1_000_000):
        await exchange.send(b"HTTP/1.1 102 Processing\r\n\r\n")


async def endless_body(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (400 * MIB))
    for _ in range(400):
        await exchange.send(b" " * MIB)


async def endless_chunks(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(400):
        await exchange.send(b"100000\r\n" + b" " * MIB + b"\r\n")


# 40 kB on the wire; packed here, so that no call waits for it.
GZIP_BOMB = response(gzip.compress(bytes(40 * MIB)), headers="Content-Encoding: gzip\r\n")


async def gzipped(exchange: Exchange) -> None:
    await exchange.send(response(gzip.compress(record(exchange)), headers="Content-Encoding: gzip\r\n"))


def json_of(body: bytes) -> Callable[[Exchange], Awaitable[None]]:
    return sending(response(body, headers="Content-Type: application/json\r\n"))


def chunked(body: bytes, *, then_close: bool = False) -> Callable[[Exchange], Awaitable[None]]:
    return sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, then_close=then_close)


LOST = [
    Fault("reset after the request", reset, ConnectionLostError, again=True),
    Fault("hang up after the request", hang_up, ConnectionLostError, again=True),
    Fault("cut in the status line", cut_after(5), ConnectionLostError, again=True),
    Fault("cut in the head", cut_after(30), ConnectionLostError, again=True),
    Fault("cut in the body", cut_after(60), ConnectionLostError, again=True),
    Fault("announce more than comes", announce_too_much, ConnectionLostError, again=True),
    Fault("cut in a chunk", chunked(b"20\r\n{", then_close=True), ConnectionLostError, again=True),
]

SLOW = [
    Fault("stall before the first byte", stall, RequestTimeoutError, again=True),
    Fault("stall in the status line", stall_after(5), RequestTimeoutError, again=True),
    Fault("stall in the head", stall_after(30), RequestTimeoutError, again=True),
    Fault("stall in the body", stall_after(60), RequestTimeoutError, again=True),
    Fault("drip", drip, RequestTimeoutError, again=True),
    Fault("stall in a chunk", chunked(b"20\r\n{"), RequestTimeoutError, again=True),
]

NOT_HTTP = [
    Fault("101", sending(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), ProtocolError, again=True),
    Fault("garbage", sending(b"\x00\xff\x16\x03garbage\r\n\r\n"), ProtocolError, again=True),
    Fault("another protocol", sending(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), ProtocolError, again=True),
    Fault("a status that is no number", sending(b"HTTP/1.1 OK\r\n\r\n"), ProtocolError, again=True),
    Fault("endless headers", endless_headers, ProtocolError, again=True),
    Fault("a header without a name", sending(b"HTTP/1.1 200 OK\r\n: x\r\n\r\n"), ProtocolError, again=True),
    Fault(
        "a length that is no number",
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
        ProtocolError,
        again=True,
    ),
    Fault(
        "two lengths",
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        ProtocolError,
        again=True,
    ),
    Fault("a chunk size that is no number", chunked(b"zz\r\n{}\r\n"), ProtocolError, again=True),
    Fault("a negative chunk size", chunked(b"-5\r\n{}\r\n"), ProtocolError, again=True),
]

STATUSES = [
    Fault(
        "a redirect to another host",
        sending(b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/v1\r\nContent-Length: 0\r\n\r\n"),
        StatusError,
    ),
    Fault("304 with a body", sending(response(b"{}", status="304 Not Modified")), StatusError, runs_on=True),
    Fault(
        "101", sending(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), ProtocolError, again=True
    ),
    Fault(
        "HTML with 502",
        sending(response(b"<html>Bad Gateway</html>", status="502 Bad Gateway")),
        ServerError,
        again=True,
    ),
    Fault(
        "a 500 in an unknown encoding",
        sending(response(b"x", status="500 Oops", headers="Content-Encoding: br\r\n")),
        ServerError,
        again=True,
    ),
]

UNREADABLE = [
    Fault("204 with a body", sending(response(b"{}", status="204 No Content")), ResponseError, runs_on=True),
    Fault("announce less than comes", announce_too_little, ResponseError, runs_on=True),
] + [
    Fault(name, answer, ResponseError)
    for name, answer in {
        "HTML with 200": sending(response(b"<html></html>")),
        "an empty body": json_of(b""),
        "blanks": json_of(b" \n "),
        "truncated JSON": json_of(b'{"data":{"key":'),
        "null": json_of(b"null"),
        "an array": json_of(b"[]"),
        "a string": json_of(b'"x"'),
        "a number": json_of(b"5"),
        "no data": json_of(b'{"status":1}'),
        "data that is null": json_of(b'{"data":null}'),
        "data that is an array": json_of(b'{"data":[]}'),
        "data that is an array of records": json_of(b'{"data":[{"key":"c"}]}'),
        "data that is a string": json_of(b'{"data":"c"}'),
        "data that is empty": json_of(b'{"data":{}}'),
        "a null identity": json_of(b'{"data":{"key":null}}'),
        "a numeric identity": json_of(b'{"data":{"key":5}}'),
        "a nested identity": json_of(b'{"data":{"key":{"key":"c"}}}'),
        "a timestamp without zone": json_of(b'{"data":{"key":"c","created_at":"2025-05-02T16:12:39"}}'),
        "a timestamp that is none": json_of(b'{"data":{"key":"c","created_at":"yesterday"}}'),
        "a boolean that is a string": json_of(b'{"data":{"key":"c","deleted":"false"}}'),
        "tags that are a string": json_of(b'{"data":{"key":"c","tags":"ab"}}'),
        "tags that are strings": json_of(b'{"data":{"key":"c","tags":["ab"]}}'),
        "status 0": json_of(b'{"data":{"key":"c"},"status":0,"message":"no"}'),
        "invalid UTF-8": json_of(b'{"data":{"key":"\xff"}}'),
        "UTF-16": json_of('{"data":{"key":"c"}}'.encode("utf-16")),
        "NaN": json_of(b'{"data":{"key":"c","x":NaN}}'),
        "Infinity": json_of(b'{"data":{"key":"c","x":-Infinity}}'),
        "200,000 brackets": json_of(b'{"data":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        "200,000 open braces": json_of(b'{"a":' * 200_000),
        "900 brackets in an unknown field": json_of(
            b'{"data":{"key":null,"x":' + b"[" * 900 + b"]" * 900 + b"}}"
        ),
        "an integer of a million digits": json_of(b'{"data":{"key":"c","x":' + b"9" * MIB + b"}}"),
        "a decimal of a million digits": json_of(b'{"data":{"key":"c","x":0.' + b"9" * MIB + b"}}"),
        "a monstrous exponent": json_of(b'{"data":{"key":"c","x":1e999999}}'),
        "an encoding that was not asked for": sending(response(b"x", headers="Content-Encoding: br\r\n")),
        "two encodings": sending(response(b"x", headers="Content-Encoding: gzip, gzip\r\n")),
        "gzip that is none": sending(response(b"{}", headers="Content-Encoding: gzip\r\n")),
        "gzip cut short": sending(
            response(gzip.compress(b"{}" * 500)[:-9], headers="Content-Encoding: gzip\r\n")
        ),
        "a body of 400 MB": endless_body,
        "400 MB in chunks": endless_chunks,
        "a gzip bomb of 40 MB": sending(GZIP_BOMB),
    }.items()
]

HARMLESS = [
    Fault("interim answers first", interim, None),
    Fault("two answers", two_answers, None),
    Fault("drip, but quickly", drip_quickly, None),
    Fault("gzip", gzipped, None),
]

FAULTS = [*LOST, *SLOW, *NOT_HTTP, *STATUSES, *UNREADABLE, *HARMLESS]
