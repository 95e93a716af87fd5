"""Doing to an answer what a fault says, up to closing the connection, which ASGI has no word for.

The sandbox's own server leaves the connection's transport in the ASGI state. In memory there is no
connection, and the client gets the exception that a lost one ends in.
"""

import asyncio
from functools import partial
from typing import cast

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from . import jsontext
from .faults import Fault

TRANSPORT = "partnero_async.sandbox.transport"

_GARBLED = b"<html><body>Something went wr"


def bent(fault: Fault, answer: Response | None) -> tuple[str, ASGIApp]:
    """What becomes of the request (a status, or the fault's name), and what to send instead of the answer."""
    match fault.do:
        case "drop":
            return "drop", partial(_hang_up, flush=False)
        case "cut":
            assert answer is not None, "a cut request was processed"
            return "cut", partial(_send_half, answer)
        case "garble":
            return "200", Response(_GARBLED, 200, fault.headers, "application/json")
        case _:
            status = fault.status or 500
            return str(status), Response(_error(status), status, fault.headers, "application/json")


def _error(status: int) -> bytes:
    if status in (204, 304):  # which have no body
        return b""
    return jsontext.write({"status": 0, "message": f"A fault of the sandbox answered {status}."})


async def _send_half(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    half = bytes(answer.body)[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    await _hang_up(scope, receive, send, flush=True)


async def _hang_up(scope: Scope, receive: Receive, send: Send, *, flush: bool) -> None:
    """Close the connection, after or without sending what is still buffered."""
    transport = cast("asyncio.Transport | None", scope.get("state", {}).get(TRANSPORT))
    if transport is None:
        raise ConnectionResetError("the sandbox closed the connection, as a fault told it to")
    if flush:
        transport.close()
    else:
        transport.abort()
    # An app that returns before its server has noticed the disconnect is taken for one that forgot to answer.
    while (await receive())["type"] != "http.disconnect":
        pass
