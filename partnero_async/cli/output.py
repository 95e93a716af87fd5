"""Records on standard output: as a table for people, or as JSON, JSON lines or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast, get_args

import attrs
import click

from ..errors import ArgumentError
from ..records._base import Record, json_name
from .arguments import members_of
from .display import printable, warn
from .streams import is_unicode

__all__ = [
    "Cells",
    "Format",
    "as_json",
    "cell",
    "columns_of",
    "flat",
    "formatted",
    "formulas_option",
    "json_number",
    "record_lines",
    "writer_of",
]

Format: TypeAlias = Literal["table", "json", "jsonl", "csv"]
Cells: TypeAlias = Literal["escaped", "kept"]
CommandT = TypeVar("CommandT", bound=Callable[..., Any])

EXTRA: Final = "extra"
"""The column of what Partnero sent that no other column is for."""

FIRST_ROWS: Final = 100
"""How many rows a table waits for, to know how wide its columns are."""

WIDEST: Final = 40
"""Cells of a column that does not fit are cut to this, at most."""

# What spreadsheets take for a formula at the beginning of a cell
# (owasp.org/www-community/attacks/CSV_Injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


formulas_option: Final = click.option(
    "--formulas",
    type=click.Choice(get_args(Cells)),
    default="escaped",
    show_default=True,
    help="In CSV, cells of text that a spreadsheet takes for a formula get a ' in front.",
)


def formatted(command: CommandT) -> CommandT:
    """Gives a command that shows many records the options for how."""
    for option in (
        formulas_option,
        click.option("--columns", metavar="NAME,...", help="Which, in this order; a.b is b within a."),
        click.option("--csv", "format", flag_value="csv", help="CSV, with a line of names."),
        click.option("--jsonl", "format", flag_value="jsonl", help="A JSON object a line."),
        click.option("--json", "format", flag_value="json", help="A JSON array."),
        click.option(
            "--table", "format", flag_value="table", default=True, help="For people; unless another is given."
        ),
    ):
        command = option(command)
    return command


def writer_of(
    format: Format, kind: type[Record], columns: str | None, formulas: Cells
) -> Callable[[dict[str, Any] | None], None]:
    """What takes record after record, and None at the end.

    Raises:
        ArgumentError: There is no such column.
    """
    known = columns_of(kind)
    chosen = None if columns is None else [name.strip() for name in columns.split(",") if name.strip()]
    if chosen is not None:
        for name in chosen:
            if name != EXTRA and not _has_column(kind, name):
                raise ArgumentError(f"there is no column {name}; there are {', '.join(known)}")
    match format:
        case "table":
            return _Table(known, chosen).take
        case "csv":
            return _Csv(chosen or [*known, EXTRA], formulas).take
        case "json":
            return _Json(chosen).take
        case "jsonl":
            return _Lines(chosen).take


def columns_of(kind: Any) -> list[str]:
    """The columns that a type of record has; those of a record within it after its own name and a dot."""
    names = list[str]()
    hints = typing.get_type_hints(kind)
    for field in attrs.fields(kind):
        if field.name == EXTRA:
            continue
        inner = _record_in(hints[field.name])
        name = json_name(field)
        names += [name] if inner is None else [f"{name}.{below}" for below in columns_of(inner)]
    return names


def _has_column(kind: Any, name: str) -> bool:
    """Whether a type of record has a value of this name; what is free in form may have any below it."""
    first, dot, below = name.partition(".")
    field = next((field for field in attrs.fields(kind) if json_name(field) == first != EXTRA), None)
    if field is None or not dot:
        return field is not None
    hint = typing.get_type_hints(kind)[field.name]
    inner = _record_in(hint)
    if inner is None:
        return bool(below) and any(typing.get_origin(one) is Mapping for one in members_of(hint)[0])
    return _has_column(inner, below)


def flat(record: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """The values of columns, and in ``extra`` what none of them is for."""
    known = set(columns)
    values = dict[str, Any]()
    rest = dict[str, Any]()
    for name, value in _flattened(record, known, ""):
        (values if name in known else rest)[name] = value
    return values | {EXTRA: rest or None}


def cell(value: Any) -> str:
    """A value as the text of a cell."""
    match value:
        case None:
            return ""
        case dict() if not value:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case list():
            items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
            return ", ".join(map(_brief, items))
        case dict():
            return json.dumps(value, ensure_ascii=False, default=json_number)
        case _:
            return str(value)


def as_json(value: Any) -> str:
    """JSON text, letters as they are where standard output has them."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if is_unicode(text, sys.stdout) else json.dumps(value, allow_nan=False)


def json_number(value: object) -> float | str:
    """A Decimal in JSON: a number, or text where a number would be another one."""
    number = float(str(value))
    return number if Decimal(repr(number)) == value else str(value)


def record_lines(record: Record) -> str:
    """A record as indented lines, one a field."""
    fields = {name: cell(value) for name, value in record.to_dict().items()}
    width = max(map(len, fields), default=0)
    identity = next(iter(fields.values()), "")
    lines = [f"  {name:<{width}}  {text}".rstrip() for name, text in fields.items()]
    return "\n".join(map(printable, [f"{type(record).__name__} {identity}", *lines]))


