"""What users hand in is taken as it is or refused with the cure, before any I/O."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import UNSET, ArgumentError, Options, RateLimit, Ref
from partnero_async._values import oversized
from partnero_async.inputs._checks import (
    check_amount,
    check_count,
    check_seconds,
    check_several,
    check_tags,
    check_text,
)
from partnero_async.inputs._fields import without_unset as given_fields

from ..profiles import examples

NAMES = ["id", "key", "email"]


# Ref


@pytest.mark.parametrize("name", NAMES)
def test_a_ref_names_somebody_by_one_identifier(name: str) -> None:
    ref = Ref(**{name: "value"})
    assert (ref.by, ref.value, ref.to_body()) == (name, "value", {name: "value"})


@pytest.mark.parametrize("names", [[], ["id", "key"], ["key", "email"], ["id", "email"], NAMES])
def test_a_ref_by_none_or_several_identifiers_is_refused(names: list[str]) -> None:
    with pytest.raises(ArgumentError, match="exactly one of id, key and email"):
        Ref(**dict.fromkeys(names, "value"))


def test_the_refusal_of_a_ref_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="id and email"):
        Ref(id="a", email="b")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["", " ", "\n"], ids=repr)
def test_a_ref_by_an_empty_or_blank_identifier_is_refused(name: str, value: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^Ref\({name}=\.\.\.\) must not be"):
        Ref(**{name: value})


@pytest.mark.parametrize("value", [5, b"a", True, ["a"], UNSET], ids=repr)
def test_a_ref_by_what_is_not_a_string_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="must be a string"):
        Ref(key=value)


def test_a_ref_is_made_by_name_alone() -> None:
    with pytest.raises(TypeError):
        Ref("value")


def test_a_ref_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Ref(key="a").key = "b"


def test_refs_to_the_same_are_equal_and_hash_alike() -> None:
    assert len({Ref(key="a"), Ref(key="a"), Ref(id="a")}) == 2


# UNSET


def test_unset_is_false_and_says_its_name() -> None:
    assert (bool(UNSET), repr(UNSET)) == (False, "UNSET")


@pytest.mark.parametrize(
    "copying", [lambda value: pickle.loads(pickle.dumps(value)), copy.copy, copy.deepcopy]
)
def test_there_is_one_unset(copying: Any) -> None:
    assert copying(UNSET) is UNSET


def test_only_what_is_unset_is_left_out() -> None:
    assert given_fields(a=UNSET, b=None, c="", d=0, e=False, f=[]) == {
        "b": None,
        "c": "",
        "d": 0,
        "e": False,
        "f": [],
    }


# Options and RateLimit


def test_options_are_unset_until_said() -> None:
    options = Options()
    assert (options.timeout, options.deadline, options.retries) == (UNSET, UNSET, UNSET)


def test_options_take_none_for_unbounded() -> None:
    options = Options(timeout=None, deadline=None)
    assert (options.timeout, options.deadline) == (None, None)


def test_options_take_no_retries() -> None:
    assert Options(retries=0).retries == 0


NOT_SECONDS = [0, -1, -0.0, float("inf"), float("-inf"), float("nan")]
NOT_NUMBERS = [True, False, "5", b"5", Decimal(5), [5], 5j]


@pytest.mark.parametrize("name", ["timeout", "deadline"])
@pytest.mark.parametrize("value", NOT_SECONDS, ids=repr)
def test_options_refuse_seconds_that_are_not_positive_and_finite(name: str, value: float) -> None:
    with pytest.raises(ArgumentError, match=rf"^{name} must be positive and finite"):
        Options(**{name: value})


@pytest.mark.parametrize("name", ["timeout", "deadline"])
@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_options_refuse_seconds_that_are_not_a_number(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{name} must be a number of seconds"):
        Options(**{name: value})


@pytest.mark.parametrize("value", [None, 1.0, True, "1"], ids=repr)
def test_options_refuse_retries_that_are_not_a_whole_number(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^retries must be a whole number"):
        Options(retries=value)


def test_options_refuse_retries_below_zero() -> None:
    with pytest.raises(ArgumentError, match=r"^retries must be at least 0, not -1$"):
        Options(retries=-1)


def test_a_rate_limit_is_a_minutes_unless_said() -> None:
    assert RateLimit(60) == RateLimit(60, per_seconds=60.0)


@pytest.mark.parametrize("requests", [0, -1])
def test_a_rate_limit_of_no_requests_is_refused(requests: int) -> None:
    with pytest.raises(ArgumentError, match=r"^requests must be at least 1"):
        RateLimit(requests)


@pytest.mark.parametrize("requests", [1.5, "60", True, None], ids=repr)
def test_a_rate_limit_of_what_is_not_a_whole_number_is_a_type_error(requests: Any) -> None:
    with pytest.raises(TypeError, match=r"^requests must be a whole number"):
        RateLimit(requests)


@pytest.mark.parametrize("seconds", NOT_SECONDS, ids=repr)
def test_a_rate_limit_per_no_time_or_for_ever_is_refused(seconds: float) -> None:
    with pytest.raises(ArgumentError, match=r"^per_seconds must be positive and finite"):
        RateLimit(1, seconds)


# Seconds, counts, texts


@pytest.mark.parametrize("value", [1, 0.001, 30.5, 10**6])
def test_seconds_are_taken_as_a_float(value: float) -> None:
    assert check_seconds("timeout", value) == value


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), 10**5000, -(10**5000)], ids=["e400", "-e400", "e5000", "-e5000"]
)
def test_seconds_beyond_every_float_are_refused(value: int) -> None:
    with pytest.raises(ArgumentError, match=r"^timeout must be positive and finite"):
        check_seconds("timeout", value)


@examples(200)
@given(value=st.floats() | st.integers() | st.integers().map(lambda number: number * 10**320))
def test_seconds_are_finite_or_refused(value: float) -> None:
    try:
        seconds = check_seconds("timeout", value)
    except ArgumentError:
        return
    assert 0 < seconds < float("inf")


@pytest.mark.parametrize(("value", "most"), [(1, 250), (250, 250), (10**9, None)])
def test_a_count_within_its_bounds_is_taken(value: int, most: int | None) -> None:
    assert check_count("limit", value, least=1, most=most) == value


@pytest.mark.parametrize("value", [0, 251, -5])
def test_a_count_out_of_its_bounds_is_refused_with_them(value: int) -> None:
    with pytest.raises(ArgumentError, match=rf"^limit must be from 1 to 250, not {value}$"):
        check_count("limit", value, least=1, most=250)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, Decimal(1)], ids=repr)
def test_a_count_that_is_not_a_whole_number_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match=rf"^limit must be a whole number, not {type(value).__name__}$"):
        check_count("limit", value, least=1)


def test_a_count_of_thousands_of_digits_is_refused_like_any_other() -> None:
    with pytest.raises(ArgumentError, match=r"^limit must be from 1 to 250"):
        check_count("limit", 10**5000, least=1, most=250)


@pytest.mark.parametrize("value", [10**40, 10**5000, -(10**5000)], ids=["e40", "e5000", "-e5000"])
def test_a_count_that_cannot_be_written_is_refused_where_nothing_bounds_it(value: int) -> None:
    with pytest.raises(ArgumentError, match=r"^page must be at least 1, not a number of unreasonable size$"):
        check_count("page", value, least=1)


@pytest.mark.parametrize(
    ("value", "what"), [("", "empty"), (" \t", "blank"), ("\u3000", "blank")], ids=["", "ascii", "wide"]
)
def test_a_text_that_says_nothing_is_refused(value: str, what: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^key must not be {what}$"):
        check_text("key", value)


def test_a_text_keeps_the_blanks_around_it() -> None:
    assert check_text("key", " a ") == " a "


# Amounts


@pytest.mark.parametrize(
    "amount",
    [
        0,
        1,
        -5,
        99,
        10**15,
        Decimal("99.99"),
        Decimal("29.997"),
        Decimal("-0.01"),
        Decimal("1E+3"),
        Decimal("99.990"),
        Decimal("0.1"),
        Decimal("1E-30"),
        Decimal("1E+22"),
    ],
    ids=str,
)
def test_an_amount_that_a_double_holds_is_taken_as_it_is(amount: Decimal | int) -> None:
    taken = check_amount("amount", amount)
    assert (type(taken), str(taken)) == (type(amount), str(amount))


@pytest.mark.parametrize("amount", [99.99, 1.0, 0.1, float("nan"), float("inf"), -0.0], ids=repr)
def test_a_float_is_refused_with_the_cure(amount: float) -> None:
    with pytest.raises(TypeError) as refused:
        check_amount("amount", amount)
    assert str(refused.value) == (
        f"amount must be a Decimal or an int, not a float: write Decimal(str({amount!r}))"
    )


def test_the_cure_for_a_float_is_one() -> None:
    assert check_amount("amount", Decimal(str(99.99))) == Decimal("99.99")


@pytest.mark.parametrize("amount", ["99.99", True, None, b"1", 5j, [1]], ids=repr)
def test_an_amount_of_another_kind_is_a_type_error(amount: object) -> None:
    with pytest.raises(
        TypeError, match=rf"^reward must be a Decimal or an int, not {type(amount).__name__}$"
    ):
        check_amount("reward", amount)


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("-Infinity"),
        Decimal("0.12345678901234567890"),
        Decimal("9007199254740993"),
        2**53 + 1,
        Decimal.from_float(0.1),
        Decimal("1E+31"),
        Decimal("1E-31"),
        10**40,
        Decimal("1" * 41),
    ],
    ids=str,
)
def test_an_amount_that_no_double_holds_is_refused(amount: Decimal | int) -> None:
    with pytest.raises(ArgumentError, match=r"^amount cannot be sent exactly as a JSON number: "):
        check_amount("amount", amount)


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("1E+999999"),
        Decimal("1E-999999"),
        Decimal("1E+999999999999999999"),
        Decimal("9" * 100_000),
        10**5000,
    ],
    ids=["1e999999", "1e-999999", "1e999999999999999999", "100000 digits", "integer"],
)
def test_an_amount_of_unreasonable_size_is_refused_in_few_words(amount: Decimal | int) -> None:
    with pytest.raises(ArgumentError, match=r"^amount cannot be sent exactly") as refused:
        check_amount("amount", amount)
    assert len(str(refused.value)) < 150


def test_an_amount_of_unreasonable_size_is_refused_without_being_written_out() -> None:
    class Heavy(Decimal):
        def __int__(self) -> int:
            raise AssertionError("this would take half a minute")

        __float__ = __trunc__ = __round__ = __floor__ = __ceil__ = __int__  # type: ignore[assignment]

    with pytest.raises(ArgumentError, match=r"^amount cannot be sent exactly"):
        check_amount("amount", Heavy("1E+999999"))


@examples(300)
@given(
    amount=st.decimals() | st.integers() | st.floats(-1e20, 1e20).map(lambda number: Decimal(repr(number)))
)
def test_an_amount_is_taken_only_if_it_survives_a_double(amount: Decimal | int) -> None:
    try:
        taken = check_amount("amount", amount)
    except ArgumentError:
        return
    assert Decimal(repr(float(taken))) == amount


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (10**40 - 1, False),
        (10**40, True),
        (-(10**40), True),
        (Decimal("9" * 40), False),
        (Decimal("9" * 41), True),
        (Decimal("1E+30"), False),
        (Decimal("1E+31"), True),
        (Decimal("1E-30"), False),
        (Decimal("1234567890E+30"), False),
        (Decimal("12345678901E+30"), True),
        (Decimal("1E-31"), True),
        (Decimal("NaN"), True),
        (Decimal("-Infinity"), True),
    ],
    ids=str,
)
def test_a_number_is_oversized_beyond_40_digits_or_an_exponent_of_30(
    number: Decimal | int, expected: bool
) -> None:
    assert oversized(number) is expected


# Tags


@pytest.mark.parametrize(
    ("tags", "sent"),
    [
        (None, None),
        ((), []),
        (["a", "b"], ["a", "b"]),
        (("a",), ["a"]),
        ((tag for tag in "ab"), ["a", "b"]),
        (["a", "a"], ["a", "a"]),
        ([" a "], [" a "]),
    ],
    ids=["none", "empty", "list", "tuple", "generator", "repeated", "padded"],
)
def test_tags_are_sent_as_a_list(tags: Any, sent: list[str] | None) -> None:
    assert check_tags("tags", tags) == sent


@pytest.mark.parametrize("tags", ["vip", "", b"vip", 5, 5.0, True, Ref(key="a")], ids=repr)
def test_one_value_is_not_several_tags(tags: Any) -> None:
    with pytest.raises(TypeError) as refused:
        check_tags("tags", tags)
    kind = type(tags).__name__
    assert str(refused.value) == f"tags must be several values, such as a list, not {kind}"


@pytest.mark.parametrize(
    "values", [[], (), {"a"}, iter("ab"), range(3), {"a": 1}.keys()], ids=lambda values: type(values).__name__
)
def test_several_values_are_taken_as_they_are(values: Any) -> None:
    assert check_several("sales", values) is values


@pytest.mark.parametrize("tags", [[5], [None], [["a"]], [b"vip"], {1: 2}], ids=repr)
def test_tags_that_are_not_strings_are_a_type_error(tags: Any) -> None:
    with pytest.raises(TypeError):
        check_tags("tags", tags)


@pytest.mark.parametrize("tag", ["", "  "])
def test_an_empty_or_blank_tag_is_refused(tag: str) -> None:
    with pytest.raises(ArgumentError, match=r"^a tag must not be"):
        check_tags("tags", ["vip", tag])
