"""Writes the OpenAPI description of the API, ``partnero_async/sandbox/openapi.json``, out of the code.

Run ``python docs/openapi.py`` after an endpoint, a method, a record or an input was changed. A
test compares the file with what this would write.

It knows three things: the declarations of endpoints, the records, and the methods. What a method sends is
learnt by calling it, again and again with other arguments, with a stand-in for what sends requests. So there
is no second table of paths, fields and bodies that would have to be kept up to date.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import attrs

# The tree comes first, so that it is described and not an SDK that is installed.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from describing import docstrings
from describing.nodes import Object
from describing.records import ENVELOPES, answer_schema, record_schemas
from describing.requests import CLIENT, Form, forms, spot
from describing.schemas import any_of, bare, query_parameters, query_rules, schema_of
from describing.spaces import Json

from partnero_async._http.endpoint import Endpoint, Shape
from partnero_async.resources._registry import RESOURCES, all_endpoints, load_resource

ROOT: Final = Path(__file__).parent.parent
FILE: Final = ROOT / "partnero_async" / "sandbox" / "openapi.json"
SOURCES: Final = ROOT / "docs" / "explanation" / "sources.md"

PROGRAMS: Final = {"A": "affiliate", "R": "referral", "L": "newsletter"}
"""The letters of ``Endpoint.programs``, and the types of programs as the sandbox calls them."""

BASES: Final = "https://api.partnero.com/v1"
"""Where the API is."""


@attrs.frozen
class Operation:
    """A method and a path: who declares it, and what is sent there."""

    endpoints: Sequence[Endpoint[Any]]
    forms: Sequence[Form]
    twins: Sequence[Form] = ()
    """What is sent to the same path by another method, where no method of the SDK sends this."""

    @property
    def method(self) -> str:
        return self.endpoints[0].method

    @property
    def path(self) -> str:
        return self.endpoints[0].path

    @property
    def names(self) -> list[str]:
        """The methods of the SDK."""
        return [form.name for form in self.forms]


def description() -> Json:
    """The whole description."""
    operations = all_operations()
    identifiers = operation_ids(operations)
    paths = dict[str, Json]()
    known = dict[str, str]()
    for operation in operations:
        # The same path has one name for its placeholder, whatever each resource calls it.
        path = known.setdefault(spot(operation.endpoints[0])[1], operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = described(
            operation, path, identifiers[spot(operation.endpoints[0])]
        )
    records = (form.returns.record for form in all_endpoints() if form.returns.record)
    shared = dict[str, Json]()
    common = repeated(paths)
    paths = {path: with_references(methods, shared, common) for path, methods in paths.items()}
    return {
        "openapi": "3.1.0",
        "info": info(),
        "servers": servers(),
        "security": [{"apiKey": []}],
        "tags": [*tags(operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The API key of a program, which belongs to that program alone.",
                }
            },
            "schemas": {**ENVELOPES, **record_schemas(records), **dict(sorted(shared.items()))},
            "responses": {name: refusal(said) for name, said in REFUSALS.items()},
        },
    }


def info() -> Json:
    return {
        "title": "Partnero REST API",
        "summary": "Affiliate, refer-a-friend and newsletter programs",
        "description": (
            "Partnero publishes no machine-readable description of its API. This one is generated from "
            "`partnero_async`, an SDK that is not the vendor's, and tells what that SDK sends and reads; "
            "nothing in it was tried on a real account. `x-sources` says of each operation who tells of it, "
            "and `x-confidence` how much that is worth.\n\n"
            "Of successes, any status of 200 to 299 is possible, 202 and 204 without a body included. Fields "
            "that are not described here may come in any answer."
        ),
        "version": BASES.rpartition("/")[2],
        "license": {"name": "MIT", "identifier": "MIT"},
        "x-sources": sources(),
    }


def servers() -> list[Json]:
    return [
        {"url": BASES, "description": "Partnero"},
        {
            "url": "http://127.0.0.1:{port}/v1",
            "description": "The sandbox: `partnero sandbox --port 8200`",
            "variables": {"port": {"default": "8200"}},
        },
    ]


@cache
def sources() -> dict[str, str]:
    """Code of a source -> what it is, from the page that explains it."""
    rows = re.findall(r"^\| ([A-Z]\d*) \| (.+?) \| (.+?) \|", SOURCES.read_text(encoding="utf-8"), re.M)
    return {code: f"{what} ({when})" for code, what, when in rows}


# Operations


def all_operations() -> list[Operation]:
    """Every declared endpoint, those of the same method and path together."""
    declared = dict[tuple[str, str], list[Endpoint[Any]]]()
    for endpoint in all_endpoints():
        declared.setdefault(spot(endpoint), []).append(endpoint)
    sent = dict[tuple[str, str], list[Form]]()
    for form in forms():
        sent.setdefault(spot(form.endpoint), []).append(form)
    undeclared = sent.keys() - declared.keys()
    if undeclared:
        raise LookupError(f"these are called and not declared: {sorted(undeclared)}")
    twins = {path: found for (_, path), found in sent.items()}
    return [
        Operation(endpoints, sent.get(at, []), () if at in sent else twins.get(at[1], ()))
        for at, endpoints in declared.items()
    ]


def operation_ids(operations: Iterable[Operation]) -> dict[tuple[str, str], str]:
    """A name for each operation: that of its first method, and how it differs from that method's others."""
    by_path = {operation.path: operation.names[0] for operation in operations if operation.names}
    found = dict[tuple[str, str], str]()
    for operation in operations:
        at = spot(operation.endpoints[0])
        name = operation.names[0] if operation.names else by_path.get(operation.path, "request")
        identifier = name.replace(".", "_")
        if not operation.names:
            identifier += f"_by_{operation.method.lower()}"
        elif identifier in found.values():
            identifier += f"_by_{place_of_the_key(operation)}"
        if identifier in found.values():
            raise LookupError(f"two operations would be called {identifier}")
        found[at] = identifier
    return found


