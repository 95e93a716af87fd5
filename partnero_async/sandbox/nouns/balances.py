"""What refer-a-friend customers have earned and were not yet credited with, by currency.

A balance is the sum of its entries: the rewards of sales, which go when their sale goes, and credits, which
are negative. So the balance of who was credited with the reward of a sale that is then deleted is below zero.
"""

import sqlite3
from decimal import Decimal

from .. import moments, money, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Reply
from ..routing import Route
from . import program, referral_customers
from .referral_customers import REFERRAL

SCHEMA = """
CREATE TABLE balance_entries (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    customer_number INTEGER NOT NULL REFERENCES referral_customers (number) ON DELETE CASCADE,
    transaction_number INTEGER REFERENCES referral_transactions (number) ON DELETE CASCADE,
    amount TEXT NOT NULL,
    amount_units TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX balance_entries_by_customer ON balance_entries (customer_number);
CREATE INDEX balance_entries_by_transaction ON balance_entries (transaction_number);
"""


def get(call: Call) -> Reply:
    """Read what a customer has."""
    return replies.found(_whole(call, referral_customers.identified(call)))


def credit(call: Call) -> Reply:
    """Give a customer some of its balance, which is that much lower afterwards."""
    row, fields = referral_customers.identified(call), Fields(call.body)
    amount, is_currency = fields.number("amount"), fields.flag("is_currency", True)
    units = (fields.text("amount_units") or program.currency(call)).upper()
    if fields.raw("amount") is None:
        fields.complain("amount", "The amount field is required.")
    elif amount is not None and amount <= 0:
        fields.complain("amount", "The amount must be greater than 0.")
    elif amount is not None and amount > (_balance(call, row).get(units, 0) if is_currency else 0):
        fields.complain("amount", "The amount must not be greater than the balance.")
    fields.finish()
    assert amount is not None, "the complaint above was raised"
    _add(call, row["number"], None, amount.copy_negate(), units, moments.now())
    referral_customers.emit(call, "customer.credited", row)
    return replies.found(_whole(call, row))


def reward(call: Call, *, customer: int, transaction: int, amount: Decimal, units: str, moment: str) -> None:
    """Add what a sale earns who referred its buyer."""
    _add(call, customer, transaction, amount, units, moment)


def of_transaction(call: Call, transaction: int) -> list[sqlite3.Row]:
    """The rewards of one sale."""
    return call.store.all(
        "SELECT * FROM balance_entries WHERE transaction_number = ? ORDER BY number", transaction
    )


def rewards(call: Call, customer: sqlite3.Row) -> list[tuple[str, str]]:
    """The amounts of all that a customer earned, credited or not, with their units."""
    return [
        (row["amount"], row["amount_units"])
        for row in _entries(call, customer)
        if row["transaction_number"] is not None
    ]


def _add(
    call: Call, customer: int, transaction: int | None, amount: Decimal, units: str, moment: str
) -> None:
    call.store.insert(
        "balance_entries",
        {
            "program": call.program.key,
            "customer_number": customer,
            "transaction_number": transaction,
            "amount": money.written(amount),
            "amount_units": units,
            "created_at": moment,
        },
    )


def _entries(call: Call, customer: sqlite3.Row) -> list[sqlite3.Row]:
    return call.store.all(
        "SELECT * FROM balance_entries WHERE customer_number = ? ORDER BY number", customer["number"]
    )


def _balance(call: Call, customer: sqlite3.Row) -> dict[str, Decimal]:
    """What is left in each currency."""
    return money.sums((row["amount"], row["amount_units"]) for row in _entries(call, customer))


def _whole(call: Call, customer: sqlite3.Row) -> dict[str, object]:
    currency = [
        {"amount": amount, "amount_units": units, "is_currency": True}
        for units, amount in _balance(call, customer).items()
    ]
    return {
        "customer": referral_customers.present(call, customer),
        # Grouped by kind; without any kind, it is PHP's empty array (sources.md#empty-objects).
        "balance": {"currency": currency} if currency else [],
    }


ROUTES = (
    Route("GET", "/customers/{id}/balance", get, REFERRAL),
    Route("POST", "/customers/{id}/balance/credit", credit, REFERRAL),
)
