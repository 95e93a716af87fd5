"""Finding the handler of a request by its raw path.

A customer's key may be any text. `/v1/customers/a%2Fb` has two segments after the version, not three, so the
path is split before anything is decoded, and each segment is decoded once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from .calls import Call, ProgramType
from .replies import Reply

Handler: TypeAlias = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: `GET /customers/{key}`, which programs have it, and what answers it."""

    method: str
    template: str
    handler: Handler
    programs: frozenset[ProgramType] = frozenset({"affiliate"})
    writes: bool = False
    """Whether a GET changes something; every other method may."""

    @property
    def parts(self) -> list[str]:
        """The segments of the template."""
        return self.template[1:].split("/")

    @property
    def is_atomic(self) -> bool:
        """Whether the handler runs in a transaction, all or nothing."""
        return self.writes or self.method != "GET"

    def identifiers(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """The values of the placeholders, or None when as many segments are not of this template."""
        values: list[str] = []
        for part, segment in zip(self.parts, segments, strict=True):
            if part.startswith("{"):
                values.append(segment)
            elif part != segment:
                return None
        return tuple(values) if all(values) else None


@dataclass(frozen=True, slots=True)
class Match:
    """The routes of one path, which differ by method and program, and the values of its placeholders."""

    routes: tuple[Route, ...]
    identifiers: tuple[str, ...]

    @property
    def template(self) -> str:
        return self.routes[0].template

    @property
    def methods(self) -> list[str]:
        return sorted({route.method for route in self.routes})


class RouteTable:
    """Routes by the number of their segments and their first one; `/leads/details` before `/leads/{id}`."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[int, str], list[Route]] = defaultdict(list)
        for route in sorted(routes, key=_placeholders):
            self._routes[len(route.parts), route.parts[0]].append(route)

    def match(self, segments: Sequence[str]) -> Match | None:
        """All routes of the path, or None when no method is known there."""
        if not segments:
            return None
        candidates = self._routes.get((len(segments), segments[0]), [])
        for first in candidates:
            identifiers = first.identifiers(segments)
            if identifiers is not None:
                same = tuple(route for route in candidates if route.template == first.template)
                return Match(same, identifiers)
        return None


def _placeholders(route: Route) -> list[bool]:
    """Which parts are placeholders; in this order, a literal part comes before a placeholder."""
    return [part.startswith("{") for part in route.parts]


def joined(segments: Iterable[str]) -> str:
    """The path of decoded segments, in which a slash within one of them stays ``%2F``."""
    return "".join("/" + segment.replace("/", "%2F") for segment in segments)


def split(raw_path: bytes) -> list[str] | None:
    """The decoded segments of a raw path, or None when one of them is not UTF-8.

    A trailing slash is dropped, as Laravel drops it: a client that lets an empty key through lists everyone.
    """
    try:
        return [unquote_to_bytes(segment).decode("utf-8") for segment in raw_path.strip(b"/").split(b"/")]
    except UnicodeDecodeError:
        return None
