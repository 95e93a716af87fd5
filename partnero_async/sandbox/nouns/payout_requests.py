"""Payout requests: a partner's whole unpaid balance in one currency, on its way to being paid.

No endpoint rejects a request or sends one back, so here it is `requested`, `approved` and then `finished`.
"""

import json
import sqlite3
from collections.abc import Mapping
from decimal import Decimal

from .. import moments, money, pages, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Refusal, Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import partners

SCHEMA = """
CREATE TABLE payout_requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    program TEXT NOT NULL,
    partner_number INTEGER NOT NULL REFERENCES partners (number) ON DELETE CASCADE,
    status TEXT NOT NULL,
    amount TEXT NOT NULL,
    amount_units TEXT NOT NULL,
    gateway TEXT NOT NULL,
    payout_settings TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX payout_requests_by_creation ON payout_requests (program, created_at, number);
CREATE INDEX payout_requests_by_partner ON payout_requests (partner_number, created_at, number);
"""

TABLE = Table(
    "SELECT record.*, partners.id AS partner"
    " FROM payout_requests AS record JOIN partners ON partners.number = record.partner_number",
    "Payout request",
)
# What each gateway takes: the settings that it needs, and those that it may have.
_GATEWAYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "paypal": (("username",), ("address", "tax_id", "name")),
    "crypto": (("wallet_address",), ("type", "name")),
    "venmo": (("recipient_type", "name"), ()),
    "wise": ((), ()),
}
_RECIPIENTS = {"USER_HANDLE": "user_handle", "EMAIL": "email", "PHONE": "phone"}
_AWAITING_DECISION = ("requested", "resubmitted")


def list_(call: Call) -> Reply:
    """List payout requests."""
    return pages.listed(call, TABLE.select, [("record.program = ?", call.program.key)], _whole)


def search(call: Call) -> Reply:
    """List the payout requests that meet all of the filters."""
    conditions: list[tuple[str, Value]] = [("record.program = ?", call.program.key)]
    for name in ("id", "key", "email"):
        value = call.filter(f"partner_{name}")
        if value is not None:
            partner = partners.find(call, name, value)
            conditions.append(("record.partner_number = ?", partner["number"] if partner else 0))
    status, units = call.filter("status"), call.filter("amount_units")
    if status is not None:
        conditions.append(("record.status = ?", status))
    if units is not None:
        conditions.append(("record.amount_units = ?", units.lower()))
    return pages.listed(call, TABLE.select, conditions, _whole)


def create(call: Call) -> Reply:
    """Ask for a partner's unpaid balance, or for some of the rewards in it."""
    fields = Fields(call.body)
    units = (fields.text("amount_units", required=True) or "").lower()
    gateway = fields.choice("gateway", _GATEWAYS)
    settings = _settings(fields.section("payout_settings"), gateway)
    chosen = _chosen(fields)
    partner = partners.required_in(call, fields)
    if not partners.is_active(partner):
        fields.complain("partner", "The partner must be active.")
    if gateway in (None, "wise"):
        gateway, settings = _saved(call, fields, partner, gateway)
    rewards = _free(call, partner, units)
    if chosen is not None:
        if not chosen <= {reward["number"] for reward in rewards}:
            fields.complain("reward_ids", "The selected reward_ids is invalid.")
        rewards = [reward for reward in rewards if reward["number"] in chosen]
    amount = _total(rewards)
    if amount <= 0:
        fields.complain("amount_units", "The partner has no unpaid balance in this currency.")
    fields.finish()
    moment = moments.now()
    number = call.store.insert(
        "payout_requests",
        {
            "program": call.program.key,
            "partner_number": partner["number"],
            "status": "requested",
            "amount": money.written(amount),
            "amount_units": units,
            "gateway": gateway,
            "payout_settings": json.dumps(settings),
            "created_at": moment,
            "updated_at": moment,
        },
    )
    for reward in rewards:
        call.store.update("rewards", reward["number"], {"payout_number": number})
    return replies.created(_whole(TABLE.numbered(call, number)))


def get(call: Call) -> Reply:
    """Read one payout request."""
    return replies.found(_whole(_identified(call)))


