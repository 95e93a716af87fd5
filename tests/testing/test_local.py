"""A local Partnero for tests: scripted faults, asserted calls, and clients that do not wait."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

import anyio
import pytest

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    ConnectionLostError,
    NotFoundError,
    RateLimitError,
    Ref,
    ServerError,
    UsageError,
)
from partnero_async.testing import LocalPartnero

pytestmark = pytest.mark.anyio


class TestFaults:
    async def test_a_fault_is_of_a_route_or_of_one_record(
        self, partnero: AsyncPartnero, partnero_sandbox: LocalPartnero
    ) -> None:
        partnero_sandbox.fail("GET /customers/customer_000002", status=500)
        partnero_sandbox.fail("POST /transactions", "drop", after=True)
        await partnero.customers.get("customer_000001")
        with pytest.raises(ServerError):
            await partnero.customers.get("customer_000002")
        with pytest.raises(ConnectionLostError) as caught:
            await partnero.transactions.create(
                key="order_1", amount=Decimal(5), customer=Ref(key="customer_000001")
            )
        assert caught.value.in_doubt
        partnero_sandbox.faults = ()
        assert (await partnero.customers.get("customer_000002")).key == "customer_000002"
        partnero_sandbox.assert_called("POST /transactions", times=1, key="order_1", amount=5)

    async def test_it_does_not_wait_before_it_tries_again(
        self, partnero: AsyncPartnero, partnero_sandbox: LocalPartnero
    ) -> None:
        began = anyio.current_time()
        partnero_sandbox.fail("GET /customers/{key}", status=503, times=2)
        await partnero.customers.get("customer_000001")
        partnero_sandbox.fail("GET /customers/{key}", status=429, headers={"Retry-After": "20"}, times=2)
        batch = await partnero.customers.get_many(["customer_000001", "customer_000002"])
        assert len(batch.found) == 2
        assert anyio.current_time() == began
        partnero_sandbox.fail("GET /customers/{key}", status=429, headers={"Retry-After": "20"})
        with pytest.raises(RateLimitError) as caught:
            await partnero.customers.get("customer_000001")
        assert caught.value.retry_after == 20
        assert anyio.current_time() == began

    async def test_unless_it_is_told_to(self, partnero_sandbox: LocalPartnero) -> None:
        began = anyio.current_time()
        partnero_sandbox.fail("GET /customers/{key}", status=503, times=1)
        async with partnero_sandbox.client(waits=True) as partnero:
            await partnero.customers.get("customer_000001")
        assert anyio.current_time() > began

    @pytest.mark.parametrize("key", ["a*b", "a[b]", "a?b", "a/b", "ä", "{x}", "a%b", "a%2Fb", "a b"])
    async def test_keys_are_meant_as_they_are(
        self, partnero: AsyncPartnero, partnero_sandbox: LocalPartnero, key: str
    ) -> None:
        for name in (key, "aXb"):
            await partnero.customers.create(key=name, partner=Ref(key="ref_001"))
        route = f"GET /customers/{quote(key, safe='*[]? ä')}"
        partnero_sandbox.fail(route, status=400)
        await partnero.customers.get("aXb")
        with pytest.raises(Exception, match="400"):
            await partnero.customers.get(key)
        partnero_sandbox.assert_called(route, times=1)

    async def test_a_placeholder_stands_for_one_segment(
        self, partnero: AsyncPartnero, partnero_sandbox: LocalPartnero
    ) -> None:
        await partnero.customers.create(key="a/b", partner=Ref(key="ref_001"))
        partnero_sandbox.fail("GET /customers/{key}", status=400)
        [sale async for sale in partnero.customers.transactions("customer_000001")]
        [one async for one in partnero.customers.list()]
        with pytest.raises(Exception, match="400"):
            await partnero.customers.get("a/b")
        partnero_sandbox.assert_called("GET /customers/{key}", times=1)
        partnero_sandbox.assert_called("GET /customers/{key}/transactions", times=1)

    @pytest.mark.parametrize(
        ("route", "said"),
        [
            ("GET /custommers/{key}", r"GET /customers/\{key\}"),
            ("get /customers", "GET /customers"),
            ("customers.get", "GET /customers"),
            ("PATCH /customers/x", "/customers"),
            ("GET /customers/", "GET /customers"),
            ("GET /customers/a/b", "%2F"),
            ("GET /customers/{key}/transacions", r"/customers/\{key\}/transactions"),
            ("GET", "/"),
            ("", "/"),
        ],
    )
    def test_a_route_that_is_not_there_is_named_with_those_like_it(
        self, partnero_sandbox: LocalPartnero, route: str, said: str
    ) -> None:
        for use in (partnero_sandbox.fail, partnero_sandbox.assert_called, partnero_sandbox.calls_of):
            with pytest.raises(ValueError, match=said):
                use(route)


class TestCalls:
    async def test_what_was_called_is_seen_with_what_was_sent(
        self, partnero: AsyncPartnero, partnero_sandbox: LocalPartnero
    ) -> None:
        await partnero.transactions.create(
            key="order_1", amount=Decimal("9.99"), customer=Ref(key="customer_000001")
        )
        [sale async for sale in partnero.transactions.list(key="order_1")]
        with pytest.raises(NotFoundError):
            await partnero.customers.get("nobody")
        first, second, third = partnero_sandbox.calls
        assert (first.method, first.path, first.status) == ("POST", "/transactions", 201)
        assert first.body["amount"] == Decimal("9.99")
        assert (second.query["key"], second.body) == ("order_1", None)
        assert (third.path, third.status) == ("/customers/nobody", 404)
        partnero_sandbox.assert_called("POST /transactions", key="order_1")
        partnero_sandbox.assert_called("GET /transactions", times=1, key="order_1")
        partnero_sandbox.assert_called(times=3)
        partnero_sandbox.assert_not_called("DELETE /customers/{key}")

    async def test_what_was_not_called_is_told_with_what_was(
        self, partnero: AsyncPartnero, partnero_sandbox: LocalPartnero
    ) -> None:
        with pytest.raises(AssertionError, match="nothing"):
            partnero_sandbox.assert_called()
        await partnero.customers.get("customer_000001")
        with pytest.raises(AssertionError, match="GET /customers/customer_000001 -> 200"):
            partnero_sandbox.assert_called("POST /transactions")
        with pytest.raises(AssertionError, match="called 1 times, not 2"):
            partnero_sandbox.assert_called("GET /customers/{key}", times=2)
        with pytest.raises(AssertionError, match="called 1 times, not 0"):
            partnero_sandbox.assert_not_called("GET /customers/{key}")
        partnero_sandbox.forget_calls()
        assert partnero_sandbox.calls == ()

    async def test_one_whose_answer_was_cut_off_has_no_status(
        self, partnero: AsyncPartnero, partnero_sandbox: LocalPartnero
    ) -> None:
        partnero_sandbox.fail("GET /customers/{key}", "drop", times=1)
        await partnero.customers.get("customer_000001")
        assert [call.status for call in partnero_sandbox.calls] == [None, 200]

    async def test_one_that_is_answered_after_the_list_was_emptied_stays_out_of_it(
        self, partnero_sandbox: LocalPartnero
    ) -> None:
        partnero_sandbox.fail("GET /customers/{key}", "delay", delay=0.1)
        async with partnero_sandbox.client() as partnero, anyio.create_task_group() as group:
            group.start_soon(partnero.customers.get, "customer_000001")
            await anyio.sleep(0.05)
            assert len(partnero_sandbox.calls) == 1
            partnero_sandbox.forget_calls()
        assert partnero_sandbox.calls == ()


class TestClients:
    async def test_there_is_one_of_each_type_of_program(self, partnero_sandbox: LocalPartnero) -> None:
        async with partnero_sandbox.client("referral") as partnero:
            assert [one async for one in partnero.referral_customers.list()]
        async with partnero_sandbox.client("newsletter") as partnero:
            assert (await partnero.test()).program is not None

    async def test_settings_are_those_of_a_client(self, partnero_sandbox: LocalPartnero) -> None:
        async with partnero_sandbox.client(retries=0) as partnero:
            partnero_sandbox.fail("GET /customers/{key}", status=503, times=1)
            with pytest.raises(ServerError):
                await partnero.customers.get("customer_000001")

    async def test_a_program_that_is_not_there_is_named(self) -> None:
        local = LocalPartnero(api_keys={"mine": "affiliate"})
        async with local.client() as partnero:
            assert (await partnero.customers.get("customer_000001")).key == "customer_000001"
        with pytest.raises(ArgumentError, match="newsletter"):
            local.client("newsletter")
        local.close()

    def test_in_memory_there_is_no_address(self, partnero_sandbox: LocalPartnero) -> None:
        with pytest.raises(UsageError, match="partnero_server"):
            _ = partnero_sandbox.base_url
