"""The default engine: an ``httpx.AsyncClient`` over the slot transport, or over whatever the user gives."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from contextvars import ContextVar
from functools import cache, partial
from importlib.util import find_spec
from typing import Final, cast

import httpx

from ... import __version__
from ...errors import (
    ArgumentError,
    ConnectError,
    ProtocolError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    UsageError,
)
from ...secret import Secret
from ..body import BodyReader
from ..exchange import EXTENSION, Exchange
from ..network import CONNECT_SECONDS
from ..proxies import proxy_from_environment
from ..slots import SlotTransport
from ..wire import Answer, Request

__all__ = ["HttpxEngine", "open_client", "proxy_of", "tls_of", "url_of"]

_TIMEOUT: Final = httpx.Timeout(None, connect=CONNECT_SECONDS).as_dict()
_USER_AGENT: Final = f"partnero-async/{__version__} httpx/{httpx.__version__}"
_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_NOTHING: Final = httpx.ByteStream(b"")
_MOST_HEAD: Final = 256 * 1024
_sending: ContextVar[str] = ContextVar("partnero_async_sending", default="")


class _DropOurs(logging.Filter):
    """httpx logs whole URLs at INFO, customer keys included: those of our own calls are dropped."""

    def filter(self, record: logging.LogRecord) -> bool:
        ours = _sending.get()
        # An event hook or transport of the user's may ask others while our request is under way.
        return not ours or not any(str(argument).startswith(ours) for argument in record.args or ())


_drop_ours = _DropOurs()


def open_client(
    base_url: str,
    *,
    http_client: httpx.AsyncClient | None,
    transport: httpx.AsyncBaseTransport | None,
    proxy: str | None,
    verify: bool | ssl.SSLContext,
) -> tuple[httpx.AsyncClient, bool]:
    """The client to send through, and whether it is ours to close.

    Raises:
        ArgumentError: What was given excludes each other, or the proxy is not a proxy's URL.
    """
    _check_kind("http_client", http_client, httpx.AsyncClient)
    _check_kind("transport", transport, httpx.AsyncBaseTransport)
    _check_kind("proxy", proxy, str)
    tls = tls_of(verify)
    url = url_of(base_url)
    if http_client is not None or transport is not None:
        name = "transport" if http_client is None else "http_client"
        if http_client is not None and transport is not None:
            raise ArgumentError("http_client and transport exclude each other")
        if proxy is not None or verify is not True:
            raise ArgumentError(f"proxy and verify are settings of the {name} that was given")
    if http_client is not None:
        return http_client, False
    if transport is None:
        transport = SlotTransport(url, tls=tls, proxy=proxy_of(base_url, proxy))
    return _CookielessClient(transport=transport, trust_env=False), True


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Leaves the cookies of a response alone, without a look for any."""


class _CookielessClient(httpx.AsyncClient):
    """A client that keeps no cookies: the API needs none, and looking for them costs 25 us a call."""

    _none = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._none

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("the API takes no cookies")


