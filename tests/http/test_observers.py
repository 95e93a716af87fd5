"""An observer hears of every call, attempt and wait, and of nothing that is a secret."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import anyio
import attrs
import httpx
import pytest

from partnero_async import (
    AsyncPartnero,
    AuthenticationError,
    PartneroError,
    RateLimit,
    Ref,
    RequestTimeoutError,
    UsageError,
    ValidationError,
)
from partnero_async.observing import AttemptEnd, Call, CallEnd, DebugLog, Observer, Observers
from partnero_async.testing import LocalPartnero

pytestmark = pytest.mark.anyio


class Heard(Observer):
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.events = list[tuple[Any, ...]]()
        self.calls = dict[Call, CallEnd]()
        self.began = list[Call]()

    def call_began(self, call: Call) -> None:
        self.began.append(call)
        self.events.append(("call", call.operation))

    def attempt_began(self, call: Call, number: int, queued: float) -> None:
        self.events.append(("attempt", number, round(queued, 3)))

    def attempt_ended(self, call: Call, end: AttemptEnd) -> None:
        self.events.append(("answer", end.number, end.status, round(end.seconds, 3), end.request_id))

    def retrying(self, call: Call, number: int, seconds: float) -> None:
        self.events.append(("retrying", number, seconds > 0))

    def call_ended(self, call: Call, end: CallEnd) -> None:
        self.calls[call] = end
        self.events.append((end.outcome, end.error_type))

    def paused(self, seconds: float, in_a_row: int) -> None:
        self.events.append(("paused", round(seconds, 3), in_a_row))

    def paced(self, limit: RateLimit) -> None:
        self.events.append(("paced", limit))


def observed(handler: Callable[[httpx.Request], Any], **settings: Any) -> tuple[AsyncPartnero, Heard]:
    heard = Heard()
    settings = {"observer": heard, **settings}
    return AsyncPartnero("key", transport=httpx.MockTransport(handler), **settings), heard


def customer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(
        200, headers={"X-Request-Id": "req_1"}, json={"data": {"key": "c", "email": "ada@b.co"}, "status": 1}
    )


async def test_a_call_that_is_repeated_is_heard_attempt_by_attempt() -> None:
    statuses = iter([503, 200])

    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(2)
        return httpx.Response(
            next(statuses), headers={"CF-Ray": "ray_1"}, json={"data": {"key": "c"}, "status": 1}
        )

    partnero, heard = observed(answer)
    async with partnero:
        await partnero.customers.get("c")
    assert heard.events == [
        ("call", "GET /customers/{key}"),
        ("attempt", 1, 0.0),
        ("answer", 1, 503, 2.0, "ray_1"),
        ("retrying", 1, True),
        ("attempt", 2, 0.0),
        ("answer", 2, 200, 2.0, "ray_1"),
        ("done", None),
    ]
    (call,) = heard.calls
    assert (call.host, call.port) == ("api.partnero.com", 443)
    assert (call.changes_state, call.in_job) == (False, False)
    end = heard.calls[call]
    assert end.attempts == 2
    assert (end.status, end.request_id, end.in_doubt) == (200, "ray_1", False)
    assert end.seconds >= 4


async def test_waits_are_told_apart_from_answers() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(3)
        return customer(request)

    partnero, heard = observed(answer, max_concurrency=1)
    async with partnero, anyio.create_task_group() as group:
        group.start_soon(partnero.customers.get, "a")
        group.start_soon(partnero.customers.get, "b")
    assert [event for event in heard.events if event[0] == "attempt"] == [
        ("attempt", 1, 0.0),
        ("attempt", 1, 3.0),
    ]
    assert [round(end.seconds) for end in heard.calls.values()] == [3, 6]


async def test_a_pause_is_heard_once_and_so_is_the_wait_of_each() -> None:
    answers = iter([429, 200])

    def answer(request: httpx.Request) -> httpx.Response:
        status = next(answers)
        if status == 429:
            return httpx.Response(429, headers={"Retry-After": "5"}, json={"message": "slow"})
        return customer(request)

    partnero, heard = observed(answer)
    async with partnero:
        await partnero.customers.get("c")
    assert ("paused", 5.0, 1) in heard.events
    waits = [event[2] for event in heard.events if event[0] == "attempt"]
    assert waits[0] == 0
    assert waits[1] >= 5
    assert [event[0] for event in heard.events].count("retrying") == 0


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [(401, AuthenticationError, "failed"), (422, ValidationError, "failed")],
)
async def test_a_call_that_fails_says_by_which_error(
    status: int, error: type[PartneroError], outcome: str
) -> None:
    partnero, heard = observed(lambda request: httpx.Response(status, json={"message": "ada@b.co is wrong"}))
    async with partnero:
        with pytest.raises(error):
            await partnero.customers.get("c")
    (end,) = heard.calls.values()
    assert (end.outcome, end.error_type, end.status) == (outcome, error.__name__, status)


async def test_without_an_answer_there_is_no_status_and_a_change_is_in_doubt() -> None:
    async def stall(request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    partnero, heard = observed(stall, timeout=2)
    async with partnero:
        with pytest.raises(RequestTimeoutError):
            await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    (call,) = heard.calls
    end = heard.calls[call]
    assert call.changes_state
    assert (end.status, end.error_type, end.in_doubt) == (None, "RequestTimeoutError", True)


async def test_a_cancelled_call_is_heard_of_whatever_it_waited_for() -> None:
    async def stall(request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    partnero, heard = observed(stall, max_concurrency=1)
    async with partnero:
        with anyio.move_on_after(3):
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: partnero.transactions.create(customer=Ref(key="c"), amount=1))
                await anyio.sleep(1)
                group.start_soon(partnero.customers.get, "waits for its turn")
    ends = sorted((call.method, end.outcome, end.attempts, end.in_doubt) for call, end in heard.calls.items())
    assert ends == [("GET", "cancelled", 0, False), ("POST", "cancelled", 1, True)]


async def test_what_a_users_hook_raises_is_no_cancellation() -> None:
    async def hook(request: httpx.Request) -> None:
        raise ZeroDivisionError

    heard = Heard()
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(customer), event_hooks={"request": [hook]}
    ) as http_client:
        async with AsyncPartnero("key", http_client=http_client, observer=heard) as partnero:
            with pytest.raises(ZeroDivisionError):
                await partnero.customers.get("c")
    (end,) = heard.calls.values()
    assert (end.outcome, end.error_type) == ("failed", "ZeroDivisionError")


async def test_calls_of_jobs_are_told_apart_and_each_has_its_end() -> None:
    partnero, heard = observed(customer)
    async with partnero:
        await partnero.customers.get_many(["a", "b", "c"])
        await partnero.with_options(retries=0).customers.get("c")
    assert [call.in_job for call in heard.began] == [True, True, True, False]
    assert list(heard.calls) == heard.began


async def test_one_that_raises_disturbs_nobody_and_is_told_of(
    partnero_sandbox: LocalPartnero, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Observer):
        def __getattribute__(self, name: str) -> Any:
            if name.startswith("__"):
                return super().__getattribute__(name)

            def fail(*_: Any) -> None:
                raise ZeroDivisionError

            return fail

    async with partnero_sandbox.client(observer=Broken()) as partnero:
        assert (await partnero.customers.get("customer_000001")).key == "customer_000001"
        with pytest.raises(PartneroError):
            await partnero.customers.get("nobody")
        assert partnero.load.in_flight == 0
    assert "partnero.observer" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_several_hear_the_same() -> None:
    one, other = Heard(), Heard()
    partnero, _ = observed(customer, observer=Observers(one, other))
    async with partnero:
        await partnero.customers.get("c")
    assert one.events == other.events
    assert len(one.events) == 4


async def test_nothing_that_is_said_has_a_key_a_body_or_a_header(partnero_sandbox: LocalPartnero) -> None:
    heard = Heard()
    async with partnero_sandbox.client(observer=heard) as partnero:
        await partnero.customers.get("customer_000001")
        await partnero.customers.update("customer_000002", email="secret@b.co")
        await partnero.request("GET", ("customers", "customer_000003"))
        [one async for one in partnero.customers.search(email="secret@b.co")]
        with pytest.raises(PartneroError):
            await partnero.customers.get("secret-key")
    said = repr([heard.events, [attrs.asdict(call) for call in heard.began], list(heard.calls.values())])
    for secret in ("customer_00000", "secret", "sandbox_affiliate", "Bearer"):
        assert secret not in said


@pytest.mark.parametrize("observer", [Heard, object(), "log", len])
async def test_what_is_no_observer_is_refused(observer: Any) -> None:
    with pytest.raises(TypeError, match="observer must be an Observer"):
        AsyncPartnero("key", observer=observer)


async def test_after_the_end_there_is_nothing_to_hear() -> None:
    partnero, heard = observed(customer)
    async with partnero:
        pass
    with pytest.raises(UsageError):
        await partnero.customers.get("c")
    assert heard.events == []


async def test_the_debug_log_has_a_line_for_what_happens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = iter([503, 200, 404])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(next(statuses), json={"data": {"key": "c"}, "status": 1, "message": "ada@b.co"})

    lines = io.StringIO()
    monkeypatch.setenv("PARTNERO_DEBUG", "1")
    partnero, heard = observed(answer)
    partnero, _ = observed(answer, observer=Observers(heard, DebugLog(lines)))
    async with partnero:
        await partnero.customers.get("c")
        with pytest.raises(PartneroError):
            await partnero.customers.get("c")
    said = lines.getvalue().splitlines()
    assert said == capsys.readouterr().err.splitlines()  # by the variable, too
    assert len(said) == 5
    assert said[0].startswith("partnero: GET /customers/{key}: 503 in ")
    assert said[1].startswith("partnero: GET /customers/{key}: attempt 2 in ")
    assert said[2].endswith(", attempt 2")
    assert said[4].startswith("partnero: GET /customers/{key}: failed after ")
    assert "ada" not in lines.getvalue()
