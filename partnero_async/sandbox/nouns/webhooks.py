"""Webhook subscriptions. Each has a signing secret of its own, which every read shows."""

import json
import secrets
import sqlite3
import string
from collections.abc import Mapping

from .. import moments, pages, replies
from ..calls import Call, ProgramType
from ..fields import Fields
from ..jsontext import Json
from ..replies import Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import deliveries

SCHEMA = """
CREATE TABLE webhooks (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    signature TEXT NOT NULL,
    events TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (program, key)
);
"""

TABLE = Table("SELECT * FROM webhooks AS record", "Webhook")
_LETTERS = string.ascii_letters + string.digits
_ALL_TYPES: frozenset[ProgramType] = frozenset({"affiliate", "referral", "newsletter"})

_CHANGED = ("created", "updated", "deleted")
_SHARED = (
    *(f"customer.{what}" for what in _CHANGED),
    "transaction.created",
    "transaction.deleted",
)
# What the live API is known to offer, without the names that only a guide has (sources.md#webhook-events).
EVENTS: Mapping[ProgramType, frozenset[str]] = {
    "affiliate": frozenset(
        (
            *(f"partner.{what}" for what in (*_CHANGED, "approved", "rejected", "archived")),
            *_SHARED,
            *(f"lead.{what}" for what in ("submitted", "converted", "rejected")),
        )
    ),
    "referral": frozenset((*_SHARED, "customer.credited", "customer.rewarded")),
    "newsletter": frozenset(f"subscriber.{what}" for what in (*_CHANGED, "rewarded")),
}


def list_(call: Call) -> Reply:
    """List subscriptions, ten to a page."""
    conditions = [("record.program = ?", call.program.key)]
    return pages.listed(call, TABLE.select, conditions, _whole, default_limit=10)


def create(call: Call) -> Reply:
    """Subscribe an address to events; the key can be chosen, the secret cannot."""
    fields = Fields(call.body)
    key, name = fields.text("key"), fields.text("name", required=True)
    url, events = fields.url("url", required=True), _events(call, fields)
    is_active = fields.flag("is_active", True)
    if key is not None and TABLE.one(call, "key", key):
        fields.complain("key", "The key has already been taken.")
    fields.finish()
    number = call.store.insert(
        "webhooks",
        {
            "program": call.program.key,
            "key": key or _random(12),
            "name": name,
            "url": url,
            "is_active": is_active,
            "signature": _random(16),
            "events": json.dumps(events),
            "created_at": moments.now(),
        },
    )
    return replies.created(_whole(TABLE.numbered(call, number)))


def get(call: Call) -> Reply:
    """Read one subscription."""
    return replies.found(_whole(TABLE.identified(call, "key")))


def update(call: Call) -> Reply:
    """Change what is sent, directly in the body; the secret stays."""
    row, fields = TABLE.identified(call, "key"), Fields(call.body)
    changes: dict[str, Value] = {"is_active": fields.flag("is_active", bool(row["is_active"]))}
    if fields.sent("name"):
        changes["name"] = fields.text("name", required=True)
    if fields.sent("url"):
        changes["url"] = fields.url("url", required=True)
    if fields.sent("events"):
        changes["events"] = json.dumps(_events(call, fields))
    fields.finish()
    call.store.update("webhooks", row["number"], changes)
    if not changes["is_active"]:
        deliveries.drop_open(call, row["number"])
    return replies.found(_whole(TABLE.numbered(call, row["number"])))


def delete(call: Call) -> Reply:
    """End a subscription for good."""
    number = TABLE.identified(call, "key")["number"]
    deliveries.drop_open(call, number)
    call.store.run("DELETE FROM webhooks WHERE number = ?", number)
    return replies.done()


def _events(call: Call, fields: Fields) -> list[Json]:
    """What to subscribe to; one event that this type of program does not have refuses them all."""
    events = fields.raw("events")
    if events is None or events == []:
        fields.complain("events", "The events field is required.")
    elif not isinstance(events, list):
        fields.complain("events", "The events must be an array.")
    elif not all(isinstance(event, str) and event in EVENTS[call.program.type] for event in events):
        fields.complain("events", "The selected events is invalid.")
    else:
        return list(dict.fromkeys(event for event in events if isinstance(event, str)))
    return []


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _whole(row: sqlite3.Row) -> dict[str, object]:
    return {
        "key": row["key"],
        "name": row["name"],
        "url": row["url"],
        "is_active": bool(row["is_active"]),
        "signature": row["signature"],
        "events": json.loads(row["events"]),
    }


ROUTES = (
    Route("GET", "/webhooks", list_, _ALL_TYPES),
    Route("POST", "/webhooks", create, _ALL_TYPES),
    Route("GET", "/webhooks/{key}", get, _ALL_TYPES),
    Route("PUT", "/webhooks/{key}", update, _ALL_TYPES),
    Route("DELETE", "/webhooks/{key}", delete, _ALL_TYPES),
)
