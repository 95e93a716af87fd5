"""Many calls whose outcomes go to a file, and that go on where they stopped."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sized
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import anyio
import anyio.lowlevel

from ..bulk._groups import Crew
from ..bulk.outcomes import Failed, Outcome, Progress
from ..bulk.stream import Stream, check_items, open_stream
from ..errors import (
    ArgumentError,
    AuthenticationError,
    NotFoundError,
    PartneroError,
    PermissionDeniedError,
    RateLimitError,
    UsageError,
)
from ..inputs._checks import check_count
from ..inputs.options import RateLimit
from ..lists.whole import MOST_IN_A_LIST, whole
from ._choice import Choice, ChosenAsync, check_part
from ._files import Files
from ._lines import Key
from ._watched import Watched

__all__ = ["Export", "export"]

K = TypeVar("K", str, int)

# Without a client whose slots say how many calls make sense at a time.
_CONCURRENCY: Final = 20
# Lines that are read from disk before others get their turn: some milliseconds.
_LINES_AT_A_TIME: Final = 1000
_CANCELLED: Final = "the tasks of the export were cancelled, but not by whoever entered its block"


def export(
    call: Callable[[K], Awaitable[Any]],
    keys: Iterable[K] | AsyncIterable[K] | None,
    path: str | os.PathLike[str],
    *,
    concurrency: int | None = None,
    resume: bool = True,
    retry_failed: bool = False,
    stop_after: int | None = 50,
    deadline: float | None = None,
    most: int | None = MOST_IN_A_LIST,
    part: tuple[int, int] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Export:
    """Many records in a file, with no key asked for that is in it already.

    ``async with export(partnero.customers.get, keys, "customers.jsonl") as progress`` begins, and leaving the
    block waits until all is done. Iterating over ``progress`` shows how far it is; nobody has to.

    The file has a line ``{"key": ..., "record": ...}`` for each key that was found. One beside it, with
    ``.rest.jsonl`` behind the same name, has a line with the ``outcome`` of each key that is ``"missing"`` or
    ``"failed"``, and is there only if there is such a key. Lines come in the order of the answers. Each is
    written before its call is counted as done, so that a process that is killed has at most the requests
    repeated that were under way, by the next export to the same file. What the end of a run cuts off is in
    neither file, and is asked for the next time.

    Args:
        call: What is awaited for each key, such as ``partnero.customers.get``, or a call that lists. A
            ``functools.partial`` of one may have its ``options``.
        keys: Strings or whole numbers, pulled as workers get free, each distinct one asked for once; any
            iterable or async iterable. With ``retry_failed`` they may be None, for all that failed.
        path: The file.
        concurrency: Calls under way at a time; if None, the client's ``max_concurrency``, or 20 where
            ``call`` is not the method of a resource.
        resume: Whether the file may exist; what is in it is not asked for again.
        retry_failed: Whether to ask for failed keys alone, those of ``keys``.
        stop_after: End the run after so many failures in a row of the network or of Partnero (5xx); None for
            never.
        deadline: Seconds for the whole run; None for unbounded.
        most: The most records of one list; a longer one is failed. None for any number.
        part: ``(0, 8)`` to ``(7, 8)``: only the keys of one part of eight, the same for everybody who asks
            for it, whatever other keys there are. Each part needs a file of its own.
        on_progress: Called with a ``Progress`` after each key.

    Raises:
        ArgumentError: A number is out of its bounds; on entering: the file has lines that no export wrote,
            or exists without ``resume``. Nothing is changed then.
        TypeError: ``keys`` is not iterable, or is a single string.
        ExportBusyError: On entering: another export writes to the file.
        OSError: On entering or on leaving: a file cannot be written. It names the file, in which all that was
            written before is kept.
    """
    return Export(
        call,
        keys,
        path,
        concurrency=concurrency,
        resume=resume,
        retry_failed=retry_failed,
        stop_after=stop_after,
        deadline=deadline,
        most=most,
        part=part,
        on_progress=on_progress,
    )


class Export(Watched, AbstractAsyncContextManager["Export"]):
    """An export, and how far it is. Made by ``export``, which says what the arguments are.

    Leaving its block waits until all is done, and raises what ended it early. Leaving it by an exception
    cancels what is under way. As text it is a line that can be shown as it is.

    Iterating gives a ``Progress`` for each key that was asked for; whoever is more than 1,000 behind misses
    the oldest. The run waits for nobody.
    """

    def __init__(
        self,
        call: Callable[[Any], Awaitable[Any]],
        keys: Iterable[Any] | AsyncIterable[Any] | None,
        path: str | os.PathLike[str],
        *,
        concurrency: int | None,
        resume: bool,
        retry_failed: bool,
        stop_after: int | None,
        deadline: float | None,
        most: int | None,
        part: tuple[int, int] | None,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        super().__init__()
        if retry_failed and not resume:
            raise ArgumentError("retry_failed needs resume: it asks for keys that failed before")
        if keys is not None or not retry_failed:
            check_items(keys)
        if most is not None:
            check_count("most", most, least=1)
        self._part = None if part is None else check_part(part)
        if on_progress is not None and not callable(on_progress):
            raise TypeError(f"on_progress must be callable, not {type(on_progress).__name__}")
        self._call = partial(whole, call, most)
        self._call_name: str = getattr(call, "__qualname__", type(call).__name__)
        self._keys = keys
        self._path = Path(path)
        self._resume = resume
        self._retry_failed = retry_failed
        self._on_progress = on_progress
        gate = _gate_of(call)
        if gate is None:
            slots = _CONCURRENCY if concurrency is None else check_count("concurrency", concurrency, least=1)
            open_one = partial(Stream[Any], concurrency=slots)
        else:
            open_one = partial(open_stream, gate, concurrency=concurrency)
        self._gate = gate
        self._refused_before = 0 if gate is None else gate.refusals
        self._new_stream: Callable[[Any], Stream[Any]] = partial(
            open_one, self._ask, reads=True, stop_after=stop_after, deadline=deadline
        )
        self._new_stream(())  # checks the arguments, before any file is touched
        self._files: Files | None = None
        self._choice: Choice | None = None
        # The failures that are on disk and were not counted yet.
        self._recorded: dict[Key, PartneroError] = {}
        self._crew = Crew()

    @property
    def skipped(self) -> int:
        """Keys that were not asked for, because their outcome was on disk already."""
        return self._choice.skipped if self._choice else 0

    @property
    def missing_before(self) -> int:
        """How many of the ``skipped`` are missing."""
        return self._choice.missing if self._choice else 0

    @property
    def failed_before(self) -> int:
        """How many of the ``skipped`` failed."""
        return self._choice.failed if self._choice else 0

    @property
    def refused(self) -> int:
        """How many requests of the client were refused with a 429 since the export was made."""
        return 0 if self._gate is None else self._gate.refusals - self._refused_before

    @property
    def limit(self) -> RateLimit | None:
        """The rate limit that is kept to, if one is known."""
        return None if self._gate is None else self._gate.limit

    def __str__(self) -> str:
        before = f"{self.skipped} on disk already, " if self.skipped else ""
        return f"{before}{self.progress}"

    async def __aenter__(self) -> Self:
        if self._files is not None:
            raise UsageError("an export runs once: make a new one")
        self._files = files = Files(self._path, resume=self._resume)
        try:
            for number, _ in enumerate(files.read()):
                if number % _LINES_AT_A_TIME == 0:
                    await anyio.lowlevel.checkpoint()
            items, total = self._chosen(files)
            first = self._begin(total, lambda: self.limit)
            await self._crew.start(
                partial(self._run, self._new_stream(items)), partial(self._ended_at, first)
            )
        except BaseException:
            files.abandon()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            try:
                await self._ended.wait()
            except BaseException as interruption:
                await self.__aexit__(type(interruption), interruption, interruption.__traceback__)
                raise
        elif not self._ended.is_set():
            self._ending = UsageError("the block of the export was left before its end")
        await self._crew.stop(kind, error, traceback)
        if kind is None and self._ending is not None:
            raise self._ending

    def _chosen(self, files: Files) -> tuple[Iterable[Key] | AsyncIterable[Key], int | None]:
        """The keys to ask for, and how many there are if that is known."""
        self._choice = choice = Choice(
            files.found, files.rest, retry_failed=self._retry_failed, part=self._part
        )
        keys = self._keys
        if keys is None:
            keys = [key for key, outcome in files.rest.items() if outcome == "failed"]
        if not isinstance(keys, Iterable):
            return ChosenAsync(keys, choice.takes), None
        if not isinstance(keys, Sized):
            return filter(choice.takes, keys), None
        taken = list(filter(choice.takes, keys))
        return taken, len(taken)

    async def _run(self, stream: Stream[Outcome[Key, None]]) -> None:
        assert self._files is not None
        ending: Exception | None = UsageError(_CANCELLED)
        try:
            async with stream as outcomes:
                async for outcome in outcomes:
                    if isinstance(outcome, Failed) and not self._recorded.pop(outcome.key, None):
                        continue  # cut off by the end of the run, or refused like all others: ask again
                    progress = self._count(outcome)
                    if self._on_progress is not None:
                        self._on_progress(progress)
            ending = None
        except Exception as error:
            ending = error
        finally:
            try:
                self._files.close()
            except OSError as error:
                ending = ending or error
            self._ending = self._ending or ending
            self._finish(self.progress)

    def _ended_at(self, first: Progress) -> None:
        """Ends what was cancelled before it began."""
        if self._last is None:
            assert self._files is not None
            self._files.abandon()
            self._ending = self._ending or UsageError(_CANCELLED)
            self._finish(first)

    async def _ask(self, key: Key) -> None:
        """Asks for a key and writes what becomes of it, before anybody is told.

        Nothing is written of errors that are about the run and not about the key, such as a 401: the next
        export asks for the key again.
        """
        assert self._files is not None
        try:
            value = await self._call(key)
        except NotFoundError:
            self._files.write_missing(key)
            raise
        except (AuthenticationError, RateLimitError, UsageError):
            raise
        except PartneroError as error:
            if not (isinstance(error, PermissionDeniedError) and error.from_partnero):
                self._files.write_failed(key, error)
                self._recorded[key] = error
            raise
        try:
            self._files.write_found(key, value)
        except (TypeError, ValueError, RecursionError) as error:
            raise TypeError(
                f"{self._call_name} returned for a {type(key).__name__} key what cannot be written as JSON: "
                f"{error}"
            ) from error


def _gate_of(call: object) -> Any:
    """The gate that the calls of a resource's method pass; None for other functions."""
    while isinstance(call, partial):
        call = call.func  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    resource = getattr(call, "__self__", None)
    caller = getattr(resource, "_caller", None)
    return getattr(getattr(caller, "session", None), "gate", None)
