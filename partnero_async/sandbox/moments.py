"""Points in time as Partnero writes them: `2025-05-02T16:12:39.000000Z`."""

from datetime import UTC, datetime

from .jsontext import Json


def written(moment: datetime) -> str:
    """Six digits and Z; the text sorts like the time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def now() -> str:
    """The present second; Partnero's fractions are always zero."""
    return written(datetime.now(UTC).replace(microsecond=0))


def now_exactly() -> str:
    """The present microsecond."""
    return written(datetime.now(UTC))


def read(value: Json) -> str | None:
    """A Unix timestamp or an ISO date-time (both are documented) as text, or None when it is neither."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return written(datetime.fromtimestamp(value, UTC))
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return written(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError, OSError):
        pass
    return None
