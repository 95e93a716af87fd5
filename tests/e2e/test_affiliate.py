"""A whole affiliate program, driven through the SDK against the sandbox over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from partnero_async import (
    AsyncPartnero,
    AuthenticationError,
    BadRequestError,
    Failed,
    Found,
    Missing,
    NewCustomer,
    NotFoundError,
    Options,
    PartneroError,
    PermissionDeniedError,
    Ref,
    Sale,
    ServerError,
    StatusError,
    ValidationError,
)
from partnero_async.inputs import PayPal, Venmo, Wise
from partnero_async.records import LeadStatus, PartnerStatus, PayoutStatus, ProgramType, WebhookEventName
from partnero_async.sandbox import Fault, Sandbox
from partnero_async.sandbox.server import running

pytestmark = pytest.mark.asyncio

PROGRAMS = [f"program_{number}" for number in range(120)]
ANN = Ref(email="ann@example.com")
PAYPAL = PayPal(username="ann@example.com")
COMPANY = {89: "Acme Inc"}


@pytest.fixture(scope="module")
def local() -> Iterator[tuple[Sandbox, str]]:
    """A sandbox with programs enough that every test has its own."""
    sandbox = Sandbox(api_keys=dict.fromkeys(PROGRAMS, "affiliate"), customers=30, partners=12)
    with running(sandbox) as base_url:
        yield sandbox, base_url
    sandbox.close()


@pytest.fixture(scope="module")
def unused() -> Iterator[str]:
    """The API keys of the programs that no test has had yet."""
    return iter(PROGRAMS)


@pytest_asyncio.fixture
async def partnero(local: tuple[Sandbox, str], unused: Iterator[str]) -> AsyncIterator[AsyncPartnero]:
    """A client of a program with twelve partners and their links, thirty customers and their sales."""
    sandbox, base_url = local
    async with AsyncPartnero(next(unused), base_url=base_url, strict=True) as client:
        yield client
    sandbox.faults = ()


async def everything(pager: Any) -> list[Any]:
    return [record async for record in pager]


async def ann_of(partnero: AsyncPartnero) -> str:
    """A new partner, whose referral key is ref_ann."""
    return (await partnero.partners.create(email="ann@example.com", id="ann", key="ref_ann")).id


async def sold(partnero: AsyncPartnero, key: str = "order_1", amount: Decimal | int = 100) -> None:
    """A sale to a customer of that partner."""
    await partnero.transactions.create(
        key=key, amount=amount, customer=NewCustomer(key="buyer", partner=Ref(key="ref_ann"))
    )


async def owed(partnero: AsyncPartnero) -> tuple[Any, Any, Any]:
    """What that partner is owed, waits for and was paid."""
    commissions = (await partnero.partners.get("ann")).commissions
    assert commissions is not None
    return (
        [total.amount for total in commissions.not_paid],
        [total.amount for total in commissions.pending],
        commissions.paid,
    )


# Partners.


async def test_a_partner_is_the_same_by_id_by_any_key_and_by_email(partnero: AsyncPartnero) -> None:
    made = await partnero.partners.create(
        email="ann@example.com",
        name="Ann",
        surname=None,
        password="Secret123",
        id="ann",
        key="ref_ann",
        tags=["new", "vip"],
        referring_partner=Ref(key="ref_001"),
    )
    assert (made.id, made.email, made.name, made.surname) == ("ann", "ann@example.com", "Ann", None)
    assert (made.approved, made.status) == (True, PartnerStatus.ACTIVE)
    assert {tag.value for tag in made.tags or ()} == {"new", "vip"}
    assert made.referral_link is not None
    assert made.referral_link.endswith("ref_ann")
    await partnero.partner_referral_links.create(key="ref_second", partner=Ref(id="ann"))
    got = await partnero.partners.get("ann")
    for ref in (Ref(id="ann"), Ref(key="ref_ann"), Ref(key="ref_second"), ANN):
        assert await partnero.partners.find(ref) == got
    assert got.referral_links is not None
    assert len(got.referral_links) == 2
    assert got.referrals is not None
    assert (got.referrals.signups, got.referrals.revenue) == (0, ())


async def test_a_referral_key_is_not_found_where_an_id_is_asked_for(partnero: AsyncPartnero) -> None:
    with pytest.raises(NotFoundError, match=r"Partner not found; partners are named here by id alone"):
        await partnero.partners.get("ref_001")
    assert (await partnero.partners.find(Ref(key="ref_001"))).id == "partner_001"


async def test_all_partners_are_listed_over_several_pages(partnero: AsyncPartnero) -> None:
    listed = await everything(partnero.partners.list(limit=5))
    assert [partner.id for partner in listed] == [f"partner_{n:03}" for n in range(1, 13)]
    assert [partner.id for partner in await everything(partnero.partners.list(limit=5, sort="desc"))] == [
        f"partner_{n:03}" for n in range(12, 0, -1)
    ]
    assert [partner.id for partner in await everything(partnero.partners.list(limit=5, page=3))] == [
        "partner_011",
        "partner_012",
    ]
    assert {partner.tags for partner in listed} == {None}


async def test_a_search_finds_by_part_of_an_id_or_key_over_several_pages(partnero: AsyncPartnero) -> None:
    for pager in (
        partnero.partners.search(id="partner_00", limit=4),
        partnero.partners.search(key="ref_00", limit=4),
    ):
        found = await everything(pager)
        assert [partner.id for partner in found] == [f"partner_{n:03}" for n in range(1, 10)]
    (only,) = await partnero.partners.search(email="partner_003@example.com")
    assert only.id == "partner_003"
    assert await everything(partnero.partners.search(email="partner_003")) == []


async def test_a_partner_is_changed_by_id_by_key_and_by_email(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    changed = await partnero.partners.update("ann", name="Anna", surname="Lee", tags=["a"])
    assert (changed.name, changed.surname, [tag.value for tag in changed.tags or ()]) == (
        "Anna",
        "Lee",
        ["a"],
    )
    changed = await partnero.partners.update(ANN, name=None, tags=None, password="Another1")
    assert (changed.name, [tag.value for tag in changed.tags or ()]) == (None, ["a"])
    changed = await partnero.partners.update(Ref(key="ref_ann"), new_key="ref_anna", tags=())
    assert changed.tags == ()
    changed = await partnero.partners.update(Ref(key="ref_anna"), email="anna@example.com")
    assert changed.email == "anna@example.com"
    assert (await partnero.partners.find(Ref(email="anna@example.com"))).surname == "Lee"
    with pytest.raises(NotFoundError):
        await partnero.partners.find(Ref(key="ref_ann"))


async def test_a_partner_is_archived_restored_and_deleted(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    await partnero.partners.archive("ann")
    assert (await partnero.partners.get("ann")).status is PartnerStatus.ARCHIVED
    for call in (partnero.partners.archive("ann"), partnero.partners.reward("ann", amount=1)):
        with pytest.raises(BadRequestError, match="archived") as refused:
            await call
        assert not refused.value.in_doubt
    await partnero.partners.unarchive("ann")
    assert (await partnero.partners.get("ann")).status is PartnerStatus.ACTIVE
    with pytest.raises(BadRequestError, match="not archived"):
        await partnero.partners.unarchive("ann")
    await partnero.partners.delete("ann")
    for again in (partnero.partners.get, partnero.partners.delete, partnero.partners.archive):
        with pytest.raises(NotFoundError):
            await again("ann")


@pytest.mark.parametrize("ref", [ANN, Ref(key="ref_ann")])
async def test_a_partner_is_deleted_by_key_and_by_email(partnero: AsyncPartnero, ref: Ref) -> None:
    await ann_of(partnero)
    await partnero.partners.delete(ref)
    with pytest.raises(NotFoundError):
        await partnero.partners.find(Ref(id="ann"))
    with pytest.raises(NotFoundError):
        await partnero.partners.delete(ref)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "partner_001@example.com"}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b.co", "id": "partner_001"}, "id"),
        ({"email": "a@b.co", "key": "ref_001"}, "key"),
        ({"email": "a@b.co", "referring_partner": Ref(id="nobody")}, "referring_partner.id"),
    ],
)
async def test_a_partner_that_cannot_be_added_says_which_field_is_wrong(
    partnero: AsyncPartnero, fields: Any, field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        await partnero.partners.create(**fields)
    assert field in refused.value.errors
    assert len(await everything(partnero.partners.list())) == 12


@pytest.mark.parametrize("id", ["a/b", "%2F", "in side", "emoji 😀", "a@b.co", "a:b", "a+b&c=d?", "ref_001"])
async def test_an_awkward_id_reaches_exactly_its_partner(partnero: AsyncPartnero, id: str) -> None:
    await partnero.partners.create(email="ann@example.com", id=id, name="it")
    assert (await partnero.partners.get(id)).name == "it"
    assert (await partnero.partners.update(id, name="me")).name == "me"
    assert len(await partnero.partners.referral_links(id)) == 1
    await partnero.partners.delete(id)
    assert len(await everything(partnero.partners.list())) == 12


async def test_a_bonus_is_owed_at_once_and_its_answer_is_kept(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    reward = await partnero.partners.reward(
        "ann", amount=Decimal("12.50"), date=datetime(2025, 5, 7, tzinfo=UTC), note="thank you"
    )
    assert reward.extra["amount"] == Decimal("12.5")
    assert reward.extra["note"] == "thank you"
    assert reward.extra["created_at"] == "2025-05-07T00:00:00.000000Z"
    assert await owed(partnero) == ([Decimal("12.5")], [], 0)
    with pytest.raises(NotFoundError, match="id alone"):
        await partnero.partners.reward("ref_ann", amount=1)


@pytest.mark.parametrize("ref", [Ref(id="ann"), Ref(key="ref_ann"), ANN])
async def test_a_partner_is_signed_in_by_every_identifier(partnero: AsyncPartnero, ref: Ref) -> None:
    await ann_of(partnero)
    first = await partnero.partners.sign_in_url(ref)
    second = await partnero.partners.sign_in_url(ref, expires_in=900)
    assert (first.url or "").startswith("https://")
    assert first.url != second.url
    with pytest.raises(NotFoundError):
        await partnero.partners.sign_in_url(Ref(email="nobody@example.com"))


# Referral links.


async def test_the_life_of_a_referral_link(partnero: AsyncPartnero) -> None:
    links = partnero.partner_referral_links
    made = await links.create(key="summer", partner=Ref(key="ref_001"))
    assert (made.id, made.default, made.direct_tracking) == ("summer", False, False)
    assert await links.get("summer") == made
    (found,) = await links.search(key="summer")
    assert [found, *await links.search(id="summer")] == [made, made]
    changed = await links.update(
        "summer",
        direct_tracking=True,
        direct_tracking_redirect=True,
        direct_tracking_redirect_url="https://a.b",
    )
    assert (changed.direct_tracking, changed.direct_tracking_redirect) == (True, True)
    assert changed.direct_tracking_redirect_url == "https://a.b"
    renamed = await links.update("summer", new_key="autumn", direct_tracking_redirect_url=None)
    assert (renamed.key, renamed.direct_tracking_redirect_url) == ("autumn", None)
    assert renamed.direct_tracking is True
    assert (await partnero.partners.find(Ref(key="autumn"))).id == "partner_001"
    with pytest.raises(NotFoundError):
        await links.get("summer")
    await links.delete("autumn")
    for call in (links.get("autumn"), links.delete("autumn"), links.update("autumn", new_key="x")):
        with pytest.raises(NotFoundError):
            await call
    assert len(await links.search(key="autumn")) == 0


async def test_a_link_on_every_domain_that_is_offered(partnero: AsyncPartnero) -> None:
    domains = await everything(partnero.partner_referral_links.domains(limit=1))
    assert domains[0].id is None
    assert len({domain.domain for domain in domains}) == len(domains) > 1
    for number, domain in enumerate(domains):
        made = await partnero.partner_referral_links.create(
            key=f"k{number}",
            partner=Ref(id="partner_001"),
            domain_id=domain.id,
            is_additional=domain.is_additional,
        )
        assert made.url == f"{domain.url}k{number}"
        assert made.is_additional == domain.is_additional


async def test_a_link_moves_to_another_domain_and_back(partnero: AsyncPartnero) -> None:
    links = partnero.partner_referral_links
    home, *others = await everything(links.domains())
    made = await links.create(key="moved", partner=Ref(id="partner_001"))
    assert made.url == f"{home.url}moved"
    for domain in (*others, home):
        changed = await links.update("moved", domain_id=domain.id, is_additional=domain.is_additional)
        assert (changed.url, changed.is_additional) == (f"{domain.url}moved", domain.is_additional)
    await links.update("moved", domain_id=others[-1].id, is_additional=others[-1].is_additional)
    assert await links.update("moved", domain_id=None) == made


async def test_the_links_of_a_partner_over_several_pages(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    for number in range(6):
        await partnero.partner_referral_links.create(key=f"k{number}", partner=ANN)
    links = await everything(partnero.partners.referral_links("ann", limit=3))
    assert [link.key for link in links] == ["ref_ann", *(f"k{number}" for number in range(6))]
    assert [link.default for link in links] == [True, *[False] * 6]
    with pytest.raises(NotFoundError, match="id alone"):
        await partnero.partners.referral_links("ref_ann")


async def test_what_is_wrong_with_a_link_is_said(partnero: AsyncPartnero) -> None:
    links = partnero.partner_referral_links
    for call in (
        links.create(key="ref_002", partner=Ref(id="partner_001")),
        links.update("ref_001", new_key="ref_002"),
    ):
        with pytest.raises(ValidationError) as taken:
            await call
        assert "key" in taken.value.errors
    with pytest.raises(ValidationError) as unknown:
        await links.create(key="k", partner=Ref(id="partner_001"), domain_id=999_999, is_additional=True)
    assert "domain_id" in unknown.value.errors
    with pytest.raises(StatusError):
        await links.create(key="k", partner=Ref(id="nobody"))


# Transactions.


async def test_a_sale_brings_its_customer_along_and_pays_its_partner(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    sale = await partnero.transactions.create(
        key="order_1",
        amount=Decimal("99.99"),
        action="sale",
        product_id="prod_123",
        product_type="monthly",
        created_at=datetime(2025, 5, 7, 5, 32, 48, tzinfo=UTC),
        customer=NewCustomer(key="buyer", name="Robert", tags=["new"], partner=Ref(key="ref_ann")),
    )
    assert (sale.key, sale.amount, sale.partner, sale.customer) == (
        "order_1",
        Decimal("99.99"),
        "ann",
        "buyer",
    )
    assert sale.created_at == datetime(2025, 5, 7, 5, 32, 48, tzinfo=UTC)
    (reward,) = sale.rewards
    assert (reward.amount, reward.partner) == (Decimal("29.997"), "ann")
    assert reward.product_type_data == {"product_id": "prod_123", "product_type": "monthly"}
    assert await partnero.transactions.get("order_1") == sale
    customer = await partnero.customers.get("buyer")
    assert (customer.name, customer.partner) == ("Robert", "ann")
    assert await everything(partnero.customers.transactions("buyer")) == [sale]
    ann = await partnero.partners.get("ann")
    assert ann.referrals is not None
    assert (ann.referrals.signups, ann.referrals.sales_count, ann.referrals.paid_accounts) == (1, 1, 1)
    assert [(total.currency, total.amount) for total in ann.referrals.revenue] == [("USD", Decimal("99.99"))]
    assert await owed(partnero) == ([Decimal("29.997")], [], 0)


async def test_a_reward_of_its_own_replaces_the_commission(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    buyer = NewCustomer(key="buyer", partner=ANN)
    one = await partnero.transactions.create(key="a", amount=100, reward=Decimal("7.123"), customer=buyer)
    two = await partnero.transactions.create(key="b", amount=100, rewardable=False, customer=Ref(key="buyer"))
    three = await partnero.transactions.create(key="c", amount=100, rewarded=True, customer=Ref(key="buyer"))
    assert [len(sale.rewards) for sale in (one, two, three)] == [1, 0, 0]
    assert await owed(partnero) == ([Decimal("7.123")], [], 0)


async def test_the_same_sale_sent_twice_is_paid_twice(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    await sold(partnero)
    await sold(partnero)
    both = await everything(partnero.transactions.list(key="order_1", limit=1))
    assert [sale.key for sale in both] == ["order_1", "order_1"]
    assert await owed(partnero) == ([Decimal(60)], [], 0)
    await partnero.transactions.delete("order_1")
    assert await owed(partnero) == ([Decimal(30)], [], 0)
    await partnero.transactions.delete(Ref(key="order_1"))
    assert await owed(partnero) == ([], [], 0)
    for call in (partnero.transactions.get, partnero.transactions.delete, partnero.transactions.archive):
        with pytest.raises(NotFoundError):
            await call("order_1")


async def test_an_archived_sale_takes_its_reward_along(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    await sold(partnero)
    await partnero.transactions.archive("order_1")
    archived = await partnero.transactions.get("order_1")
    assert archived.deleted_at is not None
    assert [reward.deleted_at for reward in archived.rewards] == [archived.deleted_at]
    assert await owed(partnero) == ([], [], 0)
    with pytest.raises(BadRequestError, match="already archived"):
        await partnero.transactions.archive("order_1")
    await partnero.transactions.unarchive("order_1")
    restored = await partnero.transactions.get("order_1")
    assert (restored.deleted_at, restored.rewards[0].deleted_at) == (None, None)
    assert await owed(partnero) == ([Decimal(30)], [], 0)
    with pytest.raises(BadRequestError, match="not archived"):
        await partnero.transactions.unarchive("order_1")


async def test_many_sales_of_one_customer_are_recorded_at_once_or_not_at_all(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    sales = [Sale(key=f"m{number}", amount=number) for number in range(1, 8)]
    made = await partnero.transactions.create_together(sales, customer=NewCustomer(key="buyer", partner=ANN))
    assert [(sale.key, sale.amount) for sale in made] == [(f"m{n}", n) for n in range(1, 8)]
    assert await everything(partnero.transactions.list(customer=Ref(key="buyer"), limit=3)) == list(made)
    assert await owed(partnero) == ([Decimal("8.4")], [], 0)
    with pytest.raises(ValidationError):
        await partnero.transactions.create_together(sales, customer=Ref(key="nobody"))
    assert len(await everything(partnero.transactions.list(key="m1"))) == 1


async def test_transactions_are_listed_by_partner_over_several_pages(partnero: AsyncPartnero) -> None:
    everyones = await everything(partnero.transactions.list(limit=4))
    assert len(everyones) > 8
    one = everyones[0].partner
    (key,) = [link.key for link in await partnero.partners.referral_links(one)]
    theirs = [sale for sale in everyones if sale.partner == one]
    assert await everything(partnero.transactions.list(partner=Ref(key=key), limit=1)) == theirs
    assert await everything(partnero.transactions.list(sort="desc", limit=4)) == everyones[::-1]
    assert await everything(partnero.transactions.list(partner=Ref(email="nobody@example.com"))) == []


async def test_a_sale_to_nobody_is_refused(partnero: AsyncPartnero) -> None:
    with pytest.raises(ValidationError) as refused:
        await partnero.transactions.create(key="order_1", amount=1, customer=Ref(key="nobody"))
    assert "customer" in refused.value.errors
    with pytest.raises(StatusError) as unknown:
        await sold(partnero)
    assert unknown.value.status in (400, 422)
    assert await everything(partnero.transactions.list(key="order_1")) == []


# Leads.


async def test_a_lead_is_submitted_and_converted_and_pays(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    lead = await partnero.leads.create(
        name="Alice Brown",
        email="alice@example.com",
        partner=Ref(key="ref_ann"),
        cfields={**COMPANY, 91: ["feature1", "feature3"], "94": "US"},
    )
    assert (lead.status, lead.can_be_converted, lead.can_be_rejected) == (LeadStatus.SUBMITTED, True, True)
    assert type(lead.created_at) is date
    assert lead.lead_info is not None
    assert (lead.lead_info.name, lead.lead_info.email) == ("Alice Brown", "alice@example.com")
    assert lead.submitter is not None
    assert (lead.submitter.id, lead.submitter.email) == ("ann", "ann@example.com")
    assert ("feature1", "feature3") in [answer.answer for answer in lead.submission_form]
    assert await partnero.leads.get(lead.id) == lead
    converted = await partnero.leads.convert(lead.id, commission_transaction_amount=Decimal("99.99"))
    assert (converted.status, converted.can_be_converted) == (LeadStatus.CONVERTED, False)
    assert converted.converted_to is not None
    customer = await partnero.customers.get(converted.converted_to.key or "")
    assert (customer.partner, customer.email) == ("ann", "alice@example.com")
    assert await owed(partnero) == ([Decimal("29.997")], [], 0)
    for call in (
        partnero.leads.reject(lead.id),
        partnero.leads.convert(lead.id, commission_transaction_amount=1),
    ):
        with pytest.raises(BadRequestError, match="converted"):
            await call
    await partnero.leads.delete(lead.id)
    with pytest.raises(NotFoundError):
        await partnero.leads.get(lead.id)
    assert (await partnero.customers.get(customer.key)).deleted is False


async def test_a_lead_is_rejected_and_pays_nothing(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    lead = await partnero.leads.create(name="A", email="a@b.co", partner=ANN, cfields=COMPANY)
    rejected = await partnero.leads.reject(lead.id)
    assert (rejected.status, rejected.converted_to) == (LeadStatus.REJECTED, None)
    with pytest.raises(BadRequestError, match="rejected"):
        await partnero.leads.convert(lead.id, commission_transaction_amount=1)
    assert await owed(partnero) == ([], [], 0)


async def test_a_lead_is_decided_on_by_the_older_get_too(partnero: AsyncPartnero) -> None:
    first, second = [
        await partnero.leads.create(
            name="A", email=f"{n}@b.co", partner=Ref(id="partner_001"), cfields=COMPANY
        )
        for n in range(2)
    ]
    query = {"id": first.id, "commission_transaction_amount": Decimal("500")}
    answer = await partnero.request("GET", ("leads", "convert"), query=query)
    assert answer.json["data"]["status"] == "converted"
    await partnero.request("GET", ("leads", "reject"), query={"id": second.id})
    assert [lead.status for lead in await everything(partnero.leads.list(limit=1))] == [
        "converted",
        "rejected",
    ]


async def test_leads_are_listed_over_several_pages(partnero: AsyncPartnero) -> None:
    made = [
        await partnero.leads.create(
            name="A", email=f"{n}@b.co", partner=Ref(id="partner_001"), cfields=COMPANY
        )
        for n in range(7)
    ]
    assert await everything(partnero.leads.list(limit=3)) == made
    assert await everything(partnero.leads.list(limit=3, sort="desc")) == made[::-1]


async def test_the_form_of_leads_tells_what_may_be_answered(partnero: AsyncPartnero) -> None:
    form = await partnero.leads.form()
    assert form.leads_enabled is True
    assert form.leads_commission is not None
    assert form.leads_commission.commission == 30
    assert [field.id for field in form.leads_custom_form_fields if field.required] == []
    unknown = max(field.id for field in form.leads_custom_form_fields if field.id is not None) + 1
    with pytest.raises(ValidationError) as refused:
        await partnero.leads.create(
            name="A", email="a@b.co", partner=Ref(id="partner_001"), cfields={unknown: "x"}
        )
    assert refused.value.errors.keys() == {f"cfields.{unknown}"}


async def test_a_lead_that_is_not_there_is_not_found(partnero: AsyncPartnero) -> None:
    leads = partnero.leads
    for call in (
        leads.get(999_999),
        leads.delete(999_999),
        leads.reject(999_999),
        leads.convert(999_999, commission_transaction_amount=1),
    ):
        with pytest.raises(NotFoundError):
            await call
    with pytest.raises(StatusError):
        await leads.create(name="A", email="a@b.co", partner=Ref(key="nobody"), cfields=COMPANY)


# Money.


async def test_the_way_of_the_money_from_a_sale_to_the_partner(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    await sold(partnero, "order_1", Decimal("99.99"))
    await sold(partnero, "order_2", 200)
    assert await owed(partnero) == ([Decimal("89.997")], [], 0)

    request = await partnero.payout_requests.create(partner=ANN, amount_units="usd", gateway=PAYPAL)
    assert (request.status, request.extra["amount"]) == (PayoutStatus.REQUESTED, Decimal("89.997"))
    assert await owed(partnero) == ([], [Decimal("89.997")], 0)
    assert await partnero.payout_requests.get(request.id) == request
    with pytest.raises(StatusError, match="requested"):
        await partnero.payout_requests.mark_as_paid(request.id)

    approved = await partnero.payout_requests.approve(request.id)
    assert (approved.id, approved.status) == (request.id, PayoutStatus.APPROVED)
    assert await partnero.payout_requests.get(request.id) == approved
    assert await owed(partnero) == ([], [Decimal("89.997")], 0)
    with pytest.raises(StatusError, match="approved") as refused:
        await partnero.payout_requests.approve(request.id)
    assert not refused.value.in_doubt

    paid = await partnero.payout_requests.mark_as_paid(request.id)
    assert (paid.id, paid.status) == (request.id, PayoutStatus.FINISHED)
    assert await partnero.payout_requests.get(request.id) == paid
    assert await owed(partnero) == ([], [], Decimal("89.997"))
    for call in (partnero.payout_requests.approve, partnero.payout_requests.mark_as_paid):
        with pytest.raises(StatusError, match="finished"):
            await call(request.id)

    # What is earned later is owed anew, and is paid the way that was used before.
    await sold(partnero, "order_3", 10)
    assert await owed(partnero) == ([Decimal(3)], [], Decimal("89.997"))
    again = await partnero.payout_requests.create(partner=Ref(id="ann"), amount_units="USD")
    assert again.extra["amount"] == 3


async def test_some_rewards_only_are_paid(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    bonuses = [await partnero.partners.reward("ann", amount=amount) for amount in (1, 2, 4)]
    ids = [bonus.extra["id"] for bonus in bonuses]
    request = await partnero.payout_requests.create(
        partner=Ref(key="ref_ann"),
        amount_units="usd",
        gateway=Venmo(name="Ann", phone="+1555"),
        reward_ids=ids[:2],
    )
    assert request.extra["amount"] == 3
    assert await owed(partnero) == ([Decimal(4)], [Decimal(3)], 0)
    with pytest.raises(ValidationError) as refused:
        await partnero.payout_requests.create(partner=ANN, amount_units="usd", reward_ids=ids[:1])
    assert "reward_ids" in refused.value.errors


async def test_what_cannot_be_paid_is_refused(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    requests = partnero.payout_requests
    with pytest.raises(StatusError, match="balance"):
        await requests.create(partner=ANN, amount_units="usd", gateway=PAYPAL)
    await sold(partnero)
    with pytest.raises(StatusError, match="balance"):
        await requests.create(partner=ANN, amount_units="eur", gateway=PAYPAL)
    for gateway in ({}, {"gateway": Wise()}):
        with pytest.raises(StatusError, match="payout details"):
            await requests.create(partner=ANN, amount_units="usd", **gateway)
    with pytest.raises(StatusError):
        await requests.create(partner=Ref(key="nobody"), amount_units="usd", gateway=PAYPAL)
    await partnero.partners.archive("ann")
    with pytest.raises(StatusError, match="active"):
        await requests.create(partner=ANN, amount_units="usd", gateway=PAYPAL)
    assert await everything(requests.list()) == []
    for call in (requests.get, requests.approve, requests.mark_as_paid):
        with pytest.raises(NotFoundError):
            await call(999_999)


async def test_payout_requests_are_listed_and_searched_over_several_pages(partnero: AsyncPartnero) -> None:
    await ann_of(partnero)
    made = []
    for amount in range(1, 6):
        await partnero.partners.reward("ann", amount=amount)
        made.append(await partnero.payout_requests.create(partner=ANN, amount_units="usd", gateway=PAYPAL))
    await partnero.payout_requests.approve(made[1].id)
    await partnero.payout_requests.approve(made[3].id)
    ids = [request.id for request in made]
    requests = partnero.payout_requests

    async def ids_of(pager: Any) -> list[int]:
        return [request.id for request in await everything(pager)]

    assert await ids_of(requests.list(limit=2)) == ids
    assert await ids_of(requests.list(limit=2, sort="desc")) == ids[::-1]
    assert await ids_of(requests.search(status=PayoutStatus.APPROVED, limit=1)) == [ids[1], ids[3]]
    for ref in (ANN, Ref(key="ref_ann"), Ref(id="ann")):
        assert await ids_of(requests.search(partner=ref, limit=2, sort="desc")) == ids[::-1]
    assert await ids_of(requests.search(partner=Ref(id="partner_001"))) == []
    assert await ids_of(requests.search(partner=ANN, status="requested", amount_units="usd")) == [
        ids[0],
        ids[2],
        ids[4],
    ]
    assert await ids_of(requests.search(amount_units="eur")) == []


async def test_a_lost_answer_to_a_sale_is_in_doubt_and_the_sale_can_be_looked_up(
    local: tuple[Sandbox, str], partnero: AsyncPartnero
) -> None:
    sandbox, _ = local
    await ann_of(partnero)
    await partnero.customers.create(key="buyer", partner=ANN)
    sandbox.faults = (Fault("cut", method="POST", path="/v1/transactions"),)
    with pytest.raises(PartneroError) as failed:
        await partnero.transactions.create(key="order_1", amount=100, customer=Ref(key="buyer"))
    assert failed.value.in_doubt
    assert len(await everything(partnero.transactions.list(key="order_1"))) == 1


# The program.


async def test_the_program_tells_what_it_is_and_how_it_does(partnero: AsyncPartnero) -> None:
    connection, details, overview = (
        await partnero.test(),
        await partnero.program.get(),
        await partnero.request("GET", ("program", "overview")),
    )
    assert details.program is not None
    assert details.program.type is ProgramType.AFFILIATE
    assert connection.program is not None
    assert details.program.public_id == connection.program.pub_id
    assert details.stats is not None
    assert (details.stats.total_partners, details.stats.total_signups) == (12, 30)
    sales = await everything(partnero.transactions.list())
    assert details.stats.total_purchases == int(overview.json["data"]["total_purchases"]) == len(sales)
    assert details.program_settings is not None
    assert details.program_settings.cookie_lifetime == 30
    settings = overview.json["data"]["overview_program_current_settings"]
    assert settings["program_name"] == details.program.name


async def test_the_program_is_changed_as_far_as_it_is_said(partnero: AsyncPartnero) -> None:
    before = await partnero.program.get()
    await partnero.program.update(name="New name", website="https://new.example.com")
    await partnero.program.update(
        program_settings={"currency": "EUR", "cookie_lifetime": 60, "onboarding_enabled": True},
        portal_settings={"leads_page_enabled": True},
    )
    after = await partnero.program.get()
    assert after.program is not None
    assert (after.program.name, after.program.website) == ("New name", "https://new.example.com")
    assert after.program_settings is not None
    assert (after.program_settings.currency, after.program_settings.cookie_lifetime) == ("EUR", 60)
    assert (after.program_settings.onboarding_enabled, after.program_settings.welcome_email_enabled) == (
        True,
        False,
    )
    assert after.portal_settings is not None
    assert (after.portal_settings.leads_page_enabled, after.portal_settings.widget_enabled) == (True, False)
    assert before.program is not None
    assert before.program.public_id == after.program.public_id


async def test_free_settings_come_back(partnero: AsyncPartnero) -> None:
    await partnero.free_form_settings.update({"theme": {"dark": True}, "rate": Decimal("1.5")})
    found = await partnero.free_form_settings.update({"rate": Decimal("2.25")})
    assert found.extra == {"theme": {"dark": True}, "rate": Decimal("2.25")}


async def test_the_program_is_deleted_in_two_steps(partnero: AsyncPartnero) -> None:
    deletion = await partnero.program.request_deletion()
    assert len(deletion.confirmation_code) == 8
    assert deletion.confirmation_code not in ("", "12345678")
    with pytest.raises(StatusError) as refused:
        await partnero.program.confirm_deletion("12345678")
    assert not refused.value.in_doubt
    assert len(await everything(partnero.partners.list())) == 12
    await partnero.program.confirm_deletion(deletion.confirmation_code)
    for call in (partnero.partners.get("partner_001"), partnero.program.get(), partnero.test()):
        with pytest.raises((AuthenticationError, PermissionDeniedError, NotFoundError)):
            await call


# Webhook subscriptions.


async def test_the_life_of_a_subscription(partnero: AsyncPartnero) -> None:
    webhooks = partnero.webhooks
    made = await webhooks.create(
        name="n", url="https://a.b/hook", events=[WebhookEventName.PARTNER_CREATED], key="w", is_active=False
    )
    assert (made.key, made.name, made.url, made.is_active) == ("w", "n", "https://a.b/hook", False)
    assert made.events == (WebhookEventName.PARTNER_CREATED,)
    assert made.signature is not None
    assert len(made.signature.reveal()) > 8
    assert await webhooks.get("w") == made
    changed = await webhooks.update("w", is_active=True, events=["lead.submitted", "lead.converted"])
    assert changed.events == (WebhookEventName.LEAD_SUBMITTED, WebhookEventName.LEAD_CONVERTED)
    assert (changed.is_active, changed.name, changed.url) == (True, "n", "https://a.b/hook")
    assert changed.signature == made.signature
    changed = await webhooks.update("w", name="m", url="http://127.0.0.1:9/x")
    assert (changed.name, changed.url) == ("m", "http://127.0.0.1:9/x")
    with pytest.raises(ValidationError) as taken:
        await webhooks.create(name="n", url="https://a.b", events=["partner.created"], key="w")
    assert "key" in taken.value.errors
    await webhooks.delete("w")
    for call in (webhooks.get("w"), webhooks.delete("w"), webhooks.update("w", name="x")):
        with pytest.raises(NotFoundError):
            await call


async def test_an_event_that_the_program_does_not_have_is_refused(partnero: AsyncPartnero) -> None:
    for event in (WebhookEventName.SUBSCRIBER_CREATED, "reward.paid"):
        with pytest.raises(ValidationError) as refused:
            await partnero.webhooks.create(name="n", url="https://a.b", events=["partner.created", event])
        assert "events" in refused.value.errors
    assert await everything(partnero.webhooks.list()) == []


async def test_subscriptions_are_listed_over_several_pages(partnero: AsyncPartnero) -> None:
    made = [
        await partnero.webhooks.create(name=f"n{n}", url="https://a.b", events=["partner.created"])
        for n in range(5)
    ]
    assert await everything(partnero.webhooks.list(limit=2)) == made
    assert len({one.signature for one in made}) == len({one.key for one in made}) == 5


# Many at once.


async def fill(partnero: AsyncPartnero, noun: str) -> tuple[Any, list[Any], Any]:
    """A resource, the keys of some of its records, and a key of none."""
    if noun == "partners":
        return partnero.partners, [f"partner_{n:03}" for n in range(1, 13)], "nobody"
    if noun == "links":
        return partnero.partner_referral_links, [f"ref_{n:03}" for n in range(1, 13)], "nobody"
    if noun == "transactions":
        keys = [sale.key for sale in await everything(partnero.transactions.list(limit=10))]
        return partnero.transactions, keys, "none"
    if noun == "leads":
        leads = [
            await partnero.leads.create(
                name="A", email=f"{n}@b.co", partner=Ref(id="partner_001"), cfields=COMPANY
            )
            for n in range(8)
        ]
        return partnero.leads, [lead.id for lead in leads], 999_999
    if noun == "payout_requests":
        ids = list[int]()
        for number in range(1, 6):
            await partnero.partners.reward("partner_012", amount=number)
            made = await partnero.payout_requests.create(
                partner=Ref(id="partner_012"), amount_units="usd", gateway=PAYPAL
            )
            ids.append(made.id)
        return partnero.payout_requests, ids, 999_999
    for number in range(6):
        await partnero.webhooks.create(
            name="n", url="https://a.b", events=["partner.created"], key=f"w{number}"
        )
    return partnero.webhooks, [f"w{number}" for number in range(6)], "none"


NOUNS = ["partners", "links", "transactions", "leads", "payout_requests", "webhooks"]


def identity(record: Any, noun: str) -> Any:
    return record.key if noun in ("transactions", "webhooks") else record.id


@pytest.mark.parametrize("noun", NOUNS)
async def test_many_records_are_fetched_at_once(partnero: AsyncPartnero, noun: str) -> None:
    resource, keys, stranger = await fill(partnero, noun)
    batch = await resource.get_many([*keys, stranger, *keys], concurrency=4)
    assert list(batch.found) == keys
    assert [identity(record, noun) for record in batch.found.values()] == keys
    assert batch.found[keys[0]] == await resource.get(keys[0])
    assert (batch.missing, batch.failed) == ((stranger,), {})


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_stream_has_one_outcome_for_each_key_in_order(partnero: AsyncPartnero, noun: str) -> None:
    resource, keys, stranger = await fill(partnero, noun)
    asked = [keys[0], stranger, *keys, keys[0]]
    async with resource.stream(asked, concurrency=3, ordered=True) as outcomes:
        seen = [outcome async for outcome in outcomes]
    assert [outcome.key for outcome in seen] == asked
    assert [type(outcome) for outcome in seen] == [Found, Missing, *[Found] * (len(keys) + 1)]


@pytest.mark.parametrize("noun", NOUNS)
async def test_one_failure_of_a_batch_is_one_failure(
    local: tuple[Sandbox, str], partnero: AsyncPartnero, noun: str
) -> None:
    resource, keys, _ = await fill(partnero, noun)
    local[0].faults = (Fault("status", status=500, path=f"/v1/*/{keys[1]}"),)
    async with resource.stream(keys, ordered=True, options=Options(retries=0)) as outcomes:
        seen = [outcome async for outcome in outcomes]
    failed = [outcome for outcome in seen if isinstance(outcome, Failed)]
    assert [(outcome.key, type(outcome.error)) for outcome in failed] == [(keys[1], ServerError)]
    assert len(seen) == len(keys)


@pytest.mark.parametrize(
    ("noun", "bad"), [("leads", "44"), ("payout_requests", "7"), ("partners", 5), ("webhooks", 5)]
)
async def test_a_key_of_another_type_ends_a_batch(partnero: AsyncPartnero, noun: str, bad: Any) -> None:
    resource, keys, _ = await fill(partnero, noun)
    with pytest.raises(TypeError):
        await resource.get_many([*keys, bad])
