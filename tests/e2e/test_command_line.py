"""The ``partnero`` command, run as a user runs it: in processes of its own, against a served sandbox."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from partnero_async.sandbox import Fault, Sandbox
from partnero_async.sandbox.server import running

PARTNERO = [sys.executable, "-c", "from partnero_async.cli import main; main()"]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    fault = Fault("status", status=500, path="/v1/customers/customer_000009")
    local = Sandbox(customers=300, faults=(fault,))
    with running(local) as url:
        yield url
    local.close()


def partnero(
    *arguments: str, base_url: str = "", key: str = "sandbox_affiliate", given: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PARTNERO, *arguments],
        env=environment(base_url, key),
        input=given,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def environment(base_url: str, key: str = "sandbox_affiliate") -> dict[str, str]:
    ours = {"PARTNERO_API_KEY": key, "PARTNERO_BASE_URL": base_url}
    return os.environ | {name: value for name, value in ours.items() if value}


def test_the_demo_fetches_five_thousand_customers_and_gets_the_sum_right() -> None:
    ran = partnero("demo")
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"4991 found, 40 missing, 9 failed in [\d.]+ s \([\d,]+ a second\)", ran.stderr)
    assert re.search(r"Customer customer_\d{6}\n  key +customer_\d{6}\n  partner +partner_", ran.stdout)


def test_the_demo_takes_other_numbers() -> None:
    ran = partnero("demo", "--customers", "20", "--concurrency", "3")
    assert ran.returncode == 0, ran.stderr
    assert "11 found, 40 missing, 9 failed" in ran.stderr


def test_test_names_the_program(base_url: str) -> None:
    ran = partnero("test", base_url=base_url)
    assert ran.returncode == 0
    assert re.fullmatch(r"The API key works\. It belongs to program [A-Z0-9]{8}\.\n", ran.stdout)


def test_test_with_a_wrong_key_fails_in_one_line(base_url: str) -> None:
    ran = partnero("test", base_url=base_url, key="sk_wrong")
    assert ran.returncode == 1
    assert re.fullmatch(r"partnero: GET /test answered 401: .*\n", ran.stderr)
    assert "sk_wrong" not in ran.stderr


def test_without_an_api_key_the_command_says_how_to_give_one() -> None:
    ran = partnero("test", key="")
    assert ran.returncode == 2
    assert "PARTNERO_API_KEY" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_bad_base_url_is_a_wrong_setting() -> None:
    ran = partnero("test", base_url="ftp://127.0.0.1")
    assert ran.returncode == 2
    assert re.fullmatch(r"partnero: PARTNERO_BASE_URL must begin with https://[^\n]*\n", ran.stderr)


def test_get_shows_customers_for_a_person(base_url: str) -> None:
    ran = partnero("customers", "get", "customer_000002", base_url=base_url)
    assert ran.returncode == 0
    assert ran.stdout.startswith("Customer customer_000002\n  key ")


def test_get_shows_customers_as_json_lines_in_the_order_of_the_keys(base_url: str) -> None:
    ran = partnero("customers", "get", "customer_000002", "customer_000001", "--json", base_url=base_url)
    shown = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [customer["key"] for customer in shown] == ["customer_000002", "customer_000001"]
    assert shown[0]["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        (["customer_000001", "nobody"], 3, "nobody: there is no such customer"),
        (["customer_000009"], 1, "customer_000009: GET /customers/{key} answered 500"),
        (["customer_000009", "nobody"], 1, "nobody"),
        ([".."], 1, "must not be"),
        ([], 2, "KEY"),
    ],
)
def test_the_exit_code_tells_what_became_of_the_keys(
    base_url: str, keys: list[str], code: int, said: str
) -> None:
    ran = partnero("customers", "get", *keys, base_url=base_url)
    assert ran.returncode == code
    assert said in ran.stderr


def test_fetch_writes_an_outcome_for_every_key(base_url: str, tmp_path: Path) -> None:
    keys, out = tmp_path / "keys.txt", tmp_path / "out.jsonl"
    lines = [f"customer_{n:06d}" for n in range(1, 301)]
    keys.write_text("\n".join([*lines, "", "nobody", "customer_000001", "with blank\r\n"]))
    ran = partnero("customers", "fetch", "--keys", str(keys), "--out", str(out), base_url=base_url)
    assert ran.returncode == 1, ran.stderr
    assert "299 found, 2 missing, 1 failed" in ran.stderr
    assert ran.stdout == ""
    outcomes = {line["key"]: line for line in map(json.loads, out.read_text().splitlines())}
    assert len(outcomes) == 302
    assert outcomes["customer_000001"]["customer"]["email"] == "customer_000001@example.com"
    assert outcomes["nobody"] == {"key": "nobody", "outcome": "missing"}
    error = outcomes["customer_000009"]["error"]
    assert (error["type"], error["status"]) == ("ServerError", 500)
    assert error["message"].startswith("GET /customers/{key} answered 500")


def test_fetch_reads_keys_from_standard_input(base_url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    given = "customer_000001\ncustomer_000002\n"
    ran = partnero("customers", "fetch", "--keys", "-", "--out", str(out), base_url=base_url, given=given)
    assert ran.returncode == 0, ran.stderr
    assert len(out.read_text().splitlines()) == 2


def test_fetch_tells_the_rate_limit_that_it_met(tmp_path: Path) -> None:
    local = Sandbox(customers=300, rate_limit=(100, 1.0, True))
    keys = "\n".join(f"customer_{number:06d}" for number in range(1, 301))
    with running(local) as url:
        ran = partnero(
            "customers", "fetch", "--keys", "-", "--out", str(tmp_path / "out"), base_url=url, given=keys
        )
    local.close()
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"300 found.*, rate limited to about 1?\d\d a second", ran.stderr)


def test_fetch_does_not_replace_a_file_unless_told(base_url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious\n")
    arguments = ["customers", "fetch", "--keys", "-", "--out", str(out)]
    ran = partnero(*arguments, base_url=base_url, given="customer_000001\n")
    assert ran.returncode == 2
    assert "--overwrite" in ran.stderr
    assert out.read_text() == "precious\n"
    ran = partnero(*arguments, "--overwrite", base_url=base_url, given="customer_000001\n")
    assert ran.returncode == 0
    assert "customer_000001" in out.read_text()


def test_fetch_that_is_refused_at_once_leaves_files_as_they_were(base_url: str, tmp_path: Path) -> None:
    out, new = tmp_path / "out.jsonl", tmp_path / "new.jsonl"
    out.write_text("precious\n")
    for path, more in ((out, ["--overwrite"]), (new, [])):
        arguments = ["customers", "fetch", "--keys", "-", "--out", str(path), *more]
        ran = partnero(*arguments, base_url=base_url, key="sk_wrong", given="a\n")
        assert ran.returncode == 1
    assert out.read_text() == "precious\n"
    assert not new.exists()


def test_fetch_refuses_to_write_over_its_keys(base_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text("customer_000001\n")
    arguments = ["customers", "fetch", "--keys", str(keys), "--out", str(keys), "--overwrite"]
    assert partnero(*arguments, base_url=base_url).returncode == 2
    assert keys.read_text() == "customer_000001\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_fetch_to_a_full_disk_says_so(base_url: str) -> None:
    given = "".join(f"customer_{n:06d}\n" for n in range(1, 300))
    arguments = ["customers", "fetch", "--keys", "-", "--out", "/dev/full", "--overwrite"]
    ran = partnero(*arguments, base_url=base_url, given=given)
    assert ran.returncode == 1
    assert "cannot write /dev/full: No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_control_characters_do_not_reach_the_terminal(base_url: str) -> None:
    ran = partnero("customers", "get", "\x1b[31mred", base_url=base_url)
    assert "\x1b" not in ran.stderr
    assert "\\x1b[31mred: there is no such customer" in ran.stderr


def test_fetch_without_an_api_key_leaves_the_old_file_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious\n")
    ran = partnero("customers", "fetch", "--keys", "-", "--out", str(out), "--overwrite", key="", given="a\n")
    assert ran.returncode == 2
    assert out.read_text() == "precious\n"


@pytest.mark.parametrize("given", ["", "\n\n"])
def test_fetch_without_keys_is_wrong_usage(base_url: str, tmp_path: Path, given: str) -> None:
    out = tmp_path / "out.jsonl"
    ran = partnero("customers", "fetch", "--keys", "-", "--out", str(out), base_url=base_url, given=given)
    assert ran.returncode == 2
    assert "no keys" in ran.stderr
    assert not out.exists()


@pytest.mark.parametrize(("content", "encoding"), [(b"caf\xe9\n", "UTF-8"), (b"\xff\xfe\x00", "UTF-16")])
def test_fetch_with_keys_that_are_no_text_is_wrong_usage(
    base_url: str, tmp_path: Path, content: bytes, encoding: str
) -> None:
    keys = tmp_path / "keys.bin"
    keys.write_bytes(content)
    out = tmp_path / "out.jsonl"
    ran = partnero("customers", "fetch", "--keys", str(keys), "--out", str(out), base_url=base_url)
    assert ran.returncode == 2
    assert f"is not {encoding} text" in ran.stderr
    assert not out.exists()


def test_fetch_that_is_refused_for_all_keys_fails_and_keeps_what_it_had(tmp_path: Path) -> None:
    local = Sandbox(customers=50, faults=(Fault("status", status=401, rate=0.2),))
    out = tmp_path / "out.jsonl"
    given = "".join(f"customer_{n:06d}\n" for n in range(1, 51))
    with running(local) as url:
        ran = partnero("customers", "fetch", "--keys", "-", "--out", str(out), base_url=url, given=given)
    local.close()
    assert ran.returncode == 1
    assert "not asked for" in ran.stderr
    assert "answered 401" in ran.stderr


def test_fetch_shows_a_progress_bar_on_a_terminal(base_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text("\n".join(f"customer_{n:06d}" for n in range(1, 9)))
    master, slave = pty.openpty()
    arguments = ["customers", "fetch", "--keys", str(keys), "--out", str(tmp_path / "out.jsonl")]
    process = subprocess.Popen(
        [*PARTNERO, *arguments], env=environment(base_url) | {"TERM": "xterm"}, stderr=slave
    )
    os.close(slave)
    shown = b""
    try:
        while data := os.read(master, 4096):
            shown += data
    except OSError:  # what Linux says when the other side of a terminal is gone
        pass
    os.close(master)
    assert process.wait() == 0
    assert b"8 of 8" in shown
    assert b"8 found, 0 missing, 0 failed" in shown


def test_an_interrupted_fetch_keeps_its_lines_and_exits_130(tmp_path: Path) -> None:
    local = Sandbox(customers=5_000, latency=(0.05, 0.05))
    out = tmp_path / "out.jsonl"
    keys = tmp_path / "keys.txt"
    keys.write_text("\n".join(f"customer_{n:06d}" for n in range(1, 5_001)))
    arguments = ["customers", "fetch", "--keys", str(keys), "--out", str(out)]
    with running(local) as url:
        process = subprocess.Popen(
            [*PARTNERO, *arguments], env=environment(url), stderr=subprocess.PIPE, text=True
        )
        while local.stats.requests < 300:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    local.close()
    assert process.returncode == 130
    assert "interrupted" in said
    assert "not asked for" in said
    assert "Traceback" not in said
    outcomes = [json.loads(line)["outcome"] for line in out.read_text().splitlines()]
    assert len(outcomes) > 100
    assert set(outcomes) == {"found"}


def test_fetch_goes_on_with_what_is_not_in_the_file(base_url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    fetch = ["customers", "fetch", "--resume", "--keys", "-", "--out", str(out)]
    ran = partnero(*fetch, base_url=base_url, given="customer_000001\nnobody\n")
    assert ran.returncode == 3, ran.stderr
    assert "1 found, 1 missing, 0 failed in " in ran.stderr
    assert f"partnero: what is missing or failed is in {out}.rest.jsonl\n" in ran.stderr
    assert ran.stdout == ""
    ran = partnero(*fetch, base_url=base_url, given="customer_000001\ncustomer_000002\nnobody\n")
    assert ran.returncode == 3, ran.stderr
    assert "1 found, 0 missing, 0 failed, 2 on disk already in " in ran.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["key"] for line in lines] == ["customer_000001", "customer_000002"]
    assert lines[0]["record"]["email"] == "customer_000001@example.com"


def test_fetch_asks_again_for_what_failed(base_url: str, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    fetch = ["customers", "fetch", "--out", str(out)]
    given = "customer_000008\ncustomer_000009\n"
    assert partnero(*fetch, "--resume", "--keys", "-", base_url=base_url, given=given).returncode == 1
    # It failed before, and nobody asks.
    ran = partnero(*fetch, "--resume", "--keys", "-", base_url=base_url, given=given)
    assert (ran.returncode, "2 on disk already" in ran.stderr) == (1, True)
    ran = partnero(*fetch, "--retry-failed", base_url=base_url)
    assert ran.returncode == 1
    assert "0 found, 0 missing, 1 failed in" in ran.stderr
    local = Sandbox(customers=10)
    with running(local) as url:
        ran = partnero(*fetch, "--retry-failed", base_url=url)
        assert local.stats.requests == 1
    local.close()
    assert ran.returncode == 0, ran.stderr
    assert [item.name for item in tmp_path.iterdir()] == [out.name]
    assert len(out.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resume"], "Missing option '--keys'"),
        ([], "Missing option '--keys'"),
        (["--resume", "--overwrite", "--keys", "-"], "--overwrite"),
        (["--retry-failed", "--overwrite"], "--overwrite"),
        (["--resume", "--keys", "-"], "is not the file of an export: see line 1"),
    ],
)
def test_fetch_leaves_a_file_alone_that_it_cannot_go_on_with(
    base_url: str, tmp_path: Path, options: list[str], said: str
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious\n")
    ran = partnero("customers", "fetch", "--out", str(out), *options, base_url=base_url, given="a\n")
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert out.read_text() == "precious\n"


def test_fetch_cannot_go_on_in_a_folder_that_is_not_there(base_url: str, tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "out.jsonl"
    ran = partnero(
        "customers", "fetch", "--resume", "--keys", "-", "--out", str(out), base_url=base_url, given="a\n"
    )
    assert ran.returncode == 1
    assert ran.stderr == f"partnero: cannot write {out}: No such file or directory\n"


def test_an_interrupted_fetch_is_resumed_without_asking_for_a_key_twice(tmp_path: Path) -> None:
    local = Sandbox(customers=1_000, latency=(0.02, 0.02))
    out = tmp_path / "out.jsonl"
    keys = tmp_path / "keys.txt"
    keys.write_text("\n".join(f"customer_{n:06d}" for n in range(1, 1_001)))
    arguments = ["customers", "fetch", "--resume", "--keys", str(keys), "--out", str(out)]
    with running(local) as url:
        process = subprocess.Popen(
            [*PARTNERO, *arguments], env=environment(url), stderr=subprocess.PIPE, text=True
        )
        while local.stats.requests < 300:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert re.search(r"\d+ found, 0 missing, 0 failed, \d+ not asked for in ", said)
        assert "interrupted" in said
        assert "Traceback" not in said
        ran = partnero(*arguments, base_url=url)
        asked = local.stats.requests
    local.close()
    assert ran.returncode == 0, ran.stderr
    assert len({json.loads(line)["key"] for line in out.read_text().splitlines()}) == 1_000
    assert asked <= 1_020
    assert [item.name for item in sorted(tmp_path.iterdir())] == [keys.name, out.name]


def test_sandbox_serves_until_interrupted() -> None:
    process = subprocess.Popen([*PARTNERO, "sandbox", "--customers", "5"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Sandbox ready at http://127.0.0.1:")
    ran = partnero("customers", "get", "customer_000005", base_url=line.split()[-1])
    process.send_signal(signal.SIGINT)
    assert process.wait(10) in (0, 130)
    process.stdout.close()
    assert ran.returncode == 0


def test_sandbox_refuses_nonsense_in_one_line() -> None:
    ran = partnero("sandbox", "--customers", "many")
    assert ran.returncode == 2
    assert "many" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_help_tells_the_exit_codes() -> None:
    ran = partnero("--help")
    assert "130 interrupted" in " ".join(ran.stdout.split())


@pytest.mark.parametrize(("missing", "arguments"), [("click", ["test"]), ("rich", ["customers", "list"])])
def test_without_the_extra_the_command_says_what_to_install(missing: str, arguments: list[str]) -> None:
    ran = without(missing, *arguments, base_url="http://127.0.0.1:9/v1")
    assert ran.returncode == 2
    assert ran.stderr == f"partnero: the command line needs {missing}: pip install 'partnero-async[cli]'\n"


def test_what_draws_nothing_does_without_rich(base_url: str) -> None:
    ran = without("rich", "customers", "get", "customer_000001", base_url=base_url)
    assert (ran.returncode, ran.stderr) == (0, "")


def without(module: str, *arguments: str, base_url: str) -> subprocess.CompletedProcess[str]:
    """Runs a command where a module of the extra was never installed."""
    code = f"import sys; sys.modules[{module!r}] = None; from partnero_async.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment(base_url),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
