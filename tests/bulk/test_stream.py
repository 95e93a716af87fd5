"""Many calls at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import repeat
from typing import Any

import anyio
import httpx
import pytest
import sniffio
from anyio.lowlevel import checkpoint

from partnero_async import (
    ArgumentError,
    AuthenticationError,
    ConnectError,
    DeadlineError,
    Done,
    Failed,
    NotFoundError,
    ServerError,
    UsageError,
)
from partnero_async.bulk import Batch, Outcome, Progress

from ..limited import Fixed, Limited
from ..servers import customer_json, key_of, scripted

pytestmark = pytest.mark.anyio


class Server:
    """Answers by the first word of the key, after a second or a third of one."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.in_flight = 0
        self.most_in_flight = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        key = key_of(request)
        self.asked[key] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await anyio.sleep(0.3 if key.startswith(("quick", "forbidden")) else 1)
        finally:
            self.in_flight -= 1
        match key.split("_")[0]:
            case "missing":
                return httpx.Response(404, json={"message": "Not found."})
            case "broken":
                return httpx.Response(500)
            case "forbidden":
                return httpx.Response(401)
            case "down":
                raise httpx.ConnectError("refused")
            case _:
                return httpx.Response(200, json=customer_json(key))


async def outcomes_of(keys: Any, **arguments: Any) -> list[Outcome[str, Any]]:
    async with scripted(Server(), retries=0) as partnero:
        async with partnero.customers.stream(keys, **arguments) as stream:
            return [outcome async for outcome in stream]


def summary(outcome: Outcome[str, Any]) -> tuple[str, str]:
    return type(outcome).__name__, outcome.key


async def test_every_key_has_its_outcome() -> None:
    outcomes = await outcomes_of(["a", "missing_1", "broken_1", ""])
    assert sorted(map(summary, outcomes)) == [
        ("Failed", ""),
        ("Failed", "broken_1"),
        ("Found", "a"),
        ("Missing", "missing_1"),
    ]
    errors = {o.key: type(o.error) for o in outcomes if isinstance(o, Failed)}
    assert errors == {"": ArgumentError, "broken_1": ServerError}


async def test_a_repeated_key_has_an_outcome_each_time() -> None:
    outcomes = await outcomes_of(["a", "b", "a", "a", "missing_1", "missing_1"])
    assert Counter(o.key for o in outcomes) == {"a": 3, "b": 1, "missing_1": 2}


async def test_repeats_in_flight_share_one_request() -> None:
    server = Server()
    async with scripted(server) as partnero, partnero.customers.stream(["a"] * 10) as stream:
        assert len([o async for o in stream]) == 10
    assert server.asked["a"] == 1


async def test_get_many_asks_each_distinct_key_once() -> None:
    server = Server()
    async with scripted(server, max_concurrency=2) as partnero:
        batch = await partnero.customers.get_many(["b", "a", "b", "missing_1"] * 5)
    assert server.asked == {"a": 1, "b": 1, "missing_1": 1}
    assert list(batch.found) == ["b", "a"]
    assert batch.missing == ("missing_1",)


async def test_get_many_keeps_the_order_of_the_keys() -> None:
    async with scripted(Server(), retries=0) as partnero:
        keys = ["z", "quick_1", "broken_2", "a", "missing_2", "quick_0", "missing_1", "broken_1"]
        batch = await partnero.customers.get_many(keys)
    assert list(batch.found) == ["z", "quick_1", "a", "quick_0"]
    assert batch.missing == ("missing_2", "missing_1")
    assert list(batch.failed) == ["broken_2", "broken_1"]


async def test_ordered_outcomes_come_in_the_order_of_the_keys() -> None:
    keys = [f"quick_{n}" if n % 3 else f"slow_{n}" for n in range(50)]
    outcomes = await outcomes_of(keys, ordered=True, concurrency=5)
    assert [o.key for o in outcomes] == keys


