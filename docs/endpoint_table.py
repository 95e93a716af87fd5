"""Writes the table of endpoints into reference/endpoints.md, from the declarations in the code.

Run it after an endpoint was added or changed: ``python docs/endpoint_table.py``. A test compares the page
with what this would write.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from partnero_async import AsyncPartnero
from partnero_async._http.endpoint import Endpoint
from partnero_async.bulk.many import ManyByKey
from partnero_async.resources._registry import all_endpoints
from partnero_async.resources.key_check import TEST
from partnero_async.sandbox.nouns import ROUTES

PAGE = Path(__file__).parent / "reference" / "endpoints.md"
HEAD = """\
| Endpoint | Programs | Method | Repeatable | Sandbox | Sources | Confidence |
| --- | --- | --- | --- | --- | --- | --- |
"""


def table() -> str:
    """The table in Markdown, one row for each declared endpoint."""
    callers = methods()
    served = {(route.method, bare(route.template)) for route in ROUTES}
    return HEAD + "".join(row(endpoint, callers, served) for endpoint in all_endpoints())


def row(endpoint: Endpoint[Any], callers: dict[int, list[str]], served: set[tuple[str, str]]) -> str:
    names = callers.get(id(endpoint), ["request"])
    cells = [
        f"`{endpoint.method} {endpoint.path}`",
        endpoint.programs,
        ", ".join(f"`{name}`" for name in names),
        "yes" if endpoint.safe_to_retry else "no",
        "yes" if (endpoint.method, bare(endpoint.path)) in served else "no",
        endpoint.sources.replace(" ", ", "),
        endpoint.confidence,
    ]
    return f"| {' | '.join(cells)} |\n"


def methods() -> dict[int, list[str]]:
    """The methods that name each endpoint in their code, by the identity of the endpoint."""
    found: dict[int, list[str]] = {}
    for prefix, resource in resources():
        for name, function in inspect.getmembers(resource, inspect.isfunction):
            for used in function.__code__.co_names:
                endpoint = function.__globals__.get(used)
                if isinstance(endpoint, Endpoint):
                    found.setdefault(id(endpoint), []).append(f"{prefix}{name}")
                    if name == "get" and issubclass(resource, ManyByKey):
                        found[id(endpoint)] += [f"{prefix}get_many", f"{prefix}stream"]
    return found | {id(TEST): ["test"]}


def resources() -> Iterator[tuple[str, type]]:
    """The attribute of the client and the class of each resource."""
    client = AsyncPartnero("unused")
    for name in vars(AsyncPartnero):
        if not name.startswith("_") and not callable(vars(AsyncPartnero)[name]):
            yield f"{name}.", type(getattr(client, name))


def bare(path: str) -> str:
    """A path without the names of its placeholders, which the sandbox chooses for itself."""
    return re.sub(r"{\w+}", "{}", path)


def page_with(text: str) -> str:
    """The page with this table in the place of its own."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(HEAD.splitlines()[0])
    after = re.sub(r"\A.*\n(\|.*\n)*", "", rest)
    return before + text + after


if __name__ == "__main__":
    PAGE.write_text(page_with(table()), encoding="utf-8")
