"""However a run ends: an outcome for every item that was pulled, and an error that says what is known."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import anyio
import httpx
import pytest
import sniffio

from partnero_async import (
    AsyncPartnero,
    AuthenticationError,
    ConnectionLostError,
    DeadlineError,
    Done,
    Failed,
    PartneroError,
    PermissionDeniedError,
    RateLimitError,
    Ref,
    ServerError,
    UsageError,
)
from partnero_async.bulk import Batch

from ..servers import customer_json, key_of, scripted

pytestmark = pytest.mark.anyio

REFUSED = {"message": "No."}


async def serve(request: httpx.Request) -> httpx.Response:
    """Answers after a second, by the first word of the key."""
    key = key_of(request)
    await anyio.sleep(1)
    match key.split("_")[0]:
        case "unauthorized":
            return httpx.Response(401)
        case "forbidden":
            return httpx.Response(403, json=REFUSED)
        case "broken":
            return httpx.Response(500)
        case "down":
            raise httpx.ConnectError("refused") from ConnectionRefusedError("refused")
        case "never":
            await anyio.sleep_forever()
    return httpx.Response(200, json=customer_json(key))


class Mistake(Exception):
    """What a user's own code raises."""


class Pulled:
    """Items, and which of them were taken."""

    def __init__(self, items: list[str], error: Exception | None = None) -> None:
        self._items = items
        self._error = error
        self.items = list[str]()

    def one_by_one(self) -> Iterator[str]:
        for item in self._items:
            self.items.append(item)
            yield item
        if self._error is not None:
            raise self._error

    async def generate(self) -> AsyncIterator[str]:
        for item in self.one_by_one():
            yield item

    def iterate(self) -> AsyncIterator[str]:
        return _Asynchronous(self.one_by_one())


class _Asynchronous(AsyncIterator[str]):
    def __init__(self, items: Iterator[str]) -> None:
        self._items = items

    async def __anext__(self) -> str:
        await anyio.lowlevel.checkpoint()
        for item in self._items:
            return item
        raise StopAsyncIteration


async def until_it_ends(stream: Any, seconds: float = 0.0) -> tuple[list[Any], Exception | None]:
    """The outcomes that a consumer takes, who is so slow, and what it is told at the end."""
    outcomes = list[Any]()
    try:
        async with stream as entered:
            async for outcome in entered:
                outcomes.append(outcome)
                await anyio.sleep(seconds)
    except Exception as error:
        return outcomes, error
    return outcomes, None


class Ending(NamedTuple):
    """What ends a run, and the error that its consumer is told."""

    troubles: list[str]
    error: type[Exception]
    settings: Mapping[str, Any] = MappingProxyType({})
    closes: bool = False


ENDINGS = {
    "deadline": Ending([], DeadlineError, {"deadline": 2.5}),
    "deadline at once": Ending(["never"] * 5, DeadlineError, {"deadline": 0.5}),
    "401": Ending(["unauthorized"], AuthenticationError),
    "403": Ending(["forbidden"], PermissionDeniedError),
    "401 before a call without end": Ending(["never", "unauthorized"], AuthenticationError, {"deadline": 5}),
    "stop_after the network": Ending(["down"] * 20, ConnectionLostError, {"stop_after": 3}),
    "stop_after 5xx": Ending(["broken"] * 20, ServerError, {"stop_after": 3}),
    "aclose": Ending([], UsageError, closes=True),
    "mistake in the call": Ending(["mistake"], Mistake),
    "StopAsyncIteration": Ending(["stop"], RuntimeError),
    "cancelled from within": Ending(["cancelled"], UsageError),
    "cancels itself": Ending(["suicide"], UsageError),
}


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("kind", ["one_by_one", "generate", "iterate"])
@pytest.mark.parametrize("how", ENDINGS)
async def test_every_item_that_was_pulled_has_an_outcome(how: str, kind: str, ordered: bool) -> None:
    ending = ENDINGS[how]
    if how.startswith("cancel") and sniffio.current_async_library() == "trio":
        return  # there nobody can meet a cancellation that is not their own
    pulled = Pulled([f"a_{n}" for n in range(7)] + ending.troubles + [f"b_{n}" for n in range(100)])

    async with scripted(serve, retries=0) as partnero, anyio.create_task_group() as others:

        async def call(item: str) -> str:
            match item:
                case "mistake":
                    await anyio.sleep(1)
                    raise Mistake
                case "stop":
                    await anyio.sleep(1)
                    raise StopAsyncIteration
                case "cancelled":
                    await anyio.sleep(1)
                    raise anyio.get_cancelled_exc_class()
                case "suicide":
                    cancel_this_task()
            return (await partnero.customers.get(item)).key

        async def close() -> None:
            await anyio.sleep(2.5)
            await partnero.aclose()

        if ending.closes:
            others.start_soon(close)
        items = getattr(pulled, kind)()
        run = partnero.bulk(call, items, concurrency=5, ordered=ordered, **ending.settings)
        outcomes, error = await until_it_ends(run)
    assert type(error) is ending.error
    assert len(pulled.items) < 100
    named = [outcome.item for outcome in outcomes]
    assert named == pulled.items if ordered else sorted(named) == sorted(pulled.items)


