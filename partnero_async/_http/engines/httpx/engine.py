"""The default engine: an ``httpx.AsyncClient`` over the slot transport, or over whatever the user gives."""

from __future__ import annotations

import logging
import re
import traceback
from contextlib import aclosing
from contextvars import ContextVar
from importlib.util import find_spec
from typing import Any, Final

import httpx

from ...._secret import Secret
from ....errors import (
    ArgumentError,
    PartneroError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    UsageError,
)
from ...headers import CONTENT_TYPE, request_headers
from ...wire import Answer, Request
from ..answers import BodyReader, body_of_refusal, headers_of
from ..contract import (
    CONNECT_SECONDS,
    LIBRARIES,
    Exchange,
    Facts,
    foreign_error,
    network_error,
    protocol_error,
    proxy_error,
    said_by_system,
    unquoted,
)
from ..origin import Origin, Tls, check_tls, proxy_for
from .http11 import gets_with
from .slots import EXTENSION, SlotTransport, Unfollowed
from .watched import Unchanged, WatchedTransport, is_changed

__all__ = ["HttpxEngine", "open_client"]

_TIMEOUT: Final = httpx.Timeout(None, connect=CONNECT_SECONDS).as_dict()
_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9/_.~:%?&=,+-]+")
_LONGEST_PLAIN: Final = 8192
_PROXY_STATUS: Final = re.compile(r"[0-9]{3}(?= |$)")
# The way of a request through a client, into which tools put methods of their own.
_STEPS: Final = (
    "send",
    "_send_handling_auth",
    "_send_handling_redirects",
    "_send_single_request",
    "_transport_for_url",
)
# Sentry changes how the client sends, and respx where it sends to.
_nobody_watches: Final = Unchanged(httpx.AsyncClient, *_STEPS)
_NOTHING: Final = httpx.ByteStream(b"")
_PARTS: Final = ("connection", "http11", "http2", "proxy", "socks")
_sending: ContextVar[httpx.Request | None] = ContextVar("partnero_async_sending", default=None)


class _DropOurs(logging.Filter):
    """httpx logs whole URLs at INFO, customer keys included: those of our own calls are dropped."""

    def filter(self, record: logging.LogRecord) -> bool:
        ours = _sending.get()
        # A user's event hook may call other servers meanwhile: what httpx logs of those is kept.
        return ours is None or not any(argument == ours.url for argument in record.args or ())


