"""``partnero outbox``, against a served sandbox: in processes of its own where that makes a difference."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, NamedTuple
from unittest.mock import patch

import httpx
import pytest

from partnero_async.cli.commands import partnero
from partnero_async.sandbox import Fault, Sandbox
from partnero_async.sandbox.server import running

OUTBOX = [sys.executable, "-c", "from partnero_async.cli import main; main()", "outbox"]
OF_ADA = ("--customer-key", "customer_000001")
NOWHERE = "http://127.0.0.1:9/v1"
"""What only records asks nobody."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "sales.db")


@contextmanager
def served(*faults: Fault, latency: float = 0.0) -> Iterator[str]:
    local = Sandbox(customers=2, faults=faults, latency=(latency, latency))
    with running(local) as url:
        yield url
    local.close()


def environment(base_url: str, key: str = "sandbox_affiliate") -> dict[str, str]:
    return os.environ | {"PARTNERO_API_KEY": key, "PARTNERO_BASE_URL": base_url}


class Ran(NamedTuple):
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def outbox(
    *arguments: str,
    base_url: str = NOWHERE,
    key: str = "sandbox_affiliate",
    given: str | bytes = "",
    stdout: IO[str] | None = None,
) -> Ran:
    """Runs a command in this process: another one takes a second to start."""
    given = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
    said = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with (
        patch.dict(os.environ, environment(base_url, key)),
        patch("sys.stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8")),
        redirect_stdout(stdout or said[0]),
        redirect_stderr(said[1]),
        pytest.raises(SystemExit) as ended,
    ):
        partnero.main(["outbox", *arguments], prog_name="partnero")
    for stream in said:
        stream.seek(0)
    out, err = said[0].read(), said[1].read()
    return Ran(int(ended.value.code or 0), out, err)


def apart(*arguments: str, base_url: str = NOWHERE, given: str = "") -> Ran:
    """Runs a command in a process of its own."""
    ran = subprocess.run(
        [*OUTBOX, *arguments],
        env=environment(base_url),
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@contextmanager
def nobody_reads() -> Iterator[IO[str]]:
    """A pipe that nobody reads from."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    yield stream
    with suppress(BrokenPipeError):
        stream.close()


def wait_for(condition: Callable[[], object]) -> None:
    """Goes on as soon as the condition holds; the time limit of the test ends what never does."""
    while not condition():
        time.sleep(0.01)


def record(file: str, key: str, *more: str, base_url: str = NOWHERE, amount: str = "99.99") -> None:
    ran = outbox("record", file, "--key", key, "--amount", amount, *(more or OF_ADA), base_url=base_url)
    assert (ran.returncode, ran.stdout) == (0, f"accepted {key}\n"), ran.stderr


def entries(file: str, base_url: str = NOWHERE) -> dict[tuple[str, str], dict[str, Any]]:
    ran = outbox("list", file, "--json", base_url=base_url)
    assert ran.returncode == 0, ran.stderr
    return {(line["kind"], line["key"]): line for line in map(json.loads, ran.stdout.splitlines())}


def states(file: str, base_url: str = NOWHERE) -> dict[str, str]:
    return {key: entry["state"] for (_, key), entry in entries(file, base_url).items()}


def contents(file: str) -> list[dict[str, Any]]:
    """What would be sent."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT content FROM entries ORDER BY number").fetchall()
    return [json.loads(content, parse_float=Decimal) for (content,) in rows]


def at_partnero(base_url: str, key: str) -> int:
    """How many sales have this key."""
    headers = {"Authorization": "Bearer sandbox_affiliate"}
    found = httpx.get(f"{base_url}/transactions", params={"key": key, "limit": 100}, headers=headers).json()
    return sum(sale["key"] == key for sale in found["data"])


def lines_of(*sales: Any) -> str:
    """A file of sales; one that is text already stays as it is."""
    return "".join(f"{sale if isinstance(sale, str) else json.dumps(sale)}\n" for sale in sales)


def line(key: str = "order_1", amount: Any = 5, **fields: Any) -> dict[str, Any]:
    return {"key": key, "amount": amount, "customer": {"key": "customer_000001"}, **fields}


