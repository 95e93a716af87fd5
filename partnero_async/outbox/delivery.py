"""Delivering what an outbox holds: claim, send or look up, and store what became of it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from .._http.call import Caller
from .._http.endpoint import Endpoint
from .._http.gate.turns import BulkJob
from .._http.wire import build
from ..errors import DeadlineError, PartneroError, UsageError
from ..inputs.options import Options
from ..records._json import loads
from ..resources import referral_transactions, transactions
from . import machine
from .content import Program
from .entry import Entry, State
from .errors import StorageError
from .looking import is_among
from .store import Store

__all__ = ["Bell", "Delivery"]

_logger: Final = logging.getLogger("partnero_async")

POLL_SECONDS: Final = 1.0
"""How often to look for what other processes recorded or left, at least."""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
"""Seconds without a delivery after something failed that concerns all of them, doubling."""

SOON: Final = 0.1
"""So many seconds too early are the difference between two clocks."""

STORE_SECONDS: Final = 5.0
"""For how long a cancelled delivery stores what is known of it."""

DOUBTS: Final = 5
"""After so many lost answers in a row it is Partnero that fails, and the next sale waits, too."""


class Bell:
    """Wakes who waits for news, of all that is rung after they asked for it."""

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def ring(self) -> None:
        """Tells of news."""
        if self._event is not None:
            self._event.set()
            self._event = None

    def next(self) -> anyio.Event:
        """Is set by the next ring."""
        self._event = self._event or anyio.Event()
        return self._event


class Delivery:
    """One ``drain`` or ``run`` of an outbox.

    Args:
        caller: What makes the calls.
        store: Where the entries are.
        bell: What rings when there are more.
        program: The type of program.
        options: The deadline of each call.
        lease: Seconds for which an entry is claimed.
        settle_after: Seconds after which what was sent is at Partnero or never will be.
        concurrency: How many are delivered at a time.
        clock: Gives the Unix time.
        settling: Number of an entry -> the time on the event loop's clock from which it may be looked up, of
            those that this process sent.
        check_open: Raises if the outbox was closed.
    """

    def __init__(
        self,
        caller: Caller,
        store: Store,
        bell: Bell,
        *,
        program: Program,
        options: Options,
        lease: float,
        settle_after: float,
        concurrency: int,
        clock: Callable[[], float],
        settling: dict[int, float],
        check_open: Callable[[], None],
    ) -> None:
        self._caller = caller
        self._store = store
        self._bell = bell
        self._options = options
        self._settle_after = settle_after
        self._concurrency = concurrency
        self._clock = clock
        self._settling = settling
        self._check_open = check_open
        self._lease = lease
        self._begun = partial(machine.begun, lease=lease, settle_after=settle_after)
        if program == "affiliate":
            self._create: Endpoint[Any] = transactions.CREATE
            self._delete = transactions.DELETE
            self._sales: Any = transactions.Transactions(caller)
        else:
            self._create = referral_transactions.CREATE
            self._delete = referral_transactions.DELETE
            self._sales = referral_transactions.ReferralTransactions(caller)
        self._under_way = 0
        # What ends it: delivery stops, and it is raised when nothing is under way any more.
        self._failure: Exception | None = None
        self._is_forever = False
        self._is_stopping = False
        # Failures in a row that concern all entries, lost answers in a row, and when to go on after them.
        self._setbacks = 0
        self._doubts = 0
        self._paused_until = -math.inf

    async def until_settled(self) -> None:
        """Delivers until no entry is open; raises what keeps them from being delivered."""
        await self._go_on()

    async def forever(self) -> None:
        """Delivers until it is cancelled, or the client or the store is closed."""
        self._is_forever = True
        await self._go_on()

    def stop(self) -> None:
        """Lets it end when nothing is under way any more."""
        self._is_stopping = True
        self._bell.ring()

    async def _go_on(self) -> None:
        async with anyio.create_task_group() as group:
            while True:
                rung = self._bell.next()
                try:
                    seconds = await self._start_what_is_due(group)
                except (StorageError, UsageError) as error:
                    self._fail(error)
                    seconds = 0.0 if self._failure else self._paused_for()
                if seconds is None or (self._failure is not None and not self._under_way):
                    break
                with anyio.move_on_after(seconds):
                    await rung.wait()
        if self._failure is not None:
            raise self._failure

    async def _start_what_is_due(self, group: TaskGroup) -> float | None:
        """Starts deliveries; seconds until there may be others, and None if there will be none any more."""
        if self._failure is not None:
            return math.inf
        if self._is_stopping:
            return math.inf if self._under_way else None
        self._check_open()
        if self._caller.session.closed:
            raise UsageError("the client is closed")
        if self._paused_for():
            return self._paused_for()
        # After a failure that concerned all, one shows whether it is over.
        free = (1 if self._setbacks else self._concurrency) - self._under_way
        if free <= 0:
            return math.inf
        now = self._clock()
        claimed = await self._store.claim(now, free, partial(self._begun, now=now))
        started = 0
        for before, entry in claimed:
            # One that another process was sending is in doubt from now on, and due later.
            if before.state is not State.SENDING:
                started += 1
                self._under_way += 1
                group.start_soon(self._deliver, entry)
        if claimed:
            return math.inf if started == free else 0.0
        outlook = await self._store.outlook()
        if not outlook.unsettled and not self._under_way and not self._is_forever:
            return None
        left = math.inf if outlook.next_at is None else outlook.next_at - self._clock()
        return min(max(left, 0.05), POLL_SECONDS)

    async def _deliver(self, entry: Entry) -> None:
        """Does what is to be done with a claimed entry, and stores what became of it."""
        try:
            if entry.state is State.SENDING:
                await self._send(entry)
            else:
                await self._look_up(entry)
        except StorageError as error:
            # It stays as it was claimed: when the lease is over, it is in doubt.
            self._fail(error)
        except Exception as error:  # of a transport or a hook of the user's
            self._failure = self._failure or error
        finally:
            self._under_way -= 1
            self._bell.ring()

    async def _send(self, entry: Entry) -> None:
        if entry.kind == "refund":
            sale = await self._store.find("sale", entry.key)
            if sale is not None and sale.state is State.REFUSED:
                await self._store.replace(machine.unneeded(entry, self._clock()))
                return
        # Its calls yield to single ones, but their deadlines hold while they wait: so does the lease.
        job = BulkJob(patient=False, guard=partial(self._check_lease, entry))
        error: PartneroError | None = None
        cut_off = UsageError("the delivery was cut off")
        try:
            with job:
                await self._request(entry)
        except PartneroError as failure:
            error = failure
        except Exception:
            cut_off.in_doubt = True
            await self._settle_cut_off(entry, cut_off)
            raise
        except anyio.get_cancelled_exc_class():
            cut_off.in_doubt = job.may_have_acted
            await self._settle_cut_off(entry, cut_off)
            raise
        entry = machine.after_send(entry, error, self._clock(), settle_after=self._settle_after)
        await self._settle(entry, error, is_sent=True)

    async def _request(self, entry: Entry) -> None:
        if entry.kind == "sale":
            request = build(self._create, body=loads(entry.content))
            await self._caller.call(self._create, request, self._options)
        else:
            await self._caller.call(self._delete, build(self._delete, entry.key), self._options)

    async def _look_up(self, entry: Entry) -> None:
        left = self._settling.get(entry.number, -math.inf) - anyio.current_time()
        if left > SOON:
            # The clock was set forward: it is too early by one that cannot be.
            await self._store.replace(machine.deferred(entry, self._clock() + left))
            return
        found: bool | PartneroError = False
        error: PartneroError | None = None
        try:
            with BulkJob(patient=False):
                async for page in self._sales.list(key=entry.key, options=self._options).pages():
                    found = is_among(entry.key, page)
                    if found:
                        break
                    # A server that does not know the filter shows all sales, page by page.
                    renewed = machine.renewed(entry, self._clock(), lease=self._lease)
                    if renewed is not entry and not await self._store.replace(renewed):
                        return  # another process looks it up
                    entry = renewed
        except PartneroError as failure:
            found = error = failure
        entry = machine.after_look_up(entry, found, self._clock(), settle_after=self._settle_after)
        await self._settle(entry, error, is_sent=False)

    def _check_lease(self, entry: Entry) -> None:
        """Lets nothing leave when another process may take the entry for lost.

        The deadline of a call stands still while the machine sleeps (clock_gettime(2), CLOCK_MONOTONIC); the
        lease does not.
        """
        if self._clock() >= entry.due_at:
            raise DeadlineError("not sent, since the time is over for which this process had claimed it")

    async def _settle_cut_off(self, entry: Entry, error: PartneroError) -> None:
        """Stores what is known of a delivery that something else ended."""
        now = self._clock()
        await self._store_shielded(machine.after_send(entry, error, now, settle_after=self._settle_after))

    async def _store_shielded(self, entry: Entry) -> None:
        """Stores an entry though the task is cancelled; where that takes too long, the lease decides."""
        with anyio.move_on_after(STORE_SECONDS, shield=True), suppress(StorageError):
            await self._store.replace(entry)

    async def _settle(self, entry: Entry, error: PartneroError | None, *, is_sent: bool) -> None:
        """Stores what became of an entry, and lets the others wait for what concerns them, too."""
        try:
            is_ours = await self._store.replace(entry)
        except anyio.get_cancelled_exc_class():
            # Once more: it is not known whether it was stored, and a second time changes nothing.
            await self._store_shielded(entry)
            raise
        if not is_ours:
            _logger.info("partnero.outbox kind=%s: another process settles it", entry.kind)
        self._tell(entry, error)
        if entry.state is State.IN_DOUBT and is_sent:
            self._settling[entry.number] = anyio.current_time() + self._settle_after
        elif entry.state is not State.IN_DOUBT:
            self._settling.pop(entry.number, None)
        if error is None or entry.state is State.REFUSED:
            self._setbacks = self._doubts = 0
            if error is None or not machine.is_for_a_person(error):
                return
        if not is_sent and machine.no_look_up_helps(error):
            self._stop_for(error)
            return
        if error.in_doubt:
            self._doubts += 1
            if self._doubts < DOUBTS:
                return
        self._fail(error)

    def _stop_for(self, error: PartneroError) -> None:
        """Ends a ``drain`` over what a person has to look into; a ``run`` goes on with the others."""
        if not self._is_forever:
            self._failure = self._failure or error

    def _fail(self, error: PartneroError) -> None:
        """Pauses after what concerns all entries; what waiting does not help ends a ``drain``."""
        if isinstance(error, UsageError) or (
            not self._is_forever and (isinstance(error, StorageError) or machine.is_for_a_person(error))
        ):
            self._failure = self._failure or error
        else:
            self._setbacks += 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._setbacks - 1, 30))
            self._paused_until = anyio.current_time() + max(pause, error.retry_after or 0.0)
            if self._setbacks == 1 or machine.is_for_a_person(error):
                _logger.warning(
                    "partnero.outbox paused_ms=%.0f because=%s", pause * 1000, type(error).__name__
                )

    def _paused_for(self) -> float:
        return max(0.0, self._paused_until - anyio.current_time())

    def _tell(self, entry: Entry, error: PartneroError | None) -> None:
        level = logging.DEBUG if entry.state is State.DELIVERED else logging.INFO
        if entry.state in (State.IN_DOUBT, State.REFUSED):
            level = logging.WARNING
        _logger.log(
            level,
            "partnero.outbox kind=%s state=%s attempts=%d status=%s",
            entry.kind,
            entry.state.value,
            entry.attempts,
            None if error is None else error.status,
        )