async def test_unordered_outcomes_come_as_they_are_ready() -> None:
    outcomes = await outcomes_of(["slow", "quick_1"])
    assert [o.key for o in outcomes] == ["quick_1", "slow"]


async def test_workers_pull_no_further_ahead_than_twice_the_concurrency() -> None:
    pulled = 0

    def keys() -> Iterator[str]:
        nonlocal pulled
        for n in range(1000):
            pulled += 1
            yield f"key_{n}"

    async with scripted(Server()) as partnero, partnero.customers.stream(keys(), concurrency=5) as stream:
        for delivered in range(1, 20):
            await anext(stream)
            await anyio.sleep(10)
            assert pulled <= delivered + 10


async def test_no_more_calls_than_the_concurrency_are_under_way() -> None:
    server = Server()
    async with scripted(server) as partnero:
        await partnero.customers.get_many([f"key_{n}" for n in range(40)], concurrency=7)
    assert server.most_in_flight == 7


async def test_keys_may_come_from_an_async_iterator() -> None:
    async def keys() -> AsyncIterator[str]:
        for n in range(30):
            await anyio.sleep(0.1)
            yield f"key_{n}"

    assert [o.key for o in await outcomes_of(keys(), ordered=True)] == [f"key_{n}" for n in range(30)]


async def test_an_async_iterator_is_always_pulled_in_the_same_task() -> None:
    async def keys() -> AsyncIterator[str]:
        # A scope that is left in another task than it was entered in is an error.
        with anyio.fail_after(1000):
            for n in range(30):
                yield f"key_{n}"

    assert len(await outcomes_of(keys(), concurrency=3)) == 30


async def test_a_401_ends_the_run_after_what_is_finished_was_delivered() -> None:
    seen = list[str]()
    keys = ["quick_1", "quick_2", "forbidden", *(f"key_{n}" for n in range(100))]
    async with scripted(Server()) as partnero:
        with pytest.raises(AuthenticationError):
            async with partnero.customers.stream(keys, concurrency=3) as stream:
                async for outcome in stream:
                    seen.append(outcome.key)
                    await anyio.sleep(5)
    assert {"quick_1", "quick_2"} <= set(seen)
    assert len(seen) < 10


@pytest.mark.parametrize("ordered", [False, True])
async def test_calls_under_way_when_a_401_comes_are_delivered(ordered: bool) -> None:
    keys, seen = ["forbidden", "a", "b", "never"], list[str]()
    async with scripted(Server()) as partnero:
        with pytest.raises(AuthenticationError):
            async with partnero.customers.stream(keys, concurrency=3, ordered=ordered) as stream:
                async for outcome in stream:
                    seen.append(outcome.key)
    assert sorted(seen) == ["a", "b", "forbidden"]


async def test_get_many_raises_a_401_with_what_it_had() -> None:
    async with scripted(Server()) as partnero:
        with pytest.raises(AuthenticationError) as caught:
            await partnero.customers.get_many(["quick_1", "missing_1", "quick_2", "forbidden"], concurrency=2)
    assert isinstance(caught.value.partial, Batch)
    assert list(caught.value.partial.found) == ["quick_1", "quick_2"]
    assert caught.value.partial.missing == ("missing_1",)


async def test_fifty_connection_failures_in_a_row_end_the_run() -> None:
    seen = 0
    async with scripted(Server(), retries=0) as partnero:
        with pytest.raises(ConnectError):
            async with partnero.customers.stream(f"down_{n}" for n in range(1000)) as stream:
                async for _ in stream:
                    seen += 1
    assert 50 <= seen <= 70


async def test_an_answer_in_between_starts_the_count_of_failures_anew() -> None:
    keys = [f"down_{n}" if n % 3 else f"key_{n}" for n in range(60)]
    outcomes = await outcomes_of(keys, stop_after=3, concurrency=1)
    assert len(outcomes) == 60


async def test_stop_after_none_never_gives_up() -> None:
    outcomes = await outcomes_of([f"down_{n}" for n in range(100)], stop_after=None)
    assert len(outcomes) == 100


