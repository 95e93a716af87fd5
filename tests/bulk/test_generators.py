"""Async generators around a run, and those that a run takes its items from."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import AsyncPartnero, AuthenticationError, DeadlineError, UsageError
from partnero_async.bulk import Outcomes
from partnero_async.testing import VirtualLoop

from ..servers import Script, customer_json, key_of, scripted
from ..until import until


async def serve(request: httpx.Request) -> httpx.Response:
    """Customers after a second, and a list of them without end."""
    await anyio.sleep(1)
    if "page" not in request.url.params:
        key = key_of(request)
        return httpx.Response(401) if key == "unauthorized" else httpx.Response(200, json=customer_json(key))
    page = int(request.url.params["page"])
    link = f"https://api.partnero.com/v1/customers?page={page + 1}"
    data = [{"key": f"c{page}_{n}"} for n in range(10)]
    return httpx.Response(200, json={"data": data, "links": {"next": link}})


# Of items.


async def take_all(outcomes: Outcomes[Any]) -> None:
    async for _ in outcomes:
        pass


async def take_one(outcomes: Outcomes[Any]) -> None:
    async for _ in outcomes:
        break


async def take_none(outcomes: Outcomes[Any]) -> None:
    pass


async def fail(outcomes: Outcomes[Any]) -> None:
    await anext(outcomes)
    raise ZeroDivisionError


async def be_cancelled(outcomes: Outcomes[Any]) -> None:
    with anyio.move_on_after(1.5):
        await take_all(outcomes)
    await anyio.sleep(100)


ENDS: list[tuple[str, Callable[[Outcomes[Any]], Any], type[Exception] | None, dict[str, Any]]] = [
    ("all", take_all, None, {}),
    ("unauthorized", take_all, AuthenticationError, {}),
    ("deadline", take_all, DeadlineError, {"deadline": 2.5}),
    ("waits", take_all, DeadlineError, {"deadline": 2.5}),
    ("left", take_one, None, {}),
    ("left at once", take_none, None, {}),
    ("left while it waits", take_one, None, {}),
    ("failed", fail, ZeroDivisionError, {}),
    ("cancelled", be_cancelled, None, {}),
    ("raises", take_all, KeyError, {}),
]


@pytest.mark.anyio
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(("how", "consume", "error", "settings"), ENDS, ids=[end[0] for end in ENDS])
async def test_a_generator_of_items_is_closed_in_its_own_task_by_the_end_of_the_block(
    how: str, consume: Any, error: type[Exception] | None, settings: Any, many: bool
) -> None:
    tasks = list[int]()

    async def keys() -> AsyncIterator[str]:
        tasks.append(anyio.get_current_task().id)
        try:
            with anyio.CancelScope():  # which another task must not leave
                for n in range(15 if how == "all" else 1000):
                    yield "unauthorized" if how == "unauthorized" and n == 7 else f"c{n}"
                    if n == 7 and "waits" in how:
                        await anyio.sleep_forever()
                    if n == 7 and how == "raises":
                        raise KeyError
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(1)
            tasks.append(anyio.get_current_task().id)

    async with scripted(serve) as partnero:
        told: BaseException | None = None
        try:
            with anyio.move_on_after(50):
                if many and consume is take_all:
                    await partnero.customers.get_many(keys(), concurrency=5, **settings)
                else:
                    async with partnero.customers.stream(keys(), concurrency=5, **settings) as outcomes:
                        await consume(outcomes)
        except Exception as raised:
            told = raised
        assert told is None if error is None else type(told) is error
        if tasks:  # one that never began has nothing to clean up
            assert tasks == [tasks[0]] * 2


@pytest.mark.anyio
@pytest.mark.parametrize("does", ["raise", "hang", "yield"])
async def test_a_generator_that_does_not_close_well_leaves_the_error_that_ended_the_run(does: str) -> None:
    async def keys() -> AsyncIterator[str]:
        try:
            yield "unauthorized"
            yield "a"
            await anyio.sleep_forever()
        finally:
            if does == "raise":
                raise KeyError
            if does == "hang":
                await anyio.sleep_forever()
            yield "b"

    async with scripted(serve) as partnero:
        with pytest.raises(AuthenticationError), anyio.fail_after(100):
            async with partnero.customers.stream(keys()) as outcomes:
                await take_all(outcomes)


@pytest.mark.anyio
async def test_a_run_over_a_list_that_is_fetched_ahead_can_be_left_early() -> None:
    async with scripted(serve) as partnero:

        async def keys() -> AsyncIterator[str]:
            async with partnero.customers.list(limit=10).prefetch(3) as customers:
                async for customer in customers:
                    yield customer.key

        async with partnero.customers.stream(keys(), concurrency=5) as outcomes:
            await take_one(outcomes)
        assert partnero.load.in_flight == partnero.load.waiting_in_jobs == 0
        assert (await partnero.customers.get("a")).key == "a"


@pytest.mark.anyio
@pytest.mark.parametrize("trouble", [False, True])
async def test_the_outcomes_of_one_run_are_the_items_of_another(trouble: bool) -> None:
    async with scripted(serve) as partnero:
        keys = [*(f"c{n}" for n in range(20)), *["unauthorized"] * trouble]
        seen = list[str]()
        async with partnero.customers.stream(keys, concurrency=3) as first:
            found = (outcome.key async for outcome in first)
            run = partnero.customers.stream(found, concurrency=3)
            with pytest.raises(AuthenticationError) if trouble else nullcontext():
                async with run as second:
                    async for outcome in second:
                        seen.append(outcome.key)
    assert sorted(set(seen) - {"unauthorized"}) == sorted(keys[:20])


# Helpers of a user's, which are left by `break`.


async def streamed(partnero: AsyncPartnero) -> AsyncIterator[str]:
    async with partnero.customers.stream(f"c{n // 9}_{n % 9}" for n in range(1000)) as outcomes:
        async for outcome in outcomes:
            yield outcome.key


async def fetched_ahead(partnero: AsyncPartnero) -> AsyncIterator[str]:
    async with partnero.customers.list(limit=10).prefetch(3) as customers:
        async for customer in customers:
            yield customer.key


async def both(partnero: AsyncPartnero) -> AsyncIterator[str]:
    async with partnero.customers.stream(fetched_ahead(partnero), concurrency=3) as outcomes:
        async for outcome in outcomes:
            yield outcome.key


HELPERS = [streamed, fetched_ahead, both]


def loops() -> list[Any]:
    try:
        import uvloop
    except ImportError:  # it has no wheel for every Python
        return [VirtualLoop]
    return [VirtualLoop, uvloop.new_event_loop]


async def quick(request: httpx.Request) -> httpx.Response:
    """The same server, which takes a little of real time."""
    await asyncio.sleep(0.001)
    if "page" in request.url.params:
        page = int(request.url.params["page"])
        data = [{"key": f"c{page}_{n}"} for n in range(10)]
        link = f"https://api.partnero.com/v1/customers?page={page + 1}"
        return httpx.Response(200, json={"data": data, "links": {"next": link}})
    return httpx.Response(200, json=customer_json(key_of(request)))


@pytest.mark.parametrize("loop", loops())
@pytest.mark.parametrize("helper", HELPERS)
def test_a_helper_that_is_left_by_break_does_its_consumer_no_harm(helper: Any, loop: Any) -> None:
    async def main() -> None:
        async with scripted(quick) as partnero:

            async def consume() -> None:
                async for _ in helper(partnero):
                    break
                for _ in range(5):
                    await asyncio.sleep(0.001)
                async with asyncio.timeout(1000), asyncio.TaskGroup() as group:
                    assert (await group.create_task(partnero.customers.get("a"))).key == "a"

            task = asyncio.create_task(consume())
            await task
            assert not task.cancelling()
            gc.collect()
            await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
            assert partnero.load.in_flight == partnero.load.waiting_in_jobs == 0

    noticed = list[Any]()
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: noticed.append(context))
        runner.run(main())
    assert noticed == []


@pytest.mark.parametrize("helper", HELPERS)
def test_a_helper_that_is_suspended_when_the_loop_ends_is_closed_in_silence(helper: Any) -> None:
    kept, noticed = list[Any](), list[Any]()
    partnero = scripted(quick)

    async def main() -> None:
        generator = helper(partnero)
        kept.append(generator)
        await anext(generator)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: noticed.append(context))
        runner.run(main())
        runner.run(partnero.aclose())
    assert noticed == []


@pytest.mark.parametrize("helper", HELPERS)
def test_a_helper_may_be_asked_for_each_item_in_another_task(helper: Any) -> None:
    # As sync code does that has an event loop of its own.
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        partnero = scripted(quick)
        generator = helper(partnero)

        async def take() -> str:
            return str(await anext(generator))

        assert len([runner.run(take()) for _ in range(30)]) == 30
        runner.run(generator.aclose())
        assert asyncio.all_tasks(runner.get_loop()) == set()
        runner.run(partnero.aclose())


@pytest.mark.parametrize("helper", HELPERS)
def test_the_cancellation_of_all_other_tasks_is_told_to_the_consumer(helper: Any) -> None:
    async def main() -> None:
        async with scripted(quick) as partnero:
            generator = helper(partnero)
            await anext(generator)
            await asyncio.sleep(0)  # so that all of them have begun
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            with pytest.raises(UsageError, match="cancelled"):
                async for _ in generator:
                    pass

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


@pytest.mark.parametrize("helper", HELPERS)
@pytest.mark.parametrize("how", ["scope", "task"])
def test_a_consumer_may_be_cancelled_at_any_step(helper: Any, how: str) -> None:
    async def main(step: int) -> bool:
        async with scripted(quick) as partnero:
            scope = anyio.CancelScope()

            async def consume() -> None:
                with scope:
                    async for key in helper(partnero):
                        if key == "c2_5":
                            return

            task = asyncio.create_task(consume())
            for _ in range(step % 10):
                await asyncio.sleep(0)
            await asyncio.sleep(step // 10 * 0.00025)
            ended = task.done()
            if how == "scope":
                scope.cancel()
            else:
                task.cancel()
            await asyncio.wait([task])
            await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})
            assert partnero.load.in_flight == partnero.load.waiting_in_jobs == 0
            return ended

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert next(step for step in range(0, 1000, 3) if runner.run(main(step))) > 50


def cancel_the_newest(before: set[asyncio.Task[Any]]) -> None:
    for task in asyncio.all_tasks() - before:
        task.cancel()


@pytest.mark.asyncio
@pytest.mark.parametrize("what", ["stream", "prefetch"])
async def test_what_is_cancelled_before_its_first_step_keeps_nobody_waiting(what: str) -> None:
    async with scripted(Script({"data": {"key": "a"}})) as partnero:
        stream = partnero.customers.stream(["a", "b"])
        block: Any = stream if what == "stream" else partnero.customers.list().prefetch(1)
        asyncio.get_running_loop().call_soon(cancel_the_newest, asyncio.all_tasks())
        with pytest.raises(UsageError, match="cancelled"):
            async with block as items:
                async for _ in items:
                    pass


@pytest.mark.anyio
async def test_a_progress_that_stops_the_iteration_ends_it_aloud() -> None:
    def on_progress(_: object) -> None:
        raise StopAsyncIteration

    async with scripted(Script({"data": {"key": "a"}})) as partnero:
        with pytest.raises(RuntimeError, match="on_progress"):
            async with partnero.customers.stream(["a", "b"], on_progress=on_progress) as outcomes:
                async for _ in outcomes:
                    pass
