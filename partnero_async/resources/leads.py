"""Leads that partners submit (sources.md#leads)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from .._http.endpoint import Endpoint, nothing, one, page_of
from ..bulk.many import ManyByKey
from ..inputs._checks import check_amount, check_id, check_string, check_text
from ..inputs._fields import check_ref
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.lead import Lead, LeadForm
from ._base import Resource

__all__ = ["Leads"]

FORM: Final = Endpoint("GET", "/leads/details", one(LeadForm), programs="A", sources="V25")
LIST: Final = Endpoint("GET", "/leads", page_of(Lead), programs="A", sources="D N")
CREATE: Final = Endpoint("POST", "/leads", one(Lead), programs="A", sources="D V25 N")
GET: Final = Endpoint("GET", "/leads/{id}", one(Lead), programs="A", sources="D N")
DELETE: Final = Endpoint("DELETE", "/leads/{id}", nothing, programs="A", sources="D N")
# The n8n node posts, the documentation has a GET with a query (sources.md#decisions-on-leads). A GET may be
# prefetched, cached and repeated by proxies on its way, so we post.
CONVERT: Final = Endpoint(
    "POST", "/leads/convert", one(Lead), programs="A", sources="N", confidence="sources disagree on the verb"
)
REJECT: Final = Endpoint(
    "POST", "/leads/reject", one(Lead), programs="A", sources="N", confidence="sources disagree on the verb"
)
# Declared so that request(), the way out if posting should be wrong, knows that these change state.
CONVERT_BY_GET: Final = Endpoint(
    "GET",
    "/leads/convert",
    one(Lead),
    safe_to_retry=False,
    programs="A",
    sources="D V25",
    confidence="sources disagree on the verb",
)
REJECT_BY_GET: Final = Endpoint(
    "GET",
    "/leads/reject",
    one(Lead),
    safe_to_retry=False,
    programs="A",
    sources="D V25",
    confidence="sources disagree on the verb",
)


Answers: TypeAlias = Mapping[int, str | Sequence[str]] | Mapping[str, str | Sequence[str]]


class Leads(Resource, ManyByKey[int, Lead]):
    """The leads of an affiliate program; ``partnero.leads``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def form(self, *, options: Options | None = None) -> LeadForm:
        """Commission and form of leads. ``GET /leads/details`` (documented in 2025).

        Args:
            options: Timeout, deadline (seconds) and retries of this call.
        """
        return await self._call(FORM, options=options)

    async def get(self, id: int, /, *, options: Options | None = None) -> Lead:
        """One lead. ``GET /leads/{id}`` (documented).

        Args:
            id: The lead's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such lead.
            TypeError: The id is not an integer.
        """
        return await self._call(GET, str(check_id("id", id)), options=options)

    def list(
        self,
        *,
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Lead]:
        """Leads, page by page. ``GET /leads`` (documented).

        Args:
            sort: Oldest first (``asc``) or newest first (``desc``); only the n8n node documents it.
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return self._list(LIST, limit=limit, page=page, options=options, sort=sort)

    async def create(
        self,
        *,
        name: str,
        email: str,
        partner: Ref,
        cfields: Answers | Unset = UNSET,
        options: Options | None = None,
    ) -> Lead:
        """Submits a lead in the name of a partner. ``POST /leads`` (documented).

        Args:
            name: The full name of whom it is about.
            email: The e-mail address of whom it is about.
            partner: Who submits it.
            cfields: The answers to the other fields of the form, by the ids of ``form()``: a string, or
                several where several can be chosen.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: A required field is missing, or a value is malformed.
            ArgumentError: Name or e-mail is empty or blank.
        """
        body = {
            "name": check_text("name", name),
            "email": check_text("email", email),
            "partner": check_ref("partner", partner).to_body(),
        }
        answers = {} if cfields is UNSET else {"cfields": _answers(cfields)}
        return await self._call(CREATE, body=body | answers, options=options)

    async def delete(self, id: int, /, *, options: Options | None = None) -> None:
        """Deletes a lead for good. ``DELETE /leads/{id}`` (documented).

        Args:
            id: The lead's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such lead.
        """
        await self._call(DELETE, str(check_id("id", id)), options=options)

    async def convert(
        self, id: int, /, *, commission_transaction_amount: Decimal | int, options: Options | None = None
    ) -> Lead:
        """Makes a lead a customer, **which pays a commission**. ``POST /leads/convert`` (n8n node).

        It is repeated only if no byte of it was written or it was refused with 429; after any other failure
        the error's ``in_doubt`` is True, and ``get`` tells what became of the lead.

        The documentation of 2025 has ``GET /leads/convert`` with a query instead; should Partnero refuse the
        POST, ``partnero.request("GET", ("leads", "convert"), query=...)`` sends that, and knows that it must
        not be repeated.

        Args:
            id: The lead's id.
            commission_transaction_amount: The amount in major units that the commission is computed from.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such lead.
            StatusError: It was converted or rejected already; which status says so is not documented.
            TypeError: The amount is a float.
        """
        body = {
            "id": check_id("id", id),
            "commission_transaction_amount": check_amount(
                "commission_transaction_amount", commission_transaction_amount
            ),
        }
        return await self._call(CONVERT, body=body, options=options)

    async def reject(self, id: int, /, *, options: Options | None = None) -> Lead:
        """Turns a lead down. ``POST /leads/reject`` (n8n node).

        As with ``convert``, the documentation of 2025 has a GET, which ``partnero.request`` can send.

        Args:
            id: The lead's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such lead.
            StatusError: It was converted or rejected already; which status says so is not documented.
        """
        body = {"id": check_id("id", id)}
        return await self._call(REJECT, body=body, options=options)


def _answers(cfields: Answers) -> dict[str, Any]:
    if not isinstance(cfields, Mapping):
        raise TypeError(f"cfields must be a mapping of field ids, not {type(cfields).__name__}")
    for id in cfields:
        if not isinstance(id, (int, str)):
            raise TypeError(f"cfields has ids that are integers or strings, not {type(id).__name__}")
    return {str(id): _answer(f"cfields[{id}]", answer) for id, answer in cfields.items()}


def _answer(name: str, answer: str | Sequence[str]) -> str | list[str]:
    if isinstance(answer, Sequence) and not isinstance(answer, (str, bytes)):
        return [check_string(f"an answer in {name}", item) for item in answer]
    return check_string(name, answer)
