"""The reference names everything that there is, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module
from inspect import getmembers, isfunction
from operator import attrgetter
from pathlib import Path
from runpy import run_path
from typing import Any, get_args

import click
import pytest

import partnero_async
from partnero_async import errors
from partnero_async._http.engines.origin import BASE_URL_VARIABLE
from partnero_async._secret import API_KEY_VARIABLE
from partnero_async.cli.commands import partnero
from partnero_async.cli.exit_codes import ExitCode
from partnero_async.resources._registry import RESOURCES, all_endpoints, load_resource
from partnero_async.sandbox import Fault
from partnero_async.sandbox.__main__ import _arguments
from partnero_async.sandbox.control import _CHANGES
from partnero_async.sandbox.faults import Deed

from .contract.rows import LEFT_TO_REQUEST, LEGACY, ROWS

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
ROOMS = (
    "errors",
    "records",
    "inputs",
    "lists",
    "bulk",
    "export",
    "outbox",
    "shared",
    "webhooks",
    "testing",
    "sandbox",
)


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    """What ``docs/generate.py`` defines."""
    return run_path(str(REFERENCE.parent / "generate.py"))


def page(name: str) -> str:
    return REFERENCE.joinpath(f"{name}.md").read_text(encoding="utf-8")


def table_under(heading: str, text: str) -> list[list[str]]:
    """The cells of the first table under a heading, its own two head lines left out."""
    section = f"\n{text}".split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    found = re.search(r"(?:^\|.*\n)+", section, re.M)
    assert found, f"there is no table under {heading}"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[0].splitlines()]
    return rows[2:]


def words_in(cells: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", " ".join(cells))


def public_names() -> list[str]:
    """The shortest path from which users can import each public name."""
    at_the_root = list(partnero_async.__all__)
    rooms = {room: import_module(f"partnero_async.{room}").__all__ for room in ROOMS}
    below = [f"{room}.{name}" for room, names in rooms.items() for name in names if name not in at_the_root]
    return at_the_root + below


def documented_names() -> list[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(REFERENCE.glob("*.md")))
    return re.findall(rf"^::: partnero_async\.((?:(?:{'|'.join(ROOMS)})\.)?\w+)$", text, re.M)


def resources() -> list[tuple[str, type]]:
    """The attributes of a client that are resources, and their classes."""
    return [(name, load_resource(name)) for name in RESOURCES]


def test_every_public_name_is_in_the_reference_once() -> None:
    assert sorted(documented_names()) == sorted(public_names())


def test_what_is_generated_is_what_would_be_written(generator: dict[str, Any]) -> None:
    for name in generator["PARTS"]:
        written = REFERENCE.parent.joinpath(name).read_text(encoding="utf-8")
        assert written == generator["page_with_parts"](name), f"{name}: run python docs/generate.py"


def test_every_page_with_generated_parts_is_written_by_the_generator(generator: dict[str, Any]) -> None:
    docs = REFERENCE.parent
    marked = [page for page in docs.glob("**/*.md") if "<!-- generated" in page.read_text(encoding="utf-8")]
    assert {page.relative_to(docs).as_posix() for page in marked} == set(generator["PARTS"])


def test_the_table_of_errors_has_every_error_in_the_order_of_the_tree() -> None:
    named = [words_in(row[:1])[0] for row in table_under("## What they mean and what to do", page("errors"))]
    assert sorted(named) == sorted(name for name in errors.__all__ if name.endswith("Error"))
    for position, name in enumerate(named[1:], start=1):
        parents = {parent.__name__ for parent in getattr(errors, name).__mro__[1:]}
        assert parents & set(named[:position]), f"{name} stands before its parent"


def test_the_tree_of_errors_is_the_tree_of_classes() -> None:
    drawn = re.search(r"```text\n(PartneroError\n.*?)```", page("errors"), re.S)
    assert drawn
    above = list[str]()
    seen = set[str]()
    for line in drawn[1].splitlines():
        match = re.fullmatch(r"([│├└─ ]*)(\w+)(?: +(\d{3})| +5xx| +also an? (\w+))?", line)
        assert match, line
        depth, error = len(match[1]) // 4, getattr(errors, match[2])
        above[depth:] = [match[2]]
        seen.add(match[2])
        if depth:
            assert error.__bases__[0].__name__ == above[depth - 1]
        assert [base.__name__ for base in error.__bases__[1:]] == ([match[4]] if match[4] else [])
        assert match[3] is None or errors.status_error(int(match[3])) is error
    assert seen == {name for name in errors.__all__ if name.endswith("Error")}


def test_the_table_of_endpoints_has_every_endpoint_and_what_is_repeated() -> None:
    rows = table_under("# Endpoints", page("endpoints"))
    told = {words_in(row[:1])[0]: row[3] == "yes" for row in rows if row[3]}
    assert told == {f"{known.method} {known.path}": known.safe_to_retry for known in all_endpoints()}


def test_what_no_method_sends_is_in_the_table_of_endpoints_with_the_reason() -> None:
    rows = table_under("# Endpoints", page("endpoints"))
    reasons = {words_in(row[:1])[0]: row[2] for row in rows if not row[3]}
    left = {row: LEFT_TO_REQUEST[row.number] for row in ROWS if row.number in LEFT_TO_REQUEST}
    left |= {legacy: legacy.why for legacy in LEGACY}
    assert reasons == {f"{row.method} {row.path}": f"none: {why}" for row, why in left.items()}


def test_every_row_of_the_sources_is_in_the_table_of_endpoints() -> None:
    told = {
        re.sub(r"{\w+}", "{}", words_in(row[:1])[0]) for row in table_under("# Endpoints", page("endpoints"))
    }
    assert {re.sub(r"{\w+}", "{}", f"{row.method} {row.path}") for row in ROWS} <= told


def test_the_table_of_endpoints_names_methods_that_exist() -> None:
    client = partnero_async.AsyncPartnero("test_key")
    for row in table_under("# Endpoints", page("endpoints")):
        names = words_in(row[2:3]) if row[3] else []
        assert bool(names) == bool(row[3]), f"{row[0]} has no method"
        for name in names:
            assert callable(attrgetter(name)(client))


def test_every_method_of_a_resource_is_in_the_table_of_endpoints() -> None:
    told = {name for row in table_under("# Endpoints", page("endpoints")) for name in words_in(row[2:3])}
    for attribute, resource in resources():
        methods = {name for name, _ in getmembers(resource, isfunction) if not name.startswith("_")}
        assert {f"{attribute}.{name}" for name in methods} <= told


def test_every_resource_is_in_the_reference() -> None:
    shown = re.findall(r"Reached as `partnero\.(\w+)`\.(?:\n.+)?\n\n::: ([\w.]+)", page("resources"))
    assert shown == [(name, f"{kind.__module__}.{kind.__name__}") for name, kind in resources()]


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    told = [int(row[0]) for row in table_under("## Exit codes", page("command-line"))]
    assert told == sorted(map(int, ExitCode))


def commands(group: click.Group, path: str = "partnero") -> dict[str, click.Command]:
    """Every command by its words; those of nouns are made when they are asked for."""
    context = click.Context(group)
    found = dict[str, click.Command]()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        full = f"{path} {name}"
        found |= commands(command, full) if isinstance(command, click.Group) else {full: command}
    return found


COMMANDS = commands(partnero)
KINDS = {"lists": "list", "actions": "change", "many": "get", "exporting": "export"}
"""What commands of nouns do, by the module that makes them."""


def kind_of(command: click.Command) -> str | None:
    """What a command does that was made of a method; None for one that was written by hand."""
    return KINDS.get(getattr(command.callback, "__module__", "").rpartition(".")[2])


def options_of(command: click.Command) -> set[str]:
    """The options that its help shows."""
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    return {option.opts[0] for option in options} - {"--help"}


WRITTEN = [name for name, command in COMMANDS.items() if kind_of(command) is None]


def section(heading: str) -> str:
    text = page("command-line")
    assert f"\n{heading}\n" in text
    return text.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]


def test_each_noun_is_in_the_table_with_exactly_its_commands() -> None:
    told = {words_in(row[:1])[0]: words_in(row[2:3]) for row in table_under("## Nouns", page("command-line"))}
    known = dict[str, list[str]]()
    for name, command in COMMANDS.items():
        _, noun, *rest = name.split(" ", 2)
        if rest and noun not in ("jobs", "outbox"):
            assert command.name is not None
            known.setdefault(noun, []).append(command.name)
    assert told == known


@pytest.mark.parametrize(
    ("kind", "heading", "more"),
    [
        ("list", "## Commands that list", set[str]()),
        ("get", "## Commands that show one", set[str]()),
        (
            "change",
            "## Commands that change",
            {"--yes", "--dry-run", "--from", "--concurrency", "--clear", "--by", "--json"},
        ),
        ("export", "## Export", {"--details"}),
    ],
)
def test_what_commands_of_a_kind_share_is_told_once(kind: str, heading: str, more: set[str]) -> None:
    options = [options_of(command) for command in COMMANDS.values() if kind_of(command) == kind]
    assert options
    assert more <= set.union(*options)
    told = set(words_in([row[0] for row in table_under(heading, page("command-line"))]))
    assert told == set.intersection(*options) | more


@pytest.mark.parametrize("name", WRITTEN)
def test_every_other_command_has_its_section_with_its_options(name: str) -> None:
    text = section(f"## {name}")
    for option in options_of(COMMANDS[name]):
        assert f"`{option}`" in text


def test_the_options_for_every_command_are_told_of() -> None:
    told = words_in([row[0] for row in table_under("## For every command", page("command-line"))])
    assert set(told) == options_of(partnero) - {"--version"}


def test_no_command_is_told_of_that_does_not_exist() -> None:
    told = re.findall(r"^## (partnero .+)$", page("command-line"), re.M)
    assert sorted(told) == sorted(WRITTEN)


def test_the_options_of_the_sandbox_are_all_in_its_reference() -> None:
    told = [words_in(row[:1])[0] for row in table_under("## As a command", page("sandbox"))]
    known = [option for action in _arguments()._actions for option in action.option_strings]
    assert sorted(told) == sorted(set(known) - {"-h", "--help"})


def test_the_fields_and_deeds_of_faults_are_all_told_of_in_their_order() -> None:
    told = re.findall(r"^ {4}(?: {4})?(\w+): (.+)", Fault.__doc__ or "", re.M)
    assert [name for name, _ in told] == [field.name for field in fields(Fault) if field.name != "_"]
    assert words_in([told[0][1]]) == list(get_args(Deed))


def test_the_control_endpoints_are_all_in_the_reference() -> None:
    told = [words_in(row[:1])[0] for row in table_under("## Control endpoints", page("sandbox"))]
    deliveries = ["GET /_sandbox/deliveries", "POST /_sandbox/deliveries/{number}/resend"]
    changes = [f"PUT /_sandbox/{name}" for name in _CHANGES]
    assert sorted(told) == sorted(["GET /_sandbox/stats", *changes, *deliveries])


def test_the_variables_of_the_environment_are_in_the_reference() -> None:
    told = [words_in(row[:1])[0] for row in table_under("# The client", page("client"))]
    assert told == [API_KEY_VARIABLE, BASE_URL_VARIABLE]
