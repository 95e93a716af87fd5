"""What is in the archives of a release: ``python tests/installed/archives.py SDIST WHEEL``.

The sdist has all that git has, and the wheel all of the package: no file less, and none more.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

TREE = Path(__file__).parent.parent.parent
NEEDED = (
    *("partnero_async/py.typed", "partnero_async/__init__.pyi", "partnero_async/sandbox/openapi.json"),
    *("partnero_async/sandbox/inspector/style.css", "partnero_async/sandbox/inspector/templates/base.html"),
)
"""What nobody imports, and would be missed: the check stays one when git is not there."""


def in_the_tree() -> set[str]:
    """What git has, or would have: what is ignored is no part of it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in listed if (TREE / name).exists()}


def in_the_sdist(archive: Path) -> set[str]:
    with tarfile.open(archive) as opened:
        names = {member.name for member in opened if member.isfile()}
        assert all(member.isfile() for member in opened), "it has links or folders"
    top = archive.name.removesuffix(".tar.gz") + "/"
    assert all(name.startswith(top) for name in names), f"something is beside {top}"
    return {name.removeprefix(top) for name in names}


def compare(what: str, found: set[str], expected: set[str]) -> None:
    assert found == expected, f"{what} has too much: {found - expected}; it lacks: {expected - found}"


def check_wheel(archive: Path, tree: set[str]) -> None:
    project, version = archive.name.split("-")[:2]
    about = f"{project}-{version}.dist-info"
    metadata = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    metadata.add("sboms/partnero-async.cdx.json")
    with ZipFile(archive) as opened:
        package = {name for name in tree if name.startswith("partnero_async/")}
        compare("the wheel", set(opened.namelist()), package | {f"{about}/{name}" for name in metadata})
        compare("the package", set(NEEDED) - package, set())
        read = message_from_bytes(opened.read(f"{about}/METADATA"))
        bill = json.loads(opened.read(f"{about}/sboms/partnero-async.cdx.json"))
    described = bill["metadata"]["component"]
    assert (described["name"], described["version"]) == ("partnero-async", version), described
    links = re.findall(r"\]\(([^)\s]+)\)", str(read.get_payload()))
    assert links, "the description has lost its links"
    dead = [link for link in links if not link.startswith(("https://", "#"))]
    assert not dead, f"these lead nowhere where the package is shown: {dead}"
    docs = [link for link in links if "/docs/" in link]
    assert all(f"/blob/v{version}/docs/" in link for link in docs), f"of another version: {docs}"


def main() -> None:
    sdist, wheel = map(Path, sys.argv[1:])
    tree = in_the_tree()
    compare("the sdist", in_the_sdist(sdist), tree | {"PKG-INFO"})
    check_wheel(wheel, tree)
    print(f"{sdist.name} and {wheel.name} have what they should")


if __name__ == "__main__":
    main()
