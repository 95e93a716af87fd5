"""Promotion codes: whom they are for, and how redemptions are counted."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox

from .clients import add_customer, add_sale, bare_client

pytestmark = pytest.mark.asyncio

_DELETED = {"data": {"status": 1, "message": "Promotion code deleted in the app successfully"}}


async def _add_coupon(api: httpx.AsyncClient, uuid_code: str = "coupon_123") -> None:
    body = {
        "uuid_code": uuid_code,
        "name": "PARTNERO25",
        "coupon_discount_type": "percent",
        "coupon_discount_amount": 25,
        "coupon_duration_type": "months",
        "coupon_duration_value": 11,
    }
    assert (await api.post("/coupons", json=body)).status_code == 201


async def _add(api: httpx.AsyncClient, **fields: Any) -> Any:
    body = {"coupon_uuid": "coupon_123", "code": "PROMO123", **fields}
    response = await api.post("/promotion-codes", json=body)
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def _change(api: httpx.AsyncClient, **fields: Any) -> Any:
    response = await api.put("/promotion-codes", json={"code": "PROMO123", **fields})
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def _redeem(api: httpx.AsyncClient, transaction_key: str | None = None, code: str = "PROMO123") -> int:
    """How often the code was redeemed then."""
    record = await _change(api, code=code, redeem=True, transaction_key=transaction_key)
    count: int = record["times_redeemed"]
    return count


async def _logged(api: httpx.AsyncClient, code: str = "PROMO123") -> list[str]:
    info = (await api.get(f"/promotion-codes/{code}")).json()["data"]["additional_info"]
    return [entry["transaction_key"] for entry in info["redemptions"]] if info else []


async def test_a_code_comes_as_it_is_printed(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    body = {
        "coupon_uuid": "coupon_123",
        "code": "PROMO123",
        "first_time_order": True,
        "minimum_order_status": True,
        "minimum_order_value": 22,
    }
    response = await api.post("/promotion-codes", json=body)
    record: dict[str, Any] = {
        "code": "PROMO123",
        "first_time_order": True,
        "limit_to_specific_partner": False,
        "coupon_specific_partners": [],
        "limit_to_specific_customer": False,
        "coupon_specific_customers": [],
        "minimum_order_status": True,
        "minimum_order_value": 22,
        "expiration_date_status": False,
        "expiration_date_value": None,
        "redemption_times_status": False,
        "redemption_times_value": None,
        "metadata": [],
        "additional_info": [],
        "times_redeemed": 0,
    }
    assert (response.status_code, response.json()) == (
        201,
        {"data": record, "status": 1, "message": "Promotion code created in the app successfully."},
    )
    response = await api.get("/promotion-codes/PROMO123")
    coupon = response.json()["data"].pop("coupon")
    assert (response.json()["status"], response.json()["data"] | {"coupon": coupon}) == (
        1,
        {**record, "coupon": coupon},
    )
    assert {coupon.pop("created_at"), coupon.pop("updated_at")}
    assert coupon == {
        "name": "PARTNERO25",
        "uuid_code": "coupon_123",
        "active": True,
        "coupon_discount_type": "percent",
        "coupon_discount_amount": 25,
        "coupon_duration_type": "months",
        "coupon_duration_value": 11,
    }
    assert (await api.get("/promotion-codes")).json()["data"] == [record]


@pytest.mark.parametrize("code", [None, ""])
async def test_a_code_that_is_not_sent_is_made_up(api: httpx.AsyncClient, code: str | None) -> None:
    await _add_coupon(api)
    assert (await _add(api, code=code))["code"] != (await _add(api, code=code))["code"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"code": "x" * 100}, {}),
        ({"code": "A-z_09"}, {}),
        (
            {
                "limit_to_specific_partner": True,
                "coupon_specific_partners": {"id": "p", "full_name": "P", "x": 1},
            },
            {"limit_to_specific_partner": True, "coupon_specific_partners": {"id": "p", "full_name": "P"}},
        ),
        (
            {
                "limit_to_specific_customer": 1,
                "coupon_specific_customers": [{"id": "a", "customer_full_name": "A"}, {"id": "b"}],
            },
            {
                "limit_to_specific_customer": True,
                "coupon_specific_customers": [
                    {"id": "a", "customer_full_name": "A"},
                    {"id": "b", "customer_full_name": None},
                ],
            },
        ),
        # What is switched off has no value.
        ({"coupon_specific_partners": {"id": "p"}}, {"coupon_specific_partners": []}),
        ({"minimum_order_value": 7}, {"minimum_order_value": None}),
        ({"minimum_order_status": "1", "minimum_order_value": "0"}, {"minimum_order_value": 0}),
        (
            {"expiration_date_status": True, "expiration_date_value": "2026-01-31"},
            {"expiration_date_value": "2026-01-31"},
        ),
        ({"redemption_times_status": True, "redemption_times_value": 1}, {"redemption_times_value": 1}),
        ({"metadata": {"a": [1.5]}}, {"metadata": {"a": [1.5]}}),
    ],
)
async def test_what_is_sent_is_kept(
    api: httpx.AsyncClient, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    await _add_coupon(api)
    record = await _add(api, **sent)
    assert {name: record[name] for name in kept} == kept
    assert "coupon_specific_subscribers" not in record


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"code": "x" * 101}, "code"),
        ({"code": "a/b"}, "code"),
        ({"code": 7}, "code"),
        ({"coupon_uuid": None}, "coupon_uuid"),
        ({"coupon_uuid": "none"}, "coupon_uuid"),
        ({"coupon_uuid": 1}, "coupon_uuid"),
        ({"coupon_uuid": None, "coupon_id": 99}, "coupon_id"),
        ({"coupon_uuid": None, "coupon_id": "one"}, "coupon_id"),
        ({"first_time_order": "never"}, "first_time_order"),
        ({"limit_to_specific_partner": True}, "coupon_specific_partners"),
        ({"limit_to_specific_partner": True, "coupon_specific_partners": []}, "coupon_specific_partners"),
        ({"coupon_specific_partners": {"full_name": "P"}}, "coupon_specific_partners.id"),
        ({"coupon_specific_partners": [{"id": "p"}, {"id": 1}]}, "coupon_specific_partners.1.id"),
        ({"coupon_specific_partners": ["p"]}, "coupon_specific_partners"),
        ({"coupon_specific_partners": "p"}, "coupon_specific_partners"),
        ({"limit_to_specific_customer": True}, "coupon_specific_customers"),
        ({"limit_to_specific_subscriber": True}, "coupon_specific_subscribers"),
        ({"minimum_order_status": True}, "minimum_order_value"),
        ({"minimum_order_value": 1.5}, "minimum_order_value"),
        ({"minimum_order_value": -1}, "minimum_order_value"),
        ({"expiration_date_status": True, "expiration_date_value": ""}, "expiration_date_value"),
        ({"expiration_date_value": "tomorrow"}, "expiration_date_value"),
        ({"redemption_times_status": True}, "redemption_times_value"),
        ({"redemption_times_value": 0}, "redemption_times_value"),
        ({"metadata": "a"}, "metadata"),
    ],
)
async def test_an_ill_formed_code_is_422_and_leaves_no_trace(
    api: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    await _add_coupon(api)
    response = await api.post("/promotion-codes", json={"coupon_uuid": "coupon_123", **fields})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}
    assert (await api.get("/promotion-codes")).json()["data"] == []


async def test_a_code_is_of_one_coupon_only(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add_coupon(api, "other")
    await _add(api)
    body = {"coupon_uuid": "other", "code": "PROMO123"}
    assert (await api.post("/promotion-codes", json=body)).json()["errors"].keys() == {"code"}


@pytest.mark.parametrize("path", ["/promotion-codes", "/promotion-code"])
@pytest.mark.parametrize("coupon", [{"coupon_uuid": "second"}, {"coupon_id": 2}, {"coupon_id": "2"}])
async def test_the_forms_of_2022_reach_the_same_coupon(
    api: httpx.AsyncClient, path: str, coupon: dict[str, Any]
) -> None:
    for uuid_code in ("first", "second"):
        await _add_coupon(api, uuid_code)
    assert (await api.post(path, json={"code": "a", **coupon})).status_code == 201
    assert (await api.get("/promotion-codes/a")).json()["data"]["coupon"]["uuid_code"] == "second"


async def test_the_id_of_a_deleted_coupon_is_not_given_again(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await api.delete("/coupons/coupon_123")
    await _add_coupon(api)
    assert (await api.post("/promotion-codes", json={"coupon_id": 1})).status_code == 422


async def test_codes_of_all_coupons_are_listed_page_by_page(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add_coupon(api, "other")
    for code, coupon in (("a", "coupon_123"), ("b", "other"), ("c", "coupon_123")):
        await _add(api, code=code, coupon_uuid=coupon)
    page = (await api.get("/promotion-codes?limit=2")).json()
    assert [record["code"] for record in page["data"]] == ["a", "b"]
    assert page["links"]["next"] == "http://sandbox.test/v1/promotion-codes?page=2"


async def test_a_change_merges_metadata_and_leaves_what_is_not_sent(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    before = await _add(api, metadata={"a": 1, "b": 2}, minimum_order_status=True, minimum_order_value=22)
    response = await api.put("/promotion-codes", json={"code": "PROMO123", "metadata": {"b": 3, "c": 4}})
    assert (response.status_code, response.json()) == (
        200,
        {
            "data": {**before, "metadata": {"a": 1, "b": 3, "c": 4}},
            "status": 1,
            "message": "Promotion code updated in the app successfully.",
        },
    )
    assert (await _change(api, metadata=[]))["metadata"] == {"a": 1, "b": 3, "c": 4}


async def test_a_code_is_limited_to_a_partner_and_freed(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add(api)
    partner = {"id": "partner_001", "full_name": "Alice Brown"}
    record = await _change(api, limit_to_specific_partner=True, coupon_specific_partners=partner)
    assert (record["limit_to_specific_partner"], record["coupon_specific_partners"]) == (True, partner)
    assert (await _change(api, redeem=False))["coupon_specific_partners"] == partner
    assert (await _change(api, limit_to_specific_partner=False))["coupon_specific_partners"] == []


async def test_the_whole_flat_model_of_the_vendors_pull_request_changes_a_code(
    api: httpx.AsyncClient,
) -> None:
    await _add_coupon(api)
    await _add(api)
    model = {
        "id": 1,
        "coupon_id": None,
        "first_time_order": True,
        "limit_to_specific_customer": True,
        "coupon_specific_customers": {"id": "c", "customer_full_name": "C"},
        "minimum_order_status": True,
        "minimum_order_value": 3,
        "expiration_date_status": True,
        "expiration_date_value": "2026-01-31",
        "redemption_times_status": True,
        "redemption_times_value": 2,
        "times_redeemed": 7,
    }
    record = await _change(api, **model)
    assert record["times_redeemed"] == 0
    kept = {name: model[name] for name in record if name in model and name != "times_redeemed"}
    assert {name: record[name] for name in kept} == kept
    assert len(kept) == 9


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"code": None}, "code"),
        ({"redeem": "often"}, "redeem"),
        ({"redeem": True, "transaction_key": 7}, "transaction_key"),
        ({"metadata": [1]}, "metadata"),
        ({"limit_to_specific_partner": True}, "coupon_specific_partners"),
        ({"expiration_date_value": "soon"}, "expiration_date_value"),
    ],
)
async def test_an_ill_formed_change_is_422_and_changes_nothing(
    api: httpx.AsyncClient, body: dict[str, Any], complaint: str
) -> None:
    await _add_coupon(api)
    before = await _add(api)
    response = await api.put("/promotion-codes", json={"code": "PROMO123", "first_time_order": True, **body})
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}
    assert (await api.get("/promotion-codes")).json()["data"] == [before]


async def test_a_redemption_is_counted_once_for_a_sale_and_logged(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for key in ("order_1", "order_2"):
        await add_sale(api, key=key)
    await _add_coupon(api)
    await _add(api)
    assert [await _redeem(api, key) for key in ("order_1", "order_1", "order_2")] == [1, 1, 2]
    assert await _logged(api) == ["order_1", "order_2"]


async def test_an_unknown_sale_is_not_counted_and_nothing_is_said(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add(api)
    assert await _redeem(api, "unknown") == 0
    assert await _logged(api) == []


async def test_a_sale_of_another_program_is_unknown() -> None:
    sandbox = Sandbox(api_keys={"one": "affiliate", "two": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await add_customer(two)
        await add_sale(two, key="order")
        await _add_coupon(one)
        await _add(one)
        assert await _redeem(one, "order") == 0
    sandbox.close()


async def test_what_is_not_redeemed_for_nothing_can_be_changed_all_the_same(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add(api)
    record = await _change(api, redeem=True, transaction_key="unknown", metadata={"a": 1})
    assert (record["times_redeemed"], record["metadata"]) == (0, {"a": 1})


async def test_without_a_sale_every_call_counts_and_none_is_logged(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add(api)
    assert [await _redeem(api) for _ in range(3)] == [1, 2, 3]
    assert await _logged(api) == []


async def test_two_codes_count_the_same_sale_each(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await add_sale(api, key="order")
    await _add_coupon(api)
    for code in "ab":
        await _add(api, code=code)
        assert await _redeem(api, "order", code) == 1


async def test_a_key_without_redeem_counts_nothing(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await add_sale(api, key="order")
    await _add_coupon(api)
    await _add(api)
    for redeem in (None, False, 0):
        assert (await _change(api, redeem=redeem, transaction_key="order"))["times_redeemed"] == 0


async def test_a_deleted_sale_stays_redeemed_and_an_archived_one_can_be(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for key in ("deleted", "archived"):
        await add_sale(api, key=key)
    await _add_coupon(api)
    await _add(api)
    await _redeem(api, "deleted")
    await api.delete("/transactions/deleted")
    await api.post("/transactions/archived/archive")
    assert await _redeem(api, "archived") == 2
    assert await _logged(api) == ["deleted", "archived"]


async def test_no_limit_stops_a_redemption(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add(
        api,
        redemption_times_status=True,
        redemption_times_value=1,
        expiration_date_status=True,
        expiration_date_value="2020-01-01",
    )
    await api.put("/coupons", json={"uuid_code": "coupon_123", "active": False})
    assert [await _redeem(api) for _ in range(2)] == [1, 2]


async def test_a_path_names_the_code_too_and_it_stays(api: httpx.AsyncClient) -> None:
    await _add_coupon(api)
    await _add(api)
    response = await api.put("/promotion-codes/PROMO123", json={"code": "other", "redeem": True})
    record = response.json()["data"]
    assert (response.status_code, record["code"], record["times_redeemed"]) == (200, "PROMO123", 1)
    response = await api.delete("/promotion-codes/PROMO123")
    assert (response.status_code, response.json()) == (200, _DELETED)
    assert (await api.delete("/promotion-codes/PROMO123")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/promotion-codes", {"code": "PROMO123", "coupon": {"uuid_code": "coupon_123"}}),
        ("/promotion-codes?code=PROMO123&coupon[uuid_code]=coupon_123", None),
    ],
)
async def test_a_code_is_deleted_with_the_coupon_named(
    api: httpx.AsyncClient, path: str, body: dict[str, Any] | None
) -> None:
    await _add_coupon(api)
    await _add(api)
    response = await api.request("DELETE", path, json=body)
    assert (response.status_code, response.json()) == (200, _DELETED)
    assert (await api.get("/promotion-codes/PROMO123")).status_code == 404
    assert (await api.get("/coupons/coupon_123")).status_code == 200


@pytest.mark.parametrize(
    ("body", "complaints"),
    [
        ({}, {"code", "coupon.uuid_code"}),
        ({"code": "PROMO123"}, {"coupon.uuid_code"}),
        ({"code": "PROMO123", "coupon": "coupon_123"}, {"coupon.uuid_code"}),
        ({"coupon": {"uuid_code": "coupon_123"}}, {"code"}),
    ],
)
async def test_a_deletion_needs_both_names(
    api: httpx.AsyncClient, body: dict[str, Any], complaints: set[str]
) -> None:
    await _add_coupon(api)
    await _add(api)
    response = await api.request("DELETE", "/promotion-codes", json=body)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == complaints
    assert (await api.get("/promotion-codes/PROMO123")).status_code == 200


@pytest.mark.parametrize(("code", "coupon"), [("PROMO123", "other"), ("PROMO123", "none"), ("no", "other")])
async def test_a_code_with_another_coupon_is_404(api: httpx.AsyncClient, code: str, coupon: str) -> None:
    await _add_coupon(api)
    await _add_coupon(api, "other")
    await _add(api)
    body = {"code": code, "coupon": {"uuid_code": coupon}}
    assert (await api.request("DELETE", "/promotion-codes", json=body)).status_code == 404
    assert (await api.get("/promotion-codes/PROMO123")).status_code == 200


async def test_an_unknown_code_is_404(api: httpx.AsyncClient) -> None:
    assert (await api.get("/promotion-codes/none")).status_code == 404
    assert (await api.put("/promotion-codes/none", json={})).status_code == 404
    assert (await api.put("/promotion-codes", json={"code": "none"})).status_code == 404


async def test_a_newsletters_codes_show_the_subscribers_they_are_for() -> None:
    sandbox = Sandbox(api_keys={"one": "newsletter"})
    async with bare_client(sandbox, "one") as api:
        await _add_coupon(api)
        people = {"id": "a@example.com", "subscriber_full_name": "A"}
        record = await _add(api, limit_to_specific_subscriber=True, coupon_specific_subscribers=people)
        assert record["coupon_specific_subscribers"] == people
        assert await _redeem(api, "no newsletter has sales") == 0
        assert await _redeem(api) == 1
    sandbox.close()


async def test_a_file_keeps_codes_and_their_redemptions(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state.db", customers=1)
    async with bare_client(sandbox) as api:
        await _add_coupon(api)
        await _add(api, metadata={"a": 1})
        await _redeem(api, "transaction_000001")
        before = (await api.get("/promotion-codes")).json()["data"]
    sandbox.close()
    again = Sandbox(tmp_path / "state.db")
    async with bare_client(again) as api:
        assert (await api.get("/promotion-codes")).json()["data"] == before
        assert await _redeem(api, "transaction_000001") == 1
    again.close()


async def test_a_code_is_redeemed_for_a_sale_of_a_refer_a_friend_program(
    api: httpx.AsyncClient, friends: httpx.AsyncClient
) -> None:
    buyer = {"customer": {"id": "buyer"}, "options": {"create_customer": True}}
    sale = {"key": "order_1", "amount": 10, **buyer}
    assert (await friends.post("/transactions", json=sale)).status_code == 201
    for program in (api, friends):
        await _add_coupon(program)
        await _add(program)
    assert (await _redeem(friends, "order_1"), await _logged(friends)) == (1, ["order_1"])
    assert (await _redeem(api, "order_1"), await _logged(api)) == (0, [])
