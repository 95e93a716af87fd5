"""Filling an affiliate program: the same seed gives the same records, timestamps included."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from . import moments, money
from .calls import Program
from .store import Store, Value

NAMES = ("Alice", "Bob", "Carla", "Dmitri", "Élodie", "Farid", "Grace", "Hiro", "Inés", "Jürgen")
SURNAMES = (
    "Brown",
    "Green",
    "Johnson",
    "Müller",
    "Nguyen",
    "O'Neill",
    "Rossi",
    "Silva",
    "Wilson",
    "Øvergård",
)
_TAGS = ("new", "newsletter", "premium", "trial", "vip")
_FIRST_PARTNER = datetime(2025, 1, 1, tzinfo=UTC)
FIRST_CUSTOMER = datetime(2025, 4, 1, tzinfo=UTC)
# Two customers in three never bought; the first one always did, so that there is something to look at.
SALES = (0, 0, 0, 0, 1, 3)
SALES_OF_THE_FIRST = 2

_PERSON = ("program", "email", "name", "surname", "tags", "created_at", "updated_at")
_LINK = ("program", "partner_number", "key", "is_default", "created_at")
_SALE = (
    "program",
    "key",
    "customer_number",
    "partner_number",
    "action",
    "amount",
    "amount_units",
    "created_at",
)
_REWARD = ("program", "transaction_number", "partner_number", "amount", "amount_units", "created_at")


def seed(
    store: Store, program: Program, *, seed: int, partners: int, customers: int, commission_percent: Decimal
) -> None:
    """Add partners, customers and their transactions to one program."""
    random = Random(seed)
    with store.transaction():
        store.insert_many("partners", ("id", *_PERSON), _partners(random, program, partners))
        store.insert_many("partner_referral_links", _LINK, _links(program, store))
        partner_numbers = _numbers(store, "partners", program)
        store.insert_many(
            "customers",
            ("key", *_PERSON, "partner_number"),
            _customers(random, program, customers, partner_numbers),
        )
        store.insert_many("transactions", _SALE, _sales(random, program, store))
        sales = store.all("SELECT * FROM transactions WHERE program = ? ORDER BY number", program.key)
        rewards = (
            (
                program.key,
                sale["number"],
                sale["partner_number"],
                money.written(money.commission(Decimal(sale["amount"]), commission_percent)),
                sale["amount_units"],
                sale["created_at"],
            )
            for sale in sales
        )
        store.insert_many("rewards", _REWARD, rewards)


def _partners(random: Random, program: Program, count: int) -> Iterator[Sequence[Value]]:
    for index in range(count):
        digits = f"{index + 1:03}"
        email = f"partner_{digits}@example.com"
        moment = moments.written(_FIRST_PARTNER + timedelta(hours=index))
        yield f"partner_{digits}", *_person(random, program, email, moment)


def _links(program: Program, store: Store) -> Iterator[Sequence[Value]]:
    rows = store.all("SELECT * FROM partners WHERE program = ? ORDER BY number", program.key)
    for index, partner in enumerate(rows):
        yield program.key, partner["number"], f"ref_{index + 1:03}", 1, partner["created_at"]


def _customers(
    random: Random, program: Program, count: int, partner_numbers: Sequence[int]
) -> Iterator[Sequence[Value]]:
    for index in range(count):
        key = f"customer_{index + 1:06}"
        moment = moments.written(FIRST_CUSTOMER + timedelta(minutes=index))
        person = _person(random, program, f"{key}@example.com", moment)
        yield key, *person, random.choice(partner_numbers)


def _person(random: Random, program: Program, email: str, moment: str) -> Sequence[Value]:
    tags = sorted(random.sample(_TAGS, random.randrange(4)))
    name, surname = random.choice(NAMES), random.choice(SURNAMES)
    return program.key, email, name, surname, json.dumps(tags), moment, moment


def _sales(random: Random, program: Program, store: Store) -> Iterator[Sequence[Value]]:
    buyers = store.all(
        "SELECT number, partner_number FROM customers WHERE program = ? ORDER BY number", program.key
    )
    count = 0
    for index, buyer in enumerate(buyers):
        moment = FIRST_CUSTOMER + timedelta(minutes=index)
        for _ in range(random.choice(SALES) if index else SALES_OF_THE_FIRST):
            count += 1
            moment += timedelta(days=random.randrange(1, 30))
            amount = Decimal(random.randrange(500, 50_000)).scaleb(-2)
            yield (
                program.key,
                f"transaction_{count:06}",
                buyer["number"],
                buyer["partner_number"],
                "sale",
                money.written(amount),
                "USD",
                moments.written(moment),
            )


def _numbers(store: Store, table: str, program: Program) -> list[int]:
    rows = store.all(f"SELECT number FROM {table} WHERE program = ? ORDER BY number", program.key)
    return [row["number"] for row in rows]
