"""The keys that referral links carry: whose they are, and what address each makes.

A partner, or a refer-a-friend customer, has one default key and any number of others; each of them names it.
"""

import sqlite3
from dataclasses import dataclass
from urllib.parse import quote

from ..calls import Call
from ..fields import Fields
from ..table import Table


@dataclass(frozen=True, slots=True)
class Domain:
    """Where links can lead; the id of the default domain is null."""

    id: int | None
    domain: str
    url: str
    is_additional: bool


@dataclass(frozen=True, slots=True)
class ReferralKeys:
    """The keys of all partners or of all customers, in a table of links that refer to their owners."""

    name: str
    owners: str
    owner: str
    domains: tuple[Domain, ...]
    apart_from_ids: bool
    """Whether an id may be somebody else's key, because no path takes both."""

    @property
    def schema(self) -> str:
        """What the keys are kept in."""
        return f"""
CREATE TABLE {self.name} (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    {self.owner} INTEGER NOT NULL REFERENCES {self.owners} (number) ON DELETE CASCADE,
    key TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    domain_id INTEGER,
    direct_tracking INTEGER NOT NULL DEFAULT 0,
    direct_tracking_redirect INTEGER NOT NULL DEFAULT 0,
    direct_tracking_redirect_url TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (program, key)
);
CREATE INDEX {self.name}_by_owner ON {self.name} ({self.owner}, created_at, number);
CREATE UNIQUE INDEX default_{self.name} ON {self.name} ({self.owner}) WHERE is_default;
"""

    @property
    def table(self) -> Table:
        """The links by their keys."""
        return Table(f"SELECT * FROM {self.name} AS record", "Referral link")

    def owner_of(self, call: Call, key: str) -> int | None:
        """The number of whom a key names."""
        link = self.table.one(call, "key", key)
        return link[self.owner] if link else None

    def add_default(self, call: Call, *, owner: int, key: str, created_at: str) -> None:
        """Give a new owner its default key."""
        call.store.insert(
            self.name,
            {
                "program": call.program.key,
                self.owner: owner,
                "key": key,
                "is_default": 1,
                "created_at": created_at,
            },
        )

    def default_of(self, call: Call, owner: int) -> sqlite3.Row:
        """An owner's default link."""
        row = call.store.one(f"SELECT * FROM {self.name} WHERE {self.owner} = ? AND is_default", owner)
        assert row is not None
        return row

    def domain(self, link: sqlite3.Row) -> Domain:
        """The domain that a link is on."""
        return next(domain for domain in self.domains if domain.id == link["domain_id"])

    def url(self, link: sqlite3.Row) -> str:
        """The address that the owner hands out."""
        return self.domain(link).url + quote(link["key"], safe="")

    def urls(self, call: Call, owner: int) -> list[str]:
        """All addresses of an owner, the default one first."""
        links = call.store.all(
            f"SELECT * FROM {self.name} WHERE {self.owner} = ? ORDER BY is_default DESC, created_at, number",
            owner,
        )
        return [self.url(link) for link in links]

    def complain_if_taken(
        self, call: Call, fields: Fields, key: str | None, *, but: int | None = None, owner: int | None = None
    ) -> None:
        """A key belongs to one link only, among those of all owners; `but` is the link that may have it."""
        if key is None:
            return
        link = self.table.one(call, "key", key)
        is_taken = link is not None and link["number"] != but
        if is_taken or (not self.apart_from_ids and self._is_id_of_another(call, key, owner)):
            fields.complain("key", "The key has already been taken.")

    def complain_of_foreign_url(self, call: Call, options: Fields, owner: int) -> None:
        """A sale or sign-up can only be attributed to a link of whom is to be rewarded."""
        sent = options.text("referral_url")
        if sent is not None and sent not in self.urls(call, owner):
            options.complain("referral_url", f"The referral url does not belong to the {self.noun}.")

    @property
    def noun(self) -> str:
        """What an owner is called in a complaint."""
        return self.owner.removesuffix("_number")

    def _is_id_of_another(self, call: Call, key: str, owner: int | None) -> bool:
        row = call.store.one(
            f"SELECT number FROM {self.owners} WHERE program = ? AND id = ?", call.program.key, key
        )
        return row is not None and row["number"] != owner


PARTNERS = ReferralKeys(
    "partner_referral_links",
    "partners",
    "partner_number",
    (
        Domain(None, "yourcompany.com", "https://yourcompany.com?aff=", is_additional=False),
        Domain(8, "yourcompany.test/profile", "https://yourcompany.test/profile?link=", is_additional=True),
    ),
    apart_from_ids=True,
)
CUSTOMERS = ReferralKeys(
    "customer_referral_links",
    "referral_customers",
    "customer_number",
    (
        Domain(None, "yourcompany.com", "https://yourcompany.com?ref=", is_additional=False),
        Domain(8, "yourcompany.test/profile", "https://yourcompany.test/profile?ref=", is_additional=True),
    ),
    apart_from_ids=False,
)

SCHEMA = PARTNERS.schema + CUSTOMERS.schema
