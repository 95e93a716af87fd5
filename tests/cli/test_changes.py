"""Calls that change something: asked about, checked without being sent, and sent from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from partnero_async.sandbox import Fault, Sandbox

from .commands import Command

CREATE = ("customers", "create", "--key", "ada", "--partner-key", "ref_001")


def outcomes(text: str) -> dict[int, str]:
    return {line["line"]: line["outcome"] for line in map(json.loads, text.splitlines())}


def test_where_nobody_can_be_asked_nothing_is_sent_without_yes(command: Command, sandbox: Sandbox) -> None:
    ran = command(*CREATE)
    assert (ran.code, sandbox.stats.requests) == (2, 0)
    assert ran.err.endswith("this changes something at Partnero: give --yes where nobody can be asked\n")


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "yesterday\n", "\x04"])
def test_only_a_yes_sends(command: Command, sandbox: Sandbox, answer: str) -> None:
    ran = command(*CREATE, given=answer, terminal=80)
    assert (ran.code, ran.out, sandbox.stats.requests) == (1, "", 0)
    assert ran.err.startswith('POST /customers {"key":"ada","partner":{"key":"ref_001"}}\nSend it? [y/N] ')
    assert ran.err.endswith("partnero: nothing was sent\n")


@pytest.mark.parametrize("answer", ["y\n", "Yes\n", " y "])
def test_a_yes_sends(command: Command, sandbox: Sandbox, answer: str) -> None:
    ran = command(*CREATE, given=answer, terminal=80)
    assert (ran.code, sandbox.stats.requests) == (0, 1)
    assert ran.out.startswith("Customer ada\n")


def test_a_dry_run_shows_the_request_and_sends_nothing(command: Command, sandbox: Sandbox) -> None:
    ran = command(*CREATE, "--dry-run")
    assert (ran.code, sandbox.stats.requests) == (0, 0)
    assert ran.out == 'POST /customers {"key":"ada","partner":{"key":"ref_001"}}\n'


def test_a_dry_run_of_a_redemption_shows_what_counts_it_and_not_what_is_read_first(command: Command) -> None:
    ran = command("promotion-codes", "redeem", "ADA", "--transaction-key", "s1", "--dry-run")
    assert ran.out.startswith("PUT /promotion-codes ")


def test_what_is_asked_shows_no_control_characters(command: Command) -> None:
    ran = command(*CREATE, "--name", "\x1b[2J", given="n\n", terminal=80)
    assert "\x1b" not in ran.err


def test_a_file_is_checked_as_a_whole_before_anything_is_sent(command: Command, sandbox: Sandbox) -> None:
    lines = ['{"key": "a", "partner": {"key": "ref_001"}}', '{"key": "b"}', "", "{", "[]", '{"nam": 1}']
    ran = command("customers", "create", "--from", "-", "--yes", given="\n".join(lines))
    assert (ran.code, ran.out, sandbox.stats.requests) == (2, "", 0)
    told = [line.split(" ", 3)[1:3] for line in ran.err.splitlines() if " line " in line]
    assert [number for word, number in told if word == "line"] == ["2:", "4:", "5:", "6:"]
    assert ran.err.endswith("nothing was sent: 4 wrong lines\n")


def test_of_many_wrong_lines_the_first_are_told_and_all_are_counted(command: Command) -> None:
    ran = command("customers", "create", "--from", "-", "--yes", given="{}\n" * 100)
    assert ran.err.count("partnero: line ") == 20
    assert ran.err.endswith("nothing was sent: 100 wrong lines\n")


def test_a_file_has_a_line_of_outcome_for_each_of_its_own(command: Command, sandbox: Sandbox) -> None:
    rows = ["key,partner.key,tags", "a,ref_001,x; y", "b,nobody,", 'c,ref_001,"z"']
    ran = command("customers", "create", "--from", "-", "--yes", given="\r\n".join(rows))
    assert ran.code == 1
    assert outcomes(ran.out) == {2: "done", 3: "failed", 4: "done"}
    failed = next(line for line in map(json.loads, ran.out.splitlines()) if line["outcome"] == "failed")
    assert failed["error"]["status"] == 400
    assert failed["in_doubt"] is False
    assert ran.err == "2 done, 1 failed\n"
    tags = json.loads(command("customers", "get", "a", "--json").out)["tags"]
    assert [tag["value"] for tag in tags] == ["x", "y"]


def test_a_file_can_be_checked_alone(command: Command, sandbox: Sandbox) -> None:
    given = '{"customer": "customer_000001", "name": "Ada"}\n' * 3
    ran = command("customers", "update", "--from", "-", "--dry-run", given=given)
    assert (ran.code, sandbox.stats.requests) == (0, 0)
    assert outcomes(ran.out) == {1: "valid", 2: "valid", 3: "valid"}
    assert json.loads(ran.out.splitlines()[0])["body"] == {"update": {"name": "Ada"}}


def test_keys_without_a_name_of_their_column_are_no_changes(command: Command, sandbox: Sandbox) -> None:
    ran = command("customers", "archive", "--from", "-", "--yes", given="customer_000001\ncustomer_000002\n")
    assert (ran.code, sandbox.stats.requests) == (2, 0)
    assert (
        "the first line of standard input must be names of columns, such as key: it is customer_000001"
        in ran.err
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "key,partner\nc,ref_001\n",
            "partner is named by exactly one of partner.id, partner.key, partner.email",
        ),
        (
            "key,name\nc,Ada\n",
            "partner is missing: give exactly one of partner.id, partner.key, partner.email",
        ),
    ],
)
def test_the_columns_of_a_partner_are_named(
    command: Command, sandbox: Sandbox, given: str, said: str
) -> None:
    ran = command("customers", "create", "--from", "-", "--yes", given=given)
    assert (ran.code, sandbox.stats.requests) == (2, 0)
    assert f"line 2: {said}" in ran.err


def test_the_options_of_a_partner_are_named(command: Command, sandbox: Sandbox) -> None:
    ran = command("customers", "create", "--key", "c", "--yes")
    assert ran.code == 2
    assert "give exactly one of --partner-id, --partner-key, --partner-email" in ran.err
    both = ("--partner-id", "partner_001", "--partner-key", "ref_001")
    ran = command("customers", "create", "--key", "c", *both, "--yes")
    assert ran.code == 2
    assert "exactly one of --partner-id, --partner-key, --partner-email" in ran.err


@pytest.mark.parametrize("tags", ["vip;early", '"[""vip"", ""early""]"'])
def test_several_values_stand_in_one_cell(command: Command, sandbox: Sandbox, tags: str) -> None:
    given = f"key,partner.key,tags\nc,ref_001,{tags}\n"
    assert command("customers", "create", "--from", "-", "--yes", given=given).code == 0
    ran = command("customers", "get", "c", "--json")
    assert [tag["value"] for tag in json.loads(ran.out)["tags"]] == ["vip", "early"]


def test_the_help_names_the_columns_of_a_file(command: Command) -> None:
    said = " ".join(command("customers", "create", "--help").out.split())
    assert "columns of key, partner.id, partner.key, partner.email," in said
    assert "tags (several: a;b)" in said


def test_an_outcome_says_whether_the_change_may_have_happened(command: Command, sandbox: Sandbox) -> None:
    sandbox.faults = [Fault("drop", method="POST", after=True)]
    given = '{"id": "partner_001", "amount": 5}\n'
    ran = command("partners", "reward", "--from", "-", "--yes", given=given)
    assert ran.code == 1
    assert json.loads(ran.out)["in_doubt"] is True


def test_a_run_that_is_refused_says_what_was_not_sent(command: Command, sandbox: Sandbox) -> None:
    sandbox.faults = [Fault("status", status=401)]
    given = "".join(f'{{"key": "c{number}", "partner": {{"key": "ref_001"}}}}\n' for number in range(50))
    ran = command("customers", "create", "--from", "-", "--yes", "--concurrency", "2", given=given)
    assert ran.code == 1
    assert " not sent\n" in ran.err
    assert "answered 401" in ran.err
    assert len(ran.out.splitlines()) < 50


def test_a_file_asks_once_and_says_how_many_there_are(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "changes.jsonl"
    file.write_text('{"key": "customer_000001"}\n{"key": "customer_000002"}\n')
    ran = command("customers", "archive", "--from", str(file), given="n\n", terminal=80)
    assert (ran.code, sandbox.stats.requests) == (1, 0)
    assert ran.err.startswith("POST /customers/customer_000001/archive and 1 more\nSend it? [y/N] ")


def test_a_file_needs_no_way_of_naming(command: Command) -> None:
    given = '{"subscriber": {"email": "ada@example.com"}}'
    ran = command("subscribers", "delete", "--from", "-", "--dry-run", given=given)
    assert (ran.code, outcomes(ran.out)) == (0, {1: "valid"}), ran.err


def test_a_file_beside_other_values_is_wrong_usage(command: Command) -> None:
    ran = command("customers", "update", "ada", "--from", "-", "--yes", given="{}")
    assert ran.code == 2
    assert ran.err.endswith("--from says everything: give no other values\n")


def test_sales_from_a_file_are_for_the_outbox(command: Command) -> None:
    ran = command("transactions", "create", "--from", "-", "--yes")
    assert ran.code == 2
    assert "No such option" in ran.err


@pytest.mark.parametrize("noun", ["leads", "payouts", "rewards"])
def test_ids_that_are_numbers_are_checked_before_anything_is_asked(
    command: Command, sandbox: Sandbox, noun: str
) -> None:
    assert command(noun, "get", "abc").code == 2
    assert sandbox.stats.requests == 0


@pytest.mark.parametrize("key", ["a/b", "c%2Fd", "e f", "ü?x=1#y", "-7", "--help"])
def test_a_key_is_a_key_whatever_it_looks_like(command: Command, key: str) -> None:
    body = json.dumps({"key": key, "partner": {"key": "ref_001"}})
    assert command("customers", "create", "--from", "-", "--yes", given=body).code == 0
    shown = command("customers", "get", "--json", "--", key)
    assert json.loads(shown.out)["key"] == key
    assert command("customers", "delete", "--yes", "--", key).code == 0
    assert command("customers", "get", "--", key).code == 3


def test_any_endpoint_can_be_called(command: Command) -> None:
    answer = json.loads(command("api", "GET", "/customers?limit=2&page=3").out)
    assert [one["key"] for one in answer["data"]] == ["customer_000005", "customer_000006"]
    assert command("api", "DELETE", "/customers/customer_000001").code == 2
    assert command("api", "DELETE", "/customers/customer_000001", "--yes").code == 0
    assert command("api", "GET", "/customers/customer_000001").code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("GET", "https://other.example.com/customers"),
        ("GET", "//other.example.com/customers"),
        ("GET", "http://[x"),
        ("GET", "/customers#all"),
        ("GET", "/customers?a=1&a=2"),
        ("GET", "/../customers"),
        ("GET", ""),
        ("BREW", "/coffee"),
        ("POST", "/customers", "--yes", "--data", "[1]"),
        ("POST", "/customers", "--yes", "--data", '{"amount": NaN}'),
        ("POST", "/customers", "--yes", "--data", "@nowhere.json"),
        ("POST", "/customers", "--yes", "--data", "[" * 100_000),
    ],
)
def test_what_is_no_call_is_wrong_usage(
    command: Command, sandbox: Sandbox, arguments: tuple[str, ...]
) -> None:
    ran = command("api", *arguments)
    assert (ran.code, ran.out, sandbox.stats.requests) == (2, "", 0)
    assert ran.err.splitlines()[-1].startswith("partnero: ")
