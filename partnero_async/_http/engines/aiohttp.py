"""The engine over aiohttp: asyncio only, and at half the CPU of a call that goes through httpx."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from base64 import b64encode
from contextvars import ContextVar
from io import BytesIO
from typing import Any, Final

import aiohttp
import anyio
from multidict import CIMultiDict
from yarl import URL

from ..._secret import Secret
from ...errors import (
    ArgumentError,
    PartneroError,
    ProtocolError,
    RequestError,
    ResponseError,
)
from ..headers import CONTENT_TYPE, request_headers
from ..wire import Answer, Request
from .answers import BodyReader, body_of_refusal, headers_of
from .contract import (
    CLOSED,
    CONNECT_SECONDS,
    IDLE_SECONDS,
    MOST_IDLE_SECONDS,
    Exchange,
    Facts,
    foreign_error,
    idle_limit,
    network_error,
    protocol_error,
    proxy_error,
    said_by_system,
)
from .origin import Origin, Proxy, Tls
from .sockets import guarded, is_readable

__all__ = ["AiohttpEngine"]

# The rest is bounded by the cancel scope in call.py.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)
_CLOSE_SECONDS: Final = 1.0
_LONGEST_LINE: Final = 64 * 1024
_STALE_AT: Final = "_partnero_async_stale_at"
# aiohttp warns of larger bodies in one piece.
_LARGEST_PIECE: Final = 1024 * 1024
_MORE_THAN_A_READ: Final = 1024 * 1024
_under_way: ContextVar[Exchange] = ContextVar("partnero_async_under_way")


class AiohttpEngine:
    """Sends requests through one ``aiohttp.ClientSession``, which it makes at the first of them.

    aiohttp itself throws away a connection on which more arrived together with an answer, or whose exchange
    was cancelled; what comes later is seen by our connector. No error of aiohttp's is chained to ours: some
    of them show all headers in their repr.

    Args:
        origin: What targets continue.
        api_key: The API key.
        max_body: The most bytes of a body, inflated.
        tls: How encrypted connections are checked.
        proxy: The proxy to go through.

    Raises:
        ArgumentError: The proxy is of a kind that aiohttp has no code for.
    """

    asyncio_only = True
    keeps_time = False

    def __init__(
        self, *, origin: Origin, api_key: Secret, max_body: int, tls: Tls, proxy: Proxy | None
    ) -> None:
        if proxy is not None and proxy.scheme.startswith("socks"):
            raise ArgumentError('engine="aiohttp" knows no SOCKS proxies')
        self._base_url = origin.url
        # Sent with each request: what a session has for all of them, aiohttp also sends to the proxy.
        self._headers = CIMultiDict[str](
            (name, _HiddenHeader(value.reveal()) if isinstance(value, Secret) else value)
            for name, value in request_headers(api_key, library=f"aiohttp/{aiohttp.__version__}")
        )
        self._max_body = max_body
        self._tls = tls
        self._encrypts = origin.encrypted or (proxy is not None and proxy.encrypted)
        # Behind a proxy, aiohttp would verify the dot, too; certificates have names without (RFC 6066, 3).
        self._server_hostname = origin.host.removesuffix(".") if origin.encrypted else None
        self._proxy = None if proxy is None else proxy.url
        self._proxy_headers = None
        if proxy is not None and proxy.has_credentials:
            basic = b64encode(f"{proxy.username}:{proxy.password.reveal()}".encode()).decode()
            credentials = {"Proxy-Authorization": _HiddenHeader(f"Basic {basic}")}
            if origin.encrypted:
                self._proxy_headers = credentials
            else:  # where there is no tunnel, the request itself is what the proxy reads
                self._headers.extend(credentials)
        self._body_headers = CIMultiDict(self._headers, **dict([CONTENT_TYPE]))
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
        """
        content = request.content
        facts = exchange.facts
        token = _under_way.set(exchange)
        session = self._session
        try:
            session = session or self._open()
            async with session.request(
                request.method,
                URL(self._base_url + request.target, encoded=True),
                data=content if content is None or len(content) <= _LARGEST_PIECE else BytesIO(content),
                headers=self._headers if content is None else self._body_headers,
                allow_redirects=False,
                server_hostname=self._server_hostname,
                proxy=self._proxy,
                proxy_headers=self._proxy_headers,
            ) as response:
                facts.status = response.status
                # Also where it is not aiohttp that answered but, say, vcrpy, and our connector was not asked.
                facts.answered = facts.written = True
                if response.status == 101:
                    failure: RequestError = ProtocolError("not HTTP as it should be: it switched protocols")
                else:
                    headers = headers_of(response.raw_headers)
                    body = await self._read(response, is_encoded="content-encoding" in headers)
                    if facts.connection is not None:
                        told = headers.get("keep-alive")
                        limit = IDLE_SECONDS if told is None else idle_limit(told)
                        setattr(facts.connection, _STALE_AT, self._clock() + limit)
                    return Answer(response.status, headers, body)
        except _ConnectionLost as lost:
            failure = _translate(lost.error, facts)
        except PartneroError:
            raise
        except Exception as error:
            # Closed meanwhile, aiohttp raises a RuntimeError.
            failure = (
                network_error(facts, CLOSED)
                if session is not None and session.closed
                else _translate(error, facts)
            )
        finally:
            _under_way.reset(token)
        raise failure

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._session is not None:
            # Cancelled half-way, it would take itself for closed.
            with anyio.move_on_after(_CLOSE_SECONDS, shield=True):
                await self._session.close()

    def __del__(self) -> None:
        # AsyncPartnero warns already; aiohttp's own warning would also go to the loop's exception handler.
        session: aiohttp.ClientSession | None = self.__dict__.get("_session")
        if session is not None and not session.closed:
            session.detach()

    async def _read(self, response: aiohttp.ClientResponse, *, is_encoded: bool) -> bytes:
        try:
            # One header may come several times.
            encodings = response.headers.getall("Content-Encoding") if is_encoded else ()
            reader = BodyReader(", ".join(encodings), self._max_body)
            async for part in response.content.iter_any():
                reader.feed(part)
            return reader.finish()
        except (ResponseError, aiohttp.ClientError) as error:
            return body_of_refusal(response.status, error)

    def _open(self) -> aiohttp.ClientSession:
        # asyncio has 256 KiB allocated for each read. glibc maps and unmaps such a block each time, at
        # 10 to 40 us, until a larger one was freed: this one (mallopt(3), M_MMAP_THRESHOLD).
        _ = bytes(_MORE_THAN_A_READ)
        self._clock = asyncio.get_running_loop().time
        self._session = aiohttp.ClientSession(
            connector=_Connector(self._tls.context() if self._encrypts else None),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_TIMEOUT,
            auto_decompress=False,
            middlewares=(_no_resend,),
            skip_auto_headers=("Content-Type",),
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
        )
        return self._session


