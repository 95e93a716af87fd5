"""A page of 100 customers, from bytes to records: the SDK beside a constructor written by hand.

That one does the same and no more: it checks every type, parses the timestamps, keeps unknown fields, and
makes a frozen record. One page is as Partnero's contract has it; on the other, each customer has tags, a
status and a field that is not known yet. Prints JSON: medians in microseconds per page.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from partnero_async._http.wire import Answer, decipher
from partnero_async.records._json import loads
from partnero_async.resources.customers import LIST

__all__ = ["PAGES", "page_of"]

CUSTOMERS = 100
ROUNDS = 31
REPEATS = 10
NOTHING: Mapping[str, Any] = MappingProxyType({})
STATUSES = {"active": "active"}
PAGES = {
    "as documented": {},
    "with tags and an unknown field": {
        "status": "active",
        "tags": [{"value": "premium"}, {"value": "newsletter"}],
        "lifetime_value": 120,
    },
}


def page_of(more: Mapping[str, Any]) -> bytes:
    """The body of a page whose customers have more fields than the documented ones."""
    customers = [
        {
            "key": f"customer_{number}",
            "partner": "partner_123",
            "deleted": False,
            "name": "Alice",
            "surname": "Brown",
            "email": f"alice.brown.{number}@partnero.com",
            "created_at": "2025-05-02T16:12:39.000000Z",
            "updated_at": "2025-05-02T16:12:39.000000Z",
            "deleted_at": None,
            **more,
        }
        for number in range(CUSTOMERS)
    ]
    links = {"next": "https://api.partnero.com/v1/customers?page=2"}
    return json.dumps({"data": customers, "links": links, "status": 1}, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class TagByHand:
    value: str
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CustomerByHand:
    key: str
    partner: str | None
    deleted: bool | None
    name: str | None
    surname: str | None
    email: str | None
    status: str | None
    tags: tuple[TagByHand, ...] | None
    created_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None
    extra: Mapping[str, Any]


CUSTOMER_FIELDS = frozenset(CustomerByHand.__dataclass_fields__) - {"extra"}
TAG_FIELDS = frozenset({"value"})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"not a string: {value!r}")


def _required_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"not a string: {value!r}")


def _flag(value: Any) -> bool | None:
    if value is None or value is True or value is False:
        return value
    raise TypeError(f"not true or false: {value!r}")


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"no time zone: {value!r}")
    return moment.astimezone(UTC)


def _unknown(value: dict[str, Any], known: frozenset[str]) -> Mapping[str, Any]:
    if value.keys() <= known:
        return NOTHING
    return MappingProxyType({name: item for name, item in value.items() if name not in known})


def _tag(value: Any) -> TagByHand:
    return TagByHand(_required_text(value["value"]), _unknown(value, TAG_FIELDS))


def _tags(value: Any) -> tuple[TagByHand, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError(f"not an array: {value!r}")
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    return tuple([_tag(item) for item in items])


def _customer(value: Any) -> CustomerByHand:
    if not isinstance(value, dict):
        raise TypeError(f"not an object: {value!r}")
    fields: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    get = fields.get
    status = _text(get("status"))
    return CustomerByHand(
        key=_required_text(fields["key"]),
        partner=_text(get("partner")),
        deleted=_flag(get("deleted")),
        name=_text(get("name")),
        surname=_text(get("surname")),
        email=_text(get("email")),
        status=None if status is None else STATUSES.get(status, status),
        tags=_tags(get("tags")),
        created_at=_moment(get("created_at")),
        updated_at=_moment(get("updated_at")),
        deleted_at=_moment(get("deleted_at")),
        extra=_unknown(fields, CUSTOMER_FIELDS),
    )


def by_hand(body: bytes) -> tuple[CustomerByHand, ...]:
    """What a careful user would write."""
    return tuple([_customer(value) for value in json.loads(body.decode())["data"]])


def by_sdk(body: bytes) -> tuple[object, ...]:
    """What the SDK does once it has the body."""
    return decipher(LIST, Answer(200, {}, body), loads).items


def measure(body: bytes) -> dict[str, float]:
    """Microseconds of CPU of each way, the ways in turn."""
    ways: dict[str, Callable[[], object]] = {
        "json.loads alone": partial(json.loads, body.decode()),
        "by hand": partial(by_hand, body),
        "SDK": partial(by_sdk, body),
    }
    taken = {name: list[float]() for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            gc.collect()
            began = time.process_time()
            for _ in range(REPEATS):
                way()
            taken[name].append((time.process_time() - began) / REPEATS * 1e6)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def main() -> None:
    print(json.dumps({name: measure(page_of(more)) for name, more in PAGES.items()}))


if __name__ == "__main__":
    main()
