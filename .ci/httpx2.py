"""Writes the engine over httpx2 and httpcore2, which have the names of httpx and httpcore: those are changed.

``python .ci/httpx2.py`` after a change of the engine over httpx; with ``--check``, it only says what differs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ENGINES = Path(__file__).parents[1] / "partnero_async" / "_http" / "engines"
NOTE = "# Made of ../httpx by .ci/httpx2.py: what is to be changed is changed there.\n"
NAMES = re.compile(r"\b(httpx|httpcore)\b")


def twins() -> dict[Path, str]:
    """Path -> what is to be there."""
    return {
        ENGINES / "httpx2" / source.name: NOTE + NAMES.sub(r"\g<1>2", text)
        for source in sorted((ENGINES / "httpx").glob("*.py"))
        if (text := source.read_text(encoding="utf-8"))
    }


def main() -> None:
    found = {path: path.read_text(encoding="utf-8") for path in (ENGINES / "httpx2").glob("[!_]*.py")}
    wanted = twins()
    differing = sorted(path for path in found.keys() | wanted.keys() if found.get(path) != wanted.get(path))
    if sys.argv[1:] == ["--check"]:
        sys.exit("\n".join(f"{path} is not as .ci/httpx2.py makes it" for path in differing) or None)
    (ENGINES / "httpx2").mkdir(exist_ok=True)
    (ENGINES / "httpx2" / "__init__.py").touch()
    for path in found.keys() - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
