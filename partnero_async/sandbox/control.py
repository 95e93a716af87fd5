"""Endpoints outside /v1 through which a test in another process watches and changes a sandbox.

`GET /_sandbox/stats`, `PUT /_sandbox/faults` (a list of rules), `PUT /_sandbox/latency` (`[min, max]` in
seconds), `PUT /_sandbox/rate_limit` (`[requests, per_seconds, headers]` or null).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal

from . import jsontext, replies
from .conditions import Conditions
from .faults import Fault
from .jsontext import BadJson, Json
from .replies import Refusal, Reply
from .stats import Counters


def answer(
    method: str, segments: Sequence[str], body: bytes, conditions: Conditions, counters: Counters
) -> Reply:
    """Do what a control request asks for."""
    try:
        return _done(method, segments, body, conditions, counters)
    except Refusal as refusal:
        return refusal.reply()


def _done(
    method: str, segments: Sequence[str], body: bytes, conditions: Conditions, counters: Counters
) -> Reply:
    name = segments[1] if len(segments) == 2 else ""
    change = _CHANGES.get(name)
    if change is None and name != "stats":
        raise Refusal(404, "Not found.")
    allowed = "PUT" if change else "GET"
    if method != allowed:
        raise Refusal(405, f"The {method} method is not supported here.", headers={"Allow": allowed})
    if change is None:
        return replies.found(asdict(counters.snapshot()))
    try:
        change(conditions, jsontext.parse(body))
    except BadJson:
        raise Refusal(400, "The request body is not valid JSON.") from None
    except ValueError as error:
        raise replies.invalid({name: [str(error)]}) from None
    return replies.done()


def _set_faults(conditions: Conditions, value: Json) -> None:
    if not isinstance(value, list):
        raise ValueError("faults must be a list")
    conditions.faults = tuple(map(Fault.from_json, value))


def _set_latency(conditions: Conditions, value: Json) -> None:
    match value:
        case [int() | Decimal() as shortest, int() | Decimal() as longest]:
            conditions.latency = (float(shortest), float(longest))
        case _:
            raise ValueError("latency must be [min, max] in seconds")


def _set_rate_limit(conditions: Conditions, value: Json) -> None:
    match value:
        case None:
            conditions.rate_limit = None
        case [int() as requests, int() | Decimal() as per_seconds, bool() as headers]:
            conditions.rate_limit = (requests, float(per_seconds), headers)
        case _:
            raise ValueError("rate_limit must be [requests, per_seconds, headers] or null")


_CHANGES: dict[str, Callable[[Conditions, Json], None]] = {
    "faults": _set_faults,
    "latency": _set_latency,
    "rate_limit": _set_rate_limit,
}
