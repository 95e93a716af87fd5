"""Filling a newsletter program: the same seed gives the same records, timestamps included."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

from . import moments
from .calls import Program
from .seeding import FIRST_CUSTOMER, NAMES, SURNAMES
from .store import Store, Value

_SUBSCRIBER = (
    "number",
    "program",
    "id",
    "email",
    "name",
    "tos",
    "marketing_consent",
    "status",
    "approved",
    "token",
    "is_referred",
    "referrer_number",
    "created_at",
    "updated_at",
)


def seed(store: Store, program: Program, *, seed: int, subscribers: int) -> None:
    """Add subscribers to one newsletter."""
    last = store.one("SELECT coalesce(max(number), 0) AS number FROM subscribers")
    assert last is not None
    rows = _subscribers(Random(seed), program, subscribers, last["number"] + 1)
    with store.transaction():
        store.insert_many("subscribers", _SUBSCRIBER, rows)


def _subscribers(random: Random, program: Program, count: int, first: int) -> Iterator[Sequence[Value]]:
    """One in three has no id, and one in three but the first was referred by one of the earliest tenth."""
    for index in range(count):
        name = f"subscriber_{index + 1:06}"
        moment = moments.written(FIRST_CUSTOMER + timedelta(minutes=index))
        is_referred = index > 0 and random.randrange(3) == 0
        yield (
            first + index,
            program.key,
            None if index % 3 == 2 else name,
            f"{name}@example.com",
            f"{random.choice(NAMES)} {random.choice(SURNAMES)}",
            True,
            random.choice((True, False, None)),
            "active",
            True,
            f"{random.getrandbits(48):012x}",
            is_referred,
            first + random.randrange(index // 10 + 1) if is_referred else None,
            moment,
            moment,
        )
