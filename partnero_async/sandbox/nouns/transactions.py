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
from ..jsontext import Json
from ..replies import Reply
from ..routing import Route
from ..store import Value
from . import customers, partners

SCHEMA = """
CREATE TABLE transactions (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    key TEXT NOT NULL,
    customer_number INTEGER NOT NULL REFERENCES customers (number) ON DELETE CASCADE,
    partner_number INTEGER NOT NULL REFERENCES partners (number),
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
CREATE TABLE rewards (
    number INTEGER PRIMARY KEY,
    transaction_number INTEGER NOT NULL REFERENCES transactions (number) ON DELETE CASCADE,
    partner_number INTEGER NOT NULL REFERENCES partners (number),
    amount TEXT NOT NULL
);
CREATE INDEX rewards_by_transaction ON rewards (transaction_number);
CREATE INDEX rewards_by_partner ON rewards (partner_number);
"""

_SELECT = (
    "SELECT record.*, customers.key AS customer, partners.id AS partner FROM transactions AS record"
    " JOIN customers ON customers.number = record.customer_number"
    " JOIN partners ON partners.number = record.partner_number"
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
    return pages.listed(call, _SELECT, conditions, lambda row: _whole(call, row))


def list_of_customer(call: Call) -> Reply:
    """List the transactions of one customer."""
    customer = customers.find(call, call.identifier)
    if customer is None:
        raise replies.not_found("Customer")
    conditions = [("record.customer_number = ?", customer["number"])]
    return pages.listed(call, _SELECT, conditions, lambda row: _whole(call, row))


def create(call: Call) -> Reply:
    """Record one sale and reward the partner of its customer."""
    fields = Fields(call.body)
    amount, reward = fields.number("amount"), fields.number("reward")
    if amount is None and reward is None:
        fields.complain("amount", "The amount field is required when reward is not present.")
    key, action, units = fields.text("key"), fields.text("action"), fields.text("amount_units")
    moment = fields.moment("created_at") or moments.now()
    earns = fields.flag("rewardable", True) and not fields.flag("rewarded", False)
    product = _product(fields)
    customer = _customer(call, fields)
    fields.finish()
    amount = amount if amount is not None else Decimal(0)
    number = call.store.insert(
        "transactions",
        {
            "program": call.program.key,
            "key": key or secrets.token_hex(6),
            "customer_number": customer["number"],
            "partner_number": customer["partner_number"],
            "action": action or "sale",
            "amount": money.written(amount),
            "amount_units": units or "USD",
            "product": json.dumps(product),
            "created_at": moment,
        },
    )
    if earns:
        paid = reward if reward is not None else money.commission(amount, call.commission_percent)
        row: dict[str, Value] = {
            "transaction_number": number,
            "partner_number": customer["partner_number"],
            "amount": money.written(paid),
        }
        call.store.insert("rewards", row)
    row_made = call.store.one(f"{_SELECT} WHERE record.number = ?", number)
    assert row_made is not None
    return replies.created(_whole(call, row_made))


def get(call: Call) -> Reply:
    """Read a transaction; of several with the same key, the oldest."""
    return replies.found(_whole(call, _oldest(call, call.identifier)))


def delete(call: Call) -> Reply:
    """Remove a transaction and its reward for good; of several with the same key, the oldest."""
    return _remove(call, call.identifier)


def delete_by_body(call: Call) -> Reply:
    """Remove the transaction that the body (or the query) names by key."""
    key = call.filter("key")
    if key is None:
        raise replies.invalid({"key": ["The key field is required."]})
    return _remove(call, key)


def _customer(call: Call, fields: Fields) -> sqlite3.Row:
    """The buyer, who may come along with the sale; the partner then stands in the customer or beside it."""
    customer, options = fields.section("customer"), fields.section("options")
    row = customers.referred_to(call, customer)
    if row is None and options.flag("create_customer", False):
        inner = customer.section("partner")
        return customers.add(call, customer, inner or fields.section("partner"), options)
    if row is None:
        fields.complain(
            "customer", "The selected customer is invalid." if customer else "The customer field is required."
        )
    fields.finish()
    assert row is not None, "the complaint above was raised"
    return row


def _product(fields: Fields) -> dict[str, Json]:
    """What was sold; shops send strings, integers or arrays of them for several products at once."""
    product: dict[str, Json] = {}
    for name in ("product_id", "product_type"):
        value = fields.raw(name)
        if value is None:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, bool) or not isinstance(item, str | int):
                fields.complain(name, f"The {name} must be a string.")
                break
        else:
            product[name] = value
    return product


def _remove(call: Call, key: str) -> Reply:
    call.store.run("DELETE FROM transactions WHERE number = ?", _oldest(call, key)["number"])
    return replies.done()


def _oldest(call: Call, key: str) -> sqlite3.Row:
    row = call.store.one(
        f"{_SELECT} WHERE record.program = ? AND record.key = ? ORDER BY record.created_at, record.number",
        call.program.key,
        key,
    )
    if row is None:
        raise replies.not_found("Transaction")
    return row


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
    rewards = call.store.all("SELECT amount FROM rewards WHERE transaction_number = ?", row["number"])
    return {
        **shared,
        "amount": Decimal(row["amount"]),
        "rewards": [
            {
                **shared,
                "status": "ok",
                "amount": Decimal(reward["amount"]),
                "product_type_data": json.loads(row["product"]),
            }
            for reward in rewards
        ],
    }


ROUTES = (
    Route("GET", "/customers/{key}/transactions", list_of_customer),
    Route("GET", "/transactions", list_),
    Route("POST", "/transactions", create),
    Route("GET", "/transactions/{key}", get),
    Route("DELETE", "/transactions/{key}", delete),
    Route("DELETE", "/transactions", delete_by_body),
)
