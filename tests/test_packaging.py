"""What the package says of itself: the Pythons it supports."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLASSIFIERS: list[str] = PYPROJECT["project"]["classifiers"]
MINORS = [int(found[1]) for text in CLASSIFIERS if (found := re.fullmatch(r".* :: 3\.(\d+)", text))]


def test_no_python_between_the_oldest_and_the_newest_is_left_out() -> None:
    assert list(range(MINORS[0], MINORS[-1] + 1)) == MINORS


def test_the_oldest_python_is_what_installers_and_type_checkers_are_told() -> None:
    oldest = f"3.{MINORS[0]}"
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"
    assert PYPROJECT["tool"]["pyright"]["pythonVersion"] == oldest


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_pages_name_the_pythons_of_the_classifiers(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert re.findall(r"Python (3\.\d+) to (3\.\d+)", text) == [(f"3.{MINORS[0]}", f"3.{MINORS[-1]}")]
