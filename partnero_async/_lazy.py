"""Names that are loaded on first use, for packages whose import must cost next to nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["LazyModule", "lazy"]


# The rooms that have names beside the front door's; importing them loads nothing.
_ROOMS = (
    "bulk",
    "errors",
    "export",
    "inputs",
    "lists",
    "observing",
    "outbox",
    "records",
    "shared",
    "testing",
    "webhooks",
)


def _hint(package: str, name: str, public: list[str]) -> str:
    """Which name is meant, or where it is; empty where nobody knows."""
    if name.startswith("_"):  # as tools ask for that look what a module can do
        return ""
    from difflib import get_close_matches  # not loaded with the package

    root = package.partition(".")[0]
    for room in _ROOMS:
        if f"{root}.{room}" != package and name in dir(import_module(f"{root}.{room}")):
            return f": it is in {root}.{room}"
    near = get_close_matches(name, public, n=1, cutoff=0.7)
    return f": did you mean {near[0]}?" if near else ""


class LazyModule:
    """Stands for a module that is imported when something of it is asked for.

    Annotations name what others bring only as text; ``typing.get_type_hints`` finds it here.

    Args:
        name: The module.
        instead: One with the same names, where that is not installed.
    """

    def __init__(self, name: str, instead: str | None = None) -> None:
        self._name = name
        self._instead = instead

    def __getattr__(self, name: str) -> Any:
        try:
            module = import_module(self._name)
        except ModuleNotFoundError:
            if self._instead is None:
                raise
            module = import_module(self._instead)
        return getattr(module, name)


def lazy(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], Callable[..., Any]]:
    """What a package needs whose names are loaded on first use.

    Args:
        package: Its full name.
        homes: Module below it -> the names that are found there, separated by blanks.

    Returns:
        Its ``__getattr__``, its ``__dir__``, and ``restore``, which pickles call by a public name.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}
    public = sorted(home_of)

    def look_up(name: str) -> Any:
        if name == "__all__":
            return public
        if name in homes:  # a module below, which is there without an import of its own, too
            return import_module(f".{name}", package)
        home = home_of.get(name)
        if home is None:
            hint = _hint(package, name, public)
            raise AttributeError(f"module {package!r} has no attribute {name!r}{hint}")
        value = getattr(import_module(f".{home}", package), name)
        setattr(sys.modules[package], name, value)
        return value

    def restore(kind: str | type, *parts: Any) -> Any:
        found = look_up(kind) if isinstance(kind, str) else kind
        return getattr(found, "_restore", found)(*parts)

    restore.__module__, restore.__qualname__ = package, "restore"
    return look_up, lambda: public, restore
