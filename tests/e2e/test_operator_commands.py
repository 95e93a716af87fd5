"""The command line where it can be hurt: signals, closed and full streams, terminals, kills."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import partnero_async
from partnero_async.sandbox import Sandbox
from partnero_async.sandbox.server import running

PARTNERO = [sys.executable, "-m", "partnero_async"]
NOWHERE = "http://127.0.0.1:9/v1"
ROOT = Path(partnero_async.__file__).parents[1]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    local = Sandbox(customers=3000)
    with running(local) as url:
        yield url
    local.close()


def environment(base_url: str, key: str = "sandbox_affiliate") -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PARTNERO_API_KEY": key, "PARTNERO_BASE_URL": base_url, "PYTHONPATH": path}


def partnero(*arguments: str, base_url: str = NOWHERE, **given: Any) -> subprocess.CompletedProcess[str]:
    given = {"stdin": subprocess.DEVNULL} | given if "input" not in given else given
    return subprocess.run(
        [*PARTNERO, *arguments],
        env=environment(base_url),
        stdout=given.pop("stdout", subprocess.PIPE),
        stderr=given.pop("stderr", subprocess.PIPE),
        text=True,
        timeout=100,
        check=False,
        **given,
    )


def by_shell(line: str, base_url: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of a shell in which ``partnero`` is the command."""
    command = f'partnero() {{ "{sys.executable}" -m partnero_async "$@"; }}; set -o pipefail; {line}'
    return subprocess.run(
        ["bash", "-c", command],
        env=environment(base_url),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("partnero customers list >&-", 0),
        ("partnero customers get customer_000001 nobody 2>&-", 3),
        ("partnero customers get customer_000001 >&- 2>&- <&-", 0),
        ("partnero customers list --columns nonsense 2>&-", 2),
        ("partnero customers fetch --keys - --out - <&-", 2),
        ("partnero customers update customer_000001 --name Ada <&-", 2),
        ("partnero --help >&-", 0),
    ],
)
def test_a_closed_stream_costs_no_exit_code(base_url: str, line: str, code: int) -> None:
    ran = by_shell(line, base_url)
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("partnero customers list --json >/dev/full", 1),
        ("partnero --help >/dev/full", 1),
        ("partnero customers get nobody 2>/dev/full", 3),
        ("partnero nonsense 2>/dev/full", 2),
        ("echo customer_000001 | partnero customers fetch --keys - --out - >/dev/full", 1),
    ],
)
def test_a_full_stream_is_told_without_a_traceback(base_url: str, line: str, code: int) -> None:
    ran = by_shell(line, base_url)
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr
    assert ">/dev/full" not in line.split("2>")[0] or "No space left on device" in ran.stderr


@pytest.mark.parametrize(
    "line",
    [
        "partnero customers list --jsonl | head -1",
        "partnero customers list | head -1",
        "seq -f customer_%06g 3000 | partnero customers fetch --keys - --out - | head -1",
    ],
)
def test_a_reader_who_is_gone_ends_it_in_silence(base_url: str, line: str) -> None:
    ran = by_shell(line, base_url)
    assert ran.returncode == 1
    assert len(ran.stdout.splitlines()) == 1
    assert "partnero:" not in ran.stderr
    assert "Traceback" not in ran.stderr


