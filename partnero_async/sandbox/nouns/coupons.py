"""Coupons: what customers save, how often, and until when."""

import secrets
import sqlite3
from typing import cast

from .. import freeform, moments, money, pages, replies
from ..calls import PROVIDERS, Call
from ..fields import Fields
from ..jsontext import Json
from ..replies import Reply
from ..routing import Route
from ..store import Value
from . import coupon_terms, promotion_codes
from .coupon_terms import ALL_TYPES, TABLE

_LONGEST_CODE = 255
_DISCOUNTS = ("percent", "static")
_WITHOUT_LENGTH = ("once", "lifetime")
_DURATIONS = (*_WITHOUT_LENGTH, "hours", "days", "months", "years")
_LIMITS = ("redemption_specific_date", "redemption_times")


def list_(call: Call) -> Reply:
    """List coupons with their promotion codes."""
    conditions = [("record.program = ?", call.program.key)]
    return pages.listed(call, TABLE.select, conditions, lambda row: _with_codes(call, row))


def create(call: Call) -> Reply:
    """Add a coupon, with promotion codes if any come along."""
    fields = Fields(call.body)
    uuid_code = coupon_terms.code(fields, "uuid_code", _LONGEST_CODE) or secrets.token_hex(6)
    if TABLE.one(call, "uuid_code", uuid_code):
        fields.complain("uuid_code", "The uuid_code has already been taken.")
    name, terms, provider = fields.text("name"), _terms(fields), _provider(call, fields)
    codes = promotion_codes.read_several(call, fields)
    fields.finish()
    moment = moments.now()
    row: dict[str, Value] = {
        "program": call.program.key,
        "uuid_code": uuid_code,
        "name": name or uuid_code,
        **terms,
        "provider": provider,
        "created_at": moment,
        "updated_at": moment,
    }
    number = call.store.insert("coupons", row)
    for code in codes:
        promotion_codes.add(call, number, code)
    return _answered(call, number, "created", 201)


def get(call: Call) -> Reply:
    """Read one coupon with its promotion codes."""
    return replies.found(_with_codes(call, TABLE.identified(call, "uuid_code")))


def update(call: Call) -> Reply:
    """Change the coupon that the path names; its code stays, whatever the body says."""
    return _change(call, TABLE.identified(call, "uuid_code"))


def update_by_body(call: Call) -> Reply:
    """Change the coupon that the body names."""
    return _change(call, _named(call))


def delete(call: Call) -> Reply:
    """Remove the coupon and its promotion codes for good."""
    return _remove(call, TABLE.identified(call, "uuid_code"))


def delete_by_body(call: Call) -> Reply:
    """Remove the coupon that the body (or the query) names."""
    return _remove(call, _named(call))


def _named(call: Call) -> sqlite3.Row:
    return TABLE.required(call, "uuid_code", call.required_filter("uuid_code"))


def _terms(fields: Fields) -> dict[str, Value]:
    """What is to be kept of the coupon beside its code and its name."""
    kind = fields.choice("coupon_discount_type", _DISCOUNTS, required=True)
    amount = fields.number("coupon_discount_amount")
    if fields.raw("coupon_discount_amount") in (None, ""):
        fields.complain("coupon_discount_amount", "The coupon_discount_amount field is required.")
    elif amount is not None and not 0 <= amount <= (100 if kind == "percent" else amount):
        bounds = "between 0 and 100" if kind == "percent" else "at least 0"
        fields.complain("coupon_discount_amount", f"The coupon_discount_amount must be {bounds}.")
    unit = fields.choice("coupon_duration_type", _DURATIONS, required=True)
    has_length = unit is not None and unit not in _WITHOUT_LENGTH
    length = fields.integer("coupon_duration_value", 1, required=has_length)
    return {
        "active": fields.flag("active", True),
        "coupon_discount_type": kind,
        "coupon_discount_amount": money.written(amount) if amount is not None else None,
        "coupon_duration_type": unit,
        "coupon_duration_value": length if has_length else None,
        **coupon_terms.switched(
            fields, "redemption_specific_date", lambda name: coupon_terms.day(fields, name)
        ),
        **coupon_terms.switched(fields, "redemption_times", lambda name: fields.integer(name, 1)),
        "metadata": freeform.written(freeform.sent(fields, "metadata") or {}),
    }


def _provider(call: Call, fields: Fields) -> str | None:
    """Where the coupon is to be made too: a provider that is connected to the program."""
    sync = fields.section("sync")
    provider = sync.choice("provider", PROVIDERS)
    if provider is not None and provider not in call.providers:
        sync.complain("provider", f"The provider {provider} is not connected to the program.")
    return provider


def _change(call: Call, row: sqlite3.Row) -> Reply:
    """Change what is sent, directly in the body; metadata take the place of those before.

    Everything that a coupon is created with can be sent, beyond what is documented (sources.md#coupons);
    null leaves it, because a client that sends its whole model says so of what it does not know.
    """
    sent = {name: value for name, value in call.body.items() if value is not None and value != ""}
    fields = Fields({**cast("dict[str, Json]", _whole(call, row)), **sent})
    changes: dict[str, Value] = {"name": fields.text("name"), **_terms(fields), "updated_at": moments.now()}
    fields.finish()
    call.store.update("coupons", row["number"], changes)
    return _answered(call, row["number"], "updated", 200)


def _remove(call: Call, row: sqlite3.Row) -> Reply:
    call.store.run("DELETE FROM coupons WHERE number = ?", row["number"])
    # No source prints the answer (sources.md#coupons): this is the one for promotion codes.
    return Reply({"data": {"status": 1, "message": "Coupon deleted in the app successfully"}})


def _answered(call: Call, number: int, what: str, status: int) -> Reply:
    """The answer to a change, which tells of the provider too."""
    row = TABLE.numbered(call, number)
    is_synchronized, is_connected = row["provider"] is not None, row["provider"] in call.providers
    return Reply(
        {
            "data": _whole(call, row),
            "status": 1,
            "message": f"Coupon {what} in the app successfully.",
            "synchronization_enabled": is_synchronized,
            "synchronization_successful": is_connected,
            "synchronization_message": f"{row['provider']} is not connected."
            if is_synchronized and not is_connected
            else "",
        },
        status,
    )


def _whole(call: Call, row: sqlite3.Row) -> dict[str, object]:
    counted = call.store.one(
        "SELECT coalesce(sum(times_redeemed), 0) AS n FROM promotion_codes WHERE coupon_number = ?",
        row["number"],
    )
    whole = coupon_terms.summary(row)
    for name in _LIMITS:
        whole |= coupon_terms.shown(row, name)
    return {
        **whole,
        # An empty PHP array is a list.
        "metadata": freeform.read(row["metadata"]) or [],
        "additional_info": [],
        "times_redeemed": counted["n"] if counted else 0,
        "deleted_at": None,
    }


def _with_codes(call: Call, row: sqlite3.Row) -> dict[str, object]:
    return {
        **_whole(call, row),
        "promotion_codes": {"data": promotion_codes.of_coupon(call, row["number"])},
    }


ROUTES = (
    Route("GET", "/coupons", list_, ALL_TYPES),
    Route("POST", "/coupons", create, ALL_TYPES),
    Route("GET", "/coupons/{uuid_code}", get, ALL_TYPES),
    Route("PUT", "/coupons", update_by_body, ALL_TYPES),
    Route("PUT", "/coupons/{uuid_code}", update, ALL_TYPES),
    Route("DELETE", "/coupons", delete_by_body, ALL_TYPES),
    Route("DELETE", "/coupons/{uuid_code}", delete, ALL_TYPES),
)
