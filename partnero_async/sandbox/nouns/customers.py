"""Customers of affiliate programs, each referred by one partner."""

import json
import sqlite3

from .. import moments, pages, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Refusal, Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import deliveries, partners, referral_keys

SCHEMA = """
CREATE TABLE customers (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    key TEXT NOT NULL,
    email TEXT,
    partner_number INTEGER NOT NULL REFERENCES partners (number) ON DELETE CASCADE,
    name TEXT,
    surname TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    UNIQUE (program, key)
);
CREATE INDEX customers_by_creation ON customers (program, created_at, number);
CREATE INDEX customers_by_email ON customers (program, email, created_at, number);
CREATE INDEX customers_by_partner ON customers (partner_number, created_at, number);
"""

TABLE = Table(
    "SELECT record.*, partners.id AS partner"
    " FROM customers AS record JOIN partners ON partners.number = record.partner_number",
    "Customer",
)
# What may name a customer, and the column that it means: a customer has no id beside its key.
_NAMES = (("key", "key"), ("email", "email"), ("id", "key"))
_CHANGEABLE = ("key", "email", "name", "surname", "tags")


def list_(call: Call) -> Reply:
    """List customers, of one partner if asked, without status and tags; archived ones are among them."""
    conditions: list[tuple[str, Value]] = [("record.program = ?", call.program.key)]
    partner = partners.filtered_by(call)
    if partner is not None:
        conditions.append(("record.partner_number = ?", partner))
    return pages.listed(call, TABLE.select, conditions, _item)


def search(call: Call) -> Reply:
    """List the customers with this email or key."""
    for name, column in _NAMES:
        value = call.filter(name)
        if value is not None:
            conditions = [("record.program = ?", call.program.key), (f"record.{column} = ?", value)]
            return pages.listed(call, TABLE.select, conditions, _item)
    raise replies.invalid({"email": ["One of email, id and key is required."]})


def get(call: Call) -> Reply:
    """Read one customer by key or email."""
    return replies.found(present(identified(call)))


def update(call: Call) -> Reply:
    """Change the customer that the path names; a key among the fields is its new one."""
    return _change(call, identified(call), Fields(call.body))


def update_by_body(call: Call) -> Reply:
    """Change the customer that the body names by key; a new key can only stand under `update`."""
    fields = Fields(call.body)
    key = fields.text("key", required=True)
    fields.finish()
    rest = {name: value for name, value in call.body.items() if name != "key"}
    return _change(call, TABLE.required(call, "key", key), Fields(rest))


def delete(call: Call) -> Reply:
    """Remove the customer and its transactions for good."""
    return _remove(call, identified(call))


def delete_by_body(call: Call) -> Reply:
    """Remove the customer that the body (or the query) names by key."""
    return _remove(call, TABLE.required(call, "key", call.required_filter("key")))


def archive(call: Call) -> Reply:
    """Delete softly; doing so twice fails."""
    row = identified(call)
    if row["deleted_at"] is not None:
        raise Refusal(400, "Action failed: the customer is already archived.")
    moment = moments.now()
    _updated(call, row, {"deleted_at": moment, "updated_at": moment})
    return replies.done()


def revoke_archive(call: Call) -> Reply:
    """Undo the soft deletion; fails for a customer that is not archived."""
    row = identified(call)
    if row["deleted_at"] is None:
        raise Refusal(400, "Action failed: the customer is not archived.")
    _updated(call, row, {"deleted_at": None, "updated_at": moments.now()})
    return replies.done()


def find(call: Call, text: str) -> sqlite3.Row | None:
    """The customer with this key, else the one with this email."""
    return TABLE.one(call, "key", text) or TABLE.one(call, "email", text)


def identified(call: Call) -> sqlite3.Row:
    """The customer whose key or email stands in the path."""
    return TABLE.existing(find(call, call.identifier))


def referred_to(call: Call, customer: Fields) -> sqlite3.Row | None:
    """The customer that an object names by key, email or id (in this order), if there is one."""
    names = [(column, customer.text(name)) for name, column in _NAMES]
    for column, value in names:
        if value is not None:
            return TABLE.one(call, column, value)
    return None


