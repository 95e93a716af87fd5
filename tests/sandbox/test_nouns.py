"""How nouns and their routes are collected."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import partnero_async.sandbox
from partnero_async.sandbox.nouns import ROUTES
from partnero_async.sandbox.routing import Route, RouteTable

_COLOURS = '''
from .. import replies
from ..routing import Route
from ..table import Table

SCHEMA = """
CREATE TABLE colours (
    number INTEGER PRIMARY KEY, program TEXT NOT NULL, name TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE INDEX colours_by_name ON colours (program, name);
"""
TABLE = Table("SELECT * FROM colours AS record", "Colour")


def create(call):
    row = {"program": call.program.key, "name": call.body["name"], "created_at": "now"}
    call.store.insert("colours", row)
    return replies.created(None)


def get(call):
    return replies.found(TABLE.identified(call, "name")["name"])


ROUTES = (Route("POST", "/colours", create), Route("GET", "/colours/{name}", get))
'''
_ASK = """
import asyncio
import httpx
from local_partnero import Sandbox

async def ask():
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Sandbox().app),
        base_url="http://sandbox.test/v1",
        headers={"Authorization": "Bearer sandbox_affiliate"},
    ) as api:
        print((await api.post("/colours", json={"name": "red"})).status_code)
        print((await api.get("/colours/red")).json()["data"])
        print((await api.get("/colours/blue")).json()["message"])

asyncio.run(ask())
"""


def _answers(folder: Path, code: str) -> list[str]:
    """What this code prints beside a copy of the sandbox, which is the package `local_partnero` there."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        # Where PYTHONSAFEPATH is set, the folder is not searched of itself.
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "local_partnero"
    shutil.copytree(
        Path(partnero_async.sandbox.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def test_a_noun_is_added_by_adding_its_module(copied: Path) -> None:
    (copied / "nouns" / "colours.py").write_text(_COLOURS)
    assert _answers(copied.parent, _ASK) == ["201", "red", "Colour not found."]


def test_the_sandbox_runs_without_the_sdk(copied: Path) -> None:
    code = (
        "import pkgutil, sys, local_partnero;"
        "[__import__(m.name) for m in pkgutil.walk_packages(local_partnero.__path__, 'local_partnero.')];"
        "print(*(name for name in sys.modules if name.startswith('partnero_async')))"
    )
    assert _answers(copied.parent, code) == [""]


@pytest.mark.parametrize("routes", [ROUTES, ROUTES[::-1]], ids=["as collected", "backwards"])
def test_a_literal_segment_wins_over_a_placeholder_in_any_order(routes: Sequence[Route]) -> None:
    table = RouteTable(routes)
    for segments, template in (
        (["leads", "details"], "/leads/details"),
        (["leads", "convert"], "/leads/convert"),
        (["leads", "1"], "/leads/{id}"),
    ):
        match = table.match(segments)
        assert match is not None
        assert match.template == template
