"""What type checkers know of the package as it was installed: they find ``py.typed`` and the stubs."""

# pyright: strict

from typing import assert_type

from partnero_async import AsyncPartnero, Found, Missing, Ref
from partnero_async.records import Customer


async def ask(partnero: AsyncPartnero) -> None:
    customer = await partnero.customers.get("customer_000001")
    assert_type(customer.email, str | None)
    async with partnero.customers.stream(["customer_000001"]) as outcomes:
        async for outcome in outcomes:
            match outcome:
                case Found(_, found):
                    assert_type(found, Customer)
                case Missing(key):
                    assert_type(key, str)
                case _:
                    await partnero.partners.find(Ref(key="ref_001"))
