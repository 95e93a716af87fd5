"""The connection test."""

from __future__ import annotations

from typing import Final

from .._http.wire import Endpoint
from ..records.connection import Connection

__all__ = ["TEST"]

TEST: Final = Endpoint(
    "GET", "/test", Connection, programs="A R L?", sources="P W N", confidence="official client"
)
