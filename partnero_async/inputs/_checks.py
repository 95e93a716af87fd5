"""Refusing what cannot be right before any I/O, with an error that names it; of an enum goes its value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeGuard, cast
from urllib.parse import urlsplit

from .._secret import Secret
from .._values import check_moment, oversized
from ..errors import ArgumentError

__all__ = [
    "check_amount",
    "check_count",
    "check_flag",
    "check_id",
    "check_json",
    "check_moment",
    "check_password",
    "check_seconds",
    "check_several",
    "check_string",
    "check_tags",
    "check_text",
    "check_url",
    "hide",
    "is_several",
]


def check_text(name: str, value: object) -> str:
    """``value`` if it is a string that is neither empty nor blank."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    if not value.strip():
        raise ArgumentError(f"{name} must not be {'blank' if value else 'empty'}")
    return value.value if isinstance(value, Enum) else value


def check_string(name: str, value: object) -> str:
    """``value`` if it is a string; an empty one is for the server to judge."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    return value.value if isinstance(value, Enum) else value


def check_flag(name: str, value: object) -> bool:
    """``value`` if it is True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def check_seconds(name: str, value: object) -> float:
    """``value`` if it is a positive and finite number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    # An int compares with infinity at any size, where math.isfinite would overflow.
    if not 0 < value < math.inf or oversized(int(value)):
        raise ArgumentError(f"{name} must be positive and finite, not {_shown(value)}")
    return float(value)


def check_count(name: str, value: object, *, least: int, most: int | None = None) -> int:
    """``value`` if it is a whole number within its bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}")
    # What is oversized cannot even be written: Python refuses to print more than 4,300 digits.
    if value < least or (most is not None and value > most) or oversized(value):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ArgumentError(f"{name} must be {bounds}, not {_shown(value)}")
    return value.value if isinstance(value, Enum) else value


def check_id(name: str, value: object) -> int:
    """``value`` if it is a whole number that a database may have given to a row."""
    return check_count(name, value, least=0, most=2**63 - 1)


def check_amount(name: str, value: object) -> Decimal | int:
    """``value`` if it is an amount that JSON's numbers carry without change.

    A float is refused with the cure in the message; so is a Decimal that a double cannot hold, because
    whatever reads JSON on the other side is likely to make it a double.
    """
    if isinstance(value, float):
        raise TypeError(f"{name} must be a Decimal or an int, not a float: write Decimal(str({value!r}))")
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError(f"{name} must be a Decimal or an int, not {type(value).__name__}")
    # The size is looked at first: int(Decimal("1e999999")) would take half a minute.
    if oversized(value) or Decimal(repr(float(value))) != value:
        raise ArgumentError(f"{name} cannot be sent exactly as a JSON number: {_shown(value)}")
    return value


def hide(value: str) -> Secret:
    """A value wrapped so that no error reporter shows it among the locals of a frame."""
    return Secret(value)


def check_password(name: str, hidden: Secret) -> Secret:
    """A password if it follows Partnero's rules; no error shows any of it, nor do the locals of this."""
    if not isinstance(hidden.reveal(), str):
        raise TypeError(f"{name} must be a string, not {type(hidden.reveal()).__name__}")
    kinds = (str.islower, str.isupper, str.isdigit)
    if len(hidden.reveal()) < 8 or not all(any(map(kind, hidden.reveal())) for kind in kinds):
        raise ArgumentError(f"{name} must have 8 characters or more, upper and lower case, and a digit")
    return hidden


def check_url(name: str, value: object) -> str:
    """``value`` if it is an http(s) URL with a host."""
    text = check_text(name, value)
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("https", "http") and bool(parts.hostname)
        fits = fits and text.isprintable() and " " not in text
    except ValueError:
        fits = False
    if not fits:
        raise ArgumentError(f"{name} must be an http(s) URL")
    return text


def check_several(name: str, value: object) -> Iterable[Any]:
    """``value`` if it is several values."""
    if not is_several(value):
        raise TypeError(f"{name} must be several values, such as a list, not {type(value).__name__}")
    return value


def is_several(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether a value can be gone through, and is no text or mapping, which are that only by accident."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def check_json(name: str, value: Any) -> None:
    """Refuses what JSON does not know, or has no number for, however deep it is."""
    match value:
        case Enum():
            check_json(name, value.value)
        case int() | float() | Decimal() if not _can_be_written(value):
            raise ArgumentError(f"{name} cannot be sent as a JSON number: {_shown(value)}")
        case None | str() | int() | float() | Decimal() | Secret():
            pass
        case datetime():
            check_moment(name, value)
        case Mapping():
            for key, item in cast("Mapping[str, Any]", value).items():
                if not isinstance(key, str):
                    raise TypeError(f"a name in {name} must be a string, not {type(key).__name__}")
                check_json(f"{name}[{key!r:.40}]", item)
        case list() | tuple():
            for number, item in enumerate(cast("Sequence[Any]", value)):
                check_json(f"{name}[{number}]", item)
        case _:
            raise TypeError(f"{name} must be a JSON value, not {type(value).__name__}")


def _can_be_written(value: Decimal | float) -> bool:
    return math.isfinite(value) if isinstance(value, float) else not oversized(value)


def check_tags(name: str, tags: Iterable[str] | None) -> list[str] | None:
    """Tags as the API takes them: a list of strings, empty to clear, None to leave them alone."""
    if tags is None:
        return None
    return [check_text("a tag", tag) for tag in check_several(name, tags)]


def _shown(value: Decimal | float) -> str:
    """A number for an error text; one of thousands of digits cannot even be printed."""
    if isinstance(value, int) and oversized(value):
        return "a number of unreasonable size"
    return str(value)[:60]
