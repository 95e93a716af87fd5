"""Payout requests: the whole unpaid balance, once, step by step."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import add_customer, add_sale, bare_client

pytestmark = pytest.mark.asyncio

_PAYPAL = {"gateway": "paypal", "payout_settings": {"username": "john@example.com"}}


def _request(**fields: Any) -> dict[str, Any]:
    return {"partner": {"key": "ref_001"}, "amount_units": "usd", **_PAYPAL, **fields}


async def _earn(api: httpx.AsyncClient, *amounts: Any, partner: int = 1, units: str = "USD") -> None:
    """Sales of a new customer; the partner earns 30 percent of each."""
    count = len((await api.get("/customers?limit=250")).json()["data"])
    await add_customer(api, f"buyer_{count}", partner={"key": f"ref_{partner:03}"})
    for amount in amounts:
        await add_sale(api, f"buyer_{count}", amount=amount, amount_units=units)


async def _ask(api: httpx.AsyncClient, **fields: Any) -> Any:
    response = await api.post("/payout_requests", json=_request(**fields))
    assert response.status_code == 201, response.text
    return response.json(parse_float=Decimal)["data"]


async def _commissions(api: httpx.AsyncClient, partner: int = 1) -> Any:
    response = await api.get(f"/partners/partner_{partner:03}")
    return response.json(parse_float=Decimal)["data"]["commissions"]


async def _ids(api: httpx.AsyncClient, **filters: Any) -> list[int]:
    response = await api.get("/payout_requests:search", params=filters)
    assert response.status_code == 200, response.text
    return [record["id"] for record in response.json()["data"]]


async def test_a_request_covers_the_whole_balance_to_the_last_digit(api: httpx.AsyncClient) -> None:
    await _earn(api, "99.99", "0.01", "0.00001")
    record = await _ask(api)
    moment = record["created_at"]
    assert isinstance(record["id"], int)
    assert record == {
        "id": record["id"],
        "status": "requested",
        "partner": "partner_001",
        "amount": Decimal("30.000003"),
        "amount_units": "usd",
        "created_at": moment,
        "updated_at": moment,
    }
    response = await api.get(f"/payout_requests/{record['id']}")
    assert response.status_code == 200
    assert response.json(parse_float=Decimal) == {"data": record, "status": 1}


async def test_other_partners_and_other_currencies_are_left_out(api: httpx.AsyncClient) -> None:
    await _earn(api, 10)
    await _earn(api, 20, units="EUR")
    await _earn(api, 30, partner=2)
    assert (await _ask(api))["amount"] == 3
    assert (await _commissions(api))["not_paid"] == [{"currency": "EUR", "amount": 6}]
    assert (await _commissions(api, partner=2))["not_paid"] == [{"currency": "USD", "amount": 9}]


@pytest.mark.parametrize("units", ["usd", "USD", "Usd"])
async def test_the_currency_is_taken_in_any_case_and_kept_in_lower_case(
    api: httpx.AsyncClient, units: str
) -> None:
    await _earn(api, 10)
    await _earn(api, 20, units="usd")
    record = await _ask(api, amount_units=units)
    assert (record["amount"], record["amount_units"]) == (9, "usd")


async def test_a_bonus_is_part_of_the_balance(api: httpx.AsyncClient) -> None:
    await api.post("/partners/partner_001/reward", json={"amount": 12.5})
    assert (await _ask(api))["amount"] == Decimal("12.5")


async def test_an_archived_sale_is_not(api: httpx.AsyncClient) -> None:
    await _earn(api, 10, 20)
    key = (await api.get("/transactions")).json()["data"][0]["key"]
    assert (await api.post(f"/transactions/{key}/archive")).status_code == 200
    assert (await _ask(api))["amount"] == 6


async def test_the_rewards_to_pay_can_be_chosen(api: httpx.AsyncClient) -> None:
    ids = [
        (await api.post("/partners/partner_001/reward", json={"amount": amount})).json()["data"]["id"]
        for amount in (1, 2, 4)
    ]
    assert (await _ask(api, reward_ids=ids[::2]))["amount"] == 5
    taken = await api.post("/payout_requests", json=_request(reward_ids=ids[:2]))
    assert (taken.status_code, taken.json()["errors"].keys()) == (422, {"reward_ids"})
    assert (await _ask(api))["amount"] == 2


@pytest.mark.parametrize("reward_ids", [[], [999], ["1"], [True], 1, {"0": 1}, [1, 1]])
async def test_rewards_that_are_not_the_partners_are_422(api: httpx.AsyncClient, reward_ids: object) -> None:
    await _earn(api, 10)
    response = await api.post("/payout_requests", json=_request(reward_ids=reward_ids))
    assert response.status_code == 422
    assert "reward_ids" in response.json()["errors"]
    assert await _ids(api) == []


async def test_a_balance_is_asked_for_once(api: httpx.AsyncClient) -> None:
    await _earn(api, 10)
    await _ask(api)
    response = await api.post("/payout_requests", json=_request())
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"amount_units"}
    await _earn(api, 20)
    assert (await _ask(api))["amount"] == 6


@pytest.mark.parametrize("units", ["usd", "eur"])
async def test_without_a_balance_in_the_currency_it_is_422(api: httpx.AsyncClient, units: str) -> None:
    await _earn(api, 0)
    response = await api.post("/payout_requests", json=_request(amount_units=units))
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"amount_units"}


async def test_an_unknown_partner_is_400_and_a_missing_one_422(api: httpx.AsyncClient) -> None:
    assert (await api.post("/payout_requests", json=_request(partner={"id": "nobody"}))).status_code == 400
    missing = await api.post("/payout_requests", json=_request(partner={}))
    assert (missing.status_code, missing.json()["errors"].keys()) == (422, {"partner"})


@pytest.mark.parametrize(
    "partner", [{"key": "ref_001"}, {"id": "partner_001"}, {"email": "partner_001@example.com"}]
)
async def test_the_partner_is_named_by_key_id_or_email(
    api: httpx.AsyncClient, partner: dict[str, str]
) -> None:
    await _earn(api, 10)
    assert (await _ask(api, partner=partner))["partner"] == "partner_001"


async def test_an_archived_partner_is_refused(api: httpx.AsyncClient) -> None:
    await _earn(api, 10)
    await api.post("/partners/partner_001/archive")
    response = await api.post("/payout_requests", json=_request())
    assert (response.status_code, response.json()["errors"].keys()) == (422, {"partner"})
    assert await _ids(api) == []


@pytest.mark.parametrize(
    ("gateway", "settings"),
    [
        ("paypal", {"username": "john@example.com", "address": "Main Street 1", "tax_id": "1", "name": "J"}),
        ("crypto", {"wallet_address": "0xabc"}),
        ("crypto", {"wallet_address": "0xabc", "type": "USDT", "name": "John"}),
        ("venmo", {"recipient_type": "USER_HANDLE", "user_handle": "@john", "name": "John"}),
        ("venmo", {"recipient_type": "EMAIL", "email": "john@example.com", "name": "John"}),
        ("venmo", {"recipient_type": "PHONE", "phone": "+15551234", "name": "John"}),
    ],
)
async def test_a_gateway_takes_its_settings(
    api: httpx.AsyncClient, gateway: str, settings: dict[str, str]
) -> None:
    await _earn(api, 10)
    assert (await _ask(api, gateway=gateway, payout_settings=settings))["status"] == "requested"


@pytest.mark.parametrize(
    ("gateway", "settings", "field"),
    [
        ("cheque", {}, "gateway"),
        (7, {}, "gateway"),
        ("paypal", None, "payout_settings.username"),
        ("paypal", {"name": "John"}, "payout_settings.username"),
        ("paypal", {"username": "john"}, "payout_settings.username"),
        ("paypal", {"username": "john@example.com", "tax_id": 1}, "payout_settings.tax_id"),
        ("paypal", "john@example.com", "payout_settings"),
        ("crypto", {"type": "USDT"}, "payout_settings.wallet_address"),
        ("venmo", {"name": "John"}, "payout_settings.recipient_type"),
        ("venmo", {"name": "John", "recipient_type": "FAX"}, "payout_settings.recipient_type"),
        (
            "venmo",
            {"name": "John", "recipient_type": "PHONE", "email": "a@b.co"},
            "payout_settings.phone",
        ),
        ("venmo", {"recipient_type": "EMAIL", "email": "a@b.co"}, "payout_settings.name"),
        ("wise", {"account": "1"}, "gateway"),
        (None, {"username": "john@example.com"}, "gateway"),
    ],
)
async def test_missing_or_wrong_payout_details_are_422(
    api: httpx.AsyncClient, gateway: object, settings: object, field: str
) -> None:
    await _earn(api, 10)
    response = await api.post("/payout_requests", json=_request(gateway=gateway, payout_settings=settings))
    assert response.status_code == 422
    assert field in response.json()["errors"]
    assert await _ids(api) == []


async def test_without_gateway_the_details_of_the_partners_last_request_are_used(
    api: httpx.AsyncClient,
) -> None:
    body = {"partner": {"key": "ref_001"}, "amount_units": "usd"}
    await _earn(api, 10)
    assert (await api.post("/payout_requests", json=body)).status_code == 422
    await _ask(api)
    await _earn(api, 20)
    assert (await api.post("/payout_requests", json=body)).status_code == 201
    await _earn(api, 10, partner=2)
    other = await api.post("/payout_requests", json={**body, "partner": {"key": "ref_002"}})
    assert (other.status_code, other.json()["errors"].keys()) == (422, {"gateway"})


async def test_a_request_is_approved_and_then_paid(api: httpx.AsyncClient) -> None:
    await _earn(api, "99.99")
    record = await _ask(api)
    waiting = {"paid": 0, "pending": [{"currency": "USD", "amount": Decimal("29.997")}], "not_paid": []}
    assert await _commissions(api) == waiting
    for action, status in (("approve", "approved"), ("mark_as_paid", "finished")):
        response = await api.post(f"/payout_requests/{record['id']}/{action}")
        changed = response.json(parse_float=Decimal)["data"]
        assert response.status_code == 200
        assert changed == {**record, "status": status, "updated_at": changed["updated_at"]}
        expected = waiting if status == "approved" else {**waiting, "paid": Decimal("29.997"), "pending": []}
        assert await _commissions(api) == expected


async def test_paying_one_request_pays_no_others_rewards(api: httpx.AsyncClient) -> None:
    await _earn(api, 10)
    first = await _ask(api)
    await _earn(api, 20)
    await _ask(api)
    for action in ("approve", "mark_as_paid"):
        await api.post(f"/payout_requests/{first['id']}/{action}")
    commissions = await _commissions(api)
    assert commissions["paid"] == 3
    assert commissions["pending"] == [{"currency": "USD", "amount": 6}]


@pytest.mark.parametrize(
    ("done", "action", "blocking"),
    [
        ([], "mark_as_paid", "requested"),
        (["approve"], "approve", "approved"),
        (["approve", "mark_as_paid"], "approve", "finished"),
        (["approve", "mark_as_paid"], "mark_as_paid", "finished"),
    ],
)
async def test_out_of_order_it_is_400_and_the_message_names_the_status(
    api: httpx.AsyncClient, done: list[str], action: str, blocking: str
) -> None:
    await _earn(api, 10)
    path = f"/payout_requests/{(await _ask(api))['id']}"
    for step in done:
        assert (await api.post(f"{path}/{step}")).status_code == 200
    before, commissions = (await api.get(path)).json(), await _commissions(api)
    response = await api.post(f"{path}/{action}")
    assert response.status_code == 400
    assert blocking in response.json()["message"]
    assert ((await api.get(path)).json(), await _commissions(api)) == (before, commissions)


async def test_the_filters_of_a_search_are_combined_with_and(api: httpx.AsyncClient) -> None:
    await _earn(api, 10)
    await _earn(api, 10, units="EUR")
    await _earn(api, 10, partner=2)
    dollars = (await _ask(api))["id"]
    euros = (await _ask(api, amount_units="EUR"))["id"]
    others = (await _ask(api, partner={"key": "ref_002"}))["id"]
    await api.post(f"/payout_requests/{euros}/approve")
    assert await _ids(api) == [dollars, euros, others]
    assert await _ids(api, partner_id="partner_001") == [dollars, euros]
    assert await _ids(api, partner_key="ref_002") == [others]
    assert await _ids(api, partner_email="partner_001@example.com", amount_units="USD") == [dollars]
    assert await _ids(api, status="approved") == [euros]
    assert await _ids(api, partner_id="partner_001", partner_key="ref_002") == []
    assert await _ids(api, partner_id="nobody") == []
    assert await _ids(api, status="rejected") == []
    assert await _ids(api, sort="desc", limit=2) == [others, euros]


async def test_the_list_pages_and_knows_no_filters(api: httpx.AsyncClient) -> None:
    ids: list[int] = []
    for partner in (1, 2, 3):
        await _earn(api, 10, partner=partner)
        ids.append((await _ask(api, partner={"id": f"partner_{partner:03}"}))["id"])
    page = (await api.get("/payout_requests?limit=2&partner_id=partner_003")).json()
    assert [record["id"] for record in page["data"]] == ids[:2]
    assert page["links"]["next"] == "http://sandbox.test/v1/payout_requests?page=2"


@pytest.mark.parametrize("number", ["0", "999", "abc", "1.0", "9" * 30])
async def test_what_is_no_id_of_a_request_is_404(api: httpx.AsyncClient, number: str) -> None:
    await _earn(api, 10)
    await _ask(api)
    assert (await api.get(f"/payout_requests/{number}")).status_code == 404
    assert (await api.post(f"/payout_requests/{number}/approve")).status_code == 404
    assert (await api.post(f"/payout_requests/{number}/mark_as_paid")).status_code == 404


async def test_programs_do_not_see_each_others_requests() -> None:
    sandbox = Sandbox(api_keys={"one": "affiliate", "two": "affiliate", "three": "newsletter"})
    async with (
        bare_client(sandbox, "one") as one,
        bare_client(sandbox, "two") as two,
        bare_client(sandbox, "three") as three,
    ):
        await _earn(one, 10)
        number = (await _ask(one))["id"]
        assert (await two.post(f"/payout_requests/{number}/approve")).status_code == 404
        assert await _ids(two) == []
        for path in ("/payout_requests", "/payout_requests:search", f"/payout_requests/{number}"):
            assert (await three.get(path)).status_code == 404
    sandbox.close()


async def test_a_file_keeps_requests_and_what_was_paid(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state.db")
    async with bare_client(sandbox) as api:
        await _earn(api, "99.99")
        number = (await _ask(api))["id"]
        await api.post(f"/payout_requests/{number}/approve")
    sandbox.close()
    again = Sandbox(tmp_path / "state.db")
    async with bare_client(again) as api:
        assert (await api.post(f"/payout_requests/{number}/mark_as_paid")).status_code == 200
    again.close()
    third = Sandbox(tmp_path / "state.db")
    async with bare_client(third) as api:
        assert await _ids(api, status="finished") == [number]
        assert (await _commissions(api))["paid"] == Decimal("29.997")
    third.close()
