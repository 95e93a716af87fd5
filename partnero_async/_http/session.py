"""What a client and its views share: the engine, the gate, and the event loop that they belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio

from ..errors import UsageError
from ..records._json import JsonLoads
from .engines.answers import MOST_HEAD, most_encoded
from .engines.contract import Engine, Orders
from .engines.sockets import process
from .gate.gate import Gate
from .telemetry import Log

if TYPE_CHECKING:
    from ..observing.watching import Watch
    from .endpoint import Endpoint

__all__ = ["CLOSED_DURING", "Session", "running_loop"]

CLOSED_DURING = "the client was closed during the call"


class Session:
    """An engine behind a gate, bound to the first event loop that uses it.

    Args:
        engine: What sends.
        gate: Who may send now.
        log: What writes down what happens.
        json_loads: What parses JSON text.
        watch: Gives what an observer is told a call with, by its endpoint, whether it is one of a job, and
            the clock; None where nobody observes.
        url: The base URL, for texts.
        host: Its host and port, for errors.
        identity: A hash of API key and base URL, by which what is kept on disk is known to belong to them.
        max_body: The most bytes of a body, inflated.
        strict: Whether a record is refused over one field of another type.
        made_at: Where the client was made, for the warning about one that was not closed.

    Attributes:
        closed: Whether it was closed: no new call begins.
        ended: Whether the calls under way were ended, too.
        calls: How many calls are under way, those that wait included.
        served: The types of programs that the API key is shown to be for, as ``Endpoint.meant_for`` says it.
        under_way: The attempts, and the waits between them, that closing ends.
        clock: The clock of the event loop, in seconds; the loop's own, since a call asks six times, and
            ``anyio.current_time`` finds the loop each time, and finds none in another thread.
        orders: What is asked of an exchange, by whether it is to go over a new connection; empty before
            the first use.
    """

    def __init__(
        self,
        engine: Engine,
        gate: Gate,
        log: Log,
        json_loads: JsonLoads,
        *,
        watch: Callable[[Endpoint[Any], bool, Callable[[], float]], Watch] | None = None,
        url: str,
        host: str,
        identity: str,
        max_body: int,
        strict: bool,
        made_at: str,
    ) -> None:
        self.engine = engine
        self.gate = gate
        self.log = log
        self.watch = watch
        self.json_loads = json_loads
        self.strict = strict
        self.url = url
        self.host = host
        self.identity = identity
        self.address_hint: str = "" if url.endswith("/v1") else ": base_url does not end in /v1"
        self.made_at = made_at
        # Tests of applications do not wait before an attempt is repeated, nor after a 429.
        self.waits: bool = True
        self.closed: bool = False
        self.ended: bool = False
        self.calls: int = 0
        self.served: set[str] = set()
        self.under_way: set[anyio.CancelScope] = set()
        self.clock: Callable[[], float] = anyio.current_time
        self._all_ended: anyio.Event | None = None
        self._released = False
        # There while somebody closes the engine.
        self._releasing: anyio.Event | None = None
        self._loop: Any = None
        self._process = process.forks
        self._most_received = most_encoded(max_body) + MOST_HEAD
        self.orders: dict[bool, Orders] = {}

    @property
    def over_because(self) -> str:
        """Why a call under way must not go on; empty where it may."""
        if self._process != process.forks:
            return _FORKED
        return CLOSED_DURING if self.ended else ""

    @property
    def is_bound(self) -> bool:
        """Whether it belongs to an event loop already."""
        return self._loop is not None

    @property
    def is_left_open(self) -> bool:
        """Whether somebody should have closed it: a call was made, in this process, and it is open."""
        return self._loop is not None and not self.closed and self._process == process.forks

    def bind(self) -> None:
        """Checks that the session is open and that this is its event loop; the first use decides which.

        Raises:
            UsageError: It is closed, or belongs to another event loop or process.
        """
        if self.closed:
            raise UsageError("the client is closed")
        loop = running_loop()
        if self._loop is None:
            self._process = process.forks
            if self.engine.asyncio_only and not isinstance(loop, asyncio.AbstractEventLoop):
                raise UsageError("this engine runs on asyncio only: leave engine= out under trio")
            self._loop = loop
            if isinstance(loop, asyncio.AbstractEventLoop):
                self.clock = loop.time
            else:
                from trio.lowlevel import current_clock

                self.clock = current_clock().current_time
            self.orders = {
                fresh: Orders(fresh, self._most_received, self.clock, self._process)
                for fresh in (False, True)
            }
        elif self._process != process.forks:
            raise UsageError(_FORKED)
        elif self._loop is not loop:
            raise UsageError(
                "the client belongs to another event loop: its connections cannot move; make one client "
                "for each event loop"
            )

    def tell_when_all_ended(self) -> None:
        """Lets ``aclose`` go on when no call is under way any more."""
        if self._all_ended is not None and not self.calls:
            self._all_ended.set()

    async def aclose(self, grace: float = 0.0) -> None:
        """Lets calls under way end, then ends what is left of them and closes the engine.

        Once it is done, it does nothing; while it is being done, it waits for the end. If it was refused,
        nothing has happened; if it was cancelled, a second time does the rest.

        Args:
            grace: Seconds for the calls under way.

        Raises:
            UsageError: It belongs to another event loop, on which alone its connections can be closed, or to
                another process, whose connections they are.
        """
        if self._released:
            return
        if self._loop is not None and self._process != process.forks:
            raise UsageError(_FORKED)
        if self._loop is not None and self._loop is not running_loop():
            raise UsageError("the client belongs to another event loop: only there it can be closed")
        self.closed = True
        if grace > 0:
            with anyio.move_on_after(grace):
                while self.calls and not self.ended:
                    self._all_ended = self._all_ended or anyio.Event()
                    await self._all_ended.wait()
        self.ended = True
        if self._all_ended is not None:
            self._all_ended.set()
        self.gate.close()
        for scope in [*self.under_way]:
            scope.cancel()
        # No lock: acquiring one is a checkpoint, at which a cancelled caller would leave everything open.
        while self._releasing is not None:
            await self._releasing.wait()
        if self._released:
            return
        over = self._releasing = anyio.Event()
        try:
            try:
                await self.engine.aclose()
            finally:
                await self.gate.aclose()
            self._released = True
        finally:
            self._releasing = None
            over.set()


_FORKED = (
    "the client was used before this process was forked: its connections belong to the other process; make "
    "the client in each worker, such as in the lifespan of the app"
)


def running_loop() -> Any:
    """The event loop of this task, asyncio's or trio's."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from anyio.lowlevel import current_token

        return current_token().native_token
