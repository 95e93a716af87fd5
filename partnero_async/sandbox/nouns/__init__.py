"""What the sandbox knows about, noun by noun: the tables that keep it and the routes that lead to it.

To add a noun, add its module: the `SCHEMA` and the `ROUTES` of every module here are collected, in the
alphabetical order of the modules. No other order is needed: SQLite lets a table refer to one that is created
later (sqlite.org/foreignkeys.html, section 3), and of two routes the more literal one wins (`RouteTable`).

A state file of an older sandbox gets a new table empty, so a handler must do without a row for older records.
A table that is defined otherwise than before makes older files refused (`Store`).
"""

from importlib import import_module
from pkgutil import iter_modules

from ..routing import Route
from .program import until_deleted

_MODULES = [
    import_module(f"{__name__}.{name}") for name in sorted(found.name for found in iter_modules(__path__))
]

SCHEMA: tuple[str, ...] = tuple(module.SCHEMA for module in _MODULES if hasattr(module, "SCHEMA"))

ROUTES: tuple[Route, ...] = tuple(
    until_deleted(route) for module in _MODULES for route in getattr(module, "ROUTES", ())
)
