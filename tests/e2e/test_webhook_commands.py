"""``partnero webhooks``, in processes of its own, against a served sandbox and an app that answers 204."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

WEBHOOKS = [sys.executable, "-c", "from partnero_async.cli import main; main()", "webhooks"]
HEADERS = {"Authorization": "Bearer sandbox_affiliate"}


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def app() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
        server.shutdown()
        thread.join()


@pytest.fixture
def local() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(partners=1)
    with closing(sandbox), running(sandbox) as url:
        yield sandbox, url


def environment(base_url: str) -> dict[str, str]:
    return os.environ | {"PARTNERO_API_KEY": "sandbox_affiliate", "PARTNERO_BASE_URL": base_url}


def run(base_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WEBHOOKS, *arguments],
        env=environment(base_url),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def post(base_url: str, path: str, body: Any) -> None:
    response = httpx.post(f"{base_url}{path}", json=body, headers=HEADERS, trust_env=False)
    assert response.is_success, response.text


def until(condition: Callable[[], object]) -> None:
    while not condition():
        time.sleep(0.01)


def deliver(sandbox: Sandbox, base_url: str, app: str) -> None:
    post(base_url, "/webhooks", {"name": "App", "url": app, "events": ["customer.created"]})
    post(base_url, "/customers", {"key": "ada", "partner": {"key": "ref_001"}})
    until(lambda: sandbox.deliveries[0].state == "delivered")


def test_deliveries_are_listed_and_sent_again(local: tuple[Sandbox, str], app: str) -> None:
    sandbox, base_url = local
    deliver(sandbox, base_url, app)
    ran = run(base_url, "deliveries")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.fullmatch(r" +1  customer\.created +delivered +1  204  \d+ ms\n", ran.stdout)
    ran = run("http://127.0.0.1:9", "resend", "1", "--base-url", base_url)
    assert ran.returncode == 0
    assert "pending" in ran.stdout
    until(lambda: len(sandbox.deliveries[0].attempts) == 2)


def test_what_is_not_there_cannot_be_sent_again(local: tuple[Sandbox, str]) -> None:
    ran = run(local[1], "resend", "7")
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "partnero: Delivery not found.\n")


@pytest.mark.parametrize("number", ["0", "first"])
def test_what_is_no_number_is_wrong_usage(local: tuple[Sandbox, str], number: str) -> None:
    assert run(local[1], "resend", number).returncode == 2


@pytest.mark.parametrize(
    "command", [["deliveries"], ["resend", "1"], ["listen", "--forward-to", "http://[::1]/"]]
)
def test_a_base_url_that_is_no_sandbox_is_told(command: list[str]) -> None:
    sandbox = Sandbox(control=False)
    with closing(sandbox), running(sandbox) as base_url:
        ran = run(base_url, *command)
        assert httpx.get(f"{base_url}/webhooks", headers=HEADERS, trust_env=False).json()["data"] == []
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "partnero: the base URL is not that of a sandbox with control endpoints\n"


def test_a_sandbox_that_does_not_answer_is_told() -> None:
    ran = run("http://127.0.0.1:9/v1", "deliveries")
    assert ran.returncode == 1
    assert ran.stderr.startswith("partnero: the sandbox cannot be reached")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_listening_shows_the_secret_and_each_attempt_and_removes_its_subscription(
    local: tuple[Sandbox, str], app: str, number: int, code: int
) -> None:
    _, base_url = local
    with subprocess.Popen(
        [*WEBHOOKS, "listen", "--forward-to", app],
        env=environment(base_url) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            secret = re.fullmatch(r"export PARTNERO_WEBHOOK_SECRET=(\w{16})\n", process.stdout.readline())
            assert secret
            (webhook,) = httpx.get(f"{base_url}/webhooks", headers=HEADERS, trust_env=False).json()["data"]
            assert (webhook["signature"], webhook["url"], len(webhook["events"])) == (secret[1], app, 14)
            post(base_url, "/customers", {"key": "ada", "partner": {"key": "ref_001"}})
            assert re.fullmatch(r" +1  customer\.created +204  \d+ ms\n", process.stdout.readline())
            process.send_signal(number)
            said, complaints = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, said) == (code, "")
    assert "Traceback" not in complaints
    assert httpx.get(f"{base_url}/webhooks", headers=HEADERS, trust_env=False).json()["data"] == []


@pytest.mark.parametrize(("event", "code"), [("customer.deleted", None), ("subscriber.created", 1)])
def test_listening_to_one_event(local: tuple[Sandbox, str], app: str, event: str, code: int | None) -> None:
    _, base_url = local
    command = [*WEBHOOKS, "listen", "--forward-to", app, "--event", event]
    with subprocess.Popen(
        command, env=environment(base_url), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            if code is None:
                listed = httpx.get(f"{base_url}/webhooks", headers=HEADERS, trust_env=False).json()
                assert [webhook["events"] for webhook in listed["data"]] == [[event]]
            else:
                assert "events" in said
                assert process.wait(20) == code
        finally:
            process.kill()
