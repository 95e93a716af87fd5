"""What partners earn: the commissions of their sales, and bonuses that no sale stands behind.

A reward is unpaid while it is neither archived nor paid, and free for a payout while none has taken it.
"""

import sqlite3
from decimal import Decimal

from .. import money
from ..calls import Call
from . import program

SCHEMA = """
CREATE TABLE rewards (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    transaction_number INTEGER REFERENCES transactions (number) ON DELETE CASCADE,
    partner_number INTEGER NOT NULL REFERENCES partners (number) ON DELETE CASCADE,
    amount TEXT NOT NULL,
    amount_units TEXT NOT NULL,
    note TEXT,
    created_at TEXT NOT NULL,
    deleted_at TEXT,
    payout_number INTEGER,
    paid_at TEXT
);
CREATE INDEX rewards_by_transaction ON rewards (transaction_number);
CREATE INDEX rewards_by_partner ON rewards (partner_number);
"""


def add(
    call: Call,
    *,
    partner_number: int,
    amount: Decimal,
    amount_units: str,
    created_at: str,
    transaction_number: int | None = None,
    note: str | None = None,
) -> sqlite3.Row:
    """Add a reward; without a transaction it is a bonus."""
    number = call.store.insert(
        "rewards",
        {
            "program": call.program.key,
            "transaction_number": transaction_number,
            "partner_number": partner_number,
            "amount": money.written(amount),
            "amount_units": amount_units,
            "note": note,
            "created_at": created_at,
        },
    )
    row = call.store.one("SELECT * FROM rewards WHERE number = ?", number)
    assert row is not None
    return row


def present(row: sqlite3.Row, *, partner: str) -> dict[str, object]:
    """A reward on its own, with the id that payout requests take and no transaction shows."""
    return {
        "id": row["number"],
        "status": "ok",
        "partner": partner,
        "amount": Decimal(row["amount"]),
        "amount_units": row["amount_units"],
        "is_currency": True,
        "credit": False,
        "note": row["note"],
        "created_at": row["created_at"],
        "deleted_at": row["deleted_at"],
    }


def of_transaction(call: Call, transaction_number: int) -> list[sqlite3.Row]:
    """The rewards of one sale."""
    return call.store.all(
        "SELECT * FROM rewards WHERE transaction_number = ? ORDER BY number", transaction_number
    )


def archive_of_transaction(call: Call, transaction_number: int, moment: str | None) -> None:
    """Archive the rewards of a sale at this moment, or restore them without one."""
    call.store.run(
        "UPDATE rewards SET deleted_at = ? WHERE transaction_number = ?", moment, transaction_number
    )


def commissions(call: Call, partner_number: int) -> dict[str, object]:
    """What a partner was paid, in the program's currency, waits for in payouts, and has left, by currency."""
    rows = call.store.all(
        "SELECT * FROM rewards WHERE partner_number = ? AND deleted_at IS NULL ORDER BY number",
        partner_number,
    )
    unpaid = [row for row in rows if row["paid_at"] is None]
    paid = money.by_currency(
        (row["amount"], row["amount_units"]) for row in rows if row["paid_at"] is not None
    )
    return {
        "paid": next(
            (total["amount"] for total in paid if total["currency"] == program.currency(call).upper()), 0
        ),
        "pending": money.by_currency(
            (row["amount"], row["amount_units"]) for row in unpaid if row["payout_number"] is not None
        ),
        "not_paid": money.by_currency(
            (row["amount"], row["amount_units"]) for row in unpaid if row["payout_number"] is None
        ),
    }
