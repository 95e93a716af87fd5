"""Webhooks on their way: how they are signed, retried and given up, and where they may go. In memory."""

import hashlib
import hmac
import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from partnero_async.sandbox import Delivery, NotSubscribed, Sandbox
from partnero_async.sandbox.destinations import Destinations

from .clients import add_customer, bare_client

pytestmark = pytest.mark.anyio

_URL = "https://yourcompany.com/webhooks/partnero"
_CONTROL = "http://sandbox.test/_sandbox"
_FOREIGN = [
    "http://evil.example/",
    "http://127.0.0.1@evil.example/",
    "http://127.0.0.1:80@evil.example/",
    "http://127.0.0.1\\@evil.example/",
    "http://evil.example#@127.0.0.1/",
    "http://evil.example?@localhost/",
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://localhost./",
    "http://0.0.0.0/",
    "http://128.0.0.1/",
    "http://2130706433/",
    "http://[::ffff:127.0.0.1]:80/",
    "http://[::]/",
    "http://[::2]/",
]


class _Receiver:
    """The app that webhooks go to: answers in order, the last one again and again."""

    def __init__(self, *answers: int | Exception | Callable[[], Any]) -> None:
        self._answers = list(answers or (200,))
        self.requests = list[httpx.Request]()
        self.times = list[float]()
        self.transport = httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.times.append(anyio.current_time())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer, headers={"Location": "https://elsewhere.example/"})
        await answer()
        return httpx.Response(200)