def _check_kind(name: str, value: object, *kinds: type) -> None:
    if value is not None and not isinstance(value, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{name} must be {wanted}, not {type(value).__name__}")


def url_of(base_url: str) -> httpx.URL:
    """The base URL, parsed.

    Raises:
        ArgumentError: It is not a URL.
    """
    try:
        url = httpx.URL(base_url)
        url.host  # noqa: B018  decodes it
    except (httpx.InvalidURL, ValueError) as error:  # IDNA and ipaddress have errors of their own
        raise ArgumentError(f"base_url is not a URL: {error}") from None
    return url


def proxy_of(base_url: str, given: str | None) -> httpx.Proxy | None:
    """The proxy that was given, or that the environment asks for.

    Raises:
        ArgumentError: It is not the URL of a proxy, or the base URL is none.
    """
    _check_kind("proxy", given, str)
    url = url_of(base_url)
    chosen = given if given is not None else proxy_from_environment(url.scheme, url.host)
    if chosen is None:
        return None
    try:
        proxy = httpx.Proxy(chosen if "://" in chosen else f"http://{chosen}")
    except (ValueError, httpx.InvalidURL):
        # Neither the URL nor what httpx says of it is shown: there may be a password in it.
        raise ArgumentError("proxy is not the URL of a proxy: http, https, socks5 or socks5h") from None
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ArgumentError("a SOCKS proxy needs one more package: pip install 'httpx[socks]'")
    return proxy


def tls_of(verify: bool | ssl.SSLContext) -> Callable[[], ssl.SSLContext]:
    """What makes the TLS context of a client, at its first encrypted connection."""
    _check_kind("verify", verify, bool, ssl.SSLContext)
    if isinstance(verify, bool):
        return partial(_default_tls, verify)
    return lambda: verify


@cache
def _default_tls(verify: bool) -> ssl.SSLContext:
    # One for the process: making it takes about 40 ms.
    return httpx.create_ssl_context(verify=verify)


class HttpxEngine:
    """Sends requests through one ``httpx.AsyncClient``.

    Args:
        client: The client.
        base_url: What targets continue, without a slash at its end.
        api_key: The API key.
        max_body: The most bytes of a body, inflated.
        owned: Whether the client is ours to close.
    """

    asyncio_only = False

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        base_url: str,
        api_key: Secret,
        max_body: int,
        owned: bool,
    ) -> None:
        self._client = client
        self._base_url = base_url
        self._max_body = max_body
        self._owned = owned
        # httpx.Headers keeps the key out of its repr, which a dict would show to error reporters.
        self._headers = httpx.Headers(
            {
                "Host": httpx.URL(base_url).netloc.decode("ascii"),
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Authorization": f"Bearer {api_key.reveal()}",
                "User-Agent": _USER_AGENT,
            }
        )
        self._body_headers = httpx.Headers(self._headers)
        self._body_headers["Content-Type"] = "application/json"
        logging.getLogger("httpx").addFilter(_drop_ours)

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
            ArgumentError: httpx refuses the URL.
        """
        if self._client.is_closed:
            raise UsageError("the httpx.AsyncClient that was given is closed")
        built = self._build(request, exchange)
        sending = _sending.set(self._base_url)
        exchange.most_received = self._max_body * 1.001 + _MOST_HEAD
        exchange.written = None
        try:
            response = await self._client.send(built, stream=True, auth=None, follow_redirects=False)
            exchange.status = response.status_code
            try:
                body = await self._read(response, exchange)
            finally:
                await response.aclose()
        except (httpx.HTTPError, OSError) as error:
            raise _translate(error, exchange) from error
        finally:
            _sending.reset(sending)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw
        }
        return Answer(response.status_code, headers, body)

    async def aclose(self) -> None:
        """Closes the client if it is ours."""
        if self._owned:
            await self._client.aclose()

    def _build(self, request: Request, exchange: Exchange) -> httpx.Request:
        extensions = {"timeout": _TIMEOUT, EXTENSION: exchange}
        try:
            url = httpx.URL(self._base_url + request.target)
        except httpx.InvalidURL as error:
            raise ArgumentError(f"no URL can be made of it: {error}") from None
        if request.content is not None or request.method != "GET":
            headers = self._headers if request.content is None else self._body_headers
            return httpx.Request(
                request.method, url, headers=headers, content=request.content, extensions=extensions
            )
        # With a stream of its own, a request is taken to be complete, and no headers are looked for.
        built = httpx.Request("GET", url, headers=self._headers, stream=_NOTHING, extensions=extensions)
        built.read()  # so that event hooks find its content, as in any other request
        return built

    async def _read(self, response: httpx.Response, exchange: Exchange) -> bytes:
        # A mock, or an event hook of the user's client, has read and inflated the body already.
        read_already = response.is_stream_consumed
        encoding = "" if read_already else response.headers.get("content-encoding", "")
        try:
            reader = BodyReader(encoding, self._max_body)
            if read_already:
                reader.feed(response.content)
            elif exchange.body is not None:
                reader.feed(exchange.body)
            else:
                raw = cast("AsyncGenerator[bytes]", response.aiter_raw())
                async with aclosing(raw) as parts:
                    async for part in parts:
                        reader.feed(part)
            return reader.finish()
        except (ResponseError, httpx.HTTPError):
            if response.is_success:
                raise
            # The status says what happened; an error page that cannot be read adds nothing to it.
            return b""


def _translate(error: httpx.HTTPError | OSError, exchange: Exchange) -> RequestError:
    """Our error for one of httpx's. A foreign transport tells only by its error whether it ever wrote.

    That is believed of httpx's own transports, and of one that raises it of itself, as a mock does. Those of
    other HTTP clients also call it a ConnectError when a connection was lost after the request was sent.
    """
    honest = error.__cause__ is None or type(error.__cause__).__module__.startswith("httpcore")
    if exchange.written is None and honest and isinstance(error, _NEVER_SENT):
        exchange.written = False
    said = str(error) or type(error).__name__
    match error:
        case TimeoutError():
            return RequestTimeoutError(f"timed out: {said}")
        case httpx.ConnectTimeout():
            return ConnectError(f"could not connect: {said}")
        case httpx.TimeoutException():
            return RequestTimeoutError(f"timed out: {said}")
        case httpx.ConnectError() | httpx.ProxyError():
            return ConnectError(f"could not connect: {said}")
        case httpx.RemoteProtocolError() if exchange.hung_up:
            return ConnectError("the server closed the connection before its answer was complete")
        case httpx.ProtocolError() | httpx.DecodingError() | httpx.UnsupportedProtocol():
            return ProtocolError(f"not HTTP as it should be: {said}")
        case _:
            return ConnectError(f"the connection was lost: {said}")
