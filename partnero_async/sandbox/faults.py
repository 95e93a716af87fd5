"""Misbehaviour on demand: rules that bend the answers of matching requests."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from decimal import Decimal
from fnmatch import translate
from random import Random
from typing import Any, Literal, get_args

from .jsontext import Json

Deed = Literal["status", "delay", "drop", "cut", "garble"]

PLACEHOLDER = re.compile(r"\{\w+\}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Fault:
    """What goes wrong, for which requests, and how often.

    `do` is one of

    - `"status"`: answer `status` (500 unless given) and `headers`, with an error body;
    - `"delay"`: wait `delay` seconds, then go on;
    - `"drop"`: close the connection without a byte of an answer;
    - `"cut"`: announce the whole answer, send half of it, close the connection;
    - `"garble"`: answer 200 with a body that is not JSON.

    Attributes:
        do: `status`, `delay`, `drop`, `cut` or `garble`.
        method: Only requests with this method; all unless given.
        path: A glob on the decoded path, `/v1` included, in which a slash within a segment stays `%2F`. Its
            `*` matches slashes too, `/v1/customers/customer_0001*`; a placeholder matches one segment,
            `/v1/customers/{key}`.
        rate: The probability, from the sandbox's own seeded random.
        times: How often at most; without bound unless given.
        status: What `status` answers; 500 unless given.
        headers: Headers of that answer, such as `{"Retry-After": "2"}`.
        delay: Seconds to wait first, with any fault.
        after: Whether a `status` or `drop` comes when the request was already processed, as when a gateway
            times out; cut and garbled answers always do.
    """

    do: Deed
    _: KW_ONLY
    method: str | None = None
    path: str = "*"
    rate: float = 1.0
    times: int | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    delay: float | None = None
    after: bool = False

    def __post_init__(self) -> None:
        for complaint in self._complaints():
            raise ValueError(complaint)

    def _complaints(self) -> Iterable[str]:
        if self.do not in get_args(Deed):
            yield f"do must be one of {', '.join(get_args(Deed))}, not {self.do!r}"
        if not _is(self.method, str, None) or not _is(self.path, str):
            yield "method and path must be strings"
        if not _is(self.rate, float, int) or not 0 <= self.rate <= 1:
            yield f"rate must be between 0 and 1, not {self.rate!r}"
        if not _is(self.times, int, None) or (self.times is not None and self.times < 0):
            yield f"times must be a whole number or None, not {self.times!r}"
        if not _is(self.status, int, None) or (self.status is not None and not 200 <= self.status <= 599):
            yield f"status must be between 200 and 599, not {self.status!r}"
        if not _is(self.delay, float, int, None) or (
            self.delay is not None and not 0 <= self.delay < math.inf
        ):
            yield f"delay must be a number of seconds, not {self.delay!r}"
        if self.do == "delay" and self.delay is None:
            yield "delay is missing"
        if not _is(self.after, bool):
            yield f"after must be true or false, not {self.after!r}"
        if not _are_headers(self.headers):
            yield "headers must be an object of header names and printable values"

    @property
    def lets_through(self) -> bool:
        """Whether the request is processed although its answer is bent."""
        return self.after or self.do in ("cut", "garble")

    @classmethod
    def from_json(cls, rule: Json) -> "Fault":
        """Read a rule from a JSON object with the same field names."""
        if not isinstance(rule, dict):
            raise ValueError("a fault must be an object")
        unknown = rule.keys() - {known.name for known in fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no field {', '.join(sorted(unknown))}")
        if "do" not in rule:
            raise ValueError("do is missing")
        arguments: dict[str, Any] = {
            name: float(value) if isinstance(value, Decimal) else value for name, value in rule.items()
        }
        return cls(**arguments)


class FaultPlan:
    """The rules in force, and how often each has struck."""

    def __init__(self, rules: Iterable[Fault], random: Random) -> None:
        self.rules: tuple[Fault, ...] = tuple(rules)
        self._random = random
        self._left = [_bound(rule) for rule in self.rules]
        self._paths = [pattern_of(rule.path) for rule in self.rules]

    @property
    def left(self) -> tuple[float, ...]:
        """How often each rule can still strike."""
        return tuple(self._left)

    def add(self, rule: Fault) -> None:
        """Put a rule behind the others, which go on counting."""
        self.rules = (*self.rules, rule)
        self._left.append(_bound(rule))
        self._paths.append(pattern_of(rule.path))

    def strike(self, method: str, path: str) -> tuple[float, Fault | None]:
        """The delay of a request, and the one rule that bends its answer: the first that matches and happens.

        Rules that only delay add up on the way to it.
        """
        delay = 0.0
        for index, rule in enumerate(self.rules):
            if self._happens(index, rule, method, path):
                delay += rule.delay or 0.0
                if rule.do != "delay":
                    return delay, rule
        return delay, None

    def _happens(self, index: int, rule: Fault, method: str, path: str) -> bool:
        if not self._left[index] or (rule.method is not None and rule.method.upper() != method):
            return False
        if not self._paths[index].match(path) or (rule.rate < 1 and self._random.random() >= rule.rate):
            return False
        self._left[index] -= 1
        return True


def _bound(rule: Fault) -> float:
    return math.inf if rule.times is None else rule.times


def pattern_of(path: str) -> re.Pattern[str]:
    """What matches the paths that the `path` of a fault means."""
    # A character that neither fnmatch nor re takes for anything holds the place.
    marked = PLACEHOLDER.sub("\0", path)
    return re.compile(translate(marked).replace("\0", "[^/]+"))


def _is(value: object, *kinds: type | None) -> bool:
    """Rules come from JSON, too, where nobody has checked the types; a bool is no number here."""
    if value is None or isinstance(value, bool):
        return (None if value is None else bool) in kinds
    return isinstance(value, tuple(kind for kind in kinds if kind is not None))


def _are_headers(headers: Mapping[str, str]) -> bool:
    return _is(headers, Mapping) and all(
        _HEADER.fullmatch(name) and _is(value, str) and value.isascii() and value.isprintable()
        for name, value in headers.items()
    )
