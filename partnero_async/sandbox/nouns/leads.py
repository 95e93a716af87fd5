"""Leads that partners submit: whom they recommend, and the customers that some of them become."""

import json
import re
import secrets
import sqlite3
from dataclasses import dataclass, replace
from typing import Literal

from .. import moments, pages, replies
from ..calls import Call
from ..fields import Fields
from ..jsontext import Json
from ..replies import Refusal, Reply
from ..routing import Route
from ..store import Value
from ..table import Table
from . import customers, deliveries, new_customers, partners, program

# AUTOINCREMENT: the id of a deleted lead must not become another one's.
SCHEMA = """
CREATE TABLE leads (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    program TEXT NOT NULL,
    partner_number INTEGER NOT NULL REFERENCES partners (number) ON DELETE CASCADE,
    customer_number INTEGER REFERENCES customers (number) ON DELETE SET NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    answers TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX leads_by_creation ON leads (program, created_at, number);
CREATE INDEX leads_by_partner ON leads (partner_number);
CREATE INDEX leads_by_customer ON leads (customer_number);
"""

TABLE = Table(
    "SELECT record.*, partners.id AS partner, partners.email AS partner_email,"
    " trim(coalesce(partners.name, '') || ' ' || coalesce(partners.surname, '')) AS partner_name,"
    " customers.key AS customer, customers.email AS customer_email,"
    " trim(coalesce(customers.name, '') || ' ' || coalesce(customers.surname, '')) AS customer_name"
    " FROM leads AS record JOIN partners ON partners.number = record.partner_number"
    " LEFT JOIN customers ON customers.number = record.customer_number",
    "Lead",
)
_COUNTRY = re.compile("[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class _Question:
    """A field that the program added to the form."""

    id: int
    type: Literal["text", "input", "textarea", "checkbox", "radio", "select", "countries"]
    title: str
    required: bool = False
    options: tuple[str, ...] = ()
    text: str = ""

    def accepts(self, answer: Json) -> bool:
        """Whether this can be the answer; several at once are for checkboxes only."""
        if self.type == "checkbox":
            chosen = answer if isinstance(answer, list) else [answer]
            return all(option in self.options for option in chosen)
        if not isinstance(answer, str) or self.type == "text":
            return False
        if self.type == "countries":
            return _COUNTRY.fullmatch(answer) is not None
        return not self.options or answer in self.options

    def present(self) -> dict[str, object]:
        """The field as the set-up shows it."""
        return {
            "id": self.id,
            "type": self.type,
            "title": self.title,
            "text": self.text,
            "description": None,
            "required": self.required,
            "options": list(self.options),
        }


_FORM = (
    _Question(88, "text", "About you", text="Tell us whom you recommend."),
    _Question(89, "input", "Company"),
    _Question(90, "textarea", "Notes"),
    _Question(91, "checkbox", "Features", options=("feature1", "feature2", "feature3")),
    _Question(92, "radio", "Company size", options=("1-10", "11-100", "more than 100")),
    _Question(93, "select", "Plan", options=("starter", "business", "enterprise")),
    _Question(94, "countries", "Country"),
)


def details(call: Call) -> Reply:
    """How the form is set up, and what a converted lead earns."""
    return replies.found(
        {
            # A string, unlike every other boolean (sources.md#values-sent-as-text).
            "leads_enabled": "true",
            "program_leads_commission_type": "follow_program_settings",
            "leads_commission": {
                "currency": program.currency(call),
                "commission": call.commission_percent,
                "commission_type": "percent",
            },
            "leads_custom_form_fields": [question.present() for question in _FORM],
        }
    )


def list_(call: Call) -> Reply:
    """List leads."""
    return pages.listed(call, TABLE.select, [("record.program = ?", call.program.key)], _whole)


def create(call: Call) -> Reply:
    """Submit a lead in the name of a partner."""
    fields = Fields(call.body)
    name, email = fields.text("name", required=True), fields.email("email", required=True)
    answers = _answers(fields.section("cfields"))
    partner = partners.required_in(call, fields)
    number = call.store.insert(
        "leads",
        {
            "program": call.program.key,
            "partner_number": partner["number"],
            "name": name,
            "email": email,
            "answers": json.dumps(answers),
            "status": "submitted",
            "created_at": moments.now(),
        },
    )
    record = _whole(TABLE.numbered(call, number))
    deliveries.emit(call, "lead.submitted", record)
    return replies.created(record)


def get(call: Call) -> Reply:
    """Read one lead."""
    return replies.found(_whole(_identified(call)))


def delete(call: Call) -> Reply:
    """Remove the lead for good; the customer that it became stays."""
    call.store.run("DELETE FROM leads WHERE number = ?", _identified(call)["number"])
    return replies.done()


def convert(call: Call) -> Reply:
    """Make the lead a customer of its partner, with a first sale that earns the commission."""
    fields = Fields(call.filters)
    number, amount = fields.integer("id", required=True), fields.number("commission_transaction_amount")
    if fields.raw("commission_transaction_amount") is None:
        fields.complain(
            "commission_transaction_amount", "The commission_transaction_amount field is required."
        )
    elif amount is not None and amount < 0:
        fields.complain(
            "commission_transaction_amount", "The commission_transaction_amount must be at least 0."
        )
    fields.finish()
    row = _submitted(call, number)
    key = secrets.token_hex(6)
    customer: dict[str, Json] = {
        "key": key,
        "name": row["name"],
        "email": row["email"],
        "partner": {"id": row["partner"]},
        "transaction": {"amount": amount},
    }
    new_customers.create(replace(call, query="", body=customer))
    made = customers.find(call, key)
    assert made is not None
    return _decided(call, row, {"status": "converted", "customer_number": made["number"]})


def reject(call: Call) -> Reply:
    """Turn the lead down."""
    fields = Fields(call.filters)
    number = fields.integer("id", required=True)
    fields.finish()
    return _decided(call, _submitted(call, number), {"status": "rejected"})


def _answers(fields: Fields) -> dict[str, Json]:
    """What was filled in, by the id of the field."""
    answers: dict[str, Json] = {}
    for question in _FORM:
        name = str(question.id)
        answer = fields.raw(name)
        if answer in (None, []):
            if question.required:
                fields.complain(name, f"The {question.title} field is required.")
        elif question.accepts(answer):
            answers[name] = answer
        else:
            fields.complain(name, f"The selected {question.title} is invalid.")
    for name in fields.names():
        if name not in {str(question.id) for question in _FORM}:
            fields.complain(name, "The form has no such field.")
    return answers


def _submitted(call: Call, number: int | None) -> sqlite3.Row:
    """The lead that is still to be decided on."""
    row = TABLE.required(call, "number", number)
    if row["status"] != "submitted":
        raise Refusal(400, f"Action failed: the lead is already {row['status']}.")
    return row


def _decided(call: Call, row: sqlite3.Row, changes: dict[str, Value]) -> Reply:
    call.store.update("leads", row["number"], changes)
    record = _whole(TABLE.numbered(call, row["number"]))
    deliveries.emit(call, f"lead.{changes['status']}", record)
    return replies.found(record)


def _identified(call: Call) -> sqlite3.Row:
    """The lead whose id stands in the path."""
    return TABLE.required(call, "number", Fields({"id": call.identifier}).integer("id"))


def _whole(row: sqlite3.Row) -> dict[str, object]:
    answers = json.loads(row["answers"])
    is_open = row["status"] == "submitted"
    customer = {"key": row["customer"], "name": row["customer_name"], "email": row["customer_email"]}
    return {
        "id": row["number"],
        "status": row["status"],
        "created_at": row["created_at"][:10],
        "lead_info": {"name": row["name"], "email": row["email"]},
        "converted_to": customer if row["customer"] is not None else None,
        "submitter": {"id": row["partner"], "name": row["partner_name"], "email": row["partner_email"]},
        "submission_form": [
            {"question": "Name", "answer": row["name"]},
            {"question": "Email address", "answer": row["email"]},
            *(
                {"question": question.title, "answer": answers[str(question.id)]}
                for question in _FORM
                if str(question.id) in answers
            ),
        ],
        "can_be_converted": is_open,
        "can_be_rejected": is_open,
    }


ROUTES = (
    Route("GET", "/leads/details", details),
    Route("POST", "/leads/convert", convert),
    # The older form of the same: it changes something, although it is a GET.
    Route("GET", "/leads/convert", convert, writes=True),
    Route("POST", "/leads/reject", reject),
    Route("GET", "/leads/reject", reject, writes=True),
    Route("GET", "/leads", list_),
    Route("POST", "/leads", create),
    Route("GET", "/leads/{id}", get),
    Route("DELETE", "/leads/{id}", delete),
)
