"""What the endpoint of free-form settings answers."""

from __future__ import annotations

import attrs

from ._base import Record

__all__ = ["FreeFormSettings"]


@attrs.frozen(kw_only=True)
class FreeFormSettings(Record):
    """The answer to a change of settings. No source publishes it: whatever comes is in ``extra``."""
