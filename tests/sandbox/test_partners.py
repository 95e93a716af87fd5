"""Partners: what names them, what they earn, and how they come and go."""

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import add_customer, add_link, add_sale, bare_client

pytestmark = pytest.mark.asyncio


async def test_a_partner_is_created_with_id_and_referral_key_apart(api: httpx.AsyncClient) -> None:
    response = await api.post(
        "/partners",
        json={
            "email": "john@example.com",
            "name": "John",
            "id": "partner_123",
            "key": "ref_123",
            "tags": ["new"],
        },
    )
    record = response.json()["data"]
    assert response.status_code == 201
    assert "key" not in record
    assert record["id"] == "partner_123"
    assert record["referral_link"] == "https://yourcompany.com?aff=ref_123"
    assert record["referral_links"] == [record["referral_link"]]
    assert record["custom_fields"] == []
    assert record["tags"] == [{"value": "new"}]
    assert (record["surname"], record["approved"], record["status"]) == (None, True, "active")


async def test_id_and_key_are_made_up_when_not_sent(api: httpx.AsyncClient) -> None:
    record = (await api.post("/partners", json={"email": "john@example.com"})).json()["data"]
    assert record["id"]
    assert not record["referral_link"].endswith(("aff=", record["id"]))


@pytest.mark.parametrize(
    ("field", "value"), [("email", "partner_001@example.com"), ("id", "partner_001"), ("key", "ref_001")]
)
async def test_what_is_taken_is_refused(api: httpx.AsyncClient, field: str, value: str) -> None:
    response = await api.post("/partners", json={"email": "john@example.com", field: value})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {field}


async def test_a_partner_needs_an_email(api: httpx.AsyncClient) -> None:
    assert (await api.post("/partners", json={"name": "John"})).json()["errors"].keys() == {"email"}


async def test_reading_a_partner_tells_what_it_brought_and_earned(api: httpx.AsyncClient) -> None:
    for key in ("customer_1", "customer_2"):
        await add_customer(api, key)
    for amount in (99.99, 0.01):
        await add_sale(api, amount=amount)
    await add_sale(api, amount=5, amount_units="EUR")
    record = (await api.get("/partners/partner_001")).json()["data"]
    assert record["referrals"] == {
        "clicks": 0,
        "signups": 2,
        "revenue": [{"currency": "USD", "amount": 100.0}, {"currency": "EUR", "amount": 5}],
        "sales_count": 3,
        "paid_accounts": 1,
    }
    assert record["commissions"] == {
        "paid": 0,
        "pending": [],
        "not_paid": [{"currency": "USD", "amount": 30.0}, {"currency": "EUR", "amount": 1.5}],
    }
    assert record["custom_field_values"] == []
    assert record["referrals_count"] == 2


async def test_the_list_has_fewer_fields_and_pages(api: httpx.AsyncClient) -> None:
    response = (await api.get("/partners?limit=2")).json()
    assert [partner["id"] for partner in response["data"]] == ["partner_001", "partner_002"]
    assert response["data"][0].keys() == {
        "id",
        "email",
        "name",
        "surname",
        "approved",
        "status",
        "custom_fields",
        "created_at",
        "updated_at",
    }
    assert response["links"]["next"] == "http://sandbox.test/v1/partners?page=2"


def _ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [partner["id"] for partner in response.json()["data"]]


