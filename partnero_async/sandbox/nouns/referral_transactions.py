"""Transactions of refer-a-friend programs, and what each earns the customer who referred its buyer.

A request calls the buyer `customer`; an answer has the buyer as `referred_customer`, and as `customer` who
referred it, null if nobody did (sources.md#refer-a-friend-transactions). Keys are not unique, as in affiliate
programs.
"""

import json
import secrets
import sqlite3
from decimal import Decimal

from .. import moments, money, pages, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import balances, deliveries, program, referral_customers, sales
from .referral_customers import REFERRAL
from .referral_keys import CUSTOMERS as KEYS
from .sales import Sale

SCHEMA = """
CREATE TABLE referral_transactions (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    key TEXT NOT NULL,
    customer_number INTEGER NOT NULL REFERENCES referral_customers (number) ON DELETE CASCADE,
    referring_customer_number INTEGER REFERENCES referral_customers (number) ON DELETE SET NULL,
    action TEXT NOT NULL,
    amount TEXT NOT NULL,
    amount_units TEXT NOT NULL,
    product TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL
);
CREATE INDEX referral_transactions_by_key ON referral_transactions (program, key, created_at);
CREATE INDEX referral_transactions_by_creation ON referral_transactions (program, created_at, number);
CREATE INDEX referral_transactions_by_customer
    ON referral_transactions (customer_number, created_at, number);
CREATE INDEX referral_transactions_by_referrer ON referral_transactions (referring_customer_number);
"""

TABLE = Table(
    "SELECT record.*, buyer.id AS buyer, referrer.id AS referrer FROM referral_transactions AS record"
    " JOIN referral_customers AS buyer ON buyer.number = record.customer_number"
    " LEFT JOIN referral_customers AS referrer ON referrer.number = record.referring_customer_number",
    "Transaction",
)


def list_(call: Call) -> Reply:
    """List transactions, by key and buyer if asked; one key may give several."""
    conditions: list[tuple[str, Value]] = [("record.program = ?", call.program.key)]
    key, buyer = call.filter("key"), referral_customers.filtered_by(call)
    if key is not None:
        conditions.append(("record.key = ?", key))
    if buyer is not None:
        conditions.append(("record.customer_number = ?", buyer))
    return pages.listed(call, TABLE.select, conditions, lambda row: _whole(call, row))


def list_of_customer(call: Call) -> Reply:
    """List what one customer bought."""
    buyer = referral_customers.identified(call)
    conditions = [("record.customer_number = ?", buyer["number"])]
    return pages.listed(call, TABLE.select, conditions, lambda row: _whole(call, row))


def create(call: Call) -> Reply:
    """Record one sale and reward who referred its buyer, or several sales to one buyer at once."""
    return sales.create(call, _buyer, lambda buyer, sale: _whole(call, add(call, buyer, sale)))


def get(call: Call) -> Reply:
    """Read a transaction; of several with the same key, the oldest."""
    return replies.found(_whole(call, TABLE.identified(call, "key")))


def delete(call: Call) -> Reply:
    """Remove a transaction and take its reward back; of several with the same key, the oldest."""
    return _remove(call, call.identifier)


def delete_by_body(call: Call) -> Reply:
    """Remove the transaction that the body (or the query) names by key."""
    return _remove(call, call.required_filter("key"))


def add(call: Call, buyer: sqlite3.Row, sale: Sale) -> sqlite3.Row:
    """Record a sale; who referred its buyer earns the program's reward, unless nobody did or is archived."""
    currency, moment = program.currency(call), sale.created_at or moments.now()
    units, referrer = sale.amount_units or currency, _referrer(call, buyer)
    number = call.store.insert(
        "referral_transactions",
        {
            "program": call.program.key,
            "key": sale.key or secrets.token_hex(6),
            "customer_number": buyer["number"],
            "referring_customer_number": referrer["number"] if referrer else None,
            "action": sale.action or "sale",
            "amount": money.written(sale.amount),
            "amount_units": units,
            "product": json.dumps(sale.product),
            "created_at": moment,
        },
    )
    earner = referrer if sale.earns and referrer and referral_customers.is_active(referrer) else None
    if earner is not None:
        balances.reward(
            call,
            customer=earner["number"],
            transaction=number,
            amount=call.referral_reward if sale.reward is None else sale.reward,
            units=currency if sale.reward is None else units,
            moment=moment,
        )
    row = TABLE.numbered(call, number)
    deliveries.emit(call, "transaction.created", _whole(call, row))
    if earner is not None:
        referral_customers.emit(call, "customer.rewarded", earner)
    return row


def _buyer(call: Call, fields: Fields) -> sqlite3.Row:
    """The buyer, who may come along with the sale; the referrer then stands in the customer or beside it."""
    customer, options = fields.section("customer"), fields.section("options")
    row = referral_customers.referred_to(call, customer)
    if row is None and options.flag("create_customer", False):
        inner = customer.section("referring_customer")
        row = referral_customers.add(call, customer, inner or fields.section("referring_customer"))
    elif row is None:
        fields.complain_of_unknown("customer", customer)
    fields.finish()
    assert row is not None, "the complaint above was raised"
    _complain_of_foreign_url(call, options, row)
    return row


def _complain_of_foreign_url(call: Call, options: Fields, buyer: sqlite3.Row) -> None:
    """A sale can only be attributed to a link of who is to be rewarded, if anybody is."""
    referrer = buyer["referring_customer_number"]
    if referrer is not None:
        KEYS.complain_of_foreign_url(call, options, referrer)
    elif options.text("referral_url") is not None:
        options.complain("referral_url", "Nobody referred the customer.")


def _referrer(call: Call, buyer: sqlite3.Row) -> sqlite3.Row | None:
    number = buyer["referring_customer_number"]
    return referral_customers.TABLE.numbered(call, number) if number is not None else None


def _remove(call: Call, key: str) -> Reply:
    row = TABLE.required(call, "key", key)
    deliveries.emit(call, "transaction.deleted", _whole(call, row))
    call.store.run("DELETE FROM referral_transactions WHERE number = ?", row["number"])
    return replies.done()


def _whole(call: Call, row: sqlite3.Row) -> dict[str, object]:
    shared: dict[str, object] = {
        "key": row["key"],
        "action": row["action"],
        "customer": row["referrer"],
        "referred_customer": row["buyer"],
        "credit": False,
        "is_currency": True,
        "created_at": row["created_at"],
    }
    return {
        **shared,
        "amount": Decimal(row["amount"]),
        "amount_units": row["amount_units"],
        "rewards": [
            {
                **shared,
                "status": "ok",
                "amount": Decimal(reward["amount"]),
                "amount_units": reward["amount_units"],
                "product_type_data": json.loads(row["product"]),
            }
            for reward in balances.of_transaction(call, row["number"])
        ],
    }


ROUTES = (
    Route("GET", "/customers/{key}/transactions", list_of_customer, REFERRAL),
    Route("GET", "/transactions", list_, REFERRAL),
    Route("POST", "/transactions", create, REFERRAL),
    Route("GET", "/transactions/{key}", get, REFERRAL),
    Route("DELETE", "/transactions/{key}", delete, REFERRAL),
    Route("DELETE", "/transactions", delete_by_body, REFERRAL),
)
