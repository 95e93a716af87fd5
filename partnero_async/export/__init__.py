"""The outcomes of many calls in a file, and going on after an interruption. Loaded at first use."""

from __future__ import annotations

from .._lazy import lazy

__getattr__, __dir__, _ = lazy(__name__, {"_growing": "ExportBusyError", "run": "Export export"})
