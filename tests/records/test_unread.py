"""A field of another type than the documented one costs no record."""

from __future__ import annotations

import json
import logging
import pickle
from typing import Any

import pytest

from partnero_async import Customer, Ref, ResponseError, Transaction
from partnero_async.records import _structure

from ..servers import Script

pytestmark = pytest.mark.anyio

ODD: list[tuple[str, Any]] = [
    ("email", 5),
    ("created_at", "yesterday"),
    ("created_at", ""),
    ("deleted", "false"),
    ("tags", ["new"]),
    ("tags", [{"value": 1}]),
    ("tags", "new"),
    ("status", {"is": "active"}),
]


@pytest.mark.parametrize(("field", "value"), ODD)
async def test_an_odd_field_costs_no_record(field: str, value: Any) -> None:
    data = {"key": "c", "name": "Ada", "new": 1, field: value}
    async with Script({"data": data}).client(strict=False) as partnero:
        customer = await partnero.customers.get("c")
    assert (customer.key, customer.name, getattr(customer, field)) == ("c", "Ada", None)
    assert customer.unread == (field,)
    assert json.loads(json.dumps(customer.to_dict()[field])) == value
    assert customer.extra["new"] == 1
    copied = pickle.loads(pickle.dumps(customer))
    assert (copied, copied.unread) == (customer, (field,))


@pytest.mark.parametrize(("field", "value"), ODD)
async def test_a_strict_client_refuses_an_odd_field(field: str, value: Any) -> None:
    async with Script({"data": {"key": "c", field: value}}).client(strict=True) as partnero:
        with pytest.raises(ResponseError, match=rf"Customer\.{field}.* should be"):
            await partnero.customers.get("c")


async def test_a_record_as_documented_has_nothing_unread() -> None:
    async with Script({"data": {"key": "c", "later": True}}).client(strict=False) as partnero:
        customer = await partnero.customers.get("c")
    assert (customer.unread, dict(customer.extra)) == ((), {"later": True})


async def test_within_a_record_only_the_odd_field_is_unread() -> None:
    sale = {"key": "t", "amount": "9.99", "rewards": [{"amount": "a lot", "action": "sale"}]}
    async with Script({"data": sale}).client(strict=False) as partnero:
        found = await partnero.transactions.get("t")
    (reward,) = found.rewards
    assert (found.unread, reward.unread) == ((), ("amount",))
    assert (reward.amount, reward.action, reward.extra["amount"]) == (None, "sale", "a lot")


async def test_a_page_with_an_odd_item_has_all_items() -> None:
    items = [{"key": "a"}, {"key": "b", "email": 5}, {"key": "c"}]
    async with Script({"data": items, "links": {"next": None}}).client(strict=False) as partnero:
        page = await partnero.customers.list()
    assert [(item.key, item.unread) for item in page] == [("a", ()), ("b", ("email",)), ("c", ())]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("odd", [{"key": 5}, {}, "b", None])
async def test_an_item_without_its_identity_is_named_by_its_place(strict: bool, odd: Any) -> None:
    async with Script({"data": [{"key": "a"}, odd]}).client(strict=strict) as partnero:
        with pytest.raises(ResponseError, match=r"data\[1\]: Customer"):
            await partnero.customers.list()


@pytest.mark.parametrize(
    "data", [{"key": 5}, {}, {"amount": "x", "created_at": 1, "rewards": "none"}, {"key": "t", "amount": []}]
)
async def test_a_changing_call_is_never_in_doubt_over_a_field(data: Any) -> None:
    async with Script({"data": data, "status": 1}).client(strict=False) as partnero:
        sale = await partnero.transactions.create(key="t", amount=1, customer=Ref(key="c"))
        customer = await partnero.customers.update("c", name="Ada")
    assert isinstance(sale, Transaction)
    assert isinstance(customer, Customer)
    assert set(sale.unread) <= set(data)


async def test_each_field_is_warned_of_once_and_without_its_value(caplog: pytest.LogCaptureFixture) -> None:
    _structure._warn_of.cache_clear()
    caplog.set_level(logging.WARNING, logger="partnero_async")
    async with Script({"data": {"key": "c", "surname": ["ann@example.com"]}}).client(
        strict=False
    ) as partnero:
        for _ in range(3):
            await partnero.customers.get("c")
    assert [record.getMessage() for record in caplog.records] == [
        "partnero.unread record=Customer field=surname"
    ]


async def test_a_secret_that_is_no_string_is_kept_and_not_shown() -> None:
    async with Script({"data": {"key": "w", "signature": 5318008}}).client(strict=False) as partnero:
        webhook = await partnero.webhooks.get("w")
    assert (webhook.signature, webhook.unread) == (None, ("signature",))
    assert "5318008" not in f"{webhook!r} {webhook.extra!r}"
    assert webhook.to_dict()["signature"] == "5318008"


@pytest.mark.parametrize("item", ["1", '{"value":1}', '{"value":"a"}', "[]"])
def test_reading_stops_at_the_first_mistake(item: str) -> None:
    looked_at = 0

    class Counted(list[Any]):
        def __iter__(self) -> Any:
            nonlocal looked_at
            for one in super().__iter__():
                looked_at += 1
                yield one

    tags = Counted([*[json.loads(item)] * 1000, 1])
    customer = _structure.structure(Customer, {"key": "c", "tags": tags}, _structure.Reading.LENIENT)
    assert customer.unread == ("tags",)
    assert looked_at <= 3 * len(tags)
