"""Rewards of newsletters: milestones that subscribers reach by the number of others whom they brought."""

import sqlite3

from .. import moments, pages, replies
from ..calls import Call, ProgramType
from ..fields import Fields
from ..replies import Reply
from ..routing import Route
from ..store import Value
from ..table import Table

# A trigger without a subscriber is of one who was deleted: the reward was given all the same.
SCHEMA = """
CREATE TABLE newsletter_rewards (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    fulfillment_type TEXT,
    fulfillment_value TEXT,
    subscriber_count INTEGER NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX newsletter_rewards_by_creation ON newsletter_rewards (program, created_at, number);
CREATE TABLE newsletter_reward_triggers (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    reward_number INTEGER NOT NULL REFERENCES newsletter_rewards (number) ON DELETE CASCADE,
    subscriber_number INTEGER REFERENCES subscribers (number) ON DELETE SET NULL,
    created_at TEXT NOT NULL,
    UNIQUE (reward_number, subscriber_number)
);
CREATE INDEX newsletter_reward_triggers_by_subscriber ON newsletter_reward_triggers (subscriber_number);
"""

TABLE = Table(
    "SELECT record.*, (SELECT count(*) FROM newsletter_reward_triggers AS made"
    " WHERE made.reward_number = record.number) AS times_triggered FROM newsletter_rewards AS record",
    "Reward",
)
_FULFILLMENTS = {
    "url_link": "URL link",
    "generic_coupon": "Coupon code",
    "amazon_gift_card": "Amazon gift card",
}
_NEWSLETTER: frozenset[ProgramType] = frozenset({"newsletter"})


def list_(call: Call) -> Reply:
    """List rewards."""
    return pages.listed(call, TABLE.select, [("record.program = ?", call.program.key)], _whole)


def create(call: Call) -> Reply:
    """Add a reward; the number of subscribers is `subscribers_count` here and `subscriber_count` there."""
    fields = Fields(call.body)
    row: dict[str, Value] = {
        "program": call.program.key,
        "name": fields.text("name", required=True),
        "description": fields.text("description"),
        "fulfillment_type": fields.choice("fulfillment_type", _FULFILLMENTS),
        "fulfillment_value": fields.text("fulfillment_value"),
        "subscriber_count": fields.integer("subscribers_count", 1) or 1,
        "created_at": moments.now(),
    }
    fields.finish()
    return replies.created(_whole(TABLE.numbered(call, call.store.insert("newsletter_rewards", row))))


def get(call: Call) -> Reply:
    """Read one reward."""
    return replies.found(
        _whole(TABLE.required(call, "number", Fields({"id": call.identifier}).integer("id")))
    )


def reached(call: Call, subscriber_number: int, referrals: int) -> list[sqlite3.Row]:
    """The rewards that a subscriber with so many referrals has reached and was not given.

    It is asked at a referral: whoever was there before the reward was made gets it with the next one. No
    source says so (sources.md#rewards), nor that some referrals do not count.
    """
    return call.store.all(
        "SELECT number FROM newsletter_rewards WHERE program = ? AND subscriber_count <= ?"
        " AND number NOT IN (SELECT reward_number FROM newsletter_reward_triggers"
        " WHERE subscriber_number = ?) ORDER BY subscriber_count, number",
        call.program.key,
        referrals,
        subscriber_number,
    )


def give(call: Call, reward: sqlite3.Row, subscriber_number: int) -> None:
    """Give a reward, which is possible only once."""
    call.store.insert(
        "newsletter_reward_triggers",
        {
            "program": call.program.key,
            "reward_number": reward["number"],
            "subscriber_number": subscriber_number,
            "created_at": moments.now(),
        },
    )


def of_subscriber(call: Call, subscriber_number: int) -> list[object]:
    """What a subscriber was given, and when; no source shows an example."""
    rows = call.store.all(
        "SELECT reward.*, made.created_at AS made_at FROM newsletter_reward_triggers AS made"
        " JOIN newsletter_rewards AS reward ON reward.number = made.reward_number"
        " WHERE made.subscriber_number = ? ORDER BY made.number",
        subscriber_number,
    )
    return [{**_shared(row), "created_at": row["made_at"]} for row in rows]


def _shared(row: sqlite3.Row) -> dict[str, object]:
    kind = row["fulfillment_type"]
    return {
        "id": row["number"],
        "name": row["name"],
        "description": row["description"],
        "fulfillment_type": kind,
        "fulfillment_type_name": _FULFILLMENTS[kind] if kind is not None else None,
        "fulfillment_value": row["fulfillment_value"],
        "subscriber_count": row["subscriber_count"],
    }


def _whole(row: sqlite3.Row) -> dict[str, object]:
    return {
        **_shared(row),
        "status": "active",
        "type": "default",
        "times_triggered": row["times_triggered"],
        "created_at": row["created_at"],
        # Nothing changes a reward.
        "updated_at": row["created_at"],
    }


ROUTES = (
    Route("GET", "/rewards", list_, _NEWSLETTER),
    Route("POST", "/rewards", create, _NEWSLETTER),
    Route("GET", "/rewards/{id}", get, _NEWSLETTER),
)
