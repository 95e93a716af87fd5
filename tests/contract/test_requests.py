"""What every call sends: method, path, query and body, as the sources print them or describe them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from partnero_async import AsyncPartnero, NewCustomer, Ref, Sale
from partnero_async.inputs import Crypto, PayPal, Venmo, Wise
from partnero_async.resources._registry import all_endpoints, find_endpoint

from ..resources.scripts import DONE, Said, Script, envelope

pytestmark = pytest.mark.asyncio

Call = Callable[[AsyncPartnero], Awaitable[Any]]

PAGE = {"limit": "100", "page": "1"}
NOON = datetime(2025, 5, 7, 12, tzinfo=UTC)
NO_ITEMS: dict[str, Any] = {"data": [], "status": 1}
# Whatever kind of record is asked for, its identity is in here; the ids of leads and payouts are numbers.
RECORD = envelope(id="x", key="x", public_id="x", domain="x", confirmation_code="x")
NUMBERED = envelope(id=1)


@attrs.frozen
class Example:
    """A call and what it sends."""

    name: str
    call: Call
    said: Said
    answer: Any

    def __str__(self) -> str:
        return self.name


def example(
    name: str,
    call: Call,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: dict[str, str] | None = None,
    answer: Any = RECORD,
) -> Example:
    return Example(name, call, Said(method, path, query or {}, body), answer)


def listed(name: str, call: Callable[[AsyncPartnero], Any], path: str, **filters: str) -> Example:
    """The first page of a list."""
    return example(name, call, "GET", path, query=PAGE | filters, answer=NO_ITEMS)


def numbered(name: str, call: Call, method: str, path: str, body: Any = None) -> Example:
    """A call about a lead or a payout request."""
    return example(name, call, method, path, body, answer=NUMBERED)


# As the sources print them, to the letter.
PRINTED = [
    example(
        "delete program, second step",
        lambda api: api.program.confirm_deletion("aB3xK9mQ"),
        "DELETE",
        "/program",
        {"confirmation_code": "aB3xK9mQ"},
    ),
    example(
        "create partner",
        lambda api: api.partners.create(
            email="john.doe@partnero.com",
            name="John",
            surname="Doe",
            id="partner_123",
            key="ref_123",
            tags=["new", "premium"],
        ),
        "POST",
        "/partners",
        {
            "email": "john.doe@partnero.com",
            "name": "John",
            "surname": "Doe",
            "id": "partner_123",
            "key": "ref_123",
            "tags": ["new", "premium"],
        },
    ),
    example(
        "update partner",
        lambda api: api.partners.update("partner_123", name="James", surname="Wilson", tags=["premium"]),
        "PUT",
        "/partners/partner_123",
        {"update": {"name": "James", "surname": "Wilson", "tags": ["premium"]}},
    ),
    example(
        "create referral link",
        lambda api: api.partner_referral_links.create(partner=Ref(id="partner_123"), key="ref_456"),
        "POST",
        "/partner_referral_links",
        {"partner": {"id": "partner_123"}, "key": "ref_456"},
    ),
    example(
        "create customer",
        lambda api: api.customers.create(
            partner=Ref(key="ref_123"),
            key="customer_123",
            email="alice.brown@partnero.com",
            name="Alice",
            surname="Brown",
            tags=["new"],
        ),
        "POST",
        "/customers",
        {
            "partner": {"key": "ref_123"},
            "key": "customer_123",
            "email": "alice.brown@partnero.com",
            "name": "Alice",
            "surname": "Brown",
            "tags": ["new"],
        },
    ),
    example(
        "update customer",
        lambda api: api.customers.update(
            "customer_123", name="Amanda", surname="Green", tags=["premium", "vip"]
        ),
        "PUT",
        "/customers/customer_123",
        {"update": {"name": "Amanda", "surname": "Green", "tags": ["premium", "vip"]}},
    ),
    example(
        "create transaction",
        lambda api: api.transactions.create(
            customer=Ref(key="customer_123"),
            key="transaction_123",
            amount=Decimal("99.99"),
            product_id="prod_123",
            product_type="monthly",
            action="sale",
        ),
        "POST",
        "/transactions",
        {
            "customer": {"key": "customer_123"},
            "key": "transaction_123",
            "amount": Decimal("99.99"),
            "product_id": "prod_123",
            "product_type": "monthly",
            "action": "sale",
        },
    ),
    example(
        "create transaction and customer",
        lambda api: api.transactions.create(
            key="transaction_456",
            amount=Decimal("50.99"),
            action="sale",
            customer=NewCustomer(
                key="customer_456",
                name="Robert",
                surname="Johnson",
                email="robert.johnson@partnero.com",
                partner=Ref(id="partner_123"),
            ),
        ),
        "POST",
        "/transactions",
        {
            "key": "transaction_456",
            "amount": Decimal("50.99"),
            "action": "sale",
            "options": {"create_customer": True},
            "customer": {
                "key": "customer_456",
                "name": "Robert",
                "surname": "Johnson",
                "email": "robert.johnson@partnero.com",
                "partner": {"id": "partner_123"},
            },
        },
    ),
    example(
        "create transactions",
        lambda api: api.transactions.create_together(
            [
                Sale(key="transaction_123_m", amount=Decimal("50.99"), action="sale"),
                Sale(key="transaction_456_m", amount=Decimal("100.99"), action="sale"),
            ],
            customer=Ref(key="customer_123"),
        ),
        "POST",
        "/transactions",
        {
            "customer": {"key": "customer_123"},
            "options": {},
            "transactions": [
                {"key": "transaction_123_m", "amount": Decimal("50.99"), "action": "sale"},
                {"key": "transaction_456_m", "amount": Decimal("100.99"), "action": "sale"},
            ],
        },
    ),
    numbered(
        "create lead",
        lambda api: api.leads.create(
            name="Alice Brown",
            email="alice.brown@partnero.com",
            partner=Ref(key="ref_123"),
            cfields={89: "Acme Inc", 91: ["feature1", "feature3"], "94": "US"},
        ),
        "POST",
        "/leads",
        {
            "name": "Alice Brown",
            "email": "alice.brown@partnero.com",
            "partner": {"key": "ref_123"},
            "cfields": {"89": "Acme Inc", "91": ["feature1", "feature3"], "94": "US"},
        },
    ),
    numbered(
        "convert lead",
        lambda api: api.leads.convert(44, commission_transaction_amount=500),
        "POST",
        "/leads/convert",
        {"id": 44, "commission_transaction_amount": 500},
    ),
    numbered("reject lead", lambda api: api.leads.reject(44), "POST", "/leads/reject", {"id": 44}),
    example(
        "convert lead by GET",
        lambda api: api.request(
            "GET", ("leads", "convert"), query={"id": 44, "commission_transaction_amount": 500}
        ),
        "GET",
        "/leads/convert",
        query={"id": "44", "commission_transaction_amount": "500"},
    ),
    example(
        "reject lead by GET",
        lambda api: api.request("GET", ("leads", "reject"), query={"id": 44}),
        "GET",
        "/leads/reject",
        query={"id": "44"},
    ),
]

# As the sources describe them.
DESCRIBED = [
    example("connection", lambda api: api.test(), "GET", "/test"),
    example("get program", lambda api: api.program.get(), "GET", "/program", answer=envelope()),
    example(
        "update program",
        lambda api: api.program.update(
            name="New name",
            website="https://new.example.com",
            program_settings={"currency": "EUR", "cookie_lifetime": 60, "onboarding_enabled": False},
            portal_settings={"google_login_enabled": True},
        ),
        "PUT",
        "/program",
        {
            "name": "New name",
            "website": "https://new.example.com",
            "program_settings": {"currency": "EUR", "cookie_lifetime": 60, "onboarding_enabled": False},
            "portal_settings": {"google_login_enabled": True},
        },
        answer=DONE,
    ),
    example(
        "delete program, first step",
        lambda api: api.program.request_deletion(),
        "DELETE",
        "/program",
        answer={"data": {"confirmation_code": "aB3xK9mQ"}},
    ),
    listed("partners", lambda api: api.partners.list(), "/partners"),
    listed("partners sorted", lambda api: api.partners.list(sort="desc"), "/partners", sort="desc"),
    example(
        "another page of partners",
        lambda api: api.partners.list(limit=25, page=3),
        "GET",
        "/partners",
        query={"limit": "25", "page": "3"},
        answer=NO_ITEMS,
    ),
    *(
        listed(
            f"search partners by {way}",
            lambda api, way=way: api.partners.search(**{way: "a+b"}),
            "/partners:search",
            **{way: "a+b"},
        )
        for way in ("id", "key", "email")
    ),
    example(
        "create the least partner",
        lambda api: api.partners.create(email="a@b.co"),
        "POST",
        "/partners",
        {"email": "a@b.co"},
    ),
    example(
        "create partner in the second tier",
        lambda api: api.partners.create(
            email="a@b.co", password="Secret123", referring_partner=Ref(email="p@q.co")
        ),
        "POST",
        "/partners",
        {"email": "a@b.co", "password": "Secret123", "referring_partner": {"email": "p@q.co"}},
    ),
    example("get partner", lambda api: api.partners.get("partner_123"), "GET", "/partners/partner_123"),
    example("get partner of an odd id", lambda api: api.partners.get("a/b"), "GET", "/partners/a%2Fb"),
    *(
        example(
            f"find partner by {way}",
            lambda api, way=way: api.partners.find(Ref(**{way: "x"})),
            "GET",
            "/partner",
            query={way: "x"},
        )
        for way in ("id", "key", "email")
    ),
    example(
        "update all of a partner by e-mail",
        lambda api: api.partners.update(
            Ref(email="a@b.co"), email="c@d.co", password="Secret123", new_key="ref_9", tags=None
        ),
        "PUT",
        "/partners",
        {
            "email": "a@b.co",
            "update": {"email": "c@d.co", "password": "Secret123", "key": "ref_9", "tags": None},
        },
    ),
    example(
        "update partner by referral key",
        lambda api: api.partners.update(Ref(key="ref_123"), tags=()),
        "PUT",
        "/partners",
        {"key": "ref_123", "update": {"tags": []}},
    ),
    example("delete partner", lambda api: api.partners.delete("p"), "DELETE", "/partners/p"),
    example(
        "delete partner by e-mail",
        lambda api: api.partners.delete(Ref(email="a@b.co")),
        "DELETE",
        "/partners",
        {"email": "a@b.co"},
    ),
    example(
        "delete partner by referral key",
        lambda api: api.partners.delete(Ref(key="r")),
        "DELETE",
        "/partners",
        {"key": "r"},
    ),
    example("archive partner", lambda api: api.partners.archive("p"), "POST", "/partners/p/archive"),
    example("restore partner", lambda api: api.partners.unarchive("p"), "POST", "/partners/p/revoke-archive"),
    example(
        "reward partner",
        lambda api: api.partners.reward("p", amount=Decimal("12.50"), date=NOON, note="thank you"),
        "POST",
        "/partners/p/reward",
        {"amount": Decimal("12.5"), "date": "2025-05-07T12:00:00.000000Z", "note": "thank you"},
    ),
    example(
        "sign a partner in",
        lambda api: api.partners.sign_in_url(Ref(email="a@b.co"), expires_in=120),
        "POST",
        "/partners:sign-in-url",
        {"email": "a@b.co", "expires_in": 120},
    ),
    listed("links of a partner", lambda api: api.partners.referral_links("p"), "/partners/p/referral_links"),
    listed(
        "domains of links",
        lambda api: api.partner_referral_links.domains(),
        "/partner_referral_links:domains",
    ),
    listed(
        "search links by id",
        lambda api: api.partner_referral_links.search(id="ref_456"),
        "/partner_referral_links:search",
        id="ref_456",
    ),
    listed(
        "search links by key",
        lambda api: api.partner_referral_links.search(key="ref_456"),
        "/partner_referral_links:search",
        key="ref_456",
    ),
    example(
        "create referral link on another domain",
        lambda api: api.partner_referral_links.create(
            partner=Ref(key="r"), key="k", domain_id=8, is_additional=True
        ),
        "POST",
        "/partner_referral_links",
        {"partner": {"key": "r"}, "key": "k", "domain_id": 8, "is_additional": True},
    ),
    example(
        "create referral link on the default domain, as the PHP client does",
        lambda api: api.partner_referral_links.create(
            partner=Ref(id="p"), key="k", domain_id=None, is_additional=False
        ),
        "POST",
        "/partner_referral_links",
        {"partner": {"id": "p"}, "key": "k", "domain_id": None, "is_additional": False},
    ),
    example(
        "get referral link",
        lambda api: api.partner_referral_links.get("ref_456"),
        "GET",
        "/partner_referral_links/ref_456",
    ),
    example(
        "update all of a referral link",
        lambda api: api.partner_referral_links.update(
            "ref_456",
            new_key="ref_457",
            domain_id=8,
            is_additional=True,
            direct_tracking=True,
            direct_tracking_redirect=True,
            direct_tracking_redirect_url="https://a.b",
        ),
        "PUT",
        "/partner_referral_links/ref_456",
        {
            "key": "ref_457",
            "domain_id": 8,
            "is_additional": True,
            "direct_tracking": True,
            "direct_tracking_redirect": True,
            "direct_tracking_redirect_url": "https://a.b",
        },
    ),
    example(
        "move a link to the default domain",
        lambda api: api.partner_referral_links.update("r", domain_id=None),
        "PUT",
        "/partner_referral_links/r",
        {"domain_id": None},
    ),
    example(
        "stop the redirect of a link",
        lambda api: api.partner_referral_links.update("r", direct_tracking_redirect_url=None),
        "PUT",
        "/partner_referral_links/r",
        {"direct_tracking_redirect_url": None},
    ),
    example(
        "delete referral link",
        lambda api: api.partner_referral_links.delete("r"),
        "DELETE",
        "/partner_referral_links/r",
    ),
    listed("customers", lambda api: api.customers.list(), "/customers"),
    listed(
        "customers of a partner",
        lambda api: api.customers.list(partner=Ref(email="a+b@c.co")),
        "/customers",
        partner_email="a+b@c.co",
    ),
    listed(
        "search customers",
        lambda api: api.customers.search(email="a@b.co"),
        "/customers:search",
        email="a@b.co",
    ),
    example("get customer", lambda api: api.customers.get("a@b.co"), "GET", "/customers/a%40b.co"),
    example(
        "update customer by key",
        lambda api: api.customers.update(Ref(key="c"), new_key="d"),
        "PUT",
        "/customers",
        {"key": "c", "update": {"key": "d"}},
    ),
    example("delete customer", lambda api: api.customers.delete("c"), "DELETE", "/customers/c"),
    example(
        "delete customer by key",
        lambda api: api.customers.delete(Ref(key="c")),
        "DELETE",
        "/customers",
        {"key": "c"},
    ),
    example("archive customer", lambda api: api.customers.archive("c"), "POST", "/customers/c/archive"),
    example(
        "restore customer", lambda api: api.customers.unarchive("c"), "POST", "/customers/c/revoke-archive"
    ),
    listed(
        "transactions of a customer",
        lambda api: api.customers.transactions("c"),
        "/customers/c/transactions",
    ),
    listed("transactions", lambda api: api.transactions.list(), "/transactions"),
    listed(
        "transactions by all filters",
        lambda api: api.transactions.list(key="t", partner=Ref(key="r"), customer=Ref(key="c"), sort="asc"),
        "/transactions",
        key="t",
        partner_key="r",
        customer_key="c",
        sort="asc",
    ),
    example("get transaction", lambda api: api.transactions.get("t"), "GET", "/transactions/t"),
    example(
        "create transaction with a reward of its own",
        lambda api: api.transactions.create(
            customer=Ref(id="c"), reward=Decimal("29.997"), created_at=1746595968
        ),
        "POST",
        "/transactions",
        {"customer": {"id": "c"}, "reward": Decimal("29.997"), "created_at": 1746595968},
    ),
    example(
        "create transaction of several products",
        lambda api: api.transactions.create(
            customer=Ref(email="a@b.co"),
            amount=1,
            product_id=(1, "b"),
            product_type=7,
            referral_url="https://a.b?aff=c",
        ),
        "POST",
        "/transactions",
        {
            "customer": {"email": "a@b.co"},
            "amount": 1,
            "product_id": [1, "b"],
            "product_type": 7,
            "options": {"referral_url": "https://a.b?aff=c"},
        },
    ),
    example(
        "create transactions of a new customer",
        lambda api: api.transactions.create_together(
            (Sale(reward=1),),
            customer=NewCustomer(key="c", tags=["vip"], created_at=NOON, name=None),
            referral_url="https://a.b?aff=c",
        ),
        "POST",
        "/transactions",
        {
            "customer": {
                "key": "c",
                "name": None,
                "tags": ["vip"],
                "created_at": "2025-05-07T12:00:00.000000Z",
            },
            "options": {"create_customer": True, "referral_url": "https://a.b?aff=c"},
            "transactions": [{"reward": 1}],
        },
    ),
    example("delete transaction", lambda api: api.transactions.delete("t"), "DELETE", "/transactions/t"),
    example(
        "delete transaction by key",
        lambda api: api.transactions.delete(Ref(key="t")),
        "DELETE",
        "/transactions",
        {"key": "t"},
    ),
    example(
        "archive transaction", lambda api: api.transactions.archive("t"), "POST", "/transactions/t/archive"
    ),
    example(
        "restore transaction",
        lambda api: api.transactions.unarchive("t"),
        "POST",
        "/transactions/t/revoke-archive",
    ),
    example("form of leads", lambda api: api.leads.form(), "GET", "/leads/details", answer=envelope()),
    listed("leads", lambda api: api.leads.list(sort="asc"), "/leads", sort="asc"),
    numbered("get lead", lambda api: api.leads.get(44), "GET", "/leads/44"),
    numbered("delete lead", lambda api: api.leads.delete(44), "DELETE", "/leads/44"),
    numbered(
        "create lead of no more than is needed",
        lambda api: api.leads.create(name="A", email="a@b.co", partner=Ref(id="p")),
        "POST",
        "/leads",
        {"name": "A", "email": "a@b.co", "partner": {"id": "p"}},
    ),
    numbered(
        "convert lead for an exact amount",
        lambda api: api.leads.convert(44, commission_transaction_amount=Decimal("19.99")),
        "POST",
        "/leads/convert",
        {"id": 44, "commission_transaction_amount": Decimal("19.99")},
    ),
    listed(
        "payout requests", lambda api: api.payout_requests.list(sort="desc"), "/payout_requests", sort="desc"
    ),
    *(
        listed(
            f"search payout requests by all conditions, the partner by {way}",
            lambda api, way=way: api.payout_requests.search(
                partner=Ref(**{way: "x"}), status="approved", amount_units="usd", sort="asc"
            ),
            "/payout_requests:search",
            status="approved",
            amount_units="usd",
            sort="asc",
            **{f"partner_{way}": "x"},
        )
        for way in ("id", "key", "email")
    ),
    numbered("get payout request", lambda api: api.payout_requests.get(7), "GET", "/payout_requests/7"),
    numbered(
        "request a payout by what the partner saved",
        lambda api: api.payout_requests.create(partner=Ref(id="p"), amount_units="usd"),
        "POST",
        "/payout_requests",
        {"partner": {"id": "p"}, "amount_units": "usd"},
    ),
    *(
        numbered(
            f"request a payout by {title}",
            lambda api, gateway=gateway: api.payout_requests.create(
                partner=Ref(key="r"), amount_units="eur", gateway=gateway
            ),
            "POST",
            "/payout_requests",
            {"partner": {"key": "r"}, "amount_units": "eur", **sent},
        )
        for title, gateway, sent in (
            (
                "PayPal",
                PayPal(username="a@b.co"),
                {"gateway": "paypal", "payout_settings": {"username": "a@b.co"}},
            ),
            (
                "PayPal with all details",
                PayPal(username="a@b.co", name="A", address="Street 1", tax_id="T1"),
                {
                    "gateway": "paypal",
                    "payout_settings": {
                        "username": "a@b.co",
                        "name": "A",
                        "address": "Street 1",
                        "tax_id": "T1",
                    },
                },
            ),
            (
                "crypto",
                Crypto(wallet_address="0xabc", type="USDT", name="A"),
                {
                    "gateway": "crypto",
                    "payout_settings": {"wallet_address": "0xabc", "type": "USDT", "name": "A"},
                },
            ),
            *(
                (
                    f"Venmo to a {way}",
                    Venmo(**{"name": "A", way: "x"}),
                    {
                        "gateway": "venmo",
                        "payout_settings": {"recipient_type": kind, way: "x", "name": "A"},
                    },
                )
                for way, kind in (("user_handle", "USER_HANDLE"), ("email", "EMAIL"), ("phone", "PHONE"))
            ),
            ("Wise", Wise(), {"gateway": "wise"}),
        )
    ),
    numbered(
        "request a payout of some rewards",
        lambda api: api.payout_requests.create(
            partner=Ref(email="a@b.co"), amount_units="usd", reward_ids=(3, 5)
        ),
        "POST",
        "/payout_requests",
        {"partner": {"email": "a@b.co"}, "amount_units": "usd", "reward_ids": [3, 5]},
    ),
    numbered(
        "approve a payout", lambda api: api.payout_requests.approve(7), "POST", "/payout_requests/7/approve"
    ),
    numbered(
        "mark a payout as paid",
        lambda api: api.payout_requests.mark_as_paid(7),
        "POST",
        "/payout_requests/7/mark_as_paid",
    ),
    example(
        "change settings",
        lambda api: api.free_form_settings.update({"theme": {"dark": True}, "rate": Decimal("1.10")}),
        "PUT",
        "/settings",
        {"settings": {"theme": {"dark": True}, "rate": Decimal("1.1")}},
    ),
    listed("webhooks", lambda api: api.webhooks.list(), "/webhooks"),
    example(
        "create webhook",
        lambda api: api.webhooks.create(
            name="Partner Notifications",
            url="https://yourcompany.com/webhooks/partnero",
            events=["partner.created", "transaction.created"],
            key="w",
            is_active=False,
        ),
        "POST",
        "/webhooks",
        {
            "name": "Partner Notifications",
            "url": "https://yourcompany.com/webhooks/partnero",
            "events": ["partner.created", "transaction.created"],
            "key": "w",
            "is_active": False,
        },
    ),
    example("get webhook", lambda api: api.webhooks.get("w"), "GET", "/webhooks/w"),
    example(
        "update all of a webhook, flat",
        lambda api: api.webhooks.update(
            "w", name="n", url="http://127.0.0.1:1", events=("reward.paid",), is_active=True
        ),
        "PUT",
        "/webhooks/w",
        {"name": "n", "url": "http://127.0.0.1:1", "events": ["reward.paid"], "is_active": True},
    ),
    example("delete webhook", lambda api: api.webhooks.delete("w"), "DELETE", "/webhooks/w"),
]
EXAMPLES = PRINTED + DESCRIBED


def booleans_in(value: Any, where: str = "") -> set[str]:
    """Where a JSON value has booleans, which Python cannot tell from 0 and 1 when it compares."""
    if isinstance(value, dict):
        return {place for name, item in value.items() for place in booleans_in(item, f"{where}.{name}")}
    if isinstance(value, list):
        return {place for index, item in enumerate(value) for place in booleans_in(item, f"{where}[{index}]")}
    return {where} if isinstance(value, bool) else set()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
async def test_a_call_sends_what_its_source_says(example: Example) -> None:
    script = Script(example.answer)
    async with script.client() as partnero:
        await example.call(partnero)
    assert script.last == example.said
    assert booleans_in(script.last.body) == booleans_in(example.said.body)
    assert len(script.requests) == 1


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
async def test_a_body_is_announced_as_json_and_nothing_is_announced_without_one(example: Example) -> None:
    script = Script(example.answer)
    async with script.client() as partnero:
        await example.call(partnero)
    headers = script.requests[0].headers
    announced = (headers.get("content-type"), headers["accept"], headers["authorization"])
    has_body = example.said.body is not None
    assert announced == ("application/json" if has_body else None, "application/json", "Bearer test_key")


async def test_every_declared_endpoint_is_among_the_examples() -> None:
    asked = {
        find_endpoint(example.said.method, tuple(example.said.path[1:].split("/"))) for example in EXAMPLES
    }
    assert set(all_endpoints()) - asked == set()


async def test_amounts_are_sent_in_plain_notation() -> None:
    script = Script(RECORD)
    async with script.client() as partnero:
        await partnero.transactions.create(customer=Ref(key="c"), amount=Decimal("1E+2"))
        await partnero.partners.reward("p", amount=Decimal("12.50"))
    assert [request.content for request in script.requests] == [
        b'{"customer":{"key":"c"},"amount":100}',
        b'{"amount":12.50}',
    ]
