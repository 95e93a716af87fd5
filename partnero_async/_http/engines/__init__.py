"""What requests are sent with: httpx by default, aiohttp on request; imported when one is chosen."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ...errors import ArgumentError
from ...secret import Secret
from ..session import Engine

if TYPE_CHECKING:
    import httpx

__all__ = ["open_engine"]


def open_engine(
    name: str,
    *,
    base_url: str,
    api_key: Secret,
    max_body: int,
    http_client: httpx.AsyncClient | None,
    transport: httpx.AsyncBaseTransport | None,
    proxy: str | None,
    verify: bool | ssl.SSLContext,
) -> Engine:
    """The engine with this name.

    Raises:
        ArgumentError: There is none, it is not installed, or it has no use for a setting.
    """
    from . import httpx as over_httpx

    if name == "httpx":
        client, owned = over_httpx.open_client(
            base_url, http_client=http_client, transport=transport, proxy=proxy, verify=verify
        )
        return over_httpx.HttpxEngine(
            client, base_url=base_url, api_key=api_key, max_body=max_body, owned=owned
        )
    if name != "aiohttp":
        raise ArgumentError(f'engine must be "httpx" or "aiohttp", not {name!r:.40}')
    if http_client is not None or transport is not None:
        raise ArgumentError('http_client and transport are settings of engine="httpx"')
    try:
        from .aiohttp import AiohttpEngine
    except ModuleNotFoundError as error:
        raise ArgumentError(
            f"engine=\"aiohttp\" needs {error.name}: pip install 'partnero-async[aiohttp]'"
        ) from None
    return AiohttpEngine(
        base_url=over_httpx.url_of(base_url),
        api_key=api_key,
        max_body=max_body,
        tls=over_httpx.tls_of(verify),
        proxy=over_httpx.proxy_of(base_url, proxy),
    )
