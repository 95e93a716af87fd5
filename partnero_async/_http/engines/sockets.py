"""Sockets that are connected, what can be seen of them from outside, and what becomes of them at a fork."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from weakref import WeakSet

__all__ = ["asking", "connected", "guarded", "is_readable", "process"]


class _Process:
    """The process that runs this.

    Attributes:
        forks: How many forks lie between the first process and this one.
    """

    forks = 0


process: Final = _Process()
"""The process that runs this: what was made at another number of forks belongs to another one."""


_guarded = WeakSet[socket.socket]()


def guarded(sock: socket.socket) -> socket.socket:
    """A socket on which nothing can be sent or received in a forked process, connected or not."""
    _guarded.add(sock)
    return sock


async def connected(address: str, port: int) -> socket.socket:
    """A guarded socket that is connected, on asyncio.

    Raises:
        OSError: The address takes no connection.
    """
    # asyncio looks at the protocol's number when it turns off Nagle's algorithm; uvloop does not turn it off.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = guarded(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP))
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _after_fork_in_child() -> None:
    """Puts a dead end in the place of each inherited socket.

    Closing would not do: an event loop or TLS of the parent that goes on here would send its farewell first,
    or meet another file under the same number.
    """
    process.forks += 1
    dead_end = os.open(os.devnull, os.O_RDWR)
    for sock in list(_guarded):
        try:
            number = sock.fileno()
            if number >= 0:
                os.dup2(dead_end, number)
        except OSError:
            continue
    os.close(dead_end)
    _guarded.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def is_readable(sock: socket.socket | None) -> bool:
    """Whether something can be read from a socket without waiting, the end of the connection included."""
    return sock is None or sock.fileno() < 0 or bool(asking(sock)())


def asking(sock: Any) -> Callable[[], Any]:
    """What tells each time whether an open socket can be read from: something, or nothing that is true."""
    if not hasattr(select, "poll"):
        return lambda: select.select([sock], [], [], 0)[0]
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return partial(poll.poll, 0)
