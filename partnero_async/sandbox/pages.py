"""Lists as Laravel's simple paginator gives them: no totals, and links that forget limit and filters."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from . import replies
from .calls import Call
from .jsontext import Json
from .replies import Reply
from .store import Value

_DEFAULT_LIMIT = 15
_LARGEST_LIMIT = 250
# SQLite's integers end at 63 bits; a page that far out is as empty as any other.
_LARGEST_OFFSET = 2**62

_Row = TypeVar("_Row")


def listed(
    call: Call,
    select: str,
    conditions: Sequence[tuple[str, Value]],
    present: Callable[[sqlite3.Row], object],
    *,
    default_limit: int = _DEFAULT_LIMIT,
) -> Reply:
    """One page of the rows of `select` that meet all conditions, in order of creation."""
    direction = _direction(call)

    def fetch(count: int, offset: int) -> list[sqlite3.Row]:
        return call.store.all(
            f"{select} WHERE {' AND '.join(condition for condition, _ in conditions)}"
            f" ORDER BY record.created_at {direction}, record.number {direction} LIMIT ? OFFSET ?",
            *(value for _, value in conditions),
            count,
            min(offset, _LARGEST_OFFSET),
        )

    return _page(call, fetch, present, default_limit)


def listed_items(call: Call, items: Sequence[object], *, default_limit: int = _DEFAULT_LIMIT) -> Reply:
    """One page of records that no table holds."""
    return _page(call, lambda count, offset: items[offset : offset + count], lambda item: item, default_limit)


def _page(
    call: Call,
    fetch: Callable[[int, int], Sequence[_Row]],
    present: Callable[[_Row], object],
    default_limit: int,
) -> Reply:
    limit = _whole(call, "limit", default_limit, _LARGEST_LIMIT)
    page = _whole(call, "page", 1, None)
    offset = (page - 1) * limit
    # One row more than asked for tells whether there is a next page.
    rows = fetch(limit + 1, offset)
    shown = rows[:limit]
    return Reply(
        {
            "data": [present(row) for row in shown],
            "links": {
                "first": f"{call.url}?page=1",
                "last": None,
                "prev": f"{call.url}?page={page - 1}" if page > 1 else None,
                "next": f"{call.url}?page={page + 1}" if len(rows) > limit else None,
            },
            "meta": {
                "current_page": page,
                "from": offset + 1 if shown else None,
                "path": call.url,
                "per_page": limit,
                "to": offset + len(shown) if shown else None,
            },
            "status": 1,
        }
    )


def _whole(call: Call, name: str, default: int, largest: int | None) -> int:
    value: Json = call.filters.get(name)
    if value is None:
        return default
    number = _integer(value)
    if number is None:
        raise replies.invalid({name: [f"The {name} must be an integer."]})
    if number < 1 or (largest is not None and number > largest):
        bounds = "at least 1" if largest is None else f"between 1 and {largest}"
        raise replies.invalid({name: [f"The {name} must be {bounds}."]})
    return number


def _integer(value: Json) -> int | None:
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 40:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _direction(call: Call) -> str:
    sort = call.filter("sort") or "asc"
    if sort not in ("asc", "desc"):
        raise replies.invalid({"sort": ["The selected sort is invalid."]})
    return sort.upper()
