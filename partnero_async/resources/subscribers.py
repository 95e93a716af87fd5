"""Subscribers of newsletters (sources.md#subscribers)."""

from __future__ import annotations

from typing import Final, Literal

from .._http.endpoint import Endpoint, nothing, one, page_of
from ..bulk.many import ManyByKey
from ..inputs._checks import check_string, check_text
from ..inputs._fields import (
    changes,
    check_ref,
    check_refer_status,
    flags,
    one_of,
    strings,
    when_given,
    without_unset,
)
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.subscriber import Subscriber, SubscriberStatus
from ._base import Resource

__all__ = ["Subscribers"]

LIST: Final = Endpoint("GET", "/subscribers", page_of(Subscriber), programs="L", sources="V22 P")
CREATE: Final = Endpoint("POST", "/subscribers", one(Subscriber), programs="L", sources="D V P")
GET: Final = Endpoint(
    "GET", "/subscribers/{id}", one(Subscriber), programs="L", sources="P", confidence="official client"
)
UPDATE: Final = Endpoint(
    "PUT", "/subscribers", one(Subscriber), programs="L", sources="P", confidence="official client"
)
DELETE: Final = Endpoint(
    "DELETE", "/subscribers", nothing, programs="L", sources="P", confidence="official client"
)
SEARCH: Final = Endpoint(
    "GET", "/subscribers:search", page_of(Subscriber), programs="L", sources="P", confidence="official client"
)


class Subscribers(Resource, ManyByKey[str, Subscriber]):
    """The subscribers of a newsletter program; ``partnero.subscribers``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, id: str, /, *, options: Options | None = None) -> Subscriber:
        """One subscriber. ``GET /subscribers/{id}`` (PHP client).

        Args:
            id: The subscriber's id or e-mail address.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such subscriber.
            ArgumentError: The id is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, id, options=options)

    def list(
        self,
        *,
        refer_status: Literal["referred", "non_referred"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Subscriber]:
        """Subscribers, page by page. ``GET /subscribers`` (documented).

        Args:
            refer_status: Only those who were referred by another, or who were not.
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds, or ``refer_status`` is another word.
        """
        return self._list(
            LIST, limit=limit, page=page, options=options, refer_status=check_refer_status(refer_status)
        )

    def search(
        self,
        *,
        email: str | None = None,
        id: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Subscriber]:
        """Subscribers that match. ``GET /subscribers:search`` (PHP client).

        Args:
            email: The one with this e-mail address. One of ``email`` and ``id`` is needed.
            id: The one with this id.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: None or both of the two were given, or a number is out of its bounds.
        """
        wanted = one_of(email=email, id=id)
        return self._list(SEARCH, limit=limit, page=page, options=options, **wanted)

    async def create(
        self,
        *,
        email: str,
        id: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        tos: bool | Unset = UNSET,
        marketing_consent: bool | Unset = UNSET,
        approved: bool | Unset = UNSET,
        status: SubscriberStatus | str | Unset = UNSET,
        referral: Ref[Literal["id", "email"]] | Unset = UNSET,
        options: Options | None = None,
    ) -> Subscriber:
        """Adds a subscriber. ``POST /subscribers`` (documented).

        Args:
            email: E-mail address, unique in the program.
            id: An identifier; to be left out where the program is synchronised with an e-mail service.
            name: The name.
            tos: Whether the terms of service were accepted.
            marketing_consent: Whether marketing was agreed to.
            approved: Whether the subscriber is approved.
            status: ``active``, ``rejected`` or ``suspended``.
            referral: The subscriber who referred this one, by id or e-mail address.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: The e-mail address or id is taken, or there is no such referring subscriber.
            ArgumentError: The e-mail address is empty or blank, or the Ref is by key.
        """
        body = without_unset(
            email=check_text("email", email),
            id=when_given(check_text, "id", id),
            **strings(name=name),
            **flags(tos=tos, marketing_consent=marketing_consent, approved=approved),
            status=when_given(_status, "status", status),
            referral=UNSET if referral is UNSET else check_ref("referral", referral, "id", "email").to_body(),
        )
        return await self._call(CREATE, body=body, options=options)

    async def update(
        self,
        subscriber: Ref[Literal["id", "email"]],
        /,
        *,
        new_email: str | Unset = UNSET,
        new_id: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        tos: bool | Unset = UNSET,
        marketing_consent: bool | Unset = UNSET,
        approved: bool | Unset = UNSET,
        status: SubscriberStatus | str | Unset = UNSET,
        options: Options | None = None,
    ) -> Subscriber:
        """Changes a subscriber. ``PUT /subscribers`` (PHP client).

        No source lists what can be changed: the fields are those of ``create``.

        Args:
            subscriber: Who is changed, by id or e-mail address.
            new_email: A new e-mail address, unique in the program.
            new_id: A new identifier.
            name: New name.
            tos: Whether the terms of service were accepted.
            marketing_consent: Whether marketing was agreed to.
            approved: Whether the subscriber is approved.
            status: ``active``, ``rejected`` or ``suspended``.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such subscriber.
            ValidationError: A value is malformed or taken.
            ArgumentError: There is nothing to change, or the Ref is by key.
        """
        update = changes(
            email=when_given(check_text, "new_email", new_email),
            id=when_given(check_text, "new_id", new_id),
            **strings(name=name),
            **flags(tos=tos, marketing_consent=marketing_consent, approved=approved),
            status=when_given(_status, "status", status),
        )
        body = {**check_ref("subscriber", subscriber, "id", "email").to_body(), "update": update}
        return await self._call(UPDATE, body=body, options=options)

    async def delete(
        self, subscriber: Ref[Literal["id", "email"]], /, *, options: Options | None = None
    ) -> None:
        """Deletes a subscriber. ``DELETE /subscribers`` (PHP client).

        Args:
            subscriber: Who is deleted, by id or e-mail address.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such subscriber.
            ArgumentError: The Ref is by key.
        """
        body = check_ref("subscriber", subscriber, "id", "email").to_body()
        await self._call(DELETE, body=body, options=options)


def _status(name: str, value: object) -> str:
    """A status in lower case, as Partnero takes it: what it returns may be sent back."""
    return check_string(name, value).lower()
