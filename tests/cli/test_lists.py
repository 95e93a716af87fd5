"""Lists of records: as tables, JSON, JSON lines and CSV; every item unless there is a limit."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.cells import cell_len

from partnero_async.sandbox import Sandbox

from .commands import Command

ODD_NAMES = {
    "escape": "\x1b[31mred\x1b[0m\nline\x07",
    "right to left": "\u202eevil",
    "wide": "山田太郎" * 20,
    "combining": "e\u0301" * 30,
    "formula": "=cmd|' /C calc'!A0",
}


def rename(command: Command, name: str, key: str = "customer_000001") -> None:
    body = json.dumps({"update": {"name": name}})
    assert command("api", "PUT", f"/customers/{key}", "--data", body, "--yes").code == 0


def test_every_item_is_listed_page_after_page(command: Command, sandbox: Sandbox) -> None:
    ran = command("customers", "list", "--jsonl", "--page-size", "20")
    assert len(ran.out.splitlines()) == 50
    assert sandbox.stats.requests == 3


@pytest.mark.parametrize(("limit", "requests"), [(1, 1), (20, 1), (21, 2), (99, 3)])
def test_a_limit_asks_for_no_page_too_many(
    command: Command, sandbox: Sandbox, limit: int, requests: int
) -> None:
    ran = command("customers", "list", "--jsonl", "--page-size", "20", "--limit", str(limit))
    assert len(ran.out.splitlines()) == min(limit, 50)
    assert sandbox.stats.requests == requests


def test_json_is_an_array_also_of_nothing(command: Command) -> None:
    assert len(json.loads(command("customers", "list", "--json").out)) == 50
    assert command("leads", "list", "--json").out == "[]\n"
    assert command("leads", "list", "--jsonl").out == ""


def test_csv_has_its_line_of_names_also_for_nothing(command: Command) -> None:
    (names,) = csv.reader(io.StringIO(command("leads", "list", "--csv").out))
    assert names[:2] == ["id", "status"]


def test_columns_are_chosen_in_their_order_and_within_records(command: Command) -> None:
    chosen = ("--columns", "name, key", "--limit", "1")
    assert command("customers", "list", "--csv", *chosen).out == "name,key\nBob,customer_000001\n"
    assert json.loads(command("customers", "list", "--jsonl", *chosen).out) == {
        "name": "Bob",
        "key": "customer_000001",
    }
    within = command("partners", "list", "--limit", "1", "--jsonl", "--columns", "id,referrals.clicks")
    assert json.loads(within.out) == {"id": "partner_001", "referrals.clicks": None}


def test_a_column_in_what_is_free_in_form_may_be_any(command: Command, sandbox: Sandbox) -> None:
    free = command(
        "partners", "list", "--limit", "1", "--jsonl", "--columns", "custom_fields.shoe_size,partner"
    )
    assert free.code == 2
    free = command("partners", "list", "--limit", "1", "--jsonl", "--columns", "custom_fields.shoe_size,tags")
    assert json.loads(free.out).keys() == {"custom_fields.shoe_size", "tags"}


@pytest.mark.parametrize(
    "columns",
    ["nonsense", "key,nonsense", "nonsense.key", "key.nonsense", "partner.nonsense", "extra.x", "partner."],
)
def test_a_column_that_does_not_exist_is_wrong_usage(
    command: Command, sandbox: Sandbox, columns: str
) -> None:
    ran = command("customers", "list", "--columns", columns)
    assert (ran.code, ran.out, sandbox.stats.requests) == (2, "", 0)
    assert ran.err.startswith("partnero: there is no column ")
    assert "there are key, partner, " in ran.err


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_a_table_fits_the_terminal_whatever_names_it_has(command: Command, name: str, width: int) -> None:
    rename(command, name)
    ran = command("customers", "list", "--limit", "3", terminal=width)
    lines = ran.out.splitlines()
    assert len(lines) == 4
    assert all(cell_len(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)


def test_a_narrow_table_says_what_it_leaves_out(command: Command) -> None:
    ran = command("customers", "list", "--limit", "3", terminal=50)
    assert ran.err == "partnero: 4 more columns do not fit: --columns chooses, --json has all\n"
    assert ran.out.splitlines()[0].split() == ["key", "partner", "deleted", "name"]


def test_a_table_in_a_pipe_is_not_cut(command: Command) -> None:
    rename(command, "Ada " * 50)
    assert ("Ada " * 50).strip() in command("customers", "list", "--limit", "3").out


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_gives_a_spreadsheet_no_formula_unless_asked_to(command: Command, name: str) -> None:
    rename(command, name)
    one = ("customers", "list", "--limit", "1", "--csv", "--columns", "name")
    escaped = command(*one).out
    assert list(csv.reader(io.StringIO(escaped, newline=""))) == [["name"], [f"'{name}"]]
    kept = command(*one, "--formulas", "kept").out
    assert list(csv.reader(io.StringIO(kept, newline=""))) == [["name"], [name]]


def test_what_was_escaped_in_csv_comes_back_as_it_was(command: Command) -> None:
    rename(command, "=1+1")
    listed = command("customers", "list", "--limit", "1", "--csv", "--columns", "key,name").out
    again = listed.replace("key", "customer", 1)
    assert command("customers", "update", "--from", "-", "--yes", given=again).code == 0
    assert '"name": "=1+1"' in command("customers", "get", "customer_000001", "--json").out


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "Łukasz"), ("utf-16", "Łukasz"), ("cp1252", "\\u0141ukasz")]
)
def test_json_keeps_letters_where_they_can_be_written(command: Command, encoding: str, shown: str) -> None:
    rename(command, "Łukasz")
    ran = command("customers", "get", "customer_000001", "--json", encoding=encoding)
    assert f'"name": "{shown}"' in ran.out
    assert json.loads(ran.out)["name"] == "Łukasz"


def test_a_name_that_cannot_be_written_costs_nothing_else(command: Command) -> None:
    rename(command, "Łukasz")
    ran = command("customers", "get", "customer_000001", "customer_000002", encoding="cp1252")
    assert ran.code == 0
    assert "\\u0141ukasz" in ran.out
    assert "Customer customer_000002" in ran.out
