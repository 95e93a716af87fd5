"""The pace that asks for permits elsewhere: trips, pauses of others, and what it does by itself."""

from __future__ import annotations

import logging
import math

import anyio
import anyio.lowlevel
import attrs
import pytest

from partnero_async import RateLimit
from partnero_async._http.gate.limits import LimitFinder
from partnero_async._http.gate.pace import Later, LocalPace
from partnero_async._http.telemetry import Log
from partnero_async.shared.pace import AwayError, Granted, SharedPace, share_of

pytestmark = pytest.mark.anyio

QUOTA = RateLimit(10, 1.0)


@attrs.define
class Store:
    """Gives permits a tenth of a second apart, and answers after ``seconds``."""

    seconds: float = 0.01
    workers: int = 4
    more: int = 0
    given: int = 0
    is_away: bool = False
    next_at: float = -math.inf
    closed_until: float = -math.inf
    wanted: list[int] = attrs.Factory(list[int])
    learnt: list[RateLimit | None] = attrs.Factory(list[RateLimit | None])
    pauses: list[float] = attrs.Factory(list[float])

    async def take(self, wanted: int, learnt: RateLimit | None) -> Granted:
        self.wanted.append(wanted)
        wanted, self.more = wanted + self.more, 0
        self.learnt.append(learnt)
        await anyio.sleep(self.seconds)
        if self.is_away:
            raise AwayError("gone")
        now = anyio.current_time()
        delays, wait = list[float](), 0.0
        for _ in range(0 if self.closed_until > now else wanted):
            at = max(now, self.next_at)
            if at > now + 0.5:
                wait = at - now - 0.25
                break
            self.next_at = at + 0.1
            delays.append(at - now)
        self.given += len(delays)
        return Granted(
            now=now,
            delays=delays,
            wait=wait,
            closed_for=max(0.0, self.closed_until - now),
            workers=self.workers,
            limit=QUOTA,
        )

    async def pause(self, seconds: float) -> None:
        if self.is_away:
            raise AwayError("gone")
        self.pauses.append(seconds)
        self.closed_until = anyio.current_time() + seconds

    async def aclose(self) -> None:
        pass


def pace_over(store: Store, *, share: float | None = None, finder: LimitFinder | None = None) -> SharedPace:
    local = LocalPace(None, Log(), finder)
    return SharedPace(store, QUOTA, local, share=share, name="the store", log=Log())


async def admitted_at(pace: SharedPace, give_up_at: float = math.inf) -> float:
    while isinstance(told := await pace.admit(give_up_at), Later):  # noqa: ASYNC110
        await anyio.sleep(told.seconds)
    return anyio.current_time()


async def times_of(pace: SharedPace, callers: int) -> list[float]:
    times = list[float]()

    async def call() -> None:
        times.append(await admitted_at(pace))

    began = anyio.current_time()
    async with anyio.create_task_group() as group:
        for _ in range(callers):
            group.start_soon(call)
    return sorted(round(at - began, 3) for at in times)


async def test_who_wait_together_ask_together_and_wait_for_their_moments() -> None:
    store = Store(workers=1)
    assert await times_of(pace_over(store), 4) == [0.01, 0.11, 0.21, 0.31]
    assert store.wanted == [1, 3]  # the others came when the first had asked


async def test_trips_are_fewer_than_permits_where_there_are_too_few() -> None:
    store = Store()
    times = await times_of(pace_over(store), 40)
    assert times[-1] == pytest.approx(4, abs=0.2)
    assert len(store.wanted) < 40


async def test_one_process_of_several_asks_for_its_part_of_what_is_given_ahead() -> None:
    store = Store(workers=2)
    pace = pace_over(store)
    await admitted_at(pace)
    await times_of(pace, 20)
    assert max(store.wanted[1:]) <= 3  # half of the five that are given half a second ahead


async def test_a_pause_is_told_to_the_others_and_heard_of_by_them() -> None:
    store = Store()
    refused, other = pace_over(store), pace_over(store)
    ticket = await refused.admit(math.inf)
    assert isinstance(ticket, int)
    assert refused.pause(ticket, 7.0) == 7.0
    assert isinstance(await refused.admit(math.inf), Later)
    await anyio.sleep(1)
    await refused.tell()
    assert store.pauses == [pytest.approx(6.0)]
    told = await other.admit(math.inf)
    assert isinstance(told, Later)
    assert told.seconds == pytest.approx(6.0, abs=0.02)
    assert other.closed_for(anyio.current_time()) == pytest.approx(6.0, abs=0.02)
    assert len(store.wanted) == 2
    assert isinstance(await other.admit(math.inf), Later)  # and knows it without another trip
    assert len(store.wanted) == 2


async def test_without_the_store_it_keeps_to_its_share_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    store = Store(seconds=0.0)
    pace = pace_over(store)
    await admitted_at(pace)
    store.is_away = True
    times = await times_of(pace, 6)
    # One of four that share ten a second, evenly.
    assert times == [0.0, 0.4, 0.8, 1.2, 1.6, 2.0]
    assert caplog.messages == [
        "partnero.shared the store is away (gone): this process keeps to a request every 0.4 s by itself"
    ]
    assert len(store.wanted) == 3  # once before it went, and by who came when a second had passed
    store.is_away = False
    await anyio.sleep(1)
    await admitted_at(pace)
    assert await times_of(pace, 3) == [0.1, 0.2, 0.3]
    assert caplog.messages[1:] == ["partnero.shared the store is back"]