async def _read(api: httpx.AsyncClient, partner_id: str = "partner_001") -> Any:
    response = await api.get(f"/partners/{partner_id}", headers={"Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json(parse_float=Decimal)["data"]


@pytest.mark.parametrize("password", ["Abcdefg1", "\u00e9\u00e9\u00e9 1 aB"])
async def test_a_password_of_every_kind_of_character_is_taken_and_never_shown(
    api: httpx.AsyncClient, password: str
) -> None:
    response = await api.post("/partners", json={"email": "john@example.com", "password": password})
    assert response.status_code == 201
    assert "password" not in response.text


@pytest.mark.parametrize("password", ["Abcdef1", "abcdefg1", "ABCDEFG1", "Abcdefgh", 12345678])
@pytest.mark.parametrize("change", [True, False])
async def test_a_poor_password_is_refused(api: httpx.AsyncClient, password: object, change: bool) -> None:
    fields = {"email": "john@example.com", "password": password}
    path = "/partners/partner_001" if change else "/partners"
    response = await api.request("PUT" if change else "POST", path, json=fields)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"password"}


@pytest.mark.parametrize(
    "referrer", [{"id": "partner_001"}, {"key": "ref_001"}, {"email": "partner_001@example.com"}, {}]
)
async def test_a_partner_may_be_brought_by_another(api: httpx.AsyncClient, referrer: dict[str, str]) -> None:
    response = await api.post("/partners", json={"email": "john@example.com", "referring_partner": referrer})
    assert response.status_code == 201
    assert (await api.delete("/partners/partner_001")).status_code == 200
    assert (await api.get("/partner", params={"email": "john@example.com"})).status_code == 200


async def test_an_unknown_referring_partner_is_422(api: httpx.AsyncClient) -> None:
    body = {"email": "john@example.com", "referring_partner": {"key": "nobody"}}
    response = await api.post("/partners", json=body)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"referring_partner.key"}


@pytest.mark.parametrize(
    "params",
    [{"key": "ref_002"}, {"key": "other"}, {"email": "partner_002@example.com"}, {"id": "partner_002"}],
)
async def test_the_singular_path_reads_one_partner_by_any_name(
    api: httpx.AsyncClient, params: dict[str, str]
) -> None:
    await add_link(api, "other", partner={"id": "partner_002"})
    response = await api.get("/partner", params=params)
    assert response.status_code == 200
    assert response.json()["data"] == (await api.get("/partners/partner_002")).json()["data"]


@pytest.mark.parametrize("params", [{"key": "partner_002"}, {"key": "ref_00"}, {"id": "ref_002"}])
async def test_the_singular_path_takes_no_parts_and_no_other_name(
    api: httpx.AsyncClient, params: dict[str, str]
) -> None:
    assert (await api.get("/partner", params=params)).status_code == 404


async def test_the_singular_path_needs_a_name(api: httpx.AsyncClient) -> None:
    assert (await api.get("/partner")).status_code == 422


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"id": "partner_002"}, ["partner_002"]),
        ({"id": "tner_00"}, ["partner_001", "partner_002", "partner_003"]),
        ({"key": "f_003"}, ["partner_003"]),
        ({"key": "umm"}, ["partner_002"]),
        ({"key": "partner_002"}, []),
        ({"key": "%"}, []),
        ({"id": "partner_00_"}, []),
        ({"email": "partner_001@example.com"}, ["partner_001"]),
        ({"email": "partner_001"}, []),
    ],
)
async def test_search_takes_parts_of_ids_and_keys_and_whole_emails(
    api: httpx.AsyncClient, params: dict[str, str], found: list[str]
) -> None:
    await add_link(api, "summer", partner={"id": "partner_002"})
    await add_link(api, "summit", partner={"id": "partner_002"})
    response = await api.get("/partners:search", params=params)
    assert _ids(response) == found
    assert all("tags" not in partner for partner in response.json()["data"])


async def test_search_has_pages(api: httpx.AsyncClient) -> None:
    response = await api.get("/partners:search", params={"key": "ref", "limit": 2, "page": 2, "sort": "desc"})
    assert _ids(response) == ["partner_001"]
    assert response.json()["links"]["prev"] == "http://sandbox.test/v1/partners:search?page=1"


@pytest.mark.parametrize("params", [{}, {"key": ""}, {"key": "ref_001", "id": "partner_001"}, {"name": "Al"}])
async def test_search_takes_exactly_one_of_its_fields(api: httpx.AsyncClient, params: dict[str, str]) -> None:
    assert (await api.get("/partners:search", params=params)).status_code == 422


