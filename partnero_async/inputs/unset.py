"""What is left unsaid: the default of every optional field of a request."""

from __future__ import annotations

import enum
from typing import Final, Literal, TypeAlias

__all__ = ["UNSET", "Unset"]


class _UnsetType(enum.Enum):
    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = _UnsetType.UNSET
"""The default of every optional field of a request: not sent, whereas ``None`` is sent as null."""

Unset: TypeAlias = Literal[_UnsetType.UNSET]
"""The type of ``UNSET``, for signatures that pass it on."""
