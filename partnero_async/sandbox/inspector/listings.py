"""The records of a program as tables to look at, the newest first."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..calls import Program, ProgramType
from ..store import Store

NOUNS = ("customers", "partners", "sales", "rewards")


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of one noun in one type of program."""

    title: str
    columns: Sequence[str]
    """Headings of what `select` gives, in its order; those of times end in `at`."""
    select: str
    """Names the table of the records `record`, which is the first after FROM."""


_NAME = "trim(coalesce({0}.name, '') || ' ' || coalesce({0}.surname, ''))".format
_AMOUNT = "record.amount || ' ' || upper(record.amount_units)"

_LISTINGS: Mapping[tuple[str, ProgramType], Listing] = {
    ("customers", "affiliate"): Listing(
        "Customers",
        ("Key", "E-mail", "Name", "Partner", "Created at", "Archived at"),
        f"SELECT record.key, record.email, {_NAME('record')}, partners.id, record.created_at,"
        " record.deleted_at FROM customers AS record"
        " JOIN partners ON partners.number = record.partner_number",
    ),
    ("partners", "affiliate"): Listing(
        "Partners",
        ("Id", "Key", "E-mail", "Name", "Created at", "Archived at"),
        "SELECT record.id, (SELECT key FROM partner_referral_links AS link"
        " WHERE link.partner_number = record.number ORDER BY is_default DESC, link.number LIMIT 1),"
        f" record.email, {_NAME('record')}, record.created_at, record.deleted_at FROM partners AS record",
    ),
    ("sales", "affiliate"): Listing(
        "Sales",
        ("Key", "Amount", "Customer", "Partner", "Created at", "Archived at"),
        f"SELECT record.key, {_AMOUNT}, customers.key, partners.id, record.created_at, record.deleted_at"
        " FROM transactions AS record JOIN customers ON customers.number = record.customer_number"
        " JOIN partners ON partners.number = record.partner_number",
    ),
    ("rewards", "affiliate"): Listing(
        "Rewards",
        ("Partner", "Amount", "Sale", "Note", "Created at", "Paid at"),
        f"SELECT partners.id, {_AMOUNT}, sale.key, record.note, record.created_at, record.paid_at"
        " FROM rewards AS record JOIN partners ON partners.number = record.partner_number"
        " LEFT JOIN transactions AS sale ON sale.number = record.transaction_number",
    ),
    ("customers", "referral"): Listing(
        "Customers",
        ("Id", "Key", "E-mail", "Name", "Referred by", "Created at", "Archived at"),
        "SELECT record.id, (SELECT key FROM customer_referral_links AS link"
        " WHERE link.customer_number = record.number ORDER BY is_default DESC, link.number LIMIT 1),"
        f" record.email, {_NAME('record')}, referrer.id, record.created_at, record.deleted_at"
        " FROM referral_customers AS record LEFT JOIN referral_customers AS referrer"
        " ON referrer.number = record.referring_customer_number",
    ),
    ("sales", "referral"): Listing(
        "Sales",
        ("Key", "Amount", "Customer", "Referred by", "Created at"),
        f"SELECT record.key, {_AMOUNT}, buyer.id, referrer.id, record.created_at"
        " FROM referral_transactions AS record"
        " JOIN referral_customers AS buyer ON buyer.number = record.customer_number"
        " LEFT JOIN referral_customers AS referrer ON referrer.number = record.referring_customer_number",
    ),
    ("rewards", "referral"): Listing(
        "Rewards and credits",
        ("Customer", "Amount", "Sale", "Created at"),
        f"SELECT customer.id, {_AMOUNT}, sale.key, record.created_at FROM balance_entries AS record"
        " JOIN referral_customers AS customer ON customer.number = record.customer_number"
        " LEFT JOIN referral_transactions AS sale ON sale.number = record.transaction_number",
    ),
    ("customers", "newsletter"): Listing(
        "Subscribers",
        ("Id", "E-mail", "Name", "Status", "Referred by", "Created at"),
        "SELECT record.id, record.email, record.name, record.status, referrer.email, record.created_at"
        " FROM subscribers AS record LEFT JOIN subscribers AS referrer"
        " ON referrer.number = record.referrer_number",
    ),
    ("rewards", "newsletter"): Listing(
        "Rewards",
        ("Name", "Referrals needed", "Times given", "Created at"),
        "SELECT record.name, record.subscriber_count, (SELECT count(*) FROM newsletter_reward_triggers"
        " AS made WHERE made.reward_number = record.number), record.created_at"
        " FROM newsletter_rewards AS record",
    ),
}


def find(noun: str, program: Program) -> Listing | None:
    """The table of a noun, if programs of this type have it."""
    return _LISTINGS.get((noun, program.type))


def count(store: Store, program: Program, listing: Listing) -> int:
    """How many of them a program has."""
    table = listing.select.partition(" AS record")[0].rpartition(" ")[2]
    row = store.one(f"SELECT count(*) AS total FROM {table} WHERE program = ?", program.key)
    assert row is not None
    return int(row["total"])


def newest(
    store: Store, program: Program, listing: Listing, most: int, *, after: int
) -> Sequence[sqlite3.Row]:
    """The newest of them, without so many that are newer still."""
    return store.all(
        f"{listing.select} WHERE record.program = ?"
        " ORDER BY record.created_at DESC, record.number DESC LIMIT ? OFFSET ?",
        program.key,
        most,
        after,
    )
