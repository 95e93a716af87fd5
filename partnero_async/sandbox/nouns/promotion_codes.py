"""Promotion codes, which customers type to get what a coupon gives, and how often they did.

A code can be redeemed more often than it allows, after its day and when its coupon is not active: no source
says that Partnero refuses that (sources.md#promotion-codes), and the shop has given the discount by then.
"""

import secrets
import sqlite3
from collections.abc import Mapping
from typing import cast

from .. import freeform, jsontext, moments, pages, replies
from ..calls import Call, ProgramType
from ..fields import Fields
from ..jsontext import Json
from ..replies import Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import coupon_terms
from .coupon_terms import ALL_TYPES

SCHEMA = """
CREATE TABLE promotion_codes (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    coupon_number INTEGER NOT NULL REFERENCES coupons (number) ON DELETE CASCADE,
    code TEXT NOT NULL,
    first_time_order INTEGER NOT NULL,
    limit_to_specific_partner INTEGER NOT NULL,
    coupon_specific_partners TEXT NOT NULL,
    limit_to_specific_customer INTEGER NOT NULL,
    coupon_specific_customers TEXT NOT NULL,
    limit_to_specific_subscriber INTEGER NOT NULL,
    coupon_specific_subscribers TEXT NOT NULL,
    minimum_order_status INTEGER NOT NULL,
    minimum_order_value INTEGER,
    expiration_date_status INTEGER NOT NULL,
    expiration_date_value TEXT,
    redemption_times_status INTEGER NOT NULL,
    redemption_times_value INTEGER,
    metadata TEXT NOT NULL,
    times_redeemed INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    UNIQUE (program, code)
);
CREATE INDEX promotion_codes_by_creation ON promotion_codes (program, created_at, number);
CREATE INDEX promotion_codes_by_coupon ON promotion_codes (coupon_number, number);
CREATE TABLE promotion_code_redemptions (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    promotion_code_number INTEGER NOT NULL REFERENCES promotion_codes (number) ON DELETE CASCADE,
    transaction_key TEXT NOT NULL,
    redeemed_at TEXT NOT NULL,
    UNIQUE (promotion_code_number, transaction_key)
);
"""

TABLE = Table("SELECT * FROM promotion_codes AS record", "Promotion code")
_LONGEST_CODE = 100
# Whom a code can be limited to, and what their names are called.
_PEOPLE = (
    ("partner", "full_name"),
    ("customer", "customer_full_name"),
    ("subscriber", "subscriber_full_name"),
)
_LIMITS = ("minimum_order", "expiration_date", "redemption_times")
# Where programs keep their sales; newsletters have none.
_SALES: Mapping[ProgramType, str] = {"affiliate": "transactions", "referral": "referral_transactions"}


def list_(call: Call) -> Reply:
    """List the promotion codes of all coupons."""
    conditions = [("record.program = ?", call.program.key)]
    return pages.listed(call, TABLE.select, conditions, lambda row: _whole(call, row))


def create(call: Call) -> Reply:
    """Add a code to a coupon."""
    fields = Fields(call.body)
    coupon, code = _coupon(call, fields), _read(call, fields)
    fields.finish()
    assert coupon is not None, "the complaint was raised"
    return _answered(call, add(call, coupon["number"], code), "created", 201)


def get(call: Call) -> Reply:
    """Read one code, and the coupon that it stands for."""
    row = TABLE.identified(call, "code")
    coupon = coupon_terms.TABLE.numbered(call, row["coupon_number"])
    return replies.found({**_whole(call, row), "coupon": coupon_terms.summary(coupon)})


def update(call: Call) -> Reply:
    """Change or redeem the code that the path names; it stays the same code, whatever the body says."""
    return _change(call, TABLE.identified(call, "code"))


def update_by_body(call: Call) -> Reply:
    """Change or redeem the code that the body names."""
    return _change(call, TABLE.required(call, "code", call.required_filter("code")))


def delete(call: Call) -> Reply:
    """Remove the code for good."""
    return _remove(call, TABLE.identified(call, "code"))


