"""What every call sends: method, path, query and body, as the sources print them or describe them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from partnero_async import AsyncPartnero, NewCustomer, Ref, Sale
from partnero_async.inputs import (
    CodeHolder,
    Crypto,
    NewPromotionCode,
    NewReferredCustomer,
    PayPal,
    Venmo,
    Wise,
)
from partnero_async.records import SubscriberStatus
from partnero_async.resources._registry import all_endpoints, find_endpoint

from ..resources.scripts import DONE, Said, Script, envelope
from .test_rows import spot

pytestmark = pytest.mark.asyncio

Call = Callable[[AsyncPartnero], Awaitable[Any]]

PAGE = {"limit": "100", "page": "1"}
NOON = datetime(2025, 5, 7, 12, tzinfo=UTC)
NO_ITEMS: dict[str, Any] = {"data": [], "status": 1}
# Whatever kind of record is asked for, its identity is in here; the ids of leads and payouts are numbers.
RECORD = envelope(
    id="x",
    key="x",
    public_id="x",
    domain="x",
    confirmation_code="x",
    email="x",
)
NUMBERED = envelope(id=1)
# Coupons and their codes have a number beside it.
CODED = envelope(uuid_code="x", code="x")


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


def coded(name: str, call: Call, method: str, path: str, body: Any = None) -> Example:
    """A call about a coupon or a promotion code."""
    return example(name, call, method, path, body, answer=CODED)


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
REFER_A_FRIEND = [
    example(
        "create referred customer",
        lambda api: api.referral_customers.create(
            id="customer_456",
            key="ref_456",
            name="Bob",
            surname="Green",
            email="bob.green@partnero.com",
            referring_customer=Ref(id="customer_123"),
        ),
        "POST",
        "/customers",
        {
            "id": "customer_456",
            "key": "ref_456",
            "name": "Bob",
            "surname": "Green",
            "email": "bob.green@partnero.com",
            "referring_customer": {"id": "customer_123"},
        },
    ),
    example(
        "create referral customer with a birthday",
        lambda api: api.referral_customers.create(
            id="c", date_of_birth=date(1990, 2, 3), referring_customer=Ref(key="ref_123")
        ),
        "POST",
        "/customers",
        {
            "id": "c",
            "metadata": {"date_of_birth": "1990-02-03"},
            "referring_customer": {"key": "ref_123"},
        },
    ),
    example("get referral customer", lambda api: api.referral_customers.get("c"), "GET", "/customers/c"),
    listed("referral customers", lambda api: api.referral_customers.list(), "/customers"),
    listed(
        "referred customers, newest first",
        lambda api: api.referral_customers.list(refer_status="referred", sort="desc"),
        "/customers",
        refer_status="referred",
        sort="desc",
    ),
    listed(
        "referral customers by key",
        lambda api: api.referral_customers.search(key="ref_1"),
        "/customers:search",
        key="ref_1",
    ),
    example(
        "update all of a referral customer",
        lambda api: api.referral_customers.update(
            "c", email="a@b.co", name="A", surname=None, new_key="k", date_of_birth=None
        ),
        "PUT",
        "/customers/c",
        {
            "update": {
                "email": "a@b.co",
                "name": "A",
                "surname": None,
                "key": "k",
                "metadata": {"date_of_birth": None},
            }
        },
    ),
    example(
        "update referral customer named in the body",
        lambda api: api.referral_customers.update(Ref(id="c"), name="A"),
        "PUT",
        "/customers",
        {"id": "c", "update": {"name": "A"}},
    ),
    example(
        "delete referral customer", lambda api: api.referral_customers.delete("c"), "DELETE", "/customers/c"
    ),
    example(
        "archive referral customer",
        lambda api: api.referral_customers.archive("c"),
        "POST",
        "/customers/c/archive",
    ),
    example(
        "unarchive referral customer",
        lambda api: api.referral_customers.unarchive("c"),
        "POST",
        "/customers/c/revoke-archive",
    ),
    example(
        "invite customer",
        lambda api: api.referral_customers.invite(
            email="a@b.co", id="c", key="k", name="A", surname="B", personalization={"greeting": "Hi"}
        ),
        "POST",
        "/customers:invite",
        {
            "email": "a@b.co",
            "id": "c",
            "key": "k",
            "name": "A",
            "surname": "B",
            "personalization": {"greeting": "Hi"},
        },
    ),
    listed(
        "referrals of a customer", lambda api: api.referral_customers.referrals("c"), "/customers/c/referrals"
    ),
    example(
        "stats of a customer", lambda api: api.referral_customers.stats("c"), "GET", "/customers/c/stats"
    ),
    example(
        "balance of a customer",
        lambda api: api.referral_customers.balance("c"),
        "GET",
        "/customers/c/balance",
    ),
    example(
        "credit a customer",
        lambda api: api.referral_customers.credit("c", amount=10, amount_units="usd"),
        "POST",
        "/customers/c/balance/credit",
        {"amount": 10, "is_currency": True, "amount_units": "usd"},
    ),
    listed(
        "transactions of a referral customer",
        lambda api: api.referral_customers.transactions("c"),
        "/customers/c/transactions",
    ),
    listed(
        "links of a customer",
        lambda api: api.referral_customers.referral_links("c"),
        "/customers/c/referral_links",
    ),
    example(
        "create customer's link",
        lambda api: api.customer_referral_links.create(customer=Ref(id="c"), key="ref_456"),
        "POST",
        "/customer_referral_links",
        {"customer": {"id": "c"}, "key": "ref_456"},
    ),
    example(
        "create customer's link as the PHP client does",
        lambda api: api.customer_referral_links.create(
            customer=Ref(email="a@b.co"), key="k", domain_id=None, is_additional=False
        ),
        "POST",
        "/customer_referral_links",
        {"customer": {"email": "a@b.co"}, "key": "k", "domain_id": None, "is_additional": False},
    ),
    example(
        "get customer's link",
        lambda api: api.customer_referral_links.get("k"),
        "GET",
        "/customer_referral_links/k",
    ),
    example(
        "update customer's link",
        lambda api: api.customer_referral_links.update("k", new_key="l", direct_tracking=True),
        "PUT",
        "/customer_referral_links/k",
        {"key": "l", "direct_tracking": True},
    ),
    example(
        "delete customer's link",
        lambda api: api.customer_referral_links.delete("k"),
        "DELETE",
        "/customer_referral_links/k",
    ),
    listed(
        "customers' links by key",
        lambda api: api.customer_referral_links.search(key="k"),
        "/customer_referral_links:search",
        key="k",
    ),
    example(
        "create sale of a referred customer",
        lambda api: api.referral_transactions.create(
            customer=Ref(id="customer_456"), key="transaction_123", amount=Decimal("99.99"), action="sale"
        ),
        "POST",
        "/transactions",
        {
            "customer": {"id": "customer_456"},
            "key": "transaction_123",
            "amount": Decimal("99.99"),
            "action": "sale",
        },
    ),
    example(
        "create sale with its referred customer",
        lambda api: api.referral_transactions.create(
            customer=NewReferredCustomer(
                id="c",
                key="k",
                email="a@b.co",
                name="A",
                surname=None,
                created_at=1747000000,
                referring_customer=Ref(id="r"),
            ),
            reward=5,
            amount_units="eur",
            product_id="p",
            product_type=["m", "n"],
            rewarded=False,
            rewardable=True,
            created_at=NOON,
        ),
        "POST",
        "/transactions",
        {
            "customer": {
                "id": "c",
                "key": "k",
                "email": "a@b.co",
                "name": "A",
                "surname": None,
                "created_at": 1747000000,
                "referring_customer": {"id": "r"},
            },
            "options": {"create_customer": True},
            "reward": 5,
            "amount_units": "eur",
            "product_id": "p",
            "product_type": ["m", "n"],
            "rewarded": False,
            "rewardable": True,
            "created_at": "2025-05-07T12:00:00.000000Z",
        },
    ),
    example(
        "create sales of a referred customer",
        lambda api: api.referral_transactions.create_together(
            [Sale(key="a", amount=1), Sale(key="b", amount=2)], customer=Ref(key="k")
        ),
        "POST",
        "/transactions",
        {
            "customer": {"key": "k"},
            "options": {},
            "transactions": [{"key": "a", "amount": 1}, {"key": "b", "amount": 2}],
        },
    ),
    example(
        "get referral transaction", lambda api: api.referral_transactions.get("t"), "GET", "/transactions/t"
    ),
    listed(
        "referral transactions with a key",
        lambda api: api.referral_transactions.list(key="t", sort="asc"),
        "/transactions",
        key="t",
        sort="asc",
    ),
    example(
        "delete referral transaction",
        lambda api: api.referral_transactions.delete("t"),
        "DELETE",
        "/transactions/t",
    ),
    example(
        "delete referral transaction named in the body",
        lambda api: api.referral_transactions.delete(Ref(key="t")),
        "DELETE",
        "/transactions",
        {"key": "t"},
    ),
]
NEWSLETTER = [
    listed("subscribers", lambda api: api.subscribers.list(), "/subscribers"),
    listed(
        "subscribers whom nobody referred",
        lambda api: api.subscribers.list(refer_status="non_referred"),
        "/subscribers",
        refer_status="non_referred",
    ),
    example("get subscriber", lambda api: api.subscribers.get("a@b.co"), "GET", "/subscribers/a%40b.co"),
    listed(
        "subscribers by e-mail",
        lambda api: api.subscribers.search(email="a@b.co"),
        "/subscribers:search",
        email="a@b.co",
    ),
    example(
        "create subscriber",
        lambda api: api.subscribers.create(
            email="a@b.co",
            id="s",
            name="A",
            tos=True,
            marketing_consent=False,
            approved=True,
            status=SubscriberStatus.SUSPENDED,
            referral=Ref(email="r@b.co"),
        ),
        "POST",
        "/subscribers",
        {
            "email": "a@b.co",
            "id": "s",
            "name": "A",
            "tos": True,
            "marketing_consent": False,
            "approved": True,
            "status": "suspended",
            "referral": {"email": "r@b.co"},
        },
    ),
    example(
        "update all of a subscriber",
        lambda api: api.subscribers.update(
            Ref(id="s"),
            new_email="b@b.co",
            new_id="t",
            name=None,
            tos=True,
            marketing_consent=True,
            approved=False,
            status="Rejected",
        ),
        "PUT",
        "/subscribers",
        {
            "id": "s",
            "update": {
                "email": "b@b.co",
                "id": "t",
                "name": None,
                "tos": True,
                "marketing_consent": True,
                "approved": False,
                "status": "rejected",
            },
        },
    ),
    example(
        "delete subscriber",
        lambda api: api.subscribers.delete(Ref(email="a@b.co")),
        "DELETE",
        "/subscribers",
        {"email": "a@b.co"},
    ),
    listed("rewards", lambda api: api.rewards.list(), "/rewards"),
    numbered("get reward", lambda api: api.rewards.get(255), "GET", "/rewards/255"),
    numbered(
        "create reward",
        lambda api: api.rewards.create(
            name="Generic coupon reward",
            description="Reward description",
            subscribers_count=1,
            fulfillment_type="generic_coupon",
            fulfillment_value="REWARD10",
        ),
        "POST",
        "/rewards",
        {
            "name": "Generic coupon reward",
            "description": "Reward description",
            "subscribers_count": 1,
            "fulfillment_type": "generic_coupon",
            "fulfillment_value": "REWARD10",
        },
    ),
]
COUPONS = [
    listed("coupons", lambda api: api.coupons.list(), "/coupons"),
    coded("get coupon", lambda api: api.coupons.get("coupon_123"), "GET", "/coupons/coupon_123"),
    coded(
        "create coupon",
        lambda api: api.coupons.create(
            name="PARTNERO25",
            uuid_code="coupon_123",
            active=True,
            coupon_discount_type="percent",
            coupon_discount_amount=25,
            coupon_duration_type="months",
            coupon_duration_value=11,
            redemption_specific_date_value=date(2026, 1, 31),
            redemption_times_value=24,
            promotion_codes=[NewPromotionCode(code="PROMO123")],
            metadata={"a": Decimal("1.5")},
            sync_provider="stripe",
        ),
        "POST",
        "/coupons",
        {
            "name": "PARTNERO25",
            "uuid_code": "coupon_123",
            "active": True,
            "coupon_discount_type": "percent",
            "coupon_discount_amount": 25,
            "coupon_duration_type": "months",
            "coupon_duration_value": 11,
            "redemption_specific_date_status": True,
            "redemption_specific_date_value": "2026-01-31",
            "redemption_times_status": True,
            "redemption_times_value": 24,
            "promotion_codes": [{"code": "PROMO123"}],
            "metadata": {"a": Decimal("1.5")},
            "sync": {"provider": "stripe"},
        },
    ),
    coded(
        "update coupon",
        lambda api: api.coupons.update("coupon_123", name="N", active=False, metadata={}),
        "PUT",
        "/coupons",
        {"uuid_code": "coupon_123", "name": "N", "active": False, "metadata": {}},
    ),
    coded("delete coupon", lambda api: api.coupons.delete("coupon_123"), "DELETE", "/coupons/coupon_123"),
    listed("promotion codes", lambda api: api.promotion_codes.list(), "/promotion-codes"),
    coded(
        "get promotion code",
        lambda api: api.promotion_codes.get("PROMO123"),
        "GET",
        "/promotion-codes/PROMO123",
    ),
    coded(
        "create promotion code",
        lambda api: api.promotion_codes.create(
            coupon="coupon_123",
            code="PROMO123",
            first_time_order=True,
            partner=CodeHolder(id="p", full_name="P P"),
            customer=CodeHolder(id="c", full_name="C C"),
            subscriber=CodeHolder(id="s", full_name="S S"),
            minimum_order_value=22,
            expiration_date_value=date(2026, 1, 31),
            redemption_times_value=5,
            metadata={"campaign": "summer_sale"},
        ),
        "POST",
        "/promotion-codes",
        {
            "coupon_uuid": "coupon_123",
            "code": "PROMO123",
            "first_time_order": True,
            "limit_to_specific_partner": True,
            "coupon_specific_partners": {"id": "p", "full_name": "P P"},
            "limit_to_specific_customer": True,
            "coupon_specific_customers": {"id": "c", "customer_full_name": "C C"},
            "limit_to_specific_subscriber": True,
            "coupon_specific_subscribers": {"id": "s", "subscriber_full_name": "S S"},
            "minimum_order_status": True,
            "minimum_order_value": 22,
            "expiration_date_status": True,
            "expiration_date_value": "2026-01-31",
            "redemption_times_status": True,
            "redemption_times_value": 5,
            "metadata": {"campaign": "summer_sale"},
        },
    ),
    coded(
        "create promotion code as of old",
        lambda api: api.promotion_codes.create(coupon=17, code="P", older_path=True),
        "POST",
        "/promotion-code",
        {"coupon_id": 17, "code": "P"},
    ),
    coded(
        "update promotion code",
        lambda api: api.promotion_codes.update(
            "PROMO123", partner=CodeHolder(id="p", full_name="P P"), metadata={"campaign": "summer_sale"}
        ),
        "PUT",
        "/promotion-codes",
        {
            "code": "PROMO123",
            "limit_to_specific_partner": True,
            "coupon_specific_partners": {"id": "p", "full_name": "P P"},
            "metadata": {"campaign": "summer_sale"},
        },
    ),
    coded(
        "free a promotion code of its partner",
        lambda api: api.promotion_codes.update("PROMO123", partner=None),
        "PUT",
        "/promotion-codes",
        {"code": "PROMO123", "limit_to_specific_partner": False},
    ),
    coded(
        "redeem promotion code",
        lambda api: api.promotion_codes.redeem("PROMO123"),
        "PUT",
        "/promotion-codes",
        {"code": "PROMO123", "redeem": True},
    ),
    coded(
        "delete promotion code",
        lambda api: api.promotion_codes.delete("PROMO123", coupon="coupon_123"),
        "DELETE",
        "/promotion-codes",
        {"code": "PROMO123", "coupon": {"uuid_code": "coupon_123"}},
    ),
]
EXAMPLES = PRINTED + DESCRIBED + REFER_A_FRIEND + NEWSLETTER + COUPONS


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
    assert {spot(endpoint.method, endpoint.path) for endpoint in all_endpoints()} == {
        spot(endpoint.method, endpoint.path) for endpoint in asked if endpoint
    }


async def test_amounts_are_sent_in_plain_notation() -> None:
    script = Script(RECORD)
    async with script.client() as partnero:
        await partnero.transactions.create(customer=Ref(key="c"), amount=Decimal("1E+2"))
        await partnero.partners.reward("p", amount=Decimal("12.50"))
    assert [request.content for request in script.requests] == [
        b'{"customer":{"key":"c"},"amount":100}',
        b'{"amount":12.50}',
    ]
