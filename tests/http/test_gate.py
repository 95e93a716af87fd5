"""Who may send now."""

from __future__ import annotations

import anyio
import pytest

from partnero_async import RateLimit
from partnero_async._http.gate.gate import Gate, GateClosedError
from partnero_async._http.gate.pace import LONGEST_PAUSE, LocalPace
from partnero_async._http.gate.turns import Turns
from partnero_async._http.telemetry import LogObserver, Observer

pytestmark = pytest.mark.anyio


def gate_of(slots: int, rate_limit: RateLimit | None = None, observer: Observer | None = None) -> Gate:
    return Gate(Turns(slots), LocalPace(rate_limit, observer or Observer()))


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
            group.start_soon(lambda n=number: use(f"bulk {n}", bulk=True))
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
    gate = gate_of(5, observer=LogObserver())
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
