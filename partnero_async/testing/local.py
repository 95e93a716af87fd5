"""LocalPartnero: a sandbox to test against, whose faults are scripted and whose calls are asserted."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

import httpx

from ..client import AsyncPartnero
from ..errors import ArgumentError, UsageError
from ..records._base import is_object
from ..sandbox import Fault, Sandbox
from ..sandbox.calls import ProgramType
from ..sandbox.faults import PLACEHOLDER, pattern_of
from ..sandbox.nouns import ROUTES
from ..sandbox.routing import joined
from ..sandbox.sandbox import DEFAULT_API_KEYS
from ..sandbox.server import running
from .recording import Call, Recorded

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["LocalPartnero"]

_ALL: Final = "*"


class LocalPartnero(Sandbox):
    """A ``Sandbox`` with what tests need beside it.

    A route is named as the table of endpoints in the docs does: ``GET /customers/{key}`` for any customer,
    ``GET /customers/customer_000001`` for one, ``*`` for everything. Keys are written as in a URL where they
    hold a slash (``%2F``), a percent sign (``%25``) or braces (``%7B``, ``%7D``).

    Args:
        customers: How many customers each program starts with.
        api_keys: API keys, and the type of each one's program; one of each type if None.
        settings: What else ``Sandbox`` takes.

    Raises:
        ValueError: A setting is out of its bounds.
    """

    def __init__(
        self,
        *,
        customers: int = 50,
        api_keys: Mapping[str, ProgramType] | None = None,
        **settings: Any,
    ) -> None:
        self._api_keys = DEFAULT_API_KEYS if api_keys is None else api_keys
        self._calls = dict[object, Call]()
        self._base_url: str | None = None
        super().__init__(customers=customers, api_keys=self._api_keys, **settings)

    @property
    def app(self) -> ASGIApp:
        """The ASGI application, which notes each call."""
        return Recorded(super().app, self._calls)

    @property
    def base_url(self) -> str:
        """Where it is served.

        Raises:
            UsageError: It is not served over a socket.
        """
        if self._base_url is None:
            raise UsageError("it is in memory only: serve it, or take the fixture partnero_server")
        return self._base_url

    @contextmanager
    def served(self) -> Generator[str]:
        """Serves it on a free port of this machine, from a thread of its own, and gives the base URL."""
        with running(self) as base_url:
            self._base_url = base_url
            try:
                yield base_url
            finally:
                self._base_url = None

    def client(
        self, program: ProgramType = "affiliate", *, waits: bool = False, **settings: Any
    ) -> AsyncPartnero:
        """A new client of it, not entered, for use in any event loop.

        Args:
            program: The type of the program.
            waits: Whether it waits before it tries again, and pauses after a 429, as it does outside tests.
            settings: What else ``AsyncPartnero`` takes.

        Raises:
            ArgumentError: There is no program of this type.
        """
        api_key = next((key for key, kind in self._api_keys.items() if kind == program), None)
        if api_key is None:
            raise ArgumentError(f"it has no program of the type {program!r:.40}")
        if self._base_url is not None:
            settings = {"base_url": self._base_url, **settings}
        else:
            settings = {"transport": httpx.ASGITransport(app=self.app), **settings}
        partnero = AsyncPartnero(api_key, **settings)
        partnero._caller.session.waits = waits  # pyright: ignore[reportPrivateUsage]
        return partnero

    def fail(
        self,
        route: str = _ALL,
        do: Literal["status", "delay", "drop", "cut", "garble"] = "status",
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float | None = None,
        after: bool = False,
        times: int | None = None,
        rate: float = 1.0,
    ) -> None:
        """Scripts a fault, after those that were scripted before; ``partnero.faults = ()`` ends them all.

        Args:
            route: For which calls.
            do: What goes wrong: an error ``status`` is answered; the answer comes with a ``delay``; the
                connection is closed before it (``drop``) or in its middle (``cut``); or it is no JSON
                (``garble``).
            status: The HTTP status, 500 if None.
            headers: Headers of the error, such as ``{"Retry-After": "30"}``.
            delay: Seconds by which the answer comes late.
            after: Whether the call was processed all the same, as when a gateway gives up.
            times: How many times it happens; None for always.
            rate: The probability of it.

        Raises:
            ValueError: There is no such route, or the fault makes no sense.
        """
        method, path = _split(route)
        fault = Fault(
            do,
            method=method,
            path=path if path == _ALL else f"/v1{path}",
            status=status,
            headers=headers or {},
            delay=delay,
            after=after,
            times=times,
            rate=rate,
        )
        self.faults = (*self.faults, fault)

    @property
    def calls(self) -> tuple[Call, ...]:
        """What it was asked, in that order."""
        return tuple(self._calls.copy().values())  # a copy, since a server's thread adds to it

    def calls_of(self, route: str = _ALL) -> tuple[Call, ...]:
        """Those of its calls that are of a route.

        Raises:
            ValueError: There is no such route.
        """
        method, path = _split(route)
        pattern = pattern_of(path)
        return tuple(
            call for call in self.calls if method in (None, call.method) and pattern.match(call.path)
        )

    def assert_called(self, route: str = _ALL, *, times: int | None = None, **fields: Any) -> None:
        """Asserts that something was asked.

        Args:
            route: What.
            times: How many times; None for at least once.
            fields: Fields that the JSON body or the query of such a call must have: only these are counted.

        Raises:
            AssertionError: It was not; the text says what was asked instead.
            ValueError: There is no such route.
        """
        found = [call for call in self.calls_of(route) if _has(call, fields)]
        if len(found) == times or (times is None and found):
            return
        wanted = "at least once" if times is None else f"{times} times"
        what = f"{route} with {fields}" if fields else route
        asked = "\n".join(f"  {_shown(call)}" for call in self.calls) or "  nothing"
        raise AssertionError(f"{what} was called {len(found)} times, not {wanted}; called was\n{asked}")

    def assert_not_called(self, route: str = _ALL) -> None:
        """Asserts that something was never asked.

        Raises:
            AssertionError: It was.
            ValueError: There is no such route.
        """
        self.assert_called(route, times=0)

    def forget_calls(self) -> None:
        """Begins anew with an empty list of calls."""
        self._calls.clear()


def _split(route: str) -> tuple[str | None, str]:
    """The method, None for any, and the path of a route, as a ``Fault`` has it below the base URL.

    Raises:
        ValueError: Partnero has no such route.
    """
    if route == _ALL:
        return None, _ALL
    method, _, path = route.partition(" ")
    segments = path.split("/")[1:]
    if any(
        method == one.method and len(segments) == len(one.parts) and one.identifiers(segments) is not None
        for one in ROUTES
    ):
        return method, joined(one if PLACEHOLDER.fullmatch(one) else _literal(one) for one in segments)
    known = sorted({f"{one.method} {one.template}" for one in ROUTES})
    near = get_close_matches(route, known, n=3, cutoff=0.4)
    raise ValueError(
        f"there is no route {route!r}; did you mean {' or '.join(near) or 'GET /customers'}? "
        "A slash within a key is %2F"
    )


def _literal(segment: str) -> str:
    """What matches a segment as it is, in a pattern of ``fnmatch`` with placeholders."""
    return re.sub(r"([*?\[{])", r"[\1]", unquote(segment))


def _has(call: Call, fields: Mapping[str, Any]) -> bool:
    sent: dict[str, Any] = {**call.query, **(call.body if is_object(call.body) else {})}
    return all(name in sent and sent[name] == value for name, value in fields.items())


def _shown(call: Call) -> str:
    body = "" if call.body is None else f" {call.body}"
    return f"{call.method} {call.path}{body} -> {call.status or 'no answer'}"
