"""What the endpoint of free-form settings answers."""

from __future__ import annotations

import attrs

from .base import Record

__all__ = ["Settings"]


@attrs.frozen(kw_only=True)
class Settings(Record):
    """The answer to a change of settings. No source publishes it: whatever comes is in ``extra``."""
