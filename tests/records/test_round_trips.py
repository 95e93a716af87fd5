"""Records of refer-a-friend, newsletters and coupons: what they give as a dict makes them again."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import ResponseError
from partnero_async.records import (
    Coupon,
    CustomerBalance,
    PromotionCode,
    Record,
    ReferralCustomer,
    ReferralTransaction,
    Reward,
    Subscriber,
    SubscriberStatus,
)
from partnero_async.records._base import json_name
from partnero_async.records._json import loads
from partnero_async.records._structure import Reading, structure

from ..profiles import examples

TEXT = st.text(max_size=10)
MOMENT = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
AMOUNT = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9)
COUNT = st.integers(0, 10**9)
FREE = st.just([]) | st.dictionaries(TEXT, st.none() | COUNT | TEXT | st.lists(COUNT, max_size=2), max_size=2)
FLAG = st.booleans()


def record(needed: dict[str, Any], **others: Any) -> Any:
    """Objects with these fields, the others of which may lack or be null, and with one that nobody knows."""
    optional = {name: st.none() | values for name, values in others.items()}
    return st.fixed_dictionaries(needed, optional={**optional, "stranger": COUNT | FREE})


REDEMPTIONS = st.lists(record({}, redeemed_at=MOMENT, transaction_key=TEXT), max_size=3)
CODES = record(
    {"code": TEXT},
    first_time_order=FLAG,
    limit_to_specific_partner=FLAG,
    coupon_specific_partners=FREE,
    minimum_order_value=AMOUNT,
    expiration_date_value=st.dates().map(str),
    redemption_times_value=COUNT | COUNT.map(str),
    metadata=FREE,
    additional_info=st.just([]) | record({}, redemptions=REDEMPTIONS),
    times_redeemed=COUNT,
    coupon=record({}, uuid_code=TEXT, coupon_discount_amount=AMOUNT, created_at=MOMENT),
)
CUSTOMERS = record(
    {"id": TEXT},
    email=TEXT,
    status=st.sampled_from(["active", "deleted"]) | TEXT,
    approved=FLAG,
    referring_customer=st.just([]) | record({}, id=TEXT, key=TEXT),
    referrals_count=COUNT,
    metadata=FREE,
    custom_fields=FREE,
    referral_links=st.lists(TEXT, max_size=2),
    created_at=MOMENT,
)
OBJECTS: dict[type[Record], Any] = {
    PromotionCode: CODES,
    Coupon: record(
        {"uuid_code": TEXT},
        id=COUNT,
        active=FLAG,
        coupon_discount_type=st.sampled_from(["percent", "static"]) | TEXT,
        coupon_discount_amount=AMOUNT,
        coupon_duration_type=st.sampled_from(["once", "months"]) | TEXT,
        redemption_specific_date_value=st.dates().map(str),
        metadata=FREE,
        additional_info=FREE,
        promotion_codes=record({}, data=st.lists(CODES, max_size=2)),
        deleted_at=MOMENT,
        synchronization=record({}, message=TEXT, synchronization_enabled=FLAG),
    ),
    ReferralCustomer: CUSTOMERS,
    CustomerBalance: record(
        {},
        customer=CUSTOMERS,
        balance=st.just([])
        | record({}, currency=st.lists(record({}, amount=AMOUNT, amount_units=TEXT), max_size=2)),
    ),
    ReferralTransaction: record(
        {"key": st.none() | TEXT},
        amount=AMOUNT,
        customer=TEXT,
        referred_customer=TEXT,
        created_at=MOMENT,
        rewards=st.lists(record({}, status=TEXT, amount=AMOUNT), max_size=2),
    ),
    Subscriber: record(
        {"email": TEXT},
        id=TEXT,
        status=st.sampled_from(["Active", "active", "Rejected", "suspended"]) | TEXT,
        tos=FLAG,
        referrals_count=COUNT,
        reward=st.lists(FREE, max_size=2),
        created_at=MOMENT,
    ),
    Reward: record(
        {"id": COUNT},
        name=TEXT,
        status=st.just("active") | TEXT,
        fulfillment_type=st.sampled_from(["url_link", "generic_coupon"]) | TEXT,
        subscriber_count=COUNT,
        updated_at=MOMENT,
    ),
}
ANY = st.sampled_from(list(OBJECTS)).flatmap(lambda kind: st.tuples(st.just(kind), OBJECTS[kind]))


def all_extras(value: Any) -> list[Any]:
    """What nobody knows, of a record and of all records in it."""
    if isinstance(value, tuple):
        return [extras for item in value for extras in all_extras(item)]
    if not isinstance(value, Record):
        return []
    parts = (getattr(value, field.name) for field in attrs.fields(type(value)) if field.name != "extra")
    return [value.extra, *(extras for part in parts for extras in all_extras(part))]


@examples(150)
@given(made=ANY)
def test_the_dict_of_any_record_is_json_and_makes_an_equal_one(made: tuple[type[Record], Any]) -> None:
    kind, value = made
    found = structure(kind, value)
    again = structure(kind, loads(json.dumps(found.to_dict())))
    assert again == found
    assert all_extras(again) == all_extras(found)


@examples(60)
@given(made=ANY)
def test_a_lenient_reading_of_what_fits_is_the_strict_one(made: tuple[type[Record], Any]) -> None:
    kind, value = made
    strict = structure(kind, value)
    for reading in (Reading.LENIENT, Reading.WHATEVER):
        found = structure(kind, value, reading)
        assert (found, found.extra, found.unread) == (strict, strict.extra, ())


@examples(60)
@given(made=ANY)
def test_any_record_is_one_with_its_pickle_and_its_copies(made: tuple[type[Record], Any]) -> None:
    found = structure(*made)
    twins = [pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)]
    assert {found, *twins} == {found}
    assert [all_extras(twin) for twin in twins] == [all_extras(found)] * 3


@examples(150)
@given(made=ANY, data=st.data(), odd=st.just({"odd": 1}) | st.just([[1]]) | st.just(True) | st.just("\n"))
def test_a_field_of_another_form_is_kept_as_it_came_by_a_lenient_reading(
    made: tuple[type[Record], Any], data: st.DataObject, odd: Any
) -> None:
    kind, value = made
    names = {json_name(field) for field in attrs.fields(kind)} - {"extra", "key", kind.identified_by}
    name = data.draw(st.sampled_from(sorted(names)))
    found = structure(kind, {**value, name: odd}, Reading.LENIENT)
    assert structure(kind, found.to_dict(), Reading.LENIENT) == found
    assert found.unread in ((), (name,))
    if found.unread:
        assert found.to_dict()[name] == odd


@pytest.mark.parametrize("kind", OBJECTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("reading", [Reading.STRICT, Reading.LENIENT])
def test_only_what_lacks_its_identity_is_no_record_at_all(kind: type[Record], reading: Reading) -> None:
    if kind is CustomerBalance:  # no source says what it cannot be without
        assert structure(kind, {}, reading) == CustomerBalance()
        return
    if kind is ReferralTransaction and reading is Reading.LENIENT:  # its key may be null, so it may lack
        assert structure(kind, {}, reading) == ReferralTransaction(key=None)
        return
    with pytest.raises(ResponseError, match=rf"^{kind.__name__}\.\w+ is missing$") as refused:
        structure(kind, {"stranger": 1}, reading)
    assert refused.value.lacks_identity


def test_the_status_of_a_subscriber_is_given_as_requests_have_it() -> None:
    subscriber = structure(Subscriber, {"email": "e", "status": "Active"})
    assert subscriber.status is SubscriberStatus.ACTIVE
    assert subscriber.to_dict()["status"] == "active"