def place_of_the_key(operation: Operation) -> str:
    if "{" in operation.path:
        return "path"
    return "body" if any(form.body is not None for form in operation.forms) else "query"


def described(operation: Operation, path: str, identifier: str) -> Json:
    """One operation."""
    found = operation.forms
    said = {
        "tags": list(dict.fromkeys(form.resource for form in found)) or [tag_of(operation)],
        "operationId": identifier,
        "summary": summary_of(operation),
        "description": text_of(operation),
    }
    body = body_of(operation)
    parameters = [*path_parameters(operation, path), *queries(operation)]
    return {
        **{name: text for name, text in said.items() if text},
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body} if body else {}),
        "responses": responses(operation),
        **extensions(operation),
    }


def summary_of(operation: Operation) -> str:
    if not operation.forms:
        return "The same by another method."
    return docstrings.summary(operation.forms[0].function).replace("**", "").replace("`", "")


def text_of(operation: Operation) -> str:
    """What the methods say beyond the summary, and which parameters come together."""
    texts = list[str]()
    for form in operation.forms:
        text = docstrings.about(form.function)
        if form is operation.forms[0]:
            text = text.removeprefix(docstrings.summary(form.function)).strip()
        texts.append(of_the_api(text))
        texts += query_rules(form.query)
    texts += [endpoint.not_found.capitalize() for endpoint in operation.endpoints if endpoint.not_found]
    if not operation.forms:
        texts.append("No method of the SDK sends this: `partnero.request()` does.")
    if operation.twins:
        texts.append(f"In the query is what `{operation.twins[0].endpoint.method}` has in its body.")
    return "\n\n".join(text for text in dict.fromkeys(texts) if text)


def of_the_api(text: str) -> str:
    """A text without the sentences about what the SDK makes of an answer, or when it repeats a call."""
    sentences = re.split(r"(?<=\.)[ ]", text)
    return " ".join(sentence for sentence in sentences if not SDK_ALONE.search(sentence)).strip()


