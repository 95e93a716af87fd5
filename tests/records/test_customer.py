"""A customer is what the page "Get customer" shows, with every field typed."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import Customer, ResponseError
from partnero_async.records import CustomerStatus, Tag
from partnero_async.records._base import EMPTY
from partnero_async.records._json import loads
from partnero_async.records._structure import structure

from ..contract.examples import data_of
from ..profiles import examples


def example(**changes: Any) -> Any:
    return data_of("customer") | changes


def customer(**changes: Any) -> Customer:
    return structure(Customer, example(**changes))


MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1)).map(lambda moment: f"{moment.isoformat()}Z")
CUSTOMERS = st.fixed_dictionaries(
    {"key": st.text()},
    optional={
        "partner": st.none() | st.text(),
        "deleted": st.none() | st.booleans(),
        "name": st.none() | st.text(),
        "surname": st.none() | st.text(),
        "email": st.none() | st.text(),
        "status": st.none() | st.just("active") | st.text(),
        "created_at": st.none() | MOMENTS,
        "updated_at": st.none() | MOMENTS,
        "deleted_at": st.none() | MOMENTS,
        "tags": st.none() | st.lists(st.fixed_dictionaries({"value": st.text()}), max_size=3),
    },
)


def test_the_example_of_the_page_becomes_a_customer_with_all_eleven_fields_typed() -> None:
    assert customer() == Customer(
        key="customer_123",
        partner="partner_123",
        deleted=False,
        name="Alice",
        surname="Brown",
        email="alice.brown@partnero.com",
        status=CustomerStatus.ACTIVE,
        tags=(Tag(value="new"),),
        created_at=datetime(2025, 5, 2, 16, 12, 39, tzinfo=UTC),
        updated_at=datetime(2025, 5, 2, 16, 12, 39, tzinfo=UTC),
        deleted_at=None,
    )


def test_the_fields_of_the_page_are_all_known() -> None:
    assert customer().extra is EMPTY


def test_a_customer_has_the_eleven_fields_of_the_page_and_no_other() -> None:
    assert {field.name for field in attrs.fields(Customer)} == {*example(), "extra"}


def test_the_status_is_a_member_and_not_only_equal_to_its_word() -> None:
    assert customer().status is CustomerStatus.ACTIVE


def test_two_customers_of_the_same_data_are_one_in_a_set() -> None:
    assert len({customer(), customer()}) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "other"),
        ("partner", None),
        ("deleted", True),
        ("name", "Bob"),
        ("surname", None),
        ("email", None),
        ("status", "paused"),
        ("created_at", "2025-05-02T16:12:39.000001Z"),
        ("updated_at", None),
        ("deleted_at", "2025-05-02T16:12:39.000000Z"),
        ("tags", []),
    ],
)
def test_a_customer_that_differs_in_one_field_is_another(field: str, value: object) -> None:
    assert customer(**{field: value}) != customer()


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(Customer)])
def test_no_field_of_a_customer_can_be_set(name: str) -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(customer(), name, None)


def test_an_item_of_a_list_has_neither_status_nor_tags() -> None:
    item = example()
    del item["status"], item["tags"]
    found = structure(Customer, item)
    assert (found.status, found.tags) == (None, None)


def test_a_customer_without_tags_has_an_empty_tuple_of_them() -> None:
    assert customer(tags=[]).tags == ()


def test_a_tag_that_is_sent_as_a_bare_string_is_refused() -> None:
    with pytest.raises(ResponseError, match=r"^Customer\.tags\[0\] should be an object, but is 'premium'$"):
        customer(tags=["premium"])


def test_an_unknown_status_stays_as_it_is() -> None:
    assert customer(status="on_hold").status == "on_hold"


def test_what_a_tag_has_beside_its_value_is_kept() -> None:
    tags = customer(tags=[{"value": "premium", "colour": "red"}]).tags
    assert tags is not None
    assert tags[0].extra == {"colour": "red"}


def test_the_dict_of_a_customer_is_what_partnero_sent() -> None:
    assert customer().to_dict() == example()


@examples(150)
@given(data=CUSTOMERS)
def test_any_subset_of_the_optional_fields_makes_a_customer(data: dict[str, Any]) -> None:
    found = structure(Customer, data)
    assert {name: value for name, value in found.to_dict().items() if value is not None}.keys() == {
        name for name, value in data.items() if value is not None
    }


@examples(150)
@given(data=CUSTOMERS)
def test_the_dict_of_any_customer_is_json_and_makes_an_equal_customer(data: dict[str, Any]) -> None:
    found = structure(Customer, data)
    assert structure(Customer, loads(json.dumps(found.to_dict()))) == found


@examples(100)
@given(data=CUSTOMERS)
def test_any_customer_survives_pickling_and_copying(data: dict[str, Any]) -> None:
    found = structure(Customer, data)
    assert [pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)] == [found] * 3


@examples(100)
@given(
    data=CUSTOMERS, name=st.sampled_from(sorted(example())), value=st.integers() | st.just({}) | st.just([1])
)
def test_a_number_an_object_or_an_array_in_any_field_is_a_response_error_that_names_it(
    data: dict[str, Any], name: str, value: object
) -> None:
    with pytest.raises(ResponseError, match=rf"^Customer\.{name}\b"):
        structure(Customer, {**data, name: value})
