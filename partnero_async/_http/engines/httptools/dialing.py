"""Sockets that lead to the origin: connected, and through the tunnel of a proxy where there is one."""

from __future__ import annotations

import asyncio
import re
import socket
from base64 import b64encode
from typing import Final

from ...._secret import Secret
from ....errors import ConnectError
from ..answers import MOST_HEAD
from ..contract import Facts, proxy_error
from ..names import Names
from ..origin import Origin, Proxy
from ..racing import first_connected
from ..sockets import connected

__all__ = ["credentials_line", "dial", "tunnel"]

_STATUS_LINE: Final = re.compile(r"HTTP/1\.[01] ([1-9][0-9]{2})[ \r]")
_HEAD_ENDS: Final = "\r\n\r\n"


async def dial(names: Names, port: int) -> socket.socket:
    """A socket that is connected to a host.

    Raises:
        OSError: The name cannot be resolved, or no address takes a connection.
    """
    return await first_connected(names, lambda address: connected(address, port), _close)


async def tunnel(sock: socket.socket, origin: Origin, proxy: Proxy, facts: Facts) -> None:
    """Has an HTTP proxy connect a socket to the origin (RFC 9110, section 9.3.6).

    Raises:
        NetworkError: It does not.
        OSError: The connection to it was lost.
    """
    loop = asyncio.get_running_loop()
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    authority = f"{host}:{origin.port or (443 if origin.encrypted else 80)}"
    # Both are secret: error reporters show the locals of frames, and what the proxy says may quote.
    first = f"CONNECT {authority} HTTP/1.1"
    head = Secret("\r\n".join([first, f"Host: {authority}", *credentials_line(proxy), "", ""]))
    heard = Secret("")
    # Not by the event loop, whose frames would show it. A new connection takes so much at once.
    if sock.send(head.reveal().encode("ascii")) < len(head.reveal()):
        raise ConnectError("could not connect: the proxy did not take the request")
    while _HEAD_ENDS not in heard.reveal():
        before = len(heard.reveal())
        heard = Secret(heard.reveal() + (await loop.sock_recv(sock, 4096)).decode("latin-1"))
        if not before < len(heard.reveal()) <= MOST_HEAD:
            raise ConnectError(
                "could not connect: the proxy closed the connection, or did not end its answer"
            )
    status = _STATUS_LINE.match(heard.reveal())
    if status is None:
        raise ConnectError("could not connect: what the proxy answered is not HTTP")
    if not status[1].startswith("2"):
        raise proxy_error(facts, int(status[1]))
    if not heard.reveal().endswith(_HEAD_ENDS) or heard.reveal().count(_HEAD_ENDS) > 1:
        # Nobody asked the origin for anything yet.
        raise ConnectError("could not connect: the proxy sent more than its answer")


def credentials_line(proxy: Proxy) -> list[str]:
    """The line of a head that tells a proxy who asks, if it is told."""
    if not proxy.has_credentials:
        return []
    basic = b64encode(f"{proxy.username}:{proxy.password.reveal()}".encode()).decode()
    return [f"Proxy-Authorization: Basic {basic}"]


async def _close(sock: socket.socket) -> None:
    sock.close()
