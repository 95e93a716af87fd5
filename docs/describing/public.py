"""What is promised to users: the names of ``__all__`` in public modules, and the members of their classes.

The code is read by griffe, as it is for the reference; only what a class of attrs takes is asked of attrs.
Written as stubs, it is small, to be read in a diff, and again something that griffe can load and compare.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

import attrs
import griffe

import partnero_async
from partnero_async.records import Record

ROOT: Final = partnero_async.__name__
FOLDERS_OF_COMMANDS: Final = {"cli"}
"""What is promised there are commands, and no names."""

MODULES: Final = (
    "bulk.jobs",
    "bulk.jobs.celery",
    "errors",
    "outbox.sqlalchemy",
    "testing.plugin",
    "webhooks.sqlalchemy",
)
"""What users import beside the folders themselves."""

PROTOCOLS: Final = {
    *("__init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__await__"),
    *("__iter__", "__next__", "__aiter__", "__anext__"),
    *("__len__", "__bool__", "__contains__", "__getitem__"),
}
"""The special methods that users lean on; the others serve Python itself."""


@attrs.frozen
class Member:
    """A public name of a public class."""

    owner: str
    """The path of the class, as users import it."""
    name: str
    found: griffe.Object
    home: griffe.Class
    """The class that has it: the owner, or a base that users do not meet."""

    @property
    def path(self) -> str:
        return f"{self.owner}.{self.name}"


def public_modules() -> list[str]:
    """The full names of the modules that users import from, the front door first."""
    folders = [
        found.name
        for found in iter_modules(partnero_async.__path__)
        if found.ispkg and not found.name.startswith("_") and found.name not in FOLDERS_OF_COMMANDS
    ]
    return [ROOT, *(f"{ROOT}.{name}" for name in sorted([*folders, *MODULES]))]


class PublicApi:
    """All public names, and what stands behind them.

    Args:
        package: What griffe loaded.
        names: Full name of a module -> its public names.
    """

    def __init__(self, package: griffe.Module, names: dict[str, list[str]]) -> None:
        self._package = package
        self.names = names

    @classmethod
    def load(cls, search_path: Path) -> PublicApi:
        """Read the package below a folder, which has to be the one that Python imports."""
        package = griffe.load(
            ROOT, search_paths=[search_path], docstring_parser="google", resolve_aliases=True
        )
        assert isinstance(package, griffe.Module)
        return cls(package, {module: _names_of(module, package) for module in public_modules()})

    def find(self, path: str) -> griffe.Object:
        """What a path leads to, wherever it is defined."""
        found = self._package[path.removeprefix(f"{ROOT}.")]
        while isinstance(found, griffe.Alias):
            found = found.final_target
        assert isinstance(found, griffe.Object)
        return found

    @cached_property
    def homes(self) -> dict[str, list[str]]:
        """Where a thing is defined -> the paths to import it from, the room that it belongs to first."""
        homes = dict[str, list[str]]()
        for module in [*list(self.names)[1:], ROOT]:
            for name in self.names[module]:
                homes.setdefault(self.find(f"{module}.{name}").path, []).append(f"{module}.{name}")
        return homes

    def classes(self) -> Iterator[tuple[str, griffe.Class]]:
        """Every public class once, by its home."""
        for home, *_ in self.homes.values():
            found = self.find(home)
            if isinstance(found, griffe.Class):
                yield home, found

    def bases(self, kind: griffe.Class) -> Iterator[griffe.Class]:
        """The bases that are classes of the package, nearest first."""
        for base in kind.mro():
            target: Any = base.final_target if isinstance(base, griffe.Alias) else base
            if target.path.startswith(f"{ROOT}."):
                yield target

    def members(self, owner: str, kind: griffe.Class, *, special: bool = False) -> Iterator[Member]:
        """What a class has that no public base has: its own, and that of bases which users do not meet."""
        seen = set[str]()
        for home in [kind, *self.bases(kind)]:
            if home is not kind and home.path in self.homes:
                continue
            for name, found in home.members.items():
                wanted = not name.startswith("_") or (special and name in PROTOCOLS)
                if wanted and name not in seen and isinstance(found, griffe.Object):
                    seen.add(name)
                    yield Member(owner, name, found, home)

    # Documentation

    def undocumented(self) -> list[str]:
        """The public names that nothing is said of, in the code itself."""
        bare = [homes[0] for homes in self.homes.values() if not self.find(homes[0]).has_docstring]
        for owner, kind in self.classes():
            bare += [
                member.path for member in self.members(owner, kind) if not self._is_told_of(member, kind)
            ]
        return sorted(bare)

    def unrendered(self, shown: Iterable[str]) -> list[str]:
        """The public names that are not in the reference.

        Args:
            shown: The identifiers of all that the built documentation shows.
        """
        there = set(shown)
        lost = [homes[0] for target, homes in self.homes.items() if there.isdisjoint([target, *homes])]
        for owner, kind in self.classes():
            owners = [kind.path, *self.homes[kind.path]]
            for member in self.members(owner, kind):
                paths = {f"{path}.{member.name}" for path in [*owners, member.home.path]}
                if member.name in self._attributes_told_of(kind):
                    paths.update(owners)
                if there.isdisjoint(paths) and not self._is_overridden(member, kind):
                    lost.append(member.path)
        return sorted(lost)

    def _is_told_of(self, member: Member, kind: griffe.Class) -> bool:
        if member.found.has_docstring or member.name in self._attributes_told_of(kind):
            return True
        # The members of an enumeration are words of Partnero's, which its own docstring introduces.
        return self._is_overridden(member, kind) or _is_enum(kind)

    def _is_overridden(self, member: Member, kind: griffe.Class) -> bool:
        """Whether a base says what a member is, and the class only says it anew for itself."""
        for base in self.bases(kind):
            other = base.members.get(member.name)
            if other is not None and base is not kind and (other.has_docstring or member.name[0] == "_"):
                return True
        return False

    def _attributes_told_of(self, kind: griffe.Class) -> set[str]:
        """What the docstring of a class or of its bases has under Attributes."""
        told = set[str]()
        for holder in [kind, *self.bases(kind)]:
            for section in holder.docstring.parsed if holder.docstring else ():
                if isinstance(section, griffe.DocstringSectionAttributes):
                    told.update(attribute.name for attribute in section.value)
        return told

    # Stubs

    def stubs(self) -> dict[str, str]:
        """File name -> its text, for each public module."""
        stubs = {self._file_of(module): self._stub_of(module) for module in self.names}
        for name, text in stubs.items():
            ast.parse(text, name)  # of what it cannot read, griffe says nothing
        return stubs

    def _file_of(self, module: str) -> str:
        stem = module.replace(".", "/")
        is_folder = module == ROOT or self.find(module).is_init_module
        return f"{stem}/__init__.pyi" if is_folder else f"{stem}.pyi"

    def _stub_of(self, module: str) -> str:
        imports, own = list[str](), list[str]()
        for name in sorted(self.names[module]):
            target = self.find(f"{module}.{name}")
            home, _, called = self.homes[target.path][0].rpartition(".")
            if home != module:
                imports.append(f"from {home} import {called} as {name}\n")
            elif isinstance(target, griffe.Class):
                own.append(f"\n{self._class(f'{module}.{name}', target)}")
            else:
                own.append("".join(f"{line}\n" for line in _lines_of(name, target, "")))
        exported = _wrap("__all__ = [", [f'"{name}"' for name in sorted(self.names[module])], "]")
        return "".join([*sorted(imports), "\n".join(exported), "\n", *own])

    def _class(self, path: str, kind: griffe.Class) -> str:
        bases = ", ".join(self._bases_to_name(kind))
        members = list(self.members(path, kind, special=True))
        lines = [f"class {kind.name}{f'({bases})' if bases else ''}:"]
        signature = _attrs_signature(path) if _is_of_attrs(kind) else None
        if signature:
            lines += _wrap("    def __init__(", signature, "): ...")
        for member in members:
            if member.name == "__init__" and (signature or not self._is_for_users(member.found, kind)):
                continue
            for overload in member.home.overloads.get(member.name) or ():
                lines += ["    @overload", *_lines_of(member.name, overload, "    ")]
            lines += _lines_of(member.name, member.found, "    ", within=kind)
        return "\n".join([*lines, *(["    ..."] if len(lines) == 1 else [])]) + "\n"

    def _bases_to_name(self, kind: griffe.Class) -> Iterator[str]:
        for base in kind.bases:
            path = base if isinstance(base, str) else base.canonical_path
            if path in self.homes or not path.startswith(f"{ROOT}."):
                yield str(base)
            else:
                inner = self._bases_to_name(self._package[path.removeprefix(f"{ROOT}.")])
                yield from (name for name in inner if not name.startswith(("ABC", "Generic[")))

    def _is_for_users(self, function: griffe.Object, kind: griffe.Class) -> bool:
        """Whether users call ``__init__``: it says what it takes, or they have all that it takes."""
        assert isinstance(function, griffe.Function)
        sections = kind.docstring.parsed if kind.docstring else ()
        if any(isinstance(section, griffe.DocstringSectionParameters) for section in sections):
            return True
        used = [
            name.canonical_path
            for parameter in function.parameters
            if isinstance(parameter.annotation, griffe.Expr)
            for name in parameter.annotation.iterate(flat=True)
            if isinstance(name, griffe.ExprName)
        ]
        return not any(self._is_private_class(path) for path in used)

    def _is_private_class(self, path: str) -> bool:
        if not path.startswith(f"{ROOT}.") or path in self.homes:
            return False
        try:
            return self.find(path).path not in self.homes and self.find(path).is_class
        except KeyError:
            return False


def _names_of(module: str, package: griffe.Module) -> list[str]:
    """The public names of a module; where they are loaded on first use, only Python knows them."""
    read = package if module == ROOT else package[module.removeprefix(f"{ROOT}.")]
    return list(map(str, read.exports or import_module(module).__all__))


def _is_enum(kind: griffe.Class) -> bool:
    return any(str(base).endswith(("Enum", "Flag")) for base in kind.bases)


def _lines_of(
    name: str, found: griffe.Object, indent: str, *, within: griffe.Class | None = None
) -> list[str]:
    if isinstance(found, griffe.Attribute):
        annotation = found.annotation
        if annotation is None and within is not None and str(found.value) in within.parameters:
            annotation = within.parameters[str(found.value)].annotation  # as in ``self.status = status``
        if annotation is None:
            return [f"{indent}{name} = {found.value}"]
        is_value_told = str(annotation) == "TypeAlias" or str(annotation).startswith("Final")
        return [f"{indent}{name}: {annotation}{f' = {found.value}' if is_value_told else ''}"]
    if isinstance(found, griffe.TypeAlias):
        return [f"{indent}{name}: TypeAlias = {found.value}"]
    if not isinstance(found, griffe.Function):
        return [f"{indent}class {name}: ..."]
    lines = [f"{indent}@{label}" for label in ("staticmethod", "classmethod") if label in found.labels]
    start = f"{indent}{'async ' if 'async' in found.labels else ''}def {name}("
    returns = f" -> {found.returns}" if found.returns is not None else ""
    return [*lines, *_wrap(start, list(_parameters(found.parameters)), f"){returns}: ...")]


def _parameters(parameters: Iterable[griffe.Parameter]) -> Iterator[str]:
    """The parameters as they are written, with their marks."""
    kinds = griffe.ParameterKind
    before: griffe.ParameterKind | None = None
    for parameter in parameters:
        if before is kinds.positional_only and parameter.kind is not before:
            yield "/"
        if parameter.kind is kinds.keyword_only and before not in (kinds.keyword_only, kinds.var_positional):
            yield "*"
        stars = {kinds.var_positional: "*", kinds.var_keyword: "**"}.get(
            parameter.kind or kinds.positional_only
        )
        type_of = f": {parameter.annotation}" if parameter.annotation is not None else ""
        default = f" = {parameter.default}" if not stars and parameter.default is not None else ""
        yield f"{stars or ''}{parameter.name}{type_of}{default}"
        before = parameter.kind
    if before is kinds.positional_only:
        yield "/"


def _is_of_attrs(kind: griffe.Class) -> bool:
    return any(str(decorator.value).startswith("attrs.") for decorator in kind.decorators)


def _attrs_signature(path: str) -> list[str] | None:
    """The parameters of a class whose ``__init__`` attrs writes; None where it has one of its own.

    Those of records are left out: answers make them, and in tests ``partnero_async.testing.build``.
    """
    module, _, name = path.rpartition(".")
    kind = getattr(import_module(module), name)
    if issubclass(kind, Record):
        return None
    said = ["self"]
    of_attrs = {field.alias: field for field in attrs.fields(kind) if field.init}
    for parameter in list(inspect.signature(kind.__init__).parameters.values())[1:]:
        field = of_attrs.get(parameter.name)
        if field is None:  # it has an __init__ of its own, which griffe has read
            return None
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in said:
            said.append("*")
        default = "" if parameter.default is parameter.empty else f" = {_shown(parameter.default)}"
        said.append(f"{parameter.name}: {field.type}{default}")
    return said


def _shown(value: object) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    return repr(value) if isinstance(value, str | int | float | tuple | None) else "..."


def _wrap(start: str, parts: list[str], end: str) -> list[str]:
    """One line, or one for each part where that would be long."""
    line = f"{start}{', '.join(parts)}{end}"
    if len(line) <= 100:
        return [line]
    indent = start[: len(start) - len(start.lstrip())]
    return [start, *(f"{indent}    {part}," for part in parts), f"{indent}{end}"]
