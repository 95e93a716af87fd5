"""Debian's Chromium without a window, steered by Playwright."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATH = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Missing(Exception):
    """There is no browser, or nothing to steer it with."""


@contextmanager
def chromium(*arguments: str) -> Generator[Browser]:
    """A browser with these arguments, too; `Missing` says how to get what it lacks."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Missing("playwright is missing: run nox -s browser, or pip install playwright") from None
    if not PATH.exists():
        raise Missing(f"{PATH} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=[*_ARGUMENTS, *arguments])
        try:
            yield browser
        finally:
            browser.close()
