"""One sale or refund of an outbox, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

import attrs

__all__ = ["COLUMNS", "OPEN", "Entry", "Kind", "State", "entry_of", "row_of"]

Kind: TypeAlias = Literal["sale", "refund"]
"""What an entry is: a sale to be recorded at Partnero, or one to be deleted there."""


class State(StrEnum):
    """Where an entry stands."""

    ACCEPTED = "accepted"
    """It is kept, and to be sent."""

    SENDING = "sending"
    """Some process sends it, or did when it ended."""

    IN_DOUBT = "in_doubt"
    """It was sent and its answer was lost: it is looked up before it is sent again."""

    DELIVERED = "delivered"
    """Partnero has it."""

    REFUSED = "refused"
    """Partnero refused it with a 4xx: it needs a person."""


OPEN: Final = (State.ACCEPTED, State.SENDING, State.IN_DOUBT)
"""The states of what is not settled."""


@attrs.frozen(kw_only=True)
class Entry:
    """A sale or a refund, as the outbox keeps it."""

    number: int = 0
    """Its place in the order in which entries were recorded, from 1, with gaps; 0 before it is stored."""

    kind: Kind
    """A sale, or the refund of one."""

    key: str
    """Your own identifier of the sale."""

    state: State = State.ACCEPTED
    """Where it stands."""

    content: str = attrs.field(repr=False)
    """The JSON body of its request: what is sent, ``created_at`` included."""

    digest: str = attrs.field(repr=False)
    """A hash of the content as it was handed in, by which the same sale is known again."""

    recorded_at: datetime
    """When it was recorded (UTC)."""

    due_at: float
    """The Unix time at which it is this entry's turn: to be sent or looked up; or, while it is being sent, to
    be given up by whoever does that."""

    attempts: int = 0
    """How many times it was sent, as far as is known."""

    error: str | None = None
    """What was last heard of it, where that was no success: one line."""

    version: int = 0
    """How many times it changed: whoever changes it names the version that they saw."""


COLUMNS: Final = tuple(field.name for field in attrs.fields(Entry))
"""The names of a row: those of the fields, in order; ``number`` is the first."""


def row_of(entry: Entry) -> dict[str, Any]:
    """The row of an entry, of values that every database knows."""
    values = {name: getattr(entry, name) for name in COLUMNS}
    return {**values, "state": entry.state.value, "recorded_at": entry.recorded_at.timestamp()}


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The entry of a row."""
    values: dict[str, Any] = {**row}
    values["state"] = State(row["state"])
    values["recorded_at"] = datetime.fromtimestamp(row["recorded_at"], UTC)
    return Entry(**values)
