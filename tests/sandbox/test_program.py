"""The program of an API key: what it shows, what can be changed, and how it ends."""

import sqlite3
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import trio
import trio.testing

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.calls import ProgramType

from .clients import (
    add_customer,
    add_friends,
    add_referral_customer,
    add_referral_sale,
    add_sale,
    bare_client,
)

_PAYPAL = {"gateway": "paypal", "payout_settings": {"username": "john@example.com"}}
_TYPES: dict[str, Any] = {"a": "affiliate", "r": "referral", "l": "newsletter"}


async def _program(api: httpx.AsyncClient) -> Any:
    response = await api.get("/program")
    assert response.status_code == 200, response.text
    return response.json(parse_float=Decimal)["data"]


async def _stats(api: httpx.AsyncClient) -> Any:
    return (await _program(api))["stats"]


async def _change(api: httpx.AsyncClient, **fields: Any) -> None:
    response = await api.put("/program", json=fields)
    assert (response.status_code, response.json()) == (
        200,
        {"status": 1, "message": "Program updated successfully"},
    )


async def _code(api: httpx.AsyncClient) -> str:
    response = await api.delete("/program")
    assert response.status_code == 200
    assert response.json().keys() == {"data"}
    code: str = response.json()["data"]["confirmation_code"]
    return code


async def _confirm(api: httpx.AsyncClient, code: str) -> httpx.Response:
    return await api.request("DELETE", "/program", json={"confirmation_code": code})


@pytest.mark.asyncio
async def test_a_program_shows_four_objects(api: httpx.AsyncClient) -> None:
    response = await api.get("/program")
    data = response.json()["data"]
    public_id = (await api.get("/test")).json()["data"]["program"]["pub_id"]
    assert response.json()["status"] == 1
    assert data.keys() == {"program", "stats", "program_settings", "portal_settings"}
    number = data["program"].pop("id")
    assert isinstance(number, int)
    assert data["program"] == {
        "public_id": public_id,
        "website": "https://yourcompany.com",
        "initial": "MA",
        "type": "Affiliate",
        "name": "My Affiliate Program",
        "created_at": "2025-01-01",
        "last_edited": "2025-01-01",
    }
    assert data["program_settings"] == {
        "currency": "USD",
        "cookie_lifetime": "30",
        "commission_description": "30% of every sale",
        "commission_value": "30",
        "has_multiple_commissions": False,
        "payout_threshold": 0,
        "welcome_email_enabled": False,
        "onboarding_enabled": False,
        "partner_email_notifications_enabled": False,
    }
    assert data["portal_settings"] == dict.fromkeys(
        [
            "program_page_enabled",
            "leads_page_enabled",
            "registration_disabled",
            "google_login_enabled",
            "passwordless_login_enabled",
            "sub_accounts_enabled",
            "widget_enabled",
            "signup_popup_enabled",
            "embeddable_form_enabled",
        ],
        False,
    )


@pytest.mark.asyncio
async def test_a_program_where_nothing_happened_has_zeros_and_empty_arrays() -> None:
    sandbox = Sandbox(partners=0)
    async with bare_client(sandbox) as api:
        stats = await _stats(api)
    sandbox.close()
    growth = {name: stats.pop(name) for name in list(stats) if name.endswith("_growth")}
    assert set(growth.values()) == {0}
    assert stats == {
        "total_partners": "0",
        "total_purchases": "0",
        "total_signups": "0",
        "total_paid_accounts": "0",
        "total_reward": [],
        "total_revenue": [],
        "affiliate_referred_visitors_clicks": "0",
        "click_to_signup_conversion": "0",
        "signup_to_sale_conversion": "0",
        "total_paid": [],
        "total_pending": [],
        "net_profit": 0,
        "net_profit_formatted": "$0.00",
        "average_order_value": [],
        "rewards_breakdown": {"unclaimed": [], "in_review": [], "paid": []},
        "partner_activity": [],
        "payout_status_breakdown": [],
    }


