"""Writes pictures of the command line and of the docs' front page: ``python docs/terminals.py [FOLDER]``.

It needs the dependency groups ``browser`` and ``docs``, and Debian's Chromium. Each command runs on a
terminal of its own, whose letters and colours a page shows.
"""

from __future__ import annotations

import fcntl
import html
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyte

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from partnero_async.sandbox import Sandbox  # noqa: E402
from partnero_async.sandbox.server import running  # noqa: E402
from tests.browser.chromium import Missing, chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
PARTNERO = [sys.executable, "-m", "partnero_async"]
ROWS = 24
COLOURS = {
    "default": "#d8dee9", "black": "#3b4252", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b",
    "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#ffffff",
}  # fmt: skip
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #1e222a; }}
pre {{ margin: 0; padding: 14px 18px; font: 15px/1.35 "DejaVu Sans Mono", monospace; color: #d8dee9; }}
</style><pre>{}</pre>"""


def terminal_of(
    shown: str, arguments: list[str], *, columns: int, until: Callable[[str], bool], base_url: str = ""
) -> str:
    """A page with what a terminal shows when ``until`` holds of its text, or at the end."""
    screen = pyte.Screen(columns, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(f"$ {shown}\r\n".encode())
    ours = {"PARTNERO_API_KEY": "sandbox_affiliate", "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    env = os.environ | ours | ({"PARTNERO_BASE_URL": base_url} if base_url else {})
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    process = subprocess.Popen(
        [*PARTNERO, *arguments], stdin=child, stdout=child, stderr=child, env=env, start_new_session=True
    )
    os.close(child)
    while True:
        if select.select([parent], [], [], 0.1)[0]:
            try:
                stream.feed(os.read(parent, 65536))
            except OSError:  # the other side is closed
                break
        if until("\n".join(screen.display)):
            break
        if process.poll() is not None and not select.select([parent], [], [], 0.2)[0]:
            break
    page = PAGE.format(html_of(screen))
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    process.wait(30)
    os.close(parent)
    return page


def html_of(screen: Any) -> str:
    """The rows of a screen, coloured, without the empty ones at its end."""
    rows = list[str]()
    for number in range(screen.lines):
        cells = [screen.buffer[number][column] for column in range(screen.columns)]
        row = "".join(
            f'<span style="color:{colour_of(cell.fg)}">{html.escape(cell.data)}</span>'
            if cell.data.strip()
            else cell.data
            for cell in cells
        )
        rows.append(row.rstrip())
    while rows and not rows[-1]:
        rows.pop()
    return "\n".join(rows)


def colour_of(name: str) -> str:
    """A colour of a page for one of a terminal."""
    return COLOURS.get(name.removeprefix("bright"), f"#{name}" if len(name) == 6 else COLOURS["default"])


def take(browser: Any, name: str, page_text: str, folder: Path, width: int) -> None:
    """One picture of a page."""
    page = browser.new_page(viewport={"width": width, "height": 100})
    page.set_content(page_text)
    save(page, folder / f"{name}.png")


def save(page: Any, picture: Path, *, whole: bool = True) -> None:
    """Writes a picture and says so."""
    page.screenshot(path=picture, full_page=whole)
    print(picture, f"{picture.stat().st_size:,} bytes")


def front_page(browser: Any, folder: Path) -> None:
    """The docs' front page, wide and narrow, light and dark."""
    with tempfile.TemporaryDirectory() as site:
        subprocess.run([sys.executable, "-m", "mkdocs", "build", "-q", "-d", site], cwd=ROOT, check=True)
        handler = partial(_Silent, directory=site)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            for width in (1280, 400):
                for scheme in ("light", "dark"):
                    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                    page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
                    save(page, folder / f"docs-{width}-{scheme}.png", whole=False)
            server.shutdown()
            thread.join()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    """Takes all pictures; those of the front page are only for looking at, in a folder that was given."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(exist_ok=True)
    sandbox = Sandbox(customers=3000, latency=(0.02, 0.06))
    with running(sandbox) as base_url, chromium() as browser, tempfile.TemporaryDirectory() as work:
        out = str(Path(work) / "customers.csv")
        demo = terminal_of("partnero demo", ["demo"], columns=110, until=lambda text: False)
        take(browser, "terminal-demo", demo, folder, 1040)
        export = terminal_of(
            "partnero customers export --details --out customers.csv",
            ["customers", "export", "--details", "--out", out],
            columns=110,
            until=lambda text: re.search(r" 1\d{3} of 3000", text) is not None,
            base_url=base_url,
        )
        take(browser, "terminal-export", export, folder, 1040)
        table = terminal_of(
            "partnero customers list --limit 12",
            ["customers", "list", "--limit", "12"],
            columns=110,
            until=lambda text: False,
            base_url=base_url,
        )
        take(browser, "terminal-table", table, folder, 1040)
        if folder != IMAGES:
            front_page(browser, folder)
    sandbox.close()


if __name__ == "__main__":
    try:
        main()
    except Missing as missing:
        sys.exit(str(missing))
