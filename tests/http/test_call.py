"""The attempt loop: what is repeated, what is in doubt, and when a call gives up."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import anyio
import httpcore
import httpx
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    BadRequestError,
    BusyError,
    ConnectError,
    Customer,
    DeadlineError,
    NotFoundError,
    Options,
    PartneroError,
    ProtocolError,
    RateLimitError,
    Ref,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    StatusError,
    Transaction,
    UsageError,
)
from partnero_async.bulk import Failed

from ..servers import Script, customer_json, scripted

pytestmark = pytest.mark.anyio


def found() -> httpx.Response:
    return httpx.Response(200, json=customer_json("c"))


async def stall(request: httpx.Request) -> httpx.Response:
    await anyio.sleep(1000)
    raise AssertionError


async def get(script: Script, **settings: Any) -> Customer:
    async with scripted(script, **settings) as partnero:
        return await partnero.customers.get("c")


async def sell(script: Script, **settings: Any) -> Transaction:
    async with scripted(script, **settings) as partnero:
        return await partnero.transactions.create(customer=Ref(key="c"), amount=Decimal("9.99"))


async def error_of(call: Awaitable[Any]) -> PartneroError:
    with pytest.raises(PartneroError) as caught:
        await call
    return caught.value


async def test_an_error_tells_of_each_attempt_and_of_the_waits_between() -> None:
    async def slowly(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(2)
        return httpx.Response(503, headers={"Retry-After": "3"})

    error = await error_of(get(Script(httpx.ConnectError("refused"), slowly, httpx.Response(500))))
    first, second, third = error.history
    assert [attempt.error for attempt in error.history] == ["ConnectError", "ServerError", "ServerError"]
    assert [attempt.status for attempt in error.history] == [None, 503, 500]
    assert (first.waited, first.seconds) == (0, 0)
    assert 0.125 <= second.waited <= 0.25
    assert second.seconds == pytest.approx(2)
    assert third.waited == pytest.approx(3)


async def test_a_call_that_is_refused_for_long_keeps_its_last_attempts() -> None:
    refusals = [httpx.Response(429, headers={"Retry-After": "1"})] * 30
    async with scripted(Script(*refusals, httpx.Response(400))) as partnero:
        batch = await partnero.customers.get_many(["c"])
    error = batch.failed["c"]
    assert error.attempts == 31
    assert [attempt.status for attempt in error.history] == [429] * 19 + [400]


async def test_what_was_never_sent_has_no_history() -> None:
    async with scripted(Script(httpx.Response(429, headers={"Retry-After": "60"}))) as partnero:
        assert len((await error_of(partnero.customers.get("c"))).history) == 1
        error = await error_of(partnero.customers.get("c"))
    assert (error.attempts, error.history) == (0, ())


TRANSIENT: list[Any] = [
    httpx.ConnectError("refused"),
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("peer closed connection"),
    httpx.Response(408),
    httpx.Response(500),
    httpx.Response(502, text="<html>Bad Gateway</html>"),
    httpx.Response(503),
    httpx.Response(429),
    ConnectionResetError("reset"),
]


@pytest.mark.parametrize("failure", TRANSIENT, ids=repr)
async def test_a_read_is_repeated_after_a_failure_that_may_pass(failure: Any) -> None:
    script = Script(failure, failure, found())
    assert (await get(script, retries=2)).key == "c"
    assert len(script.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 418, 422, 301, 308])
async def test_a_read_that_was_refused_for_good_is_not_repeated(status: int) -> None:
    script = Script(httpx.Response(status))
    assert (await error_of(get(script))).status == status
    assert len(script.requests) == 1


async def test_an_answer_that_cannot_be_read_is_not_asked_for_again() -> None:
    script = Script(httpx.Response(200, text="<html>"))
    assert isinstance(await error_of(get(script)), ResponseError)
    assert len(script.requests) == 1


async def test_the_last_error_is_raised_when_the_retries_are_used_up() -> None:
    script = Script(httpx.Response(503))
    error = await error_of(get(script, retries=3))
    assert isinstance(error, ServerError)
    assert error.attempts == len(script.requests) == 4


async def test_the_waits_between_attempts_grow() -> None:
    script = Script(httpx.Response(503))
    await error_of(get(script, retries=4))
    waits = [later - earlier for earlier, later in zip(script.times, script.times[1:], strict=False)]
    for wait, longest in zip(waits, [0.25, 0.5, 1, 2], strict=True):
        assert longest / 2 <= wait <= longest


async def test_retry_after_is_kept_to() -> None:
    script = Script(httpx.Response(503, headers={"Retry-After": "7"}), found())
    await get(script)
    assert script.times[1] - script.times[0] == pytest.approx(7)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_beyond_the_deadline_fails_at_once(status: int) -> None:
    script = Script(httpx.Response(status, headers={"Retry-After": "31"}))
    began = anyio.current_time()
    error = await error_of(get(script, deadline=30))
    assert error.status == status
    assert error.retry_after == 31
    assert anyio.current_time() == began
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_one_refusal_holds_back_all_callers_once(status: int) -> None:
    refused = httpx.Response(status, headers={"Retry-After": "10"})
    script = Script(refused, found())
    async with scripted(script) as partnero, anyio.create_task_group() as group:
        group.start_soon(partnero.customers.get, "c")
        await anyio.wait_all_tasks_blocked()
        for _ in range(5):
            group.start_soon(partnero.customers.get, "c")
    assert len(script.times) == 7
    assert all(time - script.times[0] >= 10 for time in script.times[1:])


async def test_a_503_that_names_no_time_pauses_nobody() -> None:
    script = Script(httpx.Response(503), found())
    async with scripted(script) as partnero, anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(partnero.customers.get, "c")
    assert script.times[:3] == [script.times[0]] * 3


async def test_a_job_waits_for_the_end_of_maintenance_and_asks_one_by_one_until_then() -> None:
    maintenance = 600

    async def serve(request: httpx.Request) -> httpx.Response:
        if anyio.current_time() - began < maintenance:
            return httpx.Response(503, headers={"Retry-After": "60"})
        return found()

    script, began = Script(serve), anyio.current_time()
    async with scripted(script, max_concurrency=5, deadline=5) as partnero:
        batch = await partnero.customers.get_many(f"c{number}" for number in range(100))
    assert len(batch.found) == 100
    assert len([time for time in script.times if time - began < maintenance]) <= 5 + maintenance / 60


async def test_a_sale_of_a_job_that_meets_maintenance_is_in_doubt_and_sent_once() -> None:
    script = Script(
        httpx.Response(503, headers={"Retry-After": "60"}), httpx.Response(201, json={"data": {"key": "s"}})
    )
    async with scripted(script, max_concurrency=1) as partnero:
        customers = [Ref(key="a"), Ref(key="b")]
        async with partnero.bulk(
            lambda customer: partnero.transactions.create(customer=customer, amount=1), customers
        ) as run:
            in_doubt, done = [outcome async for outcome in run]
    assert isinstance(in_doubt, Failed)
    assert (in_doubt.error.in_doubt, in_doubt.error.attempts) == (True, 1)
    assert done.item == customers[1]
    assert script.times[1] - script.times[0] == pytest.approx(60)


async def test_a_task_that_a_job_started_is_no_job_when_its_item_is_done() -> None:
    refused = httpx.Response(429, headers={"Retry-After": "60"})
    script = Script(found(), refused)
    async with scripted(script, deadline=5) as partnero, anyio.create_task_group() as group:
        go_on, errors = anyio.Event(), list[PartneroError]()

        async def refresh() -> None:
            await go_on.wait()
            errors.append(await error_of(partnero.customers.get("c")))
            assert partnero.load.waiting_in_jobs == 0

        async def call(key: str) -> Customer:
            group.start_soon(refresh)
            return await partnero.customers.get(key)

        async with partnero.bulk(call, ["c"]) as run:
            assert len([outcome async for outcome in run]) == 1
        began = anyio.current_time()
        go_on.set()
    assert isinstance(errors[0], RateLimitError)
    assert anyio.current_time() == began


async def test_a_call_that_was_let_in_tries_again_however_many_may_wait() -> None:
    script = Script(
        httpx.Response(429, headers={"Retry-After": "1"}), httpx.Response(200, json={"data": {"key": "c"}})
    )
    async with scripted(script, max_waiting=0) as partnero:
        assert (await partnero.customers.get("c")).key
    assert len(script.requests) == 2


async def test_beyond_max_waiting_a_call_is_refused_at_once_and_not_sent() -> None:
    script = Script(stall)
    async with scripted(script, max_concurrency=1, max_waiting=2, deadline=None, timeout=None) as partnero:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(partnero.customers.get, "c")
            await anyio.wait_all_tasks_blocked()
            began = anyio.current_time()
            for caller in (partnero, partnero.with_options(deadline=5)):
                error = await error_of(caller.transactions.create(customer=Ref(key="c"), amount=1))
                assert isinstance(error, BusyError)
                assert (error.attempts, error.in_doubt) == (0, False)
            assert anyio.current_time() == began
            assert partnero.load.waiting == 2
            group.cancel_scope.cancel()
    assert len(script.requests) == 1


async def test_a_call_that_comes_during_a_pause_beyond_its_deadline_fails_at_once() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "60"}))
    async with scripted(script) as partnero:
        await error_of(partnero.customers.get("c"))
        error = await error_of(partnero.customers.get("c"))
    assert isinstance(error, RateLimitError)
    assert str(error).startswith("GET /customers/{key}: not sent, because under the rate limit")
    assert error.retry_after == pytest.approx(60)
    assert error.attempts == 0
    assert len(script.requests) == 1


async def test_the_timeout_bounds_each_attempt() -> None:
    script = Script(stall, found())
    began = anyio.current_time()
    assert (await get(script, timeout=3)).key == "c"
    assert 3 < anyio.current_time() - began < 4


async def test_when_every_attempt_times_out_the_error_says_so() -> None:
    error = await error_of(get(Script(stall), timeout=3, retries=1))
    assert isinstance(error, RequestTimeoutError)
    assert "3 s" in str(error)


async def test_the_deadline_bounds_the_whole_call() -> None:
    began = anyio.current_time()
    error = await error_of(get(Script(stall), timeout=4, deadline=10, retries=100))
    assert isinstance(error, DeadlineError)
    assert anyio.current_time() - began == pytest.approx(10)


async def test_the_deadline_bounds_the_wait_for_a_turn() -> None:
    async with scripted(Script(stall), max_concurrency=1, timeout=None) as partnero:
        async with anyio.create_task_group() as group:
            patient = Options(deadline=100)
            group.start_soon(lambda: partnero.customers.get("c", options=patient))
            await anyio.wait_all_tasks_blocked()
            began = anyio.current_time()
            error = await error_of(partnero.customers.get("c", options=Options(deadline=5)))
            group.cancel_scope.cancel()
    assert isinstance(error, DeadlineError)
    assert anyio.current_time() - began == pytest.approx(5)
    assert error.attempts == 0


async def test_none_is_no_bound() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(80_000)
        return found()

    assert (await get(Script(slow), timeout=None, deadline=None)).key == "c"


async def test_options_of_a_call_go_before_the_clients() -> None:
    script = Script(httpx.Response(503))
    async with scripted(script, retries=5) as partnero:
        await error_of(partnero.customers.get("c", options=Options(retries=0)))
    assert len(script.requests) == 1


async def test_a_view_has_its_own_patience_and_the_same_gate() -> None:
    script = Script(httpx.Response(503))
    async with scripted(script, retries=5) as partnero:
        view = partnero.with_options(retries=1)
        await error_of(view.customers.get("c"))
        assert view._caller.session is partnero._caller.session
    assert len(script.requests) == 2


# A sale that may have been recorded is never sent again: it would be paid twice.

IN_DOUBT: list[Any] = [
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("peer closed connection"),
    httpx.Response(500),
    httpx.Response(502),
    httpx.Response(503, headers={"Retry-After": "1"}),
    httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
    httpx.Response(200, text="<html>"),
    httpx.Response(201, text=""),
    httpx.Response(200, json={"status": 1}),
    httpx.Response(200, json={"data": {"amount": 1}}),
    httpx.Response(200, json={"status": 0, "message": "no"}),
    stall,
]


@pytest.mark.parametrize("failure", IN_DOUBT, ids=lambda failure: getattr(failure, "__name__", repr(failure)))
async def test_a_sale_in_doubt_is_sent_once_and_says_so(failure: Any) -> None:
    script = Script(failure)
    error = await error_of(sell(script, retries=5))
    assert len(script.requests) == 1
    assert error.in_doubt
    assert "look it up" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 422])
async def test_a_refused_sale_is_not_in_doubt(status: int) -> None:
    script = Script(httpx.Response(status, json={"message": "no"}))
    error = await error_of(sell(script, retries=5))
    assert len(script.requests) == 1
    assert not error.in_doubt


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.Response(429)])
async def test_a_sale_that_never_left_or_was_refused_with_429_is_sent_again(failure: Any) -> None:
    sale = {"data": {"key": "s"}, "status": 1}
    script = Script(failure, httpx.Response(201, json=sale))
    assert (await sell(script)).key == "s"
    assert len(script.requests) == 2


async def test_a_sale_that_never_left_is_not_in_doubt() -> None:
    error = await error_of(sell(Script(httpx.ConnectError("refused"))))
    assert isinstance(error, ConnectError)
    assert not error.in_doubt


def caused(error: Exception, cause: BaseException) -> Exception:
    """The error as a transport raises it from another."""
    error.__cause__ = cause
    return error


# Transports over other HTTP clients say these of connections that were lost after all was sent.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@pytest.mark.parametrize("kind", NEVER_SENT)
@pytest.mark.parametrize("cause", [OSError("reset"), RuntimeError("gone"), aiohttp.ServerDisconnectedError()])
async def test_a_sale_that_another_client_says_never_left_is_sent_once_and_in_doubt(
    kind: type[httpx.TransportError], cause: Exception
) -> None:
    script = Script(caused(kind("server disconnected"), cause))
    error = await error_of(sell(script, retries=5))
    assert len(script.requests) == 1
    assert error.in_doubt
    assert "look it up" in str(error)


@pytest.mark.parametrize("kind", NEVER_SENT)
@pytest.mark.parametrize("cause", [None, httpcore.ConnectError("refused"), httpcore.ConnectTimeout("slow")])
async def test_a_sale_that_httpx_itself_says_never_left_is_sent_again_and_not_in_doubt(
    kind: type[httpx.TransportError], cause: Exception | None
) -> None:
    script = Script(kind("refused") if cause is None else caused(kind("refused"), cause))
    error = await error_of(sell(script, retries=2))
    assert len(script.requests) == 3
    assert not error.in_doubt


async def test_a_read_is_repeated_whoever_says_that_it_never_left() -> None:
    script = Script(caused(httpx.ConnectError("server disconnected"), OSError()), found())
    assert (await get(script)).key == "c"
    assert len(script.requests) == 2


async def test_a_failed_read_is_never_in_doubt() -> None:
    for failure in (httpx.ReadError("reset"), httpx.Response(500), httpx.Response(200, text="<html>")):
        assert not (await error_of(get(Script(failure), retries=0))).in_doubt


CHANGES: list[Callable[[AsyncPartnero], Awaitable[Any]]] = [
    lambda p: p.customers.create(key="c", partner=Ref(key="ref_1")),
    lambda p: p.customers.update("c", name="x"),
    lambda p: p.customers.update(Ref(key="c"), name="x"),
    lambda p: p.customers.delete("c"),
    lambda p: p.customers.delete(Ref(key="c")),
    lambda p: p.customers.archive("c"),
    lambda p: p.customers.unarchive("c"),
    lambda p: p.transactions.create(customer=Ref(key="c"), amount=1),
    lambda p: p.request("POST", ("transactions",), body={}),
    lambda p: p.request("POST", ("unheard", "of"), body={}),
    lambda p: p.request("GET", ("customers", "c"), safe_to_retry=False),
]


@pytest.mark.parametrize("call", CHANGES)
async def test_no_call_that_changes_state_is_repeated(call: Any) -> None:
    script = Script(httpx.Response(503))
    async with scripted(script, retries=5) as partnero:
        error = await error_of(call(partnero))
    assert len(script.requests) == 1
    assert error.in_doubt


async def test_request_repeats_what_is_known_to_be_a_read() -> None:
    script = Script(httpx.Response(503), httpx.Response(200, json={"data": [], "status": 1}))
    async with scripted(script) as partnero:
        reply = await partnero.request("get", ("customers:search",))
        assert reply.json == {"data": [], "status": 1}
    assert len(script.requests) == 2


async def test_safe_to_retry_lets_request_repeat_a_post() -> None:
    script = Script(httpx.Response(503), httpx.Response(200, json={"status": 1}))
    async with scripted(script) as partnero:
        await partnero.request("POST", ("customers", "c", "archive"), safe_to_retry=True)
    assert len(script.requests) == 2


async def test_a_sale_that_is_cancelled_after_it_may_have_left_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with anyio.move_on_after(1):
        await sell(Script(stall))
    with anyio.move_on_after(1):
        await get(Script(stall))
    (record,) = [record for record in caplog.records if record.name == "partnero_async"]
    assert record.levelno == logging.WARNING
    assert "POST path=/transactions" in record.getMessage()


# What an error tells.


async def test_an_error_names_the_template_and_never_the_key() -> None:
    error = await error_of(get(Script(httpx.Response(404, json={"message": "Customer not found."}))))
    assert isinstance(error, NotFoundError)
    assert (error.method, error.path, error.status, error.attempts) == ("GET", "/customers/{key}", 404, 1)
    said = "Customer not found; this method is for affiliate programs"
    assert str(error) == f"GET /customers/{{key}} answered 404: {said} (api.partnero.com)"


async def test_an_error_carries_the_servers_name_for_the_exchange() -> None:
    for headers in ({"X-Request-Id": "r1", "CF-Ray": "r2"}, {"cf-ray": "r1"}):
        assert (await error_of(get(Script(httpx.Response(400, headers=headers))))).request_id == "r1"


async def test_an_unreadable_answer_names_its_status() -> None:
    error = await error_of(get(Script(httpx.Response(202, json={"data": {"name": "x"}}))))
    assert (error.status, error.message) == (
        202,
        "Customer.key is missing; this method is for affiliate programs",
    )


async def test_an_error_of_an_unknown_path_shows_no_key() -> None:
    async with scripted(Script(httpx.Response(404, json={}))) as partnero:
        error = await error_of(partnero.request("GET", ("unheard", "secret_key")))
    assert error.path == "/unheard/…"
    assert "secret_key" not in str(error)


async def test_a_redirect_is_not_followed_and_names_the_host() -> None:
    script = Script(httpx.Response(301, headers={"Location": "https://elsewhere.example/v1?x=1"}))
    error = await error_of(get(script))
    assert type(error) is StatusError
    assert "elsewhere.example" in str(error)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "location",
    ["https:partnero.test", "mailto:x", "https://xn--.test/", "https://h:port/", "http://a:1:2/", "::"],
)
@pytest.mark.parametrize("given", ["transport", "http_client"])
async def test_a_redirect_of_what_was_given_is_a_status_wherever_it_leads(location: str, given: str) -> None:
    script = Script(httpx.Response(302, headers={"Location": location}))
    transport = httpx.MockTransport(script)
    async with httpx.AsyncClient(transport=transport) as client:
        settings: dict[str, Any] = {"transport": transport, "http_client": client}
        async with AsyncPartnero("key", **{given: settings[given]}) as partnero:
            with pytest.raises(StatusError, match="answered 302: a redirect to ") as refused:
                await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    error = refused.value
    assert (type(error), error.in_doubt, len(script.requests)) == (StatusError, True, 1)


@pytest.mark.parametrize(
    ("reads", "body", "kind"),
    [(True, {"message": "Not here."}, NotFoundError), (True, [], StatusError), (False, {}, StatusError)],
)
async def test_a_refusal_that_a_hook_raises_for_is_a_refusal(
    reads: bool, body: Any, kind: type[StatusError]
) -> None:
    async def check(response: httpx.Response) -> None:
        if reads:
            await response.aread()
        response.raise_for_status()

    async def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, stream=Body(json.dumps(body).encode()))

    hooks: dict[str, list[Any]] = {"response": [check]}
    async with httpx.AsyncClient(transport=httpx.MockTransport(serve), event_hooks=hooks) as client:
        async with AsyncPartnero("key", http_client=client) as partnero:
            with pytest.raises(StatusError) as refused:
                await partnero.customers.get("c")
    assert (type(refused.value), refused.value.attempts) == (kind, 1)


class Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


async def test_what_aiohttp_raises_within_a_transport_for_httpx_is_translated() -> None:
    quoting = aiohttp.ClientResponseError(
        aiohttp.RequestInfo(URL("https://h.test"), "GET", CIMultiDictProxy(CIMultiDict())),
        (),
        message="b'ann'",
    )
    error = await error_of(sell(Script(quoting)))
    assert isinstance(error, ProtocolError)
    assert error.in_doubt
    assert "ann" not in str(error)


@pytest.mark.parametrize(
    "said", ["reset: GET https://h.test/v1/customers/ann", "odd: b'ann'", 'odd: "ann"', "odd:\nann"]
)
@pytest.mark.parametrize("kind", [httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout])
async def test_of_what_a_transport_says_no_quotation_is_kept(said: str, kind: Any) -> None:
    assert "ann" not in str(await error_of(get(Script(kind(said)), retries=0)))


@pytest.mark.parametrize(("base_url", "hinted"), [("https://h.test", True), ("https://h.test/v1/", False)])
async def test_a_404_of_somebody_else_says_what_may_be_wrong_with_the_base_url(
    base_url: str, hinted: bool
) -> None:
    error = await error_of(get(Script(httpx.Response(404, text="404 page not found")), base_url=base_url))
    assert type(error) is StatusError
    assert "404 page not found; no answer of Partnero's" in str(error)
    assert ("base_url does not end in /v1" in str(error)) is hinted


async def test_an_error_keeps_nothing_of_the_library_underneath() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    failure = httpx.ConnectError("GET https://api.partnero.com/v1/customers/c")
    failure.__cause__ = refused
    error = await error_of(get(Script(failure), retries=0))
    assert error.__cause__ is refused
    assert error.__context__ is None


async def test_what_no_library_documents_is_named_by_its_class() -> None:
    error = await error_of(sell(Script(UnicodeError("ann@example.com"))))
    assert isinstance(error, ProtocolError)
    assert error.in_doubt
    assert "UnicodeError" in str(error)
    assert "ann@example.com" not in str(error)


async def test_what_a_transport_of_the_users_own_raises_leaves_as_it_is() -> None:
    with pytest.raises(LookupError, match="of mine"):
        await get(Script(LookupError("of mine")))


async def test_what_fails_of_another_request_in_a_hook_says_nothing_of_ours() -> None:
    async def count(_: httpx.Response) -> None:
        async with httpx.AsyncClient(
            transport=httpx.MockTransport(Script(httpx.ConnectError("no")))
        ) as other:
            await other.post("https://metrics.test")

    script = Script(found())
    hooks: dict[str, list[Any]] = {"response": [count]}
    async with httpx.AsyncClient(transport=httpx.MockTransport(script), event_hooks=hooks) as client:
        async with AsyncPartnero("key", http_client=client) as partnero:
            with pytest.raises(httpx.ConnectError):
                await partnero.transactions.create(customer=Ref(key="c"), amount=1)
    assert len(script.requests) == 1


async def test_what_is_not_http_is_a_protocol_error() -> None:
    error = await error_of(get(Script(httpx.RemoteProtocolError("illegal status line")), retries=0))
    assert isinstance(error, ProtocolError)


async def test_an_error_page_too_large_to_read_is_still_its_status() -> None:
    error = await error_of(get(Script(httpx.Response(400, content=b"x" * 2000)), max_body=1000))
    assert isinstance(error, BadRequestError)


async def test_a_body_above_the_limit_is_refused() -> None:
    error = await error_of(get(Script(httpx.Response(200, content=b" " * 2000)), max_body=1000))
    assert isinstance(error, ResponseError)
    assert (error.status, "max_body" in error.message) == (200, True)


async def test_what_was_never_handed_over_is_not_in_doubt() -> None:
    http_client = httpx.AsyncClient()
    await http_client.aclose()
    async with AsyncPartnero("key", http_client=http_client) as partnero:
        error = await error_of(partnero.transactions.create(customer=Ref(key="c"), amount=1))
    assert isinstance(error, UsageError)
    assert not error.in_doubt


async def test_a_call_that_waits_when_the_client_closes_is_told_so_and_not_sent() -> None:
    script = Script(stall)
    partnero = scripted(script, max_concurrency=1)
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: error_of(partnero.with_options(timeout=50).customers.get("c")))
        await anyio.wait_all_tasks_blocked()

        async def sale() -> None:
            error = await error_of(partnero.transactions.create(customer=Ref(key="c"), amount=1))
            assert isinstance(error, UsageError)
            assert not error.in_doubt

        options = Options(deadline=None)
        group.start_soon(lambda: error_of(partnero.customers.get("d", options=options)))
        group.start_soon(sale)
        await anyio.wait_all_tasks_blocked()
        await partnero.aclose()
    assert len(script.requests) == 1


async def test_an_answer_too_large_to_read_ends_the_caution_after_a_429() -> None:
    async def large(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(1)
        return httpx.Response(200, content=b" " * 2000)

    script = Script(httpx.Response(429, headers={"Retry-After": "1"}), large)
    async with scripted(script, max_body=1000) as partnero:
        await error_of(partnero.customers.get("c"))
        began = anyio.current_time()
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(error_of, partnero.customers.get("c"))
    assert anyio.current_time() - began == pytest.approx(1)


class Stalled(httpx.AsyncByteStream):
    """A body that never comes."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await anyio.sleep(1000)
        yield b""


