"""What becomes of one delivery: claimed, handled, marked as done, answered; whatever framework it came by."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import anyio
import attrs
from anyio.lowlevel import checkpoint_if_cancelled

from ..errors import PartneroError, one_line
from .errors import SeenStoreError, WebhookError
from .events import Event
from .reading import event_of
from .receiver import Headers, Receiver
from .seen import Claim, DurableSeenStore, Kept, SeenStore

__all__ = ["Answer", "Handle", "Handling"]

_logger: Final = logging.getLogger("partnero_async")

Handle = Callable[[Event], Awaitable[Any]]
"""What the application does with an event; raising means that it is to come again."""

LEASE_MARGIN: Final = 10.0
"""So many seconds after its time limit, a handler is taken for gone with its process."""

STORE_SECONDS: Final = 5.0
"""For how long it is stored what became of a delivery whose request was cancelled."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0
"""Seconds until a kept event is handled again after its handler failed, doubling."""

OVERDUE_SECONDS: Final = 120.0
"""For so long nobody has begun to handle a kept event, if nobody does who has its secret."""

MOST_ATTEMPTS: Final = 300
"""How many times a kept event is handled that always fails, in about a day."""


@attrs.frozen(kw_only=True)
class Answer:
    """What is answered to Partnero, which sends again whatever is not answered with 2xx."""

    status: int
    """The HTTP status."""

    text: str
    """A line that says why, without anything of the delivery."""

    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """Headers that belong to the answer, such as ``Retry-After``."""


_BUSY: Final = Answer(status=503, text="It is being handled just now.", headers={"Retry-After": "5"})