class TestRecord:
    def test_a_sale_is_recorded_then_delivered(self, file: str, base_url: str) -> None:
        told = ["record", file, "--key", "delivered_1", "--amount"]
        recorded = apart(*told, "99.99", *OF_ADA, base_url=base_url)
        assert recorded == (0, "accepted delivered_1\n", "")
        assert states(file, base_url) == {"delivered_1": "accepted"}
        assert at_partnero(base_url, "delivered_1") == 0
        assert outbox("drain", file, base_url=base_url) == (0, "", "")
        assert states(file, base_url) == {"delivered_1": "delivered"}
        assert at_partnero(base_url, "delivered_1") == 1
        again = outbox(*told, "99.990", *OF_ADA, base_url=base_url)
        assert again.stdout == "delivered delivered_1\n"

    def test_all_that_the_options_tell_is_kept_exactly(self, file: str) -> None:
        told = ["--reward", "0.10", "--currency", "EUR", "--action", "renewal"]
        told += ["--product-id", "a", "--product-id", "b", "--created-at", "2025-04-01T12:00:00+02:00"]
        told += ["--referral-url", "https://shop.example/?aff=ref_001"]
        record(file, "order_1", *told, "--customer-email", "ada@example.com", amount="123456789012.34")
        assert contents(file) == [
            {
                "key": "order_1",
                "amount": Decimal("123456789012.34"),
                "reward": Decimal("0.10"),
                "amount_units": "EUR",
                "action": "renewal",
                "product_id": ["a", "b"],
                "created_at": "2025-04-01T10:00:00.000000Z",
                "customer": {"email": "ada@example.com"},
                "options": {"referral_url": "https://shop.example/?aff=ref_001"},
            }
        ]

    def test_a_moment_may_be_in_unix_seconds_and_a_customer_have_an_id(self, file: str) -> None:
        record(file, "order_1", "--created-at", "1743508800", "--product-id", "a", "--customer-id", "7")
        (kept,) = contents(file)
        assert (kept["created_at"], kept["product_id"], kept["customer"]) == (1743508800, "a", {"id": "7"})

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            (["--amount", "1", *OF_ADA], "--key"),
            (["--key", "k", "--amount", "1"], "--customer-key"),
            (["--key", "k", "--amount", "1", *OF_ADA, "--customer-id", "7"], "one of --customer-key"),
            (["--key", "k", *OF_ADA], "an amount or a reward"),
            (["--key", "k", "--amount", "9,99", *OF_ADA], "'9,99' is no amount"),
            (["--key", "k", "--amount", "1e3", *OF_ADA], "is no amount"),
            (["--key", "k", "--amount", "nan", *OF_ADA], "is no amount"),
            (["--key", "k", "--amount", "0.12345678901234567890", *OF_ADA], "exactly"),
            (["--key", "..", "--amount", "1", *OF_ADA], "key must not be"),
            (["--key", " ", "--amount", "1", *OF_ADA], "blank"),
            (["--key", "k", "--amount", "1", *OF_ADA, "--created-at", "2025-04-01T12:00:00"], "time zone"),
            (["--key", "k", "--amount", "1", *OF_ADA, "--created-at", "1743508800000"], "created_at must be"),
            (["--key", "k", "--amount", "1", *OF_ADA, "--program", "newsletter"], "newsletter"),
            (["--from", "-", "--key", "k"], "leave the options of a single one out"),
            (["--from", "nowhere.jsonl"], "nowhere.jsonl"),
        ],
    )
    def test_nonsense_is_wrong_usage_and_makes_no_file(self, file: str, told: list[str], said: str) -> None:
        ran = outbox("record", file, *told)
        assert ran.returncode == 2
        assert said in " ".join(ran.stderr.split())
        assert not Path(file).exists()

    def test_another_sale_with_the_same_key_fails_in_one_line(self, file: str) -> None:
        record(file, "order_1")
        ran = outbox("record", file, "--key", "order_1", "--amount", "1", *OF_ADA)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert re.fullmatch(r"partnero: a sale with the key 'order_1' and other content .*\n", ran.stderr)

    def test_without_an_api_key_nothing_is_made(self, file: str) -> None:
        ran = outbox("record", file, "--key", "order_1", "--amount", "1", *OF_ADA, key="")
        assert ran.returncode == 2
        assert "PARTNERO_API_KEY" in ran.stderr
        assert not Path(file).exists()


