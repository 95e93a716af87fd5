"""Profiles: the API keys of several programs, in the environment or in a file that nobody else can read."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path
from typing import Any, Final

import click

from ..errors import ArgumentError
from ..records._base import is_object

__all__ = ["profile"]

KEY_VARIABLE: Final = "PARTNERO_API_KEY"
FILE_VARIABLE: Final = "PARTNERO_PROFILES"
_FIELDS: Final = {"api_key", "base_url"}


def profile(name: str) -> dict[str, Any]:
    """What a client of this profile is made with: its API key, and its base URL if it has another.

    The environment is asked first, for ``PARTNERO_API_KEY_NAME``; then the file that ``PARTNERO_PROFILES``
    names, or ``profiles.toml`` in the folder that the system has for settings.

    Raises:
        ArgumentError: There is no such profile, or the file cannot be read, or others can read it.
    """
    variable = f"{KEY_VARIABLE}_{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}"
    if api_key := os.environ.get(variable):
        base_url = os.environ.get(variable.replace("API_KEY", "BASE_URL"))
        return {"api_key": api_key} | ({"base_url": base_url} if base_url else {})
    path = Path(os.environ.get(FILE_VARIABLE) or Path(click.get_app_dir("partnero")) / "profiles.toml")
    profiles = _read(path)
    if profiles is None:
        raise ArgumentError(f"no profile {name!r}: {variable} is not set, and there is no file {path}")
    found = profiles.get(name)
    if not is_object(found):
        known = ", ".join(sorted(profiles)) or "none"
        raise ArgumentError(f"no profile {name!r}: {variable} is not set, and {path} has: {known}")
    strange = found.keys() - _FIELDS
    if strange or not all(isinstance(value, str) for value in found.values()) or "api_key" not in found:
        raise ArgumentError(
            f"the profile {name!r} in {path} must have api_key, may have base_url, and nothing else"
        )
    return dict(found)


def _read(path: Path) -> dict[str, Any] | None:
    """The profiles of a file; None where there is none."""
    import tomllib

    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
                raise ArgumentError(f"others can read the API keys in {path}: chmod 600 {path}")
            return tomllib.load(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ArgumentError(f"the profiles in {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # What a parser says of it may quote a line with a key.
        raise ArgumentError(f"the profiles in {path} are no TOML") from None
