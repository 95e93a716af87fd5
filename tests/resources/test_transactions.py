"""Sales: what is sent, and what is refused before it is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import respx

from partnero_async import ArgumentError, AsyncPartnero, Ref

pytestmark = pytest.mark.asyncio


async def sent_for(**arguments: Any) -> Any:
    with respx.mock(base_url="https://api.partnero.com/v1") as api:
        route = api.post("/transactions").respond(201, json={"data": {"key": None}, "status": 1})
        async with AsyncPartnero("key") as partnero:
            sold = await partnero.transactions.create(**arguments)
        assert sold.key is None
        return json.loads(route.calls.last.request.content, parse_float=Decimal)


async def test_a_sale_is_sent_as_documented() -> None:
    body = await sent_for(
        customer=Ref(key="customer_123"),
        key="transaction_123",
        amount=Decimal("99.99"),
        product_id="prod_123",
        product_type="monthly",
        action="sale",
    )
    assert body == {
        "customer": {"key": "customer_123"},
        "key": "transaction_123",
        "amount": Decimal("99.99"),
        "product_id": "prod_123",
        "product_type": "monthly",
        "action": "sale",
    }


async def test_all_other_fields_have_their_names() -> None:
    body = await sent_for(
        customer=Ref(email="a@b.co"),
        reward=5,
        amount_units="USD",
        rewarded=False,
        rewardable=True,
        created_at=datetime(2025, 5, 7, 7, 32, 48, tzinfo=timezone(timedelta(hours=2))),
        discount_amount=Decimal("1.5"),
        gross_amount=Decimal("1E+2"),
        discount_code="SUMMER",
        referral_url="https://x.y?aff=z",
    )
    assert body == {
        "customer": {"email": "a@b.co"},
        "reward": 5,
        "amount_units": "USD",
        "rewarded": False,
        "rewardable": True,
        "created_at": "2025-05-07T05:32:48.000000Z",
        "discount_amount": Decimal("1.5"),
        "gross_amount": 100,
        "discount_code": "SUMMER",
        "options": {"referral_url": "https://x.y?aff=z"},
    }


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({}, ArgumentError, "amount or a reward"),
        ({"amount": 9.99}, TypeError, r"Decimal\(str\(9\.99\)\)"),
        ({"reward": 9.99}, TypeError, "reward"),
        ({"amount": True}, TypeError, "amount"),
        ({"amount": "9.99"}, TypeError, "amount"),
        ({"amount": Decimal("NaN")}, ArgumentError, "amount"),
        ({"amount": Decimal("0.1234567890123456789")}, ArgumentError, "exactly"),
        ({"amount": Decimal("1e999999")}, ArgumentError, "exactly"),
        ({"amount": 1, "key": ""}, ArgumentError, "key"),
        ({"amount": 1, "customer": "c"}, TypeError, "must be a Ref"),
        ({"amount": 1, "created_at": "2025-01-01"}, TypeError, "datetime"),
        ({"amount": 1, "created_at": datetime(2025, 1, 1)}, ArgumentError, "time zone"),
    ],
)
async def test_a_bad_sale_is_refused_before_anything_is_sent(
    arguments: Any, error: type[Exception], said: str
) -> None:
    with respx.mock(base_url="https://api.partnero.com/v1"):
        async with AsyncPartnero("key") as partnero:
            with pytest.raises(error, match=said):
                await partnero.transactions.create(**{"customer": Ref(key="c")} | arguments)
