"""Writes the pictures of the sandbox's pages: ``python docs/screenshots.py``.

It needs the dependency group ``browser``, and Debian's Chromium. What is shown is made up, but for times.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from partnero_async.sandbox import Fault, Sandbox  # noqa: E402
from partnero_async.sandbox.server import running  # noqa: E402
from tests.browser.chromium import Missing, chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
LARGEST = 150_000


class App(BaseHTTPRequestHandler):
    """A web app that takes the third webhook and those after it."""

    asked = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        App.asked += 1
        self.send_response(503 if App.asked < 3 else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def app() -> Generator[str]:
    """The address of a running web app."""
    with ThreadingHTTPServer(("127.0.0.1", 0), App) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/webhooks"
        finally:
            server.shutdown()
            thread.join()


def fill(base_url: str, hook: str, sandbox: Sandbox) -> None:
    """Do what a shop does in an hour, with something going wrong on the way."""
    headers = {"Authorization": "Bearer sandbox_affiliate"}
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False) as api:
        events = ["customer.created", "transaction.created"]
        api.post("/webhooks", json={"name": "Shop", "url": hook, "events": events})
        api.get("/customers?limit=100&page=2")
        api.get("/customers/customer_000042")
        api.get("/customers/nobody")
        api.get("/customers/ada%40example.com")
        sandbox.faults = [Fault("status", status=503, times=1), Fault("drop", times=1)]
        api.get("/partners/partner_001")
        try:
            api.get("/partners/partner_001")
        except httpx.TransportError:
            api.get("/partners/partner_001")
        ada = {"key": "ada", "email": "ada@example.com", "name": "Ada", "partner": {"key": "ref_001"}}
        api.post("/customers", json=ada)
        wait(sandbox)
        sale = {"key": "order_1", "customer": {"key": "ada"}, "amount": 99.99, "amount_units": "EUR"}
        api.post("/transactions", json=sale)
        api.post("/transactions", json={"key": "order_2", "amount": 10})
        api.get("/transactions?customer.key=ada")
        wait(sandbox)


def wait(sandbox: Sandbox) -> None:
    """Until everything is delivered."""
    while any(delivery.state == "pending" for delivery in sandbox.deliveries):
        time.sleep(0.05)


def main() -> None:
    """Take one picture of each page."""
    IMAGES.mkdir(exist_ok=True)
    sandbox = Sandbox(customers=250, latency=(0.004, 0.03), webhook_retries=(0.2, 0.4))
    with app() as hook, running(sandbox) as base_url, chromium() as browser:
        fill(base_url, hook, sandbox)
        page = browser.new_page(viewport={"width": 1200, "height": 400}, color_scheme="light")
        for name, path in (("requests", "/"), ("deliveries", "/_sandbox/inspector/deliveries")):
            page.goto(f"http://{urlsplit(base_url).netloc}{path}")
            if name == "deliveries":
                page.locator("summary").first.click()
            picture = IMAGES / f"inspector-{name}.png"
            page.screenshot(path=picture, full_page=True)
            size = picture.stat().st_size
            if size > LARGEST:
                sys.exit(f"{picture} has {size:,} bytes")
            print(picture.relative_to(ROOT), f"{size:,} bytes")
    sandbox.close()


if __name__ == "__main__":
    try:
        main()
    except Missing as missing:
        sys.exit(str(missing))
