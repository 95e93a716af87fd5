"""For code that cannot await: calls run on an event loop in a thread, and are waited for."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import warnings
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Generator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Self, TypeVar, cast, overload
from weakref import WeakSet

from ._http.session import CLOSED_DURING, running_loop
from .client import AsyncPartnero
from .errors import UsageError
from .lists.pager import Pager
from .records._base import Record

__all__ = ["BlockingPartnero"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")

AT_EXIT: Final = 3.0
"""The most seconds that the end of the process waits for a call that does not let itself be cancelled."""


class BlockingPartnero:
    """An ``AsyncPartnero`` for code that cannot await, such as WSGI applications, task queues and scripts.

    Make one for the whole process, where a module is loaded. An event loop in a thread of its own, and the
    client on it, are made at the first call, and shared by all threads. A forked process makes its own, and
    leaves those of its parent alone. At exit they are closed.

    Args:
        make: Makes the client: ``lambda: AsyncPartnero(deadline=5)``. It runs once in each process that
            makes calls; what it raises, the first call raises, and the next call tries again.

    Raises:
        TypeError: ``make`` is not callable.
    """

    def __init__(self, make: Callable[[], AsyncPartnero] = AsyncPartnero) -> None:
        if not callable(make):
            raise TypeError("make is a function that makes the client: lambda: AsyncPartnero(deadline=5)")
        self._place = _Place(make)

    def call(self, function: Callable[[AsyncPartnero], Awaitable[T]]) -> T:
        """What a call returns: ``portal.call(lambda partnero: partnero.customers.get("customer_123"))``.

        Whatever ends the waiting, such as Ctrl-C or the time limit of a task queue, cancels the call. One
        that changes state may have been acted on all the same.

        Args:
            function: Takes the client, and returns what is awaited. It runs on the event loop that all
                threads share, so it must not block. A coroutine function may make any number of calls.

        Raises:
            UsageError: An event loop runs in this thread, or the portal is closed.
            Exception: Whatever the call raises.
        """
        return _outcome(self._place.start(function)[1])

    @overload
    def iterate(
        self, function: Callable[[AsyncPartnero], AbstractAsyncContextManager[AsyncIterable[T]]]
    ) -> Generator[T, None, None]: ...

    # A stream is an async iterable too, as types are: of nothing, which it raises. So not AsyncIterable here.
    @overload
    def iterate(self, function: Callable[[AsyncPartnero], Pager[R]]) -> Generator[R, None, None]: ...

    @overload
    def iterate(self, function: Callable[[AsyncPartnero], AsyncIterator[T]]) -> Generator[T, None, None]: ...

    def iterate(
        self,
        function: Callable[[AsyncPartnero], AsyncIterable[T] | AbstractAsyncContextManager[AsyncIterable[T]]],
    ) -> Generator[T, None, None]:
        """Item after item: ``for customer in portal.iterate(lambda partnero: partnero.customers.list())``.

        The next item is asked for when the one before was used. A loop that is left half-way closes what it
        iterates over.

        Args:
            function: Takes the client, and returns what is iterated over: a list or its ``pages()``, an async
                generator, or what needs ``async with``, as ``stream``, ``bulk`` and ``prefetch`` do.

        Raises:
            UsageError: An event loop runs in this thread, or the portal is closed.
            Exception: Whatever the iteration raises.
        """
        wanted = asyncio.Queue[bool]()
        items = SimpleQueue[tuple[T] | None]()

        async def run(partnero: AsyncPartnero) -> None:
            # In one task from its beginning to its end, as cancel scopes require.
            async with AsyncExitStack() as stack:
                source = function(partnero)
                if isinstance(source, AbstractAsyncContextManager):
                    source = await stack.enter_async_context(source)
                iterator = aiter(source)
                if isinstance(iterator, AsyncGenerator):
                    stack.push_async_callback(iterator.aclose)
                async for item in iterator:
                    items.put((item,))
                    if not await wanted.get():
                        return

        loop, ended = self._place.start(run)
        ended.add_done_callback(lambda _: items.put(None))
        while True:
            try:
                item = items.get()
            except BaseException:
                ended.cancel()
                raise
            if item is None:
                return _outcome(ended)
            try:
                yield item[0]
            except BaseException:
                # Collected on the event loop, it must not wait for it.
                if self._place.put(loop, wanted, False) and threading.current_thread() is not loop.thread:
                    _outcome(ended)
                raise
            if not self._place.put(loop, wanted, True):
                raise UsageError("the portal was closed, or this process forked, during the iteration")

    def close(self) -> None:
        """Closes the client and ends the thread. A second time it does nothing.

        Calls under way end with a ``UsageError``. To give them time, close the client first:
        ``portal.call(lambda partnero: partnero.aclose(grace=10))``.

        Raises:
            UsageError: A call closes the portal that it runs on.
        """
        self._place.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        place = self._place
        state = "closed" if place.closed else "not used yet" if place.loop is None else "open"
        return f"<BlockingPartnero, {state}>"

    def __del__(self) -> None:
        place: _Place | None = self.__dict__.get("_place")
        if place is not None and place.loop is not None and not place.closed:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)
            place.loop.leave()


class _Place:
    """Where the calls of a portal run, in this process."""

    def __init__(self, make: Callable[[], AsyncPartnero]) -> None:
        self._make = make
        self.closed = False
        self.reset()
        _places.add(self)

    def reset(self) -> None:
        """Begins anew in a forked process, in which no other thread is left to release a lock."""
        self.loop: _Loop | None = None
        # A generator that is collected takes it wherever this thread is, inside of it as well.
        self._lock = threading.RLock()

    def start(
        self, function: Callable[[AsyncPartnero], Awaitable[T]]
    ) -> tuple[_Loop, Future[tuple[T | None, BaseException | None]]]:
        """Starts a call on the event loop, which is made if there is none."""
        try:
            running_loop()
        except RuntimeError:
            pass
        else:
            raise UsageError(
                "an event loop runs in this thread, which a blocking call would hold up: await the calls of "
                "an AsyncPartnero here"
            )
        with self._lock:
            self._check_open()
            loop = self.loop = self.loop or _Loop(self._make)
        try:
            client = loop.client.result()
        except BaseException:
            with self._lock:
                if loop.client.done() and self.loop is loop:
                    self.loop = None
            raise
        with self._lock:
            self._check_open()
            return loop, asyncio.run_coroutine_threadsafe(_settled(function, client), loop.loop)

    def _check_open(self) -> None:
        if self.closed:
            raise UsageError("the portal is closed")

    def put(self, loop: _Loop, queue: asyncio.Queue[T], value: T) -> bool:
        """Puts something into a queue on an event loop, if that is open and of this process."""
        with self._lock:
            if self.closed or self.loop is not loop:
                return False
            loop.loop.call_soon_threadsafe(queue.put_nowait, value)
            return True

    def close(self, timeout: float | None = None) -> None:
        """Closes the client, cancels what still runs, and waits for the end of the thread."""
        with self._lock:
            loop = self.loop
            if loop is not None and loop.thread is threading.current_thread():
                raise UsageError("a call cannot close the portal that it runs on")
            self.closed = True
        if loop is not None:
            loop.leave()
            loop.thread.join(timeout)


class _Loop:
    """An event loop in a thread, and the client on it."""

    # Not anyio's start_blocking_portal: what that returns is collected in a forked process, too, and waits
    # there without end for a thread that only the parent has.

    def __init__(self, make: Callable[[], AsyncPartnero]) -> None:
        self.client = Future[AsyncPartnero]()
        self.loop = asyncio.new_event_loop()
        self._left = asyncio.Event()
        self.thread = threading.Thread(target=self._run, args=(make,), name="partnero", daemon=True)
        self.thread.start()

    def _run(self, make: Callable[[], AsyncPartnero]) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve(make))

    async def _serve(self, make: Callable[[], AsyncPartnero]) -> None:
        try:
            client = await make().__aenter__()
        except BaseException as error:
            self.client.set_exception(error)
            return
        self.client.set_result(client)
        await self._left.wait()
        await client.aclose()

    def leave(self) -> None:
        """Lets the client be closed, and the thread end, soon."""
        with suppress(RuntimeError):  # it is closed
            self.loop.call_soon_threadsafe(self._left.set)


async def _settled(
    function: Callable[[AsyncPartnero], Awaitable[T]], client: AsyncPartnero
) -> tuple[T | None, BaseException | None]:
    """What a call returns or raises, as data: its ``SystemExit`` must not be the end of the event loop."""
    try:
        return await function(client), None
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        return None, error


def _outcome(future: Future[tuple[T | None, BaseException | None]]) -> T:
    """Waits for what a call returns or raises; what ends the waiting cancels the call."""
    try:
        value, error = future.result()
    except CancelledError:
        raise UsageError(CLOSED_DURING) from None
    except BaseException:
        future.cancel()
        raise
    if error is None:
        return cast("T", value)
    try:
        raise error
    finally:
        del error  # whose traceback has this frame


_places = WeakSet[_Place]()
_of_parents = list[_Loop | None]()
"""What the processes have from which this one was forked: were it collected here, it would be ended."""


@atexit.register
def _close_all() -> None:
    for place in list(_places):
        place.close(AT_EXIT)


def _after_fork_in_child() -> None:
    for place in list(_places):
        _of_parents.append(place.loop)
        place.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
