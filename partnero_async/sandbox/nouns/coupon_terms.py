"""What coupons and promotion codes share: how codes are spelt, limits that are switched on, and the coupon.

A coupon is what a customer saves; its promotion codes are what customers type.
"""

import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal

from .. import moments
from ..calls import ProgramType
from ..fields import Fields
from ..store import Value
from ..table import Table

# AUTOINCREMENT: the number is the id that older clients create promotion codes with, and no printed answer
# shows (sources.md#coupons), so it must not become another coupon's.
SCHEMA = """
CREATE TABLE coupons (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    program TEXT NOT NULL,
    uuid_code TEXT NOT NULL,
    name TEXT NOT NULL,
    active INTEGER NOT NULL,
    coupon_discount_type TEXT NOT NULL,
    coupon_discount_amount TEXT NOT NULL,
    coupon_duration_type TEXT NOT NULL,
    coupon_duration_value INTEGER,
    redemption_specific_date_status INTEGER NOT NULL,
    redemption_specific_date_value TEXT,
    redemption_times_status INTEGER NOT NULL,
    redemption_times_value INTEGER,
    metadata TEXT NOT NULL,
    provider TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (program, uuid_code)
);
CREATE INDEX coupons_by_creation ON coupons (program, created_at, number);
"""

TABLE = Table("SELECT * FROM coupons AS record", "Coupon")
ALL_TYPES: frozenset[ProgramType] = frozenset({"affiliate", "referral", "newsletter"})
_CODE = re.compile("[A-Za-z0-9_-]+")


def summary(row: sqlite3.Row) -> dict[str, object]:
    """The coupon as its promotion codes show it."""
    return {
        "name": row["name"],
        "uuid_code": row["uuid_code"],
        "active": bool(row["active"]),
        "coupon_discount_type": row["coupon_discount_type"],
        "coupon_discount_amount": Decimal(row["coupon_discount_amount"]),
        "coupon_duration_type": row["coupon_duration_type"],
        "coupon_duration_value": row["coupon_duration_value"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def code(fields: Fields, name: str, longest: int) -> str | None:
    """A code in letters, digits, hyphens and underscores."""
    text = fields.text(name)
    if text is not None and not _CODE.fullmatch(text):
        fields.complain(name, f"The {name} may only contain letters, numbers, dashes and underscores.")
    elif text is not None and len(text) > longest:
        fields.complain(name, f"The {name} may not be greater than {longest} characters.")
    return text


def switched(fields: Fields, name: str, read: Callable[[str], Value]) -> dict[str, Value]:
    """A limit and its switch: the value is required when that is on, and null when it is off."""
    status, value = fields.flag(f"{name}_status", False), read(f"{name}_value")
    if status and fields.raw(f"{name}_value") in (None, ""):
        fields.complain(f"{name}_value", f"The {name}_value field is required.")
    return {f"{name}_status": status, f"{name}_value": value if status else None}


def shown(row: sqlite3.Row, name: str) -> dict[str, object]:
    """The same as it is answered."""
    return {f"{name}_status": bool(row[f"{name}_status"]), f"{name}_value": row[f"{name}_value"]}


def day(fields: Fields, name: str) -> str | None:
    """A date; of a date-time, the day in UTC."""
    text = fields.text(name)
    moment = moments.read(text) if text is not None else None
    if text is not None and moment is None:
        fields.complain(name, f"The {name} is not a valid date.")
    return moment[:10] if moment is not None else None
