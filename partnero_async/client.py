"""AsyncPartnero: settings, lifetime, and one attribute for each resource."""

from __future__ import annotations

import inspect
import math
import os
import ssl
import warnings
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar, overload

import attrs

from . import observing, records, resources
from ._http.call import Caller
from ._http.endpoint import Endpoint, Reply, reply
from ._http.engines import open_engine
from ._http.engines.origin import Origin, base_url_from
from ._http.gate.gate import Gate
from ._http.gate.limits import LimitFinder
from ._http.gate.pace import LocalPace, SharedRateLimit
from ._http.gate.turns import Turns
from ._http.policy import Patience
from ._http.session import Session
from ._http.telemetry import Log, guarded, watch
from ._http.wire import Request, build, path_of
from ._lazy import LazyModule
from ._secret import Secret, api_key_from, hash_of
from .bulk.outcomes import Done, Failed, Progress
from .bulk.stream import Stream, open_stream
from .errors import ArgumentError
from .inputs._checks import check_count, check_flag, check_seconds
from .inputs.options import Options, RateLimit
from .inputs.unset import UNSET, Unset
from .lists.pager import Pager
from .lists.whole import MOST_IN_A_LIST, whole
from .records._base import Record
from .records._json import JsonLoads, loads
from .resources._registry import RESOURCES, all_endpoints, find_endpoint, load_resource

if TYPE_CHECKING:
    import httpx
    import httpx2
else:
    httpx = LazyModule("httpx")
    httpx2 = LazyModule("httpx2", instead="httpx")

__all__ = ["AsyncPartnero", "Load", "Pace"]

K = TypeVar("K")
R = TypeVar("R", bound=Record)
T = TypeVar("T")

MAX_BODY: Final = 4 * 1024 * 1024


@attrs.frozen(kw_only=True)
class Load:
    """How busy a client is."""

    in_flight: int
    """Requests under way, at most ``max_concurrency``."""

    waiting: int
    """Single calls that wait for their turn: at most ``max_waiting``, and those that try again."""

    waiting_in_jobs: int
    """Calls of ``stream``, ``get_many``, ``bulk`` and ``prefetch`` that wait for their turn."""

    paused_for: float
    """Seconds until the rate limit lets anybody send; 0.0 where nothing is paused."""


@attrs.frozen(kw_only=True)
class Pace:
    """The rate limit that a client knows of: to be shown, or handed on to another client of the API key."""

    limit: RateLimit | None
    """The limit; None where none is known."""

    known_from: Literal["nothing", "refusals", "headers", "another client", "rate_limit"]
    """How it is known: by how the server refused, by its headers, or from what the client was given."""

    paused_for: float
    """Seconds until the rate limit lets anybody send; 0.0 where nothing is paused."""

    @property
    def per_second(self) -> float | None:
        """How many requests a second the limit allows on average; None where none is known."""
        return None if self.limit is None else self.limit.requests / self.limit.per_seconds


