"""What happens in a program is told to whoever subscribed to it: each event by the call that causes it."""

import json
from typing import Any, NamedTuple

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import API_KEY, REFERRAL_API_KEY, add_customer, bare_client
from .test_webhooks import EVENTS

pytestmark = pytest.mark.asyncio

_KEYS = {"affiliate": API_KEY, "referral": REFERRAL_API_KEY, "newsletter": "sandbox_newsletter"}
# No call approves a partner or turns one down: here they are approved from the start.
_WITHOUT_A_CALL = {"partner.approved", "partner.rejected"}


class _Cause(NamedTuple):
    """A call, those that come before it, and where the record of each event that it causes is read."""

    kind: str
    before: list[tuple[str, str, Any]]
    call: tuple[str, str, Any]
    events: list[tuple[str, str]]


_PARTNER = ("POST", "/partners", {"id": "new", "key": "key", "email": "new@example.com"})
_CUSTOMER = ("POST", "/customers", {"key": "ada", "partner": {"id": "partner_001"}})
_SALE = ("POST", "/transactions", {"key": "sale", "amount": "29.99", "customer": {"key": "ada"}})
_LEAD = ("POST", "/leads", {"name": "Ada", "email": "ada@example.com", "partner": {"id": "partner_001"}})
_CONVERSION = {"id": 1, "commission_transaction_amount": 5}

_ALICE = ("POST", "/customers", {"id": "alice", "key": "ref_alice"})
_BOB = ("POST", "/customers", {"id": "bob", "referring_customer": {"id": "alice"}})
_BOUGHT = ("POST", "/transactions", {"key": "sale", "amount": 50, "customer": {"id": "bob"}})

_READER = ("POST", "/subscribers", {"id": "reader", "email": "reader@example.com"})
_BROUGHT = ("POST", "/subscribers", {"email": "b@example.com", "referral": {"id": "reader"}})
_REWARD = ("POST", "/rewards", {"name": "Mug", "subscribers_count": 1})

