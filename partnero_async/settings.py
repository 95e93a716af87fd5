"""What a client is told once: read from arguments and the environment, and checked before any I/O."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from .errors import ArgumentError
from .secret import Secret

__all__ = [
    "API_KEY_VARIABLE",
    "BASE_URL_VARIABLE",
    "DEFAULT_BASE_URL",
    "api_key_from",
    "base_url_from",
    "is_loopback",
]

DEFAULT_BASE_URL = "https://api.partnero.com/v1"
API_KEY_VARIABLE = "PARTNERO_API_KEY"
BASE_URL_VARIABLE = "PARTNERO_BASE_URL"

# Strict on purpose: what begins like an address and goes on ("[::1].evil.example") is another host.
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\[\]:/\\@]+)(?::[0-9]{1,5})?(?=/|$)")


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


def base_url_from(given: str | None, *, allow_http: bool, ours: bool) -> str:
    """The base URL, without a slash at its end: what was given, else the environment's, else Partnero's.

    Args:
        given: The argument.
        allow_http: Whether plain http may leave this machine.
        ours: Whether we open the connections; where a transport was given, the scheme is its affair.

    Raises:
        ArgumentError: It is not an absolute URL, is not https, or has user info, a query or a fragment.
    """
    # A variable that is set but empty is a mistake: taken for unset, it would lead to production.
    url = given if given is not None else os.environ.get(BASE_URL_VARIABLE, DEFAULT_BASE_URL)
    if not isinstance(url, str):
        raise TypeError(f"base_url must be a string, not {type(url).__name__}")
    scheme, separator, rest = url.partition("://")
    # No text below shows the URL: it may have a password in it. http://127.0.0.1@evil has the host evil.
    if "@" in re.split(r"[?#]", rest)[0]:
        raise ArgumentError("base_url must not have user info (the part before @)")
    if not separator or scheme.lower() not in ("http", "https"):
        raise ArgumentError("base_url must begin with https:// (or http:// for a server on this machine)")
    if "?" in url or "#" in url:
        raise ArgumentError("base_url must not have a query or a fragment")
    host = _HOST.match(rest) if _is_splittable(url) else None
    if not host or not rest.isprintable() or any(map(str.isspace, rest)):
        raise ArgumentError("base_url is not a URL: its host or port is malformed, or it has blanks in it")
    if scheme.lower() == "http" and ours and not allow_http and not is_loopback(host["name"].strip("[]")):
        raise ArgumentError(
            f"base_url would send the API key to {host['name']} in the clear: use https, "
            "or allow_http=True if that is meant"
        )
    return url.rstrip("/")


def _is_splittable(url: str) -> bool:
    """Whether the standard library sees no trick in a URL, such as a letter that normalizes to a slash."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address: ``localhost``, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
