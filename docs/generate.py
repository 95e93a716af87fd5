"""Writes what can be derived from the code into the pages of the documentation.

Run ``python docs/generate.py`` after an endpoint, a method, a resource, a record, an input or a rule was
added or changed. A part of a page stands between ``<!-- generated: name -->`` and
``<!-- end of generated -->``; what is above and below is written by hand and stays. A test compares the pages
with what this would write.

It needs what the tests need: to know which method calls which endpoint, it makes the calls that
``tests/contract/test_requests.py`` has as examples.
"""

from __future__ import annotations

import asyncio
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, is_typeddict

sys.path.insert(0, str(Path(__file__).parent.parent))

import partnero_async
from partnero_async import (
    AsyncPartnero,
    bulk,
    errors,
    export,
    inputs,
    lists,
    outbox,
    records,
    testing,
    webhooks,
)
from partnero_async._http.endpoint import Endpoint
from partnero_async._http.policy import RULES, When
from partnero_async.bulk.many import ManyByKey
from partnero_async.resources._registry import (
    RESOURCES,
    all_endpoints,
    endpoints_of,
    find_endpoint,
    load_resource,
)
from partnero_async.sandbox.nouns import ROUTES
from tests.contract.rows import LEFT_TO_REQUEST, LEGACY, ROWS, Legacy, Row
from tests.contract.test_requests import EXAMPLES, Example
from tests.resources.scripts import Script

DOCS: Final = Path(__file__).parent
PART: Final = re.compile(r"(<!-- generated: ([\w ]+) -->\n).*?(<!-- end of generated -->)", re.S)


# Endpoints


def endpoint_table() -> str:
    """A row for each declared endpoint, and for what no method sends."""
    called = asyncio.run(endpoints_by_method())
    served = {(route.method, without_names(route.template)) for route in ROUTES}
    rows = []
    for endpoint in all_endpoints():
        methods = [name for name in methods_of_the_client() if endpoint in called.get(name, ())]
        rows.append(
            [
                f"`{endpoint.method} {endpoint.path}`",
                endpoint.programs,
                ", ".join(f"`{name}`" for name in methods or ["request"]),
                "yes" if endpoint.safe_to_retry else "no",
                "yes" if (endpoint.method, without_names(endpoint.path)) in served else "no",
                endpoint.sources.replace(" ", ", "),
                endpoint.confidence,
            ]
        )
    for row in ROWS:
        if row.number in LEFT_TO_REQUEST:
            rows.append(unoffered(row, f"none: {LEFT_TO_REQUEST[row.number]}"))
    rows += [unoffered(legacy, f"none: {legacy.why}") for legacy in LEGACY]
    return table("Endpoint | Programs | Method | Repeatable | Sandbox | Sources | Confidence", rows)


def unoffered(row: Row | Legacy, why: str) -> list[str]:
    """A row of the table for what no method sends."""
    return [f"`{row.method} {row.path}`", row.programs, why, "", "yes", "", ""]


def count_of_rows() -> str:
    """How many of the rows of the sources' table are offered, and how many are served."""
    served = {(route.method, without_names(route.template)) for route in ROUTES}
    numbers = {row.number for row in ROWS}
    offered = numbers - LEFT_TO_REQUEST.keys()
    there = {row.number for row in ROWS if (row.method, without_names(row.path)) in served}
    left = words(f"`{row.method} {row.path}`" for row in ROWS if row.number in LEFT_TO_REQUEST)
    return (
        f"The sources have {len(numbers)} endpoints, some of them in two forms. {len(offered)} have a method,"
        f" {left} has a reason to have none, and the sandbox serves {len(there)}.\n"
    )


def methods_of_the_client() -> Iterator[str]:
    """What calls an endpoint, as a user writes it behind ``partnero.``, in the order of the code."""
    yield "test"
    for attribute in RESOURCES:
        resource = load_resource(attribute)
        for name, value in vars(resource).items():
            if inspect.isfunction(value) and not name.startswith("_"):
                yield f"{attribute}.{name}"
                if name == "get" and issubclass(resource, ManyByKey):
                    yield f"{attribute}.get_many"
                    yield f"{attribute}.stream"


