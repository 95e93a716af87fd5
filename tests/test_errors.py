"""Errors are plain data in one tree: they pickle, copy, and read as one line that a person can act on."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import Customer, errors
from partnero_async.errors import (
    ArgumentError,
    Attempt,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineError,
    NetworkError,
    NotFoundError,
    PartneroError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StatusError,
    UsageError,
    ValidationError,
    one_line,
    status_error,
)

from .profiles import examples

KINDS: list[type[PartneroError]] = [
    kind
    for name in errors.__all__
    if isinstance(kind := getattr(errors, name), type) and issubclass(kind, PartneroError)
]
IN_DOUBT = "Partnero may have acted on it: look it up before sending it again."
TEXTS = st.text(max_size=30) | st.text(alphabet="\x00\n\r\u2028\u202e\x1b\x85a", max_size=30)


def full(kind: type[PartneroError]) -> PartneroError:
    error = kind(
        "The email has already been taken.",
        status=422,
        errors={"email": ("taken", "odd")},
        retry_after=7.5,
        method="POST",
        path="/customers",
        attempts=3,
        request_id="req_1",
        in_doubt=True,
    )
    error.partial = {"found": Customer(key="a")}
    error.history = (Attempt(waited=0.0, seconds=0.1, status=422, error="ValidationError"),)
    error.add_note("while importing row 5")
    return error


def through_pickle(error: PartneroError) -> PartneroError:
    copied = pickle.loads(pickle.dumps(error))
    assert isinstance(copied, PartneroError)
    return copied


COPYING = [through_pickle, copy.copy, copy.deepcopy]


@pytest.mark.parametrize("copying", COPYING, ids=["pickle", "copy", "deepcopy"])
@pytest.mark.parametrize("kind", KINDS)
class TestCopies:
    """Of errors: what crosses to another process or outlives its call."""

    def test_a_copy_is_of_the_same_class(self, kind: type[PartneroError], copying: Any) -> None:
        assert type(copying(full(kind))) is kind

    def test_a_copy_has_all_fields(self, kind: type[PartneroError], copying: Any) -> None:
        assert vars(copying(full(kind))) == {
            "message": "The email has already been taken.",
            "status": 422,
            "errors": {"email": ("taken", "odd")},
            "retry_after": 7.5,
            "method": "POST",
            "path": "/customers",
            "attempts": 3,
            "history": (Attempt(waited=0.0, seconds=0.1, status=422, error="ValidationError"),),
            "request_id": "req_1",
            "host": None,
            "in_doubt": True,
            "partial": {"found": Customer(key="a")},
            "__notes__": ["while importing row 5"],
        }

    def test_a_copy_reads_the_same(self, kind: type[PartneroError], copying: Any) -> None:
        error = full(kind)
        assert (str(copying(error)), copying(error).args) == (str(error), error.args)

    def test_a_copy_of_an_error_without_fields_reads_the_same(
        self, kind: type[PartneroError], copying: Any
    ) -> None:
        assert str(copying(kind())) == kind.__name__


@pytest.mark.parametrize("copying", [through_pickle, copy.deepcopy])
@pytest.mark.parametrize("make", [lambda: full(ServerError), lambda: OurError("no", 5)])
def test_an_error_that_is_in_its_own_partial_copies_whole(make: Any, copying: Any) -> None:
    error = make()
    error.partial = {"failed": [error, ExceptionGroup("several", [error])]}
    copied = copying(error)
    first, group = copied.partial["failed"]
    assert first is copied
    assert group.exceptions == (copied,)
    assert str(copied) == str(error)
    assert vars(copied).keys() == vars(error).keys()


@pytest.mark.parametrize("copying", COPYING)
def test_whether_a_refusal_is_partneros_own_survives_a_copy(copying: Any) -> None:
    error = NotFoundError(status=404)
    error.from_partnero = True
    assert copying(error).from_partnero


def test_an_error_says_which_host_was_asked() -> None:
    error = ConnectError("no route", method="GET", path="/test", attempts=3, host="h.test:8443")
    assert str(error) == "GET /test: no route (h.test:8443, after 3 attempts)"


def test_a_deep_copy_shares_nothing_that_can_change() -> None:
    error = full(StatusError)
    copied = copy.deepcopy(error)
    copied.partial["found"] = None
    assert error.partial == {"found": Customer(key="a")}


def test_an_error_does_not_follow_the_dict_that_it_was_made_with() -> None:
    fields = {"email": ("taken",)}
    error = ValidationError(errors=fields)
    fields["key"] = ("taken",)
    assert error.errors == {"email": ("taken",)}


def test_an_error_that_a_user_derives_pickles_too() -> None:
    error = OurError("no", 5)
    copied = through_pickle(error)
    assert (type(copied), vars(copied)) == (OurError, vars(error))


class OurError(NotFoundError):
    def __init__(self, message: str, row: int) -> None:
        super().__init__(message, status=404)
        self.row = row


# The tree


@pytest.mark.parametrize(
    ("kind", "parents"),
    [
        (PartneroError, (Exception,)),
        (ArgumentError, (PartneroError, ValueError)),
        (UsageError, (PartneroError, RuntimeError)),
        (RequestError, (PartneroError,)),
        (ConnectError, (NetworkError,)),
        (NetworkError, (RequestError,)),
        (ConnectionLostError, (NetworkError,)),
        (RequestTimeoutError, (RequestError,)),
        (DeadlineError, (RequestError,)),
        (ProtocolError, (RequestError,)),
        (StatusError, (PartneroError,)),
        (BadRequestError, (StatusError,)),
        (AuthenticationError, (StatusError,)),
        (PermissionDeniedError, (StatusError,)),
        (NotFoundError, (StatusError,)),
        (ConflictError, (StatusError,)),
        (ValidationError, (StatusError,)),
        (RateLimitError, (StatusError,)),
        (ServerError, (StatusError,)),
        (ResponseError, (PartneroError,)),
    ],
)
def test_the_tree_is_as_documented(kind: type[PartneroError], parents: tuple[type, ...]) -> None:
    assert kind.__bases__ == parents


def test_the_tree_has_no_other_class() -> None:
    found, left = {PartneroError}, [PartneroError]
    while left:
        children = [kind for kind in left.pop().__subclasses__() if kind.__module__ == errors.__name__]
        found.update(children)
        left += children
    assert found == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_is_a_public_name_of_the_package(kind: type[PartneroError]) -> None:
    import partnero_async

    assert getattr(partnero_async, kind.__name__) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, ValidationError),
        (429, RateLimitError),
    ],
)
def test_a_status_with_a_meaning_has_a_class(status: int, kind: type[StatusError]) -> None:
    assert status_error(status) is kind


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599])
def test_every_5xx_is_a_server_error(status: int) -> None:
    assert status_error(status) is ServerError


@pytest.mark.parametrize("status", [100, 300, 301, 304, 308, 402, 405, 408, 410, 418, 451, 499])
def test_any_other_status_is_a_plain_status_error(status: int) -> None:
    assert status_error(status) is StatusError


# The line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (PartneroError("no way"), "no way"),
        (PartneroError(), "PartneroError"),
        (NotFoundError("Gone.", status=404), "Partnero answered 404: Gone."),
        (
            NotFoundError("Gone.", status=404, method="GET", path="/customers/{key}", attempts=1),
            "GET /customers/{key} answered 404: Gone.",
        ),
        (
            ConnectError("no route", method="GET", path="/test", attempts=3),
            "GET /test: no route (after 3 attempts)",
        ),
        (ConnectError("no route", attempts=1), "no route"),
        (
            RateLimitError("Slow down", status=429, retry_after=7.0),
            "Partnero answered 429: Slow down (asked to wait 7 s)",
        ),
        (ServerError(status=500, request_id="req_1"), "Partnero answered 500 (request req_1)"),
        (
            ServerError(status=503, attempts=3, retry_after=0.5, request_id="r"),
            "Partnero answered 503 (after 3 attempts, asked to wait 0.5 s, request r)",
        ),
        (
            ValidationError("Invalid.", status=422, errors={"email": ("taken", "odd"), "key": ("long",)}),
            "Partnero answered 422: Invalid.; email: taken odd; key: long",
        ),
        (
            ValidationError(status=422, errors={"email": ("taken",)}),
            "Partnero answered 422: email: taken",
        ),
        (ValidationError("No.", errors={"": ("all wrong",)}), "No.; all wrong"),
        (ValidationError("taken", errors={"email": ("taken",)}), "taken"),
    ],
)
def test_the_line_says_what_was_asked_what_came_and_what_is_wrong(error: PartneroError, line: str) -> None:
    assert str(error) == line


def test_the_repr_names_the_class() -> None:
    assert repr(NotFoundError("Gone.", status=404)) == "NotFoundError('Partnero answered 404: Gone.')"


def test_an_error_in_doubt_says_what_to_do() -> None:
    assert str(ConnectError("lost", method="POST", path="/transactions", in_doubt=True)) == (
        f"POST /transactions: lost. {IN_DOUBT}"
    )


def test_an_error_in_doubt_has_one_full_stop_before_what_to_do() -> None:
    assert str(ConnectError("lost.", in_doubt=True)) == f"lost. {IN_DOUBT}"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_that_is_not_in_doubt_says_nothing_of_it(kind: type[PartneroError]) -> None:
    assert IN_DOUBT not in str(kind("lost"))


HOSTILE = [
    "a\nb",
    "a\r\nb",
    "a\x1b[31mb",
    "a\x00b",
    "a\u2028b\u2029c",
    "a\x85b",
    "a\u202eb",
    "a\ud800b",
    "\n" * 10_000,
    "x" * 10_000,
    "\U0001f98a" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("place", ["message", "field", "texts", "request_id", "path"])
def test_a_strangers_text_cannot_break_the_line(place: str, text: str) -> None:
    values: dict[str, Any] = {
        "message": {"message": text},
        "field": {"errors": {text: ("taken",)}},
        "texts": {"errors": {"email": (text, text)}},
        "request_id": {"request_id": text},
        # The path of partnero.request() begins with what the caller wrote.
        "path": {"method": "GET", "path": f"/{text}"},
    }[place]
    assert str(PartneroError(**values)).isprintable()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_a_strangers_text_can_be_printed_as_utf8(text: str) -> None:
    assert str(PartneroError(text)).encode()


@examples(200)
@given(
    message=TEXTS,
    fields=st.dictionaries(TEXTS, st.lists(TEXTS, max_size=3).map(tuple), max_size=3),
    request_id=st.none() | TEXTS,
    retry_after=st.none() | st.floats(0, allow_nan=False),
    in_doubt=st.booleans(),
)
def test_any_error_reads_as_one_line(
    message: str,
    fields: dict[str, tuple[str, ...]],
    request_id: str | None,
    retry_after: float | None,
    in_doubt: bool,
) -> None:
    error = PartneroError(
        message, errors=fields, request_id=request_id, retry_after=retry_after, in_doubt=in_doubt
    )
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "text",
    ["x" * 10_000, "\x00" * 10_000, "\x00" * 200, "\U0001f98a\n" * 5_000],
    ids=["x", "nul", "few nul", "fox"],
)
def test_a_message_is_escaped_and_cut_at_300_characters(text: str) -> None:
    length = len(str(PartneroError(text)))
    assert length <= 300


def test_a_message_of_300_characters_is_not_cut() -> None:
    assert str(PartneroError("x" * 300)) == "x" * 300


def test_a_message_that_is_cut_says_so() -> None:
    assert str(PartneroError("x" * 301)) == "x" * 299 + "…"


def test_many_field_errors_do_not_fill_a_log() -> None:
    fields = {f"field {number}": ("x" * 300,) * 20 for number in range(20)}
    length = len(str(ValidationError("Invalid.", status=422, errors=fields)))
    assert length < 1000


def test_letters_of_all_alphabets_stay_as_they_are() -> None:
    assert one_line("Größe 大小 🦊") == "Größe 大小 🦊"
