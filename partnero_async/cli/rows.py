"""Files that somebody hands to a command: keys, and changes as JSON lines or CSV, in whatever encoding."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from typing import Any, Final

import click

from ..errors import ArgumentError
from ..records._base import is_object
from .display import printable, warn
from .output import unescaped

__all__ = ["keys_of", "rows_of", "text_of"]

_MARK: Final = "\ufeff"
# The longest first: the mark of UTF-16 is the beginning of that of UTF-32.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What a column of keys is called.
_HEADERS: Final = {"id", "key", "email", "customer_key", "customer", "customer_id"}
_SEPARATORS: Final = ",;\t"
# ``splitlines`` knows more of them, which JSON has within strings.
_LINE_END: Final = re.compile(r"\r\n|\n|\r")


def keys_of(source: str, column: str | None) -> list[str]:
    """The keys of a file, each once: one a line, or those of a column of CSV; without blanks around them.

    Raises:
        UsageError: It cannot be read, or there are none.
    """
    text = text_of(source)
    if column is None:
        found = [line.strip() for line in _LINE_END.split(text)]
        _hint(found)
    else:
        reader = _csv(text)
        if column not in (reader.fieldnames or ()):
            names = ", ".join(reader.fieldnames or ()) or "none"
            raise click.UsageError(f"{_called(source)} has no column {column}; there are {names}")
        found = [unescaped((row.get(column) or "").strip()) for row in reader]
    keys = [key for key in dict.fromkeys(found) if key]
    if not keys:
        raise click.UsageError("there are no keys")
    return keys


def rows_of(source: str, known: Set[str]) -> Iterator[tuple[int, Mapping[str, Any] | ArgumentError]]:
    """The lines of a file of changes with their numbers: JSON objects, or rows of CSV with a line of names.

    A name with dots stands for what is within another; a cell without anything says nothing.

    Args:
        source: The file, or ``-``.
        known: The names that there are.

    Raises:
        UsageError: It cannot be read, or its first line is neither JSON nor has any of the names.
    """
    text = text_of(source)
    if text.lstrip()[:1] in ("{", ""):
        for number, line in enumerate(_LINE_END.split(text), start=1):
            if line.strip():
                yield number, _object(line)
        return
    reader = _csv(text)
    names = [name.strip().partition(".")[0] for name in reader.fieldnames or ()]
    if known.isdisjoint(names):
        raise click.UsageError(
            f"the first line of {_called(source)} must be names of columns, such as {min(known)}: it is "
            f"{printable(','.join(reader.fieldnames or ()))[:60]}"
        )
    for row in reader:
        strange = row.pop(None, None)
        if strange is not None:
            yield reader.line_num, ArgumentError("there are more cells than names")
            continue
        yield reader.line_num, _nested({name: value for name, value in row.items() if value})


def _csv(text: str) -> csv.DictReader[str]:
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=separator if separator in head else ",")


def _object(line: str) -> Mapping[str, Any] | ArgumentError:
    try:
        value = json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        return ArgumentError(f"it is no JSON: {getattr(error, 'msg', 'it is too deep')}")
    return value if is_object(value) else ArgumentError("it is no JSON object")


def _nested(cells: Mapping[str, str]) -> Mapping[str, Any] | ArgumentError:
    row = dict[str, Any]()
    for name, value in cells.items():
        *outer, last = name.strip().split(".")
        place: Any = row
        for step in outer:
            place = place.setdefault(step, {}) if is_object(place) else None
        if not is_object(place):
            return ArgumentError(f"{name} is within what has a value of its own")
        place[last] = unescaped(value.strip())
    return row


def text_of(source: str) -> str:
    """The text of a file, or of standard input for ``-``; without any byte order mark.

    Raises:
        UsageError: It cannot be read, or is no text.
    """
    try:
        if source == "-":
            content = sys.stdin.buffer.read()
        else:
            with open(source, "rb") as file:
                content = file.read()
    except OSError as error:
        raise click.UsageError(f"{_called(source)} cannot be read: {error.strerror}") from None
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        # Tools that join files leave the mark of each.
        return content.decode(encoding).replace(_MARK, "")
    except UnicodeDecodeError as error:
        name = encoding.upper()
        raise click.UsageError(f"{_called(source)} is not {name} text: {error.reason}") from None


def _called(source: str) -> str:
    return "standard input" if source == "-" else source


def _hint(lines: list[str]) -> None:
    """Says so where keys look like a file of CSV."""
    first = next((line for line in lines if line), "")
    cells = [cell.strip().strip('"').lower() for separator in _SEPARATORS for cell in first.split(separator)]
    name = next((cell for cell in cells if cell in _HEADERS), None)
    if name is not None:
        warn(f"the keys look like CSV: --column {name} takes those of that column")
