"""The connection of the engine over httptools as a state machine: whatever happens to it, in any order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from partnero_async._http.engines.contract import Exchange, Orders
from partnero_async._http.engines.httptools.connection import Connection
from partnero_async._http.wire import Answer, Request
from partnero_async.errors import PartneroError

from ..hostile.mangled import mangled
from ..profiles import examples
from ..raw_server import response

REQUEST = Request("GET", "/customers/c")

LOOP: asyncio.AbstractEventLoop
PAIR: tuple[socket.socket, socket.socket]


@pytest.fixture(scope="module", autouse=True)
def _loop() -> Iterator[None]:
    global LOOP, PAIR
    LOOP, PAIR = asyncio.new_event_loop(), socket.socketpair()
    yield
    LOOP.close()
    for sock in PAIR:
        sock.close()


class Wire:
    """What stands for a transport."""

    def __init__(self) -> None:
        self.aborted = False

    def get_extra_info(self, _: str) -> Any:
        return PAIR[0]

    def is_closing(self) -> bool:
        return self.aborted

    def write(self, data: bytes) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True


def opened() -> tuple[Connection, Wire]:
    connection, wire = Connection(1024 * 1024), Wire()
    connection.connection_made(wire)  # type: ignore[arg-type]
    return connection, wire


def asked(connection: Connection, exchange: Exchange | None = None) -> asyncio.Future[Answer]:
    async def ask() -> asyncio.Future[Answer]:
        return connection.ask(REQUEST, lambda _: b"", exchange or Exchange(Orders(most_received=100_000)))

    return LOOP.run_until_complete(ask())


def came_of(answer: asyncio.Future[Answer]) -> Any:
    """What an answer is, or the kind of error that there is in place of it; None before either."""
    if not answer.done():
        return None
    error = answer.exception()
    if error is not None:
        assert isinstance(error, (PartneroError, TimeoutError))
        return type(error)
    return answer.result()


def after(pieces: list[bytes], end: Exception | str | None) -> Any:
    """What comes of an answer that arrives in these pieces, and whether its connection may be used again."""
    connection, wire = opened()
    answer = asked(connection)
    for piece in pieces:
        if not wire.aborted:
            connection.data_received(piece)
    if not isinstance(end, str):
        connection.connection_lost(end)
    return came_of(answer), connection.reusable and not wire.aborted


@examples(400)
@given(
    st.integers(0, 100_000),
    st.lists(st.integers(0, 400)),
    st.sampled_from([None, ConnectionResetError(), "open"]),
)
def test_it_does_not_matter_where_an_answer_is_cut(number: int, cuts: list[int], end: Any) -> None:
    whole = mangled(number)
    at = [0, *sorted(cut for cut in cuts if 0 < cut < len(whole)), len(whole)]
    pieces = [whole[begin:until] for begin, until in pairwise(at) if begin < until]
    assert after(pieces, end) == after([whole] if whole else [], end)


class Life(RuleBasedStateMachine):
    """Requests one after the other, of which some are answered, too often, too late, or never."""

    @initialize()
    def begin(self) -> None:
        self.answer: asyncio.Future[Answer] | None = None
        self.number = 0
        self.open()

    def open(self) -> None:
        self.connection, self.wire = opened()
        self.is_new, self.lost = True, False

    @precondition(lambda self: self.answer is None)
    @rule()
    def ask(self) -> None:
        if self.wire.aborted or self.lost or not (self.is_new or self.connection.reusable):
            self.open()  # as the engine does
        self.number += 1
        self.is_new = False
        # Whether nothing came so far that is not the answer to this one, and how often that came.
        self.answer, self.in_order, self.times = asked(self.connection), True, 0

    def receive(self, data: bytes) -> None:
        if not self.wire.aborted and not self.lost:
            self.connection.data_received(data)

    @rule()
    def be_answered(self) -> None:
        answer = self.answer
        awaited = answer is not None and not answer.done() and self.in_order
        if not self.is_new:
            self.times += 1
        self.receive(response(b"%d" % self.number))
        if answer is None:
            self.in_order = False
        elif awaited:
            assert came_of(answer).body == b"%d" % self.number

    @rule(piece=st.binary(min_size=1, max_size=8))
    def receive_something(self, piece: bytes) -> None:
        self.receive(piece)
        self.in_order = False

    @precondition(lambda self: self.answer is None)
    @rule()
    def be_answered_late_for_another(self) -> None:
        self.receive(response(b"another"))
        self.in_order = False

    @rule(error=st.sampled_from([None, ConnectionResetError()]))
    def be_lost(self, error: Exception | None) -> None:
        if not self.lost:
            self.lost = True
            self.connection.connection_lost(error)
            assert self.answer is None or self.answer.done()

    @rule()
    def time_out(self) -> None:
        self.connection.time_out()
        assert self.answer is None or self.answer.done()

    @precondition(lambda self: self.answer is not None)
    @rule()
    def end(self) -> None:
        """As the engine does when a request is done, was cancelled or has failed."""
        assert self.answer is not None
        came_of(self.answer)
        self.answer.cancel()
        self.connection.end()
        if not self.connection.reusable:
            self.connection.abort()
        # Only a whole answer that came in its turn leaves a connection to be used again.
        assert self.wire.aborted or (self.times == 1 and self.in_order)
        self.answer = None

    def teardown(self) -> None:
        if getattr(self, "answer", None) is not None:
            self.connection.end()


def test_nothing_that_happens_to_a_connection_poisons_it() -> None:
    run_state_machine_as_test(Life, settings=examples(200))