async def test_the_deadline_of_the_run_ends_it_and_cancels_its_calls() -> None:
    server = Server()
    async with scripted(server) as partnero:
        with pytest.raises(DeadlineError) as caught:
            await partnero.customers.get_many([f"key_{n}" for n in range(100)], concurrency=10, deadline=2.5)
    assert caught.value.partial is not None
    assert len(caught.value.partial.found) == 20
    assert server.in_flight == 0


async def test_leaving_the_block_early_cancels_the_calls_under_way() -> None:
    server = Server()
    async with scripted(server) as partnero:
        async with partnero.customers.stream([f"key_{n}" for n in range(100)]) as stream:
            async for _ in stream:
                break
            assert server.in_flight > 0
        assert server.in_flight == 0


async def test_the_consumers_own_exception_leaves_unwrapped() -> None:
    server = Server()
    async with scripted(server) as partnero:
        with pytest.raises(ZeroDivisionError):
            async with partnero.customers.stream([f"key_{n}" for n in range(100)]) as stream:
                async for _ in stream:
                    raise ZeroDivisionError
    assert server.in_flight == 0


@pytest.mark.parametrize("ordered", [False, True])
async def test_iterating_after_the_block_was_left_early_is_a_clear_error(ordered: bool) -> None:
    async with scripted(Server()) as partnero:
        async with partnero.customers.stream([f"key_{n}" for n in range(100)], ordered=ordered) as stream:
            await anext(stream)
        with pytest.raises(UsageError, match="block of the stream"), anyio.fail_after(100):
            async for _ in stream:
                pass


async def test_the_consumer_may_go_on_inside_the_block_after_the_last_outcome() -> None:
    async with scripted(Server()) as partnero, partnero.customers.stream(["a"]) as stream:
        assert len([o async for o in stream]) == 1
        await anyio.sleep(1)
        assert (await partnero.customers.get("b")).key == "b"


async def test_a_cancelled_consumer_leaves_nothing_running() -> None:
    server = Server()
    async with scripted(server) as partnero:
        with anyio.move_on_after(1.5) as scope:
            async with partnero.customers.stream([f"key_{n}" for n in range(100)]) as stream:
                async for _ in stream:
                    pass
    assert scope.cancelled_caught
    assert server.in_flight == 0


async def test_keys_that_are_refused_before_anything_is_awaited_hold_up_no_other_task() -> None:
    async def cancel_soon() -> None:
        for _ in range(100):
            await checkpoint()
        scope.cancel()

    with anyio.CancelScope() as scope:
        async with scripted(Server()) as partnero, anyio.create_task_group() as others:
            others.start_soon(cancel_soon)
            async with partnero.customers.stream(repeat("")) as outcomes:
                async for outcome in outcomes:
                    assert isinstance(outcome, Failed)
    assert scope.cancelled_caught


async def test_a_key_that_is_no_string_ends_the_run_with_a_type_error() -> None:
    for keys in ([1], [None], [["unhashable"]]):
        with pytest.raises(TypeError):
            await outcomes_of(keys)


@pytest.mark.parametrize("keys", ["customer_1", b"customer_1", 5, None])
async def test_what_is_not_several_keys_is_refused_before_anything_is_sent(keys: Any) -> None:
    async with scripted(Server()) as partnero:
        with pytest.raises(TypeError):
            partnero.customers.stream(keys)
        with pytest.raises(TypeError):
            await partnero.customers.get_many(keys)


@pytest.mark.parametrize(
    "arguments",
    [{"concurrency": 0}, {"concurrency": -1}, {"concurrency": 21}, {"stop_after": 0}, {"deadline": 0}],
)
async def test_numbers_out_of_bounds_are_refused_before_anything_is_sent(arguments: Any) -> None:
    async with scripted(Server(), max_concurrency=20) as partnero:
        with pytest.raises(ArgumentError):
            partnero.customers.stream(["a"], **arguments)


