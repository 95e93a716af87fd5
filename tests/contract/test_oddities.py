"""The odd ways in which Partnero says things: all are understood, and what is not is refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import attrs
import httpx
import pytest

from partnero_async import Customer, Lead, Partner, ResponseError, Transaction
from partnero_async._http.endpoint import Shape
from partnero_async.records import (
    Coupon,
    CurrencyAmount,
    FreeFormSettings,
    LeadAnswer,
    LeadField,
    LeadForm,
    LinkDomain,
    PartnerCommissions,
    PartnerReferrals,
    PartnerReward,
    PartnerStatus,
    PayoutRequest,
    PayoutStatus,
    PortalSettings,
    Program,
    ProgramDeletion,
    ProgramDetails,
    ProgramSettings,
    ProgramStats,
    PromotionCode,
    Record,
    ReferralCustomer,
    ReferralLink,
    ReferralTransaction,
    Reward,
    SignInUrl,
    Subscriber,
    SubscriberStatus,
    TransactionReward,
    WebhookSubscription,
)
from partnero_async.records._json import loads
from partnero_async.records._structure import structure
from partnero_async.resources._registry import all_endpoints

from ..resources.scripts import Script
from .examples import data_of

# What a record cannot be without.
IDENTITIES: Mapping[type[Record], Mapping[str, Any]] = {
    Partner: {"id": "p"},
    ReferralLink: {"key": "r"},
    LinkDomain: {"domain": "a.b"},
    Customer: {"key": "c"},
    Transaction: {"key": None},
    Lead: {"id": 44},
    LeadField: {"id": 89},
    Program: {"public_id": "M"},
    ProgramDeletion: {"confirmation_code": "aB3xK9mQ"},
    WebhookSubscription: {"key": "w"},
    ReferralCustomer: {"id": "c"},
    ReferralTransaction: {"key": None},
    Subscriber: {"email": "s@b.co"},
    Reward: {"id": 255},
    Coupon: {"uuid_code": "c"},
    PromotionCode: {"code": "p"},
}
# What tells a record from the others of its list; two sales may be alike in every field.
TOLD_APART_BY: Mapping[type[Record], str | None] = {
    Partner: "id",
    ReferralLink: "key",
    LinkDomain: "domain",
    Customer: "key",
    Transaction: None,
    Lead: "id",
    PayoutRequest: "id",
    WebhookSubscription: "key",
    ReferralCustomer: "id",
    ReferralTransaction: None,
    Subscriber: "email",
    Reward: "id",
    Coupon: "uuid_code",
    PromotionCode: "code",
}
NESTED = (
    LeadAnswer,
    LeadField,
    PartnerCommissions,
    PartnerReferrals,
    PortalSettings,
    Program,
    ProgramSettings,
    ProgramStats,
    TransactionReward,
)
LISTED = {e.returns.record for e in all_endpoints() if e.returns.shape is Shape.PAGE and e.returns.record}
RECORDS = sorted(
    {endpoint.returns.record for endpoint in all_endpoints() if endpoint.returns.record} | set(NESTED),
    key=lambda record: record.__name__,
)


def named(record: type[Record]) -> dict[str, Any]:
    """The least that makes a record."""
    return dict(IDENTITIES.get(record, {}))


def sent(record: type[Record], **fields: str) -> Any:
    """The record of these fields, which are JSON text."""
    values = {name: loads(text) for name, text in fields.items()}
    return structure(record, {**named(record), **values})


def known(record: type[Record]) -> set[str]:
    return {field.name for field in attrs.fields(record)} - {"extra"}


def open_words() -> list[tuple[type[Record], str, type[StrEnum]]]:
    """Every field of every record that takes a word of an enum or any other."""
    return [
        (record, field, member)
        for record in RECORDS
        for field, kind in get_type_hints(record).items()
        for member in get_args(kind)
        if isinstance(member, type) and issubclass(member, StrEnum)
    ]


@pytest.mark.parametrize("record", RECORDS)
def test_no_more_than_its_identity_makes_a_record(record: type[Record]) -> None:
    found = structure(record, named(record))
    assert {field for field in known(record) if getattr(found, field) not in (None, (), {})} == {
        name for name, value in named(record).items() if value is not None
    }


@pytest.mark.parametrize("record", RECORDS)
def test_every_other_field_may_be_null(record: type[Record]) -> None:
    others = known(record) - named(record).keys()
    found = structure(record, {**dict.fromkeys(others), **named(record)})
    assert [name for name in others if getattr(found, name) not in (None, (), {})] == []


@pytest.mark.parametrize("record", [record for record in RECORDS if record in IDENTITIES])
def test_without_its_identity_there_is_no_record(record: type[Record]) -> None:
    (name,) = IDENTITIES[record]
    with pytest.raises(ResponseError, match=rf"^{record.__name__}\.{name} is missing$"):
        structure(record, {})


@pytest.mark.parametrize(
    "record",
    [
        record
        for record in RECORDS
        if record in IDENTITIES and record not in (Transaction, ReferralTransaction)
    ],
)
def test_an_identity_is_not_null(record: type[Record]) -> None:
    (name,) = IDENTITIES[record]
    with pytest.raises(ResponseError, match=rf"^{record.__name__}\.{name} should be .*, but is null$"):
        structure(record, {name: None})


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Partner, "referrals"),
        (Partner, "commissions"),
        (Lead, "lead_info"),
        (Lead, "converted_to"),
        (Lead, "submitter"),
        (LeadForm, "leads_commission"),
        (ProgramDetails, "program"),
        (ProgramDetails, "stats"),
        (ProgramDetails, "program_settings"),
        (ProgramDetails, "portal_settings"),
    ],
)
def test_an_empty_array_in_place_of_a_record_is_none(record: type[Record], field: str) -> None:
    assert getattr(structure(record, {**named(record), field: []}), field) is None


@pytest.mark.parametrize("record", sorted(LISTED, key=lambda record: record.__name__))
def test_a_listed_record_is_told_apart_by_one_field_and_a_sale_by_none(record: type[Record]) -> None:
    assert record.identified_by == TOLD_APART_BY[record]
    assert record.identified_by in known(record) | {None}


@pytest.mark.parametrize("found", [[], {}, None])
@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Partner, "custom_fields"),
        (Partner, "custom_field_values"),
        (LeadField, "options"),
        (TransactionReward, "product_type_data"),
        *(
            (ProgramStats, name)
            for name in (
                "total_reward",
                "total_revenue",
                "total_paid",
                "total_pending",
                "average_order_value",
                "rewards_breakdown",
                "partner_activity",
                "payout_status_breakdown",
            )
        ),
    ],
)
def test_an_empty_object_is_one_however_it_is_written(record: type[Record], field: str, found: Any) -> None:
    assert getattr(structure(record, {**named(record), field: found}), field) == {}


EITHER = pytest.mark.parametrize(
    ("record", "field"),
    [
        (Partner, "custom_fields"),
        (Partner, "custom_field_values"),
        (LeadField, "options"),
        (TransactionReward, "product_type_data"),
    ],
)


@EITHER
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"vat": "1"}, {"vat": "1"}),
        ({"1": "small", "2": None}, {"1": "small", "2": None}),
        ([{"name": "vat", "value": None}], ({"name": "vat", "value": None},)),
        (["small", 2, ["large"]], ("small", 2, ("large",))),
    ],
)
def test_what_php_cannot_tell_apart_is_an_object_or_an_array(
    record: type[Record], field: str, found: Any, expected: Any
) -> None:
    once, again = (structure(record, {**named(record), field: found}) for _ in range(2))
    assert getattr(once, field) == expected
    assert len({once, again}) == 1
    assert once.to_dict()[field] == found


@EITHER
@pytest.mark.parametrize("found", ["small", 5, True])
def test_what_is_neither_is_refused_by_name(record: type[Record], field: str, found: Any) -> None:
    with pytest.raises(ResponseError, match=rf"^{record.__name__}\.{field} should be an object, but is"):
        structure(record, {**named(record), field: found})


COUNTS = [
    (ProgramStats, "total_partners"),
    (ProgramStats, "total_purchases"),
    (ProgramStats, "total_signups"),
    (ProgramStats, "total_paid_accounts"),
    (ProgramStats, "affiliate_referred_visitors_clicks"),
    (ProgramSettings, "cookie_lifetime"),
    (Lead, "id"),
    (PayoutRequest, "id"),
]


@pytest.mark.parametrize(
    ("found", "expected"),
    [("12", 12), (12, 12), ("12.0", 12), ("0012", 12), ("1,124", 1124), ("12,345,678", 12345678)],
)
@pytest.mark.parametrize(("record", "field"), COUNTS)
def test_a_count_may_be_a_string(record: type[Record], field: str, found: Any, expected: int) -> None:
    count = getattr(structure(record, {field: found}), field)
    assert (count, type(count)) == (expected, int)


@pytest.mark.parametrize(
    "found", ["", " 12", "1,12", "1,1240", "12,", ",124", "12.5", "twelve", "1_2", "١٢", True, [], {}, 12.5]
)
def test_what_is_no_count_is_refused_by_name(found: Any) -> None:
    with pytest.raises(ResponseError, match=r"^ProgramStats\.total_partners should be an integer"):
        structure(ProgramStats, loads(json.dumps({"total_partners": found})))


AMOUNTS = [
    (ProgramStats, "click_to_signup_conversion"),
    (ProgramStats, "net_profit"),
    (ProgramStats, "total_partners_growth"),
    (ProgramSettings, "payout_threshold"),
    (ProgramSettings, "commission_value"),
    (CurrencyAmount, "amount"),
    (PartnerCommissions, "paid"),
    (Transaction, "amount"),
    (TransactionReward, "amount"),
]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ('"19.50"', "19.50"),
        ('"-3"', "-3"),
        ('"20"', "20"),
        ('"1,124.90"', "1124.90"),
        ("29.997", "29.997"),
        ("100", "100"),
    ],
)
@pytest.mark.parametrize(("record", "field"), AMOUNTS)
def test_a_number_may_be_a_string(record: type[Record], field: str, found: str, expected: str) -> None:
    assert repr(getattr(sent(record, **{field: found}), field)) == f"Decimal('{expected}')"


def test_the_sums_in_a_record_may_be_strings_as_well() -> None:
    sale = structure(Transaction, {"key": "t", "amount": "99.99", "rewards": [{"amount": "29.997"}]})
    assert (sale.amount, sale.rewards[0].amount) == (Decimal("99.99"), Decimal("29.997"))
    owed = {"paid": "375.00", "not_paid": [{"currency": "USD", "amount": "1,050.5"}]}
    commissions = structure(Partner, {"id": "p", "commissions": owed}).commissions
    assert commissions == PartnerCommissions(
        paid=Decimal(375), not_paid=(CurrencyAmount(currency="USD", amount=Decimal("1050.5")),)
    )


def test_a_commission_that_is_no_number_stays_a_text() -> None:
    assert structure(ProgramSettings, {"commission_value": "30% of every sale"}).commission_value == (
        "30% of every sale"
    )
    assert structure(ProgramSettings, {"commission_value": 30}).commission_value == Decimal(30)


@pytest.mark.parametrize("record", [CurrencyAmount, Transaction, TransactionReward])
@pytest.mark.parametrize("found", ["$5", "5 USD", "5,5", "1.124,90", "", "five"])
def test_a_text_that_is_more_than_a_number_is_no_amount(record: type[Record], found: str) -> None:
    with pytest.raises(ResponseError) as refused:
        structure(record, {**named(record), "amount": found})
    assert str(refused.value) == f"{record.__name__}.amount should be a number, but is {found!r}"


@pytest.mark.parametrize(
    ("record", "field"),
    [(Partner, "referrals_count"), (PartnerReferrals, "clicks"), (LeadField, "id"), (LinkDomain, "id")],
)
def test_elsewhere_a_count_is_none_as_a_string(record: type[Record], field: str) -> None:
    with pytest.raises(
        ResponseError, match=rf"^{record.__name__}\.{field} should be an integer, but is '5'$"
    ):
        structure(record, {**named(record), field: "5"})


def test_what_was_paid_is_one_number_and_no_list_by_currency() -> None:
    with pytest.raises(ResponseError, match=r"^PartnerCommissions\.paid should be a number"):
        structure(PartnerCommissions, {"paid": [{"currency": "USD", "amount": 375}]})


@pytest.mark.parametrize(
    ("found", "expected"), [("true", True), ("false", False), (True, True), (False, False), (None, None)]
)
@pytest.mark.parametrize(
    ("record", "field"),
    [
        (LeadForm, "leads_enabled"),
        (LeadField, "required"),
        (ProgramSettings, "has_multiple_commissions"),
        (ProgramSettings, "onboarding_enabled"),
        (PortalSettings, "leads_page_enabled"),
    ],
)
def test_a_boolean_may_be_a_string(
    record: type[Record], field: str, found: Any, expected: bool | None
) -> None:
    assert getattr(structure(record, {**named(record), field: found}), field) is expected


@pytest.mark.parametrize("found", ["", "yes", "True", "1", 1, 0, [], {}])
def test_what_is_no_boolean_is_refused_by_name(found: Any) -> None:
    with pytest.raises(ResponseError, match=r"^LeadForm\.leads_enabled should be true or false"):
        structure(LeadForm, {"leads_enabled": found})


@pytest.mark.parametrize(
    ("record", "field"),
    [(Partner, "approved"), (Lead, "can_be_converted"), (WebhookSubscription, "is_active")],
)
def test_elsewhere_a_boolean_is_none_as_a_string(record: type[Record], field: str) -> None:
    with pytest.raises(ResponseError, match=rf"^{record.__name__}\.{field} should be true or false"):
        structure(record, {**named(record), field: "true"})


@pytest.mark.parametrize(
    "text",
    ["2025-05-16", "2025-05-16T23:59:59.000000Z", "2025-05-16T00:00:00+00:00", "2025-05-15T20:00:00-04:00"],
)
@pytest.mark.parametrize(
    ("record", "field"), [(Lead, "created_at"), (Program, "created_at"), (Program, "last_edited")]
)
def test_a_day_is_a_date_and_no_moment(record: type[Record], field: str, text: str) -> None:
    found = structure(record, {**named(record), field: text})
    assert (getattr(found, field), type(getattr(found, field))) == (date(2025, 5, 16), date)
    assert found.to_dict()[field] == "2025-05-16"


@pytest.mark.parametrize(
    "found", ["", "16.05.2025", "2025-02-30", "2025-02-30T00:00:00Z", "2025-05-16T10:00:00", 1747353600, []]
)
def test_what_is_no_day_is_refused_by_name(found: Any) -> None:
    with pytest.raises(ResponseError, match=r"^Lead\.created_at should be a date"):
        structure(Lead, {"id": 1, "created_at": found})


def test_the_open_words_are_where_partnero_publishes_no_full_set() -> None:
    assert {f"{record.__name__}.{field}" for record, field, _ in open_words()} == {
        "Customer.status",
        "Lead.status",
        "LeadField.type",
        "Partner.status",
        "PayoutRequest.status",
        "Coupon.coupon_discount_type",
        "Coupon.coupon_duration_type",
        "Program.type",
        "ReferralCustomer.status",
        "Reward.fulfillment_type",
        "Reward.status",
        "Subscriber.status",
        "TransactionReward.status",
    }


@pytest.mark.parametrize(("record", "field", "words"), open_words())
def test_a_known_word_is_a_member_and_an_unknown_one_stays_a_string(
    record: type[Record], field: str, words: type[StrEnum]
) -> None:
    for word in words:
        assert getattr(structure(record, {**named(record), field: word.value}), field) is word
    unheard = getattr(structure(record, {**named(record), field: "unheard of"}), field)
    assert (unheard, type(unheard)) == ("unheard of", str)


def test_a_subscription_to_an_event_that_nobody_knows_keeps_its_name() -> None:
    found = structure(WebhookSubscription, {"key": "w", "events": ["reward.paid", "partner.created"]})
    assert [type(event).__name__ for event in found.events] == ["str", "WebhookEventName"]
    assert found.events == ("reward.paid", "partner.created")


def test_a_listed_partner_lacks_what_only_the_single_read_has() -> None:
    found = structure(Partner, data_of("partners"))
    lacking = {name for name in known(Partner) if getattr(found, name) is None}
    assert lacking == {
        "key",
        "tos",
        "referrals_count",
        "tags",
        "referral_link",
        "referral_links",
        "referrals",
        "commissions",
    }
    assert found.custom_field_values == {}


def test_the_key_of_an_answer_of_2022_is_read() -> None:
    assert structure(Partner, {"id": "p", "key": "ref_123"}).key == "ref_123"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("one", "one"), (["feature1", "feature3"], ("feature1", "feature3")), (None, None), (7, 7)],
)
def test_an_answer_of_a_form_is_whatever_was_answered(answer: Any, expected: Any) -> None:
    lead = structure(Lead, {"id": 1, "submission_form": [{"question": "q", "answer": answer}]})
    assert lead.submission_form[0].answer == expected
    assert len({lead, structure(Lead, lead.to_dict())}) == 1


@pytest.mark.parametrize("field", ["amount", "total", "sum_of_it"])
def test_what_a_payout_request_amounts_to_is_kept_under_whatever_name(field: str) -> None:
    found = structure(PayoutRequest, loads(f'{{"id": 7, "status": "resubmitted", "{field}": 29.997}}'))
    assert found.status is PayoutStatus.RESUBMITTED
    assert found.extra == {field: Decimal("29.997")}


def test_empty_texts_stay_empty_and_are_not_taken_for_nothing() -> None:
    found = structure(Partner, {"id": "", "status": "", "tags": [], "name": ""})
    assert (found.id, found.status, found.tags, found.name) == ("", "", (), "")


@pytest.mark.parametrize("sent", ["Active", "active"])
def test_the_status_of_a_subscriber_is_one_capitalised_or_not(sent: str) -> None:
    found = structure(Subscriber, {"email": "s@b.co", "status": sent})
    assert found.status is SubscriberStatus.ACTIVE
    assert found.to_dict()["status"] == "active"


def test_elsewhere_a_word_in_capitals_is_another_word() -> None:
    assert structure(Partner, {"id": "p", "status": "Active"}).status is not PartnerStatus.ACTIVE


UNDOCUMENTED = [
    ("an object in data", {"data": {"id": 1, "note": None}, "status": 1}, {"id": 1, "note": None}),
    ("no data", {"id": 1, "message": "done"}, {"id": 1, "message": "done"}),
    ("no data, but a status", {"id": 1, "status": 1}, {"id": 1}),
    ("nothing but a status", {"status": 1}, {}),
    ("a status of its own", {"data": {"status": "ok"}, "status": 1}, {"status": "ok"}),
    ("null in data", {"data": None, "status": 1}, {"data": None}),
    ("an empty array in data", {"data": [], "status": 1}, {"data": ()}),
    ("an empty object in data", {"data": {}, "message": "done"}, {"data": {}, "message": "done"}),
    ("an array in data", {"data": [{"id": 1}], "status": 1}, {"data": ({"id": 1},)}),
    ("a word in data", {"data": "done", "status": 1}, {"data": "done"}),
    ("an array", [1], {"data": (1,)}),
    ("a word", '"done"', {"data": "done"}),
    ("a number", "7", {"data": 7}),
    ("null", "null", {}),
    ("nothing", "", {}),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "extra"),
    [(answer, extra) for _, answer, extra in UNDOCUMENTED],
    ids=[n for n, *_ in UNDOCUMENTED],
)
async def test_an_answer_that_nobody_documents_is_taken_as_it_comes(answer: Any, extra: Any) -> None:
    async with Script(answer).client() as partnero:
        reward = await partnero.partners.reward("p", amount=1)
        settings = await partnero.free_form_settings.update({"a": 1})
    assert (type(reward), reward.extra) == (PartnerReward, extra)
    assert (type(settings), settings.extra) == (FreeFormSettings, extra)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"url": "https://p.co/in?token=1"}, "https://p.co/in?token=1"),
        ({"sign_in_url": "http://p.co"}, "http://p.co"),
        ({"link": "https://p.co", "expires_in": 120, "id": "p"}, "https://p.co"),
        ({"link": {"href": "https://p.co"}}, "https://p.co"),
        ({"links": ["none", ["https://p.co"]]}, "https://p.co"),
        ({"a": {"b": [{"c": {"d": "https://p.co/deep"}}]}, "e": 5}, "https://p.co/deep"),
        ({"https://p.co": "in the name of a field"}, None),
        ({"a": "https://p.co", "b": "https://q.co"}, None),
        ({"a": {"b": "https://p.co"}, "c": ["https://q.co"]}, None),
        ({"a": "ftp://p.co", "b": "https://", "c": "https//p.co", "d": None}, None),
        ({"a": "https://[bad"}, None),
        ({}, None),
    ],
)
def test_the_url_of_a_sign_in_is_the_one_that_is_there(fields: dict[str, Any], url: str | None) -> None:
    found = structure(SignInUrl, fields)
    assert found.url == url
    assert found.to_dict() == fields


async def read(body: bytes) -> Customer:
    async with Script(httpx.Response(200, content=body)).client() as partnero:
        return await partnero.customers.get("c")


@pytest.mark.asyncio
async def test_a_byte_order_mark_before_an_answer_is_ignored() -> None:
    found = await read(b'\xef\xbb\xbf{"data": {"key": "c", "name": "\xef\xbb\xbfZo\xc3\xab"}}')
    assert (found.key, found.name) == ("c", "\ufeffZoë")


@pytest.mark.asyncio
async def test_a_byte_order_mark_elsewhere_makes_no_json() -> None:
    for body in (b' \xef\xbb\xbf{"data": {"key": "c"}}', b'{"data": {"key": "c"}}\xef\xbb\xbf'):
        with pytest.raises(ResponseError, match="is not JSON"):
            await read(body)


@pytest.mark.asyncio
@pytest.mark.parametrize("link", ["https://pii.example/?page=pii", "pii", ["pii"], {"pii": 1}, 5318008])
async def test_a_link_to_no_next_page_is_an_error_that_does_not_show_it(link: Any) -> None:
    async with Script({"data": [{"key": "c"}], "links": {"next": link}}).client() as partnero:
        with pytest.raises(
            ResponseError, match=r": links\.next names no page \(api\.partnero\.com\)$"
        ) as refused:
            await partnero.customers.list()
    assert not {"pii", "5318008"} & set(re.findall(r"\w+", f"{refused.value!r} {vars(refused.value)}"))
