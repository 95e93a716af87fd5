"""WebhookEndpoint: a plain ASGI application that takes deliveries; mount it anywhere."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias, cast

import anyio

from ..errors import ArgumentError
from ..inputs._checks import check_count, check_flag, check_seconds
from .bodies import Bodies, Message, Receive, Scope
from .errors import SeenStoreError, SignatureError
from .handling import Answer, Handle, Handling
from .receiver import Headers, Receiver, signature_in
from .seen import DurableSeenStore, MemorySeenStore, SeenStore

__all__ = ["WebhookEndpoint"]

Send: TypeAlias = Callable[[Message], Awaitable[None]]

HANDLER_SECONDS: Final = 4.0
"""Partnero waits 5 s for an answer (sources.md#webhook-deliveries)."""

BACKGROUND_SECONDS: Final = 60.0

MAX_BODY: Final = 1024 * 1024

POLL_SECONDS: Final = 1.0
"""How often it is looked for what other processes left, at least."""

WORKERS: Final = 5
"""How many kept events ``run`` handles at a time."""


class WebhookEndpoint:
    """Takes webhook deliveries, and hands each genuine one to the application once.

    It is an ASGI application: give it the very path that the subscription's URL has. For other frameworks
    there is ``deliver``. A delivery is claimed, handled, marked as done, and then answered with 200. A
    handler that raises, or takes longer than ``timeout`` and is cancelled, releases the claim when it has
    ended, and the answer is 500: Partnero sends it again. Answers are 400 to what is not genuine, 413 to
    what is too large, 503 to what is in hand.

    Args:
        receiver: What looks whether a delivery is genuine.
        handle: An async function that is called with each event. It should do the same if it is called
            twice: a process may be killed between the end of the handler and the mark.
        seen: Where it is known which deliveries were handled: a ``MemorySeenStore`` if None, which forgets
            with the process; a ``SQLiteSeenStore`` for all workers of a machine and across restarts.
        background: Answer first, and handle afterwards: a failed event is then tried again from here. It
            needs a store that keeps deliveries, such as ``SQLiteSeenStore``, and ``run`` in the lifespan of
            the application for what is left over.
        timeout: Seconds for a handler: 4 unless given, as Partnero waits for 5, and 60 in the background.
        max_body: Bytes of a delivery, at most.

    Raises:
        ArgumentError: A number is out of its bounds, or the store keeps no deliveries for the background.
        TypeError: An argument is of another type.
    """

    def __init__(
        self,
        receiver: Receiver,
        handle: Handle,
        *,
        seen: SeenStore | None = None,
        background: bool = False,
        timeout: float | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        if not isinstance(receiver, Receiver):
            raise TypeError(f"receiver must be a Receiver, not {type(receiver).__name__}")
        if not _is_async(handle):
            raise TypeError("handle must be an async function of one argument, the event")
        self._seen: SeenStore = MemorySeenStore() if seen is None else seen
        kept: DurableSeenStore | None = None
        if check_flag("background", background):
            if not hasattr(self._seen, "keep"):
                raise ArgumentError(
                    "background=True answers before it handles: give seen=SQLiteSeenStore(path), so that no "
                    "event is lost with the process"
                )
            kept = cast("DurableSeenStore", self._seen)
        if timeout is None:
            timeout = BACKGROUND_SECONDS if background else HANDLER_SECONDS
        self._kept = kept
        self._bodies = Bodies(check_count("max_body", max_body, least=1))
        self._handling = Handling(receiver, handle, self._seen, kept, check_seconds("timeout", timeout))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, as the ASGI specification has it."""
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                await send({"type": "websocket.close"})
            case other:
                raise NotImplementedError(f"webhooks are delivered over http, not {other}")

    async def deliver(self, body: bytes, headers: Headers) -> Answer:
        """Takes a delivery that came by another way than ASGI.

        In the background, what is kept is handled by ``run``.

        Args:
            body: The body of the request, byte by byte as it came.
            headers: Its headers: a mapping or pairs.

        Returns:
            What to answer: ``answer.status``, ``answer.text`` and ``answer.headers``.

        Raises:
            TypeError: The body is not bytes.
        """
        if len(body) > self._bodies.most:
            return self._bodies.too_large
        answer, kept = await self._handling.take(body, headers)
        if kept is not None:
            await self._handling.hand_on(kept)
        return answer

    async def run(self) -> None:
        """Handles what was answered and is not handled yet, until it is cancelled.

        For ``background=True``, as a background task of the application's lifespan: it takes up what a
        process that was killed left over, and what failed before.

        Raises:
            ArgumentError: Nothing is handled in the background.
        """
        if self._kept is None:
            raise ArgumentError("nothing is left over: run() is for background=True")
        await self._handling.tell_of_others()
        async with anyio.create_task_group() as group:
            for _ in range(WORKERS):
                group.start_soon(self._work)

    async def aclose(self) -> None:
        """Closes the store of seen deliveries; it is opened again when a delivery comes."""
        await self._seen.aclose()

    async def _work(self) -> None:
        while True:
            seconds = POLL_SECONDS
            try:
                while kept := await self._handling.next_kept():
                    await self._handling.handle_kept(kept)
                due_in = await self._handling.due_in()
                seconds = POLL_SECONDS if due_in is None else min(max(due_in, 0.05), POLL_SECONDS)
            except SeenStoreError:  # it may be another one's turn to write; what is kept stays
                pass
            await anyio.sleep(seconds)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            not_allowed = Answer(status=405, text="Deliveries are sent by POST.", headers={"Allow": "POST"})
            await _answer(send, not_allowed)
            return
        try:
            # Before its body is read: who sends anything at all does not get that far.
            signature_in(scope["headers"])
        except SignatureError as error:
            await _answer(send, Answer(status=400, text=str(error)))
            return
        async with self._bodies.read(scope, receive) as body:
            if body is None:
                return
            if isinstance(body, Answer):
                await _answer(send, body)
                return
            answer, kept = await self._handling.take(body, scope["headers"])
            del body
        try:
            await _answer(send, answer)
        except BaseException:  # whoever sent it is gone: it is kept all the same
            if kept is not None:
                await self._handling.hand_on(kept)
            raise
        if kept is not None:
            await self._handling.handle_kept(kept)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Served alone, it has a lifespan of its own; where it is mounted, the application has one."""
        await receive()
        async with anyio.create_task_group() as group:
            if self._kept is not None:
                group.start_soon(self.run)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            group.cancel_scope.cancel()
        await self.aclose()
        await send({"type": "lifespan.shutdown.complete"})


async def _answer(send: Send, answer: Answer) -> None:
    body = answer.text.encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        **answer.headers,
    }
    # ASGI has names in lower case.
    pairs = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _is_async(handle: object) -> bool:
    while isinstance(handle, partial):
        handle = handle.func
    # Of an object that can be called, such as an AsyncMock, only its call would tell.
    return callable(handle) and (not inspect.isroutine(handle) or inspect.iscoroutinefunction(handle))