@asynccontextmanager
async def _subscribed(sandbox: Sandbox, url: str = _URL) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a program with a subscription to customers that come."""
    async with bare_client(sandbox) as api:
        webhook = {"key": "hook", "name": "Hook", "url": url, "events": ["customer.created"]}
        assert (await api.post("/webhooks", json=webhook)).status_code == 201
        yield api


def _statuses(delivery: Delivery) -> list[int | None]:
    return [attempt.status for attempt in delivery.attempts]


async def _sent(sandbox: Sandbox, receiver: _Receiver) -> Delivery:
    """The only delivery that is due, once it was tried."""
    (delivery,) = await sandbox.deliver(receiver.transport)
    return delivery


async def test_the_body_is_the_envelope_of_a_record(sandbox: Sandbox) -> None:
    receiver = _Receiver()
    async with _subscribed(sandbox) as api:
        await add_customer(api, "ada")
        await _sent(sandbox, receiver)
        record = (await api.get("/customers/ada")).json()["data"]
    (request,) = receiver.requests
    assert (request.method, str(request.url)) == ("POST", _URL)
    assert request.headers["Content-Type"] == "application/json"
    envelope = json.loads(request.content)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", envelope.pop("created_at"))
    assert envelope == {"event": "customer.created", "url": _URL, "webhook_key": "hook", "data": record}


async def test_the_signature_verifies_over_exactly_the_bytes_that_were_sent(sandbox: Sandbox) -> None:
    receiver = _Receiver()
    async with _subscribed(sandbox) as api:
        await add_customer(api, "ada", name='Ada "Æ" </Lovelace>')
        secret = (await api.get("/webhooks/hook")).json()["data"]["signature"]
    delivery = await _sent(sandbox, receiver)
    (request,) = receiver.requests
    expected = hmac.new(secret.encode(), request.content, hashlib.sha256).hexdigest()
    assert request.headers.get_list("Signature") == [expected]
    assert (delivery.body.encode("ascii"), delivery.signature) == (request.content, expected)


async def test_amounts_are_written_digit_for_digit(sandbox: Sandbox) -> None:
    async with bare_client(sandbox) as api:
        webhook = {"name": "Hook", "url": _URL, "events": ["transaction.created"]}
        await api.post("/webhooks", json=webhook)
        await add_customer(api)
        sale = {"customer": {"key": "customer_1"}, "amount": "99.99"}
        await api.post("/transactions", json=sale)
    (delivery,) = sandbox.deliveries
    assert '"amount":99.99,' in delivery.body
    assert '"amount":29.997,' in delivery.body


async def test_a_delivery_tells_what_became_of_it(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:
        await add_customer(api)
        (waiting,) = sandbox.deliveries
        delivery = await _sent(sandbox, _Receiver(204))
    assert (waiting.number, waiting.event, waiting.webhook_key) == (1, "customer.created", "hook")
    assert (waiting.url, waiting.state, waiting.attempts) == (_URL, "pending", ())
    assert waiting.created_at == json.loads(waiting.body)["created_at"]
    assert sandbox.deliveries == (delivery,)
    assert delivery.state == "delivered"
    (attempt,) = delivery.attempts
    assert (attempt.status, attempt.error, attempt.milliseconds) == (204, None, 0)
    assert attempt.at >= delivery.created_at


async def test_what_is_delivered_is_not_due_any_more(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    await _sent(sandbox, _Receiver())
    await anyio.sleep(100)
    assert await sandbox.deliver(_Receiver().transport) == ()


async def test_what_fails_is_tried_again_after_longer_and_longer_pauses_and_then_given_up(
    sandbox: Sandbox,
) -> None:
    receiver = _Receiver(500)
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    began = anyio.current_time()
    states = list[str]()
    for _ in range(40):
        states += [delivery.state for delivery in await sandbox.deliver(receiver.transport)]
        await anyio.sleep(0.5)
    assert [round(time - began, 1) for time in receiver.times] == [0, 1, 3, 7, 15]
    assert states == ["pending"] * 4 + ["failed"]
    assert _statuses(sandbox.deliveries[0]) == [500] * 5
    assert len({request.content for request in receiver.requests}) == 1


async def test_the_pauses_can_be_chosen() -> None:
    sandbox = Sandbox(partners=1, webhook_retries=(10,))
    receiver = _Receiver(500)
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    for pause in (9.9, 0.2, 100):
        await sandbox.deliver(receiver.transport)
        await anyio.sleep(pause)
    await sandbox.deliver(receiver.transport)
    assert len(receiver.requests) == 2
    assert sandbox.deliveries[0].state == "failed"
    sandbox.close()


async def test_without_retries_one_failure_is_the_end() -> None:
    sandbox = Sandbox(partners=1, webhook_retries=())
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    assert (await _sent(sandbox, _Receiver(503))).state == "failed"
    sandbox.close()


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_is_success(sandbox: Sandbox, status: int) -> None:
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    assert (await _sent(sandbox, _Receiver(status))).state == "delivered"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 410, 429, 500])
async def test_anything_else_is_a_failure_and_redirects_are_not_followed(
    sandbox: Sandbox, status: int
) -> None:
    receiver = _Receiver(status)
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    delivery = await _sent(sandbox, receiver)
    assert (delivery.state, _statuses(delivery)) == ("pending", [status])
    assert len(receiver.requests) == 1


async def test_an_answer_that_takes_more_than_five_seconds_is_none(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    began = anyio.current_time()
    receiver = _Receiver(lambda: anyio.sleep(5.1), lambda: anyio.sleep(4.9))
    delivery = await _sent(sandbox, receiver)
    assert anyio.current_time() - began == pytest.approx(5)
    (attempt,) = delivery.attempts
    assert (attempt.status, attempt.error) == (None, "no answer within 5 seconds")
    assert attempt.milliseconds == pytest.approx(5000, abs=1)
    await anyio.sleep(1.1)
    assert (await _sent(sandbox, receiver)).state == "delivered"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ConnectError("refused"), "ConnectError: refused"),
        (KeyError("order"), "KeyError: 'order'"),
        (httpx.ReadError(""), "ReadError"),
    ],
)
async def test_an_app_that_raises_gets_the_event_again(sandbox: Sandbox, error: Exception, told: str) -> None:
    receiver = _Receiver(error, 200)
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    delivery = await _sent(sandbox, receiver)
    assert [(attempt.status, attempt.error) for attempt in delivery.attempts] == [(None, told)]
    await anyio.sleep(1.1)
    assert (await _sent(sandbox, receiver)).state == "delivered"


async def test_what_happens_while_the_app_is_told_waits_for_the_next_time(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:

        async def add_another() -> None:
            await add_customer(api, "second")

        receiver = _Receiver(add_another, 200)
        await add_customer(api, "first")
        assert [delivery.number for delivery in await sandbox.deliver(receiver.transport)] == [1]
        assert [delivery.number for delivery in await sandbox.deliver(receiver.transport)] == [2]


async def test_ten_are_sent_at_a_time(sandbox: Sandbox) -> None:
    running = most = 0

    async def watch() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(1)
        running -= 1

    async with _subscribed(sandbox) as api:
        for number in range(25):
            await add_customer(api, f"customer_{number}")
    began = anyio.current_time()
    deliveries = await sandbox.deliver(_Receiver(watch).transport)
    assert (len(deliveries), most, round(anyio.current_time() - began)) == (25, 10, 3)


async def test_two_who_deliver_at_once_send_nothing_twice(sandbox: Sandbox) -> None:
    receiver = _Receiver(lambda: anyio.sleep(1))
    async with _subscribed(sandbox) as api:
        for number in range(5):
            await add_customer(api, f"customer_{number}")
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(sandbox.deliver, receiver.transport)
    assert len(receiver.requests) == 5


async def test_a_sender_that_is_cancelled_leaves_its_deliveries_to_others(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    with anyio.move_on_after(1):
        await sandbox.deliver(_Receiver(anyio.sleep_forever).transport)
    assert sandbox.deliveries[0].attempts == ()
    assert (await _sent(sandbox, _Receiver())).state == "delivered"


async def test_what_is_sent_again_has_the_same_bytes(sandbox: Sandbox) -> None:
    receiver = _Receiver()
    async with _subscribed(sandbox) as api:
        await add_customer(api, "ada")
        await _sent(sandbox, receiver)
        await api.put("/customers/ada", json={"name": "Other"})
        await api.put("/webhooks/hook", json={"url": "https://moved.example/", "name": "Other"})
    again = sandbox.resend(1)
    assert (again.state, _statuses(again)) == ("pending", [200])
    await _sent(sandbox, receiver)
    first, second = receiver.requests
    assert (first.content, first.url) == (second.content, second.url)
    assert first.headers["Signature"] == second.headers["Signature"]
    assert _statuses(sandbox.deliveries[0]) == [200, 200]


async def test_what_was_given_up_has_all_its_retries_when_it_is_sent_again() -> None:
    sandbox = Sandbox(partners=1, webhook_retries=(1,))
    receiver = _Receiver(500)
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    states = list[str]()
    for number in range(4):
        states.append((await _sent(sandbox, receiver)).state)
        if number == 1:
            sandbox.resend(1)
        else:
            await anyio.sleep(1.1)
    assert states == ["pending", "failed", "pending", "failed"]
    sandbox.close()


async def test_a_retry_that_waits_is_due_at_once_when_it_is_asked_for(sandbox: Sandbox) -> None:
    receiver = _Receiver(500, 200)
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    await _sent(sandbox, receiver)
    sandbox.resend(1)
    assert (await _sent(sandbox, receiver)).state == "delivered"


async def test_what_is_asked_for_while_it_is_sent_is_sent_again(sandbox: Sandbox) -> None:
    async def ask() -> None:
        sandbox.resend(1)

    receiver = _Receiver(ask, 200)
    async with _subscribed(sandbox) as api:
        await add_customer(api)
    assert (await _sent(sandbox, receiver)).state == "pending"
    assert (await _sent(sandbox, receiver)).state == "delivered"


async def test_what_was_never_told_of_cannot_be_sent_again(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="there is no delivery 1"):
        sandbox.resend(1)


@pytest.mark.parametrize("end", ["delete", "switch off"])
async def test_open_deliveries_of_a_subscription_that_ends_are_dropped(sandbox: Sandbox, end: str) -> None:
    receiver = _Receiver(200, 500)
    async with _subscribed(sandbox) as api:
        await add_customer(api, "delivered")
        await _sent(sandbox, receiver)
        await add_customer(api, "failing")
        await _sent(sandbox, receiver)
        await add_customer(api, "waiting")
        if end == "delete":
            await api.delete("/webhooks/hook")
        else:
            await api.put("/webhooks/hook", json={"is_active": False})
        await anyio.sleep(100)
        assert await sandbox.deliver(receiver.transport) == ()
        assert [delivery.state for delivery in sandbox.deliveries] == ["delivered", "dropped", "dropped"]
        with pytest.raises(NotSubscribed, match="delivery 1 was deleted or switched off"):
            sandbox.resend(1)


async def test_a_subscription_that_is_switched_on_again_gets_what_it_asks_for(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:
        await add_customer(api)
        await api.put("/webhooks/hook", json={"is_active": False})
        await api.put("/webhooks/hook", json={"is_active": True})
    assert await sandbox.deliver(_Receiver().transport) == ()
    sandbox.resend(1)
    assert (await _sent(sandbox, _Receiver())).state == "delivered"


async def test_a_subscription_may_end_while_it_is_told(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:

        async def end() -> None:
            await api.delete("/webhooks/hook")

        async def end_and_fail() -> None:
            await end()
            raise ValueError

        await add_customer(api)
        assert (await _sent(sandbox, _Receiver(end))).state == "delivered"
    async with _subscribed(sandbox) as api:
        await add_customer(api, "another")
        assert (await _sent(sandbox, _Receiver(end_and_fail))).state == "dropped"


async def test_a_program_may_end_while_somebody_is_told(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:

        async def end() -> None:
            code = (await api.delete("/program")).json()["data"]["confirmation_code"]
            await api.delete("/program", params={"confirmation_code": code})

        await add_customer(api)
        assert await sandbox.deliver(_Receiver(end).transport) == ()
    assert sandbox.deliveries == ()


@pytest.mark.parametrize("url", _FOREIGN)
async def test_nothing_leaves_this_machine_unless_it_is_told_to(sandbox: Sandbox, url: str) -> None:
    async with _subscribed(sandbox, url) as api:
        await add_customer(api)
    (delivery,) = await sandbox.deliver()
    assert delivery.state == "failed"
    (attempt,) = delivery.attempts
    assert attempt.status is None
    assert re.search(r"--deliver-to \S+, or Sandbox\(deliver_to=\('\S+',\)\)", attempt.error or "")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://LOCALHOST:8000/path",
        "http://127.0.0.1/",
        "http://127.255.1.9:1/",
        "http://[::1]:1/",
        "https://user:password@localhost/",
    ],
)
async def test_this_machine_may_be_delivered_to(url: str) -> None:
    assert Destinations.of(()).refusal(url) is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("app.test", "http://app.test:8000/hook"),
        ("APP.test", "http://app.test/"),
        ("10.0.0.7", "http://10.0.0.7/"),
        ("::ffff:127.0.0.1", "http://[::ffff:127.0.0.1]/"),
        ("bücher.example", "http://xn--bcher-kva.example/"),
    ],
)
async def test_a_host_that_was_named_may_be_delivered_to(host: str, url: str) -> None:
    allowed = Destinations.of((host,))
    assert allowed.refusal(url) is None
    assert allowed.refusal("http://other.example/") is not None
    assert allowed.refusal(f"http://{host.strip(':').replace(':', '-')}.example/") is not None


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/", "http://0177.0.0.1/", "http://[::1/"])
async def test_an_address_that_is_none_fails_and_says_so(sandbox: Sandbox, url: str) -> None:
    async with _subscribed(sandbox, url) as api:
        await add_customer(api)
    (delivery,) = await sandbox.deliver()
    assert (delivery.state, _statuses(delivery)) == ("failed", [None])
    assert "not an address" in (delivery.attempts[0].error or "")


@pytest.mark.parametrize("host", ["", "http://a.example", "a.example:80", "a.example/b", "a@b.co", "a b"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="deliver_to must be hosts"):
        Sandbox(deliver_to=(host,))


def test_one_host_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="several hosts"):
        Sandbox(deliver_to="a.example")


@pytest.mark.parametrize("pause", [-1, float("inf"), float("nan")])
def test_pauses_that_are_none_are_refused(pause: float) -> None:
    with pytest.raises(ValueError, match="webhook_retries"):
        Sandbox(webhook_retries=(1, pause))


async def test_a_file_keeps_what_was_not_yet_delivered(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sandbox = Sandbox(path, partners=1)
    async with _subscribed(sandbox) as api:
        await add_customer(api, "first")
        await sandbox.deliver(_Receiver(500).transport)
        await add_customer(api, "second")
    before = sandbox.deliveries
    sandbox.close()
    again = Sandbox(path)
    assert again.deliveries == before
    await anyio.sleep(1.1)
    receiver = _Receiver()
    await again.deliver(receiver.transport)
    assert [delivery.state for delivery in again.deliveries] == ["delivered", "delivered"]
    assert [request.content.decode() for request in receiver.requests] == [d.body for d in before]
    again.close()


async def test_another_process_reads_deliveries_and_has_one_sent_again(sandbox: Sandbox) -> None:
    async with _subscribed(sandbox) as api:
        await add_customer(api)
        delivery = await _sent(sandbox, _Receiver(204))
        (shown,) = (await api.get(f"{_CONTROL}/deliveries")).json()["data"]
        assert shown == {
            "number": 1,
            "event": "customer.created",
            "webhook_key": "hook",
            "url": _URL,
            "body": delivery.body,
            "signature": delivery.signature,
            "state": "delivered",
            "created_at": delivery.created_at,
            "attempts": [{"at": delivery.attempts[0].at, "status": 204, "error": None, "milliseconds": 0}],
        }
        response = await api.post(f"{_CONTROL}/deliveries/1/resend")
        assert (response.status_code, response.json()["data"]) == (200, {**shown, "state": "pending"})
        await api.delete("/webhooks/hook")
        assert (await api.post(f"{_CONTROL}/deliveries/1/resend")).status_code == 409
        assert sandbox.stats.requests == 3


@pytest.mark.parametrize("number", ["2", "0", "-1", "x", "１", "9" * 30])
async def test_a_delivery_that_is_not_there_is_404(sandbox: Sandbox, number: str) -> None:
    async with bare_client(sandbox) as api:
        assert (await api.post(f"{_CONTROL}/deliveries/{number}/resend")).status_code == 404


async def test_the_control_endpoints_of_deliveries_have_one_method_each(sandbox: Sandbox) -> None:
    async with bare_client(sandbox) as api:
        response = await api.post(f"{_CONTROL}/deliveries")
        assert (response.status_code, response.headers["Allow"]) == (405, "GET")
        response = await api.get(f"{_CONTROL}/deliveries/1/resend")
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")
