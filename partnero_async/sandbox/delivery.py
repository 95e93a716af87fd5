"""Deliveries as whoever holds a sandbox sees them, and asking for one to be sent again."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .store import Store

DeliveryState: TypeAlias = Literal["pending", "delivered", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that a delivery was sent, or could not be."""

    at: str
    """When, in UTC and as ISO 8601."""
    status: int | None
    """What the receiver answered; None when nothing came."""
    error: str | None
    """What went wrong where nothing came, or why the delivery was not sent at all."""
    milliseconds: int
    """How long the answer took."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to one subscription."""

    number: int
    """Which of all deliveries it is, from 1; `Sandbox.resend` takes it."""
    event: str
    """The name of the event, such as `customer.created`."""
    webhook_key: str
    """The key of the subscription."""
    url: str
    """Where the subscription pointed when it happened."""
    body: str
    """What is sent, ASCII, the same each time."""
    signature: str
    """The header `Signature`."""
    state: DeliveryState
    """`pending` until it is `delivered`; `failed` after the last retry, or where it may not be sent to;
    `dropped` when the subscription was deleted or switched off before."""
    created_at: str
    """When the event happened, in UTC and as ISO 8601."""
    attempts: tuple[Attempt, ...]
    """How often it was sent, and what came of it, oldest first."""


class NotSubscribed(Exception):
    """The subscription of a delivery was deleted or switched off."""


def every(store: Store) -> tuple[Delivery, ...]:
    """All deliveries, in the order of their events."""
    attempts = store.all("SELECT * FROM delivery_attempts ORDER BY number")
    return _deliveries(store.all("SELECT * FROM deliveries ORDER BY number"), attempts)


def count(store: Store) -> int:
    """How many deliveries there are."""
    row = store.one("SELECT count(*) AS total FROM deliveries")
    assert row is not None
    return int(row["total"])


def latest(store: Store, most: int, *, after: int = 0) -> tuple[Delivery, ...]:
    """The newest deliveries first, without so many that are newer still."""
    rows = store.all("SELECT * FROM deliveries ORDER BY number DESC LIMIT ? OFFSET ?", most, after)
    marks = ", ".join("?" * len(rows))
    attempts = store.all(
        f"SELECT * FROM delivery_attempts WHERE delivery_number IN ({marks}) ORDER BY number",
        *(row["number"] for row in rows),
    )
    return _deliveries(rows, attempts)


def find(store: Store, number: int) -> Delivery | None:
    """One delivery, if there is one with this number."""
    rows = store.all("SELECT * FROM deliveries WHERE number = ?", number)
    attempts = store.all("SELECT * FROM delivery_attempts WHERE delivery_number = ? ORDER BY number", number)
    return next(iter(_deliveries(rows, attempts)), None)


def renew(store: Store, number: int) -> Delivery:
    """Make a delivery due at once, whatever became of it; it then has all its retries again."""
    with store.transaction():
        if find(store, number) is None:
            raise LookupError(f"there is no delivery {number}")
        subscribed = store.one(
            "SELECT 1 FROM deliveries JOIN webhooks ON webhooks.number = deliveries.webhook_number"
            " WHERE deliveries.number = ? AND webhooks.is_active",
            number,
        )
        if subscribed is None:
            raise NotSubscribed(f"the subscription of delivery {number} was deleted or switched off")
        store.run(
            "UPDATE deliveries SET state = 'pending', round = round + 1, waits_since = NULL WHERE number = ?",
            number,
        )
        renewed = find(store, number)
        assert renewed is not None
        return renewed


def _deliveries(rows: Iterable[sqlite3.Row], attempts: Iterable[sqlite3.Row]) -> tuple[Delivery, ...]:
    made: defaultdict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        made[attempt["delivery_number"]].append(
            Attempt(attempt["at"], attempt["status"], attempt["error"], attempt["milliseconds"])
        )
    return tuple(
        Delivery(
            number=row["number"],
            event=row["event"],
            webhook_key=row["webhook_key"],
            url=row["url"],
            body=row["body"],
            signature=row["signature"],
            state=row["state"],
            created_at=row["created_at"],
            attempts=tuple(made[row["number"]]),
        )
        for row in rows
    )
