"""The floors of the house: an import only ever points down, and nothing goes round in a circle."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import partnero_async
from partnero_async import bulk, export, inputs, lists, records

from .rooms import PACKAGE, circle_in, imports_of, module_graph, modules_of, room_graph, room_of

# Lowest first. A room's floor is that of its modules, except where a module has its own.
FLOORS = [
    {"_lazy", "errors", "_values", "_secret"},
    {"_redis", "_sqlite"},
    {"records"},
    {"inputs"},
    {"observing"},
    {"webhooks"},
    {"_http.endpoint"},
    {"_http.wire", "_http.policy", "_http.headers", "_http.telemetry"},
    {"_http.gate"},
    {"shared"},
    {"_http.engines"},
    {"_http.session", "_http.call"},
    {"bulk"},
    {"lists"},
    {"resources"},
    {"client"},
    {"blocking", "export", "outbox"},
    {"bulk.jobs"},
    {"testing", "cli", "__main__"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MODULES = modules_of(PACKAGE)
GRAPH = module_graph()


def floor_of(module: str) -> int | None:
    """The floor of a module; None beside the house: the front door, the sandbox, the folder of ``_http``."""
    parts = module.split(".")[1:]
    while parts:
        if ".".join(parts) in FLOOR_OF:
            return FLOOR_OF[".".join(parts)]
        parts.pop()
    return None


@pytest.mark.parametrize("module", GRAPH)
def test_imports_point_down(module: str) -> None:
    floor = floor_of(module)
    above = {other for other in GRAPH[module] if floor is not None and (floor_of(other) or 0) > floor}
    assert not above


def test_every_module_has_its_floor() -> None:
    beside = {module for module in GRAPH if floor_of(module) is None}
    assert {room_of(module) for module in beside} <= {"__init__", "sandbox", "_http"}
    assert {module for module in beside if room_of(module) == "_http"} == {"partnero_async._http"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle_in(GRAPH) is None


def test_the_rooms_are_few_and_so_are_the_arrows_between_them() -> None:
    rooms = room_graph(GRAPH)
    del rooms["__init__"], rooms["__main__"]
    # 21 and 76, and a circle, before the house was rearranged. Sales, webhooks, the test kit and limits that
    # processes share got rooms since; the two rooms at its top have a quarter of the arrows.
    assert len(rooms) <= 22
    assert sum(len(others - {"__init__"}) for others in rooms.values()) <= 110


CLIMBS = [
    "from .. import client",
    "from ..client import AsyncPartnero",
    "from .. import client as above",
    "import partnero_async.client",
    "def later():\n    from .. import client",
    "from partnero_async import client",
]


@pytest.mark.parametrize("climb", CLIMBS)
def test_a_climb_is_seen_however_it_is_written(climb: str, tmp_path: Path) -> None:
    module = tmp_path / "partnero_async" / "_http" / "headers.py"
    module.parent.mkdir(parents=True)
    module.write_text(climb)
    module.parent.parent.joinpath("client.py").write_text("")
    imported = module_graph(tmp_path / "partnero_async")["partnero_async._http.headers"]
    assert "partnero_async.client" in imported


def test_a_circle_is_named() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()}) is not None
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


@pytest.mark.parametrize("module", [module for module in GRAPH if room_of(module) == "sandbox"])
def test_the_sandbox_knows_nothing_of_the_sdk(module: str) -> None:
    assert {room_of(other) for other in GRAPH[module]} <= {"sandbox"}


@pytest.mark.parametrize("module", MODULES)
def test_only_the_engine_over_a_client_library_knows_it(module: str) -> None:
    libraries = {"httpx", "httpcore", "httpx2", "httpcore2", "h11"}
    libraries |= {"aiohttp", "yarl", "multidict", "httptools"}
    at_run_time = imports_of(module, MODULES[module], at_run_time=True)
    known = {name.split(".")[0] for name in at_run_time} & libraries
    if module.startswith("partnero_async._http.engines.httpx."):
        known -= {"httpx", "httpcore", "h11"}
    if module.startswith("partnero_async._http.engines.httpx2."):
        known -= {"httpx2", "httpcore2", "h11"}
    if module == "partnero_async._http.engines.aiohttp":
        known -= {"aiohttp", "yarl", "multidict"}
    if module.startswith("partnero_async._http.engines.httptools"):
        known -= {"httptools"}
    if module == "partnero_async.testing.local":  # whose clients send to an application in memory
        known -= {"httpx"}
    # Delivers webhooks; asks a sandbox what it delivered.
    if room_of(module) == "sandbox" or module == "partnero_async.cli.webhooks":
        known -= {"httpx"}
    assert not known


def loaded_by(code: str) -> set[str]:
    """The modules that a new interpreter has after some code."""
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


# httpx loads click and rich itself where they are installed, and httpcore trio.
DEPENDENCIES = "import httpx, attrs, cattrs, anyio"


def test_importing_the_package_loads_no_records_and_nothing_heavy() -> None:
    assert loaded_by(f"{DEPENDENCIES}; import partnero_async") - loaded_by(DEPENDENCIES) == {
        "partnero_async",
        "partnero_async._lazy",
    }


def test_the_client_loads_without_records_resources_or_extras() -> None:
    modules = loaded_by(f"{DEPENDENCIES}; from partnero_async import AsyncPartnero") - loaded_by(DEPENDENCIES)
    assert not modules & {"click", "rich", "starlette", "uvicorn", "aiohttp", "sqlite3"}
    resources = {name for name in modules if name.startswith("partnero_async.resources")}
    assert resources == {"partnero_async.resources", "partnero_async.resources._registry"}
    assert not modules & {"partnero_async.records.customer", "partnero_async.records.transaction"}


@pytest.mark.parametrize("engine", ["aiohttp", "httptools"])
def test_a_client_over_another_engine_loads_neither_httpx_nor_httpcore(engine: str) -> None:
    modules = loaded_by(
        f"from partnero_async import AsyncPartnero\nAsyncPartnero('k', engine='{engine}', preload=True)"
    )
    assert engine in modules
    assert not modules & {"httpx", "httpcore", "h11"}


ROOMS = [partnero_async, records, inputs, bulk, lists, export]


@pytest.mark.parametrize("package", ROOMS, ids=lambda p: p.__name__)
def test_every_public_name_is_there_and_in_the_stub_and_nothing_else_is(package: ModuleType) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # noqa: B018
    assert dir(package) == package.__all__
    stub = Path(str(package.__file__)).with_suffix(".pyi").read_text(encoding="utf-8")
    declared = set[str]()
    for line in ast.walk(ast.parse(stub)):
        if isinstance(line, ast.ImportFrom) and line.level:
            told = [alias.name for alias in line.names]
            module = import_module(f"{package.__name__}.{line.module}")
            declared |= set(module.__all__ if told == ["*"] else told)
    assert declared == set(package.__all__)


def test_the_front_door_has_about_35_names() -> None:
    assert len(partnero_async.__all__) <= 40


def every_class(kind: type) -> set[type]:
    return {kind}.union(*(every_class(below) for below in kind.__subclasses__()))


def test_every_record_is_found_under_records() -> None:
    for name in records.__all__:
        getattr(records, name)  # loads its module
    ours = {kind for kind in every_class(records.Record) if kind.__module__.startswith("partnero_async.")}
    assert {kind.__name__ for kind in ours} <= set(records.__all__)


def test_a_pickle_names_no_module_but_the_public_ones() -> None:
    record = records.WebhookSubscription(
        key="w",
        signature=records.SigningSecret("s"),
        events=(records.WebhookEventName.LEAD_REJECTED,),
        extra={"a": {"b": [1]}},
    )
    error = partnero_async.NotFoundError("no", status=404)
    for value, room in ((record, b"partnero_async.records"), (error, b"partnero_async")):
        pickled = pickle.dumps(value)
        assert repr(pickle.loads(pickled)) == repr(value)
        assert pickled.count(b"partnero_async") == pickled.count(room + b"\x94") == 1
    assert records.WebhookSubscription.__module__ == "partnero_async.records.webhook"


class Own(records.Customer):
    """A user's own record."""


def test_a_class_of_a_users_own_pickles_under_its_own_name() -> None:
    assert type(pickle.loads(pickle.dumps(Own(key="c")))) is Own


def test_a_record_of_another_version_keeps_what_this_one_does_not_know() -> None:
    restored = records.Customer._restore(
        {"key": "c", "hat_size": 7, "extra": records.FrozenMapping({"a": 1})}
    )
    assert (restored.key, dict(restored.extra)) == ("c", {"a": 1, "hat_size": 7})
