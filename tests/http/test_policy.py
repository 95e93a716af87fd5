"""Whether to try again and when, as a pure function: nothing unsafe is repeated, nothing waits too long."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import (
    UNSET,
    ArgumentError,
    AuthenticationError,
    BadRequestError,
    BusyError,
    ConflictError,
    ConnectError,
    ConnectionLostError,
    DeadlineError,
    NetworkError,
    NotFoundError,
    Options,
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
)
from partnero_async._http.policy import RULES, Patience, Rule, Verdict, backoff, verdict, wait_before_retry
from partnero_async.errors import status_error

from ..profiles import examples

STATUSES: dict[type[PartneroError], list[int]] = {
    BadRequestError: [400],
    AuthenticationError: [401],
    PermissionDeniedError: [403],
    NotFoundError: [404],
    ConflictError: [409],
    ValidationError: [422],
    RateLimitError: [429],
    ServerError: [500, 502, 503, 504],
    StatusError: [302, 405, 408, 418],
}
WITHOUT_STATUS: list[type[PartneroError]] = [
    ConnectError,
    ConnectionLostError,
    NetworkError,
    RequestTimeoutError,
    DeadlineError,
    BusyError,
    ProtocolError,
    RequestError,
    ResponseError,
    ArgumentError,
    UsageError,
    PartneroError,
]
EVERY_ERROR = [kind("no", status=status) for kind, statuses in STATUSES.items() for status in statuses] + [
    kind("no") for kind in WITHOUT_STATUS
]
TRANSIENT = [
    ConnectError(),
    ConnectionLostError(),
    NetworkError(),
    RequestTimeoutError(),
    ProtocolError(),
    StatusError(status=408),
    RateLimitError(status=429),
    ServerError(status=500),
    ServerError(status=503),
]
FINAL = [
    error
    for error in EVERY_ERROR
    if (type(error), error.status) not in {(type(e), e.status) for e in TRANSIENT}
    and not isinstance(error, ServerError)
]


@st.composite
def errors(draw: st.DrawFn) -> PartneroError:
    model = draw(st.sampled_from(EVERY_ERROR))
    wait = draw(st.none() | st.floats(0, 1e6, allow_nan=False) | st.just(0.0))
    return type(model)("no", status=model.status, retry_after=wait)


CIRCUMSTANCES = st.fixed_dictionaries(
    {
        "error": errors(),
        "attempt": st.integers(1, 50),
        "safe": st.booleans(),
        "written": st.booleans(),
        "retries": st.integers(0, 50),
        "left": st.floats(-5, 100) | st.just(math.inf),
        "jitter": st.floats(0, 1),
    }
)


def decision(*, error: PartneroError, safe: bool, written: bool, **when: Any) -> float | None:
    """What the attempt loop does: seconds to wait before the next attempt, or None."""
    if not verdict(error, safe=safe, written=written).may_repeat:
        return None
    return wait_before_retry(error, **when)


def wait(error: PartneroError, **changes: Any) -> float | None:
    """The decision after the first attempt at a read, with everything else as it likes."""
    circumstances: dict[str, Any] = {
        "attempt": 1,
        "safe": True,
        "written": True,
        "retries": 2,
        "left": math.inf,
        "jitter": 0.5,
    }
    return decision(error=error, **circumstances | changes)


def name_of(error: PartneroError) -> str:
    return f"{type(error).__name__} {error.status or ''}".strip()


@pytest.mark.parametrize("error", TRANSIENT, ids=name_of)
def test_a_read_is_repeated_after_what_may_pass(error: PartneroError) -> None:
    assert wait(error) is not None


@pytest.mark.parametrize("error", FINAL, ids=name_of)
def test_a_read_is_not_repeated_after_what_will_not_pass(error: PartneroError) -> None:
    assert wait(error) is None


@pytest.mark.parametrize("error", [ConnectError(), RequestTimeoutError(), ProtocolError()], ids=name_of)
def test_a_change_of_which_no_byte_left_is_repeated(error: PartneroError) -> None:
    assert wait(error, safe=False, written=False) is not None


@pytest.mark.parametrize("error", [e for e in EVERY_ERROR if not isinstance(e, RateLimitError)], ids=name_of)
def test_a_change_that_may_have_left_is_not_repeated(error: PartneroError) -> None:
    assert wait(error, safe=False, written=True) is None


def test_a_change_that_was_refused_for_the_rate_is_repeated() -> None:
    assert wait(RateLimitError(status=429), safe=False, written=True) is not None


@pytest.mark.parametrize(("attempt", "repeated"), [(1, True), (2, True), (3, False), (4, False)])
def test_two_retries_are_three_attempts(attempt: int, repeated: bool) -> None:
    assert (wait(ServerError(status=500), attempt=attempt) is not None) == repeated


@pytest.mark.parametrize("error", TRANSIENT, ids=name_of)
def test_without_retries_nothing_is_repeated(error: PartneroError) -> None:
    assert wait(error, retries=0) is None


@pytest.mark.parametrize("kind", [RateLimitError, ServerError])
def test_the_time_that_the_server_names_is_waited(kind: type[StatusError]) -> None:
    assert wait(kind(status=429, retry_after=7.0)) == 7.0


def test_a_server_that_asks_for_no_wait_is_given_our_own() -> None:
    assert wait(ServerError(status=503, retry_after=0.0)) == wait(ServerError(status=503)) > 0


def test_a_time_longer_than_what_is_left_is_given_up_and_not_shortened() -> None:
    assert wait(RateLimitError(status=429, retry_after=31.0), left=30.0) is None


def test_a_backoff_longer_than_what_is_left_is_given_up() -> None:
    assert wait(ServerError(status=500), left=0.1) is None


def test_a_wait_that_would_take_all_that_is_left_is_given_up() -> None:
    assert wait(RateLimitError(status=429, retry_after=30.0), left=30.0) is None


def test_without_a_named_time_the_backoff_is_waited() -> None:
    assert wait(ServerError(status=500), attempt=2, jitter=0.25) == backoff(2, 0.25)


@examples(500)
@given(case=CIRCUMSTANCES)
def test_an_unsafe_call_that_may_have_left_is_never_repeated_but_after_a_429(case: dict[str, Any]) -> None:
    seconds = decision(**case | {"safe": False, "written": True})
    assert seconds is None or type(case["error"]) is RateLimitError


@examples(500)
@given(case=CIRCUMSTANCES)
def test_no_wait_is_longer_than_what_is_left(case: dict[str, Any]) -> None:
    seconds = decision(**case)
    assert seconds is None or 0 <= seconds < case["left"]


@examples(300)
@given(case=CIRCUMSTANCES)
def test_no_call_is_tried_more_often_than_allowed(case: dict[str, Any]) -> None:
    seconds = decision(**case)
    assert seconds is None or case["attempt"] <= case["retries"]


@examples(300)
@given(case=CIRCUMSTANCES)
def test_no_wait_is_shorter_than_the_server_asked_for(case: dict[str, Any]) -> None:
    seconds = decision(**case)
    asked = case["error"].retry_after
    assert seconds is None or asked is None or seconds >= asked


@examples(300)
@given(case=CIRCUMSTANCES)
def test_what_is_repeated_as_a_change_is_repeated_as_a_read_too(case: dict[str, Any]) -> None:
    if decision(**case | {"safe": False}) is not None:
        assert decision(**case | {"safe": True}) is not None


# Doubt


@pytest.mark.parametrize("error", EVERY_ERROR, ids=name_of)
@pytest.mark.parametrize("written", [True, False])
def test_what_changes_nothing_is_never_in_doubt(error: PartneroError, written: bool) -> None:
    assert not verdict(error, safe=True, written=written).in_doubt


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 418, 422, 429, 451])
def test_a_change_that_was_refused_is_not_in_doubt(status: int) -> None:
    refused = status_error(status)("no", status=status)
    assert not verdict(refused, safe=False, written=True).in_doubt


@pytest.mark.parametrize("status", [302, 500, 502, 503, 504])
def test_a_change_that_was_not_refused_and_failed_is_in_doubt(status: int) -> None:
    assert verdict(status_error(status)("?", status=status), safe=False, written=True).in_doubt


@pytest.mark.parametrize("kind", WITHOUT_STATUS, ids=lambda kind: kind.__name__)
def test_a_change_without_an_answer_is_in_doubt_if_it_may_have_left(kind: type[PartneroError]) -> None:
    may_have_left = kind not in (ArgumentError, BusyError)
    assert verdict(kind("?"), safe=False, written=True).in_doubt is may_have_left
    nobody_can_tell = kind is ResponseError  # an answer came
    assert verdict(kind("?"), safe=False, written=False).in_doubt is nobody_can_tell


@pytest.mark.parametrize("error", EVERY_ERROR, ids=name_of)
def test_nothing_that_is_in_doubt_is_repeated(error: PartneroError) -> None:
    found = verdict(error, safe=False, written=True)
    assert found in (Verdict(True, False), Verdict(False, True), Verdict(False, False))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.failure)
def test_every_rule_decides_about_some_failure(rule: Rule) -> None:
    assert any(next(one for one in RULES if one.fits(error)) is rule for error in EVERY_ERROR)


# Backoff


@pytest.mark.parametrize(
    ("attempt", "least", "most"),
    [(1, 0.125, 0.25), (2, 0.25, 0.5), (3, 0.5, 1.0), (6, 4.0, 8.0), (7, 4.0, 8.0), (10_000, 4.0, 8.0)],
)
def test_the_backoff_doubles_from_a_quarter_of_a_second_to_eight(
    attempt: int, least: float, most: float
) -> None:
    assert (backoff(attempt, 0.0), backoff(attempt, 1.0)) == (least, most)


@examples(200)
@given(attempt=st.integers(1, 10**6), jitter=st.floats(0, 1))
def test_the_backoff_stays_within_its_bounds(attempt: int, jitter: float) -> None:
    assert 0.125 <= backoff(attempt, jitter) <= 8.0


@examples(200)
@given(attempt=st.integers(1, 40), jitter=st.floats(0, 1))
def test_the_backoff_never_shrinks_from_attempt_to_attempt(attempt: int, jitter: float) -> None:
    assert backoff(attempt + 1, jitter) >= backoff(attempt, jitter)


def test_clients_that_failed_together_do_not_come_back_together() -> None:
    assert len({backoff(3, tenth / 10) for tenth in range(10)}) == 10


# Patience


def test_patience_has_the_documented_defaults() -> None:
    assert Patience() == Patience(timeout=10.0, deadline=30.0, retries=2)


def test_patience_takes_none_for_unbounded() -> None:
    patience = Patience(timeout=None, deadline=None)
    assert (patience.timeout, patience.deadline) == (None, None)


@pytest.mark.parametrize("name", ["timeout", "deadline"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")], ids=repr)
def test_patience_refuses_seconds_that_are_not_positive_and_finite(name: str, value: float) -> None:
    with pytest.raises(ArgumentError, match=rf"^{name} must be positive and finite"):
        Patience(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("timeout", "5"), ("deadline", True), ("retries", 1.5), ("retries", None)]
)
def test_patience_refuses_what_is_not_a_number(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{name} must be a"):
        Patience(**{name: value})


def test_patience_refuses_retries_below_zero() -> None:
    with pytest.raises(ArgumentError, match=r"^retries must be at least 0"):
        Patience(retries=-1)


def test_patience_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Patience().retries = 5


@pytest.mark.parametrize(
    ("options", "patience"),
    [
        (Options(), Patience(timeout=1, deadline=2, retries=3)),
        (Options(timeout=9), Patience(timeout=9, deadline=2, retries=3)),
        (Options(deadline=9), Patience(timeout=1, deadline=9, retries=3)),
        (Options(retries=9), Patience(timeout=1, deadline=2, retries=9)),
        (Options(retries=0), Patience(timeout=1, deadline=2, retries=0)),
        (Options(timeout=None, deadline=None), Patience(timeout=None, deadline=None, retries=3)),
        (Options(timeout=UNSET, retries=UNSET), Patience(timeout=1, deadline=2, retries=3)),
    ],
)
def test_options_change_what_they_name_and_nothing_else(options: Options, patience: Patience) -> None:
    assert Patience(timeout=1, deadline=2, retries=3).with_options(options) == patience
