"""API keys, programs of the wrong type, unknown paths and wrong methods."""

from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import add_customer, bare_client


@pytest.mark.asyncio
async def test_the_connection_test_names_the_program(api: httpx.AsyncClient) -> None:
    response = await api.get("/test")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert len(response.json()["data"]["program"]["pub_id"]) == 8


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer unknown", "Basic sandbox_affiliate", "sandbox_affiliate", "Bearer é"],
)
async def test_a_missing_or_unknown_api_key_is_401(sandbox: Sandbox, header: str | None) -> None:
    async with bare_client(sandbox) as api:
        del api.headers["Authorization"]
        headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
        response = await api.get("/test", headers=headers)
    assert response.status_code == 401
    assert response.json() == {"status": 0, "message": "Unauthenticated."}


@pytest.mark.asyncio
async def test_each_key_is_a_program_of_its_own() -> None:
    sandbox = Sandbox(api_keys={"one": "affiliate", "two": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await add_customer(one, "customer_1", email="same@example.com")
        assert (await two.get("/customers/customer_1")).status_code == 404
        await add_customer(two, "customer_1", email="same@example.com")
        await two.delete("/customers/customer_1")
        assert (await one.get("/customers/customer_1")).status_code == 200
        assert (await one.get("/test")).json() != (await two.get("/test")).json()
    sandbox.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["referral", "newsletter"])
async def test_another_type_of_program_has_the_connection_test_and_no_affiliate_endpoints(kind: str) -> None:
    sandbox = Sandbox(api_keys={"other": kind})  # type: ignore[dict-item] # pyright: ignore[reportArgumentType]
    async with bare_client(sandbox, "other") as api:
        assert (await api.get("/test")).status_code == 200
        assert (await api.get("/partners")).status_code == 404
        assert (await api.get("/leads")).status_code == 404
    sandbox.close()


@pytest.mark.parametrize(
    "api_keys", [{}, {" ": "affiliate"}, {"schlüssel": "affiliate"}, {"a\nb": "affiliate"}]
)
def test_api_keys_that_no_header_can_carry_are_refused(api_keys: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="API key"):
        Sandbox(api_keys=api_keys)


@pytest.mark.asyncio
async def test_other_protocols_than_http_are_declined(sandbox: Sandbox) -> None:
    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing to receive")

    async def send(message: MutableMapping[str, Any]) -> None:
        raise AssertionError("nothing to send")

    with pytest.raises(NotImplementedError, match="not lifespan"):
        await sandbox.app({"type": "lifespan"}, receive, send)


def test_an_unknown_type_of_program_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'shop'"):
        Sandbox(api_keys={"key": "shop"})  # type: ignore[dict-item] # pyright: ignore[reportArgumentType]


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/nothing", "/customers/a/b/c", "/customers//archive", "/"])
async def test_an_unknown_path_is_404(api: httpx.AsyncClient, path: str) -> None:
    response = await api.get(path)
    assert response.status_code == 404
    assert response.json() == {"status": 0, "message": "Not found."}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/customers/customer_1", "DELETE, GET, PUT"),
        ("PATCH", "/customers", "DELETE, GET, POST, PUT"),
        ("GET", "/customers/customer_1/archive", "POST"),
        ("POST", "/transactions/order_1", "DELETE, GET"),
        ("DELETE", "/test", "GET"),
    ],
)
async def test_a_wrong_method_is_405_and_names_the_right_ones(
    api: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await api.request(method, path)
    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    assert response.json()["status"] == 0
