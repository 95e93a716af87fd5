"""Records are immutable to the bottom, hashable, picklable, and can be written as JSON again."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, Inexact, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async.records import FrozenMapping, Record
from partnero_async.records._base import EMPTY, freeze, is_array, is_object
from partnero_async.records._json import loads
from partnero_async.records._structure import structure

from ..profiles import examples

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**39), 10**39)
    | st.floats(-1e15, 1e15).map(lambda number: Decimal(repr(round(number, 6))))
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@attrs.frozen(kw_only=True)
class Thing(Record):
    key: str
    amount: Decimal | None = None
    moment: datetime | None = None
    day: date | None = None
    info: Mapping[str, Any] = EMPTY


def through_json(record: Record) -> Any:
    """The same record, written as JSON text and read again."""
    return structure(type(record), loads(json.dumps(record.to_dict(), allow_nan=False)))


def test_a_frozen_mapping_has_no_way_to_set_an_item() -> None:
    with pytest.raises(TypeError):
        FrozenMapping({"a": 1})["a"] = 2


def test_a_frozen_mapping_has_no_way_to_delete_an_item() -> None:
    with pytest.raises(TypeError):
        del FrozenMapping({"a": 1})["a"]


def test_a_frozen_mapping_takes_no_new_attributes() -> None:
    with pytest.raises(AttributeError):
        FrozenMapping().note = "x"


def test_a_frozen_mapping_does_not_follow_the_dict_that_it_was_made_of() -> None:
    inner = [1]
    items = {"a": inner}
    mapping = FrozenMapping(items)
    items["b"] = inner
    inner.append(2)
    assert mapping == {"a": (1,)}


def test_frozen_mappings_of_the_same_items_are_equal_and_hash_alike_in_any_order() -> None:
    one, other = FrozenMapping({"a": 1, "b": [2]}), FrozenMapping({"b": [2], "a": 1})
    assert (one, hash(one)) == (other, hash(other))


def test_frozen_mappings_of_other_items_are_not_equal() -> None:
    assert FrozenMapping({"a": 1}) != FrozenMapping({"a": 2})


def test_a_frozen_mapping_is_read_like_a_dict() -> None:
    mapping = FrozenMapping({"a": 1, "b": 2})
    assert (mapping["a"], list(mapping), len(mapping), "c" in mapping) == (1, ["a", "b"], 2, False)


def test_a_frozen_mapping_shows_what_is_in_it() -> None:
    assert repr(FrozenMapping({"a": [1]})) == "{'a': (1,)}"


def test_freezing_makes_objects_mappings_and_arrays_tuples_to_the_bottom() -> None:
    assert freeze([{"a": [1, {"b": []}]}, "x"]) == (
        FrozenMapping({"a": (1, FrozenMapping({"b": ()}))}),
        "x",
    )


@examples(100)
@given(value=JSON)
def test_whatever_json_has_can_be_hashed_once_frozen(value: Any) -> None:
    assert hash(freeze(value)) == hash(freeze(copy.deepcopy(value)))


@examples(100)
@given(items=st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_a_frozen_mapping_survives_pickling_and_copying(items: dict[str, Any]) -> None:
    mapping = FrozenMapping(items)
    copies = [pickle.loads(pickle.dumps(mapping)), copy.copy(mapping), copy.deepcopy(mapping)]
    assert copies == [mapping] * 3


def test_only_a_dict_is_an_object_and_only_a_list_is_an_array() -> None:
    values = [{}, [], (), "", None]
    assert [(is_object(value), is_array(value)) for value in values] == [
        (True, False),
        (False, True),
        (False, False),
        (False, False),
        (False, False),
    ]


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Thing(key="a").key = "b"


def test_a_record_takes_no_new_attributes() -> None:
    with pytest.raises(AttributeError):
        Thing(key="a").note = "x"


def test_a_record_is_made_by_field_names_alone() -> None:
    with pytest.raises(TypeError):
        Thing("a")


def test_unknown_fields_do_not_count_in_a_comparison() -> None:
    assert Thing(key="a", extra=FrozenMapping({"new": 1})) == Thing(key="a")


def test_unknown_fields_do_not_count_in_a_hash() -> None:
    assert hash(Thing(key="a", extra=FrozenMapping({"new": 1}))) == hash(Thing(key="a"))


def test_unknown_fields_are_not_shown() -> None:
    assert repr(Thing(key="a", extra=FrozenMapping({"new": 1}))) == repr(Thing(key="a"))


def test_unknown_fields_do_not_follow_the_dict_that_a_record_was_made_with() -> None:
    extra = {"new": 1}
    thing = Thing(key="a", extra=extra)
    extra["new"] = 2
    assert thing.extra == {"new": 1}


@examples(100)
@given(unknown=st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_unknown_fields_of_any_kind_are_written_and_read_again(unknown: dict[str, Any]) -> None:
    known = {field.name for field in attrs.fields(Thing)}
    record = structure(Thing, {n: v for n, v in unknown.items() if n not in known} | {"key": "a"})
    assert through_json(record).extra == record.extra


@examples(100)
@given(unknown=st.dictionaries(st.text(max_size=8).map("x-".__add__), JSON, max_size=4))
def test_a_record_survives_pickling_and_copying_with_its_unknown_fields(unknown: dict[str, Any]) -> None:
    record = structure(Thing, {"key": "a", **unknown})
    copies = [pickle.loads(pickle.dumps(record)), copy.copy(record), copy.deepcopy(record)]
    assert [(twin, twin.extra) for twin in copies] == [(record, record.extra)] * 3


def test_a_dict_has_the_unknown_fields_beside_the_known_ones() -> None:
    thing = structure(Thing, {"key": "a", "new": {"b": [Decimal("1.5")]}})
    assert thing.to_dict() == {
        "key": "a",
        "amount": None,
        "moment": None,
        "day": None,
        "info": {},
        "new": {"b": [1.5]},
    }


def test_a_dict_is_the_callers_own() -> None:
    thing = structure(Thing, {"key": "a", "new": [1], "info": {"b": [1]}})
    written = thing.to_dict()
    written["new"].append(2)
    written["info"]["b"].append(2)
    assert (thing.extra, thing.info) == ({"new": (1,)}, {"b": (1,)})


def test_a_moment_is_written_as_partnero_writes_it() -> None:
    there = datetime(2025, 5, 2, 18, 12, 39, tzinfo=timezone(timedelta(hours=2)))
    assert Thing(key="a", moment=there).to_dict()["moment"] == "2025-05-02T16:12:39.000000Z"


@examples(100)
@given(moment=st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_any_moment_can_be_read_again(moment: datetime) -> None:
    assert through_json(Thing(key="a", moment=moment)).moment == moment


def test_a_moment_of_the_first_century_is_written_with_four_digits_of_the_year() -> None:
    moment = datetime(1, 1, 1, tzinfo=UTC)
    assert Thing(key="a", moment=moment).to_dict()["moment"] == "0001-01-01T00:00:00.000000Z"


def test_a_date_is_written_as_a_date() -> None:
    assert Thing(key="a", day=date(2025, 5, 2)).to_dict()["day"] == "2025-05-02"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("29.997", 29.997),
        ("99.90", 99.9),
        ("100", 100),
        ("100.00", 100),
        ("1E+3", 1000),
        ("-0.1", -0.1),
        ("0.12345678901234567890", "0.12345678901234567890"),
    ],
)
def test_an_amount_is_written_as_a_number_unless_no_double_holds_it(amount: str, written: object) -> None:
    value = Thing(key="a", amount=Decimal(amount)).to_dict()["amount"]
    assert (type(value), value) == (type(written), written)


@examples(200)
@given(number=st.floats(-1e25, 1e25).filter(lambda number: number == 0 or abs(number) > 1e-12))
def test_any_amount_that_a_double_holds_can_be_read_again(number: float) -> None:
    amount = Decimal(repr(number))
    assert through_json(Thing(key="a", amount=amount)).amount == amount


def test_an_amount_of_the_greatest_size_can_be_read_again_once_it_was_read() -> None:
    record = structure(Thing, loads('{"key": "a", "amount": 12345678901e29}'))
    assert through_json(record) == record


def test_amounts_are_written_exactly_in_any_decimal_context() -> None:
    with localcontext(prec=2, traps=[Inexact]):
        assert Thing(key="a", amount=Decimal("12345.67")).to_dict()["amount"] == 12345.67