class Handling:
    """Handles deliveries one by one; see ``WebhookEndpoint`` for what it is told."""

    def __init__(
        self,
        receiver: Receiver,
        handle: Handle,
        seen: SeenStore,
        kept: DurableSeenStore | None,
        timeout: float,
    ) -> None:
        self._receiver = receiver
        self._handle = handle
        self._seen = seen
        self._kept = kept
        self._timeout = timeout
        self._lease = timeout + LEASE_MARGIN

    async def take(self, body: bytes, headers: Headers) -> tuple[Answer, Kept | None]:
        """What to answer to a delivery, and what is to be handled after that."""
        try:
            event = self._receiver.receive(body, headers)
        except WebhookError as error:
            _logger.warning("partnero.webhook refused=%s", type(error).__name__)
            return Answer(status=400, text=str(error)), None
        owner = secrets.token_hex(8)
        try:
            if self._kept is not None:
                claim = await self._kept.keep(
                    event.fingerprint, owner, self._lease, body, self._receiver.signers[0]
                )
            else:
                claim = await self._claim(event, owner)
            match claim:
                case Claim.DONE:
                    return Answer(status=200, text="It was handled before."), None
                case Claim.IN_HAND:
                    return _BUSY, None
                case Claim.OURS if self._kept is not None:
                    kept = Kept(fingerprint=event.fingerprint, owner=owner, body=body, attempts=1)
                    return Answer(status=200, text="It is kept, and will be handled."), kept
                case Claim.OURS:
                    if await self._is_handled(event, owner):
                        return Answer(status=200, text="It was handled."), None
                    return Answer(status=500, text="It could not be handled."), None
        except SeenStoreError as error:
            _logger.error("partnero.webhook event=%s %s", _shown(event.name), error)
            return Answer(status=500, text="It could not be kept."), None

    async def handle_kept(self, kept: Kept) -> None:
        """Handles a delivery that was answered before; if it fails, it is due again later."""
        assert self._kept is not None
        try:
            event = event_of(kept.body, self._receiver.program)
            is_done = await self._is_done(event)
        except WebhookError as error:  # of another version's, or of another type of program
            _logger.error("partnero.webhook kept fingerprint=%s: %s", kept.fingerprint, error)
            is_done = False
        except BaseException:
            await self.hand_on(kept)
            raise
        if not is_done and kept.attempts >= MOST_ATTEMPTS:
            _logger.error(
                "partnero.webhook fingerprint=%s: given up after %d attempts", kept.fingerprint, kept.attempts
            )
            is_done = True
        if is_done:
            await self._shielded(partial(self._kept.finish, kept.fingerprint, kept.owner))
        else:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(kept.attempts - 1, 30))
            await self._shielded(partial(self._kept.postpone, kept.fingerprint, kept.owner, pause))

    async def hand_on(self, kept: Kept) -> None:
        """Lets go of a delivery that was answered before: it is due at once, for whoever goes on."""
        assert self._kept is not None
        await self._shielded(partial(self._kept.postpone, kept.fingerprint, kept.owner, 0.0))

    async def next_kept(self) -> Kept | None:
        """Takes in hand a kept delivery that is due."""
        assert self._kept is not None
        return await self._kept.take(secrets.token_hex(8), self._lease, self._receiver.signers)

    async def due_in(self) -> float | None:
        """Seconds until a kept delivery is due; None where there is none."""
        assert self._kept is not None
        return await self._kept.due_in(self._receiver.signers)

    async def tell_of_others(self) -> None:
        """Says in the log that deliveries are kept which wait for a secret that is no longer here."""
        assert self._kept is not None
        try:
            overdue = await self._kept.overdue(OVERDUE_SECONDS, self._receiver.signers)
        except SeenStoreError:  # it is told of when a delivery comes
            return
        if overdue:
            _logger.warning(
                "partnero.webhook %d kept deliveries wait for a receiver with another secret: if it was "
                "replaced, give it as an older one",
                overdue,
            )

    async def _claim(self, event: Event, owner: str) -> Claim:
        try:
            return await self._seen.claim(event.fingerprint, owner, self._lease)
        except anyio.get_cancelled_exc_class():
            # It may have been claimed all the same.
            await self._shielded(partial(self._seen.release, event.fingerprint, owner))
            raise

    async def _is_handled(self, event: Event, owner: str) -> bool:
        """Handles a claimed event, and stores whether it was handled."""
        try:
            is_done = await self._is_done(event)
        except BaseException:
            await self._shielded(partial(self._seen.release, event.fingerprint, owner))
            raise
        store = partial(self._seen.finish if is_done else self._seen.release, event.fingerprint, owner)
        try:
            with anyio.CancelScope(shield=True):
                await store()
        except anyio.get_cancelled_exc_class():
            # Of a task's own cancel(), which no scope holds off; a second time changes nothing.
            await self._shielded(store)
            raise
        return is_done

    async def _is_done(self, event: Event) -> bool:
        """Whether the application handled it in time and without an exception."""
        try:
            with anyio.move_on_after(self._timeout) as limit:
                await self._handle(event)
        except Exception:
            # Its traceback is of the application's own code, which nobody else tells of.
            _logger.exception("partnero.webhook event=%s: its handler failed", _shown(event.name))
            return False
        except anyio.get_cancelled_exc_class():
            await checkpoint_if_cancelled()
            if _is_task_cancelled():
                raise
            # Not us: it awaited what somebody else cancelled.
            _logger.exception("partnero.webhook event=%s: its handler failed", _shown(event.name))
            return False
        if limit.cancelled_caught:
            _logger.error(
                "partnero.webhook event=%s: its handler took longer than %g s",
                _shown(event.name),
                self._timeout,
            )
        return not limit.cancelled_caught

    async def _shielded(self, store: Callable[[], Awaitable[None]]) -> None:
        """Stores something although the request may be cancelled; else the lease decides."""
        with anyio.move_on_after(STORE_SECONDS, shield=True):
            try:
                await store()
            except PartneroError as error:
                _logger.error("partnero.webhook %s", error)


def _is_task_cancelled() -> bool:
    """Whether somebody asked this very task to end; under trio, that is the only way to be cancelled."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return True
    return task is None or task.cancelling() > 0


def _shown(name: str) -> str:
    return one_line(name[:60])
