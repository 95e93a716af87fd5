"""Partners of affiliate programs, their rewards and their way into the portal (sources.md#partners)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Context, Decimal
from typing import Any, Final, Literal

from .._http.endpoint import Endpoint, nothing, one, page_of, undocumented
from ..bulk.many import ManyByKey
from ..errors import ArgumentError
from ..inputs._checks import (
    check_amount,
    check_count,
    check_moment,
    check_password,
    check_tags,
    check_text,
    hide,
)
from ..inputs._fields import changes, check_ref, one_of, strings, when_given, without_unset
from ..inputs.options import Options
from ..inputs.ref import Ref
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.partner import Partner, PartnerReward, SignInUrl
from ..records.referral_link import ReferralLink
from ._base import Resource

__all__ = ["Partners"]

# Paths take a partner's id alone: a referral key is "not found" there (sources.md#partner-identifiers).
NOT_AN_ID: Final = "partners are named here by id alone: find(Ref(key=...)) takes a referral key"

LIST: Final = Endpoint("GET", "/partners", page_of(Partner), programs="A", sources="D V22 P N S")
CREATE: Final = Endpoint("POST", "/partners", one(Partner), programs="A", sources="D V P N S T")
GET: Final = Endpoint("GET", "/partners/{id}", one(Partner), programs="A", sources="D P", not_found=NOT_AN_ID)
FIND: Final = Endpoint(
    "GET", "/partner", one(Partner), programs="A", sources="N P", confidence="official client"
)
SEARCH: Final = Endpoint("GET", "/partners:search", page_of(Partner), programs="A", sources="D V25 P N S")
# Both forms have the new values under "update", as documented; others send them flat (sources.md#updates).
UPDATE: Final = Endpoint(
    "PUT", "/partners/{id}", one(Partner), programs="A", sources="D N S", not_found=NOT_AN_ID
)
UPDATE_BY_BODY: Final = Endpoint("PUT", "/partners", one(Partner), programs="A", sources="D P")
DELETE: Final = Endpoint(
    "DELETE", "/partners/{id}", nothing, programs="A", sources="D N S", not_found=NOT_AN_ID
)
DELETE_BY_BODY: Final = Endpoint("DELETE", "/partners", nothing, programs="A", sources="D P")
ARCHIVE: Final = Endpoint(
    "POST", "/partners/{id}/archive", nothing, programs="A", sources="D N", not_found=NOT_AN_ID
)
UNARCHIVE: Final = Endpoint(
    "POST", "/partners/{id}/revoke-archive", nothing, programs="A", sources="D N", not_found=NOT_AN_ID
)
REWARD: Final = Endpoint(
    "POST",
    "/partners/{id}/reward",
    undocumented(PartnerReward),
    programs="A",
    sources="N",
    confidence="official client",
    not_found=NOT_AN_ID,
)
SIGN_IN_URL: Final = Endpoint(
    "POST",
    "/partners:sign-in-url",
    undocumented(SignInUrl),
    programs="A",
    sources="N",
    confidence="official client",
)
REFERRAL_LINKS: Final = Endpoint(
    "GET",
    "/partners/{id}/referral_links",
    page_of(ReferralLink),
    programs="A",
    sources="V P N",
    not_found=NOT_AN_ID,
)


class Partners(Resource, ManyByKey[str, Partner]):
    """The partners of an affiliate program; ``partnero.partners``.

    A partner's ``id`` and its referral key are two things. Paths take the id; ``find`` takes either.
    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, id: str, /, *, options: Options | None = None) -> Partner:
        """One partner, with what it brought and earned. ``GET /partners/{id}`` (documented).

        Args:
            id: The partner's id; a referral key is not found here.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no partner with this id.
            ArgumentError: The id is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, id, options=options)

    async def find(self, partner: Ref, /, *, options: Options | None = None) -> Partner:
        """One partner by referral key, e-mail or id. ``GET /partner`` (official clients).

        Args:
            partner: Which one.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such partner.
        """
        return await self._call(FIND, query=check_ref("partner", partner).to_body(), options=options)

    def list(
        self,
        *,
        sort: Literal["asc", "desc"] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Partner]:
        """Partners, page by page. ``GET /partners`` (documented).

        The items come without tags, links and results, which are None therefore.

        Args:
            sort: Oldest first (``asc``) or newest first (``desc``); only the n8n node documents it.
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return self._list(LIST, limit=limit, page=page, options=options, sort=sort)

    def search(
        self,
        *,
        email: str | None = None,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Partner]:
        """Partners that match. ``GET /partners:search`` (documented).

        Args:
            email: Those with this e-mail address. One of ``email``, ``id`` and ``key`` is needed.
            id: Those with this id; according to the n8n node, a part of it matches too.
            key: Those with this referral key among theirs; likewise.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: None or several of the three were given, or a number is out of its bounds.
        """
        wanted = one_of(email=email, id=id, key=key)
        return self._list(SEARCH, limit=limit, page=page, options=options, **wanted)

    async def create(
        self,
        *,
        email: str,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        password: str | Unset = UNSET,
        id: str | Unset = UNSET,
        key: str | Unset = UNSET,
        tags: Iterable[str] | Unset = UNSET,
        referring_partner: Ref | Unset = UNSET,
        options: Options | None = None,
    ) -> Partner:
        """Adds a partner. ``POST /partners`` (documented).

        Args:
            email: E-mail address, unique in the program; the partner signs in with it.
            name: First name.
            surname: Last name.
            password: Eight characters or more with upper case, lower case and a digit; generated if left out
                (an older source requires it).
            id: Your own identifier, unique; generated if left out.
            key: The referral key of the default link; generated if left out.
            tags: Labels.
            referring_partner: Who brought this partner, in programs of several tiers.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: The e-mail, id or key is taken, or a field is malformed.
            ArgumentError: The e-mail is empty or blank, or the password breaks the rules.
        """
        hidden = password if password is UNSET else hide(password)
        del password  # error reporters print locals
        body = {
            "email": check_text("email", email),
            **strings(name=name, surname=surname),
            **without_unset(
                password=when_given(check_password, "password", hidden),
                id=when_given(check_text, "id", id),
                key=when_given(check_text, "key", key),
                tags=when_given(check_tags, "tags", tags),
            ),
        }
        if referring_partner is not UNSET:
            body["referring_partner"] = check_ref("referring_partner", referring_partner).to_body()
        return await self._call(CREATE, body=body, options=options)

    async def update(
        self,
        partner: str | Ref[Literal["key", "email"]],
        /,
        *,
        email: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        password: str | Unset = UNSET,
        new_key: str | Unset = UNSET,
        tags: Iterable[str] | Unset | None = UNSET,
        options: Options | None = None,
    ) -> Partner:
        """Changes a partner. ``PUT /partners/{id}``, or ``PUT /partners`` for a Ref (documented).

        Args:
            partner: The id, or a Ref by e-mail or referral key to name the partner in the body.
            email: New e-mail address, unique in the program.
            name: New first name.
            surname: New last name.
            password: New password, under the rules of ``create``.
            new_key: A new referral key for the default link.
            tags: The new labels; ``()`` removes all, None leaves them.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such partner.
            ValidationError: A value is malformed or taken.
            ArgumentError: There is nothing to change, the Ref is by id, or the password breaks the rules.
        """
        hidden = password if password is UNSET else hide(password)
        del password  # error reporters print locals
        update = changes(
            **strings(name=name, surname=surname),
            email=when_given(check_text, "email", email),
            password=when_given(check_password, "password", hidden),
            key=when_given(check_text, "new_key", new_key),
            tags=when_given(check_tags, "tags", tags),
        )
        if isinstance(partner, Ref):
            body = {**_in_body(partner), "update": update}
            return await self._call(UPDATE_BY_BODY, body=body, options=options)
        return await self._call(UPDATE, partner, body={"update": update}, options=options)

    async def delete(
        self, partner: str | Ref[Literal["key", "email"]], /, *, options: Options | None = None
    ) -> None:
        """Deletes a partner for good.

        ``DELETE /partners/{id}``, or ``DELETE /partners`` for a Ref (documented). ``archive`` is the
        deletion that can be undone.

        Args:
            partner: The id, or a Ref by e-mail or referral key to name the partner in the body.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such partner.
            ArgumentError: The id is empty, blank, ``.`` or ``..``, or the Ref is by id.
        """
        if isinstance(partner, Ref):
            await self._call(DELETE_BY_BODY, body=_in_body(partner), options=options)
        else:
            await self._call(DELETE, partner, options=options)

    async def archive(self, id: str, /, *, options: Options | None = None) -> None:
        """Archives a partner: no portal, no earnings. ``POST /partners/{id}/archive`` (documented).

        Args:
            id: The partner's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no partner with this id.
            BadRequestError: It is archived already.
        """
        await self._call(ARCHIVE, id, options=options)

    async def unarchive(self, id: str, /, *, options: Options | None = None) -> None:
        """Undoes ``archive``. ``POST /partners/{id}/revoke-archive`` (documented).

        Args:
            id: The partner's id.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no partner with this id.
            BadRequestError: It is not archived.
        """
        await self._call(UNARCHIVE, id, options=options)

    async def reward(
        self,
        id: str,
        /,
        *,
        amount: Decimal | int,
        date: datetime | Unset = UNSET,
        note: str | Unset = UNSET,
        options: Options | None = None,
    ) -> PartnerReward:
        """Gives a partner a bonus, **which is money owed**. ``POST /partners/{id}/reward`` (n8n node).

        Sent twice it is owed twice, so this call is repeated only if no byte of it was written or it was
        refused with 429; after any other failure the error's ``in_doubt`` is True.

        Args:
            id: The partner's id.
            amount: The bonus in major units of the program's currency, 0.01 or more, two decimals at most.
            date: When it was earned, with a time zone; now if left out.
            note: What it is for; seen by whoever reviews the reward.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            What Partnero answers, which no source describes: all of it is in ``extra``.

        Raises:
            NotFoundError: There is no partner with this id.
            ArgumentError: The amount is below 0.01 or has more than two decimals.
            TypeError: The amount is a float.
        """
        if check_amount("amount", amount) < Decimal("0.01") or not _is_in_cents(Decimal(amount)):
            raise ArgumentError(f"amount must be 0.01 or more with two decimals at most, not {amount}")
        body = {
            "amount": amount,
            **without_unset(date=when_given(check_moment, "date", date)),
            **strings(note=note),
        }
        return await self._call(REWARD, id, body=body, options=options)

    async def sign_in_url(
        self, partner: Ref, /, *, expires_in: int | Unset = UNSET, options: Options | None = None
    ) -> SignInUrl:
        """Makes a one-time URL into a partner's portal. ``POST /partners:sign-in-url`` (n8n node).

        Whoever has the URL is signed in: do not log it.

        Args:
            partner: Who is to be signed in, by referral key or e-mail (the node's description adds id).
            expires_in: Seconds until the URL is of no use any more, 30 to 900; the node sends 120.
            options: Timeout, deadline (seconds) and retries of this call.

        Returns:
            A record whose ``url`` is the URL; the name of its field is not published.

        Raises:
            NotFoundError: There is no such partner.
            ArgumentError: ``expires_in`` is out of its bounds.
        """
        body: dict[str, Any] = dict(check_ref("partner", partner).to_body())
        if expires_in is not UNSET:
            body["expires_in"] = check_count("expires_in", expires_in, least=30, most=900)
        return await self._call(SIGN_IN_URL, body=body, options=options)

    def referral_links(
        self, id: str, /, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[ReferralLink]:
        """The links of a partner. ``GET /partners/{id}/referral_links`` (documented).

        Args:
            id: The partner's id.
            limit: Items a page, 1 to 250.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            NotFoundError: There is no partner with this id.
            ArgumentError: The id is empty, blank, ``.`` or ``..``, or a number is out of its bounds.
        """
        return self._list(REFERRAL_LINKS, id, limit=limit, page=page, options=options)


def _is_in_cents(amount: Decimal) -> bool:
    # Not by a remainder: the default context has too few digits for the largest amounts.
    exponent = amount.normalize(Context(prec=60)).as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -2


def _in_body(partner: Ref) -> dict[str, str]:
    return check_ref("partner", partner, "email", "key").to_body()
