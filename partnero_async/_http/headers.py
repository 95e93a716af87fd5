"""The headers of a request, and what those of an answer tell beside the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .. import __version__
from .._secret import Secret

__all__ = [
    "CONTENT_TYPE",
    "allowed_requests",
    "remaining_requests",
    "request_headers",
    "request_id",
    "retry_after",
]

# Beyond a day no limit of requests makes sense, and a mistake would close the client for good.
_LONGEST_RETRY_AFTER = 86_400.0
# RFC 9110, section 10.2.3, has whole seconds; fractions are read too.
_SECONDS = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,9})?")


def request_headers(api_key: Secret, *, library: str) -> tuple[tuple[str, str | Secret], ...]:
    """What every request says of itself; one with a body adds ``CONTENT_TYPE``.

    Args:
        api_key: The API key, which stays wrapped: an engine unwraps it into what its library hides.
        library: Name and version of the library underneath, for the User-Agent: ``httpx/0.28.1``.
    """
    return (
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
        ("Authorization", Secret(f"Bearer {api_key.reveal()}")),
        ("User-Agent", f"partnero-async/{__version__} {library}"),
    )


CONTENT_TYPE = ("Content-Type", "application/json")
"""The header of a request with a body."""


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds of ``Retry-After``, from either of its forms; None where there is none to believe."""
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        seconds = max(0.0, float(text))
    else:
        moment = _http_date(text)
        if moment is None:
            return None
        # A date is on the server's clock: subtract its own Date header, ours only if it sends none.
        asked = now or _http_date(headers.get("date", "")) or datetime.now(UTC)
        seconds = max(0.0, (moment - asked).total_seconds())
    return seconds if seconds <= _LONGEST_RETRY_AFTER else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def remaining_requests(headers: Mapping[str, str]) -> int | None:
    """The requests that are left by ``X-RateLimit-Remaining``, if it is sent (sources.md#rate-limits)."""
    text = headers.get("x-ratelimit-remaining", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def allowed_requests(headers: Mapping[str, str]) -> int | None:
    """The requests that a window has by ``X-RateLimit-Limit``, if it is sent (sources.md#rate-limits)."""
    text = headers.get("x-ratelimit-limit", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def request_id(headers: Mapping[str, str]) -> str | None:
    """The server's own name for the exchange."""
    return headers.get("x-request-id") or headers.get("cf-ray")
