"""What the connection test tells about the API key: the program that it belongs to."""

from __future__ import annotations

import attrs

from ._base import Record

__all__ = ["ConnectedProgram", "KeyCheck"]


@attrs.frozen(kw_only=True)
class ConnectedProgram(Record):
    """The one program that an API key belongs to."""

    pub_id: str
    """The public id of the program, such as ``MOBTGEKX``."""


@attrs.frozen(kw_only=True)
class KeyCheck(Record):
    """The answer of the connection test. Of the program only the ``pub_id`` is known."""

    program: ConnectedProgram | None = None
    """The program that the API key belongs to."""