async def test_an_error_of_the_keys_iterator_is_the_consumers() -> None:
    def keys() -> Iterator[str]:
        yield "a"
        raise ZeroDivisionError

    seen = list[str]()
    async with scripted(Server()) as partnero:
        with pytest.raises(ZeroDivisionError):
            async with partnero.customers.stream(keys()) as stream:
                async for outcome in stream:
                    seen.append(outcome.key)
    assert seen == ["a"]


async def test_an_error_of_an_async_keys_iterator_is_the_consumers() -> None:
    async def keys() -> AsyncIterator[str]:
        yield "a"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await outcomes_of(keys())


async def test_a_run_that_ends_does_not_wait_for_a_key_that_never_comes() -> None:
    async def keys() -> AsyncIterator[str]:
        yield "forbidden"
        await anyio.sleep_forever()

    with pytest.raises(AuthenticationError), anyio.fail_after(100):
        await outcomes_of(keys())


async def test_no_keys_are_no_outcomes() -> None:
    assert await outcomes_of([]) == []
    async with scripted(Server()) as partnero:
        assert len(await partnero.customers.get_many([])) == 0


async def test_a_stream_runs_once() -> None:
    async with scripted(Server()) as partnero:
        stream = partnero.customers.stream(["a"])
        async with stream:
            pass
        with pytest.raises(UsageError):
            async with stream:
                pass


async def test_progress_is_told_after_each_key() -> None:
    told = list[Progress]()
    async with scripted(Server(), retries=0) as partnero:
        keys = ["a", "a", "missing_1", "broken_1"]
        await partnero.customers.get_many(keys, on_progress=told.append)
        await partnero.customers.get_many(iter(keys), on_progress=told.append)
    assert [p.done for p in told] == [1, 2, 3, 1, 2, 3]
    assert told[2] == Progress(
        done=3, found=1, missing=1, failed=1, total=3, seconds=told[2].seconds, per_second=None
    )
    assert told[5].total is None
    assert told[5].seconds_left is None


async def test_progress_tells_the_limit_and_when_a_run_ends() -> None:
    told = list[Progress]()
    server = Limited(Fixed(20, 1), "all")
    async with scripted(server) as partnero:
        keys = [f"key_{number}" for number in range(400)]
        async with partnero.customers.stream(keys, on_progress=told.append) as outcomes:
            async for _ in outcomes:
                pass
    half, ended = told[199], told[-1]
    assert half.seconds_left is not None
    assert half.seconds + half.seconds_left == pytest.approx(ended.seconds, rel=0.1)
    assert str(half) == "200 of 400, 0 missing, 0 failed, rate limited to about 20 a second, about 10 s left"
    assert (ended.seconds_left, ended.left) == (0, "about 0 s left")


async def test_a_bulk_run_tells_how_far_it_is() -> None:
    told = list[Progress]()
    async with scripted(Server()) as partnero:
        async with partnero.bulk(partnero.customers.get, ["a", "b"], on_progress=told.append) as outcomes:
            async for _ in outcomes:
                pass
    assert [(p.done, p.total) for p in told] == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (18_720, "5 h 12 min")]
)
def test_the_time_left_is_told_in_two_units(seconds: float, words: str) -> None:
    half_done = Progress(done=1, found=1, missing=0, failed=0, total=2, seconds=seconds, per_second=None)
    assert half_done.left == f"about {words} left"


async def test_a_stream_tells_of_each_outcome_as_it_is_taken() -> None:
    told = list[Progress]()
    async with scripted(Server(), retries=0) as partnero:
        keys = ["a", "missing_1", "broken_1", "a"]
        async with partnero.customers.stream(keys, ordered=True, on_progress=told.append) as stream:
            await anyio.sleep(100)
            assert told == []
            async for _ in stream:
                pass
    assert [(p.done, p.found, p.missing, p.failed, p.total) for p in told] == [
        (1, 1, 0, 0, 4),
        (2, 1, 1, 0, 4),
        (3, 1, 1, 1, 4),
        (4, 2, 1, 1, 4),
    ]


