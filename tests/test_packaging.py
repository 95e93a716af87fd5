"""What the package says of itself: the Pythons it supports, and where it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

import partnero_async

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


def test_what_is_tested_is_what_is_installed() -> None:
    installed = distribution("partnero-async")
    source = json.loads(installed.read_text("direct_url.json") or "{}")
    editable = source.get("dir_info", {}).get("editable", False)
    expected = (ROOT if editable else Path(str(installed.locate_file("")))).resolve()
    assert Path(partnero_async.__file__).resolve().parents[1] == expected
    code = "import partnero_async; print(partnero_async.__file__)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert Path(child.stdout.strip()).resolve().parents[1] == expected
