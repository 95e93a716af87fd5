"""The shop, tested with nothing but the test kit: no network, no waiting, and no Partnero."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from shop import Shop, make_app

from partnero_async import AsyncPartnero
from partnero_async.testing import SIGNING_SECRET, LocalPartnero, signed_delivery

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def app(
    partnero: AsyncPartnero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    """The application with its lifespan, over the local Partnero of the test kit."""
    monkeypatch.setenv("PARTNERO_WEBHOOK_SECRET", SIGNING_SECRET)
    application = make_app(partnero, str(tmp_path))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        yield client


async def test_a_customer_is_shown(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/customers/customer_000001")
    assert answer.json()["email"] == "customer_000001@example.com"
    assert (await browser.get("/customers/nobody")).status_code == 404


async def test_a_partnero_that_fails_is_not_our_fault(
    browser: httpx.AsyncClient, partnero_sandbox: LocalPartnero
) -> None:
    partnero_sandbox.fail("GET /customers/{key}", status=500)
    assert (await browser.get("/customers/customer_000001")).status_code == 502
    partnero_sandbox.assert_called("GET /customers/{key}", times=3)  # two retries, without a wait


async def test_an_order_is_reported_once_however_often_it_is_sent(
    app: FastAPI, browser: httpx.AsyncClient, partnero_sandbox: LocalPartnero
) -> None:
    order = {"number": "order_1", "customer": "customer_000001", "amount": "99.99"}
    for _ in range(3):
        assert (await browser.post("/orders", json=order)).status_code == 202
    shop: Shop = app.state.shop
    await shop.outbox.drain()
    partnero_sandbox.assert_called("POST /transactions", times=1, key="order_1", amount=Decimal("99.99"))
    changed = await browser.post("/orders", json={**order, "amount": "1.00"})
    assert changed.status_code == 409


async def test_an_order_is_kept_while_partnero_is_away(
    app: FastAPI, browser: httpx.AsyncClient, partnero_sandbox: LocalPartnero
) -> None:
    partnero_sandbox.fail("POST /transactions", status=429, times=1)
    order = {"number": "order_1", "customer": "customer_000001", "amount": "99.99"}
    assert (await browser.post("/orders", json=order)).status_code == 202
    await app.state.shop.outbox.drain()
    partnero_sandbox.assert_called("POST /transactions", times=2)


async def test_a_new_customer_is_greeted_once(app: FastAPI, browser: httpx.AsyncClient) -> None:
    sent = signed_delivery("customer.created", {"key": "user_7"})
    for _ in range(2):
        answer = await browser.post("/webhooks/partnero", content=sent.body, headers=sent.headers)
        assert answer.status_code == 200
    assert app.state.shop.greeted == ["user_7"]


async def test_a_forged_delivery_does_nothing(app: FastAPI, browser: httpx.AsyncClient) -> None:
    sent = signed_delivery("customer.created", {"key": "user_7"}, secret="guessed")
    answer = await browser.post("/webhooks/partnero", content=sent.body, headers=sent.headers)
    assert answer.status_code == 400
    assert app.state.shop.greeted == []