async def test_on_progress_that_cannot_be_called_is_refused() -> None:
    async with scripted(Server()) as partnero:
        with pytest.raises(TypeError, match="on_progress"):
            partnero.customers.stream(["a"], on_progress=5)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="on_progress"):
            await partnero.customers.get_many(["a"], on_progress=5)  # type: ignore[arg-type]


async def test_without_a_block_a_stream_says_what_is_missing() -> None:
    async with scripted(Server()) as partnero:
        for stream in (partnero.customers.stream(["a"]), partnero.bulk(partnero.customers.get, ["a"])):
            with pytest.raises(TypeError, match="async with"):
                async for _ in stream:
                    pass


async def test_raise_for_failures_groups_the_errors_and_names_their_keys() -> None:
    async with scripted(Server(), retries=0) as partnero:
        batch = await partnero.customers.get_many(["a", "broken_1", "broken_2"])
    with pytest.raises(ExceptionGroup) as caught:
        batch.raise_for_failures()
    assert [e.__notes__ for e in caught.value.exceptions] == [["for 'broken_1'"], ["for 'broken_2'"]]


async def test_raise_for_failures_is_silent_when_nothing_failed() -> None:
    async with scripted(Server()) as partnero:
        (await partnero.customers.get_many(["a", "missing_1"])).raise_for_failures()


async def test_bulk_makes_any_call_over_many_items() -> None:
    async with scripted(Server(), retries=0) as partnero:
        keys = ["a", "missing_1", "broken_1", "a"]
        async with partnero.bulk(partnero.customers.delete, keys, ordered=True) as stream:
            outcomes = [o async for o in stream]
    assert outcomes[0] == outcomes[3] == Done("a", None)
    assert [(type(o), o.item) for o in outcomes[1:3]] == [(Failed, "missing_1"), (Failed, "broken_1")]


async def test_a_404_of_a_bulk_run_is_a_failure_that_says_what_partnero_said() -> None:
    async with scripted(Server(), retries=0) as partnero:
        async with partnero.bulk(partnero.customers.delete, ["missing_1"]) as stream:
            (failed,) = [o async for o in stream]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, NotFoundError)
    assert "404" in str(failed.error)


async def test_bulk_calls_again_for_an_item_that_comes_again() -> None:
    server = Server()
    async with scripted(server) as partnero, partnero.bulk(partnero.customers.delete, ["a"] * 5) as stream:
        assert len([o async for o in stream]) == 5
    assert server.asked["a"] == 5


async def test_a_mistake_in_the_call_of_a_bulk_run_ends_it_plainly() -> None:
    async def call(item: int) -> None:
        raise ZeroDivisionError

    async with scripted(Server()) as partnero:
        with pytest.raises(ZeroDivisionError):
            async with partnero.bulk(call, [1, 2, 3]) as stream:
                async for _ in stream:
                    pass


async def test_items_of_a_bulk_run_need_not_be_hashable() -> None:
    async def call(item: list[int]) -> int:
        return sum(item)

    async with scripted(Server()) as partnero, partnero.bulk(call, [[1, 2], [3]], ordered=True) as stream:
        assert [o async for o in stream] == [Done([1, 2], 3), Done([3], 3)]


async def test_a_rate_limit_slows_a_run_and_fails_no_key() -> None:
    window = list[float]()

    async def limited(request: httpx.Request) -> httpx.Response:
        now = anyio.current_time()
        window[:] = [sent for sent in window if now - sent < 60]
        if len(window) >= 60:
            return httpx.Response(429, headers={"Retry-After": str(int(window[0] + 61 - now))})
        window.append(now)
        await anyio.sleep(0.1)
        return httpx.Response(200, json=customer_json(key_of(request)))

    async with scripted(limited, retries=0, deadline=5) as partnero:
        began = anyio.current_time()
        batch = await partnero.customers.get_many([f"key_{n}" for n in range(300)])
    assert len(batch.found) == 300
    assert 240 <= anyio.current_time() - began < 300