@pytest.mark.parametrize("wrapped", [True, False])
async def test_an_update_by_path_takes_fields_flat_and_wrapped(api: httpx.AsyncClient, wrapped: bool) -> None:
    before = await _read(api)
    fields = {"email": "new@example.com", "name": "James", "surname": None, "key": "new_ref", "tags": ["vip"]}
    response = await api.put("/partners/partner_001", json={"update": fields} if wrapped else fields)
    record = response.json()["data"]
    assert response.status_code == 200
    assert (record["email"], record["name"], record["surname"]) == ("new@example.com", "James", None)
    assert record["referral_link"] == "https://yourcompany.com?aff=new_ref"
    assert record["tags"] == [{"value": "vip"}]
    assert record["updated_at"] > before["updated_at"]
    assert "referrals" not in record
    assert _ids(await api.get("/partners:search?key=ref_001")) == []
    assert record.items() <= (await _read(api)).items()


@pytest.mark.parametrize(
    "body",
    [
        {"key": "ref_001", "update": {"name": "James"}},
        {"key": "ref_001", "name": "James"},
        {"email": "partner_001@example.com", "update": {"name": "James"}},
        {"email": "partner_001@example.com", "name": "James"},
    ],
)
async def test_an_update_by_body_finds_the_partner_by_key_or_email(
    api: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    record = (await api.put("/partners", json=body)).json()["data"]
    assert (record["id"], record["name"], record["email"]) == (
        "partner_001",
        "James",
        "partner_001@example.com",
    )
    assert record["referral_link"].endswith("=ref_001")


async def test_beside_a_key_an_email_is_a_new_one(api: httpx.AsyncClient) -> None:
    record = (await api.put("/partners", json={"key": "ref_001", "email": "new@example.com"})).json()["data"]
    assert (record["id"], record["email"]) == ("partner_001", "new@example.com")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"update": {"name": "James"}}, 422),
        ({"key": "nobody", "update": {"name": "James"}}, 404),
        ({"key": "ref_001"}, 422),
        ({"key": "ref_001", "update": {}}, 422),
        ({"key": "ref_001", "update": {"email": None}}, 422),
        ({"key": "ref_001", "update": {"key": ""}}, 422),
        ({"key": "ref_001", "update": {"email": "partner_002@example.com"}}, 422),
        ({"key": "ref_001", "update": {"key": "ref_002"}}, 422),
        ({"key": "ref_001", "update": {"key": "ref_001", "email": "partner_001@example.com"}}, 200),
    ],
)
async def test_an_update_that_names_nobody_says_nothing_or_takes_what_is_taken_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    before = await _read(api)
    assert (await api.put("/partners", json=body)).status_code == status
    assert {**await _read(api), "updated_at": None} == {**before, "updated_at": None}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/partners/nobody"),
        ("PUT", "/partners/ref_001"),
        ("DELETE", "/partners/ref_001"),
        ("POST", "/partners/ref_001/archive"),
        ("POST", "/partners/ref_001/revoke-archive"),
        ("POST", "/partners/ref_001/reward"),
        ("GET", "/partners/ref_001/referral_links"),
    ],
)
async def test_a_path_takes_the_id_and_no_referral_key(
    api: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await api.request(method, path, json={"name": "James", "amount": 1})
    assert response.status_code == 404
    assert response.json() == {"status": 0, "message": "Partner not found."}


@pytest.mark.parametrize("form", ["id", "key", "email", "key in the query"])
async def test_deleting_a_partner_takes_its_customers_and_their_sales_along(
    api: httpx.AsyncClient, form: str
) -> None:
    await add_customer(api)
    await add_sale(api, key="order_1")
    await add_link(api, "summer")
    if form == "id":
        response = await api.delete("/partners/partner_001")
    elif form == "key in the query":
        response = await api.delete("/partners", params={"key": "summer"})
    else:
        name = {"key": "ref_001", "email": "partner_001@example.com"}[form]
        response = await api.request("DELETE", "/partners", json={form: name})
    assert (response.status_code, response.json()) == (200, {"status": 1})
    assert _ids(await api.get("/partners")) == ["partner_002", "partner_003"]
    for path in ("/partners/partner_001", "/customers/customer_1", "/transactions/order_1"):
        assert (await api.get(path)).status_code == 404
    assert (await api.get("/partner_referral_links/summer")).status_code == 404


@pytest.mark.parametrize(("body", "status"), [({}, 422), ({"id": "partner_001"}, 422), ({"key": "no"}, 404)])
async def test_deleting_by_body_needs_a_key_or_email_that_exists(
    api: httpx.AsyncClient, body: dict[str, str], status: int
) -> None:
    assert (await api.request("DELETE", "/partners", json=body)).status_code == status
    assert len(_ids(await api.get("/partners"))) == 3


async def test_archiving_and_restoring_a_partner(api: httpx.AsyncClient) -> None:
    archived = await api.post("/partners/partner_001/archive")
    assert (archived.status_code, archived.json()) == (200, {"status": 1})
    assert [partner["status"] for partner in (await api.get("/partners")).json()["data"]] == [
        "archived",
        "active",
        "active",
    ]
    restored = await api.post("/partners/partner_001/revoke-archive")
    assert (restored.status_code, restored.json()) == (200, {"status": 1})
    assert (await _read(api))["status"] == "active"


async def test_archiving_twice_and_restoring_what_is_not_archived_are_400(api: httpx.AsyncClient) -> None:
    early = await api.post("/partners/partner_001/revoke-archive")
    await api.post("/partners/partner_001/archive")
    again = await api.post("/partners/partner_001/archive")
    assert (early.status_code, again.status_code) == (400, 400)
    assert early.json()["message"].startswith("Action failed")


async def test_an_archived_partner_stops_earning_until_it_is_restored(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await api.post("/partners/partner_001/archive")
    assert (await add_sale(api))["rewards"] == []
    assert (await api.post("/partners/partner_001/reward", json={"amount": 1})).status_code == 400
    assert (await api.post("/partners:sign-in-url", json={"key": "ref_001"})).status_code == 400
    await api.post("/partners/partner_001/revoke-archive")
    assert len((await add_sale(api))["rewards"]) == 1
    record = await _read(api)
    assert record["commissions"]["not_paid"] == [{"currency": "USD", "amount": 3}]
    assert record["referrals"]["sales_count"] == 2


async def test_a_reward_is_a_bonus_without_a_sale(api: httpx.AsyncClient) -> None:
    body = {"amount": 12.5, "date": "2026-01-02T03:04:05Z", "note": "A good month"}
    response = await api.post("/partners/partner_001/reward", json=body)
    record = response.json()["data"]
    assert response.status_code == 201
    assert (record["partner"], record["amount"], record["amount_units"]) == ("partner_001", 12.5, "USD")
    assert (record["created_at"], record["note"]) == ("2026-01-02T03:04:05.000000Z", "A good month")
    assert isinstance(record["id"], int)
    assert (await _read(api))["commissions"]["not_paid"] == [{"currency": "USD", "amount": Decimal("12.5")}]
    assert (await api.get("/transactions")).json()["data"] == []


@pytest.mark.parametrize("amount", ["0.01", "10.00", "0.010", '"7.50"', "123456789012345678901234567890.12"])
async def test_a_reward_has_at_most_two_decimals(api: httpx.AsyncClient, amount: str) -> None:
    response = await api.post("/partners/partner_001/reward", content=f'{{"amount": {amount}}}')
    assert response.status_code == 201
    assert f'"amount":{amount.strip(chr(34))},' in response.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount": None},
        {"amount": 0},
        {"amount": 0.009},
        {"amount": 0.011},
        {"amount": -1},
        {"amount": "much"},
        {"amount": True},
    ],
)
async def test_a_reward_of_another_amount_is_refused(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    response = await api.post("/partners/partner_001/reward", json=body)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"amount"}


