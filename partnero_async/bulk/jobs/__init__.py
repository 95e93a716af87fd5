"""Bulk runs in parts, which any machine may do that has the folder. Loaded at first use."""

from __future__ import annotations

from ..._lazy import lazy

__getattr__, __dir__, _ = lazy(
    __name__,
    {
        "_state": "PartState",
        "job": "Job Part load plan",
        "status": "JobStatus",
    },
)
