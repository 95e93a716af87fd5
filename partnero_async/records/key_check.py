"""What the connection test tells about the API key: the program that it belongs to."""

from __future__ import annotations

import attrs

from ._base import Record, Word

__all__ = ["ConnectedProgram", "ConnectedProgramType", "KeyCheck"]


class ConnectedProgramType(Word):
    """The types of programs that the WordPress plugin tells apart; others stay strings.

    ``ProgramType`` has other words for them (sources.md#key-check).
    """

    AFFILIATE = "affiliate"
    """Partners refer customers."""

    REFER_A_FRIEND = "refer_a_friend"
    """Customers refer customers."""


@attrs.frozen(kw_only=True)
class ConnectedProgram(Record):
    """The one program that an API key belongs to."""

    pub_id: str
    """The public id of the program, such as ``MOBTGEKX``."""

    type: ConnectedProgramType | str | None = None
    """The type of the program, which decides what methods an API key is for."""


@attrs.frozen(kw_only=True)
class KeyCheck(Record):
    """The answer of the connection test. Of the program two fields are known."""

    program: ConnectedProgram | None = None
    """The program that the API key belongs to."""
