"""The program that an API key belongs to: what it is, how it is set up, and its end.

A program has no row of its own until something about it is changed.
"""

import base64
import hashlib
import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import anyio

from .. import moments, money, replies
from ..calls import Call, ProgramType
from ..fields import Fields
from ..jsontext import Json
from ..replies import Refusal, Reply
from ..routing import Route
from . import subscribers
from .program_stats import ProgramStats
from .referral_stats import ReferralStats

SCHEMA = """
CREATE TABLE programs (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT,
    website TEXT,
    program_settings TEXT NOT NULL DEFAULT '{}',
    portal_settings TEXT NOT NULL DEFAULT '{}',
    last_edited TEXT,
    confirmation_code TEXT,
    confirmation_began INTEGER,
    deleted_at TEXT
);
"""

_ALL_TYPES: frozenset[ProgramType] = frozenset({"affiliate", "referral", "newsletter"})
_WITH_SETTINGS: frozenset[ProgramType] = frozenset({"affiliate", "referral"})
# When the first seeded partner joined: a sandbox has no other birthday that a restart would keep.
_CREATED_AT = "2025-01-01T00:00:00.000000Z"
# As the vendor's plugin compares it, which is not how a program tells its type (sources.md#key-check).
_CHECKED_TYPES: Mapping[ProgramType, str] = {
    "affiliate": "affiliate",
    "referral": "refer_a_friend",
    "newsletter": "newsletter",
}
_WEBSITE = "https://yourcompany.com"
_CURRENCY = "USD"
_COOKIE_DAYS = 30
_MOST_COOKIE_DAYS = 9_999_999
_LONGEST_NAME = 255
_LONGEST_WEBSITE = 250
_CODE_LETTERS = string.ascii_letters + string.digits
_CODE_LENGTH = 8
_CODE_MILLISECONDS = 20_000

_PROGRAM_FLAGS: Mapping[ProgramType, tuple[str, ...]] = {
    "affiliate": ("welcome_email_enabled", "onboarding_enabled", "partner_email_notifications_enabled"),
    "referral": ("referral_portal_enabled", "rewards_notification_enabled"),
}
_PORTAL_FLAGS: Mapping[ProgramType, tuple[str, ...]] = {
    "affiliate": (
        "program_page_enabled",
        "leads_page_enabled",
        "registration_disabled",
        "google_login_enabled",
        "passwordless_login_enabled",
        "sub_accounts_enabled",
        "widget_enabled",
        "signup_popup_enabled",
        "embeddable_form_enabled",
    ),
    "referral": (
        "registration_disabled",
        "program_page_enabled",
        "widget_enabled",
        "embeddable_form_enabled",
        "popup_form_enabled",
    ),
}


def check(call: Call) -> Reply:
    """Who am I: the check of an API key, in every type of program."""
    return replies.found({"program": {"pub_id": _public_id(call), "type": _CHECKED_TYPES[call.program.type]}})


def get(call: Call) -> Reply:
    """What the program is, how it does and how it is set up."""
    program_settings, portal_settings = _program_settings(call), _portal_settings(call)
    counted = ReferralStats if call.program.type == "referral" else ProgramStats
    stats = counted(call, currency(call))
    return replies.found(
        {
            "program": _program(call),
            "stats": stats.whole(),
            "program_settings": program_settings,
            "portal_settings": portal_settings,
        }
    )


def get_newsletter(call: Call) -> Reply:
    """What a newsletter's program is: flat, and with a whole timestamp."""
    return replies.found(
        {
            "id": _public_id(call),
            "name": _name(call),
            "esp_type": "custom",
            "esp_type_name": "Custom",
            **subscribers.totals(call),
            "created_at": _CREATED_AT,
        }
    )


