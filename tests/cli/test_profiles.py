"""Profiles: the keys of several programs, from the environment or from a file that nobody else can read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from partnero_async.cli.profiles import profile
from partnero_async.errors import ArgumentError

from .commands import Command

SECRET = "sk_secret_of_the_shop"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "profiles.toml"
    monkeypatch.setenv("PARTNERO_PROFILES", str(path))
    return path


def write(file: Path, text: str, mode: int = 0o600) -> None:
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def refused(name: str = "shop") -> str:
    with pytest.raises(ArgumentError) as refusal:
        profile(name)
    return str(refusal.value)


def test_the_environment_is_asked_first(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, f'[us-shop]\napi_key = "{SECRET}"\n')
    monkeypatch.setenv("PARTNERO_API_KEY_US_SHOP", "of the environment")
    assert profile("us-shop") == {"api_key": "of the environment"}
    monkeypatch.setenv("PARTNERO_BASE_URL_US_SHOP", "http://127.0.0.1:9/v1")
    assert profile("us-shop")["base_url"] == "http://127.0.0.1:9/v1"


def test_a_file_has_a_table_for_each(file: Path) -> None:
    write(
        file, f'[shop]\napi_key = "{SECRET}"\nbase_url = "https://x.example/v1"\n["ünal 2"]\napi_key = "b"\n'
    )
    assert profile("shop") == {"api_key": SECRET, "base_url": "https://x.example/v1"}
    assert profile("ünal 2") == {"api_key": "b"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    write(file, f'[shop]\napi_key = "{SECRET}"\n', mode)
    assert refused() == f"others can read the API keys in {file}: chmod 600 {file}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_of_a_link_the_file_behind_it_counts(file: Path, tmp_path: Path) -> None:
    behind = tmp_path / "behind.toml"
    write(behind, f'[shop]\napi_key = "{SECRET}"\n', 0o644)
    file.symlink_to(behind)
    assert "chmod 600" in refused()
    behind.chmod(0o600)
    assert profile("shop") == {"api_key": SECRET}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[shop\napi_key = "{SECRET}"', "are no TOML"),
        (f"[shop]\napi_key = {SECRET}", "are no TOML"),
        ("[other]\n", "PARTNERO_API_KEY_SHOP is not set, and"),
        ("shop = 1\n", "has: shop"),
        ('[shop]\nbase_url = "x"\n', "must have api_key, may have base_url, and nothing else"),
        ("[shop]\napi_key = 7\n", "must have api_key"),
        (f'[shop]\napi_key = "{SECRET}"\npassword = "x"\n', "nothing else"),
    ],
)
def test_what_is_no_profile_is_told_without_the_key(file: Path, text: str, said: str) -> None:
    write(file, text)
    complaint = refused()
    assert said in complaint
    assert SECRET not in complaint


def test_what_is_no_text_or_no_file_is_told(file: Path) -> None:
    assert "there is no file" in refused()
    file.mkdir()
    assert "cannot be read" in refused()
    file.rmdir()
    file.write_bytes(b"\xff\xfe[shop]")
    file.chmod(0o600)
    assert "are no TOML" in refused()


@pytest.mark.parametrize("before", [True, False])
def test_a_profile_is_chosen_before_or_behind_a_command(
    command: Command, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    monkeypatch.delenv("PARTNERO_API_KEY")
    monkeypatch.setenv("PARTNERO_API_KEY_LETTER", "sandbox_newsletter")
    chosen, what = ("--profile", "letter"), ("program", "get", "--json")
    ran = command(*chosen, *what) if before else command(*what, *chosen)
    assert ran.code == 0, ran.err
    assert "Newsletter" in ran.out


def test_without_any_key_both_ways_are_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARTNERO_API_KEY")
    ran = command("test")
    assert ran.code == 2
    assert ran.err == "partnero: no API key: set PARTNERO_API_KEY in the environment, or choose a --profile\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--timeout", "0"),
        ("--timeout", "soon"),
        ("--timeout", "nan"),
        ("--retries", "-1"),
        ("--rate-limit", "0/1"),
        ("--rate-limit", "5"),
        ("--rate-limit", "5/0s"),
        ("--rate-limit", "5/day"),
        ("--profile",),
        ("--api-key", "sk_secret"),
    ],
)
def test_settings_that_cannot_be_are_wrong_usage(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments, "test")
    assert ran.code == 2
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("limit", ["1000/1", "1000/s", "60000/min", "1000/0.5", "9999/h"])
def test_a_rate_limit_reads_as_it_is_meant(command: Command, limit: str) -> None:
    assert command("--rate-limit", limit, "--retries", "0", "--timeout", "5", "test").code == 0
