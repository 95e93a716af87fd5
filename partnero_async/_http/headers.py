"""What the headers of an answer tell beside the body: when to come again, and what the exchange is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["remaining_requests", "request_id", "retry_after"]

# Beyond a day no limit of requests makes sense, and a mistake would close the client for good.
_LONGEST_RETRY_AFTER = 86_400.0
# Whole seconds by the standard; others are understood all the same.
_SECONDS = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,9})?")


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds of ``Retry-After``, from either of its forms; None where there is none to believe."""
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        seconds = max(0.0, float(text))
    else:
        moment = _http_date(text)
        if moment is None:
            return None
        # The server's own clock, where it shows one: what it means is a time from then.
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
    """The requests that are left in the server's window (``X-RateLimit-Remaining``), where it says so."""
    text = headers.get("x-ratelimit-remaining", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def request_id(headers: Mapping[str, str]) -> str | None:
    """The server's own name for the exchange."""
    return headers.get("x-request-id") or headers.get("cf-ray")
