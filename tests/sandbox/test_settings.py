"""Free-form settings: anything in an object, kept by name."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import bare_client

pytestmark = pytest.mark.asyncio


async def _set(api: httpx.AsyncClient, settings: Any) -> Any:
    response = await api.put("/settings", json={"settings": settings})
    assert response.status_code == 200, response.text
    assert response.json()["status"] == 1
    return response.json()["data"]


async def test_settings_come_back_as_they_were_sent(api: httpx.AsyncClient) -> None:
    settings = {"theme": {"colours": ["#fff", None], "rounded": True}, "days": 30, "": "ü\x00"}
    assert await _set(api, settings) == settings


async def test_a_fraction_keeps_its_digits(api: httpx.AsyncClient) -> None:
    response = await api.put("/settings", content=b'{"settings": {"rate": 0.1000000000000000000001}}')
    assert b'"rate":0.1000000000000000000001}' in response.content


async def test_other_settings_stay_when_one_is_set(api: httpx.AsyncClient) -> None:
    await _set(api, {"a": 1, "b": {"c": 2, "d": 3}})
    assert await _set(api, {"b": {"c": 4}}) == {"a": 1, "b": {"c": 4}}


@pytest.mark.parametrize("empty", [{}, []])
async def test_no_settings_are_an_empty_array(api: httpx.AsyncClient, empty: Any) -> None:
    assert await _set(api, empty) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"settings": None},
        {"settings": ""},
        {"settings": 1},
        {"settings": "a"},
        {"settings": [1]},
        {"theme": 1},
    ],
)
async def test_without_an_object_it_is_422(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    response = await api.put("/settings", json=body)
    assert response.status_code == 422
    assert response.json()["status"] == 0
    assert response.json()["errors"].keys() == {"settings"}


async def test_settings_nested_too_deeply_are_422_and_change_nothing(api: httpx.AsyncClient) -> None:
    deep = b'{"settings": {"a": 1, "b": ' + b'{"b": ' * 500 + b"1" + b"}" * 502
    assert (await api.put("/settings", content=deep)).status_code == 422
    assert await _set(api, {}) == []


async def test_settings_nested_deeply_are_kept(api: httpx.AsyncClient) -> None:
    deep = b'{"settings": {"b": ' + b'{"b": ' * 250 + b"1" + b"}" * 252
    assert (await api.put("/settings", content=deep)).status_code == 200


async def test_each_program_of_each_type_has_its_own() -> None:
    keys: dict[str, Any] = {"a": "affiliate", "r": "referral", "l": "newsletter"}
    sandbox = Sandbox(api_keys=keys)
    for key in keys:
        async with bare_client(sandbox, key) as api:
            assert await _set(api, {key: True}) == {key: True}
    sandbox.close()


async def test_a_file_keeps_them(tmp_path: Path) -> None:
    for settings in ({"a": 1}, {"b": 2}):
        sandbox = Sandbox(tmp_path / "state.db")
        async with bare_client(sandbox) as api:
            kept = await _set(api, settings)
        sandbox.close()
    assert kept == {"a": 1, "b": 2}
