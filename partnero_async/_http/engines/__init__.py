"""What requests are sent with: httpx by default, another on request; imported when one is chosen."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from ..._secret import Secret
from ...errors import ArgumentError
from .contract import Engine
from .origin import Origin, Tls, check_key_log, check_tls, proxy_for

if TYPE_CHECKING:
    import httpx
    import httpx2

__all__ = ["open_engine"]


def open_engine(
    name: str,
    *,
    origin: Origin,
    api_key: Secret,
    max_body: int,
    http_client: httpx.AsyncClient | httpx2.AsyncClient | None,
    transport: httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport | None,
    proxy: Secret | None,
    verify: bool | ssl.SSLContext,
) -> Engine:
    """The engine with this name.

    Raises:
        ArgumentError: There is none, it is not installed, or it has no use for a setting.
        TypeError: A setting is of another type.
    """
    tls = Tls(verify)
    if name in ("httpx", "httpx2"):
        over: Any
        if name == "httpx2" or _is_of_httpx2(http_client, transport):
            try:
                from .httpx2 import engine as over
            except ModuleNotFoundError as error:
                raise _missing(name, error) from None
        else:
            from .httpx import engine as over
        client, owned = over.open_client(
            origin, http_client=http_client, transport=transport, proxy=proxy, tls=tls
        )
        engine: Engine = over.HttpxEngine(
            client,
            origin=origin,
            api_key=api_key,
            max_body=max_body,
            transport=owned,
            given=http_client is not None or transport is not None,
        )
        return engine
    if name not in ("aiohttp", "httptools"):
        raise ArgumentError(f'engine must be "httpx", "httpx2", "aiohttp" or "httptools", not {name!r:.40}')
    if http_client is not None or transport is not None:
        raise ArgumentError('http_client and transport are settings of engine="httpx" and "httpx2"')
    check_key_log()  # importing aiohttp makes a context
    chosen = proxy_for(origin, proxy)
    check_tls(tls, origin, chosen)
    try:
        if name == "aiohttp":
            from .aiohttp import AiohttpEngine

            return AiohttpEngine(origin=origin, api_key=api_key, max_body=max_body, tls=tls, proxy=chosen)
        from .httptools.engine import HttptoolsEngine

        return HttptoolsEngine(origin=origin, api_key=api_key, max_body=max_body, tls=tls, proxy=chosen)
    except ModuleNotFoundError as error:
        raise _missing(name, error) from None


def _is_of_httpx2(*given: object) -> bool:
    """Whether what was given to send through is of httpx2, which has the names of httpx."""
    return any(kind.__module__.partition(".")[0] == "httpx2" for one in given for kind in type(one).__mro__)


def _missing(name: str, error: ModuleNotFoundError) -> ArgumentError:
    return ArgumentError(f"engine=\"{name}\" needs {error.name}: pip install 'partnero-async[{name}]'")
