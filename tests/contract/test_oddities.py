"""The odd ways in which Partnero says things: all are understood, and what is not is refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import attrs
import pytest

from partnero_async import (
    CurrencyAmount,
    Customer,
    Lead,
    LeadAnswer,
    LeadField,
    LeadForm,
    LinkDomain,
    Partner,
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
    ProgramOverview,
    ProgramSettings,
    ProgramStats,
    Record,
    ReferralLink,
    ResponseError,
    Reward,
    Settings,
    SignInUrl,
    Transaction,
    WebhookSubscription,
)
from partnero_async._http.jsontext import loads
from partnero_async.convert import structure
from partnero_async.resources import all_endpoints

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
    PayoutRequest: {"id": 7},
    Program: {"public_id": "M"},
    ProgramDeletion: {"confirmation_code": "aB3xK9mQ"},
    WebhookSubscription: {"key": "w"},
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
    Reward,
)
RECORDS = sorted(
    {endpoint.record for endpoint in all_endpoints() if endpoint.record} | set(NESTED),
    key=lambda record: record.__name__,
)


def named(record: type[Record]) -> dict[str, Any]:
    """The least that makes a record."""
    return dict(IDENTITIES.get(record, {}))


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
    "record", [record for record in RECORDS if record in IDENTITIES and record is not Transaction]
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
        (ProgramOverview, "overview_program_current_settings"),
    ],
)
def test_an_empty_array_in_place_of_a_record_is_none(record: type[Record], field: str) -> None:
    assert getattr(structure(record, {**named(record), field: []}), field) is None


@pytest.mark.parametrize("found", [[], {}, None])
@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Partner, "custom_fields"),
        (Reward, "product_type_data"),
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
        *((ProgramOverview, name) for name in ("total_revenue", "total_reward", "total_paid")),
    ],
)
def test_an_empty_object_is_one_however_it_is_written(record: type[Record], field: str, found: Any) -> None:
    assert getattr(structure(record, {**named(record), field: found}), field) == {}


@pytest.mark.parametrize(
    ("found", "expected"),
    [({"vat": "1"}, {"vat": "1"}), ([{"name": "vat", "value": None}], ({"name": "vat", "value": None},))],
)
def test_custom_fields_are_an_object_or_an_array(found: Any, expected: Any) -> None:
    partner = structure(Partner, {"id": "p", "custom_fields": found})
    assert partner.custom_fields == expected
    assert hash(partner) == hash(structure(Partner, {"id": "p", "custom_fields": found}))
    assert partner.to_dict()["custom_fields"] == found


COUNTS = [
    (ProgramStats, "total_partners"),
    (ProgramStats, "total_purchases"),
    (ProgramStats, "total_signups"),
    (ProgramStats, "total_paid_accounts"),
    (ProgramStats, "affiliate_referred_visitors_clicks"),
    (ProgramSettings, "cookie_lifetime"),
    (ProgramOverview, "total_partners"),
]


@pytest.mark.parametrize("found", ["12", 12, "12.0", "0012"])
@pytest.mark.parametrize(("record", "field"), COUNTS)
def test_a_count_may_be_a_string(record: type[Record], field: str, found: Any) -> None:
    count = getattr(structure(record, {field: found}), field)
    assert (count, type(count)) == (12, int)


@pytest.mark.parametrize("found", ["", " 12", "1,124", "12.5", "twelve", "1_2", "١٢", True, [], {}, 12.5])
def test_what_is_no_count_is_refused_by_name(found: Any) -> None:
    with pytest.raises(ResponseError, match=r"^ProgramStats\.total_partners should be an integer"):
        structure(ProgramStats, loads(json.dumps({"total_partners": found})))


AMOUNTS = [
    (ProgramStats, "click_to_signup_conversion"),
    (ProgramStats, "net_profit"),
    (ProgramStats, "total_partners_growth"),
    (ProgramSettings, "payout_threshold"),
    (ProgramSettings, "commission_value"),
]


@pytest.mark.parametrize(("found", "expected"), [("19.50", "19.50"), ("-3", "-3"), ("20", "20")])
@pytest.mark.parametrize(("record", "field"), AMOUNTS)
def test_a_number_may_be_a_string(record: type[Record], field: str, found: Any, expected: str) -> None:
    assert repr(getattr(structure(record, {field: found}), field)) == f"Decimal('{expected}')"


def test_a_commission_that_is_no_number_stays_a_text() -> None:
    assert structure(ProgramSettings, {"commission_value": "30% of every sale"}).commission_value == (
        "30% of every sale"
    )
    assert structure(ProgramSettings, {"commission_value": 30}).commission_value == Decimal(30)


@pytest.mark.parametrize("record", [CurrencyAmount, Transaction, Reward])
def test_elsewhere_an_amount_is_none_as_a_string(record: type[Record]) -> None:
    with pytest.raises(ResponseError, match=rf"^{record.__name__}\.amount should be a number, but is '5'$"):
        structure(record, {**named(record), "amount": "5"})


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
        (ProgramSettings, "onboarding_enabled"),
        (PortalSettings, "leads_page_enabled"),
    ],
)
def test_a_boolean_may_be_a_string(
    record: type[Record], field: str, found: Any, expected: bool | None
) -> None:
    assert getattr(structure(record, {field: found}), field) is expected


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
    ("record", "field"), [(Lead, "created_at"), (Program, "created_at"), (Program, "last_edited")]
)
def test_a_day_is_a_date_and_no_moment(record: type[Record], field: str) -> None:
    found = structure(record, {**named(record), field: "2025-05-16"})
    assert (getattr(found, field), type(getattr(found, field))) == (date(2025, 5, 16), date)
    assert found.to_dict()[field] == "2025-05-16"


@pytest.mark.parametrize("found", ["", "16.05.2025", "2025-02-30", 1747353600, []])
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
        "Program.type",
        "Reward.status",
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
        "custom_field_values",
        "referrals",
        "commissions",
    }


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


def test_a_word_in_capitals_is_another_word() -> None:
    assert structure(Partner, {"id": "p", "status": "Active"}).status is not PartnerStatus.ACTIVE


UNDOCUMENTED = [
    ("an object in data", {"data": {"id": 1, "note": None}, "status": 1}, {"id": 1, "note": None}),
    ("no data", {"id": 1, "message": "done"}, {"id": 1, "message": "done"}),
    ("nothing but a status", {"status": 1}, {"status": 1}),
    ("null in data", {"data": None, "status": 1}, {}),
    ("an empty array in data", {"data": [], "status": 1}, {}),
    ("a word in data", {"data": "done", "status": 1}, {}),
    ("an array", [1], {}),
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
        settings = await partnero.settings.update({"a": 1})
    assert (type(reward), reward.extra) == (PartnerReward, extra)
    assert (type(settings), settings.extra) == (Settings, extra)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"url": "https://p.co/in?token=1"}, "https://p.co/in?token=1"),
        ({"sign_in_url": "http://p.co"}, "http://p.co"),
        ({"link": "https://p.co", "expires_in": 120, "id": "p"}, "https://p.co"),
        ({"a": "https://p.co", "b": "https://q.co"}, None),
        ({"a": "ftp://p.co", "b": "https://", "c": "https//p.co", "d": None}, None),
        ({"a": "https://[bad"}, None),
        ({}, None),
    ],
)
def test_the_url_of_a_sign_in_is_the_one_that_is_there(fields: dict[str, Any], url: str | None) -> None:
    found = structure(SignInUrl, fields)
    assert found.url == url
    assert found.extra == fields
