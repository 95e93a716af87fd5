"""Exports: all of a noun in a file, gone on with where it stopped, in three formats."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from partnero_async.cli.conversions import convert
from partnero_async.export._growing import GrowingFile
from partnero_async.records import Customer, Transaction
from partnero_async.sandbox import Fault, Sandbox

from .commands import Command

needs_pyarrow = pytest.mark.skipif(
    find_spec("pyarrow") is None, reason="pyarrow has no wheel for this Python"
)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_export_has_every_record_under_its_key(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "all.jsonl"
    ran = command("customers", "export", "--out", str(out))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("50 found, 0 missing, 0 failed in ")
    assert [line["key"] for line in lines(out)] == [f"customer_{number:06d}" for number in range(1, 51)]
    assert all(line["key"] == line["record"]["key"] for line in lines(out))


def test_the_same_command_again_adds_what_is_new(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "all.jsonl"
    export = ("customers", "export", "--out", str(out))
    command(*export)
    command("customers", "create", "--key", "new", "--partner-key", "ref_001", "--yes")
    ran = command(*export)
    assert ran.err.startswith("1 found, 0 missing, 0 failed, 50 on disk already in ")
    assert [line["key"] for line in lines(out)].count("new") == 1
    assert len(lines(out)) == 51


def test_a_torn_line_is_mended(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "all.jsonl"
    export = ("customers", "export", "--out", str(out))
    command(*export)
    whole = out.read_bytes()
    out.write_bytes(whole[: len(whole) // 2])
    assert command(*export).code == 0
    assert sorted(out.read_bytes().splitlines()) == sorted(whole.splitlines())


@pytest.mark.parametrize("noun", ["partners", "webhooks", "coupons", "promotion-codes", "leads", "payouts"])
def test_other_nouns_are_told_apart_by_their_own_identifiers(
    command: Command, tmp_path: Path, noun: str
) -> None:
    create = {
        "webhooks": {"name": "n", "url": "https://a.example/x", "events": ["customer.created"]},
        "leads": {"name": "Ada", "email": "ada@example.com", "partner": {"key": "ref_001"}},
        "coupons": {
            "coupon_discount_type": "static",
            "coupon_discount_amount": 5,
            "coupon_duration_type": "once",
        },
    }
    if noun in create:
        given = "".join(f"{json.dumps(create[noun])}\n" for _ in range(3))
        made = command(noun, "create", "--from", "-", "--yes", given=given)
        assert made.code == 0, made.err + made.out
    out = tmp_path / "all.jsonl"
    for _ in range(2):
        assert command(noun, "export", "--out", str(out)).code == 0
    listed = command(noun, "list", "--jsonl").out.splitlines()
    assert len(lines(out)) == len(listed)
    assert all("without" not in str(line["key"]) for line in lines(out))


def test_a_sale_that_was_sent_twice_is_exported_twice(command: Command, tmp_path: Path) -> None:
    sale = ("--key", "s1", "--amount", "5", "--customer-key", "customer_000001", "--yes")
    for _ in range(2):
        at = ("--created-at", "2026-05-07T10:30:00Z")
        assert command("transactions", "create", *sale, *at).code == 0
    out = tmp_path / "all.jsonl"
    for _ in range(2):
        assert command("transactions", "export", "--out", str(out)).code == 0
    assert [line["record"]["key"] for line in lines(out)].count("s1") == 2


def test_details_have_what_lists_leave_out(command: Command, tmp_path: Path, sandbox: Sandbox) -> None:
    out = tmp_path / "all.jsonl"
    sandbox.faults = [Fault("status", status=500, path="/v1/customers/customer_000007", times=3)]
    export = ("customers", "export", "--out", str(out), "--details")
    assert command(*export).code == 1
    before = sandbox.stats.requests
    # What failed is asked for again, and nothing else beside the list.
    assert command(*export).code == 0
    assert sandbox.stats.requests - before <= 4
    assert {line["record"]["status"] for line in lines(out)} == {"active"}
    assert len(lines(out)) == 50


def test_a_refusal_in_the_middle_keeps_what_came(command: Command, tmp_path: Path, sandbox: Sandbox) -> None:
    out = tmp_path / "all.csv"
    sandbox.faults = [Fault("status", status=401, method="GET", times=1)]
    assert command("customers", "export", "--out", str(out)).code == 1
    assert not out.exists()
    assert command("customers", "export", "--out", str(out)).code == 0
    assert len(rows(out)) == 50
    assert [item.name for item in tmp_path.iterdir()] == ["all.csv"]


def test_what_a_killed_conversion_left_is_no_harm(command: Command, tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    command("customers", "export", "--out", str(whole))
    whole.rename(tmp_path / "all.csv.part.jsonl")
    (tmp_path / "all.csv.part").write_text("key,partner\n" + "torn" * 10_000)
    out = tmp_path / "all.csv"
    assert command("customers", "export", "--out", str(out)).code == 0
    assert len(rows(out)) == 50
    assert [item.name for item in tmp_path.iterdir()] == ["all.csv"]


def test_what_is_there_is_not_overwritten_unless_told(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    out.write_text("precious\n")
    assert command("customers", "export", "--out", str(out)).code == 2
    assert out.read_text() == "precious\n"
    assert command("customers", "export", "--out", str(out), "--overwrite").code == 0
    assert len(rows(out)) == 50


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_a_wrong_api_key_overwrites_nothing(
    command: Command, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / f"all.{format}"
    assert command("customers", "export", "--out", str(out)).code == 0
    before = out.read_bytes()
    monkeypatch.setenv("PARTNERO_API_KEY", "wrong")
    assert command("customers", "export", "--out", str(out), "--overwrite").code == 1
    assert out.read_bytes() == before


@pytest.mark.parametrize(("name", "locked"), [("all.jsonl", "all.jsonl"), ("all.csv", "all.csv.part")])
def test_a_second_export_to_a_file_is_refused(
    command: Command, tmp_path: Path, name: str, locked: str
) -> None:
    other = GrowingFile(tmp_path / locked, keep_empty=True)
    other.lock()
    ran = command("customers", "export", "--out", str(tmp_path / name))
    other.close()
    assert ran.code == 1
    assert "another export writes to" in ran.err


@pytest.mark.parametrize(
    ("out", "code", "said"),
    [
        ("all.txt", 2, "--format is needed"),
        ("nowhere/all.csv", 1, "cannot write "),
        ("nowhere/all.jsonl", 1, "cannot write "),
        (".", 2, "is a directory"),
    ],
)
def test_where_nothing_can_be_written_it_says_so(command: Command, out: str, code: int, said: str) -> None:
    ran = command("customers", "export", "--out", out)
    assert ran.code == code
    assert said in ran.err


def test_csv_has_a_line_of_names_and_no_formulas(command: Command, tmp_path: Path) -> None:
    body = '{"update": {"name": "=1+1"}}'
    assert command("api", "PUT", "/customers/customer_000001", "--yes", "--data", body).code == 0
    for formulas, shown in (("escaped", "'=1+1"), ("kept", "=1+1")):
        out = tmp_path / f"{formulas}.csv"
        command("customers", "export", "--out", str(out), "--formulas", formulas)
        assert rows(out)[0]["name"] == shown


@needs_pyarrow
def test_parquet_has_types(tmp_path: Path) -> None:
    from pyarrow import parquet

    source, out = tmp_path / "in.jsonl", tmp_path / "out.parquet"
    records = [
        {"key": "a", "amount": 0.1, "credit": True, "created_at": "2026-05-07T10:30:00.000000Z"},
        {"key": "b", "amount": 12345678901234567890.25, "credit": None, "rewards": [{"amount": 1.5}]},
        {"key": "c", "amount": 3, "credit": False, "unheard_of": "x"},
    ]
    source.write_text("".join(f"{json.dumps({'key': r['key'], 'record': r})}\n" for r in records))
    text = source.read_text().replace("1.2345678901234567e+19", "12345678901234567890.25")
    source.write_text(text)
    convert(source, out, "parquet", Transaction, "escaped")
    table = parquet.read_table(out)
    told = table.to_pylist()
    assert [row["amount"] for row in told] == [Decimal("0.10"), Decimal("12345678901234567890.25"), 3]
    assert [row["credit"] for row in told] == [True, None, False]
    assert told[0]["created_at"] == datetime(2026, 5, 7, 10, 30, tzinfo=UTC)
    assert json.loads(told[1]["rewards"]) == [{"amount": 1.5}]
    assert json.loads(told[2]["extra"]) == {"unheard_of": "x"}


@needs_pyarrow
def test_parquet_takes_what_is_mixed_too_large_or_missing_as_text(tmp_path: Path) -> None:
    from pyarrow import parquet

    source, out = tmp_path / "in.jsonl", tmp_path / "out.parquet"
    values = [1, "two", 1.5, True, {"a": 1}, None]
    source.write_text("".join(f"{json.dumps({'key': '', 'record': {'name': v}})}\n" for v in values))
    convert(source, out, "parquet", Customer, "escaped")
    shown = [row["name"] for row in parquet.read_table(out).to_pylist()]
    assert shown == ["1", "two", "1.5", "true", '{"a": 1}', None]
    source.write_text(f'{{"key": "", "record": {{"name": {"9" * 60}}}}}\n')
    convert(source, out, "parquet", Customer, "escaped")
    assert parquet.read_table(out).to_pylist()[0]["name"] == "9" * 60


@needs_pyarrow
def test_an_export_of_nothing_is_a_parquet_file_without_rows(command: Command, tmp_path: Path) -> None:
    from pyarrow import parquet

    out = tmp_path / "all.parquet"
    assert command("leads", "export", "--out", str(out)).code == 0
    assert parquet.read_table(out).num_rows == 0


def test_without_pyarrow_parquet_says_what_to_install(
    command: Command, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet", raising=False)
    ran = command("customers", "export", "--out", "all.parquet")
    assert (ran.code, sandbox.stats.requests) == (2, 0)
    assert ran.err.endswith("Parquet needs pyarrow: pip install 'partnero-async[parquet]'\n")
