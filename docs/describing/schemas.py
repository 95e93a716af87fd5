"""What is sent, as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .nodes import Array, Choice, Constant, Group, Node, Object, OneOf, Table, either
from .spaces import Json

__all__ = ["any_of", "query_parameters", "query_rules", "schema_of"]

Schemas = Mapping[int, Json]


def schema_of(node: Node, schemas: Schemas) -> Json:
    """The schema of a part of a request; those of what callers chose are known by number."""
    said = {name: text for name in ("title", "description") if (text := getattr(node, name))}
    match node:
        case Choice():
            return {**said, **schemas[node.number]}
        case Constant():
            return {**said, "const": node.value}
        case Array():
            return {**said, "type": "array", "items": schema_of(node.item, schemas), **node.facts}
        case Table():
            values = schema_of(node.value, schemas)
            return {**said, "type": "object", "additionalProperties": values, **node.facts}
        case OneOf():
            return {**said, **any_of(schema_of(option, schemas) for option in node.options)}
        case Object():
            return {**said, **_object(node, schemas)}
        case _:
            raise TypeError(f"a request cannot have {node}")


def _object(node: Object, schemas: Schemas) -> Json:
    if not node.properties and len(node.groups) == 1 and not node.groups[0].optional:
        return any_of(schema_of(variant, schemas) for variant in node.groups[0].variants)
    properties = {name: schema_of(_merged(node, name), schemas) for name in node.names}
    whole: Json = {"type": "object", "properties": properties}
    required = [name for name in properties if name in node.required]
    if required:
        whole["required"] = required
    together = list[Json]()
    for group in node.groups:
        variants = [_variant(variant, properties, schemas) for variant in group.variants]
        if group.optional:
            whole.setdefault("dependentSchemas", {})[_pivot(group)] = {"anyOf": variants}
        else:
            together.append({"anyOf": variants})
    for names in node.least:
        if set(names) == set(properties):
            whole["minProperties"] = 1
        else:
            together.append({"anyOf": [{"required": [name]} for name in names]})
    return whole | (together[0] if len(together) == 1 else {"allOf": together} if together else {})


def _merged(node: Object, name: str) -> Node:
    """Whatever a property may be, in any variant."""
    found = [node.properties[name]] if name in node.properties else []
    variants = [variant for group in node.groups for variant in group.variants]
    if not found:
        found = [variant.properties[name] for variant in variants if name in variant.properties]
    return either(found)


def _variant(variant: Object, properties: Mapping[str, Json], schemas: Schemas) -> Json:
    """What a variant demands beyond what is said of its properties anyhow."""
    own = {name: schema_of(item, schemas) for name, item in variant.properties.items()}
    narrower = {
        name: schema if "title" in schema else bare(schema)
        for name, schema in own.items()
        if bare(schema) != bare(properties[name])
    }
    return {
        **({"title": variant.title} if variant.title else {}),
        **({"properties": narrower} if narrower else {}),
        "required": [name for name in own if name in variant.required],
    }


def _pivot(group: Group) -> str:
    """The property that all variants of an optional group have."""
    always = [name for name in group.names if all(name in variant.required for variant in group.variants)]
    if not always:
        raise ValueError(f"no property is in all of {group}")
    return always[0]


def bare(schema: Json) -> Json:
    """A schema without what it says for readers."""
    return {name: item for name, item in schema.items() if name not in ("title", "description")}


def any_of(schemas: Iterable[Json]) -> Json:
    """The schema of what fits one of these."""
    constants, others = list[Any](), list[Json]()
    waiting = list(schemas)
    while waiting:
        schema = waiting.pop(0)
        if schema.keys() == {"anyOf"}:
            waiting[:0] = schema["anyOf"]
        elif "const" in schema:
            constants.append(schema["const"])
        elif bare(schema) not in map(bare, others):
            others.append(schema)
    nullable = None in constants
    words = [value for value in constants if value is not None]
    if words:
        others.append({"type": "boolean"} if len(words) == 2 and {*words} == {True, False} else _words(words))
    if nullable and len(others) == 1 and isinstance(others[0].get("type"), str) and "enum" not in others[0]:
        return others[0] | {"type": [others[0]["type"], "null"]}
    if nullable:
        others.append({"type": "null"})
    return others[0] if len(others) == 1 else {"anyOf": others}


def _words(words: Sequence[Any]) -> Json:
    kind = {str: {"type": "string"}, bool: {"type": "boolean"}}.get(type(words[0]), {})
    return {**kind, "enum": list(dict.fromkeys(words))}


# Queries


def query_parameters(query: Object, schemas: Schemas) -> Iterator[tuple[str, bool, Json]]:
    """Each parameter: its name, whether it is always there, its schema."""
    for name in query.names:
        always = name in query.required or any(
            not group.optional and all(name in variant.required for variant in group.variants)
            for group in query.groups
        )
        yield name, always, schema_of(_merged(query, name), schemas)


def query_rules(query: Object) -> Iterator[str]:
    """What OpenAPI cannot say of parameters: which of them come together."""
    for group in query.groups:
        number = "at most one" if group.optional else "exactly one"
        yield f"Of {_list(group.names)}, {number} is sent."
    for names in query.least:
        yield f"Of {_list(names)}, at least one is sent."


def _list(names: Iterable[str]) -> str:
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} and {last}" if others else last
