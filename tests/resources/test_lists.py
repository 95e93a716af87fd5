"""What all lists that can be sorted have in common: the two ways, and that any other is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from partnero_async import ArgumentError, AsyncPartnero

from .scripts import Script, refuse

pytestmark = pytest.mark.asyncio

List = Callable[[AsyncPartnero, Any], Any]

SORTED: dict[str, List] = {
    "partners": lambda api, sort: api.partners.list(sort=sort),
    "customers": lambda api, sort: api.customers.list(sort=sort),
    "transactions": lambda api, sort: api.transactions.list(sort=sort),
    "referral_customers": lambda api, sort: api.referral_customers.list(sort=sort),
    "referral_transactions": lambda api, sort: api.referral_transactions.list(sort=sort),
    "leads": lambda api, sort: api.leads.list(sort=sort),
    "payout_requests": lambda api, sort: api.payout_requests.list(sort=sort),
    "a search of payout_requests": lambda api, sort: api.payout_requests.search(status="approved", sort=sort),
}

every_list = pytest.mark.parametrize("call", SORTED.values(), ids=SORTED)


@every_list
@pytest.mark.parametrize("sort", ["", "ASC", "descending", "-created_at", " asc", b"asc", True, 1, ["asc"]])
async def test_an_order_that_there_is_not_is_refused_by_name(call: List, sort: Any) -> None:
    await refuse(lambda api: call(api, sort), ArgumentError, '^sort must be "asc" or "desc", not ')


@every_list
@pytest.mark.parametrize("sort", ["asc", "desc", None])
async def test_an_order_is_sent_and_none_is_not(call: List, sort: str | None) -> None:
    script = Script({"data": [], "status": 1})
    async with script.client() as partnero:
        await call(partnero, sort)
    assert script.last.query.get("sort") == sort


async def test_a_long_order_is_shown_in_its_beginning() -> None:
    async with Script({}).client() as partnero:
        with pytest.raises(ArgumentError) as refused:
            partnero.partners.list(sort="x" * 10_000)  # type: ignore[arg-type]
    assert len(str(refused.value)) < 100
