"""Filling a refer-a-friend program: customers, the links of all, and the sales of some."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

from . import moments, money
from .calls import Program
from .seeding import FIRST_CUSTOMER, NAMES, SALES, SALES_OF_THE_FIRST, SURNAMES
from .store import Store, Value

_CUSTOMER = (
    "number",
    "program",
    "id",
    "email",
    "name",
    "surname",
    "referring_customer_number",
    "created_at",
    "updated_at",
)
_LINK = ("program", "customer_number", "key", "is_default", "created_at")
_SALE = (
    "program",
    "key",
    "customer_number",
    "referring_customer_number",
    "action",
    "amount",
    "amount_units",
    "created_at",
)
_REWARD = ("program", "customer_number", "transaction_number", "amount", "amount_units", "created_at")
# Two customers in three were referred. The first was not, but referred the second, who bought.
_REFERRED = (True, True, False)


def seed(store: Store, program: Program, *, seed: int, customers: int, referral_reward: Decimal) -> None:
    """Add customers, whom earlier ones referred, and their transactions to one program."""
    random = Random(seed)
    with store.transaction():
        store.insert_many("referral_customers", _CUSTOMER, _customers(random, program, store, customers))
        added = store.all("SELECT * FROM referral_customers WHERE program = ? ORDER BY number", program.key)
        links = (
            (program.key, customer["number"], f"ref_{index + 1:06}", 1, customer["created_at"])
            for index, customer in enumerate(added)
        )
        store.insert_many("customer_referral_links", _LINK, links)
        buyers = [(customer["number"], customer["referring_customer_number"]) for customer in added]
        store.insert_many("referral_transactions", _SALE, _sales(random, program, buyers))
        rewarded = store.all(
            "SELECT * FROM referral_transactions"
            " WHERE program = ? AND referring_customer_number IS NOT NULL ORDER BY number",
            program.key,
        )
        amount = money.written(referral_reward)
        rewards = (
            (
                program.key,
                sale["referring_customer_number"],
                sale["number"],
                amount,
                sale["amount_units"],
                sale["created_at"],
            )
            for sale in rewarded
        )
        store.insert_many("balance_entries", _REWARD, rewards)


def _customers(random: Random, program: Program, store: Store, count: int) -> Iterator[Sequence[Value]]:
    last = store.one("SELECT coalesce(max(number), 0) AS number FROM referral_customers")
    first: int = (last["number"] if last else 0) + 1
    for index in range(count):
        customer_id = f"customer_{index + 1:06}"
        is_referred = random.choice(_REFERRED) if index > 1 else index == 1
        moment = moments.written(FIRST_CUSTOMER + timedelta(minutes=index))
        yield (
            first + index,
            program.key,
            customer_id,
            f"{customer_id}@example.com",
            random.choice(NAMES),
            random.choice(SURNAMES),
            first + random.randrange(index) if is_referred else None,
            moment,
            moment,
        )


def _sales(
    random: Random, program: Program, buyers: Sequence[tuple[int, int | None]]
) -> Iterator[Sequence[Value]]:
    count = 0
    for index, (buyer, referrer) in enumerate(buyers):
        moment = FIRST_CUSTOMER + timedelta(minutes=index)
        for _ in range(SALES_OF_THE_FIRST if index == 1 else random.choice(SALES)):
            count += 1
            moment += timedelta(days=random.randrange(1, 30))
            yield (
                program.key,
                f"transaction_{count:06}",
                buyer,
                referrer,
                "sale",
                money.written(Decimal(random.randrange(500, 50_000)).scaleb(-2)),
                "USD",
                moments.written(moment),
            )
