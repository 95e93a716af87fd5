"""Files of keys and of changes, as spreadsheets, databases and editors leave them."""

from __future__ import annotations

import codecs
from pathlib import Path

import click
import pytest

from partnero_async.cli.rows import keys_of, rows_of
from partnero_async.errors import ArgumentError

KNOWN = {"a", "key", "name"}
KEYS = ["ada", "bob", "ünal"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_keys_are_trimmed_and_each_is_there_once(file: Path, end: str, mark: bytes, encoding: str) -> None:
    lines = ["  ada\t", "", "\ufeffbob", "ünal", "\u00a0ada ", " "]
    file.write_bytes(mark + end.join(lines).encode(encoding))
    assert keys_of(str(file), None) == KEYS


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_keys_of_a_column(file: Path, separator: str, end: str) -> None:
    rows = [
        ["name", "id", "note"],
        ["Ada", " ada ", f'"a{separator}b{end}c"'],
        ["Bob", '"bob"', ""],
        ["", "", ""],
    ]
    rows += [["Ünal", "ünal", "x"], ["short"]]
    file.write_text(end.join(separator.join(row) for row in rows), encoding="utf-8-sig", newline="")
    assert keys_of(str(file), "id") == KEYS


def test_a_column_that_is_not_there_is_told_with_those_that_are(file: Path) -> None:
    file.write_text("id,email\nada,a@example.com\n")
    with pytest.raises(click.UsageError, match=r"has no column key; there are id, email$"):
        keys_of(str(file), "key")


@pytest.mark.parametrize(
    ("head", "hinted"), [("email;id", "email"), ('"id","name"', "id"), ("key", "key"), ("ada", None)]
)
def test_a_file_that_looks_like_csv_gets_a_hint(
    file: Path, head: str, hinted: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{head}\nada\n")
    keys_of(str(file), None)
    said = capsys.readouterr().err
    assert (f"--column {hinted} takes those" in said) if hinted else (said == "")


@pytest.mark.parametrize("content", [b"", b"\n \n", codecs.BOM_UTF16_LE, codecs.BOM_UTF8])
def test_a_file_without_keys_is_wrong_usage(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(click.UsageError, match="there are no keys"):
        keys_of(str(file), None)


def test_what_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    for source in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(click.UsageError, match="cannot be read: "):
            keys_of(str(source), None)


def test_rows_of_json_lines_have_their_numbers(file: Path) -> None:
    file.write_bytes(codecs.BOM_UTF8 + b'\n{"key": "ada"}\r\n\n{"key": 7}\n{"key"\n[]\n')
    rows = list(rows_of(str(file), KNOWN))
    assert rows[:2] == [(2, {"key": "ada"}), (4, {"key": 7})]
    assert [number for number, row in rows if isinstance(row, ArgumentError)] == [5, 6]


def test_a_json_line_may_have_what_other_programs_take_for_a_line_end(file: Path) -> None:
    file.write_text('{"key": "a\u2028b\u0085c"}\n', encoding="utf-8")
    assert list(rows_of(str(file), KNOWN)) == [(1, {"key": "a\u2028b\u0085c"})]


def test_cells_lead_into_objects_and_empty_ones_say_nothing(file: Path) -> None:
    file.write_text("key;partner.key;name\nada;ref_001;\nbob;;'=1+1\n")
    assert list(rows_of(str(file), KNOWN)) == [
        (2, {"key": "ada", "partner": {"key": "ref_001"}}),
        (3, {"key": "bob", "name": "=1+1"}),
    ]


@pytest.mark.parametrize("text", ["a,b\n1,2,3\n", "a,a.b\n1,2\n"])
def test_a_row_that_means_nothing_is_an_error_of_its_line(file: Path, text: str) -> None:
    file.write_text(text)
    ((number, row),) = rows_of(str(file), KNOWN)
    assert number == 2
    assert isinstance(row, ArgumentError)
