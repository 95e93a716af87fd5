"""Which page or form an address is, and what is shown there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from starlette.requests import Request
from starlette.responses import Response

from .. import delivery, guard, replies
from ..calls import Program
from ..conditions import Conditions
from ..courier import Courier
from ..delivery import NotSubscribed
from ..faults import Deed
from ..journal import Journal
from ..replies import Refusal
from ..stats import Counters
from ..store import Store
from . import forms, listings, rendering

_ON_A_PAGE = 50
_HOME = "/_sandbox/inspector"


@dataclass(frozen=True, slots=True)
class Site:
    """The pages of one sandbox, each made of what is there when it is asked for."""

    store: Store
    programs: Mapping[str, Program]
    conditions: Conditions
    counters: Counters
    courier: Courier
    journal: Journal

    def answer(self, request: Request, segments: Sequence[str], body: bytes) -> Response:
        """Show a page, or do what a form asks for; `segments` are those of the whole path."""
        try:
            guard.check_host(request)
            guard.check_change(request)
            return self._answered(request, segments, body)
        except Refusal as refusal:
            return rendering.page(
                "refused.html", refusal.status, dict(refusal.headers), here="", message=refusal.message
            )

    def _answered(self, request: Request, segments: Sequence[str], body: bytes) -> Response:
        if segments == [""]:
            _require(request, "GET")
            return self._requests(request)
        match segments[2:]:
            case ["style.css"]:
                _require(request, "GET")
                return rendering.style()
            case [noun] if noun in listings.NOUNS:
                _require(request, "GET")
                return self._records(request, noun)
            case ["deliveries"]:
                _require(request, "GET")
                return self._deliveries(request)
            case ["deliveries", number, "resend"]:
                _require(request, "POST")
                return self._resent(request, number)
            case ["faults"]:
                _require(request, "GET", "POST")
                return self._faults() if request.method == "GET" else self._fault_added(body)
            case ["faults", "end"]:
                _require(request, "POST")
                self.conditions.faults = ()
                return rendering.moved(f"{_HOME}/faults")
            case ["latency"]:
                _require(request, "POST")
                return self._latency_set(body)
            case _:
                raise Refusal(404, "There is no such page.")

    def _requests(self, request: Request) -> Response:
        return rendering.page(
            "requests.html",
            here="requests",
            entries=self.journal.latest(),
            stats=self.counters.snapshot(),
            is_paused="paused" in request.query_params,
        )

    def _records(self, request: Request, noun: str) -> Response:
        program = self._program(request)
        listing = listings.find(noun, program)
        number = _page_number(request)
        after = (number - 1) * _ON_A_PAGE
        return rendering.page(
            "records.html",
            here=noun,
            noun=noun,
            programs=self.programs.values(),
            program=program,
            listing=listing,
            rows=[]
            if listing is None
            else listings.newest(self.store, program, listing, _ON_A_PAGE, after=after),
            total=0 if listing is None else listings.count(self.store, program, listing),
            page=number,
            after=after,
        )

    def _program(self, request: Request) -> Program:
        key = request.query_params.get("program")
        if key is None:
            return next(iter(self.programs.values()))
        if key not in self.programs:
            raise replies.not_found("Program")
        return self.programs[key]

    def _deliveries(self, request: Request) -> Response:
        number = _page_number(request)
        after = (number - 1) * _ON_A_PAGE
        shown = delivery.latest(self.store, _ON_A_PAGE, after=after)
        return rendering.page(
            "deliveries.html",
            here="deliveries",
            deliveries=shown,
            is_waiting=any(one.state == "pending" for one in shown),
            total=delivery.count(self.store),
            page=number,
            after=after,
        )

    def _resent(self, request: Request, number: str) -> Response:
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise replies.not_found("Delivery")
        try:
            self.courier.resend(int(number))
        except LookupError:
            raise replies.not_found("Delivery") from None
        except NotSubscribed as error:
            raise Refusal(409, f"It cannot be sent again: {error}.") from None
        page = _page_number(request)
        return rendering.moved(f"{_HOME}/deliveries" + (f"?page={page}" if page > 1 else ""))

    def _faults(self, complaint: str | None = None, filled_in: Mapping[str, str] | None = None) -> Response:
        conditions = self.conditions
        return rendering.page(
            "faults.html",
            200 if complaint is None else 422,
            here="faults",
            faults=list(zip(conditions.faults, conditions.faults_left, strict=True)),
            latency=[seconds * 1000 for seconds in conditions.latency],
            rate_limit=conditions.rate_limit,
            deeds=get_args(Deed),
            complaint=complaint,
            filled_in=filled_in or {},
        )

    def _fault_added(self, body: bytes) -> Response:
        fields: dict[str, str] = {}
        try:
            fields = forms.read(body)
            self.conditions.add_fault(forms.fault(fields))
        except ValueError as error:
            return self._faults(str(error), fields)
        return rendering.moved(f"{_HOME}/faults")

    def _latency_set(self, body: bytes) -> Response:
        try:
            self.conditions.latency = forms.latency(forms.read(body))
        except ValueError as error:
            return self._faults(str(error))
        return rendering.moved(f"{_HOME}/faults")


def _require(request: Request, *allowed: str) -> None:
    if request.method not in allowed:
        message = f"The {request.method} method is not supported here."
        raise Refusal(405, message, headers={"Allow": ", ".join(allowed)})


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise Refusal(404, "There is no such page.")
    return int(text)
