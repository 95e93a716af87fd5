# Made of ../httpx by .ci/httpx2.py: what is to be changed is changed there.
"""What watches or mocks httpx2 by changing its classes: how that is found out, and heard."""

from __future__ import annotations

from operator import attrgetter
from types import FunctionType
from typing import Any, cast

import httpcore2
import httpx2

__all__ = ["Unchanged", "WatchedTransport", "is_changed"]


def is_changed(owner: type, *names: str) -> bool:
    """Whether somebody has put other methods into a class of httpx2 or httpcore2.

    OpenTelemetry's instrumentation and pytest-httpx2 do so with ``httpx2.AsyncHTTPTransport``, vcrpy with
    ``httpcore2.AsyncConnectionPool``, Sentry with ``httpx2.AsyncClient``.

    Args:
        owner: The class.
        names: The methods; ``handle_async_request`` if there is none.
    """
    methods = [vars(owner).get(name) for name in (*(names or ("handle_async_request",)), "aclose")]
    # Not isinstance: the wrappers of wrapt say of themselves that they are functions.
    if any(type(method) is not FunctionType for method in methods):
        return True
    # Each has the globals of the module that it was written in.
    return len({id(method.__globals__) for method in methods if isinstance(method, FunctionType)}) > 1


class Unchanged:
    """Tells, as often as it is asked, whether methods of a class are those that it came with.

    Args:
        owner: The class.
        names: The methods.
    """

    def __init__(self, owner: type, *names: str) -> None:
        self._owner = owner
        self._read = attrgetter(*names)
        self._came_with: Any = None if is_changed(owner, *names) else self._read(owner)

    def __call__(self) -> bool:
        return bool(self._read(self._owner) == self._came_with)


class WatchedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's own transport, with whatever was put into it, over a transport of ours in place of its pool.

    Args:
        transport: What sends.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        # Not httpx2's own __init__: it makes a TLS context and a pool, of which nothing is used.
        self._pool: Any = _Pool(transport)


class _Pool:
    """As much of a pool of httpcore2's as httpx2's transport uses."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpcore2.Request) -> httpcore2.Response:
        url = request.url
        response = await self._transport.handle_async_request(
            httpx2.Request(
                request.method.decode("ascii"),
                httpx2.URL(
                    scheme=url.scheme.decode("ascii"),
                    host=url.host.decode("ascii"),
                    port=url.port,
                    raw_path=url.target,
                ),
                headers=request.headers,
                stream=request.stream,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
                extensions=cast("dict[str, Any]", request.extensions),  # pyright: ignore[reportUnknownMemberType]
            )
        )
        return httpcore2.Response(response.status_code, headers=response.headers.raw, content=response.stream)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def __aenter__(self) -> _Pool:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
