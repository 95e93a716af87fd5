"""What a call returns, and of one that lists the whole list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from ..errors import ResponseError
from ..records._base import Record
from .pager import Pager

__all__ = ["MOST_IN_A_LIST", "whole"]

K = TypeVar("K")

MOST_IN_A_LIST: Final = 10_000


async def whole(call: Callable[[K], Awaitable[Any]], most: int | None, item: K) -> Any:
    """What a call returns, and of one that lists all records: awaited, it would give the first page alone.

    Args:
        call: What is awaited.
        most: The most records of a list; None for any number.
        item: What the call takes.

    Raises:
        ResponseError: The list has more records than ``most``.
    """
    asked: Any = call(item)
    value: Any = asked if isinstance(asked, Pager) else await asked  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, Pager):
        return value
    records = list[Record]()
    async for page in cast("Pager[Record]", value).pages():
        records += page.items
        if most is not None and len(records) > most:
            raise ResponseError(f"the list has more records than most={most}")
    return tuple(records)
