"""Sales: what is sent, and what is refused before it is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import respx

from partnero_async import ArgumentError, AsyncPartnero, NewCustomer, Ref, ResponseError, Sale

from .scripts import DONE, Call, Script, refuse

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


MANY = [Sale(key="a", amount=1), Sale(key="b", amount=2)]
BUYER = Ref(key="customer_123")


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        *(
            (lambda api, call=call, key=key: call(api, key), kind, "key")
            for call in (
                lambda api, key: api.transactions.get(key),
                lambda api, key: api.transactions.delete(key),
                lambda api, key: api.transactions.archive(key),
                lambda api, key: api.transactions.unarchive(key),
                lambda api, key: api.transactions.list(key=key),
            )
            for key, kind in (("", ArgumentError), (" ", ArgumentError), (5, TypeError))
        ),
        (lambda api: api.transactions.get(None), TypeError, "key"),
        (lambda api: api.transactions.get(".."), ArgumentError, "key"),
        (lambda api: api.transactions.delete(Ref(id="t")), ArgumentError, "by key, not by id"),
        (lambda api: api.transactions.delete(Ref(email="t")), ArgumentError, "by key, not by email"),
        (lambda api: api.transactions.list(partner=Ref(id="p")), ArgumentError, "key or email"),
        (lambda api: api.transactions.list(partner="ref_123"), TypeError, "partner must be a Ref"),
        (lambda api: api.transactions.list(customer=Ref(email="c")), ArgumentError, "by key"),
        (lambda api: api.transactions.list(customer="c"), TypeError, "customer must be a Ref"),
        (lambda api: api.transactions.list(limit=251), ArgumentError, "limit"),
        (lambda api: api.transactions.create_together([], customer=BUYER), ArgumentError, "no sales"),
        *(
            (
                lambda api, sales=sales: api.transactions.create_together(sales, customer=BUYER),
                TypeError,
                f"^sales must be several values, such as a list, not {type(sales).__name__}$",
            )
            for sales in ("ab", b"ab", MANY[0], 2, None)
        ),
        (lambda api: api.transactions.create_together(MANY, customer="c"), TypeError, "must be a Ref"),
        (
            lambda api: api.transactions.create_together([{"amount": 1}], customer=BUYER),
            TypeError,
            "Sale items",
        ),
        (lambda api: api.transactions.create_together([*MANY, None], customer=BUYER), TypeError, "NoneType"),
        (
            lambda api: api.transactions.create_together(MANY, customer=BUYER, referral_url=""),
            ArgumentError,
            "referral_url",
        ),
        (
            lambda api: api.transactions.create(customer=BUYER, amount=1, referral_url=5),
            TypeError,
            "referral_url",
        ),
    ],
)
async def test_a_bad_argument_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], said: str
) -> None:
    await refuse(call, error, said)


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({}, ArgumentError, "amount or a reward"),
        ({"amount": 9.99}, TypeError, r"Decimal\(str\(9\.99\)\)"),
        ({"amount": 1, "discount_amount": 0.5}, TypeError, "discount_amount"),
        ({"amount": 1, "gross_amount": "5"}, TypeError, "gross_amount"),
        ({"amount": 1, "key": " "}, ArgumentError, "key"),
        ({"amount": 1, "key": None}, TypeError, "key"),
        ({"amount": None}, TypeError, "amount"),
        ({"amount": 1, "action": 5}, TypeError, "action"),
        ({"amount": 1, "amount_units": b"USD"}, TypeError, "amount_units"),
        ({"amount": 1, "status": 1}, TypeError, "status"),
        ({"amount": 1, "discount_code": 1}, TypeError, "discount_code"),
        ({"amount": 1, "rewarded": 1}, TypeError, "rewarded"),
        ({"amount": 1, "rewardable": "no"}, TypeError, "rewardable"),
        ({"amount": 1, "product_id": 1.5}, TypeError, "product_id"),
        ({"amount": 1, "product_id": True}, TypeError, "product_id"),
        ({"amount": 1, "product_id": None}, TypeError, "product_id"),
        ({"amount": 1, "product_id": b"prod_123"}, TypeError, "product_id"),
        ({"amount": 1, "product_type": ["a", None]}, TypeError, "an item of product_type"),
        ({"amount": 1, "product_type": ["a", True]}, TypeError, "an item of product_type"),
        ({"amount": 1, "product_type": [["a"]]}, TypeError, "an item of product_type .*, not list"),
        ({"amount": 1, "product_id": (("a",),)}, TypeError, "an item of product_id .*, not tuple"),
        ({"amount": 1, "created_at": datetime(2025, 1, 1)}, ArgumentError, "created_at needs a time zone"),
        ({"amount": 1, "created_at": -1}, ArgumentError, "created_at"),
        ({"amount": 1, "created_at": True}, TypeError, "created_at"),
        ({"amount": 1, "created_at": 1746595968.0}, TypeError, "created_at"),
    ],
)
async def test_a_bad_sale_cannot_be_made_nor_sent(fields: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Sale(**fields)
    await refuse(lambda api: api.transactions.create(customer=BUYER, **fields), error, said)


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"key": ""}, ArgumentError, "key"),
        ({"key": None}, TypeError, "key"),
        ({"key": "c", "partner": "p"}, TypeError, "partner must be a Ref"),
        ({"key": "c", "partner": None}, TypeError, "partner must be a Ref"),
        ({"key": "c", "email": 5}, TypeError, "email"),
        ({"key": "c", "tags": "vip"}, TypeError, "^tags must be several values, such as a list, not str$"),
        ({"key": "c", "tags": b"vip"}, TypeError, "^tags must be several values, .*, not bytes$"),
        ({"key": "c", "tags": 5}, TypeError, "^tags must be several values, .*, not int$"),
        ({"key": "c", "tags": [""]}, ArgumentError, "a tag"),
        ({"key": "c", "created_at": "2025"}, TypeError, "created_at"),
        ({"key": "c", "created_at": datetime(2025, 1, 1)}, ArgumentError, "time zone"),
    ],
)
async def test_a_bad_new_customer_cannot_be_made(fields: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        NewCustomer(**fields)


async def test_a_new_customer_sends_what_was_given_and_no_more() -> None:
    body = await sent_for(
        customer=NewCustomer(key="c", surname=None, tags=(), partner=Ref(email="p@q.co")),
        amount=1,
        referral_url="https://a.b?aff=c",
    )
    assert body == {
        "customer": {"key": "c", "surname": None, "tags": [], "partner": {"email": "p@q.co"}},
        "options": {"create_customer": True, "referral_url": "https://a.b?aff=c"},
        "amount": 1,
    }


async def test_what_a_generator_gave_is_kept_and_sent_as_often_as_needed() -> None:
    buyer = NewCustomer(key="c", tags=(tag for tag in ("new", "vip")))
    assert buyer.tags == ("new", "vip")
    sale = Sale(amount=1, product_id=(id for id in (1, "b")), product_type=iter(["x"]))
    assert (sale.product_id, sale.product_type) == ((1, "b"), ("x",))
    script = Script(DONE)
    async with script.client() as partnero:
        for _ in range(2):
            await partnero.transactions.create_together([sale, sale], customer=buyer)
            assert script.last.body["customer"]["tags"] == ["new", "vip"]
            assert (
                script.last.body["transactions"]
                == [{"amount": 1, "product_id": [1, "b"], "product_type": ["x"]}] * 2
            )


async def test_a_list_that_changes_later_does_not_change_what_was_made_of_it() -> None:
    tags, products = ["new"], ["a"]
    buyer, sale = NewCustomer(key="c", tags=tags), Sale(amount=1, product_id=products)
    tags.append("vip")
    products.clear()
    assert (buyer.tags, sale.product_id) == (("new",), ("a",))


async def test_sales_and_new_customers_are_equal_and_hash_by_what_they_hold() -> None:
    sales = {Sale(amount=1, product_id=given) for given in (["a", 1], ("a", 1), iter(["a", 1]))}
    buyers = {NewCustomer(key="c", tags=given) for given in (["a"], ("a",), iter(["a"]))}
    assert (len(sales), len(buyers)) == (1, 1)


async def test_one_product_is_sent_alone() -> None:
    for product in ("prod_123", 7, ""):
        body = await sent_for(customer=BUYER, amount=1, product_id=product, product_type=product)
        assert (body["product_id"], body["product_type"]) == (product, product)


async def test_no_key_is_sent_for_a_sale_without_one() -> None:
    assert await sent_for(customer=BUYER, amount=1) == {"customer": {"key": "customer_123"}, "amount": 1}


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        ({"data": [{"key": "a"}, {"key": "b"}], "status": 1}, ["a", "b"]),
        ([{"key": "a"}, {"key": None}], ["a", None]),
        ({"data": {"key": "a"}, "status": 1}, ["a"]),
        ({"data": [], "status": 1}, []),
        ({"data": None, "status": 1}, []),
        ({"data": "2 transactions", "status": 1}, []),
        ({"data": [{"key": "a"}, {"amount": 1}, 5, None, [], {"key": 5}, {"key": "b"}]}, ["a", "b"]),
        ({"data": [{"key": "a", "amount": "ten"}, {"key": "b", "amount": "10"}]}, ["b"]),
        ({"data": [{"amount": 1}], "status": 1}, []),
        ({"data": {"amount": 1}, "status": 1}, []),
        ({"data": {"transactions": [{"key": "a"}]}, "status": 1}, []),
        ('"accepted"', []),
        ("2", []),
        ("null", []),
        ({"status": 1}, []),
        ({"message": "accepted"}, []),
        ([], []),
        ("", []),
    ],
)
async def test_any_answer_to_many_sales_is_taken_for_what_it_holds(
    answer: Any, keys: list[str | None]
) -> None:
    script = Script(answer)
    async with script.client() as partnero:
        recorded = await partnero.transactions.create_together(iter(MANY), customer=BUYER)
    assert [sale.key for sale in recorded] == keys
    assert isinstance(recorded, tuple)
    assert [sale["key"] for sale in script.last.body["transactions"]] == ["a", "b"]
    assert len(script.requests) == 1


@pytest.mark.parametrize("answer", ["no JSON", {"data": [{"key": "a"}], "status": 0}])
async def test_an_answer_to_many_sales_that_is_no_json_or_says_failure_is_in_doubt(answer: Any) -> None:
    script = Script(answer)
    async with script.client() as partnero:
        with pytest.raises(ResponseError, match="look it up") as failed:
            await partnero.transactions.create_together(MANY, customer=BUYER)
    assert failed.value.in_doubt
    assert len(script.requests) == 1
