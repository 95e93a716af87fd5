"""What can be handed in for an annotation: values to try, and what the tries tell of its schema."""

from __future__ import annotations

import itertools
import string
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import attrs

from .nodes import ITEM, Node, annotated, common_place, either, places_of

__all__ = [
    "Anything",
    "Attempt",
    "Day",
    "Either",
    "Inner",
    "Json",
    "Mapped",
    "Marks",
    "Moment",
    "Number",
    "Refused",
    "Several",
    "Space",
    "Text",
    "Unclear",
    "Whole",
    "Words",
    "accepts",
]

Json = dict[str, Any]


class Unclear(Exception):
    """It cannot be worked out what a method sends."""


class Refused(Exception):
    """The SDK does not take the value."""


class Attempt(Protocol):
    """Makes a call with a value in one argument, or raises ``Refused``."""

    def __call__(self, value: Any, /) -> Node: ...

    def anew(self) -> Attempt: ...


class Marks:
    """Values to recognise in a request, and what is known of each: its number, and its schema by number."""

    def __init__(self) -> None:
        self.schemas = dict[int, Json]()
        self._numbers = dict[tuple[type, Any], int]()
        self._count = itertools.count()

    def new(self) -> int:
        """A number for one more thing that callers choose."""
        return next(self._count)

    def mark(self, number: int, value: Any) -> Any:
        """The value, which will be recognised."""
        self._numbers[type(value), value] = number
        return value

    def number_of(self, value: Any) -> int | None:
        """The number of a value that was found in a request."""
        if isinstance(value, bool | list | dict) or value is None:
            return None
        return self._numbers.get((type(value), value))