class TestRecordFrom:
    def test_sales_come_through_a_pipe_and_leave_through_one(self, file: str) -> None:
        seller = (
            "import json\n"
            "for n in range(1200):\n"
            "    print(json.dumps({'key': f'order_{n}', 'amount': n, 'customer': {'key': 'c'}}))"
        )
        script = '"$0" -c "$1" | "$0" -c "$2" outbox record "$3" --from - | wc -l'
        ran = subprocess.run(
            ["sh", "-c", script, sys.executable, seller, OUTBOX[2], file],
            env=environment(NOWHERE),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, "1200", "")
        assert [sale["key"] for sale in contents(file)] == [f"order_{n}" for n in range(1200)]

    def test_all_is_recorded_though_nobody_reads_what_is_shown(self, file: str) -> None:
        given = lines_of(*(line(f"order_{n}") for n in range(1200)))
        with nobody_reads() as nobody:
            ran = outbox("record", file, "--from", "-", given=given, stdout=nobody)
        assert (ran.returncode, ran.stderr) == (1, "")
        assert len(contents(file)) == 1200

    def test_amounts_are_exact_nulls_left_out_and_empty_lines_too(self, file: str) -> None:
        given = "\ufeff" + lines_of(
            '{"key": "a", "amount": 0.1000, "customer": {"key": "c"}, "action": null, "rewardable": false}',
            "",
            line("b", 7, created_at="2025-04-01T12:00:00Z", product_id=[1, "x"], referral_url="https://a.b"),
        )
        ran = outbox("record", file, "--from", "-", given=given)
        assert (ran.returncode, ran.stdout) == (0, "accepted a\naccepted b\n"), ran.stderr
        first, second = contents(file)
        assert (str(first["amount"]), first["rewardable"], "action" in first) == ("0.1000", False, False)
        assert (second["created_at"], second["product_id"]) == ("2025-04-01T12:00:00.000000Z", [1, "x"])
        assert second["options"] == {"referral_url": "https://a.b"}

    def test_wrong_lines_are_named_and_then_nothing_is_recorded(self, file: str) -> None:
        wrong = {
            "no JSON": "{",
            "a JSON object": '["order_1"]',
            "too deep": "[" * 100_000,
            "NaN": '{"key": "order_1", "amount": NaN}',
            "no field colour": line(colour="red"),
            "amount must be a number": line(amount="5.00"),
            "an amount or a reward": {"key": "order_1", "customer": {"key": "c"}},
            "needs a key": {"amount": 5, "customer": {"key": "c"}},
            "needs a customer": {"key": "order_1", "amount": 5},
            "customer must be an object": line(customer="c"),
        }
        given = lines_of(line("fine"), *wrong.values())
        ran = outbox("record", file, "--from", "-", given=given)
        assert (ran.returncode, ran.stdout) == (2, "")
        *told, last = ran.stderr.splitlines()
        for number, (said, complaint) in enumerate(zip(wrong, told, strict=True), start=2):
            assert complaint.startswith(f"partnero: line {number}: ")
            assert said in complaint
        assert last == f"partnero: nothing was recorded: wrong lines: {len(wrong)}"
        assert not Path(file).exists()

    def test_fields_of_other_types_are_wrong_and_of_many_wrong_lines_ten_are_told(self, file: str) -> None:
        wrong = [
            line(customer={"key": "c", "id": "7"}),
            line(customer={"key": 7}),
            line(customer={"name": "Ada"}),
            line(created_at=True),
            line(created_at="yesterday"),
            line(rewardable="yes"),
            line(product_id={"id": 7}),
            line(referral_url=7),
            line("order_\ud800"),
            line(7),
            *["?"] * 5,
        ]
        ran = outbox("record", file, "--from", "-", given=lines_of(*wrong))
        assert ran.returncode == 2
        assert [told.split(":")[1] for told in ran.stderr.splitlines()[:-1]] == [
            f" line {number}" for number in range(1, 11)
        ]
        assert "wrong lines: 15" in ran.stderr

    def test_two_sales_with_one_key_in_a_file_are_a_wrong_line(self, file: str) -> None:
        given = lines_of(line("a"), line("a", 5.0), line("a", 6))
        ran = outbox("record", file, "--from", "-", given=given)
        assert ran.returncode == 2
        assert "line 3: line 1 has another sale with the key 'a'" in ran.stderr
        assert "line 2:" not in ran.stderr

    def test_a_conflict_with_what_is_kept_names_its_line_and_holds_up_no_other(self, file: str) -> None:
        record(file, "b")
        ran = outbox("record", file, "--from", "-", given=lines_of(line("a"), line("b"), line("c")))
        assert (ran.returncode, ran.stdout) == (1, "accepted a\naccepted c\n")
        assert re.fullmatch(r"partnero: line 2: a sale with the key 'b' .*\n", ran.stderr)

    @pytest.mark.parametrize(
        ("given", "said"), [("", "no sales"), ("\n \n", "no sales"), (b"\xff\xfe\n", "not UTF-8")]
    )
    def test_what_holds_no_sales_is_wrong_usage(self, file: str, given: str | bytes, said: str) -> None:
        ran = outbox("record", file, "--from", "-", given=given)
        assert ran.returncode == 2
        assert said in ran.stderr
        assert not Path(file).exists()


