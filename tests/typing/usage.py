"""What users write, as a type checker sees it. Not run: only checked, strictly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import assert_type

from partnero_async import (
    AsyncPartnero,
    Batch,
    Connection,
    Customer,
    CustomerStatus,
    Failed,
    Found,
    Missing,
    Options,
    Outcome,
    Page,
    Pager,
    PartneroError,
    RateLimit,
    Ref,
    Tag,
    Transaction,
)


async def records(partnero: AsyncPartnero) -> None:
    customer = await partnero.customers.get("customer_123", options=Options(timeout=3, retries=0))
    assert_type(customer, Customer)
    assert_type(customer.key, str)
    assert_type(customer.created_at, datetime | None)
    assert_type(customer.tags, tuple[Tag, ...] | None)
    assert_type(customer.status, CustomerStatus | str | None)
    assert_type([tag.value for tag in customer.tags or ()], list[str])
    assert_type(await partnero.test(), Connection)
    customer.key = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def lists(partnero: AsyncPartnero) -> None:
    pager = partnero.customers.list(partner=Ref(key="ref_123"), sort="desc")
    assert_type(pager, Pager[Customer])
    assert_type(await pager, Page[Customer])
    async for customer in pager:
        assert_type(customer, Customer)
    async for page in pager.pages():
        assert_type(page.next_number, int | None)
    async for sale in partnero.customers.transactions("customer_123"):
        assert_type(sale, Transaction)
        assert_type(sale.amount, Decimal | None)


async def many(partnero: AsyncPartnero, keys: AsyncIterator[str]) -> None:
    batch = await partnero.customers.get_many(["a", "b"])
    assert_type(batch, Batch[str, Customer])
    assert_type(batch.found, Mapping[str, Customer])
    assert_type(batch.failed, Mapping[str, PartneroError])
    async with partnero.customers.stream(keys, ordered=True) as outcomes:
        async for outcome in outcomes:
            assert_type(outcome, Outcome[str, Customer])
            match outcome:
                case Found(key, customer):
                    assert_type(key, str)
                    assert_type(customer, Customer)
                case Missing(key):
                    assert_type(key, str)
                case Failed(key, error):
                    assert_type(error, PartneroError)
    async with partnero.bulk(partnero.customers.delete, ["a"]) as deleted:
        async for done in deleted:
            if isinstance(done, Found):
                assert_type(done.key, str)


async def changes(partnero: AsyncPartnero) -> None:
    await partnero.customers.create(key="a", partner=Ref(id="p"), tags=("x",), name=None)
    await partnero.customers.update("a", tags=(), name=None)
    await partnero.customers.delete(Ref(key="a"))
    await partnero.transactions.create(customer=Ref(key="a"), amount=Decimal("9.99"))
    await partnero.transactions.create(customer=Ref(key="a"), amount=9.99)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.customers.get(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def settings() -> None:
    AsyncPartnero("key", rate_limit=RateLimit(60, 60), timeout=None, max_concurrency=5)
    AsyncPartnero("key", timeout="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
