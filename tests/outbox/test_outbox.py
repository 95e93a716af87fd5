"""An outbox: what it keeps, what it sends, what it looks up, and what it leaves to a person."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import (
    ArgumentError,
    AsyncPartnero,
    AuthenticationError,
    NewCustomer,
    PartneroError,
    PermissionDeniedError,
    Ref,
    Sale,
    StatusError,
    UsageError,
)
from partnero_async.inputs import NewReferredCustomer
from partnero_async.outbox import ConflictingSaleError, Entry, OutboxError, SalesOutbox, State, StorageError
from partnero_async.outbox.machine import begun
from partnero_async.outbox.sqlite import SQLiteStore

from ..inline import without_thread
from ..servers import scripted

pytestmark = pytest.mark.anyio

SETTLE_AFTER = 60.0


class Ledger:
    """A server that keeps sales by key, and does with each request what the next of its deeds says.

    A deed is a status to refuse with; ``lose`` to act and lose the answer; ``drop`` to lose the request; a
    response to give as it is.
    """

    def __init__(self, *deeds: Any) -> None:
        self.deeds = list(deeds)
        self.sales = list[dict[str, Any]]()
        self.requests = list[tuple[str, str]]()
        self.look_ups = list[Any]()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        if request.method == "GET":
            deed = self.look_ups.pop(0) if self.look_ups else None
        else:
            deed = self.deeds.pop(0) if self.deeds else None
        if deed == "drop":
            raise httpx.ReadError("reset")
        if isinstance(deed, httpx.Response):
            return deed
        if isinstance(deed, int):
            return httpx.Response(deed, json={"message": "No."})
        answer = self.act(request)
        if deed == "lose":
            raise httpx.ReadError("reset")
        return answer

    def act(self, request: httpx.Request) -> httpx.Response:
        key = request.url.path.rsplit("/", 1)[-1]
        match request.method:
            case "POST":
                self.sales.append(json.loads(request.content))
                return httpx.Response(200, json={"data": {"key": self.sales[-1]["key"]}, "status": 1})
            case "DELETE":
                there = [sale for sale in self.sales if sale["key"] == key]
                if not there:
                    return httpx.Response(404, json={"message": "Transaction not found"})
                self.sales.remove(there[0])
                return httpx.Response(200, json={"status": 1})
            case _:
                found = [s for s in self.sales if s["key"] == request.url.params["key"]]
                data = [{"key": sale["key"]} for sale in found]
                return httpx.Response(200, json={"data": data, "links": {"next": None}, "status": 1})

    @property
    def keys(self) -> list[str]:
        return [sale["key"] for sale in self.sales]


def sale(key: str = "order_1", amount: Any = Decimal("9.99"), **fields: Any) -> Sale:
    return Sale(**{"key": key, "amount": amount, "customer": Ref(key="c"), **fields})


@pytest.fixture
def server() -> Ledger:
    return Ledger()


@pytest.fixture
async def partnero(server: Ledger) -> AsyncIterator[AsyncPartnero]:
    async with scripted(server, retries=0) as client:
        yield client


def opened(partnero: AsyncPartnero, folder: Path, **settings: Any) -> SalesOutbox:
    settings = {"settle_after": SETTLE_AFTER, "clock": anyio.current_time, **settings}
    store = SQLiteStore(folder / "outbox.db")
    without_thread(store._file)
    return SalesOutbox(partnero, store, **settings)


async def the(outbox: SalesOutbox, key: str = "order_1", kind: Any = "sale") -> Entry:
    entry = await outbox.find(key, kind=kind)
    assert entry is not None
    return entry


class TestRecording:
    async def test_a_sale_is_kept_and_sent_later(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            entry = await outbox.record(sale())
            assert (entry.state, entry.number, server.requests) == (State.ACCEPTED, 1, [])
        async with opened(partnero, tmp_path) as outbox:
            await outbox.drain()
            assert (await the(outbox)).state is State.DELIVERED
        (sent,) = server.sales
        assert (sent["key"], sent["amount"], sent["customer"]) == ("order_1", 9.99, {"key": "c"})

    async def test_created_at_is_when_it_was_recorded(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path, clock=lambda: 1_700_000_000.0 + anyio.current_time()) as outbox:
            await outbox.record(sale())
            await anyio.sleep(3600)
            await outbox.record(sale())  # the same, though it would be of another time now
            await outbox.drain()
        assert [sent["created_at"][:13] for sent in server.sales] == ["2023-11-14T22"]

    async def test_a_created_at_of_its_own_is_kept(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale(created_at=1_600_000_000))
            await outbox.drain()
        assert server.sales[0]["created_at"] == 1_600_000_000

    @pytest.mark.parametrize("again", [Decimal("9.99"), Decimal("9.990")])
    async def test_the_same_sale_again_is_no_sale_more(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, again: Decimal
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await outbox.drain()
            assert (await outbox.record(sale(amount=again))).state is State.DELIVERED
            await outbox.drain()
        assert server.keys == ["order_1"]

    @pytest.mark.parametrize(
        "other",
        [
            sale(amount=10),
            sale(customer=Ref(key="d")),
            sale(customer=Ref(id="c")),
            sale(action="renewal"),
            sale(created_at=1),
        ],
        ids=["amount", "customer", "customer's identifier", "action", "time"],
    )
    async def test_another_sale_with_its_key_is_refused(
        self, partnero: AsyncPartnero, tmp_path: Path, other: Sale
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            with pytest.raises(ConflictingSaleError, match="order_1"):
                await outbox.record(other)
            assert [entry.key async for entry in outbox.entries()] == ["order_1"]

    @pytest.mark.parametrize(
        ("wrong", "error", "said"),
        [
            (Sale(amount=1, customer=Ref(key="c")), ArgumentError, "needs a key"),
            (Sale(key="k", amount=1), ArgumentError, "needs a customer"),
            (sale(".."), ArgumentError, r"\.\."),
            (sale("\ud800"), ArgumentError, "UTF-8"),
            (sale(customer=NewReferredCustomer(key="c")), TypeError, "NewCustomer"),
            ("order_1", TypeError, "must be a Sale"),
        ],
    )
    async def test_what_cannot_be_delivered_is_refused(
        self, partnero: AsyncPartnero, tmp_path: Path, wrong: Any, error: type[Exception], said: str
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            with pytest.raises(error, match=said):
                await outbox.record(wrong)
            assert [entry async for entry in outbox.entries()] == []

    async def test_a_new_customer_comes_along(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            buyer = NewCustomer(key="c", partner=Ref(key="ref"))
            await outbox.record(sale(customer=buyer), referral_url="https://a.example/?aff=ref")
            await outbox.drain()
        assert server.sales[0]["customer"] == {"key": "c", "partner": {"key": "ref"}}
        assert server.sales[0]["options"] == {
            "create_customer": True,
            "referral_url": "https://a.example/?aff=ref",
        }

    async def test_refer_a_friend_sales_too(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds = ["lose"]
        async with opened(partnero, tmp_path, program="referral") as outbox:
            await outbox.record(sale(customer=NewReferredCustomer(id="c", referring_customer=Ref(id="f"))))
            with pytest.raises(TypeError):
                await outbox.record(sale("order_2", customer=NewCustomer(key="c")))
            await outbox.drain()
        assert server.sales[0]["customer"] == {"id": "c", "referring_customer": {"id": "f"}}

    async def test_many_record_at_a_time(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            async with anyio.create_task_group() as group:
                for number in range(50):
                    group.start_soon(outbox.record, sale(f"order_{number % 25}"))
            assert len([entry async for entry in outbox.entries()]) == 25
            await outbox.drain()
        assert sorted(server.keys) == sorted({f"order_{number}" for number in range(25)})


class TestDelivery:
    @pytest.mark.parametrize("deed", ["lose", httpx.Response(200, text="<html>"), httpx.Response(302)])
    async def test_a_lost_answer_is_looked_up_after_the_settling_time(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, deed: Any
    ) -> None:
        server.deeds = [deed]
        if deed != "lose":
            server.sales.append({"key": "order_1"})
        began = anyio.current_time()
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            async with anyio.create_task_group() as group:
                group.start_soon(outbox.drain)
                await anyio.sleep(SETTLE_AFTER - 1)
                entry = await the(outbox)
                assert (entry.state, entry.attempts) == (State.IN_DOUBT, 1)
                assert entry.error
            assert (await the(outbox)).state is State.DELIVERED
        assert server.keys == ["order_1"]
        assert SETTLE_AFTER <= anyio.current_time() - began <= SETTLE_AFTER + 2
        assert [method for method, _ in server.requests] == ["POST", "GET"]

    @pytest.mark.parametrize("deed", ["drop", 500, 502])
    async def test_what_is_not_there_then_is_sent_again(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, deed: Any
    ) -> None:
        server.deeds = [deed]
        server.sales.append({"key": "order_10"})
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await outbox.drain()
            assert (await the(outbox)).attempts == 2
        assert server.keys == ["order_10", "order_1"]
        assert [method for method, _ in server.requests] == ["POST", "GET", "POST"]

    async def test_a_look_up_that_fails_settles_nothing(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds, server.look_ups = ["lose"], [500, "drop", httpx.Response(200, text="?")]
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await outbox.drain()
        assert [method for method, _ in server.requests] == ["POST", *["GET"] * 4]
        assert server.keys == ["order_1"]

    async def test_a_look_up_that_takes_longer_than_a_lease_comes_to_its_end(
        self, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds = ["lose"]

        async def slowly(request: httpx.Request) -> httpx.Response:
            if request.method != "GET":
                return await server(request)
            server.requests.append(("GET", request.url.path))
            await anyio.sleep(3)  # and the filter is not known
            page = int(request.url.params["page"])
            rows = [{"key": f"other_{page}"}] if page < 40 else [{"key": key} for key in server.keys]
            link = None if page == 40 else f"https://api.example/v1/transactions?page={page + 1}"
            return httpx.Response(200, json={"data": rows, "links": {"next": link}, "status": 1})

        async with scripted(slowly) as partnero, opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await outbox.drain()
            assert (await the(outbox)).state is State.DELIVERED
        assert len(server.requests) == 1 + 40

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 422])
    async def test_what_partnero_refuses_needs_a_person(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, status: int
    ) -> None:
        server.deeds = [status]
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            if status == 403:  # the next ones would fare alike
                with pytest.raises(PermissionDeniedError):
                    await outbox.drain()
            await outbox.drain()
            entry = await the(outbox)
            assert entry.state is State.REFUSED
            assert str(status) in (entry.error or "")
            await outbox.record(sale())
            await outbox.drain()
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (httpx.Response(401, json={"message": "Unauthenticated."}), AuthenticationError),
            (httpx.Response(403, text="<html>Forbidden by firewall"), PermissionDeniedError),
            (httpx.Response(404, text="<html>Not here"), StatusError),
        ],
    )
    async def test_what_is_no_fault_of_the_sale_stops_delivery_and_leaves_it_accepted(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, answer: httpx.Response, error: Any
    ) -> None:
        server.deeds = [answer]
        async with opened(partnero, tmp_path, concurrency=1) as outbox:
            for number in range(3):
                await outbox.record(sale(f"order_{number}"))
            with pytest.raises(error):
                await outbox.drain()
            assert [entry.state async for entry in outbox.entries()] == [State.ACCEPTED] * 3
            assert (await the(outbox, "order_0")).attempts == 0
            await outbox.drain()
        assert server.keys == ["order_0", "order_1", "order_2"]

    @pytest.mark.parametrize(
        ("answer", "wait"),
        [
            (httpx.Response(429, headers={"Retry-After": "40"}, json={}), 40),
            (httpx.Response(408, json={}), 1),
            ("unsent", 1),
        ],
    )
    async def test_what_passes_is_waited_for(
        self, server: Ledger, tmp_path: Path, answer: Any, wait: float
    ) -> None:
        async def refuse_once(request: httpx.Request) -> httpx.Response:
            if server.deeds and server.deeds[0] == "unsent":
                server.deeds.pop(0)
                raise httpx.ConnectError("refused")
            return await server(request)

        server.deeds = [answer]
        async with scripted(refuse_once, retries=0) as partnero, opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            began = anyio.current_time()
            await outbox.drain()
            assert wait <= anyio.current_time() - began <= wait + 2
        assert server.keys == ["order_1"]
        assert "GET" not in dict(server.requests)

    async def test_run_goes_on_where_drain_would_end(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.deeds = [401, 401, 403]
        async with opened(partnero, tmp_path) as outbox, anyio.create_task_group() as group:
            group.start_soon(outbox.run)
            for number in range(3):
                await outbox.record(sale(f"order_{number}"))
            await anyio.sleep(600)
            states = [entry.state async for entry in outbox.entries()]
            assert sorted(states) == [State.DELIVERED, State.DELIVERED, State.REFUSED]
            await outbox.record(sale("order_3"))  # is heard of at once
            await anyio.sleep(0.5)
            assert (await the(outbox, "order_3")).state is State.DELIVERED
            group.cancel_scope.cancel()
        assert "order" not in caplog.text

    async def test_a_server_that_fails_is_not_flooded_with_what_it_puts_in_doubt(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds = [500] * 1000
        async with opened(partnero, tmp_path, concurrency=2) as outbox, anyio.create_task_group() as group:
            for number in range(100):
                await outbox.record(sale(f"order_{number}"))
            group.start_soon(outbox.run)
            await anyio.sleep(SETTLE_AFTER / 2)
            group.cancel_scope.cancel()
        assert len(server.requests) < 15

    async def test_deliveries_yield_to_single_calls(self, tmp_path: Path) -> None:
        order = list[str]()

        async def slowly(request: httpx.Request) -> httpx.Response:
            order.append(request.method)
            await anyio.sleep(1)
            return httpx.Response(200, json={"data": {"key": "k"}, "status": 1})

        async with scripted(slowly, max_concurrency=1) as partnero:
            async with (
                opened(partnero, tmp_path, concurrency=1) as outbox,
                anyio.create_task_group() as group,
            ):
                for number in range(3):
                    await outbox.record(sale(f"order_{number}"))
                group.start_soon(outbox.run)
                await anyio.sleep(0.5)
                for _ in range(2):
                    group.start_soon(partnero.customers.get, "c")
                await anyio.sleep(10)
                group.cancel_scope.cancel()
        assert order == ["POST", "GET", "GET", "POST", "POST"]

    async def test_a_cancelled_delivery_knows_whether_it_is_in_doubt(self, tmp_path: Path) -> None:
        async def stall(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(1000)
            raise AssertionError

        async with scripted(stall) as partnero, opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            with anyio.move_on_after(5):
                await outbox.drain()
            assert (await the(outbox)).state is State.IN_DOUBT

    async def test_a_closed_client_ends_delivery_and_loses_nothing(
        self, server: Ledger, tmp_path: Path
    ) -> None:
        async with scripted(server) as partnero, opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await partnero.aclose()
            for deliver in (outbox.drain, outbox.run):
                with pytest.raises(UsageError, match="closed"):
                    await deliver()
            assert (await the(outbox)).state is State.ACCEPTED

    async def test_an_exception_of_the_users_leaves_the_sale_in_doubt(self, tmp_path: Path) -> None:
        async def broken(request: httpx.Request) -> httpx.Response:
            raise ZeroDivisionError

        async with scripted(broken) as partnero, opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            with pytest.raises(ZeroDivisionError):
                await outbox.drain()
            assert (await the(outbox)).state is State.IN_DOUBT


class TestOtherProcesses:
    async def test_who_is_gone_leaves_a_sale_that_is_looked_up(self, server: Ledger, tmp_path: Path) -> None:
        for acted in (True, False):
            server.sales.clear()
            folder = tmp_path / str(acted)
            folder.mkdir()
            sent = anyio.Event()

            async def send(request: httpx.Request, acted: bool = acted, sent: anyio.Event = sent) -> Any:
                if request.method == "POST" and not sent.is_set():
                    if acted:
                        server.act(request)
                    sent.set()
                    await anyio.sleep(10_000)
                return server.act(request)

            async with scripted(send, timeout=None) as partnero, opened(partnero, folder) as outbox:
                await outbox.record(sale())
                async with anyio.create_task_group() as group:
                    async with opened(partnero, folder) as dying:
                        group.start_soon(dying.run)
                        await sent.wait()
                        assert (await the(outbox)).state is State.SENDING
                        await kill(dying)
                        began = anyio.current_time()
                        await outbox.drain()
                        assert anyio.current_time() - began >= 30 + SETTLE_AFTER
                        group.cancel_scope.cancel()
            assert server.keys == ["order_1"]

    async def test_drain_waits_for_what_others_send(self, server: Ledger, tmp_path: Path) -> None:
        async def slowly(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(9)
            return await server(request)

        async with scripted(slowly) as partnero:
            async with opened(partnero, tmp_path) as one, opened(partnero, tmp_path) as two:
                await one.record(sale())
                async with anyio.create_task_group() as group:
                    group.start_soon(one.drain)
                    await anyio.sleep(1)
                    assert (await the(two)).state is State.SENDING
                    await two.drain()
                    assert (await the(two)).state is State.DELIVERED
        assert server.keys == ["order_1"]

    async def test_nothing_leaves_after_the_lease(self, server: Ledger, tmp_path: Path) -> None:
        slept = 0.0

        async def wake(request: httpx.Request) -> httpx.Response:
            raise AssertionError("it was sent")

        # The machine sleeps between the claim and the first byte: the deadline of the call does not see it.
        async with scripted(wake) as partnero:
            outbox = opened(partnero, tmp_path, clock=lambda: anyio.current_time() + slept)
            async with outbox:
                await outbox.record(sale())
                claim = outbox._store.claim

                async def claim_and_sleep(*arguments: Any) -> Any:
                    nonlocal slept
                    claimed = await claim(*arguments)
                    slept += 3600
                    return claimed

                outbox._store.claim = claim_and_sleep  # type: ignore[method-assign]
                with anyio.move_on_after(0.5):
                    await outbox.drain()
                # It is in doubt if its lease was seen to be over before its task began.
                assert (await the(outbox)).state in (State.ACCEPTED, State.IN_DOUBT)


async def kill(outbox: SalesOutbox) -> None:
    """From now on it stores nothing, as a process that is gone."""

    async def gone(*_: Any, **__: Any) -> Any:
        await anyio.sleep_forever()

    store: Any = outbox._store
    store.replace = store.claim = store.add = store.outlook = gone


class TestRefunds:
    async def test_a_refund_follows_its_sale(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds = ["drop"]
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await outbox.refund("order_1")
            await outbox.refund("order_1")
            await outbox.drain()
            assert [entry.state async for entry in outbox.entries()] == [State.DELIVERED] * 2
        assert server.sales == []
        assert [method for method, _ in server.requests] == ["POST", "GET", "POST", "DELETE"]

    @pytest.mark.parametrize(("deed", "requests"), [("lose", 2), ("drop", 3)])
    async def test_a_refund_in_doubt_is_looked_up(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, deed: str, requests: int
    ) -> None:
        server.sales.append({"key": "order_1"})
        server.deeds = [deed]
        async with opened(partnero, tmp_path) as outbox:
            await outbox.refund("order_1")
            await outbox.drain()
            assert (await the(outbox, kind="refund")).state is State.DELIVERED
        assert server.sales == []
        assert len(server.requests) == requests

    async def test_the_refund_of_a_refused_sale_is_refused(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds = [422]
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await outbox.refund("order_1")
            await outbox.drain()
            entry = await the(outbox, kind="refund")
            assert (entry.state, entry.error) == (
                State.REFUSED,
                "its sale was refused: there is nothing to refund",
            )
        assert len(server.requests) == 1

    async def test_the_refund_of_an_unknown_sale_needs_a_person(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            await outbox.refund("order_9")
            await outbox.drain()
            assert (await the(outbox, "order_9", kind="refund")).state is State.REFUSED


class TestByHand:
    async def test_a_refused_sale_is_sent_again_or_called_delivered(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds = [422, 422]
        async with opened(partnero, tmp_path) as outbox:
            for key in ("order_1", "order_2"):
                await outbox.record(sale(key))
            await outbox.drain()
            assert (await outbox.resolve("order_1", delivered=True)).state is State.DELIVERED
            assert (await outbox.resolve("order_2", delivered=False)).state is State.ACCEPTED
            await outbox.drain()
        assert server.keys == ["order_2"]

    async def test_what_is_delivered_is_not_sent_again(self, partnero: AsyncPartnero, tmp_path: Path) -> None:
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale())
            await outbox.drain()
            with pytest.raises(OutboxError, match="paid twice"):
                await outbox.resolve("order_1", delivered=False)
            with pytest.raises(OutboxError, match="no sale"):
                await outbox.resolve("order_2", delivered=True)

    async def test_entries_are_listed_by_state_and_in_order(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        server.deeds = [422]
        async with opened(partnero, tmp_path, concurrency=1) as outbox:
            for number in range(1203):
                await outbox.record(sale(f"order_{number}"))
            await outbox.drain()
            assert [entry.number async for entry in outbox.entries()] == list(range(1, 1204))
            assert [entry.key async for entry in outbox.entries(state="refused")] == ["order_0"]
            with pytest.raises(ArgumentError, match="accepted, sending"):
                [entry async for entry in outbox.entries(state="lost")]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"settle_after": 0}, ArgumentError),
        ({"concurrency": 0}, ArgumentError),
        ({"concurrency": 21}, ArgumentError),
        ({"program": "newsletter"}, ArgumentError),
        ({"deadline": -1}, ArgumentError),
        ({"adopt": 1}, TypeError),
    ],
)
async def test_settings_are_checked(
    partnero: AsyncPartnero, tmp_path: Path, settings: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        opened(partnero, tmp_path, **settings)


async def test_an_outbox_that_is_not_open_says_so(partnero: AsyncPartnero, tmp_path: Path) -> None:
    outbox = opened(partnero, tmp_path)
    for use in (outbox.record(sale()), outbox.refund("k"), outbox.drain(), outbox.find("k")):
        with pytest.raises(UsageError, match="async with"):
            await use
    async with outbox:
        with pytest.raises(UsageError):
            await outbox.__aenter__()


async def test_no_log_has_a_key_or_content(
    partnero: AsyncPartnero, server: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.deeds = ["drop", 422, 401]
    with caplog.at_level(logging.DEBUG):
        async with opened(partnero, tmp_path) as outbox:
            for number in range(3):
                await outbox.record(sale(f"order_{number}", customer=NewCustomer(key="c", email="ada@b.co")))
            with pytest.raises(PartneroError):
                await outbox.drain()
            await outbox.drain()
            assert "ada" not in repr([entry async for entry in outbox.entries()])
    assert "order_" not in caplog.text
    assert "ada" not in caplog.text


class TestStopping:
    async def test_run_ends_what_is_under_way_and_begins_nothing_new(self, tmp_path: Path) -> None:
        server = Ledger()

        async def slowly(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(5)
            return await server(request)

        async with scripted(slowly) as partnero, opened(partnero, tmp_path, concurrency=2) as outbox:
            for number in range(4):
                await outbox.record(sale(f"order_{number}"))
            async with anyio.create_task_group() as group:
                group.start_soon(outbox.run)
                await anyio.sleep(1)
                outbox.stop()
            states = [entry.state async for entry in outbox.entries()]
            assert states == [State.DELIVERED] * 2 + [State.ACCEPTED] * 2
            await outbox.drain()  # a later one goes on
        assert len(server.keys) == 4

    async def test_an_idle_run_ends_at_once(self, partnero: AsyncPartnero, tmp_path: Path) -> None:
        async with opened(partnero, tmp_path) as outbox, anyio.create_task_group() as group:
            group.start_soon(outbox.run)
            await anyio.sleep(0.3)
            outbox.stop()
            began = anyio.current_time()
        assert anyio.current_time() == began

    async def test_a_run_that_had_not_begun_does_not_begin(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        outbox = opened(partnero, tmp_path)
        async with outbox:
            await outbox.record(sale())
            with anyio.fail_after(1000):
                async with anyio.create_task_group() as group:
                    group.start_soon(outbox.run)
                    outbox.stop()
        assert server.sales == []
        async with outbox, anyio.create_task_group() as group:
            group.start_soon(outbox.run)
            await anyio.sleep(5)
            outbox.stop()
        assert server.keys == ["order_1"]


class TestClocksThatAreSet:
    async def test_set_forward_a_sale_in_doubt_waits_for_its_settling_time_all_the_same(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        forward = 0.0
        server.deeds = ["lose"]
        async with opened(partnero, tmp_path, clock=lambda: anyio.current_time() + forward) as outbox:
            await outbox.record(sale())
            async with anyio.create_task_group() as group:
                group.start_soon(outbox.drain)
                await anyio.sleep(5)
                forward = 3600
                await anyio.sleep(SETTLE_AFTER - 10)
                assert [method for method, _ in server.requests] == ["POST"]
            assert (await the(outbox)).state is State.DELIVERED
        assert server.keys == ["order_1"]

    async def test_set_back_an_accepted_sale_is_sent_all_the_same(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        back = 0.0
        async with opened(partnero, tmp_path, clock=lambda: 1e6 + anyio.current_time() - back) as outbox:
            await outbox.record(sale())
            back = 3600
            began = anyio.current_time()
            await outbox.drain()
        assert server.keys == ["order_1"]
        assert anyio.current_time() == began


@pytest.mark.parametrize("answer", [302, 400, 401, 403, 404, 410, 422])
async def test_a_look_up_that_nobody_answers_is_for_a_person(
    partnero: AsyncPartnero, server: Ledger, tmp_path: Path, answer: int
) -> None:
    server.deeds, server.look_ups = ["lose"], [answer]
    async with opened(partnero, tmp_path) as outbox:
        await outbox.record(sale())
        with pytest.raises(StatusError) as caught:
            await outbox.drain()
        assert caught.value.status == answer
        assert (await the(outbox)).state is State.IN_DOUBT
        await outbox.drain()
    assert server.keys == ["order_1"]


def test_an_outbox_belongs_to_one_event_loop(tmp_path: Path) -> None:
    outbox = SalesOutbox(AsyncPartnero("key"), tmp_path / "outbox.db")

    async def use() -> None:
        for using in (outbox.record(sale()), outbox.drain(), outbox.run(), outbox.find("order_1")):
            with pytest.raises(UsageError, match="another event loop"):
                await using

    asyncio.run(outbox.__aenter__())
    asyncio.run(use())
    asyncio.run(outbox.__aexit__(None, None, None))


async def test_an_outbox_of_another_type_of_program_is_refused(
    partnero: AsyncPartnero, tmp_path: Path
) -> None:
    async with opened(partnero, tmp_path):
        pass
    with pytest.raises(StorageError, match="type of program"):
        async with opened(partnero, tmp_path, program="referral"):
            pass


async def test_an_outbox_in_memory_is_a_file_all_the_same(
    partnero: AsyncPartnero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert SQLiteStore(":memory:").path == tmp_path / ":memory:"


class TestWhatAnAttackFound:
    async def test_as_many_expired_leases_as_deliveries_at_a_time_are_waited_for(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path, concurrency=2) as outbox:
            for number in range(2):
                await outbox.record(sale(f"order_{number}"))
            # As a process leaves them that was killed with both under way.
            await outbox._store.claim(
                anyio.current_time(), 2, lambda entry: begun(entry, 0, lease=1, settle_after=1)
            )
            with anyio.fail_after(1000):
                await outbox.drain()
        assert len(server.keys) == 2

    @pytest.mark.parametrize("shown", [{"key": "ORDER_1"}, {"key": None}, {"amount": 1}])
    async def test_a_sale_that_may_be_ours_is_for_a_person(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path, shown: dict[str, Any]
    ) -> None:
        page = httpx.Response(200, json={"data": [shown], "links": {"next": None}, "status": 1})
        server.deeds, server.look_ups = ["lose"], [page]
        async with scripted(server, retries=0, strict=False) as lenient, opened(lenient, tmp_path) as outbox:
            await outbox.record(sale())
            with pytest.raises(PartneroError):
                await outbox.drain()
            assert (await the(outbox)).state is State.IN_DOUBT
        assert server.keys == ["order_1"]

    async def test_a_key_with_a_text_of_its_own_is_looked_up_by_what_is_sent(
        self, partnero: AsyncPartnero, server: Ledger, tmp_path: Path
    ) -> None:
        class Named(str):  # as members of an Enum of strings are
            def __str__(self) -> str:
                return "Order.FIRST"

        server.deeds = ["lose"]
        async with opened(partnero, tmp_path) as outbox:
            await outbox.record(sale(Named("order_1")))
            await outbox.record(sale("order_1"))
            await outbox.drain()
        assert server.keys == ["order_1"]

    async def test_run_ends_when_the_outbox_is_closed(self, partnero: AsyncPartnero, tmp_path: Path) -> None:
        outbox = opened(partnero, tmp_path)
        ended = list[str]()

        async def run() -> None:
            with pytest.raises(UsageError) as caught:
                await outbox.run()
            ended.append(str(caught.value))

        async with anyio.create_task_group() as group:
            async with outbox:
                group.start_soon(run)
                await anyio.sleep(5)
        assert "not open" in ended[0]

    async def test_sales_are_told_apart_whatever_the_decimal_context(
        self, partnero: AsyncPartnero, tmp_path: Path
    ) -> None:
        async with opened(partnero, tmp_path) as outbox:
            with localcontext() as context:
                context.prec = 6
                await outbox.record(sale(amount=Decimal("12345.67")))
                with pytest.raises(ConflictingSaleError):
                    await outbox.record(sale(amount=Decimal("12345.68")))
            await outbox.record(sale(amount=Decimal("12345.670")))
