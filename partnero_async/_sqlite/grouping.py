"""Work of many tasks that is done together in a thread: one commit for a hundred callers."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, TypeVar

import anyio
from anyio.to_thread import run_sync

from ..errors import PartneroError

__all__ = ["Grouped"]

ConnectionT = TypeVar("ConnectionT")
T = TypeVar("T")

POLL_SECONDS: Final = 0.002
"""How often a cancelled task looks whether its thread has come to its end."""


class _Piece(Generic[ConnectionT]):
    """One caller's work."""

    __slots__ = ("error", "event", "result", "state", "work")

    def __init__(self, work: Callable[[ConnectionT], Any]) -> None:
        self.work = work
        self.event = anyio.Event()
        self.state = "waiting"
        self.result: Any = None
        self.error: Exception | None = None


class _InThread:
    """Work for a thread, which begins only if nobody abandoned it before."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._is_abandoned = False
        self._has_begun = False
        self.has_ended = False

    def __call__(self) -> Any:
        with self._lock:
            if self._is_abandoned:
                return None
            self._has_begun = True
        try:
            return self._work()
        finally:
            self.has_ended = True

    def abandon(self) -> bool:
        """Keeps it from beginning; False if it has begun."""
        with self._lock:
            self._is_abandoned = not self._has_begun
        return self._is_abandoned


class Grouped(Generic[ConnectionT]):
    """Does what tasks ask for, all that has come together at once.

    The first caller leads: it does the work of all who have come, in a thread, and hands the lead to the
    first of those who came meanwhile. So there is no task and no thread of our own to be ended.

    Args:
        commit: Does several pieces of work in one transaction, and returns what each of them returned; it is
            never called twice at a time.
    """

    def __init__(self, commit: Callable[[Sequence[Callable[[ConnectionT], Any]]], list[Any]]) -> None:
        self._commit = commit
        self._waiting: list[_Piece[ConnectionT]] = []
        self._has_leader = False
        # Who is to have the lead next, before all that wait.
        self._alone: list[anyio.Event] = []
        self._threads: anyio.CapacityLimiter | None = None

    async def do(self, work: Callable[[ConnectionT], T]) -> T:
        """Does one piece of work together with others', and returns what it returned.

        A caller who is cancelled may find it done all the same.
        """
        piece = _Piece(work)
        self._waiting.append(piece)
        if self._has_leader:
            try:
                await piece.event.wait()
            except BaseException:
                self._give_up(piece)
                raise
        else:
            self._has_leader = True
            piece.state = "leading"
        if piece.state == "leading":
            await self._lead(piece)
        if piece.error is not None:
            # One for each caller: who raises it adds to its traceback.
            raise copy.copy(piece.error) from piece.error.__cause__
        result: T = piece.result
        return result

    async def alone(self, work: Callable[[], T]) -> T:
        """Does something in a thread while nothing else is done, before all that wait."""
        if self._has_leader:
            turn = anyio.Event()
            self._alone.append(turn)
            try:
                await turn.wait()
            except BaseException:
                if turn in self._alone:
                    self._alone.remove(turn)
                else:
                    self._hand_over()
                raise
        self._has_leader = True
        try:
            return await self._in_thread(work)
        finally:
            self._hand_over()

    def _give_up(self, piece: _Piece[ConnectionT]) -> None:
        """Lets nobody wait for a piece whose caller is cancelled."""
        if piece not in self._waiting:  # a leader has taken it, and may be doing it
            piece.state = "given up"
            return
        self._waiting.remove(piece)
        if piece.state == "leading":
            self._hand_over()

    async def _lead(self, own: _Piece[ConnectionT]) -> None:
        pieces, self._waiting = self._waiting, []
        try:
            await self._in_thread(self._commit_all, pieces)
        finally:
            for piece in pieces:
                if piece.state == "done":
                    piece.event.set()
                elif piece is not own and piece.state != "given up":  # cancelled before the thread began
                    self._waiting.append(piece)
            self._hand_over()

    def _commit_all(self, pieces: Sequence[_Piece[ConnectionT]]) -> None:
        error: Exception | None = None
        results: list[Any] = []
        try:
            results = self._commit([piece.work for piece in pieces])
        except Exception as raised:
            error = raised
        if error is not None and len(pieces) > 1 and not isinstance(error, PartneroError):
            # A mistake in one of them, of which the others are not to fail; the disk fails all alike.
            for piece in pieces:
                self._commit_all([piece])
            return
        for number, piece in enumerate(pieces):
            piece.error = error
            if error is None:
                piece.result = results[number]
            piece.state = "done"

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """Does work in a thread, and does not return before that has ended.

        anyio shields its own threads from its own cancellation, but not from a task's ``cancel()``, as
        ``asyncio.wait_for`` calls it: the thread would go on while another begins.
        """
        # A limiter of its own: the application may keep all of anyio's threads busy.
        self._threads = self._threads or anyio.CapacityLimiter(1)
        thread = _InThread(lambda: work(*arguments))
        try:
            result: T = await run_sync(thread, limiter=self._threads)
            return result
        except BaseException:
            if not thread.abandon():
                while not thread.has_ended:
                    with anyio.CancelScope(shield=True), suppress(anyio.get_cancelled_exc_class()):
                        await anyio.sleep(POLL_SECONDS)
            raise

    def _hand_over(self) -> None:
        if self._alone:
            self._alone.pop(0).set()
        elif self._waiting:
            self._waiting[0].state = "leading"
            self._waiting[0].event.set()
        else:
            self._has_leader = False