def delete_by_body(call: Call) -> Reply:
    """Remove the code that the body (or the query) names together with its coupon."""
    code, uuid_code = call.filter("code"), call.filter("coupon_uuid_code")
    names = {"code": code, "coupon.uuid_code": uuid_code}
    missing = {name: [f"The {name} field is required."] for name, value in names.items() if value is None}
    if missing:
        raise replies.invalid(missing)
    row = TABLE.required(call, "code", code)
    coupon = coupon_terms.TABLE.required(call, "uuid_code", uuid_code)
    return _remove(call, TABLE.existing(row if row["coupon_number"] == coupon["number"] else None))


def read_several(call: Call, fields: Fields) -> list[dict[str, Value]]:
    """The codes that come along with a new coupon, if any."""
    if fields.raw("promotion_codes") in (None, "", []):
        return []
    sections = fields.sections("promotion_codes")
    codes = [_read(call, section) for section in sections]
    for index, section in enumerate(sections):
        if codes[index]["code"] in [code["code"] for code in codes[:index]]:
            section.complain("code", "The code has already been taken.")
    return codes


def add(call: Call, coupon_number: int, code: dict[str, Value]) -> int:
    """Add a code that was read, and return its number."""
    row: dict[str, Value] = {"program": call.program.key, "coupon_number": coupon_number}
    return call.store.insert("promotion_codes", {**row, **code, "created_at": moments.now()})


def of_coupon(call: Call, coupon_number: int) -> list[object]:
    """The codes of one coupon, in order of creation."""
    rows = call.store.all(
        "SELECT * FROM promotion_codes WHERE coupon_number = ? ORDER BY number", coupon_number
    )
    return [_whole(call, row) for row in rows]


def _coupon(call: Call, fields: Fields) -> sqlite3.Row | None:
    """The coupon of a new code, by its code or, as in 2022, by its integer id."""
    is_old = fields.raw("coupon_uuid") in (None, "") and fields.raw("coupon_id") not in (None, "")
    if is_old:
        name, column, value = "coupon_id", "number", cast("Value", fields.integer("coupon_id"))
    else:
        name, column, value = "coupon_uuid", "uuid_code", fields.text("coupon_uuid", required=True)
    if value is None:
        return None
    coupon = coupon_terms.TABLE.one(call, column, value)
    if coupon is None:
        fields.complain(name, f"The selected {name} is invalid.")
    return coupon


def _read(call: Call, fields: Fields) -> dict[str, Value]:
    """A new code, made up if it is not sent."""
    code = coupon_terms.code(fields, "code", _LONGEST_CODE) or secrets.token_hex(6)
    if TABLE.one(call, "code", code):
        fields.complain("code", "The code has already been taken.")
    metadata = freeform.sent(fields, "metadata") or {}
    return {"code": code, **_terms(fields), "metadata": freeform.written(metadata)}


def _terms(fields: Fields) -> dict[str, Value]:
    """Who may use the code, and when."""
    terms: dict[str, Value] = {"first_time_order": fields.flag("first_time_order", False)}
    for who, full_name in _PEOPLE:
        flag, name = f"limit_to_specific_{who}", f"coupon_specific_{who}s"
        is_limited, people = fields.flag(flag, False), _people(fields, name, full_name)
        if is_limited and not people:
            fields.complain(name, f"The {name} field is required when {flag} is true.")
        terms |= {flag: is_limited, name: freeform.written(people if is_limited else [])}
    return {
        **terms,
        **coupon_terms.switched(fields, "minimum_order", lambda name: fields.integer(name, 0)),
        **coupon_terms.switched(fields, "expiration_date", lambda name: coupon_terms.day(fields, name)),
        **coupon_terms.switched(fields, "redemption_times", lambda name: fields.integer(name, 1)),
    }


def _people(fields: Fields, name: str, full_name: str) -> Json:
    """One person, or several in an array as in older documentation; nobody checks that they exist."""
    sent = fields.raw(name)
    if not sent or not isinstance(sent, list | dict):
        fields.section(name)  # complains of anything but an empty one
        return []
    several = isinstance(sent, list)
    people: list[Json] = [
        {"id": person.text("id", required=True), full_name: person.text(full_name)}
        for person in (fields.sections(name) if several else [fields.section(name)])
    ]
    return people if several else people[0]


