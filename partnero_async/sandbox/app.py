"""The ASGI application: conditions first, then routing, the API key, the rate limit, and the handler."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from . import bending, control, document, guard, jsontext
from .calls import Call, Program, Provider
from .conditions import Conditions
from .control import Controls
from .courier import Courier
from .inspector.site import Site
from .journal import Journal
from .jsontext import BadJson, Json
from .replies import Refusal, Reply
from .routing import Match, RouteTable, joined, split
from .stats import Counters
from .store import Store

_logger = logging.getLogger("partnero_async.sandbox")


@dataclass(frozen=True)
class App:
    """Answers requests from a store; knows nothing of sockets."""

    store: Store
    table: RouteTable
    programs: Mapping[str, Program]
    commission_percent: Decimal
    providers: frozenset[Provider]
    referral_reward: Decimal
    unique_emails: bool
    conditions: Conditions
    counters: Counters
    courier: Courier
    journal: Journal
    control: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            # The specification's way to decline: servers go on without lifespan events.
            raise NotImplementedError(f"the sandbox speaks http, not {scope['type']}")
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        segments = split(scope["raw_path"]) or []
        try:
            if self.control and (segments == [""] or segments[:2] == ["_sandbox", "inspector"]):
                await self._inspected(request, segments, body)(scope, receive, send)
            elif self.control and segments[:1] == ["_sandbox"]:
                await _response(self._controlled(request, segments[1:], body))(scope, receive, send)
            elif segments == ["openapi.json"]:
                await _response(document.answer(request.method, _origin(request)))(scope, receive, send)
            else:
                await self._serve(request, segments, body, send)
        except ConnectionResetError:
            raise
        except Exception:
            _logger.exception("the sandbox could not answer")
            raise

    def _inspected(self, request: Request, segments: Sequence[str], body: bytes) -> Response:
        """A page to look at, or what one of its forms does."""
        site = Site(
            store=self.store,
            programs=self.programs,
            conditions=self.conditions,
            counters=self.counters,
            courier=self.courier,
            journal=self.journal,
        )
        return site.answer(request, segments, body)

    def _controlled(self, request: Request, segments: Sequence[str], body: bytes) -> Reply:
        """What a control endpoint answers to whoever may ask it."""
        try:
            guard.check_change(request)
        except Refusal as refusal:
            return refusal.reply()
        controls = Controls(self.conditions, self.counters, self.courier)
        return control.answer(request.method, segments, body, controls)

    async def _serve(self, request: Request, segments: Sequence[str], body: bytes, send: Send) -> None:
        """Answer under the present conditions, and count."""
        match = self.table.match(segments[1:]) if segments[:1] == ["v1"] else None
        self.counters.begin(request.method, match.template if match else "*")
        began = time.perf_counter()
        outcome = "unanswered"
        try:
            delay, fault = self.conditions.meet(request.method, joined(segments))
            if delay:
                await anyio.sleep(delay)
            if fault is None:
                respond: ASGIApp = _response(reply := self._answer(request, match, body))
                outcome = str(reply.status)
            else:
                answer = _response(self._answer(request, match, body)) if fault.lets_through else None
                outcome, respond = bending.bent(fault, answer)
        finally:
            # Before anything is sent: whoever has the answer may look at the counts.
            self.counters.end(outcome)
            self.journal.add(request.method, _target(request), outcome, time.perf_counter() - began)
        await respond(request.scope, request.receive, send)

    def _answer(self, request: Request, match: Match | None, body: bytes) -> Reply:
        """What a well-behaved server answers."""
        limits: Mapping[str, str] = {}
        try:
            if match is None:
                raise Refusal(404, "Not found.")
            if request.method not in match.methods:
                message = f"The {request.method} method is not supported for this route."
                raise Refusal(405, message, headers={"Allow": ", ".join(match.methods)})
            program = self._authenticated(request)
            allowance = self.conditions.allow(program.key, anyio.current_time())
            limits = allowance.headers
            if not allowance.passes:
                raise Refusal(429, "Too Many Attempts.")
            reply = self._handled(request, match, program, body)
        except Refusal as refusal:
            reply = refusal.reply()
        return Reply(reply.body, reply.status, {**limits, **reply.headers})

    def _authenticated(self, request: Request) -> Program:
        scheme, _, api_key = request.headers.get("authorization", "").partition(" ")
        program = self.programs.get(api_key.strip())
        if program is None or scheme.lower() != "bearer":
            raise Refusal(401, "Unauthenticated.")
        return program

    def _handled(self, request: Request, match: Match, program: Program, body: bytes) -> Reply:
        for route in match.routes:
            if route.method == request.method and program.type in route.programs:
                break
        else:
            raise Refusal(404, "Not found.")
        call = Call(
            store=self.store,
            program=program,
            commission_percent=self.commission_percent,
            providers=self.providers,
            referral_reward=self.referral_reward,
            unique_emails=self.unique_emails,
            identifiers=match.identifiers,
            query=request.scope["query_string"].decode("latin-1"),
            body=_object(body),
            url=_url(request),
        )
        if not route.is_atomic:
            return route.handler(call)
        with self.store.transaction():
            reply = route.handler(call)
        self.courier.wake()
        return reply


def _object(body: bytes) -> Mapping[str, Json]:
    """The fields of a JSON body; none, and an empty PHP array, are an object without fields."""
    if not body:
        return {}
    try:
        value = jsontext.parse(body)
    except BadJson:
        raise Refusal(400, "The request body is not valid JSON.") from None
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise Refusal(400, "The request body must be a JSON object.")
    return value


def _target(request: Request) -> str:
    """The path that was asked, as it was written, with its query."""
    path, query = request.scope["raw_path"], request.scope["query_string"]
    return bytes(path + b"?" + query if query else path).decode("latin-1")


def _url(request: Request) -> str:
    """The address that was asked, without its query."""
    path: str = request.scope["raw_path"].decode("latin-1").rstrip("/")
    return f"{_origin(request)}{path}"


def _origin(request: Request) -> str:
    """The address of this server, as whoever asks calls it."""
    return f"{request.scope['scheme']}://{request.headers.get('host', 'localhost')}"


def _response(reply: Reply) -> Response:
    return Response(jsontext.write(reply.body), reply.status, reply.headers, "application/json")
