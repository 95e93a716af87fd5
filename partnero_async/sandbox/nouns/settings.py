"""Free-form settings of a program, which no endpoint reads back: the answer to a change shows them all."""

from .. import freeform, jsontext, replies
from ..calls import Call
from ..fields import Fields
from ..replies import Reply
from ..routing import Route

SCHEMA = """
CREATE TABLE settings (
    number INTEGER PRIMARY KEY,
    program TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (program, name)
);
"""


def update(call: Call) -> Reply:
    """Set what is sent and leave other settings as they are."""
    fields = Fields(call.body)
    sent = freeform.sent(fields, "settings")
    if sent is None:
        fields.complain("settings", "The settings field is required.")
    fields.finish()
    for name, value in (sent or {}).items():
        call.store.run(
            "INSERT INTO settings (program, name, value) VALUES (?, ?, ?)"
            " ON CONFLICT (program, name) DO UPDATE SET value = excluded.value",
            call.program.key,
            name,
            freeform.written(value),
        )
    return replies.found(_all(call))


def _all(call: Call) -> object:
    """By name; an empty PHP array is a list."""
    rows = call.store.all("SELECT * FROM settings WHERE program = ? ORDER BY number", call.program.key)
    return {row["name"]: jsontext.parse(row["value"].encode("ascii")) for row in rows} or []


ROUTES = (Route("PUT", "/settings", update, frozenset({"affiliate", "referral", "newsletter"})),)