class TestRefund:
    def test_a_refund_follows_its_sale(self, file: str, base_url: str) -> None:
        record(file, "refunded_1", base_url=base_url)
        ran = outbox("refund", file, "refunded_1", "refunded_1", base_url=base_url)
        assert (ran.returncode, ran.stdout) == (0, "accepted refunded_1\n" * 2)
        assert outbox("drain", file, base_url=base_url).returncode == 0
        found = entries(file, base_url)
        assert {kind: entry["state"] for (kind, _), entry in found.items()} == {
            "sale": "delivered",
            "refund": "delivered",
        }
        assert at_partnero(base_url, "refunded_1") == 0

    @pytest.mark.parametrize("keys", [[], [".."], ["fine", " "]])
    def test_wrong_keys_make_no_file(self, file: str, keys: list[str]) -> None:
        assert outbox("refund", file, *keys).returncode == 2
        assert not Path(file).exists()


class TestList:
    def test_a_table_has_a_line_for_each_entry_and_nothing_that_a_terminal_obeys(self, file: str) -> None:
        record(file, "order_1")
        assert outbox("record", file, "--key", "\x1b[31mred", "--amount", "1", *OF_ADA).returncode == 0
        ran = outbox("list", file)
        assert ran.returncode == 0
        head, first, second = ran.stdout.splitlines()
        assert head.split() == ["number", "kind", "key", "state", "attempts", "recorded", "at", "error"]
        assert re.fullmatch(r" +1  sale    order_1 +accepted +0  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", first)
        assert r"\x1b[31mred" in second
        assert "\x1b" not in ran.stdout

    def test_json_tells_no_content(self, file: str) -> None:
        record(file, "order_1")
        found = entries(file)["sale", "order_1"]
        assert list(found) == ["number", "kind", "key", "state", "attempts", "recorded_at", "error"]
        assert (found["number"], found["state"], found["error"]) == (1, "accepted", None)

    def test_of_a_state_and_of_none(self, file: str) -> None:
        record(file, "order_1")
        assert "order_1" in outbox("list", file, "--state", "accepted").stdout
        ran = outbox("list", file, "--state", "in_doubt")
        assert (ran.returncode, ran.stdout) == (0, "")
        assert outbox("list", file, "--state", "lost").returncode == 2

    def test_it_ends_quietly_when_nobody_reads_any_further(self, file: str) -> None:
        record(file, "order_1")
        with nobody_reads() as nobody:
            ran = outbox("list", file, stdout=nobody)
        assert (ran.returncode, ran.stderr) == (1, "")