def overview(call: Call) -> Reply:
    """The deprecated overview, as far as the vendor's own plugin reads it."""
    stats, settings = ProgramStats(call, currency(call)), _commission_settings(call)
    return replies.found(
        {
            "overview_program_current_settings": {
                "program_initials": _initials(_name(call)),
                "program_type_title": call.program.type.capitalize(),
                "program_name": _name(call),
                "partner_portal_url": _portal_url(call),
                "commission_description": settings["commission_description"],
                "cookie_lifetime": settings["cookie_lifetime"],
                "payout_threshold": settings["payout_threshold"],
                "currency": settings["currency"],
            },
            **stats.counts(),
            **stats.sums(),
        }
    )


def overview_of_referral_program(call: Call) -> Reply:
    """The same of a refer-a-friend program, flat (sources.md#program)."""
    return replies.found(
        {
            "program": _program(call),
            **ReferralStats(call, currency(call)).flat(),
            "overview_program_current_settings": {
                "partner_portal_url": _portal_url(call),
                "website_url": _column(call, "website") or _WEBSITE,
            },
        }
    )


def update(call: Call) -> Reply:
    """Change what is sent; settings that this type of program does not have are ignored, as Laravel does."""
    fields = Fields(call.body)
    name, website = _limited(fields, "name", _LONGEST_NAME), _website(fields)
    program_settings = _changed_program_settings(call, fields.section("program_settings"))
    portal_settings = _flags(fields.section("portal_settings"), _PORTAL_FLAGS[call.program.type])
    fields.finish()
    _ensure_row(call)
    call.store.run(
        "UPDATE programs SET name = coalesce(?, name), website = coalesce(?, website),"
        " program_settings = ?, portal_settings = ?, last_edited = ? WHERE key = ?",
        name,
        website,
        json.dumps({**_stored(call, "program_settings"), **program_settings}),
        json.dumps({**_stored(call, "portal_settings"), **portal_settings}),
        moments.now(),
        call.program.key,
    )
    return Reply({"status": 1, "message": "Program updated successfully"})


def delete(call: Call) -> Reply:
    """Without a code, make one; with the one of the last 20 seconds, remove the program and all it has."""
    code = call.filter("confirmation_code")
    now = int(anyio.current_time() * 1000)
    if code is None:
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        _ensure_row(call)
        call.store.run(
            "UPDATE programs SET confirmation_code = ?, confirmation_began = ? WHERE key = ?",
            code,
            now,
            call.program.key,
        )
        return Reply({"data": {"confirmation_code": code}})
    confirmed = call.store.one(
        "SELECT 1 FROM programs WHERE key = ? AND confirmation_code = ?"
        " AND confirmation_began <= ? AND confirmation_began > ?",
        call.program.key,
        code,
        # Another event loop may have an earlier clock: what has not begun is not this loop's.
        now,
        now - _CODE_MILLISECONDS,
    )
    if confirmed is None:
        raise replies.invalid({"confirmation_code": ["The confirmation code is invalid or has expired."]})
    _remove_everything(call)
    return Reply({"status": 1, "message": "Program deleted successfully"})


def currency(call: Call) -> str:
    """The currency of what says nothing about its own."""
    stored = _stored(call, "program_settings").get("currency")
    return stored if isinstance(stored, str) else _CURRENCY


def until_deleted(route: Route) -> Route:
    """The same endpoint, for as long as the program exists: afterwards its key is unknown, 401."""

    def handler(call: Call) -> Reply:
        if _column(call, "deleted_at") is not None:
            raise Refusal(401, "Unauthenticated.")
        return route.handler(call)

    return replace(route, handler=handler)


def _program(call: Call) -> dict[str, object]:
    return {
        "id": int.from_bytes(_digest(call)[:3]),
        "public_id": _public_id(call),
        "website": _column(call, "website") or _WEBSITE,
        "initial": _initials(_name(call)),
        "type": call.program.type.capitalize(),
        "name": _name(call),
        "created_at": _CREATED_AT[:10],
        "last_edited": (_column(call, "last_edited") or _CREATED_AT)[:10],
    }


def _portal_url(call: Call) -> str:
    return f"https://{_public_id(call).lower()}.partneroapp.site"


