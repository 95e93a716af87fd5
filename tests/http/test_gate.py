"""Who may send now."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial

import anyio
import attrs
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given
from hypothesis import strategies as st

from partnero_async import RateLimit
from partnero_async._http.gate.gate import Gate, GateBusyError, GateClosedError, GateGoneError
from partnero_async._http.gate.pace import KNOWN_SECONDS, LONGEST_PAUSE, PROBE_SECONDS, LocalPace
from partnero_async._http.gate.turns import BULK_SHARE, Turns, Waiter
from partnero_async._http.telemetry import Log
from partnero_async.testing import VirtualLoop

from ..profiles import examples

pytestmark = pytest.mark.anyio


def gate_of(
    slots: int,
    rate_limit: RateLimit | None = None,
    observer: Log | None = None,
    max_waiting: int | None = None,
) -> Gate:
    return Gate(Turns(slots), LocalPace(rate_limit, observer or Log()), max_waiting)


async def refuse(gate: Gate, seconds: float) -> None:
    ticket = await gate.enter()
    gate.pause(ticket, seconds)
    gate.leave(ticket)


async def enters_at(gate: Gate, callers: int) -> list[float]:
    """When each of so many callers, of whom none is answered, enters."""
    times = list[float]()

    async def enter() -> None:
        await gate.enter()
        times.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        for _ in range(callers):
            group.start_soon(enter)
    return times


async def test_no_more_than_the_slots_are_under_way() -> None:
    gate, most = gate_of(3), 0

    async def use() -> None:
        nonlocal most
        ticket = await gate.enter()
        most = max(most, gate.in_flight)
        await anyio.sleep(1)
        gate.leave(ticket)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(use)
    assert most == 3
    assert gate.in_flight == 0


async def test_a_single_call_passes_waiting_bulk_workers() -> None:
    gate, order = gate_of(1), list[str]()
    held = await gate.enter()

    async def use(name: str, *, bulk: bool) -> None:
        ticket = await gate.enter(bulk=bulk)
        order.append(name)
        gate.leave(ticket)

    async with anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(partial(use, f"bulk {number}", bulk=True))
            await anyio.wait_all_tasks_blocked()
        group.start_soon(lambda: use("single", bulk=False))
        await anyio.wait_all_tasks_blocked()
        gate.leave(held)
    assert order == ["single", "bulk 0", "bulk 1", "bulk 2"]


async def test_callers_leave_the_queue_in_the_order_of_their_arrival() -> None:
    gate, order = gate_of(1), list[int]()
    held = await gate.enter()

    async def use(number: int) -> None:
        ticket = await gate.enter()
        order.append(number)
        await anyio.sleep(1)
        gate.leave(ticket)

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(use, number)
            await anyio.wait_all_tasks_blocked()
        gate.leave(held)
    assert order == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_caller_cancelled_in_the_queue_takes_no_slot_with_it(bulk: bool) -> None:
    gate = gate_of(1)
    held = await gate.enter()
    for _ in range(5):
        with anyio.move_on_after(1):
            await gate.enter(bulk=bulk)
    gate.leave(held)
    with anyio.fail_after(1):
        await gate.enter()
    assert gate.in_flight == 1


async def test_a_caller_cancelled_just_as_it_was_woken_passes_its_turn_on() -> None:
    gate, entered = gate_of(1), anyio.Event()
    held = await gate.enter()
    scope = anyio.CancelScope()

    async def give_up() -> None:
        with scope:
            gate.leave(await gate.enter())

    async def wait() -> None:
        await gate.enter()
        entered.set()

    async with anyio.create_task_group() as group:
        group.start_soon(give_up)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        gate.leave(held)
        scope.cancel()
        with anyio.fail_after(1):
            await entered.wait()


async def test_a_429_holds_everybody_back_for_as_long_as_the_server_asked() -> None:
    gate = gate_of(5)
    ticket = await gate.enter()
    gate.pause(ticket, 30)
    gate.leave(ticket)
    began = anyio.current_time()
    await gate.enter()
    assert anyio.current_time() - began == pytest.approx(30)


async def test_after_a_pause_callers_leave_one_by_one_until_one_is_answered() -> None:
    gate, under_way, most = gate_of(5), 0, 0
    ticket = await gate.enter()
    gate.pause(ticket, 1)
    gate.leave(ticket)
    answered = anyio.Event()

    async def use() -> None:
        nonlocal under_way, most
        ticket = await gate.enter()
        under_way += 1
        most = most if answered.is_set() else max(most, under_way)
        await anyio.sleep(0.9)
        under_way -= 1
        answered.set()
        gate.leave(ticket, answered=True)

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(use)
    assert most == 1


async def test_after_an_answer_all_slots_are_used_again() -> None:
    gate = gate_of(5)
    ticket = await gate.enter()
    gate.pause(ticket, 1)
    gate.leave(ticket)
    gate.leave(await gate.enter(), answered=True)
    with anyio.fail_after(0.5):
        for _ in range(5):
            await gate.enter()


async def test_an_answer_to_an_exchange_from_before_the_pause_does_not_end_the_caution() -> None:
    gate = gate_of(5)
    early, refused = await gate.enter(), await gate.enter()
    gate.pause(refused, 1)
    gate.leave(refused)
    gate.leave(early, answered=True)
    await gate.enter()
    with anyio.move_on_after(0.9) as scope:
        await gate.enter()
    assert scope.cancelled_caught


async def test_many_429s_at_once_pause_once() -> None:
    gate = gate_of(5)
    tickets = [await gate.enter() for _ in range(5)]
    pauses = [gate.pause(ticket, None) for ticket in tickets]
    assert pauses == [1.0] * 5


async def test_without_a_named_time_pauses_in_a_row_grow_to_a_limit() -> None:
    gate, pauses = gate_of(1), list[float]()
    for _ in range(9):
        ticket = await gate.enter()
        pauses.append(gate.pause(ticket, None))
        gate.leave(ticket)
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == LONGEST_PAUSE


async def test_who_cannot_wait_so_long_is_told_at_once() -> None:
    gate = gate_of(1)
    ticket = await gate.enter()
    gate.pause(ticket, 60)
    gate.leave(ticket)
    began = anyio.current_time()
    with pytest.raises(GateClosedError) as caught:
        await gate.enter(give_up_at=began + 10)
    assert caught.value.seconds == pytest.approx(60)
    assert anyio.current_time() == began


async def test_who_waits_when_a_pause_begins_is_told_too() -> None:
    gate = gate_of(1)
    ticket = await gate.enter()
    async with anyio.create_task_group() as group:

        async def wait() -> None:
            with pytest.raises(GateClosedError):
                await gate.enter(give_up_at=anyio.current_time() + 10)

        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        gate.pause(ticket, 60)
        gate.leave(ticket)


async def test_the_wait_for_a_slot_ends_at_the_time_to_give_up() -> None:
    gate = gate_of(1)
    await gate.enter()
    began = anyio.current_time()
    with pytest.raises(TimeoutError):
        await gate.enter(give_up_at=began + 10)
    assert anyio.current_time() - began == pytest.approx(10)


async def test_an_exchange_from_before_the_pause_keeps_nobody_back() -> None:
    gate = gate_of(5)
    hanging, refused = await gate.enter(), await gate.enter()
    gate.pause(refused, 1)
    gate.leave(refused)
    with anyio.fail_after(2):
        gate.leave(await gate.enter(), answered=True)
        await gate.enter()
    gate.leave(hanging)


async def test_a_wait_that_is_known_to_be_too_long_fails_at_once() -> None:
    gate = gate_of(5, RateLimit(1, 60))
    gate.leave(await gate.enter(), answered=True)
    began = anyio.current_time()
    with pytest.raises(GateClosedError) as caught:
        await gate.enter(give_up_at=began + 10)
    assert caught.value.seconds == pytest.approx(60)
    assert anyio.current_time() == began


async def test_a_pause_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    gate = gate_of(5, observer=Log())
    for ticket in [await gate.enter() for _ in range(5)]:
        gate.pause(ticket, 30)
    assert [record.getMessage() for record in caplog.records] == ["partnero.pause wait_ms=30000 in_a_row=1"]


async def test_a_rate_limit_is_never_exceeded_in_any_window() -> None:
    gate, sent = gate_of(50, RateLimit(5, 10)), list[float]()

    async def use() -> None:
        ticket = await gate.enter(bulk=True)
        sent.append(anyio.current_time())
        await anyio.sleep(0.1)
        gate.leave(ticket, answered=True)

    async with anyio.create_task_group() as group:
        for _ in range(23):
            group.start_soon(use)
    assert all(later - earlier >= 10 for earlier, later in zip(sent, sent[5:], strict=False))
    assert sent[-1] - sent[0] == pytest.approx(40)


async def test_when_the_server_says_that_nothing_is_left_only_one_caller_finds_out() -> None:
    gate = gate_of(5)
    gate.leave(await gate.enter(), answered=True, remaining=0)
    ticket = await gate.enter()
    with anyio.move_on_after(0.9) as scope:
        await gate.enter()
    assert scope.cancelled_caught
    gate.leave(ticket, answered=True, remaining=59)
    with anyio.fail_after(1):
        await gate.enter()
        await gate.enter()


async def test_a_server_that_stops_to_say_what_is_left_is_used_with_all_slots() -> None:
    gate = gate_of(5)
    gate.leave(await gate.enter(), answered=True, remaining=0)
    gate.leave(await gate.enter(), answered=True)
    assert await enters_at(gate, 5) == [anyio.current_time()] * 5


async def test_what_a_server_said_is_left_counts_for_a_minute_if_it_answers_no_more() -> None:
    gate = gate_of(5)
    gate.leave(await gate.enter(), answered=True, remaining=0)
    gate.leave(await gate.enter(), answered=False)
    await anyio.sleep(KNOWN_SECONDS)
    assert await enters_at(gate, 5) == [anyio.current_time()] * 5


@pytest.mark.parametrize("opened", [False, True], ids=["probing", "open"])
@pytest.mark.parametrize("queued", [False, True], ids=["finds a slot", "queues"])
async def test_a_late_429_of_an_old_exchange_is_heeded_by_callers_that_queue_and_that_find_a_slot(
    queued: bool, opened: bool
) -> None:
    gate = gate_of(3)
    late, held = await gate.enter(), await gate.enter()
    await refuse(gate, 1)
    probe = await gate.enter()
    if opened:
        gate.leave(probe, answered=True)
    gate.pause(late, 60)
    began = anyio.current_time()
    if not opened:
        gate.leave(probe, answered=True)
    if not queued:
        gate.leave(late)
        gate.leave(held)
    with pytest.raises(GateClosedError):
        await gate.enter(give_up_at=began + 30)
    async with anyio.create_task_group() as group:
        group.start_soon(gate.enter)
        if queued:
            await anyio.wait_all_tasks_blocked()
            gate.leave(late)
            gate.leave(held)
    assert anyio.current_time() == began + 60


async def test_the_answer_to_a_probe_opens_the_gate_to_callers_that_queue_and_that_find_a_slot() -> None:
    gate = gate_of(2)
    await gate.enter()
    await refuse(gate, 60)
    probe = await gate.enter()
    began = anyio.current_time()
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: gate.enter(give_up_at=began + 30))
        await anyio.wait_all_tasks_blocked()
        gate.leave(probe, answered=True)
    assert anyio.current_time() == began


async def test_everybody_in_the_queue_hears_of_a_pause() -> None:
    gate, told = gate_of(1), list[tuple[int, float]]()
    held = await gate.enter()
    began = anyio.current_time()

    async def wait(number: int, patience: float, bulk: bool) -> None:
        try:
            gate.leave(await gate.enter(bulk=bulk, give_up_at=began + patience), answered=True)
        except GateClosedError:
            told.append((number, anyio.current_time()))

    async with anyio.create_task_group() as group:
        for number, patience in enumerate((math.inf, 10, 90, 59)):
            for bulk in (False, True):
                group.start_soon(wait, number, patience, bulk)
        await anyio.wait_all_tasks_blocked()
        paused_at = anyio.current_time()
        gate.pause(held, 60)
        gate.leave(held)
    assert sorted(told) == [(1, paused_at)] * 2 + [(3, paused_at)] * 2


@pytest.mark.parametrize("refused", [True, False], ids=["after a 429", "when nothing is left"])
async def test_an_exchange_that_hangs_holds_the_others_back_for_a_second_each(refused: bool) -> None:
    gate = gate_of(5)
    if refused:
        await refuse(gate, 0)
    else:
        gate.leave(await gate.enter(), answered=True, remaining=0)
    began = anyio.current_time()
    assert await enters_at(gate, 5) == [began + n * PROBE_SECONDS for n in range(5)]


async def test_while_single_calls_and_jobs_wait_every_eighth_slot_is_a_jobs() -> None:
    gate, order = gate_of(1), list[str]()
    held = await gate.enter()

    async def use(name: str, *, bulk: bool) -> None:
        ticket = await gate.enter(bulk=bulk)
        order.append(name)
        gate.leave(ticket, answered=True)

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(lambda: use("job", bulk=True))
        for _ in range(21):
            group.start_soon(lambda: use("single", bulk=False))
        await anyio.wait_all_tasks_blocked()
        gate.leave(held)
    assert order == [*(["single"] * (BULK_SHARE - 1) + ["job"]) * 3, "job"]


async def test_single_calls_without_end_leave_a_job_its_share() -> None:
    gate, calls, jobs = gate_of(4), 0, 0

    async def use(*, bulk: bool) -> None:
        nonlocal calls, jobs
        while calls < 800:
            ticket = await gate.enter(bulk=bulk)
            calls, jobs = calls + 1, jobs + bulk
            await anyio.sleep(0.1)
            gate.leave(ticket, answered=True)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(lambda: use(bulk=False))
        for _ in range(4):
            group.start_soon(lambda: use(bulk=True))
    assert jobs == pytest.approx(calls / BULK_SHARE, abs=5)


async def test_closing_the_gate_wakes_everybody_who_waits() -> None:
    gate, gone = gate_of(1), list[bool]()
    held = await gate.enter()
    gate.pause(held, 60)

    async def wait(bulk: bool) -> None:
        with pytest.raises(GateGoneError):
            await gate.enter(bulk=bulk)
        gone.append(bulk)

    async with anyio.create_task_group() as group:
        for bulk in (False, True) * 3:
            group.start_soon(wait, bulk)
        await anyio.wait_all_tasks_blocked()
        began = anyio.current_time()
        gate.close()
    assert (len(gone), anyio.current_time()) == (6, began)
    gate.leave(held)
    with pytest.raises(GateGoneError):
        await gate.enter()


async def test_beyond_max_waiting_single_calls_are_refused_and_jobs_are_not() -> None:
    gate = gate_of(1, max_waiting=2)
    held = await gate.enter()
    async with anyio.create_task_group() as group:
        for bulk in (True, False, True, False, True):
            group.start_soon(partial(gate.enter, bulk=bulk))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(GateBusyError):
            await gate.enter()
        assert (gate.waiting, gate.waiting_in_jobs) == (2, 3)
        group.cancel_scope.cancel()
    gate.leave(held)
    await gate.enter()


ORDERS: dict[str, Callable[[list[int]], object]] = {
    "first to last": lambda numbers: numbers,
    "last to first": lambda numbers: numbers.reverse(),
    "any": random.Random(1).shuffle,
}


@pytest.mark.parametrize("order", ORDERS)
async def test_whoever_leaves_the_queue_costs_the_same_however_many_wait(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers, work = 1_000, 0

    class Counted(Waiter):
        def __eq__(self, other: object) -> bool:
            nonlocal work
            work += 1
            return self is other

        __hash__ = Waiter.__hash__

    class CountedPace(LocalPace):
        def closed_for(self, now: float) -> float:
            nonlocal work
            work += 1
            return super().closed_for(now)

    monkeypatch.setattr("partnero_async._http.gate.turns.Waiter", Counted)
    gate = Gate(Turns(1), CountedPace(None, Log()))
    held = await gate.enter()
    scopes = [anyio.CancelScope() for _ in range(callers)]

    async def wait(scope: anyio.CancelScope) -> None:
        with scope:
            await gate.enter()

    async with anyio.create_task_group() as group:
        for scope in scopes:
            group.start_soon(wait, scope)
        await anyio.wait_all_tasks_blocked()
        numbers = list(range(callers))
        ORDERS[order](numbers)
        for number in numbers:
            scopes[number].cancel()
            await checkpoint()
    assert gate.waiting == 0
    assert work <= 5 * callers
    gate.leave(held)


eighths = st.integers(0, 10).map(lambda number: number / 8)


@attrs.frozen
class Caller:
    """When it comes and for how long it has a turn, for how long it waits, and how its exchange ends."""

    at: float
    bulk: bool
    takes: float
    patience: float
    cancelled_after: float
    refused: bool
    asked_to_wait: float | None
    answered: bool
    remaining: int | None


callers = st.builds(
    Caller,
    at=eighths,
    bulk=st.booleans(),
    takes=eighths,
    patience=st.sampled_from([math.inf, math.inf, 1, 20]),
    cancelled_after=st.sampled_from([math.inf, math.inf, 0.25, 2]),
    refused=st.sampled_from([False, True]),
    asked_to_wait=st.sampled_from([None, 0, 1, 4]),
    answered=st.booleans(),
    remaining=st.sampled_from([None, None, 0, 2]),
)


class Watched:
    """A gate whose callers do as they are told, and which is looked at between their steps."""

    def __init__(self, slots: int, rate_limit: RateLimit | None) -> None:
        self.pace = LocalPace(rate_limit, Log())
        self.gate = Gate(Turns(slots), self.pace)
        self.came = list[Caller]()
        self.entered = list[Caller]()
        self.under_way = 0
        self.left = 0

    async def call(self, caller: Caller) -> None:
        await anyio.sleep(caller.at)
        self.came.append(caller)
        with anyio.move_on_after(caller.cancelled_after):
            give_up_at = anyio.current_time() + caller.patience
            try:
                ticket = await self.gate.enter(bulk=caller.bulk, give_up_at=give_up_at)
            except (GateClosedError, TimeoutError):
                assert caller.patience < math.inf
                assert anyio.current_time() <= give_up_at
            except GateGoneError:
                pass
            else:
                self.entered.append(caller)
                await self.have_turn(caller, ticket)
        self.left += 1

    async def have_turn(self, caller: Caller, ticket: int) -> None:
        answered = False
        self.under_way += 1
        try:
            await anyio.sleep(caller.takes)
            if caller.refused:
                self.gate.pause(ticket, caller.asked_to_wait)
            else:
                answered = caller.answered
        finally:
            self.under_way -= 1
            self.gate.leave(ticket, answered=answered, remaining=caller.remaining if answered else None)

    def look(self) -> None:
        gate, pace, now = self.gate, self.pace, anyio.current_time()
        assert gate.in_flight == self.under_way <= gate.slots
        if (gate.waiting or gate.waiting_in_jobs) and gate.in_flight < gate.slots:
            probes = pace._is_careful(now) and pace._out_since_pause > 0 and now < pace._probe_until
            assert gate.paused_for(now) or probes, "somebody waits for nothing"


@given(
    several=st.lists(callers, min_size=4, max_size=12),
    slots=st.integers(1, 3),
    rate_limit=st.sampled_from([None, None, RateLimit(2, 1), RateLimit(3, 5)]),
    closes_at=st.sampled_from([math.inf, math.inf, 1.5]),
)
@examples(80)
def test_whatever_happens_nobody_waits_for_nothing_and_all_go_in_turn(
    several: list[Caller], slots: int, rate_limit: RateLimit | None, closes_at: float
) -> None:
    async def main() -> None:
        watched = Watched(slots, rate_limit)
        async with anyio.create_task_group() as group:
            for caller in several:
                group.start_soon(watched.call, caller)
            await anyio.sleep(1 / 16)  # between the times at which something happens
            while watched.left < len(several):
                watched.look()
                await anyio.sleep(1 / 8)
                if anyio.current_time() > closes_at:
                    watched.gate.close()
        assert (watched.gate.in_flight, watched.gate.waiting, watched.gate.waiting_in_jobs) == (0, 0, 0)
        for bulk in (False, True):
            entered = [id(caller) for caller in watched.entered if caller.bulk is bulk]
            assert entered == [id(caller) for caller in watched.came if id(caller) in entered]

    anyio.run(main, backend_options={"loop_factory": VirtualLoop})
