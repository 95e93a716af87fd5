"""Checking that a call is refused; and what else the tests of resources ask of a scripted server."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from partnero_async import ArgumentError, AsyncPartnero

from ..frames import reported
from ..servers import DONE, Said, Script, asked, envelope

__all__ = [
    "DONE",
    "Bad",
    "Call",
    "Said",
    "Script",
    "asked",
    "bad_fields",
    "bad_keys",
    "bad_pages",
    "bad_segments",
    "each",
    "envelope",
    "page",
    "refuse",
    "refuse_at_once",
    "reported",
]

Call = Callable[[AsyncPartnero], Any]

Bad = tuple[str, Call, type[Exception], str]
"""A call that cannot be right: what it is, the call, the error, and what it says."""


async def refuse(call: Call, error: type[Exception], said: str) -> None:
    """Checks that a call, awaited or giving a pager, is refused with these words, and nothing is sent."""
    script = Script(DONE)
    async with script.client() as partnero:
        with pytest.raises(error, match=said):
            answer = call(partnero)
            if isinstance(answer, Awaitable):
                await answer
    assert script.requests == []


async def refuse_at_once(call: Call, error: type[Exception], said: str) -> None:
    """Checks that a list is refused where it is asked for, and not only where its first page is."""
    script = Script(DONE)
    async with script.client() as partnero:
        with pytest.raises(error, match=said):
            call(partnero)
    assert script.requests == []


def each(bad: list[Bad]) -> Any:
    """Runs a test for every one of these calls."""
    return pytest.mark.parametrize(
        ("call", "error", "said"), [one[1:] for one in bad], ids=[one[0] for one in bad]
    )


def bad_segments(name: str, **calls: Callable[[AsyncPartnero, Any], Any]) -> list[Bad]:
    """Calls whose path would be another one, or none: ``name`` is what they call the segment."""
    return [
        (
            f"{method} {value!r}",
            lambda api, call=call, value=value: call(api, value),
            error,
            f"^{name} {said}",
        )
        for method, call in calls.items()
        for value, error, said in (
            ("", ArgumentError, "must not be empty"),
            (" \t", ArgumentError, "must not be blank"),
            (".", ArgumentError, "must not be '.': it would change the path"),
            ("..", ArgumentError, "must not be '..': it would change the path"),
            (None, TypeError, "must be a string, not NoneType"),
            (5, TypeError, "must be a string, not int"),
        )
    ]


def bad_fields(
    method: str, call: Callable[..., Any], *cases: tuple[dict[str, Any], type[Exception], str]
) -> list[Bad]:
    """One call with each of these fields, of which one is wrong."""
    return [
        (f"{method} {_shown(fields)}", lambda api, fields=fields: call(api, **fields), error, said)
        for fields, error, said in cases
    ]


def _shown(fields: dict[str, Any]) -> str:
    try:
        # Workers have to agree on the names of tests, and addresses in memory differ.
        return re.sub(r" at 0x\w+", "", repr(fields))[:60]
    except ValueError:  # Python prints no number of thousands of digits
        return f"huge {', '.join(fields)}"


def bad_keys(*keys: Any) -> Any:
    """Runs a test for what ``get_many`` and ``stream`` cannot take as keys, and for these."""
    return pytest.mark.parametrize(
        ("keys", "said"),
        [
            (5, "^the items must be iterable, which int is not$"),
            (None, "^the items must be iterable, which NoneType is not$"),
            ("ab", "not one string"),
            *((key, "must be a (string|whole number), not ") for key in keys),
        ],
    )


def bad_pages(**calls: Callable[..., Any]) -> list[Bad]:
    """Lists of no page that there is."""
    return [
        (
            f"{method} {name}={value!r:.20}",
            lambda api, call=call, page={name: value}: call(api, **page),
            error,
            f"^{name} {said}",
        )
        for method, call in calls.items()
        for name, value, error, said in (
            ("limit", 0, ArgumentError, "must be from 1 to 250, not 0"),
            ("limit", 251, ArgumentError, "must be from 1 to 250, not 251"),
            ("limit", True, TypeError, "must be a whole number, not bool"),
            ("page", 0, ArgumentError, "must be at least 1, not 0"),
            ("page", "2", TypeError, "must be a whole number, not str"),
        )
    ]


def page(*items: Any, following: str | None = None) -> dict[str, Any]:
    """The answer with one page of a list."""
    return {"data": list(items), "links": {"next": following}, "status": 1}