_CAUSES = [
    _Cause("affiliate", [], _PARTNER, [("partner.created", "/partners/new")]),
    _Cause("affiliate", [], ("POST", "/partner", _PARTNER[2]), [("partner.created", "/partners/new")]),
    _Cause(
        "affiliate",
        [_PARTNER],
        ("PUT", "/partners/new", {"name": "Ada"}),
        [("partner.updated", "/partners/new")],
    ),
    _Cause(
        "affiliate",
        [_PARTNER],
        ("PUT", "/partners", {"key": "key", "update": {"name": "Ada"}}),
        [("partner.updated", "/partners/new")],
    ),
    _Cause(
        "affiliate", [_PARTNER], ("DELETE", "/partners/new", None), [("partner.deleted", "/partners/new")]
    ),
    _Cause(
        "affiliate",
        [_PARTNER],
        ("DELETE", "/partners", {"key": "key"}),
        [("partner.deleted", "/partners/new")],
    ),
    _Cause(
        "affiliate",
        [_PARTNER],
        ("POST", "/partners/new/archive", None),
        [("partner.archived", "/partners/new")],
    ),
    _Cause(
        "affiliate",
        [_PARTNER, ("POST", "/partners/new/archive", None)],
        ("POST", "/partners/new/revoke-archive", None),
        [("partner.updated", "/partners/new")],
    ),
    _Cause("affiliate", [], _CUSTOMER, [("customer.created", "/customers/ada")]),
    _Cause(
        "affiliate",
        [],
        ("POST", "/customers", {**_CUSTOMER[2], "transaction": {"key": "sale", "amount": 1}}),
        [("customer.created", "/customers/ada"), ("transaction.created", "/transactions/sale")],
    ),
    _Cause(
        "affiliate",
        [_CUSTOMER],
        ("PUT", "/customers/ada", {"name": "Ada"}),
        [("customer.updated", "/customers/ada")],
    ),
    _Cause(
        "affiliate",
        [_CUSTOMER],
        ("POST", "/customers/ada/archive", None),
        [("customer.updated", "/customers/ada")],
    ),
    _Cause(
        "affiliate",
        [_CUSTOMER, ("POST", "/customers/ada/archive", None)],
        ("POST", "/customers/ada/revoke-archive", None),
        [("customer.updated", "/customers/ada")],
    ),
    _Cause(
        "affiliate",
        [_CUSTOMER],
        ("DELETE", "/customers", {"key": "ada"}),
        [("customer.deleted", "/customers/ada")],
    ),
    _Cause("affiliate", [_CUSTOMER], _SALE, [("transaction.created", "/transactions/sale")]),
    _Cause(
        "affiliate",
        [],
        (
            "POST",
            "/transactions",
            {**_SALE[2], "customer": _CUSTOMER[2], "options": {"create_customer": True}},
        ),
        [("customer.created", "/customers/ada"), ("transaction.created", "/transactions/sale")],
    ),
    _Cause(
        "affiliate",
        [_CUSTOMER],
        (
            "POST",
            "/transactions",
            {
                "customer": {"key": "ada"},
                "transactions": [{"key": "a", "amount": 1}, {"key": "b", "amount": 2}],
            },
        ),
        [("transaction.created", "/transactions/a"), ("transaction.created", "/transactions/b")],
    ),
    _Cause(
        "affiliate",
        [_CUSTOMER, _SALE],
        ("DELETE", "/transactions/sale", None),
        [("transaction.deleted", "/transactions/sale")],
    ),
    _Cause(
        "affiliate",
        [_CUSTOMER, _SALE],
        ("DELETE", "/transactions", {"key": "sale"}),
        [("transaction.deleted", "/transactions/sale")],
    ),
    _Cause("affiliate", [], _LEAD, [("lead.submitted", "/leads/1")]),
    _Cause(
        "affiliate",
        [_LEAD],
        ("GET", "/leads/reject?id=1", None),
        [("lead.rejected", "/leads/1")],
    ),
    _Cause("referral", [], _ALICE, [("customer.created", "/customers/alice")]),
    _Cause(
        "referral",
        [],
        ("POST", "/customers:invite", {"email": "eve@example.com"}),
        [("customer.created", "/customers/eve@example.com")],
    ),
    _Cause(
        "referral",
        [_ALICE],
        ("PUT", "/customers/alice", {"name": "Alice"}),
        [("customer.updated", "/customers/alice")],
    ),
    _Cause(
        "referral",
        [_ALICE],
        ("POST", "/customers/alice/archive", None),
        [("customer.updated", "/customers/alice")],
    ),
    _Cause(
        "referral",
        [_ALICE],
        ("DELETE", "/customers/alice", None),
        [("customer.deleted", "/customers/alice")],
    ),
    _Cause(
        "referral",
        [_ALICE, _BOB],
        _BOUGHT,
        [("transaction.created", "/transactions/sale"), ("customer.rewarded", "/customers/alice")],
    ),
    _Cause(
        "referral",
        [_ALICE],
        ("POST", "/transactions", {**_BOUGHT[2], "customer": {"id": "alice"}}),
        [("transaction.created", "/transactions/sale")],
    ),
    _Cause(
        "referral",
        [_ALICE],
        ("POST", "/customers", {**_BOB[2], "transaction": {"key": "sale", "amount": 1}}),
        [
            ("customer.created", "/customers/bob"),
            ("transaction.created", "/transactions/sale"),
            ("customer.rewarded", "/customers/alice"),
        ],
    ),
    _Cause(
        "referral",
        [_ALICE, _BOB, _BOUGHT],
        ("POST", "/customers/alice/balance/credit", {"amount": 10}),
        [("customer.credited", "/customers/alice")],
    ),
    _Cause(
        "referral",
        [_ALICE, _BOB, _BOUGHT],
        ("DELETE", "/transactions/sale", None),
        [("transaction.deleted", "/transactions/sale")],
    ),
    _Cause("newsletter", [], _READER, [("subscriber.created", "/subscribers/reader")]),
    _Cause(
        "newsletter",
        [_READER],
        ("PUT", "/subscribers", {"id": "reader", "update": {"name": "Ada"}}),
        [("subscriber.updated", "/subscribers/reader")],
    ),
    _Cause(
        "newsletter",
        [_READER],
        ("DELETE", "/subscribers", {"id": "reader"}),
        [("subscriber.deleted", "/subscribers/reader")],
    ),
    _Cause(
        "newsletter",
        [_REWARD, _READER],
        _BROUGHT,
        [
            ("subscriber.created", "/subscribers/b@example.com"),
            ("subscriber.rewarded", "/subscribers/reader"),
        ],
    ),
]
# The customer that a lead becomes has a key which is made up.
_CONVERTED = ["customer.created", "transaction.created", "lead.converted"]


async def _call(api: httpx.AsyncClient, method: str, path: str, body: Any) -> None:
    response = await api.request(method, path, json=body)
    assert response.is_success, response.text


async def _subscribe(api: httpx.AsyncClient, events: list[str], **fields: Any) -> Any:
    body = {"name": "Hook", "url": "http://localhost/hook", "events": events, **fields}
    response = await api.post("/webhooks", json=body)
    assert response.status_code == 201, response.text
    return response.json()["data"]


def _told(sandbox: Sandbox) -> list[tuple[str, Any]]:
    bodies = [json.loads(delivery.body) for delivery in sandbox.deliveries]
    return [(body["event"], body["data"]) for body in bodies]


async def _read(api: httpx.AsyncClient, path: str) -> Any:
    return (await api.get(path)).json().get("data")


