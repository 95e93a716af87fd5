"""Whatever is sent, the answer is a refusal and never a 500."""

import httpx
import pytest

from partnero_async.sandbox import ROUTES

from .clients import add_customer, customer_path

pytestmark = pytest.mark.asyncio

_NOT_JSON = [
    b"{",
    b"nope",
    b"\xff\xfe",
    b'{"key": "\xff"}',
    b'{"key": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"amount": NaN}',
    b'{"amount": -Infinity}',
    b'{"amount": 1e99999999999999999999}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 600 + b"]" * 600,
    b'{"key": "a"} trailing',
    b"\x00",
]
_NOT_AN_OBJECT = [b"null", b"1", b"true", b'"text"', b"[1]", b"[[]]", b"1e400"]
_ODD_OBJECTS = [
    b"{}",
    b"[]",
    b'{"key": null, "partner": null, "customer": null, "options": null, "update": null}',
    b'{"key": [], "partner": [], "customer": [], "options": [], "update": []}',
    b'{"key": 1, "partner": 1, "customer": 1, "options": 1, "update": 1, "tags": 1, "email": 1}',
    b'{"key": {}, "partner": {"key": {}}, "customer": {"key": {}}, "update": {"key": {}, "tags": {}}}',
    b'{"key": true, "partner": {"key": true}, "customer": {"partner": true}, "amount": true}',
    b'{"customer": {"key": "x", "partner": []}, "options": {"create_customer": {}}, "amount": 1}',
    b'{"amount": ' + b"9" * 5000 + b', "limit": ' + b"9" * 5000 + b', "created_at": ' + b"9" * 5000 + b"}",
    b'{"amount": 1e999999, "limit": 1e999999, "page": 1e999999, "created_at": 1e999999}',
    b'{"key": "\\u0000", "email": "@", "tags": [null, 1, []], "sort": {}, "partner_key": [], "page": {}}',
    b'{"limit": true, "page": false, "sort": 1, "key": 1.5}',
]
_ASKED = [(route.method, route.template.replace("{key}", "x").replace("{id}", "x")) for route in ROUTES]


@pytest.mark.parametrize(("method", "path"), _ASKED)
@pytest.mark.parametrize("body", _NOT_JSON, ids=lambda body: repr(body[:12]))
async def test_what_is_not_json_is_400(api: httpx.AsyncClient, method: str, path: str, body: bytes) -> None:
    response = await api.request(method, path, content=body)
    assert response.status_code == 400
    assert response.json() == {"status": 0, "message": "The request body is not valid JSON."}


@pytest.mark.parametrize(("method", "path"), _ASKED)
@pytest.mark.parametrize("body", _NOT_AN_OBJECT, ids=repr)
async def test_json_that_is_no_object_is_400(
    api: httpx.AsyncClient, method: str, path: str, body: bytes
) -> None:
    response = await api.request(method, path, content=body)
    assert response.status_code == 400


@pytest.mark.parametrize(("method", "path"), _ASKED)
@pytest.mark.parametrize("body", _ODD_OBJECTS, ids=lambda body: repr(body[:30]))
async def test_odd_objects_are_answered_and_never_with_a_500(
    api: httpx.AsyncClient, method: str, path: str, body: bytes
) -> None:
    await add_customer(api, "x")
    response = await api.request(method, path, content=body)
    assert response.status_code < 500
    assert response.json()["status"] == (1 if response.is_success else 0)


@pytest.mark.parametrize(
    "text", ["nul\x00inside", "'; DROP TABLE customers; --", "\u2028", '\\"', "\x7f", "\r\n"]
)
async def test_odd_characters_come_back_as_they_were_sent(api: httpx.AsyncClient, text: str) -> None:
    await add_customer(api, f"key {text}", name=text, tags=[text])
    record = (await api.get(customer_path(f"key {text}"))).json()["data"]
    assert (record["key"], record["name"], record["tags"]) == (f"key {text}", text, [{"value": text}])


@pytest.mark.parametrize(
    "query", ["%ff=%fe", "=", "&&&", "[]=1", "partner[key][]=1", "a" * 10_000, "sort[]=asc"]
)
async def test_odd_queries_are_answered(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.get(f"/customers?{query}")).status_code == 200


async def test_a_number_of_thousands_of_digits_is_a_bad_amount_and_good_json(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    body = b'{"customer": {"key": "customer_1"}, "amount": ' + b"9" * 5000 + b"}"
    response = await api.post("/transactions", content=body)
    assert response.json()["errors"].keys() == {"amount"}


async def test_of_duplicate_fields_the_last_wins(api: httpx.AsyncClient) -> None:
    body = b'{"key": "first", "key": "second", "partner": {"key": "ref_001"}}'
    assert (await api.post("/customers", content=body)).json()["data"]["key"] == "second"
