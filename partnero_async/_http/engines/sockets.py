"""What can be seen of a socket from outside, and what becomes of sockets when a process is forked."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Protocol
from weakref import WeakSet

__all__ = ["Holder", "asking", "hold", "is_readable", "process"]


class _Process:
    """The process that runs this.

    Attributes:
        forks: How many forks lie between the first process and this one.
    """

    forks = 0


process: Final = _Process()
"""The process that runs this: what was made at another number of forks belongs to another one."""


class Holder(Protocol):
    """Whoever holds open sockets."""

    def sockets(self) -> Iterable[Any]:
        """The sockets, or what stands for them on an event loop: each has a ``fileno()``."""
        ...


_holders = WeakSet[Any]()


def hold(holder: Holder) -> None:
    """Sees to it that in a forked process nothing can be sent or received on the sockets of a holder."""
    _holders.add(holder)


def _after_fork_in_child() -> None:
    """Puts a dead end in the place of each inherited socket.

    Closing would not do: an event loop or TLS of the parent that goes on here would send its farewell first,
    or meet another file under the same number.
    """
    process.forks += 1
    dead_end = os.open(os.devnull, os.O_RDWR)
    for holder in list(_holders):
        for sock in holder.sockets():
            try:
                number = sock.fileno()
                if number >= 0:
                    os.dup2(dead_end, number)
            except OSError:
                continue
    os.close(dead_end)
    _holders.clear()


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
