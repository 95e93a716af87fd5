"""A served sandbox delivers webhooks by itself, over real sockets."""

import hashlib
import hmac
import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

from .clients import API_KEY


class _Receiver(ThreadingHTTPServer):
    """Answers in order, the last one again and again; remembers what it was sent."""

    request_queue_size = 100

    def __init__(self, *answers: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers or (200,))
        self.received = list[tuple[bytes, str]]()
        self.times = list[float]()
        self.hold = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def handle_error(self, *_: Any) -> None:
        pass  # the sandbox may end while it is answered


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        self.server.times.append(time.monotonic())
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((body, self.headers["Signature"]))
        time.sleep(self.server.hold)
        answers = self.server.answers
        self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _receiving(*answers: int) -> Generator[_Receiver]:
    with _Receiver(*answers) as receiver:
        thread = Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[_Receiver]:
    with _receiving() as receiver:
        yield receiver


@contextmanager
def _served(sandbox: Sandbox) -> Generator[httpx.Client]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with (
        closing(sandbox),
        running(sandbox) as base_url,
        httpx.Client(base_url=base_url, headers=headers, trust_env=False) as api,
    ):
        yield api


def _subscribe(api: httpx.Client, url: str) -> str:
    webhook = {"key": "hook", "name": "Hook", "url": url, "events": ["customer.created"]}
    response = api.post("/webhooks", json=webhook)
    assert response.status_code == 201, response.text
    return str(response.json()["data"]["signature"])


def _add(api: httpx.Client, key: str = "ada") -> None:
    assert api.post("/customers", json={"key": key, "partner": {"key": "ref_001"}}).status_code == 201


def _until(condition: Callable[[], object]) -> None:
    while not condition():
        time.sleep(0.002)


def _states(sandbox: Sandbox) -> list[str]:
    return [delivery.state for delivery in sandbox.deliveries]


def test_what_happens_is_delivered_at_once_and_signed(receiver: _Receiver) -> None:
    sandbox = Sandbox()
    with _served(sandbox) as api:
        secret = _subscribe(api, receiver.url)
        began = time.monotonic()
        _add(api)
        _until(lambda: _states(sandbox) == ["delivered"])
    ((body, signature),) = receiver.received
    assert signature == hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert receiver.times[0] - began < 1


def test_a_failure_is_retried_in_time_with_the_same_bytes() -> None:
    with _receiving(500, 302, 200) as receiver:
        sandbox = Sandbox(webhook_retries=(0.2, 0.4))
        with _served(sandbox) as api:
            _subscribe(api, receiver.url)
            _add(api)
            _until(lambda: _states(sandbox) == ["delivered"])
            assert [attempt.status for attempt in sandbox.deliveries[0].attempts] == [500, 302, 200]
    first, second, third = receiver.times
    assert (second - first, third - second) >= (0.19, 0.39)
    assert len(set(receiver.received)) == 1


def test_nobody_who_listens_is_a_failure_that_is_given_up() -> None:
    with socket.socket() as bound:  # and does not listen
        bound.bind(("127.0.0.1", 0))
        sandbox = Sandbox(webhook_retries=(0.01,))
        with _served(sandbox) as api:
            _subscribe(api, f"http://127.0.0.1:{bound.getsockname()[1]}/")
            _add(api)
            _until(lambda: _states(sandbox) == ["failed"])
            errors = [attempt.error or "" for attempt in sandbox.deliveries[0].attempts]
    assert len(errors) == 2
    assert all("ConnectError" in error for error in errors)


def test_one_that_is_slow_holds_up_no_other(receiver: _Receiver) -> None:
    receiver.hold = 0.5
    sandbox = Sandbox()
    with _served(sandbox) as api:
        _subscribe(api, receiver.url)
        for number in range(10):
            _add(api, f"customer_{number}")
        _until(lambda: _states(sandbox) == ["delivered"] * 10)
    assert max(receiver.times) - min(receiver.times) < 0.5


def test_hundreds_are_delivered_once_each(receiver: _Receiver) -> None:
    sandbox = Sandbox()
    with _served(sandbox) as api:
        _subscribe(api, receiver.url)
        for number in range(300):
            _add(api, f"customer_{number}")
        _until(lambda: _states(sandbox) == ["delivered"] * 300)
    assert len(receiver.received) == len(set(receiver.received)) == 300


def test_it_is_sent_again_at_once_when_another_thread_or_process_asks(receiver: _Receiver) -> None:
    sandbox = Sandbox()
    with _served(sandbox) as api:
        _subscribe(api, receiver.url)
        _add(api)
        _until(lambda: _states(sandbox) == ["delivered"])
        sandbox.resend(1)
        _until(lambda: len(receiver.received) == 2)
        assert api.post("/../_sandbox/deliveries/1/resend").status_code == 200
        _until(lambda: len(receiver.received) == 3)
    assert len(set(receiver.received)) == 1


def test_an_open_delivery_survives_the_server_and_is_sent_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with _receiving(500, 200) as receiver:
        with _served(Sandbox(path, webhook_retries=(0.3,))) as api:
            _subscribe(api, receiver.url)
            _add(api)
            _until(lambda: receiver.received)
        sandbox = Sandbox(path)
        with _served(sandbox):
            _until(lambda: _states(sandbox) == ["delivered"])
    assert len(set(receiver.received)) == 1


def test_a_receiver_that_hangs_does_not_hold_up_the_end(receiver: _Receiver) -> None:
    receiver.hold = 2
    sandbox = Sandbox()
    with _served(sandbox) as api:
        _subscribe(api, receiver.url)
        _add(api)
        _until(lambda: receiver.received)
        began = time.monotonic()
    assert time.monotonic() - began < 1.5


def test_what_may_not_be_delivered_to_fails_at_once_and_says_how_to_allow_it() -> None:
    sandbox = Sandbox()
    with _served(sandbox) as api:
        _subscribe(api, "http://127.0.0.1@evil.example/")
        _add(api)
        _until(lambda: _states(sandbox) == ["failed"])
        (attempt,) = sandbox.deliveries[0].attempts
    assert "--deliver-to evil.example" in (attempt.error or "")


def test_a_host_that_was_named_is_delivered_to(receiver: _Receiver) -> None:
    # No loopback host by its name, and leads there all the same.
    sandbox = Sandbox(deliver_to=("::ffff:127.0.0.1",))
    with _served(sandbox) as api:
        _subscribe(api, receiver.url.replace("127.0.0.1", "[::ffff:127.0.0.1]"))
        _add(api)
        _until(lambda: _states(sandbox) == ["delivered"])


def test_an_endless_answer_is_read_no_further_than_needed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sandbox = Sandbox()

        def pour() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b"x" * 65536)
                except OSError:
                    pass

        thread = Thread(target=pour)
        thread.start()
        with _served(sandbox) as api:
            _subscribe(api, f"http://127.0.0.1:{listener.getsockname()[1]}/")
            _add(api)
            _until(lambda: _states(sandbox) == ["delivered"])
        thread.join()