async def test_commissions_tell_paid_from_pending_and_unpaid(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    for amount in (1, 2, 4, 8):
        await api.post("/partners/partner_001/reward", json={"amount": amount})
    await add_customer(api)
    await add_sale(api, reward=16, amount_units="eur")
    store = sandbox._store  # pyright: ignore[reportPrivateUsage]
    store.run("UPDATE rewards SET payout_number = 1 WHERE amount IN ('1', '2')")
    store.run("UPDATE rewards SET paid_at = created_at WHERE amount = '1'")
    store.run("UPDATE rewards SET deleted_at = created_at WHERE amount = '8'")
    assert (await _read(api))["commissions"] == {
        "paid": 1,
        "pending": [{"currency": "USD", "amount": 2}],
        "not_paid": [{"currency": "USD", "amount": 4}, {"currency": "EUR", "amount": 16}],
    }


@pytest.mark.parametrize(
    "body", [{"key": "ref_001"}, {"email": "partner_001@example.com"}, {"id": "partner_001"}]
)
async def test_a_sign_in_url_is_made_for_key_email_or_id_and_never_twice(
    api: httpx.AsyncClient, body: dict[str, str]
) -> None:
    first, second = [(await api.post("/partners:sign-in-url", json=body)) for _ in range(2)]
    assert first.status_code == 200
    assert first.json()["data"]["url"].startswith("https://")
    assert first.json()["data"]["url"] != second.json()["data"]["url"]


@pytest.mark.parametrize(
    ("sent", "seconds"), [({}, 120), ({"expires_in": 30}, 30), ({"expires_in": 900}, 900)]
)
async def test_a_sign_in_url_ends_when_asked(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, sent: dict[str, int], seconds: int
) -> None:
    monkeypatch.setattr(
        "partnero_async.sandbox.nouns.partner_actions.time", SimpleNamespace(time=lambda: 1e9)
    )
    response = await api.post("/partners:sign-in-url", json={"key": "ref_001", **sent})
    assert response.json()["data"]["url"].endswith(f"?expires={10**9 + seconds}")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"key": "nobody"}, 404),
        ({"key": "ref_001", "expires_in": 29}, 422),
        ({"key": "ref_001", "expires_in": 901}, 422),
        ({"key": "ref_001", "expires_in": 0}, 422),
        ({"key": "ref_001", "expires_in": "soon"}, 422),
    ],
)
async def test_a_sign_in_url_for_nobody_or_for_too_long_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    assert (await api.post("/partners:sign-in-url", json=body)).status_code == status