class _HiddenHeader(str):
    """A header that no repr shows: aiohttp has all headers in the locals of its frames."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secure]'"


def _socket(address: Any) -> socket.socket:
    family, kind, protocol, _, _ = address
    return guarded(socket.socket(family, kind, protocol))


class _Connector(aiohttp.TCPConnector):
    """Gives no connection out again on which anything came after the answer, and notes what is given out.

    aiohttp itself keeps such bytes for the next request: another customer's record, with status 200
    (aio-libs/aiohttp#13656).
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            limit=0,  # Turns, in the gate, limits connections
            keepalive_timeout=MOST_IDLE_SECONDS,
            ssl=True if tls is None else tls,
            socket_factory=_socket,
        )

    async def connect(self, *arguments: Any, **settings: Any) -> aiohttp.connector.Connection:
        exchange = _under_way.get()
        while True:
            connection = await super().connect(*arguments, **settings)
            # Not asked of a new one: TLS 1.3 servers send session tickets at once (RFC 8446, section 4.6.1).
            protocol: Any = connection.protocol
            # A protocol has the time until which it may be used again; None if it never was.
            stale_at: float | None = getattr(protocol, _STALE_AT, None)
            if stale_at is None:
                break
            if not exchange.orders.fresh and self._loop.time() < stale_at and _is_clean(connection):
                break
            connection.close()
        exchange.facts.connection = protocol
        exchange.facts.reused = stale_at is not None
        setattr(protocol, _STALE_AT, math.inf)
        try:
            # From here on bytes of the request may be written at any time.
            exchange.begin_writing()
        except BaseException:
            connection.close()
            raise
        return connection

    def __del__(self, *_: object) -> None:
        # aiohttp's own would call the event loop, which may be gone; the sockets close themselves.
        pass


def _is_clean(connection: Any) -> bool:
    transport, protocol = connection.transport, connection.protocol
    if transport is None or protocol is None or protocol.should_close:
        return False
    return not is_readable(transport.get_extra_info("socket"))


class _ConnectionLost(Exception):
    """The connection was lost, said in a way that aiohttp does not take for a reason to send again."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


async def _no_resend(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    # Of itself, aiohttp sends a GET, PUT or DELETE a second time when the connection is lost.
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise _ConnectionLost(error) from None


def _translate(error: Exception, facts: Facts) -> RequestError:
    """Our error for one of aiohttp's, in words that hold neither URL nor headers."""
    match error:
        case aiohttp.ClientHttpProxyError():
            return proxy_error(facts, error.status)
        case aiohttp.ClientResponseError():
            return protocol_error(error.message)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return network_error(facts, "the server closed it before its answer was complete", error)
        case aiohttp.ClientOSError() if not isinstance(error, aiohttp.ClientConnectorError):
            # uvloop's has no words and no cause.
            return network_error(facts, said_by_system(error) or "it was reset", error)
        case aiohttp.ServerTimeoutError():
            return network_error(facts, f"no connection within {CONNECT_SECONDS:g} s")
        case ssl.CertificateError() | aiohttp.ClientConnectorCertificateError():
            return network_error(facts, said_by_system(error) or str(error), error)
        case _:
            return foreign_error(facts, error)