@contextmanager
def started(*arguments: str, base_url: str = NOWHERE, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A command that is still running; what is not over at the end is killed."""
    process = subprocess.Popen([*PARTNERO, *arguments], env=environment(base_url), **streams)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    while not condition():
        assert process.poll() is None, "it came to its end"
        time.sleep(0.005)


def is_reading_its_input(process: subprocess.Popen[bytes]) -> bool:
    """Whether it waits for its standard input, as Linux knows it."""
    try:
        called = Path(f"/proc/{process.pid}/syscall").read_text().split()
    except OSError:
        return False
    return called[:2] == ["0", "0x0"]


@pytest.mark.skipif(
    not Path("/proc/self/syscall").exists(), reason="only Linux tells what a process waits for"
)
@pytest.mark.parametrize(
    "arguments",
    [
        ("customers", "fetch", "--keys", "-", "--out", "/dev/null", "--overwrite"),
        ("customers", "create", "--from", "-", "--yes"),
        ("api", "POST", "/customers", "--data", "@-", "--yes"),
    ],
)
def test_an_interrupt_while_standard_input_is_read_is_130(arguments: tuple[str, ...]) -> None:
    with started(*arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for(lambda: is_reading_its_input(process), process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said.strip()) == (130, b"partnero: interrupted")


def test_an_interrupt_while_modules_are_imported_is_130(tmp_path: Path) -> None:
    tmp_path.joinpath("rich.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    ran = subprocess.run(
        [*PARTNERO, "customers", "list"],
        env=environment(NOWHERE) | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (ran.returncode, ran.stderr.strip()) == (130, "partnero: interrupted")


def test_an_interrupt_at_the_question_is_130_and_sends_nothing() -> None:
    local = Sandbox(customers=1)
    master, slave = pty.openpty()
    with running(local) as url:
        arguments = ("customers", "update", "customer_000001", "--name", "Ada")
        with started(*arguments, base_url=url, stdin=slave, stdout=slave, stderr=slave) as process:
            shown = b""
            while b"[y/N]" not in shown:
                shown += os.read(master, 4096)
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
        assert local.stats.requests == 0
    local.close()
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    "signals", [["SIGINT"], ["SIGINT", "SIGINT"], ["SIGTERM", "SIGTERM"]], ids=lambda names: " ".join(names)
)
def test_after_an_interrupt_of_changes_the_outcome_of_each_that_was_sent_is_there(
    tmp_path: Path, signals: list[str]
) -> None:
    # A second signal is to come while answers are still awaited, on a busy machine, too.
    local = Sandbox(customers=3000, latency=(0.05, 2) if signals[1:] else (0.2, 0.2))
    file = tmp_path / "many.csv"
    file.write_text("customer,name\n" + "".join(f"customer_{n:06d},Ada\n" for n in range(1, 1001)))
    with running(local) as url:
        arguments = ("customers", "update", "--from", str(file), "--yes")
        with started(*arguments, base_url=url, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_for(lambda: local.stats.requests > 20, process)
            process.send_signal(signal.Signals[signals[0]])
            if signals[1:]:
                assert process.stderr is not None
                assert b"waiting for what is under way" in process.stderr.readline()
                process.send_signal(signal.Signals[signals[1]])
            out, said = process.communicate()
    lines = [json.loads(line) for line in out.splitlines()]
    outcomes = Counter(line["outcome"] for line in lines)
    assert process.returncode == 130
    assert len({line["line"] for line in lines}) == len(lines) == local.stats.requests
    assert set(outcomes) == ({"done", "unknown"} if signals[1:] else {"done"})
    doubt = f", {outcomes['unknown']} may have happened" if signals[1:] else ""
    expected = f"{outcomes['done']} done, 0 failed{doubt}, {1000 - len(lines)} not sent"
    assert expected in said.decode()
    local.close()


def test_an_interrupt_of_a_list_is_130_and_keeps_what_came() -> None:
    local = Sandbox(customers=3000, latency=(0.03, 0.03))
    with running(local) as url:
        arguments = ("customers", "list", "--jsonl", "--page-size", "10")
        with started(*arguments, base_url=url, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            wait_for(lambda: local.stats.requests > 5, process)
            process.send_signal(signal.SIGINT)
            out, said = process.communicate()
    local.close()
    assert (process.returncode, said.strip()) == (130, b"partnero: interrupted")
    assert len([json.loads(line) for line in out.splitlines()]) >= 40


def test_fetch_writes_each_line_when_it_comes_and_keeps_all_at_sigterm(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    keys = tmp_path / "keys.txt"
    keys.write_text("\n".join(f"customer_{number:06d}" for number in range(1, 501)))
    local = Sandbox(customers=500, latency=(0.05, 0.05))
    arguments = ("customers", "fetch", "--keys", str(keys), "--out", str(out), "--concurrency", "2")
    with running(local) as url:
        with started(*arguments, base_url=url, stderr=subprocess.DEVNULL) as process:
            wait_for(lambda: out.exists() and out.stat().st_size, process)
            first = out.stat().st_size  # a buffer would have held 8 KiB back
            wait_for(partial(has_lines, out, 20), process)
            before = out.read_bytes().count(b"\n")
            process.send_signal(signal.SIGTERM)
            assert process.wait() == -signal.SIGTERM
    local.close()
    assert first < 4096
    assert out.read_bytes().count(b"\n") >= before
    assert all(json.loads(line)["outcome"] == "found" for line in out.read_text().splitlines())


def has_lines(path: Path, enough: int) -> bool:
    return path.exists() and path.read_bytes().count(b"\n") > enough


FORMATS = ["jsonl", "csv", "parquet"]


def records(out: Path) -> list[Any]:
    """What an export wrote, in some order."""
    if out.suffix == ".jsonl":
        return sorted(out.read_text().splitlines())
    if out.suffix == ".csv":
        with out.open(newline="", encoding="utf-8") as file:
            return sorted(csv.reader(file))
    pyarrow = pytest.importorskip("pyarrow.parquet", reason="pyarrow has no wheel for this Python")
    return sorted(pyarrow.read_table(out).to_pylist(), key=lambda row: row["key"])


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_that_is_killed_twice_is_like_one_that_was_not(tmp_path: Path, format: str) -> None:
    if format == "parquet" and find_spec("pyarrow") is None:
        pytest.skip("pyarrow has no wheel for this Python")
    whole, killed = tmp_path / f"whole.{format}", tmp_path / f"killed.{format}"
    growing = killed if format == "jsonl" else tmp_path / f"killed.{format}.part.jsonl"
    local = Sandbox(customers=3000, latency=(0.02, 0.02))
    with running(local) as url:
        ran = partnero("customers", "export", "--out", str(whole), base_url=url)
        assert ran.returncode == 0, ran.stderr
        for enough in (300, 1500):
            with started(
                "customers", "export", "--out", str(killed), base_url=url, stderr=subprocess.DEVNULL
            ) as process:
                wait_for(partial(has_lines, growing, enough), process)
                process.kill()
            assert format == "jsonl" or not killed.exists()
        ran = partnero("customers", "export", "--out", str(killed), base_url=url)
    local.close()
    assert ran.returncode == 0, ran.stderr
    assert re.search(r" on disk already in ", ran.stderr)
    assert records(killed) == records(whole)
    assert len(records(whole)) == (3001 if format == "csv" else 3000)
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted([whole.name, killed.name])


def in_a_terminal(*arguments: str, base_url: str, width: int, **more: str) -> str:
    """What a command shows on a terminal of some width."""
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    env = {name: value for name, value in environment(base_url).items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [*PARTNERO, *arguments], env=env | {"TERM": "xterm"} | more, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = b""
    try:
        while select.select([master], [], [], 60)[0] and (data := os.read(master, 4096)):
            shown += data
    except OSError:  # what Linux says when the other side of a terminal is gone
        pass
    os.close(master)
    assert process.wait() == 0
    return shown.decode()


@pytest.mark.parametrize("width", [30, 200])
def test_a_table_on_a_terminal_is_as_wide_as_that(base_url: str, width: int) -> None:
    shown = in_a_terminal("customers", "list", "--limit", "5", base_url=base_url, width=width)
    lines = [line for line in shown.splitlines() if not line.startswith("partnero:")]
    assert len(lines) == 6
    assert max(map(len, lines)) <= width
    assert ("do not fit" in shown) == (width == 30)


def test_an_export_shows_how_far_it_is_and_without_colour_if_asked(base_url: str, tmp_path: Path) -> None:
    out = tmp_path / "all.jsonl"
    shown = in_a_terminal(
        "customers", "export", "--out", str(out), base_url=base_url, width=100, NO_COLOR="1"
    )
    assert "3000 found, 0 missing, 0 failed" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", shown)


BUNDLED = (
    "partnero_async click rich anyio attr attrs cattrs httpx httpcore h11 idna certifi starlette uvicorn "
    "jinja2 markupsafe markdown_it mdurl pygments sniffio typing_extensions"
)


def test_a_zipapp_does_what_the_command_does(base_url: str, tmp_path: Path) -> None:
    bundle = tmp_path / "partnero.pyz"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("__main__.py", "from partnero_async.cli import main\nmain()\n")
        for name in BUNDLED.split():
            spec = find_spec(name)
            if spec is None or spec.origin is None:  # what this version of a library has no use for
                continue
            origin = Path(spec.origin)
            if origin.name != "__init__.py":
                archive.write(origin, origin.name)
                continue
            for file in origin.parent.rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(origin.parents[1]))
    # Without site-packages: nothing of it may come from elsewhere.
    bare = [sys.executable, "-I", "-S", str(bundle)]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*bare, *arguments],
            env=environment(base_url),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            cwd=tmp_path,
        )

    version = run("--version")
    assert version.stdout == f"partnero, version {partnero_async.__version__}\n", version.stderr
    shown = run("customers", "get", "customer_000001", "--json")
    assert json.loads(shown.stdout)["key"] == "customer_000001", shown.stderr
    demo = run("demo", "--customers", "20")
    assert demo.returncode == 0, demo.stderr
    assert demo.stdout.endswith("each with one outcome.\n")
