"""Subscribers of newsletters, some of whom were referred by others.

The e-mail address says who is who. An id is the one of the service that sends the newsletter, and null
when none was sent (sources.md#subscribers).
"""

import secrets
import sqlite3

from .. import moments, pages, replies
from ..calls import Call, ProgramType
from ..fields import Fields
from ..jsontext import Json
from ..replies import Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import deliveries, newsletter_rewards

# Who was referred stays so when the one who did it is gone.
SCHEMA = """
CREATE TABLE subscribers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    program TEXT NOT NULL,
    id TEXT,
    email TEXT NOT NULL,
    name TEXT,
    tos INTEGER,
    marketing_consent INTEGER,
    status TEXT NOT NULL,
    approved INTEGER NOT NULL,
    token TEXT NOT NULL,
    is_referred INTEGER NOT NULL,
    referrer_number INTEGER REFERENCES subscribers (number) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (program, id),
    UNIQUE (program, email)
);
CREATE INDEX subscribers_by_creation ON subscribers (program, created_at, number);
CREATE INDEX subscribers_by_referrer ON subscribers (referrer_number);
"""

TABLE = Table(
    "SELECT record.*, (SELECT count(*) FROM subscribers AS referred"
    " WHERE referred.referrer_number = record.number) AS referrals_count FROM subscribers AS record",
    "Subscriber",
)
_DEFAULT_LIMIT = 10
_STATUSES = ("active", "rejected", "suspended")
_REFER_STATUSES = {"referred": 1, "non_referred": 0}
# What may name a subscriber, and the column that it means: the vendor's PHP client says identifier.
_NAMES = (("id", "id"), ("identifier", "id"), ("email", "email"))
_CHANGEABLE = ("id", "identifier", "email", "name", "tos", "marketing_consent", "status", "approved")
_SITE = "https://newsletter.yourcompany.com"
_NEWSLETTER: frozenset[ProgramType] = frozenset({"newsletter"})


def list_(call: Call) -> Reply:
    """List subscribers, ten to a page, only those who were referred or were not if asked."""
    conditions: list[tuple[str, Value]] = [("record.program = ?", call.program.key)]
    status = call.filter("refer_status")
    if status is not None:
        if status not in _REFER_STATUSES:
            raise replies.invalid({"refer_status": ["The selected refer_status is invalid."]})
        conditions.append(("record.is_referred = ?", _REFER_STATUSES[status]))
    return _listed(call, conditions)


def search(call: Call) -> Reply:
    """List the subscriber with this id or email."""
    column, value = _name(call)
    return _listed(call, [("record.program = ?", call.program.key), (f"record.{column} = ?", value)])


def create(call: Call) -> Reply:
    """Add a subscriber, and give who referred it the rewards that are reached by that."""
    fields = Fields(call.body)
    subscriber_id, email = _id(fields), fields.email("email", required=True)
    name, status = fields.text("name"), fields.choice("status", _STATUSES)
    tos, consent = _consent(fields, "tos"), _consent(fields, "marketing_consent")
    approved, referrer = fields.flag("approved", True), _referrer(call, fields)
    _complain_if_taken(call, fields, subscriber_id=subscriber_id, email=email)
    fields.finish()
    moment = moments.now()
    number = call.store.insert(
        "subscribers",
        {
            "program": call.program.key,
            "id": subscriber_id,
            "email": email,
            "name": name,
            "tos": tos,
            "marketing_consent": consent,
            "status": status or "active",
            "approved": approved,
            "token": secrets.token_hex(6),
            "is_referred": referrer is not None,
            "referrer_number": referrer["number"] if referrer else None,
            "created_at": moment,
            "updated_at": moment,
        },
    )
    record = _whole(call, TABLE.numbered(call, number))
    deliveries.emit(call, "subscriber.created", record)
    if referrer is not None:
        _reward(call, referrer["number"])
    return replies.created(record)


def get(call: Call) -> Reply:
    """Read one subscriber by id or email."""
    row = TABLE.one(call, "id", call.identifier) or TABLE.one(call, "email", call.identifier)
    return replies.found(_whole(call, TABLE.existing(row)))


def update(call: Call) -> Reply:
    """Change the subscriber that the body (or the query) names by id, else by email.

    The new values stand under `update` or directly in the body, where those two are names and not values.
    """
    row = TABLE.required(call, *_name(call))
    fields = Fields(call.body)
    flat = Fields(_without_name(call), like=fields)
    changes = fields.section("update") if fields.sent("update") else flat
    if not any(changes.sent(name) for name in _CHANGEABLE):
        fields.complain("update", "The update field is required.")
    values = _values(changes)
    _complain_if_taken(
        call, changes, subscriber_id=values.get("id"), email=values.get("email"), but=row["number"]
    )
    fields.finish()
    call.store.update("subscribers", row["number"], {**values, "updated_at": moments.now()})
    record = _whole(call, TABLE.numbered(call, row["number"]))
    deliveries.emit(call, "subscriber.updated", record)
    return replies.found(record)


