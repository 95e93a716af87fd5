"""Free-form settings of a program, which no endpoint reads back: the answer to a change shows them all."""

from .. import jsontext, replies
from ..calls import Call
from ..fields import Fields
from ..jsontext import Json
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

# Writing JSON takes two of Python's thousand frames a level.
_DEEPEST = 256


def update(call: Call) -> Reply:
    """Set what is sent and leave other settings as they are."""
    fields = Fields(call.body)
    if call.body.get("settings") is None:
        fields.complain("settings", "The settings field is required.")
    fields.section("settings")
    fields.finish()
    sent = call.body["settings"]
    for name, value in sent.items() if isinstance(sent, dict) else ():
        call.store.run(
            "INSERT INTO settings (program, name, value) VALUES (?, ?, ?)"
            " ON CONFLICT (program, name) DO UPDATE SET value = excluded.value",
            call.program.key,
            name,
            _text(value),
        )
    return replies.found(_all(call))


def _text(value: Json) -> str:
    level: list[Json] = [value]
    for _ in range(_DEEPEST):
        level = [inner for item in level for inner in _inside(item)]
    if level:
        raise replies.invalid({"settings": ["The settings are nested too deeply."]})
    return jsontext.write(value).decode("ascii")


def _inside(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _all(call: Call) -> object:
    """By name; an empty PHP array is a list."""
    rows = call.store.all("SELECT * FROM settings WHERE program = ? ORDER BY number", call.program.key)
    return {row["name"]: jsontext.parse(row["value"].encode("ascii")) for row in rows} or []


ROUTES = (Route("PUT", "/settings", update, frozenset({"affiliate", "referral", "newsletter"})),)
