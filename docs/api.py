"""Compares the public names with those in ``docs/api``, and tells what would break for users.

``python docs/api.py`` fails where they differ, and where a public name has no docstring. ``--write`` renews
the stubs: the diff is what a change does to users. ``--since v0.2.0`` tells what broke since a tag,
``--site site`` fails where a built documentation does not show a public name.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import griffe

# The tree comes first, so that it is described and not an SDK that is installed.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from describing.public import ROOT, PublicApi

TREE: Final = Path(__file__).parent.parent
STUBS: Final = TREE / "docs" / "api"


def kept(folder: Path = STUBS) -> dict[str, str]:
    """The stubs as they are on disk."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.pyi"))
    }


def write(stubs: Mapping[str, str], folder: Path = STUBS) -> None:
    """Make a folder have these stubs and no others."""
    for name in kept(folder).keys() - stubs.keys():
        (folder / name).unlink()
    for name, text in stubs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def kept_at(tag: str) -> dict[str, str]:
    """The stubs of a tag or another commit."""
    command = ["git", "archive", "--format=tar", tag, "docs/api"]
    packed = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, check=True).stdout
    with TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
        return kept(Path(folder, "docs", "api"))


def breakages(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What breaks for users, a line each; what only a type checker notices is in the diff alone."""
    return sorted({line_of(breakage) for breakage in griffe.find_breaking_changes(loaded(old), loaded(new))})


def loaded(stubs: Mapping[str, str]) -> griffe.Object | griffe.Alias:
    """The stubs as griffe has a package. It reads none that is all of stubs: they are written as code."""
    with TemporaryDirectory() as folder:
        write({name.removesuffix("i"): text for name, text in stubs.items()}, Path(folder))
        package = griffe.load(ROOT, search_paths=[folder], try_relative_path=False, resolve_aliases=True)
        assert str(package.filepath).startswith(folder), "the package itself was loaded, not the stubs"
    return package


def line_of(breakage: griffe.Breakage) -> str:
    """One breakage, without the folder that the stubs happened to be in."""
    about = breakage.old_value or breakage.new_value
    argument = f"({about.name})" if isinstance(about, griffe.Parameter) else ""
    return f"{breakage.obj.path}{argument}: {breakage.kind.value}"


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """The unified diff of two sets of stubs."""
    for name in sorted(old.keys() | new.keys()):
        lines = [stubs.get(name, "").splitlines() for stubs in (old, new)]
        yield from unified_diff(*lines, f"docs/api/{name}", f"{name}, as the package is", lineterm="", n=1)


def shown_by(site: Path) -> list[str]:
    """The identifiers that a built documentation has a heading for, from its inventory in Sphinx's format."""
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    return [line.split(" ", 1)[0] for line in zlib.decompress(packed).decode().splitlines()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--write", action="store_true", help="renew docs/api")
    parser.add_argument("--since", metavar="TAG", help="tell what broke since a tag")
    parser.add_argument("--site", type=Path, help="a built documentation, which must show every public name")
    wanted = parser.parse_args()

    public = PublicApi.load(TREE)
    stubs = public.stubs()
    if wanted.since:
        broken = breakages(kept_at(wanted.since), stubs)
        print(*(broken or [f"nothing broke since {wanted.since}"]), sep="\n")
        return 0

    faults = list[str]()
    if wanted.write:
        write(stubs)
    elif (before := kept()) != stubs:
        print(*differences(before, stubs), sep="\n")
        broken = breakages(before, stubs)
        faults += [f"breaks for users: {line}" for line in broken]
        faults.append("docs/api is not what the package is: look at the diff, then nox -s api -- --write")
        if broken:
            faults.append("what is to break goes through docs/explanation/policy.md and CHANGELOG.md")
    faults += [f"no docstring: {path}" for path in public.undocumented()]
    if wanted.site:
        faults += [f"not in the reference: {path}" for path in public.unrendered(shown_by(wanted.site))]
    print(*faults, sep="\n", file=sys.stderr)
    names = sum(map(len, public.names.values()))
    print(f"{names} public names in {len(public.names)} modules: {'not ' if faults else ''}as promised")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