class TestDrain:
    def test_a_lost_answer_is_looked_up_and_the_sale_sent_once(self, file: str) -> None:
        lost = Fault("drop", method="POST", path="/v1/transactions", after=True, times=1)
        with served(lost) as url:
            record(file, "order_1", base_url=url)
            ran = apart("drain", file, "--settle-after", "0.5", base_url=url)
            assert ran.returncode == 0, ran.stderr
            assert at_partnero(url, "order_1") == 1
            found = entries(file, url)["sale", "order_1"]
        assert (found["state"], found["attempts"]) == ("delivered", 1)

    def test_what_is_refused_fails_and_is_told_until_a_person_settles_it(
        self, file: str, base_url: str
    ) -> None:
        record(file, "refused_1", "--customer-key", "nobody", base_url=base_url)
        for _ in range(2):
            ran = outbox("drain", file, base_url=base_url)
            assert ran.returncode == 1
            assert f"1 refused: partnero outbox list {file} --state refused" in ran.stderr
        assert "invalid" in outbox("list", file, "--state", "refused", base_url=base_url).stdout
        resolved = outbox("resolve", file, "refused_1", "--delivered", base_url=base_url)
        assert resolved.stdout == "delivered refused_1\n"
        assert outbox("drain", file, base_url=base_url).returncode == 0

    def test_a_wrong_api_key_ends_it_and_it_says_what_is_left(self, file: str, base_url: str) -> None:
        settings: Any = {"key": "sk_wrong", "base_url": base_url}
        outbox("record", file, "--from", "-", given=lines_of(line("a"), line("b")), **settings)
        ran = outbox("drain", file, key="sk_wrong", base_url=base_url)
        assert ran.returncode == 1
        assert "partnero: left: 2 accepted\n" in ran.stderr
        assert "answered 401" in ran.stderr
        assert "sk_wrong" not in ran.stderr

    def test_the_file_of_another_api_key_is_refused_unless_it_is_adopted(
        self, file: str, base_url: str
    ) -> None:
        record(file, "adopted_1")
        ran = outbox("drain", file, base_url=base_url)
        assert ran.returncode == 1
        assert re.fullmatch(
            r"partnero: the outbox .* belongs to another API key, base URL or type of program.*\n", ran.stderr
        )
        assert outbox("drain", file, "--adopt", base_url=base_url).returncode == 0
        assert states(file, base_url) == {"adopted_1": "delivered"}

    @pytest.mark.parametrize(
        "told",
        [
            ["--settle-after", "-1"],
            ["--settle-after", "nan"],
            ["--settle-after", "soon"],
            ["--concurrency", "0"],
            ["more"],
        ],
    )
    def test_nonsense_is_wrong_usage(self, file: str, told: list[str]) -> None:
        record(file, "order_1")
        assert outbox("drain", file, *told).returncode == 2

    def test_refer_a_friend_sales_are_delivered_too(self, file: str, base_url: str) -> None:
        given = lines_of({"key": "friend_1", "amount": 5, "customer": {"key": "ref_000001"}})
        settings: Any = {"base_url": base_url, "key": "sandbox_referral"}
        outbox("record", file, "--from", "-", "--program", "referral", given=given, **settings)
        ran = outbox("drain", file, "--program", "referral", "--concurrency", "50", **settings)
        listed = outbox("list", file, "--program", "referral", **settings)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "delivered" in listed.stdout


@contextmanager
def running_outbox(file: str, url: str) -> Iterator[subprocess.Popen[str]]:
    command = [*OUTBOX, "run", file, "--settle-after", "1"]
    with subprocess.Popen(command, env=environment(url), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "delivering from" in process.stderr.readline()
            yield process
        finally:
            process.kill()


class TestRun:
    def test_it_delivers_what_others_record_until_it_is_interrupted(self, file: str, base_url: str) -> None:
        with running_outbox(file, base_url) as process:
            record(file, "run_1", base_url=base_url)
            wait_for(lambda: in_state(file, "delivered") == 1)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
        assert (process.returncode, said) == (130, "partnero: interrupted\n")
        assert at_partnero(base_url, "run_1") == 1

    def test_sigterm_lets_calls_end_and_keeps_the_rest(self, file: str) -> None:
        with served(latency=0.3) as url:
            given = lines_of(*(line(f"order_{n}") for n in range(30)))
            assert outbox("record", file, "--from", "-", base_url=url, given=given).returncode == 0
            with running_outbox(file, url) as process:
                wait_for(lambda: in_state(file, "sending") == 5)
                process.send_signal(signal.SIGTERM)
                _, said = process.communicate(timeout=20)
            assert (process.returncode, said) == (0, "")
            found = states(file, url)
            assert len(found) == 30
            assert set(found.values()) == {"accepted", "delivered"}
            delivered = [key for key, state in found.items() if state == "delivered"]
            assert len(delivered) >= 5
            assert [at_partnero(url, key) for key in delivered[:3]] == [1, 1, 1]

    def test_a_second_signal_cuts_off_and_loses_nothing(self, file: str) -> None:
        local = Sandbox(customers=1, faults=(Fault("delay", method="POST", delay=8),))
        with closing(local), running(local) as url:
            record(file, "order_1", base_url=url)
            with running_outbox(file, url) as process:
                wait_for(lambda: local.stats.requests == 1)
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=5)
            assert process.returncode in (0, 130)
            assert "Traceback" not in said
            assert states(file, url) == {"order_1": "in_doubt"}