def delete(call: Call) -> Reply:
    """Remove the subscriber that the body (or the query) names by id or email, for good."""
    row = TABLE.required(call, *_name(call))
    deliveries.emit(call, "subscriber.deleted", _whole(call, row))
    call.store.run("DELETE FROM subscribers WHERE number = ?", row["number"])
    return replies.done()


def totals(call: Call) -> dict[str, object]:
    """How many there are, how many of them brought others, and how many were brought."""
    row = call.store.one(
        "SELECT count(*) AS total_subscribers, count(DISTINCT referrer_number) AS total_referring,"
        " coalesce(sum(is_referred), 0) AS total_referred FROM subscribers WHERE program = ?",
        call.program.key,
    )
    assert row is not None
    return dict(row)


def _reward(call: Call, number: int) -> None:
    """Give the subscriber what it has reached, and tell of each."""
    row = TABLE.numbered(call, number)
    for reward in newsletter_rewards.reached(call, number, row["referrals_count"]):
        newsletter_rewards.give(call, reward, number)
        deliveries.emit(call, "subscriber.rewarded", _whole(call, row))


def _listed(call: Call, conditions: list[tuple[str, Value]]) -> Reply:
    return pages.listed(
        call, TABLE.select, conditions, lambda row: _item(call, row), default_limit=_DEFAULT_LIMIT
    )


def _name(call: Call) -> tuple[str, str]:
    """The column and the value that the query or the body names a subscriber by."""
    for name, column in _NAMES:
        value = call.filter(name)
        if value is not None:
            return column, value
    raise replies.invalid({"email": ["One of id and email is required."]})


def _without_name(call: Call) -> dict[str, Json]:
    """The body without what names the subscriber."""
    named = next(name for name, _ in _NAMES if call.filter(name) is not None)
    return {name: value for name, value in call.body.items() if name != named}


def _id(fields: Fields) -> str | None:
    return fields.text("id") or fields.text("identifier")


def _consent(fields: Fields, name: str) -> bool | None:
    """Yes, no, or never asked."""
    return fields.flag(name, False) if fields.raw(name) is not None else None


def _referrer(call: Call, fields: Fields) -> sqlite3.Row | None:
    """The subscriber who brought this one."""
    referral = fields.section("referral")
    for name, column in _NAMES:
        value = referral.text(name)
        if value is not None:
            row = TABLE.one(call, column, value)
            if row is None:
                referral.complain(name, "The selected referral is invalid.")
            return row
    return None


def _values(fields: Fields) -> dict[str, Value]:
    """What is to be changed; null for a status or an approval leaves it."""
    values: dict[str, Value] = {}
    if fields.sent("id") or fields.sent("identifier"):
        values["id"] = _id(fields)
    if fields.sent("email"):
        values["email"] = fields.email("email", required=True)
    if fields.sent("name"):
        values["name"] = fields.text("name")
    values |= {name: _consent(fields, name) for name in ("tos", "marketing_consent") if fields.sent(name)}
    status = fields.choice("status", _STATUSES)
    if status is not None:
        values["status"] = status
    if fields.raw("approved") is not None:
        values["approved"] = fields.flag("approved", True)
    return values


def _complain_if_taken(
    call: Call, fields: Fields, *, subscriber_id: Value, email: Value, but: int | None = None
) -> None:
    for name, value in (("id", subscriber_id), ("email", email)):
        other = TABLE.one(call, name, value) if value is not None else None
        if other is not None and other["number"] != but:
            fields.complain(name, f"The {name} has already been taken.")


def _whole(call: Call, row: sqlite3.Row) -> dict[str, object]:
    return {
        "id": row["id"],
        "name": row["name"],
        "email": row["email"],
        "is_referred": bool(row["is_referred"]),
        "tos": _nullable(row["tos"]),
        "marketing_consent": _nullable(row["marketing_consent"]),
        # With a capital, unlike every other status, and unlike what is sent (sources.md#subscribers).
        "status": row["status"].capitalize(),
        "approved": bool(row["approved"]),
        "portal_link": f"{_SITE}/portal/{row['token']}",
        "share_link": f"{_SITE}/share/{row['token']}",
        "referrals_count": row["referrals_count"],
        "reward": newsletter_rewards.of_subscriber(call, row["number"]),
        "created_at": row["created_at"],
    }


def _nullable(flag: int | None) -> bool | None:
    return None if flag is None else bool(flag)


def _item(call: Call, row: sqlite3.Row) -> dict[str, object]:
    return {**_whole(call, row), "updated_at": row["updated_at"], "deleted_at": None}


ROUTES = (
    Route("GET", "/subscribers", list_, _NEWSLETTER),
    Route("POST", "/subscribers", create, _NEWSLETTER),
    Route("GET", "/subscribers/{id}", get, _NEWSLETTER),
    Route("PUT", "/subscribers", update, _NEWSLETTER),
    Route("DELETE", "/subscribers", delete, _NEWSLETTER),
    Route("GET", "/subscribers:search", search, _NEWSLETTER),
)