def unescaped(text: str) -> str:
    """A cell of ours as it was before a ``'`` was put in front of it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def escaped(value: Any, formulas: Cells) -> str:
    """A cell of CSV; numbers stay what they are, whatever sign they have."""
    text = cell(value)
    if formulas == "escaped" and isinstance(value, (str, list, dict)) and text.startswith(_FORMULA):
        return f"'{text}"
    return text


class _Json:
    """An array, an item a line."""

    def __init__(self, columns: Sequence[str] | None) -> None:
        self._columns = columns
        self._count = 0

    def take(self, record: dict[str, Any] | None) -> None:
        if record is None:
            click.echo("\n]" if self._count else "[]")
            return
        click.echo(("," if self._count else "[") + "\n" + as_json(_picked(record, self._columns)), nl=False)
        self._count += 1


class _Lines:
    """An object a line."""

    def __init__(self, columns: Sequence[str] | None) -> None:
        self._columns = columns

    def take(self, record: dict[str, Any] | None) -> None:
        if record is not None:
            click.echo(as_json(_picked(record, self._columns)))


class _Csv:
    """CSV as of RFC 4180, but for its line ends."""

    def __init__(self, columns: Sequence[str], formulas: Cells) -> None:
        self._columns = columns
        self._formulas: Cells = formulas
        self._has_header = False

    def take(self, record: dict[str, Any] | None) -> None:
        if not self._has_header:
            self._has_header = True
            self._write(self._columns)
        if record is not None:
            values = flat(record, self._columns)
            self._write([escaped(values.get(name), self._formulas) for name in self._columns])

    def _write(self, cells: Sequence[str]) -> None:
        line = io.StringIO(newline="")
        csv.writer(line).writerow(cells)  # it puts quotes around no line end that is not its own
        click.echo(line.getvalue().removesuffix("\r\n"))


class _Table:
    """Columns that fit the terminal."""

    def __init__(self, known: Sequence[str], chosen: Sequence[str] | None) -> None:
        import_module("rich.cells")  # whoever lacks it is told before anything is asked
        self._known = known
        self._chosen = chosen
        self._waiting: list[dict[str, str]] | None = []
        self._widths = dict[str, int]()

    def take(self, record: dict[str, Any] | None) -> None:
        if record is not None:
            columns = self._chosen or self._known
            values = flat(record, columns)
            if self._chosen is None:
                # Of some records nothing is published but the id: what came is shown.
                values |= values.pop(EXTRA) or {}
            row = {name: printable(cell(value)) for name, value in values.items()}
            if self._waiting is None:
                self._show(row)
                return
            self._waiting.append(row)
        if self._waiting is not None and (record is None or len(self._waiting) == FIRST_ROWS):
            rows, self._waiting = self._waiting, None
            if rows or self._chosen:
                self._begin(rows)

    def _begin(self, rows: Sequence[dict[str, str]]) -> None:
        from rich.cells import cell_len

        names = self._chosen or dict.fromkeys((*self._known, *(name for row in rows for name in row)))
        columns = self._chosen or [name for name in names if any(row.get(name) for row in rows)]
        widths = {
            name: max([cell_len(name), *(cell_len(row.get(name, "")) for row in rows)]) for name in columns
        }
        # Of what is redirected nobody knows how wide it will be shown.
        room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        if room is not None and sum(widths.values()) + 2 * len(widths) > room:
            widths = {name: min(width, max(WIDEST, cell_len(name))) for name, width in widths.items()}
            left_out = 0
            while len(widths) > 1 and sum(widths.values()) + 2 * (len(widths) - 1) > room:
                widths.popitem()
                left_out += 1
            if left_out:
                warn(f"{left_out} more columns do not fit: --columns chooses, --json has all")
            ((last, width),) = list(widths.items())[-1:]
            widths[last] = min(width, max(1, room - sum(widths.values()) + width - 2 * (len(widths) - 1)))
        self._widths = widths
        self._show({name: name for name in widths})
        for row in rows:
            self._show(row)

    def _show(self, row: Mapping[str, str]) -> None:
        from rich.cells import set_cell_size

        cells = [_cut(row.get(name, ""), width, set_cell_size) for name, width in self._widths.items()]
        click.echo("  ".join(cells).rstrip())


def _cut(text: str, width: int, sized: Callable[[str, int], str]) -> str:
    fitting = sized(text, width)
    if fitting.rstrip() == text.rstrip() or width < 2:
        return fitting
    return sized(text, width - 1) + "…"


def _picked(record: dict[str, Any], columns: Sequence[str] | None) -> dict[str, Any]:
    if columns is None:
        return record
    values = flat(record, columns)
    return {name: values.get(name) for name in columns}


def _flattened(record: Mapping[str, Any], known: set[str], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        path = f"{prefix}{name}"
        has_below = any(column.startswith(f"{path}.") for column in known)
        if isinstance(value, Mapping) and path not in known and has_below:
            yield from _flattened(cast("Mapping[str, Any]", value), known, f"{path}.")
        else:
            if path in known or value is not None:
                yield path, value
            if isinstance(value, Mapping) and path in known and has_below:
                yield from _flattened(cast("Mapping[str, Any]", value), known, f"{path}.")


def _record_in(hint: Any) -> Any:
    """The record that a field holds, if it holds one by itself."""
    found = [one for one in members_of(hint)[0] if isinstance(one, type) and issubclass(one, Record)]
    return found[0] if found else None


def _brief(item: Any) -> str:
    """An item of a list: of a tag its text."""
    if isinstance(item, dict):
        named = cast("dict[str, Any]", item)
        for name in ("value", "name", "key"):
            if isinstance(named.get(name), str):
                return str(named[name])
    return cell(item)
