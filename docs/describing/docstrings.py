"""What docstrings say: of a function and its arguments, of a class and its fields."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any, Final

__all__ = ["about", "arguments", "fields", "section", "summary"]

SECTION: Final = re.compile(r"^(Args|Returns|Raises|Attributes|Yields):\n((?:(?: .*)?\n)*)", re.M)
ARGUMENT: Final = re.compile(r"^(\w+): (.+(?:\n +.+)*)", re.M)

SAID_IN_JSON: Final = {
    "``": "`",
    r"`\(\)`": "`[]`",
    # Which form of a method leads to which operation is said there already.
    r", or (`Ref\([^`]*\)`|a\s+Ref) [^.,]*\sin\s+the\s+body(, which[^.]*)?": "",
    r"\bNone\b(?! of| or)": "null",
    r"\bTrue\b": "true",
    r"\bFalse\b": "false",
    r'`Decimal\("([^"]+)"\)`': r"`\1`",
    # Of an operation, its own method and path are said elsewhere.
    r"\s*`(GET|POST|PUT|DELETE) /[^`]*`[^.]*\([^)]*\)\.(?= |\n|$)": "",
}


def summary(subject: Any) -> str:
    """The first sentence, as Markdown."""
    paragraph = about(subject).partition("\n\n")[0]
    return re.split(r"(?<=\.)\s", paragraph, maxsplit=1)[0]


def about(subject: Any) -> str:
    """All that is said before the sections, as Markdown."""
    return prose(SECTION.split(f"{inspect.getdoc(subject) or ''}\n")[0])


def section(subject: Any, name: str) -> str:
    """The text of one section, such as Returns; empty if there is none."""
    found = {match[1]: match[2] for match in SECTION.finditer(f"{inspect.getdoc(subject) or ''}\n")}
    return dedent(found.get(name, "")).strip()


def arguments(function: Callable[..., Any]) -> dict[str, str]:
    """Argument -> what is said of it."""
    return {match[1]: prose(match[2]) for match in ARGUMENT.finditer(section(function, "Args"))}


@cache
def fields(kind: type) -> dict[str, str]:
    """Field -> the text below it, in this class and those above it."""
    said = dict[str, str]()
    for above in reversed(kind.__mro__):
        if above.__module__.startswith("partnero_async."):
            said |= _own_fields(above)
    return said


def _own_fields(kind: type) -> dict[str, str]:
    (tree,) = ast.parse(dedent(inspect.getsource(kind))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    said = dict[str, str]()
    for field, below in pairwise(body):
        name = _name_of(field)
        if name and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            said[name] = prose(inspect.cleandoc(str(below.value.value)))
    return said


def _name_of(statement: ast.stmt) -> str:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return ""


def prose(text: str) -> str:
    """reStructuredText as Markdown, each paragraph on one line, and Python's values as those of JSON."""
    for python, said in SAID_IN_JSON.items():
        text = re.sub(python, said, text)
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
