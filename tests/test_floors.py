"""The floors of the house: an import only ever points down."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import partnero_async

ROOT = Path(partnero_async.__file__).parent

FLOORS = [
    {"records", "errors", "policy", "checks", "inputs", "sales", "gateways", "secret", "settings"},
    {"convert"},
    {"_http", "webhooks"},
    {"pages", "prefetch", "groups", "outcomes", "runs", "batch"},
    {"resources"},
    {"client"},
    {"outbox", "export"},
    {"testing", "cli"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """The full names of what a module imports, at its top or anywhere below."""
    package = ["partnero_async", *module.parent.parts]
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield ".".join([*base, *([node.module] if node.module else [])])


def rooms_imported(module: Path) -> set[str]:
    ours = [name.split(".")[1:] for name in imports_of(module) if name.split(".")[0] == "partnero_async"]
    return {parts[0] for parts in ours if parts}


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) in FLOOR_OF], ids=str)
def test_imports_point_down(module: Path) -> None:
    room = room_of(module)
    above = {other for other in rooms_imported(module) if FLOOR_OF.get(other, -1) > FLOOR_OF[room]}
    # The command line serves the sandbox, which stands beside the house.
    assert not above - ({"sandbox"} if room == "cli" else set())


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) == "sandbox"], ids=str)
def test_the_sandbox_knows_nothing_of_the_sdk(module: Path) -> None:
    assert rooms_imported(module) <= {"sandbox"}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_the_connections_know_httpx(module: Path) -> None:
    clients = {"httpx", "httpcore", "aiohttp"}
    known = {name.split(".")[0] for name in imports_of(module)} & clients
    if module.parts[:2] == ("_http", "engines") or module.name in ("slots.py", "network.py"):
        return
    # For a type checker's eyes only: a user's own client and transport are settings.
    assert not known or module.name == "client.py"


def test_importing_the_package_loads_no_records_and_nothing_heavy() -> None:
    code = (
        "import sys, httpx, attrs, cattrs, anyio; before = set(sys.modules); import partnero_async;"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == ["partnero_async"]


def test_the_client_loads_without_records_resources_or_extras() -> None:
    code = (
        # httpx loads click and rich itself where they are installed, and httpcore trio.
        "import sys, httpx, attrs, cattrs, anyio; before = set(sys.modules);"
        "from partnero_async import AsyncPartnero; print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(loaded.stdout.split())
    assert not modules & {"click", "rich", "starlette", "uvicorn", "aiohttp", "sqlite3"}
    assert not {name for name in modules if name.startswith("partnero_async.resources")}
    assert not modules & {"partnero_async.records.customer", "partnero_async.records.transaction"}


def test_every_module_has_its_floor() -> None:
    # The front door opens to every room; the sandbox stands beside the house.
    assert {room_of(module) for module in MODULES} <= FLOOR_OF.keys() | {"__init__", "sandbox"}


def test_every_public_name_is_there_and_nothing_else_is() -> None:
    for name in partnero_async._HOME_OF:
        assert getattr(partnero_async, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        partnero_async.nonsense  # noqa: B018
    assert {*partnero_async._HOME_OF, "__version__"} == set(partnero_async.__all__)
    assert dir(partnero_async) == sorted(partnero_async.__all__)
