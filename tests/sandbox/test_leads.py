"""Leads: the form that partners fill in, and what becomes of it."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox, replies
from partnero_async.sandbox.calls import Call
from partnero_async.sandbox.nouns import leads, transactions

from .clients import add_customer, bare_client

pytestmark = pytest.mark.asyncio

_COMPANY = "89"
_FORMS = pytest.mark.parametrize("method", ["POST", "GET"])


def _lead(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Alice Brown",
        "email": "alice.brown@partnero.com",
        "partner": {"key": "ref_001"},
        "cfields": {_COMPANY: "Acme Inc"},
        **fields,
    }


async def _submit(api: httpx.AsyncClient, **fields: Any) -> Any:
    response = await api.post("/leads", json=_lead(**fields))
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def _decide(api: httpx.AsyncClient, method: str, what: str, **parameters: Any) -> httpx.Response:
    """Convert or reject, by body or by query: the sources disagree."""
    if method == "GET":
        return await api.get(f"/leads/{what}", params=parameters)
    return await api.post(f"/leads/{what}", json=parameters)


async def _statuses(api: httpx.AsyncClient) -> list[str]:
    return [lead["status"] for lead in (await api.get("/leads")).json()["data"]]


async def test_the_form_has_fields_of_every_type_and_says_so_with_a_string(api: httpx.AsyncClient) -> None:
    form = (await api.get("/leads/details")).json()["data"]
    fields = form.pop("leads_custom_form_fields")
    assert form == {
        "leads_enabled": "true",
        "program_leads_commission_type": "follow_program_settings",
        "leads_commission": {"currency": "USD", "commission": 30, "commission_type": "percent"},
    }
    assert {field["type"] for field in fields} == {
        "text",
        "input",
        "textarea",
        "checkbox",
        "radio",
        "select",
        "countries",
    }
    assert fields[1] == {
        "id": 89,
        "type": "input",
        "title": "Company",
        "text": "",
        "description": None,
        "required": False,
        "options": [],
    }


async def test_a_lead_answers_201_and_shows_what_was_filled_in(api: httpx.AsyncClient) -> None:
    partner = {"email": "john.doe@partnero.com", "id": "partner_123", "name": "John", "surname": "Doe"}
    await api.post("/partners", json=partner)
    record = await _submit(
        api,
        partner={"id": "partner_123"},
        cfields={"94": "US", "89": "Acme Inc", "91": ["feature1", "feature3"], "90": "Soon", "92": "1-10"},
    )
    number, day = record.pop("id"), record.pop("created_at")
    assert isinstance(number, int)
    assert len(day) == len("2025-05-16")
    assert record == {
        "status": "submitted",
        "lead_info": {"name": "Alice Brown", "email": "alice.brown@partnero.com"},
        "converted_to": None,
        "submitter": {"id": "partner_123", "name": "John Doe", "email": "john.doe@partnero.com"},
        "submission_form": [
            {"question": "Name", "answer": "Alice Brown"},
            {"question": "Email address", "answer": "alice.brown@partnero.com"},
            {"question": "Company", "answer": "Acme Inc"},
            {"question": "Notes", "answer": "Soon"},
            {"question": "Features", "answer": ["feature1", "feature3"]},
            {"question": "Company size", "answer": "1-10"},
            {"question": "Country", "answer": "US"},
        ],
        "can_be_converted": True,
        "can_be_rejected": True,
    }


@pytest.mark.parametrize(
    "partner", [{"key": "ref_002"}, {"id": "partner_002"}, {"email": "partner_002@example.com"}]
)
async def test_the_partner_is_named_by_key_id_or_email(
    api: httpx.AsyncClient, partner: dict[str, str]
) -> None:
    assert (await _submit(api, partner=partner))["submitter"]["id"] == "partner_002"


@pytest.mark.parametrize("field", ["name", "email", "partner"])
async def test_name_email_and_partner_are_required(api: httpx.AsyncClient, field: str) -> None:
    response = await api.post("/leads", json=_lead(**{field: None}))
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}


async def test_an_unknown_partner_is_400(api: httpx.AsyncClient) -> None:
    assert (await api.post("/leads", json=_lead(partner={"key": "nobody"}))).status_code == 400
    assert await _statuses(api) == []


@pytest.mark.parametrize("cfields", [None, {}, [], "", {"89": ""}, {"89": None}, {"91": "", "94": ""}])
async def test_the_form_demands_nothing_of_its_own(api: httpx.AsyncClient, cfields: object) -> None:
    assert len((await _submit(api, cfields=cfields))["submission_form"]) == 2


@pytest.mark.parametrize("cfields", [None, {}, [], {"89": ""}, {"89": None}, {"90": "Notes"}])
async def test_a_field_that_a_program_requires_must_be_filled_in(
    api: httpx.AsyncClient, cfields: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = [replace(question, required=question.title == "Company") for question in leads._FORM]
    monkeypatch.setattr(leads, "_FORM", form)
    response = await api.post("/leads", json=_lead(cfields=cfields))
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"cfields.89"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("88", "a text that is only shown"),
        ("89", ["Acme Inc"]),
        ("89", 7),
        ("90", {"a": 1}),
        ("91", "feature9"),
        ("91", ["feature1", "feature9"]),
        ("91", [["feature1"]]),
        ("92", "eleven"),
        ("92", ["1-10"]),
        ("93", "free"),
        ("94", "United States"),
        ("94", "us"),
        ("7", "no such field"),
        ("name", "no such field"),
    ],
)
async def test_an_answer_that_the_form_does_not_offer_is_422(
    api: httpx.AsyncClient, field: str, value: object
) -> None:
    response = await api.post("/leads", json=_lead(cfields={_COMPANY: "Acme Inc", field: value}))
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {f"cfields.{field}"}


async def test_leads_are_listed_page_by_page_in_both_directions(api: httpx.AsyncClient) -> None:
    ids = [(await _submit(api, name=f"Lead {number}"))["id"] for number in range(3)]
    page = (await api.get("/leads?limit=2")).json()
    assert [lead["id"] for lead in page["data"]] == ids[:2]
    assert page["links"]["next"] == "http://sandbox.test/v1/leads?page=2"
    newest = (await api.get("/leads?sort=desc")).json()["data"]
    assert [lead["id"] for lead in newest] == ids[::-1]


async def test_a_lead_is_read_and_deleted_by_its_id(api: httpx.AsyncClient) -> None:
    record = await _submit(api)
    response = await api.get(f"/leads/{record['id']}")
    assert (response.status_code, response.json()) == (200, {"data": record, "status": 1})
    response = await api.delete(f"/leads/{record['id']}")
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert (await api.get(f"/leads/{record['id']}")).status_code == 404


async def test_the_id_of_a_deleted_lead_is_not_given_again(api: httpx.AsyncClient) -> None:
    record = await _submit(api)
    await api.delete(f"/leads/{record['id']}")
    assert (await _submit(api))["id"] != record["id"]


@pytest.mark.parametrize("number", ["0", "999", "-1", "abc", "1.0", "%201", "1e0", "9" * 19, "9" * 30])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_what_is_no_id_of_a_lead_is_404(api: httpx.AsyncClient, method: str, number: str) -> None:
    await _submit(api)
    assert (await api.request(method, f"/leads/{number}")).status_code == 404
    assert await _statuses(api) == ["submitted"]


@_FORMS
async def test_converting_makes_a_customer_with_a_sale_that_earns(
    api: httpx.AsyncClient, method: str
) -> None:
    lead = await _submit(api)
    response = await _decide(api, method, "convert", id=lead["id"], commission_transaction_amount="99.99")
    record = response.json()["data"]
    key = record["converted_to"]["key"]
    assert response.status_code == 200
    assert record == {
        **lead,
        "status": "converted",
        "converted_to": {"key": key, "name": "Alice Brown", "email": "alice.brown@partnero.com"},
        "can_be_converted": False,
        "can_be_rejected": False,
    }
    assert (await api.get(f"/leads/{lead['id']}")).json()["data"] == record
    customer = (await api.get(f"/customers/{key}")).json()["data"]
    assert (customer["partner"], customer["email"]) == ("partner_001", "alice.brown@partnero.com")
    sales = (await api.get(f"/customers/{key}/transactions")).json(parse_float=Decimal)["data"]
    assert [(sale["amount"], sale["rewards"][0]["amount"]) for sale in sales] == [
        (Decimal("99.99"), Decimal("29.997"))
    ]


@_FORMS
async def test_rejecting_makes_no_customer(api: httpx.AsyncClient, method: str) -> None:
    lead = await _submit(api)
    response = await _decide(api, method, "reject", id=lead["id"])
    record = {**lead, "status": "rejected", "can_be_converted": False, "can_be_rejected": False}
    assert (response.status_code, response.json()["data"]) == (200, record)
    assert (await api.get(f"/leads/{lead['id']}")).json()["data"] == record
    assert (await api.get("/customers")).json()["data"] == []


@_FORMS
@pytest.mark.parametrize("first", ["convert", "reject"])
@pytest.mark.parametrize("second", ["convert", "reject"])
async def test_a_lead_is_decided_on_once(
    api: httpx.AsyncClient, method: str, first: str, second: str
) -> None:
    lead = await _submit(api)
    parameters = {"id": lead["id"], "commission_transaction_amount": 500}
    decided = (await _decide(api, method, first, **parameters)).json()["data"]
    response = await _decide(api, method, second, **parameters)
    assert response.status_code == 400
    assert decided["status"] in response.json()["message"]
    assert (await api.get(f"/leads/{lead['id']}")).json()["data"] == decided
    assert len((await api.get("/transactions")).json()["data"]) == (first == "convert")


@_FORMS
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"commission_transaction_amount": 500}, "id"),
        ({"id": "one", "commission_transaction_amount": 500}, "id"),
        ({"id": "1.5", "commission_transaction_amount": 500}, "id"),
        ({"id": 1}, "commission_transaction_amount"),
        ({"id": 1, "commission_transaction_amount": "a lot"}, "commission_transaction_amount"),
        ({"id": 1, "commission_transaction_amount": -1}, "commission_transaction_amount"),
    ],
)
async def test_converting_needs_id_and_amount(
    api: httpx.AsyncClient, method: str, parameters: dict[str, Any], field: str
) -> None:
    await _submit(api)
    response = await _decide(api, method, "convert", **parameters)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}
    assert await _statuses(api) == ["submitted"]


@_FORMS
@pytest.mark.parametrize("what", ["convert", "reject"])
async def test_deciding_on_an_unknown_lead_is_404(api: httpx.AsyncClient, method: str, what: str) -> None:
    response = await _decide(api, method, what, id=7, commission_transaction_amount=1)
    assert response.status_code == 404


@_FORMS
async def test_a_lead_who_is_a_customer_already_is_not_converted_where_emails_are_unique(method: str) -> None:
    sandbox = Sandbox(unique_emails=True)
    async with bare_client(sandbox) as api:
        lead = await _submit(api)
        await add_customer(api, email="alice.brown@partnero.com")
        response = await _decide(api, method, "convert", id=lead["id"], commission_transaction_amount=500)
        assert response.status_code == 422
        assert response.json()["errors"].keys() == {"email"}
        assert (await api.get("/transactions")).json()["data"] == []
        assert await _statuses(api) == ["submitted"]
    sandbox.close()


@_FORMS
async def test_a_refused_sale_leaves_no_customer_behind(
    api: httpx.AsyncClient, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(call: Call, customer: object, sale: object) -> None:
        raise replies.invalid({"amount": ["No."]})

    lead = await _submit(api)
    monkeypatch.setattr(transactions, "add", refuse)
    response = await _decide(api, method, "convert", id=lead["id"], commission_transaction_amount=500)
    assert response.status_code == 422
    assert (await api.get("/customers")).json()["data"] == []
    assert await _statuses(api) == ["submitted"]


async def test_a_converted_lead_survives_its_customer(api: httpx.AsyncClient) -> None:
    lead = await _submit(api)
    response = await _decide(api, "POST", "convert", id=lead["id"], commission_transaction_amount=500)
    key = response.json()["data"]["converted_to"]["key"]
    assert (await api.delete(f"/customers/{key}")).status_code == 200
    record = (await api.get(f"/leads/{lead['id']}")).json()["data"]
    assert (record["status"], record["converted_to"]) == ("converted", None)


async def test_programs_do_not_see_each_others_leads() -> None:
    sandbox = Sandbox(api_keys={"one": "affiliate", "two": "affiliate", "three": "referral"})
    async with (
        bare_client(sandbox, "one") as one,
        bare_client(sandbox, "two") as two,
        bare_client(sandbox, "three") as three,
    ):
        lead = await _submit(one)
        assert (await two.get(f"/leads/{lead['id']}")).status_code == 404
        assert (await _decide(two, "POST", "reject", id=lead["id"])).status_code == 404
        assert (await two.get("/leads")).json()["data"] == []
        for path in ("/leads", "/leads/details", f"/leads/{lead['id']}", f"/leads/reject?id={lead['id']}"):
            assert (await three.get(path)).status_code == 404
        assert await _statuses(one) == ["submitted"]
    sandbox.close()


async def test_a_file_keeps_leads_and_what_became_of_them(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state.db")
    async with bare_client(sandbox) as api:
        ids = [(await _submit(api, email=f"{name}@example.com"))["id"] for name in "abc"]
        await _decide(api, "POST", "convert", id=ids[0], commission_transaction_amount=500)
        await _decide(api, "GET", "reject", id=ids[1])
        before = (await api.get("/leads")).json()["data"]
    sandbox.close()
    again = Sandbox(tmp_path / "state.db")
    async with bare_client(again) as api:
        assert (await api.get("/leads")).json()["data"] == before
        assert await _statuses(api) == ["converted", "rejected", "submitted"]
    again.close()
