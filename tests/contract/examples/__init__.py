"""The answers that the sources print, one file each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from partnero_async.records._json import loads

__all__ = ["data_of", "text_of"]


def text_of(name: str) -> str:
    """The whole answer, envelope included."""
    return (Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8")


def data_of(name: str) -> Any:
    """What stands under ``data``, amounts exact; of a list, its first item."""
    data = loads(text_of(name))["data"]
    return data[0] if isinstance(data, list) else data
