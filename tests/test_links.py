"""The links of pages outside the documentation lead to files and headings that are there.

Those inside of it are checked where it is built.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .test_citations import slug

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("examples/**/*.md"), *ROOT.glob(".github/**/*.md")])


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.M | re.S)


def links_of(text: str) -> list[str]:
    """Where the links of a page lead, whatever they are called."""
    plain = without_code(re.sub(r"\[`([^`]*)`\]", r"[\1]", text))
    inline = re.findall(r"\]\(\s*([^)\s]+)\s*\)", plain)
    return inline + re.findall(r"^\[[^\]]+\]: (\S+)$", plain, re.M)


def anchors_of(text: str) -> set[str]:
    return {
        slug(heading.replace("`", ""))
        for heading in re.findall(r"^#+ (.+)$", without_code_blocks(text), re.M)
    }


def without_code_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def dead(link: str, page: Path) -> bool:
    if re.match(r"https?://", link):
        return False
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    if not target.exists() or ROOT.resolve() not in [target.resolve(), *target.resolve().parents]:
        return True
    return bool(anchor) and anchor not in anchors_of(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_link_of_a_page_is_dead(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [link for link in links_of(text) if dead(link, page)] == []


@pytest.mark.parametrize(
    "link", ["docs/nowhere.md", "docs/index.md#nowhere", "#nowhere", "../elsewhere.md", "docs/nowhere"]
)
def test_a_dead_link_is_found(link: str) -> None:
    text = f"See [it]({link}), [`code`]({link}) and [that].\n\n[that]: {link}\n\n    `[no]({link})`\n"
    assert [found for found in links_of(text) if dead(found, ROOT / "README.md")] == [link] * 3


def test_there_are_links_that_lead_to_headings() -> None:
    assert "docs/index.md#one-api-key-one-program" in links_of(
        (ROOT / "README.md").read_text(encoding="utf-8")
    )
