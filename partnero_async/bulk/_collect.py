"""All outcomes of a run together."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sized
from typing import TypeVar

from ..errors import PartneroError
from .outcomes import Batch, Failed, Found, Missing, Outcome
from .stream import Stream, check_items

__all__ = ["collect"]

K = TypeVar("K")
T = TypeVar("T")


async def collect(
    open_stream: Callable[[Iterable[K] | AsyncIterable[K]], Stream[Outcome[K, T]]],
    keys: Iterable[K] | AsyncIterable[K],
) -> Batch[K, T]:
    """Runs a stream to its end and keeps what comes; each distinct key is asked for once.

    Raises:
        PartneroError: The run ended early; ``partial`` has what it had collected.
        Exception: A mistake in the keys ended it; it has the same attribute.
    """
    check_items(keys)
    order: dict[K, None] = {}
    found = dict[K, T]()
    missing = dict[K, None]()
    failed = dict[K, PartneroError]()

    def batch() -> Batch[K, T]:
        return Batch(
            found={key: found[key] for key in order if key in found},
            missing=tuple(key for key in order if key in missing),
            failed={key: failed[key] for key in order if key in failed},
        )

    try:
        if isinstance(keys, Sized) and isinstance(keys, Iterable):
            order.update(dict.fromkeys(keys))
            distinct: Iterable[K] | AsyncIterable[K] = list(order)
        elif isinstance(keys, AsyncIterable):
            distinct = _DistinctAsync(keys, order)
        else:
            distinct = _distinct(keys, order)
        async with open_stream(distinct) as outcomes:
            async for outcome in outcomes:
                match outcome:
                    case Found(key, value):
                        found[key] = value
                    case Missing(key):
                        missing[key] = None
                    case Failed(key, error):
                        failed[key] = error
    except Exception as error:
        error.partial = batch()  # type: ignore[attr-defined]
        raise
    return batch()


def _distinct(keys: Iterable[K], seen: dict[K, None]) -> Iterator[K]:
    for key in keys:
        if key not in seen:
            seen[key] = None
            yield key


class _DistinctAsync(AsyncIterator[K]):
    # Not an async generator: one that a run leaves half-way would be finalized by the event loop.

    def __init__(self, keys: AsyncIterable[K], seen: dict[K, None]) -> None:
        self._keys = aiter(keys)
        self._seen = seen

    async def __anext__(self) -> K:
        while (key := await anext(self._keys)) in self._seen:
            pass
        self._seen[key] = None
        return key

    async def aclose(self) -> None:
        aclose = getattr(self._keys, "aclose", None)
        if aclose is not None:
            await aclose()
