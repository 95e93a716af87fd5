"""Whatever is sent, the answer is a refusal and never a 500."""

import asyncio
import json
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.calls import ProgramType
from partnero_async.sandbox.nouns import ROUTES
from partnero_async.sandbox.routing import Route

from ..profiles import at_length
from .clients import add_customer, bare_client, customer_path

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
    b'{"referring_customer": 1, "metadata": 1, "transaction": 1, "personalization": 1, "is_currency": 2}',
    b'{"referring_customer": {"id": {}, "key": []}, "metadata": {"date_of_birth": {}}, "email": "a@b"}',
    b'{"amount": "1e30", "amount_units": [], "is_currency": "", "metadata": {"date_of_birth": "0"}}',
    b'{"limit": true, "page": false, "sort": 1, "key": 1.5}',
]


def _path(route: Route) -> str:
    """The path of the record that `_add_records` makes."""
    return re.sub(r"{\w+}", "x", route.template.replace("{id}", "1"))


_ASKED = sorted({(kind, route.method, _path(route)) for route in ROUTES for kind in route.programs})
_EVERY_PATH = pytest.mark.parametrize(("kind", "method", "path"), _ASKED)
_WEBHOOK = {"key": "x", "name": "x", "url": "http://127.0.0.1:9/"}
_COUPONS: list[tuple[str, dict[str, Any]]] = [
    (
        "/coupons",
        {
            "uuid_code": "x",
            "coupon_discount_type": "percent",
            "coupon_discount_amount": 1,
            "coupon_duration_type": "once",
        },
    ),
    ("/promotion-codes", {"code": "x", "coupon_uuid": "x"}),
]
# A record for every path of `_ASKED`, by the type of the program.
_RECORDS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "affiliate": [
        ("/partners", {"id": "1", "key": "one", "email": "one@example.com"}),
        ("/partners/1/revoke-archive", {}),
        ("/partner_referral_links", {"key": "1", "partner": {"id": "1"}}),
        ("/customers", {"key": "x", "partner": {"id": "1"}}),
        ("/transactions", {"key": "x", "amount": 1, "customer": {"key": "x"}}),
        ("/leads", {"name": "X", "email": "x@example.com", "partner": {"id": "1"}}),
        ("/webhooks", {**_WEBHOOK, "events": ["partner.created"]}),
        (
            "/payout_requests",
            {
                "partner": {"id": "1"},
                "amount_units": "usd",
                "gateway": "paypal",
                "payout_settings": {"username": "one@example.com"},
            },
        ),
        *_COUPONS,
    ],
    "referral": [
        ("/customers", {"id": "1", "key": "one", "email": "one@example.com"}),
        ("/customers/1/revoke-archive", {}),
        ("/customers", {"id": "x", "referring_customer": {"id": "1"}}),
        ("/customer_referral_links", {"key": "1", "customer": {"id": "1"}}),
        ("/transactions", {"key": "x", "amount": 1, "customer": {"id": "x"}}),
        ("/webhooks", {**_WEBHOOK, "events": ["customer.created"]}),
        *_COUPONS,
    ],
    "newsletter": [
        ("/webhooks", {**_WEBHOOK, "events": ["subscriber.created"]}),
        ("/subscribers", {"id": "1", "email": "one@example.com"}),
        ("/rewards", {"name": "x"}),
        *_COUPONS,
    ],
}


def _client(sandbox: Sandbox, kind: str) -> httpx.AsyncClient:
    return bare_client(sandbox, f"sandbox_{kind}")


async def _add_records(api: httpx.AsyncClient, kind: str) -> None:
    """Add what is not there; what is still there is refused, what is archived restored."""
    for path, body in _RECORDS[kind]:
        await api.post(path, json=body)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", _RECORDS)
