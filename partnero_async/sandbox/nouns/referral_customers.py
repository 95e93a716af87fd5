"""Customers of refer-a-friend programs, who refer each other. Their private id and their key are two things.

A key stands in links only; no answer has it, except where it names who referred somebody. A path takes
either, or an e-mail address (sources.md#refer-a-friend-customers).
"""

import secrets
import sqlite3

from .. import moments, pages, replies
from ..calls import Call, ProgramType
from ..fields import Fields
from ..replies import Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import deliveries
from .referral_keys import CUSTOMERS as KEYS

REFERRAL: frozenset[ProgramType] = frozenset({"referral"})

SCHEMA = """
CREATE TABLE referral_customers (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    id TEXT NOT NULL,
    email TEXT,
    name TEXT,
    surname TEXT,
    date_of_birth TEXT,
    referring_customer_number INTEGER REFERENCES referral_customers (number) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    UNIQUE (program, id)
);
CREATE INDEX referral_customers_by_creation ON referral_customers (program, created_at, number);
CREATE INDEX referral_customers_by_email ON referral_customers (program, email, created_at, number);
CREATE INDEX referral_customers_by_referrer
    ON referral_customers (referring_customer_number, created_at, number);
"""

TABLE = Table(
    "SELECT record.*, referrer.id AS referrer_id, link.key AS referrer_key, referrer.email AS referrer_email,"
    " referrer.name AS referrer_name, referrer.surname AS referrer_surname,"
    " (SELECT count(*) FROM referral_customers AS referred"
    " WHERE referred.referring_customer_number = record.number) AS referrals_count"
    " FROM referral_customers AS record"
    " LEFT JOIN referral_customers AS referrer ON referrer.number = record.referring_customer_number"
    " LEFT JOIN customer_referral_links AS link"
    " ON link.customer_number = referrer.number AND link.is_default",
    "Customer",
)
_NAMES = ("id", "key", "email")
_CHANGEABLE = ("key", "email", "name", "surname", "metadata")
_REFER_STATUSES = {"referred": 1, "non_referred": 0}


def list_(call: Call) -> Reply:
    """List customers, only those who were referred or were not if asked; archived ones are among them."""
    fields = Fields(call.filters)
    status = fields.choice("refer_status", _REFER_STATUSES)
    fields.finish()
    conditions: list[tuple[str, Value]] = [("record.program = ?", call.program.key)]
    if status is not None:
        conditions.append(("(record.referring_customer_number IS NOT NULL) = ?", _REFER_STATUSES[status]))
    return listed(call, conditions)


def search(call: Call) -> Reply:
    """List the customer with this id or with this key in one of its links, or those with this email."""
    for name in _NAMES:
        value = call.filter(name)
        if value is not None:
            conditions: list[tuple[str, Value]] = [("record.program = ?", call.program.key)]
            if name == "key":
                conditions.append(("record.number = ?", KEYS.owner_of(call, value)))
            else:
                conditions.append((f"record.{name} = ?", value))
            return listed(call, conditions)
    raise replies.invalid({"email": ["One of email, id and key is required."]})


def get(call: Call) -> Reply:
    """Read one customer by id, key or email."""
    return replies.found(present(call, identified(call)))


def update(call: Call) -> Reply:
    """Change the customer that the path names; a key among the fields is the one of its default link."""
    return _change(call, identified(call), Fields(call.body))


def update_by_body(call: Call) -> Reply:
    """Change the customer that the body names by id, else by key or email; new ones stand under `update`."""
    fields = Fields(call.body)
    names = [name for name in _NAMES if fields.text(name) is not None]
    if not names:
        fields.complain("id", "One of id, key and email is required.")
    fields.finish()
    row = TABLE.existing(find(call, names[0], fields.text(names[0]) or ""))
    rest = {name: value for name, value in call.body.items() if name != names[0]}
    return _change(call, row, Fields(rest))


def delete(call: Call) -> Reply:
    """Remove the customer for good, with its links, its sales and its balance; whom it referred stays."""
    row = identified(call)
    emit(call, "customer.deleted", row)
    call.store.run("DELETE FROM referral_customers WHERE number = ?", row["number"])
    return replies.done()


def listed(call: Call, conditions: list[tuple[str, Value]]) -> Reply:
    """One page of the customers that meet all conditions."""
    return pages.listed(call, TABLE.select, conditions, lambda row: present(call, row))


def find(call: Call, field: str, value: str) -> sqlite3.Row | None:
    """The customer with this id, with this key in any of its links, or with this email."""
    if field == "key":
        number = KEYS.owner_of(call, value)
        return TABLE.numbered(call, number) if number is not None else None
    return TABLE.one(call, field, value)


def identified(call: Call) -> sqlite3.Row:
    """The customer whose id stands in the path, else the one with that key, else the one with that email."""
    found = (find(call, field, call.identifier) for field in _NAMES)
    return TABLE.existing(next((row for row in found if row is not None), None))


def referred_to(call: Call, customer: Fields) -> sqlite3.Row | None:
    """The customer that an object names by id, key or email (in this order), if there is one."""
    names = [(field, customer.text(field)) for field in _NAMES]
    for field, value in names:
        if value is not None:
            return find(call, field, value)
    return None


