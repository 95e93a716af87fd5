"""A pace that asks somebody else: it is awaited with the turn in hand, and nothing is lost meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable

import anyio
import pytest

from partnero_async._http.gate.gate import Gate, GateClosedError, GateGoneError
from partnero_async._http.gate.pace import Later, Pace, Ticket
from partnero_async._http.gate.turns import Turns

pytestmark = pytest.mark.anyio


class FarAway:
    """A limit that several processes share: each answer takes a second, ``places`` are let out."""

    def __init__(self, places: int = 1_000, ask_again: float = 10.0) -> None:
        self.places = places
        self.ask_again = ask_again
        self.closed_until = 0.0
        self.settled = list[tuple[bool, int | None]]()

    @property
    def paused_until(self) -> float:
        return self.closed_until

    async def admit(self, give_up_at: float, *, bulk: bool = False) -> Ticket | Later:
        free, self.places = self.places > 0, max(0, self.places - 1)
        await anyio.sleep(1)
        return 7 if free else Later(self.ask_again)

    def closed_for(self, now: float) -> float:
        return max(0.0, self.closed_until - now)

    def pause(self, ticket: Ticket, seconds: float | None, *, sent_at: float | None = None) -> float:
        self.closed_until = anyio.current_time() + (seconds or 0.0)
        return seconds or 0.0

    def settle(self, ticket: Ticket, *, answered: bool, remaining: int | None, **_: object) -> None:
        self.settled.append((answered, remaining))

    async def tell(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def gate_over(pace: Pace, slots: int = 1) -> Gate:
    return Gate(Turns(slots), pace)


async def test_no_more_than_the_slots_are_asked_for_at_a_time() -> None:
    gate, most = gate_over(FarAway(), 3), 0

    async def use() -> None:
        nonlocal most
        ticket = await gate.enter()
        most = max(most, gate.in_flight)
        await anyio.sleep(1)
        gate.leave(ticket)

    async with anyio.create_task_group() as group:
        for _ in range(12):
            group.start_soon(use)
    assert (most, gate.in_flight) == (3, 0)


async def test_a_caller_that_is_cancelled_while_the_pace_is_asked_gives_its_turn_back() -> None:
    gate = gate_over(FarAway())
    with anyio.move_on_after(0.5):
        await gate.enter()
    assert gate.in_flight == 0
    gate.leave(await gate.enter())


async def test_a_caller_in_the_queue_that_is_cancelled_while_the_pace_is_asked_lets_the_next_one_go() -> None:
    gate, order = gate_over(FarAway()), list[str]()
    held = await gate.enter()

    async def use(name: str, patience: float) -> None:
        with anyio.move_on_after(patience):
            ticket = await gate.enter()
            order.append(name)
            gate.leave(ticket)

    async with anyio.create_task_group() as group:
        group.start_soon(use, "hasty", 1.5)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(use, "patient", math.inf)
        await anyio.sleep(1)
        gate.leave(held)
    assert order == ["patient"]
    assert gate.in_flight == 0


async def test_who_is_told_to_come_later_asks_again_then() -> None:
    pace = FarAway(places=0)
    gate = gate_over(pace)
    began = anyio.current_time()
    async with anyio.create_task_group() as group:
        group.start_soon(gate.enter)
        await anyio.sleep(5)
        pace.places = 1
    # Asked when it came, and ten seconds after that answer.
    assert anyio.current_time() - began == 12
    assert gate.in_flight == 1


async def test_who_cannot_wait_as_long_as_the_pace_says_is_told_so() -> None:
    gate = gate_over(FarAway(places=0))
    with pytest.raises(GateClosedError) as closed:
        await gate.enter(give_up_at=anyio.current_time() + 5)
    assert closed.value.seconds == 10
    assert gate.in_flight == 0


async def test_a_single_call_that_comes_while_a_job_is_told_to_wait_goes_first() -> None:
    pace = FarAway(places=0)
    gate, order = gate_over(pace), list[str]()

    async def use(name: str, *, bulk: bool) -> None:
        ticket = await gate.enter(bulk=bulk)
        order.append(name)
        gate.leave(ticket)

    async with anyio.create_task_group() as group:
        group.start_soon(lambda: use("job", bulk=True))
        await anyio.sleep(4)
        pace.places = 2
        group.start_soon(lambda: use("single", bulk=False))
    assert order == ["single", "job"]


async def test_the_pace_hears_how_each_exchange_ended_and_what_is_left() -> None:
    pace = FarAway()
    gate = gate_over(pace, 3)
    tickets = [await gate.enter() for _ in range(3)]
    gate.leave(tickets[0], answered=True, remaining=10)
    gate.leave(tickets[1], answered=False)
    assert pace.settled == [(True, 8), (False, None)]  # two others were under way and may not be counted yet


async def test_callers_in_the_queue_ask_beside_each_other() -> None:
    gate = gate_over(FarAway(), 10)
    began = anyio.current_time()

    async def use() -> None:
        ticket = await gate.enter()
        await anyio.sleep(1)
        gate.leave(ticket)

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(use)
    assert anyio.current_time() - began == 20  # ten at a time, a second to ask and a second to send


async def test_a_pace_that_fails_costs_no_slot() -> None:
    class Broken(FarAway):
        def settle(self, ticket: Ticket, *, answered: bool, remaining: int | None, **_: object) -> None:
            raise OSError("the server of the limit is gone")

    gate = gate_over(Broken())
    ticket = await gate.enter()
    with pytest.raises(OSError, match="gone"):
        gate.leave(ticket)
    assert gate.in_flight == 0


async def when_told_no(gate: Gate, happens: Callable[[], object], *, queued: bool, patience: float) -> float:
    """How long after the pace was asked a caller is told no, if something happens in the middle of that."""
    held = [await gate.enter() for _ in range(gate.slots - gate.in_flight if queued else 0)]
    told_at = list[float]()

    async def enter() -> None:
        with pytest.raises((GateGoneError, GateClosedError)):
            await gate.enter(give_up_at=anyio.current_time() + patience)
        told_at.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        group.start_soon(enter)
        if held:
            await anyio.wait_all_tasks_blocked()
            gate.leave(held.pop())
        asked_at = anyio.current_time()
        await anyio.sleep(0.5)
        happens()
    for ticket in held:
        gate.leave(ticket)
    return told_at[0] - asked_at


@pytest.mark.parametrize("places", [2, 1], ids=["let out", "told to wait"])
@pytest.mark.parametrize("queued", [False, True])
async def test_a_gate_that_closes_while_the_pace_is_asked_lets_nobody_through(
    queued: bool, places: int
) -> None:
    pace = FarAway(places - (not queued))
    gate = gate_over(pace)
    assert await when_told_no(gate, gate.close, queued=queued, patience=math.inf) == 1
    assert (gate.in_flight, gate.waiting) == (0, 0)
    assert len(pace.settled) == queued + (places == 2)


@pytest.mark.parametrize("queued", [False, True])
async def test_who_is_told_to_wait_hears_of_a_pause_that_began_while_the_pace_was_asked(queued: bool) -> None:
    gate = gate_over(FarAway(1 + queued), 2)
    refused = await gate.enter()

    def pause() -> None:
        gate.pause(refused, 60)

    assert await when_told_no(gate, pause, queued=queued, patience=20) == 1
    assert gate.in_flight == 1