async def test_there_is_a_record_for_every_path(sandbox: Sandbox, kind: str) -> None:
    async with _client(sandbox, kind) as api:
        await _add_records(api, kind)
        for asked, method, path in _ASKED:
            if method == "GET" and asked == kind:
                assert (await api.get(path)).status_code != 404, path


@pytest.mark.asyncio
@_EVERY_PATH
async def test_what_is_not_json_is_400(sandbox: Sandbox, kind: str, method: str, path: str) -> None:
    async with _client(sandbox, kind) as api:
        for body in _NOT_JSON:
            response = await api.request(method, path, content=body)
            assert response.status_code == 400, body[:20]
            assert response.json() == {"status": 0, "message": "The request body is not valid JSON."}


@pytest.mark.asyncio
@_EVERY_PATH
async def test_json_that_is_no_object_is_400(sandbox: Sandbox, kind: str, method: str, path: str) -> None:
    async with _client(sandbox, kind) as api:
        for body in _NOT_AN_OBJECT:
            assert (await api.request(method, path, content=body)).status_code == 400, body


@pytest.mark.asyncio
@_EVERY_PATH
async def test_odd_objects_are_answered_and_never_with_a_500(
    sandbox: Sandbox, kind: str, method: str, path: str
) -> None:
    async with _client(sandbox, kind) as api:
        await _add_records(api, kind)
        for body in _ODD_OBJECTS:
            await _send(api, kind, method, path, body)


async def _send(api: httpx.AsyncClient, kind: str, method: str, path: str, body: bytes) -> None:
    """Asks where all records are there, checks the answer, and brings back what the request took away."""
    response = await api.request(method, path, content=body)
    _check(response)
    # Neither a GET nor a refusal changes anything.
    if method != "GET" and response.is_success:
        await _add_records(api, kind)


def _check(response: httpx.Response) -> None:
    """An answer in the envelope; deleting programs, coupons and promotion codes leaves status out."""
    sent = response.request.content[:100]
    assert response.status_code < 500, sent
    body = response.json()
    assert body.get("status", 1) == (1 if response.is_success else 0), sent
    assert response.is_success or body["message"], sent
    assert ("errors" in body) is (response.status_code == 422), sent


# Names that some handler looks for, so that arbitrary values reach its checks.
_NAMES = [
    *("id", "key", "email", "name", "surname", "password", "tags", "partner", "customer", "customer_key"),
    *("referring_partner", "update", "options", "create_customer", "referral_url", "transactions"),
    *("amount", "reward", "amount_units", "action", "status", "product_id", "product_type", "rewardable"),
    *("created_at", "date", "note", "expires_in", "domain_id", "is_additional", "isAdditional"),
    *(
        "direct_tracking",
        "direct_tracking_redirect_url",
        "limit",
        "page",
        "sort",
        "partner_key",
        "partner.id",
    ),
    *(
        "cfields",
        "89",
        "commission_transaction_amount",
        "gateway",
        "payout_settings",
        "username",
        "reward_ids",
    ),
    *("recipient_type", "wallet_address", "partner_email", "url", "events", "is_active", "settings"),
    *("referring_customer", "refer_status", "metadata", "date_of_birth", "personalization", "is_currency"),
    *("transaction", "customer_id", "customer.email"),
    *("program_settings", "portal_settings", "currency", "cookie_lifetime", "website", "confirmation_code"),
]
_NAMES_OF_COUPONS = [
    *("uuid_code", "name", "active", "coupon_discount_type", "coupon_discount_amount", "limit", "page"),
    *("coupon_duration_type", "coupon_duration_value", "redemption_specific_date_status", "metadata", "sync"),
    *("redemption_specific_date_value", "redemption_times_status", "redemption_times_value", "provider"),
    *("promotion_codes", "code", "coupon", "coupon_uuid", "coupon_id", "redeem", "transaction_key", "id"),
    *("limit_to_specific_partner", "coupon_specific_partners", "minimum_order_status"),
    *("minimum_order_value", "expiration_date_status", "expiration_date_value"),
]
_NAMES_OF_NEWSLETTERS = [
    *("id", "identifier", "email", "name", "update", "referral", "refer_status", "tos", "marketing_consent"),
    *("status", "approved", "limit", "page", "sort", "description", "subscribers_count"),
    *("fulfillment_type", "fulfillment_value"),
]
# Texts that mean something to some handler.
_TEXTS = [
    *("", "1", "x", "one", "one@example.com", "usd", "paypal", "crypto", "venmo", "wise", "requested"),
    *("percent", "static", "once", "months", "stripe", "2026-01-31", "referred", "suspended", "url_link"),
]
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.integers(0, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(_TEXTS)
)