def _change(call: Call, row: sqlite3.Row) -> Reply:
    """Change what is sent, directly in the body; metadata are added to those before.

    As with coupons, everything that a code is created with can be sent (sources.md#coupons); null leaves it.
    """
    sent = {name: value for name, value in call.body.items() if value is not None and value != ""}
    fields = Fields({**cast("dict[str, Json]", _kept(row)), **sent})
    metadata = {**freeform.read(row["metadata"]), **(freeform.sent(fields, "metadata") or {})}
    changes = {**_terms(fields), "metadata": freeform.written(metadata)}
    redeems, transaction_key = fields.flag("redeem", False), fields.text("transaction_key")
    fields.finish()
    call.store.update("promotion_codes", row["number"], changes)
    if redeems:
        _redeem(call, row, transaction_key)
    return _answered(call, row["number"], "updated", 200)


def _redeem(call: Call, row: sqlite3.Row, transaction_key: str | None) -> None:
    """Count a redemption; for a sale that is unknown or was counted, nothing happens and nothing is said.

    Without a sale, every call counts and none is logged (sources.md#promotion-codes).
    """
    if transaction_key is not None:
        counted = call.store.one(
            "SELECT 1 FROM promotion_code_redemptions"
            " WHERE promotion_code_number = ? AND transaction_key = ?",
            row["number"],
            transaction_key,
        )
        if counted is not None or not _is_recorded(call, transaction_key):
            return
        redemption: dict[str, Value] = {
            "program": call.program.key,
            "promotion_code_number": row["number"],
            "transaction_key": transaction_key,
            "redeemed_at": moments.now(),
        }
        call.store.insert("promotion_code_redemptions", redemption)
    call.store.update("promotion_codes", row["number"], {"times_redeemed": row["times_redeemed"] + 1})


def _is_recorded(call: Call, transaction_key: str) -> bool:
    """Whether a sale of the program has this key; an archived one does too."""
    table = _SALES.get(call.program.type)
    if table is None:
        return False
    sale = call.store.one(
        f"SELECT 1 FROM {table} WHERE program = ? AND key = ?", call.program.key, transaction_key
    )
    return sale is not None


def _remove(call: Call, row: sqlite3.Row) -> Reply:
    call.store.run("DELETE FROM promotion_codes WHERE number = ?", row["number"])
    return Reply({"data": {"status": 1, "message": "Promotion code deleted in the app successfully"}})


def _answered(call: Call, number: int, what: str, status: int) -> Reply:
    message = f"Promotion code {what} in the app successfully."
    return Reply(
        {"data": _whole(call, TABLE.numbered(call, number)), "status": 1, "message": message}, status
    )


def _kept(row: sqlite3.Row) -> dict[str, object]:
    """What was sent when the code was created."""
    kept: dict[str, object] = {"code": row["code"], "first_time_order": bool(row["first_time_order"])}
    for who, _ in _PEOPLE:
        flag, name = f"limit_to_specific_{who}", f"coupon_specific_{who}s"
        kept |= {flag: bool(row[flag]), name: jsontext.parse(row[name].encode("ascii"))}
    for name in _LIMITS:
        kept |= coupon_terms.shown(row, name)
    # An empty PHP array is a list.
    return {**kept, "metadata": freeform.read(row["metadata"]) or []}


def _whole(call: Call, row: sqlite3.Row) -> dict[str, object]:
    whole = _kept(row)
    if call.program.type != "newsletter":
        # In the printed answers, which are of other programs, there are no subscribers.
        del whole["limit_to_specific_subscriber"], whole["coupon_specific_subscribers"]
    redemptions = call.store.all(
        "SELECT redeemed_at, transaction_key FROM promotion_code_redemptions"
        " WHERE promotion_code_number = ? ORDER BY number",
        row["number"],
    )
    return {
        **whole,
        "additional_info": {"redemptions": [dict(redemption) for redemption in redemptions]}
        if redemptions
        else [],
        "times_redeemed": row["times_redeemed"],
    }


ROUTES = (
    Route("GET", "/promotion-codes", list_, ALL_TYPES),
    Route("POST", "/promotion-codes", create, ALL_TYPES),
    # The older form of the same.
    Route("POST", "/promotion-code", create, ALL_TYPES),
    Route("GET", "/promotion-codes/{code}", get, ALL_TYPES),
    Route("PUT", "/promotion-codes", update_by_body, ALL_TYPES),
    Route("PUT", "/promotion-codes/{code}", update, ALL_TYPES),
    Route("DELETE", "/promotion-codes", delete_by_body, ALL_TYPES),
    Route("DELETE", "/promotion-codes/{code}", delete, ALL_TYPES),
)
