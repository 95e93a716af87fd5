"""All outcomes of a run together."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sized
from typing import TypeVar

from ..errors import PartneroError
from .outcomes import Batch, Failed, Found, Missing, Outcome, Progress
from .stream import Stream, check_items

__all__ = ["collect"]

K = TypeVar("K")
T = TypeVar("T")


async def collect(
    open_stream: Callable[[Iterable[K] | AsyncIterable[K]], Stream[Outcome[K, T]]],
    keys: Iterable[K] | AsyncIterable[K],
    on_progress: Callable[[Progress], None] | None,
) -> Batch[K, T]:
    """Runs a stream to its end and keeps what comes; each distinct key is asked for once.

    Raises:
        PartneroError: The run ended early; ``partial`` has what it had collected.
    """
    check_items(keys)
    order: dict[K, None] = {}
    total = None
    if isinstance(keys, Sized) and isinstance(keys, Iterable):
        order = dict.fromkeys(keys)
        total = len(order)
        distinct: Iterable[K] | AsyncIterable[K] = list(order)
    elif isinstance(keys, AsyncIterable):
        distinct = _DistinctAsync(keys, order)
    else:
        distinct = _distinct(keys, order)
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
        async with open_stream(distinct) as outcomes:
            async for outcome in outcomes:
                match outcome:
                    case Found(key, value):
                        found[key] = value
                    case Missing(key):
                        missing[key] = None
                    case Failed(key, error):
                        failed[key] = error
                if on_progress is not None:
                    counts = len(found), len(missing), len(failed)
                    on_progress(
                        Progress(
                            done=sum(counts),
                            found=counts[0],
                            missing=counts[1],
                            failed=counts[2],
                            total=total,
                        )
                    )
    except PartneroError as error:
        error.partial = batch()
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
