"""Clients of raw servers, over plain sockets and over TLS."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trustme

from partnero_async import AsyncPartnero
from partnero_async._http.engines.contract import IDLE_SECONDS

from .raw_server import RawServer

KEY = "sk_secret_key"


def contexts(authority: trustme.CA, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The TLS contexts of a server with these names, and of a client that trusts it."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(*(names or ("127.0.0.1",))).configure_cert(server)
    authority.configure_trust(client)
    return server, client


@asynccontextmanager
async def partnero_at(server: RawServer, verify: Any = True, **settings: Any) -> AsyncIterator[AsyncPartnero]:
    """A client of a raw server; with a TLS context to verify by, over TLS."""
    scheme = "http" if verify is True else "https"
    base_url = f"{scheme}://127.0.0.1:{server.port}/v1"
    settings = {"strict": True} | settings
    async with AsyncPartnero(KEY, base_url=base_url, verify=verify, **settings) as partnero:
        yield partnero


def open_connections(partnero: AsyncPartnero) -> int:
    """How many connections the client holds: in use and idle."""
    engine: Any = partnero._caller.session.engine
    if hasattr(engine, "open_connections"):
        return engine.open_connections  # type: ignore[no-any-return]
    if engine.asyncio_only:
        connector = engine._session.connector
        return len(connector._acquired) + sum(map(len, connector._conns.values()))
    return engine._client._transport.open_connections  # type: ignore[no-any-return]


def grow_cold(partnero: AsyncPartnero) -> None:
    """Lets the idle connections of a client over httpx be idle for longer than any may be, without a wait."""
    engine: Any = partnero._caller.session.engine
    transport = engine._client._transport
    before = transport._clock
    transport._clock = lambda: before() + IDLE_SECONDS + 1
