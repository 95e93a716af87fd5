"""What must never be shown: a value that no repr, log, pickle or traceback prints."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from .errors import ArgumentError

__all__ = ["API_KEY_VARIABLE", "Secret", "api_key_from", "hash_of"]

API_KEY_VARIABLE = "PARTNERO_API_KEY"


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


def api_key_from(given: Secret | None) -> Secret:
    """The API key: what was given, else what the environment says.

    Raises:
        ArgumentError: There is none, or it cannot be one; the text never shows it.
    """
    key, source = given, "api_key"
    if key is None:
        key, source = Secret(os.environ.get(API_KEY_VARIABLE, "")), API_KEY_VARIABLE
        if not key.reveal():
            raise ArgumentError(f"no API key: give api_key=... or set {API_KEY_VARIABLE} in the environment")
    if not isinstance(key.reveal(), str):
        raise TypeError(f"{source} must be a string, not {type(key.reveal()).__name__}")
    if not key.reveal().strip():
        raise ArgumentError(f"{source} is empty or blank")
    if len(key.reveal().splitlines()) > 1 or key.reveal() != key.reveal().strip():
        raise ArgumentError(
            f"{source} has a line break or blanks around it: strip it, and look whether it is one key"
        )
    if not all("!" <= character <= "~" for character in key.reveal()):
        raise ArgumentError(
            f"{source} has characters that no API key has: only visible ASCII ones fit a header"
        )
    return key


def hash_of(key: Secret, base_url: str) -> str:
    """What tells programs apart without telling the API key: SHA-256 of the base URL and the key."""
    return hashlib.sha256(f"partnero_async\n{base_url}\n{key.reveal()}".encode()).hexdigest()
