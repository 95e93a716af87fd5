"""Whether a fault can ever strike: is there a route with a path that its pattern matches?"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from .faults import Fault
from .routing import Route

# One character or a class, a `*`, a placeholder; a `[` that is never closed is itself, as for `fnmatch`.
_TOKEN = re.compile(r"\{\w+\}|\[!?\]?[^\]]*\]|.", re.DOTALL)


def can_strike(fault: Fault, routes: Iterable[Route]) -> bool:
    """Whether a request to any of the routes, below `/v1`, is one that the fault is for."""
    method = None if fault.method is None else fault.method.upper()
    pattern = tuple(_TOKEN.findall(fault.path))
    return any(
        _meet(pattern, tuple(_TOKEN.findall(f"/v1{route.template}")))
        for route in routes
        if method in (None, route.method)
    )


@cache
def _meet(pattern: Sequence[str], template: Sequence[str]) -> bool:
    """Whether a path can be written that both match."""
    if not pattern:
        return not template
    first, rest = pattern[0], pattern[1:]
    if first == "*":
        return _meet(rest, template) or (bool(template) and _meet(pattern, template[1:]))
    if not template:
        return False
    if template[0].startswith("{"):
        # One or more characters of a segment: as many of the pattern's as are no slash.
        if first == "/":
            return False
        return _meet(rest, template[1:]) or _meet(rest, template)
    if first.startswith("{"):
        return template[0] != "/" and (_meet(rest, template[1:]) or _meet(pattern, template[1:]))
    if first == "?" or (len(first) > 1 and first.startswith("[")):
        return _meet(rest, template[1:])
    return first == template[0] and _meet(rest, template[1:])