def cancel_this_task() -> None:
    import asyncio

    task = asyncio.current_task()
    assert task is not None
    task.cancel()


@pytest.mark.parametrize("kind", ["one_by_one", "generate", "iterate"])
async def test_items_that_end_in_an_error_leave_an_outcome_for_each_before_it(kind: str) -> None:
    pulled = Pulled([f"a_{n}" for n in range(17)], Mistake())
    async with scripted(serve) as partnero:
        keys = getattr(pulled, kind)()
        outcomes, error = await until_it_ends(partnero.customers.stream(keys, concurrency=5))
    assert type(error) is Mistake
    assert sorted(outcome.key for outcome in outcomes) == sorted(pulled.items)


@pytest.mark.parametrize("settings", [{"deadline": 0.5}, {"deadline": 1.5}, {}])
async def test_repeats_that_share_a_call_have_an_outcome_each_when_it_is_cut_off(settings: Any) -> None:
    pulled = Pulled(["a", "never", "never", "a", "never", "unauthorized", *["later"] * 50])
    async with scripted(serve, deadline=3) as partnero:
        keys = pulled.one_by_one()
        outcomes, _ = await until_it_ends(partnero.customers.stream(keys, concurrency=6, **settings))
    assert sorted(outcome.key for outcome in outcomes) == sorted(pulled.items)


@pytest.mark.parametrize("seconds", [0, 10])
async def test_what_was_cut_off_says_why_and_what_was_not_asked_says_that(seconds: float) -> None:
    pulled = Pulled([f"never_{n}" for n in range(50)])
    async with scripted(serve) as partnero:
        run = partnero.customers.stream(pulled.generate(), concurrency=3, deadline=2)
        outcomes, _ = await until_it_ends(run, seconds)
    told = [str(outcome.error) for outcome in outcomes]
    why = "because the run ended: the run took longer than its deadline of 2 s"
    assert sorted(told) == [f"cut off, {why}"] * 3 + [f"not asked, {why}"] * 3
    assert {type(outcome.error) for outcome in outcomes} == {DeadlineError}


# In doubt.


async def sell(request: httpx.Request) -> httpx.Response:
    """Answers a sale by the first word of its key."""
    key = json.loads(request.content)["key"]
    match key.split("_")[0]:
        case "limited":
            await anyio.sleep(0.5)
            return httpx.Response(429, headers={"Retry-After": "600"})
        case "refused":
            await anyio.sleep(1)
            return httpx.Response(422, json=REFUSED)
        case "broken":
            await anyio.sleep(1)
            return httpx.Response(500)
        case "unauthorized":
            await anyio.sleep(1)
            return httpx.Response(401)
        case "written":
            await anyio.sleep_forever()
    return httpx.Response(200, json={"data": {"key": key, "amount": 1}})


def selling(partnero: AsyncPartnero) -> Callable[[str], Any]:
    def call(key: str) -> Any:
        return partnero.transactions.create(key=key, amount=Decimal(1), customer=Ref(key="c"))

    return call


async def doubts(keys: list[str], **settings: Any) -> tuple[dict[str, bool | None], bool]:
    """Which sales are in doubt, None for those that are done, and whether the error of the run says so."""
    async with scripted(sell, timeout=None, deadline=None, max_concurrency=len(keys)) as partnero:
        outcomes, error = await until_it_ends(partnero.bulk(selling(partnero), keys, **settings))
    assert isinstance(error, PartneroError)
    return {o.item: None if isinstance(o, Done) else o.error.in_doubt for o in outcomes}, error.in_doubt