def required_in(call: Call, fields: Fields) -> sqlite3.Row:
    """The customer that the field `customer` names; refuses whatever else is wrong with the fields first."""
    customer = fields.section("customer")
    row = referred_to(call, customer)
    if row is None:
        fields.complain_of_unknown("customer", customer)
    fields.finish()
    assert row is not None, "the complaint above was raised"
    return row


def filtered_by(call: Call) -> int | None:
    """The number of the customer that a list is filtered by: 0 for an unknown one, None without a filter."""
    for field in _NAMES:
        value = call.filter(f"customer_{field}")
        if value is not None:
            row = find(call, field, value)
            return row["number"] if row else 0
    return None


def is_active(row: sqlite3.Row) -> bool:
    """Whether the customer earns: an archived one does not."""
    return row["deleted_at"] is None


def add(call: Call, fields: Fields, referring: Fields) -> sqlite3.Row:
    """Add a customer, referred or not; id and key are made up when they are not sent."""
    customer_id, key, email = fields.text("id"), fields.text("key"), fields.email("email")
    name, surname, born = fields.text("name"), fields.text("surname"), _date_of_birth(fields)
    # Affiliate customers have them, so a sale that brings its customer along may too; here none are kept.
    fields.tags("tags")
    created_at = fields.moment("created_at") or moments.now()
    referrer = _referrer(call, referring)
    _complain_if_taken(call, fields, customer_id=customer_id, email=email)
    KEYS.complain_if_taken(call, fields, key)
    fields.finish()
    row: dict[str, Value] = {
        "program": call.program.key,
        "id": customer_id or secrets.token_hex(6),
        "email": email,
        "name": name,
        "surname": surname,
        "date_of_birth": born,
        "referring_customer_number": referrer["number"] if referrer else None,
        "created_at": created_at,
        "updated_at": created_at,
    }
    number = call.store.insert("referral_customers", row)
    KEYS.add_default(call, owner=number, key=key or secrets.token_hex(6), created_at=created_at)
    added = TABLE.numbered(call, number)
    emit(call, "customer.created", added)
    return added


def emit(call: Call, event: str, row: sqlite3.Row) -> None:
    """Tell of what happened to a customer."""
    deliveries.emit(call, event, present(call, row))


def present(call: Call, row: sqlite3.Row) -> dict[str, object]:
    """A customer as every endpoint shows it."""
    links = KEYS.urls(call, row["number"])
    return {
        "email": row["email"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "id": row["id"],
        "name": row["name"],
        "surname": row["surname"],
        "approved": True,
        "status": "active" if is_active(row) else "deleted",
        "referring_customer": _referring_customer(row),
        "referrals_count": row["referrals_count"],
        "metadata": {"date_of_birth": row["date_of_birth"]},
        "referral_link": links[0],
        "referral_links": links,
        "custom_fields": {},
    }


def _referring_customer(row: sqlite3.Row) -> dict[str, object] | None:
    if row["referring_customer_number"] is None:
        return None
    return {name: row[f"referrer_{name}"] for name in ("id", "key", "email", "name", "surname")}


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
        changes["email"] = email = update.email("email")
        _complain_if_taken(call, update, email=email, but=row["number"])
    born = _date_of_birth(update)
    if update.section("metadata").sent("date_of_birth"):
        changes["date_of_birth"] = born
    link = KEYS.default_of(call, row["number"])
    key = update.text("key", required=True) if update.sent("key") else link["key"]
    KEYS.complain_if_taken(call, update, key, but=link["number"], owner=row["number"])
    fields.finish()
    call.store.update("referral_customers", row["number"], changes)
    call.store.update(KEYS.name, link["number"], {"key": key})
    changed = TABLE.numbered(call, row["number"])
    emit(call, "customer.updated", changed)
    return replies.found(present(call, changed))


def _date_of_birth(fields: Fields) -> str | None:
    return fields.section("metadata").date("date_of_birth")


def _referrer(call: Call, referring: Fields) -> sqlite3.Row | None:
    """The customer who brought this one; an unknown one is a mistake in a field, 422."""
    row = referred_to(call, referring)
    if row is None:
        for name in _NAMES:
            if referring.raw(name) is not None:
                referring.complain(name, "The selected referring customer is invalid.")
                break
    return row


def _complain_if_taken(
    call: Call, fields: Fields, *, email: str | None, customer_id: str | None = None, but: int | None = None
) -> None:
    """Nobody has an id that is another's id or key; whether emails are unique is the sandbox's setting."""
    if customer_id is not None and (
        find(call, "id", customer_id) is not None or find(call, "key", customer_id) is not None
    ):
        fields.complain("id", "The id has already been taken.")
    other = find(call, "email", email) if email is not None and call.unique_emails else None
    if other is not None and other["number"] != but:
        fields.complain("email", "The email has already been taken.")


ROUTES = (
    Route("GET", "/customers", list_, REFERRAL),
    Route("GET", "/customers/{key}", get, REFERRAL),
    Route("GET", "/customers:search", search, REFERRAL),
    Route("PUT", "/customers/{key}", update, REFERRAL),
    Route("PUT", "/customers", update_by_body, REFERRAL),
    Route("DELETE", "/customers/{key}", delete, REFERRAL),
)
