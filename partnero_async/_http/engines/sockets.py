"""What can be seen of a socket from outside, without reading from it."""

from __future__ import annotations

import select
import socket

__all__ = ["is_readable"]


def is_readable(sock: socket.socket | None) -> bool:
    """Whether something can be read from a socket without waiting, the end of the connection included."""
    if sock is None or sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
