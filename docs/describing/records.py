"""Records and answers, as JSON Schema: every form of a value that the SDK takes on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import attrs

from partnero_async._http.endpoint import Returns, Shape
from partnero_async._secret import Secret
from partnero_async.records._base import OrText, Record, json_name

from . import docstrings
from .inputs import known_values
from .spaces import Json

__all__ = ["ENVELOPES", "answer_schema", "record_schemas"]

NUMERIC: Final = r"^-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?$"
TEXT: Final[Json] = {"type": "string"}
NULL: Final[Json] = {"type": "null"}
# PHP sends an empty object as [] (sources.md#empty-objects).
EMPTY: Final[Json] = {"type": "array", "maxItems": 0}
SIMPLE: Final[Mapping[Any, Json]] = {
    str: TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
    Any: {},
}
# What is also sent as a string (sources.md#values-sent-as-text).
OR_TEXT: Final[Mapping[Any, Json]] = {
    int: {"type": ["integer", "string"], "pattern": r"^-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.0+)?$"},
    Decimal: {"type": ["number", "string"], "pattern": NUMERIC},
    bool: {"enum": [True, False, "true", "false"]},
}


def record_schemas(records: Iterator[type[Record]]) -> dict[str, Json]:
    """The schemas of records and of all records in them, by name."""
    found = dict[str, Json]()
    waiting = list(records)
    while waiting:
        record = waiting.pop(0)
        if record.__name__ not in found:
            found[record.__name__] = record_schema(record)
            waiting += records_in(record)
    return dict(sorted(found.items()))


def records_in(record: type[Record]) -> Iterator[type[Record]]:
    """The records that the fields of a record hold."""
    for field in fields_of(record):
        waiting = [field.type]
        while waiting:
            kind: Any = waiting.pop(0)
            waiting += get_args(kind)
            if is_record(kind):
                yield kind


def fields_of(record: type[Record]) -> list[attrs.Attribute[Any]]:
    """The fields that Partnero sends within the record."""
    attrs.resolve_types(record, include_extras=True)
    return [field for field in attrs.fields(record) if field.name not in ("extra", record.envelope)]


def record_schema(record: type[Record]) -> Json:
    """The schema of a record: what is unknown is allowed, what identifies it is required."""
    said = docstrings.fields(record)
    fields = fields_of(record)
    properties = {json_name(field): described(said[field.name], field_schema(field.type)) for field in fields}
    required = [json_name(field) for field in fields if field.default is attrs.NOTHING]
    identity = {"x-identified-by": record.identified_by} if record.identified_by else {}
    return {
        "description": docstrings.about(record),
        "type": "object",
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
        **identity,
    }


def described(text: str, schema: Json) -> Json:
    return {"description": text, **schema} if text else schema


def field_schema(kind: Any) -> Json:
    """All that a field may be sent as."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return union_schema(inner)
    if origin is Annotated and OrText in inner:
        return OR_TEXT[inner[0]]
    if kind in SIMPLE:
        return SIMPLE[kind]
    if is_record(kind):
        return reference(kind)
    if isinstance(kind, type) and issubclass(kind, Secret):
        return {"type": "string", "format": "password"}
    if origin is tuple:
        return {"type": ["array", "null"], "items": field_schema(inner[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"anyOf": [{"type": "object"}, EMPTY, NULL]}
    raise TypeError(f"a record cannot have a field of type {kind}")


def union_schema(members: tuple[Any, ...]) -> Json:
    nullable = NoneType in members
    kinds = [member for member in members if member is not NoneType]
    words = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    if words:
        known = known_values(words)
        schema: Json = {"type": "string", "examples": list(known), "x-known-values": known}
    elif Mapping in map(get_origin, kinds):
        return {"type": ["object", "array", "null"]}
    elif kinds == [Decimal, str]:
        schema = {"type": ["number", "string"]}
    else:
        (kind,) = kinds
        schema = field_schema(kind)
        if is_record(kind):
            return {"anyOf": [schema, EMPTY, NULL] if nullable else [schema]}
    return or_null(schema) if nullable else schema


def or_null(schema: Json) -> Json:
    """The same, or null."""
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    kinds = schema.get("type")
    if kinds is None:
        return schema
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    return schema | {"type": [*kinds, *([] if "null" in kinds else ["null"])]}


def is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


def reference(kind: type) -> Json:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


# Answers

STATUS: Final[Json] = {"$ref": "#/components/schemas/SuccessStatus"}
ENVELOPES: Final[Mapping[str, Json]] = {
    "SuccessStatus": {
        "description": "1 for a success. It is the number of the envelope, and no status of a record.",
        "type": "integer",
        "const": 1,
    },
    "Links": {
        "description": "Where the other pages are. No answer tells how many pages there are.",
        "type": "object",
        "properties": {
            "first": {"description": "The first page.", "type": ["string", "null"]},
            "last": {
                "description": "The last page; null in every published example.",
                "type": ["string", "null"],
            },
            "prev": {"description": "The page before; null on the first one.", "type": ["string", "null"]},
            "next": {"description": "The page after; null on the last one.", "type": ["string", "null"]},
        },
    },
    "Meta": {
        "description": "Which items these are.",
        "type": "object",
        "properties": {
            "current_page": {"description": "The number of this page, from 1.", "type": "integer"},
            "from": {"description": "The position of its first item.", "type": ["integer", "null"]},
            "to": {"description": "The position of its last item.", "type": ["integer", "null"]},
            "per_page": {"description": "How many items a page has.", "type": ["integer", "string"]},
            "path": {"description": "The address of the list.", "type": "string"},
        },
    },
    "Done": {
        "description": "The action was done, and there is no more to say.",
        "type": "object",
        "properties": {
            "status": STATUS,
            "message": {"description": "The same in words; of a few actions.", "type": "string"},
        },
    },
    "Error": {
        "description": (
            "What is known of refusals. Only the `errors` of one 422 are printed by a source; that there is "
            "a `message` is documented. Proxies on the way may answer with something else altogether."
        ),
        "type": "object",
        "properties": {
            "status": {"description": "0 for a failure.", "type": "integer"},
            "message": {"description": "What is wrong.", "type": "string"},
            "errors": {
                "description": "Field -> what is wrong with it.",
                "type": "object",
                "additionalProperties": {"type": "array", "items": TEXT},
            },
        },
    },
}


def answer_schema(returns: Returns[Any]) -> Json:
    """The schema of a success."""
    match returns.shape, returns.record:
        case (Shape.ONE, record) if record:
            return envelope(reference(record))
        case (Shape.ONE_IN_ENVELOPE, record) if record:
            return envelope(reference(record), fields_beside(record))
        case (Shape.PAGE, record) if record:
            data = {"type": "array", "items": reference(record)}
            links = {"links": {"$ref": "#/components/schemas/Links"}}
            return envelope(data, links | {"meta": {"$ref": "#/components/schemas/Meta"}})
        case (Shape.SEVERAL, record) if record:
            array = {"type": "array", "items": reference(record)}
            said = "No source shows the answer: these are the forms that the SDK reads."
            return {"description": said, **envelope({"anyOf": [array, reference(record)]})}
        case (Shape.UNDOCUMENTED, record) if record:
            # Which place it has in there is unknown as well: the SDK takes the whole if there is no `data`.
            said = "No source shows the answer: what is here is where the SDK looks first."
            schema = envelope({"anyOf": [reference(record), EMPTY]})
            del schema["required"]
            return {"description": said, **schema}
        case (Shape.NOTHING, None):
            return {"$ref": "#/components/schemas/Done"}
        case _:
            raise TypeError(f"no answer is known of {returns}")


def fields_beside(record: type[Record]) -> dict[str, Json]:
    """What an answer says beside a record, which the SDK puts into a field of the record."""
    attrs.resolve_types(record, include_extras=True)
    (field,) = [field for field in attrs.fields(record) if field.name == record.envelope]
    (beside,) = [kind for kind in get_args(field.type) if is_record(kind)]
    properties: dict[str, Json] = record_schema(beside)["properties"]
    return properties


def envelope(data: Json, more: Mapping[str, Json] | None = None) -> Json:
    properties = {"data": data, **(more or {}), "status": STATUS}
    return {"type": "object", "properties": properties, "required": ["data"]}
