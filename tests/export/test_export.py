"""One export: what it writes, what can be watched, and how it ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import (
    ArgumentError,
    AuthenticationError,
    ConnectError,
    DeadlineError,
    Options,
    PermissionDeniedError,
    RateLimit,
    Ref,
    UsageError,
)
from partnero_async.bulk import Progress
from partnero_async.export import Export, export
from partnero_async.sandbox import Sandbox

from ..servers import customer_json, key_of, partnero_of, scripted
from .files import Server, found_in, lines_of, rest_in, rest_of

pytestmark = pytest.mark.anyio

KEYS = [f"key_{n:03d}" for n in range(100)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


async def exported(server: Server, keys: Any, path: Path, **arguments: Any) -> Export:
    async with scripted(server, retries=0) as partnero:
        async with export(partnero.customers.get, keys, path, **arguments) as progress:
            pass
    return progress


async def test_each_key_that_is_found_has_a_line_with_its_record(path: Path) -> None:
    progress = await exported(Server(), ["a", "b"], path)
    assert found_in(path) == ["a", "b"]
    assert list(lines_of(path)[0]) == ["key", "record"]
    assert lines_of(path)[0]["record"]["key"] in "ab"
    assert not rest_of(path).exists()
    assert (progress.done, progress.found, progress.total, progress.skipped) == (2, 2, 2, 0)


async def test_what_is_missing_or_failed_is_told_in_the_file_beside_it(path: Path) -> None:
    progress = await exported(Server(), ["a", "missing_1", "broken_1", "firewall_1", ""], path)
    assert found_in(path) == ["a"]
    assert rest_in(path) == {
        "missing_1": "missing",
        "broken_1": "failed",
        "firewall_1": "failed",
        "": "failed",
    }
    (broken,) = [line for line in lines_of(rest_of(path)) if line["key"] == "broken_1"]
    assert broken["error"]["type"] == "ServerError"
    assert broken["error"]["status"] == 500
    assert "answered 500" in broken["error"]["message"]
    assert (progress.found, progress.missing, progress.failed) == (1, 1, 3)


async def test_each_distinct_key_is_asked_for_once(path: Path) -> None:
    server = Server()
    await exported(server, ["a", "b", "a"] * 30, path)
    assert server.asked == {"a": 1, "b": 1}
    assert found_in(path) == ["a", "b"]


async def test_keys_may_come_from_a_generator(path: Path) -> None:
    progress = await exported(Server(), (key for key in [*KEYS, *KEYS]), path)
    assert found_in(path) == KEYS
    assert (progress.total, progress.done) == (None, 100)


async def test_keys_may_come_from_an_async_generator_which_is_closed(path: Path) -> None:
    closed = False

    async def keys() -> AsyncIterator[str]:
        nonlocal closed
        try:
            with anyio.fail_after(1000):  # a scope that must be left in the task that entered it
                for key in [*KEYS, *KEYS, "forbidden", *map("more_{}".format, range(1000))]:
                    yield key
        finally:
            closed = True

    with pytest.raises(AuthenticationError):
        await exported(Server(), keys(), path)
    assert found_in(path)[:100] == KEYS
    assert closed


async def test_keys_may_be_whole_numbers_and_are_not_their_text(path: Path) -> None:
    async def call(key: str | int) -> str:
        return type(key).__name__

    keys: list[Any] = [1, "1"]
    async with export(call, keys, path):
        pass
    assert {line["key"]: line["record"] for line in lines_of(path)} == {1: "int", "1": "str"}
    async with export(call, keys, path) as progress:
        pass
    assert progress.skipped == 2


@pytest.mark.parametrize("keys", [[True], [1.5], [None], [["a"]]])
@pytest.mark.parametrize("make", [list, iter])
async def test_another_key_is_a_type_error(path: Path, keys: Any, make: Any) -> None:
    async def call(key: Any) -> None: ...

    with pytest.raises(TypeError, match="a key must be"):
        async with export(call, make(keys), path):
            pass
    assert not path.exists()


@pytest.mark.parametrize("keys", ["customer_1", b"a", 5, None])
def test_what_is_not_several_keys_is_refused_at_once(path: Path, keys: Any) -> None:
    with pytest.raises(TypeError):
        export(nothing, keys, path)


async def nothing(key: str) -> None: ...


@pytest.mark.parametrize(
    "arguments",
    [
        {"concurrency": 0},
        {"stop_after": 0},
        {"deadline": 0},
        {"most": 0},
        {"retry_failed": True, "resume": False},
    ],
)
def test_arguments_are_checked_at_once(path: Path, arguments: Any) -> None:
    with pytest.raises(ArgumentError):
        export(nothing, ["a"], path, **arguments)
    with pytest.raises(TypeError):
        export(nothing, ["a"], path, on_progress="no")  # type: ignore[arg-type]


async def test_the_concurrency_is_bounded_by_the_client_of_the_call(path: Path) -> None:
    async with scripted(Server(), max_concurrency=5) as partnero:
        for call in (partnero.customers.get, partial(partnero.customers.get, options=Options(retries=0))):
            with pytest.raises(ArgumentError, match="max_concurrency"):
                export(call, ["a"], path, concurrency=6)


async def test_a_function_of_ones_own_is_called_twenty_at_a_time(path: Path) -> None:
    under_way = most = 0

    async def call(key: str) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await anyio.sleep(1)
        under_way -= 1

    async with export(call, KEYS, path):
        pass
    assert most == 20


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, b'{"key": "k", "record": null}\n'),
        ({"a": [1, 2.5, True]}, b'{"key": "k", "record": {"a": [1, 2.5, true]}}\n'),
        ((1, "é\u2028"), '{"key": "k", "record": [1, "é\u2028"]}\n'.encode()),
        ("half \ud800", b'{"key": "k", "record": "half \\ud800"}\n'),
    ],
)
async def test_values_are_written_as_json(path: Path, value: Any, line: bytes) -> None:
    async def call(key: str) -> Any:
        return value

    async with export(call, ["k"], path):
        pass
    assert path.read_bytes() == line
    async with export(call, ["k"], path) as progress:
        pass
    assert progress.skipped == 1


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), object()])
async def test_a_value_that_json_does_not_know_ends_the_run(path: Path, value: Any) -> None:
    async def odd(key: str) -> Any:
        return value

    with pytest.raises(TypeError, match=r"odd returned for a str key what cannot be written as JSON"):
        async with export(odd, KEYS, path):
            pass
    assert not path.exists()


async def test_a_call_that_lists_gives_the_whole_list(path: Path, sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        key = "customer_000001"
        for _ in range(12):
            await partnero.transactions.create(amount=1, customer=Ref(key=key))
        sales = [sale async for sale in partnero.customers.transactions(key)]
        async with export(partnero.customers.transactions, [key], path):
            pass
        (line,) = lines_of(path)
        assert line["record"] == [sale.to_dict() for sale in sales]
        assert len(sales) > 11  # more than there are on the first page
        async with export(partnero.customers.transactions, [key], path.with_name("2"), most=3):
            pass
        assert rest_in(path.with_name("2")) == {key: "failed"}


async def test_lines_are_on_disk_as_soon_as_their_call_is_done(path: Path) -> None:
    async with scripted(Server()) as partnero:
        async with export(partnero.customers.get, KEYS, path, concurrency=10) as progress:
            await anyio.sleep(2.5)
            assert len(found_in(path)) == progress.done == progress.found == 20
            assert progress.seconds == pytest.approx(2.5)
            assert progress.seconds_left == pytest.approx(10)
            assert str(progress) == "20 of 100, 0 missing, 0 failed, about 10 s left"
    assert found_in(path) == KEYS


async def test_iterating_gives_a_progress_for_each_key(path: Path) -> None:
    told = list[Progress]()
    async with scripted(Server()) as partnero:
        async with export(partnero.customers.get, KEYS, path, on_progress=told.append) as progress:
            seen = [step async for step in progress]
    assert [step.done for step in seen] == list(range(1, 101))
    assert seen == told


async def test_a_consumer_that_takes_its_time_holds_nobody_up(path: Path) -> None:
    async with scripted(Server()) as partnero:
        async with export(partnero.customers.get, KEYS, path) as progress:
            assert (await anext(progress)).done == 1
            await anyio.sleep(1000)
            assert progress.done == 100
            assert progress.seconds == pytest.approx(5)
            assert len([step async for step in progress]) == 99


async def test_leaving_the_loop_early_waits_for_all(path: Path) -> None:
    async with scripted(Server()) as partnero:
        async with export(partnero.customers.get, KEYS, path) as progress:
            async for _ in progress:
                break
    assert found_in(path) == KEYS


async def test_leaving_by_an_exception_cancels_what_is_under_way(path: Path) -> None:
    server = Server()
    async with scripted(server) as partnero:
        with pytest.raises(ZeroDivisionError):
            async with export(partnero.customers.get, KEYS, path, concurrency=10) as progress:
                await anyio.sleep(1.5)
                raise ZeroDivisionError
        assert server.in_flight == 0
        assert len(found_in(path)) == 10
        assert not rest_of(path).exists()
        with pytest.raises(UsageError, match="left before its end"):
            _ = [step async for step in progress]


async def test_a_cancelled_consumer_leaves_nothing_running_and_keeps_what_there_is(path: Path) -> None:
    server = Server()
    async with scripted(server) as partnero:
        with anyio.move_on_after(2.5) as scope:
            async with export(partnero.customers.get, KEYS, path, concurrency=10):
                pass
        assert scope.cancelled_caught
        assert server.in_flight == 0
    assert len(found_in(path)) == 20
    assert not rest_of(path).exists()


async def test_a_401_ends_the_run_and_is_nobodys_failure(path: Path) -> None:
    keys = [*KEYS[:10], "forbidden", *KEYS[10:]]
    with pytest.raises(AuthenticationError):
        await exported(Server(), keys, path, concurrency=5)
    assert KEYS[:10] == found_in(path)[:10]
    assert len(found_in(path)) < 20
    assert rest_in(path) == {}


async def test_a_401_from_the_start_leaves_no_file(path: Path) -> None:
    with pytest.raises(AuthenticationError):
        await exported(Server(), ["forbidden_1"], path)
    assert not path.exists()


async def test_a_403_of_partnero_ends_the_run_too(path: Path) -> None:
    with pytest.raises(PermissionDeniedError):
        await exported(Server(), ["denied_1", *KEYS], path)
    assert rest_in(path) == {}


async def test_who_iterates_is_told_of_the_end_too(path: Path) -> None:
    async with scripted(Server()) as partnero:
        with pytest.raises(AuthenticationError):
            async with export(partnero.customers.get, ["a", "forbidden"], path) as progress:
                with pytest.raises(AuthenticationError):
                    async for step in progress:
                        assert step.done == 1


async def test_the_deadline_of_the_run_cuts_off_and_records_no_failure(path: Path) -> None:
    with pytest.raises(DeadlineError):
        await exported(Server(), KEYS, path, concurrency=10, deadline=2.5)
    assert len(found_in(path)) == 20
    assert rest_in(path) == {}


async def test_closing_the_client_records_no_failure(path: Path) -> None:
    async with scripted(Server()) as partnero:
        with pytest.raises(UsageError):
            async with export(partnero.customers.get, KEYS, path, concurrency=10):
                await anyio.sleep(1.5)
                await partnero.aclose()
    assert len(found_in(path)) == 10
    assert rest_in(path) == {}


async def test_stop_after_records_what_was_asked_and_no_more(path: Path) -> None:
    with pytest.raises(ConnectError, match="failures in a row"):
        await exported(Server(), map("down_{}".format, range(100)), path, concurrency=2, stop_after=4)
    assert set(rest_in(path).values()) == {"failed"}
    assert 4 <= len(rest_in(path)) <= 6


async def test_an_error_of_on_progress_ends_the_run(path: Path) -> None:
    def show(progress: Progress) -> None:
        if progress.done == 30:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await exported(Server(), KEYS, path, on_progress=show)
    assert 30 <= len(found_in(path)) < 100


async def test_an_error_of_the_keys_ends_the_run_after_what_is_under_way(path: Path) -> None:
    def keys() -> Iterator[str]:
        yield from ["a", "b"]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await exported(Server(), keys(), path)
    assert found_in(path) == ["a", "b"]


@pytest.mark.parametrize("begun", [False, True])
async def test_tasks_that_somebody_else_cancels_end_the_run_aloud(path: Path, begun: bool) -> None:
    async with scripted(Server()) as partnero:
        with pytest.raises(UsageError, match="tasks of the export were cancelled"):
            async with export(partnero.customers.get, KEYS, path, concurrency=10) as progress:
                if begun:
                    await anyio.sleep(1.5)
                crew = progress._crew
                if crew._task is None:
                    pytest.skip("on trio nobody can")
                crew._task.cancel()
    assert (len(found_in(path)) if begun else path.exists()) == (10 if begun else False)
    assert progress.done == (10 if begun else 0)


async def test_an_export_runs_once_and_only_in_its_block(path: Path) -> None:
    once = export(nothing, ["a"], path)
    with pytest.raises(UsageError, match="async with"):
        await anext(once)
    with pytest.raises(UsageError, match="async with"):
        str(once)
    async with once:
        pass
    with pytest.raises(UsageError, match="runs once"):
        async with once:
            pass


async def test_a_progress_knows_the_rate_limit(path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=customer_json(key_of(request)))

    async with scripted(answer, rate_limit=RateLimit(10, per_seconds=1)) as partnero:
        async with export(partnero.customers.get, KEYS, path) as progress:
            pass
    assert progress.per_second == pytest.approx(10)
    assert progress.seconds > 8


async def test_records_round_trip(path: Path, sandbox: Sandbox) -> None:
    async with partnero_of(sandbox) as partnero:
        async with export(partnero.customers.get, ["customer_000001"], path):
            pass
        customer = await partnero.customers.get("customer_000001")
    assert json.loads(path.read_bytes()) == {"key": "customer_000001", "record": customer.to_dict()}