def _names(path: str) -> list[str]:
    if path.startswith(("/coupons", "/promotion-code")):
        return _NAMES_OF_COUPONS
    return _NAMES_OF_NEWSLETTERS if path.startswith(("/subscribers", "/rewards")) else _NAMES


def _bodies(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    # As deep as any handler looks: the key of the partner of the customer of a sale.
    inner = _LEAVES | st.dictionaries(st.sampled_from(names), _LEAVES, max_size=2)
    values = (
        _LEAVES
        | st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(names) | st.text("a1", max_size=2), inner, max_size=3)
    )
    return st.dictionaries(st.sampled_from(names), values, max_size=6)


def _queries(names: list[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(names), st.text(max_size=4) | st.sampled_from(_TEXTS), max_size=4)


@_EVERY_PATH
def test_arbitrary_fields_are_answered_and_never_with_a_500(
    kind: ProgramType, method: str, path: str
) -> None:
    names = _names(path)

    @settings(max_examples=at_length(15), deadline=None, database=None, derandomize=True)
    @given(st.lists(st.tuples(_bodies(names), _queries(names)), min_size=3, max_size=8))
    def check(requests: list[tuple[dict[str, Any], dict[str, str]]]) -> None:
        asyncio.run(ask(requests))

    async def ask(requests: list[tuple[dict[str, Any], dict[str, str]]]) -> None:
        sandbox = Sandbox(partners=1, providers=["stripe"])
        async with _client(sandbox, kind) as api:
            await _add_records(api, kind)
            for body, query in requests:
                target = f"{path}?{urlencode(query, errors='replace')}"
                await _send(api, kind, method, target, json.dumps(body).encode())
        sandbox.close()

    check()


_COUPON = {
    "uuid_code": "new",
    "name": "New",
    "active": True,
    "coupon_discount_type": "percent",
    "coupon_discount_amount": 1,
    "coupon_duration_type": "days",
    "coupon_duration_value": 1,
    "redemption_specific_date_status": True,
    "redemption_specific_date_value": "2026-01-31",
    "redemption_times_status": True,
    "redemption_times_value": 1,
    "metadata": {"a": 1},
    "sync": {"provider": "stripe"},
    "promotion_codes": [{"code": "newer"}],
}
_PROMOTION_CODE = {
    "code": "new",
    "coupon_uuid": "x",
    "coupon_id": 1,
    "first_time_order": True,
    "limit_to_specific_partner": True,
    "coupon_specific_partners": {"id": "1", "full_name": "One"},
    "limit_to_specific_subscriber": True,
    "coupon_specific_subscribers": [{"id": "1", "subscriber_full_name": "One"}],
    "minimum_order_status": True,
    "minimum_order_value": 1,
    "expiration_date_status": True,
    "expiration_date_value": "2026-01-31",
    "redemption_times_status": True,
    "redemption_times_value": 1,
    "metadata": {"a": 1},
}
_SUBSCRIBER = {
    "id": "new",
    "identifier": "new",
    "email": "new@example.com",
    "name": "New",
    "tos": True,
    "marketing_consent": True,
    "approved": True,
    "status": "active",
    "referral": {"id": "1"},
}
_REWARD = {
    "name": "New",
    "description": "New",
    "subscribers_count": 1,
    "fulfillment_type": "generic_coupon",
    "fulfillment_value": "New",
}
_REDEMPTION = {"code": "x", "redeem": True, "transaction_key": "x"}
# Requests that are right, as far as they have one of these values in each of their fields.
_WHOLE: list[tuple[ProgramType, str, str, dict[str, Any]]] = [
    ("affiliate", "POST", "/coupons", _COUPON),
    ("affiliate", "PUT", "/coupons", {**_COUPON, "uuid_code": "x"}),
    ("affiliate", "DELETE", "/coupons", {"uuid_code": "x"}),
    ("affiliate", "POST", "/promotion-codes", _PROMOTION_CODE),
    ("affiliate", "PUT", "/promotion-codes", {**_PROMOTION_CODE, **_REDEMPTION}),
    ("affiliate", "DELETE", "/promotion-codes", {"code": "x", "coupon": {"uuid_code": "x"}}),
    ("newsletter", "POST", "/subscribers", _SUBSCRIBER),
    ("newsletter", "PUT", "/subscribers", {"id": "1", "email": "one@example.com", "update": _SUBSCRIBER}),
    ("newsletter", "PUT", "/subscribers", {**_SUBSCRIBER, "id": "1"}),
    ("newsletter", "DELETE", "/subscribers", {"id": "1", "email": "one@example.com"}),
    ("newsletter", "POST", "/rewards", _REWARD),
]
_ODD_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**63, 10**39, 1e300, [], {}, "", " ", "x", "0", "-1", "1e5", "é"),
    *("\x00", "x" * 101, "x" * 256, "x\n", "2026-02-30", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"),
    *([1], [[]], [{}], [None], [{"id": {}}], [{"code": []}], {"id": []}, {"data": []}, {"provider": []}),
    *({"update": {}}, {"a": {"b": {"c": [{"d": None}]}}}, {"": ""}),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("kind", "method", "path", "body"), _WHOLE)
