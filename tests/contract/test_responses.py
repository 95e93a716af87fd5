"""Every answer that the sources print becomes its record, through a whole call."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import httpx
import pytest

from partnero_async import AsyncPartnero, Customer, Lead, Partner, Ref, Transaction
from partnero_async.records import (
    Balance,
    BalanceAmount,
    ConnectedProgram,
    Coupon,
    CouponDiscountType,
    CouponDurationType,
    CouponPromotionCodes,
    CouponSynchronization,
    CurrencyAmount,
    CustomerBalance,
    CustomerStatus,
    FrozenMapping,
    KeyCheck,
    LeadAnswer,
    LeadCommission,
    LeadContact,
    LeadCustomer,
    LeadField,
    LeadFieldType,
    LeadForm,
    LeadStatus,
    LeadSubmitter,
    LinkDomain,
    PartnerCommissions,
    PartnerReferrals,
    PartnerStatus,
    PortalSettings,
    Program,
    ProgramDeletion,
    ProgramDetails,
    ProgramSettings,
    ProgramStats,
    ProgramType,
    PromotionCode,
    PromotionCodeCoupon,
    PromotionCodeInfo,
    PromotionCodeRedemption,
    Record,
    ReferralCustomer,
    ReferralCustomerStatus,
    ReferralLink,
    ReferralTransaction,
    Reward,
    RewardFulfillment,
    RewardStatus,
    SigningSecret,
    Subscriber,
    SubscriberStatus,
    Tag,
    TransactionReward,
    TransactionRewardStatus,
    WebhookEventName,
    WebhookSubscription,
)
from partnero_async.records._json import loads
from partnero_async.records._structure import structure

from ..resources.scripts import Script
from .examples import data_of, text_of

pytestmark = pytest.mark.asyncio

Call = Callable[[AsyncPartnero], Awaitable[Any]]


@attrs.frozen
class Example:
    """An answer, the call that it answers, and the record that comes of it."""

    name: str
    call: Call
    expected: Record

    def __str__(self) -> str:
        return self.name


def first(pager: Callable[[AsyncPartnero], Any]) -> Call:
    """The first record of the only page of a list."""

    async def call(partnero: AsyncPartnero) -> Any:
        page = await pager(partnero)
        assert page.next_number is None or page.next_is_guess
        return page.items[0]

    return call


PARTNER_MADE_AT = datetime(2025, 4, 30, 16, 44, 13, tzinfo=UTC)
CUSTOMER_MADE_AT = datetime(2025, 5, 2, 16, 12, 39, tzinfo=UTC)
SOLD_AT = datetime(2025, 5, 7, 5, 32, 48, tzinfo=UTC)

LISTED_PARTNER = Partner(
    id="partner_123",
    email="john.doe@partnero.com",
    name="John",
    surname="Doe",
    approved=True,
    status=PartnerStatus.ACTIVE,
    custom_fields=FrozenMapping(),
    created_at=PARTNER_MADE_AT,
    updated_at=PARTNER_MADE_AT,
)
CREATED_PARTNER = attrs.evolve(
    LISTED_PARTNER,
    tos=False,
    referrals_count=0,
    tags=(Tag(value="premium"), Tag(value="new")),
    referral_link="https://yourcompany.com?aff=ref_123",
    referral_links=("https://yourcompany.com?aff=ref_123",),
)
WHOLE_PARTNER = attrs.evolve(
    CREATED_PARTNER,
    custom_field_values=FrozenMapping(),
    referrals=PartnerReferrals(
        clicks=150,
        signups=12,
        revenue=(CurrencyAmount(currency="USD", amount=Decimal("1250.00")),),
        sales_count=8,
        paid_accounts=5,
    ),
    commissions=PartnerCommissions(
        paid=Decimal("375.00"),
        pending=(CurrencyAmount(currency="USD", amount=Decimal("125.00")),),
        not_paid=(CurrencyAmount(currency="USD", amount=Decimal("50.00")),),
    ),
)
LINK = ReferralLink(
    id="ref_456",
    key="ref_456",
    url="https://partnero.com?aff=ref_456",
    default=False,
    is_additional=False,
    direct_tracking=False,
    direct_tracking_redirect=False,
    direct_tracking_redirect_url=None,
)
LISTED_CUSTOMER = Customer(
    key="customer_123",
    partner="partner_123",
    deleted=False,
    name="Alice",
    surname="Brown",
    email="alice.brown@partnero.com",
    created_at=CUSTOMER_MADE_AT,
    updated_at=CUSTOMER_MADE_AT,
    deleted_at=None,
)
WHOLE_CUSTOMER = attrs.evolve(LISTED_CUSTOMER, status=CustomerStatus.ACTIVE, tags=(Tag(value="new"),))
SALE = Transaction(
    key="transaction_123",
    action="sale",
    amount=Decimal("99.99"),
    partner="partner_123",
    customer="customer_123",
    credit=False,
    is_currency=True,
    amount_units="USD",
    created_at=SOLD_AT,
    deleted_at=None,
    rewards=(
        TransactionReward(
            key="transaction_123",
            action="sale",
            status=TransactionRewardStatus.OK,
            customer="customer_123",
            partner="partner_123",
            amount=Decimal("29.997"),
            amount_units="USD",
            is_currency=True,
            credit=False,
            created_at=SOLD_AT,
            deleted_at=None,
            product_type_data=FrozenMapping({"product_id": "prod_123", "product_type": "monthly"}),
        ),
    ),
)
REFERRAL_CUSTOMER = ReferralCustomer(
    id="customer_123",
    email="alice.brown@partnero.com",
    name="Alice",
    surname="Brown",
    approved=True,
    status=ReferralCustomerStatus.ACTIVE,
    referring_customer=None,
    referrals_count=0,
    metadata=FrozenMapping({"date_of_birth": None}),
    referral_link="https://yoursite.com?ref=customer_123",
    referral_links=("https://yoursite.com?ref=customer_123",),
    custom_fields=FrozenMapping(),
    created_at=datetime(2025, 5, 9, 17, 42, 13, tzinfo=UTC),
    updated_at=datetime(2025, 5, 9, 17, 42, 13, tzinfo=UTC),
)
BALANCE = CustomerBalance(
    customer=ReferralCustomer(
        id="idforreferring-10",
        email="some.name10@email.com",
        name="Some Name 10",
        surname=None,
        tos=True,
        approved=True,
        status=ReferralCustomerStatus.ACTIVE,
        referring_customer=None,
        referrals_count=2,
        referral_link="https://referral.test?ref=keyforreferring-10",
        referral_links=("https://referral.test?ref=keyforreferring-10",),
        created_at=datetime(2023, 9, 21, 4, 59, 31, tzinfo=UTC),
        updated_at=datetime(2023, 9, 21, 7, 13, 41, tzinfo=UTC),
    ),
    balance=Balance(currency=(BalanceAmount(amount=Decimal(3), amount_units="USD", is_currency=True),)),
)
REFERRAL_SALE = ReferralTransaction(
    key="transaction_123",
    action="sale",
    amount=Decimal("99.99"),
    referrer="customer_123",
    referred="customer_456",
    credit=False,
    is_currency=True,
    amount_units="USD",
    created_at=datetime(2025, 5, 12, 15, 43, 55, tzinfo=UTC),
    rewards=(),
)
SUBSCRIBER = Subscriber(
    id="subscriber@partnero.com",
    name="John Doe",
    email="subscriber@partnero.com",
    is_referred=False,
    tos=True,
    marketing_consent=True,
    status=SubscriberStatus.ACTIVE,
    approved=True,
    portal_link="https://partnero.referral.site/portal/xxx",
    share_link="https://partnero.referral.site/share/xxx",
    referrals_count=0,
    reward=(),
    created_at=datetime(2025, 5, 12, 22, 3, 20, tzinfo=UTC),
)
REWARD = Reward(
    id=255,
    name="Generic coupon reward",
    description="Reward description",
    status=RewardStatus.ACTIVE,
    type="default",
    fulfillment_type=RewardFulfillment.GENERIC_COUPON,
    fulfillment_type_name="Coupon code",
    fulfillment_value="REWARD10",
    subscriber_count=1,
    times_triggered=0,
    created_at=datetime(2025, 5, 12, 18, 39, 54, tzinfo=UTC),
    updated_at=datetime(2025, 5, 12, 18, 39, 54, tzinfo=UTC),
)
COUPON = Coupon(
    name="PARTNERO25",
    uuid_code="coupon_123",
    active=True,
    coupon_discount_type=CouponDiscountType.PERCENT,
    coupon_discount_amount=Decimal(25),
    coupon_duration_type=CouponDurationType.MONTHS,
    coupon_duration_value=11,
    redemption_specific_date_status=False,
    redemption_specific_date_value=None,
    redemption_times_status=True,
    redemption_times_value=24,
    metadata=FrozenMapping(),
    additional_info=FrozenMapping(),
    times_redeemed=0,
    created_at=datetime(2025, 5, 7, 17, 43, 26, tzinfo=UTC),
    updated_at=datetime(2025, 5, 7, 17, 43, 26, tzinfo=UTC),
    deleted_at=None,
)
LISTED_COUPON = attrs.evolve(COUPON, promotion_codes=CouponPromotionCodes(data=()))
CREATED_COUPON = attrs.evolve(
    COUPON,
    synchronization=CouponSynchronization(
        message="Coupon created in the app successfully.",
        synchronization_enabled=False,
        synchronization_successful=False,
        synchronization_message="",
    ),
)
CODE = PromotionCode(
    code="PROMO123",
    first_time_order=True,
    limit_to_specific_partner=False,
    coupon_specific_partners=FrozenMapping(),
    limit_to_specific_customer=False,
    coupon_specific_customers=FrozenMapping(),
    minimum_order_status=True,
    minimum_order_value=Decimal(22),
    expiration_date_status=False,
    expiration_date_value=None,
    redemption_times_status=False,
    redemption_times_value=None,
    metadata=FrozenMapping(),
    coupon=PromotionCodeCoupon(
        name="PARTNERO25",
        uuid_code="coupon_123",
        active=True,
        coupon_discount_type="percent",
        coupon_discount_amount=Decimal(25),
        coupon_duration_type="months",
        coupon_duration_value=11,
        created_at=datetime(2025, 5, 9, 6, 22, 59, tzinfo=UTC),
        updated_at=datetime(2025, 5, 9, 6, 23, 44, tzinfo=UTC),
    ),
)
UPDATED_CODE = attrs.evolve(
    CODE,
    coupon=None,
    metadata=FrozenMapping({"campaign": "summer_sale"}),
    additional_info=PromotionCodeInfo(
        redemptions=(
            PromotionCodeRedemption(
                redeemed_at=datetime(2025, 5, 9, 7, 11, 4, tzinfo=UTC), transaction_key="order_4561"
            ),
        )
    ),
    times_redeemed=2,
)
LEAD = Lead(
    id=44,
    status=LeadStatus.SUBMITTED,
    created_at=date(2025, 5, 16),
    lead_info=LeadContact(name="Alice Brown", email="alice.brown@partnero.com"),
    converted_to=None,
    submitter=LeadSubmitter(id="partner_123", name="John Doe", email="john.doe@partnero.com"),
    submission_form=(
        LeadAnswer(question="Name", answer="Alice Brown"),
        LeadAnswer(question="Email address", answer="alice.brown@partnero.com"),
        LeadAnswer(question="Company", answer="Acme Inc"),
        LeadAnswer(question="Notes", answer="Looking for enterprise plan"),
    ),
    can_be_converted=True,
    can_be_rejected=True,
)
CONVERTED_LEAD = attrs.evolve(
    LEAD,
    status=LeadStatus.CONVERTED,
    converted_to=LeadCustomer(key="NSpBI1qWSE4J", name="Alice Brown", email="alice.brown@partnero.com"),
    can_be_converted=False,
    can_be_rejected=False,
)
LEAD_FORM = LeadForm(
    leads_enabled=True,
    program_leads_commission_type="follow_program_settings",
    leads_commission=LeadCommission(currency="USD", commission=Decimal(19), commission_type="percent"),
    leads_custom_form_fields=(
        LeadField(
            id=89,
            type=LeadFieldType.INPUT,
            title="Input custom field",
            text="",
            description=None,
            required=True,
            options=FrozenMapping(),
        ),
        LeadField(
            id=91,
            type=LeadFieldType.CHECKBOX,
            title="Custom field chbx",
            text="",
            description=None,
            required=False,
            options=("chbx1", "chbx2", "chbx3"),
        ),
    ),
)
WEBHOOK = WebhookSubscription(
    key="uLbBzVvN7ARX",
    name="Partner Notifications",
    url="https://yourcompany.com/webhooks/partnero",
    is_active=True,
    signature=SigningSecret("Sjn3sNnmh14yk6zb"),
    events=(
        WebhookEventName.PARTNER_CREATED,
        WebhookEventName.PARTNER_APPROVED,
        WebhookEventName.TRANSACTION_CREATED,
    ),
)
PROGRAM = ProgramDetails(
    program=Program(
        id=1,
        public_id="MOBTGEKX",
        website="https://yourcompany.com",
        initial="A0",
        type=ProgramType.AFFILIATE,
        name="My Affiliate Program",
        created_at=date(2025, 4, 30),
        last_edited=date(2025, 4, 30),
    ),
    stats=ProgramStats(
        total_partners=12,
        total_partners_growth=Decimal(0),
        total_purchases=45,
        total_purchases_growth=Decimal(0),
        total_signups=30,
        total_signups_growth=Decimal(0),
        total_paid_accounts=25,
        total_paid_accounts_growth=Decimal(0),
        total_reward=FrozenMapping({"usd": "$337.47"}),
        total_reward_growth=Decimal(0),
        total_revenue=FrozenMapping({"usd": "$1,124.90"}),
        total_revenue_growth=Decimal(0),
        affiliate_referred_visitors_clicks=150,
        affiliate_referred_visitors_clicks_growth=Decimal(0),
        click_to_signup_conversion=Decimal(20),
        click_to_signup_conversion_growth=Decimal(0),
        signup_to_sale_conversion=Decimal(83),
        signup_to_sale_conversion_growth=Decimal(0),
        net_profit=Decimal("787.43"),
        net_profit_growth=Decimal(0),
        net_profit_formatted="$787.43",
        average_order_value=FrozenMapping({"usd": "$24.99"}),
    ),
    program_settings=ProgramSettings(),
    portal_settings=PortalSettings(),
)

EXAMPLES = [
    Example(
        "connection",
        lambda api: api.test(),
        KeyCheck(program=ConnectedProgram(pub_id="MOBTGEKX")),
    ),
    Example("program", lambda api: api.program.get(), PROGRAM),
    Example(
        "program_deletion_code",
        lambda api: api.program.request_deletion(),
        ProgramDeletion(confirmation_code="aB3xK9mQ"),
    ),
    Example("partners", first(lambda api: api.partners.list()), LISTED_PARTNER),
    Example("partners", first(lambda api: api.partners.search(id="partner_123")), LISTED_PARTNER),
    Example("partner_created", lambda api: api.partners.create(email="a@b.co"), CREATED_PARTNER),
    Example("partner_created", lambda api: api.partners.update("p", name="John"), CREATED_PARTNER),
    Example("partner", lambda api: api.partners.get("partner_123"), WHOLE_PARTNER),
    Example("partner", lambda api: api.partners.find(Ref(key="ref_123")), WHOLE_PARTNER),
    Example("referral_links", first(lambda api: api.partners.referral_links("partner_123")), LINK),
    Example("referral_links", first(lambda api: api.partner_referral_links.search(key="ref_456")), LINK),
    Example("referral_link", lambda api: api.partner_referral_links.get("ref_456"), LINK),
    Example(
        "referral_link",
        lambda api: api.partner_referral_links.create(key="ref_456", partner=Ref(id="partner_123")),
        LINK,
    ),
    Example("referral_link", lambda api: api.partner_referral_links.update("r", new_key="s"), LINK),
    Example(
        "link_domains",
        first(lambda api: api.partner_referral_links.domains()),
        LinkDomain(id=None, domain="partnero.com", url="https://partnero.com?aff=", is_additional=False),
    ),
    Example("customers", first(lambda api: api.customers.list()), LISTED_CUSTOMER),
    Example("customer", lambda api: api.customers.get("customer_123"), WHOLE_CUSTOMER),
    Example(
        "customer",
        lambda api: api.customers.create(key="customer_123", partner=Ref(key="ref_123")),
        WHOLE_CUSTOMER,
    ),
    Example("transactions", first(lambda api: api.transactions.list()), SALE),
    Example("transactions", first(lambda api: api.customers.transactions("customer_123")), SALE),
    Example("transaction", lambda api: api.transactions.get("transaction_123"), SALE),
    Example(
        "transaction",
        lambda api: api.transactions.create(customer=Ref(key="customer_123"), amount=Decimal("99.99")),
        SALE,
    ),
    Example("leads", first(lambda api: api.leads.list()), LEAD),
    Example("lead", lambda api: api.leads.get(44), LEAD),
    Example("lead", lambda api: api.leads.create(name="A", email="a@b.co", partner=Ref(key="r")), LEAD),
    Example(
        "lead_converted",
        lambda api: api.leads.convert(44, commission_transaction_amount=500),
        CONVERTED_LEAD,
    ),
    Example("lead_converted", lambda api: api.leads.reject(44), CONVERTED_LEAD),
    Example("lead_form", lambda api: api.leads.form(), LEAD_FORM),
    Example("referral_customer", lambda api: api.referral_customers.get("customer_123"), REFERRAL_CUSTOMER),
    Example("referral_customer", lambda api: api.referral_customers.create(email="e"), REFERRAL_CUSTOMER),
    Example("referral_customer", lambda api: api.referral_customers.update("c", name="n"), REFERRAL_CUSTOMER),
    Example("customer_balance", lambda api: api.referral_customers.balance("c"), BALANCE),
    Example(
        "customer_balance",
        lambda api: api.referral_customers.credit("c", amount=1, amount_units="usd"),
        BALANCE,
    ),
    Example("referral_transaction", lambda api: api.referral_transactions.get("t"), REFERRAL_SALE),
    Example(
        "referral_transaction",
        lambda api: api.referral_transactions.create(customer=Ref(id="c"), amount=1),
        REFERRAL_SALE,
    ),
    Example("referral_links", first(lambda api: api.referral_customers.referral_links("c")), LINK),
    Example("referral_link", lambda api: api.customer_referral_links.get("ref_456"), LINK),
    Example("subscriber", lambda api: api.subscribers.get("s"), SUBSCRIBER),
    Example("subscriber", lambda api: api.subscribers.create(email="e"), SUBSCRIBER),
    Example("subscriber", lambda api: api.subscribers.update(Ref(id="s"), name="n"), SUBSCRIBER),
    Example("reward", lambda api: api.rewards.get(255), REWARD),
    Example("reward", lambda api: api.rewards.create(name="n"), REWARD),
    Example("coupons", first(lambda api: api.coupons.list()), LISTED_COUPON),
    Example(
        "coupon_created",
        lambda api: api.coupons.create(
            coupon_discount_type="percent", coupon_discount_amount=25, coupon_duration_type="once"
        ),
        CREATED_COUPON,
    ),
    Example("coupon_created", lambda api: api.coupons.update("c", name="n"), CREATED_COUPON),
    Example("promotion_code", lambda api: api.promotion_codes.get("PROMO123"), CODE),
    Example("promotion_code_updated", lambda api: api.promotion_codes.update("P", metadata={}), UPDATED_CODE),
    Example("webhooks", first(lambda api: api.webhooks.list()), WEBHOOK),
    Example("webhook", lambda api: api.webhooks.get("uLbBzVvN7ARX"), WEBHOOK),
    Example(
        "webhook",
        lambda api: api.webhooks.create(name="n", url="https://a.b", events=["partner.created"]),
        WEBHOOK,
    ),
    Example("webhook", lambda api: api.webhooks.update("uLbBzVvN7ARX", is_active=True), WEBHOOK),
]
RECORDS = list({example.name: example for example in EXAMPLES}.values())
FIELDS = [
    pytest.param(example, field.name, id=f"{example}-{field.name}")
    for example in RECORDS
    for field in attrs.fields(type(example.expected))
    if field.name != "extra"
]


async def answered(example: Example, text: str | None = None) -> Any:
    """What the call makes of the answer."""
    script = Script(text or text_of(example.name))
    async with script.client() as partnero:
        found = await example.call(partnero)
    assert len(script.requests) == 1
    return found


def records_in(value: Any) -> Iterator[Record]:
    """The record, and all records in it."""
    if isinstance(value, Record):
        yield value
        for field in attrs.fields(type(value)):
            yield from records_in(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from records_in(item)


def with_a_stranger(value: Any) -> Any:
    """A JSON value with one more field in every object."""
    if isinstance(value, dict):
        return {name: with_a_stranger(item) for name, item in value.items()} | {"stranger": {"deep": [1]}}
    return [with_a_stranger(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("example", "field"), FIELDS)
async def test_each_field_comes_out_as_the_value_that_it_stands_for(example: Example, field: str) -> None:
    found, expected = getattr(await answered(example), field), getattr(example.expected, field)
    # A member equals its word, and 1 equals Decimal(1): only the repr tells them apart.
    assert (found, repr(found)) == (expected, repr(expected))


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
async def test_every_call_gives_the_whole_record(example: Example) -> None:
    found = await answered(example)
    assert type(found) is type(example.expected)
    assert found == example.expected


@pytest.mark.parametrize("example", RECORDS, ids=str)
async def test_every_field_of_the_example_is_known(example: Example) -> None:
    assert [record.extra for record in records_in(await answered(example)) if record.extra] == []


@pytest.mark.parametrize("example", RECORDS, ids=str)
async def test_fields_that_nobody_knows_are_kept_in_every_record(example: Example) -> None:
    found = await answered(example, json.dumps(with_a_stranger(json.loads(text_of(example.name)))))
    assert [dict(record.extra) for record in records_in(found)] == [
        {"stranger": {"deep": (1,)}} for _ in records_in(example.expected)
    ]
    assert found.to_dict()["stranger"] == {"deep": [1]}


@pytest.mark.parametrize("example", RECORDS, ids=str)
async def test_the_dict_is_json_and_makes_an_equal_record(example: Example) -> None:
    found = await answered(example)
    assert structure(type(found), loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize("example", RECORDS, ids=str)
async def test_the_dict_has_every_field_that_was_sent(example: Example) -> None:
    assert data_of(example.name).keys() <= (await answered(example)).to_dict().keys()


@pytest.mark.parametrize("example", RECORDS, ids=str)
async def test_the_record_is_one_with_its_pickle_and_its_copies(example: Example) -> None:
    found = await answered(example)
    twins = [pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)]
    assert {found, *twins} == {example.expected}
    assert [repr(twin) for twin in twins] == [repr(found)] * 3


async def test_the_secret_of_a_subscription_survives_its_pickle() -> None:
    found = pickle.loads(pickle.dumps(structure(WebhookSubscription, data_of("webhook"))))
    assert found.signature.reveal() == "Sjn3sNnmh14yk6zb"


async def test_a_second_domain_is_not_the_default_one() -> None:
    async with Script(text_of("link_domains")).client() as partnero:
        domains = [domain async for domain in partnero.partner_referral_links.domains()]
    assert domains[1:] == [
        LinkDomain(id=8, domain="mmc.test/profile", url="http://mmc.test/profile?link=", is_additional=True)
    ]


@pytest.mark.parametrize(
    "name", ["partners", "referral_links", "customers", "transactions", "leads", "coupons"]
)
async def test_an_older_list_without_links_and_meta_is_one_page(name: str) -> None:
    example = next(example for example in EXAMPLES if example.name == name)
    answer = json.loads(text_of(name))
    del answer["links"], answer["meta"]
    assert await answered(example, json.dumps(answer)) == example.expected


@pytest.mark.parametrize("name", ["program_referral", "program_newsletter"])
async def test_a_program_of_another_type_keeps_its_own_fields(name: str) -> None:
    async with Script(text_of(name)).client() as partnero:
        found = await partnero.program.get()
    data = json.loads(text_of(name))["data"]
    own = data.keys() - {"program"}
    assert found.extra.keys() == own
    assert {name: found.to_dict()[name] for name in own} == {name: data[name] for name in own}
    assert found.stats is None
    assert (found.program and found.program.type) == (
        ProgramType.REFERRAL if name == "program_referral" else None
    )


@pytest.mark.parametrize("name", ["done", "program_updated", "program_deleted", "promotion_code_deleted"])
@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.program.update(name="n"),
        lambda api: api.program.confirm_deletion("aB3xK9mQ"),
        lambda api: api.partners.archive("p"),
        lambda api: api.partners.unarchive("p"),
        lambda api: api.partners.delete("p"),
        lambda api: api.partners.delete(Ref(key="r")),
        lambda api: api.partner_referral_links.delete("r"),
        lambda api: api.customers.delete("c"),
        lambda api: api.transactions.archive("t"),
        lambda api: api.transactions.unarchive("t"),
        lambda api: api.transactions.delete("t"),
        lambda api: api.transactions.delete(Ref(key="t")),
        lambda api: api.leads.delete(44),
        lambda api: api.webhooks.delete("w"),
        lambda api: api.referral_customers.delete("c"),
        lambda api: api.referral_customers.archive("c"),
        lambda api: api.referral_customers.unarchive("c"),
        lambda api: api.referral_customers.invite(email="e"),
        lambda api: api.customer_referral_links.delete("k"),
        lambda api: api.referral_transactions.delete("t"),
        lambda api: api.subscribers.delete(Ref(id="s")),
        lambda api: api.coupons.delete("c"),
        lambda api: api.promotion_codes.delete("p", coupon="c"),
    ],
)
async def test_an_answer_without_a_record_is_enough_where_none_is_expected(call: Call, name: str) -> None:
    for answer in (text_of(name), httpx.Response(204), httpx.Response(202)):
        async with Script(answer).client() as partnero:
            assert await call(partnero) is None