def _program_settings(call: Call) -> dict[str, object]:
    stored = _stored(call, "program_settings")
    flags = {name: stored.get(name, False) for name in _PROGRAM_FLAGS[call.program.type]}
    return {**_commission_settings(call), **flags} if call.program.type == "affiliate" else {**flags}


def _portal_settings(call: Call) -> dict[str, object]:
    stored = _stored(call, "portal_settings")
    return {name: stored.get(name, False) for name in _PORTAL_FLAGS[call.program.type]}


def _commission_settings(call: Call) -> dict[str, object]:
    percent = money.written(call.commission_percent)
    days = _stored(call, "program_settings").get("cookie_lifetime", _COOKIE_DAYS)
    return {
        "currency": currency(call),
        "cookie_lifetime": str(days),
        "commission_description": f"{percent}% of every sale",
        "commission_value": percent,
        "has_multiple_commissions": False,
        "payout_threshold": 0,
    }


def _limited(fields: Fields, name: str, longest: int) -> str | None:
    text = fields.text(name, required=fields.sent(name))
    if text is not None and len(text) > longest:
        fields.complain(name, f"The {name} may not be greater than {longest} characters.")
    return text


def _website(fields: Fields) -> str | None:
    return _limited(fields, "website", _LONGEST_WEBSITE) and fields.url("website")


def _changed_program_settings(call: Call, fields: Fields) -> dict[str, Json]:
    changed = _flags(fields, _PROGRAM_FLAGS[call.program.type])
    if call.program.type != "affiliate":
        return changed
    units = fields.text("currency", required=fields.sent("currency"))
    if units is not None and not (len(units) == 3 and units.isascii() and units.isalpha()):
        fields.complain("currency", "The program_settings.currency must be 3 letters.")
    elif units is not None:
        changed["currency"] = units.upper()
    days = fields.integer("cookie_lifetime", 1, _MOST_COOKIE_DAYS, required=fields.sent("cookie_lifetime"))
    if days is not None:
        changed["cookie_lifetime"] = days
    return changed


def _flags(fields: Fields, names: tuple[str, ...]) -> dict[str, Json]:
    return {name: fields.flag(name, False) for name in names if fields.raw(name) is not None}


def _name(call: Call) -> str:
    return _column(call, "name") or f"My {call.program.type.capitalize()} Program"


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _digest(call: Call) -> bytes:
    return hashlib.sha256(call.program.key.encode()).digest()


def _public_id(call: Call) -> str:
    return base64.b32encode(_digest(call))[:8].decode()


def _stored(call: Call, column: str) -> dict[str, Json]:
    text = _column(call, column)
    return cast("dict[str, Json]", json.loads(text)) if text else {}


def _column(call: Call, name: str) -> str | None:
    row = call.store.one(f"SELECT {name} AS value FROM programs WHERE key = ?", call.program.key)
    return row["value"] if row else None


def _ensure_row(call: Call) -> None:
    call.store.run("INSERT OR IGNORE INTO programs (key) VALUES (?)", call.program.key)


def _remove_everything(call: Call) -> None:
    """Every record of the program in every table; only that it was deleted is kept."""
    # No reference to a deleted row stands in the way, so the order of the tables does not matter.
    tables = call.store.all(
        "SELECT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns"
        " WHERE tables.type = 'table' AND columns.name = 'program'"
    )
    for table in tables:
        call.store.run(f"DELETE FROM {table['name']} WHERE program = ?", call.program.key)
    call.store.run("DELETE FROM programs WHERE key = ?", call.program.key)
    call.store.insert("programs", {"key": call.program.key, "deleted_at": moments.now()})


ROUTES = (
    Route("GET", "/test", check, _ALL_TYPES),
    Route("GET", "/program", get, _WITH_SETTINGS),
    Route("GET", "/program", get_newsletter, frozenset({"newsletter"})),
    Route("GET", "/program/overview", overview),
    Route("GET", "/program/overview", overview_of_referral_program, frozenset({"referral"})),
    Route("PUT", "/program", update, _WITH_SETTINGS),
    Route("DELETE", "/program", delete, _ALL_TYPES),
)
