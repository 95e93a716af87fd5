"""What comments say of Partnero's API names a section of docs/explanation/sources.md, and it is there."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "docs" / "explanation" / "sources.md"
FOLDERS = ("partnero_async", "tests", "docs", "benchmarks")
KINDS = {".py", ".pyi", ".md"}
# Two halves, so that this file does not cite what it forbids.
PRIVATE_NOTES = "partnero" + "-api"

FILES = [
    path
    for path in sorted(
        [*ROOT.glob("*.*"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    )
    if path.suffix in KINDS | {".toml", ".yml"} and path not in (SOURCES, Path(__file__))
]


def slug(heading: str) -> str:
    """The anchor of a heading, as Python-Markdown's ``toc`` extension makes it."""
    text = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


def headings(level: int) -> list[str]:
    return re.findall(rf"^#{{{level}}} (.+)$", SOURCES.read_text(encoding="utf-8"), re.M)


def citations(text: str) -> list[str]:
    return re.findall(r"(?<!\w)sources\.md#([\w-]+)", text)


FACTS = [slug(heading) for heading in headings(3)]
CITED = {
    anchor: path
    for path in FILES
    if path.suffix in KINDS
    for anchor in citations(path.read_text(encoding="utf-8"))
}


def test_no_two_headings_have_one_anchor() -> None:
    anchors = [*map(slug, headings(2)), *FACTS]
    assert len(anchors) == len(set(anchors))


@pytest.mark.parametrize("anchor", CITED)
def test_a_citation_leads_to_a_heading(anchor: str) -> None:
    assert anchor in {*FACTS, *map(slug, headings(2))}, f"cited in {CITED[anchor].relative_to(ROOT)}"


@pytest.mark.parametrize("anchor", FACTS)
def test_a_fact_is_there_because_something_cites_it(anchor: str) -> None:
    assert anchor in CITED


def test_nothing_cites_notes_that_no_reader_has() -> None:
    citing = [path for path in FILES if PRIVATE_NOTES in path.read_text(encoding="utf-8")]
    assert [str(path.relative_to(ROOT)) for path in citing] == []
