"""The API key is in no repr, log record, error text, pickle, or local of our frames."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from partnero_async import AsyncPartnero, PartneroError, Ref

from ..frames import reported
from ..raw_server import raw_server
from ..sockets import partnero_at
from ..until import until
from .faults import FAULTS, MIB, Fault

KEY = "sk_secret_key"

# One of each kind: the others end in the same places.
KINDS = [
    fault
    for fault in FAULTS
    if fault.name
    in (
        "reset after the request",
        "stall in the body",
        "garbage",
        "a redirect to another host",
        "HTML with 502",
        "truncated JSON",
        "a null identity",
        "an encoding that was not asked for",
        "gzip that is none",
        "400 MB in chunks",
    )
]


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", KINDS, ids=lambda fault: fault.name)
async def test_no_failure_shows_the_key(
    fault: Fault, caplog: pytest.LogCaptureFixture, tls: Any, engine: Any
) -> None:
    fault = fault.on(engine)
    caplog.set_level(logging.DEBUG)
    settings: dict[str, Any] = {"timeout": 0.4, "retries": 1, "max_body": MIB}
    async with raw_server(fault.answer, tls=tls[0]) as server:
        async with partnero_at(server, tls[1], engine=engine, **settings) as partnero:
            calls: list[Callable[[], Awaitable[Any]]] = [
                lambda: partnero.customers.get("c"),
                lambda: partnero.customers.create(key="c", partner=Ref(key="r")),
            ]
            for call in calls:
                with pytest.raises(PartneroError) as caught:
                    await call()
                error = caught.value
                shown = reported(error)
                assert "self=" in shown
                assert KEY not in shown
                assert KEY not in repr(error) + str(error) + repr(vars(error))
                assert KEY.encode() not in pickle.dumps(error)
                assert KEY not in repr(copy.deepcopy(error))
            assert any(KEY.encode() in head for head in server.heads)
    assert len(caplog.records) >= 2
    assert KEY not in caplog.text
    assert not any(KEY in repr(vars(record)) for record in caplog.records)


@pytest.mark.asyncio
async def test_no_object_that_a_client_is_made_of_shows_the_key() -> None:
    async with AsyncPartnero(KEY) as partnero:
        todo, seen = [("client", partnero)], set[int]()
        while todo:
            name, value = todo.pop()
            if id(value) in seen or not type(value).__module__.startswith("partnero_async"):
                continue
            seen.add(id(value))
            assert KEY not in repr(value), name
            slots = [slot for kind in type(value).__mro__ for slot in getattr(kind, "__slots__", ())]
            inside = vars(value) if hasattr(value, "__dict__") else {}
            inside |= {
                slot: getattr(value, slot) for slot in slots if slot != "_value" and hasattr(value, slot)
            }
            for inner, held in inside.items():
                assert KEY not in repr(held), f"{name}.{inner}"
                todo.append((f"{name}.{inner}", held))
        assert len(seen) > 5


@pytest.mark.asyncio
async def test_a_cancelled_call_shows_no_key(caplog: pytest.LogCaptureFixture, engine: Any) -> None:
    caplog.set_level(logging.DEBUG)
    (stalling,) = [fault for fault in FAULTS if fault.name == "stall in the body"]
    async with raw_server(stalling.answer) as server, partnero_at(server, engine=engine) as partnero:
        task = asyncio.create_task(partnero.customers.delete("c"))
        await until(lambda: server.in_flight)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    assert KEY not in reported(caught.value)
    assert "partnero.cancelled" in caplog.text
    assert KEY not in caplog.text