async def test_a_sale_that_is_cut_off_is_in_doubt_if_it_was_written() -> None:
    found, of_run = await doubts(
        ["written_1", "refused", "written_2", "limited", "done", "waiting_1", "waiting_2"],
        concurrency=4,
        deadline=5,
    )
    # `done` is answered before the first of the others: no worker is free for it until then.
    assert found == {
        "written_1": True,
        "written_2": True,
        "refused": False,
        "limited": False,
        "done": False,
    }
    assert of_run


async def test_a_run_that_is_cut_off_before_anything_was_written_is_not_in_doubt() -> None:
    found, of_run = await doubts(["limited", "waiting_1", "waiting_2"], concurrency=1, deadline=5)
    assert found == {"limited": False}
    assert not of_run


async def test_a_run_that_ends_by_401_and_then_by_its_deadline_says_that_it_left_a_sale_in_doubt() -> None:
    found, of_run = await doubts(["written", "unauthorized", "waiting"], concurrency=2, deadline=5)
    assert found == {"written": True, "unauthorized": False}
    assert of_run


async def test_of_sales_whose_client_is_closed_those_that_were_written_are_in_doubt() -> None:
    async with scripted(sell, timeout=None, deadline=None) as partnero, anyio.create_task_group() as others:

        async def close() -> None:
            await anyio.sleep(5)
            await partnero.aclose()

        others.start_soon(close)
        keys = ["limited", "written", *["waiting"] * 20]
        outcomes, error = await until_it_ends(partnero.bulk(selling(partnero), keys, concurrency=2))
    assert isinstance(error, UsageError)
    assert {o.item: o.error.in_doubt for o in outcomes} == {"limited": False, "written": True}


@pytest.mark.parametrize(
    ("sells", "ends", "in_doubt"),
    [
        (True, "mistake", True),
        (False, "mistake", False),
        (True, "deadline", True),
        (False, "deadline", False),
        (True, "nested", True),
    ],
)
async def test_an_item_whose_call_does_more_than_to_sell_is_in_doubt_once_it_has_sold(
    sells: bool, ends: str, in_doubt: bool
) -> None:
    async with scripted(sell) as partnero:

        async def call(item: str) -> None:
            if ends == "nested":
                async with partnero.bulk(selling(partnero), [item]) as inner:
                    await anext(inner)
                await anyio.sleep_forever()
            if sells:
                await selling(partnero)(item)
            if ends == "mistake":
                raise Mistake
            await anyio.sleep_forever()

        outcomes, error = await until_it_ends(partnero.bulk(call, ["a"], deadline=5))
    assert error is not None
    assert [outcome.error.in_doubt for outcome in outcomes] == [in_doubt]


# No silent end.


