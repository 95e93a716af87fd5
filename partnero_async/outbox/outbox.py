"""SalesOutbox: sales are kept on disk first, and delivered exactly once."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self, get_args

import anyio

from .._http.call import Caller
from .._http.engines.sockets import process
from .._http.session import running_loop
from ..client import AsyncPartnero
from ..errors import ArgumentError, UsageError
from ..inputs._checks import check_count, check_flag, check_seconds
from ..inputs.options import Options
from ..inputs.sale import Sale
from ..inputs.unset import UNSET, Unset
from . import machine
from .content import Program, check_key, digest_of, sale_body, sent_body
from .delivery import Bell, Delivery
from .entry import Entry, Kind, State
from .errors import ConflictingSaleError, OutboxError
from .store import Store

__all__ = ["SalesOutbox"]

LEASE: Final = 1.5
LEASE_MARGIN: Final = 2.0
"""A lease is so many times its call's deadline and so many seconds: what became of it has to be stored."""

PAGE: Final = 500
"""How many entries are read at a time."""


class SalesOutbox:
    """Sales, and refunds of them, that reach Partnero exactly once.

    A sale is recorded on disk and delivered from there, now or later, by this process or another one that
    has the same file open. One whose answer was lost is looked up by its key, after ``settle_after``
    seconds, before it is ever sent again. What is promised by that, and what cannot be, is told in
    docs/how-to/record-sales.md.

    Use it as ``async with SalesOutbox(...) as outbox``. It belongs to the event loop that entered it, and
    closes neither the client nor the application's engine.

    Args:
        partnero: The client that delivers.
        path: The file, made where there is none; or a ``Store`` of another kind, such as one in the
            application's own database.
        settle_after: Seconds after which a request whose answer was lost is at Partnero or never will be.
        program: The type of program that the API key belongs to.
        concurrency: How many sales are delivered at a time, at most ``max_concurrency`` of the client.
        deadline: Seconds for each delivery, its retries and waits included, whatever the client's is; each
            page of a look-up has as long.
        adopt: Take over an outbox that was made with another API key, base URL or type of program: for a new
            key of the same program.
        clock: Gives the Unix time, to all processes that share an outbox the same.

    Raises:
        ArgumentError: A number is out of its bounds.
        TypeError: An argument is of another type.
    """

    def __init__(
        self,
        partnero: AsyncPartnero,
        path: str | os.PathLike[str] | Store,
        *,
        settle_after: float = 60.0,
        program: Program = "affiliate",
        concurrency: int = 5,
        deadline: float = 30.0,
        adopt: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(partnero, AsyncPartnero):
            raise TypeError(f"partnero must be an AsyncPartnero, not {type(partnero).__name__}")
        if program not in get_args(Program):
            raise ArgumentError(f'program must be "affiliate" or "referral", not {program!r:.40}')
        caller: Caller = partnero._caller  # pyright: ignore[reportPrivateUsage]
        check_count("concurrency", concurrency, least=1)
        if concurrency > caller.session.gate.slots:
            raise ArgumentError(
                f"concurrency {concurrency} is above the client's max_concurrency {caller.session.gate.slots}"
            )
        self._caller = caller
        self._store = _store_of(path)
        self._settle_after = check_seconds("settle_after", settle_after)
        self._program: Program = program
        self._concurrency = concurrency
        self._options = Options(deadline=check_seconds("deadline", deadline))
        self._lease = LEASE * deadline + LEASE_MARGIN
        self._adopt = check_flag("adopt", adopt)
        self._clock = clock
        self._is_open = False
        self._is_stopped = False
        self._process = 0
        self._loop: Any = None
        # For which entries this process waits, by a clock that nobody sets, until it may look them up.
        self._settling: dict[int, float] = {}
        self._bell = Bell()
        self._deliveries = set[Delivery]()

    async def __aenter__(self) -> Self:
        if self._is_open:
            raise UsageError("the outbox is open already")
        identity = f"{self._program} {self._caller.session.identity}"
        await self._store.open(identity, adopt=self._adopt)
        self._is_open, self._process, self._loop = True, process.forks, running_loop()
        self._is_stopped = False
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_open = False
        self._bell.ring()
        with anyio.CancelScope(shield=True):
            await self._store.aclose()

    async def record(self, sale: Sale, *, referral_url: str | Unset = UNSET, within: Any = None) -> Entry:
        """Keeps a sale for delivery; when it returns, no crash loses it.

        Recorded again with the same content, it is the same sale, and nothing happens.

        Args:
            sale: The sale, with its key and its customer. Where it has no ``created_at``, that is now.
            referral_url: The referral URL that was followed, where the customer is not known yet.
            within: A transaction of the application's own database, for a ``Store`` that is in it: the sale
                is kept when, and only if, that commits.

        Returns:
            The entry as it stands, which is not accepted any more if it was recorded before.

        Raises:
            ConflictingSaleError: A sale with this key and other content was recorded before.
            StorageError: It could not be written, and is not kept.
            ArgumentError: The sale has no key or no customer; or the key is ``.`` or ``..``, or has blanks
                around it or a NUL.
            TypeError: It is no ``Sale``, or its customer is of another type of program.
        """
        body = sale_body(sale, self._program, referral_url)
        now = datetime.fromtimestamp(self._clock(), UTC)
        return await self._add(
            "sale", check_key(body["key"]), sent_body(body, now), digest_of(body), now, within
        )

    async def refund(self, key: str, *, within: Any = None) -> Entry:
        """Keeps the refund of a sale for delivery: it is deleted at Partnero, after it was recorded there.

        Args:
            key: The key of the sale. It may also be one that was never in this outbox.
            within: A transaction of the application's, as with ``record``.

        Returns:
            The entry of the refund as it stands.

        Raises:
            StorageError: It could not be written, and is not kept.
            ArgumentError: The key is empty, ``.`` or ``..``, or has blanks around it or a NUL.
        """
        now = datetime.fromtimestamp(self._clock(), UTC)
        return await self._add("refund", check_key(key), "", "", now, within)

    async def _add(
        self, kind: Kind, key: str, content: str, digest: str, now: datetime, within: Any
    ) -> Entry:
        self._check_open()
        entry = Entry(
            kind=kind, key=key, content=content, digest=digest, recorded_at=now, due_at=now.timestamp()
        )
        stored = await self._store.add(entry, within)
        if stored.digest != digest:
            raise ConflictingSaleError(
                f"a sale with the key {key!r:.80} and other content was recorded before: "
                "a key names one sale, which cannot be changed"
            )
        self._bell.ring()
        return stored

    async def entries(self, *, state: State | str | None = None) -> AsyncGenerator[Entry]:
        """All entries, or those in one state, in the order in which they were recorded.

        Args:
            state: A ``State``, or its value as text.

        Raises:
            ArgumentError: There is no such state.
            StorageError: The outbox cannot be read.
        """
        self._check_open()
        wanted = None if state is None else _state_of(state)
        after = 0
        while page := await self._store.page(after, PAGE, wanted):
            for entry in page:
                yield entry
            after = page[-1].number

    async def find(self, key: str, *, kind: Kind = "sale") -> Entry | None:
        """The entry of a sale, or of its refund; None where there is none.

        Args:
            key: The key of the sale.
            kind: ``"sale"`` or ``"refund"``.

        Raises:
            StorageError: The outbox cannot be read.
        """
        self._check_open()
        return await self._store.find(kind, check_key(key))

    async def resolve(self, key: str, *, delivered: bool, kind: Kind = "sale") -> Entry:
        """Settles by hand what a person has looked into.

        Args:
            key: The key of the sale.
            delivered: Whether Partnero has the sale (or, for a refund, has it no more). If not, it is sent
                again, without being looked up: only say so if you are sure.
            kind: ``"sale"`` or ``"refund"``.

        Returns:
            The entry as it stands now.

        Raises:
            OutboxError: There is no such entry; it is being sent; or it is delivered, and to be sent again.
            StorageError: It could not be written.
        """
        check_flag("delivered", delivered)
        while True:
            entry = await self.find(key, kind=kind)
            if entry is None:
                raise OutboxError(f"there is no {kind} with the key {key!r:.80} in the outbox")
            if entry.state is State.SENDING:
                raise OutboxError(f"the {kind} {key!r:.80} is being sent just now: wait until it is settled")
            if entry.state is State.DELIVERED and not delivered:
                raise OutboxError(
                    f"the {kind} {key!r:.80} is delivered, and would be paid twice if it were sent again"
                )
            if entry.state is (State.DELIVERED if delivered else State.ACCEPTED):
                return entry
            entry = machine.resolved(entry, self._clock(), delivered=delivered)
            if await self._store.replace(entry):
                self._bell.ring()
                return entry

    async def drain(self) -> None:
        """Delivers until nothing is accepted, sending or in doubt, other processes' entries included.

        It waits for leases and settling times, and as long as Partnero cannot be reached or asks to wait.

        Raises:
            AuthenticationError, PermissionDeniedError, StatusError: The API key, the program or the address
                is at fault: delivery stopped, and what was not sent is accepted still.
            OutboxError: A look-up does not tell whether a sale is there: a person has to look.
            UsageError: The client or the outbox was closed.
            StorageError: The outbox cannot be read or written.
        """
        with self._delivery() as delivery:
            await delivery.until_settled()

    async def run(self) -> None:
        """Delivers until ``stop``, or until it is cancelled: the background task of an app's lifespan.

        After a ``stop`` it returns at once, as one does that the lifespan ended before it began.

        What would end ``drain`` is logged here, and tried again after a while.

        Raises:
            UsageError: The client or the outbox was closed.
        """
        self._check_open()
        if self._is_stopped:
            return
        with self._delivery() as delivery:
            await delivery.forever()

    def stop(self) -> None:
        """Lets each ``run`` and ``drain`` that is going on return, as soon as what is under way has ended.

        A cancelled one cuts off what is under way, which then is in doubt and is looked up later. No other
        ``run`` begins until the outbox is opened again; a ``drain`` may.
        """
        self._is_stopped = True
        for delivery in self._deliveries:
            delivery.stop()

    @contextmanager
    def _delivery(self) -> Generator[Delivery]:
        self._check_open()
        delivery = Delivery(
            self._caller,
            self._store,
            self._bell,
            program=self._program,
            options=self._options,
            lease=self._lease,
            settle_after=self._settle_after,
            concurrency=self._concurrency,
            clock=self._clock,
            settling=self._settling,
            check_open=self._check_open,
        )
        self._deliveries.add(delivery)
        try:
            yield delivery
        finally:
            self._deliveries.remove(delivery)

    def _check_open(self) -> None:
        if not self._is_open:
            raise UsageError("the outbox is not open: async with SalesOutbox(...) as outbox")
        if self._process != process.forks:
            raise UsageError("the outbox was opened before this process was forked: open it in each worker")
        if self._loop is not running_loop():
            raise UsageError("the outbox belongs to another event loop: open one for each")


def _store_of(place: str | os.PathLike[str] | Store) -> Store:
    if isinstance(place, (str, os.PathLike)):
        from .sqlite import SQLiteStore

        return SQLiteStore(place)
    return place


def _state_of(state: State | str) -> State:
    try:
        return State(state)
    except ValueError:
        states = ", ".join(State)
        raise ArgumentError(f"state must be one of {states}, not {state!r:.40}") from None
