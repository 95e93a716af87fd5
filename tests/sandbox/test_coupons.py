"""Coupons: what they take, how they are changed, and what goes with them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.calls import ProgramType

from .clients import add_customer, add_sale, bare_client

pytestmark = pytest.mark.asyncio

_SYNCHRONIZATION = ("synchronization_enabled", "synchronization_successful", "synchronization_message")


def _body(**fields: Any) -> dict[str, Any]:
    return {
        "uuid_code": "coupon_123",
        "coupon_discount_type": "percent",
        "coupon_discount_amount": 25,
        "coupon_duration_type": "months",
        "coupon_duration_value": 11,
        **fields,
    }


async def _add(api: httpx.AsyncClient, **fields: Any) -> Any:
    response = await api.post("/coupons", json=_body(**fields))
    assert response.status_code == 201, response.text
    return response.json()["data"]


async def _change(api: httpx.AsyncClient, **fields: Any) -> Any:
    response = await api.put("/coupons", json={"uuid_code": "coupon_123", **fields})
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def _delete(api: httpx.AsyncClient, path: str, body: Any = None) -> httpx.Response:
    return await api.request("DELETE", path, json=body)


async def _codes(api: httpx.AsyncClient, path: str = "/coupons") -> list[str]:
    return [coupon["uuid_code"] for coupon in (await api.get(path)).json()["data"]]


async def test_a_coupon_comes_as_it_is_printed(api: httpx.AsyncClient) -> None:
    body = _body(name="PARTNERO25", redemption_times_status=True, redemption_times_value=24)
    response = await api.post("/coupons", json=body)
    answer = response.json()
    created_at, updated_at = answer["data"].pop("created_at"), answer["data"].pop("updated_at")
    assert response.status_code == 201
    assert created_at == updated_at
    assert answer == {
        "data": {
            "name": "PARTNERO25",
            "uuid_code": "coupon_123",
            "active": True,
            "coupon_discount_type": "percent",
            "coupon_discount_amount": 25,
            "coupon_duration_type": "months",
            "coupon_duration_value": 11,
            "redemption_specific_date_status": False,
            "redemption_specific_date_value": None,
            "redemption_times_status": True,
            "redemption_times_value": 24,
            "metadata": [],
            "additional_info": [],
            "times_redeemed": 0,
            "deleted_at": None,
        },
        "status": 1,
        "message": "Coupon created in the app successfully.",
        "synchronization_enabled": False,
        "synchronization_successful": False,
        "synchronization_message": "",
    }


@pytest.mark.parametrize("uuid_code", [None, ""])
async def test_a_code_that_is_not_sent_is_made_up_and_is_the_name(
    api: httpx.AsyncClient, uuid_code: str | None
) -> None:
    coupons = [await _add(api, uuid_code=uuid_code) for _ in range(2)]
    assert all(coupon["name"] == coupon["uuid_code"] for coupon in coupons)
    assert coupons[0]["uuid_code"] != coupons[1]["uuid_code"]


@pytest.mark.parametrize("uuid_code", ["a", "A-z_09", "x" * 255])
async def test_codes_may_have_letters_digits_hyphens_and_underscores(
    api: httpx.AsyncClient, uuid_code: str
) -> None:
    await _add(api, uuid_code=uuid_code)
    assert (await api.get(f"/coupons/{uuid_code}")).json()["data"]["uuid_code"] == uuid_code


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"coupon_discount_amount": 0}, {"coupon_discount_amount": 0}),
        ({"coupon_discount_amount": "12.50"}, {"coupon_discount_amount": 12.5}),
        ({"coupon_discount_amount": 100}, {"coupon_discount_amount": 100}),
        ({"coupon_discount_type": "static", "coupon_discount_amount": 101}, {"coupon_discount_amount": 101}),
        ({"coupon_duration_type": "once"}, {"coupon_duration_value": None}),
        (
            {"coupon_duration_type": "lifetime", "coupon_duration_value": None},
            {"coupon_duration_value": None},
        ),
        ({"coupon_duration_type": "hours", "coupon_duration_value": "1"}, {"coupon_duration_value": 1}),
        ({"active": False}, {"active": False}),
        ({"active": None, "metadata": None, "sync": None, "promotion_codes": None}, {"active": True}),
        ({"metadata": {}, "sync": {}, "promotion_codes": []}, {"metadata": []}),
        ({"metadata": {"a": {"b": [1.5, None]}}}, {"metadata": {"a": {"b": [1.5, None]}}}),
        (
            {"redemption_specific_date_status": 1, "redemption_specific_date_value": "2026-01-31"},
            {"redemption_specific_date_status": True, "redemption_specific_date_value": "2026-01-31"},
        ),
        (
            {
                "redemption_specific_date_status": 1,
                "redemption_specific_date_value": "2026-01-31T23:30-02:00",
            },
            {"redemption_specific_date_value": "2026-02-01"},
        ),
        # What is switched off has no value.
        ({"redemption_specific_date_value": "2026-01-31"}, {"redemption_specific_date_value": None}),
        ({"redemption_times_status": False, "redemption_times_value": 3}, {"redemption_times_value": None}),
    ],
)
async def test_what_is_sent_is_kept(
    api: httpx.AsyncClient, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    coupon = await _add(api, **sent)
    assert {name: coupon[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"uuid_code": "x" * 256}, "uuid_code"),
        ({"uuid_code": "a b"}, "uuid_code"),
        ({"uuid_code": "a\n"}, "uuid_code"),
        ({"uuid_code": "é"}, "uuid_code"),
        ({"uuid_code": 1}, "uuid_code"),
        ({"name": 1}, "name"),
        ({"active": "yes"}, "active"),
        ({"coupon_discount_type": None}, "coupon_discount_type"),
        ({"coupon_discount_type": "Percent"}, "coupon_discount_type"),
        ({"coupon_discount_amount": None}, "coupon_discount_amount"),
        ({"coupon_discount_amount": "much"}, "coupon_discount_amount"),
        ({"coupon_discount_amount": -0.01}, "coupon_discount_amount"),
        ({"coupon_discount_amount": 100.01}, "coupon_discount_amount"),
        ({"coupon_discount_amount": 1e300}, "coupon_discount_amount"),
        ({"coupon_discount_type": "static", "coupon_discount_amount": -1}, "coupon_discount_amount"),
        ({"coupon_duration_type": None}, "coupon_duration_type"),
        ({"coupon_duration_type": "weeks"}, "coupon_duration_type"),
        ({"coupon_duration_value": None}, "coupon_duration_value"),
        ({"coupon_duration_value": 0}, "coupon_duration_value"),
        ({"coupon_duration_value": 1.5}, "coupon_duration_value"),
        ({"coupon_duration_value": 2**63}, "coupon_duration_value"),
        ({"coupon_duration_type": "once", "coupon_duration_value": "long"}, "coupon_duration_value"),
        ({"redemption_specific_date_status": True}, "redemption_specific_date_value"),
        ({"redemption_specific_date_value": "2026-02-30"}, "redemption_specific_date_value"),
        ({"redemption_specific_date_value": "9999-12-31T23:59-14:00"}, "redemption_specific_date_value"),
        ({"redemption_specific_date_value": 20260131}, "redemption_specific_date_value"),
        ({"redemption_times_status": True}, "redemption_times_value"),
        ({"redemption_times_value": 0}, "redemption_times_value"),
        ({"redemption_times_status": "on"}, "redemption_times_status"),
        ({"metadata": [1]}, "metadata"),
        ({"metadata": "a"}, "metadata"),
        ({"sync": "stripe"}, "sync"),
        ({"sync": {"provider": "paypal"}}, "sync.provider"),
        ({"sync": {"provider": "stripe"}}, "sync.provider"),
        ({"promotion_codes": {"code": "a"}}, "promotion_codes"),
        ({"promotion_codes": ["a"]}, "promotion_codes"),
        ({"promotion_codes": [{"code": "a b"}]}, "promotion_codes.0.code"),
        ({"promotion_codes": [{"code": "a"}, {"code": "a"}]}, "promotion_codes.1.code"),
    ],
)
async def test_an_ill_formed_coupon_is_422_and_leaves_no_trace(
    api: httpx.AsyncClient, fields: dict[str, Any], complaint: str
) -> None:
    response = await api.post("/coupons", json=_body(**fields))
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {complaint}
    assert await _codes(api) == []
    assert (await api.get("/promotion-codes")).json()["data"] == []


async def test_metadata_nested_too_deeply_are_422(api: httpx.AsyncClient) -> None:
    for depth, status in ((255, 201), (256, 422), (500, 422)):
        metadata: Any = 1
        for _ in range(depth):
            metadata = {"a": metadata}
        body = _body(uuid_code=f"depth_{depth}", metadata=metadata)
        assert (await api.post("/coupons", json=body)).status_code == status
    assert await _codes(api) == ["depth_255"]


async def test_a_code_that_is_taken_is_422(api: httpx.AsyncClient) -> None:
    await _add(api)
    response = await api.post("/coupons", json=_body())
    assert response.json()["errors"] == {"uuid_code": ["The uuid_code has already been taken."]}
    assert (await api.post("/coupons", json=_body(uuid_code="Coupon_123"))).status_code == 201


async def test_promotion_codes_are_created_alongside_and_shown_in_lists(api: httpx.AsyncClient) -> None:
    await _add(api, promotion_codes=[{"code": "SPRING", "first_time_order": True}, {}])
    await _add(api, uuid_code="without")
    first, second = (await api.get("/coupons")).json()["data"]
    codes = first["promotion_codes"]["data"]
    assert [code["first_time_order"] for code in codes] == [True, False]
    assert codes == (await api.get("/promotion-codes")).json()["data"]
    assert second["promotion_codes"] == {"data": []}
    assert (await api.get("/coupons/coupon_123")).json() == {"data": first, "status": 1}


async def test_a_promotion_code_of_another_coupon_cannot_be_created_alongside(
    api: httpx.AsyncClient,
) -> None:
    await _add(api, promotion_codes=[{"code": "SPRING"}])
    response = await api.post("/coupons", json=_body(uuid_code="other", promotion_codes=[{"code": "SPRING"}]))
    assert response.json()["errors"].keys() == {"promotion_codes.0.code"}
    assert await _codes(api) == ["coupon_123"]


async def test_coupons_are_listed_page_by_page(api: httpx.AsyncClient) -> None:
    assert (await api.get("/coupons")).json()["data"] == []
    for code in ("a", "b", "c"):
        await _add(api, uuid_code=code)
    page = (await api.get("/coupons?limit=2")).json()
    assert [coupon["uuid_code"] for coupon in page["data"]] == ["a", "b"]
    assert page["links"]["next"] == "http://sandbox.test/v1/coupons?page=2"
    assert await _codes(api, "/coupons?sort=desc") == ["c", "b", "a"]


async def test_a_coupon_counts_what_its_promotion_codes_were_redeemed(api: httpx.AsyncClient) -> None:
    await _add(api, promotion_codes=[{"code": "a"}, {"code": "b"}])
    for code in "aab":
        await api.put("/promotion-codes", json={"code": code, "redeem": True})
    assert (await api.get("/coupons/coupon_123")).json()["data"]["times_redeemed"] == 3


async def test_a_coupon_is_changed_by_what_is_sent(api: httpx.AsyncClient) -> None:
    before = await _add(api, metadata={"a": 1}, redemption_times_status=True, redemption_times_value=3)
    response = await api.put("/coupons", json={"uuid_code": "coupon_123", "name": "Renamed"})
    answer = response.json()
    assert response.status_code == 200
    assert answer.pop("data") | {"updated_at": before["updated_at"]} == {**before, "name": "Renamed"}
    assert answer == {
        "status": 1,
        "message": "Coupon updated in the app successfully.",
        "synchronization_enabled": False,
        "synchronization_successful": False,
        "synchronization_message": "",
    }
    assert (await _change(api, active=False))["active"] is False
    # Of the metadata of coupons no source says that they are merged.
    assert (await _change(api, metadata={"b": 2}))["metadata"] == {"b": 2}
    assert (await _change(api, metadata=[]))["metadata"] == []


async def test_the_whole_flat_model_of_the_vendors_pull_request_changes_a_coupon(
    api: httpx.AsyncClient,
) -> None:
    await _add(api, promotion_codes=[{"code": "a"}])
    model = _body(
        id=1,
        name=None,
        active=False,
        coupon_discount_type="static",
        coupon_discount_amount=120,
        coupon_duration_type="once",
        coupon_duration_value=None,
        redemption_specific_date_status=True,
        redemption_specific_date_value="2026-01-31",
        redemption_times_status=False,
        redemption_times_value=None,
        metadata=[],
        promotion_codes=[],
    )
    changed = await _change(api, **model)
    kept = {name: model[name] for name in model if name not in ("id", "name", "promotion_codes")}
    assert {name: changed[name] for name in kept} == kept
    assert changed["name"] == "coupon_123"
    assert len((await api.get("/promotion-codes")).json()["data"]) == 1


async def test_a_limit_is_switched_off_and_needs_a_value_when_on(api: httpx.AsyncClient) -> None:
    await _add(api, redemption_times_status=True, redemption_times_value=3)
    assert (await _change(api, redemption_times_value=4))["redemption_times_value"] == 4
    assert (await _change(api, redemption_times_status=False))["redemption_times_value"] is None
    response = await api.put("/coupons", json={"uuid_code": "coupon_123", "redemption_times_status": True})
    assert response.json()["errors"].keys() == {"redemption_times_value"}


async def test_a_change_is_checked_against_what_is_kept(api: httpx.AsyncClient) -> None:
    await _add(api)
    for body in ({"coupon_discount_amount": 101}, {"coupon_duration_type": "weeks"}, {"metadata": [1]}):
        response = await api.put("/coupons", json={"uuid_code": "coupon_123", "name": "Renamed", **body})
        assert response.json()["errors"].keys() == body.keys()
    assert (await api.get("/coupons/coupon_123")).json()["data"]["name"] == "coupon_123"


async def test_a_path_names_the_coupon_too_and_its_code_stays(api: httpx.AsyncClient) -> None:
    await _add(api)
    response = await api.put("/coupons/coupon_123", json={"name": "Renamed", "uuid_code": "other"})
    record = response.json()["data"]
    assert (response.status_code, record["uuid_code"], record["name"]) == (200, "coupon_123", "Renamed")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_body_must_name_a_coupon_that_there_is(api: httpx.AsyncClient, method: str) -> None:
    response = await api.request(method, "/coupons", json={"name": "Renamed"})
    assert response.json()["errors"].keys() == {"uuid_code"}
    assert (await api.request(method, "/coupons", json={"uuid_code": "none"})).status_code == 404
    assert (await api.request(method, "/coupons/none")).status_code == 404
    assert (await api.get("/coupons/none")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/coupons/coupon_123", None),
        ("/coupons", {"uuid_code": "coupon_123"}),
        ("/coupons?uuid_code=coupon_123", None),
    ],
)
async def test_a_deleted_coupon_takes_its_promotion_codes_along(
    api: httpx.AsyncClient, path: str, body: Any
) -> None:
    await add_customer(api)
    await add_sale(api, key="sale")
    await _add(api, promotion_codes=[{"code": "a"}, {"code": "b"}])
    await _add(api, uuid_code="other", promotion_codes=[{"code": "c"}])
    await api.put("/promotion-codes", json={"code": "a", "redeem": True, "transaction_key": "sale"})
    response = await _delete(api, path, body)
    assert (response.status_code, response.json()) == (
        200,
        {"data": {"status": 1, "message": "Coupon deleted in the app successfully"}},
    )
    assert await _codes(api) == ["other"]
    assert [code["code"] for code in (await api.get("/promotion-codes")).json()["data"]] == ["c"]
    assert (await _delete(api, path, body)).status_code == 404
    await _add(api, promotion_codes=[{"code": "a"}])
    assert (await api.get("/promotion-codes/a")).json()["data"]["additional_info"] == []


async def test_a_coupon_is_synchronised_with_a_provider_that_is_connected(tmp_path: Path) -> None:
    path, sync = tmp_path / "state.db", {"provider": "stripe"}
    sandbox = Sandbox(path, providers=["stripe", "paddle"])
    async with bare_client(sandbox) as api:
        response = await api.post("/coupons", json=_body(sync=sync))
        assert response.status_code == 201
        assert [response.json()[name] for name in _SYNCHRONIZATION] == [True, True, ""]
        response = await api.put("/coupons/coupon_123", json={"name": "Renamed"})
        assert [response.json()[name] for name in _SYNCHRONIZATION] == [True, True, ""]
        response = await api.post("/coupons", json=_body(uuid_code="b", sync={"provider": "shopify"}))
        assert response.json()["errors"].keys() == {"sync.provider"}
        response = await api.post("/coupons", json=_body(uuid_code="c"))
        assert [response.json()[name] for name in _SYNCHRONIZATION] == [False, False, ""]
    sandbox.close()
    again = Sandbox(path)
    async with bare_client(again) as api:
        response = await api.put("/coupons/coupon_123", json={"name": "Again"})
        assert response.json()["data"]["name"] == "Again"
        assert [response.json()[name] for name in _SYNCHRONIZATION] == [
            True,
            False,
            "stripe is not connected.",
        ]
    again.close()


@pytest.mark.parametrize("providers", [["paypal"], "stripe", [""]])
async def test_an_unknown_provider_is_refused(providers: Any) -> None:
    with pytest.raises(ValueError, match="a provider is one of stripe, shopify, woocommerce, paddle"):
        Sandbox(providers=providers)


@pytest.mark.parametrize("kind", ["affiliate", "referral", "newsletter"])
async def test_every_type_of_program_has_coupons_and_sees_only_its_own(kind: ProgramType) -> None:
    sandbox = Sandbox(api_keys={"one": kind, "two": kind})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await _add(one, promotion_codes=[{"code": "a"}])
        assert await _codes(two) == []
        assert (await two.get("/coupons/coupon_123")).status_code == 404
        assert (await _delete(two, "/coupons/coupon_123")).status_code == 404
        await _add(two, promotion_codes=[{"code": "a"}])
        assert (await _delete(two, "/coupons/coupon_123")).status_code == 200
        assert len((await one.get("/promotion-codes")).json()["data"]) == 1
    sandbox.close()
