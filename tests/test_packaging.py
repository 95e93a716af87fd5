"""What the package says of itself: its version, the Pythons it supports, what it needs, and where it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import partnero_async
from partnero_async._http.headers import request_headers
from partnero_async._secret import Secret

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLASSIFIERS: list[str] = PYPROJECT["project"]["classifiers"]
BILL: dict[str, Any] = json.loads((ROOT / "sbom" / "partnero-async.cdx.json").read_text(encoding="utf-8"))
VERSION = partnero_async.__version__
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
    # What was installed to be edited keeps the version of that day.
    assert editable or installed.version == VERSION
    code = "import partnero_async; print(partnero_async.__file__)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert Path(child.stdout.strip()).resolve().parents[1] == expected


def test_the_version_is_written_in_one_file_alone() -> None:
    home = PYPROJECT["tool"]["hatch"]["version"]["path"]
    assert "version" in PYPROJECT["project"]["dynamic"]
    written = re.compile(rf"""version\w*\W+['"]{re.escape(VERSION)}['"]""", re.I)
    everywhere = [*(ROOT / "partnero_async").rglob("*"), *ROOT.glob("*"), *(ROOT / "docs").glob("*.py")]
    # Not what runs leave here, such as the data of coverage.
    files = [path for path in everywhere if path.suffix in {".py", ".pyi", ".json", ".toml", ".yml", ".cff"}]
    found = [path for path in files if written.search(path.read_text(encoding="utf-8"))]
    assert found == [ROOT / home]


def test_the_user_agent_tells_the_version() -> None:
    told = dict(request_headers(Secret("test_key"), library="httpx/1"))
    assert told["User-Agent"] == f"partnero-async/{VERSION} httpx/1"


def test_the_command_tells_the_version_from_a_zip_without_metadata(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "app.zip", "w") as archive:
        for path in (ROOT / "partnero_async").rglob("*.py"):
            archive.write(path, path.relative_to(ROOT))
    code = f"""
import sys, importlib.metadata as metadata
def version(name): raise metadata.PackageNotFoundError(name)
metadata.version = metadata.distribution = version
sys.path.insert(0, {str(tmp_path / "app.zip")!r})
import partnero_async.cli
assert "app.zip" in partnero_async.__file__
sys.argv[1:] = ["--version"]
partnero_async.cli.main()
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (child.stdout, child.returncode) == (f"partnero, version {VERSION}\n", 0), child.stderr


def test_the_changelog_tells_what_is_new_in_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.M)
    assert len(headings) == text.count("\n## "), "a heading is of another form"
    names = [name for name, _ in headings]
    assert names[:2] == ["Unreleased", VERSION]
    assert [date for _, date in headings[1:]] == sorted((date for _, date in headings[1:]), reverse=True)
    section = text.split(f"\n## [{VERSION}]", 1)[1].split("\n## ", 1)[0]
    assert re.search(r"^- ", section, re.M), "nothing is told of it"
    assert re.findall(r"^\[(.+)\]: https://", text, re.M) == names


def test_the_bill_of_materials_is_of_this_version() -> None:
    described = BILL["metadata"]["component"]
    assert (described["name"], described["version"]) == (PYPROJECT["project"]["name"], VERSION), "nox -s sbom"


def test_the_bill_of_materials_has_what_is_required_in_versions_that_are_allowed() -> None:
    """And no more: its other components are required by these."""
    project = PYPROJECT["project"]
    listed = {canonicalize_name(part["name"]): part["version"] for part in BILL["components"]}
    by_reference = {part["bom-ref"]: canonicalize_name(part["name"]) for part in BILL["components"]}
    extras = project["optional-dependencies"].values()
    required = [Requirement(text) for texts in (project["dependencies"], *extras) for text in texts]
    required = [one for one in required if one.name != project["name"]]
    for requirement in required:
        assert requirement.specifier.contains(listed[canonicalize_name(requirement.name)], prereleases=True)
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in BILL["dependencies"]}
    direct = {by_reference[reference] for reference in needs[BILL["metadata"]["component"]["bom-ref"]]}
    assert direct == {canonicalize_name(one.name) for one in required}, "nox -s sbom"
    assert {reference for references in needs.values() for reference in references} == set(by_reference)


def test_the_bill_of_materials_tells_nothing_of_the_machine_that_made_it() -> None:
    addresses = re.findall(r'"(?:url|value)": "(\w+:[^"]*)"', json.dumps(BILL))
    assert addresses
    assert [address for address in addresses if not address.startswith(("https://", "http://", "cdx:"))] == []