SDK_ALONE: Final = re.compile(r"in_doubt|is repeated only|never sent again|in `extra`|`partnero\.request")


def path_parameters(operation: Operation, path: str) -> Iterator[Json]:
    for position, name in enumerate(re.findall(r"\{(\w+)\}", path)):
        found = list[Json]()
        for form in operation.forms:
            values = list(form.path.properties.values())
            found.append(schema_of(values[position], form.marks.schemas))
        schema = any_of(found) if found else {"type": "string"}
        text = schema.get("description", "")
        yield parameter(name, "path", True, text, bare(schema))


def queries(operation: Operation) -> Iterator[Json]:
    # What a GET does in place of a POST it takes in its query (sources.md#decisions-on-leads).
    for form in operation.twins:
        if isinstance(form.body, Object):
            for name, always, schema in query_parameters(form.body, form.marks.schemas):
                yield parameter(name, "query", always, schema.get("description", ""), bare(schema))
    by_name = dict[str, list[tuple[bool, Json]]]()
    for form in operation.forms:
        for name, always, schema in query_parameters(form.query, form.marks.schemas):
            by_name.setdefault(name, []).append((always, schema))
    for name, found in by_name.items():
        always = len(found) == len(operation.forms) and all(always for always, _ in found)
        schema = any_of(schema for _, schema in found)
        yield parameter(name, "query", always, found[0][1].get("description", ""), bare(schema))


def parameter(name: str, where: str, required: bool, text: str, schema: Json) -> Json:
    said = {"description": text} if text else {}
    return {"name": name, "in": where, "required": required, **said, "schema": schema}


def body_of(operation: Operation) -> Json:
    found = [
        (form, schema_of(form.body, form.marks.schemas)) for form in operation.forms if form.body is not None
    ]
    if not found:
        return {}
    schema = variants(operation, found)
    return {
        "required": len(found) == len(operation.forms),
        "content": {"application/json": {"schema": schema}},
    }


def variants(operation: Operation, found: Sequence[tuple[Form, Json]]) -> Json:
    """The one schema, or any of several, each with the name of its method or of its type of program."""
    if len({json.dumps(schema) for _, schema in found}) == 1:
        return found[0][1]
    return {"anyOf": [{"title": variant_title(operation, form), **schema} for form, schema in found]}


def variant_title(operation: Operation, form: Form) -> str:
    programs = {endpoint.programs for endpoint in operation.endpoints}
    if len(programs) == 1:
        return form.name
    stated, _ = programs_of([form.endpoint])
    return f"{' and '.join(stated)}: {form.name}"


def responses(operation: Operation) -> Json:
    answers = [(form, answer_schema(form.endpoint.returns)) for form in operation.forms]
    schema = variants(operation, answers) if answers else answer_schema(operation.endpoints[0].returns)
    texts = [docstrings.section(form.function, "Returns") for form in operation.forms]
    text = of_the_api(docstrings.prose("\n\n".join(filter(None, texts)))) or answered(operation.endpoints[0])
    success = {"description": text, "content": {"application/json": {"schema": schema}}}
    statuses = ["200", "201"] if operation.method == "POST" else ["200"]
    return {
        **dict.fromkeys(statuses, success),
        **{status: {"$ref": f"#/components/responses/{status}"} for status in REFUSALS},
    }


def answered(endpoint: Endpoint[Any]) -> str:
    """What an answer is of which no docstring says more."""
    match endpoint.returns.shape:
        case Shape.NOTHING:
            return "Done."
        case Shape.PAGE:
            return "One page of the list."
        case _:
            return "The record."


