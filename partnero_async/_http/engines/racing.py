"""The first of several addresses that takes a connection (RFC 8305, happy eyeballs)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio

from .names import Names

__all__ = ["first_connected"]

T = TypeVar("T")

# How long an address may take before the next one is tried beside it (RFC 8305, section 5).
_NEXT_ADDRESS_SECONDS: Final = 0.25


async def first_connected(
    names: Names, connect: Callable[[str], Awaitable[T]], close: Callable[[T], Awaitable[object]]
) -> T:
    """A connection to the first address that takes one.

    Args:
        names: The host.
        connect: Connects to one of its addresses.
        close: Closes a connection that came too late.

    Raises:
        OSError: The name cannot be resolved, or no address takes a connection.
    """
    addresses = await names.addresses()
    if len(addresses) == 1:
        return await connect(addresses[0])
    errors = list[OSError]()
    opened = list[T]()
    kept = 0
    try:
        async with anyio.create_task_group() as group:

            async def attempt(address: str, over: anyio.Event) -> None:
                try:
                    connected = await connect(address)
                except OSError as error:
                    errors.append(error)
                else:
                    opened.append(connected)
                    group.cancel_scope.cancel()
                finally:
                    over.set()

            for address in addresses:
                over = anyio.Event()
                group.start_soon(attempt, address, over)
                with anyio.move_on_after(_NEXT_ADDRESS_SECONDS):
                    await over.wait()
        kept = 1
    finally:
        # Two may have succeeded in the same turn of the event loop; and who is cancelled takes none.
        with anyio.CancelScope(shield=True):
            for late in opened[kept:]:
                await close(late)
    if not opened:
        names.forget()
        # One that has a number, so that it can be told what happened; the last is usually of IPv4.
        raise errors[-1]
    return opened[0]
