"""JSON values become records: strictly, exactly, and with nothing but a ResponseError when they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, Inexact, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import ResponseError
from partnero_async.records import FrozenMapping, Record, SigningSecret
from partnero_async.records._base import EMPTY, BoolOrText, DecimalOrText, IntOrText, Word
from partnero_async.records._json import loads
from partnero_async.records._structure import compile_hooks, structure

from ..profiles import examples


class Colour(Word):
    RED = "red"


@attrs.frozen(kw_only=True)
class Part(Record):
    word: str
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class Specimen(Record):
    """One field of every kind that records have."""

    key: str
    name: str | None = None
    flag: bool | None = None
    count: int | None = None
    amount: Decimal | None = None
    moment: datetime | None = None
    day: date | None = None
    words: tuple[str, ...] = ()
    parts: tuple[Part, ...] | None = None
    part: Part | None = None
    info: Mapping[str, Any] = EMPTY
    colour: Colour | str | None = None
    anything: Any = None


JSON_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["2025-05-02", "2025-05-02T16:12:39Z", "true", "1", "red", "ab"])
)
JSON = st.recursive(
    JSON_SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [field.name for field in attrs.fields(Specimen) if field.name != "extra"]


def specimen(**fields: Any) -> Specimen:
    return structure(Specimen, {"key": "k", **fields})


def fault(**fields: Any) -> str:
    """What the refusal of a field says."""
    with pytest.raises(ResponseError) as refused:
        specimen(**fields)
    return str(refused.value)


def deep(levels: int) -> list[Any]:
    value = list[Any]()
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("key", None, "a string, but is null"),
        ("key", 5, "a string, but is 5"),
        ("key", True, "a string, but is true"),
        ("name", 5, "a string, but is 5"),
        ("name", Decimal("5.50"), "a string, but is 5.50"),
        ("name", ["a"], "a string, but is an array"),
        ("name", {"a": 1}, "a string, but is an object"),
        ("flag", "false", "true or false, but is 'false'"),
        ("flag", "", "true or false, but is ''"),
        ("flag", 0, "true or false, but is 0"),
        ("flag", 1, "true or false, but is 1"),
        ("flag", [], "true or false, but is an array"),
        ("count", "5", "an integer, but is '5'"),
        ("count", True, "an integer, but is true"),
        ("count", 5.0, "an integer, but is 5.0"),
        ("count", Decimal("5.0"), "an integer, but is 5.0"),
        ("amount", "99.99", "a number, but is '99.99'"),
        ("amount", False, "a number, but is false"),
        ("amount", [], "a number, but is an array"),
        ("moment", 1746202359, "a timestamp with a time zone, but is 1746202359"),
        ("moment", "yesterday", "a timestamp with a time zone, but is 'yesterday'"),
        ("moment", "2025-05-02T16:12:39", "a timestamp with a time zone, but is '2025-05-02T16:12:39'"),
        ("moment", "2025-05-02", "a timestamp with a time zone, but is '2025-05-02'"),
        ("moment", "", "a timestamp with a time zone, but is ''"),
        ("moment", False, "a timestamp with a time zone, but is false"),
        ("day", "2025-02-30", "a date, but is '2025-02-30'"),
        ("day", "2025-05-02T16:12:39", "a date, but is '2025-05-02T16:12:39'"),
        ("day", "2025-05-02T25:00:00Z", "a date, but is '2025-05-02T25:00:00Z'"),
        ("day", "0001-01-01T00:00:00+05:00", "a date, but is '0001-01-01T00:00:00+05:00'"),
        ("day", 20250502, "a date, but is 20250502"),
        ("words", "ab", "an array, but is 'ab'"),
        ("words", {"0": "a"}, "an array, but is an object"),
        ("part", [1], "an object, but is an array"),
        ("part", "word", "an object, but is 'word'"),
        ("info", "", "an object, but is ''"),
        ("info", [1], "an object, but is an array"),
        ("colour", 3, "a string, but is 3"),
        ("colour", ["red"], "a string, but is an array"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_record_field_and_what_was_found(
    field: str, value: object, said: str
) -> None:
    assert fault(**{field: value}) == f"Specimen.{field} should be {said}"


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "null"), ([], "an array"), ("key", "'key'"), (3, "3"), (True, "true")],
)
def test_a_record_is_made_of_nothing_but_an_object(value: object, said: str) -> None:
    with pytest.raises(ResponseError) as refused:
        structure(Specimen, value)
    assert str(refused.value) == f"Specimen should be an object, but is {said}"


def test_a_missing_identity_is_named() -> None:
    with pytest.raises(ResponseError) as refused:
        structure(Specimen, {"name": "Alice"})
    assert str(refused.value) == "Specimen.key is missing"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"words": ["a", None]}, "Specimen.words[1]"),
        ({"part": {"word": 5}}, "Specimen.part.word"),
        ({"parts": [{"word": "a"}, {"word": "b", "amount": "x"}]}, "Specimen.parts[1].amount"),
        ({"parts": [{"word": "a"}, 7]}, "Specimen.parts[1]"),
    ],
)
def test_a_fault_far_down_is_named_by_its_whole_path(fields: dict[str, Any], place: str) -> None:
    assert fault(**fields).startswith(f"{place} should be ")


def test_a_field_that_is_missing_far_down_is_named_by_its_whole_path() -> None:
    assert fault(parts=[{"word": "a"}, {}]) == "Specimen.parts[1].word is missing"


def test_a_long_text_is_quoted_only_in_its_beginning() -> None:
    assert fault(flag="x" * 10_000) == f"Specimen.flag should be true or false, but is '{'x' * 40}'…"


def test_what_was_found_cannot_break_out_of_the_line() -> None:
    assert "\n" not in fault(flag="a\nb\x1b[31m")


def test_an_offset_becomes_utc() -> None:
    moment = specimen(moment="2025-05-02T18:12:39.000001+02:00").moment
    assert moment == datetime(2025, 5, 2, 16, 12, 39, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2025-05-02T16:12:39.000000Z",
        "2025-05-02T16:12:39+00:00",
        "2025-05-02T12:12:39-04:00",
    ],
)
def test_every_moment_has_the_zone_utc(text: str) -> None:
    moment = specimen(moment=text).moment
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_moment_that_has_no_utc_form_is_refused(text: str) -> None:
    assert "should be a timestamp" in fault(moment=text)


def test_a_date_stays_a_date() -> None:
    assert type(specimen(day="2025-05-02").day) is date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-05-02T16:12:39.000000Z", date(2025, 5, 2)),
        ("2025-05-02T00:00:00+00:00", date(2025, 5, 2)),
        ("2025-05-02T23:30:00-02:00", date(2025, 5, 3)),
        ("2025-05-02T01:00:00+02:00", date(2025, 5, 1)),
    ],
)
def test_the_day_of_a_timestamp_is_its_day_in_utc(text: str, day: date) -> None:
    found = specimen(day=text).day
    assert (found, type(found)) == (day, date)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("29.997", "29.997"),
        ("99.90", "99.90"),
        ("0.1", "0.1"),
        ("-12.5", "-12.5"),
        ("1e3", "1E+3"),
        ("100", "100"),
        ("0.12345678901234567890123456789", "0.12345678901234567890123456789"),
        ("12345678901234567890.12", "12345678901234567890.12"),
    ],
)
def test_an_amount_is_exactly_what_was_on_the_wire(text: str, amount: str) -> None:
    assert str(structure(Specimen, loads(f'{{"key": "k", "amount": {text}}}')).amount) == amount


def test_an_amount_is_exact_in_any_decimal_context() -> None:
    with localcontext(prec=2, traps=[Inexact]):
        amount = structure(Specimen, loads('{"key": "k", "amount": 12345.6789}')).amount
        assert str(amount) == "12345.6789"


def test_a_float_of_another_parser_is_read_by_its_repr() -> None:
    assert str(specimen(amount=29.997).amount) == "29.997"


def test_a_whole_amount_is_a_decimal_too() -> None:
    assert type(specimen(amount=100).amount) is Decimal


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        float("-inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
    ],
    ids=str,
)
def test_an_amount_that_is_no_number_is_refused(value: object) -> None:
    assert fault(amount=value).startswith("Specimen.amount should be a number, but is ")


@pytest.mark.parametrize("value", [10**39, Decimal(10**40 - 1), Decimal("1E+30"), Decimal("1E-30")], ids=str)
def test_an_amount_of_forty_digits_or_an_exponent_of_thirty_is_read(value: Decimal | int) -> None:
    assert specimen(amount=value).amount == value


@pytest.mark.parametrize(
    "value",
    [
        10**40,
        -(10**40),
        10**4000,
        Decimal(10**40),
        Decimal("1E+31"),
        Decimal("1E-31"),
        Decimal("1E+999999"),
        Decimal("1E-999999"),
        # No memory holds its digits: whoever writes them out is told so at once.
        Decimal("1E+999999999999999999"),
        1e300,
        5e-324,
    ],
    ids=lambda value: f"{Decimal(value):.3e}",
)
def test_an_amount_of_unreasonable_size_is_refused(value: object) -> None:
    assert fault(amount=value) == "Specimen.amount should be a number, but is a number of unreasonable size"


@pytest.mark.parametrize(
    "value", [Decimal("12345678901E+30"), 12345678901 * 10**30], ids=["exponent", "digits"]
)
def test_forty_one_digits_are_refused_with_an_exponent_as_when_written_out(value: Decimal | int) -> None:
    assert fault(amount=value).endswith("a number of unreasonable size")


def test_an_integer_of_unreasonable_size_is_refused() -> None:
    assert (
        fault(count=10**5000) == "Specimen.count should be an integer, but is a number of unreasonable size"
    )


def test_a_known_word_becomes_the_member() -> None:
    assert specimen(colour="red").colour is Colour.RED


@pytest.mark.parametrize("word", ["green", "Red", ""])
def test_an_unknown_word_stays_a_string(word: str) -> None:
    colour = specimen(colour=word).colour
    assert (type(colour), colour) == (str, word)


def test_an_empty_array_stands_for_an_empty_object() -> None:
    assert specimen(info=[]).info == {}


def test_an_array_becomes_a_tuple() -> None:
    assert specimen(words=["a", "b"]).words == ("a", "b")


def test_a_field_of_any_kind_is_frozen_to_the_bottom() -> None:
    assert specimen(anything=[{"a": [1]}]).anything == (FrozenMapping({"a": [1]}),)


def test_null_is_none_where_a_field_may_lack() -> None:
    optional = ["name", "flag", "count", "amount", "moment", "day", "parts", "part", "colour"]
    assert specimen(**dict.fromkeys(optional)) == specimen()


def test_unknown_fields_are_kept_in_extra() -> None:
    assert specimen(new="field", other=[1]).extra == {"new": "field", "other": (1,)}


def test_unknown_fields_far_down_are_kept_where_they_are() -> None:
    part = specimen(part={"word": "a", "new": 1}).part
    assert part is not None
    assert part.extra == {"new": 1}


def test_a_field_that_is_called_extra_is_unknown_like_any_other() -> None:
    assert specimen(extra={"a": 1}).extra == {"extra": {"a": 1}}


@pytest.mark.parametrize(
    "fields",
    [
        {"new": deep(100_000)},
        {"info": {"a": deep(100_000)}},
        {"parts": [{"word": "a", "new": deep(100_000)}]},
        {"words": deep(100_000)},
        {"name": deep(100_000)},
    ],
    ids=["unknown field", "object", "unknown field far down", "array", "wrong kind"],
)
def test_a_value_that_is_nested_too_deeply_is_refused(fields: dict[str, Any]) -> None:
    assert fault(**fields).startswith("Specimen")


def test_hooks_can_be_compiled_ahead() -> None:
    compile_hooks([Specimen, Part])
    assert specimen(part={"word": "a"}).part == Part(word="a")


def fits(field: str, value: Any) -> bool:
    """Whether a JSON value may stand in a field, said independently of the converter."""
    if value is None:
        return field != "key"
    match field:
        case "key" | "name" | "colour":
            return isinstance(value, str)
        case "flag":
            return isinstance(value, bool)
        case "count":
            return type(value) is int
        case "amount":
            return type(value) in (int, float, Decimal)
        case "moment" | "day":
            return isinstance(value, str) and value.startswith("2025-05-02")
        case "words":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "parts":
            return value == []
        case "part":
            return value == []
        case "info":
            return isinstance(value, dict) or value == []
        case _:
            return True


@examples(300)
@given(field=st.sampled_from([field for field in FIELDS if field != "anything"]), value=JSON)
def test_any_wrong_kind_in_any_field_is_a_response_error_that_names_the_field(field: str, value: Any) -> None:
    if fits(field, value):
        return
    with pytest.raises(ResponseError, match=rf"^Specimen\.{field}\b"):
        specimen(**{field: value})


@examples(300)
@given(value=JSON | st.dictionaries(st.sampled_from([*FIELDS, "extra", "new"]), JSON))
def test_any_json_value_gives_a_record_or_a_response_error(value: Any) -> None:
    try:
        made = structure(Specimen, value)
    except ResponseError:
        return
    assert isinstance(made, Specimen)


@examples(200)
@given(field=st.sampled_from(FIELDS), value=JSON | st.text(alphabet="\n\x1b\u2028\ud800'\"a"))
def test_a_refusal_of_any_value_reads_as_one_line(field: str, value: Any) -> None:
    try:
        specimen(**{field: value})
    except ResponseError as refused:
        line = str(refused)
    else:
        return
    assert line.isprintable()


@examples(100)
@given(word=st.text())
def test_no_word_is_ever_refused_by_an_open_enum(word: str) -> None:
    assert specimen(colour=word).colour == word


@examples(200)
@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
)
def test_any_amount_survives_the_wire_exactly(number: Decimal) -> None:
    text = format(number, "f")
    assert str(structure(Specimen, loads(f'{{"key": "k", "amount": {text}}}')).amount) == text


@attrs.frozen(kw_only=True)
class Spelled(Record):
    """One field of each kind that Partnero also sends as text, or as an object or an array."""

    count: IntOrText | None = None
    amount: DecimalOrText | None = None
    flag: BoolOrText | None = None
    share: Decimal | str | None = None
    fields: Mapping[str, Any] | tuple[Any, ...] = EMPTY
    secret: SigningSecret | None = None


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("count", "12", 12),
        ("count", 12, 12),
        ("count", "-3", -3),
        ("count", None, None),
        ("amount", "19.50", Decimal("19.50")),
        ("amount", Decimal("0.1"), Decimal("0.1")),
        ("count", "1,124", 1124),
        ("count", "-12,345,678", -12345678),
        ("amount", "1,124.90", Decimal("1124.90")),
        ("amount", "999,999", Decimal(999999)),
        ("amount", "1" + ",000" * 12, Decimal(10**36)),
        ("share", "1,124", Decimal(1124)),
        ("share", "1,12", "1,12"),
        ("share", "1.124,90", "1.124,90"),
        ("flag", "true", True),
        ("flag", "false", False),
        ("flag", False, False),
        ("share", "30", Decimal(30)),
        ("share", 30, Decimal(30)),
        ("share", "30%", "30%"),
        ("share", "", ""),
        ("fields", [], EMPTY),
        ("fields", None, EMPTY),
        ("fields", {"a": []}, FrozenMapping({"a": []})),
        ("fields", [{"a": 1}], (FrozenMapping({"a": 1}),)),
        ("secret", "s3cret", SigningSecret("s3cret")),
    ],
)
def test_what_is_sent_in_two_ways_is_read_in_one(field: str, sent: Any, read: Any) -> None:
    found = getattr(structure(Spelled, {field: sent}), field)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize("field", ["count", "amount"])
@pytest.mark.parametrize(
    "text",
    [
        *("", " 5", "5 ", "1_000", "٣", "1e3", "NaN", "five", "9" * 41, "+5", "5."),
        *("1,12", "1,1234", "1234,567", ",124", "1,124,", "1,,124", "1.124,90", "1,124 ", "1 124"),
        "1" + ",000" * 13,
    ],
)
def test_a_text_that_is_no_plain_number_is_refused(field: str, text: str) -> None:
    with pytest.raises(ResponseError, match=rf"^Spelled\.{field} should be an? \w+, but is"):
        structure(Spelled, {field: text})


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", "1.5"), ("count", 1.5), ("flag", "yes"), ("flag", 1), ("flag", "True"), ("amount", True)],
)
def test_texts_are_read_as_strictly_as_what_they_stand_for(field: str, value: Any) -> None:
    with pytest.raises(ResponseError, match=rf"^Spelled\.{field} should be"):
        structure(Spelled, {field: value})


@pytest.mark.parametrize("value", [7, "text", True])
def test_neither_an_object_nor_an_array_is_refused(value: Any) -> None:
    with pytest.raises(ResponseError, match=r"^Spelled\.fields should be an object"):
        structure(Spelled, {"fields": value})


def test_a_record_cannot_have_a_field_that_nobody_could_read() -> None:
    @attrs.frozen(kw_only=True)
    class Ambiguous(Record):
        field: int | bool = 0

    with pytest.raises(TypeError, match="cannot have a field"):
        compile_hooks([Ambiguous])
