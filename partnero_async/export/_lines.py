"""The lines of an export: what became of one key, as JSON, and which key a line on disk is for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from ..errors import PartneroError
from ..records._base import FrozenMapping, Record, is_object

__all__ = [
    "START",
    "Key",
    "Unfound",
    "failed_line",
    "found_line",
    "key_of_found",
    "key_of_unfound",
    "missing_line",
]

Key: TypeAlias = str | int
"""What a record is asked for by."""

Unfound: TypeAlias = Literal["missing", "failed"]
"""What becomes of a key without a record."""

START: Final = b'{"key": '
"""How every line begins."""


def found_line(key: Key, value: object) -> bytes:
    """The line of a key that has a record, or whatever its call returned.

    Raises:
        TypeError, ValueError, RecursionError: JSON does not know the value.
    """
    return _line({"key": key, "record": value})


def missing_line(key: Key) -> bytes:
    """The line of a key that Partnero does not know."""
    return _line({"key": key, "outcome": "missing"})


def failed_line(key: Key, error: PartneroError) -> bytes:
    """The line of a key whose call failed."""
    told = {"type": type(error).__name__, "status": error.status, "message": str(error)}
    return _line({"key": key, "outcome": "failed", "error": told})


def key_of_found(line: bytes) -> Key | None:
    """The key of a line of records; None if it is no such line."""
    said = _parsed(line)
    return said["key"] if said.keys() == {"key", "record"} else None


def key_of_unfound(line: bytes) -> tuple[Key, Unfound] | None:
    """The key of a line of what was not found, and what became of it; None if it is no such line."""
    said = _parsed(line)
    outcome = said.get("outcome")
    return (said["key"], outcome) if outcome in ("missing", "failed") else None


def _line(content: dict[str, Any]) -> bytes:
    text = _readable(content)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON can say and UTF-8 cannot.
        return _ascii(content).encode() + b"\n"


def _plain(value: object) -> object:
    match value:
        case Record():
            return value.to_dict()
        case FrozenMapping():
            return dict(value)
        case _:
            raise TypeError(f"JSON has nothing for {type(value).__name__}")


# NaN would make a line that other readers refuse.
_readable: Final[Callable[[object], str]] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, default=_plain
).encode
_ascii: Final[Callable[[object], str]] = json.JSONEncoder(allow_nan=False, default=_plain).encode


def _parsed(line: bytes) -> dict[str, Any]:
    """The object of a line; without anything in it if there is none that has a key."""
    try:
        said: object = json.loads(line.decode())
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        return {}
    if is_object(said):
        key = said.get("key")
        if isinstance(key, (str, int)) and not isinstance(key, bool):
            return said
    return {}
