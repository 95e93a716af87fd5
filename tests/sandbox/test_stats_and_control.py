"""Watching and changing a sandbox, from this process and from another."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Fault, Sandbox

from ..until import until
from .clients import add_customer, bare_client

pytestmark = pytest.mark.asyncio

_CONTROL = "http://sandbox.test/_sandbox"
_NONSENSE: list[tuple[str, Any]] = [
    ("faults", {}),
    ("faults", [1]),
    ("faults", [{}]),
    ("faults", [{"do": "explode"}]),
    ("faults", [{"do": "drop", "often": True}]),
    ("faults", [{"do": "drop", "_": 1}]),
    ("latency", 5),
    ("latency", [2, 1]),
    ("latency", ["0", "1"]),
    ("rate_limit", [60]),
    ("rate_limit", [0, 1, True]),
    ("rate_limit", [60, 60, 1]),
]


async def test_requests_are_counted_by_route_and_by_status(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await api.get("/customers/customer_1")
    await api.get("/customers/a%2Fb")
    await api.get("/nothing")
    stats = sandbox.stats
    assert stats.requests == 4
    assert stats.by_route == {"POST /customers": 1, "GET /customers/{key}": 2, "GET *": 1}
    assert stats.by_status == {"201": 1, "200": 1, "404": 2}
    assert (stats.in_flight, stats.max_in_flight) == (0, 1)


async def test_faults_are_counted_by_what_became_of_the_request(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    sandbox.faults = (
        Fault("drop", times=1),
        Fault("cut", times=1),
        Fault("garble", times=1),
        Fault("status", status=503),
    )
    for _ in range(4):
        with suppress(ConnectionResetError):
            await api.get("/test")
    assert sandbox.stats.by_status == {"drop": 1, "cut": 1, "200": 1, "503": 1}


async def test_concurrent_requests_are_seen_in_flight(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.latency = (60, 60)
    calls = [asyncio.create_task(api.get("/test")) for _ in range(7)]
    await until(lambda: sandbox.stats.in_flight == 7)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    sandbox.latency = (0, 0)
    await api.get("/test")
    assert (sandbox.stats.in_flight, sandbox.stats.max_in_flight) == (0, 7)


async def test_a_request_whose_client_left_is_no_longer_in_flight(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    sandbox.latency = (60, 60)
    call = asyncio.create_task(api.get("/test"))
    await until(lambda: sandbox.stats.in_flight == 1)
    call.cancel()
    await asyncio.wait([call])
    assert sandbox.stats.in_flight == 0
    assert sandbox.stats.by_status == {"unanswered": 1}


async def test_a_snapshot_does_not_change_later(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    before = sandbox.stats
    await api.get("/test")
    assert (before.requests, before.by_route) == (0, {})


async def test_another_process_reads_the_same_stats(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    await api.get("/test")
    data = (await api.get(f"{_CONTROL}/stats")).json()["data"]
    assert data == {
        "requests": 1,
        "by_route": {"GET /test": 1},
        "by_status": {"200": 1},
        "in_flight": 0,
        "max_in_flight": 1,
    }
    assert sandbox.stats.requests == 1


async def test_another_process_sets_faults(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    rule = {"do": "status", "status": 503, "method": "GET", "path": "/v1/t*", "rate": 1.0, "times": 1}
    response = await api.put(f"{_CONTROL}/faults", json=[rule, {"do": "delay", "delay": 0.001}])
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert list(sandbox.faults) == [
        Fault("status", status=503, method="GET", path="/v1/t*", times=1),
        Fault("delay", delay=0.001),
    ]
    assert [(await api.get("/test")).status_code for _ in range(2)] == [503, 200]
    await api.put(f"{_CONTROL}/faults", json=[])
    assert list(sandbox.faults) == []


async def test_another_process_sets_the_latency(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    await api.put(f"{_CONTROL}/latency", json=[10, 20])
    assert sandbox.latency == (10, 20)


async def test_another_process_sets_and_lifts_the_rate_limit(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    await api.put(f"{_CONTROL}/rate_limit", json=[1, 60, True])
    assert [(await api.get("/test")).status_code for _ in range(2)] == [200, 429]
    await api.put(f"{_CONTROL}/rate_limit", json=None)
    await api.request("PUT", f"{_CONTROL}/rate_limit", content=b"null")
    assert (await api.get("/test")).status_code == 200


@pytest.mark.parametrize(("name", "value"), _NONSENSE)
async def test_nonsense_is_refused_and_changes_nothing(
    sandbox: Sandbox, api: httpx.AsyncClient, name: str, value: Any
) -> None:
    response = await api.put(f"{_CONTROL}/{name}", json=value)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {name}
    assert (sandbox.faults, sandbox.latency, sandbox.rate_limit) == ((), (0, 0), None)


async def test_a_control_body_that_is_not_json_is_400(api: httpx.AsyncClient) -> None:
    assert (await api.put(f"{_CONTROL}/faults", content=b"{")).status_code == 400


async def test_unknown_control_paths_are_404_and_wrong_methods_405(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"{_CONTROL}/nothing")).status_code == 404
    assert (await api.get(_CONTROL)).status_code == 404
    response = await api.put(f"{_CONTROL}/stats", json={})
    assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    response = await api.get(f"{_CONTROL}/faults")
    assert (response.status_code, response.headers["Allow"]) == (405, "PUT")


async def test_control_can_be_switched_off() -> None:
    sandbox = Sandbox(control=False)
    async with bare_client(sandbox) as api:
        assert (await api.get(f"{_CONTROL}/stats")).status_code == 404
    sandbox.close()