async def endpoints_by_method() -> dict[str, set[Endpoint[Any]]]:
    """What each method calls, seen by making the calls that the contract tests have as examples."""
    found: dict[str, set[Endpoint[Any]]] = {}
    for example in EXAMPLES:
        method, endpoint = await replay(example)
        found.setdefault(method, set()).add(endpoint)
        resource, _, name = method.partition(".")
        if name == "get" and issubclass(load_resource(resource), ManyByKey):
            # Both are the call of ``get`` for each key.
            for many in ("get_many", "stream"):
                found.setdefault(f"{resource}.{many}", set()).add(endpoint)
    return found


async def replay(example: Example) -> tuple[str, Endpoint[Any]]:
    """The method that an example calls, and the endpoint that its request belongs to."""
    script = Script(example.answer)
    noted: list[str] = []
    async with script.client() as client:
        noting: Any = Noting(client, noted)
        await example.call(noting)
    (method,) = noted
    resource = method.partition(".")[0]
    declared = endpoints_of(RESOURCES[resource][0]) if resource in RESOURCES else None
    endpoint = find_endpoint(script.last.method, tuple(script.last.path[1:].split("/")), declared)
    if endpoint is None:
        raise LookupError(f"the example {example} calls no declared endpoint")
    return method, endpoint


class Noting:
    """Stands for a client or one of its resources, and notes the methods that are asked for."""

    def __init__(self, subject: Any, noted: list[str], prefix: str = "") -> None:
        self._subject = subject
        self._noted = noted
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._subject, name)
        if isinstance(self._subject, AsyncPartnero) and name in RESOURCES:
            return Noting(value, self._noted, f"{name}.")
        self._noted.append(f"{self._prefix}{name}")
        return value


def without_names(path: str) -> str:
    """A path without the names of its placeholders, which the sandbox chooses for itself."""
    return re.sub(r"{\w+}", "{}", path)


# Resources


def resource_sections() -> str:
    """A section for each resource, with links to the inputs that no other resource takes."""
    taken = {attribute: inputs_of(load_resource(attribute)) for attribute in RESOURCES}
    sections = []
    for attribute in RESOURCES:
        others = set().union(*(names for other, names in taken.items() if other != attribute))
        own = [name for name in inputs.__all__ if name in taken[attribute] - others]
        said = f"Reached as `partnero.{attribute}`."
        if own:
            links = (f"[`{name}`](inputs.md#{public_path(inputs, name)})" for name in own)
            said += f"\nIt alone takes {words(links)}."
        resource = load_resource(attribute)
        sections.append(
            f"## {title(attribute)}\n\n{said}\n\n"
            + directive(
                f"{resource.__module__}.{resource.__name__}", show_bases=False, show_root_full_path=False
            )
        )
    return "\n".join(sections)


def resources_with_many() -> str:
    """Which resources have ``get_many`` and ``stream``."""
    names = [name for name in RESOURCES if issubclass(load_resource(name), ManyByKey)]
    return f"The resources that have them: {words(f'`{name}`' for name in names)}.\n"


def inputs_of(resource: type) -> set[str]:
    """The inputs that the signatures of a resource's own methods name."""
    functions = [value for value in vars(resource).values() if inspect.isfunction(value)]
    annotations = [
        str(parameter.annotation)
        for function in functions
        for parameter in inspect.signature(function).parameters.values()
    ]
    return set(re.findall(r"\w+", " ".join(annotations))) & set(inputs.__all__)


# Names


def every_name(room: ModuleType) -> str:
    """All public names of a room, under a heading for each of its modules."""
    return "\n".join(
        f"## {title(module.__name__.rpartition('.')[2])}\n\n"
        + "\n".join(directive_of(room, name) for name in names)
        for module, names in modules_of(room)
    )


def every_name_flat(room: ModuleType) -> str:
    """All public names of a room."""
    return "\n".join(directive_of(room, name) for _, names in modules_of(room) for name in names)


def names_in(room: ModuleType, *modules: str) -> str:
    """The public names of some modules of a room."""
    found = {module.__name__.rpartition(".")[2]: names for module, names in modules_of(room)}
    return "\n".join(directive_of(room, name) for module in modules for name in found[module])


def every_error() -> str:
    """All that is public there, roots before branches as the module has them."""
    return "\n".join(directive_of(errors, name) for name in vars(errors) if name in errors.__all__)


def modules_of(room: ModuleType) -> Iterator[tuple[ModuleType, list[str]]]:
    """The modules of a room, each with its public names: first what calls return, then the rest in order."""
    returned = {endpoint.returns.record for endpoint in all_endpoints()}
    for found in pkgutil.iter_modules(room.__path__):
        module = import_module(f"{room.__name__}.{found.name}")
        names = [name for name in vars(module) if name in module.__all__ and name in room.__all__]
        if names:
            yield module, sorted(names, key=lambda name: getattr(room, name) not in returned)


