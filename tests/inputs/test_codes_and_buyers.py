"""Promotion codes, whom they are for, and customers that come along with a sale: as they are handed in."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import UNSET, ArgumentError, Ref
from partnero_async.inputs import CodeHolder, NewPromotionCode, NewReferredCustomer
from partnero_async.records._json import dump, loads

from ..profiles import examples

HOLDER = CodeHolder(id="h", full_name="Ada Lovelace")
CODE = NewPromotionCode(code="P", partner=HOLDER, metadata={"a": [1, {"b": None}]})
BUYER = NewReferredCustomer(id="c", referring_customer=Ref(key="r"), surname=None)
EACH = pytest.mark.parametrize("value", [HOLDER, CODE, BUYER], ids=lambda value: type(value).__name__)

TEXTS = st.text(min_size=1).filter(str.strip)
HOLDERS = st.builds(CodeHolder, id=TEXTS, full_name=TEXTS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS: dict[str, Any] = {
    "code": st.from_regex(r"[A-Za-z0-9_-]{1,100}", fullmatch=True),
    "first_time_order": st.booleans(),
    "partner": HOLDERS,
    "customer": HOLDERS,
    "subscriber": HOLDERS,
    "minimum_order_value": st.integers(0, 10**30),
    "expiration_date_value": st.dates(),
    "redemption_times_value": st.integers(1, 10**30),
    "metadata": st.dictionaries(st.text(max_size=5), JSON, max_size=3),
}
SOME_FIELDS = st.fixed_dictionaries({}, optional=FIELDS)
# What switches a limit on, and what it is limited to.
PAIRS = {
    "partner": ("limit_to_specific_partner", "coupon_specific_partners"),
    "customer": ("limit_to_specific_customer", "coupon_specific_customers"),
    "subscriber": ("limit_to_specific_subscriber", "coupon_specific_subscribers"),
    "minimum_order_value": ("minimum_order_status", "minimum_order_value"),
    "expiration_date_value": ("expiration_date_status", "expiration_date_value"),
    "redemption_times_value": ("redemption_times_status", "redemption_times_value"),
}


# What all of them are.


@EACH
def test_it_cannot_be_changed(value: Any) -> None:
    for field in attrs.fields(type(value)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, field.name, UNSET)


@EACH
def test_it_is_one_with_its_pickle_and_its_copies(value: Any) -> None:
    twins = [pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value), attrs.evolve(value)]
    assert {value, *twins} == {value}
    assert [repr(twin) for twin in twins] == [repr(value)] * 4


@EACH
def test_its_repr_makes_it_again(value: Any) -> None:
    names = {kind.__name__: kind for kind in (CodeHolder, NewPromotionCode, NewReferredCustomer, Ref)}
    assert eval(repr(value), {**names, "UNSET": UNSET}) == value


@EACH
def test_it_is_made_by_names_alone(value: Any) -> None:
    with pytest.raises(TypeError, match="positional"):
        type(value)("a", "b")


# CodeHolder


@pytest.mark.parametrize("name", ["id", "full_name"])
@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        ("", ArgumentError, "must not be empty"),
        (" ", ArgumentError, "must not be blank"),
        (None, TypeError, "must be a string, not NoneType"),
        (5, TypeError, "must be a string, not int"),
        (UNSET, TypeError, "must be a string, not _UnsetType"),
    ],
)
def test_a_holder_has_an_id_and_a_whole_name(name: str, value: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=f"^{name} {said}"):
        CodeHolder(**{"id": "h", "full_name": "Ada Lovelace", name: value})
    with pytest.raises(TypeError, match=f"'{name}'"):
        CodeHolder(**{other: "a" for other in ("id", "full_name") if other != name})


@pytest.mark.parametrize(
    ("kind", "name"),
    [("partner", "full_name"), ("customer", "customer_full_name"), ("subscriber", "subscriber_full_name")],
)
def test_the_name_of_a_holder_has_a_prefix_but_for_a_partners(kind: str, name: str) -> None:
    (_, limited_to) = PAIRS[kind]
    sent = NewPromotionCode(**{kind: HOLDER}).to_body()  # type: ignore[arg-type]
    assert sent[limited_to] == {"id": "h", name: "Ada Lovelace"}


# NewPromotionCode


def test_a_code_of_nothing_is_left_to_partnero() -> None:
    assert NewPromotionCode().to_body() == {}


@examples(80)
@given(fields=SOME_FIELDS)
def test_a_code_has_a_pair_of_fields_for_each_limit_and_no_other(fields: dict[str, Any]) -> None:
    body = NewPromotionCode(**fields).to_body()
    expected = fields.keys() - PAIRS.keys() | {part for name in fields for part in PAIRS.get(name, ())}
    assert body.keys() == expected
    for name in fields.keys() & PAIRS.keys():
        switch, _ = PAIRS[name]
        assert body[switch] is True


@examples(50)
@given(fields=SOME_FIELDS)
def test_what_any_code_sends_is_json_with_the_same_values(fields: dict[str, Any]) -> None:
    body = loads(dump(NewPromotionCode(**fields).to_body()))
    for name in ("code", "first_time_order", "minimum_order_value", "redemption_times_value", "metadata"):
        if name in fields:
            assert body[name] == fields[name]
    if "expiration_date_value" in fields:
        assert date.fromisoformat(body["expiration_date_value"]) == fields["expiration_date_value"]
    for kind in fields.keys() & {"partner", "customer", "subscriber"}:
        assert list(body[PAIRS[kind][1]].values()) == [fields[kind].id, fields[kind].full_name]


@examples(50)
@given(fields=SOME_FIELDS)
def test_any_code_is_one_with_its_pickle_and_hashes(fields: dict[str, Any]) -> None:
    code = NewPromotionCode(**fields)
    assert len({code, pickle.loads(pickle.dumps(code)), copy.deepcopy(code)}) == 1


@examples(50)
@given(code=st.text(alphabet=st.characters(codec="utf-8"), max_size=120))
def test_a_code_is_of_its_characters_or_refused(code: str) -> None:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    if 0 < len(code) <= 100 and set(code) <= allowed:
        assert NewPromotionCode(code=code).to_body() == {"code": code}
    else:
        with pytest.raises(ArgumentError, match=r"^code must "):
            NewPromotionCode(code=code)


def test_metadata_that_changes_later_does_not_change_what_was_made_of_it() -> None:
    metadata: dict[str, Any] = {"deep": {"list": [1]}}
    code = NewPromotionCode(metadata=metadata)
    metadata["deep"]["list"].append(object())
    metadata["more"] = 1
    assert code.metadata == {"deep": {"list": [1]}}
    assert dump(code.to_body()) == '{"metadata":{"deep":{"list":[1]}}}'


def test_what_was_sent_of_metadata_is_not_what_is_kept() -> None:
    code = NewPromotionCode(metadata=MappingProxyType({"a": 1}))
    code.to_body()["metadata"]["b"] = 2
    assert code.to_body() == {"metadata": {"a": 1}}


def test_codes_that_differ_in_metadata_alone_are_two() -> None:
    assert len({NewPromotionCode(metadata={"a": 1}), NewPromotionCode(metadata={"a": 2})}) == 2


# NewReferredCustomer


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({}, ArgumentError, "^a new customer needs an id, a key or an email$"),
        ({"name": "Ada"}, ArgumentError, "^a new customer needs an id, a key or an email$"),
        ({"id": ""}, ArgumentError, "^id must not be empty$"),
        ({"key": " "}, ArgumentError, "^key must not be blank$"),
        ({"email": ""}, ArgumentError, "^email must not be empty$"),
        ({"id": None}, TypeError, "^id must be a string, not NoneType$"),
        ({"id": "c", "key": 5}, TypeError, "^key must be a string, not int$"),
        ({"id": "c", "email": None}, TypeError, "^email must be a string, not NoneType$"),
        ({"id": "c", "name": 5}, TypeError, "^name must be a string, not int$"),
        ({"id": "c", "surname": b"L"}, TypeError, "^surname must be a string, not bytes$"),
        ({"id": "c", "referring_customer": "r"}, TypeError, "^referring_customer must be a Ref, .* not str$"),
        (
            {"id": "c", "referring_customer": Ref(email="a@b.co")},
            ArgumentError,
            "^referring_customer is named here by id or key, not by email$",
        ),
        ({"id": "c", "referring_customer": None}, TypeError, "^referring_customer must be a Ref"),
        ({"id": "c", "created_at": "2025-05-07"}, TypeError, "^created_at must be a datetime, not str$"),
        ({"id": "c", "created_at": date(2025, 5, 7)}, TypeError, "^created_at must be a datetime, not date$"),
        ({"id": "c", "created_at": datetime(2025, 5, 7)}, ArgumentError, "^created_at needs a time zone"),
        ({"id": "c", "created_at": True}, TypeError, "^created_at must be a whole number, not bool$"),
        ({"id": "c", "created_at": 1.5}, TypeError, "^created_at must be a datetime, not float$"),
        ({"id": "c", "created_at": -1}, ArgumentError, "^created_at must be at least 0, not -1$"),
        ({"id": "c", "created_at": 10**40}, ArgumentError, "^created_at must be .* unreasonable size$"),
    ],
)
def test_a_bad_new_customer_cannot_be_made(fields: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        NewReferredCustomer(**fields)


@examples(80)
@given(
    named=st.fixed_dictionaries({}, optional={"id": TEXTS, "key": TEXTS, "email": TEXTS}).filter(bool),
    others=st.fixed_dictionaries(
        {},
        optional={
            "name": st.none() | st.text(),
            "surname": st.none() | st.text(),
            "created_at": st.integers(0, 2**40) | st.datetimes(timezones=st.just(UTC)),
            "referring_customer": st.builds(Ref, key=TEXTS) | st.builds(Ref, id=TEXTS),
        },
    ),
)
def test_a_new_customer_sends_what_was_given_and_no_more(named: Any, others: Any) -> None:
    buyer = NewReferredCustomer(**named, **others)
    body = buyer.to_body()
    assert body.keys() == named.keys() | others.keys()
    assert {name: body[name] for name in named} == named
    for name in others.keys() & {"name", "surname"}:
        assert body[name] == others[name]
    if "referring_customer" in others:
        ref = others["referring_customer"]
        assert body["referring_customer"] == {ref.by: ref.value}
    assert loads(dump(body)) == body
    assert pickle.loads(pickle.dumps(buyer)) == buyer