async def test_an_odd_value_in_any_field_is_answered_and_never_with_a_500(
    sandbox: Sandbox, kind: ProgramType, method: str, path: str, body: dict[str, Any]
) -> None:
    async with _client(sandbox, kind) as api:
        await _add_records(api, kind)
        for field in body:
            for value in _ODD_VALUES:
                await _send(api, kind, method, path, json.dumps({**body, field: value}).encode())


@pytest.mark.parametrize(
    "text", ["nul\x00inside", "'; DROP TABLE customers; --", "\u2028", '\\"', "\x7f", "\r\n"]
)
@pytest.mark.asyncio
async def test_odd_characters_come_back_as_they_were_sent(api: httpx.AsyncClient, text: str) -> None:
    await add_customer(api, f"key {text}", name=text, tags=[text])
    record = (await api.get(customer_path(f"key {text}"))).json()["data"]
    assert (record["key"], record["name"], record["tags"]) == (f"key {text}", text, [{"value": text}])


@pytest.mark.parametrize(
    "query", ["%ff=%fe", "=", "&&&", "[]=1", "partner[key][]=1", "a" * 10_000, "sort[]=asc"]
)
@pytest.mark.asyncio
async def test_odd_queries_are_answered(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.get(f"/customers?{query}")).status_code == 200


@pytest.mark.asyncio
async def test_a_number_of_thousands_of_digits_is_a_bad_amount_and_good_json(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    body = b'{"customer": {"key": "customer_1"}, "amount": ' + b"9" * 5000 + b"}"
    response = await api.post("/transactions", content=body)
    assert response.json()["errors"].keys() == {"amount"}


@pytest.mark.asyncio
async def test_of_duplicate_fields_the_last_wins(api: httpx.AsyncClient) -> None:
    body = b'{"key": "first", "key": "second", "partner": {"key": "ref_001"}}'
    assert (await api.post("/customers", content=body)).json()["data"]["key"] == "second"