async def test_429s_that_name_no_time_fail_no_key_either() -> None:
    refusals = iter([True] * 30)

    async def limited(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(0.1)
        if next(refusals, False):
            return httpx.Response(429)
        return httpx.Response(200, json=customer_json(key_of(request)))

    async with scripted(limited, retries=0, deadline=5) as partnero:
        batch = await partnero.customers.get_many([f"key_{n}" for n in range(100)])
    assert len(batch.found) == 100


async def test_the_clock_of_a_key_stands_still_while_it_waits_for_its_turn() -> None:
    async with scripted(Server(), max_concurrency=1, deadline=1.5) as partnero:
        async with anyio.create_task_group() as group:
            batches = list[Batch[str, Any]]()

            async def fetch(prefix: str) -> None:
                batches.append(await partnero.customers.get_many([f"{prefix}_{n}" for n in range(5)]))

            for prefix in "abc":
                group.start_soon(fetch, prefix)
    assert [len(batch.found) for batch in batches] == [5, 5, 5]


async def test_a_call_that_meets_the_cancellation_of_another_ends_the_run_aloud() -> None:
    async def call(item: int) -> int:
        if item == 3:
            raise anyio.get_cancelled_exc_class()
        return item

    if sniffio.current_async_library() == "trio":
        return  # on trio nobody can meet a cancellation that is not their own
    async with scripted(Server()) as partnero:
        with pytest.raises(UsageError, match="cancelled from within"):
            async with partnero.bulk(call, range(300)) as stream:
                async for _ in stream:
                    pass


async def test_what_is_no_exception_leaves_a_run_plainly() -> None:
    class Shutdown(BaseException):
        pass

    async def call(item: int) -> int:
        await anyio.sleep(0.1)
        if item == 3:
            raise Shutdown
        return item

    async with scripted(Server()) as partnero:
        with pytest.raises(Shutdown):
            async with partnero.bulk(call, range(300)) as stream:
                async for _ in stream:
                    await anyio.sleep(1)


async def test_several_consumers_share_the_outcomes_of_a_run() -> None:
    seen = list[str]()

    async def consume(stream: AsyncIterator[Outcome[str, Any]]) -> None:
        async for outcome in stream:
            seen.append(outcome.key)

    async with scripted(Server()) as partnero:
        async with partnero.customers.stream([f"key_{n}" for n in range(30)], concurrency=4) as stream:
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(consume, stream)
    assert len(seen) == 30


async def test_a_server_that_asks_for_no_wait_is_not_asked_without_end() -> None:
    asked = 0

    async def refuse(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(429, headers={"Retry-After": "0"})

    async with scripted(refuse) as partnero:
        with pytest.raises(DeadlineError):
            await partnero.customers.get_many(["a"], deadline=100)
    assert asked < 10


async def test_keys_that_come_from_a_list_of_partneros_outlast_a_pause() -> None:
    refused = iter([True])

    async def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/customers"):
            if next(refused, False):
                return httpx.Response(429, headers={"Retry-After": "60"})
            return httpx.Response(200, json={"data": [{"key": "a"}, {"key": "b"}]})
        return httpx.Response(200, json=customer_json(key_of(request)))

    async with scripted(serve, deadline=5) as partnero:

        async def keys() -> AsyncIterator[str]:
            async for customer in partnero.customers.list():
                yield customer.key

        assert len((await partnero.customers.get_many(keys())).found) == 2


async def test_refused_keys_do_not_hide_that_the_server_is_gone() -> None:
    keys = [f"down_{n}" if n % 2 else "" for n in range(300)]
    with pytest.raises(ConnectError):
        await outcomes_of(keys, stop_after=10)


async def test_the_client_closed_during_a_run_ends_it() -> None:
    partnero = scripted(Server(), max_concurrency=2)
    with pytest.raises(UsageError):
        async with partnero.customers.stream([f"key_{n}" for n in range(10)]) as stream:
            async for _ in stream:
                await partnero.aclose()
