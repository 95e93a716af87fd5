"""Partners, who refer customers. Their id and their referral keys are two things."""

import json
import secrets
import sqlite3
from collections.abc import Iterable

from .. import moments, money, pages, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Refusal, Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import deliveries, referral_keys, rewards

SCHEMA = """
CREATE TABLE partners (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT,
    surname TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    referring_partner_number INTEGER REFERENCES partners (number) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT,
    UNIQUE (program, id),
    UNIQUE (program, email)
);
CREATE INDEX partners_by_creation ON partners (program, created_at, number);
"""

TABLE = Table("SELECT * FROM partners AS record", "Partner")
# A search takes parts of ids and keys (sources.md#partner-identifiers); half an e-mail address finds nobody.
_SEARCHED = {
    "id": "instr(record.id, ?)",
    "email": "record.email = ?",
    "key": "EXISTS (SELECT 1 FROM partner_referral_links AS link"
    " WHERE link.partner_number = record.number AND instr(link.key, ?))",
}
_CHANGEABLE = ("key", "email", "name", "surname", "password", "tags")


def list_(call: Call) -> Reply:
    """List partners with fewer fields; archived ones are among them."""
    return pages.listed(call, TABLE.select, [("record.program = ?", call.program.key)], _item)


def search(call: Call) -> Reply:
    """List the partners with this email, or with this text in their id or in one of their keys."""
    asked = [(name, value) for name in _SEARCHED if (value := call.filter(name)) is not None]
    if len(asked) != 1:
        raise replies.invalid({"email": ["Exactly one of id, email and key is required."]})
    conditions = [("record.program = ?", call.program.key)]
    conditions += [(_SEARCHED[name], value) for name, value in asked]
    return pages.listed(call, TABLE.select, conditions, _item)


def create(call: Call) -> Reply:
    """Add a partner; id and referral key are made up when they are not sent."""
    fields = Fields(call.body)
    partner_id, key = fields.text("id"), fields.text("key")
    email = fields.email("email", required=True)
    name, surname, tags = fields.text("name"), fields.text("surname"), fields.tags("tags") or []
    fields.password("password")
    referrer = _referrer(call, fields)
    _complain_if_taken(call, fields, partner_id=partner_id, email=email)
    referral_keys.PARTNERS.complain_if_taken(call, fields, key)
    fields.finish()
    moment = moments.now()
    row: dict[str, Value] = {
        "program": call.program.key,
        "id": partner_id or secrets.token_hex(6),
        "email": email,
        "name": name,
        "surname": surname,
        "tags": json.dumps(tags),
        "referring_partner_number": referrer["number"] if referrer else None,
        "created_at": moment,
        "updated_at": moment,
    }
    number = call.store.insert("partners", row)
    key = key or secrets.token_hex(6)
    referral_keys.PARTNERS.add_default(call, owner=number, key=key, created_at=moment)
    added = TABLE.numbered(call, number)
    emit(call, "partner.created", added)
    return replies.created(_whole(call, added))


def get(call: Call) -> Reply:
    """Read one partner by its id; a referral key is not found here."""
    return replies.found(_with_results(call, identified(call)))


def get_by_name(call: Call) -> Reply:
    """Read the partner that the query names by id, by any of its keys, or by email."""
    return replies.found(_with_results(call, named(call, ("id", "key", "email"))))


def update(call: Call) -> Reply:
    """Change the partner that the path names; a key among the fields is the one of its default link."""
    return _change(call, identified(call), Fields(call.body))


def update_by_body(call: Call) -> Reply:
    """Change the partner that the body names by key, else by email; new ones then stand under `update`."""
    fields = Fields(call.body)
    names = [name for name in ("key", "email") if fields.text(name) is not None]
    if not names:
        fields.complain("email", "One of key and email is required.")
    fields.finish()
    row = TABLE.existing(find(call, names[0], fields.text(names[0]) or ""))
    rest = {name: value for name, value in call.body.items() if name != names[0]}
    return _change(call, row, Fields(rest))


def delete(call: Call) -> Reply:
    """Remove the partner for good, with its customers and their transactions."""
    return _remove(call, identified(call))


def delete_by_body(call: Call) -> Reply:
    """Remove the partner that the body (or the query) names by key or email."""
    return _remove(call, named(call, ("key", "email")))


def find(call: Call, field: str, value: str) -> sqlite3.Row | None:
    """The partner with this id or email, or with this key in any of its links."""
    if field == "key":
        number = referral_keys.PARTNERS.owner_of(call, value)
        return TABLE.numbered(call, number) if number is not None else None
    return TABLE.one(call, field, value)


def identified(call: Call) -> sqlite3.Row:
    """The partner whose id stands in the path."""
    return TABLE.identified(call, "id")


def named(call: Call, fields: Iterable[str]) -> sqlite3.Row:
    """The partner that the query or the body names by one of these fields, the earlier one winning."""
    for field in fields:
        value = call.filter(field)
        if value is not None:
            return TABLE.existing(find(call, field, value))
    raise replies.invalid({"email": [f"One of {', '.join(fields)} is required."]})


def emit(call: Call, event: str, row: sqlite3.Row) -> None:
    """Tell of what happened to a partner."""
    deliveries.emit(call, event, _with_results(call, row))


