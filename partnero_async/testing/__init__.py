"""What tests of applications need: a local Partnero with fixtures for pytest, builders, a virtual clock."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, restore = lazy(
    __name__,
    {
        "builders": "SIGNING_SECRET SignedDelivery build signed_delivery",
        "clock": "VirtualLoop",
        "local": "LocalPartnero",
        "recording": "Call",
    },
)
