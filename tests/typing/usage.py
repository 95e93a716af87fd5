"""What users write, as a type checker sees it. Not run: only checked, strictly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, assert_type

from partnero_async import (
    AsyncPartnero,
    BlockingPartnero,
    Customer,
    Done,
    Failed,
    Found,
    Lead,
    Missing,
    NewCustomer,
    Options,
    Partner,
    PartneroError,
    RateLimit,
    Ref,
    Sale,
    Transaction,
)
from partnero_async.bulk import Batch, Outcome, Progress
from partnero_async.export import Export, export
from partnero_async.inputs import (
    CodeHolder,
    Crypto,
    Gateway,
    NewPromotionCode,
    NewReferredCustomer,
    PayPal,
    PortalSettingsUpdate,
    ProductRef,
    ProgramSettingsUpdate,
    Venmo,
    Wise,
)
from partnero_async.lists import Page, Pager
from partnero_async.records import (
    Balance,
    Coupon,
    CouponDiscountType,
    CouponDurationType,
    CouponSynchronization,
    CurrencyAmount,
    CustomerBalance,
    CustomerStatus,
    FreeFormSettings,
    KeyCheck,
    LeadForm,
    LeadStatus,
    LinkDomain,
    PartnerReward,
    PartnerStatus,
    PayoutRequest,
    PayoutStatus,
    ProgramDeletion,
    ProgramDetails,
    ProgramType,
    PromotionCode,
    PromotionCodeRedemption,
    Redemption,
    ReferralCustomer,
    ReferralCustomerStats,
    ReferralLink,
    ReferralTransaction,
    ReferringCustomer,
    Reward,
    RewardFulfillment,
    SigningSecret,
    SignInUrl,
    Subscriber,
    SubscriberStatus,
    Tag,
    WebhookEventName,
    WebhookSubscription,
)


async def records(partnero: AsyncPartnero) -> None:
    customer = await partnero.customers.get("customer_123", options=Options(timeout=3, retries=0))
    assert_type(customer, Customer)
    assert_type(customer.key, str)
    assert_type(customer.created_at, datetime | None)
    assert_type(customer.tags, tuple[Tag, ...] | None)
    assert_type(customer.status, CustomerStatus | str | None)
    assert_type([tag.value for tag in customer.tags or ()], list[str])
    assert_type(await partnero.test(), KeyCheck)
    customer.key = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def lists(partnero: AsyncPartnero) -> None:
    pager = partnero.customers.list(partner=Ref(key="ref_123"), sort="desc")
    assert_type(pager, Pager[Customer])
    assert_type(await pager, Page[Customer])
    async for customer in pager:
        assert_type(customer, Customer)
    async for page in pager.pages():
        assert_type(page.next_number, int | None)
    async for sale in partnero.customers.transactions("customer_123"):
        assert_type(sale, Transaction)
        assert_type(sale.amount, Decimal | None)


async def many(partnero: AsyncPartnero, keys: AsyncIterator[str]) -> None:
    batch = await partnero.customers.get_many(["a", "b"])
    assert_type(batch, Batch[str, Customer])
    assert_type(batch.found, Mapping[str, Customer])
    assert_type(batch.failed, Mapping[str, PartneroError])
    async with partnero.customers.stream(keys, ordered=True) as outcomes:
        async for outcome in outcomes:
            assert_type(outcome, Outcome[str, Customer])
            match outcome:
                case Found(key, customer):
                    assert_type(key, str)
                    assert_type(customer, Customer)
                case Missing(key):
                    assert_type(key, str)
                case Failed(key, error):
                    assert_type(error, PartneroError)
    async with partnero.bulk(partnero.customers.delete, ["a"]) as deleted:
        async for done in deleted:
            assert_type(done, Done[str, None] | Failed[str])
            if isinstance(done, Done):
                assert_type(done.item, str)


async def whole_lists(partnero: AsyncPartnero, keys: AsyncIterator[str]) -> None:
    async def latest(key: str) -> Pager[Transaction]:
        return partnero.customers.transactions(key)

    async with partnero.bulk(partnero.customers.transactions, keys, most=None) as lists:
        async for outcome in lists:
            assert_type(outcome, Done[str, tuple[Transaction, ...]] | Failed[str])
            if isinstance(outcome, Done):
                assert_type(outcome.value, tuple[Transaction, ...])
    async with partnero.bulk(latest, keys) as lists:
        async for outcome in lists:
            assert_type(outcome, Done[str, tuple[Transaction, ...]] | Failed[str])
    async with partnero.bulk(partnero.customers.get, keys) as customers:
        async for found in customers:
            assert_type(found, Done[str, Customer] | Failed[str])


async def to_a_file(partnero: AsyncPartnero, keys: AsyncIterator[str]) -> None:
    async with export(partnero.customers.get, keys, Path("customers.jsonl")) as progress:
        async for step in progress:
            assert_type(step, Progress)
    assert_type(progress.seconds_left, float | None)
    async with export(partnero.customers.transactions, None, "sales.jsonl", retry_failed=True) as progress:
        assert_type(progress.skipped, int)
    async with export(partnero.leads.get, [1, 2], "leads.jsonl") as progress:
        assert_type(progress, Export)


async def cut_short(partnero: AsyncPartnero, keys: list[str]) -> Mapping[str, Customer]:
    try:
        return (await partnero.customers.get_many(keys, deadline=60)).found
    except PartneroError as error:
        if error.partial is None:
            raise
        assert_type(error.partial.missing, tuple[Any, ...])
        assert_type(error.partial.failed, Mapping[Any, PartneroError])
        error.partial.raise_for_failures()
        return error.partial.found


async def changes(partnero: AsyncPartnero) -> None:
    await partnero.customers.create(key="a", partner=Ref(id="p"), tags=("x",), name=None)
    await partnero.customers.update("a", tags=(), name=None)
    await partnero.customers.delete(Ref(key="a"))
    await partnero.transactions.create(customer=Ref(key="a"), amount=Decimal("9.99"))
    await partnero.transactions.create(customer=Ref(key="a"), amount=9.99)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.customers.get(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def partners(partnero: AsyncPartnero, ids: AsyncIterator[str]) -> None:
    partner = await partnero.partners.get("partner_123")
    assert_type(partner, Partner)
    assert_type(partner.status, PartnerStatus | str | None)
    assert_type(partner.custom_fields, Mapping[str, Any] | tuple[Any, ...])
    assert_type(partner.custom_field_values, Mapping[str, Any] | tuple[Any, ...])
    assert_type(partner.referral_links, tuple[str, ...] | None)
    if partner.commissions and partner.referrals:
        assert_type(partner.commissions.paid, Decimal | None)
        assert_type(partner.commissions.not_paid, tuple[CurrencyAmount, ...])
        assert_type(partner.referrals.clicks, int | None)
    assert_type(await partnero.partners.find(Ref(key="ref_123")), Partner)
    assert_type(partnero.partners.list(sort="asc"), Pager[Partner])
    assert_type(partnero.partners.search(email="a@b.co"), Pager[Partner])
    made = await partnero.partners.create(email="a@b.co", tags=["x"], referring_partner=Ref(id="p"))
    assert_type(made, Partner)
    assert_type(await partnero.partners.update(Ref(email="a@b.co"), new_key="r", tags=None), Partner)
    reward = await partnero.partners.reward("p", amount=Decimal("12.50"), date=datetime.now(), note="n")
    assert_type(reward, PartnerReward)
    sign_in = await partnero.partners.sign_in_url(Ref(key="r"), expires_in=60)
    assert_type(sign_in, SignInUrl)
    assert_type(sign_in.url, str | None)
    assert_type(partnero.partners.referral_links("p"), Pager[ReferralLink])
    assert_type(await partnero.partners.get_many(ids), Batch[str, Partner])
    await partnero.partners.reward("p", amount=12.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.partners.find("ref_123")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.partners.update("p", password=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def named(partnero: AsyncPartnero, anybody: Ref) -> None:
    """A call that takes no other identifiers refuses them at type-checking time."""
    assert_type(Ref(key="a"), Ref[Literal["key"]])
    assert_type(Ref(email="a@b.co").by, Literal["email"])
    await partnero.partners.find(anybody)
    Ref()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    Ref(id="a", key="b")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    await partnero.partners.update(Ref(id="p"), name="n")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.partners.delete(anybody)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.customers.delete(Ref(email="e"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.transactions.delete(Ref(id="t"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    partnero.customers.list(partner=Ref(id="p"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    partnero.transactions.list(customer=Ref(email="e"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def links(partnero: AsyncPartnero) -> None:
    links = partnero.partner_referral_links
    assert_type(await links.get("r"), ReferralLink)
    assert_type(
        await links.create(key="r", partner=Ref(id="p"), domain_id=8, is_additional=True), ReferralLink
    )
    assert_type(await links.update("r", direct_tracking_redirect_url=None), ReferralLink)
    assert_type(links.search(key="r"), Pager[ReferralLink])
    assert_type(links.domains(), Pager[LinkDomain])
    domain = (await links.domains()).items[0]
    assert_type(domain.id, int | None)
    # What a domain is listed with makes a link on it, or moves one to it.
    await links.create(key="r", partner=Ref(id="p"), domain_id=domain.id, is_additional=domain.is_additional)
    assert_type(await links.update("r", domain_id=domain.id), ReferralLink)
    links.search("r")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    links.search(email="a@b.co")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await links.delete(Ref(key="r"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def sales(partnero: AsyncPartnero, products: ProductRef) -> None:
    buyer = NewCustomer(key="c", partner=Ref(key="r"), created_at=datetime.now(), tags=("x",))
    NewCustomer(key="c", tags=(tag for tag in ("x", "y")))
    sale = await partnero.transactions.create(customer=buyer, amount=1, product_id=products, created_at=0)
    assert_type(sale, Transaction)
    assert_type(sale.key, str | None)
    many = [Sale(key="a", amount=Decimal("9.99")), Sale(reward=1, product_type=["a", 1])]
    assert_type(
        await partnero.transactions.create_together(many, customer=Ref(key="c")), tuple[Transaction, ...]
    )
    assert_type(await partnero.transactions.get("t"), Transaction)
    assert_type(partnero.transactions.list(key="t", partner=Ref(key="r")), Pager[Transaction])
    await partnero.transactions.delete(Ref(key="t"))
    Sale(amount=9.99)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def leads(partnero: AsyncPartnero) -> None:
    lead = await partnero.leads.create(
        name="A", email="a@b.co", partner=Ref(key="r"), cfields={89: "x", 91: ["y", "z"]}
    )
    answers: dict[str, str] = {"89": "x"}
    await partnero.leads.create(name="A", email="a@b.co", partner=Ref(key="r"), cfields=answers)
    assert_type(lead, Lead)
    assert_type(lead.id, int)
    assert_type(lead.status, LeadStatus | str | None)
    assert_type(lead.created_at, date | None)
    assert_type(await partnero.leads.convert(44, commission_transaction_amount=500), Lead)
    assert_type(await partnero.leads.reject(44), Lead)
    form = await partnero.leads.form()
    assert_type(form, LeadForm)
    assert_type(form.leads_custom_form_fields[0].options, Mapping[str, Any] | tuple[Any, ...])
    assert_type(form.leads_custom_form_fields[0].required, bool | None)
    assert_type(partnero.leads.list(), Pager[Lead])
    assert_type(await partnero.leads.get_many([44, 45]), Batch[int, Lead])
    async with partnero.leads.stream([44]) as outcomes:
        async for outcome in outcomes:
            assert_type(outcome, Outcome[int, Lead])
    await partnero.leads.get("44")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.leads.get_many(["44"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


async def payouts(partnero: AsyncPartnero) -> None:
    gateways: list[Gateway] = [
        PayPal(username="a@b.co", tax_id="1"),
        Crypto(wallet_address="0x", type="USDT"),
        Venmo(name="A", phone="1"),
        Wise(),
    ]
    request = await partnero.payout_requests.create(
        partner=Ref(key="r"), amount_units="usd", gateway=gateways[0], reward_ids=(1, 2)
    )
    assert_type(request, PayoutRequest)
    assert_type(request.id, int | None)
    assert_type(request.status, PayoutStatus | str | None)
    assert_type(partnero.payout_requests.list(sort="desc"), Pager[PayoutRequest])
    assert_type(partnero.payout_requests.search(status=PayoutStatus.APPROVED), Pager[PayoutRequest])
    assert_type(await partnero.payout_requests.get_many(range(3)), Batch[int, PayoutRequest])
    if request.id is not None:
        assert_type(await partnero.payout_requests.approve(request.id), PayoutRequest)
        assert_type(await partnero.payout_requests.mark_as_paid(request.id), PayoutRequest)
    await partnero.payout_requests.approve(request.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.payout_requests.create(partner=Ref(key="r"), amount_units="usd", gateway="wise")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def program(partnero: AsyncPartnero) -> None:
    details = await partnero.program.get()
    assert_type(details, ProgramDetails)
    if details.program and details.stats and details.program_settings:
        assert_type(details.program.type, ProgramType | str | None)
        assert_type(details.program.created_at, date | None)
        assert_type(details.stats.total_partners, int | None)
        assert_type(details.stats.net_profit, Decimal | None)
        assert_type(details.program_settings.commission_value, Decimal | str | None)
    program_settings: ProgramSettingsUpdate = {"currency": "EUR", "cookie_lifetime": 30}
    portal_settings: PortalSettingsUpdate = {"widget_enabled": True}
    await partnero.program.update(program_settings=program_settings, portal_settings=portal_settings)
    deletion = await partnero.program.request_deletion()
    assert_type(deletion, ProgramDeletion)
    await partnero.program.confirm_deletion(deletion.confirmation_code)
    assert_type(await partnero.free_form_settings.update({"a": [1]}), FreeFormSettings)
    await partnero.program.update(program_settings={"cookie_lifetime": "30"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.program.update(portal_settings={"widget": True})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def webhooks(partnero: AsyncPartnero) -> None:
    made = await partnero.webhooks.create(
        name="n", url="https://a.b", events=[WebhookEventName.LEAD_SUBMITTED, "reward.paid"]
    )
    assert_type(made, WebhookSubscription)
    assert_type(made.signature, SigningSecret | None)
    assert_type(made.events, tuple[WebhookEventName | str, ...])
    assert_type(await partnero.webhooks.update("w", is_active=False), WebhookSubscription)
    assert_type(partnero.webhooks.list(), Pager[WebhookSubscription])
    assert_type(await partnero.webhooks.get_many(["w"]), Batch[str, WebhookSubscription])
    await partnero.webhooks.delete("w")


async def referral_customers(partnero: AsyncPartnero, anybody: Ref, word: str) -> None:
    customers = partnero.referral_customers
    customer = await customers.create(
        referring_customer=Ref(key="k"), date_of_birth=date(1990, 5, 2), surname=None
    )
    assert_type(customer, ReferralCustomer)
    assert_type(customer.id, str)
    assert_type(customer.referring_customer, ReferringCustomer | None)
    assert_type(await customers.get("c"), ReferralCustomer)
    assert_type(customers.list(refer_status="referred", sort="asc"), Pager[ReferralCustomer])
    assert_type(customers.search(key="k"), Pager[ReferralCustomer])
    assert_type(customers.referrals("c"), Pager[ReferralCustomer])
    assert_type(customers.transactions("c"), Pager[ReferralTransaction])
    assert_type(customers.referral_links("c"), Pager[ReferralLink])
    assert_type(await customers.update(Ref(id="c"), date_of_birth=None), ReferralCustomer)
    assert_type(await customers.update("c", new_key="k"), ReferralCustomer)
    await customers.invite(email="a@b.co", personalization={"greeting": "Hello"})
    assert_type(await customers.stats("c"), ReferralCustomerStats)
    balance = await customers.balance("c")
    assert_type(balance, CustomerBalance)
    assert_type(balance.balance, Balance | None)
    assert_type(await customers.credit("c", amount=Decimal("9.99"), amount_units="usd"), CustomerBalance)
    await customers.credit("c", amount=10, amount_units="points", is_currency=False)
    assert_type(await customers.get_many(["c"]), Batch[str, ReferralCustomer])
    customers.list(refer_status="all")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    customers.list(refer_status=word)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.update(Ref(key="k"), name="n")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.update(anybody, name="n")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.get(Ref(id="c"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.credit("c", amount=9.99, amount_units="usd")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.credit("c", amount=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await customers.create(referring_customer=anybody)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.create(referring_customer="c")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.create(date_of_birth="1990-05-02")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await customers.invite(email="a@b.co", personalization={"greeting": 5})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


async def customer_links(partnero: AsyncPartnero, anybody: Ref) -> None:
    links = partnero.customer_referral_links
    assert_type(await links.create(key="k", customer=anybody), ReferralLink)
    assert_type(await links.update("k", domain_id=8, is_additional=True), ReferralLink)
    assert_type(links.search(id="k"), Pager[ReferralLink])
    assert_type(await links.get_many(["k"]), Batch[str, ReferralLink])
    await links.create(key="k", customer="c")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await links.delete(Ref(id="k"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def referral_sales(partnero: AsyncPartnero, anybody: Ref) -> None:
    transactions = partnero.referral_transactions
    buyer = NewReferredCustomer(id="c", referring_customer=Ref(key="r"), created_at=0, name=None)
    sale = await transactions.create(customer=buyer, amount=Decimal("9.99"), product_id=["a", 1])
    assert_type(sale, ReferralTransaction)
    assert_type(sale.referrer, str | None)
    assert_type(sale.referred, str | None)
    assert_type(await transactions.create(customer=anybody, reward=5), ReferralTransaction)
    assert_type(
        await transactions.create_together([Sale(amount=1)], customer=buyer), tuple[ReferralTransaction, ...]
    )
    assert_type(transactions.list(key="t"), Pager[ReferralTransaction])
    await transactions.delete(Ref(key="t"))
    hash(sale.customer)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await transactions.create(customer=buyer, amount=9.99)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await transactions.create(customer=NewCustomer(key="c"), amount=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.transactions.create(customer=buyer, amount=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await transactions.create(customer="c", amount=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await transactions.delete(Ref(id="t"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await transactions.create(customer=anybody, amount=1, referral_url="https://a.b")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def newsletters(partnero: AsyncPartnero, anybody: Ref) -> None:
    subscribers = partnero.subscribers
    subscriber = await subscribers.create(email="a@b.co", referral=Ref(id="s"), status="active")
    assert_type(subscriber, Subscriber)
    assert_type(subscriber.id, str | None)
    assert_type(subscriber.status, SubscriberStatus | str | None)
    assert_type(subscribers.list(refer_status="non_referred"), Pager[Subscriber])
    assert_type(subscribers.search(email="a@b.co"), Pager[Subscriber])
    assert_type(
        await subscribers.update(Ref(email="a@b.co"), status=SubscriberStatus.SUSPENDED, name=None),
        Subscriber,
    )
    await subscribers.delete(Ref(id="s"))
    by_either: Ref[Literal["id", "email"]] = Ref(email="a@b.co")
    await subscribers.delete(by_either)
    subscribers.list(refer_status="active")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await subscribers.update(Ref(key="s"), name="n")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await subscribers.update("s", name="n")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await subscribers.delete(Ref(key="s"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await subscribers.delete(anybody)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await subscribers.create(email="a@b.co", referral=Ref(key="s"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await subscribers.create(email=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    rewards = partnero.rewards
    reward = await rewards.create(name="n", subscribers_count=3, fulfillment_type=RewardFulfillment.URL_LINK)
    assert_type(reward, Reward)
    assert_type(reward.id, int)
    assert_type(rewards.list(), Pager[Reward])
    assert_type(await rewards.get_many([1, 2]), Batch[int, Reward])
    await rewards.get("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await rewards.create(name="n", subscribers_count="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def coupons(partnero: AsyncPartnero, metadata: dict[str, list[int]]) -> None:
    coupon = await partnero.coupons.create(
        coupon_discount_type="percent",
        coupon_discount_amount=Decimal("12.5"),
        coupon_duration_type=CouponDurationType.MONTHS,
        coupon_duration_value=3,
        redemption_specific_date_value=date(2025, 5, 31),
        promotion_codes=(NewPromotionCode(code=code) for code in ("A", "B")),
        metadata=metadata,
    )
    assert_type(coupon, Coupon)
    assert_type(coupon.synchronization, CouponSynchronization | None)
    assert_type(coupon.coupon_discount_type, CouponDiscountType | str | None)
    assert_type(await partnero.coupons.update("c", active=False), Coupon)
    assert_type(partnero.coupons.list(), Pager[Coupon])
    assert_type(await partnero.coupons.get_many(["c"]), Batch[str, Coupon])
    await partnero.coupons.update("c", name=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await partnero.coupons.create(
        coupon_discount_type="half",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        coupon_discount_amount=12.5,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        coupon_duration_type="weeks",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        promotion_codes=["A"],  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    )


async def promotion_codes(partnero: AsyncPartnero) -> None:
    codes = partnero.promotion_codes
    holder = CodeHolder(id="p", full_name="Ada Lovelace")
    code = await codes.create(coupon="c", partner=holder, expiration_date_value=date(2025, 5, 31))
    assert_type(code, PromotionCode)
    assert_type(await codes.create(coupon=12, minimum_order_value=22), PromotionCode)
    assert_type(await codes.update("P", partner=None), PromotionCode)
    redemption = await codes.redeem("P", transaction_key="t")
    assert_type(redemption, Redemption)
    assert_type(redemption.recorded, bool | None)
    assert_type(redemption.entry, PromotionCodeRedemption | None)
    assert_type(codes.list(), Pager[PromotionCode])
    assert_type(await codes.get_many(["P"]), Batch[str, PromotionCode])
    await codes.create(coupon="c", partner="p")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await codes.create(coupon="c", minimum_order_value=Decimal(22))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await codes.create(coupon="c", expiration_date_value="2025-05-31")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await codes.update("P", metadata=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await codes.delete("P")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    NewPromotionCode(customer="c")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CodeHolder(id="p")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def settings() -> None:
    AsyncPartnero("key", rate_limit=RateLimit(60, 60), timeout=None, max_concurrency=5)
    AsyncPartnero("key", timeout="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def without_await(portal: BlockingPartnero) -> None:
    assert_type(portal.call(lambda partnero: partnero.customers.get("c")), Customer)
    assert_type(portal.call(lambda partnero: partnero.customers.list()), Page[Customer])
    for customer in portal.iterate(lambda partnero: partnero.customers.list()):
        assert_type(customer, Customer)
    for page in portal.iterate(lambda partnero: partnero.customers.list().pages()):
        assert_type(page, Page[Customer])
    for ahead in portal.iterate(lambda partnero: partnero.customers.list().prefetch(2)):
        assert_type(ahead, Customer)
    for outcome in portal.iterate(lambda partnero: partnero.customers.stream(["a"])):
        assert_type(outcome, Found[str, Customer] | Missing[str] | Failed[str])
    for deleted in portal.iterate(lambda partnero: partnero.bulk(partnero.customers.delete, ["a"])):
        assert_type(deleted, Done[str, None] | Failed[str])
    BlockingPartnero(lambda: AsyncPartnero(deadline=5))
