"""The OpenAPI description is up to date, valid, and agrees with what is sent and answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from partnero_async._http.endpoint import Endpoint
from partnero_async.records._json import loads
from partnero_async.resources._registry import all_endpoints, find_endpoint
from partnero_async.sandbox import sandbox

from ..resources.scripts import Script
from .examples import text_of
from .test_requests import EXAMPLES, Example
from .test_responses import EXAMPLES as ANSWERED
from .test_responses import Example as Answered

ROOT = Path(__file__).parent.parent.parent
FILE = Path(sandbox.__file__).with_name("openapi.json")
DESCRIPTION: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def without_names(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


OPERATIONS: dict[tuple[str, str], dict[str, Any]] = {
    (method.upper(), without_names(path)): operation
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
}


# Printed answers that no example of a call is told to become a record of.
ANSWERED_ELSEWHERE = [
    ("program_referral", "GET", "/program"),
    ("program_newsletter", "GET", "/program"),
    ("program_updated", "PUT", "/program"),
    ("program_deleted", "DELETE", "/program"),
    *(
        ("done", *at)
        for at, operation in OPERATIONS.items()
        if "schemas/Done" in json.dumps(operation["responses"]["200"])
    ),
    ("promotion_code_deleted", "DELETE", "/promotion-codes"),
]


def operation_of(endpoint: Endpoint[Any]) -> dict[str, Any]:
    return OPERATIONS[endpoint.method, without_names(endpoint.path)]


def operation_asked(example: Example) -> dict[str, Any]:
    endpoint = find_endpoint(example.said.method, tuple(example.said.path[1:].split("/")))
    assert endpoint
    return operation_of(endpoint)


def check(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value."""
    validator = Draft202012Validator({**schema, "components": DESCRIPTION["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(plain(value))]


def plain(value: Any) -> Any:
    """A JSON value with the numbers that a validator knows."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def body_schema(operation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return found


def answer_schemas(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield answer["content"]["application/json"]["schema"]


def read(text: str, schema: dict[str, Any]) -> Any:
    """A value of a query, as its schema means it."""
    kinds = json.dumps(schema)
    if '"integer"' in kinds and re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if '"number"' in kinds and re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def query_errors(operation: dict[str, Any], query: dict[str, str]) -> list[str]:
    known = {
        parameter["name"]: parameter
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    unknown = [f"{name} is not described" for name in query if name not in known]
    missing = [f"{name} is missing" for name, one in known.items() if one["required"] and name not in query]
    wrong = [
        error
        for name, text in query.items()
        if name in known
        for error in check(known[name]["schema"], read(text, known[name]["schema"]))
    ]
    return unknown + missing + wrong


def answer_errors(operation: dict[str, Any], name: str) -> list[str]:
    """What is wrong with a printed answer."""
    return [error for schema in answer_schemas(operation) for error in check(schema, loads(text_of(name)))]


@cache
def generator() -> dict[str, Any]:
    return run_path(str(ROOT / "docs" / "openapi.py"))


def test_the_file_is_what_would_be_written() -> None:
    assert FILE.read_text(encoding="utf-8") == generator()["text"](), "run python docs/openapi.py"


def test_it_is_openapi_3_1() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DESCRIPTION).iter_errors()] == []


def test_every_declared_endpoint_is_described_and_nothing_else() -> None:
    declared = {(endpoint.method, without_names(endpoint.path)) for endpoint in all_endpoints()}
    assert set(OPERATIONS) == declared


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_every_schema_is_used() -> None:
    used = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(DESCRIPTION)))
    assert used == set(DESCRIPTION["components"]["schemas"])


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_example_of_a_request_fits(example: Example) -> None:
    operation = operation_asked(example)
    assert query_errors(operation, dict(example.said.query)) == []
    if example.said.body is None:
        assert not operation.get("requestBody", {}).get("required")
    else:
        assert check(body_schema(operation), example.said.body) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("example", ANSWERED, ids=str)
async def test_every_printed_answer_fits_the_operations_that_give_it(example: Answered) -> None:
    script = Script(text_of(example.name))
    async with script.client() as partnero:
        await example.call(partnero)
    endpoint = find_endpoint(script.last.method, tuple(script.last.path[1:].split("/")))
    assert endpoint
    assert answer_errors(operation_of(endpoint), example.name) == []


@pytest.mark.parametrize(("name", "method", "path"), ANSWERED_ELSEWHERE)
def test_every_other_printed_answer_fits(name: str, method: str, path: str) -> None:
    assert answer_errors(OPERATIONS[method, path], name) == []


def test_no_printed_answer_is_left_out() -> None:
    files = {path.stem for path in (Path(__file__).parent / "examples").glob("*.json")}
    assert {example.name for example in ANSWERED} | {name for name, *_ in ANSWERED_ELSEWHERE} == files


NOT_TO_BE_SENT = [
    ("POST", "/transactions", {"customer": {"key": "c"}, "amount": "9.99"}),
    ("POST", "/transactions", {"customer": {"key": "c"}}),
    ("POST", "/transactions", {"customer": {"key": "c"}, "transactions": []}),
    ("POST", "/transactions", {"customer": {"key": "c"}, "transactions": [{"key": "t"}]}),
    ("POST", "/transactions", {"customer": {"name": "n"}, "amount": 1, "options": {"create_customer": True}}),
    ("POST", "/partners", {"name": "Ada"}),
    ("POST", "/partners", {"email": " "}),
    ("POST", "/partners", {"email": "a@b.co", "password": "short1A"}),
    ("POST", "/partners", {"email": "a@b.co", "password": "no digits At all"}),
    ("POST", "/partners", {"email": "a@b.co", "tags": "new"}),
    ("POST", "/partners", {"email": "a@b.co", "referring_partner": "p"}),
    ("POST", "/partners/{}/reward", {"amount": 0}),
    ("POST", "/partners:sign-in-url", {"key": "r", "expires_in": 29}),
    # A key alone fits a refer-a-friend program.
    ("POST", "/customers", {"key": "c", "partner": "p", "email": 5}),
    ("POST", "/customers", {"referring_customer": "ref_123"}),
    ("POST", "/subscribers", {"name": "Ada"}),
    ("POST", "/coupons", {"coupon_discount_type": "percent", "coupon_discount_amount": "25"}),
    ("PUT", "/promotion-codes", {"redeem": True}),
    ("POST", "/leads/convert", {"id": "44", "commission_transaction_amount": 1}),
    ("POST", "/payout_requests", {"partner": {"id": "p"}, "amount_units": "usd", "gateway": "cheque"}),
    ("POST", "/payout_requests", {"partner": {"id": "p"}, "amount_units": "usd", "gateway": "paypal"}),
    ("POST", "/payout_requests", {"partner": {"id": "p"}, "amount_units": "usd", "reward_ids": []}),
    ("POST", "/webhooks", {"name": "n", "url": "ftp://a.b", "events": ["partner.created"]}),
    ("POST", "/webhooks", {"name": "n", "url": "https://a.b", "events": []}),
    ("PUT", "/customers/{}", {"update": {}}),
    ("PUT", "/customers/{}", {"name": "Ada"}),
    ("PUT", "/partners", {"update": {"name": "Ada"}}),
    ("PUT", "/partner_referral_links/{}", {"domain_id": 8}),
    ("PUT", "/program", {"program_settings": {"currency": "EURO"}}),
    ("PUT", "/program", {"program_settings": {"cookie_lifetime": 0}}),
    ("PUT", "/program", {"portal_settings": {"widget_enabled": "yes"}}),
    ("DELETE", "/transactions", {"id": "t"}),
]


@pytest.mark.parametrize(("method", "path", "body"), NOT_TO_BE_SENT, ids=str)
def test_a_wrong_body_is_refused(method: str, path: str, body: dict[str, Any]) -> None:
    assert check(body_schema(OPERATIONS[method, path]), body) != []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/customers", {"sort": "newest"}),
        ("/customers", {"limit": "0"}),
        ("/customers", {"limit": "251"}),
        ("/customers", {"limit": "ten"}),
        ("/customers", {"page": "0"}),
        ("/customers", {"partner_key": ""}),
        ("/customers", {"partner_id": "p"}),
        ("/leads/convert", {"id": "44"}),
    ],
    ids=str,
)
def test_a_wrong_query_is_refused(path: str, query: dict[str, str]) -> None:
    assert query_errors(OPERATIONS["GET", path], query) != []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("customer", {"key": None}),
        ("customer", {"tags": {}}),
        ("customer", {"created_at": 1746595968}),
        ("transaction", {"amount": "about 9"}),
        ("lead", {"id": "44a"}),
        ("lead", {"can_be_converted": 1}),
    ],
    ids=str,
)
def test_a_wrong_answer_is_refused(name: str, change: dict[str, Any]) -> None:
    answer = json.loads(text_of(name))
    answer["data"] |= change
    operation = OPERATIONS["GET", f"/{name}s/{{}}"]
    assert all(check(schema, answer) for schema in answer_schemas(operation))
