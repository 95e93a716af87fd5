"""Fetching many records at once, wherever one is got by its key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Callable, Iterable
from typing import Generic, TypeVar

from .._http.call import Caller
from ..inputs.options import Options
from ._collect import collect
from .outcomes import Batch, Outcome, Progress
from .stream import Stream, open_stream

__all__ = ["ManyByKey"]

K = TypeVar("K", str, int)
T = TypeVar("T")


class ManyByKey(ABC, Generic[K, T]):
    """What a resource adds whose records are got one by one: many of them at once."""

    _caller: Caller

    @abstractmethod
    async def get(self, key: K, /, *, options: Options | None = None) -> T:
        """One record."""

    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]:
        """Many records at a time, in constant memory: the call of ``get`` for each key.

        ``async with`` it and iterate: there is exactly one ``Found``, ``Missing`` or ``Failed`` for each key,
        and keys that are repeated while they are asked for share one request. A rate limit makes the run
        slower; it is never the outcome of a key.

        Args:
            keys: The keys (or ids, as ``get`` takes them), pulled as workers get free; any iterable or async
                iterable.
            concurrency: Requests under way at a time; the client's ``max_concurrency`` if None.
            ordered: Deliver outcomes in the order of the keys.
            stop_after: End the run after so many failures in a row of the network or of Partnero (5xx);
                None for never.
            deadline: Seconds for the whole run; None for unbounded.
            on_progress: Called with a ``Progress`` for each outcome that is taken.
            options: Timeout, deadline (seconds) and retries of each key's call. The clock of a key stands
                still while it waits for its turn.

        Raises:
            ArgumentError: A number is out of its bounds.
            TypeError: ``keys`` is not iterable; while iterating: a key is of another type.
            AuthenticationError, PermissionDeniedError: While iterating, after what is finished.
        """
        return open_stream(
            self._caller.session.gate,
            lambda key: self.get(key, options=options),
            keys,
            reads=True,
            concurrency=concurrency,
            ordered=ordered,
            share=True,
            stop_after=stop_after,
            deadline=deadline,
            on_progress=on_progress,
        )

    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]:
        """Many records at once, each distinct key asked for once by the call of ``get``.

        Args:
            keys: The keys, or ids, as ``get`` takes them.
            concurrency: Requests under way at a time; the client's ``max_concurrency`` if None.
            stop_after: End the run after so many failures in a row of the network or of Partnero (5xx);
                None for never.
            deadline: Seconds for the whole run; None for unbounded.
            on_progress: Called with a ``Progress`` after each key.
            options: Timeout, deadline (seconds) and retries of each key's call.

        Returns:
            What was found, in the order of the keys, what is missing, and what failed.

        Raises:
            PartneroError: The run ended early, by 401, 403, ``stop_after`` or ``deadline``; the ``partial``
                of the error has what was collected.
            TypeError: ``keys`` is one string or not iterable, or a key is of another type.
        """

        def open_stream(distinct: Iterable[K] | AsyncIterable[K]) -> Stream[Outcome[K, T]]:
            return self.stream(
                distinct,
                concurrency=concurrency,
                stop_after=stop_after,
                deadline=deadline,
                on_progress=on_progress,
                options=options,
            )

        return await collect(open_stream, keys)
