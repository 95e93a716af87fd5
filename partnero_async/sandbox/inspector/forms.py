"""What the forms of the pages send, and what it means."""

from collections.abc import Callable, Mapping
from typing import TypeVar, cast
from urllib.parse import parse_qsl

from ..faults import Deed, Fault

_Number = TypeVar("_Number", int, float)


def read(body: bytes) -> dict[str, str]:
    """The fields that were filled in, without blanks around them."""
    fields = parse_qsl(body.decode("utf-8", "replace"), errors="replace", max_num_fields=100)
    return {name: text for name, value in fields if (text := value.strip())}


def fault(fields: Mapping[str, str]) -> Fault:
    """The rule that was described; ValueError says what is wrong with it."""
    rate = _number(fields, "rate", float)
    return Fault(
        cast("Deed", fields.get("do", "")),
        method=fields.get("method"),
        path=fields.get("path", "*"),
        rate=1.0 if rate is None else rate,
        times=_number(fields, "times", int),
        status=_number(fields, "status", int),
        delay=_number(fields, "delay", float),
    )


def latency(fields: Mapping[str, str]) -> tuple[float, float]:
    """The shortest and the longest time in seconds; one alone is both, and none is no latency."""
    shortest = _number(fields, "shortest", float)
    longest = _number(fields, "longest", float)
    if shortest is None:
        shortest = 0.0 if longest is None else longest
    return shortest / 1000, (shortest if longest is None else longest) / 1000


def _number(fields: Mapping[str, str], name: str, kind: Callable[[str], _Number]) -> _Number | None:
    text = fields.get(name)
    try:
        return None if text is None else kind(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {text!r}") from None