def filtered_by(call: Call) -> int | None:
    """The number of the customer that a list is filtered by: 0 for an unknown one, None without a filter."""
    for name, column in _NAMES:
        value = call.filter(f"customer_{name}")
        if value is not None:
            row = TABLE.one(call, column, value)
            return row["number"] if row else 0
    return None


def add(call: Call, fields: Fields, partner: Fields, options: Fields) -> sqlite3.Row:
    """Add a customer from the fields of a customer or of a sale that brings its customer along."""
    key, email = fields.text("key", required=True), fields.email("email")
    name, surname, tags = fields.text("name"), fields.text("surname"), fields.tags("tags") or []
    created_at = fields.moment("created_at") or moments.now()
    if not any(partner.text(field) for field in ("id", "key", "email")):
        partner.complain("key", "The partner field is required.")
    _complain_if_taken(call, fields, key=key, email=email, but=None)
    fields.finish()
    referrer = partners.referred_to(call, partner)
    assert referrer is not None, "the complaint above was raised"
    referral_keys.PARTNERS.complain_of_foreign_url(call, options, referrer["number"])
    options.finish()
    row: dict[str, Value] = {
        "program": call.program.key,
        "key": key,
        "email": email,
        "partner_number": referrer["number"],
        "name": name,
        "surname": surname,
        "tags": json.dumps(tags),
        "created_at": created_at,
        "updated_at": created_at,
    }
    added = TABLE.numbered(call, call.store.insert("customers", row))
    deliveries.emit(call, "customer.created", present(added))
    return added


def present(row: sqlite3.Row) -> dict[str, object]:
    """A customer on its own."""
    return {
        **_item(row),
        "status": "active" if row["deleted_at"] is None else "archived",
        "tags": [{"value": tag} for tag in json.loads(row["tags"])],
    }


def _change(call: Call, row: sqlite3.Row, fields: Fields) -> Reply:
    """Apply the fields, which stand under `update` or directly in the body: vendor code sends both."""
    update = fields.section("update") if fields.sent("update") else fields
    if not any(update.sent(name) for name in _CHANGEABLE):
        fields.complain("update", "The update field is required.")
    changes: dict[str, Value] = {"updated_at": moments.now()}
    for name in ("name", "surname"):
        if update.sent(name):
            changes[name] = update.text(name)
    if update.sent("email"):
        changes["email"] = update.email("email")
    if update.sent("key"):
        changes["key"] = update.text("key", required=True)
    tags = update.tags("tags")
    if tags is not None:
        changes["tags"] = json.dumps(tags)
    _complain_if_taken(call, update, key=changes.get("key"), email=changes.get("email"), but=row["number"])
    fields.finish()
    return replies.found(_updated(call, row, changes))


def _updated(call: Call, row: sqlite3.Row, changes: dict[str, Value]) -> dict[str, object]:
    call.store.update("customers", row["number"], changes)
    record = present(TABLE.numbered(call, row["number"]))
    deliveries.emit(call, "customer.updated", record)
    return record


def _remove(call: Call, row: sqlite3.Row) -> Reply:
    deliveries.emit(call, "customer.deleted", present(row))
    call.store.run("DELETE FROM customers WHERE number = ?", row["number"])
    return replies.done()


def _complain_if_taken(call: Call, fields: Fields, *, key: Value, email: Value, but: int | None) -> None:
    for name, value in (("key", key), ("email", email if call.unique_emails else None)):
        other = TABLE.one(call, name, value) if isinstance(value, str) else None
        if other is not None and other["number"] != but:
            fields.complain(name, f"The {name} has already been taken.")


def _item(row: sqlite3.Row) -> dict[str, object]:
    return {
        "key": row["key"],
        "partner": row["partner"],
        "deleted": row["deleted_at"] is not None,
        "name": row["name"],
        "surname": row["surname"],
        "email": row["email"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "deleted_at": row["deleted_at"],
    }


ROUTES = (
    Route("GET", "/customers", list_),
    Route("GET", "/customers/{key}", get),
    Route("GET", "/customers:search", search),
    Route("PUT", "/customers/{key}", update),
    Route("PUT", "/customers", update_by_body),
    Route("DELETE", "/customers/{key}", delete),
    Route("DELETE", "/customers", delete_by_body),
    Route("POST", "/customers/{key}/archive", archive),
    Route("POST", "/customers/{key}/revoke-archive", revoke_archive),
)