@pytest.mark.asyncio
async def test_the_stats_are_counted_from_the_records(api: httpx.AsyncClient) -> None:
    for key in ("customer_1", "customer_2", "customer_3"):
        await add_customer(api, key)
    await add_sale(api, "customer_1", amount="1000.10")
    await add_sale(api, "customer_1", amount="99.99", amount_units="usd")
    await add_sale(api, "customer_2", amount=20, amount_units="EUR")
    await add_sale(api, "customer_3", amount=500, key="returned")
    await api.post("/transactions/returned/archive")
    await api.post("/partners/partner_003/archive")
    stats = await _stats(api)
    assert {name: stats[name] for name in stats if not name.endswith("_growth")} == {
        "total_partners": "3",
        "total_purchases": "3",
        "total_signups": "3",
        "total_paid_accounts": "2",
        "total_reward": {"usd": "$330.03", "eur": "€6.00"},
        "total_revenue": {"usd": "$1,100.09", "eur": "€20.00"},
        "affiliate_referred_visitors_clicks": "0",
        "click_to_signup_conversion": "0",
        "signup_to_sale_conversion": "66",
        "total_paid": [],
        "total_pending": [],
        "net_profit": Decimal("770.063"),
        "net_profit_formatted": "$770.06",
        "average_order_value": {"usd": "$550.04", "eur": "€20.00"},
        "rewards_breakdown": {
            "unclaimed": {"usd": "$330.03", "eur": "€6.00"},
            "in_review": [],
            "paid": [],
        },
        "partner_activity": {"active": 2, "archived": 1},
        "payout_status_breakdown": [],
    }