async def test_archive_links_and_rewards_survive_a_restart(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state.db", partners=2)
    async with bare_client(sandbox) as api:
        await add_link(api, "summer")
        await api.post("/partners/partner_001/reward", json={"amount": 5})
        await api.post("/partners/partner_001/archive")
        before = await _read(api)
    sandbox.close()
    again = Sandbox(tmp_path / "state.db", partners=2)
    async with bare_client(again) as api:
        after = await _read(api)
        assert (await api.post("/partners/partner_001/archive")).status_code == 400
    again.close()
    assert after == before
    assert (after["status"], len(after["referral_links"])) == ("archived", 2)
    assert after["commissions"]["not_paid"] == [{"currency": "USD", "amount": 5}]


@pytest.mark.parametrize("kind", ["referral", "newsletter"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/partner?key=ref_001"),
        ("GET", "/partners:search?key=ref_001"),
        ("PUT", "/partners"),
        ("DELETE", "/partners"),
        ("POST", "/partners:sign-in-url"),
        ("POST", "/partners/partner_001/reward"),
        ("POST", "/transactions/order_1/archive"),
        ("POST", "/partner_referral_links"),
        ("GET", "/partner_referral_links/ref_001"),
        ("GET", "/partner_referral_links:domains"),
    ],
)
async def test_other_types_of_program_have_no_partners(kind: Any, method: str, path: str) -> None:
    sandbox = Sandbox(api_keys={"other": kind})
    async with bare_client(sandbox, "other") as api:
        response = await api.request(method, path)
    sandbox.close()
    assert (response.status_code, response.json()["message"]) == (404, "Not found.")
