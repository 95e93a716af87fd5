"""Transactions of affiliate programs and the rewards they earn.

Keys are not unique, on purpose: a sale that is sent twice is recorded twice and pays twice.
"""

import json
import secrets
import sqlite3
from decimal import Decimal

from .. import moments, money, pages, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Refusal, Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import customers, deliveries, partners, program, referral_keys, rewards, sales
from .sales import Sale

SCHEMA = """
CREATE TABLE transactions (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    key TEXT NOT NULL,
    customer_number INTEGER NOT NULL REFERENCES customers (number) ON DELETE CASCADE,
    partner_number INTEGER NOT NULL REFERENCES partners (number) ON DELETE CASCADE,
    action TEXT NOT NULL,
    amount TEXT NOT NULL,
    amount_units TEXT NOT NULL,
    product TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL,
    deleted_at TEXT
);
CREATE INDEX transactions_by_key ON transactions (program, key, created_at);
CREATE INDEX transactions_by_creation ON transactions (program, created_at, number);
CREATE INDEX transactions_by_customer ON transactions (customer_number, created_at, number);
CREATE INDEX transactions_by_partner ON transactions (partner_number, created_at, number);
"""

TABLE = Table(
    "SELECT record.*, customers.key AS customer, partners.id AS partner FROM transactions AS record"
    " JOIN customers ON customers.number = record.customer_number"
    " JOIN partners ON partners.number = record.partner_number",
    "Transaction",
)


def list_(call: Call) -> Reply:
    """List transactions, by key, partner and customer if asked; one key may give several."""
    conditions: list[tuple[str, Value]] = [("record.program = ?", call.program.key)]
    key = call.filter("key")
    if key is not None:
        conditions.append(("record.key = ?", key))
    partner = partners.filtered_by(call)
    if partner is not None:
        conditions.append(("record.partner_number = ?", partner))
    customer = customers.filtered_by(call)
    if customer is not None:
        conditions.append(("record.customer_number = ?", customer))
    return pages.listed(call, TABLE.select, conditions, lambda row: _whole(call, row))


def list_of_customer(call: Call) -> Reply:
    """List the transactions of one customer."""
    customer = customers.identified(call)
    conditions = [("record.customer_number = ?", customer["number"])]
    return pages.listed(call, TABLE.select, conditions, lambda row: _whole(call, row))


def create(call: Call) -> Reply:
    """Record one sale and reward the partner of its customer, or several sales of one customer at once."""
    return sales.create(call, _customer, lambda customer, sale: _whole(call, add(call, customer, sale)))


def get(call: Call) -> Reply:
    """Read a transaction; of several with the same key, the oldest."""
    return replies.found(_whole(call, TABLE.identified(call, "key")))


def delete(call: Call) -> Reply:
    """Remove a transaction and its reward for good; of several with the same key, the oldest."""
    return _remove(call, call.identifier)


def delete_by_body(call: Call) -> Reply:
    """Remove the transaction that the body (or the query) names by key."""
    return _remove(call, call.required_filter("key"))


def archive(call: Call) -> Reply:
    """Delete softly, with the rewards; of several with the same key, the oldest. Doing so twice fails."""
    row = TABLE.identified(call, "key")
    if row["deleted_at"] is not None:
        raise Refusal(400, "Action failed: the transaction is already archived.")
    _mark(call, row, moments.now())
    return replies.done()


def revoke_archive(call: Call) -> Reply:
    """Undo the soft deletion; fails for a transaction that is not archived."""
    row = TABLE.identified(call, "key")
    if row["deleted_at"] is None:
        raise Refusal(400, "Action failed: the transaction is not archived.")
    _mark(call, row, None)
    return replies.done()


def add(call: Call, customer: sqlite3.Row, sale: Sale) -> sqlite3.Row:
    """Record a sale to a customer, whose partner earns the commission unless it is archived."""
    partner = partners.TABLE.numbered(call, customer["partner_number"])
    units, moment = sale.amount_units or program.currency(call), sale.created_at or moments.now()
    number = call.store.insert(
        "transactions",
        {
            "program": call.program.key,
            "key": sale.key or secrets.token_hex(6),
            "customer_number": customer["number"],
            "partner_number": partner["number"],
            "action": sale.action or "sale",
            "amount": money.written(sale.amount),
            "amount_units": units,
            "product": json.dumps(sale.product),
            "created_at": moment,
        },
    )
    if sale.earns and partners.is_active(partner):
        commission = money.commission(sale.amount, call.commission_percent)
        rewards.add(
            call,
            transaction_number=number,
            partner_number=partner["number"],
            amount=sale.reward if sale.reward is not None else commission,
            amount_units=units,
            created_at=moment,
        )
    row = TABLE.numbered(call, number)
    deliveries.emit(call, "transaction.created", _whole(call, row))
    return row


def _customer(call: Call, fields: Fields) -> sqlite3.Row:
    """The buyer, who may come along with the sale; the partner then stands in the customer or beside it."""
    customer, options = fields.section("customer"), fields.section("options")
    row = customers.referred_to(call, customer)
    if row is None and options.flag("create_customer", False):
        inner = customer.section("partner")
        return customers.add(call, customer, inner or fields.section("partner"), options)
    if row is None:
        fields.complain_of_unknown("customer", customer)
    else:
        referral_keys.PARTNERS.complain_of_foreign_url(call, options, row["partner_number"])
    fields.finish()
    assert row is not None, "the complaint above was raised"
    return row


def _mark(call: Call, row: sqlite3.Row, moment: str | None) -> None:
    call.store.update("transactions", row["number"], {"deleted_at": moment})
    rewards.archive_of_transaction(call, row["number"], moment)


def _remove(call: Call, key: str) -> Reply:
    row = TABLE.required(call, "key", key)
    deliveries.emit(call, "transaction.deleted", _whole(call, row))
    call.store.run("DELETE FROM transactions WHERE number = ?", row["number"])
    return replies.done()


def _whole(call: Call, row: sqlite3.Row) -> dict[str, object]:
    shared: dict[str, object] = {
        "key": row["key"],
        "action": row["action"],
        "partner": row["partner"],
        "customer": row["customer"],
        "credit": False,
        "is_currency": True,
        "amount_units": row["amount_units"],
        "created_at": row["created_at"],
        "deleted_at": row["deleted_at"],
    }
    return {
        **shared,
        "amount": Decimal(row["amount"]),
        "rewards": [
            {
                **shared,
                "status": "ok",
                "deleted_at": reward["deleted_at"],
                "amount": Decimal(reward["amount"]),
                "product_type_data": json.loads(row["product"]),
            }
            for reward in rewards.of_transaction(call, row["number"])
        ],
    }


ROUTES = (
    Route("GET", "/customers/{key}/transactions", list_of_customer),
    Route("GET", "/transactions", list_),
    Route("POST", "/transactions", create),
    Route("GET", "/transactions/{key}", get),
    Route("DELETE", "/transactions/{key}", delete),
    Route("DELETE", "/transactions", delete_by_body),
    Route("POST", "/transactions/{key}/archive", archive),
    Route("POST", "/transactions/{key}/revoke-archive", revoke_archive),
)