def approve(call: Call) -> Reply:
    """Agree to pay; only while a decision is awaited."""
    return _advanced(call, "approved", _AWAITING_DECISION)


def mark_as_paid(call: Call) -> Reply:
    """Close an approved request: its rewards are paid."""
    reply = _advanced(call, "finished", ("approved",))
    call.store.run(
        "UPDATE rewards SET paid_at = ? WHERE payout_number = ?",
        moments.now(),
        _identified(call)["number"],
    )
    return reply


def _settings(fields: Fields, gateway: str | None) -> dict[str, Value]:
    """Where the gateway is to pay; what other gateways would need is left out."""
    required, optional = _GATEWAYS.get(gateway or "", ((), ()))
    settings: dict[str, Value] = {name: fields.text(name, required=True) for name in required}
    settings |= {name: fields.text(name) for name in optional}
    if gateway == "paypal":
        fields.email("username")
    if gateway == "venmo":
        recipient = fields.choice("recipient_type", _RECIPIENTS)
        if recipient is not None:
            name = _RECIPIENTS[recipient]
            settings[name] = fields.text(name, required=True)
    return settings


def _chosen(fields: Fields) -> set[int] | None:
    """The ids of the rewards to pay, None for all of them."""
    sent = fields.raw("reward_ids")
    if sent is None:
        return None
    items = sent if isinstance(sent, list) else []
    ids = {item for item in items if isinstance(item, int) and not isinstance(item, bool)}
    if not items or len(ids) != len(items):
        fields.complain("reward_ids", "The reward_ids must be an array of different integers.")
    return ids


def _saved(
    call: Call, fields: Fields, partner: sqlite3.Row, gateway: str | None
) -> tuple[str, dict[str, Value]]:
    """The method that a partner saved; without a portal, the one of its latest payout request counts as such.

    Bank details for wise can only be saved in the portal, so here nobody has them.
    """
    row = call.store.one(
        "SELECT gateway, payout_settings FROM payout_requests"
        " WHERE partner_number = ? AND gateway = coalesce(?, gateway) ORDER BY number DESC",
        partner["number"],
        gateway,
    )
    if row is None:
        fields.complain("gateway", "The partner has no payout details.")
        return "", {}
    return row["gateway"], json.loads(row["payout_settings"])


def _free(call: Call, partner: sqlite3.Row, units: str) -> list[sqlite3.Row]:
    """The rewards of a partner in this currency that are unpaid and in no payout request."""
    return call.store.all(
        "SELECT * FROM rewards WHERE partner_number = ? AND lower(amount_units) = ?"
        " AND deleted_at IS NULL AND paid_at IS NULL AND payout_number IS NULL ORDER BY number",
        partner["number"],
        units,
    )


def _total(rewards: list[sqlite3.Row]) -> Decimal:
    totals = money.by_currency((reward["amount"], reward["amount_units"]) for reward in rewards)
    return Decimal(str(totals[0]["amount"])) if totals else Decimal(0)


def _advanced(call: Call, status: str, before: tuple[str, ...]) -> Reply:
    """Give the request its next status, if its present one lets it."""
    row = _identified(call)
    if row["status"] not in before:
        raise Refusal(400, f"Action failed: the payout request is {row['status']}.")
    call.store.update("payout_requests", row["number"], {"status": status, "updated_at": moments.now()})
    return replies.found(_whole(TABLE.numbered(call, row["number"])))


def _identified(call: Call) -> sqlite3.Row:
    """The request whose id stands in the path."""
    return TABLE.required(call, "number", Fields({"id": call.identifier}).integer("id"))


def _whole(row: sqlite3.Row) -> dict[str, object]:
    """Only id, status and an amount are published; the rest says whose it is, in which currency, and when."""
    return {
        "id": row["number"],
        "status": row["status"],
        "partner": row["partner"],
        "amount": Decimal(row["amount"]),
        "amount_units": row["amount_units"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


ROUTES = (
    Route("GET", "/payout_requests", list_),
    Route("POST", "/payout_requests", create),
    Route("GET", "/payout_requests:search", search),
    Route("GET", "/payout_requests/{id}", get),
    Route("POST", "/payout_requests/{id}/approve", approve),
    Route("POST", "/payout_requests/{id}/mark_as_paid", mark_as_paid),
)
