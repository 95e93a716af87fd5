"""What requests are sent with: httpx by default, aiohttp on request; imported when one is chosen."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ..._secret import Secret
from ...errors import ArgumentError
from .contract import Engine
from .origin import Origin, Tls, check_key_log, check_tls, proxy_for

if TYPE_CHECKING:
    import httpx

__all__ = ["open_engine"]


def open_engine(
    name: str,
    *,
    origin: Origin,
    api_key: Secret,
    max_body: int,
    http_client: httpx.AsyncClient | None,
    transport: httpx.AsyncBaseTransport | None,
    proxy: Secret | None,
    verify: bool | ssl.SSLContext,
) -> Engine:
    """The engine with this name.

    Raises:
        ArgumentError: There is none, it is not installed, or it has no use for a setting.
        TypeError: A setting is of another type.
    """
    tls = Tls(verify)
    if name == "httpx":
        from .httpx.engine import HttpxEngine, open_client

        client, owned = open_client(
            origin, http_client=http_client, transport=transport, proxy=proxy, tls=tls
        )
        return HttpxEngine(
            client,
            origin=origin,
            api_key=api_key,
            max_body=max_body,
            transport=owned,
            given=http_client is not None or transport is not None,
        )
    if name != "aiohttp":
        raise ArgumentError(f'engine must be "httpx" or "aiohttp", not {name!r:.40}')
    if http_client is not None or transport is not None:
        raise ArgumentError('http_client and transport are settings of engine="httpx"')
    check_key_log()  # importing aiohttp makes a context
    try:
        from .aiohttp import AiohttpEngine
    except ModuleNotFoundError as error:
        raise ArgumentError(
            f"engine=\"aiohttp\" needs {error.name}: pip install 'partnero-async[aiohttp]'"
        ) from None
    chosen = proxy_for(origin, proxy)
    check_tls(tls, origin, chosen)
    return AiohttpEngine(origin=origin, api_key=api_key, max_body=max_body, tls=tls, proxy=chosen)