class _NameAlone(logging.Filter):
    """httpcore logs at DEBUG what it was told and what it read: a proxy's password, headers, lines that are
    none. Of what happens in our own calls, the name of the event is left."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _sending.get() is not None:
            record.msg, record.args = record.getMessage().partition(" ")[0], None
        return True


_drop_ours = _DropOurs()
_name_alone = _NameAlone()


def open_client(
    origin: Origin,
    *,
    http_client: httpx.AsyncClient | None,
    transport: httpx.AsyncBaseTransport | None,
    proxy: Secret | None,
    tls: Tls,
) -> tuple[httpx.AsyncClient, httpx.AsyncBaseTransport | None]:
    """The client to send through, and its transport where the client is ours to close.

    Raises:
        ArgumentError: What was given excludes each other, or the proxy is not a proxy's URL.
        TypeError: A setting is of another type.
    """
    _check_kind("http_client", http_client, httpx.AsyncClient)
    _check_kind("transport", transport, httpx.AsyncBaseTransport)
    if http_client is not None or transport is not None:
        name = "transport" if http_client is None else "http_client"
        if http_client is not None and transport is not None:
            raise ArgumentError("http_client and transport exclude each other")
        if proxy is not None or tls.verify is not True:
            raise ArgumentError(f"proxy and verify are settings of the {name} that was given")
    if http_client is not None:
        return http_client, None
    if transport is None:
        chosen = proxy_for(origin, proxy)
        if chosen is not None and chosen.scheme.startswith("socks") and find_spec("socksio") is None:
            raise ArgumentError("a SOCKS proxy needs one more package: pip install 'httpx[socks]'")
        check_tls(tls, origin, chosen)
        transport = SlotTransport(origin, tls=tls, proxy=chosen)
        if is_changed(httpx.AsyncHTTPTransport):
            transport = WatchedTransport(transport)
    else:
        transport = _Given(transport)
    return _CookielessClient(transport=transport, trust_env=False), transport


class _Given(httpx.AsyncBaseTransport):
    """A transport of the user's, whose redirects nobody reads: httpx fails over some of them."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        if not 300 <= response.status_code <= 399:
            return response
        return Unfollowed(
            response.status_code,
            headers=response.headers,
            stream=response.stream,
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._transport.aclose()


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


def _is_plain(target: str) -> bool:
    """Whether httpx would send a target as it is."""
    return len(target) < _LONGEST_PLAIN and _PLAIN.fullmatch(target) is not None


def _check_kind(name: str, value: object, kind: type) -> None:
    if value is not None and not isinstance(value, kind):
        given = type(value)
        package = given.__module__.partition(".")[0].replace("builtins", "")
        shown = f"{package}.{given.__name__}".removeprefix(".")
        raise TypeError(f"{name} must be httpx.{kind.__name__}, not {shown}")


class HttpxEngine:
    """Sends requests through one ``httpx.AsyncClient``.

    Args:
        client: The client.
        origin: What targets continue.
        api_key: The API key.
        max_body: The most bytes of a body, inflated.
        transport: Its transport, where the client is ours to close.
        given: Whether code of the user's runs within: the client, or its transport.
    """

    asyncio_only = False
    keeps_time = False

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        origin: Origin,
        api_key: Secret,
        max_body: int,
        transport: httpx.AsyncBaseTransport | None,
        given: bool,
    ) -> None:
        self._client = client
        self._base_url = origin.url
        self._max_body = max_body
        self._transport = transport
        # What was put into httpx's transport is code of others, too: a mock raises AssertionErrors.
        self._given = given or isinstance(transport, WatchedTransport)
        # httpx.Headers keeps the key out of its repr, which a dict would show to error reporters.
        self._headers = httpx.Headers(
            [
                ("Host", origin.authority),
                *(
                    (name, value.reveal() if isinstance(value, Secret) else value)
                    for name, value in request_headers(api_key, library=f"httpx/{httpx.__version__}")
                ),
            ]
        )
        self._path = origin.path
        self._slots = transport if isinstance(transport, SlotTransport) else None
        self._any_request = httpx.Request("GET", origin.url)
        self._outgoing_get = gets_with(self._headers.raw, {"timeout": _TIMEOUT})
        self._body_headers = httpx.Headers([*self._headers.multi_items(), CONTENT_TYPE])
        # Where an application puts httpx2 in the place of httpx, that is also the name of its logger.
        for name in {"httpx", httpx.__name__}:
            logging.getLogger(name).addFilter(_drop_ours)
            for part in _PARTS:
                logging.getLogger(f"{name.replace('httpx', 'httpcore')}.{part}").addFilter(_name_alone)

    async def send(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request.

        Raises:
            RequestError: There was none, or not a whole one.
            ResponseError: It was too large, or in an encoding that was not asked for.
            ArgumentError: httpx refuses the URL.
        """
        if self._client.is_closed:
            raise UsageError("the httpx.AsyncClient that was given is closed")
        target = self._path + request.target
        is_usual = request.method == "GET" and request.content is None and _is_plain(target)
        if self._slots is not None and is_usual and _nobody_watches():
            return await self._get(self._slots, target, exchange)
        built = self._build(request, exchange)
        facts = exchange.facts
        # Where our own connections write, they ask again.
        exchange.begin_writing()
        sending = _sending.set(built)
        facts.written = None
        try:
            response = await self._client.send(built, stream=True, auth=None, follow_redirects=False)
            facts.status = response.status_code
            try:
                body = await self._read(response, facts)
            finally:
                await response.aclose()
            return Answer(response.status_code, headers_of(response.headers.raw), body)
        except PartneroError:
            raise
        except Exception as error:
            answered = _response_in(error, built) if self._given else None
            if answered is not None:
                facts.status = answered.status_code
                return Answer(answered.status_code, headers_of(answered.headers.raw), _content_of(answered))
            if self._given and (_is_of_another(error, built) or not _is_of_a_library(error)):
                raise  # out of a hook or a transport of the user's
            failure = _translate(error, facts)
        finally:
            _sending.reset(sending)
        raise failure

    async def _get(self, slots: SlotTransport, target: str, exchange: Exchange) -> Answer:
        """The answer to a GET that nobody but us has a part in, past httpx's own objects."""
        facts = exchange.facts
        sending = _sending.set(self._any_request)
        try:
            status, fields, raw = await slots.fetch(self._outgoing_get(target), exchange)
            headers = headers_of(fields)
            encoding = headers.get("content-encoding", "")
            if encoding:  # it may come several times
                encoding = httpx.Headers(fields)["content-encoding"]
            try:
                reader = BodyReader(encoding, self._max_body)
                reader.feed(raw)
                body = reader.finish()
            except ResponseError as error:
                body = body_of_refusal(status, error)
            return Answer(status, headers, body)
        except PartneroError:
            raise
        except Exception as error:
            failure = _translate(error, facts)
        finally:
            _sending.reset(sending)
        raise failure

    async def aclose(self) -> None:
        """Closes the client if it is ours."""
        if self._transport is None:
            return
        if self._client.is_closed:  # the last time, it was cancelled half-way
            await self._transport.aclose()
        else:
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
        # httpx takes a request that brings a stream as it is, and computes no headers for it.
        built = httpx.Request("GET", url, headers=self._headers, stream=_NOTHING, extensions=extensions)
        built.read()  # so that event hooks find its content, as in any other request
        return built

    async def _read(self, response: httpx.Response, facts: Facts) -> bytes:
        # A mock, or an event hook of the user's client, has read and inflated the body already.
        read_already = response.is_stream_consumed
        try:
            encoding = "" if read_already else response.headers.get("content-encoding", "")
            reader = BodyReader(encoding, self._max_body)
            if read_already:
                reader.feed(response.content)
            elif facts.body is not None:
                reader.feed(facts.body)
            else:
                raw: Any = response.aiter_raw()
                async with aclosing(raw) as parts:
                    async for part in parts:
                        reader.feed(part)
            return reader.finish()
        except (ResponseError, httpx.HTTPError) as error:
            return body_of_refusal(response.status_code, error)


def _is_of_another(error: Exception, request: httpx.Request) -> bool:
    """Whether an exception tells of another request, such as one that an event hook sent."""
    return getattr(error, "_request", None) not in (None, request)


def _response_in(error: Exception, request: httpx.Request) -> httpx.Response | None:
    """The response to a request that httpx made an exception of: in a hook that told it to, or over the
    Location of a redirect, which it reads although nobody follows it, and of which it keeps no response."""
    if isinstance(error, httpx.HTTPStatusError):
        return None if _is_of_another(error, request) else error.response
    if isinstance(error, (httpx.RemoteProtocolError, httpx.InvalidURL, UnicodeError)):
        for frame, _ in traceback.walk_tb(error.__traceback__):
            response = frame.f_locals.get("response")
            if (
                isinstance(response, httpx.Response)
                and response.has_redirect_location
                and response.request is request
            ):
                return response
    return None


def _content_of(response: httpx.Response) -> bytes:
    """The body, if somebody read it."""
    try:
        return response.content
    except httpx.ResponseNotRead:
        return b""


def _is_of_a_library(error: Exception) -> bool:
    """Whether an exception is one of those that httpx, or something below it, lets through.

    httpx documents its own. Through it also come what idna and the standard library find wrong with an
    address, what socksio does with the answer of a proxy, and what aiohttp raises within httpx-aiohttp.
    """
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return isinstance(error, (OSError, UnicodeError)) or not LIBRARIES.isdisjoint(packages)


def _translate(error: Exception, facts: Facts) -> RequestError:
    """Our error for one of httpx's. A foreign transport tells only by its error whether it ever wrote.

    That is believed of httpx's own transports, and of one that raises it of itself, as a mock does. Those of
    other HTTP clients also call it a ConnectError when a connection was lost after the request was sent.
    """
    honest = error.__cause__ is None or type(error.__cause__).__module__.startswith("httpcore")
    if facts.written is None and honest and isinstance(error, _NEVER_SENT):
        facts.written = False
    said = unquoted(str(error)) or type(error).__name__
    match error:
        case httpx.ConnectTimeout():
            return network_error(facts, said)
        case httpx.TimeoutException():
            return RequestTimeoutError(f"timed out: {said}")
        case httpx.RemoteProtocolError() if facts.hung_up:
            return network_error(facts, "the server closed it before its answer was complete")
        case httpx.ProtocolError() | httpx.DecodingError() | httpx.UnsupportedProtocol():
            return protocol_error(str(error))
        case httpx.ProxyError() if told := _PROXY_STATUS.match(said):
            return proxy_error(facts, int(told[0]))
        case httpx.TransportError():
            return network_error(facts, said_by_system(error) or said, error)
        case TimeoutError() if error.errno is None:
            return RequestTimeoutError(f"timed out: {said}")
        case _:
            return foreign_error(facts, error)