def in_state(file: str, state: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM entries WHERE state = ?", (state,)).fetchone()
    return int(count)


class TestResolve:
    def test_not_delivered_is_asked_on_a_terminal(self, file: str, base_url: str) -> None:
        record(file, "asked_1", "--customer-key", "nobody", base_url=base_url)
        assert outbox("drain", file, base_url=base_url).returncode == 1
        for answer, code, state in (("n", 1, "refused"), ("y", 0, "accepted")):
            said, returned = on_a_terminal(["resolve", file, "asked_1", "--not-delivered"], answer, base_url)
            assert returned == code
            assert "'asked_1' is sent again without being looked up" in said
            assert states(file, base_url) == {"asked_1": state}

    def test_scripts_say_yes(self, file: str, base_url: str) -> None:
        record(file, "script_1", "--customer-key", "nobody", base_url=base_url)
        outbox("drain", file, base_url=base_url)
        arguments = ["resolve", file, "script_1", "--not-delivered"]
        ran = outbox(*arguments, base_url=base_url, given="y\n")
        assert ran.returncode == 2
        assert "--yes" in ran.stderr
        assert states(file, base_url) == {"script_1": "refused"}
        ran = outbox(*arguments, "--yes", base_url=base_url)
        assert (ran.returncode, ran.stdout) == (0, "accepted script_1\n")

    def test_a_refund_is_resolved_apart_from_its_sale(self, file: str) -> None:
        record(file, "order_1")
        assert outbox("refund", file, "order_1").returncode == 0
        ran = outbox("resolve", file, "order_1", "--refund", "--delivered")
        assert (ran.returncode, ran.stdout) == (0, "delivered order_1\n")
        found = {kind: entry["state"] for (kind, _), entry in entries(file).items()}
        assert found == {"sale": "accepted", "refund": "delivered"}

    @pytest.mark.parametrize(
        ("told", "code", "said"),
        [
            (["order_1"], 2, "--delivered"),
            (["--delivered"], 2, "KEY"),
            (["nobody", "--delivered"], 1, "there is no sale with the key 'nobody'"),
            (["order_1", "--refund", "--delivered"], 1, "there is no refund"),
            (["order_1", "--not-delivered", "--yes"], 1, "would be paid twice"),
        ],
    )
    def test_what_cannot_be_settled(self, file: str, told: list[str], code: int, said: str) -> None:
        record(file, "order_1")
        assert outbox("resolve", file, "order_1", "--delivered").returncode == 0
        ran = outbox("resolve", file, *told)
        assert ran.returncode == code
        assert said in ran.stderr


def on_a_terminal(arguments: list[str], answer: str, base_url: str) -> tuple[str, int]:
    """What a command says to a person who answers it, and its exit code."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*OUTBOX, *arguments], env=environment(base_url), stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    said = b""
    try:
        while data := os.read(master, 4096):
            said += data
            if answer and b"sure?" in said:
                os.write(master, f"{answer}\n".encode())
                answer = ""
    except OSError:  # what Linux says when the other side of a terminal is gone
        pass
    os.close(master)
    return said.decode(), process.wait(20)


class TestTheFile:
    @pytest.mark.parametrize("told", [["list"], ["drain"], ["resolve", "order_1", "--delivered"]])
    def test_what_only_looks_at_a_file_makes_none(self, file: str, told: list[str]) -> None:
        command, *more = told
        ran = outbox(command, file, *more)
        assert ran.returncode == 2
        assert "sales.db' does not exist" in ran.stderr
        assert not Path(file).exists()

    @pytest.mark.parametrize("spoil", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
    def test_what_is_no_file_is_wrong_usage(self, file: str, spoil: Callable[[Any], Any]) -> None:
        spoil(Path(file))
        for told in (["list"], ["record", "--key", "k", "--amount", "1", *OF_ADA]):
            ran = outbox(told[0], file, *told[1:])
            assert ran.returncode == 2
            assert "sales.db" in ran.stderr

    def test_a_name_that_sqlite_knows_is_a_file_all_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        record(":memory:", "order_1")
        assert states(":memory:") == {"order_1": "accepted"}

    @pytest.mark.parametrize("kind", ["text", "another database"])
    def test_what_is_no_outbox_fails_in_one_line_and_stays_as_it_was(self, file: str, kind: str) -> None:
        if kind == "text":
            Path(file).write_text("precious\n" * 200)
        else:
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("CREATE TABLE precious (number)")
        before = Path(file).read_bytes()
        ran = outbox("record", file, "--key", "k", "--amount", "1", *OF_ADA)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert re.fullmatch(r"partnero: .*sales\.db.*no outbox.*\n", ran.stderr)
        assert Path(file).read_bytes() == before

    def test_a_folder_that_is_not_there_fails_in_one_line(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "nowhere" / "sales.db")
        ran = outbox("record", missing, "--from", "-", given=lines_of(line("a"), line("b")))
        assert (ran.returncode, ran.stdout) == (1, "")
        assert re.fullmatch(r"partnero: the outbox .* cannot be opened: .*\n", ran.stderr)
