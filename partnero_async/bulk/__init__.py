"""Many calls at a time: outcomes, the stream of them, and many records by their keys. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, _ = lazy(
    __name__,
    {
        "outcomes": "Batch Done Failed Found Missing Outcome Progress",
        "stream": "Outcomes Stream",
    },
)
