"""Promotion codes, with which customers get a coupon's discount (sources.md#promotion-codes)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from .._http.endpoint import Endpoint, nothing, one, page_of
from ..bulk.many import ManyByKey
from ..errors import ArgumentError
from ..inputs._checks import check_flag, check_id, check_text
from ..inputs._fields import changes, when_given, without_unset
from ..inputs.coupon import CodeHolder, NewPromotionCode, check_mapping, limited_to
from ..inputs.options import Options
from ..inputs.unset import UNSET, Unset
from ..lists.pager import Pager
from ..records.promotion_code import PromotionCode, Redemption
from ._base import Resource

__all__ = ["PromotionCodes"]

LIST: Final = Endpoint(
    "GET", "/promotion-codes", page_of(PromotionCode), programs="A R? L?", sources="D V P2 S"
)
CREATE: Final = Endpoint(
    "POST", "/promotion-codes", one(PromotionCode), programs="A R? L?", sources="D V P2 S"
)
# The path of older documentation (sources.md#promotion-codes).
CREATE_BY_OLDER_PATH: Final = Endpoint(
    "POST",
    "/promotion-code",
    one(PromotionCode),
    programs="A R? L?",
    sources="V",
    confidence="documented (old)",
)
GET: Final = Endpoint("GET", "/promotion-codes/{code}", one(PromotionCode), programs="A R? L?", sources="D S")
UPDATE: Final = Endpoint("PUT", "/promotion-codes", one(PromotionCode), programs="A R? L?", sources="D P2")
DELETE: Final = Endpoint("DELETE", "/promotion-codes", nothing, programs="A R? L?", sources="D P2")


class PromotionCodes(Resource, ManyByKey[str, PromotionCode]):
    """The promotion codes of a program; ``partnero.promotion_codes``.

    Every method may raise any ``PartneroError``; what is listed with each is what it adds to them.
    """

    async def get(self, code: str, /, *, options: Options | None = None) -> PromotionCode:
        """One promotion code, with its coupon. ``GET /promotion-codes/{code}`` (documented).

        Args:
            code: The code.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such code.
            ArgumentError: The code is empty, blank, ``.`` or ``..``.
        """
        return await self._call(GET, code, options=options)

    def list(
        self, *, limit: int = 100, page: int = 1, options: Options | None = None
    ) -> Pager[PromotionCode]:
        """Promotion codes, page by page. ``GET /promotion-codes`` (documented).

        Args:
            limit: Items a page, 1 to 250; only 10 to 100 is valid according to all sources.
            page: The page to begin with, from 1.
            options: Timeout, deadline (seconds) and retries of each page's call.

        Raises:
            ArgumentError: A number is out of its bounds.
        """
        return self._list(LIST, limit=limit, page=page, options=options)

    async def create(
        self,
        *,
        coupon: str | int,
        code: str | Unset = UNSET,
        first_time_order: bool | Unset = UNSET,
        partner: CodeHolder | Unset = UNSET,
        customer: CodeHolder | Unset = UNSET,
        subscriber: CodeHolder | Unset = UNSET,
        minimum_order_value: int | Unset = UNSET,
        expiration_date_value: date | Unset = UNSET,
        redemption_times_value: int | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        older_path: bool = False,
        options: Options | None = None,
    ) -> PromotionCode:
        """Adds a promotion code to a coupon. ``POST /promotion-codes`` (documented).

        Each limit that is given is switched on in the same request.

        Args:
            coupon: The ``uuid_code`` of the coupon; an integer is sent as the ``coupon_id`` that the
                documentation of 2022 asks for.
            code: The code: letters, digits, ``-`` and ``_``, 100 at most; generated if left out.
            first_time_order: Whether it is for a customer's first order only.
            partner: The one partner to whom it belongs.
            customer: The one customer whom it is for.
            subscriber: The one subscriber whom it is for.
            minimum_order_value: The least value of an order, a whole number of major units.
            expiration_date_value: The day on which it expires.
            redemption_times_value: How many times it can be redeemed.
            metadata: Your own data, as JSON values.
            older_path: Send it to ``POST /promotion-code``, the path of older documentation.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            ValidationError: The code is taken, a value is malformed, or there is no such coupon.
            ArgumentError: A value is out of its bounds.
        """
        new = NewPromotionCode(
            code=code,
            first_time_order=first_time_order,
            partner=partner,
            customer=customer,
            subscriber=subscriber,
            minimum_order_value=minimum_order_value,
            expiration_date_value=expiration_date_value,
            redemption_times_value=redemption_times_value,
            metadata=metadata,
        )
        if isinstance(coupon, int):
            body: dict[str, Any] = {"coupon_id": check_id("coupon", coupon), **new.to_body()}
        else:
            body = {"coupon_uuid": check_text("coupon", coupon), **new.to_body()}
        endpoint = CREATE_BY_OLDER_PATH if check_flag("older_path", older_path) else CREATE
        return await self._call(endpoint, body=body, options=options)

    async def update(
        self,
        code: str,
        /,
        *,
        partner: CodeHolder | Unset | None = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        options: Options | None = None,
    ) -> PromotionCode:
        """Changes a promotion code. ``PUT /promotion-codes`` (documented).

        Args:
            code: The code.
            partner: The one partner to whom it belongs from now on; None to belong to none.
            metadata: Your own data, as JSON values, which is merged with what is there.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: There is no such code.
            ValidationError: A value is malformed.
            ArgumentError: There is nothing to change.
        """
        owner = {"limit_to_specific_partner": False} if partner is None else limited_to("partner", partner)
        update = changes(**owner, metadata=when_given(check_mapping, "metadata", metadata))
        return await self._call(UPDATE, body={"code": check_text("code", code), **update}, options=options)

    async def redeem(
        self, code: str, /, *, transaction_key: str | Unset = UNSET, options: Options | None = None
    ) -> Redemption:
        """Counts a redemption of a code. ``PUT /promotion-codes`` with ``redeem`` (documented).

        Partnero answers alike whether it counted or not. With a ``transaction_key`` it counts each sale once,
        and does nothing for a sale that it does not know: the code is therefore read first, by
        ``GET /promotion-codes/{code}``, and the log of its redemptions compared; of two calls at the same
        moment for one sale, both may say that they were counted. Without one each call counts, so that this
        call is repeated only if no byte of it was written or it was refused with 429; after any other failure
        the error's ``in_doubt`` is True.

        Args:
            code: The code.
            transaction_key: The key of the sale, which must be recorded in the program already.
            options: Timeout, deadline (seconds) and retries of each of the two calls.

        Returns:
            The code as it is now, whether this call was counted, and the entry of the log for the sale.

        Raises:
            NotFoundError: There is no such code.
            ArgumentError: The code or the key is empty or blank.
        """
        key = when_given(check_text, "transaction_key", transaction_key)
        if key is UNSET and isinstance(options, Options) and options.safe_to_retry is True:
            raise ArgumentError("safe_to_retry needs a transaction_key: without one each call counts")
        body = without_unset(code=check_text("code", code), redeem=True, transaction_key=key)
        before = None if key is UNSET else await self.get(code, options=options)
        after = await self._call(UPDATE, body=body, options=options)
        if key is UNSET or before is None:
            return Redemption(promotion_code=after, recorded=True)
        earlier = before.redemption_of(key)
        entry = after.redemption_of(key) or earlier
        recorded = False if earlier else _was_counted(before, after, is_logged=entry is not None)
        return Redemption(promotion_code=after, recorded=recorded, entry=entry)

    async def delete(self, code: str, /, *, coupon: str, options: Options | None = None) -> None:
        """Deletes a promotion code for good. ``DELETE /promotion-codes`` (documented).

        Args:
            code: The code.
            coupon: The ``uuid_code`` of the coupon that it is for.
            options: Timeout, deadline (seconds) and retries of this call.

        Raises:
            NotFoundError: The coupon has no such code.
            ArgumentError: The code or the identifier of the coupon is empty or blank.
        """
        body = {"code": check_text("code", code), "coupon": {"uuid_code": check_text("coupon", coupon)}}
        await self._call(DELETE, body=body, options=options)


def _was_counted(before: PromotionCode, after: PromotionCode, *, is_logged: bool) -> bool | None:
    """Whether a redemption came between two answers, of which the first does not log it.

    An empty log is sent as ``[]``, which a record tells from no log at all only by the counter beside it
    (sources.md#promotion-codes).
    """
    if not _is_legible(before if is_logged else after):
        return None
    rise = None
    if before.times_redeemed is not None and after.times_redeemed is not None:
        rise = after.times_redeemed - before.times_redeemed
    if is_logged:
        was_empty = before.times_redeemed is not None and (rise is None or rise > 0)
        return True if before.additional_info is not None or was_empty else None
    if after.additional_info is not None:
        return False
    # Something was counted without a log to tell for which sale.
    unclear = rise is not None and rise > 0
    return None if after.times_redeemed is None or unclear else False


def _is_legible(code: PromotionCode) -> bool:
    """Whether the log came in the documented form, if it came."""
    info = code.additional_info
    if info is None:
        return "additional_info" not in code.unread
    return not info.unread and not any("transaction_key" in entry.unread for entry in info.redemptions)