async def test_a_429_whose_body_never_comes_does_not_end_the_caution_after_a_429() -> None:
    async def stalled(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, stream=Stalled())

    async def slow(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(0.5)
        return found()

    script = Script(httpx.Response(429, headers={"Retry-After": "1"}), stalled, slow)
    async with scripted(script, retries=0) as partnero:
        for _ in range(2):
            await error_of(partnero.customers.get("c"))
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(partnero.customers.get, "c")
    first, *others = script.times[2:]
    assert others == [pytest.approx(first + 0.5)] * 2


async def test_a_retry_after_beyond_a_day_is_not_believed() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": str(10**18)}), found())
    began = anyio.current_time()
    await get(script)
    assert anyio.current_time() - began < 5


async def test_a_timeout_of_a_users_transport_is_a_timeout() -> None:
    assert isinstance(await error_of(get(Script(TimeoutError()), retries=0)), RequestTimeoutError)


async def test_a_path_segment_cannot_forge_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted(Script(found())) as partnero:
        await partnero.request("GET", ("a\nFAKE partnero.attempt", "x"))
    assert all(record.getMessage().isprintable() for record in caplog.records)


# What is sent.


async def test_the_key_and_the_accepted_forms_go_with_every_request() -> None:
    script = Script(found())
    await get(script)
    headers = script.requests[0].headers
    assert headers["Authorization"] == "Bearer test_key"
    assert headers["Accept"] == "application/json"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["User-Agent"].startswith("partnero-async/")
    assert "Content-Type" not in headers


async def test_a_body_is_announced_as_json() -> None:
    script = Script(httpx.Response(201, json={"data": {"key": "s"}}))
    await sell(script)
    assert script.requests[0].headers["Content-Type"] == "application/json"
    assert script.requests[0].content == b'{"customer":{"key":"c"},"amount":9.99}'


# What is logged.


async def test_each_attempt_is_logged_without_keys(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = Script(httpx.Response(503), found())
    async with scripted(script) as partnero:
        await partnero.customers.get("secret_customer")
    ours = [record.getMessage() for record in caplog.records if record.name == "partnero_async"]
    assert [line.split()[0] for line in ours] == ["partnero.attempt", "partnero.retry", "partnero.attempt"]
    assert "method=GET path=/customers/{key} status=503" in ours[0]
    assert "secret_customer" not in caplog.text
    assert "test_key" not in caplog.text


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.partnero.com/v1",
        "https://API.partnero.com/v1",
        "https://api.partnero.com:443/v1",
        "https://b\xfccher.example/v1",
        "https://h.test/a b/v1".replace(" ", "%20"),
        "https://[2001:DB8:0::1]/v1",
    ],
)
async def test_httpx_logs_no_key_however_the_base_url_is_spelled(
    base_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with scripted(Script(found()), base_url=base_url) as partnero:
        await partnero.customers.get("ada@example.com")
    assert "partnero.attempt" in caplog.text
    assert "ada" not in caplog.text


async def test_httpx_logs_no_key_also_under_another_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def serve(request: httpx.Request) -> httpx.Response:
        # As httpx2 does, which applications put in the place of httpx.
        logging.getLogger("httpx2").info("HTTP Request: %s %s", request.method, request.url)
        return found()

    monkeypatch.setattr(httpx, "__name__", "httpx2")
    caplog.set_level(logging.INFO)
    async with scripted(serve) as partnero:
        await partnero.customers.get("ada@example.com")
    assert "ada" not in caplog.text


async def test_httpx_goes_on_logging_the_requests_of_others(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with scripted(Script(found())) as partnero:
        await partnero.customers.get("ours")
    async with httpx.AsyncClient(transport=httpx.MockTransport(Script(found()))) as client:
        await client.get("https://example.com/theirs")
    assert "theirs" in caplog.text
    assert "ours" not in caplog.text


async def test_an_update_that_is_said_to_be_safe_is_repeated_and_in_doubt_all_the_same() -> None:
    safe = Options(safe_to_retry=True)
    script = Script(httpx.ReadError("gone"), httpx.Response(503), found())
    async with scripted(script) as partnero:
        assert (await partnero.customers.update("c", name="n", options=safe)).key
    assert len(script.requests) == 3
    script = Script(httpx.ReadError("gone"))
    async with scripted(script, retries=1) as partnero:
        error = await error_of(partnero.customers.delete("c", options=safe))
    assert (error.attempts, error.in_doubt) == (2, True)


@pytest.mark.parametrize(
    "call",
    [
        lambda api, safe: api.transactions.create(customer=Ref(key="c"), amount=1, options=safe),
        lambda api, safe: api.promotion_codes.redeem("p", options=safe),
        lambda api, safe: api.request("POST", ("customers",), body={}, options=safe),
    ],
)
async def test_a_post_or_a_redemption_that_counts_each_time_cannot_be_said_to_be_safe(call: Any) -> None:
    script = Script(found())
    async with scripted(script) as partnero:
        with pytest.raises(ArgumentError, match="safe_to_retry"):
            await call(partnero, Options(safe_to_retry=True))
    assert script.requests == []


@pytest.mark.parametrize("value", [False, 1, "yes", None])
async def test_safe_to_retry_is_true_or_left_out(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^safe_to_retry must be True or left out, not "):
        Options(safe_to_retry=value)


async def test_a_pause_beyond_max_pause_ends_single_calls_at_once() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "1000"}), found())
    async with scripted(script, deadline=None, max_pause=60) as partnero:
        for attempts in (1, 0):
            began = anyio.current_time()
            error = await error_of(partnero.customers.get("c"))
            assert isinstance(error, RateLimitError)
            assert (error.attempts, error.retry_after) == (attempts, pytest.approx(1000))
            assert anyio.current_time() == began
        await anyio.sleep(950)
        # What is left of the pause is within the bound now.
        assert (await partnero.customers.get("c")).key


async def test_a_pause_within_max_pause_is_waited_for() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "800"}), found())
    async with scripted(script, deadline=None) as partnero:
        began = anyio.current_time()
        await partnero.customers.get("c")
        assert anyio.current_time() - began >= 800
