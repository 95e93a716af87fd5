"""Deliveries of webhooks: each event is written down for every subscription that lists it, to be sent later.

The rows stand in the transaction of the change that they tell of, so that a request which is refused half-way
tells nobody. The body is written once: whatever is sent again has the same bytes, and the same signature.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping

from .. import jsontext, moments
from ..calls import Call

# AUTOINCREMENT: a number that was told must not become another delivery's. `waits_*` are milliseconds of the
# event loop, as the age of a confirmation code is (program.py). Asking to send again begins another round.
SCHEMA = """
CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    program TEXT NOT NULL,
    webhook_number INTEGER REFERENCES webhooks (number) ON DELETE SET NULL,
    webhook_key TEXT NOT NULL,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    signature TEXT NOT NULL,
    state TEXT NOT NULL,
    round INTEGER NOT NULL DEFAULT 1,
    waits_since INTEGER,
    waits_until INTEGER,
    created_at TEXT NOT NULL
);
CREATE INDEX deliveries_by_program ON deliveries (program, number);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_number);
CREATE INDEX open_deliveries ON deliveries (number) WHERE state = 'pending';
CREATE TABLE delivery_attempts (
    number INTEGER PRIMARY KEY,
    delivery_number INTEGER NOT NULL REFERENCES deliveries (number) ON DELETE CASCADE,
    round INTEGER NOT NULL,
    at TEXT NOT NULL,
    status INTEGER,
    error TEXT,
    milliseconds INTEGER NOT NULL
);
CREATE INDEX delivery_attempts_by_delivery ON delivery_attempts (delivery_number, number);
"""


def emit(call: Call, event: str, data: Mapping[str, object]) -> None:
    """Tell of an event whoever subscribed to it; `data` is the record as `get` answers it."""
    webhooks = call.store.all(
        "SELECT * FROM webhooks WHERE program = ? AND is_active ORDER BY number", call.program.key
    )
    for webhook in webhooks:
        if event not in json.loads(webhook["events"]):
            continue
        moment = moments.now_exactly()
        body = jsontext.write(
            {
                "event": event,
                "url": webhook["url"],
                "webhook_key": webhook["key"],
                "created_at": moment,
                "data": data,
            }
        )
        signature = hmac.new(webhook["signature"].encode(), body, hashlib.sha256).hexdigest()
        call.store.insert(
            "deliveries",
            {
                "program": call.program.key,
                "webhook_number": webhook["number"],
                "webhook_key": webhook["key"],
                "event": event,
                "url": webhook["url"],
                "body": body.decode("ascii"),
                "signature": signature,
                "state": "pending",
                "created_at": moment,
            },
        )


def drop_open(call: Call, webhook_number: int) -> None:
    """Give up what was not yet delivered to a subscription that ends or is switched off."""
    call.store.run(
        "UPDATE deliveries SET state = 'dropped' WHERE webhook_number = ? AND state = 'pending'",
        webhook_number,
    )
