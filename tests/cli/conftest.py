"""A command line in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from partnero_async.sandbox import Sandbox

from .commands import Command, command_for


@pytest.fixture
def command(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs commands against the sandbox, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARTNERO_PROFILES", str(tmp_path / "profiles.toml"))
    return command_for(sandbox, monkeypatch)