class Iterable_:
    """Says that it has no more, where nobody may say so."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def __iter__(self) -> Iterator[str]:
        raise self._error


class AsyncIterable_(Iterable_):
    __iter__ = None  # type: ignore[assignment]

    def __aiter__(self) -> AsyncIterator[str]:
        raise self._error


class Next(Iterable_, Iterator[str]):
    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raise self._error


class AsyncNext(AsyncIterator[str]):
    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def __anext__(self) -> Any:
        raise self._error


@pytest.mark.parametrize(
    "items",
    [
        Iterable_(StopIteration),
        Iterable_(StopAsyncIteration),
        AsyncIterable_(StopIteration),
        AsyncIterable_(StopAsyncIteration),
        Next(StopAsyncIteration),
        AsyncNext(StopIteration),
    ],
    ids=lambda items: f"{type(items).__name__} {items._error.__name__}",
)
async def test_items_that_do_not_say_properly_that_they_end_end_the_run_aloud(items: Any) -> None:
    async with scripted(serve) as partnero:
        outcomes, error = await until_it_ends(partnero.customers.stream(items))
    assert outcomes == []
    assert type(error) is RuntimeError


@pytest.mark.parametrize("error", [StopIteration, StopAsyncIteration])
async def test_a_call_without_a_value_ends_the_run_aloud(error: type[Exception]) -> None:
    def call(item: int) -> Any:
        raise error

    async with scripted(serve) as partnero:
        outcomes, told = await until_it_ends(partnero.bulk(call, [1, 2, 3], concurrency=1))
    assert [outcome.item for outcome in outcomes] == [1]
    assert type(told) is RuntimeError


# get_many.


@pytest.mark.parametrize("wrong", [7, None, ["unhashable"]])
@pytest.mark.parametrize("how", [list, iter])
async def test_a_key_of_another_type_ends_get_many_with_what_it_has(how: Any, wrong: Any) -> None:
    async with scripted(serve) as partnero:
        with pytest.raises(TypeError) as caught:
            await partnero.customers.get_many(how([*"abcd", wrong]), concurrency=2)
    partial: Batch[Any, Any] = caught.value.partial  # type: ignore[attr-defined]
    assert sorted(partial.found) == ([] if how is list and wrong == ["unhashable"] else [*"abcd"])


async def test_get_many_that_is_cut_off_has_every_key_it_asked_for_in_its_partial() -> None:
    keys = [*"ab", *(f"never_{n}" for n in range(20))]
    async with scripted(serve) as partnero:
        with pytest.raises(DeadlineError) as caught:
            await partnero.customers.get_many(keys, concurrency=3, deadline=5)
    partial = caught.value.partial
    assert partial is not None
    assert (list(partial.found), list(partial.failed)) == (["a", "b"], ["never_0", "never_1", "never_2"])


# Errors that are kept.


def chain(error: BaseException | None) -> list[BaseException]:
    links = list[BaseException]()
    while error is not None and error not in links:
        links.append(error)
        error = error.__cause__
    return links


async def test_errors_of_outcomes_keep_no_frames() -> None:
    keys = ["down", "broken", "", "never", "a", "never"]
    async with scripted(serve, retries=0) as partnero:
        run = partnero.customers.stream(keys, concurrency=3, deadline=5)
        outcomes, _ = await until_it_ends(run)
    links = [link for o in outcomes if isinstance(o, Failed) for link in chain(o.error)]
    assert len(links) >= 6  # that of `down` has a cause
    assert [(link.__traceback__, link.__context__) for link in links] == [(None, None)] * len(links)


async def test_an_error_that_is_its_own_cause_ends_no_program() -> None:
    async def call(item: int) -> None:
        error = UsageError("round")
        error.__cause__ = ValueError()
        error.__cause__.__cause__ = error
        raise error

    async with scripted(serve) as partnero:
        outcomes, _ = await until_it_ends(partnero.bulk(call, [1]))
    assert [link.__traceback__ for link in chain(outcomes[0].error)[1:]] == [None]


async def test_the_error_of_a_run_that_stopped_keeps_its_cause_but_not_the_notes_of_an_outcome() -> None:
    async with scripted(serve, retries=0) as partnero:
        run = partnero.customers.stream(["down"], stop_after=1)
        outcomes, error = await until_it_ends(run)
    outcomes[0].error.add_note("for 'down'")
    assert error is not None
    assert type(error.__cause__) is ConnectionRefusedError
    assert not hasattr(error, "__notes__")


@pytest.mark.parametrize("call", ["401", "mistake"])
async def test_the_error_of_a_run_does_not_grow_when_it_is_raised_again(call: str) -> None:
    async def fail(item: str) -> None:
        raise AuthenticationError if call == "401" else Mistake

    lengths = list[int]()
    async with scripted(serve) as partnero, partnero.bulk(fail, ["a"]) as outcomes:
        await anext(outcomes)
        for _ in range(20):
            with pytest.raises((AuthenticationError, Mistake)) as caught:
                await anext(outcomes)
            lengths.append(len(caught.traceback))
    assert len(set(lengths)) == 1


async def test_a_pause_beyond_max_pause_ends_a_run_with_what_it_has() -> None:
    asked = 0

    async def server(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        number = asked
        await anyio.sleep(0.1)
        if number > 30:
            return httpx.Response(429, headers={"Retry-After": "80000"})
        return httpx.Response(200, json=customer_json(key_of(request)))

    async with scripted(server, max_concurrency=10) as partnero:
        began = anyio.current_time()
        with pytest.raises(RateLimitError) as ended:
            await partnero.customers.get_many([f"key_{number}" for number in range(100)])
        assert anyio.current_time() - began < 60
    partial = ended.value.partial
    assert partial is not None
    assert len(partial.found) == 30
    assert partial.failed
    assert partial.missing == ()
    assert ended.value.retry_after == pytest.approx(80000, rel=0.01)
