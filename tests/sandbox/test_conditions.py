"""Latency and the rate limit."""

import anyio
import httpx
import pytest
import trio
import trio.testing

from partnero_async.sandbox import Sandbox

from .clients import API_KEY, bare_client


@pytest.mark.anyio
async def test_every_request_takes_a_time_within_the_latency(sandbox: Sandbox) -> None:
    sandbox.latency = (10, 20)
    async with bare_client(sandbox) as api:
        for _ in range(20):
            began = anyio.current_time()
            assert (await api.get("/customers/nobody")).status_code == 404
            assert 10 <= anyio.current_time() - began <= 20


@pytest.mark.anyio
async def test_waiting_requests_do_not_hold_each_other_up(sandbox: Sandbox) -> None:
    sandbox.latency = (20, 20)
    began = anyio.current_time()
    async with bare_client(sandbox) as api, anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(api.get, "/test")
    assert sandbox.stats.by_status == {"200": 50}
    assert anyio.current_time() - began == pytest.approx(20)


@pytest.mark.parametrize("latency", [(-1, 0), (2, 1), (0, float("inf")), (float("nan"), 1)])
@pytest.mark.asyncio
async def test_a_nonsensical_latency_is_refused(sandbox: Sandbox, latency: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="latency must be"):
        sandbox.latency = latency
    assert sandbox.latency == (0, 0)


@pytest.mark.anyio
async def test_over_the_limit_is_429_with_headers_that_say_when_to_come_back(sandbox: Sandbox) -> None:
    sandbox.rate_limit = (2, 60, True)
    responses = list[httpx.Response]()
    async with bare_client(sandbox) as api:
        for _ in range(3):
            responses.append(await api.get("/test"))
            await anyio.sleep(10)
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert [response.headers["X-RateLimit-Remaining"] for response in responses] == ["1", "0", "0"]
    assert {response.headers["X-RateLimit-Limit"] for response in responses} == {"2"}
    assert responses[2].headers["Retry-After"] == "40"
    assert "Retry-After" not in responses[1].headers
    assert responses[2].json() == {"status": 0, "message": "Too Many Attempts."}


@pytest.mark.asyncio
async def test_a_limit_can_be_silent(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.rate_limit = (1, 60, False)
    for status in (200, 429):
        response = await api.get("/test")
        assert response.status_code == status
        assert not {"x-ratelimit-limit", "x-ratelimit-remaining", "retry-after"} & response.headers.keys()


@pytest.mark.asyncio
async def test_without_a_limit_there_are_no_limit_headers(api: httpx.AsyncClient) -> None:
    assert "X-RateLimit-Limit" not in (await api.get("/test")).headers


@pytest.mark.anyio
async def test_a_new_window_opens_when_the_old_one_ends(sandbox: Sandbox) -> None:
    sandbox.rate_limit = (1, 60, True)
    async with bare_client(sandbox) as api:
        assert [(await api.get("/test")).status_code for _ in range(2)] == [200, 429]
        await anyio.sleep(59)
        assert (await api.get("/test")).status_code == 429
        await anyio.sleep(1)
        assert (await api.get("/test")).status_code == 200


def test_windows_follow_the_clock_of_the_event_loop(sandbox: Sandbox) -> None:
    async def ask(seconds: float) -> list[int]:
        async with bare_client(sandbox) as api:
            first = await api.get("/test")
            await trio.sleep(seconds)
            return [first.status_code, (await api.get("/test")).status_code]

    sandbox.rate_limit = (1, 3600, True)
    early = trio.testing.MockClock(autojump_threshold=0)
    late = trio.testing.MockClock(autojump_threshold=0)
    late.jump(10_000)
    assert trio.run(ask, 3599, clock=late) == [200, 429]
    assert trio.run(ask, 3600, clock=early) == [200, 200]


@pytest.mark.asyncio
async def test_every_key_has_its_own_window_and_unknown_keys_use_none_up() -> None:
    sandbox = Sandbox(api_keys={API_KEY: "affiliate", "other": "referral"}, rate_limit=(1, 60, True))
    async with (
        bare_client(sandbox) as one,
        bare_client(sandbox, "other") as other,
        bare_client(sandbox, "x") as nobody,
    ):
        assert [(await nobody.get("/test")).status_code for _ in range(2)] == [401, 401]
        assert (await one.get("/test")).status_code == 200
        assert (await other.get("/test")).status_code == 200
        assert (await one.get("/test")).status_code == 429
    sandbox.close()


@pytest.mark.asyncio
async def test_refusals_count_and_carry_the_limit_too(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.rate_limit = (2, 60, True)
    response = await api.get("/customers/nobody")
    assert (response.status_code, response.headers["X-RateLimit-Remaining"]) == (404, "1")


@pytest.mark.asyncio
async def test_a_limited_sale_is_not_recorded(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.rate_limit = (1, 60, True)
    await api.get("/test")
    response = await api.post("/partners", json={"email": "john@example.com"})
    sandbox.rate_limit = None
    assert response.status_code == 429
    assert len((await api.get("/partners")).json()["data"]) == 3


@pytest.mark.parametrize("rate_limit", [(0, 60, True), (1, 0, True), (1, float("inf"), True)])
def test_a_nonsensical_limit_is_refused(rate_limit: tuple[int, float, bool]) -> None:
    with pytest.raises(ValueError, match="rate_limit must be"):
        Sandbox(rate_limit=rate_limit)
