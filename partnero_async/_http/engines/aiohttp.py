"""The engine over aiohttp: asyncio only, and at half the CPU of a call that goes through httpx."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable
from contextvars import ContextVar
from io import BytesIO
from typing import Any, Final
from weakref import WeakSet

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from ... import __version__
from ...errors import ArgumentError, ConnectError, ProtocolError, RequestError, ResponseError
from ...secret import Secret
from ..body import BodyReader
from ..exchange import COLD_SECONDS, Exchange
from ..network import CONNECT_SECONDS, is_readable
from ..wire import Answer, Request

__all__ = ["AiohttpEngine"]

_USER_AGENT: Final = f"partnero-async/{__version__} aiohttp/{aiohttp.__version__}"
# One cancel scope around each attempt bounds the rest.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)
_LONGEST_LINE: Final = 64 * 1024
# aiohttp warns of larger bodies in one piece.
_LARGEST_PIECE: Final = 1024 * 1024
_under_way: ContextVar[Exchange] = ContextVar("partnero_async_under_way")


class AiohttpEngine:
    """Sends requests through one ``aiohttp.ClientSession``, which it makes at the first of them.

    aiohttp itself throws away a connection on which more arrived together with an answer, or whose exchange
    was cancelled; what comes later is seen by our connector. No error of aiohttp's is chained to ours: some
    of them show all headers in their repr.

    Args:
        base_url: What targets continue.
        api_key: The API key.
        max_body: The most bytes of a body, inflated.
        tls: What makes the TLS context.
        proxy: The proxy to go through.

    Raises:
        ArgumentError: The proxy is of a kind that aiohttp has no code for.
    """

    asyncio_only = True

    def __init__(
        self,
        *,
        base_url: httpx.URL,
        api_key: Secret,
        max_body: int,
        tls: Callable[[], ssl.SSLContext],
        proxy: httpx.Proxy | None,
    ) -> None:
        if proxy is not None and proxy.url.scheme.startswith("socks"):
            raise ArgumentError('engine="aiohttp" knows no SOCKS proxies')
        # As httpx writes it: the scheme in lower case, the host encoded.
        self._base_url = str(base_url).rstrip("/")
        # Sent with each request: what a session has for all of them, aiohttp also sends to the proxy.
        self._headers = CIMultiDict[str](
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Authorization": _Unshown(f"Bearer {api_key.reveal()}"),
                "User-Agent": _USER_AGENT,
            }
        )
        self._max_body = max_body
        self._tls = tls
        self._encrypts = "https" in (base_url.scheme, proxy and proxy.url.scheme)
        self._proxy = None if proxy is None else str(proxy.url)
        self._proxy_headers = None
        if proxy is not None and proxy.raw_auth is not None:
            credentials = _Unshown(f"Basic {b64encode(b':'.join(proxy.raw_auth)).decode()}")
            if base_url.scheme == "https":
                self._proxy_headers = {"Proxy-Authorization": credentials}
            else:  # where there is no tunnel, the request itself is what the proxy reads
                self._headers["Proxy-Authorization"] = credentials
        self._body_headers = CIMultiDict(self._headers, **{"Content-Type": "application/json"})
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
        """
        session = self._session or self._open()
        content = request.content
        token = _under_way.set(exchange)
        try:
            async with session.request(
                request.method,
                URL(self._base_url + request.target, encoded=True),
                data=content if content is None or len(content) <= _LARGEST_PIECE else BytesIO(content),
                headers=self._headers if content is None else self._body_headers,
                allow_redirects=False,
                proxy=self._proxy,
                proxy_headers=self._proxy_headers,
            ) as response:
                exchange.status = response.status
                if response.status == 101:
                    failure: RequestError = ProtocolError("not HTTP as it should be: it switched protocols")
                else:
                    body = await self._read(response)
                    headers = {
                        name.decode("latin-1").lower(): value.decode("latin-1")
                        for name, value in response.raw_headers
                    }
                    return Answer(response.status, headers, body)
        except _Lost as lost:
            failure = _translate(lost.error)
        except (aiohttp.ClientError, OSError) as error:
            failure = _translate(error)
        except RuntimeError:
            # What aiohttp raises when its session is closed meanwhile.
            if not session.closed:
                raise
            failure = ConnectError("the client was closed")
        finally:
            _under_way.reset(token)
        raise failure

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._session is not None:
            await self._session.close()

    def __del__(self) -> None:
        # The client has its own warning; the session's would also go to the event loop.
        session: aiohttp.ClientSession | None = self.__dict__.get("_session")
        if session is not None and not session.closed:
            session.detach()

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        try:
            encodings = response.headers.getall("Content-Encoding", ())
            reader = BodyReader(", ".join(encodings), self._max_body)
            async for part in response.content.iter_any():
                reader.feed(part)
            return reader.finish()
        except (ResponseError, aiohttp.ClientError):
            if 200 <= response.status <= 299:
                raise
            # The status says what happened; an error page that cannot be read adds nothing to it.
            return b""

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=_Connector(self._tls() if self._encrypts else None),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_TIMEOUT,
            auto_decompress=False,
            middlewares=(_once,),
            skip_auto_headers=("Content-Type",),
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
        )
        return self._session


class _Unshown(str):
    """A header that no repr shows: aiohttp has all headers in the locals of its frames."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secure]'"


class _Connector(aiohttp.TCPConnector):
    """Gives no connection out again on which anything came after the answer, and notes what is given out.

    aiohttp itself keeps such bytes for the next request: another customer's record, with status 200
    (aio-libs/aiohttp#13656).
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            limit=0,  # the gate's affair
            # A request that must not be repeated needs a connection that is not cold.
            keepalive_timeout=COLD_SECONDS,
            ssl=True if tls is None else tls,
        )
        self._used = WeakSet[Any]()

    async def connect(self, *arguments: Any, **settings: Any) -> aiohttp.connector.Connection:
        while True:
            connection = await super().connect(*arguments, **settings)
            # A new one may be readable and clean all the same: TLS sends session tickets unasked.
            if connection.protocol not in self._used or _is_clean(connection):
                break
            connection.close()
        self._used.add(connection.protocol)
        # From here on bytes of the request may be written at any time.
        _under_way.get().written = True
        return connection

    def __del__(self, *_: object) -> None:
        # aiohttp's own would call the event loop, which may be gone; the sockets close themselves.
        pass


def _is_clean(connection: Any) -> bool:
    transport, protocol = connection.transport, connection.protocol
    if transport is None or protocol is None or protocol.should_close:
        return False
    return not is_readable(transport.get_extra_info("socket"))


class _Lost(Exception):
    """The connection was lost, said in a way that aiohttp does not take for a reason to send again."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    # Of itself, aiohttp sends a GET, PUT or DELETE a second time when the connection is lost.
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise _Lost(error) from None


def _translate(error: Exception) -> RequestError:
    """Our error for one of aiohttp's, in words that hold neither URL nor headers."""
    said = str(error) or type(error).__name__
    match error:
        case aiohttp.ClientHttpProxyError():
            return ConnectError(f"could not connect: the proxy answered {error.status} {error.message}")
        case aiohttp.ClientResponseError():
            return ProtocolError(f"not HTTP as it should be: {error.message}")
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return ConnectError("the server closed the connection before its answer was complete")
        case aiohttp.ServerTimeoutError():
            return ConnectError(f"could not connect: no connection within {CONNECT_SECONDS:g} s")
        case aiohttp.ClientConnectorError():
            return ConnectError(f"could not connect: {said}")
        case _:
            return ConnectError(f"the connection was lost: {said}")
