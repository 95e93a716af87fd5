"""A transaction and its rewards: amounts exact, the reference of the product an object or nothing."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import ResponseError, Transaction
from partnero_async.records import FrozenMapping, TransactionReward, TransactionRewardStatus
from partnero_async.records._json import loads
from partnero_async.records._structure import structure

from ..contract.examples import data_of, text_of
from ..profiles import examples

MADE_AT = datetime(2025, 5, 7, 5, 32, 48, tzinfo=UTC)


def transaction(**changes: Any) -> Transaction:
    return structure(Transaction, data_of("transaction") | changes)


def reward(**changes: Any) -> TransactionReward:
    return structure(TransactionReward, data_of("transaction")["rewards"][0] | changes)


AMOUNTS = st.floats(-1e9, 1e9).map(lambda number: Decimal(repr(round(number, 4))))
REWARDS = st.fixed_dictionaries(
    {"key": st.none() | st.text()},
    optional={
        "status": st.none() | st.just("ok") | st.text(),
        "amount": st.none() | AMOUNTS | st.integers(-(10**12), 10**12),
        "product_type_data": st.just([]) | st.dictionaries(st.text(), st.text(), max_size=2),
    },
)
TRANSACTIONS = st.fixed_dictionaries(
    {"key": st.none() | st.text()},
    optional={
        "action": st.none() | st.text(),
        "amount": st.none() | AMOUNTS | st.integers(-(10**12), 10**12),
        "credit": st.none() | st.booleans(),
        "rewards": st.lists(REWARDS, max_size=2),
    },
)


def test_the_example_becomes_a_transaction_with_its_reward() -> None:
    assert transaction() == Transaction(
        key="transaction_123",
        action="sale",
        amount=Decimal("99.99"),
        partner="partner_123",
        customer="customer_123",
        credit=False,
        is_currency=True,
        amount_units="USD",
        created_at=MADE_AT,
        deleted_at=None,
        rewards=(
            TransactionReward(
                key="transaction_123",
                action="sale",
                status=TransactionRewardStatus.OK,
                customer="customer_123",
                partner="partner_123",
                amount=Decimal("29.997"),
                amount_units="USD",
                is_currency=True,
                credit=False,
                created_at=MADE_AT,
                deleted_at=None,
                product_type_data=FrozenMapping({"product_id": "prod_123", "product_type": "monthly"}),
            ),
        ),
    )


def test_every_field_of_the_example_is_known() -> None:
    found = transaction()
    assert (found.extra, found.rewards[0].extra) == ({}, {})


def test_a_commission_of_three_decimals_is_not_rounded() -> None:
    assert str(transaction().rewards[0].amount) == "29.997"


def test_the_rewards_of_a_sale_add_up_exactly() -> None:
    found = transaction(
        rewards=[data_of("transaction")["rewards"][0] | {"amount": loads(f"0.{d}")} for d in (1, 2)]
    )
    assert sum(one.amount or 0 for one in found.rewards) == Decimal("0.3")


def test_a_transaction_may_have_null_for_its_key() -> None:
    assert transaction(key=None).key is None


def test_a_transaction_without_a_key_field_is_refused() -> None:
    with pytest.raises(ResponseError, match=r"^Transaction\.key is missing$"):
        structure(Transaction, {"amount": 5})


def test_a_sale_that_earned_nothing_has_no_rewards() -> None:
    assert transaction(rewards=[]).rewards == ()


def test_a_transaction_that_says_nothing_of_rewards_has_none() -> None:
    assert structure(Transaction, {"key": "a"}).rewards == ()


@pytest.mark.parametrize("empty", [[], {}])
def test_the_product_of_a_reward_may_be_empty_in_both_spellings(empty: object) -> None:
    assert reward(product_type_data=empty).product_type_data == {}


def test_the_product_of_a_reward_is_read_only() -> None:
    with pytest.raises(TypeError):
        reward().product_type_data["product_id"] = "other"


def test_a_reward_that_was_made_with_a_plain_dict_can_be_hashed() -> None:
    product = {"product_id": "prod_123"}
    frozen = TransactionReward(key="a", product_type_data=FrozenMapping(product))
    assert hash(TransactionReward(key="a", product_type_data=product)) == hash(frozen)


def test_a_reward_does_not_follow_the_dict_that_it_was_made_with() -> None:
    product = {"product_id": "prod_123"}
    made = TransactionReward(key="a", product_type_data=product)
    product["product_id"] = "other"
    assert made.product_type_data == {"product_id": "prod_123"}


def test_an_unknown_reward_status_stays_as_it_is() -> None:
    assert reward(status="pending").status == "pending"


def test_a_fault_in_a_reward_is_named_by_its_place() -> None:
    with pytest.raises(ResponseError) as refused:
        transaction(rewards=[{"key": "a"}, {"key": "b", "amount": "3 USD"}])
    assert str(refused.value) == "Transaction.rewards[1].amount should be a number, but is '3 USD'"


@pytest.mark.parametrize("found", ["true", 1, "false"])
def test_a_word_or_a_number_is_no_boolean(found: object) -> None:
    with pytest.raises(ResponseError, match=r"^Transaction\.credit should be true or false"):
        transaction(credit=found)


def test_the_dict_of_a_transaction_is_what_partnero_sent() -> None:
    assert transaction().to_dict() == json.loads(text_of("transaction"))["data"]


@examples(150)
@given(data=TRANSACTIONS)
def test_the_dict_of_any_transaction_is_json_and_makes_an_equal_transaction(data: dict[str, Any]) -> None:
    found = structure(Transaction, data)
    assert structure(Transaction, loads(json.dumps(found.to_dict()))) == found


@examples(100)
@given(data=TRANSACTIONS)
def test_any_transaction_is_hashable_and_survives_pickling_and_copying(data: dict[str, Any]) -> None:
    found = structure(Transaction, data)
    assert {pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)} == {found}
