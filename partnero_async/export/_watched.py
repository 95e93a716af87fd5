"""How far a run is, for whoever wants to know: as attributes, as text, and step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio

from ..bulk.outcomes import Progress, Tally
from ..errors import UsageError
from ..inputs.options import RateLimit

__all__ = ["Watched"]

_MOST_UNTOLD: Final = 1000


class Watched(AsyncIterator[Progress]):
    """A run that can be watched, and does not mind if nobody does."""

    def __init__(self) -> None:
        self._tally: Tally | None = None
        self._last: Progress | None = None
        self._untold = deque[Progress](maxlen=_MOST_UNTOLD)
        self._news = anyio.Event()
        self._ended = anyio.Event()
        self._ending: Exception | None = None

    @property
    def progress(self) -> Progress:
        """All of what follows as it is now, but for ``skipped``; after the end, as it was then.

        Raises:
            UsageError: The block was not entered yet.
        """
        if self._last is not None:
            return self._last
        if self._tally is None:
            raise UsageError("an export begins with its block: async with export(…) as progress")
        return self._tally.progress

    @property
    def done(self) -> int:
        """Keys that were asked for and whose outcome is on disk."""
        return self.progress.done

    @property
    def found(self) -> int:
        """Keys whose record was written."""
        return self.progress.found

    @property
    def missing(self) -> int:
        """Keys that Partnero does not know."""
        return self.progress.missing

    @property
    def failed(self) -> int:
        """Keys whose call failed; not those that the end of the run cut off."""
        return self.progress.failed

    @property
    def total(self) -> int | None:
        """How many keys are asked for, if that can be known beforehand."""
        return self.progress.total

    @property
    def seconds(self) -> float:
        """Seconds since the run began, after the files were read."""
        return self.progress.seconds

    @property
    def seconds_left(self) -> float | None:
        """About how many seconds the run still takes; None where there is nothing to reckon with."""
        return self.progress.seconds_left

    @property
    def per_second(self) -> float | None:
        """How many requests a second the rate limit allows, about; None where none is known."""
        return self.progress.per_second

    def __str__(self) -> str:
        return str(self.progress)

    async def __anext__(self) -> Progress:
        while not self._untold:
            if self._ended.is_set():
                if self._ending is not None:
                    raise self._ending
                raise StopAsyncIteration
            self.progress  # noqa: B018 - raises before the block
            if self._news.is_set():
                self._news = anyio.Event()
            await self._news.wait()
        return self._untold.popleft()

    def _begin(self, total: int | None, limit: Callable[[], RateLimit | None]) -> Progress:
        """Starts to count."""
        self._tally = Tally(total, limit)
        return self._tally.progress

    def _count(self, outcome: object) -> Progress:
        """Counts an outcome, and tells of it."""
        assert self._tally is not None
        self._tally.count(outcome)
        progress = self._tally.progress
        self._untold.append(progress)
        self._news.set()
        return progress

    def _finish(self, last: Progress) -> None:
        """Lets whoever waits see the end."""
        self._last = last
        self._ended.set()
        self._news.set()