@pytest.mark.asyncio
async def test_payouts_move_money_from_unclaimed_to_pending_to_paid(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    for amount in (10, 20, 40):
        await add_sale(api, amount=amount)
        if amount < 40:
            partner = {"partner": {"key": "ref_001"}, "amount_units": "usd"}
            await api.post("/payout_requests", json={**partner, **_PAYPAL})
    first = (await api.get("/payout_requests")).json()["data"][0]["id"]
    for action in ("approve", "mark_as_paid"):
        await api.post(f"/payout_requests/{first}/{action}")
    stats = await _stats(api)
    assert stats["rewards_breakdown"] == {
        "unclaimed": {"usd": "$12.00"},
        "in_review": {"usd": "$6.00"},
        "paid": {"usd": "$3.00"},
    }
    assert (stats["total_paid"], stats["total_pending"]) == ({"usd": "$3.00"}, {"usd": "$6.00"})
    assert stats["total_reward"] == {"usd": "$21.00"}
    assert stats["payout_status_breakdown"] == {
        "finished": {"count": 1, "amount": {"usd": "$3.00"}},
        "requested": {"count": 1, "amount": {"usd": "$6.00"}},
    }


@pytest.mark.asyncio
async def test_profits_are_exact_and_losses_have_a_sign(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    reward = "123456789012345678901234567890.111"
    await add_sale(api, amount="223456789012345678901234567890.12", reward=reward)
    assert (await _stats(api))["net_profit"] == Decimal("100000000000000000000000000000.009")
    await api.delete("/customers/customer_1")
    await api.post("/partners/partner_001/reward", json={"amount": "1234.5"})
    stats = await _stats(api)
    assert (stats["net_profit"], stats["net_profit_formatted"]) == (Decimal("-1234.5"), "-$1,234.50")


@pytest.mark.asyncio
async def test_one_program_does_not_count_anothers_records() -> None:
    sandbox = Sandbox(partners=2, api_keys={"one": "affiliate", "two": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        before = await _program(two)
        await add_customer(one)
        await add_sale(one)
        await _change(one, name="One", program_settings={"currency": "EUR"})
        assert await _program(two) == before
        assert before["program"]["id"] != (await _program(one))["program"]["id"]
    sandbox.close()


@pytest.mark.asyncio
async def test_a_refer_a_friend_program_has_the_same_objects_and_other_settings() -> None:
    sandbox = Sandbox(api_keys=_TYPES)
    async with bare_client(sandbox, "r") as api:
        await _change(
            api,
            program_settings={"referral_portal_enabled": True, "currency": "EUR", "onboarding_enabled": True},
            portal_settings={"popup_form_enabled": True, "leads_page_enabled": True},
        )
        data = await _program(api)
    sandbox.close()
    assert (data["program"]["type"], data["program"]["name"]) == ("Referral", "My Referral Program")
    assert data["stats"]["total_signups"] == "0"
    assert data["program_settings"] == {
        "referral_portal_enabled": True,
        "rewards_notification_enabled": False,
    }
    assert data["portal_settings"] == {
        "registration_disabled": False,
        "program_page_enabled": False,
        "widget_enabled": False,
        "embeddable_form_enabled": False,
        "popup_form_enabled": True,
    }


@pytest.mark.asyncio
async def test_a_newsletters_program_is_flat_and_cannot_be_changed() -> None:
    sandbox = Sandbox(api_keys=_TYPES)
    async with bare_client(sandbox, "l") as api:
        public_id = (await api.get("/test")).json()["data"]["program"]["pub_id"]
        assert await _program(api) == {
            "id": public_id,
            "name": "My Newsletter Program",
            "esp_type": "custom",
            "esp_type_name": "Custom",
            "total_subscribers": 0,
            "total_referring": 0,
            "total_referred": 0,
            "created_at": "2025-01-01T00:00:00.000000Z",
        }
        assert (await api.put("/program", json={"name": "Other"})).status_code == 404
        assert (await api.get("/program/overview")).status_code == 404
    sandbox.close()


@pytest.mark.asyncio
async def test_the_overview_is_what_the_plugin_reads(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await add_sale(api, amount=100)
    await _change(api, name="Our friends", program_settings={"cookie_lifetime": 7})
    response = await api.get("/program/overview")
    data = response.json()["data"]
    portal = data["overview_program_current_settings"].pop("partner_portal_url")
    assert httpx.URL(portal).scheme == "https"
    assert data == {
        "overview_program_current_settings": {
            "program_initials": "OF",
            "program_type_title": "Affiliate",
            "program_name": "Our friends",
            "commission_description": "30% of every sale",
            "cookie_lifetime": "7",
            "payout_threshold": 0,
            "currency": "USD",
        },
        "total_partners": "3",
        "total_partners_growth": 0,
        "total_signups": "1",
        "total_signups_growth": 0,
        "total_paid_accounts": "1",
        "total_paid_accounts_growth": 0,
        "total_purchases": "1",
        "total_purchases_growth": 0,
        "total_revenue": {"usd": "$100.00"},
        "total_revenue_growth": 0,
        "total_reward": {"usd": "$30.00"},
        "total_reward_growth": 0,
        "total_paid": [],
    }


@pytest.mark.asyncio
async def test_a_newsletters_program_counts_its_subscribers() -> None:
    sandbox = Sandbox(api_keys={"one": "newsletter", "two": "newsletter"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await _fill_newsletter(two)
        for number in range(5):
            referral = {"email": f"{number // 2}@example.com"} if number else {}
            body = {"email": f"{number}@example.com", "referral": referral}
            assert (await one.post("/subscribers", json=body)).status_code == 201
        assert await _totals(one) == {"subscribers": 5, "referring": 3, "referred": 4}
        await one.request("DELETE", "/subscribers", json={"email": "0@example.com"})
        # Who was referred by somebody who left was referred all the same.
        assert await _totals(one) == {"subscribers": 4, "referring": 2, "referred": 4}
        assert await _totals(two) == {"subscribers": 2, "referring": 1, "referred": 1}
    sandbox.close()


async def _totals(api: httpx.AsyncClient) -> dict[str, int]:
    program = await _program(api)
    return {name: program[f"total_{name}"] for name in ("subscribers", "referring", "referred")}


@pytest.mark.asyncio
@pytest.mark.parametrize(("kind", "word"), [("a", "affiliate"), ("r", "refer_a_friend"), ("l", "newsletter")])
async def test_the_check_of_a_key_has_a_word_of_its_own_for_the_type(kind: str, word: str) -> None:
    sandbox = Sandbox(api_keys=_TYPES)
    async with bare_client(sandbox, kind) as api:
        program = (await api.get("/test")).json()["data"]["program"]
    sandbox.close()
    assert program.keys() == {"pub_id", "type"}
    assert program["type"] == word


async def _add_four_friends(api: httpx.AsyncClient) -> None:
    """One referred three; two of these and the one bought, of the three sales one in euros."""
    await add_referral_customer(api, "alice")
    for name in ("bob", "carla", "dmitri"):
        await add_referral_customer(api, name, referring_customer={"id": "alice"})
    await add_referral_sale(api, "alice", amount="1000.10")
    await add_referral_sale(api, "bob", amount=20, amount_units="EUR")
    await add_referral_sale(api, "carla", amount=99.99)


_FLAT: dict[str, object] = {
    "active_rewards": 1,
    **dict.fromkeys(("total_customers", "total_customers_before"), 4),
    **dict.fromkeys(("total_referring_customers", "total_referring_customers_before"), 1),
    **dict.fromkeys(("total_referred_customers", "total_referred_customers_before"), 3),
    **dict.fromkeys(("total_sales", "total_sales_before"), 3),
    **dict.fromkeys(("participation", "participation_before"), 25),
    "total_revenue_from_sales": {"usd": "$1,100.09", "eur": "€20.00"},
}


@pytest.mark.asyncio
async def test_the_overview_of_a_refer_a_friend_program_is_flat(friends: httpx.AsyncClient) -> None:
    await _add_four_friends(friends)
    await _change(friends, name="Our friends", website="https://friends.example")
    data = (await friends.get("/program/overview")).json()["data"]
    assert data.pop("program") == (await _program(friends))["program"]
    portal = data["overview_program_current_settings"].pop("partner_portal_url")
    assert httpx.URL(portal).scheme == "https"
    assert data.pop("overview_program_current_settings") == {"website_url": "https://friends.example"}
    growth = {name: data.pop(name) for name in list(data) if name.endswith("_growth")}
    assert set(growth.values()) == {0}
    assert set(growth) == {f"{name.removesuffix('_before')}_growth" for name in data if "_before" in name}
    assert data == _FLAT


@pytest.mark.asyncio
async def test_the_stats_of_a_refer_a_friend_program_are_counted_from_its_records(
    friends: httpx.AsyncClient,
) -> None:
    await _add_four_friends(friends)
    stats = await _stats(friends)
    assert {name: stats[name] for name in stats if not name.endswith("_growth")} == {
        **_FLAT,
        "total_purchases": "3",
        "total_signups": "3",
        "total_paid_accounts": "3",
        "total_reward": {"usd": "$20.00"},
        "total_revenue": {"usd": "$1,100.09", "eur": "€20.00"},
        "net_profit": Decimal("1080.09"),
        "net_profit_formatted": "$1,080.09",
        "average_order_value": {"usd": "$550.04", "eur": "€20.00"},
    }


@pytest.mark.asyncio
async def test_a_refer_a_friend_program_where_nothing_happened_has_zeros(friends: httpx.AsyncClient) -> None:
    data = (await friends.get("/program/overview")).json()["data"]
    assert (data["total_customers"], data["participation"], data["total_sales"]) == (0, 0, 0)
    assert data["total_revenue_from_sales"] == []
    stats = await _stats(friends)
    assert (stats["net_profit"], stats["total_reward"], stats["average_order_value"]) == (0, [], [])


@pytest.mark.asyncio
async def test_every_field_can_be_changed_and_the_rest_stays(api: httpx.AsyncClient) -> None:
    before = await _program(api)
    program_flags = [name for name in before["program_settings"] if name.endswith("_enabled")]
    for field in ("name", "website"):
        await _change(api, **{field: f"https://{field}.example"})
        before["program"][field] = f"https://{field}.example"
    for section, flags in (
        ("program_settings", program_flags),
        ("portal_settings", before["portal_settings"]),
    ):
        for flag in flags:
            await _change(api, **{section: {flag: True}})
            before[section][flag] = True
    await _change(api, program_settings={"currency": "eur", "cookie_lifetime": 9_999_999})
    before["program_settings"] |= {"currency": "EUR", "cookie_lifetime": "9999999"}
    before["stats"]["net_profit_formatted"] = "€0.00"
    after = await _program(api)
    assert after["program"].pop("last_edited") > before["program"].pop("last_edited")
    assert after["program"].pop("initial") == "H"
    del before["program"]["initial"]
    assert after == before


@pytest.mark.asyncio
async def test_what_is_switched_on_can_be_switched_off_and_null_leaves_it(api: httpx.AsyncClient) -> None:
    for value, expected in ((True, True), (None, True), (False, False)):
        await _change(api, portal_settings={"widget_enabled": value})
        assert (await _program(api))["portal_settings"]["widget_enabled"] is expected


@pytest.mark.asyncio
async def test_unknown_settings_and_an_empty_change_are_answered_and_do_nothing(
    api: httpx.AsyncClient,
) -> None:
    before = await _program(api)
    await _change(api)
    await _change(
        api, type="Newsletter", program_settings={"payout_threshold": 7}, portal_settings={"colour": "red"}
    )
    after = await _program(api)
    del before["program"]["last_edited"], after["program"]["last_edited"]
    assert after == before


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "n" * 256}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"website": "yourcompany"}, "website"),
        ({"website": "https://" + "w" * 243}, "website"),
        ({"website": None}, "website"),
        ({"program_settings": 1}, "program_settings"),
        ({"program_settings": {"currency": "EURO"}}, "program_settings.currency"),
        ({"program_settings": {"currency": "éüö"}}, "program_settings.currency"),
        ({"program_settings": {"currency": 978}}, "program_settings.currency"),
        ({"program_settings": {"cookie_lifetime": 0}}, "program_settings.cookie_lifetime"),
        ({"program_settings": {"cookie_lifetime": 10_000_000}}, "program_settings.cookie_lifetime"),
        ({"program_settings": {"cookie_lifetime": 1.5}}, "program_settings.cookie_lifetime"),
        ({"program_settings": {"cookie_lifetime": True}}, "program_settings.cookie_lifetime"),
        ({"program_settings": {"cookie_lifetime": "9" * 30}}, "program_settings.cookie_lifetime"),
        ({"program_settings": {"onboarding_enabled": "perhaps"}}, "program_settings.onboarding_enabled"),
        ({"portal_settings": [1]}, "portal_settings"),
        ({"portal_settings": {"widget_enabled": 2}}, "portal_settings.widget_enabled"),
    ],
)
async def test_an_ill_formed_change_is_422_with_status_0_and_changes_nothing(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    before = await _program(api)
    response = await api.put("/program", json={"name": "Other", "portal_settings": {}, **body})
    assert response.status_code == 422
    assert response.json()["status"] == 0
    assert response.json()["errors"].keys() == {field}
    assert await _program(api) == before


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "body",
    [
        {"name": "n" * 255},
        {"website": "https://" + "w" * 242},
        {"program_settings": {"cookie_lifetime": 1}},
        {"program_settings": {"cookie_lifetime": "9999999"}},
    ],
)
async def test_the_limits_themselves_are_allowed(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    await _change(api, **body)


@pytest.mark.asyncio
async def test_the_programs_currency_is_that_of_a_sale_without_one(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    assert (await add_sale(api))["amount_units"] == "USD"
    await _change(api, program_settings={"currency": "EUR"})
    assert (await add_sale(api))["amount_units"] == "EUR"
    assert (await api.get("/leads/details")).json()["data"]["leads_commission"]["currency"] == "EUR"


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", _TYPES)
async def test_a_confirmed_deletion_ends_the_program_and_its_key(kind: str) -> None:
    sandbox = Sandbox(api_keys=_TYPES)
    async with bare_client(sandbox, kind) as api:
        code = await _code(api)
        assert (await api.get("/program")).status_code == 200
        response = await _confirm(api, code)
        assert (response.status_code, response.json()) == (
            200,
            {"status": 1, "message": "Program deleted successfully"},
        )
        for method, path in (("GET", "/test"), ("GET", "/program"), ("DELETE", "/program")):
            assert (await api.request(method, path)).status_code == 401
    sandbox.close()


@pytest.mark.asyncio
async def test_codes_have_eight_characters_and_only_the_last_one_counts(api: httpx.AsyncClient) -> None:
    codes = [await _code(api) for _ in range(2)]
    assert all(len(code) == 8 and code.isalnum() for code in codes)
    assert (await _confirm(api, codes[0])).status_code == 422
    assert (await _confirm(api, codes[1])).status_code == 200


@pytest.mark.asyncio
@pytest.mark.parametrize("wrong", ["aB3xK9mQ", "", None, [], True, 12345678])
async def test_a_wrong_code_deletes_nothing(api: httpx.AsyncClient, wrong: object) -> None:
    await _code(api)
    response = await api.request("DELETE", "/program", json={"confirmation_code": wrong})
    # A code that is empty is none, and asks for one.
    assert response.status_code == (200 if wrong in ("", None) else 422)
    assert (await api.get("/partners/partner_001")).status_code == 200


@pytest.mark.asyncio
async def test_the_case_of_a_code_counts(api: httpx.AsyncClient) -> None:
    code = await _code(api)
    while code == code.swapcase():
        code = await _code(api)
    assert (await _confirm(api, code.swapcase())).status_code == 422


@pytest.mark.asyncio
async def test_a_code_without_an_asking_is_refused(api: httpx.AsyncClient) -> None:
    assert (await _confirm(api, "aB3xK9mQ")).status_code == 422


@pytest.mark.asyncio
async def test_the_code_of_another_program_is_refused() -> None:
    sandbox = Sandbox(api_keys={"one": "affiliate", "two": "affiliate"})
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await _code(two)
        assert (await _confirm(two, await _code(one))).status_code == 422
    sandbox.close()


def _after(seconds: float) -> Callable[[Sandbox], Awaitable[int]]:
    async def ask(sandbox: Sandbox) -> int:
        async with bare_client(sandbox) as api:
            code = await _code(api)
            await trio.sleep(seconds)
            return (await _confirm(api, code)).status_code

    return ask


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (19.9, 200), (20, 422), (60, 422)])
def test_a_code_is_valid_for_twenty_seconds_of_the_event_loop(
    sandbox: Sandbox, seconds: float, status: int
) -> None:
    clock = trio.testing.MockClock(autojump_threshold=0)
    assert trio.run(_after(seconds), sandbox, clock=clock) == status


def test_a_code_of_a_clock_that_was_ahead_is_refused(sandbox: Sandbox) -> None:
    async def ask() -> str:
        async with bare_client(sandbox) as api:
            return await _code(api)

    async def confirm(code: str) -> int:
        async with bare_client(sandbox) as api:
            return (await _confirm(api, code)).status_code

    ahead = trio.testing.MockClock()
    ahead.jump(1000)
    code = trio.run(ask, clock=ahead)
    assert trio.run(confirm, code, clock=trio.testing.MockClock()) == 422


async def _fill(api: httpx.AsyncClient, kind: str) -> None:
    """At least one record in every table that a program of this type writes to."""
    # First, so that there are deliveries, too.
    event = "subscriber.created" if kind == "newsletter" else "customer.created"
    webhook = {"name": "Hook", "url": "https://a.example", "events": [event]}
    assert (await api.post("/webhooks", json=webhook)).status_code == 201
    if kind == "affiliate":
        await _fill_affiliate(api)
    elif kind == "referral":
        await add_friends(api)
        await add_referral_sale(api)
        await _change(api, name="Filled")
    else:
        await _fill_newsletter(api)
    coupon = {
        "uuid_code": "coupon",
        "coupon_discount_type": "percent",
        "coupon_discount_amount": 1,
        "coupon_duration_type": "once",
        "promotion_codes": [{"code": "code"}],
    }
    assert (await api.post("/coupons", json=coupon)).status_code == 201
    if kind != "newsletter":
        sale = (await api.get("/transactions")).json()["data"][0]["key"]
        await api.put("/promotion-codes", json={"code": "code", "redeem": True, "transaction_key": sale})
    await api.put("/settings", json={"settings": {"a": 1}})


async def _fill_newsletter(api: httpx.AsyncClient) -> None:
    assert (await api.post("/rewards", json={"name": "Reward"})).status_code == 201
    referral = {"email": "referring@example.com"}
    for body in (referral, {"email": "referred@example.com", "referral": referral}):
        assert (await api.post("/subscribers", json=body)).status_code == 201


async def _fill_affiliate(api: httpx.AsyncClient) -> None:
    await add_customer(api)
    await add_sale(api)
    lead = {"name": "A", "email": "a@b.co", "partner": {"key": "ref_001"}}
    number = (await api.post("/leads", json=lead)).json()["data"]["id"]
    await api.post("/leads/convert", json={"id": number, "commission_transaction_amount": 5})
    payout = {"partner": {"key": "ref_001"}, "amount_units": "usd", **_PAYPAL}
    assert (await api.post("/payout_requests", json=payout)).status_code == 201
    await _change(api, name="Filled")


def _rows(path: Path, program: str) -> dict[str, int]:
    """How many rows of a program each table has, read from the file."""
    connection = sqlite3.connect(path)
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if any(column[1] == "program" for column in connection.execute(f"PRAGMA table_info({name})"))
    ]
    counts = {
        name: connection.execute(f"SELECT count(*) FROM {name} WHERE program = ?", (program,)).fetchone()[0]
        for name in names
    }
    connection.close()
    return counts


@pytest.mark.asyncio
async def test_everything_of_a_deleted_program_is_gone_and_nothing_of_others(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    kinds = get_args(ProgramType)
    keys = {f"{kind} {number}": kind for kind in kinds for number in ("one", "two")}
    sandbox = Sandbox(path, customers=5, api_keys=keys)
    filled: set[str] = set()
    for kind in kinds:
        one, two = f"{kind} one", f"{kind} two"
        async with bare_client(sandbox, one) as gone, bare_client(sandbox, two) as kept:
            await _fill(gone, kind)
            await _fill(kept, kind)
            before, rows = await _program(kept), _rows(path, two)
            filled |= {table for table, count in rows.items() if count}
            assert (await _confirm(gone, await _code(gone))).status_code == 200
            assert set(_rows(path, one).values()) == {0}
            assert _rows(path, two) == rows
            assert await _program(kept) == before
    sandbox.close()
    assert filled == set(_rows(path, ""))


@pytest.mark.asyncio
async def test_a_file_keeps_changes_codes_and_deletions(tmp_path: Path) -> None:
    path, keys = tmp_path / "state.db", {"one": "affiliate", "two": "affiliate"}
    sandbox = Sandbox(path, api_keys=keys)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    async with bare_client(sandbox, "one") as one, bare_client(sandbox, "two") as two:
        await _confirm(one, await _code(one))
        await _change(two, name="Kept", program_settings={"currency": "GBP"})
        before, code = await _program(two), await _code(two)
    sandbox.close()
    again = Sandbox(path, api_keys=keys)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    async with bare_client(again, "one") as one, bare_client(again, "two") as two:
        assert (await one.get("/partners")).status_code == 401
        assert await _program(two) == before
        assert (await _confirm(two, code)).status_code == 200
    again.close()
