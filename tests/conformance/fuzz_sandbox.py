"""Schemathesis between the sandbox and the OpenAPI description: neither may surprise the other.

``nox -s openapi`` runs it; pytest does not find it by itself. Every operation is asked with each type of
program, with data that fits the description and with data that does not. Each test has a sandbox of its own,
filled before, and about half of the cases name records that are there. The same cases are tried each time.
"""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.calls import ProgramType
from partnero_async.sandbox.server import running

PROGRAMS: tuple[ProgramType, ...] = get_args(ProgramType)
API_KEYS: Mapping[str, ProgramType] = {f"sandbox_{program}": program for program in PROGRAMS}
DESCRIPTION = json.loads(
    (Path(__file__).parents[2] / "partnero_async" / "sandbox" / "openapi.json").read_text(encoding="utf-8")
)
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION, config=schemathesis.Config.from_dict({"seed": 1}))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDS_AT = time.monotonic() + 80
"""When no further test begins; a minute is enough where nothing else runs."""


# What Laravel makes good: an update of nothing changes nothing, what is unknown is ignored.
MADE_GOOD = {"pattern", "minLength", "minProperties", "additionalProperties"}
TAKES_ANYTHING = {
    "DELETE /program": "a body without a code asks for one",
    "PUT /program": "settings of another type of program are unknown, and ignored",
    "PUT /settings": "which settings there are is not published",
}


def has(operation: Any, program: ProgramType) -> bool:
    """Whether the description says that this type of program has an operation."""
    raw = operation.definition.raw
    return program in [*raw["x-programs"], *raw.get("x-programs-unsure", [])]


Records = dict[str, list[Any]]
"""``/customers`` -> the identifiers of records that are there."""


def filled(base_url: str, program: ProgramType) -> Records:
    """What is in a program, after some of everything was added to it."""
    found: Records = {}
    headers = {"Authorization": f"Bearer sandbox_{program}"}
    with httpx.Client(base_url=base_url, headers=headers) as client:
        for path, body in TO_ADD:
            client.post(path, json=body)
        for path, operations in DESCRIPTION["paths"].items():
            if "get" in operations and "{" not in path and ":" not in path:
                answer = client.get(path)
                data = answer.json().get("data") if answer.is_success else None
                if isinstance(data, list) and data:
                    found[path] = [identifier_of(item) for item in data if isinstance(item, dict)]
    found["/partner_referral_links"] = found["/customer_referral_links"] = ["ref_fuzz"]
    return found


def identifier_of(item: Mapping[str, Any]) -> Any:
    """What names an item of a list."""
    names = ("uuid_code", "code", "id", "key", "email")
    return next(item[name] for name in names if item.get(name) is not None)


PARTNER = {"id": "partner_001"}
TO_ADD: list[tuple[str, dict[str, Any]]] = [
    ("/partner_referral_links", {"key": "ref_fuzz", "partner": PARTNER}),
    ("/leads", {"name": "Ada", "email": "ada@example.com", "partner": PARTNER}),
    ("/leads", {"name": "Bob", "email": "bob@example.com", "partner": PARTNER}),
    ("/partners/partner_001/reward", {"amount": 10}),
    (
        "/payout_requests",
        {
            "partner": PARTNER,
            "amount_units": "USD",
            "gateway": "paypal",
            "payout_settings": {"username": "a@b.co"},
        },
    ),
    ("/webhooks", {"name": "n", "url": "https://example.com", "events": ["customer.created"]}),
    ("/webhooks", {"name": "n", "url": "https://example.com", "events": ["subscriber.created"]}),
    ("/customers", {"id": "ada", "email": "ada@example.com"}),
    ("/customers", {"id": "bob", "referring_customer": {"id": "ada"}}),
    ("/transactions", {"key": "order_1", "amount": 10, "customer": {"id": "bob"}}),
    ("/customer_referral_links", {"key": "ref_fuzz", "customer": {"id": "ada"}}),
    ("/rewards", {"name": "One friend", "subscribers_count": 1}),
    ("/subscribers", {"email": "ada@example.com", "id": "ada"}),
    ("/subscribers", {"email": "bob@example.com", "referral": {"id": "ada"}}),
    (
        "/coupons",
        {
            "uuid_code": "spring",
            "coupon_discount_type": "percent",
            "coupon_discount_amount": 5,
            "coupon_duration_type": "once",
        },
    ),
    ("/promotion-codes", {"code": "SPRING", "coupon_uuid": "spring"}),
]


class Choice:
    """Decides by what a case is, so that the same case is decided alike each time."""

    def __init__(self, case: Any) -> None:
        text = f"{case.operation.label} {case.path_parameters} {case.query} {case.body}"
        self._number = zlib.crc32(text.encode("utf-8", "replace"))

    def half(self) -> bool:
        """True in about half of the cases."""
        self._number, bit = divmod(self._number, 2)
        return bool(bit)

    def of(self, items: list[Any]) -> Any:
        """One of the items."""
        self._number, index = divmod(self._number, len(items))
        return items[index]


