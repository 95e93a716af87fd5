"""Reading the bodies of requests: none is too large, none takes for ever, and not too many are in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import anyio

from .handling import Answer

__all__ = ["Bodies", "Message", "Receive", "Scope"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]

READ_SECONDS: Final = 10.0
"""How long a body may take to come."""

MAX_BUFFERED: Final = 64 * 1024 * 1024
"""Bytes of all bodies that are in memory at a time; whoever comes beyond that has to come again."""


# What was not read would be taken for the next request of the connection.
_CLOSE: Final = {"Connection": "close"}
_TOO_MANY: Final = Answer(
    status=503, text="There are too many deliveries at a time.", headers={**_CLOSE, "Retry-After": "5"}
)
_TOO_SLOW: Final = Answer(status=408, text="The delivery did not come in time.", headers=_CLOSE)


class Bodies:
    """The bodies that are in memory.

    Args:
        most: Bytes of one body, at most.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._left = MAX_BUFFERED

    @property
    def too_large(self) -> Answer:
        """What is answered to a body of more bytes."""
        return Answer(status=413, text=f"A delivery has at most {self.most} bytes.", headers=_CLOSE)

    @asynccontextmanager
    async def read(self, scope: Scope, receive: Receive) -> AsyncGenerator[bytes | Answer | None]:
        """The body of a request, which is in memory until the block ends.

        An answer in its place says why it is refused; None is for nobody, who is gone.
        """
        parts = list[bytes]()
        try:
            yield await self._read(scope, receive, parts)
        finally:
            self._left += sum(map(len, parts))

    async def _read(self, scope: Scope, receive: Receive, parts: list[bytes]) -> bytes | Answer | None:
        if _content_length(scope) > self.most:
            return self.too_large
        size = 0
        with anyio.move_on_after(READ_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                part: bytes = message.get("body", b"")
                size += len(part)
                if size > self.most:
                    return self.too_large
                parts.append(part)
                self._left -= len(part)
                if self._left < 0:
                    return _TOO_MANY
                if not message.get("more_body", False):
                    return b"".join(parts)
        return _TOO_SLOW


def _content_length(scope: Scope) -> int:
    """How many bytes a request says that it has; 0 where it does not say it."""
    for name, value in scope["headers"]:
        # A number of more digits than int() takes (sys.set_int_max_str_digits) is too large all the same.
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0
