"""The test of the API key, ``partnero.test()`` (sources.md#key-check)."""

from __future__ import annotations

from typing import Final

from .._http.endpoint import Endpoint, one
from ..records.key_check import KeyCheck

__all__ = ["TEST"]

TEST: Final = Endpoint(
    "GET", "/test", one(KeyCheck), programs="A R L?", sources="P W N", confidence="official client"
)
