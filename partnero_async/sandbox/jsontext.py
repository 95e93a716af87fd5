"""JSON in and out with exact decimals.

Partnero answers `29.997`; a float would make a client's exactness impossible to test. So numbers with a
fraction are `Decimal` on both ways, and written digit for digit.
"""

import json
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import NoReturn, TypeAlias, cast

Json: TypeAlias = "bool | int | Decimal | str | list[Json] | dict[str, Json] | None"

# What PHP's json_decode gives up at. `write` reaches Python's recursion limit before: see freeform.py.
_DEEPEST = 512
_LONGEST_INT = 40

_leaf: Callable[[object], str] = json.JSONEncoder().encode


class BadJson(ValueError):
    """The bytes are not JSON that a PHP server would read."""


def parse(text: bytes) -> Json:
    """Read JSON, refusing what PHP refuses too: NaN, lone surrogates, invalid UTF-8, nesting beyond 512."""
    try:
        value = cast(
            "Json",
            json.loads(
                text.decode("utf-8"), parse_float=Decimal, parse_int=_integer, parse_constant=_refuse_constant
            ),
        )
    except (ValueError, DecimalException, RecursionError) as error:
        raise BadJson(str(error) or type(error).__name__) from None
    _check(value)
    return value


def write(value: object) -> bytes:
    """Write plain Python values and decimals as compact ASCII JSON."""
    return _text(value).encode("ascii")


def _text(value: object) -> str:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return "{" + ",".join([f"{_leaf(name)}:{_text(field)}" for name, field in fields.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, cast("list[object]", value))) + "]"
    return format(value, "f") if isinstance(value, Decimal) else _leaf(value)


def _integer(digits: str) -> int | Decimal:
    # Python refuses to turn thousands of digits into an int; a Decimal takes them, for validation to refuse.
    return int(digits) if len(digits) <= _LONGEST_INT else Decimal(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check(value: Json) -> None:
    level: list[Json] = [value]
    for _ in range(_DEEPEST + 1):
        if not level:
            return
        deeper: list[Json] = []
        for item in level:
            if isinstance(item, str):
                _check_unicode(item)
            elif isinstance(item, list):
                deeper.extend(item)
            elif isinstance(item, dict):
                for name in item:
                    _check_unicode(name)
                deeper.extend(item.values())
        level = deeper
    raise BadJson("nested too deeply")


def _check_unicode(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadJson("a lone surrogate") from None
