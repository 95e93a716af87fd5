"""A sandbox behind a real socket, in a thread of this process."""

import socket
import sys
import threading
import time
from asyncio import BaseTransport
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest

from partnero_async.sandbox import Fault, Sandbox
from partnero_async.sandbox.server import _Protocol, running

from .clients import API_KEY


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(customers=20)
    with running(sandbox) as base_url:
        yield sandbox, base_url
    sandbox.close()


@pytest.fixture
def sandbox(served: tuple[Sandbox, str]) -> Iterator[Sandbox]:
    yield served[0]
    served[0].faults = ()


@pytest.fixture
def api(served: tuple[Sandbox, str]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with httpx.Client(base_url=served[1], headers=headers, trust_env=False) as client:
        yield client


def test_the_base_url_names_loopback_and_the_version(served: tuple[Sandbox, str], api: httpx.Client) -> None:
    url = urlsplit(served[1])
    assert (url.scheme, url.hostname, url.path) == ("http", "127.0.0.1", "/v1")
    assert api.get("/customers/customer_000001").json()["data"]["key"] == "customer_000001"


def test_links_lead_back_to_this_server(served: tuple[Sandbox, str], api: httpx.Client) -> None:
    links = api.get("/customers?limit=10").json()["links"]
    assert links["next"] == f"{served[1]}/customers?page=2"


@pytest.mark.parametrize(
    "key", ["a/b", "a?b#c", "%2F", "100%25", "🦊", "k" * 2000, "x@example.com", ".", ".."]
)
def test_a_key_reaches_exactly_its_record_over_a_socket(
    served: tuple[Sandbox, str], api: httpx.Client, key: str
) -> None:
    api.post("/customers", json={"key": key, "partner": {"key": "ref_001"}})
    # Written by hand, because httpx folds dots in paths.
    encoded = "".join(f"%{byte:02X}" for byte in key.encode())
    address = urlsplit(served[1])
    with socket.create_connection((address.hostname, address.port)) as connection:
        request = f"GET /v1/customers/{encoded} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {API_KEY}\r\n"
        connection.sendall(f"{request}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert httpx.Response(200, content=body).json()["data"]["key"] == key


def test_a_drop_closes_the_connection_without_a_byte(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults = (Fault("drop", times=1),)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        api.get("/test")
    assert api.get("/test").status_code == 200


@pytest.mark.parametrize("after", [False, True])
def test_a_dropped_sale_is_recorded_or_not_as_the_fault_says(
    sandbox: Sandbox, api: httpx.Client, after: bool
) -> None:
    key = f"dropped_{after}"
    sandbox.faults = (Fault("drop", method="POST", after=after),)
    with pytest.raises(httpx.RemoteProtocolError):
        api.post("/transactions", json={"customer": {"key": "customer_000001"}, "key": key, "amount": 1})
    assert api.get(f"/transactions/{key}").is_success is after


def test_a_cut_answer_announces_more_than_it_sends(sandbox: Sandbox, api: httpx.Client) -> None:
    whole = api.get("/customers/customer_000001")
    sandbox.faults = (Fault("cut", times=1),)
    received = b""
    with (
        pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"),
        api.stream("GET", "/customers/customer_000001") as response,
    ):
        assert response.headers["Content-Length"] == whole.headers["Content-Length"]
        for chunk in response.iter_raw():
            received += chunk
    assert received == whole.content[: len(whole.content) // 2]


def test_connections_are_kept_alive_over_refusals(served: tuple[Sandbox, str]) -> None:
    with closing(HTTPConnection(urlsplit(served[1]).netloc)) as connection:
        connection.connect()
        opened = connection.sock
        for path, status in (("/v1/nothing", 404), ("/v1/test", 401), ("/v1/customers", 401)):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            assert (response.status, connection.sock) == (status, opened)


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_its_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # uvloop, which uvicorn prefers, does for every socket what asyncio does for some.
    monkeypatch.setitem(sys.modules, "uvloop", None)
    without_delay = list[bool]()
    connection_made = _Protocol.connection_made

    def watched(self: _Protocol, transport: BaseTransport) -> None:
        accepted = transport.get_extra_info("socket")
        without_delay.append(bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        connection_made(self, transport)

    monkeypatch.setattr(_Protocol, "connection_made", watched)
    sandbox = Sandbox()
    with running(sandbox) as base_url:
        assert httpx.get(f"{base_url}/test", trust_env=False).status_code == 401
    sandbox.close()
    # Nagle's algorithm against delayed acknowledgements would cost 40 ms each time.
    assert without_delay == [True]


def test_the_same_sandbox_is_asked_from_many_threads(sandbox: Sandbox, api: httpx.Client) -> None:
    statuses: list[int] = []

    def ask() -> None:
        for number in range(1, 11):
            statuses.append(api.get(f"/customers/customer_{number:06}").status_code)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 50


def test_leaving_the_block_stops_the_server_and_frees_the_port() -> None:
    sandbox = Sandbox()
    # The client keeps its connection, so that the server closes it and the port has a past.
    with httpx.Client(trust_env=False) as client, running(sandbox) as base_url:
        assert client.get(f"{base_url}/test").status_code == 401
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base_url}/test", trust_env=False)
    port = urlsplit(base_url).port
    assert port is not None
    with running(sandbox, port=port) as again:
        assert again == base_url
    sandbox.close()


def test_a_request_that_hangs_does_not_hold_up_the_end() -> None:
    sandbox = Sandbox(latency=(100_000, 100_000))
    with httpx.Client(trust_env=False, timeout=60) as client, ThreadPoolExecutor(1) as others:
        with running(sandbox) as base_url:
            answer = others.submit(client.get, f"{base_url}/test")
            while sandbox.stats.in_flight == 0:
                time.sleep(0.001)
        assert answer.result().status_code == 500
    assert sandbox.stats.by_status == {"unanswered": 1}
    sandbox.close()


def test_a_port_in_use_is_an_error_at_once() -> None:
    sandbox = Sandbox()
    with running(sandbox) as base_url:
        port = urlsplit(base_url).port
        assert port is not None
        with pytest.raises(OSError, match="in use"), running(sandbox, port=port):
            pass
    sandbox.close()