def directive_of(room: ModuleType, name: str) -> str:
    """What makes mkdocstrings show a name, with the options that its kind needs."""
    value = getattr(room, name)
    path = public_path(room, name)
    if is_typeddict(value):
        return directive(path, show_bases=False)
    if not isinstance(value, type):
        return directive(path)
    if issubclass(value, Enum):
        return directive(path, show_bases=False, show_if_no_docstring=True)
    base = value.__bases__[0]
    if base is not object and base.__name__ not in room.__all__ and base.__module__.split(".")[-1][0] == "_":
        # What it can do is said by a base that users do not meet.
        return directive(path, inherited_members=True, show_bases=False)
    return directive(path)


def public_path(room: ModuleType, name: str) -> str:
    """The shortest path from which users can import a name."""
    return f"{partnero_async.__name__ if name in partnero_async.__all__ else room.__name__}.{name}"


def directive(path: str, **options: bool) -> str:
    said = {"toc_label": path.rpartition(".")[2], **{name: str(on).lower() for name, on in options.items()}}
    lines = [f"::: {path}", "    options:", *(f"      {name}: {value}" for name, value in said.items())]
    return "\n".join(lines) + "\n"


# Rules


def decision_table() -> str:
    """A row for each kind of failure, in the order in which they are looked at."""
    rows = [
        [
            rule.failure,
            condition(rule.repeat, safe=True),
            condition(rule.repeat, safe=False),
            condition(rule.in_doubt, safe=False),
        ]
        for rule in RULES
    ]
    return table(
        "What happened | Repeated if it reads | Repeated if it changes state | In doubt if it changes state",
        rows,
    )


def condition(when: When, *, safe: bool) -> str:
    """In which case a condition is met by a call of this kind."""
    unwritten, written = (when.holds(safe=safe, written=written) for written in (False, True))
    if unwritten is written:
        return "yes" if written else "no"
    return "if a byte of it may have been written" if written else "only if no byte of it was written"


# Pages


PARTS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "reference/client.md": {
        "lists": lambda: every_name_flat(lists),
        "bulk": lambda: every_name_flat(bulk),
        "export": lambda: every_name_flat(export),
    },
    "reference/resources.md": {"resources with many": resources_with_many, "resources": resource_sections},
    "reference/endpoints.md": {"rows": count_of_rows, "endpoints": endpoint_table},
    "reference/inputs.md": {"inputs": lambda: every_name(inputs)},
    "reference/records.md": {"records": lambda: every_name(records)},
    "reference/errors.md": {"errors": every_error},
    "reference/outbox.md": {"outbox": lambda: every_name_flat(outbox)},
    "reference/webhooks.md": {
        "receiving": lambda: names_in(webhooks, "receiver", "endpoint", "handling"),
        "events": lambda: names_in(webhooks, "events"),
        "errors": lambda: names_in(webhooks, "errors"),
        "stores": lambda: names_in(webhooks, "seen", "sqlite", "redis"),
    },
    "reference/testing.md": {"kit": lambda: every_name_flat(testing)},
    "explanation/retries.md": {"rules": decision_table},
}
"""Page below ``docs`` -> the names of its generated parts, and what writes each."""


@cache
def page_with_parts(name: str) -> str:
    """A page as it would be written."""
    text = DOCS.joinpath(name).read_text(encoding="utf-8")
    marked = [match[2] for match in PART.finditer(text)]
    if marked != list(PARTS[name]):
        raise LookupError(f"{name} must have the parts {list(PARTS[name])}, and has {marked}")
    return PART.sub(lambda match: f"{match[1]}\n{PARTS[name][match[2]]()}\n{match[3]}", text)


def table(head: str, rows: list[list[str]]) -> str:
    columns = head.split(" | ")
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def title(name: str) -> str:
    """``partner_referral_links`` as a heading."""
    return "What all have in common" if name == "_base" else name.replace("_", " ").capitalize()


def words(items: Iterator[str]) -> str:
    """``a, b and c``."""
    *others, last = items
    return f"{', '.join(others)} and {last}" if others else last


if __name__ == "__main__":
    for page in PARTS:
        DOCS.joinpath(page).write_text(page_with_parts(page), encoding="utf-8")