def is_active(row: sqlite3.Row) -> bool:
    """Whether the partner earns: an archived one does not."""
    return row["deleted_at"] is None


def referred_to(call: Call, partner: Fields) -> sqlite3.Row | None:
    """The partner that an object names by id, key or email (in this order), None when it names nobody.

    An unknown partner is "invalid", 400, whichever way it was named.
    """
    names = {"id": partner.text("id"), "key": partner.text("key"), "email": partner.text("email")}
    for field, value in names.items():
        if value is not None:
            row = find(call, field, value)
            if row is None:
                raise Refusal(400, "Invalid partner key.")
            return row
    return None


def required_in(call: Call, fields: Fields) -> sqlite3.Row:
    """The partner that the field `partner` names; refuses whatever else is wrong with the fields first."""
    partner = fields.section("partner")
    if not any(partner.text(name) for name in ("id", "key", "email")):
        fields.complain("partner", "The partner field is required.")
    fields.finish()
    row = referred_to(call, partner)
    assert row is not None, "the complaint above was raised"
    return row


def filtered_by(call: Call) -> int | None:
    """The number of the partner that a list is filtered by: 0 for an unknown one, None without a filter."""
    for field in ("id", "key", "email"):
        value = call.filter(f"partner_{field}")
        if value is not None:
            row = find(call, field, value)
            return row["number"] if row else 0
    return None


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
        changes["email"] = email = update.email("email", required=True)
        _complain_if_taken(call, update, email=email, but=row["number"])
    update.password("password")
    tags = update.tags("tags")
    if tags is not None:
        changes["tags"] = json.dumps(tags)
    link = referral_keys.PARTNERS.default_of(call, row["number"])
    key = update.text("key", required=True) if update.sent("key") else link["key"]
    referral_keys.PARTNERS.complain_if_taken(call, update, key, but=link["number"])
    fields.finish()
    call.store.update("partners", row["number"], changes)
    call.store.update(referral_keys.PARTNERS.name, link["number"], {"key": key})
    changed = TABLE.numbered(call, row["number"])
    emit(call, "partner.updated", changed)
    return replies.found(_whole(call, changed))


def _remove(call: Call, row: sqlite3.Row) -> Reply:
    emit(call, "partner.deleted", row)
    call.store.run("DELETE FROM partners WHERE number = ?", row["number"])
    return replies.done()


def _referrer(call: Call, fields: Fields) -> sqlite3.Row | None:
    """The partner who brought this one; here an unknown one is a mistake in a field, 422."""
    partner = fields.section("referring_partner")
    for name in ("id", "key", "email"):
        value = partner.text(name)
        if value is not None:
            row = find(call, name, value)
            if row is None:
                partner.complain(name, "The selected referring partner is invalid.")
            return row
    return None


def _complain_if_taken(
    call: Call, fields: Fields, *, email: str | None, partner_id: str | None = None, but: int | None = None
) -> None:
    for name, value in (("id", partner_id), ("email", email)):
        other = find(call, name, value) if value is not None else None
        if other is not None and other["number"] != but:
            fields.complain(name, f"The {name} has already been taken.")


def _item(row: sqlite3.Row) -> dict[str, object]:
    return {
        "email": row["email"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "id": row["id"],
        "name": row["name"],
        "surname": row["surname"],
        "approved": True,
        "status": "active" if is_active(row) else "archived",
        "custom_fields": [],
    }


def _whole(call: Call, row: sqlite3.Row) -> dict[str, object]:
    links = referral_keys.PARTNERS.urls(call, row["number"])
    counted = call.store.one("SELECT count(*) AS n FROM customers WHERE partner_number = ?", row["number"])
    return {
        **_item(row),
        "tos": False,
        "referrals_count": counted["n"] if counted else 0,
        "tags": [{"value": tag} for tag in json.loads(row["tags"])],
        "referral_link": links[0],
        "referral_links": links,
    }


def _with_results(call: Call, row: sqlite3.Row) -> dict[str, object]:
    """What only the single read has: how many came, what they bought, what it earned."""
    whole = _whole(call, row)
    sales = call.store.all(
        "SELECT amount, amount_units, customer_number FROM transactions"
        " WHERE partner_number = ? AND deleted_at IS NULL ORDER BY number",
        row["number"],
    )
    return {
        **whole,
        "referrals": {
            "clicks": 0,
            "signups": whole["referrals_count"],
            "revenue": money.by_currency((sale["amount"], sale["amount_units"]) for sale in sales),
            "sales_count": len(sales),
            "paid_accounts": len({sale["customer_number"] for sale in sales}),
        },
        "commissions": rewards.commissions(call, row["number"]),
        "custom_field_values": [],
    }


ROUTES = (
    Route("GET", "/partners", list_),
    Route("POST", "/partners", create),
    Route("GET", "/partners/{id}", get),
    Route("GET", "/partner", get_by_name),
    Route("GET", "/partners:search", search),
    Route("PUT", "/partners/{id}", update),
    Route("PUT", "/partners", update_by_body),
    Route("DELETE", "/partners/{id}", delete),
    Route("DELETE", "/partners", delete_by_body),
)
