"""The ``partnero jobs`` commands: a bulk run in parts."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from partnero_async.sandbox import Fault, Sandbox

from .commands import Command


@pytest.fixture
def folder(command: Command, tmp_path: Path) -> str:
    """A job with three parts, of 50 customers and one that there is not."""
    keys = [f"customer_{number:06d}" for number in range(1, 52)]
    (tmp_path / "keys.txt").write_text("\n".join(keys))
    ran = command("jobs", "plan", "job", "--keys", "keys.txt", "--parts", "3")
    assert (ran.code, ran.out) == (0, "51 keys in 3 parts\n")
    return "job"


def test_parts_are_run_shown_and_merged(command: Command, folder: str, tmp_path: Path) -> None:
    for number in range(3):
        ran = command("jobs", "run", folder, "--part", str(number))
        assert ran.code == 0, ran.err
        assert ran.err.startswith(f"part {number}: ")
    ran = command("jobs", "status", folder)
    assert ran.out.splitlines()[:2] == [
        "parts  3 of 3 done, 0 running",
        "keys   51 of 51: 50 found, 1 missing, 0 failed",
    ]
    told = json.loads(command("jobs", "status", folder, "--json").out)
    assert (told["parts"], told["done"], told["found"], told["seconds_left"]) == (3, 3, 50, 0.0)
    assert command("jobs", "status", folder, "--watch").code == 0
    ran = command("jobs", "merge", folder, "--out", "all.jsonl")
    assert (ran.code, ran.err) == (0, "50 found, 1 missing, 0 failed\n")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert sorted(line["key"] for line in lines) == [f"customer_{number:06d}" for number in range(1, 51)]
    assert command("jobs", "merge", folder, "--out", "all.jsonl").code == 2
    assert command("jobs", "merge", folder, "--out", "all.jsonl", "--overwrite").code == 0


def test_one_that_is_done_asks_for_nothing(command: Command, folder: str, sandbox: Sandbox) -> None:
    command("jobs", "run", folder, "--part", "0")
    asked = sandbox.stats.requests
    assert command("jobs", "run", folder, "--part", "0").code == 0
    assert sandbox.stats.requests == asked


def test_failed_keys_are_asked_again_on_demand(command: Command, folder: str, sandbox: Sandbox) -> None:
    sandbox.faults = [Fault("status", status=400, times=1)]
    assert command("jobs", "run", folder, "--part", "0").code == 1
    ran = command("jobs", "run", folder, "--part", "0", "--retry-failed")
    assert (ran.code, "0 failed" in ran.err) == (0, True)


def test_one_that_somebody_else_does_is_left_to_them(command: Command, folder: str, tmp_path: Path) -> None:
    with (tmp_path / folder / "parts" / "000001.jsonl").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ran = command("jobs", "run", folder, "--part", "1")
    assert (ran.code, ran.err) == (1, "partnero: somebody else does part 1\n")


def test_nothing_is_merged_before_all_is_done(command: Command, folder: str, tmp_path: Path) -> None:
    ran = command("jobs", "merge", folder, "--out", "all.jsonl")
    assert (ran.code, ran.err) == (1, "partnero: 3 of 3 parts are not done, such as 0\n")
    assert not (tmp_path / "all.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "job", "--part", "3"), "there is no part 3: they are 0 to 2"),
        (("run", "nowhere", "--part", "0"), "there is no job in"),
        (("status", "nowhere"), "there is no job in"),
        (("plan", "job", "--keys", "keys.txt", "--parts", "4"), "another job is in"),
        (("merge", "job", "--out", "x", "--program", "acme"), "the job has no program 'acme', but one alone"),
        (("plan", "new", "--keys", "nothing.txt", "--parts", "4"), "nothing.txt cannot be read"),
        (
            ("run", "job", "--part", "0", "--redis", "redis://127.0.0.1"),
            "--redis needs the --rate-limit that all keep",
        ),
        (
            ("run", "job", "--part", "0", "--redis", "http://127.0.0.1", "--rate-limit", "5/s"),
            "--redis is not that of a Redis",
        ),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    command: Command, folder: str, sandbox: Sandbox, arguments: tuple[str, ...], said: str
) -> None:
    ran = command("jobs", *arguments)
    assert (ran.code, sandbox.stats.requests) == (2, 0)
    assert said in ran.err
