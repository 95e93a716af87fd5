"""The endpoint: each genuine delivery is handled once, and the answer says whether it is to come again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from partnero_async import ArgumentError
from partnero_async.webhooks import (
    Claim,
    CustomerCreated,
    Event,
    MemorySeenStore,
    Receiver,
    SQLiteSeenStore,
    WebhookEndpoint,
)

from ..inline import without_thread
from .deliveries import SECRET, body_of, signed

pytestmark = pytest.mark.anyio

RECEIVER = Receiver(SECRET)
(SIGNER,) = RECEIVER.signers


def sqlite_store(path: Path, **settings: Any) -> SQLiteSeenStore:
    """A store without a thread, for a virtual clock."""
    store = SQLiteSeenStore(path, **{"clock": anyio.current_time, **settings})
    new_file = store._new_file

    def inline() -> Any:
        file = new_file()
        without_thread(file)
        return file

    store._new_file = inline  # type: ignore[method-assign]
    return store


@pytest.fixture(params=["memory", "sqlite"])
async def seen(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    if request.param == "memory":
        yield MemorySeenStore(clock=anyio.current_time)
    else:
        store = sqlite_store(tmp_path / "seen.db")
        yield store
        await store.aclose()


class Handler:
    """Notes the events that it is called with, and does with each what the next of its deeds says."""

    def __init__(self, *deeds: Callable[[], Any]) -> None:
        self.deeds = list(deeds)
        self.events = list[Event]()
        self.done = list[Event]()

    async def __call__(self, event: Event) -> None:
        self.events.append(event)
        if self.deeds:
            await self.deeds.pop(0)()
        self.done.append(event)


class SyncHandler:
    """What a user may take for a handler."""

    def handle(self, event: Event) -> None:
        raise AssertionError


async def fail() -> None:
    raise ZeroDivisionError("of the application's")


async def post(endpoint: Any, body: bytes, headers: Any = None, method: str = "POST") -> httpx.Response:
    transport = httpx.ASGITransport(app=endpoint, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        return await client.request(
            method, "/hooks", content=body, headers=signed(body) if headers is None else headers
        )


class TestDeliveries:
    async def test_a_genuine_one_is_handled_and_then_answered(self, seen: Any) -> None:
        handler = Handler()
        answer = await post(WebhookEndpoint(RECEIVER, handler, seen=seen), body_of())
        assert answer.status_code == 200
        (event,) = handler.events
        assert isinstance(event, CustomerCreated)
        assert event.data.email == "ada@b.co"

    async def test_one_that_comes_again_is_handled_once(self, seen: Any) -> None:
        handler = Handler()
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=seen)
        for _ in range(3):
            assert (await post(endpoint, body_of())).status_code == 200
        await post(endpoint, body_of("customer.updated"))
        assert [event.name for event in handler.events] == ["customer.created", "customer.updated"]

    async def test_of_several_at_a_time_one_is_handled_and_the_others_come_again(self, seen: Any) -> None:
        handler = Handler(partial(anyio.sleep, 2))
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=seen)
        answers = list[httpx.Response]()

        async def send() -> None:
            answers.append(await post(endpoint, body_of()))

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(send)
        assert sorted(answer.status_code for answer in answers) == [200, 503, 503, 503, 503]
        assert {answer.headers.get("retry-after") for answer in answers} == {None, "5"}
        assert len(handler.events) == 1

    async def test_one_whose_handler_fails_comes_again(
        self, seen: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        handler = Handler(fail, fail)
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=seen)
        answers = [await post(endpoint, body_of()) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [500, 500, 200, 200]
        assert (len(handler.events), len(handler.done)) == (3, 1)
        assert "ZeroDivisionError" in caplog.text
        assert "ada@b.co" not in caplog.text
        assert "ZeroDivisionError" not in answers[0].text

    async def test_a_handler_that_takes_too_long_is_cancelled(self, seen: Any) -> None:
        handler = Handler(partial(anyio.sleep, 100))
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=seen)
        began = anyio.current_time()
        assert (await post(endpoint, body_of())).status_code == 500
        assert anyio.current_time() - began == 4
        assert (await post(endpoint, body_of())).status_code == 200

    async def test_the_claim_is_kept_until_a_cancelled_handler_has_ended(self, seen: Any) -> None:
        async def linger() -> None:
            try:
                await anyio.sleep(100)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(3)

        endpoint = WebhookEndpoint(RECEIVER, Handler(linger), seen=seen)
        statuses = list[int]()

        async def send(after: float) -> None:
            await anyio.sleep(after)
            statuses.append((await post(endpoint, body_of())).status_code)

        async with anyio.create_task_group() as group:
            for after in (0, 6, 8):
                group.start_soon(send, after)
        assert statuses == [503, 500, 200]

    async def test_a_handler_that_ends_although_it_was_cancelled_has_handled_it(self, seen: Any) -> None:
        async def finish() -> None:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(5)

        endpoint = WebhookEndpoint(RECEIVER, Handler(finish), seen=seen)
        assert [(await post(endpoint, body_of())).status_code for _ in range(2)] == [200, 200]

    async def test_a_request_that_is_cancelled_lets_go_of_its_claim(self, seen: Any) -> None:
        handler = Handler(partial(anyio.sleep, 3))
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=seen)
        with anyio.move_on_after(1):
            await post(endpoint, body_of())
        assert (await post(endpoint, body_of())).status_code == 200
        assert (len(handler.events), len(handler.done)) == (2, 1)

    async def test_what_is_not_genuine_is_refused_and_not_handled(self, seen: Any) -> None:
        handler = Handler()
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=seen)
        for body, headers in [
            (body_of(), {}),
            (body_of(), signed(body_of(), "another")),
            (body_of(), [("Signature", signed(body_of())["Signature"])] * 2),
            (b"[]", signed(b"[]")),
        ]:
            assert (await post(endpoint, body, headers)).status_code == 400
        assert handler.events == []

    async def test_other_methods_are_not_deliveries(self) -> None:
        answer = await post(WebhookEndpoint(RECEIVER, Handler()), body_of(), method="GET")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


class TestBodies:
    async def test_one_that_is_too_large_is_refused(self) -> None:
        handler = Handler()
        endpoint = WebhookEndpoint(RECEIVER, handler, max_body=1000)
        body = body_of(data={"key": "k" * 1000})
        assert (await post(endpoint, body)).status_code == 413
        fits = body_of()
        assert (await post(endpoint, fits + b" " * (1000 - len(fits)))).status_code == 200
        assert len(handler.events) == 1

    @pytest.mark.parametrize("says", ["2000", "9" * 5000])
    async def test_one_that_says_so_is_not_read(self, says: str) -> None:
        sent = await asked(
            WebhookEndpoint(RECEIVER, Handler(), max_body=1000),
            [(b"signature", b"x"), (b"content-length", says.encode())],
            [],
        )
        assert sent[0]["status"] == 413

    async def test_one_in_many_parts_is_counted(self) -> None:
        parts = [{"type": "http.request", "body": b"x" * 600, "more_body": True}] * 2
        sent = await asked(WebhookEndpoint(RECEIVER, Handler(), max_body=1000), [(b"signature", b"x")], parts)
        assert sent[0]["status"] == 413

    async def test_one_without_a_signature_is_not_read(self) -> None:
        sent = await asked(WebhookEndpoint(RECEIVER, Handler()), [], [])
        assert sent[0]["status"] == 400

    async def test_who_leaves_is_not_answered(self) -> None:
        handler = Handler()
        sent = await asked(
            WebhookEndpoint(RECEIVER, handler), [(b"signature", b"x")], [{"type": "http.disconnect"}]
        )
        assert (sent, handler.events) == ([], [])

    async def test_one_that_does_not_come_is_given_up(self) -> None:
        began = anyio.current_time()
        sent = await asked(WebhookEndpoint(RECEIVER, Handler()), [(b"signature", b"x")], [])
        assert sent[0]["status"] == 408
        assert anyio.current_time() - began == 10

    async def test_too_many_at_a_time_come_again(self) -> None:
        endpoint = WebhookEndpoint(RECEIVER, Handler(), max_body=10**9)
        statuses = list[int]()

        async def send(megabytes: int) -> None:
            part = {"type": "http.request", "body": b"x" * megabytes * 2**20, "more_body": True}
            sent = await asked(endpoint, [(b"signature", b"x")], [part])
            statuses.append(sent[0]["status"])

        async with anyio.create_task_group() as group:
            for megabytes in (40, 40, 20):
                group.start_soon(send, megabytes)
        assert sorted(statuses) == [408, 408, 503]
        statuses.clear()
        await send(60)
        assert statuses == [408]


async def asked(endpoint: WebhookEndpoint, headers: Any, messages: list[dict[str, Any]]) -> list[Any]:
    """What an endpoint sends to a request whose body comes in these messages, and then no more."""
    sent = list[Any]()
    left = list(messages)

    async def receive() -> Any:
        return left.pop(0) if left else await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)

    await endpoint({"type": "http", "method": "POST", "headers": headers}, receive, send)
    return sent


class TestBackground:
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SQLiteSeenStore]:
        store = sqlite_store(tmp_path / "seen.db")
        yield store
        await store.aclose()

    async def test_it_is_answered_first_and_handled_afterwards(self, store: SQLiteSeenStore) -> None:
        happened = list[str]()

        async def handle(event: Event) -> None:
            happened.append("handled")

        async def receive() -> Any:
            return {"type": "http.request", "body": body_of()}

        async def send(message: Any) -> None:
            happened.append(message["type"])

        headers = [(name.encode(), value.encode()) for name, value in signed(body_of()).items()]
        endpoint = WebhookEndpoint(RECEIVER, handle, seen=store, background=True)
        await endpoint({"type": "http", "method": "POST", "headers": headers}, receive, send)
        assert happened == ["http.response.start", "http.response.body", "handled"]

    async def test_one_that_comes_again_is_handled_once(self, store: SQLiteSeenStore) -> None:
        handler = Handler(partial(anyio.sleep, 30))
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=store, background=True)
        statuses = list[int]()

        async def send() -> None:
            statuses.append((await post(endpoint, body_of())).status_code)

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(send)
        assert statuses == [200] * 3
        assert len(handler.events) == 1

    async def test_what_fails_is_tried_again_later_and_later(self, store: SQLiteSeenStore) -> None:
        times = list[float]()

        async def handle(event: Event) -> None:
            times.append(anyio.current_time())
            if len(times) < 5:
                raise ZeroDivisionError

        endpoint = WebhookEndpoint(RECEIVER, handle, seen=store, background=True)
        assert (await post(endpoint, body_of())).status_code == 200
        async with anyio.create_task_group() as group:
            group.start_soon(endpoint.run)
            await anyio.sleep(100)
            group.cancel_scope.cancel()
        pauses = [later - earlier for earlier, later in pairwise(times)]
        assert [round(pause) for pause in pauses] == [1, 2, 4, 8]

    async def test_what_a_killed_process_left_is_handled_by_the_next(
        self, tmp_path: Path, store: SQLiteSeenStore
    ) -> None:
        handler = Handler()
        # As a process leaves it that was killed after its answer.
        event = RECEIVER.receive(body_of(), signed(body_of()))
        await store.keep(event.fingerprint, "gone", 70.0, body_of(), SIGNER)
        other = sqlite_store(tmp_path / "seen.db")
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=other, background=True)
        async with anyio.create_task_group() as group:
            group.start_soon(endpoint.run)
            await anyio.sleep(60)
            assert handler.events == []
            assert (await post(endpoint, body_of())).status_code == 200
            await anyio.sleep(15)
            group.cancel_scope.cancel()
        await other.aclose()
        assert handler.done == [event]

    async def test_what_always_fails_is_given_up(
        self, store: SQLiteSeenStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("partnero_async.webhooks.handling.MOST_ATTEMPTS", 4)
        times = list[float]()

        async def handle(event: Event) -> None:
            times.append(anyio.current_time())
            raise ZeroDivisionError

        endpoint = WebhookEndpoint(RECEIVER, handle, seen=store, background=True)
        await post(endpoint, body_of())
        async with anyio.create_task_group() as group:
            group.start_soon(endpoint.run)
            await anyio.sleep(60)
            group.cancel_scope.cancel()
        assert len(times) == 4
        assert "given up after 4 attempts" in caplog.text
        assert await store.due_in(RECEIVER.signers) is None

    @pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
    async def test_a_handler_that_awaits_what_was_cancelled_has_failed(self, store: SQLiteSeenStore) -> None:
        handled = list[str]()

        async def handle(event: Event) -> None:
            if event.data.key == "poison" and handled.count("poison") < 7:
                handled.append("poison")
                cancelled = asyncio.get_running_loop().create_future()
                cancelled.cancel()
                await cancelled
            handled.append(event.data.key)

        endpoint = WebhookEndpoint(RECEIVER, handle, seen=store, background=True)
        for key in ("poison", "good"):
            body = body_of(data={"key": key})
            assert (await endpoint.deliver(body, signed(body))).status == 200
        async with anyio.create_task_group() as group:
            group.start_soon(endpoint.run)
            await anyio.sleep(500)
            group.cancel_scope.cancel()
        assert handled.count("good") == 1
        assert handled.count("poison") == 8
        direct = WebhookEndpoint(RECEIVER, handle)
        handled.clear()
        body = body_of(data={"key": "poison"})
        assert (await direct.deliver(body, signed(body))).status == 500

    async def test_one_whose_answer_cannot_be_sent_is_due_at_once(self, store: SQLiteSeenStore) -> None:
        endpoint = WebhookEndpoint(RECEIVER, Handler(), seen=store, background=True)
        headers = [(name.encode(), value.encode()) for name, value in signed(body_of()).items()]

        async def receive() -> Any:
            return {"type": "http.request", "body": body_of()}

        async def send(message: Any) -> None:
            raise OSError("gone")

        with pytest.raises(OSError, match="gone"):
            await endpoint({"type": "http", "method": "POST", "headers": headers}, receive, send)
        due_in = await store.due_in(RECEIVER.signers)
        assert due_in is not None
        assert due_in <= 0

    async def test_what_cannot_be_read_any_more_ends_nothing(self, store: SQLiteSeenStore) -> None:
        handler = Handler()
        await store.keep("f" * 64, "gone", 1.0, b"of another version", SIGNER)
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=store, background=True)
        async with anyio.create_task_group() as group:
            group.start_soon(endpoint.run)
            await anyio.sleep(5)
            await post(endpoint, body_of())
            group.cancel_scope.cancel()
        assert len(handler.done) == 1

    async def test_a_cancelled_one_is_due_at_once(self, store: SQLiteSeenStore) -> None:
        handler = Handler(partial(anyio.sleep, 30))
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=store, background=True)
        with anyio.move_on_after(1):
            await post(endpoint, body_of())
        async with anyio.create_task_group() as group:
            group.start_soon(endpoint.run)
            await anyio.sleep(1.5)
            group.cancel_scope.cancel()
        assert len(handler.done) == 1

    async def test_by_another_way_than_asgi_run_handles_it(self, store: SQLiteSeenStore) -> None:
        handler = Handler()
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=store, background=True)
        assert (await endpoint.deliver(body_of(), signed(body_of()))).status == 200
        async with anyio.create_task_group() as group:
            group.start_soon(endpoint.run)
            await anyio.sleep(1.5)
            group.cancel_scope.cancel()
        assert len(handler.done) == 1

    async def test_served_alone_it_runs_as_long_as_its_lifespan(self, store: SQLiteSeenStore) -> None:
        handler = Handler()
        event = RECEIVER.receive(body_of(), signed(body_of()))
        await store.keep(event.fingerprint, "gone", 1.0, body_of(), SIGNER)
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=store, background=True)
        messages = ["lifespan.startup", "lifespan.shutdown"]
        sent = list[str]()

        async def receive() -> Any:
            await anyio.sleep(5)
            return {"type": messages.pop(0)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await endpoint({"type": "lifespan"}, receive, send)
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        assert handler.done == [event]

    async def test_endpoints_share_a_file_and_each_handles_its_own(self, store: SQLiteSeenStore) -> None:
        secrets = {"affiliate": SECRET, "referral": "another-secret", "agency": "a-third-secret"}
        handlers = {name: Handler(fail) for name in secrets}
        endpoints = {
            name: WebhookEndpoint(Receiver(secret), handlers[name], seen=store, background=True)
            for name, secret in secrets.items()
        }
        for name, secret in secrets.items():
            body = body_of(data={"key": name})
            assert (await endpoints[name].deliver(body, signed(body, secret))).status == 200
        async with anyio.create_task_group() as group:
            for endpoint in endpoints.values():
                group.start_soon(endpoint.run)
            await anyio.sleep(10)
            group.cancel_scope.cancel()
        assert {name: [event.data.key for event in one.done] for name, one in handlers.items()} == {
            name: [name] for name in secrets
        }

    async def test_what_an_older_secret_signed_is_handled_or_told_of(
        self, store: SQLiteSeenStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        before = WebhookEndpoint(RECEIVER, Handler(), seen=store, background=True)
        assert (await before.deliver(body_of(), signed(body_of()))).status == 200
        await anyio.sleep(300)
        handlers = [Handler(), Handler()]
        for receiver, handler in zip((Receiver("new"), Receiver("new", SECRET)), handlers, strict=True):
            endpoint = WebhookEndpoint(receiver, handler, seen=store, background=True)
            async with anyio.create_task_group() as group:
                group.start_soon(endpoint.run)
                await anyio.sleep(2)
                group.cancel_scope.cancel()
        assert [len(handler.done) for handler in handlers] == [0, 1]
        (record,) = caplog.records
        assert "1 kept deliveries wait for a receiver with another secret" in record.getMessage()

    async def test_it_needs_a_store_that_keeps_deliveries(self) -> None:
        with pytest.raises(ArgumentError, match="SQLiteSeenStore"):
            WebhookEndpoint(RECEIVER, Handler(), background=True)
        with pytest.raises(ArgumentError, match="background=True"):
            await WebhookEndpoint(RECEIVER, Handler()).run()


class TestOtherFrameworks:
    async def test_the_same_by_hand(self, seen: Any) -> None:
        handler = Handler(fail)
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=seen, max_body=1000)
        body = body_of()
        answers = [await endpoint.deliver(body, signed(body)) for _ in range(3)]
        assert [answer.status for answer in answers] == [500, 200, 200]
        assert (await endpoint.deliver(body, {})).status == 400
        assert (await endpoint.deliver(b"x" * 1001, {})).status == 413
        with pytest.raises(TypeError, match="bytes"):
            await endpoint.deliver({"event": "x"}, signed(body))  # type: ignore[arg-type]

    async def test_websockets_are_turned_away(self) -> None:
        sent = list[Any]()

        async def send(message: Any) -> None:
            sent.append(message)

        await WebhookEndpoint(RECEIVER, Handler())({"type": "websocket"}, anyio.sleep_forever, send)
        assert sent == [{"type": "websocket.close"}]


class TestStores:
    async def test_a_store_that_fails_answers_500_and_says_why(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "seen.db").write_text("something else, which is longer than a header of SQLite's" * 20)
        handler = Handler()
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=sqlite_store(tmp_path / "seen.db"))
        assert (await post(endpoint, body_of())).status_code == 500
        assert handler.events == []
        assert "not even a SQLite database" in caplog.text

    async def test_what_is_forgotten_is_bounded_by_count(self, tmp_path: Path) -> None:
        for store in (
            MemorySeenStore(max_count=10, clock=anyio.current_time),
            sqlite_store(tmp_path / "seen.db", max_count=10),
        ):
            handler = Handler()
            endpoint = WebhookEndpoint(RECEIVER, handler, seen=store)
            for number in range(30):
                await post(endpoint, body_of(data={"key": f"customer_{number}"}))
            for number in (29, 25, 0):  # the last ones are known still
                await post(endpoint, body_of(data={"key": f"customer_{number}"}))
            assert len(handler.events) == 31
            await store.aclose()

    async def test_what_was_let_go_pushes_nothing_out(self, tmp_path: Path) -> None:
        for store in (
            MemorySeenStore(max_count=3, clock=anyio.current_time),
            sqlite_store(tmp_path / "seen.db", max_count=3),
        ):
            for done in ("a", "b", "c"):
                await store.claim(done, "one", 14.0)
                for number in range(5):
                    await store.claim(f"failed_{number}", "one", 14.0)
                    await store.release(f"failed_{number}", "one")
                await store.claim(f"in hand while {done}", "one", 14.0)
                for _ in range(2):
                    await store.finish(done, "one")
            assert [await store.claim(done, "two", 14.0) for done in "abc"] == [Claim.DONE] * 3
            for done in ("d", "e"):
                await store.claim(done, "one", 14.0)
                await store.finish(done, "one")
            await store.claim("next", "one", 14.0)
            assert [await store.claim(done, "two", 14.0) for done in "cde"] == [Claim.DONE] * 3
            assert [await store.claim(done, "two", 14.0) for done in "ab"] == [Claim.OURS] * 2
            await store.aclose()

    async def test_and_by_age(self, tmp_path: Path) -> None:
        for store in (
            MemorySeenStore(max_age=100, clock=anyio.current_time),
            sqlite_store(tmp_path / "seen.db", max_age=100),
        ):
            handler = Handler()
            endpoint = WebhookEndpoint(RECEIVER, handler, seen=store)
            for seconds in (0, 99, 2):
                await anyio.sleep(seconds)
                await post(endpoint, body_of())
            assert len(handler.events) == 2
            await store.aclose()

    async def test_a_lease_begins_when_its_claim_is_written(self, tmp_path: Path) -> None:
        store = sqlite_store(tmp_path / "seen.db")
        do = store._do

        async def late(work: Any) -> Any:
            await anyio.sleep(30)  # for the lock of another process
            return await do(work)

        store._do = late  # type: ignore[method-assign]
        assert await store.claim("f" * 64, "one", 14.0) is Claim.OURS
        store._do = do  # type: ignore[method-assign]
        assert await store.claim("f" * 64, "two", 14.0) is Claim.IN_HAND
        await store.aclose()

    @pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)
    async def test_a_task_that_is_cancelled_after_its_handler_keeps_the_mark(self, tmp_path: Path) -> None:
        store, handler = sqlite_store(tmp_path / "seen.db"), Handler()
        finish = store.finish

        async def late(fingerprint: str, owner: str) -> None:
            await asyncio.sleep(1)
            await finish(fingerprint, owner)

        store.finish = late  # type: ignore[method-assign]
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=store)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(endpoint.deliver(body_of(), signed(body_of())), 0.5)
        assert (await endpoint.deliver(body_of(), signed(body_of()))).status == 200
        assert len(handler.events) == 1
        await store.aclose()

    async def test_what_nobody_came_back_for_is_forgotten_too(self, tmp_path: Path) -> None:
        store = sqlite_store(tmp_path / "seen.db", max_age=100)
        await store.claim("left" * 16, "gone", 14.0)
        await store.keep("kept" * 16, "gone", 14.0, b"{}", SIGNER)
        await anyio.sleep(120)
        await store.claim("next" * 16, "here", 14.0)
        rows = await store._do(
            lambda connection: connection.execute("SELECT fingerprint FROM seen").fetchall()
        )
        assert {fingerprint[:4] for (fingerprint,) in rows} == {"kept", "next"}
        await store.aclose()

    async def test_a_process_that_is_gone_holds_up_a_delivery_no_longer_than_its_lease(
        self, tmp_path: Path
    ) -> None:
        store = sqlite_store(tmp_path / "seen.db")
        handler = Handler()
        endpoint = WebhookEndpoint(RECEIVER, handler, seen=store)
        event = RECEIVER.receive(body_of(), signed(body_of()))
        await store.claim(event.fingerprint, "gone", 14.0)
        statuses = list[int]()
        for seconds in (0, 13, 2):
            await anyio.sleep(seconds)
            statuses.append((await post(endpoint, body_of())).status_code)
        assert statuses == [503, 503, 200]
        await store.release(event.fingerprint, "gone")  # it comes back, too late
        assert (await post(endpoint, body_of())).status_code == 200
        assert len(handler.events) == 1
        await store.aclose()


@pytest.mark.parametrize(
    ("arguments", "settings", "error"),
    [
        ((SECRET, Handler()), {}, TypeError),
        ((RECEIVER, None), {}, TypeError),
        ((RECEIVER, lambda event: None), {}, TypeError),
        ((RECEIVER, Handler().events.append), {}, TypeError),
        ((RECEIVER, partial(print, "event")), {}, TypeError),
        ((RECEIVER, SyncHandler().handle), {}, TypeError),
        ((RECEIVER, Handler()), {"timeout": 0}, ArgumentError),
        ((RECEIVER, Handler()), {"max_body": 0}, ArgumentError),
        ((RECEIVER, Handler()), {"background": 1}, TypeError),
    ],
)
async def test_settings_are_checked(arguments: Any, settings: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        WebhookEndpoint(*arguments, **settings)


async def test_logs_tell_of_events_and_nothing_of_people(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        endpoint = WebhookEndpoint(RECEIVER, Handler(fail))
        await post(endpoint, body_of("customer.created\r\nforged"))
        await post(endpoint, body_of(), {"Signature": "x"})
    assert "SignatureError" in caplog.text
    assert "\nforged" not in caplog.text
    assert "ada@b.co" not in caplog.text
    assert SECRET not in caplog.text