@pytest.mark.parametrize("cause", _CAUSES, ids=lambda cause: f"{cause.kind} {' '.join(cause.call[:2])}")
async def test_a_call_tells_of_what_it_changed_and_shows_the_record(sandbox: Sandbox, cause: _Cause) -> None:
    async with bare_client(sandbox, _KEYS[cause.kind]) as api:
        for call in cause.before:
            await _call(api, *call)
        await _subscribe(api, EVENTS[cause.kind])
        before = [await _read(api, path) for _, path in cause.events]
        await _call(api, *cause.call)
        after = [await _read(api, path) for _, path in cause.events]
    records = [
        old if event.endswith(".deleted") else new
        for (event, _), old, new in zip(cause.events, before, after, strict=True)
    ]
    assert None not in records
    events = [event for event, _ in cause.events]
    assert _told(sandbox) == list(zip(events, records, strict=True))


async def test_a_lead_that_is_converted_tells_of_its_customer_and_its_sale_first(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    await _call(api, *_LEAD)
    await _subscribe(api, EVENTS["affiliate"])
    await _call(api, "POST", "/leads/convert", _CONVERSION)
    told = _told(sandbox)
    assert [event for event, _ in told] == _CONVERTED
    assert told[-1][1] == await _read(api, "/leads/1")
    key = told[0][1]["key"]
    assert told[0][1] == await _read(api, f"/customers/{key}")
    assert told[1][1]["customer"] == key


@pytest.mark.parametrize("kind", _KEYS)
async def test_every_event_of_a_program_has_a_call_that_causes_it(kind: str) -> None:
    caused = {event for cause in _CAUSES if cause.kind == kind for event, _ in cause.events}
    converted = _CONVERTED if kind == "affiliate" else []
    assert caused.union(converted) == set(EVENTS[kind]) - _WITHOUT_A_CALL


async def test_each_reward_that_is_reached_at_once_is_told_of(sandbox: Sandbox) -> None:
    async with bare_client(sandbox, _KEYS["newsletter"]) as api:
        await _subscribe(api, ["subscriber.rewarded"])
        for call in (_REWARD, _REWARD, _READER, _BROUGHT):
            await _call(api, *call)
    assert [len(data["reward"]) for _, data in _told(sandbox)] == [1, 2]


async def test_only_active_subscriptions_of_the_program_that_list_the_event_are_told(
    sandbox: Sandbox, api: httpx.AsyncClient, friends: httpx.AsyncClient
) -> None:
    await _subscribe(api, ["customer.created"], key="first")
    await _subscribe(api, ["customer.created", "partner.created"], key="second")
    await _subscribe(api, ["customer.created"], key="inactive", is_active=False)
    await _subscribe(api, ["customer.deleted"], key="other event")
    await _subscribe(friends, ["customer.created"], key="other program")
    await add_customer(api)
    assert [delivery.webhook_key for delivery in sandbox.deliveries] == ["first", "second"]


async def test_nothing_is_told_of_what_a_sandbox_starts_with(tmp_path: Any) -> None:
    sandbox = Sandbox(tmp_path / "state.db", customers=5, subscribers=5)
    assert sandbox.deliveries == ()
    sandbox.close()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/customers", {"key": "ada"}, 422),
        ("/customers", {"key": "ada", "partner": {"id": "nobody"}}, 400),
        ("/transactions", {"customer": {"key": "nobody"}, "amount": 1}, 422),
    ],
)
async def test_a_call_that_is_refused_tells_nobody(
    sandbox: Sandbox, api: httpx.AsyncClient, path: str, body: Any, status: int
) -> None:
    await _subscribe(api, EVENTS["affiliate"])
    assert (await api.post(path, json=body)).status_code == status
    assert sandbox.deliveries == ()


async def test_what_was_told_is_rolled_back_with_the_change(
    sandbox: Sandbox, friends: httpx.AsyncClient
) -> None:
    await _subscribe(friends, EVENTS["referral"])
    # The customer is there, and told of, before the address is found to be nobody's.
    options = {"create_customer": True, "referral_url": "https://a.example?ref=nobody"}
    sale = {"amount": 1, "customer": {"id": "new"}, "options": options}
    assert (await friends.post("/transactions", json=sale)).status_code == 422
    assert (await friends.get("/customers/new")).status_code == 404
    assert sandbox.deliveries == ()


async def test_what_a_fault_hides_from_the_caller_is_told_all_the_same(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    await _subscribe(api, ["customer.created"])
    await api.put("http://sandbox.test/_sandbox/faults", json=[{"do": "status", "after": True}])
    assert (await api.post("/customers", json=_CUSTOMER[2])).status_code == 500
    assert [event for event, _ in _told(sandbox)] == ["customer.created"]
