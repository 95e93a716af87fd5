"""Name look-ups that concurrent connections share: asyncio makes each in one of its few threads."""

from __future__ import annotations

import socket
from typing import Final

import anyio

__all__ = ["Names"]

_FRESH_SECONDS: Final = 10.0
"""For how long addresses are kept: aiohttp's connector does the same."""


class Names:
    """The addresses of one host.

    A burst of new connections asks the resolver once; whoever asks in vain tells nobody else its error.

    Args:
        host: A name or an address.
        port: The port.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._addresses: tuple[str, ...] = ()
        self._fresh_until = 0.0
        self._answered: anyio.Event | None = None

    async def addresses(self) -> tuple[str, ...]:
        """The addresses in the order in which they are to be tried.

        Raises:
            OSError: The name cannot be resolved.
        """
        while anyio.current_time() >= self._fresh_until:
            if self._answered is not None:
                # Somebody else asks. Should that fail or be cancelled, this caller asks itself.
                await self._answered.wait()
                continue
            self._answered = anyio.Event()
            try:
                self._addresses = await _look_up(self._host, self._port)
                self._fresh_until = anyio.current_time() + _FRESH_SECONDS
            finally:
                self._answered.set()
                self._answered = None
        return self._addresses

    def forget(self) -> None:
        """Asks anew next time: none of the addresses answered."""
        self._fresh_until = 0.0


async def _look_up(host: str, port: int) -> tuple[str, ...]:
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(address[4][0]) for address in found)
    # An IPv6 address first, then an IPv4 one (RFC 8305, section 4), then the others as they came.
    of_v6 = [address for address in addresses if ":" in address]
    of_v4 = [address for address in addresses if ":" not in address]
    return tuple(dict.fromkeys([*of_v6[:1], *of_v4[:1], *addresses]))
