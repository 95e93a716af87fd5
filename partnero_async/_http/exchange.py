"""What is known of one exchange while it is under way: whether a byte of the request left."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["COLD_SECONDS", "EXTENSION", "Exchange"]

EXTENSION: Final = "partnero_async.exchange"
"""The key under which a request carries its exchange, among the extensions of httpx."""

COLD_SECONDS: Final = 5.0
"""After so long without use a connection counts as cold: the server may be about to close it."""


class Exchange:
    """One attempt at a request.

    Attributes:
        written: True from just before the first byte of the request is handed to the network; False when
            the transport knows that none was; None when the transport cannot tell.
        hung_up: Whether the other side closed the connection while an answer was awaited.
        longest_idle: Seconds that a connection may have been idle to be used for this request.
    """

    __slots__ = ("hung_up", "longest_idle", "written")

    def __init__(self, longest_idle: float = math.inf) -> None:
        self.longest_idle: float = longest_idle
        self.written: bool | None = None
        self.hung_up: bool = False
