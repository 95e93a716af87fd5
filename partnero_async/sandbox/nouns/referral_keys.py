"""The keys that referral links carry: whose they are, and what address each makes.

A partner has one default key and any number of others; each of them names the partner.
"""

import sqlite3
from dataclasses import dataclass
from urllib.parse import quote

from ..calls import Call
from ..fields import Fields
from ..table import Table

SCHEMA = """
CREATE TABLE partner_referral_links (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    partner_number INTEGER NOT NULL REFERENCES partners (number) ON DELETE CASCADE,
    key TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    domain_id INTEGER,
    direct_tracking INTEGER NOT NULL DEFAULT 0,
    direct_tracking_redirect INTEGER NOT NULL DEFAULT 0,
    direct_tracking_redirect_url TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (program, key)
);
CREATE INDEX partner_referral_links_by_partner
    ON partner_referral_links (partner_number, created_at, number);
CREATE UNIQUE INDEX default_referral_links ON partner_referral_links (partner_number) WHERE is_default;
"""

TABLE = Table("SELECT * FROM partner_referral_links AS record", "Referral link")


@dataclass(frozen=True, slots=True)
class Domain:
    """Where links can lead; the id of the default domain is null."""

    id: int | None
    domain: str
    url: str
    is_additional: bool


DOMAINS = (
    Domain(None, "yourcompany.com", "https://yourcompany.com?aff=", is_additional=False),
    Domain(8, "yourcompany.test/profile", "https://yourcompany.test/profile?link=", is_additional=True),
)


def add_default(call: Call, *, partner_number: int, key: str, created_at: str) -> None:
    """Give a new partner its default key."""
    call.store.insert(
        "partner_referral_links",
        {
            "program": call.program.key,
            "partner_number": partner_number,
            "key": key,
            "is_default": 1,
            "created_at": created_at,
        },
    )


def default_of(call: Call, partner_number: int) -> sqlite3.Row:
    """A partner's default link."""
    row = call.store.one(
        "SELECT * FROM partner_referral_links WHERE partner_number = ? AND is_default", partner_number
    )
    assert row is not None
    return row


def domain(link: sqlite3.Row) -> Domain:
    """The domain that a link is on."""
    return next(domain for domain in DOMAINS if domain.id == link["domain_id"])


def url(link: sqlite3.Row) -> str:
    """The address that a partner hands out."""
    return domain(link).url + quote(link["key"], safe="")


def urls(call: Call, partner_number: int) -> list[str]:
    """All addresses of a partner, the default one first."""
    links = call.store.all(
        "SELECT * FROM partner_referral_links WHERE partner_number = ?"
        " ORDER BY is_default DESC, created_at, number",
        partner_number,
    )
    return [url(link) for link in links]


def complain_if_taken(call: Call, fields: Fields, key: str | None, *, but: int | None = None) -> None:
    """A key belongs to one link only, among those of all partners."""
    link = TABLE.one(call, "key", key) if key is not None else None
    if link is not None and link["number"] != but:
        fields.complain("key", "The key has already been taken.")


def complain_of_foreign_url(call: Call, options: Fields, partner_number: int) -> None:
    """A sale or sign-up can only be attributed to a link of the partner who is to be rewarded."""
    sent = options.text("referral_url")
    if sent is not None and sent not in urls(call, partner_number):
        options.complain("referral_url", "The referral url does not belong to the partner.")
