"""What is known of one exchange while it is under way: whether a byte of the request left, what came back."""

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
        longest_idle: Seconds that a connection may have been idle to be used for this request.
        most_received: The most bytes that may be received for it.
        written: True from just before the first byte of the request is handed to the network; False while
            none was; None while a transport that cannot tell has it.
        hung_up: Whether the other side closed the connection while an answer was awaited.
        status: The status of the answer, once its head is there.
        body: The body as it was received, where the transport read it whole.
    """

    __slots__ = ("body", "hung_up", "longest_idle", "most_received", "status", "written")

    def __init__(self, longest_idle: float = math.inf) -> None:
        self.longest_idle: float = longest_idle
        self.most_received: float = math.inf
        self.written: bool | None = False
        self.hung_up: bool = False
        self.status: int | None = None
        self.body: bytes | None = None