@attrs.frozen
class Space(ABC):
    """All values of one annotation."""

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of all choices in it."""
        return frozenset()

    @abstractmethod
    def candidates(self) -> Iterator[Any]:
        """Values to try, the likeliest first, with nothing in them that could be left out."""
        ...

    @abstractmethod
    def explore(self, attempt: Attempt) -> Node:
        """What is sent for all of its values."""
        ...


@attrs.frozen
class Words(Space):
    """A few constants, which are found by what changes with them: booleans, null, words."""

    values: tuple[Any, ...]

    def candidates(self) -> Iterator[Any]:
        yield from self.values

    def explore(self, attempt: Attempt) -> Node:
        return either([attempt.anew()(value) for value in self.values])


@attrs.frozen
class Single(Space):
    """One value that is marked."""

    marks: Marks
    number: int

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset({self.number})

    @abstractmethod
    def forms(self) -> Iterator[tuple[Any, Json, Sequence[Any]]]:
        """Marked values, each with what their schema is if it is taken while all of some others are not."""
        ...

    def refine(self, attempt: Attempt, taken: Any) -> Json:
        """What more is found out about the schema by trying other values than the one that was taken."""
        return {}

    def candidates(self) -> Iterator[Any]:
        for value, _, _ in self.forms():
            yield value

    def explore(self, attempt: Attempt) -> Node:
        reason = ""
        for value, schema, counterexamples in self.forms():
            try:
                node = attempt(value)
            except Refused as refused:
                reason = str(refused)
                continue
            if not list(places_of(node, self.numbers)):
                raise Unclear("a value is taken and not found again in what is sent")
            for counterexample in counterexamples:
                if accepts(attempt, counterexample):
                    raise Unclear(f"{counterexample!r} is taken, though {schema} was to be expected")
            refined = self.refine(attempt, value)
            self.marks.schemas[self.number] = {**schema, **refined, **schema}
            return node
        raise Unclear(f"no value that was tried is taken: {reason}")


@attrs.frozen
class Text(Single):
    """A string, of which some values may be known."""

    known: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def forms(self) -> Iterator[tuple[Any, Json, Sequence[Any]]]:
        n = self.number
        schema: Json = {"type": "string"}
        if self.known:
            schema |= {"examples": list(self.known), "x-known-values": self.known}
        yield self.marks.mark(n, f"probe-{n}"), schema, ()
        yield self.marks.mark(n, f"probe{n}@example.com"), schema | {"format": "email"}, ["probe"]
        url = {"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://."}
        yield self.marks.mark(n, f"https://probe-{n}.example/"), schema | url, ["probe", "ftp://a.b"]
        yield (
            self.marks.mark(n, f"probe-{n}-aB3"),
            schema | {"format": "password", "allOf": [{"pattern": f"[{c}]"} for c in ("a-z", "A-Z", "0-9")]},
            ["probe-0-ab3", "PROBE-0-AB3", "probe-of-aBc"],
        )
        letters = "Q" + string.ascii_uppercase[n // 26 % 26] + string.ascii_uppercase[n % 26]
        yield self.marks.mark(n, letters), schema | {"pattern": "^[A-Za-z]*$"}, ["QQ", "QQQQ", "QQ1"]

    def refine(self, attempt: Attempt, taken: Any) -> Json:
        found: Json = {}
        endings = (taken[length:] for length in range(len(taken), -1, -1))
        shortest = next(ending for ending in endings if accepts(attempt, ending))
        # An address has no ending that is one itself, however short addresses may be.
        if shortest and not taken.startswith("https:"):
            found["minLength"] = len(shortest)
        if accepts(attempt, "x" * len(taken)) and not accepts(attempt, " " * len(taken)):
            found["pattern"] = r"\S"
        if not accepts(attempt, taken + "x" * 10_000):
            found["maxLength"] = last_taken(
                lambda length: accepts(attempt, taken.ljust(length, "x")), len(taken), 10_000
            )
        if accepts(attempt, "x") and not accepts(attempt, ".."):
            found["not"] = {"enum": [".", ".."]}
        return found


@attrs.frozen
class Whole(Single):
    """An integer."""

    def forms(self) -> Iterator[tuple[Any, Json, Sequence[Any]]]:
        # Within 1..250 and 30..900, which are the narrowest bounds that there are.
        yield self.marks.mark(self.number, 31 + self.number % 200), {"type": "integer"}, ()

    def refine(self, attempt: Attempt, taken: Any) -> Json:
        found: Json = {}
        if not accepts(attempt, -(2**70)):
            found["minimum"] = -last_taken(lambda value: accepts(attempt, -value), -taken, 2**70)
        if not accepts(attempt, 2**70):
            found["maximum"] = last_taken(lambda value: accepts(attempt, value), taken, 2**70)
        return found


@attrs.frozen
class Number(Single):
    """An amount: a number that is exact in decimal notation."""

    def forms(self) -> Iterator[tuple[Any, Json, Sequence[Any]]]:
        yield self.marks.mark(self.number, Decimal(f"{31 + self.number % 200}.25")), {"type": "number"}, ()

    def refine(self, attempt: Attempt, taken: Any) -> Json:
        # In hundredths: no bound of an amount is finer.
        if accepts(attempt, Decimal(-(10**9))):
            return {}
        cents = -last_taken(lambda value: accepts(attempt, Decimal(-value) / 100), int(-taken * 100), 10**11)
        return {"minimum": cents // 100 if cents % 100 == 0 else cents / 100}


@attrs.frozen
class Moment(Single):
    """A date with a time, which is sent in UTC."""

    def forms(self) -> Iterator[tuple[Any, Json, Sequence[Any]]]:
        moment = datetime(2031, 1, 1, tzinfo=UTC) + timedelta(minutes=self.number)
        self.marks.mark(self.number, f"{moment:%Y-%m-%dT%H:%M:%S}.000000Z")
        yield moment, {"type": "string", "format": "date-time"}, ()


@attrs.frozen
class Day(Single):
    """A date."""

    def forms(self) -> Iterator[tuple[Any, Json, Sequence[Any]]]:
        day = date(2031, 1, 1) + timedelta(days=self.number)
        self.marks.mark(self.number, day.isoformat())
        yield day, {"type": "string", "format": "date"}, ()


@attrs.frozen
class Anything(Single):
    """Any JSON value."""

    def forms(self) -> Iterator[tuple[Any, Json, Sequence[Any]]]:
        yield self.marks.mark(self.number, f"probe-{self.number}"), {}, ()


@attrs.frozen
class Either(Space):
    """Values of one of several kinds."""

    spaces: tuple[Space, ...]

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset().union(*(space.numbers for space in self.spaces))

    def candidates(self) -> Iterator[Any]:
        for space in self.spaces:
            yield from space.candidates()

    def explore(self, attempt: Attempt) -> Node:
        return either([space.explore(attempt.anew()) for space in self.spaces])


@attrs.frozen
class Several(Space):
    """A list."""

    item: Space

    @property
    def numbers(self) -> frozenset[int]:
        return self.item.numbers

    def candidates(self) -> Iterator[Any]:
        for item in self.item.candidates():
            yield [item]

    def explore(self, attempt: Attempt) -> Node:
        node = self.item.explore(Inner(attempt, lambda item: [item]))
        places = list(places_of(node, self.numbers))
        if not places or accepts(attempt, []):
            return node
        within = common_place(places)
        array = within[: len(within) - within[::-1].index(ITEM) - 1]
        return annotated(node, array, facts={"minItems": 1})


@attrs.frozen
class Mapped(Space):
    """A mapping whose keys the caller chooses."""

    key: Space
    value: Space

    @property
    def numbers(self) -> frozenset[int]:
        return self.key.numbers | self.value.numbers

    def candidates(self) -> Iterator[Any]:
        for key, value in itertools.product(self.key.candidates(), self.value.candidates()):
            yield {key: value}

    def explore(self, attempt: Attempt) -> Node:
        key = next(self.key.candidates())
        node = self.value.explore(Inner(attempt, lambda value: {key: value}))
        place = common_place(places_of(node, self.key.numbers))
        return node if accepts(attempt, {}) else annotated(node, place, facts={"minProperties": 1})


@attrs.frozen
class Inner:
    """Attempts with what is within a value."""

    outer: Attempt
    wrap: Callable[[Any], Any]

    def __call__(self, value: Any, /) -> Node:
        return self.outer(self.wrap(value))

    def anew(self) -> Attempt:
        return Inner(self.outer.anew(), self.wrap)


def accepts(attempt: Attempt, value: Any) -> bool:
    """Whether a value is taken."""
    try:
        attempt(value)
    except Refused:
        return False
    return True


def last_taken(takes: Callable[[int], bool], taken: int, refused: int) -> int:
    """The bound up to which numbers are taken, between one that is and one that is not."""
    while refused - taken > 1:
        middle = (taken + refused) // 2
        taken, refused = (middle, refused) if takes(middle) else (taken, middle)
    return taken