REFUSALS: Final[Mapping[str, str]] = {
    "400": "The request is malformed, or the state of the record forbids the action.",
    "401": "The API key is missing, invalid or expired.",
    "403": "The account has no access to the API, or the key has no permission.",
    "404": "There is no such record, or the type of the program has no such endpoint.",
    "422": "A value is malformed or taken; `errors` names the fields.",
    "429": "Too many requests. How many are allowed is not published.",
    "default": "Anything else, of the server or of a proxy before it.",
}


def refusal(text: str) -> Json:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def extensions(operation: Operation) -> Json:
    stated, unsure = programs_of(operation.endpoints)
    codes = dict.fromkeys(code for endpoint in operation.endpoints for code in endpoint.sources.split())
    confidences = list(dict.fromkeys(endpoint.confidence for endpoint in operation.endpoints))
    return {
        "x-programs": stated,
        **({"x-programs-unsure": unsure} if unsure else {}),
        "x-sources": {code: sources()[code] for code in codes},
        "x-confidence": "; ".join(confidences),
        "x-safe-to-retry": all(endpoint.safe_to_retry for endpoint in operation.endpoints),
        "x-sdk-methods": operation.names or ["request"],
    }


def programs_of(endpoints: Iterable[Endpoint[Any]]) -> tuple[list[str], list[str]]:
    """The types of programs that have an endpoint: by a source, and by what is likely."""
    letters = {letter for endpoint in endpoints for letter in endpoint.programs.split()}
    stated = [name for letter, name in PROGRAMS.items() if letter in letters]
    unsure = [name for letter, name in PROGRAMS.items() if letters & {f"{letter}?", "?"}]
    return stated, [name for name in unsure if name not in stated]


# Tags


def tag_of(operation: Operation) -> str:
    """The resource whose module declares an endpoint that no method calls."""
    for attribute, (module, _) in RESOURCES.items():
        declared = vars(sys.modules[f"partnero_async.resources.{module}"]).values()
        if any(endpoint is value for endpoint in operation.endpoints for value in declared):
            return attribute
    return CLIENT


def tags(operations: Iterable[Operation]) -> Iterator[Json]:
    """Each resource, with what its class says of it."""
    yield {"name": CLIENT, "description": "The API key itself."}
    for attribute in RESOURCES:
        yield {"name": attribute, "description": docstrings.summary(load_resource(attribute))}


# What is said more than once


def repeated(value: Any) -> dict[str, Json]:
    """Title -> the object that is described under it more than once; the commonest, if they differ."""
    found = dict[str, list[Json]]()
    for schema in titled_in(value):
        found.setdefault(schema["title"], []).append(schema)
    commonest = {title: max(schemas, key=schemas.count) for title, schemas in found.items()}
    return {title: schema for title, schema in commonest.items() if found[title].count(schema) > 1}


def titled_in(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        # The names of methods are titles, too, of what has no name of its own.
        if "." not in value.get("title", ".") and value.get("type") == "object":
            yield value
        for item in value.values():
            yield from titled_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from titled_in(item)


def with_references(value: Any, shared: dict[str, Json], common: Mapping[str, Json]) -> Any:
    """The value with references in place of the common objects, which go to ``shared``."""
    if isinstance(value, list):
        return [with_references(item, shared, common) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: with_references(item, shared, common) for name, item in value.items()}
    if value.get("type") != "object" or value != common.get(value.get("title", "")):
        return inner
    name = "".join(word[0].upper() + word[1:] for word in value["title"].split())
    shared[name] = inner
    return {"$ref": f"#/components/schemas/{name}"}


def text() -> str:
    """The description as it is written."""
    return f"{written(description())}\n"


def written(value: Any, indent: str = "") -> str:
    """JSON with everything on one line that fits there."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(indent) + len(flat) <= 100:
        return flat
    deeper = f"{indent}  "
    if isinstance(value, list):
        items = [f"{deeper}{written(item, deeper)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    pairs = [f"{deeper}{json.dumps(name)}: {written(item, deeper)}" for name, item in value.items()]
    return "{\n" + ",\n".join(pairs) + f"\n{indent}}}"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
