"""The sandbox's pages in a real browser, which decides what a page of another site may send to them.

``nox -s browser`` runs it, and fails where Chromium or Playwright is missing; pytest does not find it by
itself.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest

try:
    from playwright.sync_api import Browser, Page, expect
except ImportError:
    pytest.fail("playwright is missing: run nox -s browser, or pip install playwright", pytrace=False)

from partnero_async.sandbox import Fault, Sandbox
from partnero_async.sandbox.server import running

from .chromium import chromium

_HEADERS = {"Authorization": "Bearer sandbox_affiliate"}


class _Handler(BaseHTTPRequestHandler):
    """A web app: it takes every webhook, and has one page."""

    page = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _serving(page: str = "") -> Generator[str]:
    """A server of its own port, by its address."""
    handler = type("Handler", (_Handler,), {"page": page.encode()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--host-resolver-rules=MAP rebound.example 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(customers=60)
    yield sandbox
    sandbox.close()


@pytest.fixture
def origin(sandbox: Sandbox) -> Iterator[str]:
    """Where the sandbox is served."""
    with running(sandbox) as base_url:
        yield f"http://{urlsplit(base_url).netloc}"


@pytest.fixture
def api(origin: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{origin}/v1", headers=_HEADERS, trust_env=False) as client:
        yield client


def test_send_again_makes_another_attempt(page: Page, origin: str, api: httpx.Client) -> None:
    with _serving() as app:
        webhook = {"name": "App", "url": f"{app}/hook", "events": ["customer.created"]}
        api.post("/webhooks", json=webhook).raise_for_status()
        api.post("/customers", json={"key": "ada", "partner": {"key": "ref_001"}}).raise_for_status()
        page.goto(f"{origin}/_sandbox/inspector/deliveries")
        attempts = page.locator(".attempts tbody tr")
        expect(attempts).to_have_count(1)
        page.get_by_role("button", name="Send again").click()
        expect(attempts).to_have_count(2)
        expect(attempts.nth(1)).to_contain_text("204")
        assert page.url == f"{origin}/_sandbox/inspector/deliveries"


def test_a_fault_that_is_added_makes_a_request_fail(
    page: Page, sandbox: Sandbox, origin: str, api: httpx.Client
) -> None:
    page.goto(origin)
    page.get_by_role("link", name="Faults").click()
    page.locator("select").select_option("status")
    page.get_by_role("textbox", name="Status").fill("418")
    page.get_by_label("Path").fill("/v1/customers/*")
    page.get_by_label("Times").fill("1")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("tbody tr")).to_contain_text(["418"])
    assert sandbox.faults == (Fault("status", status=418, path="/v1/customers/*", times=1),)
    assert api.get("/customers/customer_000001").status_code == 418
    page.get_by_role("link", name="Requests").click()
    expect(page.locator("tbody tr")).to_contain_text(["/v1/customers/customer_000001"])
    expect(page.locator("tbody tr")).to_contain_text(["418"])
    page.get_by_role("link", name="Faults").click()
    page.get_by_role("button", name="End all faults").click()
    expect(page.get_by_text("as it should be")).to_be_visible()
    assert sandbox.faults == ()


def test_the_latency_is_set(page: Page, sandbox: Sandbox, origin: str) -> None:
    page.goto(f"{origin}/_sandbox/inspector/faults")
    page.get_by_label("Shortest").fill("1.5")
    page.get_by_label("Longest").fill("3")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_label("Longest")).to_have_value("3")
    assert sandbox.latency == (0.0015, 0.003)


def test_requests_appear_by_themselves_unless_the_page_is_paused(
    page: Page, origin: str, api: httpx.Client
) -> None:
    page.goto(origin)
    api.get("/customers/customer_000001")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Pause").click()
    api.get("/customers/customer_000002")
    page.wait_for_timeout(3000)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Resume").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_the_pages_are_styled_and_the_browser_asks_for_nothing_else(
    page: Page, sandbox: Sandbox, origin: str
) -> None:
    complaints = list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    for path in ("/", "/_sandbox/inspector/customers", "/_sandbox/inspector/faults"):
        page.goto(f"{origin}{path}")
        assert page.evaluate("getComputedStyle(document.querySelector('header')).display") == "flex"
    assert complaints == []
    assert sandbox.stats.requests == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_no_page_is_wider_than_the_window(page: Page, origin: str, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for name in ("customers", "partners", "sales", "rewards", "deliveries", "faults"):
        page.goto(f"{origin}/_sandbox/inspector/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


_FORMS = ("faults", "faults/end", "latency", "deliveries/1/resend")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("form", _FORMS)
def test_a_form_of_another_origin_changes_nothing(
    page: Page, sandbox: Sandbox, origin: str, form: str, host: str
) -> None:
    target = f"{origin}/_sandbox/inspector/{form}"
    page_text = (
        f"<form method=post action='{target}'><input name=do value=drop><input name=shortest value=9000>"
        "</form><script>document.forms[0].submit()</script>"
    )
    sandbox.faults = (Fault("status", path="/nowhere"),)
    with _serving(page_text) as other, page.expect_response(target) as answer:
        page.goto(other.replace("127.0.0.1", host))
    assert answer.value.status == 403
    assert answer.value.request.method == "POST"
    assert sandbox.faults == (Fault("status", path="/nowhere"),)
    assert sandbox.latency == (0, 0)


def test_a_script_of_another_origin_reads_and_changes_nothing(
    page: Page, sandbox: Sandbox, origin: str
) -> None:
    ask = """async ([address, options]) => {
        try { return await (await fetch(address, options)).text() } catch { return "refused" }
    }"""
    with _serving("<p>Another site</p>") as other:
        page.goto(other)
        for address, options in (
            (f"{origin}/", {}),
            (f"{origin}/_sandbox/faults", {"method": "PUT", "body": '[{"do": "drop"}]'}),
            (f"{origin}/_sandbox/inspector/latency", {"method": "POST", "body": "shortest=9000"}),
            (
                f"{origin}/_sandbox/inspector/latency",
                {"method": "POST", "body": "shortest=9000", "mode": "no-cors"},
            ),
        ):
            assert page.evaluate(ask, [address, options]) in ("refused", "")
    assert (sandbox.faults, sandbox.latency) == ((), (0, 0))


def test_no_other_page_can_frame_these(page: Page, origin: str) -> None:
    with _serving(f"<iframe src='{origin}/_sandbox/inspector/faults'></iframe>") as other:
        page.goto(other)
        page.wait_for_load_state("networkidle")
        assert [frame.get_by_text("End all").count() for frame in page.frames[1:]] == [0]
        assert page.frames[1].get_by_text("Add a fault").count() == 0


def test_a_name_of_another_site_that_leads_here_is_refused(page: Page, origin: str) -> None:
    rebound = origin.replace("127.0.0.1", "rebound.example")
    for path in ("/", "/_sandbox/inspector/faults"):
        response = page.goto(f"{rebound}{path}")
        assert response is not None
        assert response.status == 403
