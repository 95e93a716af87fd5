"""Closing: who waits is woken, who is under way has its grace, and a second time does the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import ArgumentError, AsyncPartnero, PartneroError, RateLimitError, Ref, UsageError

from ..servers import Handler, Script, customer_json, envelope, key_of, scripted

pytestmark = pytest.mark.anyio


async def sale_of(partnero: AsyncPartnero, key: str = "c") -> None:
    await partnero.transactions.create(customer=Ref(key=key), amount=1)


def answering_after(seconds: float) -> Handler:
    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(seconds)
        return httpx.Response(200, json=envelope(key=key_of(request)))

    return answer


class Ended:
    """What became of calls, and when."""

    def __init__(self) -> None:
        self.answered = 0
        self.failed = list[PartneroError]()
        self.at = Counter[float]()

    async def watch(self, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            await call()
        except PartneroError as error:
            self.failed.append(error)
        else:
            self.answered += 1
        self.at[anyio.current_time()] += 1


def refused(status: int, seconds: int) -> httpx.Response:
    return httpx.Response(status, headers={"Retry-After": str(seconds)})


WAITS: dict[str, tuple[Handler, dict[str, Any]]] = {
    "for a slot": (answering_after(1000), {"max_concurrency": 1, "timeout": None}),
    "at a paused gate": (Script(refused(429, 600)), {}),
    "for the end of maintenance": (Script(refused(503, 600)), {}),
    "between attempts": (Script(httpx.Response(500)), {"retries": 30}),
}


@pytest.mark.parametrize("grace", [0.0, 5.0])
@pytest.mark.parametrize("wait", WAITS)
async def test_closing_ends_every_wait_at_once(wait: str, grace: float) -> None:
    handler, settings = WAITS[wait]
    ended = Ended()
    partnero = scripted(handler, deadline=None, **settings)
    async with anyio.create_task_group() as group:
        for key in "abc":
            group.start_soon(ended.watch, partial(partnero.customers.get, key))
        await anyio.sleep(30)
        closed_at = anyio.current_time() + grace
        await partnero.aclose(grace=grace)
    assert ended.at == {closed_at: 3}
    for error in ended.failed:
        assert isinstance(error, UsageError)
        assert "the client was closed" in error.message


@pytest.mark.parametrize("status", [429, 503])
async def test_closing_ends_a_run_at_a_paused_gate_with_an_outcome_for_each_item(status: int) -> None:
    partnero = scripted(Script(refused(status, 600)))
    outcomes = list[Any]()

    async def run() -> None:
        with pytest.raises(UsageError, match="closed"):
            async with partnero.bulk(partnero.customers.get, ["a", "b"]) as stream:
                async for outcome in stream:
                    outcomes.append(outcome)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await anyio.sleep(1)
        closed_at = anyio.current_time()
        await partnero.aclose()
    assert sorted(outcome.item for outcome in outcomes) == ["a", "b"]
    assert anyio.current_time() == closed_at


async def test_a_failure_that_arrives_while_the_client_closes_is_not_waited_after() -> None:
    async def late(request: httpx.Request) -> httpx.Response:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(5)
        return httpx.Response(500)

    ended = Ended()
    partnero = scripted(late)
    async with anyio.create_task_group() as group:
        group.start_soon(ended.watch, partial(partnero.customers.get, "c"))
        await anyio.sleep(1)
        await partnero.aclose()
    assert ended.at == {5: 1}


async def test_grace_lets_a_sale_end_and_no_longer_than_it_takes() -> None:
    ended = Ended()
    partnero = scripted(answering_after(3))
    async with anyio.create_task_group() as group:
        group.start_soon(ended.watch, partial(sale_of, partnero))
        await anyio.sleep(1)
        began = anyio.current_time()
        await partnero.aclose(grace=60)
        assert anyio.current_time() == began + 2
    assert ended.answered == 1


async def test_grace_is_also_for_calls_that_wait_for_their_turn_or_their_next_attempt() -> None:
    script = Script(refused(429, 3), httpx.Response(500), answering_after(1))
    ended = Ended()
    partnero = scripted(script, max_concurrency=1)
    async with anyio.create_task_group() as group:
        for key in "abc":
            group.start_soon(ended.watch, partial(partnero.customers.get, key))
        await anyio.sleep(1)
        await partnero.aclose(grace=60)
    assert ended.answered == 3


async def test_after_the_grace_what_was_sent_is_in_doubt_and_what_waited_is_not() -> None:
    ended = Ended()
    partnero = scripted(answering_after(50), max_concurrency=1, timeout=None, deadline=None)
    async with anyio.create_task_group() as group:
        for key in "ab":
            group.start_soon(ended.watch, partial(sale_of, partnero, key))
        await anyio.sleep(1)
        began = anyio.current_time()
        await partnero.aclose(grace=10)
    assert ended.at == {began + 10: 2}
    assert sorted((type(error), error.attempts, error.in_doubt) for error in ended.failed) == [
        (UsageError, 0, False),
        (UsageError, 1, True),
    ]


async def test_during_the_grace_new_calls_are_refused() -> None:
    partnero = scripted(answering_after(3))
    async with anyio.create_task_group() as group:
        group.start_soon(sale_of, partnero)
        await anyio.sleep(1)
        group.start_soon(partial(partnero.aclose, grace=60))
        await anyio.sleep(1)
        for view in (partnero, partnero.with_options(retries=0)):
            with pytest.raises(UsageError, match="closed"):
                await view.customers.get("c")


async def test_the_shortest_grace_of_several_holds() -> None:
    ended = Ended()
    partnero = scripted(answering_after(50), timeout=None, deadline=None)
    async with anyio.create_task_group() as group:
        group.start_soon(ended.watch, partial(partnero.customers.get, "c"))
        await anyio.sleep(1)
        began = anyio.current_time()
        for grace in (30, 5, 30):
            group.start_soon(partial(partnero.aclose, grace=grace))
    assert ended.at == {began + 5: 1}
    assert anyio.current_time() == began + 5


async def test_a_grace_that_is_cut_short_ends_no_call_and_closing_again_does() -> None:
    ended = Ended()
    partnero = scripted(answering_after(50), timeout=None, deadline=None)
    async with anyio.create_task_group() as group:
        group.start_soon(ended.watch, partial(partnero.customers.get, "c"))
        await anyio.sleep(1)
        with anyio.move_on_after(5):
            await partnero.aclose(grace=30)
        await anyio.sleep(5)
        assert not ended.at
        await partnero.aclose()
    assert ended.at == {11: 1}


@pytest.mark.parametrize("grace", [-1, float("inf"), float("nan"), "5"])
async def test_a_grace_that_is_no_number_of_seconds_is_refused_and_closes_nothing(grace: Any) -> None:
    async with scripted(answering_after(0)) as partnero:
        with pytest.raises((ArgumentError, TypeError), match="grace"):
            await partnero.aclose(grace=grace)
        await partnero.customers.get("c")


class Slow(httpx.AsyncBaseTransport):
    """A transport that takes a second to close."""

    def __init__(self) -> None:
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=customer_json("c"))

    async def aclose(self) -> None:
        await anyio.sleep(1)
        self.closed += 1


async def test_closing_that_was_cancelled_is_finished_by_closing_again_and_done_once() -> None:
    transport = Slow()
    partnero = AsyncPartnero("key", transport=transport)
    await partnero.customers.get("c")
    with anyio.move_on_after(0.5):
        await partnero.aclose()
    assert transport.closed == 0
    for _ in range(2):
        await partnero.aclose()
    assert transport.closed == 1


async def test_closing_twice_at_once_closes_once_and_both_wait_for_the_end() -> None:
    transport = Slow()
    partnero = AsyncPartnero("key", transport=transport)
    await partnero.customers.get("c")
    ends = list[float]()

    async def close(patience: float) -> None:
        with anyio.move_on_after(patience):
            await partnero.aclose()
        ends.append(anyio.current_time())

    began = anyio.current_time()
    async with anyio.create_task_group() as group:
        for patience in (0.5, 60, 60):
            group.start_soon(close, patience)
            await anyio.wait_all_tasks_blocked()
    assert transport.closed == 1
    assert ends == [began + 0.5, began + 1.5, began + 1.5]


async def test_closing_by_a_caller_that_is_cancelled_already_gets_as_far_as_to_what_is_closed() -> None:
    class Quick(Slow):
        async def aclose(self) -> None:
            self.closed += 1

    transport = Quick()
    with anyio.CancelScope() as scope:
        async with AsyncPartnero("key", transport=transport) as partnero:
            await partnero.customers.get("c")
            scope.cancel()
    assert transport.closed == 1


async def test_a_client_is_closed_only_where_it_belongs_and_a_refusal_changes_nothing() -> None:
    transport = Slow()
    partnero = AsyncPartnero("key", transport=transport)
    await partnero.customers.get("c")
    session = partnero._caller.session
    own, session._loop = session._loop, object()
    with pytest.raises(UsageError, match="another event loop"):
        await partnero.aclose()
    session._loop = own
    await partnero.customers.get("c")
    await partnero.aclose()
    assert transport.closed == 1


async def test_load_tells_how_busy_a_client_is_before_during_and_after_its_use() -> None:
    partnero = scripted(Script(answering_after(5)), max_concurrency=2)
    empty = (0, 0, 0, 0.0)

    def load() -> tuple[int, int, int, float]:
        now = partnero.with_options(retries=0).load
        assert now == partnero.load
        return now.in_flight, now.waiting, now.waiting_in_jobs, now.paused_for

    assert load() == empty

    async def run() -> None:
        async with partnero.customers.stream("abcd"[n] for n in range(4)) as outcomes:
            async for _ in outcomes:
                pass

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(partnero.customers.get, "c")
        await anyio.sleep(1)
        group.start_soon(run)
        await anyio.sleep(1)
        assert load() == (2, 3, 2, 0.0)
    assert load() == empty
    await partnero.aclose()
    assert load() == empty


async def test_load_can_be_asked_for_in_another_thread() -> None:
    async with scripted(Script(refused(429, 20)), deadline=1) as partnero:
        with pytest.raises(RateLimitError):
            await partnero.customers.get("c")
        with ThreadPoolExecutor() as threads:
            assert threads.submit(lambda: partnero.load).result() == partnero.load
        assert partnero.load.paused_for == pytest.approx(20)


@pytest.mark.parametrize("status", [429, 503])
async def test_load_tells_for_how_long_a_client_is_paused(status: int) -> None:
    script = Script(refused(status, 20), httpx.Response(200, json=customer_json("c")))
    async with scripted(script) as partnero, anyio.create_task_group() as group:
        group.start_soon(partnero.customers.get, "c")
        await anyio.sleep(5)
        assert partnero.load.paused_for == pytest.approx(15)
        assert partnero.load.waiting == 1
    assert partnero.load.paused_for == 0
