"""The wire: any text as one path segment, exact JSON, and of whatever comes back a record or an error."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import (
    ArgumentError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    Customer,
    NotFoundError,
    PartneroError,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    ServerError,
    StatusError,
    Transaction,
    ValidationError,
)
from partnero_async._http.endpoint import (
    Endpoint,
    Returns,
    nothing,
    one,
    page_of,
    reply,
    several,
    undocumented,
)
from partnero_async._http.headers import remaining_requests, request_id, retry_after
from partnero_async._http.wire import Answer, Request, build, decipher, path_of
from partnero_async._values import check_moment
from partnero_async.records import FrozenMapping
from partnero_async.records._json import dump, loads

from ..profiles import examples

GET = Endpoint("GET", "/customers/{key}", one(Customer))
LIST = Endpoint("GET", "/customers", page_of(Customer))
SALES = Endpoint("GET", "/customers/{key}/transactions", page_of(Transaction))
UPDATE = Endpoint("PUT", "/customers/{key}", nothing)
RAW = Endpoint("GET", "/customers", reply)
NOW = datetime(2025, 5, 2, 12, 0, 0, tzinfo=UTC)


def encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


KEYS = st.text(min_size=1).filter(lambda key: key.strip() and key not in (".", "..") and encodable(key))


def answer(body: bytes | str = b"", status: int = 200, **headers: str) -> Answer:
    content = body.encode() if isinstance(body, str) else body
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def refusal(body: bytes | str, status: int = 422, **headers: str) -> StatusError:
    with pytest.raises(StatusError) as refused:
        decipher(RAW, answer(body, status, **headers), loads)
    return refused.value


def unreadable(body: bytes | str, status: int = 200, **headers: str) -> ResponseError:
    with pytest.raises(ResponseError) as refused:
        decipher(GET, answer(body, status, **headers), loads)
    return refused.value


def sent(body: Any) -> str:
    content = build(UPDATE, "a", body=body).content
    assert content is not None
    return content.decode()


def next_number(following: object) -> int | None:
    page = {"data": [], "links": {"next": following}}
    return decipher(LIST, answer(json.dumps(page)), loads).next_number


# Requests


@examples(300)
@given(key=KEYS)
def test_any_key_makes_one_segment_that_decodes_to_it(key: str) -> None:
    _, customers, segment, transactions = build(SALES, key).target.split("/")
    assert (customers, unquote(segment), transactions) == ("customers", key, "transactions")


@examples(200)
@given(key=KEYS)
def test_any_key_stays_out_of_query_and_fragment(key: str) -> None:
    parts = urlsplit("https://host" + build(GET, key).target)
    assert (parts.query, parts.fragment, parts.hostname) == ("", "", "host")


@examples(100)
@given(key=KEYS)
def test_a_target_is_visible_ascii(key: str) -> None:
    assert all("!" <= character <= "~" for character in build(GET, key).target)


@pytest.mark.parametrize(
    ("key", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("a b+c", "a%20b%2Bc"),
        ("alice@example.com", "alice%40example.com"),
        ("é", "%C3%A9"),
        ("...", "..."),
        ("..a", "..a"),
        (" padded ", "%20padded%20"),
        ("a\nb\x00", "a%0Ab%00"),
    ],
)
def test_what_would_change_the_path_is_encoded(key: str, segment: str) -> None:
    assert build(GET, key).target == f"/customers/{segment}"


def test_the_colon_of_custom_actions_stays_as_it_is() -> None:
    assert path_of(("customers:search",)) == "/customers:search"


def test_literal_segments_are_encoded_each_on_its_own() -> None:
    assert path_of(("customers", "a/b", "..c")) == "/customers/a%2Fb/..c"


@pytest.mark.parametrize("key", ["", " ", "\t\n", "\u3000", ".", ".."])
def test_a_key_that_would_ask_for_something_else_is_refused(key: str) -> None:
    with pytest.raises(ArgumentError, match=r"^key must not be "):
        build(GET, key)


@pytest.mark.parametrize("segment", ["", " ", ".", ".."])
def test_a_literal_segment_that_would_change_the_path_is_refused(segment: str) -> None:
    with pytest.raises(ArgumentError, match=r"^path segment must not be "):
        path_of(("customers", segment))


@pytest.mark.parametrize("key", [None, 5, b"key", True, ["key"], FrozenMapping()], ids=repr)
def test_a_key_that_is_not_a_string_is_a_type_error(key: Any) -> None:
    with pytest.raises(TypeError, match=r"^key must be a string, not "):
        build(GET, key)


@pytest.mark.parametrize("key", ["\ud800", "a\udfff"], ids=ascii)
def test_a_key_that_has_no_utf8_form_is_refused(key: str) -> None:
    with pytest.raises(ArgumentError, match=r"^key has no UTF-8 form"):
        build(GET, key)


def test_the_refusal_of_a_key_without_utf8_form_can_be_printed() -> None:
    with pytest.raises(ArgumentError) as refused:
        build(GET, "\ud800")
    assert str(refused.value).encode()


def test_a_request_without_query_has_no_question_mark() -> None:
    assert build(LIST, query={"page": None}).target == "/customers"


@examples(100)
@given(query=st.dictionaries(KEYS, KEYS, max_size=4))
def test_any_query_decodes_to_itself(query: dict[str, str]) -> None:
    parts = urlsplit("https://host" + build(LIST, query=query).target)
    assert parse_qs(parts.query, keep_blank_values=True) == {name: [text] for name, text in query.items()}


def test_a_number_in_a_query_is_written_out() -> None:
    assert build(LIST, query={"page": 2, "limit": 100}).target == "/customers?page=2&limit=100"


def test_a_query_that_has_no_utf8_form_is_refused() -> None:
    with pytest.raises(ArgumentError, match="has no UTF-8 form"):
        build(LIST, query={"partner_key": "\ud800"})


def test_a_literal_path_goes_before_the_query() -> None:
    request = Request.to("GET", ("customers", "a?b"), query={"page": 1})
    assert request.target == "/customers/a%3Fb?page=1"


def test_a_request_without_body_has_no_content() -> None:
    assert build(GET, "a").content is None


def test_an_empty_body_is_an_empty_object() -> None:
    assert sent({}) == "{}"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("1E+3", "1000"),
        ("99.90", "99.90"),
        ("1E-7", "0.0000001"),
        ("-0.5", "-0.5"),
        ("0", "0"),
        ("1.5E+10", "15000000000"),
    ],
)
def test_an_amount_is_sent_in_plain_notation(amount: str, written: str) -> None:
    assert sent({"amount": Decimal(amount)}) == f'{{"amount":{written}}}'


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_that_json_cannot_say_is_refused(amount: str) -> None:
    with pytest.raises(ArgumentError):
        sent({"amount": Decimal(amount)})


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_float_that_json_cannot_say_is_refused(number: float) -> None:
    with pytest.raises(ArgumentError):
        sent({"number": number})


@pytest.mark.parametrize(
    "number",
    [10**1000, -(10**5000), Decimal("1E+1000"), Decimal("1E-999999"), Decimal("1E+999999999999999999")],
    ids=["1000 zeros", "5000 zeros", "E+1000", "E-999999", "no memory holds it"],
)
def test_a_number_of_unreasonable_size_is_refused_before_it_is_written_out(number: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^a number of unreasonable size cannot be sent$"):
        sent({"deep": [{"number": number}]})


@pytest.mark.parametrize("name", [1, None, True], ids=repr)
def test_a_field_name_that_is_not_a_string_is_never_written_as_it_is(name: Any) -> None:
    try:
        text = sent({name: "x"})
    except (TypeError, ArgumentError):
        return
    assert list(json.loads(text).values()) == ["x"]


def test_a_moment_is_sent_as_partnero_writes_it() -> None:
    moment = datetime(2025, 5, 2, 18, 12, 39, tzinfo=timezone(timedelta(hours=2)))
    assert sent({"created_at": moment}) == '{"created_at":"2025-05-02T16:12:39.000000Z"}'


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ArgumentError, match="needs a time zone"):
        check_moment("created_at", datetime(2025, 5, 2))


def test_a_moment_before_the_year_1000_has_four_digits_of_the_year() -> None:
    assert check_moment("created_at", datetime(999, 1, 1, tzinfo=UTC)) == "0999-01-01T00:00:00.000000Z"


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), date], ids=["set", "bytes", "object", "class"])
def test_what_json_does_not_know_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError):
        sent({"value": value})


SENDABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@examples(200)
@given(value=SENDABLE)
def test_any_body_reads_as_what_it_was(value: Any) -> None:
    assert json.loads(dump(value)) == value


@examples(100)
@given(value=SENDABLE)
def test_a_body_is_ascii_that_any_server_can_read(value: Any) -> None:
    assert sent({"value": value}).isascii()


@examples(100)
@given(amount=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_any_amount_in_a_body_reads_as_what_it_was(amount: Decimal) -> None:
    assert json.loads(dump([amount]), parse_float=Decimal, parse_int=Decimal) == [amount]


def test_frozen_mappings_and_tuples_are_sent_as_objects_and_arrays() -> None:
    assert sent(FrozenMapping({"a": [1, {"b": ()}]})) == '{"a":[1,{"b":[]}]}'


# Answers


def test_the_record_is_read_from_data() -> None:
    assert decipher(GET, answer('{"status": 1, "data": {"key": "a"}}'), loads) == Customer(key="a")


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 299])
def test_a_record_is_read_from_any_success(status: int) -> None:
    assert decipher(GET, answer('{"data": {"key": "a"}}', status), loads).key == "a"


def test_money_is_read_exactly() -> None:
    body = '{"data": {"key": "a", "amount": 29.997}}'
    assert str(decipher(Endpoint("GET", "/t", one(Transaction)), answer(body), loads).amount) == "29.997"


def test_of_duplicate_fields_the_last_wins() -> None:
    body = '{"data": {"key": "a"}, "data": {"key": "b", "key": "c"}}'
    assert decipher(GET, answer(body), loads).key == "c"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html><body>Just a moment...</body></html>", "is not JSON"),
        (b'{"data": {"key": "a"', "is not JSON"),
        (b'{"data": {"key": "a"}}{"data": {"key": "b"}}', "is not JSON"),
        (b"\x1f\x8b\x08", "is not UTF-8 at byte 1"),
        (b'{"data": {"key": "\xff"}}', "is not UTF-8 at byte 18"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "is not JSON"),
        (b'{"data": {"key": "a", "n": NaN}}', "NaN, which JSON does not know"),
        (b'{"data": {"key": "a", "n": -Infinity}}', "-Infinity, which JSON does not know"),
        (b'{"data": {"key": "a", "n": 1e400}}', "a number of unreasonable size"),
        (b'{"data": {"key": "a", "n": 1e-999999999999999999999}}', "is not JSON"),
        (b"null", "there is no data"),
        (b"[]", "there is no data"),
        (b'"data"', "there is no data"),
        (b"1", "there is no data"),
        (b"true", "there is no data"),
        (b"{}", "there is no data"),
        (b'{"status": 1}', "there is no data"),
        (b"", "there is no data"),
        (b" \r\n", "there is no data"),
        (b'{"data": null}', "Customer should be an object, but is null"),
        (b'{"data": []}', "Customer should be an object, but is an array"),
        (b'{"data": "a"}', "Customer should be an object, but is 'a'"),
        (b'{"data": {}}', "Customer.key is missing"),
        (b'{"data": {"key": null}}', "Customer.key should be a string, but is null"),
    ],
)
def test_garbage_is_a_response_error_that_says_what_it_is(body: bytes, said: str) -> None:
    assert said in str(unreadable(body))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
        b'{"data":' * 200_000,
        b'{"data": {"key": "a", "new": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}",
    ],
    ids=["open brackets", "brackets", "open braces", "in an unknown field"],
)
def test_a_deeply_nested_body_is_a_response_error(body: bytes) -> None:
    assert "nested too deeply" in str(unreadable(body))


@pytest.mark.parametrize(
    "number",
    [b"1" * 1_000_000, b"0." + b"1" * 1_000_000, b"1e" + b"9" * 1_000_000, b"1." + b"0" * 1_000_000],
    ids=["integer", "fraction", "exponent", "zeros"],
)
def test_a_number_of_a_million_digits_is_refused_before_it_is_made(
    number: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[str]()
    monkeypatch.setattr("partnero_async.records._json.Decimal", made.append)
    assert unreadable(b'{"data": {"key": "a", "n": ' + number + b"}}")
    assert made == []


def test_a_success_that_says_that_the_action_failed_is_an_error() -> None:
    body = '{"status": 0, "message": "Action failed", "data": {"key": "a"}}'
    assert "status 0 in the body: Action failed" in str(unreadable(body))


def test_the_status_of_a_record_is_not_that_of_the_envelope() -> None:
    body = '{"status": 1, "data": {"key": "a", "status": "active"}}'
    assert decipher(GET, answer(body), loads).status == "active"


def test_an_envelope_without_status_is_read_all_the_same() -> None:
    assert decipher(GET, answer('{"data": {"key": "a"}}'), loads) == Customer(key="a")


def test_a_response_error_knows_status_and_request() -> None:
    error = unreadable("<html>", status=203, x_request_id="req_1")
    assert (error.status, error.request_id) == (203, "req_1")


def test_what_another_parser_raises_is_a_response_error_that_quotes_nothing() -> None:
    def parse(text: str) -> Any:
        raise KeyError(text)

    with pytest.raises(ResponseError, match="is not JSON: KeyError") as unread:
        decipher(RAW, answer('"ann@example.com"'), parse)
    assert "ann" not in str(unread.value)


@examples(200)
@given(body=st.binary(max_size=60) | st.text(alphabet='{}[]":,data0e.-\\u n', max_size=30).map(str.encode))
def test_any_bytes_are_a_record_or_a_response_error(body: bytes) -> None:
    with pytest.raises(ResponseError):
        decipher(GET, answer(body), loads)


@pytest.mark.parametrize("body", ["", " ", '{"status": 1}', '{"status": 1, "data": []}', "null", "[]"])
def test_whatever_confirms_an_action_is_accepted(body: str) -> None:
    assert decipher(UPDATE, answer(body, 204 if not body else 200), loads) is None


@pytest.mark.parametrize("body", ["<html>OK</html>", '{"status": 0}'])
def test_what_does_not_confirm_an_action_is_a_response_error(body: str) -> None:
    with pytest.raises(ResponseError):
        decipher(UPDATE, answer(body), loads)


def test_a_value_is_read_with_its_envelope() -> None:
    assert decipher(RAW, answer('{"data": [1.5], "status": 1}'), loads).json == {
        "data": [Decimal("1.5")],
        "status": 1,
    }


def test_an_empty_body_is_read_as_none() -> None:
    assert decipher(RAW, answer(b"", 204), loads).json is None


# Pages


def test_a_page_has_its_items_in_order() -> None:
    page = decipher(LIST, answer('{"data": [{"key": "a"}, {"key": "b"}]}'), loads)
    assert [customer.key for customer in page.items] == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        '{"data": []}',
        '{"data": [], "links": null}',
        '{"data": [], "links": []}',
        '{"data": [], "links": {}}',
        '{"data": [], "links": {"next": null}}',
    ],
)
def test_a_page_without_a_next_link_is_the_last(body: str) -> None:
    assert decipher(LIST, answer(body), loads).next_number is None


@pytest.mark.parametrize(
    ("link", "number"),
    [
        ("https://api.partnero.com/v1/customers?page=2", 2),
        ("https://api.partnero.com/v1/customers?limit=15&page=12&sort=asc", 12),
        ("http://evil.example/?page=3&api_key=x", 3),
        ("//evil.example/?page=3", 3),
        ("javascript:alert(1)?page=4", 4),
        ("?page=5", 5),
        ("/v1/customers?page=1&page=6", 6),
        ("/v1/customers?page=007#page=9", 7),
    ],
)
def test_only_the_page_number_is_taken_from_a_link(link: str, number: int) -> None:
    assert next_number(link) == number


@pytest.mark.parametrize(
    "link",
    [
        "https://api.partnero.com/v1/customers",
        "https://api.partnero.com/v1/customers?page=",
        "https://api.partnero.com/v1/customers?page=two",
        "https://api.partnero.com/v1/customers?page=-2",
        "https://api.partnero.com/v1/customers?page=2.5",
        "https://api.partnero.com/v1/customers?page=%D9%A2",
        "https://api.partnero.com/v1/customers?page=" + "9" * 5000,
        "https://api.partnero.com/v1/customers#page=2",
        "https://[bad/?page=2",
        "https://[::1/customers?page=2",
        "https://exa\u2100mple.com/?page=2",
        "",
        2,
        False,
        ["?page=2"],
        {"page": 2},
    ],
)
def test_a_link_that_names_no_page_is_a_response_error(link: object) -> None:
    with pytest.raises(ResponseError, match=r"links\.next names no page"):
        next_number(link)


@examples(200)
@given(link=st.text() | st.text(alphabet="htps:/[]?page=0123456789&#@%").map("https://[".__add__))
def test_any_link_gives_a_page_number_or_a_response_error(link: str) -> None:
    try:
        number = next_number(link)
    except ResponseError:
        return
    assert isinstance(number, int)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"data": null}',
        '{"data": {}}',
        '{"data": "ab"}',
        '{"data": {"0": {"key": "a"}}}',
    ],
)
def test_a_page_whose_data_is_no_array_is_a_response_error(body: str) -> None:
    with pytest.raises(ResponseError, match="data should be an array"):
        decipher(LIST, answer(body), loads)


def test_an_item_that_does_not_fit_is_a_response_error() -> None:
    with pytest.raises(ResponseError, match=r"^data\[1\]: Customer\.key should be a string"):
        decipher(LIST, answer('{"data": [{"key": "a"}, {"key": 5}]}'), loads)


# Refusals


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (300, StatusError),
        (304, StatusError),
        (307, StatusError),
        (400, BadRequestError),
        (401, AuthenticationError),
        (402, StatusError),
        (403, PermissionDeniedError),
        (404, StatusError),
        (405, StatusError),
        (408, StatusError),
        (409, ConflictError),
        (422, ValidationError),
        (429, RateLimitError),
        (500, ServerError),
        (502, ServerError),
        (599, ServerError),
    ],
)
def test_a_status_decides_the_class_of_error(status: int, kind: type[StatusError]) -> None:
    error = refusal("", status)
    assert (type(error), error.status) == (kind, status)


@pytest.mark.parametrize(
    "returns",
    [one(Customer), page_of(Customer), several(Customer), undocumented(Customer), nothing, reply],
    ids=lambda returns: returns.shape.name,
)
def test_every_reader_refuses_what_is_not_a_success(returns: Returns[Any]) -> None:
    with pytest.raises(NotFoundError):
        decipher(GET.returning(returns), answer('{"data": {"key": "a"}}', 404), loads)


@pytest.mark.parametrize(
    ("body", "from_partnero"),
    [
        ('{"message": "Customer not found."}', True),
        ("{}", True),
        ('\ufeff{"message": "Customer not found."}', True),
        ('{"message": "The route v1/v1/customers/c could not be found."}', False),
        ('{"message": "The route could not be read."}', True),
        ("<html><title>404 Not Found</title></html>", False),
        ("404 page not found", False),
        ('"Not found"', False),
        ("[]", False),
        ("null", False),
        ("", False),
        ('{"message": ', False),
    ],
)
def test_only_a_json_object_is_partneros_own(body: str, from_partnero: bool) -> None:
    error = refusal(body, 404)
    assert type(error) is (NotFoundError if from_partnero else StatusError)
    assert error.from_partnero is from_partnero
    assert refusal(body, 403).from_partnero is from_partnero


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html><title>\n 404  Not Found</title><p>ann@example.com", "404 Not Found"),
        ("404 page not found\n", "404 page not found"),
        ("<title>ann@example.com</title>", ""),
        ("<title>sk_live_abc</title>", ""),
        ("<p>Not found</p>", ""),
        ("no customer c12345", ""),
        ("x" * 101, ""),
    ],
)
def test_what_a_stranger_says_is_kept_where_it_is_short_and_harmless(body: str, said: str) -> None:
    assert refusal(body, 502).message == said


def test_a_byte_order_mark_before_a_refusal_loses_nothing() -> None:
    error = refusal('\ufeff{"message": "No.", "errors": {"email": ["taken"]}}')
    assert (error.message, error.errors) == ("No.", {"email": ("taken",)})


def test_the_message_and_the_field_errors_are_the_servers() -> None:
    error = refusal('{"message": "No.", "errors": {"email": ["taken", "odd"], "key": ["long"]}}')
    assert (error.message, error.errors) == ("No.", {"email": ("taken", "odd"), "key": ("long",)})


def test_a_message_with_bytes_that_are_not_utf8_is_read_all_the_same() -> None:
    assert refusal(b'{"message": "na\xefve"}').message == "na\ufffdve"


def test_the_field_errors_are_read_without_a_message() -> None:
    error = refusal('{"status": 0, "errors": {"website": ["The website format is invalid."]}}')
    assert (error.message, error.errors) == ("", {"website": ("The website format is invalid.",)})


@pytest.mark.parametrize(
    ("errors", "read"),
    [
        ("null", {}),
        ("[]", {}),
        ("{}", {}),
        ('""', {}),
        ('"all wrong"', {"": ("all wrong",)}),
        ('["one", "two"]', {"": ("one", "two")}),
        ('{"email": "taken"}', {"email": ("taken",)}),
        ('{"email": null}', {"email": ("None",)}),
        ('{"email": [["nested"], {"a": 1}]}', {"email": ("['nested']", "{'a': 1}")}),
        ("7", {"": ("7",)}),
        ("true", {"": ("True",)}),
    ],
)
def test_field_errors_of_any_shape_are_read(errors: str, read: dict[str, tuple[str, ...]]) -> None:
    assert refusal(f'{{"errors": {errors}}}').errors == read


def test_few_of_very_many_field_errors_are_kept() -> None:
    errors = {f"field {number}": ["x" * 500] * 50 for number in range(50)}
    kept = refusal(json.dumps({"errors": errors})).errors
    assert sum(len(text) for texts in kept.values() for text in texts) <= 20 * 20 * 300


def test_the_message_that_is_kept_is_of_reasonable_size() -> None:
    kept = len(refusal(json.dumps({"message": "x" * 1_000_000})).message)
    assert kept < 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"<html>502 Bad Gateway</html>",
        b"\xff\xfe",
        b"null",
        b"[1]",
        b'"text"',
        b"[" * 200_000,
        b"1" * 1_000_000,
        b'{"message": {"a": 1}, "errors": 5}',
        b'{"message": 5}',
        b'{"errors": {"a": NaN}}',
        b'{"message": "\\ud800", "errors": {"\\ud800": ["\\udfff"]}}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_refusal_is_only_a_status_whatever_the_body_is(body: bytes) -> None:
    assert str(refusal(body, 502)).isprintable()


@pytest.mark.parametrize("place", ["errors", "field", "message"])
def test_a_refusal_with_a_body_nested_beyond_the_limit_of_recursion_is_only_a_status(place: str) -> None:
    # orjson takes 1,024 levels without asking Python, whose own limit is 1,000.
    nested = list[Any]()
    for _ in range(5000):
        nested = [nested]
    body = {"errors": {"email": [nested]} if place == "field" else nested, "message": nested}
    with pytest.raises(ValidationError):
        decipher(RAW, answer("{}", 422), lambda text: body if place != "message" else {"message": nested})


@examples(200)
@given(
    status=st.integers(100, 199) | st.integers(300, 999),
    body=st.binary(max_size=50)
    | st.fixed_dictionaries({}, optional={"message": SENDABLE, "errors": SENDABLE, "status": SENDABLE}).map(
        lambda value: json.dumps(value).encode()
    ),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "location", "x-request-id", "cf-ray", "content-type"]), st.text()
    ),
)
def test_building_a_refusal_never_fails(status: int, body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(StatusError) as refused:
        decipher(RAW, Answer(status, headers, body), loads)
    assert str(refused.value).isprintable()


def test_a_401_without_a_message_says_what_is_wrong() -> None:
    assert "API key" in str(refusal("", 401))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_names_the_host(status: int) -> None:
    error = refusal("", status, location="https://evil.example/login?next=/v1")
    assert "evil.example" in str(error)


def test_a_redirect_names_the_host_also_when_its_body_has_a_message() -> None:
    error = refusal('{"message": "Redirecting"}', 302, location="https://evil.example/login")
    assert "evil.example" in str(error)


def test_a_redirect_shows_no_user_info_and_no_query() -> None:
    error = refusal("", 302, location="https://user:word@evil.example/?token=abc")
    assert not any(secret in str(error) for secret in ("user", "word", "abc"))


@pytest.mark.parametrize("location", ["", "/login", "https://[bad", "\x00", "https://"])
def test_a_redirect_to_nowhere_is_a_refusal_all_the_same(location: str) -> None:
    assert "a redirect to another address" in str(refusal("", 302, location=location))


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"x-request-id": "req_1", "cf-ray": "ray_1"}, "req_1"),
        ({"cf-ray": "ray_1"}, "ray_1"),
        ({"x-request-id": "", "cf-ray": "ray_1"}, "ray_1"),
        ({}, None),
    ],
)
def test_the_servers_name_for_the_exchange_is_read(headers: dict[str, str], name: str | None) -> None:
    assert request_id(headers) == name


def test_a_refusal_knows_the_request_and_how_long_to_wait() -> None:
    error = refusal("", 429, x_request_id="req_1", retry_after="7")
    assert (error.request_id, error.retry_after) == ("req_1", 7.0)


# Waiting


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("-5", 0.0),
        ("Fri, 02 May 2025 12:01:30 GMT", 90.0),
        ("Fri, 02 May 2025 14:01:30 +0200", 90.0),
        ("Friday, 02-May-25 12:01:30 GMT", 90.0),
        ("Fri May  2 12:01:30 2025", 90.0),
        ("Fri, 02 May 2025 12:01:30 -0000", 90.0),
        ("Fri, 02 May 2025 11:00:00 GMT", 0.0),
    ],
)
def test_the_time_to_wait_is_read_in_both_forms(text: str, seconds: float) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "  ", "soon", "nan", "inf", "-inf", "1e999", "Fri, 99 May 2025 12:00:00 GMT", "2025-05-02", "\x00"],
)
def test_nonsense_names_no_time_to_wait(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW) is None


def test_without_the_header_there_is_no_time_to_wait() -> None:
    assert retry_after({}, NOW) is None


def test_a_date_is_measured_from_now_where_nothing_else_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    class Today(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Today:
            return cls(2025, 5, 2, 12, tzinfo=tz)

    monkeypatch.setattr("partnero_async._http.headers.datetime", Today)
    assert retry_after({"retry-after": "Fri, 02 May 2025 12:01:00 GMT"}) == 60


DATE_PARTS = st.lists(
    st.sampled_from(
        [
            "Mon,",
            "Fri",
            "02",
            "99",
            "May",
            "2025",
            "0001",
            "9999",
            "12:00:00",
            "12:99",
            "GMT",
            "+9999",
            "-2460",
            ":",
        ]
    ),
    max_size=8,
).map(" ".join)


@examples(300)
@given(text=st.text() | DATE_PARTS)
def test_any_text_names_a_finite_time_to_wait_or_none(text: str) -> None:
    seconds = retry_after({"retry-after": text}, NOW)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("0", 0),
        ("59", 59),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("many", None),
        ("٣", None),
        ("9" * 5000, None),
    ],
)
def test_the_requests_that_are_left_are_read(text: str, requests: int | None) -> None:
    assert remaining_requests({"x-ratelimit-remaining": text}) == requests


def test_without_the_header_nothing_is_known_of_the_requests_that_are_left() -> None:
    assert remaining_requests({}) is None


def test_only_reads_are_safe_to_repeat_unless_an_endpoint_says_otherwise() -> None:
    endpoints = [Endpoint(method, "/x", nothing) for method in ("GET", "POST", "PUT", "DELETE")]
    endpoints += [Endpoint("GET", "/leads/convert", nothing, safe_to_retry=False)]
    assert [endpoint.safe_to_retry for endpoint in endpoints] == [True, False, False, False, False]


def test_a_refusal_is_a_partnero_error() -> None:
    assert isinstance(refusal(""), PartneroError)
