"""The description that a sandbox gives of the API."""

import json
from pathlib import Path

import httpx
import pytest

from partnero_async.sandbox import Sandbox, sandbox

pytestmark = pytest.mark.asyncio

_WRITTEN = json.loads(Path(sandbox.__file__).with_name("openapi.json").read_text(encoding="utf-8"))


def _stranger(sandbox: Sandbox) -> httpx.AsyncClient:
    """A client without an API key."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox.test:8200")


async def test_a_stranger_gets_the_description_as_json(sandbox: Sandbox) -> None:
    async with _stranger(sandbox) as client:
        response = await client.get("/openapi.json")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert {**response.json(), "servers": None} == {**_WRITTEN, "servers": None}


async def test_it_names_itself_first_as_the_server(sandbox: Sandbox) -> None:
    async with _stranger(sandbox) as client:
        servers = (await client.get("/openapi.json")).json()["servers"]
    assert servers[0]["url"] == "http://sandbox.test:8200/v1"
    assert servers[1:] == _WRITTEN["servers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_it_can_only_be_read(sandbox: Sandbox, method: str) -> None:
    async with _stranger(sandbox) as client:
        response = await client.request(method, "/openapi.json")
    assert (response.status_code, response.headers["allow"]) == (405, "GET")


async def test_reading_it_is_not_counted(sandbox: Sandbox) -> None:
    async with _stranger(sandbox) as client:
        await client.get("/openapi.json")
    assert sandbox.stats.requests == 0
