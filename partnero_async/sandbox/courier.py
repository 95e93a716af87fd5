"""Sending webhooks: what is due goes out, and what fails is due again after a while."""

import asyncio
import math
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial

import anyio
import httpx

from . import delivery, moments
from .delivery import Delivery
from .destinations import Destinations
from .store import Store, Value

_SECONDS = 5
"""How long a receiver has to answer (sources.md#webhook-deliveries)."""
_AT_A_TIME = 10
_MOST_OF_AN_ANSWER = 65_536
_EVERYTHING = -1


class Courier:
    """Sends the deliveries of a store, each by one sender at a time, however many threads and loops ask."""

    def __init__(self, store: Store, *, retries: Sequence[float], deliver_to: Iterable[str]) -> None:
        if not all(0 <= seconds < math.inf for seconds in retries):
            raise ValueError(f"webhook_retries must be seconds to wait, not {retries!r}")
        self._store = store
        self._retries = tuple(retries)
        self._destinations = Destinations.of(deliver_to)
        self._lock = threading.Lock()
        self._in_hand: set[int] = set()
        self._bells: set[Callable[[], object]] = set()

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """All deliveries so far."""
        return delivery.every(self._store)

    def resend(self, number: int) -> Delivery:
        """Make a delivery due at once."""
        renewed = delivery.renew(self._store, number)
        self.wake()
        return renewed

    def wake(self) -> None:
        """There may be something to send; whoever delivers looks at once."""
        for ring in tuple(self._bells):
            with suppress(RuntimeError):  # its loop has just been closed
                ring()

    async def deliver(self, transport: httpx.AsyncBaseTransport | None) -> tuple[Delivery, ...]:
        """Send what is due now, once; over a transport of the caller's, to wherever it goes."""
        numbers = self._taken(_EVERYTHING)
        left = iter(numbers)
        try:
            async with _client(transport) as client, anyio.create_task_group() as tasks:
                for _ in numbers[:_AT_A_TIME]:
                    tasks.start_soon(partial(self._send_all, client, left, anywhere=transport is not None))
        finally:
            self._in_hand.difference_update(numbers)
        tried = (delivery.find(self._store, number) for number in numbers)
        # Without those whose program was deleted meanwhile.
        return tuple(found for found in tried if found is not None)

    async def run(self) -> None:
        """Send whatever is due, as soon as it is, until cancelled; on asyncio, as servers are."""
        rung = asyncio.Event()
        ring = partial(asyncio.get_running_loop().call_soon_threadsafe, rung.set)
        sending = 0

        async def send(number: int) -> None:
            nonlocal sending
            try:
                await self._send_all(client, iter([number]), anywhere=False)
            finally:
                self._in_hand.discard(number)
                sending -= 1
                rung.set()

        self._bells.add(ring)
        try:
            async with _client(None) as client, anyio.create_task_group() as tasks:
                while True:
                    rung.clear()
                    for number in self._taken(_AT_A_TIME - sending):
                        sending += 1
                        tasks.start_soon(send, number)
                    with anyio.move_on_after(self._until_next()):
                        await rung.wait()
        finally:
            self._bells.discard(ring)

    def _taken(self, most: int) -> list[int]:
        """Take some of what is due out of the hands of others."""
        now = _now()
        with self._lock:
            rows = self._store.all(
                "SELECT number FROM deliveries WHERE state = 'pending'"
                # Another event loop may have an earlier clock: a wait that has not begun is not this loop's.
                " AND (waits_since IS NULL OR waits_since > ? OR waits_until <= ?) ORDER BY number LIMIT ?",
                now,
                now,
                most if most == _EVERYTHING else most + len(self._in_hand),
            )
            due = [row["number"] for row in rows if row["number"] not in self._in_hand]
            taken = due if most == _EVERYTHING else due[:most]
            self._in_hand.update(taken)
            return taken

    def _until_next(self) -> float:
        """Seconds until the next retry."""
        now = _now()
        row = self._store.one(
            "SELECT min(waits_until) AS next FROM deliveries"
            " WHERE state = 'pending' AND waits_since <= ? AND waits_until > ?",
            now,
            now,
        )
        assert row is not None
        return math.inf if row["next"] is None else (row["next"] - now) / 1000

    async def _send_all(self, client: httpx.AsyncClient, numbers: Iterator[int], *, anywhere: bool) -> None:
        for number in numbers:
            row = self._store.one("SELECT * FROM deliveries WHERE number = ? AND state = 'pending'", number)
            if row is None:  # dropped since it was taken
                continue
            at, began = moments.now_exactly(), _now()
            refusal = None if anywhere else self._destinations.refusal(row["url"])
            status, error = (None, refusal) if refusal else await _answer(client, row)
            attempt: dict[str, Value] = {"at": at, "status": status, "error": error}
            self._note(row, {**attempt, "milliseconds": _now() - began}, is_final=refusal is not None)

    def _note(self, row: sqlite3.Row, attempt: dict[str, Value], *, is_final: bool) -> None:
        """Keep an attempt, and what it means for its delivery."""
        number, status = row["number"], attempt["status"]
        with self._store.transaction():
            current = self._store.one("SELECT round, state FROM deliveries WHERE number = ?", number)
            if current is None:  # its program was deleted
                return
            self._store.insert(
                "delivery_attempts", {"delivery_number": number, "round": row["round"], **attempt}
            )
            if current["round"] != row["round"]:  # somebody asked meanwhile to send it again
                return
            if isinstance(status, int) and 200 <= status <= 299:
                self._store.update("deliveries", number, {"state": "delivered"})
            elif current["state"] == "pending":
                self._store.update("deliveries", number, self._after_failure(row, is_final=is_final))

    def _after_failure(self, row: sqlite3.Row, *, is_final: bool) -> dict[str, Value]:
        counted = self._store.one(
            "SELECT count(*) AS failures FROM delivery_attempts WHERE delivery_number = ? AND round = ?",
            row["number"],
            row["round"],
        )
        assert counted is not None
        if is_final or counted["failures"] > len(self._retries):
            return {"state": "failed"}
        now = _now()
        seconds = self._retries[int(counted["failures"]) - 1]
        return {"waits_since": now, "waits_until": now + math.ceil(seconds * 1000)}


async def _answer(client: httpx.AsyncClient, row: sqlite3.Row) -> tuple[int | None, str | None]:
    """The status that came, or why none did."""
    headers = {"Content-Type": "application/json", "Signature": row["signature"]}
    try:
        with anyio.fail_after(_SECONDS):
            async with client.stream("POST", row["url"], content=row["body"], headers=headers) as response:
                # A connection is used again only if its answer was read; one without end is not.
                received = 0
                if not response.is_closed:  # as those of httpx.MockTransport are
                    async for chunk in response.aiter_raw():
                        received += len(chunk)
                        if received > _MOST_OF_AN_ANSWER:
                            break
                return response.status_code, None
    except TimeoutError:
        return None, f"no answer within {_SECONDS} seconds"
    except Exception as error:  # over the caller's transport, whatever its app raises
        return None, ": ".join(filter(None, (type(error).__name__, str(error))))


def _client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    # No proxy from the environment: it would be asked for addresses of this machine.
    return httpx.AsyncClient(
        transport=transport,
        timeout=None,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "partnero-sandbox"},
    )


def _now() -> int:
    """The event loop's time in milliseconds, which tests can turn."""
    return int(anyio.current_time() * 1000)
