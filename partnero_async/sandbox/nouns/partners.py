"""Partners, who refer customers. Their id and their referral key are two things."""

import json
import secrets
import sqlite3

from .. import moments, money, pages, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Refusal, Reply
from ..routing import Route

SCHEMA = """
CREATE TABLE partners (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT,
    surname TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (program, id),
    UNIQUE (program, key),
    UNIQUE (program, email)
);
CREATE INDEX partners_by_creation ON partners (program, created_at, number);
"""

_SELECT = "SELECT * FROM partners AS record"


def create(call: Call) -> Reply:
    """Add a partner; id and referral key are made up when they are not sent."""
    fields = Fields(call.body)
    wanted = {
        "id": fields.text("id"),
        "key": fields.text("key"),
        "email": fields.email("email", required=True),
    }
    name, surname, tags = fields.text("name"), fields.text("surname"), fields.tags("tags") or []
    for field, value in wanted.items():
        if value is not None and _find(call, field, value):
            fields.complain(field, f"The {field} has already been taken.")
    fields.finish()
    moment = moments.now()
    number = call.store.insert(
        "partners",
        {
            "program": call.program.key,
            "id": wanted["id"] or secrets.token_hex(6),
            "key": wanted["key"] or secrets.token_hex(6),
            "email": wanted["email"],
            "name": name,
            "surname": surname,
            "tags": json.dumps(tags),
            "created_at": moment,
            "updated_at": moment,
        },
    )
    row = call.store.one(f"{_SELECT} WHERE number = ?", number)
    assert row is not None
    return replies.created(_whole(row, referrals=0))


def get(call: Call) -> Reply:
    """Read one partner by its id; a referral key is not found here."""
    row = _find(call, "id", call.identifier)
    if row is None:
        raise replies.not_found("Partner")
    return replies.found(_with_results(call, row))


def list_(call: Call) -> Reply:
    """List partners with fewer fields."""
    return pages.listed(call, _SELECT, [("record.program = ?", call.program.key)], _item)


def referred_to(call: Call, partner: Fields) -> sqlite3.Row | None:
    """The partner that an object names by id, key or email (in this order), None when it names nobody.

    An unknown partner is "invalid", 400, whichever way it was named.
    """
    names = {"id": partner.text("id"), "key": partner.text("key"), "email": partner.text("email")}
    for field, value in names.items():
        if value is not None:
            row = _find(call, field, value)
            if row is None:
                raise Refusal(400, "Invalid partner key.")
            return row
    return None


def filtered_by(call: Call) -> int | None:
    """The number of the partner that a list is filtered by: 0 for an unknown one, None without a filter."""
    for field in ("id", "key", "email"):
        value = call.filter(f"partner_{field}")
        if value is not None:
            row = _find(call, field, value)
            return row["number"] if row else 0
    return None


def referral_link(partner: sqlite3.Row) -> str:
    """The address that a partner hands out."""
    return f"https://yourcompany.com?aff={partner['key']}"


def _find(call: Call, field: str, value: str) -> sqlite3.Row | None:
    return call.store.one(f"{_SELECT} WHERE program = ? AND {field} = ?", call.program.key, value)


def _item(row: sqlite3.Row) -> dict[str, object]:
    return {
        "email": row["email"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "id": row["id"],
        "name": row["name"],
        "surname": row["surname"],
        "approved": True,
        "status": "active",
        "custom_fields": [],
    }


def _whole(row: sqlite3.Row, *, referrals: int) -> dict[str, object]:
    return {
        **_item(row),
        "tos": False,
        "referrals_count": referrals,
        "tags": [{"value": tag} for tag in json.loads(row["tags"])],
        "referral_link": referral_link(row),
        "referral_links": [referral_link(row)],
    }


def _with_results(call: Call, row: sqlite3.Row) -> dict[str, object]:
    """What only the single read has: how many came, what they bought, what it earned."""
    number = row["number"]
    sales = call.store.all(
        "SELECT amount, amount_units, customer_number FROM transactions WHERE partner_number = ?", number
    )
    rewards = call.store.all(
        "SELECT rewards.amount, amount_units FROM rewards JOIN transactions"
        " ON transactions.number = transaction_number WHERE rewards.partner_number = ?",
        number,
    )
    counted = call.store.one("SELECT count(*) AS signups FROM customers WHERE partner_number = ?", number)
    signups: int = counted["signups"] if counted else 0
    return {
        **_whole(row, referrals=signups),
        "referrals": {
            "clicks": 0,
            "signups": signups,
            "revenue": money.by_currency((sale["amount"], sale["amount_units"]) for sale in sales),
            "sales_count": len(sales),
            "paid_accounts": len({sale["customer_number"] for sale in sales}),
        },
        "commissions": {
            "paid": 0,
            "pending": [],
            "not_paid": money.by_currency((reward["amount"], reward["amount_units"]) for reward in rewards),
        },
        "custom_field_values": [],
    }


ROUTES = (
    Route("GET", "/partners", list_),
    Route("POST", "/partners", create),
    Route("GET", "/partners/{id}", get),
)
