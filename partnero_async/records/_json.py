"""JSON text, both ways: money exact, and numbers of unreasonable size refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NoReturn, cast

from .._secret import Secret
from .._values import check_moment, oversized
from ..errors import ArgumentError

__all__ = ["JsonLoads", "dump", "loads"]

JsonLoads = Callable[[str], Any]

_MOST_DIGITS: Final = 1000
_TOO_LONG: Final = 10**_MOST_DIGITS


def dump(value: Any) -> str:
    """JSON text with every Decimal in plain notation, which the standard encoder cannot write."""
    match value:
        case Enum():
            return dump(value.value)
        case int() | Decimal() if _is_too_long(value):
            raise ArgumentError("a number of unreasonable size cannot be sent")
        case Decimal() if value.is_finite():
            return format(value, "f")
        case float() | Decimal() if isinstance(value, Decimal) or not math.isfinite(value):
            raise ArgumentError(f"JSON has no number {value}")
        case Mapping():
            pairs = cast("Mapping[str, Any]", value)
            if not all(isinstance(name, str) for name in pairs):
                raise TypeError("the names in a JSON object must be strings")
            fields = (f"{json.dumps(name)}:{dump(item)}" for name, item in pairs.items())
            return "{" + ",".join(fields) + "}"
        case list() | tuple():
            return "[" + ",".join(map(dump, cast("Sequence[Any]", value))) + "]"
        case Secret():
            return json.dumps(value.reveal())
        case datetime():
            return json.dumps(check_moment("a timestamp", value))
        case _:
            return json.dumps(value, allow_nan=False)


def _is_too_long(number: Decimal | int) -> bool:
    """Whether a number has so many digits that Python refuses to write them, or that no memory holds them."""
    if isinstance(number, int):
        return abs(number) >= _TOO_LONG
    _, digits, exponent = number.as_tuple()
    return isinstance(exponent, int) and len(digits) + abs(exponent) > _MOST_DIGITS


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= 80 else None
    except ArithmeticError:  # an exponent beyond what even Decimal takes
        number = None
    if number is None or oversized(number):
        raise ValueError("it has a number of unreasonable size")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"it has {text}, which JSON does not know")


_decoder: Final = json.JSONDecoder(parse_float=_decimal, parse_constant=_constant)


def loads(text: str) -> Any:
    """The standard library's parser, with money exact and numbers of unreasonable size refused."""
    # json.loads makes a decoder each time, and looks for blanks around the text.
    try:
        value, end = _decoder.raw_decode(text)
    except json.JSONDecodeError:
        return _decoder.decode(text)
    return value if end == len(text) else _decoder.decode(text)
