"""The house as a graph: which module imports which, and which room, read from the source and not run.

``python -m tests.rooms`` prints the rooms of the package (its files and folders at the top), the arrows
between them and every circle; ``python -m tests.rooms path/to/partnero_async`` those of another checkout.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import partnero_async

__all__ = [
    "PACKAGE",
    "Graph",
    "circle_in",
    "imports_of",
    "module_graph",
    "modules_of",
    "room_graph",
    "room_of",
]

PACKAGE = Path(partnero_async.__file__).parent

Graph = Mapping[str, set[str]]
"""Name -> the names that it imports."""


def modules_of(package: Path) -> dict[str, Path]:
    """Dotted name -> file, for every module of a package; a folder has the name of its ``__init__``."""
    names = dict[str, Path]()
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def imports_of(name: str, path: Path, *, at_run_time: bool = False) -> Iterator[str]:
    """The full names of what a module imports, at its top or anywhere below, each alias joined to its module.

    Args:
        name: The module's own dotted name.
        path: Its file.
        at_run_time: Leave out what stands under ``if TYPE_CHECKING``.
    """
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in _walk(ast.parse(path.read_text(encoding="utf-8")), at_run_time):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            inside = ".".join([*base, *([node.module] if node.module else [])])
            # ``from .. import client`` imports a module that only the alias names.
            yield from (f"{inside}.{alias.name}" for alias in node.names)


def _walk(node: ast.AST, at_run_time: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if at_run_time and isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _walk(child, at_run_time)


def module_graph(package: Path = PACKAGE, *, at_run_time: bool = False) -> dict[str, set[str]]:
    """Every module, with the modules of the same package that it imports."""
    modules = modules_of(package)
    graph = dict[str, set[str]]()
    for name, path in modules.items():
        found = graph[name] = set[str]()
        for imported in imports_of(name, path, at_run_time=at_run_time):
            # Of ``package.module.Name`` the longest part that is a module.
            parts = imported.split(".")
            while parts and ".".join(parts) not in modules:
                parts.pop()
            if parts:
                found.add(".".join(parts))
        found.discard(name)
    return graph


def room_of(module: str) -> str:
    """The room that a module is in: the second part of its name; the front door is ``__init__``."""
    return module.split(".")[1] if "." in module else "__init__"


def room_graph(modules: Graph) -> dict[str, set[str]]:
    """Every room, with the other rooms that its modules import."""
    graph = dict[str, set[str]]()
    for module, imported in modules.items():
        rooms = graph.setdefault(room_of(module), set())
        rooms.update(room_of(other) for other in imported)
    for room, others in graph.items():
        others.discard(room)
    return graph


def circle_in(graph: Graph) -> list[str] | None:
    """The names of one circle, the first of them again at the end; None where an order exists."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def main() -> None:
    package = Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE
    graph = room_graph(module_graph(package))
    # The front door opens to every room and none leads back to it: it says nothing about the floor plan.
    inner = {room: others - {"__init__"} for room, others in graph.items() if room != "__init__"}
    for room, others in sorted(inner.items()):
        print(f"{room:12} -> {' '.join(sorted(others))}")
    print(f"{len(inner)} rooms, {sum(map(len, inner.values()))} arrows")
    print("circle of rooms:", " -> ".join(circle_in(inner) or ["none"]))
    print("circle of modules:", " -> ".join(circle_in(module_graph(package)) or ["none"]))


if __name__ == "__main__":
    main()
