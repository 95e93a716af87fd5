"""What must never be shown: a value that no repr, log, pickle or traceback prints."""

from __future__ import annotations

from typing import Any

__all__ = ["Secret", "SigningSecret"]


class Secret:
    """A text that is only given out on request.

    Error reporters print the locals of every frame; a secret in this wrapper prints as asterisks there.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself: to be used in an expression, not kept in a variable."""
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}('**********')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret is not pickled or copied")


class SigningSecret(Secret):
    """The secret that webhook deliveries are signed with.

    It is part of a record, which can be pickled and copied, so it can be too.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reveal(),)
