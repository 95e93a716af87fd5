"""Leads that partners submit, and the form that they fill in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import attrs

from ._base import EMPTY, BoolOrText, DecimalOrText, IntOrText, Record, Word, frozen_collection

__all__ = [
    "Lead",
    "LeadAnswer",
    "LeadCommission",
    "LeadContact",
    "LeadCustomer",
    "LeadField",
    "LeadFieldType",
    "LeadForm",
    "LeadStatus",
    "LeadSubmitter",
]


class LeadStatus(Word):
    """The statuses of a lead that are known; others stay strings."""

    SUBMITTED = "submitted"
    """Waits for a decision."""

    CONVERTED = "converted"
    """Became a customer."""

    REJECTED = "rejected"
    """Was turned down."""


@attrs.frozen(kw_only=True)
class LeadContact(Record):
    """Whom a lead is about."""

    name: str | None = None
    """Full name."""

    email: str | None = None
    """E-mail address."""


@attrs.frozen(kw_only=True)
class LeadCustomer(Record):
    """The customer that a lead became."""

    key: str | None = None
    """The key of the customer."""

    name: str | None = None
    """Full name."""

    email: str | None = None
    """E-mail address."""


@attrs.frozen(kw_only=True)
class LeadSubmitter(Record):
    """The partner who submitted a lead."""

    id: str | None = None
    """The id of the partner."""

    name: str | None = None
    """Full name."""

    email: str | None = None
    """E-mail address."""


@attrs.frozen(kw_only=True)
class LeadAnswer(Record):
    """One question of the form, answered."""

    question: str | None = None
    """The question."""

    answer: Any = None
    """The answer: a string, or a tuple of them where several boxes were ticked."""


@attrs.frozen(kw_only=True)
class Lead(Record):
    """Somebody whom a partner recommends, and who may become a customer."""

    identified_by: ClassVar[str | None] = "id"

    id: IntOrText
    """The identifier."""

    status: LeadStatus | str | None = None
    """The status."""

    created_at: date | None = None
    """The day on which it was submitted."""

    lead_info: LeadContact | None = None
    """Whom it is about."""

    converted_to: LeadCustomer | None = None
    """The customer that it became; None until then."""

    submitter: LeadSubmitter | None = None
    """The partner who submitted it."""

    submission_form: tuple[LeadAnswer, ...] = ()
    """The form as it was filled in."""

    can_be_converted: bool | None = None
    """Whether ``leads.convert`` is possible."""

    can_be_rejected: bool | None = None
    """Whether ``leads.reject`` is possible."""


class LeadFieldType(Word):
    """The kinds of form fields that are known; others stay strings."""

    TEXT = "text"
    """A text that is only shown."""

    INPUT = "input"
    """One line."""

    TEXTAREA = "textarea"
    """Several lines."""

    CHECKBOX = "checkbox"
    """Any of the options."""

    RADIO = "radio"
    """One of the options."""

    SELECT = "select"
    """One of the options."""

    COUNTRIES = "countries"
    """A country."""


@attrs.frozen(kw_only=True)
class LeadCommission(Record):
    """What a converted lead earns."""

    currency: str | None = None
    """The currency code."""

    commission: DecimalOrText | None = None
    """The percentage or sum."""

    commission_type: str | None = None
    """What the number is, such as ``percent``."""


@attrs.frozen(kw_only=True)
class LeadField(Record):
    """A field of the form that partners fill in."""

    id: int
    """The identifier, by which ``leads.create`` takes the answer."""

    type: LeadFieldType | str | None = None
    """The kind of the field."""

    title: str | None = None
    """What stands above it."""

    text: str | None = None
    """The text that a field of type ``text`` shows."""

    description: str | None = None
    """What stands below it."""

    required: BoolOrText | None = None
    """Whether it must be answered."""

    options: Mapping[str, Any] | tuple[Any, ...] = attrs.field(default=EMPTY, converter=frozen_collection)
    """What can be chosen; texts, in every published example."""


@attrs.frozen(kw_only=True)
class LeadForm(Record):
    """How leads are set up in the program."""

    leads_enabled: BoolOrText | None = None
    """Whether partners can submit leads; Partnero sends the string ``"true"``."""

    program_leads_commission_type: str | None = None
    """Which commission applies, such as ``follow_program_settings``."""

    leads_commission: LeadCommission | None = None
    """The commission itself."""

    leads_custom_form_fields: tuple[LeadField, ...] = ()
    """The fields beside name and e-mail address."""
