"""The engines that are tried; ``TEST_ENGINES`` names others, as the session ``httpx2`` does."""

from __future__ import annotations

import os
from typing import Any, Final

__all__ = ["ENGINES", "OTHERS", "TRIO_ENGINES"]

ENGINES: Final[list[Any]] = os.environ.get("TEST_ENGINES", "httpx aiohttp httptools").split()
"""What tests of every engine are given."""

TRIO_ENGINES: Final = [engine for engine in ENGINES if engine.startswith("httpx")]
"""Those that run on trio, too."""

OTHERS: Final = [engine for engine in ENGINES if engine not in TRIO_ENGINES]
"""Those that run on asyncio alone, and take nothing of httpx."""
