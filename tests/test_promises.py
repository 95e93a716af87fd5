"""The page of promises names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/explanation/promises.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"\[`(\w[\w.]*)`\]\(https://\S+?/blob/main/(tests/\S+?)\)", PAGE)))


def test_every_promise_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    promises = [row for row in rows if not row.startswith("| Promise")]
    assert promises
    assert all("](https://" in row for row in promises)


@pytest.mark.parametrize(("name", "path"), NAMED)
def test_a_test_that_a_promise_names_is_there(name: str, path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert name == Path(path).name or re.search(rf"^(async )?(def|class) {name}\b", text, re.MULTILINE)