def named_by_what_is_there(case: Any, records: Records) -> None:
    """Names records that are there in about half of the cases, where a name is right as far as it goes."""
    choice = Choice(case)
    noun = f"/{case.path.split('/')[1]}"
    components = case.meta.components
    for name in case.path_parameters or {}:
        mode = components[ParameterLocation.PATH].mode if ParameterLocation.PATH in components else None
        if mode is GenerationMode.POSITIVE and records.get(noun) and choice.half():
            case.path_parameters[name] = choice.of(records[noun])
    if case.meta.generation.mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
        name_within(case.body, records, choice)


def name_within(body: dict[str, Any], records: Records, choice: Choice) -> None:
    """The same for the references in a body."""
    for field, noun, by in REFERENCES:
        if (
            isinstance(body.get(field), dict)
            and len(body[field]) == 1
            and records.get(noun)
            and choice.half()
        ):
            body[field] = {by: choice.of(records[noun])}
    for field, noun in NAMES.items():
        if isinstance(body.get(field), str) and records.get(noun) and choice.half():
            body[field] = choice.of(records[noun])
    if "id" in body and isinstance(body["id"], int) and records.get("/leads") and choice.half():
        body["id"] = choice.of(records["/leads"])


REFERENCES = (
    ("partner", "/partners", "id"),
    ("customer", "/customers", "key"),
    ("customer", "/customers", "id"),
    ("referring_customer", "/customers", "id"),
    ("referral", "/subscribers", "id"),
    ("coupon", "/coupons", "uuid_code"),
)
"""Objects that name a record: the field, where the records are, and by what they are named."""

NAMES = {"coupon_uuid": "/coupons", "transaction_key": "/transactions"}
"""Fields that name a record by themselves."""


class Server:
    """One server for all tests, with another sandbox for each."""

    sandbox: Sandbox

    @property
    def app(self) -> ASGIApp:
        """What is served."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the sandbox of this test."""
        await self.sandbox.app(scope, receive, send)


def must_be_refused(case: Any) -> bool:
    """Whether a body has a mistake that Laravel does not make good.

    Queries are left out: they are text, of which the empty one counts for nothing.
    """
    operation = case.operation.definition.raw
    if "requestBody" not in operation or case.operation.label in TAKES_ANYTHING:
        return False
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**schema, "components": DESCRIPTION["components"]})
    return not all(map(is_made_good, validator.iter_errors(without_empty(case.body))))


def without_empty(value: Any) -> Any:
    """A body as Laravel has it: an empty text is null there, and null is what was not given."""
    if isinstance(value, dict):
        filled = {name: without_empty(item) for name, item in value.items()}
        return {name: item for name, item in filled.items() if item not in (None, "", [], {})}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return None if isinstance(value, str) and not value.strip() else value


def is_made_good(error: ValidationError) -> bool:
    """Whether Laravel takes a value all the same."""
    if error.validator == "anyOf":
        ways = {inner.schema_path[0] for inner in error.context}
        return any(
            all(is_made_good(inner) for inner in error.context if inner.schema_path[0] == way) for way in ways
        )
    # Numbers and booleans may be written as text, and booleans as 0 and 1.
    is_number = error.validator == "type" and re.fullmatch(r"-?[0-9.]+", str(error.instance)) is not None
    return is_number or error.validator in MADE_GOOD


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Server, str]]:
    """The server, and its base URL."""
    server = Server()
    with running(cast("Sandbox", server)) as base_url:
        yield server, base_url


@pytest.fixture
def sandbox(server: tuple[Server, str]) -> Iterator[str]:
    """The base URL of a sandbox with a program of each type."""
    server[0].sandbox = Sandbox(customers=5, partners=3, api_keys=API_KEYS, control=False)
    yield server[1]
    server[0].sandbox.close()


CASES = [
    pytest.param(operation, program, mode, id=f"{operation.label}-{program}-{mode.name.lower()}")
    for program in PROGRAMS
    for operation in OPERATIONS
    for mode in GenerationMode
    # Programs of another type answer 404 whatever is sent.
    if has(operation, program) or mode is GenerationMode.POSITIVE
]


@pytest.mark.sockets
@pytest.mark.parametrize(("operation", "program", "mode"), CASES)
def test_every_answer_is_as_described(
    operation: Any, program: ProgramType, mode: GenerationMode, sandbox: str
) -> None:
    if time.monotonic() > ENDS_AT:
        pytest.skip("there is no time left for it")
    records = filled(sandbox, program)
    headers = {"Authorization": f"Bearer sandbox_{program}"}

    @settings(
        max_examples=10 if has(operation, program) else 1,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        named_by_what_is_there(case, records)
        response = case.call(base_url=sandbox, headers=headers)
        checks = [*CHECKS, negative_data_rejection] if must_be_refused(case) else CHECKS
        case.validate_response(response, checks=checks, headers=headers)

    ask()
