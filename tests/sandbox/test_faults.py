"""Misbehaviour on demand, seen by a client in memory; `test_server` has what needs a connection."""

from contextlib import suppress

import anyio
import httpx
import pytest
import trio

from partnero_async.sandbox import Fault, Sandbox

from .clients import add_customer, add_sale, bare_client, keys


@pytest.mark.asyncio
async def test_a_status_comes_with_headers_and_an_error_body(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    sandbox.faults = (Fault("status", status=429, headers={"Retry-After": "7"}),)
    response = await api.get("/test")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert response.json()["status"] == 0


@pytest.mark.asyncio
async def test_a_status_without_number_is_500(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.faults = (Fault("status"),)
    assert (await api.get("/test")).status_code == 500


@pytest.mark.asyncio
async def test_a_204_has_no_body(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.faults = (Fault("status", status=204),)
    assert (await api.get("/test")).content == b""


@pytest.mark.asyncio
async def test_a_garbled_answer_is_200_and_not_json(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.faults = (Fault("garble"),)
    response = await api.get("/test")
    assert response.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        response.json()


@pytest.mark.parametrize(
    ("faults", "status", "seconds"),
    [
        ((Fault("delay", delay=10), Fault("delay", delay=20)), 200, 30),
        ((Fault("status", status=503, delay=10),), 503, 10),
    ],
    ids=["delays add up and do nothing else", "another fault"],
)
@pytest.mark.anyio
async def test_any_fault_can_come_late(
    sandbox: Sandbox, faults: tuple[Fault, ...], status: int, seconds: float
) -> None:
    sandbox.faults = faults
    began = anyio.current_time()
    async with bare_client(sandbox) as api:
        assert (await api.get("/test")).status_code == status
    assert anyio.current_time() - began == pytest.approx(seconds)


@pytest.mark.asyncio
async def test_a_drop_in_memory_is_a_reset_connection(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.faults = (Fault("drop"),)
    with pytest.raises(ConnectionResetError):
        await api.get("/test")


@pytest.mark.parametrize(
    ("fault", "recorded"),
    [
        (Fault("drop"), []),
        (Fault("drop", after=True), ["order_1"]),
        (Fault("status", status=502), []),
        (Fault("status", status=502, after=True), ["order_1"]),
        (Fault("cut"), ["order_1"]),
        (Fault("garble"), ["order_1"]),
    ],
    ids=lambda value: f"{value.do}-{value.after}" if isinstance(value, Fault) else "",
)
@pytest.mark.asyncio
async def test_whether_the_sale_was_recorded_depends_on_the_fault(
    sandbox: Sandbox, api: httpx.AsyncClient, fault: Fault, recorded: list[str]
) -> None:
    await add_customer(api)
    sandbox.faults = (fault,)
    with suppress(ConnectionResetError):
        await api.post(
            "/transactions", json={"customer": {"key": "customer_1"}, "key": "order_1", "amount": 1}
        )
    sandbox.faults = ()
    assert keys(await api.get("/transactions")) == recorded


@pytest.mark.asyncio
async def test_a_fault_strikes_only_its_method_and_path(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    await add_customer(api, "customer_0001/a")
    await add_customer(api, "customer_0002")
    await add_sale(api, "customer_0002")
    sandbox.faults = (Fault("status", method="get", path="/v1/customers/customer_0001*"),)
    assert (await api.get("/customers/customer_0001%2Fa")).status_code == 500
    assert (await api.put("/customers/customer_0001%2Fa", json={"name": "A"})).status_code == 200
    assert (await api.get("/customers/customer_0002")).status_code == 200
    assert (await api.get("/customers")).status_code == 200


@pytest.mark.asyncio
async def test_a_fault_strikes_so_many_times(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.faults = (Fault("status", times=2),)
    statuses = [(await api.get("/test")).status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]


@pytest.mark.asyncio
async def test_the_first_fault_that_strikes_wins(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.faults = (Fault("status", status=503, times=1), Fault("status", status=502, times=1))
    statuses = [(await api.get("/test")).status_code for _ in range(3)]
    assert statuses == [503, 502, 200]


async def _struck(seed: int) -> list[int]:
    sandbox = Sandbox(seed=seed, faults=[Fault("status", rate=0.5)], latency=(0, 0.0001))
    async with bare_client(sandbox) as api:
        statuses = [(await api.get("/test")).status_code for _ in range(40)]
    sandbox.close()
    return statuses


@pytest.mark.asyncio
async def test_a_rate_strikes_some_requests_and_the_same_ones_for_the_same_seed() -> None:
    first = await _struck(1)
    assert 10 < first.count(500) < 30
    assert await _struck(1) == first
    assert await _struck(2) != first


@pytest.mark.asyncio
async def test_faults_come_before_the_api_key_and_spare_the_control_endpoints(sandbox: Sandbox) -> None:
    sandbox.faults = (Fault("status", status=503),)
    async with bare_client(sandbox, "unknown") as api:
        assert (await api.get("/test")).status_code == 503
        assert (await api.get("http://sandbox.test/_sandbox/stats")).status_code == 200


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({"do": "explode"}, "do must be"),
        ({"do": "delay"}, "delay is missing"),
        ({"do": "delay", "delay": -1}, "delay must"),
        ({"do": "delay", "delay": float("inf")}, "delay must"),
        ({"do": "status", "status": 99}, "status must"),
        ({"do": "status", "status": "500"}, "status must"),
        ({"do": "status", "rate": 1.1}, "rate must"),
        ({"do": "status", "rate": True}, "rate must"),
        ({"do": "status", "times": -1}, "times must"),
        ({"do": "status", "path": None}, "path must"),
        ({"do": "drop", "after": 1}, "after must"),
        ({"do": "status", "headers": {"a\nb": "c"}}, "headers must"),
        ({"do": "status", "headers": {"a": "b\r\nc: d"}}, "headers must"),
    ],
)
@pytest.mark.asyncio
async def test_a_nonsensical_fault_is_refused(rule: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Fault(**rule)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@pytest.mark.asyncio
async def test_equal_faults_are_equal_and_hash_alike() -> None:
    assert {Fault("status", headers={"a": "b"}), Fault("status", headers={"a": "b"})} == {
        Fault("status", headers={"a": "b"})
    }


def test_the_app_also_runs_under_trio(sandbox: Sandbox) -> None:
    async def main() -> list[int]:
        async with bare_client(sandbox) as api:
            return [(await api.get("/test")).status_code for _ in range(2)]

    sandbox.latency, sandbox.faults = (0.001, 0.002), (Fault("status", times=1),)
    assert trio.run(main) == [500, 200]
