"""Who bought and who referred the buyer: one word in JSON for both, and two names here."""

from __future__ import annotations

import copy
import pickle

import pytest

from partnero_async import ResponseError
from partnero_async.records import ReferralTransaction
from partnero_async.records._structure import Reading, structure

SENT = {"key": "t", "customer": "referrer_1", "referred_customer": "buyer_1"}


def test_the_customer_of_an_answer_is_the_referrer_and_the_buyer_is_the_referred_one() -> None:
    sale = structure(ReferralTransaction, SENT)
    assert (sale.referrer, sale.referred) == ("referrer_1", "buyer_1")
    assert not hasattr(sale, "customer")


def test_the_dict_has_partneros_names() -> None:
    sale = structure(ReferralTransaction, SENT)
    assert {name: value for name, value in sale.to_dict().items() if value} == SENT
    assert structure(ReferralTransaction, sale.to_dict()) == sale


def test_it_survives_pickles_and_copies() -> None:
    sale = structure(ReferralTransaction, {**SENT, "stranger": 1})
    for twin in (pickle.loads(pickle.dumps(sale)), copy.copy(sale), copy.deepcopy(sale)):
        assert (twin, twin.extra) == (sale, {"stranger": 1})


def test_a_sale_of_somebody_whom_nobody_referred_has_no_referrer() -> None:
    sale = structure(ReferralTransaction, {**SENT, "customer": None})
    assert (sale.referrer, sale.referred) == (None, "buyer_1")


def test_a_mistake_is_told_by_the_name_that_partnero_uses() -> None:
    with pytest.raises(ResponseError, match=r"^ReferralTransaction\.customer should be a string, but is 5$"):
        structure(ReferralTransaction, {**SENT, "customer": 5})


def test_what_is_unread_is_named_as_it_came() -> None:
    sale = structure(ReferralTransaction, {**SENT, "customer": {"id": "r"}}, Reading.LENIENT)
    assert (sale.referrer, sale.unread, sale.extra["customer"]) == (None, ("customer",), {"id": "r"})
    assert sale.to_dict()["customer"] == {"id": "r"}
