"""Endpoints outside /v1 through which a test in another process watches and changes a sandbox.

`GET /_sandbox/stats`, `PUT /_sandbox/faults` (a list of rules), `PUT /_sandbox/latency` (`[min, max]` in
seconds), `PUT /_sandbox/rate_limit` (`[requests, per_seconds, headers]` or null), `GET /_sandbox/deliveries`,
`POST /_sandbox/deliveries/{number}/resend`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from . import jsontext, replies
from .conditions import Conditions
from .courier import Courier
from .delivery import Delivery, NotSubscribed
from .faults import Fault
from .jsontext import BadJson, Json
from .replies import Refusal, Reply
from .stats import Counters


@dataclass(frozen=True, slots=True)
class Controls:
    """What can be watched and changed."""

    conditions: Conditions
    counters: Counters
    courier: Courier


def answer(method: str, segments: Sequence[str], body: bytes, controls: Controls) -> Reply:
    """Do what a control request asks for; `segments` are those after `/_sandbox`."""
    try:
        return _done(method, segments, body, controls)
    except Refusal as refusal:
        return refusal.reply()


def _done(method: str, segments: Sequence[str], body: bytes, controls: Controls) -> Reply:
    match segments:
        case ["stats"]:
            _require(method, "GET")
            return replies.found(asdict(controls.counters.snapshot()))
        case ["deliveries"]:
            _require(method, "GET")
            return replies.found([_shown(delivery) for delivery in controls.courier.deliveries])
        case ["deliveries", number, "resend"]:
            _require(method, "POST")
            return replies.found(_shown(_resent(controls.courier, number)))
        case [name] if name in _CHANGES:
            _require(method, "PUT")
            _change(controls.conditions, name, body)
            return replies.done()
        case _:
            raise Refusal(404, "Not found.")


def _require(method: str, allowed: str) -> None:
    if method != allowed:
        raise Refusal(405, f"The {method} method is not supported here.", headers={"Allow": allowed})


def _shown(delivery: Delivery) -> dict[str, object]:
    shown = asdict(delivery)
    return {**shown, "attempts": list(shown["attempts"])}


def _resent(courier: Courier, number: str) -> Delivery:
    try:
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise LookupError(number)
        return courier.resend(int(number))
    except LookupError:
        raise replies.not_found("Delivery") from None
    except NotSubscribed as error:
        raise Refusal(409, f"Action failed: {error}.") from None


def _change(conditions: Conditions, name: str, body: bytes) -> None:
    try:
        _CHANGES[name](conditions, jsontext.parse(body))
    except BadJson:
        raise Refusal(400, "The request body is not valid JSON.") from None
    except ValueError as error:
        raise replies.invalid({name: [str(error)]}) from None


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