class AsyncPartnero:
    """A client of the Partnero API, for one program: the one that the API key belongs to.

    Use it as ``async with AsyncPartnero() as partnero``, or call ``aclose()`` yourself. It may be made before
    there is an event loop, and belongs to the first one that uses it.

    Args:
        api_key: The API key; from ``PARTNERO_API_KEY`` if None.
        base_url: Where the API is; from ``PARTNERO_BASE_URL`` if None, else ``https://api.partnero.com/v1``.
        timeout: Seconds for one whole attempt, reading the body included (connecting at most 5 of them);
            None for unbounded.
        deadline: Seconds for one whole call with its retries and waits; None for unbounded.
        retries: How many times a failed attempt may be repeated, where repeating is safe.
        max_concurrency: The most requests under way at a time, over all calls and batches.
        rate_limit: A limit to keep by ourselves; or one that several processes keep together, such as a
            ``RedisRateLimit``. The server's own is found out by bulk jobs, and kept; its
            ``Retry-After`` and ``X-RateLimit-*`` are heeded where it sends them.
        engine: What sends: ``"httpx"``, or by the extra of that name ``"httptools"``, which takes a fraction
            of the CPU per call and runs on asyncio only, as does ``"aiohttp"``; or ``"httpx2"``.
        http_client: An ``AsyncClient`` of httpx or httpx2 to send through; it stays open when this client
            closes. Its transport, proxies, TLS and event hooks are used; its headers, cookies, auth,
            parameters, timeout and base URL are not.
        transport: A transport of httpx or httpx2 to send through, such as ``httpx.ASGITransport``; as with
            httpx, it is closed with this client.
        proxy: The URL of a proxy; if None, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` decide.
        verify: False to trust any certificate, or an ``ssl.SSLContext`` to use.
        json_loads: What parses JSON text, such as ``orjson.loads``.
        max_body: The most bytes of an answer, inflated.
        allow_http: Whether the API key may leave this machine over plain http.
        preload: Load all records and resources now (about 50 ms) rather than at their first use.
        strict: Whether a record is refused, with a ``ResponseError``, over a field of another type than the
            documented one. If not, the field is None, ``unread`` names it, and ``extra`` has what came.
        max_waiting: The most single calls that wait for their turn; one more is a ``BusyError`` at once, so
            that a web app sheds load. None for any number. The calls of bulk jobs are not counted.
        max_pause: The longest pause in seconds after a 429 that anybody waits for: a longer one ends single
            calls at once, and runs with what they have; None for any.
        pace: What another client of the same API key has found out: its ``pace``.
        observer: Who hears of calls, attempts, waits and pauses, such as an ``OpenTelemetryObserver``; with
            ``PARTNERO_DEBUG`` in the environment, standard error does, too.

    Raises:
        ArgumentError: A setting is missing, malformed or out of its bounds.
        TypeError: A setting is of another type.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | None = 10.0,
        deadline: float | None = 30.0,
        retries: int = 2,
        max_concurrency: int = 20,
        rate_limit: RateLimit | SharedRateLimit | None = None,
        engine: Literal["httpx", "httpx2", "aiohttp", "httptools"] = "httpx",
        http_client: httpx.AsyncClient | httpx2.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | httpx2.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        verify: bool | ssl.SSLContext = True,
        json_loads: JsonLoads | None = None,
        max_body: int = MAX_BODY,
        allow_http: bool = False,
        preload: bool = False,
        strict: bool = False,
        max_waiting: int | None = None,
        max_pause: float | None = 900.0,
        pace: Pace | None = None,
        observer: observing.Observer | None = None,
    ) -> None:
        # Wrapped before anything can fail: error reporters print the locals of the frames of an error.
        secret = None if api_key is None else Secret(api_key)
        through = None if proxy is None else Secret(proxy)
        api_key = proxy = None
        made_at = _caller_position()
        secret = api_key_from(secret)
        patience = Patience(timeout=timeout, deadline=deadline, retries=retries)
        check_count("max_concurrency", max_concurrency, least=1)
        check_count("max_body", max_body, least=1)
        if max_waiting is not None:
            check_count("max_waiting", max_waiting, least=0)
        longest_pause = math.inf if max_pause is None else check_seconds("max_pause", max_pause)
        for name, value in (("allow_http", allow_http), ("preload", preload), ("strict", strict)):
            if not isinstance(value, bool):
                raise TypeError(f"{name} must be True or False, not {type(value).__name__}")
        if json_loads is not None and not callable(json_loads):
            raise TypeError(f"json_loads must be callable, not {type(json_loads).__name__}")
        kinds = (RateLimit, SharedRateLimit)
        if rate_limit is not None and (isinstance(rate_limit, type) or not isinstance(rate_limit, kinds)):
            raise TypeError(
                f"rate_limit must be a RateLimit, or a shared one, not {type(rate_limit).__name__}"
            )
        if pace is not None and not isinstance(pace, Pace):
            raise TypeError(f"pace must be the pace of a client, not {type(pace).__name__}")
        url = base_url_from(base_url, allow_http=allow_http, ours=transport is None and http_client is None)
        origin = Origin.of(url)
        told = guarded(observer)
        port = origin.port or (443 if origin.encrypted else 80)
        log = Log(told)
        engine_opened = open_engine(
            engine,
            origin=origin,
            api_key=secret,
            max_body=max_body,
            http_client=http_client,
            transport=transport,
            proxy=through,
            verify=verify,
        )
        finder = LimitFinder()
        if pace is not None and pace.limit is not None:
            finder.know(pace.limit)
        identity = hash_of(secret, url)
        own = rate_limit if isinstance(rate_limit, RateLimit) else None
        local = LocalPace(own, log, finder)
        paced = rate_limit.pace(identity, local, log) if isinstance(rate_limit, SharedRateLimit) else local
        session = Session(
            engine_opened,
            Gate(Turns(max_concurrency), paced, max_waiting, longest_pause),
            log,
            json_loads or loads,
            watch=None if told is None else partial(watch, told, origin.host, port),
            url=url,
            host=origin.authority,
            identity=identity,
            max_body=max_body,
            strict=strict,
            made_at=made_at,
        )
        self._caller = Caller(session, patience)
        self._finder = finder
        # The client that this is a view of, which must not be collected before it.
        self._viewed: AsyncPartnero | None = None
        if preload:
            self.preload()

    program: resources.ProgramResource
    """The program that the API key belongs to."""

    partners: resources.Partners
    """Partners of an affiliate program."""

    partner_referral_links: resources.PartnerReferralLinks
    """Referral links of an affiliate program's partners."""

    customers: resources.Customers
    """Customers of an affiliate program."""

    transactions: resources.Transactions
    """Transactions of an affiliate program."""

    referral_customers: resources.ReferralCustomers
    """The customers of a refer-a-friend program."""

    customer_referral_links: resources.CustomerReferralLinks
    """Their referral links."""

    referral_transactions: resources.ReferralTransactions
    """The transactions of a refer-a-friend program."""

    subscribers: resources.Subscribers
    """The subscribers of a newsletter program."""

    rewards: resources.Rewards
    """What they get for referring others."""

    coupons: resources.Coupons
    """Discounts."""

    promotion_codes: resources.PromotionCodes
    """The codes that give them."""

    leads: resources.Leads
    """Leads of an affiliate program."""

    payout_requests: resources.PayoutRequests
    """Payout requests of an affiliate program."""

    free_form_settings: resources.FreeFormSettingsResource
    """Free-form settings of a program, which only the official PHP client knows."""

    webhooks: resources.WebhookSubscriptions
    """Webhook subscriptions of a program."""

    @property
    def base_url(self) -> str:
        """Where the API is, as it was given or found in the environment."""
        return self._caller.session.url

    async def test(self, *, options: Options | None = None) -> records.KeyCheck:
        """Tests the API key. ``GET /test`` (official clients).

        Args:
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The program that the key belongs to.

        Raises:
            AuthenticationError: The key is missing, invalid or expired.
        """
        from .resources.key_check import TEST

        return await self._caller.call(TEST, build(TEST), options)

    async def request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        safe_to_retry: bool | None = None,
        options: Options | None = None,
    ) -> Reply:
        """Calls any endpoint, also one that this SDK has no method for; errors are typed all the same.

        Args:
            method: The HTTP method.
            path: The segments of the path below the base URL: ``("customers", "customer_123")``. Each is
                percent-encoded on its own.
            query: Query parameters; those that are None are left out.
            body: The JSON body. A Decimal is sent as a number in plain notation.
            safe_to_retry: Whether the request may be repeated when its outcome is not known. If None, the
                table of known endpoints decides; an unknown one may be repeated only if it is a GET.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            The answer as it is: its status, its headers, and its JSON with the envelope.

        Raises:
            ArgumentError: The method is no word or CONNECT, or a segment is empty, blank, ``.`` or ``..``.
            TypeError: The path is not a tuple of strings.
        """
        if not isinstance(path, tuple) or not path:
            raise TypeError('path must be a tuple of segments, such as ("customers", "customer_123")')
        if not (isinstance(method, str) and method.isascii() and method.isalpha()):
            raise ArgumentError(f"method must be a word such as GET, not {method!r:.40}")
        if method.upper() == "CONNECT":
            raise ArgumentError("CONNECT is no method of an endpoint: it asks a proxy for a tunnel")
        request = Request.to(method.upper(), path, query=query, body=body)
        known = find_endpoint(request.method, path)
        if safe_to_retry is not None:
            check_flag("safe_to_retry", safe_to_retry)
        else:
            safe_to_retry = known.safe_to_retry if known else request.method == "GET"
        # Errors and logs show the template; of a path that has none, only the part that holds no key.
        head, *tail = path
        template = known.path if known else path_of((head,)) + ("/…" if tail else "")
        hint = known.not_found if known else ""
        endpoint = Endpoint(request.method, template, reply, safe_to_retry=safe_to_retry, not_found=hint)
        return await self._caller.call(endpoint, request, options)

    @overload
    def bulk(
        self,
        call: Callable[[K], Pager[R]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        most: int | None = MOST_IN_A_LIST,
    ) -> Stream[Done[K, tuple[R, ...]] | Failed[K]]: ...

    @overload
    def bulk(
        self,
        call: Callable[[K], Awaitable[Pager[R]]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        most: int | None = MOST_IN_A_LIST,
    ) -> Stream[Done[K, tuple[R, ...]] | Failed[K]]: ...

    @overload
    def bulk(
        self,
        call: Callable[[K], Awaitable[T]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        most: int | None = MOST_IN_A_LIST,
    ) -> Stream[Done[K, T] | Failed[K]]: ...

    def bulk(
        self,
        call: Callable[[K], Awaitable[Any]],
        items: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        most: int | None = MOST_IN_A_LIST,
    ) -> Stream[Any]:
        """Any call over many items: ``partnero.bulk(partnero.customers.delete, keys)``.

        ``async with`` it and iterate: there is exactly one ``Done``, with what the call returned, or
        ``Failed`` for each item. Items are not compared: an item that comes twice is called for twice. An
        exception that is not a ``PartneroError`` ends the run.

        A call that lists, such as ``partnero.customers.transactions``, is done when its last page is there,
        with all records in a tuple; each page has a deadline of its own.

        Args:
            call: What is awaited for each item.
            items: The items, pulled as workers get free; any iterable or async iterable. An async generator
                is closed when the run ends, however it ends.
            concurrency: Calls under way at a time; the client's ``max_concurrency`` if None.
            ordered: Deliver outcomes in the order of the items.
            stop_after: End the run after so many failures in a row of the network or of Partnero (5xx); None
                for never.
            deadline: Seconds for the whole run; None for unbounded.
            on_progress: Called with a ``Progress`` for each outcome that is taken.
            most: The most records of one list; a longer one is ``Failed``. None for any number.

        Raises:
            ArgumentError: A number is out of its bounds.
            TypeError: ``items`` is not iterable.
            AuthenticationError, PermissionDeniedError: While iterating, after what is finished.
        """
        if most is not None:
            check_count("most", most, least=1)
        return open_stream(
            self._caller.session.gate,
            partial(whole, call, most),
            items,
            concurrency=concurrency,
            ordered=ordered,
            stop_after=stop_after,
            deadline=deadline,
            on_progress=on_progress,
        )

    def with_options(
        self,
        *,
        timeout: float | Unset | None = UNSET,
        deadline: float | Unset | None = UNSET,
        retries: int | Unset = UNSET,
    ) -> Self:
        """A view of this client with another patience: it shares connections and gate, and owns nothing.

        It holds the client, and has the attributes that a subclass gave to it. Entering a view with ``async
        with`` only checks the event loop, and leaving or closing it closes nothing: that is for the client.

        Args:
            timeout: Seconds for one whole attempt; None for unbounded.
            deadline: Seconds for one whole call; None for unbounded.
            retries: How many times a failed attempt may be repeated.

        Raises:
            ArgumentError: A value is out of its bounds.
        """
        options = Options(timeout=timeout, deadline=deadline, retries=retries)
        view = object.__new__(type(self))
        # But for the resources, which make their calls with the patience of the client.
        view.__dict__.update((name, value) for name, value in vars(self).items() if name not in RESOURCES)
        view._caller = Caller(self._caller.session, self._caller.patience.with_options(options))
        view._viewed = self
        return view

    def preload(self) -> None:
        """Loads all records and resources, so that no first call has to."""
        from .records._structure import compile_hooks

        records = (endpoint.returns.record for endpoint in all_endpoints())
        compile_hooks(record for record in records if record)

    @property
    def load(self) -> Load:
        """How busy the client is now, all its views and jobs together."""
        session = self._caller.session
        gate = session.gate
        return Load(
            in_flight=gate.in_flight,
            waiting=gate.waiting,
            waiting_in_jobs=gate.waiting_in_jobs,
            paused_for=gate.paused_for(session.clock()) if session.is_bound else 0.0,
        )

    @property
    def pace(self) -> Pace:
        """The rate limit that this client knows of, its views included."""
        session = self._caller.session
        limit, found = session.gate.limit, self._finder
        return Pace(
            limit=limit,
            known_from=found.known_from if limit is found.limit else "rate_limit",
            paused_for=session.gate.paused_for(session.clock()) if session.is_bound else 0.0,
        )

    async def aclose(self, *, grace: float = 0.0) -> None:
        """Closes what the client opened. A second time, and on a view, it does nothing.

        New calls are refused from the start. Those under way, also those that wait for their turn or for
        their next attempt, have so many seconds to end; what is left of them ends with a ``UsageError``.

        If it is cancelled, or refused since it was called on another event loop, calling it again does what
        is left to do.

        Args:
            grace: Seconds that calls under way have to end, so that a deployment puts no sale in doubt.

        Raises:
            UsageError: The client belongs to another event loop or process; nothing was done.
            ArgumentError: ``grace`` is below 0 or not finite.
        """
        if grace != 0:
            check_seconds("grace", grace)
        if self._viewed is None:
            await self._caller.session.aclose(grace)

    async def __aenter__(self) -> Self:
        self._caller.session.bind()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        caller: Caller | None = self.__dict__.get("_caller")
        if caller is None:
            return "<AsyncPartnero not set up>"
        return f"<AsyncPartnero {caller.session.url} {'closed' if caller.session.closed else 'open'}>"

    def __del__(self) -> None:
        if self.__dict__.get("_viewed", self) is not None:
            return
        session = self._caller.session
        if session.is_left_open:
            # Only a warning: there may be no event loop any more to close anything on.
            warnings.warn(
                f"unclosed {self!r}, made at {session.made_at}", ResourceWarning, stacklevel=2, source=self
            )


class _Loaded:
    """A resource of the client, which is loaded when it is first asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, client: AsyncPartnero | None, owner: type[AsyncPartnero]) -> Any:
        if client is None:
            return self
        # From now on it is found in the client itself, before its class is looked at.
        held: dict[str, Any] = client.__dict__
        resource = held[self._name] = load_resource(self._name)(held["_caller"])
        return resource


for _name in RESOURCES:
    setattr(AsyncPartnero, _name, _Loaded(_name))

_PACKAGE = str(Path(__file__).parent) + os.sep


def _caller_position() -> str:
    """File and line of the code outside of this package that makes a client, a subclass's own included."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"
