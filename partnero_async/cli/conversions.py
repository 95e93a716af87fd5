"""A finished file of an export as CSV or Parquet: read twice, and never whole in memory."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from .output import EXTRA, Cells, columns_of, escaped, flat, json_number

__all__ = ["check_parquet", "convert"]

ROWS: Final = 5000
"""Rows of a Parquet file's group."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def check_parquet() -> None:
    """Raises UsageError where Parquet cannot be written."""
    try:
        import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise click.UsageError("Parquet needs pyarrow: pip install 'partnero-async[parquet]'") from None


def convert(lines: Path, out: Path, format: str, kind: Any, formulas: Cells) -> None:
    """Writes the records of an export in another form."""
    columns = columns_of(kind)
    if any(flat(record, columns)[EXTRA] for record in _records(lines)):
        columns = [*columns, EXTRA]
    write = _csv if format == "csv" else _parquet
    write(lines, out, columns, formulas)


def _records(lines: Path) -> Iterator[dict[str, Any]]:
    with lines.open("rb") as file:
        for line in file:
            yield json.loads(line, parse_float=Decimal)["record"]


def _csv(lines: Path, out: Path, columns: list[str], formulas: Cells) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for record in _records(lines):
            values = flat(record, columns)
            writer.writerow([escaped(values.get(name), formulas) for name in columns])
        file.flush()
        os.fsync(file.fileno())


def _parquet(lines: Path, out: Path, columns: list[str], formulas: Cells) -> None:
    # It has no types.
    pyarrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    kinds = _Kinds(columns)
    for record in _records(lines):
        kinds.see(flat(record, columns))
    schema = pyarrow.schema([(name, kinds.type_of(name)) for name in columns])
    with parquet.ParquetWriter(out, schema) as writer:
        for rows in _groups(flat(record, columns) for record in _records(lines)):
            arrays = [
                pyarrow.array([kinds.value_of(name, row.get(name)) for row in rows], schema.field(name).type)
                for name in columns
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _groups(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group = list[dict[str, Any]]()
    for row in rows:
        group.append(row)
        if len(group) == ROWS:
            yield group
            group = []
    if group:
        yield group


class _Kinds:
    """What a column holds in all its rows; what is mixed is text."""

    def __init__(self, columns: list[str]) -> None:
        self._kinds: dict[str, set[str]] = {name: set() for name in columns}
        self._digits: dict[str, tuple[int, int]] = dict.fromkeys(columns, (1, 0))

    def see(self, row: Mapping[str, Any]) -> None:
        for name, kinds in self._kinds.items():
            value = row.get(name)
            if value is None:
                continue
            kind = _kind_of(value)
            kinds.add(kind)
            if kind in ("amount", "whole"):
                whole, scale = self._digits[name]
                number = Decimal(value).as_tuple()
                behind = max(0, -int(number.exponent))
                before = max(1, len(number.digits) + int(number.exponent))
                self._digits[name] = max(whole, before), max(scale, behind)

    def type_of(self, name: str) -> Any:
        pyarrow: Any = import_module("pyarrow")
        whole, scale = self._digits[name]
        match self._kind(name):
            case "flag":
                return pyarrow.bool_()
            case "moment":
                return pyarrow.timestamp("us", tz="UTC")
            case "whole" if whole <= 18:
                return pyarrow.int64()
            case "whole" | "amount" if whole + scale <= 38:
                return pyarrow.decimal128(38, scale)
            case _:
                return pyarrow.string()

    def value_of(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        convert: Callable[[Any], Any] = str
        whole, scale = self._digits[name]
        match self._kind(name):
            case "flag":
                return value
            case "moment":
                convert = datetime.fromisoformat
            case "whole" if whole <= 18:
                return value
            case "whole" | "amount" if whole + scale <= 38:
                convert = Decimal
            case _:
                return value if isinstance(value, str) else _as_json(value)
        return convert(value)

    def _kind(self, name: str) -> str:
        kinds = self._kinds[name]
        if kinds == {"whole", "amount"}:
            return "amount"
        return next(iter(kinds)) if len(kinds) == 1 else "text"


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=json_number)


def _kind_of(value: Any) -> str:
    match value:
        case bool():
            return "flag"
        case int():
            return "whole"
        case Decimal():
            return "amount"
        case str() if _MOMENT.fullmatch(value):
            return "moment"
        case _:
            return "text"
