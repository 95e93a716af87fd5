"""Finding the rows of one noun, or answering 404 because there is none."""

import sqlite3
from dataclasses import dataclass

from . import replies
from .calls import Call
from .store import Value


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that `select` reads, under the name `record`; a 404 calls one of them `noun`."""

    select: str
    noun: str

    def one(self, call: Call, column: str, value: Value) -> sqlite3.Row | None:
        """The row of the program with this value, if there is one; of several, the oldest."""
        return call.store.one(
            f"{self.select} WHERE record.program = ? AND record.{column} = ?"
            " ORDER BY record.created_at, record.number",
            call.program.key,
            value,
        )

    def required(self, call: Call, column: str, value: Value) -> sqlite3.Row:
        """The row of the program with this value, or 404."""
        return self.existing(self.one(call, column, value))

    def identified(self, call: Call, column: str) -> sqlite3.Row:
        """The row of the program with the path's identifier in this column, or 404."""
        return self.required(call, column, call.identifier)

    def existing(self, row: sqlite3.Row | None) -> sqlite3.Row:
        """The row that was looked for, or 404."""
        if row is None:
            raise replies.not_found(self.noun)
        return row

    def numbered(self, call: Call, number: int) -> sqlite3.Row:
        """The row that was just inserted or changed, or that another row refers to."""
        row = call.store.one(f"{self.select} WHERE record.number = ?", number)
        assert row is not None
        return row
