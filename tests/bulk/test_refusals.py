"""What a run makes of refusals: whose word they are, and when they are too many."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from partnero_async import (
    Failed,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    StatusError,
)
from partnero_async.bulk import Batch

from ..servers import Script, customer_json, key_of, scripted

pytestmark = pytest.mark.anyio

NOT_PARTNEROS: list[dict[str, Any]] = [
    {"html": "<html><title>404 Not Found</title></html>"},
    {"text": "404 page not found"},
    {"text": ""},
    {"text": "{"},
    {"json": []},
    {"json": "Not found."},
    {"json": None},
    {"json": {"message": "The route api/customers/odd could not be found."}},
    {"json": {"message": "The route v1/x\ny could not be found"}},
]


async def batch_with(refusal: httpx.Response, **settings: Any) -> Batch[str, Any]:
    """What becomes of three keys, of which one is refused."""

    async def serve(request: httpx.Request) -> httpx.Response:
        key = key_of(request)
        return refusal if key == "odd" else httpx.Response(200, json=customer_json(key))

    async with scripted(serve) as partnero:
        return await partnero.customers.get_many(["a", "odd", "b"], concurrency=1, **settings)


@pytest.mark.parametrize("body", NOT_PARTNEROS, ids=str)
async def test_a_404_that_is_not_partneros_own_is_a_failure(body: dict[str, Any]) -> None:
    batch = await batch_with(httpx.Response(404, **body))
    assert (list(batch.found), batch.missing) == (["a", "b"], ())
    assert type(batch.failed["odd"]) is StatusError
    assert "no answer of Partnero's" in str(batch.failed["odd"])


@pytest.mark.parametrize("body", [{}, {"message": "Not found."}, {"message": None, "status": 0}, {"x": 1}])
async def test_a_404_that_is_any_json_object_says_that_the_record_is_missing(body: dict[str, Any]) -> None:
    assert (await batch_with(httpx.Response(404, json=body))).missing == ("odd",)


@pytest.mark.parametrize("body", NOT_PARTNEROS[:7], ids=str)
async def test_a_403_that_is_not_partneros_own_fails_its_key_alone(body: dict[str, Any]) -> None:
    batch = await batch_with(httpx.Response(403, **body))
    assert list(batch.found) == ["a", "b"]
    assert type(batch.failed["odd"]) is PermissionDeniedError


async def test_partneros_own_403_ends_the_run() -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        await batch_with(httpx.Response(403, json={"message": "No API access."}))
    assert caught.value.partial is not None
    assert list(caught.value.partial.found) == ["a"]


@pytest.mark.parametrize(("base_url", "hint"), [("https://a.b/vl", True), ("https://a.b/v1", False)])
async def test_a_404_at_an_address_without_v1_says_so(base_url: str, hint: bool) -> None:
    async with Script("nothing here", status=404).client(base_url=base_url) as partnero:
        with pytest.raises(StatusError) as caught:
            await partnero.customers.get("a")
    assert not isinstance(caught.value, NotFoundError)
    assert ("base_url does not end in /v1" in str(caught.value)) is hint


@pytest.mark.parametrize("many", [False, True])
async def test_a_run_that_stopped_says_so_and_after_how_many_of_which_kind(many: bool) -> None:
    async with Script({"message": "Oops."}, status=502).client(retries=0) as partnero:
        keys = (f"c{n}" for n in range(1000))
        with pytest.raises(ServerError) as caught:
            if many:
                await partnero.customers.get_many(keys, concurrency=3)
            else:
                async with partnero.customers.stream(keys, concurrency=3) as outcomes:
                    assert {type(outcome) async for outcome in outcomes} == {Failed}
    told = str(caught.value)
    assert "the run stopped after 50 failures in a row, the last of them a ServerError: Oops." in told
    assert caught.value.status == 502


async def test_failures_of_server_and_network_count_together() -> None:
    async with Script(
        httpx.Response(500), httpx.ConnectError("refused"), httpx.Response(503), {"data": {}}
    ).client(retries=0) as partnero:
        with pytest.raises(ServerError, match="after 3 failures"):
            await partnero.customers.get_many(["a", "b", "c", "d"], concurrency=1, stop_after=3)


async def test_an_answer_that_is_not_partneros_own_is_no_failure_to_answer() -> None:
    refusals = [httpx.Response(500), httpx.Response(403, text="firewall")] * 5
    async with Script(*refusals).client(retries=0) as partnero:
        batch = await partnero.customers.get_many([f"c{n}" for n in range(10)], concurrency=1, stop_after=2)
    assert len(batch.failed) == 10


async def test_maintenance_with_an_end_slows_a_run_and_fails_no_key() -> None:
    asked = 0

    async def serve(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        await anyio.sleep(0.1)
        if anyio.current_time() < began + 100:
            return httpx.Response(503, headers={"Retry-After": "60"})
        return httpx.Response(200, json=customer_json(key_of(request)))

    async with scripted(serve, retries=0, deadline=5) as partnero:
        began = anyio.current_time()
        batch = await partnero.customers.get_many([f"c{n}" for n in range(100)], concurrency=10)
    assert len(batch.found) == 100
    assert asked <= 100 + 10 + 1
