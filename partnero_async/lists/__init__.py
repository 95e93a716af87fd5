"""Lists: pages, every item, and pages that are fetched ahead. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, _ = lazy(
    __name__,
    {
        "pager": "Pager",
        "pages": "Page",
        "prefetch": "Prefetch Prefetched",
    },
)
