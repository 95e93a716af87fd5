"""What moments, amounts and numbers look like on the wire, whichever way they go."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from .errors import ArgumentError

__all__ = ["check_moment", "oversized", "timestamp"]


def timestamp(moment: datetime) -> str:
    """A moment as Partnero writes it: UTC, six fraction digits and ``Z``."""
    # Not strftime: it writes years before 1000 without their leading zeros.
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def check_moment(name: str, value: object) -> str:
    """A moment as Partnero writes it, if ``value`` is a datetime with a time zone."""
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime, not {type(value).__name__}")
    # A datetime is also naive if its tzinfo has no offset for it.
    if value.utcoffset() is None:
        raise ArgumentError(f"{name} needs a time zone, which {value.isoformat()} lacks")
    try:
        return timestamp(value)
    except OverflowError:
        raise ArgumentError(f"{name} is beyond the calendar in UTC: {value.isoformat()}") from None


def oversized(number: Decimal | int) -> bool:
    """Whether a number has more than 40 digits, an exponent beyond 30, or is none: no amount is so."""
    if isinstance(number, int):
        return abs(number) >= 10**40
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return True
    return len(digits) + max(0, exponent) > 40 or abs(exponent) > 30
