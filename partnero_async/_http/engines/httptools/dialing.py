"""Sockets that lead to the origin: connected, and through the tunnel of a proxy where there is one."""

from __future__ import annotations

import asyncio
import re
import socket
from base64 import b64encode
from typing import Final

from ....errors import ConnectError
from ..answers import MOST_HEAD
from ..contract import Facts, proxy_error
from ..names import Names
from ..origin import Origin, Proxy
from ..racing import first_connected

__all__ = ["credentials_line", "dial", "tunnel"]

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r]")
_HEAD_ENDS: Final = b"\r\n\r\n"


async def dial(names: Names, port: int) -> socket.socket:
    """A socket that is connected to a host.

    Raises:
        OSError: The name cannot be resolved, or no address takes a connection.
    """
    return await first_connected(names, lambda address: _connected(address, port), _close)


async def tunnel(sock: socket.socket, origin: Origin, proxy: Proxy, facts: Facts) -> None:
    """Has an HTTP proxy connect a socket to the origin (RFC 9110, section 9.3.6).

    Raises:
        NetworkError: It does not.
        OSError: The connection to it was lost.
    """
    loop = asyncio.get_running_loop()
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    authority = f"{host}:{origin.port or (443 if origin.encrypted else 80)}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *credentials_line(proxy), "", ""]
    await loop.sock_sendall(sock, "\r\n".join(lines).encode("ascii"))
    said = b""
    while _HEAD_ENDS not in said:
        data = await loop.sock_recv(sock, 4096)
        said += data
        if not data or len(said) > MOST_HEAD:
            raise ConnectError(
                "could not connect: the proxy closed the connection, or did not end its answer"
            )
    found = _STATUS_LINE.match(said)
    if found is None:
        raise ConnectError("could not connect: what the proxy answered is not HTTP")
    if not found[1].startswith(b"2"):
        raise proxy_error(facts, int(found[1]))
    if not said.endswith(_HEAD_ENDS) or said.count(_HEAD_ENDS) > 1:
        # Nobody asked the origin for anything yet.
        raise ConnectError("could not connect: the proxy sent more than its answer")


def credentials_line(proxy: Proxy) -> list[str]:
    """The line of a head that tells a proxy who asks, if it is told."""
    if not proxy.has_credentials:
        return []
    basic = b64encode(f"{proxy.username}:{proxy.password.reveal()}".encode()).decode()
    return [f"Proxy-Authorization: Basic {basic}"]


async def _connected(address: str, port: int) -> socket.socket:
    # asyncio looks at the protocol's number when it turns off Nagle's algorithm; uvloop does not turn it off.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


async def _close(sock: socket.socket) -> None:
    sock.close()