async def test_a_store_that_hangs_holds_up_only_who_looks_for_it() -> None:
    store = Store(seconds=0.0)
    pace = pace_over(store)
    await admitted_at(pace)
    store.is_away, store.seconds = True, 1.0
    await admitted_at(pace)
    await anyio.sleep(1)
    # One looks for it, and is told after a second; the others go by themselves meanwhile.
    times = await times_of(pace, 6)
    assert times == [0.0, 0.4, 0.8, 1.2, 1.6, 2.0]


async def test_who_is_cancelled_while_a_pause_is_told_leaves_it_to_the_next() -> None:
    store = Store()
    pace = pace_over(store)
    pace.pause(0, 30.0)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await pace.tell()
    await pace.tell()
    assert store.pauses == [pytest.approx(30.0)]


@pytest.mark.parametrize(
    ("share", "workers", "seconds"), [(None, None, 1.0), (None, 5, 0.5), (0.5, 5, 0.2), (1, None, 0.1)]
)
def test_the_share_is_said_or_that_of_one_who_was_there(
    share: float | None, workers: int | None, seconds: float
) -> None:
    assert share_of(QUOTA, share, workers) == RateLimit(1, seconds)


async def test_a_pause_that_could_not_be_told_is_told_later() -> None:
    store = Store(is_away=True)
    pace = pace_over(store)
    pace.pause(0, 30.0)
    await pace.tell()
    assert store.pauses == []
    store.is_away = False
    await anyio.sleep(10)
    await pace.tell()
    await pace.tell()
    assert store.pauses == [pytest.approx(20.0)]


async def test_a_permit_that_the_client_itself_holds_back_is_not_lost() -> None:
    store, finder = Store(seconds=0.0, workers=1), LimitFinder()
    pace = pace_over(store, finder=finder)
    finder.know(RateLimit(5, 1.0))
    taken = list[float]()

    async def call() -> None:
        while isinstance(told := await pace.admit(math.inf, bulk=True), Later):  # noqa: ASYNC110
            await anyio.sleep(told.seconds)
        taken.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(call)
    # As many were taken from the others as were used.
    assert store.given == 20


async def test_permits_of_a_trip_that_was_made_for_more_are_kept_for_their_moments() -> None:
    store = Store(seconds=0.0, workers=1, more=2)
    pace = pace_over(store)
    times = [await times_of(pace, 1) for _ in range(4)]
    assert times == [[0.0], [0.1], [0.1], [0.1]]
    assert (store.given, store.wanted) == (4, [1, 1])


async def test_permits_are_for_those_who_are_still_there() -> None:
    store = Store(seconds=1.0, workers=1)
    pace = pace_over(store)
    await admitted_at(pace)
    times = list[float]()

    async def call() -> None:
        times.append(await admitted_at(pace))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await anyio.sleep(0.1)
        with anyio.move_on_after(0.5):
            await times_of(pace, 2)  # in the next trip, which has not begun
        group.start_soon(call)
    assert len(times) == 2
    assert store.given == 3


async def test_who_looks_for_a_store_that_hangs_waits_for_a_moment_only() -> None:
    store = Store(seconds=0.0)
    pace = pace_over(store)
    await admitted_at(pace)
    store.is_away = True
    await admitted_at(pace)
    store.seconds = 5.0
    await anyio.sleep(2)
    began = anyio.current_time()
    assert await admitted_at(pace) - began == pytest.approx(0.05)


async def test_who_asks_for_all_may_be_cancelled() -> None:
    store = Store(seconds=1.0)
    pace = pace_over(store)
    times = list[float]()

    async def call() -> None:
        times.append(await admitted_at(pace))

    async with anyio.create_task_group() as group:
        with anyio.move_on_after(0.5):
            group.start_soon(call)
            await admitted_at(pace)
    assert len(times) == 1
    assert await admitted_at(pace)


async def test_a_caller_gives_up_at_its_time() -> None:
    store = Store(seconds=5.0)
    with pytest.raises(TimeoutError):
        await pace_over(store).admit(anyio.current_time() + 1)
    store = Store(next_at=anyio.current_time() + 0.4)
    with pytest.raises(TimeoutError):
        await pace_over(store).admit(anyio.current_time() + 0.2)


@pytest.mark.parametrize(("known_from", "told"), [("refusals", 12), ("headers", 3), ("outside", None)])
async def test_what_is_learnt_of_the_limit_is_told_once(known_from: str, told: int | None) -> None:
    store, finder = Store(), LimitFinder()
    pace = pace_over(store, finder=finder)
    await admitted_at(pace)
    finder.limit = RateLimit(3, 1.0)
    finder.known_from = known_from  # type: ignore[assignment]
    await admitted_at(pace)
    await admitted_at(pace)
    # What refused requests show is about the requests of one process of four.
    assert store.learnt == [None, None if told is None else RateLimit(told, 1.0), None]
    assert pace.limit == QUOTA


async def test_a_closed_one_asks_for_nothing_more() -> None:
    store = Store(seconds=1.0)
    pace = pace_over(store)
    told = list[object]()

    async def call() -> None:
        told.append(await pace.admit(math.inf))

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(call)
        await anyio.sleep(0.5)
        await pace.aclose()
    await call()
    # Whoever was asking has its answer; the others, and who comes later, hear at the gate that it is closed.
    assert [type(one) for one in told].count(Later) == 3
    assert isinstance(told[-1], Later)
    assert store.wanted == [1]
