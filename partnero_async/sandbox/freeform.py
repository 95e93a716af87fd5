"""Objects that may have any fields, such as metadata: kept as they were sent, to the last digit."""

from typing import cast

from . import jsontext
from .fields import Fields
from .jsontext import Json

# Writing JSON takes two of Python's thousand frames a level.
_DEEPEST = 256


def sent(fields: Fields, name: str) -> dict[str, Json] | None:
    """The object in a field, None when there is none; an empty PHP array `[]` is an empty object."""
    value = fields.raw(name)
    if value is None or value == "":
        return None
    fields.section(name)  # complains of anything else
    if not isinstance(value, dict):
        return {}
    if _is_too_deep(value):
        fields.complain(name, f"The {name} are nested too deeply.")
        return {}
    return value


def written(value: Json) -> str:
    """As it is stored."""
    return jsontext.write(value).decode("ascii")


def read(text: str) -> dict[str, Json]:
    """As it was stored."""
    return cast("dict[str, Json]", jsontext.parse(text.encode("ascii")))


def _is_too_deep(value: Json) -> bool:
    level: list[Json] = [value]
    for _ in range(_DEEPEST):
        level = [inner for item in level for inner in _inside(item)]
    return bool(level)


def _inside(value: Json) -> list[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
